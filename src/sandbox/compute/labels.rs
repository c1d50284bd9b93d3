//! Labels of what is not an instance: a map that is replaced as a whole under its fingerprint.

use serde_json::{Value, json};

use super::place::{self, Place};
use super::value::{set, text, unset};
use super::{fingerprint, mutation, rules};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// Puts checked labels on the resource; none leave no field.
pub(super) fn put(resource: &mut Value, labels: Option<&Value>) -> Result<(), ApiError> {
    let none = Value::Null;
    let labels = labels.unwrap_or(&none);
    rules::labels(labels, "resource.labels")?;
    set(resource, "labelFingerprint", fingerprint::of(labels));
    if labels.as_object().is_some_and(|labels| !labels.is_empty()) {
        set(resource, "labels", labels.clone());
    } else {
        unset(resource, "labels");
    }
    Ok(())
}

/// Serves `setLabels` on the resource of that collection which the call names.
pub(super) fn replace(
    world: &mut World<'_>,
    call: &Call<'_>,
    place: &Place,
    collection: &str,
) -> Result<Value, ApiError> {
    let path = place.of_resource(collection, call.param("resource")?);
    let mut resource = place::find(world.state, &path)?;
    let given = text(&call.body, "labelFingerprint");
    fingerprint::check(given, text(&resource, "labelFingerprint"), "labelFingerprint")?;
    put(&mut resource, Some(call.body.get("labels").unwrap_or(&json!({}))))?;
    world.state.resources.insert(place::key(&path), resource.clone());
    Ok(mutation::begin(world, call, place, &resource))
}
