//! Words: values as people write them where a format has several. Which value has which format is read off the kind's schema.

use serde_json::Value;

/// Writes every length of time below a value in its largest unit.
pub(super) fn words(schema: &Value, value: &mut Value) {
    walk(schema, schema, value);
}

fn walk(root: &Value, schema: &Value, value: &mut Value) {
    let schema = resolved(root, schema);
    if schema.get("format").is_some_and(|format| format == "duration") {
        if let Some(short) = value.as_str().and_then(duration) {
            *value = Value::String(short);
        }
        return;
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        let some = schema.get(several).and_then(Value::as_array).into_iter().flatten();
        for schema in some {
            walk(root, schema, value);
        }
    }
    match value {
        Value::Array(list) => {
            let Some(items) = schema.get("items") else { return };
            for value in list {
                walk(root, items, value);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let property = schema.get("properties").and_then(|all| all.get(key));
                if let Some(schema) = property.or_else(|| schema.get("additionalProperties")) {
                    walk(root, schema, value);
                }
            }
        }
        _ => {}
    }
}

/// What a reference within the schema leads to.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|path| root.pointer(path.strip_prefix('#')?));
    target.unwrap_or(schema)
}

/// `2592000s` in its largest whole unit: `30d`.
fn duration(text: &str) -> Option<String> {
    let seconds: u64 = text.strip_suffix('s')?.parse().ok()?;
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let (unit, size) = units.into_iter().find(|(_, size)| seconds > 0 && seconds.is_multiple_of(*size))?;
    Some(format!("{}{unit}", seconds / size))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_length_of_time_is_written_in_its_largest_whole_unit() {
        let rows =
            [("2592000s", Some("30d")), ("5400s", Some("90m")), ("90s", None), ("0s", None), ("soon", None)];
        for (text, short) in rows {
            assert_eq!(duration(text).as_deref(), short, "{text}");
        }
    }

    #[test]
    fn only_what_the_schema_calls_a_length_of_time_is_one() {
        let schema = json!({
            "properties": {"age": {"$ref": "#/definitions/Age"}, "script": {"type": "string"}},
            "definitions": {"Age": {"anyOf": [{"type": "string", "format": "duration"}, {"type": "integer"}]}},
        });
        let mut value = json!({"age": "86400s", "script": "86400s"});
        words(&schema, &mut value);
        assert_eq!(value, json!({"age": "1d", "script": "86400s"}));
    }
}
