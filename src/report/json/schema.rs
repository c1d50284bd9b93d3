//! The published schemas of outputs, made of their types and doc comments.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::{DiagnosticOutput, PlanOutput, RunOutput};

/// Every one by the name of its file. Members that a schema does not name may come: it says what is promised.
pub fn schemas() -> [(String, Value); 3] {
    [
        schema::<PlanOutput<'static>>("plan-output", "Provost plan"),
        schema::<RunOutput<'static>>("outcome-output", "Provost outcome"),
        schema::<Vec<DiagnosticOutput>>("diagnostics-output", "Provost diagnostics"),
    ]
}

/// Draft-07, as everything that is published, without formats that only Rust knows.
fn schema<T: JsonSchema>(name: &str, title: &str) -> (String, Value) {
    let plain = RecursiveTransform(|schema: &mut Schema| drop(schema.remove("format")));
    let settings = SchemaSettings::draft07().for_serialize().with_transform(plain);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), json!(title));
    (format!("{name}.json"), schema.to_value())
}
