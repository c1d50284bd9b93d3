//! A checked body in the one form that answers have: 64-bit numbers as texts, all others as numbers. Google
//! takes either from a client, and never gives back the other.

use serde_json::{Number, Value};

use super::{Document, Match, Schema};

impl Match<'_> {
    /// The body with its numbers in the documented form.
    pub(crate) fn canonical(&self, body: Value) -> Value {
        match self.document.schema(self.method.request.as_ref()) {
            Some(schema) => canonical(self.document, schema, body),
            None => body,
        }
    }
}

fn canonical(document: &Document, schema: &Schema, value: Value) -> Value {
    let schema = document.resolve(schema);
    let is_long = matches!(schema.format.as_deref(), Some("int64" | "uint64"));
    match (value, schema.kind.as_deref()) {
        (Value::Object(fields), _) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let property = schema.properties.as_ref().and_then(|properties| properties.get(&name));
                let value = match property.or(schema.additional_properties.as_deref()) {
                    Some(of) => canonical(document, of, value),
                    None => value,
                };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        (Value::Array(items), _) => match &schema.items {
            Some(of) => items.into_iter().map(|item| canonical(document, of, item)).collect(),
            None => Value::Array(items),
        },
        (Value::Number(number), Some("string")) if is_long => Value::String(number.to_string()),
        (Value::String(text), Some("integer" | "number")) => {
            text.parse::<Number>().map_or(Value::String(text), Value::Number)
        }
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Surface;

    #[test]
    fn numbers_take_the_form_that_answers_have() {
        let surface = Surface::load().unwrap();
        let firewall = surface.find("POST", "/compute/v1/projects/p/global/firewalls").unwrap();
        assert_eq!(
            firewall.canonical(json!({ "priority": "5", "id": 7 })),
            json!({ "priority": 5, "id": "7" })
        );
        let vm = surface.find("POST", "/compute/v1/projects/p/zones/z/instances").unwrap();
        let disks =
            |size: &serde_json::Value| json!({ "disks": [{ "initializeParams": { "diskSizeGb": size } }] });
        assert_eq!(vm.canonical(disks(&json!(50))), disks(&json!("50")));
    }
}
