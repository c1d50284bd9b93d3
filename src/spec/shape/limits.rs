//! Limits of values: closed lists of words, least and most, how many.

use serde_json::{Map, Value};

use crate::spec::pointer::Pointer;
use crate::spec::{Problem, suggest};

/// A value that is none of the schema's words.
pub(super) fn closed(schema: &Value, value: &Value, at: &Pointer) -> Option<Problem> {
    let words: Vec<&Value> = match (schema.get("enum").and_then(Value::as_array), schema.get("const")) {
        (Some(words), _) => words.iter().collect(),
        (None, Some(word)) => vec![word],
        (None, None) => return None,
    };
    one_of(&words, value, at)
}

/// A value that is none of these.
pub(super) fn one_of(words: &[&Value], value: &Value, at: &Pointer) -> Option<Problem> {
    if words.contains(&value) {
        return None;
    }
    let mut texts: Vec<&str> = Vec::new();
    for word in words.iter().filter_map(|w| w.as_str()) {
        // A word that is taken in two cases is one word to choose.
        if !texts.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            texts.push(word);
        }
    }
    let words = texts;
    let choice = choice(&words);
    let Some(shown) = value.as_str() else {
        return Some(
            super::types::none_of(&[&serde_json::json!({"type": "string"})], value, at)
                .help(format!("write {choice}")),
        );
    };
    let problem = Problem::new("not-one-of", format!("{} must be {choice}, and is `{shown}`", at.noun()));
    Some(match suggest::nearest(shown, words.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None => problem,
    })
}

fn choice(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    if quoted.len() > 2 { format!("one of {}", quoted.join(", ")) } else { quoted.join(" or ") }
}

/// A size outside of what is possible.
pub(super) fn bounds(schema: &Value, value: &Value, at: &Pointer) -> Option<Problem> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let (size, unit, low, high) = match value {
        Value::Number(number) => (number.as_f64()?, "", limit("minimum"), limit("maximum")),
        Value::String(text) => {
            (length(text.chars().count()), "character", limit("minLength"), limit("maxLength"))
        }
        Value::Array(list) => (length(list.len()), "entry", limit("minItems"), limit("maxItems")),
        _ => return None,
    };
    let (low, mut high) = (low.unwrap_or(f64::MIN), high.unwrap_or(f64::MAX));
    if (low..=high).contains(&size) {
        return None;
    }
    if size < low && high >= f64::from(u32::MAX) {
        // The most that its type holds is no news to anybody who is below the least.
        high = f64::MAX;
    }
    let noun = at.noun();
    let outside = |text: String| Some(Problem::new("out-of-range", text));
    if unit.is_empty() {
        let number = value.to_string();
        return outside(format!("{noun} must be {}, and is {number}", wanted(low, high)));
    }
    if size < 0.5 {
        return outside(format!("{noun} must not be empty"));
    }
    let plural = if unit == "entry" { "entries" } else { "characters" };
    let has = if size < 1.5 { format!("1 {unit}") } else { format!("{size} {plural}") };
    outside(format!("{noun} must have {} {plural}, and has {has}", wanted(low, high)))
}

fn wanted(low: f64, high: f64) -> String {
    match (low > f64::MIN, high < f64::MAX) {
        (true, true) if (high - low).abs() < 0.5 => format!("exactly {low}"),
        (true, true) => format!("{low} to {high}"),
        (true, false) => format!("at least {low}"),
        _ => format!("at most {high}"),
    }
}

/// Lengths of specs are far below the whole numbers a float holds exactly.
fn length(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Too few or too many members.
pub(super) fn count(schema: &Value, map: &Map<String, Value>, at: &Pointer) -> Option<Problem> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let names = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
    if limit("minProperties").is_some_and(|least| map.len() < least) {
        let problem = Problem::new("missing-field", format!("{} must not be empty", at.noun()));
        return Some(problem.help(format!("write at least one of {}", names.join(", "))));
    }
    if limit("maxProperties").is_some_and(|most| map.len() > most) {
        let problem = Problem::new("too-many-fields", format!("{} takes only one field", at.noun()));
        return Some(problem.help(format!("keep one of {}", names.join(", "))));
    }
    None
}
