//! A roster that is written in the Course itself: rows of YAML, whose values keep their types.
//! Pure. The shape of the Course is checked before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::check;
use super::{Cell, Content, Roster, Row};
use crate::spec::diagnostic::Diagnostic;
use crate::spec::node::{Node, NodeValue};

/// The roster of a list of mappings. What one of them leaves out is empty there.
pub fn rows(list: &Node) -> (Roster, Vec<Diagnostic>) {
    let NodeValue::List(entries) = &list.value else {
        return (Roster::default(), Vec::new());
    };
    let mut roster = Roster::default();
    for key in entries.iter().flat_map(Node::entries).map(|entry| &entry.key) {
        if !roster.columns.contains(key) {
            roster.columns.push(key.clone());
        }
    }
    roster.rows = entries.iter().map(|entry| Arc::new(row(entry, &roster.columns))).collect();
    check(roster)
}

fn row(node: &Node, columns: &[String]) -> Row {
    let first = node.entries().first().map_or(node.span, |entry| entry.key_span);
    let cell = |column: &String| {
        let cell = match node.entry(column) {
            Some(entry) => Cell { span: entry.value.span, content: content(&entry.value) },
            None => Cell { span: first, content: Content::Empty },
        };
        (column.clone(), cell)
    };
    Row { span: first, cells: columns.iter().map(cell).collect::<BTreeMap<_, _>>() }
}

fn content(node: &Node) -> Content {
    match &node.value {
        NodeValue::Null => Content::Empty,
        NodeValue::Text(text) if text.trim().is_empty() => Content::Empty,
        _ => Content::Value(node.to_value()),
    }
}
