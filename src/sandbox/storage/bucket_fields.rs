//! The fields of a bucket: what a caller may write, and how writes merge.

use serde_json::{Map, Value, json};

use super::checksums;
use super::places::{self, Reach};
use crate::sandbox::error::ApiError;

/// Fields a caller may set at any time. The rest is output only or fixed at creation.
const WRITABLE: [&str; 16] = [
    "autoclass",
    "billing",
    "cors",
    "defaultEventBasedHold",
    "encryption",
    "iamConfiguration",
    "ipFilter",
    "labels",
    "lifecycle",
    "logging",
    "retentionPolicy",
    "rpo",
    "softDeletePolicy",
    "storageClass",
    "versioning",
    "website",
];
/// Fixed when the bucket is created.
const AT_CREATION: [&str; 3] = ["customPlacementConfig", "hierarchicalNamespace", "objectRetention"];

/// The part of a new bucket that the caller decides.
pub(super) fn at_creation(body: &Value) -> Result<Map<String, Value>, ApiError> {
    let location = body.get("location").and_then(Value::as_str).unwrap_or("US");
    let Some((location, mut reach)) = places::located(location) else {
        return Err(ApiError::invalid("The specified location constraint is not valid."));
    };
    if body.get("customPlacementConfig").is_some_and(Value::is_object) {
        reach = Reach::Dual;
    }
    let mut fields = Map::new();
    fields.insert("location".to_owned(), json!(location));
    fields.insert("locationType".to_owned(), json!(reach.word()));
    for name in WRITABLE.into_iter().chain(AT_CREATION) {
        if let Some(value) = body.get(name).filter(|value| !value.is_null()) {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    Ok(fields)
}

/// A PATCH: objects merge, lists are replaced, null removes (RFC 7396).
pub(super) fn patched(bucket: &Value, body: &Value) -> Result<Value, ApiError> {
    check_fixed(bucket, body)?;
    let mut bucket = bucket.clone();
    let changes: Map<String, Value> = WRITABLE
        .into_iter()
        .filter_map(|name| body.get(name).map(|value| (name.to_owned(), value.clone())))
        .collect();
    merge(&mut bucket, &Value::Object(changes));
    mirror_old_spelling(&mut bucket, body);
    Ok(bucket)
}

/// A PUT: what the body leaves out goes back to its default.
pub(super) fn updated(bucket: &Value, body: &Value) -> Result<Value, ApiError> {
    check_fixed(bucket, body)?;
    let mut bucket = bucket.clone();
    if let Some(fields) = bucket.as_object_mut() {
        for name in WRITABLE {
            match body.get(name).filter(|value| !value.is_null()) {
                Some(value) => fields.insert(name.to_owned(), value.clone()),
                None => fields.remove(name),
            };
        }
    }
    mirror_old_spelling(&mut bucket, body);
    Ok(bucket)
}

fn check_fixed(bucket: &Value, body: &Value) -> Result<(), ApiError> {
    for name in ["name", "location"] {
        let given = body.get(name).and_then(Value::as_str).unwrap_or_default();
        let held = bucket.get(name).and_then(Value::as_str).unwrap_or_default();
        if !given.is_empty() && !given.eq_ignore_ascii_case(held) {
            return Err(ApiError::invalid(format!("The {name} of a bucket cannot be changed.")));
        }
    }
    Ok(())
}

/// Merges `change` into `target` as RFC 7396 has it.
pub(super) fn merge(target: &mut Value, change: &Value) {
    let Some(change) = change.as_object() else {
        *target = change.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (name, value) in change {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Uniform access has an older name. A caller who writes only that one means the other.
fn mirror_old_spelling(bucket: &mut Value, body: &Value) {
    let old = body.pointer("/iamConfiguration/bucketPolicyOnly/enabled");
    let new = body.pointer("/iamConfiguration/uniformBucketLevelAccess/enabled");
    if let (Some(enabled), None) = (old, new) {
        merge(bucket, &json!({ "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": enabled } } }));
    }
}

/// The bucket after one more write: metageneration, etag and time move together.
pub(super) fn touched(mut bucket: Value, metageneration: u64, now: jiff::Timestamp) -> Value {
    if let Some(fields) = bucket.as_object_mut() {
        fields.insert("metageneration".to_owned(), json!(metageneration.to_string()));
        fields.insert("etag".to_owned(), json!(checksums::bucket_etag(metageneration)));
        fields.insert("updated".to_owned(), json!(super::objects::stamp(now)));
    }
    bucket
}
