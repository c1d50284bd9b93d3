//! Quotas: what is used, what is allowed, and the failure of an operation that wants more.
//!
//! The limits are those of a course whose request for sixty students was granted. CPUs and GPUs are enforced;
//! the rest is for reading.

use serde_json::{Value, json};

use super::machines;
use super::mutation::Failure;
use super::place::{self, Place};
use super::value::{list, number, text};
use crate::sandbox::store::State;

/// Regional limits.
const REGION: [(&str, u32); 12] = [
    ("CPUS", 130),
    ("N2_CPUS", 24),
    ("N2D_CPUS", 24),
    ("C2_CPUS", 8),
    ("C3_CPUS", 8),
    ("T2D_CPUS", 8),
    ("A2_CPUS", 12),
    ("INSTANCES", 720),
    ("IN_USE_ADDRESSES", 130),
    ("STATIC_ADDRESSES", 8),
    ("DISKS_TOTAL_GB", 8_192),
    ("SSD_TOTAL_GB", 2_048),
];
/// Limits of the whole project.
const PROJECT: [(&str, u32); 5] =
    [("NETWORKS", 15), ("FIREWALLS", 200), ("IMAGES", 2_000), ("SNAPSHOTS", 5_000), ("GPUS_ALL_REGIONS", 1)];

/// The quotas of a region.
pub(super) fn of_region(state: &State, place: &Place) -> Vec<Value> {
    REGION.iter().map(|(metric, limit)| quota(metric, *limit, used(state, place, metric))).collect()
}

/// The quotas of a project.
pub(super) fn of_project(state: &State, project: &str) -> Vec<Value> {
    let usage = |metric: &str| match metric {
        "NETWORKS" => count(state, project, "/networks/"),
        "FIREWALLS" => count(state, project, "/firewalls/"),
        "GPUS_ALL_REGIONS" => gpus_used(state, project),
        _ => 0,
    };
    PROJECT.iter().map(|(metric, limit)| quota(metric, *limit, usage(metric))).collect()
}

fn quota(metric: &str, limit: u32, usage: u64) -> Value {
    json!({ "metric": metric, "limit": f64::from(limit), "usage": u32::try_from(usage).map_or(f64::MAX, f64::from) })
}

fn count(state: &State, project: &str, collection: &str) -> u64 {
    let prefix = place::key(&format!("projects/{project}/global{collection}"));
    state.below(&prefix).count() as u64
}

/// Everything of a collection in all zones of a region.
fn zonal<'a>(state: &'a State, place: &Place, collection: &str) -> Vec<&'a Value> {
    let prefix = place::key(&format!("projects/{}/zones/{}-", place.project, place.region()));
    let part = format!("/{collection}/");
    state.below(&prefix).filter(|(path, _)| path.contains(&part)).map(|(_, resource)| resource).collect()
}

fn used(state: &State, place: &Place, metric: &str) -> u64 {
    match metric {
        "INSTANCES" => zonal(state, place, "instances").len() as u64,
        "IN_USE_ADDRESSES" => zonal(state, place, "instances").iter().map(|vm| addresses(vm)).sum(),
        "STATIC_ADDRESSES" => {
            let prefix = place::key(&place.regional().of_resource("addresses", ""));
            state.below(&prefix).count() as u64
        }
        "DISKS_TOTAL_GB" => disk_gigabytes(state, place, |kind| kind == "pd-standard"),
        "SSD_TOTAL_GB" => disk_gigabytes(state, place, |kind| kind == "pd-ssd" || kind == "pd-balanced"),
        _ => zonal(state, place, "instances").iter().filter_map(|vm| cpus(vm, metric)).sum(),
    }
}

fn addresses(vm: &Value) -> u64 {
    let cards = list(vm, "networkInterfaces").iter().flat_map(|card| list(card, "accessConfigs"));
    cards.filter(|access| !text(access, "natIP").is_empty()).count() as u64
}

fn disk_gigabytes(state: &State, place: &Place, counts: impl Fn(&str) -> bool) -> u64 {
    let disks = zonal(state, place, "disks").into_iter();
    let sizes = disks.filter(|disk| counts(place::name_of(text(disk, "type"))));
    sizes.filter_map(|disk| number(disk, "sizeGb")).map(i64::unsigned_abs).sum()
}

/// The CPUs of an instance against that metric. Stopped instances use none.
fn cpus(vm: &Value, metric: &str) -> Option<u64> {
    let machine = place::name_of(text(vm, "machineType"));
    let counts = text(vm, "status") == "RUNNING" && machines::metric(machine) == metric;
    machines::find(machine).filter(|_| counts).map(|machine| u64::from(machine.cpus))
}

fn gpus_used(state: &State, project: &str) -> u64 {
    let prefix = place::key(&format!("projects/{project}/zones/"));
    let running = state
        .below(&prefix)
        .filter(|(path, vm)| path.contains("/instances/") && text(vm, "status") == "RUNNING");
    running.map(|(_, vm)| gpus(vm)).sum()
}

fn gpus(vm: &Value) -> u64 {
    let cards = list(vm, "guestAccelerators").iter();
    cards.filter_map(|card| number(card, "acceleratorCount")).map(i64::unsigned_abs).sum()
}

/// Why an instance cannot run here, if it cannot. It must not be in the state as running yet.
pub(super) fn exceeded(state: &State, place: &Place, vm: &Value) -> Option<Failure> {
    let machine = place::name_of(text(vm, "machineType"));
    let metric = machines::metric(machine);
    let limit = REGION.iter().find(|(name, _)| *name == metric).map_or(0, |(_, limit)| *limit);
    let wanted = machines::find(machine).map_or(0, |machine| u64::from(machine.cpus));
    if used(state, place, metric) + wanted > u64::from(limit) {
        return Some(failure(metric, limit, Some(place.region())));
    }
    let limit = PROJECT.iter().find(|(name, _)| *name == "GPUS_ALL_REGIONS").map_or(0, |(_, limit)| *limit);
    let wanted = gpus(vm);
    (wanted > 0 && gpus_used(state, &place.project) + wanted > u64::from(limit))
        .then(|| failure("GPUS_ALL_REGIONS", limit, None))
}

fn failure(metric: &str, limit: u32, region: Option<&str>) -> Failure {
    let scope = region.map_or_else(|| "globally".to_owned(), |region| format!("in region {region}"));
    let limit_name = metric.replace('_', "-");
    let mut info = json!({
        "metricName": format!("compute.googleapis.com/{}", metric.to_lowercase()),
        "limitName": if region.is_some() { format!("{limit_name}-per-project-region") } else { format!("{limit_name}-per-project") },
        "limit": f64::from(limit),
    });
    let dimension =
        region.map_or_else(|| json!({ "global": "global" }), |region| json!({ "region": region }));
    super::value::set(&mut info, "dimensions", dimension);
    Failure {
        code: "QUOTA_EXCEEDED",
        message: format!("Quota '{metric}' exceeded.  Limit: {limit}.0 {scope}."),
        details: vec![json!({ "quotaInfo": info })],
        status: 403,
        status_text: "FORBIDDEN",
    }
}
