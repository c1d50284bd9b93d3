//! Networks and subnetworks: every project has the auto-mode network `default`. They are for reading.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::listing::{self, Collection, Scopes};
use super::place::{self, Place, Scope};
use super::value::text;
use super::{catalog, fingerprint, mutation};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

const NETWORKS: Collection = Collection { name: "networks", singular: "network" };
const SUBNETWORKS: Collection = Collection { name: "subnetworks", singular: "subnetwork" };

/// Serves one call on networks.
pub(super) fn handle_network(world: &World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" => place::find(world.state, &place.of_resource(NETWORKS.name, call.param("network")?)),
        "list" => listing::answer(call, &place, NETWORKS, listing::stored(world, &place, NETWORKS)),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// Serves one call on subnetworks.
pub(super) fn handle_subnetwork(world: &World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" => place::find(world.state, &place.of_resource(SUBNETWORKS.name, call.param("subnetwork")?)),
        "list" => listing::answer(call, &place, SUBNETWORKS, listing::stored(world, &place, SUBNETWORKS)),
        "aggregatedList" => listing::aggregated(call, SUBNETWORKS, Scopes::Regions, |place| {
            listing::stored(world, place, SUBNETWORKS)
        }),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// The subnetwork of a network in a region.
pub(super) fn subnetwork_in<'a>(state: &'a State, region: &Place, network: &str) -> Option<&'a Value> {
    let prefix = place::key(&region.of_resource(SUBNETWORKS.name, ""));
    let wanted = place::link(network);
    state
        .below(&prefix)
        .map(|(_, subnetwork)| subnetwork)
        .find(|subnetwork| text(subnetwork, "network") == wanted)
}

/// Puts the network `default` and its subnetworks.
pub(super) fn seed(state: &mut State, project: &str, now: Timestamp) {
    let global = Place { project: project.to_owned(), scope: Scope::Global };
    let path = global.of_resource(NETWORKS.name, "default");
    let mut links = Vec::new();
    for region in catalog::regions() {
        let place = Place { project: project.to_owned(), scope: Scope::Region(region.to_owned()) };
        let subnetwork = subnetwork(&place, &path, now);
        links.push(json!(text(&subnetwork, "selfLink")));
        state.resources.insert(place::key(&place.of_resource(SUBNETWORKS.name, "default")), subnetwork);
    }
    let network = network(&path, now, &links);
    state.resources.insert(place::key(&path), network);
}

fn network(path: &str, now: Timestamp, subnetworks: &[Value]) -> Value {
    let id = new_project::seeded_id(path);
    let (project, _) = path.split_once("/global/").unwrap_or((path, ""));
    json!({
        "kind": "compute#network",
        "id": id,
        "creationTimestamp": mutation::stamp(now),
        "name": "default",
        "description": "Default network for the project",
        "selfLink": place::link(path),
        "selfLinkWithId": place::link(&format!("{project}/global/networks/{id}")),
        "autoCreateSubnetworks": true,
        "subnetworks": subnetworks,
        "routingConfig": { "routingMode": "REGIONAL", "bgpBestPathSelectionMode": "LEGACY" },
        "mtu": 1460,
        "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
    })
}

fn subnetwork(place: &Place, network: &str, now: Timestamp) -> Value {
    let path = place.of_resource(SUBNETWORKS.name, "default");
    let octet = catalog::octet_of(place.region());
    let range = format!("10.{octet}.0.0/20");
    json!({
        "kind": "compute#subnetwork",
        "id": new_project::seeded_id(&path),
        "creationTimestamp": mutation::stamp(now),
        "name": "default",
        "network": place::link(network),
        "ipCidrRange": range,
        "gatewayAddress": format!("10.{octet}.0.1"),
        "region": place::link(&place.path()),
        "selfLink": place::link(&path),
        "privateIpGoogleAccess": false,
        "fingerprint": fingerprint::of(&json!(range)),
        "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
        "purpose": "PRIVATE",
        "stackType": "IPV4_ONLY",
    })
}
