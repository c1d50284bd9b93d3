//! Snapshots of disks. They are global and outlive their disk.

use serde_json::{Value, json};

use super::listing::{self, Collection};
use super::place::{self, Place};
use super::rules::{self, invalid};
use super::value::{copy, number, set, text};
use super::{disks, labels, mutation, quota};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// How the collection is called.
pub(super) const SNAPSHOTS: Collection = Collection { name: "snapshots", singular: "snapshot" };
/// How full a sandbox's disks are, in bytes for each gigabyte.
const BYTES_PER_GB: u64 = 130_000_000;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" => place::find(world.state, &place.of_resource(SNAPSHOTS.name, call.param("snapshot")?)),
        "list" => listing::answer(call, &place, SNAPSHOTS, listing::stored(world, &place, SNAPSHOTS)),
        "insert" => {
            let disk = source(world, &place, text(&call.body, "sourceDisk"))?;
            make(world, call, &disk, None)
        }
        "delete" => {
            let path = place.of_resource(SNAPSHOTS.name, call.param("snapshot")?);
            let snapshot = place::find(world.state, &path)?;
            world.state.resources.remove(&place::key(&path));
            Ok(mutation::begin(world, call, &place, &snapshot))
        }
        "setLabels" => labels::replace(world, call, &place, SNAPSHOTS.name),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// Serves `disks.createSnapshot`: the operation is the disk's, in its zone.
pub(super) fn of_disk(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let disk = place::find(world.state, &disks::path_of(world.state, place, call.param("disk")?))?;
    make(world, call, &disk, Some(place))
}

fn source(world: &World<'_>, place: &Place, given: &str) -> Result<Value, ApiError> {
    if given.is_empty() {
        return Err(invalid("resource.sourceDisk", "", "The source disk must be specified."));
    }
    place::find(world.state, &place.resolve(world.state, given, "disks"))
}

/// Makes the snapshot. In a zone, the operation is about the disk.
fn make(
    world: &mut World<'_>,
    call: &Call<'_>,
    disk: &Value,
    zone: Option<&Place>,
) -> Result<Value, ApiError> {
    let place = Place::of(call)?.global();
    let path = place.of_resource(SNAPSHOTS.name, rules::name(&call.body)?);
    place::check_free(world.state, &path)?;
    let snapshot = snapshot(world, &call.body, disk, &path)?;
    let (scope, target) = zone.map_or((&place, &snapshot), |zone| (zone, disk));
    if let Some(failure) = quota::exceeded(world, &place.project, None, &snapshot) {
        return Ok(mutation::fail(world, call, scope, target, &failure));
    }
    world.state.resources.insert(place::key(&path), snapshot.clone());
    Ok(mutation::begin(world, call, scope, target))
}

fn snapshot(world: &mut World<'_>, given: &Value, disk: &Value, path: &str) -> Result<Value, ApiError> {
    let bytes = number(disk, "sizeGb").map_or(0, i64::unsigned_abs) * BYTES_PER_GB;
    let mut snapshot = json!({
        "kind": "compute#snapshot",
        "id": world.next_id().to_string(),
        "creationTimestamp": mutation::stamp(world.now),
        "name": text(given, "name"),
        "status": "READY",
        "sourceDisk": text(disk, "selfLink"),
        "sourceDiskId": text(disk, "id"),
        "diskSizeGb": text(disk, "sizeGb"),
        "storageBytes": bytes.to_string(),
        "storageBytesStatus": "UP_TO_DATE",
        "downloadBytes": bytes.to_string(),
        "creationSizeBytes": bytes.to_string(),
        "selfLink": place::link(path),
        "storageLocations": [storage_location(disk)],
        "autoCreated": false,
        "snapshotType": "STANDARD",
        "enableConfidentialCompute": false,
    });
    copy(&mut snapshot, disk, &["licenses", "guestOsFeatures", "architecture"]);
    copy(
        &mut snapshot,
        given,
        &["description", "storageLocations", "snapshotType", "chainName", "guestFlush"],
    );
    labels::put(&mut snapshot, given.get("labels"))?;
    Ok(snapshot)
}

/// The multi-region that is nearest to a zonal resource.
pub(super) fn storage_location(zonal: &Value) -> &'static str {
    match place::name_of(text(zonal, "zone")).split('-').next().unwrap_or_default() {
        "europe" => "eu",
        "asia" | "australia" => "asia",
        _ => "us",
    }
}

/// Notes in a disk what it was made from.
pub(super) fn note_source(disk: &mut Value, field: &str, source: &Value) {
    set(disk, field, text(source, "selfLink"));
    set(disk, &format!("{field}Id"), text(source, "id"));
}
