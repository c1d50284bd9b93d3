//! The sandbox's IAM policies and service accounts over HTTP.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, PROJECT, message, reason};
use serde_json::{Value, json};

const READ: &str = "/v1/projects/be-cloud-2526:getIamPolicy";
const WRITE: &str = "/v1/projects/be-cloud-2526:setIamPolicy";
const ACCOUNTS: &str = "/v1/projects/be-cloud-2526/serviceAccounts";

async fn policy(cloud: &Cloud) -> Value {
    let (status, policy) = cloud.post(READ, &json!({ "options": { "requestedPolicyVersion": 3 } })).await;
    assert_eq!(status, 200, "{policy}");
    policy
}

fn with(mut policy: Value, binding: Value) -> Value {
    policy["version"] = json!(3);
    policy["bindings"].as_array_mut().unwrap().push(binding);
    json!({ "policy": policy })
}

fn members(policy: &Value, role: &str) -> Vec<String> {
    let bindings = policy["bindings"].as_array().unwrap();
    let of_role = bindings.iter().filter(|binding| binding["role"] == role);
    of_role.flat_map(|b| b["members"].as_array().unwrap()).map(|m| m.as_str().unwrap().to_owned()).collect()
}

async fn account(cloud: &Cloud) -> (String, String) {
    let (status, account) = cloud.post(ACCOUNTS, &json!({ "accountId": "ci-robot" })).await;
    assert_eq!(status, 200, "{account}");
    (account["email"].as_str().unwrap().to_owned(), account["uniqueId"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_policy_write_with_an_old_etag_is_409_aborted() {
    let cloud = Cloud::with(&[]).await;
    let before = policy(&cloud).await;
    let change = with(before.clone(), json!({ "role": "roles/viewer", "members": ["user:ada@example.edu"] }));
    let (status, written) = cloud.post(WRITE, &change).await;
    assert_eq!((status, &written["version"]), (200, &json!(1)));
    assert_ne!(written["etag"], before["etag"]);
    let (status, answer) = cloud.post(WRITE, &change).await;
    assert_eq!((status, reason(&answer)), (409, "ABORTED"));
    assert!(message(&answer).starts_with("There were concurrent policy changes."));
}

#[tokio::test]
async fn duplicate_bindings_merge_and_empty_ones_go() {
    let cloud = Cloud::with(&[]).await;
    let mut change =
        with(policy(&cloud).await, json!({ "role": "roles/browser", "members": ["user:B@Example.edu"] }));
    let bindings = change["policy"]["bindings"].as_array_mut().unwrap();
    bindings
        .push(json!({ "role": "roles/browser", "members": ["user:a@example.edu", "user:b@example.edu"] }));
    bindings.push(json!({ "role": "roles/viewer", "members": [] }));
    let (_, written) = cloud.post(WRITE, &change).await;
    assert_eq!(members(&written, "roles/browser"), ["user:a@example.edu", "user:b@example.edu"]);
    assert!(written["bindings"].as_array().unwrap().iter().all(|binding| binding["role"] != "roles/viewer"));
}

#[tokio::test]
async fn a_condition_makes_the_policy_version_three() {
    let cloud = Cloud::with(&[]).await;
    let condition =
        json!({ "title": "until", "expression": "request.time < timestamp(\"2027-01-01T00:00:00Z\")" });
    let role = "roles/compute.viewer";
    let binding = json!({ "role": role, "members": ["user:ada@example.edu"], "condition": condition });
    let (_, written) = cloud.post(WRITE, &with(policy(&cloud).await, binding)).await;
    assert_eq!(written["version"], 3);
    assert_eq!(policy(&cloud).await["version"], 3);
    let (_, blind) = cloud.post(READ, &json!({})).await;
    assert_eq!((&blind["version"], members(&blind, role).len()), (&json!(1), 0));
    let mangled = blind["bindings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|binding| binding["role"].as_str().unwrap().starts_with("roles/compute.viewer_withcond_"));
    assert_eq!(mangled.unwrap().get("condition"), None);
    let (status, _) = cloud.post(WRITE, &json!({ "policy": blind })).await;
    assert_eq!(status, 400, "a mangled policy must not come back");
}

#[tokio::test]
async fn what_google_refuses_in_a_project_policy_is_400() {
    let cloud = Cloud::with(&["iam"]).await;
    let condition = json!({ "title": "t", "expression": "true" });
    let binding = |role: &str, member: &str| json!({ "role": role, "members": [member] });
    for (binding, part) in [
        (binding("roles/viewer", "allUsers"), "allUsers"),
        (binding("roles/viewer", "ada@example.edu"), "must be of the form"),
        (binding("roles/viewer", "person:ada@example.edu"), "unknown type"),
        (binding("roles/viewer", "projectViewer:be-cloud-2526"), "unknown type"),
        (binding("roles/owner", "user:new@example.edu"), "invalid argument"),
        (binding("viewer", "user:ada@example.edu"), "not supported"),
        (binding("roles/viewer", "deleted:user:ada@example.edu?uid=1"), "deleted"),
        (
            binding("roles/viewer", "serviceAccount:nobody@be-cloud-2526.iam.gserviceaccount.com"),
            "Service account nobody@be-cloud-2526.iam.gserviceaccount.com does not exist.",
        ),
        (
            json!({ "role": "roles/viewer", "members": ["user:ada@example.edu"], "condition": condition }),
            "basic role",
        ),
    ] {
        let (status, answer) = cloud.post(WRITE, &with(policy(&cloud).await, binding.clone())).await;
        assert_eq!((status, message(&answer).contains(part)), (400, true), "{binding} -> {answer}");
    }
    let stranger = binding("roles/viewer", "serviceAccount:ci@another-project.iam.gserviceaccount.com");
    assert_eq!(cloud.post(WRITE, &with(policy(&cloud).await, stranger)).await.0, 200);
}

#[tokio::test]
async fn audit_configs_change_only_when_the_mask_names_them() {
    let cloud = Cloud::with(&[]).await;
    let audit = json!([{ "service": "allServices", "auditLogConfigs": [{ "logType": "DATA_READ" }] }]);
    let mut body = json!({ "policy": policy(&cloud).await, "updateMask": "bindings,etag,auditConfigs" });
    body["policy"]["auditConfigs"] = audit.clone();
    let (status, written) = cloud.post(WRITE, &body).await;
    assert_eq!((status, &written["auditConfigs"]), (200, &audit));
    let (_, written) = cloud
        .post(WRITE, &json!({ "policy": { "bindings": written["bindings"], "etag": written["etag"] } }))
        .await;
    assert_eq!(written["auditConfigs"], audit);
}

#[tokio::test]
async fn service_agents_survive_a_write_of_the_rest() {
    let cloud = Cloud::with(&[]).await;
    let before = policy(&cloud).await;
    let binding = json!({ "role": "roles/browser", "members": ["user:ada@example.edu"] });
    let (_, written) = cloud.post(WRITE, &with(before.clone(), binding)).await;
    assert_eq!(
        members(&written, "roles/compute.serviceAgent"),
        members(&before, "roles/compute.serviceAgent")
    );
    assert_eq!(members(&written, "roles/owner"), ["user:owner@example.edu"]);
}

#[tokio::test]
async fn an_account_is_found_by_email_and_by_unique_id() {
    let cloud = Cloud::with(&["iam"]).await;
    let (email, unique_id) = account(&cloud).await;
    let (_, by_email) = cloud.get(&format!("{ACCOUNTS}/{email}")).await;
    assert_eq!(cloud.get(&format!("{ACCOUNTS}/{unique_id}")).await.1, by_email);
    assert_eq!(cloud.get(&format!("/v1/projects/-/serviceAccounts/{email}")).await.1, by_email);
    assert_eq!(
        by_email,
        json!({
            "name": format!("projects/{PROJECT}/serviceAccounts/{email}"), "projectId": PROJECT,
            "uniqueId": unique_id, "email": email, "etag": "MDEwMjE5MjA=", "oauth2ClientId": unique_id,
        })
    );
    assert_eq!(
        cloud.get("/v1/projects/-/serviceAccounts/none@be-cloud-2526.iam.gserviceaccount.com").await.0,
        403
    );
}

#[tokio::test]
async fn an_account_id_is_taken_once_and_follows_the_rule() {
    let cloud = Cloud::with(&["iam"]).await;
    account(&cloud).await;
    let (status, answer) =
        cloud.post(ACCOUNTS, &json!({ "accountId": "ci-robot", "serviceAccount": {} })).await;
    assert_eq!((status, reason(&answer)), (409, "alreadyExists"));
    assert_eq!(
        message(&answer),
        format!("Service account ci-robot already exists within project projects/{PROJECT}.")
    );
    for id in ["short", "Upper-case", "ends-with-", "9-starts", &"x".repeat(31)] {
        assert_eq!(cloud.post(ACCOUNTS, &json!({ "accountId": id })).await.0, 400, "{id}");
    }
}

#[tokio::test]
async fn a_patch_answers_only_what_the_mask_names() {
    let cloud = Cloud::with(&["iam"]).await;
    let (email, _) = account(&cloud).await;
    let path = format!("{ACCOUNTS}/{email}");
    let body =
        json!({ "serviceAccount": { "description": "d", "displayName": "n" }, "updateMask": "description" });
    let (_, answer) = cloud.patch(&path, &body).await;
    assert_eq!(
        answer,
        json!({ "name": format!("projects/{PROJECT}/serviceAccounts/{email}"), "description": "d" })
    );
    assert_eq!(cloud.get(&path).await.1.get("displayName"), None);
    let (status, _) = cloud.patch(&path, &json!({ "serviceAccount": {}, "updateMask": "email" })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_disabled_account_says_so_until_enabled() {
    let cloud = Cloud::with(&["iam"]).await;
    let (email, _) = account(&cloud).await;
    let path = format!("{ACCOUNTS}/{email}");
    assert_eq!(cloud.post(&format!("{path}:disable"), &json!({})).await, (200, json!({})));
    assert_eq!(cloud.get(&path).await.1["disabled"], true);
    assert_eq!(cloud.post(&format!("{path}:enable"), &json!({})).await, (200, json!({})));
    assert_eq!(cloud.get(&path).await.1.get("disabled"), None);
}

#[tokio::test]
async fn deleted_and_unknown_accounts_have_different_texts() {
    let cloud = Cloud::with(&["iam"]).await;
    let (email, unique_id) = account(&cloud).await;
    let path = format!("{ACCOUNTS}/{email}");
    assert_eq!(cloud.delete(&path).await, (200, json!({})));
    let (status, answer) = cloud.get(&path).await;
    assert_eq!((status, message(&answer)), (404, format!("Account deleted: {unique_id}").as_str()));
    let (status, answer) =
        cloud.get(&format!("{ACCOUNTS}/never@be-cloud-2526.iam.gserviceaccount.com")).await;
    assert_eq!((status, message(&answer)), (404, "Unknown service account"));
}

#[tokio::test]
async fn a_deleted_account_stays_in_policies_as_a_tombstone() {
    let cloud = Cloud::with(&["iam"]).await;
    let (email, unique_id) = account(&cloud).await;
    let member = format!("serviceAccount:{email}");
    let tomb = format!("deleted:serviceAccount:{email}?uid={unique_id}");
    let role = "roles/browser";
    cloud.post(WRITE, &with(policy(&cloud).await, json!({ "role": role, "members": [member] }))).await;
    cloud.delete(&format!("{ACCOUNTS}/{email}")).await;
    assert_eq!(members(&policy(&cloud).await, role), std::slice::from_ref(&tomb));
    let (status, _) = cloud.post(WRITE, &json!({ "policy": policy(&cloud).await })).await;
    assert_eq!(status, 200, "a tombstone may stay");
    assert_ne!(account(&cloud).await.1, unique_id);
    assert_eq!(members(&policy(&cloud).await, role), [tomb], "the namesake inherits nothing");
}

#[tokio::test]
async fn an_undeleted_account_has_its_bindings_back() {
    let cloud = Cloud::with(&["iam"]).await;
    let (email, unique_id) = account(&cloud).await;
    let member = format!("serviceAccount:{email}");
    cloud
        .post(WRITE, &with(policy(&cloud).await, json!({ "role": "roles/browser", "members": [member] })))
        .await;
    cloud.delete(&format!("{ACCOUNTS}/{email}")).await;
    let (status, answer) = cloud.post(&format!("{ACCOUNTS}/{unique_id}:undelete"), &json!({})).await;
    assert_eq!((status, &answer["restoredAccount"]["email"]), (200, &json!(email)));
    assert_eq!(members(&policy(&cloud).await, "roles/browser"), [member]);
}

#[tokio::test]
async fn an_account_has_a_policy_and_keys_of_its_own() {
    let cloud = Cloud::with(&["iam"]).await;
    let (email, _) = account(&cloud).await;
    let path = format!("{ACCOUNTS}/{email}");
    let (_, empty) =
        cloud.post(&format!("{path}:getIamPolicy?options.requestedPolicyVersion=3"), &Value::Null).await;
    assert_eq!(empty, json!({ "etag": "ACAB" }));
    let binding = json!({ "role": "roles/iam.serviceAccountUser", "members": ["user:ada@example.edu"] });
    let (status, written) =
        cloud.post(&format!("{path}:setIamPolicy"), &json!({ "policy": { "bindings": [binding] } })).await;
    assert_eq!((status, &written["bindings"][0]), (200, &binding));
    let (_, key) = cloud.post(&format!("{path}/keys"), &json!({})).await;
    assert!(key["privateKeyData"].is_string());
    let (_, list) = cloud.get(&format!("{path}/keys?keyTypes=USER_MANAGED")).await;
    assert_eq!((&list["keys"][0]["name"], list["keys"][0].get("privateKeyData")), (&key["name"], None));
    assert_eq!(cloud.delete(&format!("/v1/{}", key["name"].as_str().unwrap())).await, (200, json!({})));
    assert_eq!(cloud.get(&format!("{path}/keys")).await.1, json!({}));
}
