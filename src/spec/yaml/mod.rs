//! YAML to nodes. The only module that knows the parser; texts that try to explode are refused here.
//! Pure.

mod explain;
mod raw;
mod unquoted;

use std::collections::HashMap;

use serde_saphyr::{Budget, DuplicateKeyPolicy, Error, Options, Spanned};

use super::diagnostic::{Diagnostic, Problem};
use super::node::{Entry, Node, NodeValue, Origin};
use super::source::{SourceId, Span};
use raw::{Raw, RawValue};

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 1 << 20;
/// The deepest nesting. Each level is several frames of the parser, and a thread may have no more than a megabyte of stack.
const DEEPEST: usize = 24;
/// The most values of one document, aliases expanded.
const MOST_NODES: usize = 100_000;
/// The most documents of one file.
const MOST_DOCUMENTS: usize = 10_000;

/// The documents of a text. One that cannot be read does not hide the others.
pub fn documents(source: SourceId, text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    let parts = match parts(source, text) {
        Ok(parts) => parts,
        Err(found) => return (Vec::new(), vec![*found]),
    };
    let mut nodes = Vec::new();
    let mut diagnostics = Vec::new();
    for (start, part) in parts {
        match document(source, start, part) {
            Ok(Some(node)) => {
                diagnostics.extend(duplicates(&node));
                nodes.push(node);
            }
            Ok(None) => {}
            Err(found) => diagnostics.push(*found),
        }
    }
    (nodes, diagnostics)
}

/// One value that stands in a text from a byte on.
pub fn value(source: SourceId, start: usize, text: &str) -> Result<Option<Node>, Box<Diagnostic>> {
    document(source, start, text)
}

/// The texts of the documents, or why the file as a whole is refused.
fn parts(source: SourceId, text: &str) -> Result<Vec<(usize, &str)>, Box<Diagnostic>> {
    let split_it = "split it into several files of the course folder";
    let too_large = |message: String| {
        let problem = Problem::new("yaml-too-large", message).help(split_it);
        Err(Box::new(problem.at(Span { source, start: 0, end: 0 })))
    };
    if text.len() > LARGEST {
        return too_large(format!("the file has {} bytes, and {LARGEST} is the limit", text.len()));
    }
    if let Some(at) = text.find(char::REPLACEMENT_CHARACTER) {
        let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
        let problem = Problem::new("not-utf-8", "the file is not written in UTF-8")
            .label("these bytes are no character")
            .help("save it as UTF-8 in your editor");
        return Err(Box::new(problem.at(Span { source, start: at, end })));
    }
    let parts = split(text);
    if parts.len() > MOST_DOCUMENTS {
        return too_large(format!("the file has more than {MOST_DOCUMENTS} documents"));
    }
    Ok(parts)
}

/// What stands for nothing at the edges of a line; some editors begin a file with the last of these.
const BLANK: &[char] = &[' ', '\t', '\r', '\u{feff}'];

/// Cuts a text at its `---` lines. Inside block scalars every line is indented, so such a line always separates.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let separates = line.trim_end() == "---" || line.starts_with("--- ");
        if separates {
            parts.push((start, text.get(start..at).unwrap_or_default()));
            start = at + 3;
        }
        at += line.len();
    }
    parts.push((start, text.get(start..).unwrap_or_default()));
    // The parser skips a byte order mark and counts from behind it; places would be off by its length.
    for (start, part) in &mut parts {
        let rest = part.trim_start_matches('\u{feff}');
        *start += part.len() - rest.len();
        *part = rest;
    }
    let empty = |line: &str| matches!(line.trim_matches(BLANK), "" | "...") || line.starts_with('%');
    let comment = |line: &str| line.trim_start_matches(BLANK).starts_with('#');
    parts.retain(|(_, part)| part.lines().any(|line| !empty(line) && !comment(line)));
    parts
}

fn document(source: SourceId, start: usize, part: &str) -> Result<Option<Node>, Box<Diagnostic>> {
    let place = Place { source, start, text: part };
    match serde_saphyr::from_str_with_options::<Option<Raw>>(part, options()) {
        Ok(raw) => Ok(raw.map(|raw| place.node(raw))),
        Err(error) => Err(Box::new(place.diagnostic(&error))),
    }
}

fn options() -> Options {
    let mut options = Options::default();
    let mut budget = Budget::default();
    budget.max_depth = DEEPEST;
    budget.flow_nesting_limit = DEEPEST;
    budget.max_nodes = MOST_NODES;
    options.budget = Some(budget);
    options.strict_booleans = true;
    options.with_snippet = false;
    options.duplicate_keys = DuplicateKeyPolicy::LastWins;
    options
}

/// A key that stands twice: the second one, with the first beside it.
fn duplicates(node: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    duplicates_in(node, &mut found);
    found
}

fn duplicates_in(node: &Node, found: &mut Vec<Diagnostic>) {
    if let NodeValue::List(list) = &node.value {
        for node in list {
            duplicates_in(node, found);
        }
    }
    let mut first: HashMap<&str, Span> = HashMap::new();
    for entry in node.entries() {
        if let Some(first) = first.insert(&entry.key, entry.key_span) {
            let problem = Problem::new("duplicate-key", format!("`{}` stands twice", entry.key));
            let mut diagnostic =
                problem.label("the second one").help("remove one of the two").at(entry.key_span);
            diagnostic.related.push((first, "the first one".to_owned()));
            found.push(diagnostic);
        }
    }
    for entry in node.entries() {
        duplicates_in(&entry.value, found);
    }
}

/// A document within its file.
struct Place<'a> {
    source: SourceId,
    start: usize,
    text: &'a str,
}

impl Place<'_> {
    fn span(&self, location: serde_saphyr::Location) -> Span {
        let span = location.span();
        let byte = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
        let start = byte(span.byte_offset()).min(self.text.len());
        let end = (start + byte(span.byte_len())).min(self.text.len());
        Span { source: self.source, start: self.start + start, end: self.start + end }
    }

    fn slice(&self, location: serde_saphyr::Location) -> &str {
        let span = self.span(location);
        self.text.get(span.start - self.start..span.end - self.start).unwrap_or_default()
    }

    fn node(&self, raw: Raw) -> Node {
        let Raw(Spanned { value, referenced, defined, .. }) = raw;
        let written = self.slice(defined);
        let value = match value {
            RawValue::Null => NodeValue::Null,
            RawValue::Bool(on) => NodeValue::Bool(on),
            // What YAML takes for a number but is written otherwise (`0042`, `1_000`, `1.10`) stays the text it is.
            RawValue::Number(number) if number.to_string() == written => NodeValue::Number(number),
            RawValue::Number(_) => NodeValue::Text(written.to_owned()),
            RawValue::Text(text) => NodeValue::Text(text),
            RawValue::List(list) => NodeValue::List(list.into_iter().map(|raw| self.node(raw)).collect()),
            RawValue::Map(entries) => {
                NodeValue::Map(entries.into_iter().map(|(key, raw)| self.entry(key, raw)).collect())
            }
        };
        Node { span: self.span(referenced), value, origin: Origin::Written }
    }

    fn entry(&self, key: Spanned<String>, raw: Raw) -> Entry {
        Entry { key_span: self.span(key.referenced), key: key.value, value: self.node(raw) }
    }

    fn diagnostic(&self, error: &Error) -> Diagnostic {
        let location = error.location();
        let at = location.map_or(0, |location| self.byte(location));
        if let Some((problem, range)) = unquoted::expression(self.text, at) {
            return problem.at(self.range(range));
        }
        let (problem, range) = explain::error(error, self.text, at);
        problem.at(self.range(range))
    }

    /// Where an error is: the parser gives bytes for values, but only line and column for syntax.
    fn byte(&self, location: serde_saphyr::Location) -> usize {
        if let Some(byte) = location.span().byte_offset().and_then(|byte| usize::try_from(byte).ok()) {
            return byte.min(self.text.len());
        }
        let number = |n: u64| usize::try_from(n.saturating_sub(1)).unwrap_or_default();
        let lines = self.text.split_inclusive('\n');
        let before: usize = lines.clone().take(number(location.line())).map(str::len).sum();
        let line = lines.clone().nth(number(location.line())).unwrap_or_default();
        let within: usize = line.chars().take(number(location.column())).map(char::len_utf8).sum();
        (before + within).min(self.text.len())
    }

    fn range(&self, range: std::ops::Range<usize>) -> Span {
        Span { source: self.source, start: self.start + range.start, end: self.start + range.end }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        documents(SourceId(0), text).1.iter().map(|d| d.code).collect()
    }

    #[test]
    fn every_document_of_a_file_is_read_with_its_place() {
        let text = "a: 1\n---\n# only a comment\n---\nb: x\n";
        let (nodes, diagnostics) = documents(SourceId(0), text);
        assert!(diagnostics.is_empty());
        let values: Vec<_> = nodes.iter().map(Node::to_value).collect();
        assert_eq!(values, [json!({"a": 1}), json!({"b": "x"})]);
        let span = nodes[1].entries()[0].value.span;
        assert_eq!(&text[span.start..span.end], "x");
    }

    #[test]
    fn a_broken_document_does_not_hide_the_others() {
        let (nodes, diagnostics) = documents(SourceId(0), "a: [1\n---\nb: 2\n---\nc: 'x\n");
        assert_eq!((nodes.len(), diagnostics.len()), (1, 2));
    }

    #[test]
    fn numbers_that_are_written_otherwise_stay_texts() {
        let (nodes, _) = documents(SourceId(0), "a: 0042\nb: 1_000\nc: 1.10\nd: 42\ne: on\nf: true\n");
        let value = json!({"a": "0042", "b": "1_000", "c": "1.10", "d": 42, "e": "on", "f": true});
        assert_eq!(nodes[0].to_value(), value);
    }

    #[test]
    fn duplicate_keys_are_errors_all_of_them() {
        assert_eq!(codes("a: 1\na: 2\nb: {c: 1, c: 2}\n"), ["duplicate-key", "duplicate-key"]);
    }

    #[test]
    fn texts_that_try_to_explode_are_refused() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
        assert_eq!(codes(bomb).len(), 1);
        assert_eq!(codes(&"[".repeat(500)).len(), 1);
        assert_eq!(codes(&"x".repeat(LARGEST + 1)), ["yaml-too-large"]);
    }

    #[test]
    fn an_expression_that_is_not_quoted_is_explained() {
        assert_eq!(codes("a:\n  size: {{ vars.size }}\n"), ["quote-the-expression"]);
        assert_eq!(codes("a: [x, {{ vars.size }}]\n"), ["quote-the-expression"]);
        for fine in ["a: \"{{ vars.size }}\"\nb: x-{{ vars.y }}\n", "# a: {{ x }}\nb: |\n  c: {{ x }}\n"] {
            assert!(codes(fine).is_empty(), "{fine}");
        }
    }
}
