//! Somebody else in the sandbox: what is written between read and write is a conflict, and stays.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use reqwest::Method;
use rest::{BUCKET, Cloud, PROJECT, ZONE, buckets, raw, reason, vm};
use serde_json::{Value, json};

const ACCOUNTS: &str = "/v1/projects/be-cloud-2526/serviceAccounts";

async fn cloud(faults: &str) -> Cloud {
    Cloud::troubled(&["compute", "iam", "artifactregistry"], faults).await
}

fn bucket() -> Value {
    json!({ "name": "box-of-things" })
}

/// Reads by GET or, where the service wants it so, by POST.
async fn policy(cloud: &Cloud, path: &str) -> Value {
    let is_read_by_post = path.starts_with("/v1/projects") && !path.contains("repositories");
    let answer = if is_read_by_post { cloud.post(path, &Value::Null).await } else { cloud.get(path).await };
    assert_eq!(answer.0, 200, "{path} {}", answer.1);
    answer.1
}

#[tokio::test]
async fn a_policy_written_in_between_is_a_conflict_and_keeps_what_was_written() {
    let cloud = cloud("faults: [{ method: '*.setIamPolicy', times: 1, each: true, foreignWrite: { role: roles/browser, member: 'user:x@example.edu' } }]").await;
    let repositories = format!("/v1/projects/{PROJECT}/locations/europe-west1/repositories");
    cloud.post(&format!("{repositories}?repositoryId=docker"), &json!({ "format": "DOCKER" })).await;
    cloud.post(ACCOUNTS, &json!({ "accountId": "ci-robot" })).await;
    cloud.post(&buckets(), &bucket()).await;
    cloud.post(&format!("{ZONE}/instances"), &vm("one")).await;
    let account = format!("{ACCOUNTS}/ci-robot@{PROJECT}.iam.gserviceaccount.com");
    for (read, write, conflict) in [
        (
            format!("/v1/projects/{PROJECT}:getIamPolicy"),
            format!("/v1/projects/{PROJECT}:setIamPolicy"),
            (409, "aborted"),
        ),
        (format!("{account}:getIamPolicy"), format!("{account}:setIamPolicy"), (409, "aborted")),
        (
            format!("{repositories}/docker:getIamPolicy"),
            format!("{repositories}/docker:setIamPolicy"),
            (409, "aborted"),
        ),
        (
            format!("{ZONE}/instances/one/getIamPolicy"),
            format!("{ZONE}/instances/one/setIamPolicy"),
            (409, "aborted"),
        ),
        (format!("{BUCKET}/iam"), format!("{BUCKET}/iam"), (412, "conditionNotMet")),
    ] {
        let before = policy(&cloud, &read).await;
        let put = async |policy: &Value| match conflict.0 {
            412 => cloud.put(&write, policy).await,
            _ => cloud.post(&write, &json!({ "policy": policy })).await,
        };
        let (status, body) = put(&before).await;
        assert_eq!(
            (status, reason(&body).to_lowercase().as_str()),
            (conflict.0, conflict.1.to_lowercase().as_str()),
            "{write} {body}"
        );
        let after = policy(&cloud, &read).await;
        let added = json!({ "role": "roles/browser", "members": ["user:x@example.edu"] });
        assert!(after["bindings"].as_array().unwrap().contains(&added), "{write} {after}");
        assert_ne!(after["etag"], before["etag"]);
        assert_eq!(put(&after).await.0, 200, "{write}");
    }
    assert_eq!(cloud.strikes(), [5]);
}

#[tokio::test]
async fn a_foreign_binding_is_a_service_agents_unless_said_otherwise() {
    let cloud =
        cloud("faults: [{ method: cloudresourcemanager.*.setIamPolicy, times: 1, foreignWrite: {} }]").await;
    let path = format!("/v3/projects/{PROJECT}");
    let before = cloud.post(&format!("{path}:getIamPolicy"), &json!({})).await.1;
    assert_eq!(cloud.post(&format!("{path}:setIamPolicy"), &json!({ "policy": before })).await.0, 409);
    let after = cloud.post(&format!("{path}:getIamPolicy"), &json!({})).await.1;
    let bindings = after["bindings"].as_array().unwrap();
    let added = bindings.iter().find(|binding| binding["role"] == "roles/cloudbuild.serviceAgent").unwrap();
    let member = added["members"][0].as_str().unwrap();
    assert!(
        member.starts_with("serviceAccount:service-")
            && member.ends_with("@gcp-sa-cloudbuild.iam.gserviceaccount.com"),
        "{member}"
    );
}

#[tokio::test]
async fn a_fingerprint_is_stale_when_somebody_wrote_in_between() {
    let cloud =
        cloud("faults: [{ method: 'compute.instances.set*', times: 1, each: true, foreignWrite: {} }]").await;
    cloud.post(&format!("{ZONE}/instances"), &vm("one")).await;
    let path = format!("{ZONE}/instances/one");
    let before = cloud.get(&path).await.1;
    for (action, body) in [
        (
            "setMetadata",
            json!({ "fingerprint": before["metadata"]["fingerprint"], "items": [{ "key": "a", "value": "b" }] }),
        ),
        ("setLabels", json!({ "labelFingerprint": before["labelFingerprint"], "labels": { "a": "b" } })),
        ("setTags", json!({ "fingerprint": before["tags"]["fingerprint"], "items": ["a"] })),
    ] {
        assert_eq!(cloud.post(&format!("{path}/{action}"), &body).await.0, 412, "{action}");
    }
    let after = cloud.get(&path).await.1;
    let key = after["metadata"]["items"][0].clone();
    assert_eq!(
        (&key["key"], key["value"].as_str().unwrap().contains("ecdsa-sha2-nistp256")),
        (&json!("ssh-keys"), true)
    );
    assert_eq!(
        (&after["labels"], &after["tags"]["items"]),
        (&json!({ "touched-by": "somebody-else" }), &json!(["somebody-else"]))
    );
    let again = json!({ "fingerprint": after["metadata"]["fingerprint"], "items": [key, { "key": "a", "value": "b" }] });
    assert_eq!(cloud.post(&format!("{path}/setMetadata"), &again).await.0, 200);
}

#[tokio::test]
async fn a_precondition_fails_when_somebody_wrote_in_between() {
    let cloud =
        cloud("faults: [{ method: 'storage.*', times: 1, each: true, foreignWrite: { content: theirs } }]")
            .await;
    cloud.post(&buckets(), &bucket()).await;
    assert_eq!(
        cloud.patch(&format!("{BUCKET}?ifMetagenerationMatch=1"), &json!({ "labels": { "a": "b" } })).await.0,
        412
    );
    assert_eq!(cloud.get(BUCKET).await.1["labels"], json!({ "touched-by": "somebody-else" }));
    assert_eq!(cloud.upload("box-of-things", "new.txt", "&ifGenerationMatch=0", "mine").await.0, 412);
    let (_, theirs) = cloud.get(&format!("{BUCKET}/o/new.txt")).await;
    let (_, _, content) = raw(cloud.request(Method::GET, &format!("{BUCKET}/o/new.txt?alt=media"))).await;
    assert_eq!(content, "theirs");
    let matching = format!("&ifGenerationMatch={}", theirs["generation"].as_str().unwrap());
    assert_eq!(cloud.upload("box-of-things", "new.txt", &matching, "mine").await.0, 412);
    assert_eq!(
        cloud
            .patch(&format!("{BUCKET}/o/new.txt?ifMetagenerationMatch=1"), &json!({ "contentType": "a/b" }))
            .await
            .0,
        412
    );
}

#[tokio::test]
async fn an_object_written_in_between_keeps_its_content_unless_said_otherwise() {
    let cloud = cloud("faults: [{ method: storage.objects.insert, after: 1, foreignWrite: {} }]").await;
    cloud.post(&buckets(), &bucket()).await;
    let (_, first) = cloud.upload("box-of-things", "x.json", "", "{}").await;
    let matching = format!("&ifGenerationMatch={}", first["generation"].as_str().unwrap());
    assert_eq!(cloud.upload("box-of-things", "x.json", &matching, "{\"mine\":1}").await.0, 412);
    let (_, headers, content) =
        raw(cloud.request(Method::GET, &format!("{BUCKET}/o/x.json?alt=media"))).await;
    assert_eq!((content.as_str(), headers["content-type"].to_str().unwrap()), ("{}", "text/plain"));
}
