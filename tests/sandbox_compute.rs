//! The sandbox's Compute over HTTP: what instances, disks and firewall rules let happen to them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, PROJECT};
use serde_json::{Value, json};

const IMAGE: &str = "projects/debian-cloud/global/images/family/debian-12";

async fn cloud() -> Cloud {
    Cloud::with(&["compute", "iam"]).await
}

fn zone(rest: &str) -> String {
    format!("/compute/v1/projects/{PROJECT}/zones/europe-west1-b/{rest}")
}

fn global(rest: &str) -> String {
    format!("/compute/v1/projects/{PROJECT}/global/{rest}")
}

fn link(path: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/projects/{PROJECT}/{path}")
}

fn vm(name: &str) -> Value {
    json!({
        "name": name,
        "machineType": "zones/europe-west1-b/machineTypes/n1-standard-1",
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": IMAGE } }],
        "networkInterfaces": [{ "accessConfigs": [{ "type": "ONE_TO_ONE_NAT", "name": "external-nat" }] }],
    })
}

/// Sends a mutation and gives the finished operation.
async fn done(cloud: &Cloud, path: &str, body: &Value) -> Value {
    let (status, begun) = cloud.post(path, body).await;
    assert_eq!(status, 200, "{path}: {begun}");
    assert_eq!(begun["status"], "RUNNING", "{path}");
    finished(cloud, &begun).await
}

async fn finished(cloud: &Cloud, begun: &Value) -> Value {
    let path = begun["selfLink"].as_str().unwrap().replace("https://www.googleapis.com", "");
    cloud.post(&format!("{path}/wait"), &Value::Null).await.1
}

async fn with_vm() -> Cloud {
    let cloud = cloud().await;
    done(&cloud, &zone("instances"), &vm("x")).await;
    cloud
}

async fn shown(cloud: &Cloud, path: &str) -> Value {
    let (status, body) = cloud.get(path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

#[tokio::test]
async fn a_service_that_is_not_enabled_says_so() {
    let cloud = Cloud::with(&[]).await;
    let (status, body) = cloud.get(&zone("instances")).await;
    assert_eq!((status, &body["error"]["details"][0]["reason"]), (403, &json!("SERVICE_DISABLED")));
    assert_eq!(body["error"]["errors"][0]["reason"], "accessNotConfigured");
}

#[tokio::test]
async fn an_operation_names_its_target_and_ends() {
    let cloud = cloud().await;
    let operation = done(&cloud, &zone("instances"), &vm("x")).await;
    assert_eq!(operation["status"], "DONE");
    assert_eq!(operation["operationType"], "insert");
    assert_eq!(operation["targetLink"], link("zones/europe-west1-b/instances/x"));
    assert_eq!(operation["zone"], link("zones/europe-west1-b"));
    assert_eq!(operation["targetId"], shown(&cloud, &zone("instances/x")).await["id"]);
}

#[tokio::test]
async fn an_instance_reads_back_with_the_servers_defaults() {
    let cloud = with_vm().await;
    let vm = shown(&cloud, &zone("instances/x")).await;
    assert_eq!(vm["machineType"], link("zones/europe-west1-b/machineTypes/n1-standard-1"));
    assert_eq!(vm["networkInterfaces"][0]["network"], link("global/networks/default"));
    assert_eq!(vm["networkInterfaces"][0]["subnetwork"], link("regions/europe-west1/subnetworks/default"));
    assert_eq!(vm["disks"][0]["initializeParams"], Value::Null);
    assert_eq!(vm["disks"][0]["deviceName"], "persistent-disk-0");
    assert_eq!(vm["scheduling"]["onHostMaintenance"], "MIGRATE");
    assert_eq!(vm["tags"], json!({ "fingerprint": "42WmSpB8rSM=" }));
    assert_eq!(vm["labelFingerprint"], "42WmSpB8rSM=");
    assert_eq!(vm["serviceAccounts"], Value::Null);
    assert!(vm.as_object().unwrap().keys().all(|field| !field.starts_with('#')));
}

#[tokio::test]
async fn a_boot_disk_records_the_concrete_image_and_goes_with_its_instance() {
    let cloud = with_vm().await;
    let disk = shown(&cloud, &zone("disks/x")).await;
    assert!(disk["sourceImage"].as_str().unwrap().contains("/images/debian-12-bookworm-v"));
    assert_eq!(disk["sizeGb"], "10");
    assert_eq!(disk["users"], json!([link("zones/europe-west1-b/instances/x")]));
    let (_, begun) = cloud.delete(&zone("instances/x")).await;
    finished(&cloud, &begun).await;
    assert_eq!(cloud.get(&zone("instances/x")).await.0, 404);
    assert_eq!(cloud.get(&zone("disks/x")).await.0, 404);
}

#[tokio::test]
async fn a_stale_fingerprint_is_412() {
    let cloud = with_vm().await;
    for (call, body) in [
        ("setLabels", json!({ "labels": {}, "labelFingerprint": "AAAAAAAAAAA=" })),
        ("setTags", json!({ "items": [], "fingerprint": "AAAAAAAAAAA=" })),
        ("setMetadata", json!({ "items": [], "fingerprint": "AAAAAAAAAAA=" })),
        ("setMetadata", json!({ "items": [] })),
    ] {
        let (status, body) = cloud.post(&zone(&format!("instances/x/{call}")), &body).await;
        assert_eq!(
            (status, &body["error"]["errors"][0]["reason"]),
            (412, &json!("conditionNotMet")),
            "{call}"
        );
    }
    let (status, _) = cloud.post(&zone("instances/x/setLabels"), &json!({ "labels": {} })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn every_change_moves_its_own_fingerprint_and_the_instances() {
    let cloud = with_vm().await;
    let before = shown(&cloud, &zone("instances/x")).await;
    let metadata =
        json!({ "items": [{ "key": "a", "value": "b" }], "fingerprint": before["metadata"]["fingerprint"] });
    done(&cloud, &zone("instances/x/setMetadata"), &metadata).await;
    let after = shown(&cloud, &zone("instances/x")).await;
    assert_eq!(after["metadata"]["items"], metadata["items"]);
    assert_ne!(after["metadata"]["fingerprint"], before["metadata"]["fingerprint"]);
    assert_ne!(after["fingerprint"], before["fingerprint"]);
    assert_eq!(after["labelFingerprint"], before["labelFingerprint"]);
}

#[tokio::test]
async fn a_running_instance_refuses_what_needs_a_stop() {
    let cloud = with_vm().await;
    let machine = json!({ "machineType": "zones/europe-west1-b/machineTypes/n1-standard-2" });
    let account = json!({ "email": "default", "scopes": ["https://www.googleapis.com/auth/cloud-platform"] });
    for (call, body) in [("setMachineType", &machine), ("setServiceAccount", &account)] {
        assert_eq!(cloud.post(&zone(&format!("instances/x/{call}")), body).await.0, 400, "{call}");
    }
    done(&cloud, &zone("instances/x/stop"), &Value::Null).await;
    done(&cloud, &zone("instances/x/setMachineType"), &machine).await;
    done(&cloud, &zone("instances/x/setServiceAccount"), &account).await;
    let vm = shown(&cloud, &zone("instances/x")).await;
    assert_eq!(vm["machineType"], link("zones/europe-west1-b/machineTypes/n1-standard-2"));
    assert!(
        vm["serviceAccounts"][0]["email"]
            .as_str()
            .unwrap()
            .ends_with("-compute@developer.gserviceaccount.com")
    );
}

#[tokio::test]
async fn a_stop_gives_up_the_external_address_and_a_start_gets_another() {
    let cloud = with_vm().await;
    let address = |vm: &Value| vm["networkInterfaces"][0]["accessConfigs"][0]["natIP"].clone();
    let before = address(&shown(&cloud, &zone("instances/x")).await);
    done(&cloud, &zone("instances/x/stop"), &Value::Null).await;
    let stopped = shown(&cloud, &zone("instances/x")).await;
    assert_eq!((&stopped["status"], address(&stopped)), (&json!("TERMINATED"), Value::Null));
    done(&cloud, &zone("instances/x/start"), &Value::Null).await;
    let started = shown(&cloud, &zone("instances/x")).await;
    assert_eq!(started["status"], "RUNNING");
    assert!(address(&started).is_string());
    assert_ne!(address(&started), before);
}

#[tokio::test]
async fn a_protected_instance_is_not_deleted() {
    let cloud = with_vm().await;
    let protect = zone("instances/x/setDeletionProtection?deletionProtection=");
    done(&cloud, &format!("{protect}true"), &Value::Null).await;
    assert_eq!(cloud.delete(&zone("instances/x")).await.0, 400);
    done(&cloud, &format!("{protect}false"), &Value::Null).await;
    assert_eq!(cloud.delete(&zone("instances/x")).await.0, 200);
}

#[tokio::test]
async fn a_repeated_request_id_is_the_same_operation() {
    let cloud = cloud().await;
    let path = zone("instances?requestId=7d4a3c3e-1111-4222-8333-944445555666");
    let (_, first) = cloud.post(&path, &vm("x")).await;
    let (status, second) = cloud.post(&path, &vm("x")).await;
    assert_eq!((status, &second["name"]), (200, &first["name"]));
    assert_eq!(cloud.post(&zone("instances"), &vm("x")).await.0, 409);
    let zero = zone("instances?requestId=00000000-0000-0000-0000-000000000000");
    assert_eq!(cloud.post(&zero, &vm("y")).await.0, 400);
}

#[tokio::test]
async fn what_does_not_exist_is_refused_in_googles_words() {
    let cloud = cloud().await;
    let robot = format!("none@{PROJECT}.iam.gserviceaccount.com");
    let account = json!([{ "email": robot, "scopes": [] }]);
    let image = |family: &str| {
        let source = format!("projects/cos-cloud/global/images/family/{family}");
        json!([{ "boot": true, "initializeParams": { "sourceImage": source } }])
    };
    for (field, value, status, text) in [
        ("machineType", json!("n9-huge-1"), 400, "Machine type with name 'n9-huge-1' does not exist"),
        (
            "networkInterfaces",
            json!([{ "network": "global/networks/lab" }]),
            400,
            "has no network named \"lab\".",
        ),
        ("disks", image("cos-109-lts"), 404, "images/family/cos-109-lts' was not found"),
        ("serviceAccounts", account, 404, "of type 'serviceAccount' was not found"),
        ("labels", json!({ "Owner": "ana" }), 400, "resource.labels"),
        ("name", json!("X"), 400, "Must be a match of regex"),
    ] {
        let mut body = vm("x");
        body[field] = value;
        let (code, answer) = cloud.post(&zone("instances"), &body).await;
        assert_eq!(code, status, "{field}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(text), "{field}: {answer}");
    }
    let elsewhere = format!("/compute/v1/projects/{PROJECT}/zones/europe-west1-z/instances");
    assert_eq!(
        cloud.get(&elsewhere).await.1["error"]["message"],
        "Invalid value for field 'zone': 'europe-west1-z'. Unknown zone."
    );
}

#[tokio::test]
async fn more_cpus_than_the_quota_fail_the_operation_and_make_nothing() {
    let quotas = json!({ "europe-west1": { "CPUS": 130 }, "global": { "CPUS_ALL_REGIONS": 130 } });
    let limits = serde_json::from_value(json!({ "quotas": quotas })).unwrap();
    let cloud = Cloud::limited(&["compute"], limits).await;
    let mut big = vm("big");
    big["machineType"] = json!("n1-standard-96");
    assert_eq!(done(&cloud, &zone("instances"), &big).await["error"], Value::Null);
    big["name"] = json!("bigger");
    let failed = done(&cloud, &zone("instances"), &big).await;
    assert_eq!(failed["error"]["errors"][0]["code"], "QUOTA_EXCEEDED");
    assert_eq!(failed["httpErrorStatusCode"], 403);
    assert_eq!(cloud.get(&zone("instances/bigger")).await.0, 404);
    assert_eq!(cloud.get(&zone("disks/bigger")).await.0, 404);
}

#[tokio::test]
async fn a_disk_only_grows_and_is_kept_while_in_use() {
    let cloud = with_vm().await;
    assert_eq!(cloud.post(&zone("disks/x/resize"), &json!({ "sizeGb": "10" })).await.0, 400);
    done(&cloud, &zone("disks/x/resize"), &json!({ "sizeGb": "20" })).await;
    assert_eq!(shown(&cloud, &zone("instances/x")).await["disks"][0]["diskSizeGb"], "20");
    let (status, body) = cloud.delete(&zone("disks/x")).await;
    assert_eq!(
        (status, &body["error"]["errors"][0]["reason"]),
        (400, &json!("resourceInUseByAnotherResource"))
    );
}

#[tokio::test]
async fn a_disk_smaller_than_its_image_is_refused() {
    let cloud = cloud().await;
    let mut small = vm("x");
    let image = "projects/deeplearning-platform-release/global/images/family/common-cpu";
    small["disks"][0]["initializeParams"] = json!({ "sourceImage": image, "diskSizeGb": "10" });
    let (status, body) = cloud.post(&zone("instances"), &small).await;
    assert_eq!(status, 400);
    assert!(body["error"]["message"].as_str().unwrap().contains("smaller than the image size (50 GB)"));
}

#[tokio::test]
async fn a_firewall_patch_merges_and_an_update_replaces() {
    let cloud = cloud().await;
    let allowed = json!([{ "IPProtocol": "tcp", "ports": ["8501"] }]);
    let rule = json!({ "name": "open-8501", "allowed": allowed, "targetTags": ["web"], "priority": 0 });
    done(&cloud, &global("firewalls"), &rule).await;
    let path = global("firewalls/open-8501");
    let read = shown(&cloud, &path).await;
    assert_eq!((&read["priority"], &read["sourceRanges"]), (&json!(0), &json!(["0.0.0.0/0"])));
    assert_eq!((&read["description"], &read["logConfig"]), (&json!(""), &json!({ "enable": false })));
    assert_eq!(cloud.patch(&path, &json!({ "sourceRanges": ["10.0.0.0/8"] })).await.0, 200);
    let patched = shown(&cloud, &path).await;
    assert_eq!((&patched["targetTags"], &patched["sourceRanges"]), (&json!(["web"]), &json!(["10.0.0.0/8"])));
    assert_eq!(cloud.put(&path, &json!({ "name": "open-8501", "allowed": allowed })).await.0, 200);
    let replaced = shown(&cloud, &path).await;
    assert_eq!((&replaced["targetTags"], &replaced["priority"]), (&Value::Null, &json!(1000)));
}

#[tokio::test]
async fn a_new_project_has_its_network_and_four_rules() {
    let cloud = cloud().await;
    let rules = shown(&cloud, &global("firewalls?fields=items(name,priority)")).await;
    let names = ["icmp", "internal", "rdp", "ssh"].map(|name| format!("default-allow-{name}"));
    let expected = names.map(|name| json!({ "name": name, "priority": 65_534 }));
    assert_eq!(rules, json!({ "items": expected }));
}

#[tokio::test]
async fn an_aggregated_list_has_every_zone_and_pages() {
    let cloud = cloud().await;
    for name in ["a", "b", "c"] {
        done(&cloud, &zone("instances"), &vm(name)).await;
    }
    let path = format!("/compute/v1/projects/{PROJECT}/aggregated/instances");
    let first = shown(&cloud, &format!("{path}?maxResults=2")).await;
    let here =
        |page: &Value| page["items"]["zones/europe-west1-b"]["instances"].as_array().map_or(0, Vec::len);
    assert_eq!(here(&first), 2);
    assert_eq!(first["items"]["zones/us-east1-b"]["warning"]["code"], "NO_RESULTS_ON_PAGE");
    let token = first["nextPageToken"].as_str().unwrap();
    let second = shown(&cloud, &format!("{path}?maxResults=2&pageToken={token}")).await;
    assert_eq!((here(&second), &second["nextPageToken"]), (1, &Value::Null));
    let chosen =
        shown(&cloud, &format!("{path}?filter=name%20eq%20(a|c)&fields=items/*/instances/name")).await;
    assert_eq!(
        chosen["items"]["zones/europe-west1-b"]["instances"],
        json!([{ "name": "a" }, { "name": "c" }])
    );
}

#[tokio::test]
async fn a_whole_instance_is_put_back_with_its_fingerprint() {
    let cloud = with_vm().await;
    let mut edited = shown(&cloud, &zone("instances/x")).await;
    let stale = edited.clone();
    edited["description"] = json!("for the exam");
    let path = zone("instances/x?minimalAction=REFRESH&mostDisruptiveAllowedAction=REFRESH");
    assert_eq!(cloud.put(&path, &edited).await.0, 200);
    assert_eq!(shown(&cloud, &zone("instances/x")).await["description"], "for the exam");
    assert_eq!(cloud.put(&path, &stale).await.0, 412);
    let mut bigger = shown(&cloud, &zone("instances/x")).await;
    bigger["machineType"] = json!("n1-standard-2");
    assert_eq!(cloud.put(&path, &bigger).await.0, 400);
}

#[tokio::test]
async fn a_reserved_address_stays_through_a_stop_and_is_not_deleted_in_use() {
    let cloud = cloud().await;
    let region = format!("/compute/v1/projects/{PROJECT}/regions/europe-west1/addresses");
    done(&cloud, &region, &json!({ "name": "fixed" })).await;
    let ip = shown(&cloud, &format!("{region}/fixed")).await["address"].clone();
    let mut pinned = vm("x");
    pinned["networkInterfaces"][0]["accessConfigs"][0]["natIP"] = ip.clone();
    done(&cloud, &zone("instances"), &pinned).await;
    done(&cloud, &zone("instances/x/stop"), &Value::Null).await;
    let stopped = shown(&cloud, &zone("instances/x")).await;
    assert_eq!(stopped["networkInterfaces"][0]["accessConfigs"][0]["natIP"], ip);
    assert_eq!(shown(&cloud, &format!("{region}/fixed")).await["status"], "IN_USE");
    assert_eq!(cloud.delete(&format!("{region}/fixed")).await.0, 400);
}

#[tokio::test]
async fn what_google_does_not_document_is_400() {
    let cloud = cloud().await;
    let mut odd = vm("x");
    odd["colour"] = json!("red");
    assert_eq!(cloud.post(&zone("instances"), &odd).await.0, 400);
    assert_eq!(cloud.get(&zone("instances?limit=3")).await.0, 400);
    assert_eq!(cloud.get(&zone("instances?fields=items/colour")).await.0, 400);
    assert_eq!(cloud.get("/compute/v1/projects/p/nothing").await.0, 404);
}
