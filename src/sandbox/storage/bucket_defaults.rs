//! What the server fills into a bucket, and what it remembers: locks, effective times, toggle times.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::objects::stamp;
use crate::sandbox::error::ApiError;

const DEFAULT_SOFT_DELETE: &str = "604800";
/// Uniform access may be turned off again for this long.
const UNIFORM_LOCK: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Fills in what Google fills in. `before` is the bucket as it was, null at creation.
pub(super) fn completed(mut bucket: Value, before: &Value, now: Timestamp) -> Result<Value, ApiError> {
    let now_text = stamp(now);
    let iam = access_configuration(&bucket, before, now)?;
    let soft_delete = soft_delete(&bucket, before, &now_text);
    let retention = retention(&bucket, before, &now_text);
    let autoclass = autoclass(&bucket, before, &now_text);
    let Some(fields) = bucket.as_object_mut() else {
        return Ok(bucket);
    };
    let class = fields.get("storageClass").and_then(Value::as_str).unwrap_or("STANDARD").to_uppercase();
    fields.insert("storageClass".to_owned(), json!(class));
    fields.insert("iamConfiguration".to_owned(), iam);
    fields.insert("softDeletePolicy".to_owned(), soft_delete);
    for (name, value) in [("retentionPolicy", retention), ("autoclass", autoclass)] {
        match value {
            Some(value) => fields.insert(name.to_owned(), value),
            None => fields.remove(name),
        };
    }
    if fields.get("locationType").and_then(Value::as_str) == Some("region") {
        if fields.get("rpo").and_then(Value::as_str) == Some("ASYNC_TURBO") {
            return Err(ApiError::invalid("Turbo replication is only for dual-region buckets."));
        }
        fields.remove("rpo");
        fields.insert("satisfiesPZI".to_owned(), json!(true));
    } else {
        fields.entry("rpo").or_insert_with(|| json!("DEFAULT"));
    }
    fields.retain(|name, value| !is_empty_setting(name, value));
    Ok(bucket)
}

/// Empty settings are not answered: an empty rule list, label map or origin list is the absence of one.
fn is_empty_setting(name: &str, value: &Value) -> bool {
    match name {
        "lifecycle" => value.get("rule").and_then(Value::as_array).is_none_or(Vec::is_empty),
        "labels" | "website" | "logging" | "encryption" | "billing" => {
            value.as_object().is_none_or(Map::is_empty)
        }
        "cors" => value.as_array().is_none_or(Vec::is_empty),
        _ => value.is_null(),
    }
}

fn access_configuration(bucket: &Value, before: &Value, now: Timestamp) -> Result<Value, ApiError> {
    let uniform = |bucket: &Value| bucket.pointer("/iamConfiguration/uniformBucketLevelAccess").cloned();
    let enabled = |access: &Option<Value>| {
        access.as_ref().and_then(|access| access.get("enabled")).and_then(Value::as_bool).unwrap_or(false)
    };
    let (was, is) = (uniform(before), uniform(bucket));
    let locked = was.as_ref().and_then(|access| access.get("lockedTime")).and_then(Value::as_str);
    let lock = locked.and_then(|text| text.parse::<Timestamp>().ok());
    if enabled(&was) && !enabled(&is) && lock.is_some_and(|lock| lock <= now) {
        return Err(ApiError::condition_not_met());
    }
    let access = match (enabled(&was), enabled(&is)) {
        (_, false) => json!({ "enabled": false }),
        (true, true) => was.unwrap_or_default(),
        (false, true) => {
            json!({ "enabled": true, "lockedTime": stamp(now.saturating_add(UNIFORM_LOCK).unwrap_or(now)) })
        }
    };
    let prevention = bucket.pointer("/iamConfiguration/publicAccessPrevention").and_then(Value::as_str);
    Ok(json!({
        "bucketPolicyOnly": access,
        "uniformBucketLevelAccess": access,
        "publicAccessPrevention": prevention.filter(|word| *word != "unspecified").unwrap_or("inherited"),
    }))
}

fn seconds_in(bucket: &Value, pointer: &str) -> Option<String> {
    match bucket.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn soft_delete(bucket: &Value, before: &Value, stamp: &str) -> Value {
    let pointer = "/softDeletePolicy/retentionDurationSeconds";
    let seconds = seconds_in(bucket, pointer).unwrap_or_else(|| DEFAULT_SOFT_DELETE.to_owned());
    if seconds_in(before, pointer).as_deref() == Some(seconds.as_str()) {
        return before.get("softDeletePolicy").cloned().unwrap_or_default();
    }
    if seconds == "0" {
        return json!({ "retentionDurationSeconds": seconds });
    }
    json!({ "retentionDurationSeconds": seconds, "effectiveTime": stamp })
}

fn retention(bucket: &Value, before: &Value, stamp: &str) -> Option<Value> {
    let seconds = seconds_in(bucket, "/retentionPolicy/retentionPeriod")?;
    if seconds_in(before, "/retentionPolicy/retentionPeriod").as_deref() == Some(seconds.as_str()) {
        return before.get("retentionPolicy").cloned();
    }
    Some(json!({ "retentionPeriod": seconds, "effectiveTime": stamp }))
}

fn autoclass(bucket: &Value, before: &Value, stamp: &str) -> Option<Value> {
    let wanted = bucket.get("autoclass")?.as_object()?;
    let on = |bucket: &Value| bucket.pointer("/autoclass/enabled").and_then(Value::as_bool).unwrap_or(false);
    let terminal = wanted.get("terminalStorageClass").and_then(Value::as_str).unwrap_or("NEARLINE");
    let held = |name: &str| before.pointer(&format!("/autoclass/{name}")).cloned();
    if !on(bucket) {
        return held("toggleTime").map(|_| json!({ "enabled": false, "toggleTime": stamp }));
    }
    let toggled = if on(before) { held("toggleTime") } else { None };
    let same = held("terminalStorageClass") == Some(json!(terminal));
    let moved = if same { held("terminalStorageClassUpdateTime") } else { None };
    Some(json!({
        "enabled": true,
        "toggleTime": toggled.unwrap_or_else(|| json!(stamp)),
        "terminalStorageClass": terminal,
        "terminalStorageClassUpdateTime": moved.unwrap_or_else(|| json!(stamp)),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::bucket_fields::{patched, updated};
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn uniform(enabled: bool) -> Value {
        json!({ "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": enabled } } })
    }

    #[test]
    fn uniform_access_may_be_turned_off_for_ninety_days() {
        let start = Timestamp::UNIX_EPOCH;
        let bucket = completed(uniform(true), &Value::Null, start).unwrap();
        let off = patched(&bucket, &uniform(false)).unwrap();
        assert!(completed(off.clone(), &bucket, start + DAY * 89).is_ok());
        assert_eq!(completed(off, &bucket, start + DAY * 91).unwrap_err().code, 412);
    }

    #[test]
    fn the_lock_of_uniform_access_stays_where_it_was_set() {
        let start = Timestamp::UNIX_EPOCH;
        let bucket = completed(uniform(true), &Value::Null, start).unwrap();
        let later = completed(patched(&bucket, &uniform(true)).unwrap(), &bucket, start + DAY).unwrap();
        assert_eq!(later["iamConfiguration"], bucket["iamConfiguration"]);
    }

    #[test]
    fn the_old_spelling_of_uniform_access_is_understood() {
        let bucket = completed(json!({}), &Value::Null, Timestamp::UNIX_EPOCH).unwrap();
        let body = json!({ "iamConfiguration": { "bucketPolicyOnly": { "enabled": true } } });
        let bucket = completed(patched(&bucket, &body).unwrap(), &bucket, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(bucket["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"], true);
    }

    #[test]
    fn soft_delete_moves_its_time_only_when_it_changes() {
        let start = Timestamp::UNIX_EPOCH;
        let bucket = completed(json!({}), &Value::Null, start).unwrap();
        let same = completed(bucket.clone(), &bucket, start + DAY).unwrap();
        assert_eq!(same["softDeletePolicy"], bucket["softDeletePolicy"]);
        let off = json!({ "softDeletePolicy": { "retentionDurationSeconds": 0 } });
        let off = completed(patched(&bucket, &off).unwrap(), &bucket, start + DAY).unwrap();
        assert_eq!(off["softDeletePolicy"], json!({ "retentionDurationSeconds": "0" }));
    }

    #[test]
    fn a_put_takes_back_what_it_leaves_out() {
        let given =
            json!({ "labels": { "a": "b" }, "versioning": { "enabled": true }, "storageClass": "NEARLINE" });
        let bucket = completed(given, &Value::Null, Timestamp::UNIX_EPOCH).unwrap();
        let body = json!({ "labels": { "c": "d" } });
        let bucket = completed(updated(&bucket, &body).unwrap(), &bucket, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((&bucket["labels"], bucket.get("versioning")), (&json!({ "c": "d" }), None));
        assert_eq!(bucket["storageClass"], "STANDARD");
    }

    #[test]
    fn a_bucket_does_not_move() {
        let bucket = json!({ "location": "EUROPE-WEST1" });
        assert!(patched(&bucket, &json!({ "location": "europe-west1" })).is_ok());
        assert!(patched(&bucket, &json!({ "location": "US" })).is_err());
    }
}
