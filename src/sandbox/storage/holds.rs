//! What keeps a version from being deleted or overwritten: holds, and the bucket's retention.

use jiff::Timestamp;
use serde_json::Value;

use super::buckets::Bucket;
use super::objects::Version;
use crate::sandbox::error::ApiError;

/// Refuses while a hold or the retention lasts.
pub(super) fn check(bucket: &Bucket, version: &Version, now: Timestamp) -> Result<(), ApiError> {
    let name = format!("{}/{}", version.text("bucket"), version.text("name"));
    for (field, word) in [("temporaryHold", "Temporary"), ("eventBasedHold", "Event-Based")] {
        if version.resource.get(field).and_then(Value::as_bool).unwrap_or(false) {
            return Err(ApiError::forbidden(format!(
                "Object '{name}' is under active {word} hold and cannot be deleted, overwritten or archived until \
                 hold is removed."
            )));
        }
    }
    let period = bucket.resource.pointer("/retentionPolicy/retentionPeriod").and_then(Value::as_str);
    let created = version.text("timeCreated").parse::<Timestamp>().ok();
    let (Some(seconds), Some(created)) = (period.and_then(|text| text.parse::<i64>().ok()), created) else {
        return Ok(());
    };
    if now.as_second() - created.as_second() < seconds {
        return Err(ApiError::forbidden(format!(
            "Object '{name}' is subject to bucket's retention policy or object retention and cannot be deleted or \
             overwritten yet."
        )));
    }
    Ok(())
}
