//! Workload identity pools of the sandbox: names by number, operations, and what a deletion leaves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, PROJECT, message};
use serde_json::{Value, json};

const POOLS: &str = "/v1/projects/be-cloud-2526/locations/global/workloadIdentityPools";
const GITHUB: &str = "/v1/projects/be-cloud-2526/locations/global/workloadIdentityPools/github";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

async fn cloud_with_pool() -> Cloud {
    let cloud = Cloud::with(&["iam"]).await;
    let made =
        cloud.post(&format!("{POOLS}?workloadIdentityPoolId=github"), &json!({"displayName": "x"})).await;
    assert_eq!(made.0, 200, "{}", made.1);
    cloud
}

fn provider(condition: &str) -> Value {
    json!({
        "attributeMapping": { "google.subject": "assertion.sub" },
        "attributeCondition": condition,
        "oidc": { "issuerUri": ISSUER },
    })
}

async fn add(cloud: &Cloud, id: &str, provider: &Value) -> (u16, Value) {
    cloud.post(&format!("{GITHUB}/providers?workloadIdentityPoolProviderId={id}"), provider).await
}

#[tokio::test]
async fn a_pool_is_made_by_an_operation_and_named_by_the_number_of_its_project() {
    let cloud = Cloud::with(&["iam"]).await;
    let number = cloud.get(&format!("/v1/projects/{PROJECT}")).await.1["projectNumber"].clone();
    let (_, operation) = cloud.post(&format!("{POOLS}?workloadIdentityPoolId=github"), &json!({})).await;
    assert!(operation["done"].is_null(), "{operation}");
    let done = cloud.get(&format!("/v1/{}", operation["name"].as_str().unwrap())).await.1;
    let name = format!("projects/{}/locations/global/workloadIdentityPools/github", number.as_str().unwrap());
    assert_eq!((&done["done"], &done["response"]["name"]), (&json!(true), &json!(name)));
    // Either way of naming the project leads to it.
    let (by_number, by_id) = (cloud.get(&format!("/v1/{name}")).await, cloud.get(GITHUB).await);
    assert_eq!((by_number.0, &by_number.1), (200, &by_id.1));
    assert_eq!(by_id.1, json!({ "name": name, "state": "ACTIVE" }));
}

#[tokio::test]
async fn a_deleted_pool_keeps_its_id_and_comes_back() {
    let cloud = cloud_with_pool().await;
    assert_eq!(cloud.delete(GITHUB).await.0, 200);
    let gone = cloud.get(GITHUB).await.1;
    assert_eq!(gone["state"], "DELETED");
    assert!(gone["expireTime"].is_string(), "{gone}");
    assert_eq!(cloud.get(POOLS).await.1, json!({}));
    assert_eq!(
        cloud.get(&format!("{POOLS}?showDeleted=true")).await.1["workloadIdentityPools"][0]["state"],
        "DELETED"
    );
    let again = cloud.post(&format!("{POOLS}?workloadIdentityPoolId=github"), &json!({})).await;
    assert_eq!((again.0, &again.1["error"]["status"]), (409, &json!("ALREADY_EXISTS")));
    let patched = cloud.patch(&format!("{GITHUB}?updateMask=displayName"), &json!({})).await;
    assert_eq!((patched.0, &patched.1["error"]["status"]), (400, &json!("FAILED_PRECONDITION")));
    assert_eq!(cloud.post(&format!("{GITHUB}:undelete"), &json!({})).await.0, 200);
    let back = cloud.get(GITHUB).await.1;
    assert_eq!(
        (&back["state"], &back["displayName"], &back["expireTime"]),
        (&json!("ACTIVE"), &json!("x"), &Value::Null)
    );
    assert_eq!(cloud.post(&format!("{GITHUB}:undelete"), &json!({})).await.0, 400);
}

#[tokio::test]
async fn a_patch_writes_what_its_mask_names_and_nothing_else() {
    let cloud = cloud_with_pool().await;
    assert_eq!(add(&cloud, "actions", &provider("assertion.repository == 'a/b'")).await.0, 200);
    let place = format!("{GITHUB}/providers/actions");
    let body = json!({ "displayName": "Actions", "attributeCondition": "" });
    assert_eq!(cloud.patch(&format!("{place}?updateMask=displayName"), &body).await.0, 200);
    let live = cloud.get(&place).await.1;
    assert_eq!(live["displayName"], "Actions");
    assert_eq!(live["attributeCondition"], "assertion.repository == 'a/b'");
    let odd = cloud.patch(&format!("{place}?updateMask=state"), &json!({})).await;
    assert_eq!(odd.0, 400, "{}", odd.1);
}

#[tokio::test]
async fn a_provider_must_say_whom_it_lets_in() {
    let cloud = cloud_with_pool().await;
    let open = add(&cloud, "actions", &provider("")).await;
    assert_eq!(open.0, 400);
    assert_eq!(message(&open.1), "The attribute condition must reference one of the provider's claims.");
    let mut nameless = provider("assertion.repository == 'a/b'");
    nameless["attributeMapping"] = json!({ "attribute.ref": "assertion.ref" });
    assert_eq!(add(&cloud, "actions", &nameless).await.0, 400);
    for id in ["abc", "gcp-ci", "UPPER"] {
        assert_eq!(add(&cloud, id, &provider("assertion.repository == 'a/b'")).await.0, 400, "{id}");
    }
    let nowhere = format!("{POOLS}/other/providers?workloadIdentityPoolProviderId=actions");
    assert_eq!(cloud.post(&nowhere, &provider("assertion.repository == 'a/b'")).await.0, 404);
}
