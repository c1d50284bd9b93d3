//! `provost validate`: every mistake of a course folder, offline, in one run, and what would better be otherwise.

use std::collections::BTreeSet;

use crate::kinds::Checked;
use crate::report::diagnostics;
use crate::report::markdown::COMMENT;

use super::args::{ReportFormat, ValidateArgs};
use super::course;
use super::exit::Exit;
use super::printer::Printer;

pub(super) fn run(args: &ValidateArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let (checked, _) = course::check(&args.course)?;
    let sound = checked.is_sound();
    match args.format {
        ReportFormat::Json => printer.json(&diagnostics::json(&checked.sources, &checked.diagnostics)),
        ReportFormat::Markdown => printer.out(&course::markdown(&checked, &args.course, COMMENT)),
        ReportFormat::Text => {
            printer.note(&diagnostics::render(&checked.sources, &checked.diagnostics));
            printer.out(&verdict(&checked));
        }
    }
    printer.annotate(course::annotations(&checked));
    printer.summarise(|room| course::markdown(&checked, &args.course, room));
    let passed = sound && (!args.strict || checked.diagnostics.is_empty());
    Ok(if passed { Exit::Done } else { Exit::Failed })
}

/// What there is, if it is sound.
fn verdict(checked: &Checked) -> String {
    let Some(course) = checked.course.as_ref().filter(|_| checked.is_sound()) else { return String::new() };
    let (name, project, count) = (&course.name, &course.project, checked.desired.len());
    format!("{name} is valid: {count} resources in the project {project}{}.\n", others(checked))
}

/// How many projects there are besides the course's own.
fn others(checked: &Checked) -> String {
    let others: BTreeSet<&str> = checked.desired.iter().filter_map(|d| d.project.as_deref()).collect();
    match others.len() {
        0 => String::new(),
        1 => " and one other".to_owned(),
        many => format!(" and {many} others"),
    }
}
