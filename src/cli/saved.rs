//! Saved plans as files: written by `plan --out FILE`, carried out or refused by `apply FILE`.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::diff::Intent;
use crate::gcp::{Pace as _, RealPace};
use crate::plan::{Finding, Plan};
use crate::saved::{self, Made, SavedPlan, Source};

use super::args::{ApplyArgs, CloudArgs, CourseArgs, TargetArgs};
use super::commit;
use super::course::{self, Loaded};
use super::exit::Refusal;
use super::plan::Checked;
use super::printer::Printer;

/// A plan that is kept, or made anew to be held against one that was.
pub(super) struct Kept<'a> {
    pub(super) checked: &'a Checked,
    pub(super) loaded: &'a Loaded,
    pub(super) intent: &'a Intent,
    pub(super) now: Timestamp,
}

impl Kept<'_> {
    fn document(&self, source: &Source, salt: &str, printer: &Printer) -> anyhow::Result<SavedPlan> {
        let Self { checked, loaded, intent, now } = self;
        let commit = commit::of(&loaded.root);
        Ok(saved::make(Made {
            plan: &checked.plan,
            record: &checked.record,
            registry: &loaded.registry,
            secrets: &printer.secrets(&checked.plan),
            salt,
            pins: &checked.pins,
            spec: &loaded.digests,
            intent,
            source,
            commit: commit.as_deref(),
            now: *now,
        })?)
    }
}

/// Writes a plan to a file, refused or not.
pub(super) fn write(
    file: &Path,
    kept: &Kept<'_>,
    target: &TargetArgs,
    printer: &Printer,
) -> anyhow::Result<()> {
    let document = kept.document(&source(target), &RealPace::new().uuid(), printer)?;
    keep_others(file, &kept.loaded.root)?;
    fs_err::write(file, document.text()?)?;
    Ok(())
}

/// Refuses to write over what is no saved plan, and where it would become part of the course.
fn keep_others(file: &Path, course: &Path) -> Result<(), Refusal> {
    let is_plan = |text: &str| text.trim_start().starts_with('{') && SavedPlan::parse(text).is_ok();
    let other = file.exists() && !fs_err::read_to_string(file).is_ok_and(|text| is_plan(&text));
    if other {
        let file = file.display();
        return Err(Refusal::Usage(format!(
            "{file} exists and is no saved plan: nothing was written over it"
        )));
    }
    let is_spec = file.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let beside = |path: &Path| fs_err::canonicalize(path).ok();
    let folder =
        file.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    if is_spec && folder.and_then(beside).is_some_and(|folder| Some(folder) == beside(course)) {
        let file = file.display();
        return Err(Refusal::Usage(format!(
            "{file} would be read as a spec of the course: name it `plan.json`"
        )));
    }
    Ok(())
}

fn source(target: &TargetArgs) -> Source {
    let CourseArgs { folder, environment, vars } = &target.course;
    Source {
        folder: folder.display().to_string(),
        environment: environment.clone(),
        vars: vars.clone(),
        sandbox: target.cloud.sandbox.as_ref().map(|file| file.display().to_string()),
    }
}

/// What to type to have a saved plan carried out.
pub(super) fn next(file: &Path, plan: &Plan) -> String {
    let file = course::in_shell(&file.display().to_string());
    if plan.is_refused() {
        format!("The plan is in {file}, and is not applied as it was refused.\n")
    } else {
        format!("The plan is in {file}. To do exactly this: provost apply {file}\n")
    }
}

/// The plan in a file; None for what is a course folder, or a file of specs.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<SavedPlan>> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&fs_err::read(path)?).into_owned();
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    let saved = SavedPlan::parse(&text);
    saved.map(Some).map_err(|error| Refusal::Usage(format!("{}: {error}", path.display())).into())
}

/// What a saved plan was to do. What it says already is not said again.
pub(super) fn intent(saved: &SavedPlan, args: &ApplyArgs) -> Result<Intent, Refusal> {
    let CourseArgs { environment, vars, .. } = &args.target.course;
    let said = [
        (environment.is_some(), "--env"),
        (!vars.is_empty(), "--var"),
        (!args.ownership.adopt.is_empty(), "--adopt"),
        (!args.ownership.release.is_empty(), "--release"),
        (!args.policy.overrides.is_empty(), "--override"),
    ];
    match said.iter().find(|(said, _)| *said) {
        Some((_, flag)) => Err(Refusal::Usage(format!(
            "a saved plan is applied as it is: leave {flag} out, or give it to `provost plan --out`"
        ))),
        None => Ok(Intent::from(&saved.intent)),
    }
}

/// The course of a saved plan. A sandbox that is named on the command line goes before the one that the plan was made in.
pub(super) fn target(saved: &SavedPlan, args: &TargetArgs) -> TargetArgs {
    let Source { folder, environment, vars, sandbox } = saved.source.clone();
    let sandbox = args.cloud.sandbox.clone().or(sandbox.map(PathBuf::from));
    TargetArgs {
        course: CourseArgs { folder: PathBuf::from(folder), environment, vars },
        cloud: CloudArgs { sandbox, ..args.cloud.clone() },
    }
}

/// What has moved since a plan was saved.
pub(super) fn moved(saved: &SavedPlan, kept: &Kept<'_>, printer: &Printer) -> anyhow::Result<Vec<Finding>> {
    let now = kept.document(&saved.source, &saved.basis.salt, printer)?;
    Ok(saved::moved(saved, &now, &again(&saved.source)))
}

/// The command that makes another plan of the same course.
fn again(source: &Source) -> String {
    let Source { folder, environment, vars, .. } = source.clone();
    let course = CourseArgs { folder: PathBuf::from(folder), environment, vars };
    format!("provost plan {} --out FILE", course::words(&course))
}
