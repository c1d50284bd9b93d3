//! Environment variables of services, as a mapping or as a list. Pure.

use serde_json::{Map, Value, json};

use super::service::Container;
use super::{list, raw, text, turn_to};
use crate::spec::node::{Entry, Node, NodeValue};
use crate::translate::desk::Desk;

pub(super) fn environment(entry: &Entry, container: &mut Container, desk: &mut Desk<'_>) {
    let mut env = Map::new();
    for entry in entry.value.entries() {
        let value = match entry.value.value {
            NodeValue::Null => of_the_shell(&entry.key, &entry.value, desk),
            _ => text(&entry.value, "env", desk),
        };
        env.insert(entry.key.clone(), json!(value));
    }
    let lines = if entry.value.entries().is_empty() { list(&entry.value) } else { &[] };
    for node in lines {
        let line = raw(node);
        turn_to(node.span, desk);
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, desk.value(value, "env")),
            None => (line.as_str(), of_the_shell(&line, node, desk)),
        };
        env.insert(name.to_owned(), json!(value));
    }
    container.fields.insert("env".to_owned(), Value::Object(env));
}

/// A name alone takes its value from the shell that compose runs in.
fn of_the_shell(name: &str, node: &Node, desk: &mut Desk<'_>) -> String {
    turn_to(node.span, desk);
    desk.value(&format!("${{{name}}}"), "env")
}
