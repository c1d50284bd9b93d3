//! Reserved addresses: regional, external unless said otherwise.

use serde_json::{Value, json};

use super::listing::{self, Collection, Scopes};
use super::place::{self, Place};
use super::rules::{self, invalid};
use super::value::{copy, list, set, text};
use super::{labels, mutation, quota};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

const ADDRESSES: Collection = Collection { name: "addresses", singular: "address" };

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" => {
            let path = place.of_resource(ADDRESSES.name, call.param("address")?);
            place::find(world.state, &path).map(|address| in_use(world.state, &place, address))
        }
        "list" => listing::answer(call, &place, ADDRESSES, all(world, &place)),
        "aggregatedList" => listing::aggregated(call, ADDRESSES, Scopes::Regions, |place| all(world, place)),
        "insert" => insert(world, call, &place),
        "delete" => delete(world, call, &place),
        "setLabels" => labels::replace(world, call, &place, ADDRESSES.name),
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn all(world: &World<'_>, place: &Place) -> Vec<Value> {
    let stored = listing::stored(world, place, ADDRESSES).into_iter();
    stored.map(|address| in_use(world.state, place, address)).collect()
}

/// The address with its user and state, which follow from the instances.
fn in_use(state: &State, place: &Place, mut address: Value) -> Value {
    match user(state, place, text(&address, "address")) {
        Some(user) => {
            set(&mut address, "status", "IN_USE");
            set(&mut address, "users", json!([user]));
        }
        None => set(&mut address, "status", "RESERVED"),
    }
    address
}

fn user(state: &State, place: &Place, wanted: &str) -> Option<String> {
    let prefix = place::key(&format!("projects/{}/zones/{}-", place.project, place.region()));
    let uses = |vm: &Value| {
        list(vm, "networkInterfaces").iter().any(|card| {
            text(card, "networkIP") == wanted
                || list(card, "accessConfigs").iter().any(|access| text(access, "natIP") == wanted)
        })
    };
    let found = state.below(&prefix).find(|(path, vm)| path.contains("/instances/") && uses(vm));
    found.map(|(_, vm)| text(vm, "selfLink").to_owned())
}

/// Whether an external address is reserved in the region, and so stays when an instance stops.
pub(super) fn is_reserved(state: &State, region: &Place, ip: &str) -> bool {
    let prefix = place::key(&region.of_resource(ADDRESSES.name, ""));
    state.below(&prefix).any(|(_, address)| text(address, "address") == ip)
}

/// The IP that a reference to an address means; an IP means itself.
pub(super) fn ip_of(state: &State, region: &Place, given: &str) -> Option<String> {
    if given.parse::<std::net::IpAddr>().is_ok() {
        return Some(given.to_owned());
    }
    let path = region.resolve(state, given, ADDRESSES.name);
    place::stored(state, &path).map(|address| text(address, "address").to_owned())
}

/// An external address that nobody has had before. The first octets are Google's.
pub(super) fn ephemeral(world: &mut World<'_>) -> String {
    let next = world.next_id();
    let octet = |shift: u32| (next >> shift) & 0xff;
    format!("34.{}.{}.{}", 64 + octet(16) % 64, octet(8), octet(0))
}

fn insert(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let name = rules::name(&call.body)?;
    let path = place.of_resource(ADDRESSES.name, name);
    place::check_free(world.state, &path)?;
    let internal = text(&call.body, "addressType") == "INTERNAL";
    let given = text(&call.body, "address");
    let ip = match given {
        "" if internal => {
            return Err(invalid("resource.address", "", "An internal address must be given."));
        }
        "" => ephemeral(world),
        given => given.to_owned(),
    };
    let mut address = json!({
        "kind": "compute#address",
        "id": world.next_id().to_string(),
        "creationTimestamp": mutation::stamp(world.now),
        "name": name,
        "description": text(&call.body, "description"),
        "address": ip,
        "status": "RESERVED",
        "region": place::link(&place.path()),
        "selfLink": place::link(&path),
        "networkTier": "PREMIUM",
        "addressType": "EXTERNAL",
    });
    copy(&mut address, &call.body, &["networkTier", "addressType", "purpose", "ipVersion", "prefixLength"]);
    labels::put(&mut address, call.body.get("labels"))?;
    quota::check(world, &place.project, &address)?;
    world.state.resources.insert(place::key(&path), address.clone());
    Ok(mutation::begin(world, call, place, &address))
}

fn delete(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let path = place.of_resource(ADDRESSES.name, call.param("address")?);
    let address = place::find(world.state, &path)?;
    if let Some(user) = user(world.state, place, text(&address, "address")) {
        let user = place::relative(&user).unwrap_or(&user);
        return Err(ApiError::in_use(format!(
            "The address resource '{path}' is already being used by '{user}'"
        )));
    }
    world.state.resources.remove(&place::key(&path));
    Ok(mutation::begin(world, call, place, &address))
}
