//! `forEach` and `when`: which resources a document stands for, one scene for each.
//! Pure. A resource is known by its name and never by its position, so the order of rows and entries means nothing.

use std::collections::BTreeMap;

use minijinja::Value as Jinja;
use minijinja::value::{Serde, ValueKind};
use serde_json::json;

use super::evaluate::Wrong;
use super::row::RowValue;
use super::scene::Scene;
use super::{Expander, place};
use crate::spec::diagnostic::Problem;
use crate::spec::node::{Entry, Node, NodeValue};
use crate::spec::source::{Sources, Span};
use crate::spec::{expression, told};

/// More resources than a project of a course can hold: a cross product by mistake.
const MOST: usize = 20_000;

/// The keys of a document that say so.
pub(super) const FOR_EACH: &str = "forEach";
pub(super) const WHEN: &str = "when";

/// The scenes of a document, and what is wrong so far.
pub(super) struct Scenes {
    pub(super) scenes: Vec<Scene>,
    pub(super) found: Vec<told::Found>,
}

/// An item of what `forEach` goes over.
type Item = (Jinja, (Span, String));

impl Expander {
    /// One scene for each combination of what `forEach` names.
    pub(super) fn scenes(&self, each: Option<&Entry>, sources: &Sources) -> Scenes {
        let mut made = Scenes { scenes: vec![self.scene.clone()], found: Vec::new() };
        let Some(each) = each else { return made };
        if each.value.entries().is_empty() {
            let problem = Problem::new("wrong-type", "`forEach` names a variable and what it goes over");
            let problem = problem.help("write `forEach: { student: roster }`").at(each.key_span);
            return Scenes { scenes: Vec::new(), found: vec![(problem, Vec::new())] };
        }
        for variable in each.value.entries() {
            let mut more = Scenes { scenes: Vec::new(), found: made.found };
            match self.bad_variable(variable) {
                Some(problem) => more.found.push((problem.at(variable.key_span), Vec::new())),
                None => made.scenes.iter().for_each(|scene| self.widen(variable, scene, sources, &mut more)),
            }
            made = more;
        }
        if made.scenes.len() > MOST {
            let message = format!("`forEach` makes {} resources of one document", made.scenes.len());
            let problem = Problem::new("too-many", message).help(format!("{MOST} is the limit"));
            return Scenes { scenes: Vec::new(), found: vec![(problem.at(each.key_span), Vec::new())] };
        }
        made
    }

    /// A name that an expression could not say, or that has another meaning.
    fn bad_variable(&self, variable: &Entry) -> Option<Problem> {
        let name = &variable.key;
        let problem = |message: String| Problem::new("bad-variable", message);
        if self.scene.has(name) {
            let message = format!("`{name}` cannot be a variable of `forEach`: every spec has it already");
            return Some(problem(message).help("call it after one of many: `student`, `team`, `port`"));
        }
        let sayable = !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if sayable && !name.is_empty() && !expression::is_word(name) {
            return None;
        }
        let message = format!("`{name}` cannot be a variable: an expression could not name it");
        Some(problem(message).help("use letters, digits and `_`, and no word of the language"))
    }

    fn widen(&self, variable: &Entry, scene: &Scene, sources: &Sources, made: &mut Scenes) {
        // The product is refused above, and need not be made to be counted.
        if made.scenes.len() > MOST {
            return;
        }
        let items = self.items(variable, scene, sources, &mut made.found).unwrap_or_default();
        let scenes = items.iter().map(|(value, place)| scene.with(&variable.key, value, place.clone()));
        made.scenes.extend(scenes);
    }

    fn items(
        &self,
        variable: &Entry,
        scene: &Scene,
        sources: &Sources,
        found: &mut Vec<told::Found>,
    ) -> Option<Vec<Item>> {
        let node = &variable.value;
        match &node.value {
            NodeValue::List(list) => {
                let item = |node: &Node| {
                    let mut node = node.clone();
                    self.node(&mut node, scene, sources, found);
                    let value = Jinja::from(Serde(node.to_value()));
                    (value, (node.span, "for this entry".to_owned()))
                };
                Some(list.iter().map(item).collect())
            }
            NodeValue::Text(text) => {
                let value = self.reading(text, node.span, scene, sources, found)?;
                members(&variable.key, &value, node.span, scene, found)
            }
            NodeValue::Map(entries) => {
                let item = |entry: &Entry| {
                    let mut node = entry.value.clone();
                    self.node(&mut node, scene, sources, found);
                    let value = Jinja::from(Serde(json!({"key": entry.key, "value": node.to_value()})));
                    (value, (entry.key_span, "for this entry".to_owned()))
                };
                Some(entries.iter().map(item).collect())
            }
            _ => {
                found.push((no_list("this").at(node.span), scene.places.clone()));
                None
            }
        }
    }

    /// The value of a text that is an expression, in braces or without.
    fn reading(
        &self,
        text: &str,
        span: Span,
        scene: &Scene,
        sources: &Sources,
        found: &mut Vec<told::Found>,
    ) -> Option<Jinja> {
        let read = if text.contains("{{") || text.contains("{%") {
            match expression::whole(text) {
                Some(expression) => self.evaluator.expression(expression, text, scene),
                None => Err(not_whole(text)),
            }
        } else {
            let braced = format!("{{{{ {text} }}}}");
            let read = self.evaluator.expression(text, &braced, scene);
            read.map_err(|wrong| unbraced(wrong, text))
        };
        let wrong = match read {
            Ok(value) => return Some(value),
            Err(wrong) => wrong,
        };
        let places = if matches!(wrong, Wrong::EmptyCell(..)) { Vec::new() } else { scene.places.clone() };
        found.extend(place::diagnostic(wrong, text, span, sources).map(|diagnostic| (diagnostic, places)));
        None
    }

    /// Whether `when` holds for a scene. What it does not answer is reported, and its resource is left out.
    pub(super) fn holds(
        &self,
        when: Option<&Entry>,
        scene: &Scene,
        sources: &Sources,
        found: &mut Vec<told::Found>,
    ) -> bool {
        let Some(when) = when else { return true };
        let answer = match &when.value.value {
            NodeValue::Bool(on) => return *on,
            NodeValue::Text(text) => match self.reading(text, when.value.span, scene, sources, found) {
                Some(value) => value,
                None => return false,
            },
            _ => Jinja::from(Serde(when.value.to_value())),
        };
        if let Ok(on) = bool::try_from(answer.clone()) {
            return on;
        }
        let what = match answer.kind() {
            ValueKind::String => "a text",
            ValueKind::Number => "a number",
            ValueKind::Map => "a mapping",
            ValueKind::None => "nothing",
            _ => "a list",
        };
        let problem = Problem::new("wrong-type", format!("`when` must be true or false, and is {what}"));
        let help = "compare it with something: `when: student.team == \"owl\"`";
        let span = if when.value.span.end > when.value.span.start { when.value.span } else { when.key_span };
        found.push((problem.help(help).at(span), scene.places.clone()));
        false
    }
}

/// The items of a computed list or mapping.
fn members(
    variable: &str,
    value: &Jinja,
    span: Span,
    scene: &Scene,
    found: &mut Vec<told::Found>,
) -> Option<Vec<Item>> {
    let what = match value.kind() {
        ValueKind::Map => return Some(pairs(variable, value, span)),
        ValueKind::Seq | ValueKind::Iterable => None,
        ValueKind::String => Some("a text"),
        ValueKind::Number => Some("a number"),
        _ => Some("this"),
    };
    let items = what.is_none().then(|| value.try_iter().ok()).flatten();
    let Some(items) = items else {
        found.push((no_list(what.unwrap_or("this")).at(span), scene.places.clone()));
        return None;
    };
    let item = |value: Jinja| {
        let place = row_place(&value).unwrap_or_else(|| (span, says(variable, &value)));
        (value, place)
    };
    Some(items.map(item).collect())
}

fn row_place(value: &Jinja) -> Option<(Span, String)> {
    let row = value.downcast_object_ref::<RowValue>()?;
    Some((row.span()?, "for this row".to_owned()))
}

fn says(variable: &str, value: &Jinja) -> String {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => format!("for `{variable}` = {value}"),
        _ => format!("for one `{variable}` of these"),
    }
}

/// The members of a mapping as entries with `key` and `value`.
fn pairs(variable: &str, map: &Jinja, span: Span) -> Vec<Item> {
    let keys = map.try_iter().ok().into_iter().flatten();
    let pair = |key: Jinja| {
        let value = map.get_item(&key).unwrap_or_default();
        let place = (span, says(variable, &key));
        (Jinja::from(BTreeMap::from([("key", key), ("value", value)])), place)
    };
    keys.map(pair).collect()
}

fn no_list(what: &str) -> Problem {
    Problem::new("wrong-type", format!("`forEach` goes over lists, and {what} is none"))
        .help("write `roster`, a list such as `[a, b]`, or the name of one: `vars.teams`")
}

fn not_whole(text: &str) -> Wrong {
    let problem = Problem::new("expression", "text and expressions are mixed here, which gives a text");
    let help = "write one expression, without braces: `student.team == \"owl\"`";
    Wrong::Problem(Box::new(problem.help(help)), 0..text.len())
}

/// What is wrong with an expression that was put in braces, at the bytes it has without them.
fn unbraced(wrong: Wrong, text: &str) -> Wrong {
    let bytes = |at: usize| at.saturating_sub(3).min(text.len());
    match wrong {
        Wrong::Problem(problem, range) => Wrong::Problem(problem, bytes(range.start)..bytes(range.end)),
        Wrong::EmptyCell(column, cell, range) => {
            Wrong::EmptyCell(column, cell, bytes(range.start)..bytes(range.end))
        }
        Wrong::Reported => Wrong::Reported,
    }
}
