//! What the sandbox's Compute offers where: regions, zones, machine and accelerator types, image families.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, PROJECT, message};
use serde_json::{Value, json};

fn path(rest: &str) -> String {
    format!("/compute/v1/projects/{PROJECT}/{rest}")
}

async fn cloud() -> Cloud {
    Cloud::with(&["compute"]).await
}

async fn shown(cloud: &Cloud, path: &str) -> Value {
    let (status, body) = cloud.get(path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

fn vm(zone: &str, change: &Value) -> Value {
    let image = "projects/debian-cloud/global/images/family/debian-12";
    let mut vm = json!({
        "name": "x",
        "machineType": format!("zones/{zone}/machineTypes/n1-standard-1"),
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": image } }],
        "networkInterfaces": [{}],
    });
    vm.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    vm
}

#[tokio::test]
async fn a_region_lists_its_zones() {
    let cloud = cloud().await;
    for (region, letters) in [("europe-west1", "bcd"), ("europe-west9", "abc"), ("us-central1", "abcf")] {
        let zones = shown(&cloud, &path(&format!("regions/{region}"))).await["zones"].clone();
        let expected = letters.chars().map(|letter| {
            format!("https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/{region}-{letter}")
        });
        assert_eq!(zones, json!(expected.collect::<Vec<String>>()), "{region}");
    }
    assert_eq!(names(&shown(&cloud, &path("zones")).await).len(), 127);
}

#[tokio::test]
async fn a_machine_type_is_where_its_family_is() {
    let cloud = cloud().await;
    for (zone, machine, status) in [
        ("europe-west1-b", "n1-standard-1", 200),
        ("europe-west9-a", "n1-standard-1", 404),
        ("europe-west9-a", "e2-medium", 200),
        ("europe-west1-d", "c3-standard-4", 404),
        ("europe-west4-a", "c3-standard-4", 200),
        ("europe-west4-c", "a2-highgpu-1g", 404),
        ("europe-west8-a", "custom-2-4096", 404),
        ("europe-west1-b", "n1-standard-3", 404),
    ] {
        let path = path(&format!("zones/{zone}/machineTypes/{machine}"));
        assert_eq!(cloud.get(&path).await.0, status, "{path}");
    }
    let here = shown(&cloud, &path("zones/europe-west9-a/machineTypes")).await;
    assert!(names(&here).contains(&"e2-medium") && !names(&here).contains(&"n1-standard-1"));
}

#[tokio::test]
async fn a_machine_of_a_family_that_the_zone_lacks_is_refused() {
    let cloud = cloud().await;
    let (status, body) =
        cloud.post(&path("zones/europe-west9-a/instances"), &vm("europe-west9-a", &json!({}))).await;
    let text = "Invalid value for field 'resource.machineType': 'zones/europe-west9-a/machineTypes/n1-standard-1'. \
                Machine type with name 'n1-standard-1' does not exist in zone 'europe-west9-a'.";
    assert_eq!((status, message(&body)), (400, text));
}

#[tokio::test]
async fn accelerators_are_listed_where_they_are() {
    let cloud = cloud().await;
    let here = shown(&cloud, &path("zones/europe-west1-d/acceleratorTypes")).await;
    assert_eq!(names(&here), ["nvidia-tesla-p100", "nvidia-tesla-t4"]);
    let one = shown(&cloud, &path("zones/europe-west1-d/acceleratorTypes/nvidia-tesla-t4")).await;
    assert_eq!((&one["maximumCardsPerInstance"], &one["description"]), (&json!(4), &json!("NVIDIA T4")));
    assert_eq!(cloud.get(&path("zones/europe-west9-a/acceleratorTypes/nvidia-tesla-t4")).await.0, 404);
    let all = shown(&cloud, &path("aggregated/acceleratorTypes")).await;
    assert_eq!(all["items"]["zones/europe-west9-a"]["warning"]["code"], "NO_RESULTS_ON_PAGE");
    assert_eq!(all["items"]["zones/us-east1-c"]["acceleratorTypes"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn an_accelerator_wants_a_zone_and_a_family_that_take_it() {
    let cloud = cloud().await;
    let with = |zone: &str, machine: &str, kind: &str, count: i64| {
        let card = format!("zones/{zone}/acceleratorTypes/{kind}");
        let cards = json!([{ "acceleratorType": card, "acceleratorCount": count }]);
        vm(
            zone,
            &json!({ "machineType": machine, "guestAccelerators": cards, "scheduling": { "onHostMaintenance": "TERMINATE" } }),
        )
    };
    for (zone, machine, kind, count, status) in [
        ("europe-west9-a", "e2-medium", "nvidia-tesla-t4", 1, 400),
        ("europe-west1-b", "e2-standard-4", "nvidia-tesla-t4", 1, 400),
        ("europe-west1-b", "n1-standard-4", "nvidia-l4", 1, 400),
        ("europe-west1-b", "n1-standard-4", "nvidia-tesla-t4", 5, 400),
        ("europe-west1-b", "n1-standard-4", "nvidia-tesla-t4", 1, 200),
    ] {
        let body = with(zone, machine, kind, count);
        let (found, answer) = cloud.post(&path(&format!("zones/{zone}/instances")), &body).await;
        assert_eq!(found, status, "{machine} with {count} {kind} in {zone}: {answer}");
    }
}

#[tokio::test]
async fn a_machine_type_brings_its_accelerators() {
    let cloud = cloud().await;
    let machine = shown(&cloud, &path("zones/europe-west1-b/machineTypes/g2-standard-24")).await;
    let cards = json!([{ "guestAcceleratorType": "nvidia-l4", "guestAcceleratorCount": 2 }]);
    assert_eq!(machine["accelerators"], cards);
    let body = vm("europe-west1-b", &json!({ "machineType": "g2-standard-4" }));
    assert_eq!(cloud.post(&path("zones/europe-west1-b/instances"), &body).await.0, 200);
    let vm = shown(&cloud, &path("zones/europe-west1-b/instances/x")).await;
    assert_eq!(vm["guestAccelerators"][0]["acceleratorCount"], 1);
    assert_eq!(vm["scheduling"]["onHostMaintenance"], "TERMINATE");
}

#[tokio::test]
async fn a_family_leads_to_its_newest_current_image() {
    let cloud = cloud().await;
    for (project, family, image) in [
        ("debian-cloud", "debian-11", Some("debian-11-bullseye-v20260812")),
        ("debian-cloud", "debian-12", Some("debian-12-bookworm-v20261014")),
        ("debian-cloud", "debian-13", Some("debian-13-trixie-v20261014")),
        ("ubuntu-os-cloud", "ubuntu-2204-lts", Some("ubuntu-2204-jammy-v20261020")),
        ("ubuntu-os-cloud", "ubuntu-2404-lts-amd64", Some("ubuntu-2404-noble-amd64-v20261020")),
        ("cos-cloud", "cos-stable", Some("cos-stable-125-19216-104-25")),
        ("cos-cloud", "cos-121-lts", Some("cos-121-18867-294-55")),
        ("deeplearning-platform-release", "common-cpu", Some("common-cpu-v20261009-ubuntu-2204-py310")),
        ("debian-cloud", "debian-10", None),
        ("ubuntu-os-cloud", "ubuntu-2004-lts", None),
        ("ubuntu-os-cloud", "ubuntu-2404-lts", None),
        ("cos-cloud", "cos-109-lts", None),
        ("deeplearning-platform-release", "tf-latest-cpu", None),
        ("ml-images", "common-dl-gpu-debian-11-py310", None),
    ] {
        let family_path = format!("/compute/v1/projects/{project}/global/images/family/{family}");
        let view = format!("/compute/v1/projects/{project}/zones/europe-west1-b/imageFamilyViews/{family}");
        let ((status, found), (seen, view)) = (cloud.get(&family_path).await, cloud.get(&view).await);
        assert_eq!((status, seen), if image.is_some() { (200, 200) } else { (404, 404) }, "{family}");
        assert_eq!(found["name"].as_str(), image, "{family}");
        assert_eq!(view["image"]["name"].as_str(), image, "{family}");
        if image.is_none() {
            let gone =
                format!("The resource 'projects/{project}/global/images/family/{family}' was not found");
            assert_eq!(message(&found), gone);
        }
    }
}

#[tokio::test]
async fn a_list_shows_what_is_on_its_way_out() {
    let cloud = cloud().await;
    let all = shown(&cloud, "/compute/v1/projects/cos-cloud/global/images").await;
    let state = |name: &str| {
        let image = all["items"].as_array().unwrap().iter().find(|image| image["name"] == name).unwrap();
        image["deprecated"]["state"].clone()
    };
    assert_eq!(state("cos-125-19216-104-25"), Value::Null);
    assert_eq!(state("cos-stable-121-18867-199-38"), "DEPRECATED");
    assert_eq!(state("cos-109-17800-570-50"), "OBSOLETE");
    let debian =
        shown(&cloud, "/compute/v1/projects/debian-cloud/global/images/debian-12-bookworm-v20260909").await;
    let next = "https://www.googleapis.com/compute/v1/projects/debian-cloud/global/images/debian-12-bookworm-v20261014";
    assert_eq!(debian["deprecated"], json!({ "state": "DEPRECATED", "replacement": next }));
}

#[tokio::test]
async fn nobody_writes_public_images() {
    let cloud = cloud().await;
    let image = "/compute/v1/projects/debian-cloud/global/images/debian-12-bookworm-v20261014";
    let (status, body) = cloud.delete(image).await;
    let text = "Required 'compute.images.delete' permission for \
                'projects/debian-cloud/global/images/debian-12-bookworm-v20261014'";
    assert_eq!((status, message(&body)), (403, text));
}
