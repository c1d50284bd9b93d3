//! Fields that are not there, and fields that there are none of.

use serde_json::{Map, Value};

use crate::spec::pointer::Pointer;
use crate::spec::{Problem, suggest};

/// More names than these are no help in one line.
const MOST_NAMES: usize = 12;

/// A key that is no field of its mapping.
pub(super) fn unknown(root: &Value, schema: &Value, key: &str, kind: &str, at: &Pointer) -> Problem {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let whole = at.parent().is_none();
    let place = if whole { format!("`{kind}`") } else { at.noun() };
    let problem = Problem::new("unknown-field", format!("{place} has no field `{key}`"));
    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
    if let Some(home) = properties.iter().find(|(_, field)| has(root, field, key)) {
        return problem.help(format!("`{key}` belongs under `{}:`", home.0));
    }
    match suggest::nearest(key, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None if known.len() > MOST_NAMES => {
            problem.help(format!("`provost schema {kind}` describes the {} fields it has", known.len()))
        }
        None => problem.help(format!("its fields are {}", quoted(&known))),
    }
}

/// Whether a key that is no field was probably meant to be this one: one mistake, not two.
pub(super) fn is_misspelt(schema: &Value, map: &Map<String, Value>, field: &str) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    let known = || properties.into_iter().flatten().map(|(name, _)| name.as_str());
    let strangers = map.keys().filter(|key| known().all(|name| name != key.as_str()));
    strangers.filter_map(|key| suggest::nearest(key, known())).any(|near| near == field)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a field is a mapping with a field of this name.
fn has(root: &Value, field: &Value, key: &str) -> bool {
    resolved(root, field).get("properties").is_some_and(|properties| properties.get(key).is_some())
}

/// A field that must be there: what to write, by an example where the schema has one.
pub(super) fn missing(root: &Value, schema: &Value, key: &str) -> Problem {
    let problem = Problem::new("missing-field", format!("`{key}` is missing"));
    let field = schema.get("properties").and_then(|properties| properties.get(key)).unwrap_or(&Value::Null);
    if let Some(example) = example(root, field) {
        return problem.help(format!("add it: `{key}: {example}`"));
    }
    let about = field.get("description").and_then(Value::as_str).unwrap_or_default();
    let about = about.split(". ").next().unwrap_or_default().trim_end_matches('.');
    problem.help(if about.is_empty() { format!("add `{key}:`") } else { format!("add `{key}:` ({about})") })
}

fn example(root: &Value, field: &Value) -> Option<String> {
    let field = resolved(root, field);
    let own = field
        .pointer("/examples/0")
        .or_else(|| field.pointer("/enum/0"))
        .or_else(|| field.pointer("/oneOf/0/const"));
    if let Some(text) = own.and_then(Value::as_str) {
        return Some(text.to_owned());
    }
    if let Some(first) = field.pointer("/anyOf/0") {
        return example(root, first);
    }
    let items = field.get("items")?;
    example(root, items).map(|entry| format!("[{entry}]"))
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    let target = reference.and_then(|r| root.pointer(r.trim_start_matches('#')));
    target.map_or(schema, |target| resolved(root, target))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_of_another_mapping_is_shown_its_home() {
        let schema = json!({"properties": {"bootDisk": {"properties": {"sizeGb": {}}}, "name": {}}});
        let problem = unknown(&schema, &schema, "sizeGb", "Vm", &Pointer::default());
        assert_eq!(problem.help.as_deref(), Some("`sizeGb` belongs under `bootDisk:`"));
    }

    #[test]
    fn what_is_missing_comes_with_an_example() {
        let schema = json!({"properties": {"roles": {"items": {"examples": ["roles/viewer"]}}}});
        let problem = missing(&schema, &schema, "roles");
        assert_eq!(problem.help.as_deref(), Some("add it: `roles: [roles/viewer]`"));
    }
}
