//! Includes: files outside of the course folder whose documents belong to the course. Only the Course includes, so that nothing
//! can include itself in a circle.
//! Pure: which files there are is known by `load`.

use super::diagnostic::{Diagnostic, Problem};
use super::document::Document;
use super::folder::COURSE;
use super::node::{Node, NodeValue};
use super::text::Role;

/// The entries of `include` that lead somewhere.
#[derive(Debug, Default)]
pub(super) struct Included {
    found: Vec<String>,
    again: Vec<String>,
}

impl Included {
    /// Notes what a text is.
    pub(super) fn note(&mut self, role: &Role) {
        match role {
            Role::Included(entry) => self.found.push(entry.clone()),
            Role::Again(entry) => self.again.push(entry.clone()),
            _ => {}
        }
    }

    /// What is wrong with the entries of the course.
    pub(super) fn check(&self, course: &Document) -> Vec<Diagnostic> {
        let Some(list) = course.root.entry("include") else { return Vec::new() };
        let NodeValue::List(entries) = &list.value.value else { return Vec::new() };
        let wrong = |entry: &Node| Some(self.wrong(entry.text()?)?.at(entry.span));
        entries.iter().filter_map(wrong).collect()
    }

    fn wrong(&self, entry: &str) -> Option<Problem> {
        let is = |known: &String| known == entry;
        if self.again.iter().any(is) {
            let message = format!("what `{entry}` names belongs to the course already");
            let problem = Problem::new("included-twice", message);
            return Some(problem.help("remove it: the YAML files of the course folder are part of it, and others need only be named once"));
        }
        let problem = || Problem::new("missing-include", format!("there is no `{entry}` with specs in it"));
        let help = "name a YAML file, or a folder that holds some, from the course folder on: `../common/rules.yaml`";
        (!self.found.iter().any(is)).then(|| problem().help(help))
    }
}

/// A course in a file that is included.
pub(super) fn second_course(document: &Document) -> Option<Diagnostic> {
    let problem = Problem::new("course-included", "a file that is included cannot describe a course");
    let help = "keep the Course in the course folder, and what the environments change in `overlays/`";
    (document.kind == COURSE).then(|| problem.help(help).at(document.kind_span))
}
