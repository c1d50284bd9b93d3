//! Network interfaces and external connections.

use serde_json::{Value, json};

use super::super::addresses;
use super::super::place::{self, Place};
use super::super::rules::invalid;
use super::super::value::{copy, default, list, list_mut, merge, set, text};
use super::super::{fingerprint, subnetworks};
use super::{Subject, read};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

/// The interfaces of a new instance.
pub(super) fn new(world: &World<'_>, place: &Place, body: &Value) -> Result<Vec<Value>, ApiError> {
    let given = list(body, "networkInterfaces");
    if given.is_empty() {
        let why = "At least one network interface is required.";
        return Err(invalid("resource.networkInterfaces", "", why));
    }
    let mut cards: Vec<Value> = Vec::new();
    for (at, card) in given.iter().enumerate() {
        let field = format!("resource.networkInterfaces[{at}]");
        let (network, subnetwork) = where_it_is(world.state, place, card)?;
        let mut one = json!({
            "kind": "compute#networkInterface",
            "network": place::link(&network),
            "subnetwork": text(&subnetwork, "selfLink"),
            "networkIP": internal_ip(world.state, place, card, &subnetwork, &cards, &field)?,
            "name": format!("nic{at}"),
            "stackType": "IPV4_ONLY",
        });
        copy(&mut one, card, &["stackType", "nicType", "queueCount", "aliasIpRanges"]);
        let accesses = list(card, "accessConfigs");
        if accesses.len() > 1 {
            let why = "At most one access config currently supported.";
            return Err(invalid(&format!("{field}.accessConfigs"), "", why));
        }
        if let Some(access) = accesses.first() {
            let access = access_config(world.state, place, access, &format!("{field}.accessConfigs[0]"))?;
            set(&mut one, "accessConfigs", json!([access]));
        }
        cards.push(one);
    }
    Ok(cards)
}

/// The network's path and the subnetwork. A subnetwork alone is enough; neither means the default network.
fn where_it_is(state: &State, place: &Place, card: &Value) -> Result<(String, Value), ApiError> {
    let (network, subnetwork) = (text(card, "network"), text(card, "subnetwork"));
    if !subnetwork.is_empty() {
        let path = place.regional().resolve(state, subnetwork, "subnetworks");
        let found = place::find(state, &path)?;
        let network = place::relative(text(&found, "network")).unwrap_or_default().to_owned();
        return Ok((network, found));
    }
    let given = if network.is_empty() { "global/networks/default" } else { network };
    let path = place.global().resolve(state, given, "networks");
    if place::stored(state, &path).is_none() {
        return Err(ApiError::invalid(format!(
            "Project \"{}\" has no network named \"{}\".",
            place.project,
            place::name_of(&path)
        )));
    }
    let found = subnetworks::of_network(state, &place.regional(), &path).cloned();
    found.map(|subnetwork| (path, subnetwork)).ok_or_else(|| {
        let why = "Subnetwork should be specified for custom subnetmode network";
        invalid("resource.networkInterfaces[0].subnetwork", "", why)
    })
}

/// The asked address, or the first one of the subnetwork that is free. The first two are the network's own.
fn internal_ip(
    state: &State,
    place: &Place,
    card: &Value,
    subnetwork: &Value,
    before: &[Value],
    field: &str,
) -> Result<String, ApiError> {
    let range = text(subnetwork, "ipCidrRange").parse::<ipnet::Ipv4Net>();
    let range = range.map_err(|_| ApiError::internal("The subnetwork has no range."))?;
    let prefix = place::key(&format!("projects/{}/zones/{}-", place.project, place.region()));
    let mut taken: Vec<&str> = state
        .below(&prefix)
        .flat_map(|(_, vm)| list(vm, "networkInterfaces"))
        .chain(before)
        .map(|card| text(card, "networkIP"))
        .collect();
    taken.sort_unstable();
    let is_free = |ip: &String| taken.binary_search(&ip.as_str()).is_err();
    let asked = text(card, "networkIP");
    if asked.is_empty() {
        let mut free = range.hosts().skip(1).map(|ip| ip.to_string()).filter(is_free);
        return free.next().ok_or_else(|| ApiError::exhausted("IP space of the subnetwork is exhausted."));
    }
    let ip = addresses::ip_of(state, &place.regional(), asked);
    let inside = |ip: &String| ip.parse().is_ok_and(|ip: std::net::Ipv4Addr| range.contains(&ip));
    match ip.filter(inside) {
        Some(ip) if is_free(&ip) => Ok(ip),
        Some(ip) => Err(ApiError::in_use(format!("IP '{ip}' is already being used by another resource."))),
        None => {
            let why = "Requested internal IP address is outside the subnetwork CIDR range.";
            Err(invalid(&format!("{field}.networkIP"), asked, why))
        }
    }
}

/// An external connection with the server's defaults. A pinned address must be reserved.
fn access_config(state: &State, place: &Place, given: &Value, field: &str) -> Result<Value, ApiError> {
    let mut access = json!({ "kind": "compute#accessConfig" });
    copy(&mut access, given, &["type", "name", "networkTier", "setPublicPtr", "publicPtrDomainName"]);
    default(&mut access, "type", "ONE_TO_ONE_NAT");
    default(&mut access, "networkTier", "PREMIUM");
    if text(&access, "name").is_empty() {
        set(&mut access, "name", "external-nat");
    }
    let asked = text(given, "natIP");
    if asked.is_empty() {
        return Ok(access);
    }
    let ip = addresses::ip_of(state, &place.regional(), asked);
    let Some(ip) = ip.filter(|ip| addresses::is_reserved(state, &place.regional(), ip)) else {
        let why = format!(
            "The specified external IP address '{asked}' was not found in region '{}'.",
            place.region()
        );
        return Err(invalid(&format!("{field}.natIP"), asked, &why));
    };
    set(&mut access, "natIP", ip);
    Ok(access)
}

/// The interface that the query names.
fn card<'a>(call: &Call<'_>, vm: &'a mut Value) -> Result<&'a mut Value, ApiError> {
    let name = call.query.get("networkInterface").unwrap_or_default().to_owned();
    let cards = list_mut(vm, "networkInterfaces").into_iter().flatten();
    cards
        .into_iter()
        .find(|card| text(card, "name") == name)
        .ok_or_else(|| invalid("networkInterface", &name, "Unknown network interface."))
}

pub(super) fn add_access_config(
    world: &mut World<'_>,
    call: &Call<'_>,
    one: &mut Subject,
) -> Result<(), ApiError> {
    let mut access = access_config(world.state, &one.place, &call.body, "resource")?;
    if text(&access, "natIP").is_empty() && text(&one.vm, "status") == "RUNNING" {
        set(&mut access, "natIP", addresses::ephemeral(world));
    }
    let card = card(call, &mut one.vm)?;
    if !list(card, "accessConfigs").is_empty() {
        let why = "At most one access config currently supported.";
        return Err(invalid("accessConfigs", "", why));
    }
    set(card, "accessConfigs", json!([access]));
    Ok(())
}

pub(super) fn delete_access_config(call: &Call<'_>, vm: &mut Value) -> Result<(), ApiError> {
    let name = call.query.get("accessConfig").unwrap_or_default();
    let card = card(call, vm)?;
    if !list(card, "accessConfigs").iter().any(|access| text(access, "name") == name) {
        return Err(invalid(
            "accessConfig",
            name,
            "The access config was not found on the network interface.",
        ));
    }
    super::super::value::unset(card, "accessConfigs");
    Ok(())
}

/// The public name and its like; the address itself cannot be changed.
pub(super) fn update_access_config(call: &Call<'_>, vm: &mut Value) -> Result<(), ApiError> {
    let card = card(call, vm)?;
    let access = list_mut(card, "accessConfigs").and_then(|list| list.first_mut());
    let access = access.ok_or_else(|| invalid("accessConfig", "", "The interface has no access config."))?;
    let asked = text(&call.body, "natIP");
    if !asked.is_empty() && asked != text(access, "natIP") {
        return Err(invalid(
            "resource.natIP",
            asked,
            "The external address of an access config cannot be changed.",
        ));
    }
    copy(access, &call.body, &["setPublicPtr", "publicPtrDomainName", "networkTier"]);
    Ok(())
}

/// Alias ranges and stack type at any time; another network only for a stopped instance.
pub(super) fn update(world: &World<'_>, call: &Call<'_>, one: &mut Subject) -> Result<(), ApiError> {
    let running = read::status(&one.vm, world.now) != "TERMINATED";
    let place = one.place.clone();
    let card = card(call, &mut one.vm)?;
    fingerprint::check(text(&call.body, "fingerprint"), text(card, "fingerprint"), "network interface")?;
    let mut wanted = card.clone();
    merge(&mut wanted, &call.body);
    let is_given = ["network", "subnetwork"].iter().any(|field| call.body.get(*field).is_some());
    if is_given {
        let (network, subnetwork) = where_it_is(world.state, &place, &call.body)?;
        let elsewhere = place::link(&network) != text(card, "network")
            || text(&subnetwork, "selfLink") != text(card, "subnetwork");
        if elsewhere && running {
            let text = "The instance must be stopped before the network interface can be moved.";
            return Err(ApiError::bad_request(text));
        }
        set(&mut wanted, "network", place::link(&network));
        set(&mut wanted, "subnetwork", text(&subnetwork, "selfLink"));
        if elsewhere {
            let fresh = internal_ip(world.state, &place, &json!({}), &subnetwork, &[], "resource")?;
            set(&mut wanted, "networkIP", fresh);
        }
    }
    copy(card, &wanted, &["network", "subnetwork", "networkIP", "aliasIpRanges", "stackType"]);
    Ok(())
}
