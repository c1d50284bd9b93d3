//! Names inside expressions: which a text uses, where they stand, and which one was probably meant.
//! Pure. Reads just enough of the expression language to point at a name; evaluation is the business of `expand`.

use std::ops::Range;

use serde_json::Value;

use super::diagnostic::Problem;
use super::suggest;

/// Words of the language itself.
const WORDS: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// Whether a text is a word of the language.
pub(super) fn is_word(text: &str) -> bool {
    WORDS.contains(&text)
}

/// The expression of a text that is nothing but one.
pub(super) fn whole(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    // `{{-` and `-}}` take the spaces around away, of which there are none.
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    let inner = inner.strip_suffix('-').unwrap_or(inner);
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner)
}

/// The first expression of a text, braces included.
pub(super) fn first(text: &str) -> Range<usize> {
    let start = text.find("{{").or_else(|| text.find("{%")).unwrap_or_default();
    let end = text.get(start..).and_then(|rest| rest.find("}}").or_else(|| rest.find("%}")));
    start..end.map_or(text.len(), |end| start + end + 2)
}

/// The first name of a text that the context does not define, and the problem with it.
pub(super) fn undefined(text: &str, context: &Value) -> Option<(Problem, Range<usize>)> {
    let name = names(text).into_iter().find(|name| resolve(context, &text[name.clone()]).is_err())?;
    let written = text.get(name.clone())?;
    let problem = Problem::new("undefined-variable", format!("`{written}` is not defined"));
    let problem = match meant(written, context) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None => problem.help(defined(written, context)),
    };
    Some((problem, name))
}

/// The names in the expressions of a text: dotted, and not those of filters, functions and tests.
fn names(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text.get(from..).and_then(|rest| rest.find("{{")).map(|i| from + i + 2) {
        let close = text.get(open..).and_then(|rest| rest.find("}}")).map_or(text.len(), |i| open + i);
        found.extend(in_expression(text, open..close));
        from = close;
    }
    found
}

fn in_expression(text: &str, expression: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut at = expression.start;
    let mut before = ' ';
    while let Some(c) = text.get(at..expression.end).and_then(|rest| rest.chars().next()) {
        let word = text.get(at..expression.end).unwrap_or_default();
        let length =
            word.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(word.len());
        let step = if quote.is_none() && (c.is_alphabetic() || c == '_') { length } else { c.len_utf8() };
        match quote {
            Some(closing) if c == closing => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if step == length && c.is_alphabetic() => {
                let after = word.get(length..).unwrap_or_default().trim_start();
                let name = word.get(..length).unwrap_or_default().trim_end_matches('.');
                let call = after.starts_with('(') && !name.contains('.');
                let filter = matches!(before, '|' | '.' | ']' | ')');
                let keyword = after.starts_with('=') && !after.starts_with("==");
                if !(call || filter || keyword || WORDS.contains(&name)) {
                    found.push(at..at + name.len());
                }
            }
            _ => {}
        }
        before = if c.is_whitespace() { before } else { c };
        at += step;
    }
    found
}

/// How far a dotted name can be followed: its value, or the part of it that is defined.
fn resolve<'a>(context: &'a Value, name: &str) -> Result<&'a Value, String> {
    let mut value = context;
    let mut known = String::new();
    for segment in name.split('.') {
        value = value.get(segment).ok_or_else(|| known.clone())?;
        known = if known.is_empty() { segment.to_owned() } else { format!("{known}.{segment}") };
    }
    Ok(value)
}

/// The defined name that is most like a name, or that ends with it.
fn meant(name: &str, context: &Value) -> Option<String> {
    let mut known = Vec::new();
    paths("", context, &mut known);
    let ends = known.iter().find(|path| path.rsplit('.').next() == Some(name));
    let near =
        || suggest::nearest(name, known.iter().map(String::as_str).filter(|path| path.contains(['.', '['])));
    ends.map(String::as_str).or_else(near).map(str::to_owned)
}

fn paths(prefix: &str, value: &Value, found: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = member(prefix, key);
        if path.split('.').count() < 5 {
            paths(&path, value, found);
        }
        found.push(path);
    }
}

/// A member of a value as an expression names it: sheets have columns with spaces.
fn member(prefix: &str, key: &str) -> String {
    let plain = key.chars().all(|c| c.is_alphanumeric() || c == '_');
    match (prefix, plain && !key.starts_with(|c: char| c.is_numeric())) {
        ("", _) => key.to_owned(),
        (_, true) => format!("{prefix}.{key}"),
        _ => format!("{prefix}[\"{key}\"]"),
    }
}

/// What is defined where the name stops being so.
fn defined(name: &str, context: &Value) -> String {
    let prefix = resolve(context, name).err().unwrap_or_default();
    let place = if prefix.is_empty() { Ok(context) } else { resolve(context, &prefix) };
    let members = place.ok().and_then(Value::as_object).into_iter().flatten();
    let members: Vec<String> = members.map(|(key, _)| format!("`{}`", member(&prefix, key))).collect();
    match (prefix.as_str(), members.as_slice()) {
        ("", _) if name.split('.').next() == Some("roster") => {
            "the Course has no roster: add `roster: roster.csv` to it, with the file in the course folder"
                .to_owned()
        }
        ("vars", []) => "the Course defines no `vars`: add them there".to_owned(),
        (_, []) => format!("`{prefix}` has no parts with names"),
        ("", _) => format!("names begin with {}", members.join(" or ")),
        _ => format!("there are {}", members.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_found_where_they_stand_and_words_of_the_language_are_not() {
        let text =
            "a {{ vars.x | upper }} {{ 'no.name' ~ course.name if not b is defined else f(c, k=d, e == g) }}";
        let found: Vec<&str> = names(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["vars.x", "course.name", "b", "defined", "c", "d", "e", "g"]);
    }

    #[test]
    fn the_name_that_was_meant_is_offered() {
        let context = json!({"vars": {"mascots": ["owl"], "size": {"disk": 1}}, "course": {"project": "p"}});
        let fix = |text: &str| undefined(text, &context).and_then(|(problem, _)| problem.replacement);
        assert_eq!(fix("{{ vars.mascot }}").as_deref(), Some("vars.mascots"));
        assert_eq!(fix("{{ project }}").as_deref(), Some("course.project"));
        assert_eq!(fix("{{ vars.size.dsk }}").as_deref(), Some("vars.size.disk"));
        assert_eq!(fix("{{ vars.colour }}"), None);
        assert!(undefined("{{ vars.mascots }}", &context).is_none());
    }
}
