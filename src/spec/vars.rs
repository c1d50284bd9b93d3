//! Values from the command line: `--var machines.size=3` sets one of the Course's `vars`, which has to declare it.
//! Pure.

use super::diagnostic::{Diagnostic, Problem};
use super::document::Document;
use super::node::{Node, NodeValue};
use super::source::{SourceId, Span};
use super::text::VAR;
use super::{suggest, yaml};

/// Sets what a text of the command line says. Gives what is wrong with it.
pub(super) fn set(course: &mut Document, source: SourceId, text: &str) -> Option<Diagnostic> {
    let setting = text.strip_prefix(VAR).unwrap_or(text);
    let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
    let start = text.len() - setting.len();
    let key_span = Span { source, start, end: start + key.len() };
    let path: Vec<&str> = std::iter::once("vars").chain(key.split('.')).collect();
    let Some(place) = descend(&mut course.root, &path) else {
        return Some(undeclared(course, key).at(key_span));
    };
    match yaml::value(source, text.len() - value.len(), value) {
        Ok(Some(node)) if node.value != NodeValue::Null => {
            *place = node;
            None
        }
        Ok(_) => {
            let problem = Problem::new("empty-value", format!("`{key}` is given no value"));
            Some(problem.help(format!("an empty text is written `--var '{key}=\"\"'`")).at(key_span))
        }
        Err(found) => Some(*found),
    }
}

fn descend<'a>(node: &'a mut Node, path: &[&str]) -> Option<&'a mut Node> {
    let [first, rest @ ..] = path else { return Some(node) };
    let NodeValue::Map(entries) = &mut node.value else { return None };
    let entry = entries.iter_mut().find(|entry| entry.key == *first)?;
    descend(&mut entry.value, rest)
}

fn undeclared(course: &Document, key: &str) -> Problem {
    let mut known = Vec::new();
    if let Some(vars) = course.root.entry("vars") {
        paths("", &vars.value, &mut known);
    }
    let problem = Problem::new("undeclared-var", format!("the Course declares no var `{key}`"));
    match suggest::nearest(key, known.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None if known.is_empty() => problem.help("declare it in the Course first, under `vars:`"),
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            problem.help(format!("it declares {}", names.join(", ")))
        }
    }
}

/// The dotted names of everything in a mapping.
fn paths(above: &str, node: &Node, found: &mut Vec<String>) {
    for entry in node.entries() {
        let path = if above.is_empty() { entry.key.clone() } else { format!("{above}.{}", entry.key) };
        paths(&path, &entry.value, found);
        found.push(path);
    }
}
