//! A checked body in the one form that the services work with: 64-bit numbers as texts, all others as numbers,
//! enums by name. Google takes either from a client, and never gives back the other.

use serde_json::{Number, Value};

use super::{Document, Match, Schema};

impl Match<'_> {
    /// The body with its numbers and enums in that form.
    pub(crate) fn canonical(&self, body: Value) -> Value {
        match self.document.schema(self.method.request.as_ref()) {
            Some(schema) => canonical(self.document, schema, body).unwrap_or_default(),
            None => body,
        }
    }
}

/// An enum of number zero is unspecified, which is the same as absent.
fn canonical(document: &Document, schema: &Schema, value: Value) -> Option<Value> {
    let schema = document.resolve(schema);
    let is_long = matches!(schema.format.as_deref(), Some("int64" | "uint64"));
    Some(match (value, schema.kind.as_deref()) {
        (Value::Object(fields), _) => {
            let fields = fields.into_iter().filter_map(|(name, value)| {
                let property = schema.properties.as_ref().and_then(|properties| properties.get(&name));
                let value = match property.or(schema.additional_properties.as_deref()) {
                    Some(of) => canonical(document, of, value)?,
                    None => value,
                };
                Some((name, value))
            });
            Value::Object(fields.collect())
        }
        (Value::Array(items), _) => match &schema.items {
            Some(of) => items.into_iter().filter_map(|item| canonical(document, of, item)).collect(),
            None => Value::Array(items),
        },
        (Value::Number(number), Some("string")) if is_long => Value::String(number.to_string()),
        (Value::Number(number), Some("string")) if document.numeric_enums && schema.values.is_some() => {
            return named(schema, &number);
        }
        (Value::String(text), Some("integer" | "number")) => {
            text.parse::<Number>().map_or(Value::String(text), Value::Number)
        }
        (other, _) => other,
    })
}

fn named(schema: &Schema, number: &Number) -> Option<Value> {
    let number = number.as_i64().filter(|number| *number != 0)?;
    schema.enum_name(number).map(Value::from)
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

    #[test]
    fn numbered_enums_get_their_names() {
        let surface = Surface::load().unwrap();
        let create = surface.find("POST", "/v1/projects/p/locations/l/repositories").unwrap();
        let policy = |action, tags| json!({ "a": { "action": action, "condition": { "tagState": tags } } });
        assert_eq!(
            create
                .canonical(json!({ "format": 8, "mode": 0, "cleanupPolicies": policy(json!(2), json!(3)) })),
            json!({ "format": "PYTHON", "cleanupPolicies": policy(json!("KEEP"), json!("ANY")) })
        );
        let disable = surface.find("POST", "/v1/projects/p/services/s:disable").unwrap();
        assert_eq!(
            disable.canonical(json!({ "checkIfServiceHasUsage": 1 })),
            json!({ "checkIfServiceHasUsage": "SKIP" })
        );
    }
}
