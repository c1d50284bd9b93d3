//! Variables of scripts and compose files: what stands for them in a spec, and what the course has to say of them.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::shell::CONFIGURED_PROJECT;
use crate::spec::Span;

/// Stands for a dollar that is only a dollar. No text has it: it is in the area for private use.
pub(super) const DOLLAR: char = '\u{E000}';

/// How deep variables may be made of variables.
const DEEPEST: usize = 8;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    Variable { name: &'a str, default: Option<&'a str> },
}

/// The parts of a text, in order.
pub(super) fn parts(mut text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut searched = 0;
    while let Some(at) = text.get(searched..).and_then(|rest| rest.find('$')).map(|at| at + searched) {
        let (before, rest) = text.split_at(at);
        let Some((variable, length)) = variable(rest) else {
            searched = at + 1;
            continue;
        };
        parts.extend((!before.is_empty()).then_some(Part::Text(before)));
        parts.push(variable);
        text = rest.get(length..).unwrap_or_default();
        searched = 0;
    }
    parts.extend((!text.is_empty()).then_some(Part::Text(text)));
    parts
}

/// The variable that a text begins with, and its length.
fn variable(text: &str) -> Option<(Part<'_>, usize)> {
    let name_of =
        |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let rest = text.strip_prefix('$')?;
    let Some(braced) = rest.strip_prefix('{') else {
        let length = name_of(rest);
        let name = rest.get(..length).filter(|name| !name.is_empty())?;
        return Some((Part::Variable { name, default: None }, 1 + length));
    };
    let inner = braced.get(..braced.find('}')?)?;
    let (name, after) = inner.split_at(name_of(inner));
    let default =
        after.strip_prefix(":-").or_else(|| after.strip_prefix('-')).or_else(|| after.strip_prefix(":="));
    let plain = after.is_empty() || default.is_some() || after.starts_with([':', '?']);
    (!name.is_empty() && plain).then_some((Part::Variable { name, default }, inner.len() + 3))
}

/// A variable that a spec names.
#[derive(Clone, Debug)]
pub(super) struct Used {
    /// The name it has in its script.
    pub(super) name: String,
    /// What holds its place if nobody sets it.
    sample: String,
    default: Option<String>,
    /// Where it is first used.
    pub(super) span: Span,
}

/// What is known of variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    set: BTreeMap<String, String>,
    used: Vec<Used>,
    projects: BTreeSet<String>,
}

impl Variables {
    /// Notes that a variable is set. What is set to the project of gcloud's configuration is the project.
    pub(super) fn set(&mut self, name: &str, text: &str) {
        let projects = |part: &Part<'_>| matches!(part, Part::Variable { name, .. } if self.is_project(name));
        if matches!(parts(text).as_slice(), [one] if projects(one)) {
            self.projects.insert(name.to_owned());
        }
        self.set.insert(name.to_owned(), text.to_owned());
    }

    /// Notes that a text names the project.
    pub(super) fn project(&mut self, text: &str) {
        if let [Part::Variable { name, .. }] = parts(text).as_slice() {
            self.projects.insert((*name).to_owned());
        }
    }

    fn is_project(&self, name: &str) -> bool {
        name == CONFIGURED_PROJECT || self.projects.contains(name)
    }

    /// A text as a spec says it. `sample` holds the place of a variable that nobody sets, where it is the whole text.
    pub(super) fn text(&mut self, raw: &str, sample: &str, span: Span) -> String {
        let parts = parts(raw);
        let whole = parts.len() == 1;
        let written = |part: &Part<'_>| match part {
            Part::Text(text) => literal(text),
            Part::Variable { name, .. } if self.is_project(name) => "{{ course.project }}".to_owned(),
            Part::Variable { name, default } => {
                let own = if whole && !sample.is_empty() { sample.to_owned() } else { slug(name) };
                self.note(Used {
                    name: (*name).to_owned(),
                    sample: own,
                    default: default.map(str::to_owned),
                    span,
                });
                format!("{{{{ vars.{} }}}}", key(name))
            }
        };
        parts.iter().map(written).collect()
    }

    fn note(&mut self, used: Used) {
        if !self.used.iter().any(|other| key(&other.name) == key(&used.name)) {
            self.used.push(used);
        }
    }

    /// What a text holds once everything in it is known: for what is no part of a spec, such as the project itself.
    pub(super) fn plain(&self, raw: &str, project: &str) -> String {
        self.flat(raw, project, 0)
    }

    fn flat(&self, raw: &str, project: &str, depth: usize) -> String {
        let value = |part: &Part<'_>| match part {
            Part::Text(text) => text.replace(DOLLAR, "$"),
            Part::Variable { name, .. } if self.is_project(name) => project.to_owned(),
            Part::Variable { name, default } => match self.set.get(*name).map(String::as_str).or(*default) {
                Some(text) if depth < DEEPEST => self.flat(text, project, depth + 1),
                _ => slug(name),
            },
        };
        parts(raw).iter().map(value).collect()
    }

    /// The value of the project, if the script sets a variable for it.
    pub(super) fn project_value(&self) -> Option<String> {
        let set = self.projects.iter().filter_map(|name| self.set.get(name));
        set.map(|raw| self.plain(raw, "")).find(|text| !text.is_empty())
    }

    /// `vars:` of the course.
    pub(super) fn values(&self, project: &str) -> Map<String, Value> {
        let value = |used: &Used| {
            let text = self.set.get(&used.name).or(used.default.as_ref());
            let text = text.map_or_else(|| used.sample.clone(), |raw| self.plain(raw, project));
            (key(&used.name), Value::String(text))
        };
        self.used.iter().map(value).collect()
    }

    /// Variables that nobody sets, and those that are set to something that nobody sets.
    pub(super) fn unset(&self) -> impl Iterator<Item = &Used> {
        self.used.iter().filter(|used| used.default.is_none() && !self.is_known(&used.name, 0))
    }

    fn is_known(&self, name: &str, depth: usize) -> bool {
        let known = |part: &Part<'_>| match part {
            Part::Text(_) => true,
            Part::Variable { name, default } => {
                self.is_project(name)
                    || default.is_some()
                    || (depth < DEEPEST && self.is_known(name, depth + 1))
            }
        };
        self.set.get(name).is_some_and(|raw| parts(raw).iter().all(known))
    }
}

/// The name of a variable in specs.
pub(super) fn key(name: &str) -> String {
    let lower = name.to_lowercase();
    if lower.starts_with(|c: char| c.is_ascii_digit()) { format!("argument_{lower}") } else { lower }
}

/// What holds the place of a variable: its own name, as names are written.
fn slug(name: &str) -> String {
    key(name).replace('_', "-").trim_matches('-').to_owned()
}

/// A text that is no expression.
fn literal(text: &str) -> String {
    let text = text.replace(DOLLAR, "$");
    text.replace("{{", "{{ \"{{\" }}").replace("{%", "{{ \"{%\" }}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::SourceId;

    const HERE: Span = Span { source: SourceId(0), start: 0, end: 0 };

    #[test]
    fn variables_are_found_with_their_defaults() {
        let variable = |name, default| Part::Variable { name, default };
        assert_eq!(parts("a-$B.c"), [Part::Text("a-"), variable("B", None), Part::Text(".c")]);
        assert_eq!(parts("${A:-x}${B-y}"), [variable("A", Some("x")), variable("B", Some("y"))]);
        assert_eq!(parts("100$ and ${#a[@]}"), [Part::Text("100$ and ${#a[@]}")]);
        assert_eq!(parts(""), []);
    }

    #[test]
    fn a_variable_is_one_of_the_course_and_the_project_is_the_project() {
        let mut variables = Variables::default();
        variables.set("PROJECT_ID", "${configured_project}");
        variables.set("GROUP", "owl");
        variables.set("NAME", "be-${GROUP}-{x}");
        variables.set("TEAM", "t-${number}");
        let text = variables.text("sa-$NAME@$PROJECT_ID.com ${ZONE} $TEAM", "", HERE);
        assert_eq!(text, "sa-{{ vars.name }}@{{ course.project }}.com {{ vars.zone }} {{ vars.team }}");
        let values = Value::Object(variables.values("p"));
        assert_eq!(values, serde_json::json!({"name": "be-owl-{x}", "zone": "zone", "team": "t-number"}));
        assert_eq!(variables.unset().map(|used| used.name.as_str()).collect::<Vec<_>>(), ["ZONE", "TEAM"]);
    }

    #[test]
    fn braces_of_other_languages_stay_what_they_are() {
        let text = Variables::default().text("docker ps --format '{{.Names}}'", "", HERE);
        assert_eq!(text, "docker ps --format '{{ \"{{\" }}.Names}}'");
    }
}
