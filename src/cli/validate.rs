//! `provost validate`: every mistake of a course folder, offline, in one run.

use std::collections::BTreeSet;

use super::args::{Format, ValidateArgs};
use super::course;
use super::exit::Exit;
use super::printer::Printer;

pub(super) fn run(args: &ValidateArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let (checked, _) = course::check(&args.course)?;
    let findings = course::findings(&checked, args.format);
    let sound = checked.course.as_ref().filter(|_| checked.is_sound());
    match (sound, args.format) {
        (_, Format::Json) => printer.out(&findings),
        (Some(course), Format::Text) => {
            let count = checked.desired.len();
            let (name, project) = (&course.name, &course.project);
            let others: BTreeSet<&str> =
                checked.desired.iter().filter_map(|d| d.project.as_deref()).collect();
            let others = match others.len() {
                0 => String::new(),
                1 => " and one other".to_owned(),
                many => format!(" and {many} others"),
            };
            printer.out(&format!("{name} is valid: {count} resources in the project {project}{others}.\n"));
        }
        (None, Format::Text) => printer.note(&findings),
    }
    Ok(if sound.is_some() { Exit::Done } else { Exit::Failed })
}
