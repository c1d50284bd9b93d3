//! `provost import`: what a project holds, as specs that plan empty.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::gcp::Client;
use crate::gcp::error::told;
use crate::import::{self, Import, view};
use crate::inventory::{Record, Store, StoreError};
use crate::kinds::{Files, Kind, KindRegistry, Scope};
use crate::live::survey::{self, Survey};
use crate::spec::{Address, Course, formats, suggest};

use super::args::{Format, ImportArgs};
use super::connection;
use super::exit::{Exit, Refusal};
use super::printer::Printer;

/// Where gcloud and Google's libraries look for the project.
const PROJECT: [&str; 3] = ["CLOUDSDK_CORE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"];

pub(super) async fn run(args: &ImportArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let registry = KindRegistry::standard();
    let only: BTreeSet<Address> = args.addresses.iter().cloned().collect();
    let kinds = kinds(&registry, args)?;
    let course = course(args)?;
    if args.with_secrets && args.out.is_none() {
        return Err(usage("secrets are written to files only: add `--out FOLDER`").into());
    }
    let root = args.out.clone().unwrap_or_else(|| ".".into());
    let connection = connection::reach(&args.cloud, course.project.as_ref(), &root).await?;
    let store = Store::new(connection.client.clone(), &course, &root);
    let read = read(&connection.client, &kinds, &store, &course).await;
    let asked = Asked { args, registry: &registry, kinds: &kinds, only: &only, course: &course };
    let exit = match read {
        Ok((record, survey)) => import(asked, &record, survey, &connection.client, printer).await,
        Err(error) => Err(error),
    };
    connection.close().await?;
    exit
}

/// What the command line asks for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    args: &'a ImportArgs,
    registry: &'a KindRegistry,
    kinds: &'a [&'static dyn Kind],
    only: &'a BTreeSet<Address>,
    course: &'a Course,
}

/// Makes specs of what was read, and writes or shows them.
async fn import(
    asked: Asked<'_>,
    record: &Record,
    survey: Survey,
    client: &Client,
    printer: &Printer,
) -> anyhow::Result<Exit> {
    let Asked { args, registry, kinds, only, course } = asked;
    let Survey { reads, unread } = survey;
    confined(record)?;
    let request = import::Request { registry, kinds, only, course, record, with_secrets: args.with_secrets };
    let import = import::import(request, &reads)?;
    let unread: Vec<String> = unread.iter().map(|error| told(error)).collect();
    missing(only, &import)?;
    if let Some(folder) = &args.out {
        let contents = survey::contents(client, &import.contents).await?;
        return written(args, folder, &import, &contents, &unread, printer);
    }
    shown(args.format, &import, &unread, printer);
    Ok(Exit::Done)
}

async fn read(
    client: &Client,
    kinds: &[&'static dyn Kind],
    store: &Store,
    course: &Course,
) -> anyhow::Result<(Record, Survey)> {
    let record = match store.load(course.name.as_str()).await {
        // What the inventory knows is names only; a project without Cloud Storage has none.
        Err(error) if error.is_service_disabled() => nothing(course),
        Err(StoreError::Api { source, .. }) if source.refusal().is_some_and(|r| r.status == 403) => {
            nothing(course)
        }
        record => record?,
    };
    let scope = Scope::of(course, Files::default());
    let survey = survey::survey(client, kinds, &record, &scope).await?;
    Ok((record, survey))
}

/// Refuses to write down a part of a course: what it leaves out would be deleted with the next apply.
fn confined(record: &Record) -> Result<(), Refusal> {
    let others: BTreeSet<&str> =
        record.entries.values().filter_map(|entry| entry.project.as_deref()).collect();
    if others.is_empty() {
        return Ok(());
    }
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    Err(Refusal::SeveralProjects { course: record.course.clone(), others })
}

fn nothing(course: &Course) -> Record {
    Record::empty(course.name.to_string(), course.project.to_string())
}

fn usage(message: impl Into<String>) -> Refusal {
    Refusal::Usage(message.into())
}

/// The kinds that are wanted: those named, those of named resources, else all.
fn kinds(registry: &KindRegistry, args: &ImportArgs) -> Result<Vec<&'static dyn Kind>, Refusal> {
    let named: Vec<&str> = match args.kinds.as_slice() {
        [] => args.addresses.iter().map(|address| address.kind.as_str()).collect(),
        kinds => kinds.iter().map(String::as_str).collect(),
    };
    for name in &named {
        if registry.find(name).is_none() {
            let near = suggest::nearest(name, registry.names().into_iter());
            let help = near.map_or_else(
                || format!("the kinds are {}", registry.names().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(usage(format!("there is no kind `{name}`; {help}")));
        }
    }
    let wanted = |kind: &&dyn Kind| named.is_empty() || named.contains(&kind.facts().kind);
    Ok(registry.iter().filter(|kind| wanted(kind)).collect())
}

/// The course that the specs are for.
fn course(args: &ImportArgs) -> anyhow::Result<Course> {
    let from_environment =
        || PROJECT.iter().find_map(|name| std::env::var(name).ok().filter(|id| !id.is_empty()));
    let project = args.project.clone().or_else(from_environment);
    let project = project.ok_or_else(|| usage("which project? Add `--project ID`"))?;
    let name = args.name.clone().unwrap_or_else(|| project.replace([':', '.'], "-"));
    for (format, text) in [("project-id", &project), ("course-name", &name)] {
        if let Some(Err(problem)) = formats::check(format, text) {
            let help = problem.help.map(|help| format!("; {help}")).unwrap_or_default();
            return Err(usage(format!("{}: {}{help}", problem.message, problem.label)).into());
        }
    }
    Ok(serde_json::from_value(json!({"name": name, "project": project}))?)
}

/// What was named and is neither imported nor explained.
fn missing(only: &BTreeSet<Address>, import: &Import) -> Result<(), Refusal> {
    let seen = |address: &&Address| {
        import.documents.iter().any(|document| document.address == **address)
            || import.left.iter().any(|left| left.address == **address)
    };
    match only.iter().find(|address| !seen(address)) {
        Some(address) => Err(usage(format!(
            "{} holds no {address}; without names, everything is imported",
            import.course.project
        ))),
        None => Ok(()),
    }
}

/// Specs on stdout, and what is to be known of them beside.
fn shown(format: Format, import: &Import, unread: &[String], printer: &Printer) {
    match format {
        Format::Text => {
            printer.out(&view::stream(import));
            printer.note(&view::remarks(import, unread, None));
        }
        Format::Json => printer.json(&view::json(import, unread)),
    }
}

/// Specs in a folder. What is there is not written over.
fn written(
    args: &ImportArgs,
    folder: &Path,
    import: &Import,
    contents: &[(String, Vec<u8>)],
    unread: &[String],
    printer: &Printer,
) -> anyhow::Result<Exit> {
    let specs = view::files(import);
    let texts = specs.iter().map(|(file, text)| (file.as_str(), text.as_bytes()));
    let contents = contents.iter().map(|(file, content)| (file.as_str(), content.as_slice()));
    let files: Vec<(&str, &[u8])> = texts.chain(contents).collect();
    let there: Vec<String> = files
        .iter()
        .map(|(file, _)| folder.join(file))
        .filter(|path| path.exists())
        .map(|p| p.display().to_string())
        .collect();
    if !args.force && !there.is_empty() {
        let there = there.join(", ");
        let message = format!(
            "nothing was written: {there} would be written over; add `--force`, or name another folder"
        );
        return Err(usage(message).into());
    }
    fs_err::create_dir_all(folder)?;
    for (file, content) in &files {
        let path = folder.join(file);
        path.parent().map(fs_err::create_dir_all).transpose()?;
        fs_err::write(path, content)?;
    }
    let shown = folder.display().to_string();
    match args.format {
        Format::Text => printer.out(&view::remarks(import, unread, Some(&args.cloud.on(&shown)))),
        Format::Json => {
            // Secrets that were asked for are in the files, and nowhere else.
            let (mut printer, told) = (printer.clone(), view::json(import, unread));
            printer.hide(&told);
            printer.json(&told);
        }
    }
    Ok(Exit::Done)
}
