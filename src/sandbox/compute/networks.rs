//! Networks. Every project begins with the auto-mode network `default`; more can be made in either mode.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::listing::{self, Collection};
use super::place::{self, Place, Scope};
use super::rules::{self, invalid};
use super::value::{copy, default, flag, list, merge, set, text};
use super::{mutation, quota, regions, subnetworks};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

const NETWORKS: Collection = Collection { name: "networks", singular: "network" };

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" => place::find(world.state, &place.of_resource(NETWORKS.name, call.param("network")?)),
        "list" => listing::answer(call, &place, NETWORKS, listing::stored(world, &place, NETWORKS)),
        "insert" => insert(world, call, &place),
        "patch" => patch(world, call, &place),
        "delete" => delete(world, call, &place),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// Puts the network `default` and its subnetworks.
pub(super) fn seed(state: &mut State, project: &str, now: Timestamp) {
    let global = Place { project: project.to_owned(), scope: Scope::Global };
    let path = global.of_resource(NETWORKS.name, "default");
    let mut network = network(&path, &new_project::seeded_id(&path), now);
    set(&mut network, "description", "Default network for the project");
    set(&mut network, "autoCreateSubnetworks", true);
    set(&mut network, "subnetworks", make_subnetworks(state, &path, project, now));
    state.resources.insert(place::key(&path), network);
}

/// A subnetwork in every region.
fn make_subnetworks(state: &mut State, network: &str, project: &str, now: Timestamp) -> Vec<Value> {
    let place = |region: &str| Place { project: project.to_owned(), scope: Scope::Region(region.to_owned()) };
    let made = regions::regions().map(|region| subnetworks::make_auto(state, &place(region), network, now));
    made.map(Value::String).collect()
}

fn network(path: &str, id: &str, now: Timestamp) -> Value {
    let (project, _) = path.split_once("/global/").unwrap_or((path, ""));
    json!({
        "kind": "compute#network",
        "id": id,
        "creationTimestamp": mutation::stamp(now),
        "name": place::name_of(path),
        "selfLink": place::link(path),
        "selfLinkWithId": place::link(&format!("{project}/global/networks/{id}")),
        "autoCreateSubnetworks": false,
        "routingConfig": { "routingMode": "REGIONAL", "bgpBestPathSelectionMode": "LEGACY" },
        "mtu": 1460,
        "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
    })
}

fn insert(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(NETWORKS.name, rules::name(&call.body)?);
    place::check_free(world.state, &path)?;
    if call.body.get("autoCreateSubnetworks").is_none_or(Value::is_null) {
        let why = "Legacy networks can no longer be created; autoCreateSubnetworks must be set.";
        return Err(invalid("resource.autoCreateSubnetworks", "", why));
    }
    let id = world.next_id().to_string();
    let mut network = network(&path, &id, world.now);
    settings(&mut network, &call.body);
    copy(&mut network, &call.body, &["autoCreateSubnetworks"]);
    if let Some(profile) = call.body.get("networkProfile").and_then(Value::as_str) {
        set(&mut network, "networkProfile", place::link(place::relative(profile).unwrap_or(profile)));
    }
    if let Some(failure) = quota::exceeded(world, &place.project, None, &network) {
        return Ok(mutation::fail(world, call, place, &network, &failure));
    }
    if flag(&network, "autoCreateSubnetworks") {
        let links = make_subnetworks(world.state, &path, &place.project, world.now);
        set(&mut network, "subnetworks", links);
    }
    world.state.resources.insert(place::key(&path), network.clone());
    Ok(mutation::begin(world, call, place, &network))
}

/// What may change later, too.
fn settings(network: &mut Value, given: &Value) {
    let given_as_is = ["description", "mtu", "networkFirewallPolicyEnforcementOrder", "internalIpv6Range"];
    copy(network, given, &given_as_is);
    if flag(given, "enableUlaInternalIpv6") {
        set(network, "enableUlaInternalIpv6", true);
        default(network, "internalIpv6Range", internal_range(network));
    }
    if let (Some(held), Some(routing)) = (network.get_mut("routingConfig"), given.get("routingConfig")) {
        merge(held, routing);
    }
}

/// The range of internal addresses of a network: one of 2²⁸ that follows from its id.
fn internal_range(network: &Value) -> String {
    let id: u64 = text(network, "id").parse().unwrap_or_default();
    format!("fd20:{:x}:{:x}:0:0:0:0:0/48", (id >> 16) & 0xfff, id & 0xffff)
}

fn patch(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(NETWORKS.name, call.param("network")?);
    let mut network = place::find(world.state, &path)?;
    settings(&mut network, &call.body);
    world.state.resources.insert(place::key(&path), network.clone());
    Ok(mutation::begin(world, call, place, &network))
}

/// Deletes the network that nobody uses, with the subnetworks that it made itself.
fn delete(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(NETWORKS.name, call.param("network")?);
    let network = place::find(world.state, &path)?;
    let links = list(&network, "subnetworks").iter().filter_map(Value::as_str).filter_map(place::relative);
    let subnetworks: Vec<String> = links.map(str::to_owned).collect();
    check_unused(world.state, place, &network, &subnetworks)?;
    for subnetwork in subnetworks {
        world.state.resources.remove(&place::key(&subnetwork));
    }
    world.state.resources.remove(&place::key(&path));
    Ok(mutation::begin(world, call, place, &network))
}

/// Firewall rules, subnetworks made by hand, and instances hold a network.
fn check_unused(
    state: &State,
    place: &Place,
    network: &Value,
    subnetworks: &[String],
) -> Result<(), ApiError> {
    let link = text(network, "selfLink");
    let path = place::relative(link).unwrap_or_default();
    let rules = state.below(&place::key(&place.of_resource("firewalls", "")));
    let mut rules = rules.map(|(_, rule)| rule).filter(|rule| text(rule, "network") == link);
    let rule = rules.next().and_then(|rule| place::relative(text(rule, "selfLink")));
    let is_own = |subnetwork: &&String| {
        flag(network, "autoCreateSubnetworks") && place::name_of(subnetwork) == place::name_of(path)
    };
    let by_hand = subnetworks.iter().find(|subnetwork| !is_own(subnetwork)).map(String::as_str);
    if let Some(user) = rule.or(by_hand) {
        return Err(ApiError::in_use(format!(
            "The network resource '{path}' is already being used by '{user}'"
        )));
    }
    subnetworks.iter().try_for_each(|subnetwork| {
        let region = subnetwork.split('/').nth(3).unwrap_or_default().to_owned();
        let place = Place { project: place.project.clone(), scope: Scope::Region(region) };
        subnetworks::check_unused(state, &place, subnetwork)
    })
}
