//! Expressions without quotes: `key: {{ vars.x }}` is a mapping to YAML, where a text is meant.
//! Pure. Looked for only where the parser gave up, so that comments and scripts with braces are left alone.

use std::ops::Range;

use crate::spec::Problem;

/// The expression that is the cause of an error at a byte of a text, with the quotes it needs.
pub(super) fn expression(text: &str, at: usize) -> Option<(Problem, Range<usize>)> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |n| n + 1);
    let line = text.get(start..)?.lines().next()?;
    let (open, in_brackets) = line.match_indices("{{").find_map(|(i, _)| {
        let before = line.get(..i)?;
        let quoted = before.matches('"').count() % 2 == 1 || before.matches('\'').count() % 2 == 1;
        let begins = before.trim().is_empty() || before.trim_end().ends_with([':', '-', '[', ',', '{']);
        let last = before.chars().rev().find(|c| "[]{}".contains(*c));
        (begins && !quoted).then_some((i, matches!(last, Some('[' | '{'))))
    })?;
    let value = value(line.get(open..)?, in_brackets)?;
    let quote = if value.contains('"') { '\'' } else { '"' };
    let problem = Problem::new("quote-the-expression", "a value that begins with `{{` must be quoted")
        .label("YAML reads this as a mapping")
        .help("put quotes around it")
        .replace(format!("{quote}{value}{quote}"));
    Some((problem, start + open..start + open + value.len()))
}

/// The value that begins with the expression: up to the end of the line, or of its place in a list.
fn value(rest: &str, in_brackets: bool) -> Option<&str> {
    let close = rest.find("}}")? + 2;
    let after = rest.get(close..)?;
    let length = if in_brackets {
        after.find([',', ']', '}']).unwrap_or(after.len())
    } else {
        after.find(" #").unwrap_or(after.len())
    };
    Some(rest.get(..close + length)?.trim_end())
}
