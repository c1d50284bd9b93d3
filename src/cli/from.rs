//! `provost from-gcloud` and `provost from-compose`: specs of what is written for other tools, on stdout; what is different or
//! left out, on stderr.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::report::{diagnostics, specs};
use crate::spec::{Diagnostic, folder::COURSE, formats};
use crate::translate::{self, Options, Translation};

use super::args::{Format, FromComposeArgs, FromGcloudArgs, TranslationArgs};
use super::exit::{Exit, Refusal};
use super::printer::Printer;

/// `provost from-gcloud`.
pub(super) fn gcloud(args: &FromGcloudArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let options = options(&args.translation, "", "")?;
    let (path, text) = match (&args.file, args.commands.as_slice()) {
        (Some(file), _) => (file.display().to_string(), read(file)?),
        (None, [one]) if one == "-" => ("standard input".to_owned(), read(Path::new("-"))?),
        (None, commands) => ("command line".to_owned(), commands.join("\n")),
    };
    Ok(show(&translate::script(&path, &text, &options), &args.translation, printer))
}

/// `provost from-compose`.
pub(super) fn compose(args: &FromComposeArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let mut options = options(&args.translation, &args.machine, &args.machine_type)?;
    options.disk_gb = args.boot_disk_size;
    let text = read(&args.file)?;
    let path = args.file.display().to_string();
    Ok(show(&translate::compose(&path, &text, &options), &args.translation, printer))
}

/// What the flags say, each in the form that specs want.
fn options(args: &TranslationArgs, machine: &str, machine_type: &str) -> anyhow::Result<Options> {
    let zones = args.zone.iter().map(|zone| ("zone", zone.as_str()));
    let named = [("course-name", args.name.as_str()), ("registry-id", &args.registry)];
    let rest = [
        ("resource-name", machine),
        ("machine-type", machine_type),
        ("project-id", args.project.as_deref().unwrap_or("")),
    ];
    for (format, text) in
        named.into_iter().chain(zones).chain(rest.into_iter().filter(|(_, text)| !text.is_empty()))
    {
        if let Some(Err(problem)) = formats::check(format, text) {
            return Err(Refusal::Usage(format!("{}: {}", problem.message, problem.label)).into());
        }
    }
    Ok(Options {
        course: args.name.clone(),
        project: args.project.clone(),
        registry: args.registry.clone(),
        machine: machine.to_owned(),
        machine_type: machine_type.to_owned(),
        disk_gb: 0,
        zones: args.zone.clone(),
    })
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file != Path::new("-") {
        return Ok(fs_err::read_to_string(file)?);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn show(translation: &Translation, args: &TranslationArgs, printer: &Printer) -> Exit {
    let failed = translation.diagnostics.iter().any(Diagnostic::is_error);
    let documents = documents(translation, !args.without_course);
    if args.format == Format::Json {
        let found = diagnostics::json(&translation.sources, &translation.diagnostics);
        let specs: Vec<Value> = documents.iter().map(|(kind, fields)| with_kind(kind, fields)).collect();
        printer.json(&json!({"specs": specs, "diagnostics": found}));
    } else {
        printer.note(&diagnostics::render(&translation.sources, &translation.diagnostics));
        let texts: Vec<String> = documents
            .into_iter()
            .map(|(kind, fields)| specs::document(kind, &Value::Object(fields.clone())))
            .collect();
        if !translation.drafts.is_empty() {
            printer.out(&specs::file(&texts));
        }
    }
    if failed { Exit::Failed } else { Exit::Done }
}

/// Kinds and fields, the course first.
fn documents(translation: &Translation, with_course: bool) -> Vec<(&'static str, &Map<String, Value>)> {
    let drafts = translation.drafts.iter().filter(|draft| with_course || !draft.implied);
    let course = with_course.then_some((COURSE, &translation.course));
    course.into_iter().chain(drafts.map(|draft| (draft.kind, &draft.fields))).collect()
}

fn with_kind(kind: &str, fields: &Map<String, Value>) -> Value {
    let members = std::iter::once(("kind".to_owned(), json!(kind)));
    Value::Object(members.chain(fields.clone()).collect())
}
