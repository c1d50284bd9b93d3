//! `provost plan`: what apply would do, and why.

use crate::diff::Intent;
use crate::drift::Drift;
use crate::inventory::{Record, Store};
use crate::live::{self, Planned, World};
use crate::plan::{Finding, Plan};
use crate::preflight::{Depth, Preflight};
use crate::report::github::Annotation;
use crate::report::markdown::{COMMENT, Paper};
use crate::report::{json, text};

use super::args::{Adopt, OwnershipArgs, PlanArgs, PolicyArgs, ReportFormat};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::Exit;
use super::printer::Printer;

pub(super) async fn run(args: &PlanArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    if args.drift {
        return super::drift::run(args, printer).await;
    }
    let Some(loaded) = course::load_to_report(&args.target.course, args.format, printer)? else {
        return Ok(Exit::Failed);
    };
    printer.note(&loaded.warnings);
    let connection = connection::connect(&args.target, &loaded).await?;
    let intent = intent(&args.ownership, &args.policy, args.destroy);
    let checked = checked(&connection, &loaded, &intent, args.check.depth(Depth::Project)).await;
    connection.close().await?;
    let Checked { mut plan, .. } = checked?;
    printer.make_showable(&mut plan);
    printer.annotate(annotations(&plan, &loaded));
    printer.summarise(|room| paper(&loaded, room).plan(&plan));
    show(&plan, &loaded, args.format, printer);
    let exit = match () {
        () if plan.is_refused() => Exit::Refused,
        () if args.detailed_exitcode && !plan.is_converged() => Exit::Pending,
        () => Exit::Done,
    };
    // The process ends here: what it holds need not be taken apart value by value.
    std::mem::forget((plan, loaded));
    Ok(exit)
}

/// What the flags ask for.
pub(super) fn intent(ownership: &OwnershipArgs, policy: &PolicyArgs, destroy: bool) -> Intent {
    let adopt = ownership.adopt.iter().filter_map(|adopt| match adopt {
        Adopt::All => None,
        Adopt::One(address) => Some(address.clone()),
    });
    Intent {
        destroy,
        adopt: adopt.collect(),
        adopt_all: ownership.adopt.contains(&Adopt::All),
        release: ownership.release.iter().cloned().collect(),
        overrides: policy.overrides.iter().copied().collect(),
        ..Intent::default()
    }
}

/// Reads the project and plans.
pub(super) async fn plan(
    connection: &Connection,
    loaded: &Loaded,
    intent: &Intent,
) -> anyhow::Result<(Plan, Record)> {
    let Checked { plan, record, .. } = checked(connection, loaded, intent, None).await?;
    Ok((plan, record))
}

/// A plan that was held against its projects.
pub(super) struct Checked {
    pub(super) plan: Plan,
    pub(super) record: Record,
    /// What was found; the plan's report holds the findings.
    pub(super) preflight: Preflight,
    /// What was changed behind our back.
    pub(super) drift: Drift,
}

/// Reads the project, plans, and asks whether the plan fits, as far as it is looked.
pub(super) async fn checked(
    connection: &Connection,
    loaded: &Loaded,
    intent: &Intent,
    depth: Option<Depth>,
) -> anyhow::Result<Checked> {
    let (client, store) = (&connection.client, store(connection, loaded));
    let intent = &Intent { now: connection.now, ..intent.clone() };
    let world = World { registry: &loaded.registry, desired: &loaded.desired, intent };
    let record = store.load(&loaded.scope.course);
    let Planned { mut plan, record, mut seen, drift } =
        live::plan_and_keep(client, world, &loaded.scope, record).await?;
    let preflight = match depth {
        Some(depth) if !intent.destroy => live::preflight(client, &plan, &mut seen, depth).await,
        _ => Preflight::default(),
    };
    plan.report.extend(preflight.findings.iter().cloned());
    plan.report.sort_by_key(|finding| finding.severity);
    Ok(Checked { plan, record, preflight, drift })
}

/// The course's inventory.
pub(super) fn store(connection: &Connection, loaded: &Loaded) -> Store {
    Store::new(connection.client.clone(), &loaded.course, &loaded.root)
}

fn show(plan: &Plan, loaded: &Loaded, format: ReportFormat, printer: &Printer) {
    match format {
        ReportFormat::Text => printer.out(&text::plan(plan)),
        ReportFormat::Json => printer.json(&json::plan(plan)),
        ReportFormat::Markdown => printer.out(&paper(loaded, COMMENT).plan(plan)),
    }
}

/// What a report on a course is written on.
pub(super) fn paper(loaded: &Loaded, room: usize) -> Paper<'_> {
    Paper { environment: loaded.environment.as_deref(), room }
}

/// What a plan's report says of resources, at the places where these are declared.
pub(super) fn annotations(plan: &Plan, loaded: &Loaded) -> Vec<Annotation> {
    let place = |finding: &Finding| finding.address.as_ref().and_then(|address| loaded.place(address));
    plan.report.iter().filter_map(|finding| Annotation::of_finding(finding, place(finding))).collect()
}
