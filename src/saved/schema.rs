//! The published schema of saved plans, made of the types and their doc comments. Pure.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema as _, Schema};
use serde_json::{Value, json};

use super::SavedPlan;

/// Draft-07, without formats that only Rust knows.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let body = SavedPlan::json_schema(&mut generator);
    let definitions = generator.take_definitions(true);
    let mut schema = Schema::default();
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!("Provost saved plan"));
    for (key, value) in body.as_object().into_iter().flatten() {
        if !["$schema", "title"].contains(&key.as_str()) {
            schema.insert(key.clone(), value.clone());
        }
    }
    schema.insert("definitions".to_owned(), Value::Object(definitions));
    Plain.transform(&mut schema);
    schema.to_value()
}

/// A variant is an object of one field, which means what the variant does.
fn of_variant(schema: &mut Schema) {
    let Some(about) =
        schema.get("description").cloned().filter(|_| schema.get("additionalProperties").is_some())
    else {
        return;
    };
    let fields =
        schema.get_mut("properties").and_then(Value::as_object_mut).filter(|fields| fields.len() == 1);
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()) {
        // Any value at all is `true` in a schema.
        if field.as_bool() == Some(true) {
            *field = json!({});
        }
        if let Some(field) = field.as_object_mut() {
            field.entry("description").or_insert_with(|| about.clone());
        }
    }
}

#[derive(Clone, Debug)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        of_variant(schema);
        transform_subschemas(self, schema);
        schema.remove("format");
        // What stands beside a `$ref` is ignored by readers of draft-07; `allOf` keeps both.
        let is_lone = schema.as_object().is_none_or(|fields| fields.len() == 1);
        if let Some(reference) = schema.remove("$ref") {
            let (key, value) =
                if is_lone { ("$ref", reference) } else { ("allOf", json!([{ "$ref": reference }])) };
            schema.insert(key.to_owned(), value);
        }
    }
}
