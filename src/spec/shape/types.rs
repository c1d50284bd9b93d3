//! Types of values: which one was wanted, which one is there, and how the same value is written as the other.

use serde_json::Value;

use crate::spec::pointer::Pointer;
use crate::spec::{Problem, formats};

/// A value of another type than the schema's.
pub(super) fn wrong(schema: &Value, value: &Value, at: &Pointer) -> Option<Problem> {
    let wanted = schema.get("type")?.as_str()?;
    let right = match (wanted, value) {
        ("object", Value::Object(_))
        | ("array", Value::Array(_))
        | ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    if right {
        return None;
    }
    if let Some(better) = bad_even_as_text(schema, value) {
        return Some(better);
    }
    let problem = none_of(&[schema], value, at);
    Some(match rewritten(schema, value) {
        Some((text, help)) => problem.help(help).replace(text),
        None => match hint(schema, wanted, value, at) {
            Some(help) => problem.help(help),
            None => problem,
        },
    })
}

/// A value that has none of the types that are possible.
pub(super) fn none_of(schemas: &[&Value], value: &Value, at: &Pointer) -> Problem {
    let mut forms: Vec<String> = schemas.iter().filter_map(|schema| name(schema)).collect();
    forms.dedup();
    let found = match value {
        Value::Null => "nothing",
        Value::Bool(true) => "`true`",
        Value::Bool(false) => "`false`",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    };
    Problem::new("wrong-type", format!("{} must be {}, and is {found}", at.noun(), forms.join(" or ")))
}

fn name(schema: &Value) -> Option<String> {
    let what = match schema.get("type")?.as_str()? {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "a text",
        "boolean" => "`true` or `false`",
        "integer" => "a whole number",
        "number" => "a number",
        _ => return None,
    };
    let example = schema.pointer("/examples/0").and_then(Value::as_str);
    Some(example.map_or_else(|| what.to_owned(), |example| format!("{what} like `{example}`")))
}

/// A number where a text of a format stands: if quotes alone would not make it right, the format says what would.
fn bad_even_as_text(schema: &Value, value: &Value) -> Option<Problem> {
    let text = value.as_number()?.to_string();
    let problem = formats::check(schema.get("format")?.as_str()?, &text)?.err()?;
    Some(Problem { code: "wrong-type", ..problem })
}

/// How the value would have to be written, where that is evident.
fn rewritten(schema: &Value, value: &Value) -> Option<(String, &'static str)> {
    let words = "YAML's words for this are `true` and `false`";
    match (schema.get("type")?.as_str()?, value) {
        ("string", Value::Number(number)) => Some((format!("\"{number}\""), "put quotes around it")),
        ("string", Value::Bool(on)) => Some((format!("\"{on}\""), "put quotes around it")),
        ("integer" | "number", Value::String(text)) => {
            let number = text.replace('_', "").parse::<i64>().ok()?;
            let help = if text.contains('_') { "write it without `_`" } else { "write it without quotes" };
            Some((number.to_string(), help))
        }
        ("integer", Value::Number(number)) => {
            let whole = number.to_string().strip_suffix(".0").map(str::to_owned)?;
            Some((whole, "write it without the fraction"))
        }
        ("boolean", Value::String(text)) => match text.to_lowercase().as_str() {
            "yes" | "on" | "true" | "y" => Some(("true".to_owned(), words)),
            "no" | "off" | "false" | "n" => Some(("false".to_owned(), words)),
            _ => None,
        },
        ("array", Value::String(text)) => Some((format!("[{}]", as_entry(text)), "write a list")),
        ("array", Value::Number(number)) => Some((format!("[{number}]"), "write a list")),
        _ => None,
    }
}

fn hint(schema: &Value, wanted: &str, value: &Value, at: &Pointer) -> Option<String> {
    match (wanted, value) {
        ("array", Value::Object(_)) => Some("write a list: begin each entry with `- `".to_owned()),
        ("object", Value::Array(_)) => Some("write `key: value` on each line, without `-`".to_owned()),
        ("object", Value::String(text)) => {
            // The first field is the one that a person leaves out.
            let first = schema.get("properties").and_then(Value::as_object).and_then(|p| p.keys().next());
            Some(match (first, at.last()) {
                (Some(first), Some(key)) => {
                    format!("name its fields, such as `{key}: {{ {first}: {} }}`", as_entry(text))
                }
                _ => "write `key: value` below it, indented".to_owned(),
            })
        }
        _ => None,
    }
}

/// A text as YAML reads it back as one.
pub(super) fn as_text(text: &str) -> String {
    let other = text.is_empty()
        || text.trim() != text
        || text.parse::<f64>().is_ok()
        || matches!(text, "true" | "false" | "null" | "~")
        || text.starts_with(|c: char| "{}[],&*#?|<>=!%@`\"'-".contains(c))
        || text.contains(": ")
        || text.contains(" #");
    if other { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) } else { text.to_owned() }
}

/// A text within `[…]`.
fn as_entry(text: &str) -> String {
    if text.contains([',', '[', ']', '{', '}']) {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    as_text(text)
}
