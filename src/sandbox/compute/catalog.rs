//! What Compute offers everywhere: regions, zones, machine and disk types, and the project with its quotas.

use serde_json::{Value, json};

use super::listing::{self, Collection, Scopes};
use super::place::{self, Place, Scope};
use super::{disks, machines, mutation, quota};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;

const ZONES: Collection = Collection { name: "zones", singular: "zone" };
const REGIONS: Collection = Collection { name: "regions", singular: "region" };
const MACHINE_TYPES: Collection = Collection { name: "machineTypes", singular: "machineType" };
const DISK_TYPES: Collection = Collection { name: "diskTypes", singular: "diskType" };
/// The creation time of everything that was always there.
const EPOCH: &str = "1969-12-31T16:00:00.000-08:00";

/// Name, letters of the zones, and the second octet of the region's range in auto-mode networks
/// (<https://cloud.google.com/vpc/docs/subnets#ip-ranges>).
const REGION_TABLE: [(&str, &str, u8); 24] = [
    ("asia-east1", "abc", 140),
    ("asia-east2", "abc", 170),
    ("asia-northeast1", "abc", 146),
    ("asia-south1", "abc", 160),
    ("asia-southeast1", "abc", 148),
    ("australia-southeast1", "abc", 152),
    ("europe-north1", "abc", 166),
    ("europe-southwest1", "abc", 204),
    ("europe-west1", "bcd", 132),
    ("europe-west12", "abc", 210),
    ("europe-west2", "abc", 154),
    ("europe-west3", "abc", 156),
    ("europe-west4", "abc", 164),
    ("europe-west6", "abc", 172),
    ("europe-west8", "abc", 198),
    ("europe-west9", "abc", 200),
    ("northamerica-northeast1", "abc", 162),
    ("southamerica-east1", "abc", 158),
    ("us-central1", "abcf", 128),
    ("us-east1", "bcd", 142),
    ("us-east4", "abc", 150),
    ("us-south1", "abc", 206),
    ("us-west1", "abc", 138),
    ("us-west2", "abc", 168),
];

/// Every region.
pub(super) fn regions() -> impl Iterator<Item = &'static str> {
    REGION_TABLE.iter().map(|(region, _, _)| *region)
}

/// Every zone.
pub(super) fn zones() -> impl Iterator<Item = String> {
    REGION_TABLE
        .iter()
        .flat_map(|(region, letters, _)| letters.chars().map(move |letter| format!("{region}-{letter}")))
}

/// The second octet of the region's range in auto-mode networks.
pub(super) fn octet_of(region: &str) -> u8 {
    REGION_TABLE.iter().find(|(name, _, _)| *name == region).map_or(0, |(_, _, octet)| *octet)
}

/// Whether the region exists.
pub(super) fn has_region(region: &str) -> bool {
    regions().any(|known| known == region)
}

/// Whether the zone exists.
pub(super) fn has_zone(zone: &str) -> bool {
    zones().any(|known| known == zone)
}

/// The region of a zone: the part before the letter.
pub(super) fn region_of(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

/// Serves one call.
pub(super) fn handle(
    world: &World<'_>,
    call: &Call<'_>,
    resource: &str,
    action: &str,
) -> Result<Value, ApiError> {
    let project = call.param("project")?;
    match (resource, action) {
        ("projects", "get") => Ok(project_resource(world, project)),
        ("zones", "get") => Place::of(call).map(|place| zone(&place)),
        ("zones", "list") => {
            let all = zones().map(|name| zone(&in_zone(project, name))).collect();
            listing::listed(call, ZONES, &format!("projects/{project}"), all)
        }
        ("regions", "get") => Place::of(call).map(|place| region(world, &place)),
        ("regions", "list") => {
            let all = regions().map(|name| region(world, &in_region(project, name))).collect();
            listing::listed(call, REGIONS, &format!("projects/{project}"), all)
        }
        ("machineTypes", _) => machine_types(call, action),
        ("diskTypes", _) => disk_types(call, action),
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn in_zone(project: &str, zone: String) -> Place {
    Place { project: project.to_owned(), scope: Scope::Zone(zone) }
}

fn in_region(project: &str, region: &str) -> Place {
    Place { project: project.to_owned(), scope: Scope::Region(region.to_owned()) }
}

fn zone(place: &Place) -> Value {
    json!({
        "kind": "compute#zone",
        "id": small_id(place.zone()),
        "creationTimestamp": EPOCH,
        "name": place.zone(),
        "description": place.zone(),
        "status": "UP",
        "region": place::link(&place.regional().path()),
        "selfLink": place::link(&place.path()),
        "availableCpuPlatforms": machines::CPU_PLATFORMS,
        "supportsPzs": false,
    })
}

fn region(world: &World<'_>, place: &Place) -> Value {
    let name = place.region().to_owned();
    let zones: Vec<String> = zones()
        .filter(|zone| region_of(zone) == name)
        .map(|zone| place::link(&in_zone(&place.project, zone).path()))
        .collect();
    json!({
        "kind": "compute#region",
        "id": small_id(&name),
        "creationTimestamp": EPOCH,
        "name": name,
        "description": name,
        "status": "UP",
        "zones": zones,
        "quotas": quota::of_region(world.state, place),
        "selfLink": place::link(&place.path()),
        "supportsPzs": false,
    })
}

/// Zones, regions and types have small ids.
fn small_id(name: &str) -> String {
    let sum = name.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 100_003);
    (1_000 + sum).to_string()
}

fn project_resource(world: &World<'_>, project: &str) -> Value {
    json!({
        "kind": "compute#project",
        "id": new_project::seeded_id(&format!("compute/projects/{project}")),
        "creationTimestamp": mutation::stamp(created(world, project)),
        "name": project,
        "commonInstanceMetadata": { "kind": "compute#metadata", "fingerprint": super::fingerprint::of(&Value::Null) },
        "quotas": quota::of_project(world.state, project),
        "selfLink": place::link(&format!("projects/{project}")),
        "defaultServiceAccount": new_project::default_account(world.state, project),
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
        "defaultNetworkTier": "PREMIUM",
        "vmDnsSetting": "ZONAL_ONLY",
        "cloudArmorTier": "CA_STANDARD",
    })
}

fn created(world: &World<'_>, project: &str) -> jiff::Timestamp {
    let stored = world.state.resources.get(&format!("projects/{project}"));
    let time = stored.and_then(|project| project.get("createTime")).and_then(Value::as_str);
    time.and_then(|text| text.parse().ok()).unwrap_or(world.now)
}

fn machine_types(call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    match action {
        "get" => {
            let (place, name) = (Place::of(call)?, call.param("machineType")?);
            machine_type(&place, name)
                .ok_or_else(|| place::not_found(&place.of_resource(MACHINE_TYPES.name, name)))
        }
        "list" => {
            let place = Place::of(call)?;
            listing::answer(call, &place, MACHINE_TYPES, all_machine_types(&place))
        }
        "aggregatedList" => listing::aggregated(call, MACHINE_TYPES, Scopes::Zones, all_machine_types),
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn all_machine_types(place: &Place) -> Vec<Value> {
    machines::names().iter().filter_map(|name| machine_type(place, name)).collect()
}

fn machine_type(place: &Place, name: &str) -> Option<Value> {
    let machine = machines::find(name)?;
    Some(json!({
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
    }))
}

fn disk_types(call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    match action {
        "get" => {
            let (place, name) = (Place::of(call)?, call.param("diskType")?);
            disk_type(&place, name).ok_or_else(|| place::not_found(&place.of_resource(DISK_TYPES.name, name)))
        }
        "list" => {
            let place = Place::of(call)?;
            listing::answer(call, &place, DISK_TYPES, all_disk_types(&place))
        }
        "aggregatedList" => listing::aggregated(call, DISK_TYPES, Scopes::Zones, all_disk_types),
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn all_disk_types(place: &Place) -> Vec<Value> {
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
