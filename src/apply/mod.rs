//! Applying a plan: its steps side by side as far as their edges allow. Decides nothing: what the plan says is done.

mod known;
pub mod outcome;
mod place;
mod scheduler;
pub mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

pub use outcome::{Detour, Event, Outcome, StepResult};
pub use step::StepError;

use crate::gcp::Client;
use crate::gcp::error::told;
use crate::inventory::Recorder;
use crate::plan::{Plan, Step};
use known::Known;
use scheduler::{Scheduler, Turn};

/// Steps at once, unless asked otherwise: a class of sixty machines with its rules and registries. How fast they are begun is the
/// rate limits' business. Each may hold an answer of `wait` open, and Google's front end takes a hundred requests side by
/// side of one connection.
pub const PARALLEL: usize = 80;

/// Where progress is told.
pub type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// What a run works with.
#[derive(Clone)]
pub struct Run {
    /// The connection.
    pub client: Client,
    /// The inventory.
    pub recorder: Recorder,
    /// Steps at once.
    pub parallel: usize,
    /// Where progress is told.
    pub listener: Listener,
    /// How often the user asked to stop: once, nothing new is begun; twice, what runs is left.
    pub stop: watch::Receiver<u8>,
}

impl Run {
    fn tell(&self, event: Event) {
        (self.listener)(event);
    }
}

/// Applies a plan, and returns when the inventory says what was done.
pub async fn apply(run: &Run, plan: &Plan) -> Outcome {
    let listener = Arc::clone(&run.listener);
    run.recorder.on_written(move || listener(Event::InventoryWritten));
    run.recorder.note(&plan.records);
    let known = Known::at_first(plan);
    let results = steps(run, plan, &known).await;
    let inventory = run.recorder.flush().await.err();
    let titles = plan.steps.iter().map(Step::title).collect();
    Outcome {
        results,
        titles,
        inventory,
        detours: known.detours(),
        known: known.all(),
        touched: known.touched(),
    }
}

async fn steps(run: &Run, plan: &Plan, known: &Known) -> Vec<StepResult> {
    let mut scheduler = Scheduler::new(plan);
    let mut running = JoinSet::new();
    let mut ids = BTreeMap::new();
    let mut leaving = false;
    loop {
        // An inventory that cannot be written must not fall further behind what is there.
        let open = *run.stop.borrow() == 0 && !run.recorder.is_broken();
        while open && running.len() < run.parallel.max(1) {
            let Some(turn) = scheduler.next() else { break };
            let (id, run, known) = (turn.step.id, run.clone(), known.clone());
            ids.insert(running.spawn(async move { carry(&run, &known, turn).await }).id(), id);
        }
        tokio::select! {
            joined = running.join_next_with_id() => match joined {
                Some(joined) => ended(run, &mut scheduler, &ids, joined),
                None => break,
            },
            () = asked_twice(run.stop.clone()), if !leaving => {
                leaving = true;
                running.abort_all();
            }
        }
    }
    scheduler.left().into_iter().for_each(|id| run.tell(Event::HeldBack(id)));
    scheduler.results(plan)
}

type Joined = Result<(Id, Result<(), StepError>), JoinError>;

fn ended(run: &Run, scheduler: &mut Scheduler<'_>, ids: &BTreeMap<Id, usize>, joined: Joined) {
    let (task, result) = match joined {
        Ok((task, result)) => (task, Some(result)),
        Err(error) if error.is_cancelled() => (error.id(), None),
        Err(error) => (error.id(), Some(Err(StepError::Died(error)))),
    };
    let Some(id) = ids.get(&task).copied() else { return };
    match &result {
        Some(Ok(())) => run.tell(Event::Done(id)),
        Some(Err(error)) => run.tell(Event::Failed(id, told(error))),
        None => run.tell(Event::Failed(id, "left in the middle".to_owned())),
    }
    match result {
        Some(result) => {
            scheduler.ended(id, result).into_iter().for_each(|held| run.tell(Event::HeldBack(held)));
        }
        None => scheduler.interrupted(id),
    }
}

async fn carry(run: &Run, known: &Known, turn: Turn) -> Result<(), StepError> {
    run.tell(Event::Started(turn.step.id));
    step::run(run, known, &turn).await
}

/// Returns when the user has asked to stop for the second time. Whoever cannot ask any more does not.
async fn asked_twice(mut stop: watch::Receiver<u8>) {
    if stop.wait_for(|asked| *asked > 1).await.is_err() {
        std::future::pending::<()>().await;
    }
}
