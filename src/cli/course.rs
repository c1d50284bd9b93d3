//! Loading a course for a command: texts, files, specs and kinds; whatever is wrong is printed in one go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::gcp::upload::md5_of;
use crate::kinds::{Checked, Desired, Files, KindRegistry, LocalFile, Scope, schema};
use crate::report::diagnostics;
use crate::report::secrets::hexadecimal;
use crate::spec::formats::ProjectId;
use crate::spec::load::Choice;
use crate::spec::text::{Role, Text};
use crate::spec::{Course, folder, load};

use super::args::{CourseArgs, Format};
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
    /// Digests of the files that it was loaded from.
    pub(super) digests: Digests,
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
    hexadecimal(&Sha256::digest(content))
}

/// Loads a course that must be sound; otherwise prints what is wrong and gives None.
pub(super) fn load(args: &CourseArgs, printer: &mut Printer) -> anyhow::Result<Option<Loaded>> {
    let (checked, root, digests) = read(args)?;
    if !checked.is_sound() {
        printer.note(&diagnostics::render(&checked.sources, &checked.diagnostics));
        return Ok(None);
    }
    let warnings = findings(&checked, Format::Text);
    let Checked { course: Some(course), scope, desired, .. } = checked else { return Ok(None) };
    printer.hide(&serde_json::Value::Object(course.vars.clone()));
    Ok(Some(Loaded { registry: KindRegistry::standard(), course, scope, desired, root, warnings, digests }))
}

/// A project without a course: nothing is declared in it. No resource bears the mark of a course of this name.
pub(super) fn bare(project: &ProjectId) -> anyhow::Result<Loaded> {
    let course: Course =
        serde_json::from_value(serde_json::json!({"name": "no-course", "project": project}))?;
    let scope = Scope::of(&course, Files::default());
    let (registry, desired, root) = (KindRegistry::standard(), Vec::new(), PathBuf::from("."));
    let (warnings, digests) = (String::new(), Digests::new());
    Ok(Loaded { registry, course, scope, desired, root, warnings, digests })
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

/// Findings as a command writes them.
pub(super) fn findings(checked: &Checked, format: Format) -> String {
    match format {
        Format::Text => diagnostics::render(&checked.sources, &checked.diagnostics),
        Format::Json => format!("{:#}\n", diagnostics::json(&checked.sources, &checked.diagnostics)),
    }
}
