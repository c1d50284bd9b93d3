//! Small reads and writes of JSON objects.

use serde_json::{Map, Value};

/// A text field, empty when absent.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A boolean field, false when absent.
pub(super) fn flag(value: &Value, field: &str) -> bool {
    value.get(field).and_then(Value::as_bool).unwrap_or(false)
}

/// The items of a list field, none when absent.
pub(super) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The list field for changes, if there is one.
pub(super) fn list_mut<'a>(value: &'a mut Value, field: &str) -> Option<&'a mut Vec<Value>> {
    value.get_mut(field).and_then(Value::as_array_mut)
}

/// Sets a field.
pub(super) fn set(value: &mut Value, field: &str, to: impl Into<Value>) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert(field.to_owned(), to.into());
    }
}

/// Removes a field.
pub(super) fn unset(value: &mut Value, field: &str) {
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove(field);
    }
}

/// Sets a field unless it has a value.
pub(super) fn default(value: &mut Value, field: &str, to: impl Into<Value>) {
    if value.get(field).is_none_or(Value::is_null) {
        set(value, field, to);
    }
}

/// A 64-bit number, which clients send as a text or as a number.
pub(super) fn number(value: &Value, field: &str) -> Option<i64> {
    let given = value.get(field)?;
    given.as_i64().or_else(|| given.as_str()?.parse().ok())
}

/// Copies the named fields that have a value.
pub(super) fn copy(to: &mut Value, from: &Value, fields: &[&str]) {
    for field in fields {
        if let Some(given) = from.get(*field).filter(|given| !given.is_null()) {
            set(to, field, given.clone());
        }
    }
}

/// A JSON merge patch (RFC 7396): null removes, objects merge, everything else replaces.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.shift_remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_replaces_lists_and_removes_nulls() {
        let mut target = json!({ "a": [1, 2], "b": { "c": 1, "d": 2 }, "e": "x" });
        merge(&mut target, &json!({ "a": [3], "b": { "c": null }, "e": null, "f": 1 }));
        assert_eq!(target, json!({ "a": [3], "b": { "d": 2 }, "f": 1 }));
    }
}
