//! The lock at the command line: taking it, waiting for it, telling whose it is; and the record of a run that has it.

use std::time::Duration;

use crate::apply::Outcome;
use crate::gcp::error::told;
use crate::inventory::lease::whole;
use crate::inventory::lock::Found;
use crate::inventory::place::Version;
use crate::inventory::{Attempt, History, Hold, Lease, Lock, RunRecord, run};
use crate::plan::{Action, Plan};
use crate::report;

use super::connection::Connection;
use super::course::Loaded;
use super::exit::{Exit, Refusal};
use super::printer::Printer;
use super::{commit, plan, who};

/// How often a lock that somebody has is looked at: it is one small read, and nobody minds two seconds.
const LOOK: Duration = Duration::from_secs(2);

/// What a run is about, for the lock and the history.
#[derive(Clone, Copy)]
pub(super) struct Doing<'a> {
    /// What is done: `apply`.
    pub(super) what: &'a str,
    /// The environment that is laid over the course.
    pub(super) environment: Option<&'a str>,
    /// The course as it is typed behind a command.
    pub(super) words: &'a str,
    /// How long to wait for the lock.
    pub(super) timeout: Duration,
}

/// The time of a command in which it may have the lock.
pub(super) struct Tenure<'a> {
    pub(super) doing: Doing<'a>,
    hold: Option<Hold>,
    /// Whether it was planned anew before.
    again: bool,
}

impl<'a> Tenure<'a> {
    /// Without the lock.
    pub(super) fn new(doing: Doing<'a>) -> Self {
        Self { doing, hold: None, again: false }
    }

    /// The lock: the one that we have, or a new one. None when it had to be waited for: what was planned before is of yesterday.
    pub(super) async fn begin(
        &mut self,
        connection: &Connection,
        loaded: &Loaded,
        printer: &Printer,
    ) -> anyhow::Result<Option<Hold>> {
        if self.hold.is_none() {
            let Taken { hold, waited } = take(connection, loaded, self.doing, printer).await?;
            self.hold = Some(hold);
            if waited {
                self.again = true;
                return Ok(None);
            }
        }
        Ok(self.hold.clone())
    }

    /// Whether it is worth planning anew when another run was faster: once, and only if the user waits for others at all.
    pub(super) fn plans_again(&mut self) -> bool {
        let again = !self.again && !self.doing.timeout.is_zero();
        self.again = true;
        again
    }

    /// Gives the lock back, if there is one. That it cannot be given is a warning: it ends by itself.
    pub(super) async fn end(&mut self, printer: &Printer) {
        let Some(hold) = self.hold.take() else { return };
        if let Err(error) = hold.release().await {
            let why = told(&error);
            printer.note(&format!("warning: the lock was not given back and ends by itself: {why}\n"));
        }
    }
}

/// The lock, and whether it had to be waited for.
struct Taken {
    hold: Hold,
    waited: bool,
}

/// Takes the lock of the course, and has it renewed. Waits as long as is wished.
async fn take(
    connection: &Connection,
    loaded: &Loaded,
    doing: Doing<'_>,
    printer: &Printer,
) -> anyhow::Result<Taken> {
    let lock = Lock::of(&plan::store(connection, loaded), connection.now);
    let mine = mine(connection, loaded, doing);
    let began = connection.client.pace().elapsed();
    let mut seen = None;
    loop {
        let found = match lock.take(&mine).await? {
            Attempt::Taken(hold, before) => {
                hold.keep();
                if let Some(lease) = before {
                    printer.note(&taken_over(&lease));
                }
                return Ok(Taken { hold, waited: seen.is_some() });
            }
            Attempt::Busy(found) => *found,
        };
        if connection.client.pace().elapsed().saturating_sub(began) >= doing.timeout {
            return Err(Refusal::Locked(refused(&found, doing)).into());
        }
        if seen.replace(found.lease.run.clone()).as_ref() != Some(&found.lease.run) {
            printer.note(&format!("waiting for the lock of {}: {}…\n", lock.shown(), found.lease.told()));
        }
        connection.client.let_settle(LOOK.mul_f64(0.5 + connection.client.pace().fraction())).await;
    }
}

/// What we write into the lock; its times are filled in when it is taken.
fn mine(connection: &Connection, loaded: &Loaded, doing: Doing<'_>) -> Lease {
    let now = connection.now;
    Lease {
        course: loaded.scope.course.clone(),
        run: RunRecord::id(now, &connection.client.pace().uuid()),
        doing: doing.what.to_owned(),
        who: who::who(),
        acquired: now,
        renewed: now,
        expires: now,
    }
}

fn taken_over(lease: &Lease) -> String {
    format!(
        "warning: took over the lock of {}, which ended without giving it back; whatever it left half done is finished by this run\n",
        lease.told()
    )
}

fn refused(found: &Found, doing: Doing<'_>) -> String {
    let Lease { course, expires, .. } = &found.lease;
    format!(
        "the course {course} is locked by {}; nothing was changed\n    \
         help: wait for it with `--lock-timeout 10m`\n    \
         help: if that run is dead, its lock ends by itself at {}, and `provost unlock {}` takes it away at once",
        found.lease.told(),
        whole(*expires),
        doing.words,
    )
}

/// A run that is written down.
pub(super) struct Written {
    hold: Hold,
    history: History,
    record: RunRecord,
    version: Version,
}

impl Written {
    /// Writes down that a run begins.
    pub(super) async fn begin(
        connection: &Connection,
        loaded: &Loaded,
        doing: Doing<'_>,
        (hold, plan): (&Hold, &Plan),
    ) -> anyhow::Result<Self> {
        let Lease { run, doing: what, who, acquired, .. } = hold.lease().clone();
        let counts = Action::ALL.into_iter().map(|action| (action.key().to_owned(), plan.count(action)));
        let record = RunRecord {
            version: run::VERSION,
            id: run,
            course: plan.course.clone(),
            project: plan.project.clone(),
            environment: doing.environment.map(str::to_owned),
            doing: what,
            who,
            provost: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit::of(&loaded.root),
            plan: plan.digest(),
            summary: counts.filter(|(_, count)| *count > 0).collect(),
            overrides: plan.overrides.clone(),
            started: whole(acquired),
            ended: None,
            exit: None,
            steps: Vec::new(),
            inventory: None,
        };
        let history = History::of(&plan::store(connection, loaded));
        let version = history.begin(&record).await?;
        Ok(Self { hold: hold.clone(), history, record, version })
    }

    /// Writes down how it ended. What was done is done: that it cannot be written is a warning.
    pub(super) async fn end(mut self, outcome: &Outcome, exit: Exit, printer: &Printer) {
        self.record.steps = report::outcome::ends(outcome);
        for step in &mut self.record.steps {
            step.why = step.why.as_ref().map(|why| printer.hidden(why));
        }
        self.record.inventory = outcome.inventory.as_ref().map(|error| printer.hidden(&told(error)));
        self.record.ended = Some(whole(self.hold.time()));
        self.record.exit = Some(exit as u8);
        if let Err(error) = self.history.end(&self.record, &self.version).await {
            printer
                .note(&format!("warning: the history does not say how this run ended: {}\n", told(&error)));
        }
    }
}
