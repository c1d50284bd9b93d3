//! A course folder in memory, and what `provost validate` writes about it. Every offered replacement is tried on the way.

use provost::gcp::upload::md5_of;
use provost::kinds::{Checked, Files, KindRegistry, LocalFile, schema};
use provost::report::diagnostics;
use provost::spec::{Diagnostic, Role, Text, folder};

/// The course of the tables below.
const COURSE: &str = "\
kind: Course
name: be-cloud
project: my-project
region: europe-west1
zones: [europe-west1-b]
vars: { mascots: [cat, owl], size: 50, team: Team A, disk: { sizeGb: 20 } }
";

/// The files of its folder.
const FILES: [(&str, &str); 3] =
    [("setup.sh", "#!/bin/sh\n"), ("site/index.html", "<p>"), ("site/style.css", "p {}")];

/// Texts of a course.
type Texts = Vec<Text>;

/// What is written about a spec beside a sound course.
pub(crate) fn wrong(spec: &str) -> String {
    wrong_folder(&[("course.yaml", COURSE), ("spec.yaml", spec)])
}

/// What is written about a course without specs.
pub(crate) fn wrong_course(course: &str) -> String {
    wrong_folder(&[("course.yaml", course)])
}

/// What is written about a folder.
pub(crate) fn wrong_folder(texts: &[(&str, &str)]) -> String {
    wrong_texts(&texts.iter().map(|(path, text)| ((*path).to_owned(), dedent(text)).into()).collect())
}

/// What is written about an overlay of a sound course with a spec.
pub(crate) fn wrong_overlay(spec: &str, overlay: &str) -> String {
    let text = |path: &str, text: &str, role| Text::new(path, dedent(text), role);
    wrong_texts(&vec![
        text("course.yaml", COURSE, Role::Specs),
        text("spec.yaml", spec, Role::Specs),
        text("overlays/next.yaml", overlay, Role::Overlay("next".to_owned())),
    ])
}

/// What is written about these texts.
pub(crate) fn wrong_texts(texts: &Texts) -> String {
    let checked = check(texts);
    assert!(!checked.is_sound(), "nothing is wrong");
    assert_eq!(said_twice(&checked.diagnostics), None);
    for finding in checked.diagnostics.iter().filter(|d| d.replacement.is_some()) {
        try_replacement(texts, &checked.diagnostics, finding);
    }
    let text = diagnostics::render(&checked.sources, &checked.diagnostics);
    anstream::adapter::strip_str(&text).to_string()
}

/// What is written about a spec beside a course whose roster is this table.
pub(crate) fn wrong_class(roster: &str, spec: &str) -> String {
    let course = format!("{COURSE}roster: roster.csv\n");
    wrong_folder(&[("course.yaml", &course), ("spec.yaml", spec), ("roster.csv", roster)])
}

/// Asserts that nothing is wrong with a spec beside a sound course.
pub(crate) fn right(spec: &str) {
    let texts = [("course.yaml", COURSE.to_owned()), ("spec.yaml", dedent(spec))];
    let texts = texts.map(|(path, text)| Text::new(path, text, Role::Specs)).to_vec();
    let checked = check(&texts);
    assert!(checked.is_sound(), "{}", diagnostics::render(&checked.sources, &checked.diagnostics));
}

fn check(texts: &Texts) -> Checked {
    let registry = KindRegistry::standard();
    let folder = folder::read(texts.clone(), &registry.names(), &schema::strict_course());
    let file = |(path, text): (&str, &str)| {
        let size = u64::try_from(text.len()).unwrap_or_default();
        (path.to_owned(), LocalFile { md5: md5_of(text.as_bytes()), size, text: Some(text.to_owned()) })
    };
    Checked::of(&registry, folder, Files(FILES.into_iter().map(file).collect()))
}

fn said_twice(found: &[Diagnostic]) -> Option<&Diagnostic> {
    found.iter().enumerate().find(|(i, d)| found.iter().skip(i + 1).any(|o| o == *d)).map(|(_, d)| d)
}

/// With the replacement in its place the finding is gone, and no text stops being YAML.
fn try_replacement(texts: &Texts, before: &[Diagnostic], finding: &Diagnostic) {
    let (span, better) = (finding.span.expect("a place"), finding.replacement.as_deref().expect("a text"));
    let mut texts = texts.clone();
    let index = usize::try_from(span.source.0).expect("a small number");
    texts[index].text.replace_range(span.start..span.end, better);
    let after = check(&texts);
    let count =
        |found: &[Diagnostic], like: &dyn Fn(&Diagnostic) -> bool| found.iter().filter(|d| like(d)).count();
    let same = |d: &Diagnostic| d.code == finding.code && d.message == finding.message;
    let syntax = |d: &Diagnostic| d.code == "yaml-syntax";
    let shown = || format!("after `{better}`:\n{}\n{:#?}", texts[index].text, after.diagnostics);
    assert!(count(&after.diagnostics, &same) < count(before, &same), "{}", shown());
    assert!(count(&after.diagnostics, &syntax) <= count(before, &syntax), "{}", shown());
}

/// A text without the indentation that it has in the source of a test.
fn dedent(text: &str) -> String {
    let Some(text) = text.strip_prefix('\n') else { return text.to_owned() };
    let indent = |line: &&str| !line.trim().is_empty();
    let spaces = text.lines().filter(indent).map(|l| l.len() - l.trim_start_matches(' ').len()).min();
    let lines = text.trim_end_matches(' ').lines().map(|l| l.get(spaces.unwrap_or_default()..).unwrap_or(""));
    lines.flat_map(|line| [line, "\n"]).collect()
}
