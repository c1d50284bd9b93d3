//! Loading a course for a command: texts, files, specs and kinds; whatever is wrong is printed in one go.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::gcp::upload::md5_of;
use crate::kinds::{Checked, Desired, Files, KindRegistry, LocalFile, Scope, schema};
use crate::report::diagnostics;
use crate::report::github::Annotation;
use crate::report::json::{DiagnosticOutput, PlaceOutput};
use crate::report::markdown::{COMMENT, Paper};
use crate::spec::formats::ProjectId;
use crate::spec::load::Choice;
use crate::spec::text::{Role, Text};
use crate::spec::{Address, Course, Sources, Span, folder, load};

use super::args::{CourseArgs, ReportFormat};
use super::printer::Printer;

/// A sound course.
pub(super) struct Loaded {
    pub(super) registry: KindRegistry,
    pub(super) course: Course,
    pub(super) scope: Scope,
    pub(super) desired: Vec<Desired>,
    /// The folder that files are named from.
    pub(super) root: PathBuf,
    /// What would better be otherwise, as text; empty where nothing would.
    pub(super) warnings: String,
    /// The environment that is laid over it.
    pub(super) environment: Option<String>,
    /// Digests of the files that it was loaded from.
    pub(super) digests: Digests,
    /// The texts, and where in them each resource is declared.
    sources: Sources,
    places: BTreeMap<Address, Span>,
}

impl Loaded {
    /// Where a resource is declared.
    pub(super) fn place(&self, address: &Address) -> Option<PlaceOutput> {
        self.places.get(address).map(|span| PlaceOutput::of(&self.sources, *span))
    }
}

/// The SHA-256 of each file of a course, by the path at which a person finds it.
pub(super) type Digests = BTreeMap<String, String>;

/// Scripts and other texts above this size are no metadata.
const LARGEST_TEXT: usize = 262_144;

/// Loads and checks a course, offline. Gives its root beside it.
pub(super) fn check(args: &CourseArgs) -> anyhow::Result<(Checked, PathBuf)> {
    let (checked, root, _) = read(args)?;
    Ok((checked, root))
}

/// The same, with digests of everything that was read.
fn read(args: &CourseArgs) -> anyhow::Result<(Checked, PathBuf, Digests)> {
    let registry = KindRegistry::standard();
    let choice = Choice { environment: args.environment.clone(), vars: args.vars.clone() };
    let (root, texts) = load::chosen(&args.folder, &choice)?;
    let mut digests = digests(&texts);
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    let mut files = Files::default();
    load::files(&root, &folder.specs, |file| {
        let text = (file.content.len() <= LARGEST_TEXT)
            .then(|| String::from_utf8(file.content.clone()).ok())
            .flatten();
        let size = u64::try_from(file.content.len()).unwrap_or(u64::MAX);
        digests.insert(root.join(&file.path).display().to_string(), sha256(&file.content));
        files.0.insert(file.path, LocalFile { md5: md5_of(&file.content), size, text });
    })?;
    Ok((Checked::of(&registry, folder, files), root, digests))
}

/// Digests of the texts that stand in files. What is included twice is read once.
fn digests(texts: &[Text]) -> Digests {
    let in_files = texts.iter().filter(|text| !matches!(text.role, Role::Var | Role::Again(_)));
    in_files.map(|text| (text.path.clone(), sha256(text.text.as_bytes()))).collect()
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Loads a course that must be sound; otherwise prints what is wrong and gives None.
pub(super) fn load(args: &CourseArgs, printer: &mut Printer) -> anyhow::Result<Option<Loaded>> {
    Ok(sound(read(args)?, args, printer))
}

/// The same for a command that reports: where it writes Markdown or a summary, that says what is wrong, in place of what it said
/// when the course was sound.
pub(super) fn load_to_report(
    args: &CourseArgs,
    format: ReportFormat,
    printer: &mut Printer,
) -> anyhow::Result<Option<Loaded>> {
    let read = read(args)?;
    let checked = &read.0;
    if !checked.is_sound() {
        let text = |room| markdown(checked, args, room);
        printer.summarise(text);
        if format == ReportFormat::Markdown {
            printer.out(&text(COMMENT));
        }
    }
    Ok(sound(read, args, printer))
}

fn sound(
    (checked, root, digests): (Checked, PathBuf, Digests),
    args: &CourseArgs,
    printer: &mut Printer,
) -> Option<Loaded> {
    printer.annotate(annotations(&checked));
    if !checked.is_sound() {
        printer.note(&diagnostics::render(&checked.sources, &checked.diagnostics));
        return None;
    }
    let warnings = diagnostics::render(&checked.sources, &checked.diagnostics);
    let Checked { course, scope, desired, sources, places, .. } = checked;
    let course = course?;
    printer.hide(&serde_json::Value::Object(course.vars.clone()));
    let environment = args.environment.clone();
    let registry = KindRegistry::standard();
    Some(Loaded { registry, course, scope, desired, root, warnings, environment, digests, sources, places })
}

/// Everything that was found, for GitHub.
pub(super) fn annotations(checked: &Checked) -> Vec<Annotation> {
    let found = DiagnosticOutput::all(&checked.sources, &checked.diagnostics);
    found.iter().map(Annotation::of_diagnostic).collect()
}

/// Everything that was found, as Markdown of so many bytes at most.
pub(super) fn markdown(checked: &Checked, args: &CourseArgs, room: usize) -> String {
    let found = DiagnosticOutput::all(&checked.sources, &checked.diagnostics);
    let course = checked.course.as_ref().map_or("course", |course| course.name.as_str());
    let resources = checked.is_sound().then_some(checked.desired.len());
    Paper { environment: args.environment.as_deref(), room }.diagnostics(course, &found, resources)
}

/// A project without a course: nothing is declared in it. No resource bears the mark of a course of this name.
pub(super) fn bare(project: &ProjectId) -> anyhow::Result<Loaded> {
    let course: Course =
        serde_json::from_value(serde_json::json!({"name": "no-course", "project": project}))?;
    let scope = Scope::of(&course, Files::default());
    Ok(Loaded {
        registry: KindRegistry::standard(),
        course,
        scope,
        desired: Vec::new(),
        root: PathBuf::from("."),
        warnings: String::new(),
        environment: None,
        digests: Digests::new(),
        sources: Sources::default(),
        places: BTreeMap::new(),
    })
}

/// How the user would name this course again on a command line.
pub(super) fn words(args: &CourseArgs) -> String {
    let mut words = vec![args.folder.display().to_string()];
    let environment = args.environment.iter().map(|name| ("-e", name));
    for (flag, value) in environment.chain(args.vars.iter().map(|value| ("--var", value))) {
        words.extend([flag.to_owned(), in_shell(value)]);
    }
    words.join(" ")
}

/// A word as a shell takes it.
pub(super) fn in_shell(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
