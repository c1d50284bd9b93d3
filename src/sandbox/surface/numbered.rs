//! Enums by their number in an answer. Google's generated libraries ask for it (`$alt=json;enum-encoding=int`); the
//! services of the one platform do it, Compute and Storage do not.

use serde_json::Value;

use super::{Document, Match, Schema};
use crate::sandbox::call::Query;

impl Match<'_> {
    /// The answer as the query asks for it: with its enums by number, or as it is.
    pub(crate) fn encoded(&self, answer: Value, query: &Query) -> Value {
        let asked = query.get("$alt").is_some_and(|alt| alt.contains("enum-encoding=int"));
        match self.document.schema(self.method.response.as_ref()) {
            Some(schema) if asked && self.document.numeric_enums => numbered(self.document, schema, answer),
            _ => answer,
        }
    }
}

fn numbered(document: &Document, schema: &Schema, value: Value) -> Value {
    let schema = document.resolve(schema);
    match value {
        Value::Object(fields) => {
            let held = fields.get("@type").and_then(Value::as_str).and_then(|name| document.named(name));
            let schema = held.unwrap_or(schema);
            let fields = fields.into_iter().map(|(name, value)| {
                let property = schema.properties.as_ref().and_then(|properties| properties.get(&name));
                let value = match property.or(schema.additional_properties.as_deref()) {
                    Some(of) => numbered(document, of, value),
                    None => value,
                };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => match &schema.items {
            Some(of) => items.into_iter().map(|item| numbered(document, of, item)).collect(),
            None => Value::Array(items),
        },
        Value::String(text) => schema.enum_number(&text).map_or(Value::String(text), Value::from),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Surface;
    use super::*;

    #[test]
    fn enums_are_answered_by_number_where_asked() {
        let surface = Surface::load().unwrap();
        let query = |alt: &str| Query(vec![("$alt".to_owned(), alt.to_owned())]);
        let kind = "type.googleapis.com/google.devtools.artifactregistry.v1.Repository";
        for (path, answer, wanted) in [
            (
                "/v1/projects/p/locations/l/repositories/r",
                json!({ "format": "PYTHON", "name": "DOCKER" }),
                json!({ "format": 8, "name": "DOCKER" }),
            ),
            (
                "/v1/projects/p/locations/l/operations/o",
                json!({ "done": true, "response": { "@type": kind, "mode": "STANDARD_REPOSITORY" } }),
                json!({ "done": true, "response": { "@type": kind, "mode": 1 } }),
            ),
            ("/v1/projects/p/services/s", json!({ "state": "ENABLED" }), json!({ "state": 2 })),
            ("/compute/v1/projects/p/zones/z", json!({ "status": "UP" }), json!({ "status": "UP" })),
        ] {
            let found = surface.find("GET", path).unwrap();
            assert_eq!(found.encoded(answer.clone(), &query("json;enum-encoding=int")), wanted, "{path}");
            assert_eq!(found.encoded(answer.clone(), &query("json")), answer, "{path}");
        }
    }
}
