//! Places of what is wrong with expressions: the bytes of a text as bytes of its source, and values where their expression stood.
//! Pure.

use std::ops::Range;

use serde_json::Value;

use super::evaluate::Wrong;
use crate::spec::diagnostic::{Diagnostic, Problem};
use crate::spec::node::{Entry, Node, NodeValue, Origin};
use crate::spec::source::{Sources, Span};

/// What is wrong with a text that stands there; None if it is reported already.
pub(super) fn diagnostic(wrong: Wrong, text: &str, span: Span, sources: &Sources) -> Option<Diagnostic> {
    match wrong {
        Wrong::Problem(problem, range) => Some(place(*problem, range, text, span, sources)),
        Wrong::EmptyCell(column, cell, range) => {
            let used = place(Problem::new("", ""), range, text, span, sources).span;
            let problem = Problem::new("empty-cell", format!("this cell of the column `{column}` is empty"));
            let help =
                "fill it in; or say with `default(…)` what stands for it, or leave the row out with `when:`";
            let mut diagnostic = problem.label("nothing is here").help(help).at(cell);
            diagnostic.related.extend(used.map(|used| (used, "and it is used here".to_owned())));
            Some(diagnostic)
        }
        Wrong::Reported => None,
    }
}

/// The problem at its bytes within the scalar, where these can be found in what is written: quotes, escapes and folded lines
/// make a scalar differ from its source.
fn place(problem: Problem, range: Range<usize>, text: &str, span: Span, sources: &Sources) -> Diagnostic {
    let written = sources.text(span.source).get(span.start..span.end).unwrap_or_default();
    let open = text.get(..range.start).and_then(|before| before.rfind("{{")).unwrap_or(range.start);
    let start = written.find(text).map(|found| found + range.start).or_else(|| {
        let piece = text.get(open..range.end)?;
        written.find(piece).map(|found| found + range.start - open)
    });
    let Some(start) = start.map(|start| span.start + start) else {
        return Problem { replacement: None, ..problem }.at(span);
    };
    problem.at(Span { source: span.source, start, end: start + range.len() })
}

/// A computed value stands where its expression stood.
pub(super) fn computed(value: &Value, span: Span) -> Node {
    let inner = match value {
        Value::Null => NodeValue::Null,
        Value::Bool(on) => NodeValue::Bool(*on),
        Value::Number(number) => NodeValue::Number(number.clone()),
        Value::String(text) => NodeValue::Text(text.clone()),
        Value::Array(list) => NodeValue::List(list.iter().map(|value| computed(value, span)).collect()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| Entry {
                key: key.clone(),
                key_span: span,
                value: computed(value, span),
            };
            NodeValue::Map(map.iter().map(entry).collect())
        }
    };
    Node { span, value: inner, origin: Origin::Computed }
}
