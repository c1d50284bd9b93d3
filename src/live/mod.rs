//! The live side: one bounded-parallel read of collections, and the plan that follows from it.
//! Reads only. What the answers mean is the kinds' business.

pub mod images;
mod pins;
mod preflight;
pub mod survey;
pub mod sweep;
#[cfg(test)]
mod tests;
mod traces;

pub use pins::find_pins;
pub use preflight::preflight;
pub use traces::trace;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::diff::{self, Intent, Item, KindAsks};
use crate::drift::{self, Drift};
use crate::gcp::error::told;
use crate::gcp::{ApiError, Client, Read};
use crate::inventory::{Record, StoreError};
use crate::kinds::{DecodeError, Desired, KindRegistry, Observation, Reads, Scope, Scopes};
use crate::plan::{self, ApisByProject, Plan};
use crate::spec::reference;

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
    pub disabled: ApisByProject,
}

/// Reads, each with the project that it looks into.
pub type Wanted = BTreeMap<Read, String>;

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
        scopes: &Scopes,
    ) -> Result<(), LiveError> {
        for _ in 0..ROUNDS {
            let wanted = wanted(asks, &self.reads, scopes)?;
            if wanted.keys().all(|read| self.reads.has(read)) {
                return Ok(());
            }
            self.read(client, wanted).await?;
        }
        Err(LiveError::Restless)
    }

    /// Reads what has not been read yet, each once.
    pub async fn read(&mut self, client: &Client, wanted: Wanted) -> Result<(), LiveError> {
        let (nowhere, wanted): (Wanted, Wanted) =
            wanted.into_iter().partition(|(read, _)| reference::is_in(&read.request.path));
        // What lives in a resource that has no place yet does not exist.
        for read in nowhere.into_keys() {
            self.reads.insert(read, Vec::new());
        }
        let mut new: Wanted = wanted.into_iter().filter(|(read, _)| !self.reads.has(read)).collect();
        let mut failed = Vec::new();
        for (read, answer) in fetch(client, new.keys().cloned().collect()).await {
            let project = new.remove(&read).unwrap_or_default();
            match answer {
                Ok(items) => self.reads.insert(read, items),
                Err(error) if error.is_service_disabled() => {
                    self.disabled.entry(project).or_default().extend(error.disabled_api().map(str::to_owned));
                    self.reads.insert(read, Vec::new());
                }
                Err(error) => failed.push(error),
            }
        }
        if failed.is_empty() { Ok(()) } else { Err(LiveError::Unread(failed)) }
    }
}

/// Sends reads side by side; answers come in any order.
async fn fetch(client: &Client, reads: BTreeSet<Read>) -> Vec<(Read, Result<Vec<Value>, ApiError>)> {
    let answers = stream::iter(reads).map(|read| async move {
        let answer = client.read(&read).await;
        (read, answer)
    });
    answers.buffer_unordered(PARALLEL).collect().await
}

/// Reads the project and the inventory side by side, and plans. Gives the plan and the record it was made with.
pub async fn plan(
    client: &Client,
    world: World<'_>,
    scope: &Scope,
    record: impl Future<Output = Result<Record, StoreError>>,
) -> Result<(Plan, Record), LiveError> {
    let planned = Box::pin(plan_and_keep(client, world, scope, record)).await?;
    let Planned { plan, record, .. } = planned;
    Ok((plan, record))
}

/// A plan with what it was made of.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The inventory.
    pub record: Record,
    /// What was read.
    pub seen: Seen,
    /// What was changed behind our back since the last apply.
    pub drift: Drift,
}

/// The same as [`plan()`], and keeps what was read.
/// The inventory only adds reads of what is declared no longer, so that a plan is three round trips deep at most.
pub async fn plan_and_keep(
    client: &Client,
    world: World<'_>,
    scope: &Scope,
    record: impl Future<Output = Result<Record, StoreError>>,
) -> Result<Planned, LiveError> {
    let mut seen = Seen::default();
    let nothing = Record::empty(&scope.course, &scope.project);
    let scope = &Scope { now: world.intent.now, ..scope.clone() };
    let guess = scopes(scope, world.desired, &nothing);
    let declared = declared(world, &guess)?;
    let (read, record) = tokio::join!(seen.read(client, declared), record);
    read?;
    let record = match record {
        // Nothing is applied before the inventory can be opened; but a destroy that finds nothing would call the room cleared.
        Err(error) if error.is_service_disabled() && !clears(world.intent) => nothing,
        record => record?,
    };
    let mut scopes = scopes(scope, world.desired, &record);
    let asks = diff::asks(world.registry, world.desired, &record, world.intent);
    seen.observe(client, &asks, &scopes).await?;
    let mut found = observed(&asks, &seen, &scopes)?;
    if where_found(&mut scopes, &asks, &found) {
        // Policies of resources that were found elsewhere than they were looked for.
        seen.observe(client, &asks, &scopes).await?;
        found = observed(&asks, &seen, &scopes)?;
    }
    let (plan, drift) = planned(&asks, found, &seen.disabled, world.intent, &scopes)?;
    drop(asks);
    Ok(Planned { plan, record, seen, drift })
}

fn clears(intent: &Intent) -> bool {
    intent.destroy || intent.expired
}

/// What the kinds find in what was seen.
fn observed(
    asks: &[KindAsks<'_>],
    seen: &Seen,
    scopes: &Scopes,
) -> Result<Vec<Observation<Value>>, DecodeError> {
    let of_kind =
        |asks: &KindAsks<'_>| asks.kind.observe(&asks.asks, &seen.reads, scopes.of_project(asks.project));
    asks.iter().map(of_kind).collect()
}

/// What follows from what was seen.
fn planned(
    asks: &[KindAsks<'_>],
    observed: Vec<Observation<Value>>,
    disabled: &ApisByProject,
    intent: &Intent,
    scopes: &Scopes,
) -> Result<(Plan, Drift), LiveError> {
    let mut items: Vec<Item<'_>> = Vec::new();
    for (of_kind, observed) in asks.iter().zip(observed) {
        items.extend(diff::diff(of_kind, observed, intent, scopes.of_project(of_kind.project))?);
    }
    diff::references::settle(&mut items, intent)?;
    diff::verdict::moved(&mut items);
    // A cascade takes away what is there: what it does to others is nobody else's doing.
    let drift = drift::drift(&items, intent);
    diff::verdict::cascade(&mut items)?;
    diff::verdict::confine(&mut items, intent);
    let plan = plan::build(plan::Input { scope: scopes.own(), items, intent, disabled: disabled.clone() })?;
    Ok((plan, drift))
}

/// Takes in where resources were found that are elsewhere than the inventory or a guess says. Whether there is any.
fn where_found(scopes: &mut Scopes, asks: &[KindAsks<'_>], observed: &[Observation<Value>]) -> bool {
    let mut elsewhere = false;
    for (of_kind, observed) in asks.iter().zip(observed) {
        for ((desired, _), found) in of_kind.sides.iter().zip(&observed.found) {
            let Some(desired) = desired.filter(|desired| !desired.resolved.placed) else { continue };
            // What is gone is made where there is room, wherever it was.
            let place = found.as_ref().map_or(&desired.resolved.resource, |live| &live.resource);
            elsewhere |= scopes.found(&desired.address, place);
        }
    }
    elsewhere
}

/// Notes reads that are wanted for a project. What another project of the course holds is that one's.
fn want(wanted: &mut Wanted, reads: Vec<Read>, scope: &Scope, scopes: &Scopes) {
    for read in reads {
        if wanted.contains_key(&read) {
            continue;
        }
        let named =
            read.request.path.split_once("projects/").and_then(|(_, rest)| rest.split(['/', ':']).next());
        let named = named.filter(|named| scopes.iter().any(|scope| scope.project == *named));
        let project = named.unwrap_or(&scope.project).to_owned();
        wanted.insert(read, project);
    }
}

/// What declared resources want to have read, by themselves. One ask at a time: nobody needs all of them yet.
fn declared(world: World<'_>, scopes: &Scopes) -> Result<Wanted, DecodeError> {
    let mut wanted = Wanted::new();
    let mut named = BTreeSet::new();
    for resource in world.desired {
        let scope = scopes.of_project(resource.project.as_deref());
        let leaving = world.intent.removes(resource);
        let ask = diff::ask::ask(&resource.address.name, Some(resource), None, leaving);
        want(&mut wanted, resource.kind.reads(&ask, scope)?, scope, scopes);
        named.insert((resource.address.kind.as_str(), scope.project.as_str()));
    }
    for scope in scopes.iter().filter(|_| world.intent.destroy) {
        let others = world.registry.iter().filter(|k| !named.contains(&(k.facts().kind, &scope.project)));
        others.for_each(|kind| want(&mut wanted, kind.collections(scope), scope, scopes));
    }
    Ok(wanted)
}

/// What the asks want to have read, and what the answers make them want.
fn wanted(asks: &[KindAsks<'_>], seen: &Reads, scopes: &Scopes) -> Result<Wanted, DecodeError> {
    let mut wanted = Wanted::new();
    for of_kind in asks {
        let scope = scopes.of_project(of_kind.project);
        for ask in &of_kind.asks {
            want(&mut wanted, of_kind.kind.reads(ask, scope)?, scope, scopes);
        }
        if of_kind.asks.is_empty() {
            want(&mut wanted, of_kind.kind.collections(scope), scope, scopes);
        }
    }
    for of_kind in asks {
        let scope = scopes.of_project(of_kind.project);
        want(&mut wanted, of_kind.kind.more_reads(&of_kind.asks, seen, scope)?, scope, scopes);
    }
    Ok(wanted)
}

/// The scopes of all projects, with the place of every resource: what the spec leaves open is where the inventory knows it.
fn scopes(scope: &Scope, desired: &[Desired], record: &Record) -> Scopes {
    let mut placed = scope.clone();
    for resource in desired {
        let known = record.entries.get(&resource.address).filter(|_| !resource.resolved.placed);
        let known = known.filter(|entry| entry.project == resource.project);
        let place = known.map_or(&resource.resolved.resource, |entry| &entry.resource);
        placed.places.insert(resource.address.clone(), place.clone());
    }
    let named = desired.iter().filter_map(|resource| resource.project.as_deref());
    let recorded = record.entries.values().filter_map(|entry| entry.project.as_deref());
    Scopes::of(placed, named.chain(recorded))
}
