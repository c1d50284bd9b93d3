//! The sandbox's projects, enabled services and repositories over HTTP.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, PROJECT, message, reason};
use serde_json::json;

const SERVICES: &str = "/v1/projects/be-cloud-2526/services";
const REPOSITORIES: &str = "/v1/projects/be-cloud-2526/locations/europe-west1/repositories";

#[tokio::test]
async fn a_project_is_shown_in_the_words_of_the_version_asked() {
    let cloud = Cloud::with(&[]).await;
    let (_, one) = cloud.get("/v1/projects/be-cloud-2526").await;
    let (_, three) = cloud.get("/v3/projects/be-cloud-2526").await;
    let number = one["projectNumber"].as_str().unwrap();
    assert_eq!((&one["projectId"], &one["lifecycleState"]), (&json!(PROJECT), &json!("ACTIVE")));
    assert_eq!((&three["name"], &three["state"]), (&json!(format!("projects/{number}")), &json!("ACTIVE")));
    assert_eq!(cloud.get(&format!("/v1/projects/{number}")).await.1, one);
    assert_eq!(cloud.post("/v3/projects/be-cloud-2526:getIamPolicy", &json!({})).await.0, 200);
}

#[tokio::test]
async fn a_project_that_cannot_exist_is_403() {
    let cloud = Cloud::with(&[]).await;
    for path in [
        "/v1/projects/UPPER",
        "/v1/projects/abc",
        "/v3/projects/123456789012",
        "/v1/projects/x_y_z_1/services",
    ] {
        let (status, answer) = cloud.get(path).await;
        assert_eq!((status, reason(&answer)), (403, "PERMISSION_DENIED"), "{path}");
    }
}

#[tokio::test]
async fn a_call_to_a_disabled_service_is_403_until_enabled() {
    let cloud = Cloud::with(&[]).await;
    let (status, answer) = cloud.get(REPOSITORIES).await;
    assert_eq!((status, &answer["error"]["details"][0]["reason"]), (403, &json!("SERVICE_DISABLED")));
    let (_, operation) =
        cloud.post(&format!("{SERVICES}/artifactregistry.googleapis.com:enable"), &json!({})).await;
    assert_eq!(operation.get("done"), None);
    let (_, done) = cloud.get(&format!("/v1/{}", operation["name"].as_str().unwrap())).await;
    assert_eq!((&done["done"], &done["response"]["service"]["state"]), (&json!(true), &json!("ENABLED")));
    assert_eq!(cloud.get(REPOSITORIES).await, (200, json!({})));
    let (_, again) =
        cloud.post(&format!("{SERVICES}/artifactregistry.googleapis.com:enable"), &json!({})).await;
    assert_eq!((&again["name"], &again["done"]), (&json!("operations/noop.DONE_OPERATION"), &json!(true)));
    assert_eq!(cloud.get("/v1/operations/noop.DONE_OPERATION").await.0, 404);
}

#[tokio::test]
async fn enabled_services_are_listed_by_project_number() {
    let cloud = Cloud::with(&[]).await;
    let number =
        cloud.get("/v1/projects/be-cloud-2526").await.1["projectNumber"].as_str().unwrap().to_owned();
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!(
            "{SERVICES}?filter=state:ENABLED&pageSize=10&pageToken={token}&fields=services/name,nextPageToken"
        );
        let (_, page) = cloud.get(&path).await;
        names.extend(
            page["services"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()),
        );
        match page["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert!(names.contains(&format!("projects/{number}/services/storage.googleapis.com")));
    assert!(names.len() > 10 && names.is_sorted());
    let (_, batch) =
        cloud.get(&format!("{SERVICES}:batchGet?names=projects/{PROJECT}/services/run.googleapis.com")).await;
    assert_eq!(batch["services"][0]["state"], "DISABLED");
}

#[tokio::test]
async fn an_unknown_service_is_403_and_a_batch_is_all_or_nothing() {
    let cloud = Cloud::with(&[]).await;
    let body = json!({ "serviceIds": ["run.googleapis.com", "rnu.googleapis.com"] });
    let (status, answer) = cloud.post(&format!("{SERVICES}:batchEnable"), &body).await;
    assert_eq!(status, 403);
    assert_eq!(message(&answer), "Not found or permission denied for service(s): rnu.googleapis.com.");
    assert_eq!(cloud.get(&format!("{SERVICES}/run.googleapis.com")).await.1["state"], "DISABLED");
    let many: Vec<String> = (0..21).map(|n| format!("s{n}.googleapis.com")).collect();
    assert_eq!(cloud.post(&format!("{SERVICES}:batchEnable"), &json!({ "serviceIds": many })).await.0, 400);
}

#[tokio::test]
async fn disabling_refuses_what_others_need_or_what_is_in_use() {
    let cloud = Cloud::with(&["container", "artifactregistry"]).await;
    let disable = |id: &str| format!("{SERVICES}/{id}.googleapis.com:disable");
    let (status, answer) = cloud.post(&disable("compute"), &json!({})).await;
    assert_eq!((status, reason(&answer)), (400, "FAILED_PRECONDITION"));
    assert!(message(&answer).contains("container.googleapis.com"));
    let path = format!("{REPOSITORIES}?repositoryId=be");
    assert_eq!(cloud.post(&path, &json!({ "format": "DOCKER" })).await.0, 200);
    let check = json!({ "checkIfServiceHasUsage": "CHECK" });
    let (status, answer) = cloud.post(&disable("artifactregistry"), &check).await;
    assert_eq!(
        (status, &answer["error"]["details"][0]["reason"]),
        (400, &json!("COMMON_SU_SERVICE_HAS_USAGE"))
    );
    assert_eq!(cloud.post(&disable("artifactregistry"), &json!({})).await.0, 200);
    assert_eq!(cloud.post(&disable("artifactregistry"), &json!({})).await.0, 400, "not enabled any more");
}

#[tokio::test]
async fn enabling_and_disabling_leaves_the_list_as_it_was() {
    let cloud = Cloud::with(&[]).await;
    let enabled = format!("{SERVICES}?filter=state:ENABLED&pageSize=200");
    let before = cloud.get(&enabled).await.1;
    for action in ["enable", "disable"] {
        assert_eq!(
            cloud.post(&format!("{SERVICES}/container.googleapis.com:{action}"), &json!({})).await.0,
            200
        );
        let same = cloud.get(&enabled).await.1 == before;
        assert_eq!(same, action == "disable");
    }
}

#[tokio::test]
async fn a_repository_is_created_by_operation_and_shows_where_to_push() {
    let cloud = Cloud::with(&["artifactregistry"]).await;
    let body = json!({ "format": "DOCKER", "mode": "MODE_UNSPECIFIED", "labels": { "a": "b" } });
    let (_, operation) = cloud.post(&format!("{REPOSITORIES}?repository_id=be"), &body).await;
    assert_eq!(operation.get("done"), None);
    let (_, done) = cloud.get(&format!("/v1/{}", operation["name"].as_str().unwrap())).await;
    assert_eq!((&done["done"], &done["response"]["mode"]), (&json!(true), &json!("STANDARD_REPOSITORY")));
    let (_, repository) = cloud.get(&format!("{REPOSITORIES}/be")).await;
    assert_eq!(repository["registryUri"], format!("europe-west1-docker.pkg.dev/{PROJECT}/be"));
    assert_eq!(repository["vulnerabilityScanningConfig"]["enablementState"], "SCANNING_DISABLED");
    let (_, list) = cloud.get(REPOSITORIES).await;
    assert_eq!(list["repositories"][0].get("registryUri"), None);
    let (status, answer) = cloud.post(&format!("{REPOSITORIES}?repositoryId=be"), &body).await;
    assert_eq!((status, reason(&answer)), (409, "ALREADY_EXISTS"));
}

#[tokio::test]
async fn a_repository_is_patched_at_once_and_deleted_by_operation() {
    let cloud = Cloud::with(&["artifactregistry"]).await;
    cloud.post(&format!("{REPOSITORIES}?repositoryId=be"), &json!({ "format": "DOCKER" })).await;
    let path = format!("{REPOSITORIES}/be");
    let (_, mut repository) = cloud.get(&path).await;
    repository["description"] = json!("exercises");
    let (status, patched) = cloud.patch(&format!("{path}?updateMask=description"), &repository).await;
    assert_eq!(
        (status, &patched["description"], patched.get("registryUri")),
        (200, &json!("exercises"), None)
    );
    let binding = json!({ "role": "roles/artifactregistry.reader", "members": ["allUsers"] });
    let (status, _) =
        cloud.post(&format!("{path}:setIamPolicy"), &json!({ "policy": { "bindings": [binding] } })).await;
    assert_eq!(status, 200);
    assert_eq!(cloud.get(&format!("{path}:getIamPolicy")).await.1["bindings"][0], binding);
    assert_eq!(cloud.get(&format!("{path}/dockerImages")).await, (200, json!({})));
    assert_eq!(cloud.delete(&path).await.0, 200);
    let (status, answer) = cloud.get(&path).await;
    assert_eq!((status, message(&answer)), (404, "Requested entity was not found."));
    cloud.post(&format!("{REPOSITORIES}?repositoryId=be"), &json!({ "format": "DOCKER" })).await;
    assert_eq!(cloud.get(&format!("{path}:getIamPolicy")).await.1, json!({ "etag": "ACAB" }));
}

#[tokio::test]
async fn what_google_refuses_in_a_repository_is_400() {
    let cloud = Cloud::with(&["artifactregistry"]).await;
    for (id, body) in [
        ("Upper", json!({ "format": "DOCKER" })),
        ("be", json!({})),
        ("be", json!({ "format": "DOCKER", "cleanupPolicies": { "a": { "action": "KEEP" } } })),
        ("be", json!({ "format": "DOCKER", "colour": 1 })),
    ] {
        assert_eq!(
            cloud.post(&format!("{REPOSITORIES}?repositoryId={id}"), &body).await.0,
            400,
            "{id} {body}"
        );
    }
    let elsewhere = "/v1/projects/be-cloud-2526/locations/moon-west1/repositories";
    assert_eq!(cloud.get(elsewhere).await.0, 403);
}
