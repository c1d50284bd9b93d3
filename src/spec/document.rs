//! Documents: what a node of a course folder declares, and the spec it becomes.
//! Pure.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::diagnostic::{Diagnostic, Problem};
use super::node::{Node, NodeValue, Origin};
use super::pointer::Pointer;
use super::roster::Row;
use super::source::Span;
use super::suggest;

/// A YAML document with its kind.
#[derive(Clone, Debug)]
pub struct Document {
    /// The kind.
    pub kind: String,
    /// Where the kind stands.
    pub kind_span: Span,
    /// The whole mapping.
    pub root: Node,
}

/// A spec after expansion: values, and the place of each.
#[derive(Clone, Debug)]
pub struct ExpandedSpec {
    /// The kind.
    pub kind: String,
    /// The name; empty when it is missing, which the shape check reports.
    pub name: String,
    /// The mapping without `kind`.
    pub value: Value,
    /// Where each value stands.
    pub spans: SpanMap,
    /// Where the kind stands.
    pub kind_span: Span,
    /// The row of the roster and the entries of lists that `forEach` made it of, with what to say there.
    pub made_of: Vec<(Span, String)>,
    /// The rows of the roster that it is for: that it is made of, or that say of themselves what it is made of.
    pub of_whom: Vec<Arc<Row>>,
}

/// Places of values and keys by pointer.
#[derive(Clone, Debug, Default)]
pub struct SpanMap(HashMap<Pointer, Place>);

#[derive(Clone, Copy, Debug)]
struct Place {
    value: Span,
    key: Option<Span>,
    origin: Origin,
    /// A list or mapping: its text may be many lines long, and its key says better which one is meant.
    holds_others: bool,
    /// The first key of a mapping, which stands for an entry of a list.
    first: Option<Span>,
}

impl SpanMap {
    /// The places of everything below a node.
    pub fn of(root: &Node) -> Self {
        let mut places = HashMap::new();
        root.walk(&Pointer::default(), None, &mut |at, key, node| {
            let holds_others = matches!(node.value, NodeValue::List(_) | NodeValue::Map(_));
            let first = node.entries().first().map(|entry| entry.key_span);
            places.insert(
                at.clone(),
                Place { value: node.span, key, origin: node.origin, holds_others, first },
            );
        });
        Self(places)
    }

    /// Where a single value stands; of a list or mapping its key, or else the first one in it or the nearest around it.
    pub fn value(&self, at: &Pointer) -> Option<Span> {
        let place = self.0.get(at)?;
        let extent = place.value.end > place.value.start;
        if extent && (!place.holds_others || place.origin == Origin::Computed) {
            Some(place.value)
        } else {
            place.key.or(place.first).or_else(|| self.key(at))
        }
    }

    /// Where the key of a value stands, or of the nearest thing around it that has one.
    pub fn key(&self, at: &Pointer) -> Option<Span> {
        let mut at = Some(at.clone());
        while let Some(pointer) = at {
            if let Some(Place { key: Some(key), .. }) = self.0.get(&pointer) {
                return Some(*key);
            }
            at = pointer.parent();
        }
        None
    }

    /// Where a value comes from.
    pub fn origin(&self, at: &Pointer) -> Origin {
        self.0.get(at).map_or(Origin::Written, |place| place.origin)
    }

    /// Whether every expression of the spec has a value.
    pub fn is_known(&self) -> bool {
        self.0.values().all(|place| place.origin != Origin::Unknown)
    }
}

/// The document of a node, or why it is none. `known` are the names of kinds.
pub fn document(node: Node, known: &[&str]) -> Result<Document, Box<Diagnostic>> {
    if !matches!(node.value, NodeValue::Map(_)) {
        return Err(Box::new(not_a_mapping(&node)));
    }
    let Some(entry) = node.entry("kind") else {
        let place = node.entries().first().map_or(node.span, |first| first.key_span);
        let problem = Problem::new("missing-kind", "this document has no `kind`");
        return Err(Box::new(
            problem.help(format!("add `kind:` with one of {}", known.join(", "))).at(place),
        ));
    };
    let empty = entry.value.span.end <= entry.value.span.start || entry.value.value == NodeValue::Null;
    let place = if empty { entry.key_span } else { entry.value.span };
    match entry.value.text().filter(|kind| known.contains(kind)) {
        Some(kind) => Ok(Document { kind: kind.to_owned(), kind_span: place, root: node }),
        None => Err(Box::new(unknown_kind(&entry.value, known).at(place))),
    }
}

fn not_a_mapping(node: &Node) -> Diagnostic {
    let what = match &node.value {
        NodeValue::List(_) => "a list",
        _ => "not `key: value`",
    };
    let problem = Problem::new("not-a-mapping", "a document is a mapping that begins with its `kind`");
    let help = match node.text().and_then(|text| text.split_once(':')) {
        Some((key, _)) if !key.contains(' ') => "write a space after each colon",
        _ => "begin it with `kind: Vm` or another kind",
    };
    problem.label(format!("this is {what}")).help(help).at(node.span)
}

fn unknown_kind(kind: &Node, known: &[&str]) -> Problem {
    let kinds = format!("the kinds are {}", known.join(", "));
    let Some(kind) = kind.text().filter(|kind| !kind.is_empty()) else {
        return Problem::new("unknown-kind", "`kind` does not say which kind this is").help(kinds);
    };
    let problem = Problem::new("unknown-kind", format!("there is no kind `{kind}`"));
    match suggest::nearest(kind, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None => problem.help(kinds),
    }
}
