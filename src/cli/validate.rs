//! `provost validate`: every mistake of a course folder, offline, in one run, and what would better be otherwise.

use std::collections::BTreeSet;

use crate::kinds::Checked;

use super::args::{Format, ValidateArgs};
use super::course;
use super::exit::Exit;
use super::printer::Printer;

pub(super) fn run(args: &ValidateArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let (checked, _) = course::check(&args.course)?;
    let findings = course::findings(&checked, args.format);
    let sound = checked.course.as_ref().filter(|_| checked.is_sound());
    match args.format {
        Format::Json => printer.out(&findings),
        Format::Text => printer.note(&findings),
    }
    if let (Some(course), Format::Text) = (sound, args.format) {
        let count = checked.desired.len();
        let (name, project) = (&course.name, &course.project);
        let others = others(&checked);
        printer.out(&format!("{name} is valid: {count} resources in the project {project}{others}.\n"));
    }
    let passed = sound.is_some() && (!args.strict || checked.diagnostics.is_empty());
    Ok(if passed { Exit::Done } else { Exit::Failed })
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
