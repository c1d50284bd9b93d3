//! What is shown of an import: its files, what was left out, what is to be known, and what to do next.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Import, Left};
use crate::kinds::import::GOOGLES_OWN;
use crate::report::specs;
use crate::spec::Course;
use crate::spec::folder::COURSE;

/// The document of a course.
pub(super) fn course(course: &Course) -> String {
    let spec = serde_json::to_value(course).unwrap_or(Value::Null);
    specs::document(COURSE, &spec)
}

/// The files of an import by name: the course, and one of each kind.
pub fn files(import: &Import) -> Vec<(String, String)> {
    let mut files = vec![("course.yaml".to_owned(), specs::file(&[course_of(import)]))];
    for (kind, documents) in by_kind(import) {
        files.push((format!("{}.yaml", file_name(kind)), specs::file(&documents)));
    }
    files
}

/// All documents as one file.
pub fn stream(import: &Import) -> String {
    let resources = import.documents.iter().map(|d| specs::document(&d.address.kind, &d.spec));
    let documents: Vec<String> = std::iter::once(course_of(import)).chain(resources).collect();
    specs::file(&documents)
}

/// The course, with the names of the variables that it lacks.
fn course_of(import: &Import) -> String {
    let mut text = course(&import.course);
    if !import.withheld.is_empty() {
        text.push_str("# Secrets, which an import does not write. Give each a value under `vars:`.\n");
        for secret in &import.withheld {
            let _ = writeln!(text, "#   {}: for {}", secret.variable, secret.places.join(", "));
        }
    }
    text
}

fn by_kind(import: &Import) -> Vec<(&str, Vec<String>)> {
    let mut kinds: Vec<(&str, Vec<String>)> = Vec::new();
    for document in &import.documents {
        let kind = document.address.kind.as_str();
        let text = specs::document(kind, &document.spec);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, texts)) => texts.push(text),
            None => kinds.push((kind, vec![text])),
        }
    }
    kinds
}

/// `FirewallRule` is kept in `firewall-rule.yaml`.
fn file_name(kind: &str) -> String {
    let mut name = String::new();
    for c in kind.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// What a person is told beside the specs. `target` is how the folder is named in the next command, if there is one.
pub fn remarks(import: &Import, unread: &[String], target: Option<&str>) -> String {
    let mut text = summary(import);
    let (google, rest): (Vec<&Left>, Vec<&Left>) =
        import.left.iter().partition(|left| left.why.starts_with(GOOGLES_OWN));
    let remarks = import
        .documents
        .iter()
        .flat_map(|document| document.remarks.iter().map(|remark| format!("{}: {remark}", document.address)));
    let rest = rest.iter().map(|left| format!("not imported: {}: {}", left.address, left.why));
    let unread = unread.iter().map(|why| format!("could not be read: {why}"));
    for line in remarks.chain(rest).chain(unread).chain(others(import)) {
        push(&mut text, &line);
    }
    if !google.is_empty() {
        push(&mut text, &format!("{} things that are Google's own are left out", google.len()));
    }
    for secret in &import.withheld {
        let places = secret.places.join(", ");
        push(
            &mut text,
            &format!("not written, as it looks like a secret: `vars.{}`, for {places}", secret.variable),
        );
    }
    if target.is_none() && !import.contents.is_empty() {
        push(
            &mut text,
            &format!("files of buckets, which only `--out FOLDER` fetches: {}", import.contents.len()),
        );
    }
    text.push_str(&next(import, target));
    text
}

/// Grants and APIs bear no mark: beside another course, some of them may be its own.
fn others(import: &Import) -> Option<String> {
    let courses: BTreeSet<&str> = import.left.iter().filter_map(|left| left.owner.as_deref()).collect();
    let courses = courses.into_iter().collect::<Vec<_>>().join(", ");
    let unmarked = import.documents.iter().any(|document| !document.is_ours);
    (unmarked && !courses.is_empty()).then(|| {
        format!("grants and APIs bear no mark: take out what is another course's ({courses}) before you adopt them")
    })
}

fn push(text: &mut String, line: &str) {
    let _ = writeln!(text, "  {line}");
}

fn summary(import: &Import) -> String {
    let kinds = by_kind(import).into_iter().map(|(kind, documents)| format!("{} {kind}", documents.len()));
    let kinds = kinds.collect::<Vec<_>>().join(", ");
    let what = if kinds.is_empty() { "nothing that a spec could say".to_owned() } else { kinds };
    format!("{} holds {what}\n", import.course.project)
}

/// What to type next: a project that nobody marked is taken over first.
fn next(import: &Import, target: Option<&str>) -> String {
    let folder = target.unwrap_or("FOLDER");
    let mut text = "Next:\n".to_owned();
    if !import.withheld.is_empty() {
        text.push_str(
            "  give the secrets a value under `vars:` of course.yaml, or import `--with-secrets`\n",
        );
    }
    if import.documents.iter().all(|document| document.is_ours) {
        let _ = writeln!(text, "  provost plan {folder}");
    } else {
        let _ = writeln!(text, "  provost plan {folder} --adopt all\n  provost apply {folder} --adopt all");
    }
    text
}

/// An import for programs.
pub fn json(import: &Import, unread: &[String]) -> Value {
    let documents = import.documents.iter().map(|document| {
        json!({
            "address": document.address, "spec": document.spec, "ours": document.is_ours,
            "remarks": document.remarks,
        })
    });
    let left = import.left.iter().map(|left| json!({"address": left.address, "why": left.why}));
    let withheld =
        import.withheld.iter().map(|secret| json!({"variable": secret.variable, "places": secret.places}));
    json!({
        "course": import.course,
        "resources": documents.collect::<Vec<_>>(),
        "left": left.collect::<Vec<_>>(),
        "withheld": withheld.collect::<Vec<_>>(),
        "unread": unread,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_kind() {
        assert_eq!(file_name("FirewallRule"), "firewall-rule");
        assert_eq!(file_name("Vm"), "vm");
    }
}
