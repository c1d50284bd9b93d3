//! Overlays: what one term or environment changes in a course. Its documents are laid over those of the folder before anything is
//! expanded, so that a document is known by its kind and by its name as it is written.
//! Pure.

use super::diagnostic::{Diagnostic, Problem};
use super::document::Document;
use super::folder::COURSE;
use super::node::{Entry, Node, NodeValue};
use super::{merge, suggest};

/// The key of a document that takes a resource out of the course.
const REMOVE: &str = "remove";

/// Lays documents over those of a folder: each changes the one it names, removes it, or is one more.
pub(super) fn lay(documents: &mut Vec<Document>, overlay: Vec<Document>) -> Vec<Diagnostic> {
    overlay.into_iter().flat_map(|over| one(documents, over)).collect()
}

fn one(documents: &mut Vec<Document>, mut over: Document) -> Vec<Diagnostic> {
    let named = identity(&over);
    let same = |other: &Document| other.kind == over.kind && identity(other) == named;
    let known: Vec<usize> = (0..documents.len()).filter(|at| documents.get(*at).is_some_and(same)).collect();
    if let Some(removal) = over.root.entry(REMOVE) {
        return remove(documents, &over, removal, &known);
    }
    match known.as_slice() {
        [] => {
            documents.push(over);
            Vec::new()
        }
        [at] => {
            identify(&mut over);
            let document = documents.get_mut(*at);
            document.map(|document| merge::lay(&mut document.root, over.root)).unwrap_or_default()
        }
        [at, ..] => documents.get(*at).map(|first| vec![ambiguous(&over, first)]).unwrap_or_default(),
    }
}

/// What a document is called as it is written; templates are called by their text.
fn name(document: &Document) -> Option<String> {
    let name = &document.root.entry("name")?.value;
    Some(name.text().map_or_else(|| name.to_value().to_string(), str::to_owned))
}

/// By what a document is found: its name, in which spaces mean nothing. There is but one Course.
fn identity(document: &Document) -> Option<String> {
    let name = name(document).filter(|_| document.kind != COURSE)?;
    Some(name.split_whitespace().collect())
}

/// Takes out what only says which document is meant.
fn identify(over: &mut Document) {
    let course = over.kind == COURSE;
    if let NodeValue::Map(entries) = &mut over.root.value {
        entries.retain(|entry| entry.key != "kind" && (course || entry.key != "name"));
    }
}

fn remove(
    documents: &mut Vec<Document>,
    over: &Document,
    removal: &Entry,
    known: &[usize],
) -> Vec<Diagnostic> {
    if removal.value.value != NodeValue::Bool(true) {
        let problem = Problem::new("wrong-type", "`remove` is `true`, or not there at all");
        return vec![problem.help("take the line out to change the resource instead").at(removal.key_span)];
    }
    if let Some(more) = over.root.entries().iter().find(|e| !["kind", "name", REMOVE].contains(&&*e.key)) {
        let message = format!("`{}` says nothing about what is removed", more.key);
        let problem = Problem::new("removed-with-fields", message);
        return vec![
            problem.help("keep `kind`, `name` and `remove: true`, and nothing else").at(more.key_span),
        ];
    }
    match known {
        [] => vec![no_such(documents, over)],
        _ if over.kind == COURSE => {
            let problem = Problem::new("course-removed", "a course cannot be removed from itself");
            vec![problem.help("`provost destroy` takes everything down").at(removal.key_span)]
        }
        known => {
            for at in known.iter().rev() {
                documents.remove(*at);
            }
            Vec::new()
        }
    }
}

fn place(over: &Document) -> super::Span {
    over.root.entry("name").map_or(over.kind_span, |name| shown(&name.value, name))
}

fn shown(value: &Node, entry: &Entry) -> super::Span {
    if value.span.end > value.span.start { value.span } else { entry.key_span }
}

fn no_such(documents: &[Document], over: &Document) -> Diagnostic {
    let wanted = name(over).unwrap_or_default();
    let names: Vec<String> = documents.iter().filter(|d| d.kind == over.kind).filter_map(name).collect();
    let problem = Problem::new("nothing-to-remove", format!("the folder declares no {}/{wanted}", over.kind));
    let problem = match suggest::nearest(&wanted, names.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(quoted(near)),
        None if names.is_empty() => problem.help(format!("it declares no {} at all", over.kind)),
        None => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            problem.help(format!("names are compared as they are written: {}", names.join(", ")))
        }
    };
    problem.at(place(over))
}

/// A name as it must be written to be read as this text.
fn quoted(name: &str) -> String {
    if name.starts_with('{') { format!("\"{name}\"") } else { name.to_owned() }
}

fn ambiguous(over: &Document, first: &Document) -> Diagnostic {
    let message =
        format!("several documents of the folder are {}/{}", over.kind, name(over).unwrap_or_default());
    let problem = Problem::new("ambiguous-overlay", message).label("which of them is changed?");
    let mut diagnostic = problem.help("give them names of their own").at(place(over));
    diagnostic.related.push((place(first), "the first one".to_owned()));
    diagnostic
}
