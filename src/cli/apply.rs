//! `provost apply`: makes the project hold what the specs say. The flow that `destroy` shares is here.

use std::sync::Arc;

use crate::apply::{self, Outcome, Run};
use crate::diff::Intent;
use crate::inventory::{Record, Recorder};
use crate::live::images;
use crate::plan::{Action, Plan};
use crate::preflight::Depth;
use crate::ready::{Patience, standing};
use crate::report::json::OutcomeOutput;
use crate::report::{outcome, text};
use crate::spec::Policy;

use super::args::{ApplyArgs, ReportFormat, RunArgs, TargetArgs};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::{Exit, Refusal};
use super::plan::Checked;
use super::printer::{self, Printer};
use super::told::{self, Told};
use super::{plan, progress, wait};

pub(super) async fn run(args: &ApplyArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let intent = plan::intent(&args.ownership, &args.policy, false);
    let errand = Errand {
        intent: &intent,
        patience: args.wait_ready.then(|| wait::patience(&args.patience)),
        depth: args.check.depth(Depth::Caller),
    };
    carry_out(&args.target, &args.run, errand, printer).await
}

/// What to type to go on with what does not fit.
const INSIST: &str =
    "Nothing was changed. With `--no-preflight` it is tried all the same, and fails where it does not fit.\n";

/// What a run is to do, and what comes before and after it.
struct Errand<'a> {
    intent: &'a Intent,
    /// For machines to be ready.
    patience: Option<Patience>,
    /// How far to look beforehand whether it fits.
    depth: Option<Depth>,
}

/// Plans, shows, asks, applies, and says what became of it.
pub(super) async fn carry_through(
    target: &TargetArgs,
    args: &RunArgs,
    intent: &Intent,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    carry_out(target, args, Errand { intent, patience: None, depth: None }, printer).await
}

/// The same, with what comes before and after.
async fn carry_out(
    target: &TargetArgs,
    args: &RunArgs,
    errand: Errand<'_>,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load_to_report(&target.course, args.format, printer)? else {
        return Ok(Exit::Failed);
    };
    let connection = connection::connect(target, &loaded).await?;
    let exit = planned(&connection, &loaded, target, args, errand, printer).await;
    connection.close().await?;
    exit
}

async fn planned(
    connection: &Connection,
    loaded: &Loaded,
    target: &TargetArgs,
    args: &RunArgs,
    Errand { intent, patience, depth }: Errand<'_>,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let Checked { plan, record, preflight, .. } = plan::checked(connection, loaded, intent, depth).await?;
    let mut shown = printer.showable(&plan);
    printer.annotate(plan::annotations(&shown, loaded));
    if args.format == ReportFormat::Text {
        printer.out(&text::plan(&shown));
    }
    if plan.is_refused() {
        Told { loaded, plan: &shown, outcome: None, standings: None }.say(args.format, printer);
        if preflight.is_refused() {
            printer.note(INSIST);
        }
        return Ok(Exit::Refused);
    }
    if !plan.steps.is_empty() {
        confirm(args, intent, printer)?;
        confirm_again(args, &plan, &loaded.scope.policy, printer)?;
    }
    let outcome = execute(connection, loaded, &plan, record, args, printer).await?;
    shown.learn(&outcome.known);
    let known = images::known(&connection.client, &plan.project, outcome::failures(&outcome)).await;
    let waits = patience.filter(|_| outcome.is_complete());
    let told = OutcomeOutput::of(&outcome, &known, |text| printer.hidden(text));
    printer.annotate(told::annotations(&plan.steps, &told, loaded));
    if args.format == ReportFormat::Text {
        printer.out(&outcome::text(&shown, &outcome, &known));
        if outcome.is_complete() && makes(intent) {
            printer.out(&outcome::next_steps(&shown, &command_line(target)));
        }
    }
    let standings = match waits {
        Some(patience) => Some(wait::until_ready(connection, loaded, patience, printer).await?.standings),
        None => None,
    };
    Told { loaded, plan: &shown, outcome: Some(&told), standings: standings.as_ref() }
        .say(args.format, printer);
    let ready = standings.as_ref().is_none_or(standing::all_ready);
    // What was to be changed is changed: this is no failure before the first change, as 1 would say.
    Ok(if ready { exit(&outcome) } else { Exit::Partly })
}

/// Whether a run is about what there is to be afterwards.
fn makes(intent: &Intent) -> bool {
    !intent.destroy && !intent.expired && intent.power.is_none()
}

/// How the user would name this course and its other side again.
fn command_line(target: &TargetArgs) -> String {
    target.cloud.on(&course::words(&target.course))
}

pub(super) fn confirm(args: &RunArgs, intent: &Intent, printer: &Printer) -> Result<(), Refusal> {
    if args.yes {
        return Ok(());
    }
    if !printer::somebody_there() {
        return Err(Refusal::Usage(
            "nobody is there to ask: add `--yes` to go on without a question".to_owned(),
        ));
    }
    let deletes = intent.destroy || intent.expired;
    let question = if deletes { "Delete all of this?" } else { "Do this?" };
    if printer.confirm(question) { Ok(()) } else { Err(Refusal::NotConfirmed("you did not say yes")) }
}

/// Asks once more where much goes: a yes is typed by habit, and a number is not.
fn confirm_again(args: &RunArgs, plan: &Plan, policy: &Policy, printer: &Printer) -> Result<(), Refusal> {
    let goes = plan.count(Action::Delete) + plan.count(Action::Replace);
    let many = policy.deletions_per_apply.map_or(MANY, |most| usize::try_from(most).unwrap_or(MANY));
    if args.yes || goes <= many {
        return Ok(());
    }
    let question = format!("{goes} resources are deleted or replaced, more than {many}.");
    if printer.asks_for(&question, &goes.to_string()) {
        Ok(())
    } else {
        Err(Refusal::NotConfirmed("you did not type their number"))
    }
}

/// How many deletions are many, where no policy says.
const MANY: usize = 10;

pub(super) async fn execute(
    connection: &Connection,
    loaded: &Loaded,
    plan: &Plan,
    record: Record,
    args: &RunArgs,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    if plan.steps.is_empty() && plan.records.is_empty() {
        return Ok(Outcome::default());
    }
    let mut store = plan::store(connection, loaded);
    store.open(&record).await?;
    let recorder = Recorder::new(store, record);
    let mut outcome = watched(connection, recorder.clone(), plan, args.parallel, printer).await;
    if let Err(error) = recorder.close().await {
        outcome.inventory.get_or_insert(error);
    }
    Ok(outcome)
}

/// Applies a plan while its progress is shown and interrupts are counted.
pub(super) async fn watched(
    connection: &Connection,
    recorder: Recorder,
    plan: &Plan,
    parallel: usize,
    printer: &Printer,
) -> Outcome {
    let (stop_now, stop) = tokio::sync::watch::channel(0_u8);
    let progress = progress::Progress::new(plan, printer);
    let progress = Arc::new(progress);
    let listener = {
        let progress = Arc::clone(&progress);
        Arc::new(move |event| progress.hear(event))
    };
    let client = connection.client.clone();
    let run = Run { client, recorder, parallel, listener, stop };
    let signals = tokio::spawn(progress::count_interrupts(stop_now, Arc::clone(&progress)));
    let outcome = apply::apply(&run, plan).await;
    signals.abort();
    progress.finish();
    outcome
}

pub(super) fn exit(outcome: &Outcome) -> Exit {
    match () {
        () if outcome.is_complete() => Exit::Done,
        () if outcome.changed_anything() => Exit::Partly,
        () if outcome.is_stale() => Exit::Refused,
        () => Exit::Failed,
    }
}
