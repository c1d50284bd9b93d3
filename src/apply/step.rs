//! One step: its calls in order. Waits out what the APIs need time for, and stops where the plan is stale.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::known::{Known, Unfilled};
use super::place::first_of;
use super::scheduler::Turn;
use super::{Event, Run};
use crate::gcp::call::{Edit, Guard, Send};
use crate::gcp::retry::{self, Again, NotYet};
use crate::gcp::{ApiError, Body, Call, Client, Read, Splice, policy, splice};
use crate::inventory::StoreError;
use crate::kinds::yields;
use crate::plan::Learn;
use crate::spec::Reference;
use crate::spec::reference::NoReference;

/// Independent requests of one call in flight at once.
const EACH: usize = 16;
/// How often a write is begun anew when others write as well.
const RACES: u32 = 10;
/// How long to wait before something just made is looked for again.
const PAUSE: Duration = Duration::from_secs(5);
/// A bucket's or a registry's name is free some moments after its deletion only.
const NAME: NotYet = NotYet { what: "the old name to be free", bound: Duration::from_mins(1) };

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A call failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The resource is no longer what the plan saw.
    #[error("it changed since the plan was made: {member} was {seen}, and is {live}")]
    Stale {
        /// Which member, by JSON pointer.
        member: String,
        /// What the plan saw.
        seen: Value,
        /// What is there.
        live: Value,
    },
    /// The generation, metageneration or fingerprint that the plan saw has moved.
    #[error("it changed since the plan was made")]
    Moved(#[source] ApiError),
    /// Others kept writing the same document.
    #[error("others keep changing the same document")]
    Contended(#[source] ApiError),
    /// The inventory could not be told what is about to be ours: nothing was begun.
    #[error(transparent)]
    Inventory(#[from] StoreError),
    /// What later steps name is not there.
    #[error("{0} is not there")]
    NoResult(Reference),
    /// A defect of Provost: a name of a place that is none.
    #[error(transparent)]
    Misnamed(#[from] NoReference),
    /// A defect of Provost: a call cannot be filled in.
    #[error(transparent)]
    Unfilled(#[from] Unfilled),
    /// No place had room; the error is that of the last one.
    #[error("no room in any of {}", .full.join(", "))]
    NoRoom {
        /// The places, in the order in which they were tried.
        full: Vec<String>,
        /// What the last one said.
        #[source]
        source: Box<ApiError>,
    },
    /// A defect of Provost.
    #[error("the step broke off")]
    Died(#[source] tokio::task::JoinError),
}

impl StepError {
    /// The error of the API behind it.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) | Self::Contended(error) => Some(error),
            Self::NoRoom { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether the server said no to the call: it did nothing then.
    pub fn is_refusal(&self) -> bool {
        let refused = |error: &ApiError| error.refusal().is_some() || error.no_room().is_some();
        self.is_stale() || self.api().is_some_and(refused)
    }

    /// Whether the plan was made from another state than the live one. The call that found it changed nothing.
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Stale { .. } | Self::Moved(_))
    }
}

/// Carries a step out. The inventory knows beforehand of what cannot be marked, and afterwards of everything.
pub(super) async fn run(run: &Run, known: &Known, turn: &Turn) -> Result<(), StepError> {
    run.recorder.confirm().await?;
    if turn.step.intent {
        run.recorder.intend(&known.fill(&turn.step.records)?).await?;
    }
    let (listener, id) = (Arc::clone(&run.listener), turn.step.id);
    let client = run.client.clone().telling(move |what| listener(Event::Waiting(id, what)));
    for (i, call) in turn.step.calls.iter().enumerate() {
        let fresh = i > 0 || !turn.step.after.is_empty();
        let patience = Patience { client: &client, turn, fresh };
        // Of several requests side by side some may go through when others do not.
        if matches!(call, Call::Each(_)) {
            known.touch(id);
        }
        let call = known.fill(call)?;
        carry_out(&patience, run, known, &call).await?;
        if !matches!(*call, Call::Guard(_)) {
            known.touch(id);
        }
    }
    // What is done is recorded, whatever becomes of reading it.
    run.recorder.note(&known.fill(&turn.step.records)?);
    for learn in &turn.step.learns {
        self::learn(&client, known, learn).await?;
    }
    Ok(())
}

/// Reads what a resource yields, for the steps that name it.
async fn learn(client: &Client, known: &Known, learn: &Learn) -> Result<(), StepError> {
    let read = client.send(known.fill(&learn.read)?.as_ref()).await?;
    for (reference, pointer) in &learn.results {
        let value = yields::read(&read, pointer).ok_or_else(|| StepError::NoResult(reference.clone()))?;
        known.note(reference, value);
    }
    Ok(())
}

async fn carry_out(patience: &Patience<'_>, run: &Run, known: &Known, call: &Call) -> Result<(), StepError> {
    let client = patience.client;
    match call {
        Call::FirstOf(first) => {
            let tell = |full: &str, next: &str| {
                run.tell(Event::Elsewhere(patience.turn.step.id, full.to_owned(), next.to_owned()));
            };
            let place: Reference = first.place.parse()?;
            let made = first_of(patience, first, &place, &tell).await?;
            known.note(&place, made.place.clone());
            if !made.full.is_empty() {
                known.detour(made);
            }
            Ok(())
        }
        Call::Send(send) => patience.wait_out(|| self::send(client, send)).await,
        Call::Each(sends) => each(patience, sends).await,
        Call::Guard(guard) => self::guard(client, guard).await,
        Call::Edit(edit) => patience.wait_out(|| self::edit(client, edit)).await,
    }
}

/// All of them, whatever becomes of single ones: what can be done is done. Gives the first failure.
async fn each(patience: &Patience<'_>, sends: &[Send]) -> Result<(), StepError> {
    let works: Vec<_> =
        sends.iter().map(|send| patience.wait_out(|| self::send(patience.client, send))).collect();
    let ended: Vec<Result<(), StepError>> = stream::iter(works).buffer_unordered(EACH).collect().await;
    ended.into_iter().collect()
}

/// What a step waits for: things this run has just made, which the API does not know everywhere yet.
pub(super) struct Patience<'a> {
    pub(super) client: &'a Client,
    pub(super) turn: &'a Turn,
    /// Whether anything was made before.
    fresh: bool,
}

impl Patience<'_> {
    pub(super) async fn wait_out<F: Future<Output = Result<(), StepError>>>(
        &self,
        work: impl Fn() -> F,
    ) -> Result<(), StepError> {
        let mut waited = Duration::ZERO;
        loop {
            let error = match work().await {
                Err(StepError::Api(error)) => error,
                ended => return ended,
            };
            let Some(missing) = self.missing(&error).filter(|missing| waited < missing.bound) else {
                return Err(error.into());
            };
            self.client.tell(missing.what);
            tracing::info!(step = self.turn.step.title(), why = missing.what, "waiting");
            self.client.let_settle(PAUSE).await;
            waited += PAUSE;
        }
    }

    fn missing(&self, error: &ApiError) -> Option<NotYet> {
        let taken = || (self.turn.replaces && error.is_conflict()).then_some(NAME);
        let granted = || retry::not_yet_granted(error).filter(|_| self.turn.granted);
        let all = [retry::not_yet(error), taken(), granted()];
        all.into_iter().flatten().max_by_key(|missing| missing.bound).filter(|_| self.fresh)
    }
}

pub(super) async fn send(client: &Client, send: &Send) -> Result<(), StepError> {
    let mut attempt = 1;
    loop {
        match client.carry_out(send).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_precondition() => return Err(StepError::Moved(error)),
            Err(error) if error.is_contended() => contended(client, error, &mut attempt).await?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits before another round, unless there were enough.
async fn contended(client: &Client, error: ApiError, attempt: &mut u32) -> Result<(), StepError> {
    if *attempt >= RACES {
        return Err(StepError::Contended(error));
    }
    client.tell("others who write the same document");
    client.back_off(Again::Transient, *attempt).await;
    *attempt += 1;
    Ok(())
}

async fn guard(client: &Client, guard: &Guard) -> Result<(), StepError> {
    let found = client.read(&Read::document(guard.read.clone())).await?;
    // What is gone needs no guard: a deletion is done then, and an update fails by itself.
    let Some(live) = found.first() else { return Ok(()) };
    match guard.broken_by(live) {
        None => Ok(()),
        Some((member, seen, live)) => {
            Err(StepError::Stale { member: member.to_owned(), seen: seen.clone(), live })
        }
    }
}

/// Reads, changes and writes; begins anew when somebody else wrote in between.
async fn edit(client: &Client, edit: &Edit) -> Result<(), StepError> {
    let mut attempt = 1;
    loop {
        let read = client.send(&edit.read).await?;
        let body = splice(&read, &edit.splices);
        if edit.skip_if_same && unchanged(edit, &read, &body) {
            return Ok(());
        }
        let mut request = edit.write.clone();
        request.body = Body::Json(body.to_string());
        match client.through(&request, edit.wait).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_race() => contended(client, error, &mut attempt).await?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether a write would change nothing. Policies are compared as sets of grants: their version and order say nothing.
fn unchanged(edit: &Edit, read: &Value, body: &Value) -> bool {
    let policies: Vec<&str> = edit.splices.iter().filter_map(policy_at).collect();
    if policies.is_empty() {
        return body == read;
    }
    policies.iter().all(|to| body.pointer(to).is_some_and(|after| policy::same(read, after)))
}

fn policy_at(splice: &Splice) -> Option<&str> {
    match splice {
        Splice::Policy { to, .. } => Some(to),
        _ => None,
    }
}
