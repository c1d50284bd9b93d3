//! Subnetworks: one in every region for an auto-mode network, and those that are made by hand.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::listing::{self, Collection, Scopes};
use super::place::{self, Place};
use super::rules::{self, invalid};
use super::value::{copy, flag, list, list_mut, set, text};
use super::{fingerprint, mutation, quota, regions};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

const SUBNETWORKS: Collection = Collection { name: "subnetworks", singular: "subnetwork" };
const SMALLEST: u8 = 29;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" => place::find(world.state, &place.of_resource(SUBNETWORKS.name, call.param("subnetwork")?)),
        "list" => listing::answer(call, &place, SUBNETWORKS, listing::stored(world, &place, SUBNETWORKS)),
        "aggregatedList" => listing::aggregated(call, SUBNETWORKS, Scopes::Regions, |place| {
            listing::stored(world, place, SUBNETWORKS)
        }),
        "insert" => insert(world, call, &place),
        "delete" => delete(world, call, &place),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// The subnetwork of a network in a region.
pub(super) fn of_network<'a>(state: &'a State, region: &Place, network: &str) -> Option<&'a Value> {
    let wanted = place::link(network);
    in_region(state, region).find(|subnetwork| text(subnetwork, "network") == wanted)
}

fn in_region<'a>(state: &'a State, region: &Place) -> impl Iterator<Item = &'a Value> + use<'a> {
    let prefix = place::key(&region.of_resource(SUBNETWORKS.name, ""));
    state.below(&prefix).map(|(_, subnetwork)| subnetwork)
}

/// Makes the subnetwork that an auto-mode network has in a region, and gives its reference.
pub(super) fn make_auto(state: &mut State, place: &Place, network: &str, now: Timestamp) -> String {
    let path = place.of_resource(SUBNETWORKS.name, place::name_of(network));
    let octet = regions::octet_of(place.region());
    let range = Ipv4Net::new(Ipv4Addr::new(10, octet, 0, 0), 20).unwrap_or_default();
    let subnetwork = subnetwork(place, &path, network, range, &new_project::seeded_id(&path), now);
    state.resources.insert(place::key(&path), subnetwork);
    place::link(&path)
}

fn subnetwork(place: &Place, path: &str, network: &str, range: Ipv4Net, id: &str, now: Timestamp) -> Value {
    json!({
        "kind": "compute#subnetwork",
        "id": id,
        "creationTimestamp": mutation::stamp(now),
        "name": place::name_of(path),
        "network": place::link(network),
        "ipCidrRange": range.to_string(),
        "gatewayAddress": range.hosts().next().map(|ip| ip.to_string()),
        "region": place::link(&place.path()),
        "selfLink": place::link(path),
        "privateIpGoogleAccess": false,
        "fingerprint": fingerprint::of(&json!(range.to_string())),
        "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
        "purpose": "PRIVATE",
        "stackType": "IPV4_ONLY",
    })
}

fn insert(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let body = &call.body;
    let path = place.of_resource(SUBNETWORKS.name, rules::name(body)?);
    place::check_free(world.state, &path)?;
    let given = text(body, "network");
    let network = place.global().resolve(world.state, given, "networks");
    if given.is_empty() || place::stored(world.state, &network).is_none() {
        let why = "The referenced network resource cannot be found.";
        return Err(invalid("resource.network", given, why));
    }
    let range = range(world.state, place, &network, text(body, "ipCidrRange"))?;
    let id = world.next_id().to_string();
    let mut subnetwork = subnetwork(place, &path, &network, range, &id, world.now);
    let given = ["description", "privateIpGoogleAccess", "enableFlowLogs", "logConfig", "secondaryIpRanges"];
    copy(&mut subnetwork, body, &given);
    if let Some(failure) = quota::exceeded(world, &place.project, None, &subnetwork) {
        return Ok(mutation::fail(world, call, place, &subnetwork, &failure));
    }
    world.state.resources.insert(place::key(&path), subnetwork.clone());
    list_in_network(world.state, &network, &place::link(&path), true);
    Ok(mutation::begin(world, call, place, &subnetwork))
}

/// The asked range, which no other of the network overlaps.
fn range(state: &State, place: &Place, network: &str, given: &str) -> Result<Ipv4Net, ApiError> {
    const FIELD: &str = "resource.ipCidrRange";
    let range = given.parse::<Ipv4Net>().ok().filter(|range| range.trunc() == *range);
    let Some(range) = range.filter(|range| range.prefix_len() <= SMALLEST) else {
        return Err(invalid(FIELD, given, "Must be a CIDR address range that is at least as large as /29."));
    };
    let wanted = place::link(network);
    let prefix = place::key(&format!("projects/{}/regions/", place.project));
    let others = state.below(&prefix).filter(|(path, _)| path.contains("/subnetworks/"));
    let mut others = others.map(|(_, other)| other).filter(|other| text(other, "network") == wanted);
    let overlaps = |other: &&Value| {
        let held = text(other, "ipCidrRange").parse::<Ipv4Net>();
        held.is_ok_and(|held| held.contains(&range) || range.contains(&held))
    };
    match others.find(overlaps) {
        None => Ok(range),
        Some(other) => {
            let (name, region) = (text(other, "name"), place::name_of(text(other, "region")));
            let why = format!(
                "Invalid IPCidrRange: {given} conflicts with existing subnetwork '{name}' in region '{region}'."
            );
            Err(invalid(FIELD, given, &why))
        }
    }
}

fn list_in_network(state: &mut State, network: &str, link: &str, is_there: bool) {
    let Some(network) = state.resources.get_mut(&place::key(network)) else { return };
    if is_there && network.get("subnetworks").is_none() {
        set(network, "subnetworks", json!([]));
    }
    if let Some(links) = list_mut(network, "subnetworks") {
        links.retain(|known| known.as_str() != Some(link));
        if is_there {
            links.push(json!(link));
        }
    }
}

fn delete(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(SUBNETWORKS.name, call.param("subnetwork")?);
    let subnetwork = place::find(world.state, &path)?;
    let network = place::relative(text(&subnetwork, "network")).unwrap_or_default().to_owned();
    let is_auto = place::stored(world.state, &network).is_some_and(|one| flag(one, "autoCreateSubnetworks"));
    if is_auto && text(&subnetwork, "name") == place::name_of(&network) {
        let text = "Cannot delete auto subnetwork from an auto subnet mode network.";
        return Err(ApiError::bad_request(text));
    }
    check_unused(world.state, place, &path)?;
    world.state.resources.remove(&place::key(&path));
    list_in_network(world.state, &network, &place::link(&path), false);
    Ok(mutation::begin(world, call, place, &subnetwork))
}

/// Refuses a subnetwork that an instance is in.
pub(super) fn check_unused(state: &State, region: &Place, path: &str) -> Result<(), ApiError> {
    let prefix = place::key(&format!("projects/{}/zones/{}-", region.project, region.region()));
    let wanted = place::link(path);
    let is_in =
        |vm: &Value| list(vm, "networkInterfaces").iter().any(|card| text(card, "subnetwork") == wanted);
    match state.below(&prefix).find(|(path, vm)| path.contains("/instances/") && is_in(vm)) {
        None => Ok(()),
        Some((_, vm)) => {
            let user = place::relative(text(vm, "selfLink")).unwrap_or_default();
            Err(ApiError::in_use(format!(
                "The subnetwork resource '{path}' is already being used by '{user}'"
            )))
        }
    }
}
