//! The desk: what a translation works on. Variables, warnings with their places, and what several commands say together.
//! Pure.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Value, json};

use super::Options;
use super::variable::{self, Part, Variables};
use crate::spec::{Diagnostic, Problem, Severity, SourceId, Span, suggest};

/// What holds the place of a variable in fields whose values have a form.
const SAMPLES: &[(&str, &str)] = &[
    ("zone", "europe-west1-b"),
    ("location", "europe-west1"),
    ("region", "europe-west1"),
    ("memory", "512Mi"),
    ("cpu", "1"),
    ("timeout", "300s"),
    ("machineType", "e2-medium"),
    ("image.project", "debian-cloud"),
    ("bootDisk.type", "pd-standard"),
    ("bootDisk.sizeGb", "20"),
    ("image", "nginx:1"),
    ("email", "student@example.edu"),
    ("member", "user:student@example.edu"),
    ("role", "roles/viewer"),
    ("service", "compute.googleapis.com"),
    ("allow", "tcp:8080"),
    ("sourceRanges", "0.0.0.0/0"),
    ("port", "8080"),
];

/// A translation in the making.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    pub(super) options: &'a Options,
    pub(super) variables: Variables,
    pub(super) found: Vec<Diagnostic>,
    /// The zones that are named, in order.
    pub(super) zones: Vec<String>,
    /// The project that is named.
    pub(super) project: Option<String>,
    /// Ports that somebody forwards to themselves, with the machine.
    pub(super) tunnels: Vec<(String, Vec<u16>, Span)>,
    source: SourceId,
    text: &'a str,
    /// The command that is being read.
    here: Range<usize>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(options: &'a Options, source: SourceId, text: &'a str) -> Self {
        Self {
            options,
            variables: Variables::default(),
            found: Vec::new(),
            zones: Vec::new(),
            project: None,
            tunnels: Vec::new(),
            source,
            text,
            here: 0..0,
        }
    }

    /// Turns to another part of the text.
    pub(super) fn turn_to(&mut self, range: Range<usize>) {
        self.here = range;
    }

    /// The place of the part that is being read: its first line.
    pub(super) fn place(&self) -> Span {
        let text = self.text.get(self.here.clone()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default().trim_end_matches(['\\', ' ', '\t']);
        self.span(self.here.start, self.here.start + line.len())
    }

    /// The place of a word in the part that is being read, or else of the part.
    pub(super) fn place_of(&self, word: &str) -> Span {
        let text = self.text.get(self.here.clone()).unwrap_or_default();
        match text.find(word).filter(|_| !word.is_empty()) {
            Some(at) => self.span(self.here.start + at, self.here.start + at + word.len()),
            None => self.place(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.source, start, end }
    }

    /// Warns about a word of the part that is being read.
    pub(super) fn warn(&mut self, about: &str, problem: Problem) {
        let span = self.place_of(about);
        self.warn_at(span, problem);
    }

    /// Warns about a place.
    pub(super) fn warn_at(&mut self, span: Span, problem: Problem) {
        let diagnostic = Diagnostic { severity: Severity::Warning, ..problem.at(span) };
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Warns about a flag or key that has no meaning here.
    pub(super) fn unknown<'b>(&mut self, what: &str, name: &str, known: impl Iterator<Item = &'b str>) {
        let problem = Problem::new("not-translated", format!("{what} `{name}` is not translated"));
        let near = suggest::nearest(name, known).filter(|near| *near != name);
        let help = near.map_or_else(
            || "look for a field of that meaning with `provost schema`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        self.warn(name, problem.label("it is left out").help(help));
    }

    /// A text as a spec says it in a field.
    pub(super) fn value(&mut self, raw: &str, field: &str) -> String {
        let sample = SAMPLES.iter().find(|(name, _)| *name == field).map_or("", |(_, sample)| sample);
        self.sampled(raw, sample)
    }

    /// The same with what holds the place of a variable.
    pub(super) fn sampled(&mut self, raw: &str, sample: &str) -> String {
        let first = variable::parts(raw).into_iter().find_map(|part| match part {
            Part::Variable { name, .. } => Some(name.to_owned()),
            Part::Text(_) => None,
        });
        let span = first.map_or_else(|| self.place(), |name| self.place_of(&name));
        self.variables.text(raw, sample, span)
    }

    /// A number as a spec says it.
    pub(super) fn number(&mut self, raw: &str, field: &str) -> Value {
        if let Ok(number) = raw.parse::<u64>() {
            return json!(number);
        }
        let text = self.value(raw, field);
        match text.strip_suffix(" }}").filter(|_| text.starts_with("{{")) {
            Some(open) => json!(format!("{open} | int }}}}")),
            None => json!(text),
        }
    }

    /// Notes the project that a text names.
    pub(super) fn names_project(&mut self, raw: &str) {
        self.variables.project(raw);
        let plain = !raw.is_empty() && variable::parts(raw).iter().all(|part| matches!(part, Part::Text(_)));
        if plain {
            self.project.get_or_insert_with(|| raw.to_owned());
        }
    }

    /// The project of the course.
    pub(super) fn course_project(&self) -> String {
        let named = self.options.project.clone().or_else(|| self.project.clone());
        named.or_else(|| self.variables.project_value()).unwrap_or_else(|| UNKNOWN_PROJECT.to_owned())
    }

    /// Says which variables nobody sets.
    pub(super) fn tell_unset(&mut self) {
        let values = self.variables.values(&self.course_project());
        let unset: Vec<_> = self.variables.unset().map(|used| (used.name.clone(), used.span)).collect();
        let mut told = BTreeSet::new();
        for (name, span) in unset.into_iter().filter(|(name, _)| told.insert(variable::key(name))) {
            let key = variable::key(&name);
            let holds = values.get(&key).and_then(Value::as_str).unwrap_or_default();
            let problem = Problem::new("variable-not-set", format!("`{name}` has no value yet"));
            let help = format!("write it under `vars:` of the Course: `{key}: {holds}` only holds its place");
            self.warn_at(span, problem.help(help));
        }
    }
}

/// What stands for a project that nobody names.
pub(super) const UNKNOWN_PROJECT: &str = "my-project-id";
