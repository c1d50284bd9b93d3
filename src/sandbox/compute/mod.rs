//! Compute Engine v1: instances and their disks, firewall rules, addresses, and the catalog around them.
//!
//! `place` says where things are and reads references, `mutation` begins operations, `listing` and `filter`
//! answer lists, `rules` and `fingerprint` are shared checks; `regions`, `machines` and `offers` say what there is
//! and where, `quota` and `capacity` how much of it; then one file per resource. A resource is stored
//! under `compute/` and its path, as it is answered.

mod addresses;
mod capacity;
mod catalog;
mod disks;
mod filter;
mod fingerprint;
mod firewalls;
mod images;
mod instances;
mod labels;
mod listing;
mod machines;
mod mutation;
mod networks;
mod offers;
mod operations;
mod place;
mod quota;
mod reach;
mod regions;
mod rules;
mod snapshots;
mod subnetworks;
mod types;
mod value;

use jiff::Timestamp;
use serde_json::Value;

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::new_project;
use super::store::State;
use mutation::Failure;
use place::Place;

pub(super) use images::is_public_project;
pub(super) use machines::is_family;
pub(super) use offers::is_accelerator;
pub(super) use operations::key as operation_key;
pub(super) use quota::is_metric;
pub(super) use reach::{Knock, knock};
pub(super) use regions::{has_region, has_zone};

/// Lets happen what comes with time.
pub(super) fn settle(world: &mut World<'_>) {
    instances::settle(world);
}

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let (resource, action) = parts(call.method);
    let project = call.param("project")?;
    if !new_project::is_project_id(project) {
        return Err(ApiError::not_found(format!("Failed to find project {project}")));
    }
    if let Some(known) = mutation::repeated(world, call)? {
        return Ok(Answer::Json(known));
    }
    if resource.ends_with("Operations") && action == "delete" {
        return operations::delete(world, call).map(|()| Answer::Empty(204));
    }
    dispatch(world, call, resource, action).map(Answer::Json)
}

fn dispatch(world: &mut World<'_>, call: &Call<'_>, resource: &str, action: &str) -> Result<Value, ApiError> {
    match resource {
        "addresses" => addresses::handle(world, call, action),
        "disks" => disks::handle(world, call, action),
        "firewalls" => firewalls::handle(world, call, action),
        "images" | "imageFamilyViews" => images::handle(world, call, action),
        "instances" => instances::handle(world, call, action),
        "networks" => networks::handle(world, call, action),
        "snapshots" => snapshots::handle(world, call, action),
        "subnetworks" => subnetworks::handle(world, call, action),
        "zoneOperations" | "regionOperations" | "globalOperations" => operations::handle(world, call, action),
        "zones" | "regions" | "projects" => catalog::handle(world, call, resource, action),
        "machineTypes" | "diskTypes" | "acceleratorTypes" => types::handle(call, resource, action),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// `compute.instances.setTags` is `instances` and `setTags`.
fn parts(method: &str) -> (&str, &str) {
    let rest = method.strip_prefix("compute.").unwrap_or(method);
    rest.split_once('.').unwrap_or((rest, ""))
}

/// Text, details and HTTP status of the failure of a call whose machine finds no room; `zones` are said to have some,
/// or those that do.
pub(super) fn no_room(world: &World<'_>, call: &Call<'_>, zones: Option<&[String]>) -> Option<Parts> {
    let place = Place::of(call).ok()?;
    let name = call.path.get("instance");
    let there = name.and_then(|name| place::stored(world.state, &place.of_resource("instances", name)));
    Some(capacity::stock_out(world, &place, there.unwrap_or(&call.body), zones).into_parts())
}

/// Text, details and HTTP status of the failure of a call that wants more of a quota than there is.
pub(super) fn no_quota(
    world: &World<'_>,
    call: &Call<'_>,
    metric: &str,
    limit: Option<u32>,
) -> Option<Parts> {
    let place = Place::of(call).ok()?;
    quota::used_up(world.limits, place.region(), metric, limit).map(Failure::into_parts)
}

type Parts = (String, Vec<Value>, u16);

/// Puts the network and the firewall rules that every new project holds.
pub(super) fn seed(state: &mut State, project: &str, now: Timestamp) {
    networks::seed(state, project, now);
    firewalls::seed(state, project, now);
}
