//! One round: the folder is loaded afresh, planned, and applied by the way of `apply --yes`. Everything it needs is dropped when
//! it ends: a loop that waits holds nothing of the course.

use std::time::Duration;

use serde_json::json;

use crate::apply::{Outcome, StepResult};
use crate::cli::apply;
use crate::cli::args::ReconcileArgs;
use crate::cli::commit;
use crate::cli::confirm;
use crate::cli::connection::{self, Connection};
use crate::cli::course::{self, Loaded};
use crate::cli::exit::Exit;
use crate::cli::held::{Doing, Tenure};
use crate::cli::plan::{self, Checked};
use crate::cli::printer::{LOG, Printer};
use crate::cli::signal::Stop;
use crate::diff::Intent;
use crate::drift::Drift;
use crate::kinds::desired::digest;
use crate::live;
use crate::plan::{Plan, Weight};
use crate::preflight::Depth;
use crate::reconcile::{Ended, Planned, Round};
use crate::report::{drift as drift_report, outcome, text};
use crate::spec::load::{self, Choice, LoadError};

/// Carries out rounds, and says what is new.
pub(super) struct Worker<'a> {
    args: &'a ReconcileArgs,
    printer: Printer,
    stop: Stop,
    /// The folder as the last round found it.
    folder: Option<String>,
    /// What was told last: nothing is told twice in a row.
    told: (Option<Ended>, Option<String>, Vec<String>),
}

impl<'a> Worker<'a> {
    pub(super) fn new(args: &'a ReconcileArgs, printer: Printer, stop: Stop) -> Self {
        Self { args, printer, stop, folder: None, told: (None, None, Vec::new()) }
    }

    /// A round, whatever comes of it.
    pub(super) async fn round(&mut self) -> Round {
        self.folder = self.folder_as_it_is();
        let commit = self.commit();
        if commit.is_some() && commit != self.told.1 {
            tracing::info!(target: LOG, commit = commit.as_deref(), "the folder stands at another commit");
            self.told.1.clone_from(&commit);
        }
        // What a course keeps secret is forgotten with it.
        let mut printer = self.printer.clone();
        let round = self.attempt(&mut printer).await.unwrap_or_else(|error| {
            printer.error(&error);
            Round::without_plan(failure(&error))
        });
        Round { commit, ..round }
    }

    async fn attempt(&mut self, printer: &mut Printer) -> anyhow::Result<Round> {
        let Some(loaded) = course::load(&self.args.target.course, printer)? else {
            return Ok(Round::without_plan(Ended::Broken));
        };
        let connection = connection::connect(&self.args.target, &loaded).await?;
        let round = self.in_project(&connection, &loaded, printer).await;
        connection.close().await?;
        round
    }

    async fn in_project(
        &mut self,
        connection: &Connection,
        loaded: &Loaded,
        printer: &mut Printer,
    ) -> anyhow::Result<Round> {
        let stop = self.stop.clone();
        let (checked, mut drift) = tokio::select! {
            looked = self.look(connection, loaded) => looked?,
            () = stop.asked() => return Ok(Round::without_plan(Ended::Stopped)),
        };
        let shown = printer.showable(&checked.plan);
        printer.make_drift_showable(&mut drift);
        self.tell_drift(&shown, &drift);
        let planned = Some(Planned { resources: shown.changes.len(), drift: drift.resources.len() });
        let Plan { steps, records, .. } = &checked.plan;
        // What only the inventory has to learn is nothing to report.
        let idle = steps.is_empty() && (records.is_empty() || self.args.report_only);
        let ended = match () {
            () if shown.is_refused() => Ended::Refused,
            () if idle && drift.is_empty() => Ended::Converged,
            () if self.args.report_only => self.reported(&shown),
            () if self.is_unsure(&checked.plan, loaded, printer) => Ended::Refused,
            () if stop.is_asked() => Ended::Stopped,
            () => {
                let outcome = self.apply(connection, loaded, &checked, printer).await?;
                return Ok(Round {
                    ended: of_outcome(&outcome, &shown, printer),
                    planned,
                    applied: done(&outcome),
                    commit: None,
                });
            }
        };
        Ok(Round { ended, planned, applied: 0, commit: None })
    }

    /// Plans, and asks who changed what.
    async fn look(&self, connection: &Connection, loaded: &Loaded) -> anyhow::Result<(Checked, Drift)> {
        let depth = self.args.preflight.depth(Depth::Caller);
        let mut checked = plan::checked(connection, loaded, &Intent::default(), depth).await?;
        let mut drift = std::mem::take(&mut checked.drift);
        live::trace(&connection.client, &mut drift).await;
        Ok((checked, drift))
    }

    /// As `apply --yes` does it: nobody is there to ask.
    async fn apply(
        &self,
        connection: &Connection,
        loaded: &Loaded,
        checked: &Checked,
        printer: &Printer,
    ) -> anyhow::Result<Outcome> {
        let target = &self.args.target;
        let words = apply::command_line(target);
        let environment = target.course.environment.as_deref();
        let doing = Doing { what: "reconcile", environment, words: &words, timeout: Duration::ZERO };
        let mut tenure = Tenure::new(doing);
        let (plan, record) = (&checked.plan, checked.record.clone());
        let outcome =
            apply::execute(connection, loaded, (plan, record), self.args.parallel, &mut tenure, printer)
                .await;
        tenure.end(printer).await;
        // Whoever does not wait for the lock never plans again: the next round does.
        Ok(outcome?.unwrap_or_default())
    }

    /// Whether somebody had better look first: where a terminal would be asked twice, and while the folder is being changed, as a
    /// pull that is half done looks like a course that dropped its resources.
    fn is_unsure(&self, plan: &Plan, loaded: &Loaded, printer: &Printer) -> bool {
        if self.folder_changed() {
            printer.warn("the folder changed while it was planned: the next round looks again\n");
            return true;
        }
        let Some((goes, many)) = confirm::is_much(plan, &loaded.scope.policy) else { return false };
        printer.warn(&format!(
            "{goes} resources would be deleted or replaced, more than {many}, and nobody is there to ask: run `provost apply`, or let \
             `deletionsPerApply` in `policy:` of the Course allow it\n"
        ));
        true
    }

    /// Tells what there would be to do.
    fn reported(&self, plan: &Plan) -> Ended {
        if self.told.0 != Some(Ended::Reported) {
            self.printer.note(&text::summary(plan));
        }
        Ended::Reported
    }

    fn tell_drift(&mut self, plan: &Plan, drift: &Drift) {
        let refusals = plan.report.iter().filter(|finding| finding.severity == Weight::Refusal);
        let lines: Vec<String> =
            drift_report::lines(drift).into_iter().chain(refusals.map(text::finding)).collect();
        if lines != self.told.2 {
            for line in &lines {
                self.printer.warn(line);
            }
            self.told.2 = lines;
        }
    }

    /// Tells how a round ended, unless it ended as the one before and there was nothing to do.
    pub(super) fn tell(&mut self, round: &Round, wait: Duration) {
        let Round { ended, planned, applied, .. } = round;
        let (resources, drift) = planned.map_or((0, 0), |planned| (planned.resources, planned.drift));
        let (result, next) = (ended.key(), wait.as_secs());
        if ended.is_failure() {
            tracing::warn!(target: LOG, result, resources, drift, applied, next_seconds = next, "the round failed");
        } else if self.told.0 != Some(*ended) || *applied > 0 {
            tracing::info!(target: LOG, result, resources, drift, applied, "the round is over");
        }
        self.told.0 = Some(*ended);
    }

    /// Whether the folder is another one than the last round found.
    pub(super) fn folder_changed(&self) -> bool {
        self.folder != self.folder_as_it_is()
    }

    /// A digest of its texts, and its commit.
    fn folder_as_it_is(&self) -> Option<String> {
        let course = &self.args.target.course;
        let choice = Choice { environment: course.environment.clone(), vars: course.vars.clone() };
        let (_, texts) = load::chosen(&course.folder, &choice).ok()?;
        let texts: Vec<_> = texts.iter().map(|text| json!([text.path, text.text])).collect();
        Some(digest(&json!([texts, self.commit()])))
    }

    fn commit(&self) -> Option<String> {
        commit::of(&self.args.target.course.folder)
    }
}

/// How a round ended that has an error.
fn failure(error: &anyhow::Error) -> Ended {
    match Exit::of(error) {
        _ if error.is::<LoadError>() => Ended::Broken,
        Exit::Refused => Ended::Held,
        _ => Ended::Failed,
    }
}

fn of_outcome(outcome: &Outcome, plan: &Plan, printer: &Printer) -> Ended {
    if !outcome.is_complete() {
        printer.note(&outcome::text(plan, outcome, &crate::report::Known::default()));
    }
    match apply::exit(outcome) {
        Exit::Done => Ended::Applied,
        Exit::Partly => Ended::Partly,
        Exit::Refused => Ended::Held,
        _ => Ended::Failed,
    }
}

fn done(outcome: &Outcome) -> usize {
    outcome.results.iter().filter(|result| matches!(result, StepResult::Done)).count()
}
