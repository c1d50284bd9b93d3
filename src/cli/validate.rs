//! `provost validate`: every mistake of a course folder, offline, in one run, and what would better be otherwise.

use super::args::{Format, ValidateArgs};
use super::course;
use super::exit::Exit;
use super::printer::Printer;

pub(super) fn run(args: &ValidateArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let (checked, _) = course::check(&args.course.folder)?;
    let findings = course::findings(&checked, args.format);
    let sound = checked.course.as_ref().filter(|_| checked.is_sound());
    match args.format {
        Format::Json => printer.out(&findings),
        Format::Text => printer.note(&findings),
    }
    if let (Some(course), Format::Text) = (sound, args.format) {
        let count = checked.desired.len();
        let (name, project) = (&course.name, &course.project);
        printer.out(&format!("{name} is valid: {count} resources in the project {project}.\n"));
    }
    let passed = sound.is_some() && (!args.strict || checked.diagnostics.is_empty());
    Ok(if passed { Exit::Done } else { Exit::Failed })
}
