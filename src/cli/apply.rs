//! `provost apply`: makes the project hold what the specs say. The flow that `destroy` shares is here.

use std::sync::Arc;

use crate::apply::{self, Outcome, Run};
use crate::diff::Intent;
use crate::inventory::{Record, Recorder};
use crate::live::images;
use crate::plan::{Finding, Plan};
use crate::preflight::Depth;
use crate::ready::{Patience, Standings, standing};
use crate::report::{Known, json, outcome, text};
use crate::saved::SavedPlan;

use super::args::{ApplyArgs, Format, RunArgs, TargetArgs};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::{Exit, Refusal};
use super::plan::{Checked, Pinning};
use super::printer::{self, Printer};
use super::{plan, progress, saved, wait};

pub(super) async fn run(args: &ApplyArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let saved = saved::read(&args.target.course.folder)?;
    let (intent, target) = match &saved {
        Some(saved) => (saved::intent(saved, args)?, saved::target(saved, &args.target)),
        None => (plan::intent(&args.ownership, false), args.target.clone()),
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
    let Some(loaded) = course::load(&target.course, printer)? else {
        // A plan is made of a sound course only: this is another one.
        return Ok(if errand.saved.is_some() { Exit::Refused } else { Exit::Failed });
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
    Errand { intent, patience, depth, saved }: Errand<'_>,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let pinning = saved.map_or(Pinning::Leave, |saved| Pinning::Keep(&saved.pins));
    let checked = plan::checked_with(connection, loaded, intent, depth, pinning).await?;
    if let Some(saved) = saved {
        let kept = saved::Kept { checked: &checked, loaded, intent, now: connection.now };
        let moved = saved::moved(saved, &kept, printer)?;
        if !moved.is_empty() {
            return Ok(stale(checked.plan, moved, args.format, printer));
        }
    }
    let Checked { plan, record, preflight, .. } = checked;
    let mut shown = printer.showable(&plan);
    if args.format == Format::Text {
        printer.out(&text::plan(&shown));
    }
    if plan.is_refused() {
        say(&shown, None, None, args.format, printer);
        if preflight.is_refused() {
            printer.note(INSIST);
        }
        return Ok(Exit::Refused);
    }
    if !plan.steps.is_empty() {
        confirm(args, intent, printer)?;
    }
    let outcome = execute(connection, loaded, &plan, record, args, printer).await?;
    shown.learn(&outcome.known);
    let known = images::known(&connection.client, &plan.project, outcome::failures(&outcome)).await;
    let waits = patience.filter(|_| outcome.is_complete());
    if args.format == Format::Text {
        say(&shown, Some((&outcome, &known)), None, args.format, printer);
        if outcome.is_complete() && makes(intent) {
            printer.out(&outcome::next_steps(&shown, &command_line(target)));
        }
    }
    let standings = match waits {
        Some(patience) => Some(wait::until_ready(connection, loaded, patience, printer).await?.standings),
        None => None,
    };
    if args.format == Format::Json {
        say(&shown, Some((&outcome, &known)), standings.as_ref(), args.format, printer);
    }
    let ready = standings.as_ref().is_none_or(standing::all_ready);
    // What was to be changed is changed: this is no failure before the first change, as 1 would say.
    Ok(if ready { exit(&outcome) } else { Exit::Partly })
}

/// Refuses a saved plan. What would be done instead is nobody's business: another plan shows it.
fn stale(plan: Plan, moved: Vec<Finding>, format: Format, printer: &mut Printer) -> Exit {
    let mut plan = Plan { report: moved, ..plan };
    printer.make_showable(&mut plan);
    if format == Format::Text {
        plan.report.iter().for_each(|finding| printer.out(&text::finding(finding)));
        printer.note("Nothing was changed: this is not the project any more that the plan was made for.\n");
    } else {
        say(&plan, None, None, format, printer);
    }
    Exit::Refused
}

/// Whether a run is about what there is to be afterwards.
fn makes(intent: &Intent) -> bool {
    !intent.destroy && !intent.expired && intent.power.is_none()
}

/// How the user would name this course and its other side again.
fn command_line(target: &TargetArgs) -> String {
    target.cloud.on(&course::words(&target.course))
}

fn confirm(args: &RunArgs, intent: &Intent, printer: &Printer) -> Result<(), Refusal> {
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

async fn execute(
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

fn say(
    plan: &Plan,
    outcome: Option<(&Outcome, &Known)>,
    standings: Option<&Standings>,
    format: Format,
    printer: &Printer,
) {
    match (format, outcome) {
        (Format::Json, outcome) => {
            let mut value = json::plan(plan);
            if let (Some(map), Some((outcome, known))) = (value.as_object_mut(), outcome) {
                map.insert("outcome".to_owned(), outcome::json(outcome, known));
            }
            if let (Some(map), Some(standings)) = (value.as_object_mut(), standings) {
                map.insert("ready".to_owned(), wait::json(standings));
            }
            printer.out(&format!("{value:#}\n"));
        }
        (Format::Text, Some((outcome, known))) => printer.out(&outcome::text(plan, outcome, known)),
        (Format::Text, None) => {}
    }
}

pub(super) fn exit(outcome: &Outcome) -> Exit {
    match () {
        () if outcome.is_complete() => Exit::Done,
        () if outcome.changed_anything() => Exit::Partly,
        () if outcome.is_stale() => Exit::Refused,
        () => Exit::Failed,
    }
}
