//! What a zone offers: machine types, disk types and accelerator types.

use serde_json::{Value, json};

use super::catalog::{EPOCH, small_id};
use super::listing::{self, Collection, Scopes};
use super::place::{self, Place};
use super::value::set;
use super::{disks, machines, offers};
use crate::sandbox::call::Call;
use crate::sandbox::error::ApiError;

const MACHINE_TYPES: Collection = Collection { name: "machineTypes", singular: "machineType" };
const DISK_TYPES: Collection = Collection { name: "diskTypes", singular: "diskType" };
const ACCELERATOR_TYPES: Collection = Collection { name: "acceleratorTypes", singular: "acceleratorType" };

/// One collection of types: how it is called, what a zone has of it, and one of them by name.
struct Types {
    of: Collection,
    all: fn(&Place) -> Vec<Value>,
    one: fn(&Place, &str) -> Option<Value>,
}

/// Serves one call.
pub(super) fn handle(call: &Call<'_>, resource: &str, action: &str) -> Result<Value, ApiError> {
    let types = match resource {
        "machineTypes" => Types { of: MACHINE_TYPES, all: machine_types, one: machine_type },
        "diskTypes" => Types { of: DISK_TYPES, all: disk_types, one: disk_type },
        _ => Types { of: ACCELERATOR_TYPES, all: accelerator_types, one: accelerator_type },
    };
    match action {
        "get" => {
            let (place, name) = (Place::of(call)?, call.param(types.of.singular)?);
            (types.one)(&place, name).ok_or_else(|| place::not_found(&place.of_resource(types.of.name, name)))
        }
        "list" => {
            let place = Place::of(call)?;
            listing::answer(call, &place, types.of, (types.all)(&place))
        }
        "aggregatedList" => listing::aggregated(call, types.of, Scopes::Zones, types.all),
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn machine_types(place: &Place) -> Vec<Value> {
    machines::names().iter().filter_map(|name| machine_type(place, name)).collect()
}

fn machine_type(place: &Place, name: &str) -> Option<Value> {
    let machine = offers::machine(place.zone(), name)?;
    let mut resource = json!({
        "kind": "compute#machineType",
        "id": small_id(name),
        "creationTimestamp": EPOCH,
        "name": name,
        "description": machine.description(),
        "guestCpus": machine.cpus,
        "memoryMb": machine.memory_mb,
        "imageSpaceGb": 0,
        "maximumPersistentDisks": 128,
        "maximumPersistentDisksSizeGb": "263168",
        "zone": place.zone(),
        "selfLink": place::link(&place.of_resource(MACHINE_TYPES.name, name)),
        "isSharedCpu": machine.is_shared,
        "architecture": "X86_64",
    });
    if let Some((kind, count)) = machines::bundled(name) {
        let cards = json!([{ "guestAcceleratorType": kind, "guestAcceleratorCount": count }]);
        set(&mut resource, "accelerators", cards);
    }
    Some(resource)
}

fn disk_types(place: &Place) -> Vec<Value> {
    disks::TYPES.iter().filter_map(|name| disk_type(place, name)).collect()
}

fn disk_type(place: &Place, name: &str) -> Option<Value> {
    if !disks::TYPES.contains(&name) {
        return None;
    }
    let is_pd = name.starts_with("pd-");
    Some(json!({
        "kind": "compute#diskType",
        "id": small_id(name),
        "creationTimestamp": EPOCH,
        "name": name,
        "description": name,
        "validDiskSize": if is_pd { "10GB-65536GB" } else { "4GB-65536GB" },
        "zone": place::link(&place.path()),
        "selfLink": place::link(&place.of_resource(DISK_TYPES.name, name)),
        "defaultDiskSizeGb": if name == "pd-standard" { "500" } else { "100" },
    }))
}

fn accelerator_types(place: &Place) -> Vec<Value> {
    offers::accelerators(place.zone()).filter_map(|one| accelerator_type(place, one.name)).collect()
}

fn accelerator_type(place: &Place, name: &str) -> Option<Value> {
    let one = offers::accelerators(place.zone()).find(|one| one.name == name)?;
    Some(json!({
        "kind": "compute#acceleratorType",
        "id": small_id(name),
        "creationTimestamp": EPOCH,
        "name": name,
        "description": one.description,
        "zone": place::link(&place.path()),
        "selfLink": place::link(&place.of_resource(ACCELERATOR_TYPES.name, name)),
        "maximumCardsPerInstance": one.most,
    }))
}
