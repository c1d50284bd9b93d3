//! Disks of a zone: by themselves, and as the sources of an instance's attached disks.

mod origin;

use serde_json::{Value, json};

use super::listing::{self, Collection, Scopes};
use super::place::{self, Place};
use super::rules::{self, invalid};
use super::value::{copy, list, number, set, text};
use super::{fingerprint, labels, mutation, quota, snapshots};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::policy::{self, Holder, HolderKind};
use crate::sandbox::store::State;

pub(super) use origin::Origin;

const DISKS: Collection = Collection { name: "disks", singular: "disk" };
const LARGEST_GB: i64 = 65_536;

/// The types of disk.
pub(super) const TYPES: [&str; 6] =
    ["hyperdisk-balanced", "hyperdisk-throughput", "pd-balanced", "pd-extreme", "pd-ssd", "pd-standard"];

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" => place::find(world.state, &place.of_resource(DISKS.name, call.param("disk")?)),
        "list" => listing::answer(call, &place, DISKS, listing::stored(world, &place, DISKS)),
        "aggregatedList" => {
            listing::aggregated(call, DISKS, Scopes::Zones, |place| listing::stored(world, place, DISKS))
        }
        "insert" => insert(world, call, &place),
        "delete" => delete(world, call, &place),
        "resize" => resize(world, call, &place),
        "setLabels" => labels::replace(world, call, &place, DISKS.name),
        "createSnapshot" => snapshots::of_disk(world, call, &place),
        _ => policies(world, call, &place, action),
    }
}

fn policies(world: &mut World<'_>, call: &Call<'_>, place: &Place, action: &str) -> Result<Value, ApiError> {
    let path = place.of_resource(DISKS.name, call.param("resource")?);
    place::find(world.state, &path)?;
    super::instances::policy_of(world, call, &path, action)
}

/// What a new disk is asked to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The disk's name.
    pub(super) name: &'a str,
    /// `sizeGb`, `type`, `sourceImage`, `labels` and further fields as the `Disk` resource names them.
    pub(super) fields: &'a Value,
    /// The type where none is asked for.
    pub(super) default_type: &'a str,
    /// What errors call the fields, such as `resource.disks[0].initializeParams`.
    pub(super) field: &'a str,
    /// What errors call the size there.
    pub(super) size_field: &'a str,
}

/// Makes a disk and puts it into the state.
pub(super) fn create(world: &mut World<'_>, place: &Place, wanted: Wanted<'_>) -> Result<Value, ApiError> {
    let path = place.of_resource(DISKS.name, wanted.name);
    place::check_free(world.state, &path)?;
    let kind = type_of(world.state, place, wanted)?;
    let origin = Origin::of(world.state, place, wanted.fields)?;
    let size = size(&kind, origin.as_ref(), wanted)?;
    let mut disk = json!({
        "kind": "compute#disk",
        "id": world.next_id().to_string(),
        "creationTimestamp": mutation::stamp(world.now),
        "name": wanted.name,
        "sizeGb": size.to_string(),
        "zone": place::link(&place.path()),
        "status": "READY",
        "selfLink": place::link(&path),
        "type": place::link(&place.of_resource("diskTypes", &kind)),
        "labelFingerprint": fingerprint::of(&Value::Null),
        "physicalBlockSizeBytes": "4096",
        "satisfiesPzi": true,
        "enableConfidentialCompute": false,
    });
    if let Some(origin) = &origin {
        snapshots::note_source(&mut disk, origin.field, &origin.resource);
        copy(&mut disk, &origin.resource, &["licenses", "guestOsFeatures", "architecture"]);
    }
    let given = ["description", "provisionedIops", "provisionedThroughput", "resourcePolicies", "accessMode"];
    copy(&mut disk, wanted.fields, &given);
    labels::put(&mut disk, wanted.fields.get("labels"))?;
    world.state.resources.insert(place::key(&path), disk.clone());
    Ok(disk)
}

fn type_of(state: &State, place: &Place, wanted: Wanted<'_>) -> Result<String, ApiError> {
    let given = text(wanted.fields, "type");
    if given.is_empty() {
        return Ok(wanted.default_type.to_owned());
    }
    let path = place.resolve(state, given, "diskTypes");
    let kind = place::name_of(&path);
    if !TYPES.contains(&kind) {
        return Err(place::not_found(&place.of_resource("diskTypes", kind)));
    }
    if path != place.of_resource("diskTypes", kind) {
        let why = "The referenced disk type must be in the zone of the disk.";
        return Err(invalid(&format!("{}.diskType", wanted.field), given, why));
    }
    Ok(kind.to_owned())
}

/// The asked size, else that of the source, else that of the type.
fn size(kind: &str, origin: Option<&Origin>, wanted: Wanted<'_>) -> Result<i64, ApiError> {
    let least = origin.and_then(Origin::size);
    let usual = if kind == "pd-standard" { 500 } else { 100 };
    let size = match number(wanted.fields, "sizeGb") {
        None | Some(0) => return Ok(least.unwrap_or(usual)),
        Some(size) => size,
    };
    let field = format!("{}.{}", wanted.field, wanted.size_field);
    if let Some((origin, least)) = origin.zip(least.filter(|least| size < *least)) {
        let word = origin.word();
        let why = format!("Requested disk size cannot be smaller than the {word} size ({least} GB)");
        return Err(invalid(&field, &size.to_string(), &why));
    }
    let smallest = if kind.starts_with("pd-") { 10 } else { 4 };
    if !(smallest..=LARGEST_GB).contains(&size) {
        let why = format!("Disk size must be between {smallest} GB and {LARGEST_GB} GB.");
        return Err(invalid(&field, &size.to_string(), &why));
    }
    Ok(size)
}

fn insert(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let mut fields = call.body.clone();
    if let Some(image) = call.query.get("sourceImage") {
        set(&mut fields, "sourceImage", image);
    }
    let wanted = Wanted {
        name: rules::name(&call.body)?,
        fields: &fields,
        default_type: "pd-standard",
        field: "resource",
        size_field: "sizeGb",
    };
    let disk = create(world, place, wanted)?;
    if let Some(failure) = quota::exceeded_with(world, &place.project, None, std::slice::from_ref(&disk)) {
        forget(world.state, &place.of_resource(DISKS.name, text(&disk, "name")));
        return Ok(mutation::fail(world, call, place, &disk, &failure));
    }
    Ok(mutation::begin(world, call, place, &disk))
}

fn resize(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(DISKS.name, call.param("disk")?);
    let mut disk = place::find(world.state, &path)?;
    let (wanted, held) = (number(&call.body, "sizeGb").unwrap_or(0), number(&disk, "sizeGb").unwrap_or(0));
    if wanted <= held {
        let why = format!("New disk size '{wanted}' must be larger than existing size '{held}'.");
        return Err(invalid("sizeGb", &wanted.to_string(), &why));
    }
    if wanted > LARGEST_GB {
        return Err(invalid(
            "sizeGb",
            &wanted.to_string(),
            &format!("Disk size must be at most {LARGEST_GB} GB."),
        ));
    }
    let before = disk.clone();
    set(&mut disk, "sizeGb", wanted.to_string());
    if let Some(failure) = quota::exceeded(world, &place.project, Some(&before), &disk) {
        return Ok(mutation::fail(world, call, place, &before, &failure));
    }
    world.state.resources.insert(place::key(&path), disk.clone());
    for user in list(&disk, "users").iter().filter_map(Value::as_str) {
        super::instances::disk_grown(world.state, user, text(&disk, "selfLink"), wanted);
    }
    Ok(mutation::begin(world, call, place, &disk))
}

fn delete(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(DISKS.name, call.param("disk")?);
    let disk = place::find(world.state, &path)?;
    check_unused(&disk)?;
    forget(world.state, &path);
    Ok(mutation::begin(world, call, place, &disk))
}

/// Takes a disk and its policy out of the state.
pub(super) fn forget(state: &mut State, path: &str) {
    state.resources.remove(&place::key(path));
    policy::forget(state, Holder { kind: HolderKind::Other, path: &place::key(path) });
}

/// The path of a disk that an instance names.
pub(super) fn path_of(state: &State, place: &Place, reference: &str) -> String {
    place.resolve(state, reference, DISKS.name)
}

/// Refuses a disk that an instance uses.
pub(super) fn check_unused(disk: &Value) -> Result<(), ApiError> {
    let Some(user) = list(disk, "users").first().and_then(Value::as_str) else {
        return Ok(());
    };
    let path = |link| place::relative(link).unwrap_or_default();
    Err(ApiError::in_use(format!(
        "The disk resource '{}' is already being used by '{}'",
        path(text(disk, "selfLink")),
        path(user)
    )))
}

/// Notes that an instance uses the disk, or no longer does.
pub(super) fn set_user(world: &mut World<'_>, path: &str, user: Option<&str>) {
    let now = mutation::stamp(world.now);
    let Some(disk) = world.state.resources.get_mut(&place::key(path)) else {
        return;
    };
    if let Some(user) = user {
        set(disk, "users", json!([user]));
        set(disk, "lastAttachTimestamp", now);
    } else {
        super::value::unset(disk, "users");
        set(disk, "lastDetachTimestamp", now);
    }
}
