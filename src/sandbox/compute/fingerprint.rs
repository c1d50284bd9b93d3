//! Fingerprints: what a client must send back to prove that it changes what it has read.
//!
//! They follow from the content, so that an unchanged resource keeps its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::sandbox::error::ApiError;

/// What Google answers for no labels, no tags and no metadata.
const EMPTY: &str = "42WmSpB8rSM=";

/// The fingerprint of a value; key order does not count.
pub(super) fn of(content: &Value) -> String {
    if is_empty(content) {
        return EMPTY.to_owned();
    }
    let digest = Sha256::digest(sorted(content).to_string().as_bytes());
    URL_SAFE.encode(digest.iter().copied().take(8).collect::<Vec<u8>>())
}

fn is_empty(content: &Value) -> bool {
    match content {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn sorted(content: &Value) -> Value {
    match content {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            let fields: Map<String, Value> =
                names.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Refuses a stale fingerprint, and the absence of one.
pub(super) fn check(given: &str, current: &str, what: &str) -> Result<(), ApiError> {
    if given.is_empty() {
        return Err(ApiError::required(format!("Required field '{what}' not specified")));
    }
    let plain = |text: &str| text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    if plain(given) == plain(current) {
        return Ok(());
    }
    let text = match what {
        "labelFingerprint" => "Labels fingerprint either invalid or resource labels have changed".to_owned(),
        "metadata" => "Supplied fingerprint does not match current metadata fingerprint.".to_owned(),
        "tags" => "Supplied fingerprint does not match current tags fingerprint.".to_owned(),
        _ => format!("Supplied fingerprint does not match the current {what} fingerprint."),
    };
    Err(ApiError::stale(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_has_googles_own_fingerprint() {
        for nothing in [Value::Null, json!([]), json!({})] {
            assert_eq!(of(&nothing), EMPTY);
        }
    }

    #[test]
    fn a_fingerprint_follows_the_content() {
        assert_eq!(of(&json!({ "a": 1, "b": 2 })), of(&json!({ "b": 2, "a": 1 })));
        assert_ne!(of(&json!({ "a": 1 })), of(&json!({ "a": 2 })));
    }

    #[test]
    fn a_stale_fingerprint_is_412_and_a_missing_one_400() {
        assert_eq!(check("old=", "new=", "tags").map_err(|error| error.code), Err(412));
        assert_eq!(check("", "new=", "tags").map_err(|error| error.code), Err(400));
        assert!(check("a_b-", "a/b+=", "tags").is_ok());
    }
}
