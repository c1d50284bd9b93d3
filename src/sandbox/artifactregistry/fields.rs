//! The fields of a repository: what may be written when, and what the server adds.

use serde_json::{Map, Value, json};

use crate::sandbox::error::ApiError;

/// Fields a PATCH may change.
const MUTABLE: [&str; 6] = [
    "cleanupPolicies",
    "cleanupPolicyDryRun",
    "description",
    "dockerConfig",
    "labels",
    "vulnerabilityScanningConfig",
];
/// Fields that are set when the repository is created and stay.
const AT_CREATION: [&str; 5] =
    ["format", "kmsKeyName", "mavenConfig", "remoteRepositoryConfig", "virtualRepositoryConfig"];
/// Repositories that serve the addresses of the former Container Registry.
const LEGACY_IDS: [&str; 4] = ["gcr.io", "us.gcr.io", "eu.gcr.io", "asia.gcr.io"];
const LONGEST_DESCRIPTION: usize = 1_024;

/// Lower case letters, digits and hyphens, starting with a letter, at most 63.
pub(super) fn check_id(id: &str) -> Result<(), ApiError> {
    let allowed = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let starts = id.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if LEGACY_IDS.contains(&id) || (allowed && starts && !id.ends_with('-') && id.len() <= 63) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid repository ID '{id}': it must match ^[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?$."
    )))
}

/// A new repository as stored.
pub(super) fn created(name: &str, body: &Value, now: jiff::Timestamp) -> Result<Value, ApiError> {
    let format = body.get("format").and_then(Value::as_str).unwrap_or("FORMAT_UNSPECIFIED");
    if format == "FORMAT_UNSPECIFIED" {
        return Err(ApiError::invalid("The format of the repository must be specified."));
    }
    let mode = body.get("mode").and_then(Value::as_str).filter(|mode| *mode != "MODE_UNSPECIFIED");
    let mut fields = Map::new();
    fields.insert("name".to_owned(), json!(name));
    fields.insert("mode".to_owned(), json!(mode.unwrap_or("STANDARD_REPOSITORY")));
    fields.insert("createTime".to_owned(), json!(stamp(now)));
    for field in AT_CREATION.into_iter().chain(MUTABLE) {
        put(&mut fields, field, body.get(field));
    }
    finished(fields, now)
}

/// The repository after a PATCH of the masked fields; without a mask, of those in the body.
pub(super) fn patched(
    repository: Value,
    body: &Value,
    mask: &str,
    now: jiff::Timestamp,
) -> Result<Value, ApiError> {
    let Value::Object(mut fields) = repository else {
        return Ok(repository);
    };
    for path in paths(mask, body) {
        let top = path.split('.').next().unwrap_or_default();
        if let Some(field) = MUTABLE.iter().find(|field| **field == top) {
            put(&mut fields, field, body.get(*field));
        } else if AT_CREATION.contains(&top) || top == "mode" {
            return Err(ApiError::invalid(format!("The field {top} of a repository is immutable.")));
        } else {
            return Err(ApiError::invalid(format!("Invalid update mask path: '{path}'.")));
        }
    }
    finished(fields, now)
}

/// The mask in JSON names; it may arrive in those of the protocol buffer.
fn paths(mask: &str, body: &Value) -> Vec<String> {
    match mask {
        "*" => MUTABLE.iter().map(|field| (*field).to_owned()).collect(),
        "" => MUTABLE
            .iter()
            .filter(|field| body.get(**field).is_some())
            .map(|field| (*field).to_owned())
            .collect(),
        mask => mask.split(',').map(|path| camel_case(path.trim())).collect(),
    }
}

fn camel_case(path: &str) -> String {
    let mut words = path.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut path, word| {
        let mut letters = word.chars();
        path.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        path.push_str(letters.as_str());
        path
    })
}

/// One-platform services omit what is empty.
fn put(fields: &mut Map<String, Value>, field: &str, value: Option<&Value>) {
    let empty = match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Object(map)) => map.values().all(|value| *value == Value::Bool(false)),
        Some(_) => false,
    };
    match value.filter(|_| !empty) {
        Some(Value::Object(config)) if field == "vulnerabilityScanningConfig" => {
            let enablement = config.get("enablementConfig").cloned();
            let kept = enablement.map(|wanted| json!({ "enablementConfig": wanted }));
            fields.insert(field.to_owned(), kept.unwrap_or_else(|| json!({})));
        }
        Some(value) => {
            fields.insert(field.to_owned(), value.clone());
        }
        None => {
            fields.remove(field);
        }
    }
}

/// One-platform services answer microseconds.
fn stamp(now: jiff::Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

fn finished(mut fields: Map<String, Value>, now: jiff::Timestamp) -> Result<Value, ApiError> {
    if fields.get("description").and_then(Value::as_str).is_some_and(|text| text.len() > LONGEST_DESCRIPTION)
    {
        return Err(ApiError::invalid("The description must be at most 1024 characters long."));
    }
    if let Some(policies) = fields.get("cleanupPolicies").and_then(Value::as_object) {
        let checked: Result<Map<String, Value>, ApiError> =
            policies.iter().map(|(id, policy)| Ok((id.clone(), cleanup_policy(id, policy)?))).collect();
        fields.insert("cleanupPolicies".to_owned(), Value::Object(checked?));
    }
    fields.insert("updateTime".to_owned(), json!(stamp(now)));
    Ok(Value::Object(fields))
}

/// The key of a policy is its id; versions to keep are only for KEEP; the tag state defaults to ANY.
fn cleanup_policy(id: &str, policy: &Value) -> Result<Value, ApiError> {
    let text = |field: &str| policy.get(field).and_then(Value::as_str).unwrap_or_default();
    if id.is_empty() || id.len() >= 128 || !(text("id").is_empty() || text("id") == id) {
        return Err(ApiError::invalid(format!("The id of cleanup policy '{id}' must be its key.")));
    }
    let (keep, recent) = (text("action") == "KEEP", policy.get("mostRecentVersions"));
    if !keep && (text("action") != "DELETE" || recent.is_some()) {
        return Err(ApiError::invalid(format!("Cleanup policy '{id}' has an invalid action.")));
    }
    if recent.is_some() == policy.get("condition").is_some() {
        return Err(ApiError::invalid(format!("Cleanup policy '{id}' must have one condition.")));
    }
    let mut policy = policy.clone();
    if let Some(fields) = policy.as_object_mut() {
        fields.insert("id".to_owned(), json!(id));
    }
    if let Some(condition) = policy.get_mut("condition").and_then(Value::as_object_mut) {
        for age in ["olderThan", "newerThan"] {
            let given = condition.get(age).and_then(Value::as_str);
            if given.is_some_and(|text| text.strip_suffix('s').and_then(|n| n.parse::<f64>().ok()).is_none())
            {
                return Err(ApiError::invalid(format!("Invalid duration in cleanup policy '{id}'.")));
            }
        }
        condition.entry("tagState").or_insert_with(|| json!("ANY"));
    }
    Ok(policy)
}

/// The repository as every answer but GET shows it.
pub(super) fn shown(repository: &Value, scanned: bool) -> Value {
    let mut shown = repository.clone();
    let Some(fields) = shown.as_object_mut() else {
        return shown;
    };
    let wanted =
        fields.get("vulnerabilityScanningConfig").and_then(|config| config.get("enablementConfig")).cloned();
    let mut scanning = if wanted == Some(json!("DISABLED")) {
        json!({ "enablementState": "SCANNING_DISABLED", "enablementStateReason": "Disabled for this repository." })
    } else if scanned {
        json!({ "enablementState": "SCANNING_ACTIVE" })
    } else {
        let reason = "API containerscanning.googleapis.com is not enabled.";
        json!({ "enablementState": "SCANNING_DISABLED", "enablementStateReason": reason })
    };
    if let Some(config) = scanning.as_object_mut() {
        config.extend(wanted.map(|wanted| ("enablementConfig".to_owned(), wanted)));
        config.extend(fields.get("createTime").map(|time| ("lastEnableTime".to_owned(), time.clone())));
    }
    fields.insert("vulnerabilityScanningConfig".to_owned(), scanning);
    fields.insert("satisfiesPzi".to_owned(), json!(true));
    shown
}

/// Where clients push to, from `projects/P/locations/L/repositories/R`.
pub(super) fn registry_uri(name: &str, repository: &Value) -> String {
    let mut parts = name.split('/').skip(1).step_by(2);
    let (project, location, id) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let format = repository.get("format").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    format!("{location}-{format}.pkg.dev/{project}/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_read_in_both_spellings() {
        for (mask, wanted) in [
            ("description,labels", vec!["description", "labels"]),
            ("cleanup_policies", vec!["cleanupPolicies"]),
            ("docker_config.immutable_tags", vec!["dockerConfig.immutableTags"]),
        ] {
            assert_eq!(paths(mask, &Value::Null), wanted);
        }
    }

    #[test]
    fn a_patch_touches_only_what_the_mask_names() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let name = "projects/p/locations/us/repositories/r";
        let before = created(name, &json!({"format": "DOCKER", "labels": {"a": "b"}}), now).unwrap();
        let body = json!({"description": "d", "labels": {}, "format": "MAVEN"});
        let after = patched(before.clone(), &body, "description", now).unwrap();
        assert_eq!((after["description"].as_str(), &after["labels"]), (Some("d"), &json!({"a": "b"})));
        assert_eq!(after["format"], "DOCKER");
        assert!(patched(before.clone(), &body, "format", now).is_err());
        assert!(patched(before.clone(), &body, "nonsense", now).is_err());
        assert_eq!(patched(before, &body, "labels", now).unwrap().get("labels"), None);
    }

    #[test]
    fn cleanup_policies_are_checked() {
        let rows = [
            (json!({"action": "KEEP", "mostRecentVersions": {"keepCount": 5}}), true),
            (json!({"action": "DELETE", "condition": {"olderThan": "2592000s"}}), true),
            (json!({"action": "DELETE", "condition": {"olderThan": "30d"}}), false),
            (json!({"action": "DELETE", "mostRecentVersions": {"keepCount": 5}}), false),
            (json!({"id": "other", "action": "DELETE", "condition": {}}), false),
            (json!({"action": "DELETE"}), false),
        ];
        for (policy, good) in rows {
            assert_eq!(cleanup_policy("id", &policy).is_ok(), good, "{policy}");
        }
    }

    #[test]
    fn repository_ids_follow_the_rule() {
        for (id, good) in [
            ("be", true),
            ("a", true),
            ("gcr.io", true),
            ("x.y", false),
            ("Be", false),
            ("b-", false),
            ("", false),
        ] {
            assert_eq!(check_id(id).is_ok(), good, "{id}");
        }
    }
}
