//! Images that a project makes itself, from a disk, a snapshot or another image.

use serde_json::{Value, json};

use super::super::place::{self, Place};
use super::super::rules::{self, invalid};
use super::super::value::{copy, list, merge, number, set, text};
use super::super::{disks, labels, mutation, quota, snapshots};
use super::IMAGES;
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

/// Makes the image. A disk in use is refused unless the client insists.
pub(super) fn insert(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(IMAGES.name, rules::name(&call.body)?);
    place::check_free(world.state, &path)?;
    let origin = disks::Origin::of(world.state, place, &call.body)?;
    let Some(origin) = origin else {
        let why = "A source disk, image or snapshot must be specified; the sandbox reads no raw disks.";
        return Err(invalid("resource.sourceDisk", "", why));
    };
    if !call.query.flag("forceCreate") {
        check_idle(world.state, &origin.resource)?;
    }
    let image = image(world, &call.body, &origin, &path)?;
    if let Some(failure) = quota::exceeded(world, &place.project, None, &image) {
        return Ok(mutation::fail(world, call, place, &image, &failure));
    }
    world.state.resources.insert(place::key(&path), image.clone());
    Ok(mutation::begin(world, call, place, &image))
}

/// A disk that a running instance writes to makes no consistent image.
fn check_idle(state: &State, source: &Value) -> Result<(), ApiError> {
    let users = list(source, "users").iter().filter_map(Value::as_str).filter_map(place::relative);
    let mut running =
        users.filter(|user| place::stored(state, user).is_some_and(|vm| text(vm, "status") == "RUNNING"));
    let path = place::relative(text(source, "selfLink")).unwrap_or_default();
    running.next().map_or(Ok(()), |user| {
        Err(ApiError::in_use(format!("The disk resource '{path}' is already being used by '{user}'")))
    })
}

fn image(
    world: &mut World<'_>,
    given: &Value,
    origin: &disks::Origin,
    path: &str,
) -> Result<Value, ApiError> {
    let size = origin.size().unwrap_or(10).max(number(given, "diskSizeGb").unwrap_or(0));
    let mut image = json!({
        "kind": "compute#image",
        "id": world.next_id().to_string(),
        "creationTimestamp": mutation::stamp(world.now),
        "name": text(given, "name"),
        "sourceType": "RAW",
        "status": "READY",
        "archiveSizeBytes": (size.unsigned_abs() * 130_000_000).to_string(),
        "diskSizeGb": size.to_string(),
        "selfLink": place::link(path),
        "storageLocations": [snapshots::storage_location(&origin.resource)],
        "enableConfidentialCompute": false,
    });
    snapshots::note_source(&mut image, origin.field, &origin.resource);
    copy(&mut image, &origin.resource, &["licenses", "guestOsFeatures", "architecture"]);
    copy(
        &mut image,
        given,
        &["description", "family", "licenses", "guestOsFeatures", "architecture", "storageLocations"],
    );
    labels::put(&mut image, given.get("labels"))?;
    Ok(image)
}

/// Sets or takes back the state in which nobody should use the image any more.
pub(super) fn deprecate(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(IMAGES.name, call.param("image")?);
    let mut image = place::find(world.state, &path)?;
    if matches!(text(&call.body, "state"), "" | "ACTIVE") {
        super::super::value::unset(&mut image, "deprecated");
    } else {
        let mut status = json!({});
        merge(&mut status, &call.body);
        set(&mut image, "deprecated", status);
    }
    world.state.resources.insert(place::key(&path), image.clone());
    Ok(mutation::begin(world, call, place, &image))
}

/// Deletes the image; disks made from it stay.
pub(super) fn delete(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(IMAGES.name, call.param("image")?);
    let image = place::find(world.state, &path)?;
    world.state.resources.remove(&place::key(&path));
    Ok(mutation::begin(world, call, place, &image))
}
