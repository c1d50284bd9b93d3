//! The live side: one bounded-parallel read of collections, and the plan that follows from it.
//! Reads only. What the answers mean is the kinds' business.

pub mod images;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::diff::{self, Intent, Item, KindAsks};
use crate::gcp::error::told;
use crate::gcp::{ApiError, Client, Read};
use crate::inventory::{Record, StoreError};
use crate::kinds::{DecodeError, Desired, KindRegistry, Reads, Scope};
use crate::plan::{self, Plan};

/// Reads in flight at once.
const PARALLEL: usize = 8;
/// Rounds of reads after which a kind that still asks for more is broken. Those of Provost need two.
const ROUNDS: usize = 6;

/// The project could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// Calls that failed, all of them.
    #[error("the project could not be read: {}", each_once(.0))]
    Unread(Vec<ApiError>),
    /// The inventory could not be read.
    #[error(transparent)]
    Inventory(#[from] StoreError),
    /// A defect of a kind.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Another defect of a kind.
    #[error("a kind asks for ever more reads")]
    Restless,
}

/// Calls side by side often fail for one reason, which is said once.
fn each_once(errors: &[ApiError]) -> String {
    let mut causes: Vec<String> = Vec::new();
    for cause in errors.iter().map(|error| told(error)) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes.join("; ")
}

/// What was read of the project.
#[derive(Debug, Default)]
pub struct Seen {
    /// The answers.
    pub reads: Reads,
    /// APIs that are off: nothing of theirs exists.
    pub disabled: BTreeSet<String>,
}

/// What a run is about.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The kinds.
    pub registry: &'a KindRegistry,
    /// What is declared.
    pub desired: &'a [Desired],
    /// What the user wants besides.
    pub intent: &'a Intent,
}

impl Seen {
    /// Reads what the asks want and what the answers make them want, until nothing is missing: what was not read would
    /// pass for absent.
    pub async fn observe(
        &mut self,
        client: &Client,
        asks: &[KindAsks<'_>],
        scope: &Scope,
    ) -> Result<(), LiveError> {
        for _ in 0..ROUNDS {
            let mut wanted = reads(asks, scope)?;
            wanted.extend(more_reads(asks, &self.reads, scope)?);
            if wanted.iter().all(|read| self.reads.has(read)) {
                return Ok(());
            }
            self.read(client, wanted).await?;
        }
        Err(LiveError::Restless)
    }

    /// Reads what has not been read yet, each once.
    pub async fn read(&mut self, client: &Client, wanted: Vec<Read>) -> Result<(), LiveError> {
        let new: BTreeSet<Read> = wanted.into_iter().filter(|read| !self.reads.has(read)).collect();
        let answers = stream::iter(new).map(|read| async move {
            let answer = client.read(&read).await;
            (read, answer)
        });
        let answers: Vec<(Read, Result<Vec<Value>, ApiError>)> =
            answers.buffer_unordered(PARALLEL).collect().await;
        let mut failed = Vec::new();
        for (read, answer) in answers {
            match answer {
                Ok(items) => self.reads.insert(read, items),
                Err(error) if error.is_service_disabled() => {
                    self.disabled.extend(error.disabled_api().map(str::to_owned));
                    self.reads.insert(read, Vec::new());
                }
                Err(error) => failed.push(error),
            }
        }
        if failed.is_empty() { Ok(()) } else { Err(LiveError::Unread(failed)) }
    }
}

/// Reads the project and the inventory side by side, and plans. Gives the plan and the record it was made with.
/// The inventory only adds reads of what is declared no longer, so that a plan is three round trips deep at most.
pub async fn plan(
    client: &Client,
    world: World<'_>,
    scope: &Scope,
    record: impl Future<Output = Result<Record, StoreError>>,
) -> Result<(Plan, Record), LiveError> {
    let mut seen = Seen::default();
    let nothing = Record::empty(&scope.course, &scope.project);
    let scope = &Scope { now: world.intent.now, ..scope.clone() };
    let guess = placed(scope, world.desired, &nothing);
    let declared = declared(world, &guess)?;
    let (read, record) = tokio::join!(seen.read(client, declared), record);
    read?;
    let record = match record {
        // Nothing is applied before the inventory can be opened; but a destroy that finds nothing would call the room cleared.
        Err(error) if error.is_service_disabled() && !clears(world.intent) => nothing,
        record => record?,
    };
    let scope = placed(scope, world.desired, &record);
    let asks = diff::asks(world.registry, world.desired, &record, world.intent);
    seen.observe(client, &asks, &scope).await?;
    let plan = planned(&asks, seen, world.intent, &scope)?;
    Ok((plan, record))
}

fn clears(intent: &Intent) -> bool {
    intent.destroy || intent.expired
}

/// What follows from what was seen.
fn planned(asks: &[KindAsks<'_>], seen: Seen, intent: &Intent, scope: &Scope) -> Result<Plan, LiveError> {
    let mut items: Vec<Item<'_>> = Vec::new();
    for of_kind in asks {
        let observed = of_kind.kind.observe(&of_kind.asks, &seen.reads, scope)?;
        items.extend(diff::diff(of_kind, observed, intent, scope)?);
    }
    diff::verdict::cascade(&mut items);
    diff::verdict::confine(&mut items, intent);
    Ok(plan::build(plan::Input { scope, items, intent, disabled: seen.disabled })?)
}

/// What declared resources want to have read, by themselves. One ask at a time: nobody needs all of them yet.
fn declared(world: World<'_>, scope: &Scope) -> Result<Vec<Read>, DecodeError> {
    let mut wanted = BTreeSet::new();
    for resource in world.desired {
        let ask =
            diff::ask::ask(&resource.address.name, Some(resource), None, world.intent.removes(resource));
        wanted.extend(resource.kind.reads(&ask, scope)?);
    }
    let named: BTreeSet<&str> = world.desired.iter().map(|d| d.address.kind.as_str()).collect();
    let others = world.registry.iter().filter(|kind| !named.contains(kind.facts().kind));
    for kind in others.filter(|_| world.intent.destroy) {
        wanted.extend(kind.collections(scope));
    }
    Ok(wanted.into_iter().collect())
}

fn reads(asks: &[KindAsks<'_>], scope: &Scope) -> Result<Vec<Read>, DecodeError> {
    let mut wanted = Vec::new();
    for of_kind in asks {
        for ask in &of_kind.asks {
            wanted.extend(of_kind.kind.reads(ask, scope)?);
        }
        if of_kind.asks.is_empty() {
            wanted.extend(of_kind.kind.collections(scope));
        }
    }
    wanted.sort();
    wanted.dedup();
    Ok(wanted)
}

fn more_reads(asks: &[KindAsks<'_>], seen: &Reads, scope: &Scope) -> Result<Vec<Read>, DecodeError> {
    let mut wanted = Vec::new();
    for of_kind in asks {
        wanted.extend(of_kind.kind.more_reads(&of_kind.asks, seen, scope)?);
    }
    Ok(wanted)
}

/// The scope with the place of every resource: what the spec leaves open is where the inventory knows it.
fn placed(scope: &Scope, desired: &[Desired], record: &Record) -> Scope {
    let mut placed = scope.clone();
    for resource in desired {
        let known = record.entries.get(&resource.address).filter(|_| !resource.resolved.placed);
        let place = known.map_or(&resource.resolved.resource, |entry| &entry.resource);
        placed.places.insert(resource.address.clone(), place.clone());
    }
    placed
}
