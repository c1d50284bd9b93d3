//! `provost plan --drift`: what was changed behind our back, and by whom. Changes nothing.

use crate::diff::Intent;
use crate::drift::Drift;
use crate::live;
use crate::plan::Plan;
use crate::report::drift as report;
use crate::report::markdown::{COMMENT, Paper};

use super::args::{PlanArgs, ReportFormat};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::Exit;
use super::plan::{self, Checked};
use super::printer::Printer;

pub(super) async fn run(args: &PlanArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load_to_report(&args.target.course, args.format, printer)? else {
        return Ok(Exit::Failed);
    };
    let connection = connection::connect(&args.target, &loaded).await?;
    let looked = look(&connection, &loaded).await;
    connection.close().await?;
    let (plan, mut drift) = looked?;
    let plan = printer.showable(&plan);
    printer.make_drift_showable(&mut drift);
    let paper = Paper { environment: args.target.course.environment.as_deref(), room: COMMENT };
    match args.format {
        ReportFormat::Text => printer.out(&report::text(&plan, &drift)),
        ReportFormat::Json => printer.json(&report::json(&plan, &drift)),
        ReportFormat::Markdown => printer.out(&paper.drift(&plan, &drift)),
    }
    printer.summarise(|room| Paper { room, ..paper }.drift(&plan, &drift));
    Ok(match () {
        () if report::refusals(&plan).next().is_some() => Exit::Refused,
        () if args.detailed_exitcode && !drift.is_empty() => Exit::Pending,
        () => Exit::Done,
    })
}

/// Reads the project, and who changed what of it.
async fn look(connection: &Connection, loaded: &Loaded) -> anyhow::Result<(Plan, Drift)> {
    let Checked { plan, mut drift, .. } = plan::checked(connection, loaded, &Intent::default(), None).await?;
    live::trace(&connection.client, &mut drift).await;
    Ok((plan, drift))
}
