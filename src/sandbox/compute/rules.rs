//! What names, labels, tags and metadata may look like, with Google's texts for what they may not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::value::{list, text};
use crate::sandbox::error::ApiError;

const NAME: &str = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)";
const MOST_LABELS: usize = 64;
const MOST_TAGS: usize = 64;
const LONGEST_METADATA: usize = 262_144;
const ALL_METADATA: usize = 512 * 1024;

/// 400 for a field.
pub(super) fn invalid(field: &str, value: &str, why: &str) -> ApiError {
    ApiError::invalid(format!("Invalid value for field '{field}': '{value}'. {why}"))
}

/// Whether the text is a resource name (RFC 1035).
pub(super) fn is_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The name in a body.
pub(super) fn name(body: &Value) -> Result<&str, ApiError> {
    let name = text(body, "name");
    if is_name(name) {
        return Ok(name);
    }
    Err(invalid("resource.name", name, &format!("Must be a match of regex '{NAME}'")))
}

/// Keys and values of a label map.
pub(super) fn labels(labels: &Value, field: &str) -> Result<(), ApiError> {
    let Some(labels) = labels.as_object() else {
        return Ok(());
    };
    if labels.len() > MOST_LABELS {
        return Err(invalid(field, "", "The number of labels must not exceed 64."));
    }
    for (key, value) in labels {
        let value = value.as_str().unwrap_or_default();
        let key_fits = (1..=63).contains(&key.chars().count()) && key.starts_with(char::is_alphabetic);
        if !key_fits || !key.chars().all(is_label_character) {
            return Err(invalid(&format!("{field}.key"), key, LABEL_KEY));
        }
        if value.chars().count() > 63 || !value.chars().all(is_label_character) {
            return Err(invalid(&format!("{field}.value"), value, LABEL_VALUE));
        }
    }
    Ok(())
}

const LABEL_KEY: &str =
    "Label keys must match the following pattern: '[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}'.";
const LABEL_VALUE: &str = "Label values must match the following pattern: '[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}'.";

fn is_label_character(c: char) -> bool {
    c == '-' || c == '_' || (c.is_alphanumeric() && !c.is_uppercase())
}

/// Network tags of an instance or of a rule.
pub(super) fn tags(tags: &[Value], field: &str) -> Result<(), ApiError> {
    if tags.len() > MOST_TAGS {
        return Err(invalid(field, "", "At most 64 tags are allowed."));
    }
    let mut seen = BTreeSet::new();
    for (at, tag) in tags.iter().enumerate() {
        let tag = tag.as_str().unwrap_or_default();
        if !is_name(tag) {
            return Err(invalid(
                &format!("{field}[{at}]"),
                tag,
                &format!("Must be a match of regex '{NAME}'"),
            ));
        }
        if !seen.insert(tag) {
            return Err(invalid(field, tag, "Duplicate tags are not allowed."));
        }
    }
    Ok(())
}

/// Keys and sizes of metadata.
pub(super) fn metadata(metadata: &Value) -> Result<(), ApiError> {
    const FIELD: &str = "resource.metadata.items";
    let (mut seen, mut size) = (BTreeSet::new(), 0);
    for (at, item) in list(metadata, "items").iter().enumerate() {
        let (key, value) = (text(item, "key"), text(item, "value"));
        let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if !(1..=128).contains(&key.len()) || !key.bytes().all(fits) {
            return Err(invalid(
                &format!("{FIELD}[{at}].key"),
                key,
                "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'",
            ));
        }
        if !seen.insert(key) {
            return Err(invalid(FIELD, key, "Metadata has duplicate keys."));
        }
        size += key.len() + value.len();
        if value.len() > LONGEST_METADATA || size > ALL_METADATA {
            return Err(invalid(&format!("{FIELD}[{at}].value"), key, "Metadata is too large."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_follow_rfc_1035() {
        for (name, good) in [
            ("a", true),
            ("a-1", true),
            ("", false),
            ("1a", false),
            ("a-", false),
            ("A", false),
            ("a_b", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
        assert!(is_name(&"a".repeat(63)) && !is_name(&"a".repeat(64)));
    }

    #[test]
    fn labels_are_lower_case() {
        for (given, good) in [
            (json!({ "owner": "ana" }), true),
            (json!({ "owner": "" }), true),
            (json!({ "élève": "zoé" }), true),
            (json!({ "Owner": "ana" }), false),
            (json!({ "owner": "Ana" }), false),
            (json!({ "owner": "a.b" }), false),
            (json!({ "1owner": "a" }), false),
        ] {
            assert_eq!(labels(&given, "resource.labels").is_ok(), good, "{given}");
        }
    }

    #[test]
    fn metadata_keys_are_unique() {
        let item = json!({ "key": "k", "value": "v" });
        assert!(metadata(&json!({ "items": [item] })).is_ok());
        assert!(metadata(&json!({ "items": [item, item] })).is_err());
        assert!(metadata(&json!({ "items": [{ "key": "a b" }] })).is_err());
    }
}
