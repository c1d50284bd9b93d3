//! `provost plan`: what apply would do, and why.

use crate::diff::Intent;
use crate::drift::Drift;
use crate::gcp::Client;
use crate::inventory::{Record, Store};
use crate::live::{self, Planned, Seen, World};
use crate::plan::{Finding, Plan};
use crate::preflight::{Depth, Preflight};
use crate::report::github::Annotation;
use crate::report::markdown::{COMMENT, Paper};
use crate::report::{json, text};
use crate::saved::{Pins, pins};

use super::args::{Adopt, OwnershipArgs, PlanArgs, PolicyArgs, ReportFormat};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::Exit;
use super::printer::Printer;
use super::saved;

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
    let pinning = if args.out.is_some() { Pinning::Find } else { Pinning::Leave };
    let checked =
        checked_with(&connection, &loaded, &intent, args.check.depth(Depth::Project), pinning).await;
    let now = connection.now;
    connection.close().await?;
    let checked = checked?;
    if let Some(file) = &args.out {
        saved::write(
            file,
            &saved::Kept { checked: &checked, loaded: &loaded, intent: &intent, now },
            &args.target,
            printer,
        )?;
    }
    let Checked { mut plan, .. } = checked;
    printer.make_showable(&mut plan);
    printer.annotate(annotations(&plan, &loaded));
    printer.summarise(|room| paper(&loaded, room).plan(&plan));
    show(&plan, &loaded, args.format, printer);
    if let Some(file) = &args.out {
        printer.note(&saved::next(file, &plan));
    }
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
    /// The images that the plan names instead of their families.
    pub(super) pins: Pins,
}

/// What becomes of families of images.
#[derive(Clone, Copy)]
pub(super) enum Pinning<'a> {
    /// They stay: each machine is made from what is newest then.
    Leave,
    /// The plan names what is newest now.
    Find,
    /// It names what an earlier plan found.
    Keep(&'a Pins),
}

/// Reads the project, plans, and asks whether the plan fits, as far as it is looked.
pub(super) async fn checked(
    connection: &Connection,
    loaded: &Loaded,
    intent: &Intent,
    depth: Option<Depth>,
) -> anyhow::Result<Checked> {
    checked_with(connection, loaded, intent, depth, Pinning::Leave).await
}

/// The same, for a plan that is kept or was.
pub(super) async fn checked_with(
    connection: &Connection,
    loaded: &Loaded,
    intent: &Intent,
    depth: Option<Depth>,
    pinning: Pinning<'_>,
) -> anyhow::Result<Checked> {
    let (client, store) = (&connection.client, store(connection, loaded));
    let intent = &Intent { now: connection.now, ..intent.clone() };
    let world = World { registry: &loaded.registry, desired: &loaded.desired, intent };
    let record = store.load(&loaded.scope.course);
    let Planned { mut plan, record, mut seen, drift } =
        live::plan_and_keep(client, world, &loaded.scope, record).await?;
    let (pins, told) = pinned(client, &mut plan, &mut seen, pinning).await;
    plan.report.extend(told);
    let preflight = match depth {
        Some(depth) if !intent.destroy => live::preflight(client, &plan, &mut seen, depth).await,
        _ => Preflight::default(),
    };
    plan.report.extend(preflight.findings.iter().cloned());
    plan.report.sort_by_key(|finding| finding.severity);
    Ok(Checked { plan, record, preflight, drift, pins })
}

/// Has a plan name images instead of their families, and says which.
async fn pinned(
    client: &Client,
    plan: &mut Plan,
    seen: &mut Seen,
    pinning: Pinning<'_>,
) -> (Pins, Vec<Finding>) {
    let (pins, mut told) = match pinning {
        Pinning::Leave => return (Pins::new(), Vec::new()),
        Pinning::Find => live::find_pins(client, plan, seen).await,
        Pinning::Keep(pins) => (pins.clone(), Vec::new()),
    };
    pins::pin(plan, &pins);
    told.extend(pins::told(&pins));
    (pins, told)
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
