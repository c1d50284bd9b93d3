//! The sandbox's Secret Manager over HTTP.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, message, reason};
use serde_json::{Value, json};

const SECRETS: &str = "/v1/projects/be-cloud-2526/secrets";

async fn cloud() -> Cloud {
    Cloud::with(&["secretmanager"]).await
}

async fn create(cloud: &Cloud, id: &str) -> Value {
    let body = json!({"replication": {"automatic": {}}, "labels": {"env": "x"}});
    let (status, secret) = cloud.post(&format!("{SECRETS}?secretId={id}"), &body).await;
    assert_eq!(status, 200, "{secret}");
    secret
}

async fn number(cloud: &Cloud) -> String {
    cloud.get("/v1/projects/be-cloud-2526").await.1["projectNumber"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn secrets_are_made_found_listed_changed_and_deleted() {
    let cloud = cloud().await;
    let secret = create(&cloud, "db").await;
    assert_eq!(secret["name"], format!("projects/{}/secrets/db", number(&cloud).await));
    assert_eq!(cloud.get(&format!("{SECRETS}/db")).await, (200, secret.clone()));
    assert_eq!(cloud.get(SECRETS).await, (200, json!({"secrets": [secret], "totalSize": 1})));
    let labels = json!({"labels": {"env": "y"}, "etag": secret["etag"]});
    let (_, changed) = cloud.patch(&format!("{SECRETS}/db?updateMask=labels"), &labels).await;
    assert_eq!(changed["labels"], json!({"env": "y"}));
    let (status, stale) = cloud.patch(&format!("{SECRETS}/db?updateMask=labels"), &labels).await;
    assert_eq!((status, reason(&stale)), (400, "FAILED_PRECONDITION"));
    assert_eq!(cloud.post(&format!("{SECRETS}?secretId=db"), &json!({"replication": {}})).await.0, 409);
    assert_eq!(cloud.post(&format!("{SECRETS}?secretId=a.b"), &json!({"replication": {}})).await.0, 400);
    assert_eq!(cloud.post(&format!("{SECRETS}?secretId=ab"), &json!({})).await.0, 400);
    assert_eq!(cloud.delete(&format!("{SECRETS}/db")).await.0, 200);
    let (status, gone) = cloud.get(&format!("{SECRETS}/db")).await;
    assert_eq!((status, reason(&gone)), (404, "NOT_FOUND"));
    assert_eq!(cloud.get(SECRETS).await, (200, json!({})));
}

#[tokio::test]
async fn only_access_answers_what_a_version_holds() {
    let cloud = cloud().await;
    create(&cloud, "db").await;
    let (status, none) = cloud.get(&format!("{SECRETS}/db/versions/latest:access")).await;
    assert_eq!((status, reason(&none)), (404, "NOT_FOUND"));
    assert!(message(&none).ends_with("/secrets/db] not found or has no versions."), "{none}");
    for data in ["b25l", "dHdv"] {
        let body = json!({"payload": {"data": data}});
        let (_, version) = cloud.post(&format!("{SECRETS}/db:addVersion"), &body).await;
        assert_eq!((&version["state"], version.get("payload")), (&json!("ENABLED"), None));
    }
    let (_, all) = cloud.get(&format!("{SECRETS}/db/versions")).await;
    assert_eq!(all["totalSize"], 2);
    assert!(
        all["versions"][0]["name"].as_str().unwrap().ends_with("/versions/2")
            && !all.to_string().contains("dHdv")
    );
    for (version, data) in [("latest", "dHdv"), ("1", "b25l")] {
        let (_, read) = cloud.get(&format!("{SECRETS}/db/versions/{version}:access")).await;
        assert_eq!(read["payload"]["data"], data);
    }
    assert_eq!(cloud.get(&format!("{SECRETS}/db/versions/3:access")).await.0, 404);
    assert_eq!(cloud.get(&format!("{SECRETS}/other/versions/latest")).await.0, 404);
}

#[tokio::test]
async fn a_version_that_is_closed_is_not_read_and_one_that_is_destroyed_never_again() {
    let cloud = cloud().await;
    create(&cloud, "db").await;
    cloud.post(&format!("{SECRETS}/db:addVersion"), &json!({"payload": {"data": "b25l"}})).await;
    let version = format!("{SECRETS}/db/versions/1");
    cloud.post(&format!("{version}:disable"), &json!({})).await;
    let (status, closed) = cloud.get(&format!("{version}:access")).await;
    assert_eq!((status, reason(&closed)), (400, "FAILED_PRECONDITION"));
    cloud.post(&format!("{version}:enable"), &json!({})).await;
    assert_eq!(cloud.get(&format!("{version}:access")).await.0, 200);
    cloud.post(&format!("{version}:destroy"), &json!({})).await;
    assert_eq!(cloud.post(&format!("{version}:enable"), &json!({})).await.0, 400);
    assert_eq!(cloud.get(&version).await.1["state"], "DESTROYED");
}

#[tokio::test]
async fn a_secret_has_a_policy_that_goes_with_it() {
    let cloud = cloud().await;
    create(&cloud, "db").await;
    let path = format!("{SECRETS}/db");
    let (_, policy) = cloud.get(&format!("{path}:getIamPolicy?options.requestedPolicyVersion=3")).await;
    assert_eq!(policy, json!({"etag": "ACAB"}));
    let granted = json!([{"role": "roles/secretmanager.secretAccessor", "members": ["user:ann@x.edu"]}]);
    let body = json!({"policy": {"etag": "ACAB", "bindings": granted}});
    let (_, written) = cloud.post(&format!("{path}:setIamPolicy"), &body).await;
    assert_eq!(written["bindings"], granted);
    assert_eq!(cloud.post(&format!("{path}:setIamPolicy"), &body).await.0, 409);
    cloud.delete(&path).await;
    assert_eq!(cloud.get(&format!("{path}:getIamPolicy")).await.0, 404);
    create(&cloud, "db").await;
    assert_eq!(cloud.get(&format!("{path}:getIamPolicy")).await.1, json!({"etag": "ACAB"}));
}

#[tokio::test]
async fn its_api_is_off_until_it_is_enabled() {
    let cloud = Cloud::with(&[]).await;
    let (status, answer) = cloud.get(SECRETS).await;
    assert_eq!((status, &answer["error"]["details"][0]["reason"]), (403, &json!("SERVICE_DISABLED")));
}
