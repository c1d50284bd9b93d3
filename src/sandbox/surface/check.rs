//! Whether the query and the body of a request hold only what is documented, in Google's words where not.

use serde_json::Value;

use super::{Document, Match, Schema};
use crate::sandbox::call::Query;
use crate::sandbox::error::ApiError;

/// Parameters that every method takes.
const SYSTEM: [&str; 15] = [
    "$.xgafv",
    "$alt",
    "$prettyPrint",
    "access_token",
    "alt",
    "callback",
    "fields",
    "key",
    "oauth_token",
    "prettyPrint",
    "quotaUser",
    "uploadType",
    "upload_id",
    "upload_protocol",
    "userIp",
];

impl Match<'_> {
    /// Refuses undocumented query parameters and values, and the absence of required ones.
    pub(crate) fn check_query(&self, query: &Query) -> Result<(), ApiError> {
        for (name, value) in &query.0 {
            match self.method.query.get(name) {
                Some(schema) => check_parameter(name, value, schema)?,
                None if SYSTEM.contains(&name.as_str()) => (),
                None => return Err(unknown_parameter(name)),
            }
        }
        let missing = |(name, schema): &(&String, &Schema)| schema.required && query.get(name).is_none();
        match self.method.query.iter().find(missing) {
            Some((name, _)) => Err(ApiError::required(format!("Required parameter: {name}"))),
            None => Ok(()),
        }
    }

    /// Refuses undocumented fields, JSON types and enum values.
    pub(crate) fn check_body(&self, body: &Value) -> Result<(), ApiError> {
        let document = self.document;
        match document.schema(self.method.request.as_ref()) {
            Some(schema) => check(document, schema, body, ""),
            None if is_empty(body) => Ok(()),
            None => Err(ApiError::bad_request("Request contains a body where none is documented.")),
        }
    }

    /// Whether a dotted path of names exists in the answer of the method; `*` stands for any name.
    pub(crate) fn answers(&self, path: &[&str]) -> bool {
        match self.document.schema(self.method.response.as_ref()) {
            Some(schema) => answers(self.document, schema, path),
            None => true,
        }
    }
}

fn is_empty(body: &Value) -> bool {
    body.is_null() || body.as_object().is_some_and(serde_json::Map::is_empty)
}

fn answers(document: &Document, schema: &Schema, path: &[&str]) -> bool {
    let schema = document.resolve(schema);
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    if let Some(items) = &schema.items {
        return answers(document, items, path);
    }
    match (&schema.properties, &schema.additional_properties) {
        (Some(properties), _) if *first == "*" => {
            properties.values().any(|property| answers(document, property, rest))
        }
        (Some(properties), _) => {
            properties.get(*first).is_some_and(|property| answers(document, property, rest))
        }
        (None, Some(values)) => answers(document, values, rest),
        (None, None) => schema.kind.is_none() || *first == "*",
    }
}

fn unknown_parameter(name: &str) -> ApiError {
    ApiError::bad_request(format!(
        "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}' could \
         not be found in request message."
    ))
}

fn check_parameter(name: &str, value: &str, schema: &Schema) -> Result<(), ApiError> {
    let known = |values: &Vec<String>| values.iter().any(|known| known == value) || is_number(value);
    let fits = match schema.kind.as_deref() {
        Some("boolean") => ["true", "false", "1", "0"].contains(&value.to_ascii_lowercase().as_str()),
        Some("integer") => is_number(value),
        _ => schema.values.as_ref().is_none_or(known),
    };
    if fits {
        return Ok(());
    }
    Err(ApiError::bad_request(format!("Invalid value at '{name}' ({}), \"{value}\"", type_name(schema))))
}

fn is_number(value: &str) -> bool {
    value.parse::<i64>().is_ok()
}

fn check(document: &Document, schema: &Schema, value: &Value, at: &str) -> Result<(), ApiError> {
    let schema = document.resolve(schema);
    let any = schema.kind.as_deref() == Some("any");
    match value {
        Value::Null => Ok(()),
        _ if any => Ok(()),
        Value::Object(fields) => {
            if schema.kind.is_some() {
                return Err(wrong_type(schema, value, at));
            }
            fields.iter().try_for_each(|(name, value)| check_field(document, schema, name, value, at))
        }
        Value::Array(items) => match &schema.items {
            Some(of) => items.iter().try_for_each(|item| check(document, of, item, at)),
            None => Err(wrong_type(schema, value, at)),
        },
        _ if fits(schema, value) => Ok(()),
        _ => Err(wrong_type(schema, value, at)),
    }
}

fn check_field(
    document: &Document,
    schema: &Schema,
    name: &str,
    value: &Value,
    at: &str,
) -> Result<(), ApiError> {
    let property = schema.properties.as_ref().and_then(|properties| properties.get(name));
    let below = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match property.or(schema.additional_properties.as_deref()) {
        Some(of) => check(document, of, value, &below),
        None if schema.properties.is_none() || name == "@type" => Ok(()),
        None => Err(unknown_field(name, at)),
    }
}

fn unknown_field(name: &str, at: &str) -> ApiError {
    let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
    ApiError::bad_request(format!(
        "Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field."
    ))
}

/// Whether a scalar is of the documented type. 64-bit numbers may be texts or numbers; enums may be numbers, as
/// Google's own libraries send them.
fn fits(schema: &Schema, value: &Value) -> bool {
    match (schema.kind.as_deref(), value) {
        (Some("string"), Value::String(text)) => match (&schema.values, schema.format.as_deref()) {
            (Some(values), _) => text.is_empty() || values.contains(text),
            (None, Some("int64" | "uint64")) => text.parse::<i128>().is_ok(),
            _ => true,
        },
        (Some("string"), Value::Number(_)) => {
            schema.values.is_some() || matches!(schema.format.as_deref(), Some("int64" | "uint64"))
        }
        (Some("integer"), Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Some("boolean"), Value::Bool(_)) | (Some("number"), Value::Number(_)) => true,
        (Some("integer" | "number"), Value::String(text)) => is_number(text),
        _ => false,
    }
}

fn wrong_type(schema: &Schema, value: &Value, at: &str) -> ApiError {
    ApiError::bad_request(format!("Invalid value at '{at}' ({}), {value}", type_name(schema)))
}

fn type_name(schema: &Schema) -> &'static str {
    match (schema.kind.as_deref(), schema.format.as_deref()) {
        (Some("boolean"), _) => "TYPE_BOOL",
        (_, Some("int64")) => "TYPE_INT64",
        (_, Some("uint64")) => "TYPE_UINT64",
        (_, Some("uint32")) => "TYPE_UINT32",
        (Some("integer"), _) => "TYPE_INT32",
        (Some("number"), _) => "TYPE_DOUBLE",
        (Some("string"), _) if schema.values.is_some() => "TYPE_ENUM",
        (Some("string"), _) => "TYPE_STRING",
        _ => "TYPE_MESSAGE",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Surface;
    use super::*;

    #[test]
    fn only_documented_bodies_pass() {
        let surface = Surface::load().unwrap();
        let found = surface.find("POST", "/compute/v1/projects/p/global/firewalls").unwrap();
        for (body, message) in [
            (json!({ "name": "x", "priority": 0, "id": "7" }), None),
            (json!({ "direction": "INGRESS", "logConfig": { "enable": true } }), None),
            (json!({ "colour": 1 }), Some("Unknown name \"colour\": Cannot find field.")),
            (
                json!({ "logConfig": { "on": 1 } }),
                Some("Unknown name \"on\" at 'logConfig': Cannot find field."),
            ),
            (json!({ "disabled": "no" }), Some("Invalid value at 'disabled' (TYPE_BOOL), \"no\"")),
            (json!({ "direction": "UP" }), Some("Invalid value at 'direction' (TYPE_ENUM), \"UP\"")),
            (json!({ "sourceRanges": "all" }), Some("Invalid value at 'sourceRanges'")),
        ] {
            let refusal = found.check_body(&body).err().map(|error| error.message);
            match message {
                None => assert_eq!(refusal, None, "{body}"),
                Some(part) => assert!(refusal.is_some_and(|text| text.contains(part)), "{body}"),
            }
        }
    }

    #[test]
    fn only_documented_parameters_pass() {
        let surface = Surface::load().unwrap();
        let found = surface.find("GET", "/compute/v1/projects/p/global/firewalls").unwrap();
        let query = |name: &str, value: &str| Query(vec![(name.to_owned(), value.to_owned())]);
        assert!(found.check_query(&query("maxResults", "5")).is_ok());
        assert!(found.check_query(&query("maxResults", "five")).is_err());
        assert!(found.check_query(&query("$alt", "json;enum-encoding=int")).is_ok());
        assert!(found.check_query(&query("pagesize", "5")).is_err());
    }
}
