//! `provost sweep`: what no spec owns, as a list; with `--delete` as a plan that is shown, confirmed by the project's name, and
//! carried out.

use std::time::Duration;

use jiff::Timestamp;

use crate::apply::Outcome;
use crate::gcp::Caller;
use crate::inventory::{Record, Recorder};
use crate::live;
use crate::live::sweep::SweepError;
use crate::plan::Plan;
use crate::report::{Known, json, outcome, sweep as report, text};
use crate::spec::InventoryPlace;
use crate::sweep::{self, Pattern, Rules, Survey};

use super::args::{Format, SweepArgs};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::{Exit, Refusal};
use super::held::{Doing, Tenure, Written};
use super::printer::{self, Printer};
use super::{apply, plan};

pub(super) async fn run(args: &SweepArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let loaded = match &args.project {
        Some(project) => Some(course::bare(project)?),
        None => course::load(&args.target.course, printer)?,
    };
    let Some(loaded) = loaded else { return Ok(Exit::Failed) };
    check_project(args, &loaded)?;
    let connection = connection::connect(&args.target, &loaded).await?;
    let exit = swept(&connection, &loaded, args, printer).await;
    connection.close().await?;
    exit
}

/// Who says yes beforehand says where: a wrong variable of a job must not empty another project.
fn check_project(args: &SweepArgs, loaded: &Loaded) -> Result<(), Refusal> {
    let project = &loaded.scope.project;
    match &args.yes_delete_in {
        Some(named) if named != project => {
            Err(Refusal::OtherProject { named: named.clone(), project: project.clone() })
        }
        None if args.delete && !printer::somebody_there() => Err(Refusal::Usage(format!(
            "nobody is there to ask: add `--yes-delete-in {project}` to go on without a question"
        ))),
        _ => Ok(()),
    }
}

async fn swept(
    connection: &Connection,
    loaded: &Loaded,
    args: &SweepArgs,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let record = record(connection, loaded, args).await.map_err(plainly)?;
    let keep: Vec<Pattern> = loaded.course.keep.iter().chain(&args.keep).map(Pattern::from).collect();
    let mut rules = Rules {
        scope: &loaded.scope,
        desired: &loaded.desired,
        record: record.as_ref(),
        keep: &keep,
        older_than: args.older_than,
        now: Timestamp::now(),
        caller: Caller::Unknown,
    };
    let survey = live::sweep::survey(&connection.client, &mut rules).await.map_err(plainly)?;
    if !args.delete {
        list(&survey, &rules, args.format, printer);
        return Ok(Exit::Done);
    }
    let plan = sweep::plan(&survey, &rules);
    delete(connection, loaded, args, (&survey, &plan, &rules), printer).await
}

/// The course's own inventory, wherever it is kept. Without a course there is none of its own.
async fn record(
    connection: &Connection,
    loaded: &Loaded,
    args: &SweepArgs,
) -> Result<Option<Record>, SweepError> {
    // One in the project's bucket is read there with those of other courses.
    let elsewhere = loaded.course.inventory.is_some()
        || !matches!(loaded.course.inventory_place(), InventoryPlace::Object { .. });
    if args.project.is_some() || !elsewhere {
        return Ok(None);
    }
    Ok(Some(plan::store(connection, loaded).load(&loaded.scope.course).await?))
}

/// An error as other commands have it, so that the same advice and exit codes follow.
fn plainly(error: SweepError) -> anyhow::Error {
    match error {
        SweepError::Live(error) => error.into(),
        SweepError::Store(error) => error.into(),
        other => other.into(),
    }
}

fn list(survey: &Survey, rules: &Rules<'_>, format: Format, printer: &Printer) {
    let project = &rules.scope.project;
    match format {
        Format::Json => printer.json(&report::json(survey, project, rules.now)),
        Format::Text => printer.out(&report::text(survey, project, rules.now)),
    }
    if format == Format::Text && survey.goes().next().is_some() {
        printer.out("\nTo delete what would go, run this again with `--delete`.\n");
    }
}

async fn delete(
    connection: &Connection,
    loaded: &Loaded,
    args: &SweepArgs,
    (survey, plan, rules): (&Survey, &Plan, &Rules<'_>),
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    if args.format == Format::Text {
        printer.out(&report::text(survey, &plan.project, rules.now));
        printer.out(&format!("\n{}", closing(plan)));
    }
    if plan.is_refused() {
        say(survey, plan, rules, None, args.format, printer);
        return Ok(Exit::Refused);
    }
    let outcome = if plan.steps.is_empty() {
        Outcome::default()
    } else {
        confirm(args, plan, printer)?;
        let words = course::words(&args.target.course);
        let mut tenure = Tenure::new(doing(args, &words));
        let outcome = execute(connection, loaded, plan, args, &mut tenure, printer).await;
        tenure.end(printer).await;
        outcome?
    };
    say(survey, plan, rules, Some(&outcome), args.format, printer);
    Ok(apply::exit(&outcome))
}

fn doing<'a>(args: &'a SweepArgs, words: &'a str) -> Doing<'a> {
    let environment = args.target.course.environment.as_deref();
    Doing { what: "sweep", environment, words, timeout: Duration::ZERO }
}

/// Carries the plan out under the lock of the course, so that nothing is swept that a run is just making. Without a course
/// there is none.
async fn execute(
    connection: &Connection,
    loaded: &Loaded,
    plan: &Plan,
    args: &SweepArgs,
    tenure: &mut Tenure<'_>,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    // A sweep changes nothing that an inventory knows: there is nothing to record.
    let nothing = Record::empty(&loaded.scope.course, &plan.project);
    let recorder = Recorder::new(plan::store(connection, loaded), nothing);
    let hold = match args.project {
        Some(_) => None,
        None => tenure.begin(connection, loaded, printer).await?,
    };
    let Some(hold) = hold else {
        return Ok(apply::watched(connection, recorder, plan, args.parallel, printer).await);
    };
    let written = Written::begin(connection, loaded, tenure.doing, (&hold, plan)).await?;
    let outcome = apply::watched(connection, recorder.under(hold), plan, args.parallel, printer).await;
    written.end(&outcome, apply::exit(&outcome), printer).await;
    Ok(outcome)
}

/// What is said of a plan whose things were listed: what is held back, and how many of them go.
fn closing(plan: &Plan) -> String {
    let findings: String = plan.report.iter().map(text::finding).collect();
    let count = plan.changes.len();
    match count {
        _ if plan.is_refused() => format!("{findings}Nothing is deleted while this stands.\n"),
        0 => "Nothing to delete.\n".to_owned(),
        _ => format!("{findings}To delete in {}: {count}.\n", plan.project),
    }
}

fn confirm(args: &SweepArgs, plan: &Plan, printer: &Printer) -> Result<(), Refusal> {
    let question = format!("Delete all of this in {}? There is no way back.", plan.project);
    if args.yes_delete_in.is_some() || printer.asks_for(&question, &plan.project) {
        return Ok(());
    }
    Err(Refusal::NotConfirmed("you did not type the name of the project"))
}

fn say(
    survey: &Survey,
    plan: &Plan,
    rules: &Rules<'_>,
    outcome: Option<&Outcome>,
    format: Format,
    printer: &Printer,
) {
    let known = Known { project: plan.project.clone(), ..Known::default() };
    match (format, outcome) {
        (Format::Text, Some(outcome)) => printer.out(&outcome::text(plan, outcome, &known)),
        (Format::Text, None) => {}
        (Format::Json, outcome) => {
            let mut value = report::json(survey, &plan.project, rules.now);
            if let Some(map) = value.as_object_mut() {
                map.insert("plan".to_owned(), json::plan(plan));
                map.extend(outcome.map(|outcome| ("outcome".to_owned(), outcome::json(outcome, &known))));
            }
            printer.json(&value);
        }
    }
}
