//! Drafts: specs in the making. Data only.

use serde_json::{Map, Value, json};

use crate::spec::Span;

/// A spec in the making.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its kind.
    pub kind: &'static str,
    /// Its fields, in the order in which they are written; `name` is the first.
    pub fields: Map<String, Value>,
    /// What it was made from.
    pub span: Span,
    /// Whether nobody wrote it, and the others only need it: a course that exists has it.
    pub implied: bool,
}

impl Draft {
    /// A draft with a name.
    pub(super) fn new(kind: &'static str, name: &str, span: Span) -> Self {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), json!(name));
        Self { kind, fields, span, implied: false }
    }

    /// The same, but only needed by others.
    pub(super) fn implied(self) -> Self {
        Self { implied: true, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.fields.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// The value at a dotted path.
    pub(super) fn get(&self, path: &str) -> Option<&Value> {
        let mut keys = path.split('.');
        let first = self.fields.get(keys.next()?)?;
        keys.try_fold(first, |value, key| value.get(key))
    }

    /// The text at a dotted path.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.get(path).and_then(Value::as_str)
    }

    /// Puts a value at a dotted path. Lists grow, mappings take more members.
    pub(super) fn put(&mut self, path: &str, value: Value) {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let root = self.fields.entry(first.to_owned()).or_insert(Value::Null);
        let keys = rest.split('.').filter(|key| !key.is_empty());
        add(keys.fold(root, member), value);
    }

    /// Takes a member of the root away.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.shift_remove(key)
    }

    /// Takes over what another draft of the same resource says.
    pub(super) fn merge(&mut self, other: Self) {
        other
            .fields
            .into_iter()
            .filter(|(key, _)| key != "name")
            .for_each(|(key, value)| self.put(&key, value));
    }
}

/// A member of a mapping, which anything else becomes.
fn member<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(map) => map.entry(key.to_owned()).or_insert(Value::Null),
        other => other,
    }
}

fn add(place: &mut Value, value: Value) {
    match (place, value) {
        (Value::Array(list), Value::Array(more)) => {
            let fresh: Vec<Value> = more.into_iter().filter(|one| !list.contains(one)).collect();
            list.extend(fresh);
        }
        (Value::Object(map), Value::Object(more)) => map.extend(more),
        (place, value) => *place = value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::SourceId;

    #[test]
    fn lists_grow_and_mappings_take_more_members() {
        let mut draft = Draft::new("K", "a", Span { source: SourceId(0), start: 0, end: 0 });
        draft.put("disk.size", json!(1));
        draft.put("disk.type", json!("x"));
        draft.put("tags", json!(["a"]));
        draft.put("tags", json!(["a", "b"]));
        assert_eq!(
            json!(draft.fields),
            json!({"name": "a", "disk": {"size": 1, "type": "x"}, "tags": ["a", "b"]})
        );
        assert_eq!(draft.text("disk.type"), Some("x"));
    }
}
