//! Nodes: a YAML document as a tree in which every value and every key knows its place.
//! Data only.

use serde_json::{Map, Number, Value};

use super::pointer::Pointer;
use super::source::Span;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: NodeValue,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Origin {
    /// It was written as it is.
    #[default]
    Written,
    /// An expression stands there, and this is its value: another text in its place would be no repair.
    Computed,
    /// An expression stands there that has no value, which is reported already.
    Unknown,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in order.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The entries of a mapping; nothing for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            NodeValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(on) => Value::Bool(*on),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::Text(text) => Value::String(text.clone()),
            NodeValue::List(list) => list.iter().map(Self::to_value).collect(),
            NodeValue::Map(entries) => {
                let members: Map<String, Value> =
                    entries.iter().map(|e| (e.key.clone(), e.value.to_value())).collect();
                Value::Object(members)
            }
        }
    }

    /// Visits every node with its pointer and the place of its key.
    pub fn walk(
        &self,
        at: &Pointer,
        key: Option<Span>,
        visit: &mut impl FnMut(&Pointer, Option<Span>, &Self),
    ) {
        visit(at, key, self);
        match &self.value {
            NodeValue::List(list) => {
                list.iter()
                    .enumerate()
                    .for_each(|(i, node)| node.walk(&at.child(i.to_string()), None, visit));
            }
            NodeValue::Map(entries) => {
                for entry in entries {
                    entry.value.walk(&at.child(entry.key.as_str()), Some(entry.key_span), visit);
                }
            }
            _ => {}
        }
    }
}
