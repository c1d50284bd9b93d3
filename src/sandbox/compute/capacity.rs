//! The room of a zone, and the failure of what finds none. Projects share it.

use serde_json::{Value, json};

use super::machines;
use super::mutation::Failure;
use super::offers;
use super::place::{self, Place};
use super::regions::zones_of;
use super::value::{list, number, text};
use crate::sandbox::call::World;

/// Why the zone cannot run the instance, if it cannot. The instance must not be running in the state yet.
pub(super) fn exhausted(world: &World<'_>, place: &Place, vm: &Value) -> Option<Failure> {
    if has_room(world, place.zone(), vm) {
        return None;
    }
    Some(failure(place, vm, &others(world, place, vm)))
}

/// The failure of an instance that finds no room, whether there is some or not; `zones` are said to have some.
pub(super) fn stock_out(world: &World<'_>, place: &Place, vm: &Value, zones: Option<&[String]>) -> Failure {
    match zones {
        Some(zones) => failure(place, vm, zones),
        None => failure(place, vm, &others(world, place, vm)),
    }
}

/// The zones of the region that could run the instance.
fn others(world: &World<'_>, place: &Place, vm: &Value) -> Vec<String> {
    let fits = |zone: &String| zone != place.zone() && is_offered(zone, vm) && has_room(world, zone, vm);
    zones_of(place.region()).filter(fits).collect()
}

/// Whether a zone has the machine type and the accelerators.
fn is_offered(zone: &str, vm: &Value) -> bool {
    let machine = offers::machine(zone, place::name_of(text(vm, "machineType")));
    let has = |kind: &str| offers::accelerators(zone).any(|one| one.name == kind);
    machine.is_some() && cards(vm).all(|(kind, _)| has(kind))
}

fn has_room(world: &World<'_>, zone: &str, vm: &Value) -> bool {
    let Some(room) = world.limits.capacity.get(zone) else { return true };
    let wanted = std::iter::once(vm);
    let all: Vec<&Value> = running(world, zone).chain(wanted).collect();
    let family = family(vm);
    let of_family = all.iter().filter(|vm| self::family(vm) == family).map(|vm| cpus(vm)).sum();
    fits(room.vms, all.len() as u64)
        && fits(room.cpus, all.iter().map(|vm| cpus(vm)).sum())
        && fits(room.cpus_per_family.get(family).copied(), of_family)
        && cards(vm).all(|(kind, _)| fits(room.gpus.get(kind).copied(), cards_of(&all, kind)))
}

fn fits(limit: Option<u32>, wanted: u64) -> bool {
    limit.is_none_or(|limit| wanted <= u64::from(limit))
}

fn running<'a>(world: &'a World<'_>, zone: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let part = format!("/zones/{zone}/instances/");
    let all = world.state.below("compute/projects/").filter(move |(path, _)| path.contains(&part));
    all.map(|(_, vm)| vm).filter(|vm| text(vm, "status") == "RUNNING")
}

fn family(vm: &Value) -> &str {
    machines::family(place::name_of(text(vm, "machineType")))
}

fn cpus(vm: &Value) -> u64 {
    machines::find(place::name_of(text(vm, "machineType"))).map_or(0, |machine| u64::from(machine.cpus))
}

/// Types and numbers of the accelerators of an instance.
fn cards(vm: &Value) -> impl Iterator<Item = (&str, u64)> {
    list(vm, "guestAccelerators").iter().map(|card| {
        let count = number(card, "acceleratorCount").map_or(0, i64::unsigned_abs);
        (place::name_of(text(card, "acceleratorType")), count)
    })
}

fn cards_of(all: &[&Value], kind: &str) -> u64 {
    all.iter().flat_map(|vm| cards(vm)).filter(|(known, _)| *known == kind).map(|(_, count)| count).sum()
}

/// As seen live in August 2026.
fn failure(place: &Place, vm: &Value, others: &[String]) -> Failure {
    const HELP: &str = "https://cloud.google.com/compute/docs/resource-error";
    let machine = place::name_of(text(vm, "machineType"));
    let attachment = cards(vm).map(|(kind, count)| format!("{kind}:{count}")).collect::<Vec<_>>().join(",");
    let metadatas = json!({
        "vmType": machine,
        "attachment": attachment,
        "zone": place.zone(),
        "zonesAvailable": others.join(","),
    });
    Failure {
        code: "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
        message: format!(
            "The zone '{}' does not have enough resources available to fulfill the request.  '(resource type:compute)'.",
            place.path()
        ),
        details: vec![
            json!({ "help": { "links": [{ "description": "Troubleshooting documentation", "url": HELP }] } }),
            json!({ "localizedMessage": { "locale": "en-US", "message": advice(place, vm, others) } }),
            json!({ "errorInfo": {
                "reason": "resource_availability", "domain": "compute.googleapis.com", "metadatas": metadatas,
            } }),
        ],
        status: 503,
        status_text: "SERVICE UNAVAILABLE",
    }
}

fn advice(place: &Place, vm: &Value, others: &[String]) -> String {
    let machine = place::name_of(text(vm, "machineType"));
    let with: Vec<String> = cards(vm).map(|(kind, count)| format!("{count} {kind}")).collect();
    let with =
        if with.is_empty() { String::new() } else { format!(" with {} accelerator(s)", with.join(", ")) };
    let elsewhere = if others.is_empty() {
        String::new()
    } else {
        format!(
            " Consider trying your request in the {} zone(s), which currently has capacity to accommodate your request.",
            others.join(", ")
        )
    };
    format!(
        "A {machine} VM instance{with} is currently unavailable in the {} zone.{elsewhere} Alternatively, you can try \
         your request again with a different VM hardware configuration or at a later time. For more information, see \
         the troubleshooting documentation.",
        place.zone()
    )
}
