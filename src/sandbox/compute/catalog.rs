//! What is there without anybody having made it: regions, zones, and the project with its quotas.

use serde_json::{Value, json};

use super::listing::{self, Collection};
use super::place::{self, Place, Scope};
use super::quota::Usage;
use super::regions::{regions, zones, zones_of};
use super::{machines, mutation};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;

const ZONES: Collection = Collection { name: "zones", singular: "zone" };
const REGIONS: Collection = Collection { name: "regions", singular: "region" };
/// The creation time of everything that was always there.
pub(super) const EPOCH: &str = "1969-12-31T16:00:00.000-08:00";

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
        ("regions", "get") => Place::of(call).map(|place| region(&usage(world, project), &place)),
        ("regions", "list") => {
            let usage = usage(world, project);
            let all = regions().map(|name| region(&usage, &in_region(project, name))).collect();
            listing::listed(call, REGIONS, &format!("projects/{project}"), all)
        }
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

fn usage<'a>(world: &'a World<'_>, project: &str) -> Usage<'a> {
    Usage::of(world.state, world.limits, project)
}

fn region(usage: &Usage<'_>, place: &Place) -> Value {
    let name = place.region().to_owned();
    let zones: Vec<String> =
        zones_of(&name).map(|zone| place::link(&in_zone(&place.project, zone).path())).collect();
    json!({
        "kind": "compute#region",
        "id": small_id(&name),
        "creationTimestamp": EPOCH,
        "name": name,
        "description": name,
        "status": "UP",
        "zones": zones,
        "quotas": usage.of_region(&name),
        "selfLink": place::link(&place.path()),
        "supportsPzs": false,
    })
}

/// Zones, regions and types have small ids.
pub(super) fn small_id(name: &str) -> String {
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
        "quotas": usage(world, project).of_project(),
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
