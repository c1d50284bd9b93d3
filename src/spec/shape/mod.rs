//! The shape of a spec: its values against the JSON Schema of its kind. Every mistake is found in one pass, at its place.
//! Pure. Knows the part of draft-07 that schemas of kinds are written in; an independent validator tests the same schemas.

mod fields;
mod limits;
mod types;

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Problem};
use super::document::ExpandedSpec;
use super::formats;
use super::node::Origin;
use super::pointer::Pointer;

/// In what a spec is not as its schema says.
#[derive(Debug, Default)]
pub struct Shape {
    found: Vec<(Pointer, Diagnostic)>,
    /// What has no value that could be looked at any further.
    lost: Vec<Pointer>,
}

impl Shape {
    /// Whether the spec is as its schema says, in every part of it.
    pub fn is_sound(&self) -> bool {
        self.found.is_empty() && self.lost.is_empty()
    }

    /// The mistakes.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
    }

    /// Whether there is a mistake at a place, around it or in it.
    pub fn touches(&self, at: &Pointer) -> bool {
        self.found.iter().map(|(place, _)| place).chain(&self.lost).any(|place| place.is_in_line_with(at))
    }

    /// A value without the members that cannot be read: what rules over several fields can still be asked about.
    pub fn readable(&self, value: &Value) -> Value {
        let mut value = value.clone();
        for at in &self.lost {
            let around = at.parent().and_then(|parent| value.pointer_mut(&parent.to_string()));
            if let (Some(map), Some(key)) = (around.and_then(Value::as_object_mut), at.last()) {
                map.shift_remove(key);
            }
        }
        value
    }
}

/// Everything in which a spec is not as its schema says.
pub fn check_shape(schema: &Value, spec: &ExpandedSpec) -> Shape {
    let mut walk = Walk { root: schema, spec, shape: Shape::default() };
    walk.value(schema, &spec.value, &Pointer::default());
    walk.shape
}

struct Walk<'a> {
    root: &'a Value,
    spec: &'a ExpandedSpec,
    shape: Shape,
}

impl<'a> Walk<'a> {
    /// A value that is of no use as it is.
    fn lose(&mut self, at: &Pointer, problem: Problem) {
        self.shape.lost.push(at.clone());
        self.report(at, problem);
    }

    fn report(&mut self, at: &Pointer, problem: Problem) {
        let span = self.spec.spans.value(at).unwrap_or(self.spec.kind_span);
        let computed = self.spec.spans.origin(at) == Origin::Computed;
        let problem = if computed { of_expression(problem) } else { problem };
        self.shape.found.push((at.clone(), problem.at(span)));
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let lone = schema.get("allOf").and_then(Value::as_array).and_then(|all| all.first());
        let reference = lone.unwrap_or(schema).get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|r| self.root.pointer(r.trim_start_matches('#')));
        target.map_or(schema, |target| self.resolve(target))
    }

    fn value(&mut self, schema: &'a Value, value: &Value, at: &Pointer) {
        let schema = self.resolve(schema);
        if self.spec.spans.origin(at) == Origin::Unknown {
            return self.shape.lost.push(at.clone());
        }
        if value.is_null() {
            let problem = Problem::new("empty-value", format!("{} has no value", at.noun()));
            let help = "write a value, or remove the line: what is omitted is not managed";
            return self.lose(at, problem.help(help));
        }
        if let Some(branches) = branches(schema) {
            return self.any_of(branches, value, at);
        }
        if let Some(problem) = types::wrong(schema, value, at) {
            return self.lose(at, problem);
        }
        if let Some(problem) = limits::closed(schema, value, at) {
            return self.lose(at, problem);
        }
        if let Some(problem) = limits::bounds(schema, value, at).or_else(|| formatted(schema, value)) {
            return self.report(at, problem);
        }
        match value {
            Value::Object(map) => self.object(schema, map, at),
            Value::Array(list) => self.list(schema, list, at),
            _ => {}
        }
    }

    fn list(&mut self, schema: &'a Value, list: &[Value], at: &Pointer) {
        if let Some(items) = schema.get("items") {
            let entries = list.iter().enumerate();
            entries.for_each(|(i, item)| self.value(items, item, &at.child(i.to_string())));
        }
    }

    /// Of several forms the one with the value's type is meant; several words in a row are one list of words.
    fn any_of(&mut self, branches: &'a [Value], value: &Value, at: &Pointer) {
        let resolved: Vec<&Value> = branches.iter().map(|b| self.resolve(b)).collect();
        let words: Vec<&Value> = resolved.iter().filter_map(|b| b.get("const")).collect();
        if words.len() == resolved.len() {
            if let Some(problem) = limits::one_of(&words, value, at) {
                self.lose(at, problem);
            }
            return;
        }
        let fitting = resolved.iter().copied().filter(|b| types::wrong(b, value, at).is_none());
        match fitting.collect::<Vec<_>>().as_slice() {
            [] => self.lose(at, types::none_of(&resolved, value, at)),
            [first, others @ ..] => {
                let (found, lost) = (self.shape.found.len(), self.shape.lost.len());
                self.value(first, value, at);
                for branch in others {
                    if self.shape.found.len() == found {
                        return;
                    }
                    self.shape.found.truncate(found);
                    self.shape.lost.truncate(lost);
                    self.value(branch, value, at);
                }
            }
        }
    }

    fn object(&mut self, schema: &'a Value, map: &Map<String, Value>, at: &Pointer) {
        let additional = schema.get("additionalProperties");
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let any = patterns.and_then(|patterns| patterns.values().next());
        for (key, value) in map {
            let below = at.child(key.as_str());
            if let Some(own) = schema.get("properties").and_then(|p| p.get(key)) {
                self.value(own, value, &below);
            } else if let Some(any) = additional.filter(|a| a.is_object()).or(any) {
                self.key(schema, key, &below);
                self.value(any, value, &below);
            } else if additional == Some(&Value::Bool(false)) {
                let problem = fields::unknown(self.root, schema, key, &self.spec.kind, at);
                self.at_key(&below, problem);
                self.shape.lost.push(below);
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let absent = |key: &&str| !map.contains_key(*key) && !fields::is_misspelt(schema, map, key);
        for key in required.filter_map(Value::as_str).filter(absent) {
            let problem = fields::missing(self.root, schema, key);
            let span = at.parent().and_then(|_| self.spec.spans.value(at));
            let place = problem.at(span.unwrap_or(self.spec.kind_span));
            self.shape.found.push((at.child(key), place));
        }
        if let Some(problem) = limits::count(schema, map, at) {
            self.report(at, problem);
        }
    }

    /// Keys of free maps (labels, metadata) have rules of their own.
    fn key(&mut self, schema: &'a Value, key: &str, at: &Pointer) {
        let Some(rule) = schema.get("propertyNames") else {
            return;
        };
        let rule = self.resolve(rule);
        if let Some(problem) = formatted(rule, &Value::String(key.to_owned())) {
            self.at_key(at, problem);
        }
    }

    fn at_key(&mut self, at: &Pointer, problem: Problem) {
        let span = self.spec.spans.key(at).unwrap_or(self.spec.kind_span);
        self.shape.found.push((at.clone(), problem.at(span)));
    }
}

/// A value that nobody wrote is mended where it comes from.
fn of_expression(mut problem: Problem) -> Problem {
    problem.replacement = None;
    if problem.label.is_empty() {
        problem.label.push_str("the expression gives it");
    }
    problem.help("mend the expression, or the value it names")
}

fn branches(schema: &Value) -> Option<&[Value]> {
    let all = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    Some(all.as_slice())
}

/// A text against the rule of its format. What stands in its place must be a text to YAML as well.
fn formatted(schema: &Value, value: &Value) -> Option<Problem> {
    let format = schema.get("format")?.as_str()?;
    let mut problem = formats::check(format, value.as_str()?)?.err()?;
    problem.replacement = problem.replacement.map(|text| types::as_text(&text));
    Some(problem)
}
