//! What may change while the instance runs: labels, metadata, tags, protection.

use serde_json::{Value, json};

use super::super::fingerprint;
use super::super::rules;
use super::super::value::{list, set, text, unset};
use crate::sandbox::call::Call;
use crate::sandbox::error::ApiError;

/// The whole map is replaced.
pub(super) fn set_labels(call: &Call<'_>, vm: &mut Value) -> Result<(), ApiError> {
    let given = text(&call.body, "labelFingerprint");
    fingerprint::check(given, text(vm, "labelFingerprint"), "labelFingerprint")?;
    put_labels(vm, call.body.get("labels").unwrap_or(&Value::Null))
}

/// Puts checked labels; none leave no field.
pub(super) fn put_labels(vm: &mut Value, labels: &Value) -> Result<(), ApiError> {
    rules::labels(labels, "resource.labels")?;
    match labels.as_object().filter(|labels| !labels.is_empty()) {
        Some(labels) => set(vm, "labels", labels.clone()),
        None => unset(vm, "labels"),
    }
    Ok(())
}

/// The whole list is replaced: keys that are not sent are gone.
pub(super) fn set_metadata(call: &Call<'_>, vm: &mut Value) -> Result<(), ApiError> {
    check_part(call, vm, "metadata")?;
    put_metadata(vm, &call.body)
}

/// Puts checked metadata; none leave no items.
pub(super) fn put_metadata(vm: &mut Value, given: &Value) -> Result<(), ApiError> {
    rules::metadata(given)?;
    let mut metadata = json!({ "kind": "compute#metadata" });
    let items: Vec<Value> = list(given, "items")
        .iter()
        .map(|item| json!({ "key": text(item, "key"), "value": text(item, "value") }))
        .collect();
    if !items.is_empty() {
        set(&mut metadata, "items", items);
    }
    set(vm, "metadata", metadata);
    Ok(())
}

/// The whole list is replaced.
pub(super) fn set_tags(call: &Call<'_>, vm: &mut Value) -> Result<(), ApiError> {
    check_part(call, vm, "tags")?;
    put_tags(vm, &call.body)
}

/// Puts checked tags; none leave no items.
pub(super) fn put_tags(vm: &mut Value, given: &Value) -> Result<(), ApiError> {
    let items = list(given, "items");
    rules::tags(items, "resource.tags.items")?;
    set(vm, "tags", if items.is_empty() { json!({}) } else { json!({ "items": items }) });
    Ok(())
}

fn check_part(call: &Call<'_>, vm: &Value, part: &str) -> Result<(), ApiError> {
    let current = vm.get(part).map(|part| text(part, "fingerprint")).unwrap_or_default();
    let given = text(&call.body, "fingerprint");
    if given.is_empty() {
        return Err(ApiError::stale(format!(
            "Supplied fingerprint does not match current {part} fingerprint."
        )));
    }
    fingerprint::check(given, current, part)
}

/// The one setting that travels in the query; it is on unless said otherwise.
pub(super) fn set_deletion_protection(call: &Call<'_>, vm: &mut Value) {
    let protect = call.query.get("deletionProtection").is_none() || call.query.flag("deletionProtection");
    set(vm, "deletionProtection", protect);
}
