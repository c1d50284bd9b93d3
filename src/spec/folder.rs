//! A course folder's texts as a course and its specs, with everything wrong in them.
//! Pure: the texts are given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::course::{Course, RosterSource};
use super::diagnostic::{Diagnostic, Problem};
use super::document::{self, Document, ExpandedSpec};
use super::expand::Expander;
use super::include::Included;
use super::node::Node;
use super::reference;
use super::roster::{self, Roster};
use super::session::Session;
use super::shape::check_shape;
use super::source::{SourceId, Sources, Span};
use super::text::{Role, Text};
use super::{include, overlay, vars, yaml};

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

/// The path at which a file beside the course is shown and found among the texts.
pub fn beside(course: &str, file: &str) -> String {
    let file = file.strip_prefix("./").unwrap_or(file);
    Path::new(course).parent().unwrap_or(Path::new("")).join(file).display().to_string()
}

/// Reads the texts of a course: its specs, what it includes, what the environment changes, the table that is its roster, and the
/// values of the command line. `kinds` are the names of all kinds but `Course`, `course_schema` is the schema of that one.
pub fn read<T: Into<Text>>(texts: Vec<T>, kinds: &[&str], course_schema: &Value) -> Folder {
    let mut folder = Folder::default();
    let mut parts = Parts::default();
    let known: Vec<&str> = std::iter::once(COURSE).chain(kinds.iter().copied()).collect();
    for text in texts {
        folder.take_in(text.into(), &known, &mut parts);
    }
    let Parts { mut documents, overlay, included, vars, environment } = parts;
    folder.diagnostics.extend(overlay::lay(&mut documents, overlay));
    let (mut courses, specs): (Vec<Document>, Vec<Document>) =
        documents.into_iter().partition(|d| d.kind == COURSE);
    if let Some(course) = courses.first_mut() {
        let set = |id: SourceId| vars::set(course, id, folder.sources.text(id));
        folder.diagnostics.extend(vars.into_iter().filter_map(set));
        folder.diagnostics.extend(included.check(course));
    }
    folder.course(&courses, course_schema);
    let roster = folder.roster(courses.first());
    folder.specs(&specs, &environment, roster.as_ref());
    folder.addresses();
    folder
}

/// The documents of a course by what their texts are to it.
#[derive(Default)]
struct Parts {
    documents: Vec<Document>,
    overlay: Vec<Document>,
    included: Included,
    vars: Vec<SourceId>,
    environment: String,
}

/// Two characters stand for references while a plan is made.
const STRANGE: &str = "this character of Unicode's private use means something else here";

impl Folder {
    fn take_in(&mut self, text: Text, known: &[&str], parts: &mut Parts) {
        let Text { path, text, role } = text;
        // The mark at the beginning of a spreadsheet's text is no part of its first cell.
        let text = if role == Role::Table { text.trim_start_matches('\u{feff}').to_owned() } else { text };
        let stray = reference::stray(&text);
        let id = self.sources.add(path, text);
        if let Some(start) = stray {
            let span = Span { source: id, start, end: start };
            self.diagnostics.push(Problem::new("strange-character", STRANGE).help("remove it").at(span));
        }
        parts.included.note(&role);
        match role {
            Role::Table | Role::Again(_) => {}
            Role::Var => parts.vars.push(id),
            Role::Specs => parts.documents.extend(self.documents(id, known)),
            Role::Included(_) => {
                for document in self.documents(id, known) {
                    match include::second_course(&document) {
                        Some(found) => self.diagnostics.push(found),
                        None => parts.documents.push(document),
                    }
                }
            }
            Role::Overlay(name) => {
                parts.overlay.extend(self.documents(id, known));
                parts.environment = name;
            }
        }
    }

    fn documents(&mut self, id: SourceId, known: &[&str]) -> Vec<Document> {
        let (nodes, found) = yaml::documents(id, self.sources.text(id));
        self.diagnostics.extend(found);
        let read = nodes.into_iter().map(|node| document::document(node, known));
        let (documents, wrong): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        self.diagnostics.extend(wrong.into_iter().filter_map(Result::err).map(|found| *found));
        documents.into_iter().filter_map(Result::ok).collect()
    }

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
            made_of: Vec::new(),
            of_whom: Vec::new(),
        };
        let shape = check_shape(schema, &plain);
        if shape.is_sound() {
            match serde_json::from_value::<Course>(plain.value) {
                Ok(course) => {
                    let wrong = course.session.as_ref().and_then(Session::check);
                    self.diagnostics.extend(
                        wrong.map(|(at, problem)| {
                            problem.at(plain.spans.value(&at).unwrap_or(first.kind_span))
                        }),
                    );
                    self.course = Some(course);
                }
                Err(error) => {
                    self.diagnostics
                        .push(Problem::new("invalid-spec", error.to_string()).at(first.kind_span));
                }
            }
        }
        self.diagnostics.extend(shape.into_diagnostics());
    }

    /// The class that the course names; without rows if it cannot be read, which is reported.
    fn roster(&mut self, course: Option<&Document>) -> Option<Arc<Roster>> {
        // Whatever else is wrong with the Course: the sheet and what is made of it are checked all the same.
        let node = &course?.root.entry("roster")?.value;
        let source: RosterSource = serde_json::from_value(node.to_value()).ok()?;
        let (roster, found) = match source {
            RosterSource::Rows(_) => roster::rows(node),
            RosterSource::File(file) => match self.table(node, &file) {
                Ok(id) => roster::table(id, self.sources.text(id)),
                Err(missing) => (Roster::default(), vec![*missing]),
            },
        };
        self.diagnostics.extend(found);
        Some(Arc::new(roster))
    }

    fn table(&self, node: &Node, file: &str) -> Result<SourceId, Box<Diagnostic>> {
        // Whatever names it, the table is in the course folder, and so is the first of its texts.
        let path = beside(self.sources.path(SourceId(0)), file);
        let yaml = matches!(Path::new(file).extension(), Some(e) if e == "yaml" || e == "yml");
        self.sources.find(&path).filter(|_| !yaml).ok_or_else(|| {
            let message = format!("there is no table `{file}` in the course folder");
            let help = if yaml {
                "name a CSV file, or write the rows here: `roster: [{ login: ann, team: owl }]`"
            } else {
                "export the sheet of the class as CSV into the course folder"
            };
            Box::new(Problem::new("missing-file", message).help(help).at(node.span))
        })
    }

    /// Without a sound course nothing can be expanded, but plain specs are checked all the same.
    fn specs(&mut self, documents: &[Document], environment: &str, roster: Option<&Arc<Roster>>) {
        let stand_in = Course::stand_in();
        let course = self.course.as_ref().or(stand_in.as_ref());
        let Some(expander) = course.map(|course| Expander::of(course, environment, roster)) else {
            return;
        };
        let mut empty_cells = BTreeSet::new();
        for document in documents {
            let (specs, found) = expander.expand(document, &self.sources);
            self.specs.extend(specs);
            if self.course.is_some() {
                // A cell is as empty for one use as for the next.
                let first = |d: &Diagnostic| d.code != "empty-cell" || empty_cells.insert(d.span);
                self.diagnostics.extend(found.into_iter().filter(first));
            }
        }
    }

    fn addresses(&mut self) {
        let mut seen: BTreeMap<(&str, &str), &ExpandedSpec> = BTreeMap::new();
        // A name that says nothing of its row would repeat as often as there are rows.
        let mut told = BTreeSet::new();
        for spec in self.specs.iter().filter(|s| !s.name.is_empty()) {
            let Some(first) = seen.insert((&spec.kind, &spec.name), spec) else { continue };
            let one_document = first.kind_span == spec.kind_span;
            if !one_document || told.insert(spec.kind_span) {
                self.diagnostics.push(duplicate(first, spec, one_document));
            }
        }
    }
}

fn name_place(spec: &ExpandedSpec) -> Span {
    spec.spans.value(&"name".into()).unwrap_or(spec.kind_span)
}

/// Two specs of one address. Copies of one document are told apart by what they are made of.
fn duplicate(first: &ExpandedSpec, second: &ExpandedSpec, one_document: bool) -> Diagnostic {
    let message = format!("{}/{} is declared twice", second.kind, second.name);
    let problem = Problem::new("duplicate-address", message);
    let made_of = |spec: &ExpandedSpec, nth: &str| {
        let label = |(span, _): &(Span, String)| (*span, format!("the {nth} one is made of this"));
        spec.made_of.iter().map(label).collect::<Vec<_>>()
    };
    if !one_document {
        let mut diagnostic = problem.help("give one of them another name").at(name_place(second));
        diagnostic.related.push((name_place(first), "the first one".to_owned()));
        diagnostic.related.extend(made_of(first, "first").into_iter().chain(made_of(second, "second")));
        return diagnostic;
    }
    let help = "put into the name what makes each of them another: `name: vm-{{ student.login }}`";
    let mut diagnostic = problem.label("the same for several").help(help).at(name_place(second));
    let (first, second) = (made_of(first, "first"), made_of(second, "second"));
    let differing = first.into_iter().zip(second).filter(|((one, _), (other, _))| one != other);
    diagnostic.related.extend(differing.flat_map(|(one, other)| [one, other]));
    diagnostic
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
            "session": { "ends": "2100-01-01T00:00:00Z" },
        }))
        .ok()
    }
}
