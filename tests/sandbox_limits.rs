//! What there is to have in the sandbox: quotas, room in the zones, and what is offered where.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use provost::sandbox::Limits;
use rest::{Cloud, PROJECT, message, reason};
use serde_json::{Value, json};

const ZONE: &str = "zones/europe-west1-b";

fn path(rest: &str) -> String {
    format!("/compute/v1/projects/{PROJECT}/{rest}").trim_end_matches('/').to_owned()
}

fn link(rest: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/projects/{PROJECT}/{rest}")
}

async fn cloud(limits: Value) -> Cloud {
    Cloud::limited(&["compute"], serde_json::from_value(limits).unwrap()).await
}

/// Quotas of the region that the tests work in, and of the whole project.
fn quotas(region: &Value, global: &Value) -> Value {
    json!({ "quotas": { "europe-west1": region, "global": global } })
}

fn vm(name: &str, change: &Value) -> Value {
    let image = "projects/debian-cloud/global/images/family/debian-12";
    let mut vm = json!({
        "name": name,
        "machineType": "n1-standard-4",
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": image } }],
        "networkInterfaces": [{}],
    });
    vm.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    vm
}

fn outside() -> Value {
    json!({ "networkInterfaces": [{ "accessConfigs": [{ "type": "ONE_TO_ONE_NAT" }] }] })
}

/// Sends a mutation that is accepted, and gives the finished operation.
async fn done(cloud: &Cloud, rest: &str, body: &Value) -> Value {
    let (status, begun) = cloud.post(&path(rest), body).await;
    assert_eq!(status, 200, "{rest}: {begun}");
    finished(cloud, &begun).await
}

async fn finished(cloud: &Cloud, begun: &Value) -> Value {
    let operation = begun["selfLink"].as_str().unwrap().replace("https://www.googleapis.com", "");
    cloud.post(&format!("{operation}/wait"), &Value::Null).await.1
}

async fn succeeds(cloud: &Cloud, rest: &str, body: &Value) {
    let operation = done(cloud, rest, body).await;
    assert_eq!(operation["error"], Value::Null, "{rest} {body}");
}

async fn delete(cloud: &Cloud, rest: &str) {
    let (status, begun) = cloud.delete(&path(rest)).await;
    assert_eq!(status, 200, "{rest}: {begun}");
    assert_eq!(finished(cloud, &begun).await["error"], Value::Null, "{rest}");
}

async fn shown(cloud: &Cloud, rest: &str) -> Value {
    let (status, body) = cloud.get(&path(rest)).await;
    assert_eq!(status, 200, "{rest}: {body}");
    body
}

/// What the operation failed with: its code, and the quota it names.
fn failure(operation: &Value) -> (&str, &str) {
    let error = &operation["error"]["errors"][0];
    let metric = error["errorDetails"][0]["quotaInfo"]["metricName"].as_str().unwrap_or_default();
    (error["code"].as_str().unwrap_or_default(), metric.trim_start_matches("compute.googleapis.com/"))
}

/// Limit and usage of a quota, of the region or (empty) of the project.
async fn quota(cloud: &Cloud, rest: &str, metric: &str) -> (Value, Value) {
    let quotas = shown(cloud, rest).await["quotas"].as_array().unwrap().clone();
    let found = quotas.iter().find(|quota| quota["metric"] == metric).unwrap();
    (found["limit"].clone(), found["usage"].clone())
}

#[tokio::test]
async fn a_fresh_project_has_little() {
    let cloud = cloud(json!({})).await;
    for (rest, metric, limit, usage) in [
        ("regions/europe-west1", "CPUS", 24.0, 0.0),
        ("regions/europe-west1", "IN_USE_ADDRESSES", 8.0, 0.0),
        ("regions/europe-west1", "DISKS_TOTAL_GB", 4_096.0, 0.0),
        ("regions/europe-west1", "PREEMPTIBLE_CPUS", 0.0, 0.0),
        ("", "CPUS_ALL_REGIONS", 32.0, 0.0),
        ("", "NETWORKS", 5.0, 1.0),
        ("", "FIREWALLS", 100.0, 4.0),
        ("", "SUBNETWORKS", 100.0, 0.0),
    ] {
        assert_eq!(quota(&cloud, rest, metric).await, (json!(limit), json!(usage)), "{rest} {metric}");
    }
}

#[tokio::test]
async fn regions_list_their_own_usage() {
    let cloud = cloud(quotas(&json!({ "CPUS": 40 }), &json!({}))).await;
    succeeds(&cloud, &format!("{ZONE}/instances"), &vm("x", &outside())).await;
    let regions = shown(&cloud, "regions").await;
    let cpus = |name: &str| {
        let region = regions["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        region["quotas"].as_array().unwrap().iter().find(|quota| quota["metric"] == "CPUS").unwrap().clone()
    };
    assert_eq!(cpus("europe-west1"), json!({ "metric": "CPUS", "limit": 40.0, "usage": 4.0 }));
    assert_eq!(cpus("europe-west4"), json!({ "metric": "CPUS", "limit": 24.0, "usage": 0.0 }));
    assert_eq!(regions["items"].as_array().unwrap().len(), 42);
}

/// One quota: what it is called, how much there is, what is made twice in a collection, and whether stopping the first
/// gives it back.
struct Row {
    metric: &'static str,
    scope: &'static str,
    limit: u32,
    machine: Value,
    stop_frees: bool,
}

fn rows() -> Vec<Row> {
    let row = |metric, scope, limit, machine, stop_frees| Row { metric, scope, limit, machine, stop_frees };
    let region = "europe-west1";
    let t4 = json!({
        "guestAccelerators": [{ "acceleratorType": format!("{ZONE}/acceleratorTypes/nvidia-tesla-t4"), "acceleratorCount": 1 }],
        "scheduling": { "onHostMaintenance": "TERMINATE" },
    });
    let disk = |kind: &str| {
        let parameters = json!({ "diskSizeGb": "30", "diskType": format!("{ZONE}/diskTypes/{kind}") });
        json!({ "disks": [{ "boot": true, "initializeParams": parameters }] })
    };
    let of = |machine: &str| json!({ "machineType": machine });
    vec![
        row("CPUS", region, 7, json!({}), true),
        row("N2_CPUS", region, 3, of("n2-standard-2"), true),
        row("C2_CPUS", region, 7, of("c2-standard-4"), true),
        row("T2D_CPUS", region, 3, of("t2d-standard-2"), true),
        row("CPUS_PER_VM_FAMILY", region, 3, of("n4-standard-2"), true),
        row("PREEMPTIBLE_CPUS", region, 7, json!({ "scheduling": { "provisioningModel": "SPOT" } }), true),
        row("NVIDIA_T4_GPUS", region, 1, t4.clone(), true),
        row("INSTANCES", region, 1, json!({}), false),
        row("IN_USE_ADDRESSES", region, 1, outside(), true),
        row("DISKS_TOTAL_GB", region, 50, disk("pd-standard"), false),
        row("SSD_TOTAL_GB", region, 50, disk("pd-balanced"), false),
        row("CPUS_ALL_REGIONS", "global", 7, json!({}), true),
        row("GPUS_ALL_REGIONS", "global", 1, t4, true),
    ]
}

#[tokio::test]
async fn every_quota_of_machines_is_enforced_and_given_back() {
    for row in rows() {
        let Row { metric, scope, limit, machine, stop_frees } = row;
        let mut all = json!({
            "europe-west1": { "NVIDIA_T4_GPUS": 8 }, "global": { "CPUS_ALL_REGIONS": 100, "GPUS_ALL_REGIONS": 8 },
        });
        all[scope][metric] = json!(limit);
        let cloud = cloud(json!({ "quotas": all })).await;
        let instances = format!("{ZONE}/instances");
        succeeds(&cloud, &instances, &vm("one", &machine)).await;
        let refused = done(&cloud, &instances, &vm("two", &machine)).await;
        assert_eq!(failure(&refused), ("QUOTA_EXCEEDED", metric.to_lowercase().as_str()));
        for gone in ["instances/two", "disks/two"] {
            assert_eq!(cloud.get(&path(&format!("{ZONE}/{gone}"))).await.0, 404, "{metric}: {gone}");
        }
        succeeds(&cloud, &format!("{ZONE}/instances/one/stop"), &Value::Null).await;
        let again = done(&cloud, &instances, &vm("two", &machine)).await;
        assert_eq!(again["error"] == Value::Null, stop_frees, "{metric} after a stop");
        if stop_frees {
            let start = done(&cloud, &format!("{ZONE}/instances/one/start"), &Value::Null).await;
            assert_eq!(failure(&start), ("QUOTA_EXCEEDED", metric.to_lowercase().as_str()));
            assert_eq!(shown(&cloud, &format!("{ZONE}/instances/one")).await["status"], "TERMINATED");
        }
    }
}

#[tokio::test]
async fn a_failed_operation_says_which_quota() {
    let cloud = cloud(quotas(&json!({ "CPUS": 4 }), &json!({}))).await;
    succeeds(&cloud, &format!("{ZONE}/instances"), &vm("one", &json!({}))).await;
    let refused = done(&cloud, &format!("{ZONE}/instances"), &vm("two", &json!({}))).await;
    assert_eq!((&refused["httpErrorStatusCode"], &refused["progress"]), (&json!(403), &json!(100)));
    assert_eq!(refused["targetLink"], link(&format!("{ZONE}/instances/two")));
    let info = json!({
        "metricName": "compute.googleapis.com/cpus",
        "limitName": "CPUS-per-project-region",
        "dimensions": { "region": "europe-west1" },
        "limit": 4.0,
    });
    let error = &refused["error"]["errors"][0];
    assert_eq!(error["message"], "Quota 'CPUS' exceeded.  Limit: 4.0 in region europe-west1.");
    assert_eq!(error["errorDetails"], json!([{ "quotaInfo": info }]));
}

#[tokio::test]
async fn deleting_a_machine_gives_back_everything() {
    let cloud = cloud(json!({})).await;
    succeeds(&cloud, &format!("{ZONE}/instances"), &vm("x", &outside())).await;
    let region = "regions/europe-west1";
    let metrics = [
        (region, "CPUS", 4.0),
        (region, "INSTANCES", 1.0),
        (region, "IN_USE_ADDRESSES", 1.0),
        (region, "DISKS_TOTAL_GB", 10.0),
        ("", "CPUS_ALL_REGIONS", 4.0),
    ];
    for (scope, metric, used) in metrics {
        assert_eq!(quota(&cloud, scope, metric).await.1, json!(used), "{metric}");
    }
    delete(&cloud, &format!("{ZONE}/instances/x")).await;
    for (scope, metric, _) in metrics {
        assert_eq!(quota(&cloud, scope, metric).await.1, json!(0.0), "{metric}");
    }
}

#[tokio::test]
async fn a_larger_disk_and_a_larger_machine_want_more() {
    let cloud = cloud(quotas(&json!({ "CPUS": 6, "DISKS_TOTAL_GB": 60 }), &json!({}))).await;
    succeeds(&cloud, &format!("{ZONE}/instances"), &vm("x", &json!({}))).await;
    let resize = format!("{ZONE}/disks/x/resize");
    let refused = done(&cloud, &resize, &json!({ "sizeGb": "61" })).await;
    assert_eq!(failure(&refused), ("QUOTA_EXCEEDED", "disks_total_gb"));
    assert_eq!(shown(&cloud, &format!("{ZONE}/disks/x")).await["sizeGb"], "10");
    succeeds(&cloud, &resize, &json!({ "sizeGb": "60" })).await;
    let refused = done(&cloud, &format!("{ZONE}/disks"), &json!({ "name": "more", "sizeGb": "10" })).await;
    assert_eq!(failure(&refused), ("QUOTA_EXCEEDED", "disks_total_gb"));
    assert_eq!(cloud.get(&path(&format!("{ZONE}/disks/more"))).await.0, 404);
    succeeds(&cloud, &format!("{ZONE}/instances/x/stop"), &Value::Null).await;
    let larger = json!({ "machineType": format!("{ZONE}/machineTypes/n1-standard-8") });
    succeeds(&cloud, &format!("{ZONE}/instances/x/setMachineType"), &larger).await;
    let refused = done(&cloud, &format!("{ZONE}/instances/x/start"), &Value::Null).await;
    assert_eq!(failure(&refused), ("QUOTA_EXCEEDED", "cpus"));
}

#[tokio::test]
async fn an_address_that_is_added_later_counts() {
    let cloud = cloud(quotas(&json!({ "IN_USE_ADDRESSES": 1 }), &json!({}))).await;
    succeeds(&cloud, &format!("{ZONE}/instances"), &vm("one", &outside())).await;
    succeeds(&cloud, &format!("{ZONE}/instances"), &vm("two", &json!({}))).await;
    let add = format!("{ZONE}/instances/two/addAccessConfig?networkInterface=nic0");
    let refused = done(&cloud, &add, &json!({ "name": "external-nat" })).await;
    assert_eq!(failure(&refused), ("QUOTA_EXCEEDED", "in_use_addresses"));
    let two = shown(&cloud, &format!("{ZONE}/instances/two")).await;
    assert_eq!(two["networkInterfaces"][0]["accessConfigs"], Value::Null);
}

#[tokio::test]
async fn a_reserved_address_counts_whether_it_is_used_or_not() {
    let cloud = cloud(quotas(&json!({ "STATIC_ADDRESSES": 1 }), &json!({}))).await;
    succeeds(&cloud, "regions/europe-west1/addresses", &json!({ "name": "one" })).await;
    let (status, body) = cloud.post(&path("regions/europe-west1/addresses"), &json!({ "name": "two" })).await;
    assert_eq!((status, reason(&body)), (403, "quotaExceeded"));
    assert_eq!(message(&body), "Quota 'STATIC_ADDRESSES' exceeded.  Limit: 1.0 in region europe-west1.");
    assert_eq!(body["error"]["errors"][0]["domain"], "usageLimits");
    succeeds(&cloud, "regions/europe-west4/addresses", &json!({ "name": "two" })).await;
    delete(&cloud, "regions/europe-west1/addresses/one").await;
    succeeds(&cloud, "regions/europe-west1/addresses", &json!({ "name": "two" })).await;
}

#[tokio::test]
async fn global_quotas_hold_what_is_global() {
    let limits = json!({ "FIREWALLS": 5, "NETWORKS": 2, "SUBNETWORKS": 1, "SNAPSHOTS": 1, "IMAGES": 1 });
    let cloud = cloud(quotas(&json!({}), &limits)).await;
    let rule = |name: &str| json!({ "name": name, "allowed": [{ "IPProtocol": "icmp" }] });
    succeeds(&cloud, "global/firewalls", &rule("one")).await;
    let (status, body) = cloud.post(&path("global/firewalls"), &rule("two")).await;
    assert_eq!((status, reason(&body)), (403, "quotaExceeded"));
    assert_eq!(message(&body), "Quota 'FIREWALLS' exceeded.  Limit: 5.0 globally.");
    succeeds(&cloud, &format!("{ZONE}/disks"), &json!({ "name": "data", "sizeGb": "10" })).await;
    let disk = format!("{ZONE}/disks/data");
    let network = |name: &str| json!({ "name": name, "autoCreateSubnetworks": false });
    let subnet = |name: &str, range: &str| json!({ "name": name, "network": "global/networks/one", "ipCidrRange": range });
    for (rest, first, second, metric) in [
        ("global/networks", network("one"), network("two"), "networks"),
        (
            "regions/us-east1/subnetworks",
            subnet("a", "10.1.0.0/24"),
            subnet("b", "10.2.0.0/24"),
            "subnetworks",
        ),
        (
            "global/images",
            json!({ "name": "a", "sourceDisk": disk }),
            json!({ "name": "b", "sourceDisk": disk }),
            "images",
        ),
        (&format!("{disk}/createSnapshot"), json!({ "name": "a" }), json!({ "name": "b" }), "snapshots"),
    ] {
        succeeds(&cloud, rest, &first).await;
        let refused = done(&cloud, rest, &second).await;
        assert_eq!(failure(&refused), ("QUOTA_EXCEEDED", metric));
        let (limit, usage) = quota(&cloud, "", &metric.to_uppercase()).await;
        assert_eq!(limit, usage, "{metric}");
    }
}

#[tokio::test]
async fn a_full_zone_names_those_of_its_region_that_have_room() {
    let capacity = json!({ "europe-west1-b": { "vms": 1 }, "europe-west1-d": { "cpus": 2 } });
    let cloud = cloud(json!({ "capacity": capacity })).await;
    succeeds(&cloud, &format!("{ZONE}/instances"), &vm("one", &json!({}))).await;
    let refused = done(&cloud, &format!("{ZONE}/instances"), &vm("two", &json!({}))).await;
    let error = &refused["error"]["errors"][0];
    assert_eq!(error["code"], "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS");
    assert_eq!(refused["httpErrorStatusCode"], 503);
    let zone = format!("The zone 'projects/{PROJECT}/{ZONE}' does not have enough resources available");
    assert!(error["message"].as_str().unwrap().starts_with(&zone), "{error}");
    let metadatas = json!({
        "vmType": "n1-standard-4", "attachment": "", "zone": "europe-west1-b", "zonesAvailable": "europe-west1-c",
    });
    let info = json!({
        "reason": "resource_availability", "domain": "compute.googleapis.com", "metadatas": metadatas,
    });
    assert_eq!(error["errorDetails"][2]["errorInfo"], info);
    let advice = error["errorDetails"][1]["localizedMessage"]["message"].as_str().unwrap();
    assert!(advice.contains("in the europe-west1-c zone(s)"), "{advice}");
    for gone in ["instances/two", "disks/two"] {
        assert_eq!(cloud.get(&path(&format!("{ZONE}/{gone}"))).await.0, 404, "{gone}");
    }
    succeeds(&cloud, "zones/europe-west1-c/instances", &vm("two", &json!({}))).await;
}

#[tokio::test]
async fn each_bound_of_a_zone_holds() {
    let t4 = json!({
        "guestAccelerators": [{ "acceleratorType": format!("{ZONE}/acceleratorTypes/nvidia-tesla-t4"), "acceleratorCount": 1 }],
        "scheduling": { "onHostMaintenance": "TERMINATE" },
    });
    for (bound, machine, other) in [
        (json!({ "vms": 1 }), json!({}), None),
        (json!({ "cpus": 7 }), json!({}), None),
        (json!({ "cpusPerFamily": { "n1": 7 } }), json!({}), Some(json!({ "machineType": "e2-standard-4" }))),
        (json!({ "gpus": { "nvidia-tesla-t4": 1 } }), t4, Some(json!({}))),
    ] {
        let quotas = json!({ "europe-west1": { "NVIDIA_T4_GPUS": 8 }, "global": { "GPUS_ALL_REGIONS": 8 } });
        let cloud = cloud(json!({ "quotas": quotas, "capacity": { "europe-west1-b": bound } })).await;
        let instances = format!("{ZONE}/instances");
        succeeds(&cloud, &instances, &vm("one", &machine)).await;
        let refused = done(&cloud, &instances, &vm("two", &machine)).await;
        assert_eq!(failure(&refused).0, "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "{bound}");
        if let Some(other) = other {
            succeeds(&cloud, &instances, &vm("other", &other)).await;
        }
        succeeds(&cloud, &format!("{ZONE}/instances/one/stop"), &Value::Null).await;
        succeeds(&cloud, &instances, &vm("two", &machine)).await;
        let start = done(&cloud, &format!("{ZONE}/instances/one/start"), &Value::Null).await;
        assert_eq!(failure(&start).0, "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "{bound}");
        assert_eq!(shown(&cloud, &format!("{ZONE}/instances/one")).await["status"], "TERMINATED");
    }
}

#[tokio::test]
async fn accelerators_are_part_of_the_hint() {
    let capacity = json!({ "us-central1-c": { "gpus": { "nvidia-tesla-p100": 0 } } });
    let cloud = cloud(json!({ "capacity": capacity })).await;
    let kind = "zones/us-central1-c/acceleratorTypes/nvidia-tesla-p100";
    let machine = json!({
        "guestAccelerators": [{ "acceleratorType": kind, "acceleratorCount": 1 }],
        "scheduling": { "onHostMaintenance": "TERMINATE" },
    });
    let refused = done(&cloud, "zones/us-central1-c/instances", &vm("x", &machine)).await;
    let metadatas = &refused["error"]["errors"][0]["errorDetails"][2]["errorInfo"]["metadatas"];
    assert_eq!(metadatas["attachment"], "nvidia-tesla-p100:1");
    assert_eq!(metadatas["zonesAvailable"], "us-central1-f");
}

#[tokio::test]
async fn a_full_zone_is_full_for_every_project() {
    let cloud = cloud(json!({ "capacity": { "europe-west1-b": { "vms": 1 } } })).await;
    let other = "/v1/projects/another-course/services/compute.googleapis.com:enable";
    assert_eq!(cloud.post(other, &Value::Null).await.0, 200);
    let theirs = format!("/compute/v1/projects/another-course/{ZONE}/instances");
    let (_, begun) = cloud.post(&theirs, &vm("x", &json!({}))).await;
    assert_eq!(finished(&cloud, &begun).await["error"], Value::Null);
    let refused = done(&cloud, &format!("{ZONE}/instances"), &vm("x", &json!({}))).await;
    assert_eq!(failure(&refused).0, "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS");
}

#[tokio::test]
async fn a_quota_without_bound_holds_nobody_back() {
    let cloud = cloud(quotas(
        &json!({ "N2_CPUS": Limits::UNBOUNDED, "CPUS": 0 }),
        &json!({ "CPUS_ALL_REGIONS": Limits::UNBOUNDED }),
    ))
    .await;
    for name in ["one", "two"] {
        let large = vm(name, &json!({ "machineType": "n2-standard-128" }));
        succeeds(&cloud, &format!("{ZONE}/instances"), &large).await;
    }
    let refused = done(&cloud, &format!("{ZONE}/instances"), &vm("three", &json!({}))).await;
    assert_eq!(failure(&refused), ("QUOTA_EXCEEDED", "cpus"));
}

#[tokio::test]
async fn limits_on_what_does_not_exist_stop_the_sandbox() {
    let limits = serde_json::from_value(json!({ "capacity": { "europe-west1-a": { "vms": 1 } } })).unwrap();
    let options = provost::sandbox::Options { limits, ..Default::default() };
    let error = provost::sandbox::start(options).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no zone 'europe-west1-a' to have room");
}

#[tokio::test]
async fn permissions_that_are_taken_away_are_left_out_of_the_answer() {
    let cloud = cloud(json!({ "missingPermissions": ["compute.instances.create"] })).await;
    let asked = json!({ "permissions": ["compute.instances.create", "compute.instances.list"] });
    let url = format!("/v1/projects/{PROJECT}:testIamPermissions");
    let (status, answer) = cloud.post(&url, &asked).await;
    assert_eq!((status, answer), (200, json!({ "permissions": ["compute.instances.list"] })));
    let (_, nothing) = cloud.post(&url, &json!({ "permissions": ["compute.instances.create"] })).await;
    assert_eq!(nothing, json!({}));
}
