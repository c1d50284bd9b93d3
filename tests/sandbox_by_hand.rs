//! What people make by hand in the sandbox's Compute, and somebody has to find later: networks, snapshots, images,
//! disks and addresses.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, PROJECT, message, reason};
use serde_json::{Value, json};

const ZONE: &str = "zones/europe-west1-b";

fn path(rest: &str) -> String {
    format!("/compute/v1/projects/{PROJECT}/{rest}")
}

fn link(rest: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/projects/{PROJECT}/{rest}")
}

async fn cloud() -> Cloud {
    Cloud::with(&["compute"]).await
}

async fn done(cloud: &Cloud, rest: &str, body: &Value) -> Value {
    let (status, begun) = cloud.post(&path(rest), body).await;
    assert_eq!(status, 200, "{rest}: {begun}");
    let operation = begun["selfLink"].as_str().unwrap().replace("https://www.googleapis.com", "");
    let (_, finished) = cloud.post(&format!("{operation}/wait"), &Value::Null).await;
    assert_eq!((&finished["status"], &finished["error"]), (&json!("DONE"), &Value::Null), "{rest}");
    finished
}

async fn shown(cloud: &Cloud, rest: &str) -> Value {
    let (status, body) = cloud.get(&path(rest)).await;
    assert_eq!(status, 200, "{rest}: {body}");
    body
}

fn vm(name: &str, change: &Value) -> Value {
    let image = "projects/debian-cloud/global/images/family/debian-12";
    let mut vm = json!({
        "name": name,
        "machineType": "e2-micro",
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": image } }],
        "networkInterfaces": [{}],
    });
    vm.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    vm
}

async fn with_vm() -> Cloud {
    let cloud = cloud().await;
    done(&cloud, &format!("{ZONE}/instances"), &vm("x", &json!({}))).await;
    cloud
}

#[tokio::test]
async fn an_auto_mode_network_has_a_subnetwork_in_every_region() {
    let cloud = cloud().await;
    let body = json!({ "name": "lab", "autoCreateSubnetworks": true, "routingConfig": { "routingMode": "REGIONAL" } });
    let operation = done(&cloud, "global/networks", &body).await;
    assert_eq!(operation["targetLink"], link("global/networks/lab"));
    let network = shown(&cloud, "global/networks/lab").await;
    assert_eq!(network["subnetworks"].as_array().unwrap().len(), 42);
    assert_eq!(network["routingConfig"]["bgpBestPathSelectionMode"], "LEGACY");
    let subnetwork = shown(&cloud, "regions/europe-west1/subnetworks/lab").await;
    assert_eq!(
        (&subnetwork["ipCidrRange"], &subnetwork["network"]),
        (&json!("10.132.0.0/20"), &network["selfLink"])
    );
    let inside = json!({ "networkInterfaces": [{ "network": "global/networks/lab" }] });
    done(&cloud, &format!("{ZONE}/instances"), &vm("y", &inside)).await;
    let (status, body) = cloud.delete(&path("global/networks/lab")).await;
    assert_eq!((status, reason(&body)), (400, "resourceInUseByAnotherResource"));
    assert_eq!(cloud.delete(&path(&format!("{ZONE}/instances/y"))).await.0, 200);
    assert_eq!(cloud.delete(&path("regions/europe-west1/subnetworks/lab")).await.0, 400);
    assert_eq!(cloud.delete(&path("global/networks/lab")).await.0, 200);
    assert_eq!(cloud.get(&path("regions/europe-west1/subnetworks/lab")).await.0, 404);
}

#[tokio::test]
async fn a_custom_mode_network_has_the_subnetworks_that_are_made() {
    let cloud = cloud().await;
    done(&cloud, "global/networks", &json!({ "name": "lab", "autoCreateSubnetworks": false })).await;
    let inside = json!({ "networkInterfaces": [{ "network": "global/networks/lab" }] });
    let (status, body) = cloud.post(&path(&format!("{ZONE}/instances")), &vm("y", &inside)).await;
    assert_eq!(status, 400);
    assert!(
        message(&body).contains("Subnetwork should be specified for custom subnetmode network"),
        "{body}"
    );
    let subnet = |name: &str, range: &str| json!({ "name": name, "network": "global/networks/lab", "ipCidrRange": range });
    done(&cloud, "regions/europe-west1/subnetworks", &subnet("room", "10.9.0.0/24")).await;
    let room = shown(&cloud, "regions/europe-west1/subnetworks/room").await;
    assert_eq!(room["gatewayAddress"], "10.9.0.1");
    assert_eq!(shown(&cloud, "global/networks/lab").await["subnetworks"], json!([room["selfLink"]]));
    for range in ["10.9.0.128/25", "10.8.0.0/13", "10.7.0.0/30", "10.7.0.1/24", "room"] {
        let (status, body) = cloud.post(&path("regions/us-east1/subnetworks"), &subnet("other", range)).await;
        assert_eq!((status, reason(&body)), (400, "invalid"), "{range}");
    }
    let inside = json!({ "networkInterfaces": [{ "subnetwork": "regions/europe-west1/subnetworks/room" }] });
    done(&cloud, &format!("{ZONE}/instances"), &vm("y", &inside)).await;
    let instance = shown(&cloud, &format!("{ZONE}/instances/y")).await;
    assert_eq!(instance["networkInterfaces"][0]["networkIP"], "10.9.0.2");
    for used in ["regions/europe-west1/subnetworks/room", "global/networks/lab"] {
        let (status, body) = cloud.delete(&path(used)).await;
        assert_eq!((status, reason(&body)), (400, "resourceInUseByAnotherResource"), "{used}");
    }
    for gone in
        [&format!("{ZONE}/instances/y"), "regions/europe-west1/subnetworks/room", "global/networks/lab"]
    {
        assert_eq!(cloud.delete(&path(gone)).await.0, 200, "{gone}");
    }
    let all = shown(&cloud, "aggregated/subnetworks").await;
    assert_eq!(all["items"]["regions/europe-west1"]["subnetworks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_network_with_rules_stays() {
    let cloud = cloud().await;
    let (status, body) = cloud.delete(&path("global/networks/default")).await;
    assert_eq!(status, 400);
    let user = format!("is already being used by 'projects/{PROJECT}/global/firewalls/default-allow-icmp'");
    assert!(message(&body).ends_with(&user), "{body}");
    assert_eq!(cloud.post(&path("global/networks"), &json!({ "name": "legacy" })).await.0, 400);
}

#[tokio::test]
async fn a_snapshot_outlives_its_disk_and_makes_another() {
    let cloud = with_vm().await;
    let made = json!({ "name": "before-the-exam", "labels": { "owner": "ana" } });
    let operation = done(&cloud, &format!("{ZONE}/disks/x/createSnapshot"), &made).await;
    assert_eq!(operation["targetLink"], link(&format!("{ZONE}/disks/x")));
    let snapshot = shown(&cloud, "global/snapshots/before-the-exam").await;
    assert_eq!((&snapshot["status"], &snapshot["diskSizeGb"]), (&json!("READY"), &json!("10")));
    assert_eq!(
        (&snapshot["labels"], &snapshot["storageLocations"]),
        (&json!({ "owner": "ana" }), &json!(["eu"]))
    );
    assert_eq!(cloud.delete(&path(&format!("{ZONE}/instances/x"))).await.0, 200);
    let body = json!({ "name": "again", "sourceSnapshot": "global/snapshots/before-the-exam" });
    done(&cloud, &format!("{ZONE}/disks"), &body).await;
    let disk = shown(&cloud, &format!("{ZONE}/disks/again")).await;
    assert_eq!(
        (&disk["sourceSnapshot"], &disk["sourceSnapshotId"]),
        (&snapshot["selfLink"], &snapshot["id"])
    );
    let body = json!({ "name": "second", "sourceDisk": format!("{ZONE}/disks/again") });
    done(&cloud, "global/snapshots", &body).await;
    let listed = shown(&cloud, "global/snapshots?filter=labels.owner=ana").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    for name in ["before-the-exam", "second"] {
        assert_eq!(cloud.delete(&path(&format!("global/snapshots/{name}"))).await.0, 200);
    }
    assert_eq!(shown(&cloud, "global/snapshots").await["items"], Value::Null);
}

#[tokio::test]
async fn an_image_of_ones_own_is_found_by_its_family() {
    let cloud = with_vm().await;
    let body = json!({ "name": "lab-1", "family": "lab", "sourceDisk": format!("{ZONE}/disks/x") });
    let (status, refused) = cloud.post(&path("global/images"), &body).await;
    assert_eq!((status, reason(&refused)), (400, "resourceInUseByAnotherResource"));
    done(&cloud, "global/images?forceCreate=true", &body).await;
    done(
        &cloud,
        "global/images",
        &json!({ "name": "lab-2", "family": "lab", "sourceImage": "global/images/lab-1" }),
    )
    .await;
    assert_eq!(shown(&cloud, "global/images/family/lab").await["name"], "lab-2");
    done(&cloud, "global/images/lab-2/deprecate", &json!({ "state": "DEPRECATED" })).await;
    assert_eq!(shown(&cloud, "global/images/family/lab").await["name"], "lab-1");
    let family = "global/images/family/lab";
    let disks =
        json!([{ "boot": true, "initializeParams": { "sourceImage": family, "diskName": "y-boot" } }]);
    done(&cloud, &format!("{ZONE}/instances"), &vm("y", &json!({ "disks": disks }))).await;
    assert_eq!(
        shown(&cloud, &format!("{ZONE}/disks/y-boot")).await["sourceImage"],
        link("global/images/lab-1")
    );
    let image = shown(&cloud, "global/images/lab-1").await;
    let labels = json!({ "labels": { "owner": "ana" }, "labelFingerprint": image["labelFingerprint"] });
    done(&cloud, "global/images/lab-1/setLabels", &labels).await;
    assert_eq!(cloud.post(&path("global/images/lab-1/setLabels"), &labels).await.0, 412);
    for name in ["lab-1", "lab-2"] {
        assert_eq!(cloud.delete(&path(&format!("global/images/{name}"))).await.0, 200);
    }
    assert_eq!(cloud.get(&path("global/images/family/lab")).await.0, 404);
}

#[tokio::test]
async fn disks_and_addresses_are_found_wherever_they_are() {
    let cloud = cloud().await;
    done(&cloud, "zones/europe-west4-a/disks", &json!({ "name": "data", "sizeGb": "20" })).await;
    done(&cloud, "regions/europe-west4/addresses", &json!({ "name": "fixed" })).await;
    let disks = shown(&cloud, "aggregated/disks").await;
    assert_eq!(disks["items"]["zones/europe-west4-a"]["disks"][0]["name"], "data");
    let addresses = shown(&cloud, "aggregated/addresses").await;
    let fixed = &addresses["items"]["regions/europe-west4"]["addresses"][0];
    assert_eq!((&fixed["name"], &fixed["status"]), (&json!("fixed"), &json!("RESERVED")));
}

#[tokio::test]
async fn host_keys_are_told_when_the_guest_writes_attributes() {
    let cloud = with_vm().await;
    let asked = "getGuestAttributes?queryPath=hostkeys/";
    assert_eq!(cloud.get(&path(&format!("{ZONE}/instances/x/{asked}"))).await.0, 404);
    let metadata =
        json!({ "metadata": { "items": [{ "key": "enable-guest-attributes", "value": "TRUE" }] } });
    done(&cloud, &format!("{ZONE}/instances"), &vm("y", &metadata)).await;
    let attributes = shown(&cloud, &format!("{ZONE}/instances/y/{asked}")).await;
    let key = &attributes["queryValue"]["items"][0];
    assert_eq!((&key["namespace"], &key["key"]), (&json!("hostkeys"), &json!("ssh-ed25519")));
    assert!(key["value"].as_str().unwrap().starts_with("AAAAC3NzaC1lZDI1NTE5AAAAI"), "{key}");
}
