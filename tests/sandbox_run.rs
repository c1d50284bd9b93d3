//! Cloud Run of the sandbox as its clients see it: operations, revisions, defaults, policies, refusals.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, PROJECT};
use serde_json::{Value, json};

const SERVICES: &str = "/v2/projects/be-cloud-2526/locations/europe-west1/services";

fn app() -> Value {
    json!({ "template": { "containers": [{ "image": "nginx:1" }] }, "labels": { "course": "be" } })
}

/// The end of the operation that an answer names.
async fn done(cloud: &Cloud, (status, operation): (u16, Value)) -> Value {
    assert_eq!(status, 200, "{operation}");
    assert_eq!(operation.get("done"), None);
    let name = operation["name"].as_str().unwrap();
    cloud.post(&format!("/v2/{name}:wait"), &json!({ "timeout": "60s" })).await.1
}

async fn made(cloud: &Cloud, id: &str, body: &Value) -> Value {
    let answer = cloud.post(&format!("{SERVICES}?serviceId={id}"), body).await;
    done(cloud, answer).await
}

fn message(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_service_is_made_by_an_operation_whose_metadata_is_the_service() {
    let cloud = Cloud::with(&["run"]).await;
    let answer = cloud.post(&format!("{SERVICES}?serviceId=api"), &app()).await;
    assert_eq!(answer.1["metadata"]["reconciling"], true);
    assert_eq!(answer.1["metadata"]["terminalCondition"]["state"], "CONDITION_PENDING");
    let ended = done(&cloud, answer).await;
    assert_eq!(ended["response"]["terminalCondition"]["state"], "CONDITION_SUCCEEDED");
    let (_, service) = cloud.get(&format!("{SERVICES}/api")).await;
    assert_eq!(service["name"], format!("projects/{PROJECT}/locations/europe-west1/services/api"));
    assert_eq!(service.get("reconciling"), None);
    assert!(service["uri"].as_str().unwrap().starts_with("https://api-"));
    let (status, answer) = cloud.post(&format!("{SERVICES}?serviceId=api"), &app()).await;
    assert_eq!((status, answer["error"]["status"].as_str()), (409, Some("ALREADY_EXISTS")));
}

#[tokio::test]
async fn what_nobody_says_is_filled_in() {
    let cloud = Cloud::with(&["run"]).await;
    let service = made(&cloud, "api", &app()).await["response"].clone();
    let template = &service["template"];
    let container = &template["containers"][0];
    assert_eq!(
        container["resources"],
        json!({"cpuIdle": true, "limits": {"cpu": "1000m", "memory": "512Mi"}})
    );
    assert_eq!(container["ports"], json!([{"containerPort": 8080, "name": "http1"}]));
    assert_eq!(
        (&template["timeout"], &template["maxInstanceRequestConcurrency"]),
        (&json!("300s"), &json!(80))
    );
    assert!(template["serviceAccount"].as_str().unwrap().ends_with("-compute@developer.gserviceaccount.com"));
    assert_eq!((&service["ingress"], &service["launchStage"]), (&json!("INGRESS_TRAFFIC_ALL"), &json!("GA")));
    assert_eq!(service["traffic"][0]["percent"], 100);
}

#[tokio::test]
async fn another_template_is_another_revision_and_a_label_is_none() {
    let cloud = Cloud::with(&["run"]).await;
    let path = format!("{SERVICES}/api");
    let first = made(&cloud, "api", &app()).await["response"].clone();
    let labels = json!({ "labels": { "course": "other" } });
    done(&cloud, cloud.patch(&format!("{path}?updateMask=labels"), &labels).await).await;
    let (_, relabelled) = cloud.get(&path).await;
    assert_eq!(relabelled["latestCreatedRevision"], first["latestCreatedRevision"]);
    assert_eq!((&relabelled["generation"], &relabelled["labels"]["course"]), (&json!("2"), &json!("other")));
    let mut body = relabelled.clone();
    body["template"]["containers"][0]["env"] = json!([{ "name": "A", "value": "b" }]);
    done(&cloud, cloud.patch(&format!("{path}?updateMask=template"), &body).await).await;
    let (_, changed) = cloud.get(&path).await;
    assert!(changed["latestReadyRevision"].as_str().unwrap().contains("/api-00002-"), "{changed}");
    done(&cloud, cloud.patch(&format!("{path}?updateMask=template&forceNewRevision=true"), &changed).await)
        .await;
    assert!(cloud.get(&path).await.1["latestReadyRevision"].as_str().unwrap().contains("/api-00003-"));
}

#[tokio::test]
async fn an_etag_that_is_no_longer_the_live_one_is_aborted() {
    let cloud = Cloud::with(&["run"]).await;
    let path = format!("{SERVICES}/api");
    let first = made(&cloud, "api", &app()).await["response"].clone();
    let body = json!({ "labels": {}, "etag": first["etag"] });
    done(&cloud, cloud.patch(&format!("{path}?updateMask=labels"), &body).await).await;
    let (status, answer) = cloud.patch(&format!("{path}?updateMask=labels"), &body).await;
    assert_eq!((status, answer["error"]["status"].as_str()), (409, Some("ABORTED")));
}

#[tokio::test]
async fn a_revision_that_cannot_start_ends_its_operation_in_an_error_and_the_service_stays() {
    let cloud = Cloud::with(&["run", "artifactregistry"]).await;
    let image = "europe-west1-docker.pkg.dev/be-cloud-2526/be/app:1";
    let body = json!({ "template": { "containers": [{ "image": image }] } });
    let ended = made(&cloud, "api", &body).await;
    assert!(
        message(&ended).ends_with(&format!("cannot serve traffic. Image '{image}' not found.")),
        "{ended}"
    );
    let (_, service) = cloud.get(&format!("{SERVICES}/api")).await;
    assert_eq!(service["terminalCondition"]["state"], "CONDITION_FAILED");
    assert_eq!((service.get("uri"), service.get("latestReadyRevision")), (None, None));
    let repositories = "/v1/projects/be-cloud-2526/locations/europe-west1/repositories?repositoryId=be";
    assert_eq!(cloud.post(repositories, &json!({ "format": "DOCKER" })).await.0, 200);
    let again = format!("{SERVICES}/api?updateMask=template&forceNewRevision=true");
    let ended = done(&cloud, cloud.patch(&again, &body).await).await;
    assert_eq!(ended["response"]["terminalCondition"]["state"], "CONDITION_SUCCEEDED");
}

#[tokio::test]
async fn a_probe_of_another_port_than_the_containers_fails() {
    let cloud = Cloud::with(&["run"]).await;
    let mut service = made(&cloud, "api", &app()).await["response"].clone();
    service["template"]["containers"][0]["ports"] = json!([{ "containerPort": 5000 }]);
    let patched = cloud.patch(&format!("{SERVICES}/api?updateMask=template"), &service).await;
    let ended = done(&cloud, patched).await;
    assert!(message(&ended).contains("startup probe"), "{ended}");
    assert_eq!(ended["error"]["code"], 9);
}

#[tokio::test]
async fn services_are_listed_by_region_and_in_v1_over_all_of_them() {
    let cloud = Cloud::with(&["run"]).await;
    made(&cloud, "api", &app()).await;
    let other = SERVICES.replace("europe-west1", "us-central1");
    assert_eq!(cloud.post(&format!("{other}?serviceId=web"), &app()).await.0, 200);
    let (_, list) = cloud.get(&format!("{SERVICES}?pageSize=10")).await;
    assert_eq!(list["services"].as_array().unwrap().len(), 1);
    assert_eq!(cloud.get(&SERVICES.replace("europe-west1", "-")).await.0, 400);
    assert_eq!(cloud.get(&SERVICES.replace("europe-west1", "mars-north1")).await.0, 403);
    let (_, all) = cloud.get(&format!("/v1/projects/{PROJECT}/locations/-/services")).await;
    let found = |item: &Value| {
        let labels = &item["metadata"]["labels"];
        format!("{} {}", item["metadata"]["name"], labels["cloud.googleapis.com/location"])
    };
    let found: Vec<String> = all["items"].as_array().unwrap().iter().map(found).collect();
    assert_eq!(found, [r#""api" "europe-west1""#, r#""web" "us-central1""#]);
}

#[tokio::test]
async fn a_service_has_a_policy_that_goes_with_it() {
    let cloud = Cloud::with(&["run"]).await;
    made(&cloud, "api", &app()).await;
    let path = format!("{SERVICES}/api");
    let binding = json!({ "role": "roles/run.invoker", "members": ["allUsers"] });
    let policy = json!({ "policy": { "bindings": [binding] } });
    assert_eq!(cloud.post(&format!("{path}:setIamPolicy"), &policy).await.0, 200);
    assert_eq!(cloud.get(&format!("{path}:getIamPolicy")).await.1["bindings"][0], binding);
    let asked = json!({ "permissions": ["run.routes.invoke"] });
    assert_eq!(cloud.post(&format!("{path}:testIamPermissions"), &asked).await, (200, asked));
    let ended = done(&cloud, cloud.delete(&path).await).await;
    assert!(ended["response"]["deleteTime"].is_string());
    let (status, answer) = cloud.get(&path).await;
    assert_eq!((status, message(&answer)), (404, &*format!("service \"{}\" not found", &path[4..])));
    made(&cloud, "api", &app()).await;
    assert_eq!(cloud.get(&format!("{path}:getIamPolicy")).await.1, json!({ "etag": "ACAB" }));
}

#[tokio::test]
async fn what_cloud_run_refuses_is_400_and_an_account_that_is_not_there_403() {
    let cloud = Cloud::with(&["run", "iam"]).await;
    let with = |pointer: &str, value: Value| {
        let mut body = app();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[key] = value;
        body
    };
    let container = |key: &str, value: Value| with(&format!("/template/containers/0/{key}"), value);
    let missing = format!("nobody@{PROJECT}.iam.gserviceaccount.com");
    for (id, body, code) in [
        ("Upper", app(), 400),
        ("a-name-that-is-far-too-long-for-a-service-of-cloud-run", app(), 400),
        ("api", json!({}), 400),
        ("api", container("image", json!("")), 400),
        ("api", container("env", json!([{ "name": "PORT", "value": "1" }])), 400),
        ("api", container("resources", json!({ "limits": { "cpu": "3" } })), 400),
        ("api", container("resources", json!({ "limits": { "memory": "64Mi" } })), 400),
        ("api", with("/template/maxInstanceRequestConcurrency", json!(2000)), 400),
        ("api", with("/template/timeout", json!("4000s")), 400),
        ("api", with("/template/serviceAccount", json!(missing)), 403),
    ] {
        let path = format!("{SERVICES}?serviceId={id}&validateOnly=true");
        let (status, answer) = cloud.post(&path, &body).await;
        assert_eq!(status, code, "{id} {body}: {answer}");
    }
    let reserved = json!({ "labels": { "run.googleapis.com/x": "1" }, "template": app()["template"] });
    assert_eq!(cloud.post(&format!("{SERVICES}?serviceId=api"), &reserved).await.0, 400);
    assert_eq!(cloud.get(&format!("{SERVICES}/api")).await.0, 404, "what is only checked is not made");
}
