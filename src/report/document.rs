//! The YAML documents of a change: what is live of the stated fields, and what is desired, as a unified diff.
//! Pure.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::kinds::FieldChange;
use crate::plan::Change;

/// A line of a diff: kept, removed or added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `' '`, `'-'` or `'+'`.
    pub sign: char,
    /// The text without its line break.
    pub text: String,
}

/// The unified diff of a change, with three lines of context.
pub fn diff(change: &Change) -> Vec<Line> {
    let desired = without(&change.after, change.hidden);
    let before = match (&change.before, &change.after) {
        (Value::Null, _) => String::new(),
        (before, Value::Null) => yaml(before),
        _ => yaml(&before_of(&desired, &change.fields)),
    };
    let after = yaml(&desired);
    if before.is_empty() || after.is_empty() {
        return one_sided(&before, &after);
    }
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = Vec::new();
    for (i, group) in diff.grouped_ops(3).iter().enumerate() {
        if i > 0 {
            lines.push(Line { sign: ' ', text: "…".to_owned() });
        }
        for op in group {
            lines.extend(
                diff.iter_changes(op)
                    .map(|c| Line { sign: sign(c.tag()), text: c.value().trim_end().to_owned() }),
            );
        }
    }
    lines
}

/// Where one of the two is nothing there is nothing to compare.
fn one_sided(before: &str, after: &str) -> Vec<Line> {
    let line = |sign| move |text: &str| Line { sign, text: text.trim_end().to_owned() };
    before.lines().map(line('-')).chain(after.lines().map(line('+'))).collect()
}

fn without(spec: &Value, fields: &[&str]) -> Value {
    let mut shown = spec.clone();
    if let Some(map) = shown.as_object_mut() {
        map.retain(|key, _| !fields.contains(&key.as_str()));
    }
    shown
}

fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    }
}

/// A value as YAML; nothing for null. Objects by digest would only be noise: their names and sizes say it.
fn yaml(value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    serde_yaml::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// The live side of what the spec states: the desired document with the live values put back. Two secrets that differ
/// read the same once they are hidden, and must be seen to differ.
fn before_of(after: &Value, fields: &[FieldChange]) -> Value {
    let mut before = after.clone();
    let other = Value::String(ANOTHER.to_owned());
    for field in fields {
        let hidden = field.before == field.after;
        put(&mut before, &field.path.0, if hidden { &other } else { &field.before });
    }
    before
}

/// Stands for a hidden value beside another hidden value.
const ANOTHER: &str = "(sensitive, another value)";

fn put(at: &mut Value, path: &[String], value: &Value) {
    let Some((first, rest)) = path.split_first() else {
        *at = value.clone();
        return;
    };
    match at {
        Value::Object(map) if rest.is_empty() && value.is_null() => drop(map.shift_remove(first)),
        Value::Object(map) => put(map.entry(first.as_str()).or_insert(Value::Null), rest, value),
        Value::Array(list) => {
            if let Some(item) = first.parse::<usize>().ok().and_then(|i| list.get_mut(i)) {
                put(item, rest, value);
            }
        }
        other => {
            *other = Value::Object(serde_json::Map::new());
            put(other, path, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::FieldPath;
    use crate::plan::Action;
    use crate::spec::Address;

    fn lines(team: [&str; 2]) -> Vec<String> {
        let path = FieldPath(vec!["labels".into(), "team".into()]);
        let change = Change {
            places: Vec::new(),
            address: Address::new("Vm", "x"),
            project: None,
            action: Action::Update,
            reason: String::new(),
            fields: vec![FieldChange { path, before: json!(team[0]), after: json!(team[1]) }],
            before: json!({"name": "x", "labels": {"team": team[0], "goog-x": "1"}}),
            after: json!({"name": "x", "labels": {"team": team[1]}, "tunnels": [8080]}),
            hidden: &["tunnels"],
            resource: String::new(),
            address_of: None,
            ends: None,
            status: None,
        };
        diff(&change).into_iter().map(|l| format!("{}{}", l.sign, l.text)).collect()
    }

    #[test]
    fn only_what_changes_is_removed_and_added() {
        assert_eq!(lines(["a", "b"]), [" name: x", " labels:", "-  team: a", "+  team: b"]);
    }

    #[test]
    fn two_hidden_values_are_seen_to_differ() {
        let shown = lines(["(sensitive)", "(sensitive)"]);
        assert_eq!(shown[2..], ["-  team: (sensitive, another value)", "+  team: (sensitive)"]);
    }
}
