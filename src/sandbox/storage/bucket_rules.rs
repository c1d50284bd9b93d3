//! What Google refuses in a bucket: names, labels, lifecycle rules, storage classes, retention.

use serde_json::Value;

use crate::sandbox::error::ApiError;

const CLASSES: [&str; 7] = [
    "STANDARD",
    "NEARLINE",
    "COLDLINE",
    "ARCHIVE",
    "REGIONAL",
    "MULTI_REGIONAL",
    "DURABLE_REDUCED_AVAILABILITY",
];
const ACTIONS: [&str; 3] = ["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"];
const MOST_RULES: usize = 100;
const MOST_LABELS: usize = 64;
const SHORTEST_SOFT_DELETE: u64 = 604_800;
const LONGEST_SOFT_DELETE: u64 = 7_776_000;

/// <https://cloud.google.com/storage/docs/buckets#naming>
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let longest = if name.contains('.') { 222 } else { 63 };
    let refused = !(3..=longest).contains(&name.len())
        || !name.bytes().all(allowed)
        || !edge(name.bytes().next())
        || !edge(name.bytes().last())
        || name.split('.').any(|part| part.is_empty() || part.len() > 63)
        || name.parse::<std::net::Ipv4Addr>().is_ok()
        || name.starts_with("goog")
        || ["google", "g00gle"].iter().any(|word| name.contains(word));
    if refused {
        return Err(ApiError::invalid(format!("Invalid bucket name: '{name}'")));
    }
    if name.contains('.') {
        return Err(ApiError::forbidden(
            "The bucket you tried to create requires domain ownership verification.",
        ));
    }
    Ok(())
}

/// Everything in a complete bucket that has rules of its own.
pub(super) fn check(bucket: &Value) -> Result<(), ApiError> {
    check_labels(bucket)?;
    check_class(bucket.get("storageClass"))?;
    check_soft_delete(bucket)?;
    check_access_prevention(bucket)?;
    let rules =
        bucket.pointer("/lifecycle/rule").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if rules.len() > MOST_RULES {
        return Err(ApiError::invalid("A lifecycle management configuration can have at most 100 rules."));
    }
    rules.iter().try_for_each(check_rule)
}

fn check_labels(bucket: &Value) -> Result<(), ApiError> {
    let Some(labels) = bucket.get("labels").and_then(Value::as_object) else {
        return Ok(());
    };
    if labels.len() > MOST_LABELS {
        return Err(ApiError::invalid("A bucket can have at most 64 labels."));
    }
    let allowed = |text: &str| {
        text.chars().count() <= 63
            && text
                .chars()
                .all(|c| (c.is_alphabetic() && !c.is_uppercase()) || c.is_numeric() || matches!(c, '-' | '_'))
    };
    for (key, value) in labels {
        if key.is_empty() || !allowed(key) || key.starts_with(|c: char| !c.is_alphabetic()) {
            return Err(ApiError::invalid(format!("Invalid argument: label key '{key}' is not valid.")));
        }
        if !value.as_str().is_some_and(allowed) {
            return Err(ApiError::invalid(format!(
                "Invalid argument: the value of label '{key}' is not valid."
            )));
        }
    }
    Ok(())
}

fn check_class(class: Option<&Value>) -> Result<(), ApiError> {
    match class.and_then(Value::as_str) {
        Some(class) if !CLASSES.contains(&class) => {
            Err(ApiError::invalid(format!("Invalid argument: unknown storage class '{class}'.")))
        }
        _ => Ok(()),
    }
}

fn check_soft_delete(bucket: &Value) -> Result<(), ApiError> {
    let Some(seconds) = bucket.pointer("/softDeletePolicy/retentionDurationSeconds") else {
        return Ok(());
    };
    let seconds = seconds.as_str().and_then(|text| text.parse::<u64>().ok());
    match seconds {
        Some(0 | SHORTEST_SOFT_DELETE..=LONGEST_SOFT_DELETE) => Ok(()),
        _ => Err(ApiError::invalid(
            "The soft delete retention duration must be 0 or from 604800 to 7776000 seconds.",
        )),
    }
}

fn check_access_prevention(bucket: &Value) -> Result<(), ApiError> {
    match bucket.pointer("/iamConfiguration/publicAccessPrevention").and_then(Value::as_str) {
        None | Some("inherited" | "enforced") => Ok(()),
        Some(other) => {
            Err(ApiError::invalid(format!("Invalid value for publicAccessPrevention: '{other}'.")))
        }
    }
}

fn check_rule(rule: &Value) -> Result<(), ApiError> {
    let action = rule.pointer("/action/type").and_then(Value::as_str).unwrap_or_default();
    if !ACTIONS.contains(&action) {
        return Err(ApiError::invalid(format!("Invalid lifecycle action type: '{action}'.")));
    }
    let class = rule.pointer("/action/storageClass");
    if (action == "SetStorageClass") != class.is_some() {
        return Err(ApiError::invalid(
            "A storage class is required by SetStorageClass, and by nothing else.",
        ));
    }
    check_class(class)?;
    let condition = rule.get("condition").and_then(Value::as_object);
    let Some(condition) = condition.filter(|condition| !condition.is_empty()) else {
        return Err(ApiError::invalid("A lifecycle rule must have at least one condition."));
    };
    let counts = ["age", "numNewerVersions", "daysSinceNoncurrentTime", "daysSinceCustomTime"];
    if counts.iter().any(|name| condition.get(*name).and_then(Value::as_i64).is_some_and(|n| n < 0)) {
        return Err(ApiError::invalid("A lifecycle condition cannot be negative."));
    }
    let dates = ["createdBefore", "customTimeBefore", "noncurrentTimeBefore"];
    for date in dates.iter().filter_map(|name| condition.get(*name).and_then(Value::as_str)) {
        if date.parse::<jiff::civil::Date>().is_err() {
            return Err(ApiError::invalid(format!("Invalid date in a lifecycle condition: '{date}'.")));
        }
    }
    let classes = condition.get("matchesStorageClass").and_then(Value::as_array).into_iter().flatten();
    classes.map(Some).try_for_each(check_class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bucket_names_follow_the_naming_rules() {
        for good in ["abc", "be-cloud-2526", "a_b-c", "0123"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in
            ["ab", "Abc", "-abc", "abc-", "goog-x", "my-google", "192.168.1.1", "a..b", long.as_str(), "a/b"]
        {
            assert_eq!(check_name(bad).unwrap_err().code, 400, "{bad}");
        }
        assert_eq!(check_name("data.example.edu").unwrap_err().code, 403);
    }

    #[test]
    fn lifecycle_rules_need_an_action_and_a_condition() {
        let bucket = |rule: Value| json!({ "lifecycle": { "rule": [rule] } });
        let rows = [
            (json!({"action": {"type": "Delete"}, "condition": {"age": 0}}), true),
            (
                json!({"action": {"type": "SetStorageClass", "storageClass": "NEARLINE"}, "condition": {"age": 3}}),
                true,
            ),
            (json!({"action": {"type": "Delete"}, "condition": {}}), false),
            (json!({"action": {"type": "Burn"}, "condition": {"age": 1}}), false),
            (json!({"action": {"type": "SetStorageClass"}, "condition": {"age": 1}}), false),
            (json!({"action": {"type": "Delete"}, "condition": {"createdBefore": "tomorrow"}}), false),
            (json!({"action": {"type": "Delete"}, "condition": {"age": -1}}), false),
        ];
        for (rule, good) in rows {
            assert_eq!(check(&bucket(rule.clone())).is_ok(), good, "{rule}");
        }
    }

    #[test]
    fn soft_delete_is_off_or_between_a_week_and_ninety_days() {
        for (seconds, good) in
            [("0", true), ("604800", true), ("7776000", true), ("60", false), ("7776001", false)]
        {
            let bucket = json!({ "softDeletePolicy": { "retentionDurationSeconds": seconds } });
            assert_eq!(check(&bucket).is_ok(), good, "{seconds}");
        }
    }
}
