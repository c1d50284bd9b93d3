//! `provost apply`: makes the project hold what the specs say. The flow that `destroy` shares is here.

use std::sync::Arc;

use crate::apply::{self, Outcome, Run};
use crate::diff::Intent;
use crate::inventory::{Record, Recorder};
use crate::live::images;
use crate::plan::{Finding, Plan};
use crate::preflight::Depth;
use crate::ready::{Patience, standing};
use crate::report::json::OutcomeOutput;
use crate::report::{outcome, text};
use crate::saved::SavedPlan;

use super::args::{ApplyArgs, ReportFormat, RunArgs, TargetArgs};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::Exit;
use super::held::{self, Doing, Tenure};
use super::plan::{Checked, Pinning};
use super::printer::Printer;
use super::told::{self, Told};
use super::{confirm, plan, progress, saved, wait};

pub(super) async fn run(args: &ApplyArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let saved = saved::read(&args.target.course.folder)?;
    let (intent, target) = match &saved {
        Some(saved) => (saved::intent(saved, args)?, saved::target(saved, &args.target)),
        None => (plan::intent(&args.ownership, &args.policy, false), args.target.clone()),
    };
    let errand = Errand {
        intent: &intent,
        patience: args.wait_ready.then(|| wait::patience(&args.patience)),
        depth: args.check.depth(Depth::Caller),
        saved: saved.as_ref(),
    };
    carry_out(&target, &args.run, errand, printer).await
}

/// What to type to go on with what does not fit.
const INSIST: &str =
    "Nothing was changed. With `--no-preflight` it is tried all the same, and fails where it does not fit.\n";

/// What a run is to do, and what comes before and after it.
#[derive(Clone, Copy)]
struct Errand<'a> {
    intent: &'a Intent,
    /// For machines to be ready.
    patience: Option<Patience>,
    /// How far to look beforehand whether it fits.
    depth: Option<Depth>,
    /// The plan that is carried out and no other.
    saved: Option<&'a SavedPlan>,
}

/// Plans, shows, asks, applies, and says what became of it.
pub(super) async fn carry_through(
    target: &TargetArgs,
    args: &RunArgs,
    intent: &Intent,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    carry_out(target, args, Errand { intent, patience: None, depth: None, saved: None }, printer).await
}

/// The same, with what comes before and after.
async fn carry_out(
    target: &TargetArgs,
    args: &RunArgs,
    errand: Errand<'_>,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load_to_report(&target.course, args.format, printer)? else {
        // A plan is made of a sound course only: this is another one.
        return Ok(if errand.saved.is_some() { Exit::Refused } else { Exit::Failed });
    };
    let connection = connection::connect(target, &loaded).await?;
    let words = command_line(target);
    let (what, environment) = (errand.intent.word(), target.course.environment.as_deref());
    let mut tenure = Tenure::new(Doing { what, environment, words: &words, timeout: args.lock_timeout });
    let exit = loop {
        let exit = planned(&connection, &loaded, target, args, errand, &mut tenure, printer).await;
        if let Some(exit) = exit.transpose() {
            break exit;
        }
        printer.note("another run has changed the course meanwhile: planning again\n");
    };
    tenure.end(printer).await;
    connection.close().await?;
    exit
}

/// Once through. None when another run was at work in between, and everything is to be planned anew: the lock is ours then.
async fn planned(
    connection: &Connection,
    loaded: &Loaded,
    target: &TargetArgs,
    args: &RunArgs,
    Errand { intent, patience, depth, saved }: Errand<'_>,
    tenure: &mut Tenure<'_>,
    printer: &mut Printer,
) -> anyhow::Result<Option<Exit>> {
    let pinning = saved.map_or(Pinning::Leave, |saved| Pinning::Keep(&saved.pins));
    let checked = plan::checked_with(connection, loaded, intent, depth, pinning).await?;
    if let Some(saved) = saved {
        let kept = saved::Kept { checked: &checked, loaded, intent, now: connection.now };
        let moved = saved::moved(saved, &kept, printer)?;
        if !moved.is_empty() {
            return Ok(Some(stale(checked.plan, moved, loaded, args.format, printer)));
        }
    }
    let Checked { plan, record, preflight, .. } = checked;
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
        return Ok(Some(Exit::Refused));
    }
    if !plan.steps.is_empty() {
        confirm::confirm(args, intent, printer)?;
        confirm::confirm_again(args, &plan, &loaded.scope.policy, printer)?;
    }
    let Some(outcome) = execute(connection, loaded, (&plan, record), args.parallel, tenure, printer).await?
    else {
        return Ok(None);
    };
    shown.learn(&outcome.known);
    let known = images::known(&connection.client, &plan.project, outcome::failures(&outcome)).await;
    let waits = patience.filter(|_| outcome.is_complete());
    let told = OutcomeOutput::of(&outcome, &known, |text| printer.hidden(text));
    printer.annotate(told::annotations(&plan.steps, &told, loaded));
    if args.format == ReportFormat::Text {
        printer.out(&outcome::text(&shown, &outcome, &known));
        if outcome.is_complete() && intent.destroy && !outcome.results.is_empty() {
            printer.note(&format!(
                "The history of the course stays: `provost history {} --delete` clears it.\n",
                command_line(target)
            ));
        }
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
    Ok(Some(if ready { exit(&outcome) } else { Exit::Partly }))
}

/// Refuses a saved plan. What would be done instead is nobody's business: another plan shows it.
fn stale(
    plan: Plan,
    moved: Vec<Finding>,
    loaded: &Loaded,
    format: ReportFormat,
    printer: &mut Printer,
) -> Exit {
    let mut plan = Plan { report: moved, ..plan };
    printer.make_showable(&mut plan);
    printer.annotate(plan::annotations(&plan, loaded));
    if format == ReportFormat::Text {
        plan.report.iter().for_each(|finding| printer.out(&text::finding(finding)));
        printer.note("Nothing was changed.\n");
    }
    Told { loaded, plan: &plan, outcome: None, standings: None }.say(format, printer);
    Exit::Refused
}

/// Whether a run is about what there is to be afterwards.
fn makes(intent: &Intent) -> bool {
    !intent.destroy && !intent.expired && intent.power.is_none()
}

/// How the user would name this course and its other side again.
pub(super) fn command_line(target: &TargetArgs) -> String {
    target.cloud.on(&course::words(&target.course))
}

/// Carries a plan out under the lock of its course, and writes down that it was. None when another run was at work between the plan
/// and the lock, and the user is willing to wait: the lock is ours then, and the plan of yesterday.
pub(super) async fn execute(
    connection: &Connection,
    loaded: &Loaded,
    (plan, record): (&Plan, Record),
    parallel: usize,
    tenure: &mut Tenure<'_>,
    printer: &Printer,
) -> anyhow::Result<Option<Outcome>> {
    if plan.steps.is_empty() && plan.records.is_empty() {
        return Ok(Some(Outcome::default()));
    }
    let Some(hold) = tenure.begin(connection, loaded, printer).await? else { return Ok(None) };
    let mut store = plan::store(connection, loaded);
    match store.open(&record).await {
        Err(error) if error.is_raced() && tenure.plans_again() => return Ok(None),
        opened => opened?,
    }
    let written = held::Written::begin(connection, loaded, tenure.doing, (&hold, plan)).await?;
    let recorder = Recorder::new(store, record).under(hold);
    let mut outcome = watched(connection, recorder.clone(), plan, parallel, printer).await;
    if let Err(error) = recorder.close().await {
        outcome.inventory.get_or_insert(error);
    }
    written.end(&outcome, exit(&outcome), printer).await;
    tenure.end(printer).await;
    Ok(Some(outcome))
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
