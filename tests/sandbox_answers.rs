//! Details of the sandbox's answers that were seen in recorded traffic of Google's servers, with names of our own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{BUCKET, Cloud, PROJECT, cloud_with_bucket, message};
use serde_json::{Value, json};

const HOME: &str = "/v1/projects/be-cloud-2526";
const ZONE: &str = "/compute/v1/projects/be-cloud-2526/zones/europe-west1-b";

fn vm(name: &str) -> Value {
    let image = "projects/debian-cloud/global/images/family/debian-12";
    json!({
        "name": name, "machineType": "zones/europe-west1-b/machineTypes/e2-small", "networkInterfaces": [{}],
        "disks": [{ "boot": true, "initializeParams": { "sourceImage": image } }],
    })
}

#[tokio::test]
async fn an_error_of_iam_has_a_status_and_a_reason() {
    let cloud = Cloud::with(&["iam"]).await;
    let path = format!("{HOME}/serviceAccounts/lamp@{PROJECT}.iam.gserviceaccount.com");
    let (status, answer) = cloud.get(&path).await;
    assert_eq!((status, &answer["error"]["status"]), (404, &json!("NOT_FOUND")));
    let one = json!({ "message": message(&answer), "domain": "global", "reason": "notFound" });
    assert_eq!(answer["error"]["errors"], json!([one]));
}

#[tokio::test]
async fn an_error_of_artifact_registry_has_a_status_alone() {
    let cloud = Cloud::with(&["artifactregistry"]).await;
    let answer = cloud.get(&format!("{HOME}/locations/europe-west1/repositories/lamps")).await.1;
    assert_eq!(answer["error"]["status"], "NOT_FOUND");
    assert!(answer["error"]["errors"].is_null(), "{answer}");
}

#[tokio::test]
async fn a_failed_precondition_names_the_header() {
    let cloud = cloud_with_bucket(json!({})).await;
    let (status, answer) = cloud.upload("box-of-things", "lamp", "&ifGenerationMatch=7", "on").await;
    let one = &answer["error"]["errors"][0];
    assert_eq!((status, &one["locationType"], &one["location"]), (412, &json!("header"), &json!("If-Match")));
    let absent = cloud.get(&format!("{BUCKET}/o/lamp")).await.1;
    assert!(absent["error"]["errors"][0].get("location").is_none(), "{absent}");
}

#[tokio::test]
async fn a_project_is_given_a_parent_once() {
    let cloud = Cloud::with(&[]).await;
    let mut project = cloud.get(HOME).await.1;
    assert!(project["parent"].is_null(), "{project}");
    project["parent"] = json!({ "type": "organization", "id": "424242" });
    assert_eq!(cloud.put(HOME, &project).await, (200, project.clone()));
    assert_eq!(cloud.get(HOME).await.1["parent"], project["parent"]);
    let ancestry = cloud.post(&format!("{HOME}:getAncestry"), &json!({})).await.1;
    assert_eq!(ancestry["ancestor"][1]["resourceId"], project["parent"]);
    assert_eq!(cloud.get("/v3/projects/be-cloud-2526").await.1["parent"], "organizations/424242");
    for parent in [json!({ "type": "organization", "id": "7" }), Value::Null] {
        project["parent"] = parent;
        assert_eq!(cloud.put(HOME, &project).await.0, 400, "{project}");
    }
}

#[tokio::test]
async fn what_is_no_organization_is_no_parent() {
    let cloud = Cloud::with(&[]).await;
    let mut project = cloud.get(HOME).await.1;
    for parent in [json!({ "type": "planet", "id": "7" }), json!({ "type": "folder", "id": "seven" })] {
        project["parent"] = parent;
        assert_eq!(cloud.put(HOME, &project).await.0, 400, "{project}");
    }
    assert!(cloud.get(HOME).await.1["parent"].is_null());
}

#[tokio::test]
async fn a_user_becomes_owner_by_a_call_only_within_an_organization() {
    let cloud = Cloud::with(&[]).await;
    let policy = cloud.post(&format!("{HOME}:getIamPolicy"), &json!({})).await.1;
    let mut change = json!({ "policy": policy });
    if let Some(bindings) = change["policy"]["bindings"].as_array_mut() {
        bindings.push(json!({ "role": "roles/owner", "members": ["user:ada@example.edu"] }));
    }
    let (status, answer) = cloud.post(&format!("{HOME}:setIamPolicy"), &change).await;
    assert_eq!((status, &answer["error"]["details"][0]["type"]), (400, &json!("SOLO_MUST_INVITE_OWNERS")));
    let mut project = cloud.get(HOME).await.1;
    project["parent"] = json!({ "type": "organization", "id": "424242" });
    assert_eq!(cloud.put(HOME, &project).await.0, 200);
    assert_eq!(cloud.post(&format!("{HOME}:setIamPolicy"), &change).await.0, 200);
}

#[tokio::test]
async fn an_empty_description_stays_and_a_missing_one_does_not_appear() {
    let cloud = Cloud::with(&["compute"]).await;
    let mut described = vm("one");
    described["description"] = json!("");
    for body in [described, vm("two")] {
        assert_eq!(cloud.post(&format!("{ZONE}/instances"), &body).await.0, 200);
    }
    assert_eq!(cloud.get(&format!("{ZONE}/instances/one")).await.1["description"], "");
    assert!(cloud.get(&format!("{ZONE}/instances/two")).await.1.get("description").is_none());
}

#[tokio::test]
async fn a_stopped_machine_has_no_processor() {
    let cloud = Cloud::with(&["compute"]).await;
    let path = format!("{ZONE}/instances/lamp");
    assert_eq!(cloud.post(&format!("{ZONE}/instances"), &vm("lamp")).await.0, 200);
    let running = cloud.get(&path).await.1["cpuPlatform"].clone();
    assert_eq!(cloud.post(&format!("{path}/stop"), &Value::Null).await.0, 200);
    assert_eq!(cloud.get(&path).await.1["cpuPlatform"], "Unknown CPU Platform");
    assert_eq!(cloud.post(&format!("{path}/start"), &Value::Null).await.0, 200);
    assert_eq!(cloud.get(&path).await.1["cpuPlatform"], running);
}

#[tokio::test]
async fn a_zone_without_machines_says_so_in_an_aggregated_list() {
    let cloud = Cloud::with(&["compute"]).await;
    let path = format!("/compute/v1/projects/{PROJECT}/aggregated/instances");
    let warning = &cloud.get(&path).await.1["items"]["zones/europe-west1-b"]["warning"];
    assert_eq!(warning["code"], "NO_RESULTS_ON_PAGE");
    assert_eq!(warning["message"], "No results for the scope 'zones/europe-west1-b'.");
}

#[tokio::test]
async fn the_default_network_shows_its_largest_packet() {
    let cloud = Cloud::with(&["compute"]).await;
    let path = format!("/compute/v1/projects/{PROJECT}/global/networks/default");
    assert_eq!(cloud.get(&path).await.1["mtu"], 1460);
}

#[tokio::test]
async fn a_network_refers_to_its_profile_by_link_and_gets_a_range_with_ula() {
    let cloud = Cloud::with(&["compute"]).await;
    let networks = format!("/compute/v1/projects/{PROJECT}/global/networks");
    let profile = format!("projects/{PROJECT}/global/networkProfiles/lamp");
    let body = json!({ "name": "lab", "autoCreateSubnetworks": false, "networkProfile": profile });
    assert_eq!(cloud.post(&networks, &body).await.0, 200);
    let network = cloud.get(&format!("{networks}/lab")).await.1;
    assert_eq!(network["networkProfile"], format!("https://www.googleapis.com/compute/v1/{profile}"));
    assert!(network["internalIpv6Range"].is_null(), "{network}");
    let change = json!({ "enableUlaInternalIpv6": true });
    assert_eq!(cloud.patch(&format!("{networks}/lab"), &change).await.0, 200);
    let network = cloud.get(&format!("{networks}/lab")).await.1;
    assert_eq!(network["enableUlaInternalIpv6"], true);
    assert!(network["internalIpv6Range"].as_str().unwrap().starts_with("fd20:"), "{network}");
}
