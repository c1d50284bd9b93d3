//! The published schema of faults files, made of the types in `file` and their doc comments.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema as _, Schema};
use serde_json::{Value, json};

use super::file::File;
use super::read::WHATS;

/// Draft-07, without null (an empty value is a mistake) and without formats that only Rust knows.
pub(super) fn published() -> Value {
    let mut generator = SchemaSettings::draft07().with_transform(Plain).into_generator();
    let body = File::json_schema(&mut generator);
    let definitions = generator.take_definitions(true);
    let mut schema = Schema::default();
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!("Provost sandbox faults"));
    for (key, value) in body.as_object().into_iter().flatten() {
        if !["$schema", "title"].contains(&key.as_str()) {
            schema.insert(key.clone(), value.clone());
        }
    }
    schema.insert("definitions".to_owned(), Value::Object(definitions));
    Plain.transform(&mut schema);
    let mut schema = schema.to_value();
    if let Some(fault) = schema.pointer_mut("/definitions/Fault").and_then(Value::as_object_mut) {
        let one = WHATS.map(|name| json!({ "required": [name] }));
        fault.insert("oneOf".to_owned(), json!(one));
    }
    schema
}

#[derive(Clone, Debug)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        schema.remove("format");
        schema.remove("default");
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                schema.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
            branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
            if let [one] = branches.as_slice() {
                let one = one.clone();
                schema.remove("anyOf");
                schema.insert("allOf".to_owned(), json!([one]));
            }
        }
        // What stands beside a `$ref` is ignored by readers of draft-07; `allOf` keeps both.
        let is_lone = schema.as_object().is_none_or(|fields| fields.len() == 1);
        if let Some(reference) = schema.remove("$ref") {
            let (key, value) =
                if is_lone { ("$ref", reference) } else { ("allOf", json!([{ "$ref": reference }])) };
            schema.insert(key.to_owned(), value);
        }
    }
}
