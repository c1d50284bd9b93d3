//! A course folder's texts as a course and its specs, with everything wrong in them.
//! Pure: the texts are given.

use std::collections::BTreeMap;

use serde_json::Value;

use super::course::Course;
use super::diagnostic::{Diagnostic, Problem};
use super::document::{self, Document, ExpandedSpec};
use super::expand::Expander;
use super::shape::check_shape;
use super::source::{Sources, Span};
use super::yaml;

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Folder {
    /// The texts.
    pub sources: Sources,
    /// The course, if its document is sound.
    pub course: Option<Course>,
    /// The specs, expanded.
    pub specs: Vec<ExpandedSpec>,
    /// Everything wrong so far.
    pub diagnostics: Vec<Diagnostic>,
}

/// The kind of the document that describes the course itself.
pub const COURSE: &str = "Course";

/// Reads texts by path. `kinds` are the names of all kinds but `Course`, `course_schema` is the schema of that one.
pub fn read(texts: Vec<(String, String)>, kinds: &[&str], course_schema: &Value) -> Folder {
    let mut folder = Folder::default();
    let mut documents = Vec::new();
    let known: Vec<&str> = std::iter::once(COURSE).chain(kinds.iter().copied()).collect();
    for (path, text) in texts {
        let id = folder.sources.add(path, text);
        let (nodes, found) = yaml::documents(id, folder.sources.text(id));
        folder.diagnostics.extend(found);
        for node in nodes {
            match document::document(node, &known) {
                Ok(document) => documents.push(document),
                Err(found) => folder.diagnostics.push(*found),
            }
        }
    }
    let (courses, specs): (Vec<Document>, Vec<Document>) =
        documents.into_iter().partition(|d| d.kind == COURSE);
    folder.course(&courses, course_schema);
    folder.specs(&specs);
    folder.addresses();
    folder
}

impl Folder {
    fn course(&mut self, courses: &[Document], schema: &Value) {
        let Some(first) = courses.first() else {
            let problem = Problem::new("no-course", "no document of the folder describes the course")
                .help("add one: `kind: Course` with `name:` and `project:`");
            self.diagnostics.push(problem.without_place());
            return;
        };
        for other in courses.iter().skip(1) {
            let problem = Problem::new("two-courses", "a folder describes one course")
                .help("move the other to a folder of its own");
            let mut diagnostic = problem.at(other.kind_span);
            diagnostic.related.push((first.kind_span, "the first one".to_owned()));
            self.diagnostics.push(diagnostic);
        }
        let plain = ExpandedSpec {
            kind: COURSE.to_owned(),
            name: String::new(),
            value: without_kind(first),
            spans: super::SpanMap::of(&first.root),
            kind_span: first.kind_span,
        };
        let shape = check_shape(schema, &plain);
        if shape.is_sound() {
            match serde_json::from_value(plain.value) {
                Ok(course) => self.course = Some(course),
                Err(error) => {
                    self.diagnostics
                        .push(Problem::new("invalid-spec", error.to_string()).at(first.kind_span));
                }
            }
        }
        self.diagnostics.extend(shape.into_diagnostics());
    }

    /// Without a sound course nothing can be expanded, but plain specs are checked all the same.
    fn specs(&mut self, documents: &[Document]) {
        let stand_in = Course::stand_in();
        let course = self.course.as_ref().or(stand_in.as_ref());
        let Some(expander) = course.map(Expander::of) else {
            return;
        };
        for document in documents {
            let (specs, found) = expander.expand(document, &self.sources);
            self.specs.extend(specs);
            if self.course.is_some() {
                self.diagnostics.extend(found);
            }
        }
    }

    fn addresses(&mut self) {
        let mut seen: BTreeMap<(&str, &str), Span> = BTreeMap::new();
        for spec in self.specs.iter().filter(|s| !s.name.is_empty()) {
            let here = spec.spans.value(&"name".into()).unwrap_or(spec.kind_span);
            if let Some(first) = seen.insert((&spec.kind, &spec.name), here) {
                let problem = Problem::new(
                    "duplicate-address",
                    format!("{}/{} is declared twice", spec.kind, spec.name),
                );
                let mut diagnostic = problem.help("give one of them another name").at(here);
                diagnostic.related.push((first, "the first one".to_owned()));
                self.diagnostics.push(diagnostic);
            }
        }
    }
}

fn without_kind(document: &Document) -> Value {
    let mut value = document.root.to_value();
    if let Some(map) = value.as_object_mut() {
        map.shift_remove("kind");
    }
    value
}

impl Course {
    /// A course to check specs against when the folder's own is not sound.
    pub fn stand_in() -> Option<Self> {
        serde_json::from_value(serde_json::json!({
            "name": "course", "project": "my-project", "region": "europe-west1", "zones": ["europe-west1-b"],
        }))
        .ok()
    }
}
