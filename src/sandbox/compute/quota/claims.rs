//! What a resource takes from which quota. A stopped machine gives its CPUs and accelerators back; its disks and
//! reserved addresses stay taken.

use serde_json::Value;

use super::super::machines;
use super::super::offers;
use super::super::place;
use super::super::regions::region_of;
use super::super::value::{flag, list, number, text};
use super::Metric;

/// The size of the one kind of local disk.
const LOCAL_SSD_GB: u64 = 375;

/// Tells the limit of a metric in a region.
pub(super) type Allowed<'f> = &'f dyn Fn(Metric<'_>) -> u32;

/// Hands every claim of the resource to `take`.
pub(super) fn each<'a>(resource: &'a Value, allowed: Allowed<'_>, take: &mut dyn FnMut(Metric<'a>, u64)) {
    match text(resource, "kind") {
        "compute#instance" => instance(resource, allowed, take),
        "compute#disk" => {
            let size = number(resource, "sizeGb").map_or(0, i64::unsigned_abs);
            if let Some(metric) = disk_metric(place::name_of(text(resource, "type"))) {
                take(Metric::of(zonal(resource), metric), size);
            }
        }
        "compute#address" => {
            let internal = text(resource, "addressType") == "INTERNAL";
            let metric = if internal { "INTERNAL_ADDRESSES" } else { "STATIC_ADDRESSES" };
            take(Metric::of(place::name_of(text(resource, "region")), metric), 1);
        }
        "compute#network" => take(Metric::global("NETWORKS"), 1),
        "compute#firewall" => take(Metric::global("FIREWALLS"), 1),
        "compute#image" => take(Metric::global("IMAGES"), 1),
        "compute#snapshot" => take(Metric::global("SNAPSHOTS"), 1),
        // Those of an auto-mode network bear its name and are not counted.
        "compute#subnetwork" if text(resource, "name") != place::name_of(text(resource, "network")) => {
            take(Metric::global("SUBNETWORKS"), 1);
        }
        _ => (),
    }
}

fn zonal(resource: &Value) -> &str {
    region_of(place::name_of(text(resource, "zone")))
}

fn disk_metric(kind: &str) -> Option<&'static str> {
    match kind {
        "pd-standard" => Some("DISKS_TOTAL_GB"),
        "pd-ssd" | "pd-balanced" | "pd-extreme" => Some("SSD_TOTAL_GB"),
        "hyperdisk-balanced" => Some("HDB_TOTAL_GB"),
        _ => None,
    }
}

fn instance<'a>(vm: &'a Value, allowed: Allowed<'_>, take: &mut dyn FnMut(Metric<'a>, u64)) {
    let region = zonal(vm);
    let runs = text(vm, "status") == "RUNNING";
    take(Metric::of(region, "INSTANCES"), 1);
    let local = list(vm, "disks").iter().filter(|disk| text(disk, "type") == "SCRATCH").count() as u64;
    if local > 0 {
        take(Metric::of(region, "LOCAL_SSD_TOTAL_GB"), local * LOCAL_SSD_GB);
    }
    let accesses = list(vm, "networkInterfaces").iter().flat_map(|card| list(card, "accessConfigs"));
    let addresses = accesses.filter(|access| runs || !text(access, "natIP").is_empty()).count() as u64;
    if addresses > 0 {
        take(Metric::of(region, "IN_USE_ADDRESSES"), addresses);
    }
    if runs {
        cpus(vm, region, allowed, take);
        gpus(vm, region, allowed, take);
    }
}

/// The regional metric of machines that may be taken away is the ordinary one until a quota of their own was granted.
fn regional<'a>(
    region: &'a str,
    metric: Metric<'a>,
    of_spot: &'static str,
    (vm, allowed): (&Value, Allowed<'_>),
) -> Metric<'a> {
    let own = Metric::of(region, of_spot);
    if is_spot(vm) && allowed(own) > 0 { own } else { metric }
}

fn is_spot(vm: &Value) -> bool {
    vm.get("scheduling")
        .is_some_and(|given| flag(given, "preemptible") || text(given, "provisioningModel") == "SPOT")
}

fn cpus<'a>(vm: &'a Value, region: &'a str, allowed: Allowed<'_>, take: &mut dyn FnMut(Metric<'a>, u64)) {
    let name = place::name_of(text(vm, "machineType"));
    let Some(machine) = machines::find(name) else { return };
    let family = machines::family(name);
    let name = machines::metric(family);
    let metric = Metric { region, name, family: if name == machines::PER_FAMILY { family } else { "" } };
    let cpus = u64::from(machine.cpus);
    take(regional(region, metric, "PREEMPTIBLE_CPUS", (vm, allowed)), cpus);
    take(Metric::global("CPUS_ALL_REGIONS"), cpus);
}

fn gpus<'a>(vm: &'a Value, region: &'a str, allowed: Allowed<'_>, take: &mut dyn FnMut(Metric<'a>, u64)) {
    for card in list(vm, "guestAccelerators") {
        let Some(kind) = offers::accelerator(place::name_of(text(card, "acceleratorType"))) else { continue };
        let cards = number(card, "acceleratorCount").map_or(0, i64::unsigned_abs);
        let (ordinary, of_spot) = kind.metrics;
        take(regional(region, Metric::of(region, ordinary), of_spot, (vm, allowed)), cards);
        take(Metric::global("GPUS_ALL_REGIONS"), cards);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(resource: &Value, spot: u32) -> Vec<(String, u64)> {
        let mut all = Vec::new();
        let allowed = |metric: Metric<'_>| if metric.name.starts_with("PREEMPTIBLE") { spot } else { 24 };
        each(resource, &allowed, &mut |metric, amount| {
            all.push((format!("{}/{}{}", metric.region, metric.name, metric.family), amount));
        });
        all
    }

    fn vm(change: &Value) -> Value {
        let mut vm = json!({
            "kind": "compute#instance", "status": "RUNNING", "zone": "zones/europe-west1-b",
            "machineType": "machineTypes/n1-standard-4",
            "networkInterfaces": [{ "accessConfigs": [{ "natIP": "" }] }],
        });
        crate::sandbox::compute::value::merge(&mut vm, change);
        vm
    }

    fn named(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
        rows.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
    }

    #[test]
    fn a_machine_takes_by_what_it_is() {
        let base = [("europe-west1/INSTANCES", 1), ("europe-west1/IN_USE_ADDRESSES", 1)];
        let t4 =
            json!({ "guestAccelerators": [{ "acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 2 }] });
        for (change, more) in [
            (json!({}), vec![("europe-west1/CPUS", 4), ("/CPUS_ALL_REGIONS", 4)]),
            (
                json!({ "machineType": "n2-standard-8" }),
                vec![("europe-west1/N2_CPUS", 8), ("/CPUS_ALL_REGIONS", 8)],
            ),
            (
                json!({ "machineType": "n4-standard-2" }),
                vec![("europe-west1/CPUS_PER_VM_FAMILYn4", 2), ("/CPUS_ALL_REGIONS", 2)],
            ),
            (
                json!({ "scheduling": { "preemptible": true } }),
                vec![("europe-west1/PREEMPTIBLE_CPUS", 4), ("/CPUS_ALL_REGIONS", 4)],
            ),
            (
                t4,
                vec![
                    ("europe-west1/CPUS", 4),
                    ("/CPUS_ALL_REGIONS", 4),
                    ("europe-west1/NVIDIA_T4_GPUS", 2),
                    ("/GPUS_ALL_REGIONS", 2),
                ],
            ),
        ] {
            assert_eq!(claims(&vm(&change), 8), named(&[&base[..], &more].concat()), "{change}");
        }
    }

    #[test]
    fn a_spot_machine_without_a_quota_of_its_own_takes_from_the_ordinary_one() {
        let spot = vm(&json!({ "scheduling": { "provisioningModel": "SPOT" } }));
        assert!(claims(&spot, 0).contains(&("europe-west1/CPUS".to_owned(), 4)));
    }

    #[test]
    fn a_stopped_machine_takes_a_place_and_its_reserved_address_only() {
        let stopped = json!({ "status": "TERMINATED" });
        assert_eq!(claims(&vm(&stopped), 0), named(&[("europe-west1/INSTANCES", 1)]));
        let mut pinned = vm(&stopped);
        pinned["networkInterfaces"][0]["accessConfigs"][0]["natIP"] = json!("34.64.0.1");
        assert_eq!(claims(&pinned, 0).len(), 2);
    }

    #[test]
    fn disks_and_addresses_take_by_their_kind() {
        let disk = |kind: &str| json!({ "kind": "compute#disk", "sizeGb": "50", "type": kind, "zone": "us-east1-b" });
        let address =
            |kind: &str| json!({ "kind": "compute#address", "addressType": kind, "region": "us-east1" });
        for (resource, taken) in [
            (disk("pd-standard"), ("us-east1/DISKS_TOTAL_GB", 50)),
            (disk("pd-balanced"), ("us-east1/SSD_TOTAL_GB", 50)),
            (disk("hyperdisk-balanced"), ("us-east1/HDB_TOTAL_GB", 50)),
            (address("EXTERNAL"), ("us-east1/STATIC_ADDRESSES", 1)),
            (address("INTERNAL"), ("us-east1/INTERNAL_ADDRESSES", 1)),
            (json!({ "kind": "compute#snapshot" }), ("/SNAPSHOTS", 1)),
        ] {
            assert_eq!(claims(&resource, 0), named(&[taken]), "{resource}");
        }
    }
}
