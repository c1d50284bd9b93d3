//! `provost preflight`: whether what the specs want fits into the project, before anything is changed.

use crate::diff::Intent;
use crate::preflight::Depth;
use crate::report::markdown::COMMENT;
use crate::report::preflight as report;

use super::args::{PreflightArgs, ReportFormat};
use super::exit::Exit;
use super::plan::{self, Checked};
use super::printer::Printer;
use super::{connection, course};

pub(super) async fn run(args: &PreflightArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load_to_report(&args.target.course, args.format, printer)? else {
        return Ok(Exit::Failed);
    };
    let connection = connection::connect(&args.target, &loaded).await?;
    let checked = plan::checked(&connection, &loaded, &Intent::default(), Some(Depth::Caller)).await;
    connection.close().await?;
    let Checked { mut plan, preflight, .. } = checked?;
    printer.make_showable(&mut plan);
    printer.annotate(plan::annotations(&plan, &loaded));
    match args.format {
        ReportFormat::Text => printer.out(&report::text(&plan, &preflight)),
        ReportFormat::Json => printer.json(&report::json(&plan, &preflight)),
        ReportFormat::Markdown => printer.out(&plan::paper(&loaded, COMMENT).preflight(&plan, &preflight)),
    }
    Ok(if plan.is_refused() { Exit::Refused } else { Exit::Done })
}
