//! The sandbox's buckets over HTTP: every rule that a client of the real ones relies on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{BUCKET, Cloud, PROJECT, cloud_with_bucket, message, reason};
use serde_json::{Value, json};

#[tokio::test]
async fn a_created_bucket_shows_what_the_server_fills_in() {
    let cloud = cloud_with_bucket(json!({ "lifecycle": { "rule": [] }, "labels": { "a": "b" } })).await;
    let (_, bucket) = cloud.get(BUCKET).await;
    for (field, wanted) in [
        ("kind", json!("storage#bucket")),
        ("id", json!("box-of-things")),
        ("location", json!("US")),
        ("locationType", json!("multi-region")),
        ("rpo", json!("DEFAULT")),
        ("storageClass", json!("STANDARD")),
        ("metageneration", json!("1")),
        ("etag", json!("CAE=")),
        ("labels", json!({ "a": "b" })),
        ("lifecycle", Value::Null),
    ] {
        assert_eq!(bucket[field], wanted, "{field}");
    }
    assert_eq!(bucket["softDeletePolicy"]["retentionDurationSeconds"], "604800");
    let access = json!({
        "bucketPolicyOnly": { "enabled": false }, "uniformBucketLevelAccess": { "enabled": false },
        "publicAccessPrevention": "inherited",
    });
    assert_eq!(bucket["iamConfiguration"], access);
}

#[tokio::test]
async fn a_regional_bucket_is_upper_case_and_has_no_rpo() {
    let cloud = cloud_with_bucket(json!({
        "location": "europe-west1", "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": true } },
    }))
    .await;
    let (_, bucket) = cloud.get(BUCKET).await;
    assert_eq!((&bucket["location"], &bucket["locationType"]), (&json!("EUROPE-WEST1"), &json!("region")));
    assert_eq!(bucket.get("rpo"), None);
    assert!(bucket["iamConfiguration"]["uniformBucketLevelAccess"]["lockedTime"].is_string());
    assert_eq!(
        bucket["iamConfiguration"]["bucketPolicyOnly"],
        bucket["iamConfiguration"]["uniformBucketLevelAccess"]
    );
}

#[tokio::test]
async fn what_google_refuses_in_a_bucket_is_400() {
    let cloud = Cloud::with(&[]).await;
    for body in [
        json!({ "name": "UPPER" }),
        json!({ "name": "good-name", "location": "europe-west99" }),
        json!({ "name": "good-name", "storageClass": "GOLD" }),
        json!({ "name": "good-name", "labels": { "Bad": "x" } }),
        json!({ "name": "good-name", "lifecycle": { "rule": [{ "action": { "type": "Delete" } }] } }),
        json!({ "name": "good-name", "colour": "red" }),
        json!({}),
    ] {
        let (status, answer) = cloud.post(&format!("/storage/v1/b?project={PROJECT}"), &body).await;
        assert_eq!(status, 400, "{body} -> {answer}");
    }
    assert_eq!(cloud.get("/storage/v1/b/good-name").await.0, 404);
}

#[tokio::test]
async fn a_bucket_name_is_taken_in_every_project() {
    let cloud = cloud_with_bucket(json!({})).await;
    for (project, part) in [(PROJECT, "you already own it"), ("another-course", "not available")] {
        let path = format!("/storage/v1/b?project={project}");
        let (status, answer) = cloud.post(&path, &json!({ "name": "box-of-things" })).await;
        assert_eq!((status, reason(&answer)), (409, "conflict"));
        assert!(message(&answer).contains(part), "{answer}");
    }
    let (_, list) = cloud.get("/storage/v1/b?project=another-course").await;
    assert_eq!(list, json!({ "kind": "storage#buckets" }));
}

#[tokio::test]
async fn a_patch_merges_labels_and_null_removes_one() {
    let cloud = cloud_with_bucket(json!({ "labels": { "a": "1", "b": "2" } })).await;
    let (status, bucket) = cloud.patch(BUCKET, &json!({ "labels": { "a": null, "c": "3" } })).await;
    assert_eq!((status, &bucket["labels"]), (200, &json!({ "b": "2", "c": "3" })));
    assert_eq!((&bucket["metageneration"], &bucket["etag"]), (&json!("2"), &json!("CAI=")));
    let (_, bucket) =
        cloud.patch(BUCKET, &json!({ "labels": null, "versioning": { "enabled": true } })).await;
    assert_eq!((bucket.get("labels"), &bucket["versioning"]), (None, &json!({ "enabled": true })));
}

#[tokio::test]
async fn a_patch_shows_access_lists_unless_told_not_to() {
    let cloud = cloud_with_bucket(json!({})).await;
    assert!(cloud.patch(BUCKET, &json!({})).await.1["acl"].is_array());
    assert_eq!(cloud.patch(&format!("{BUCKET}?projection=noAcl"), &json!({})).await.1.get("acl"), None);
    assert_eq!(cloud.get(BUCKET).await.1.get("acl"), None);
}

#[tokio::test]
async fn a_stale_metageneration_is_412() {
    let cloud = cloud_with_bucket(json!({})).await;
    let path = format!("{BUCKET}?ifMetagenerationMatch=7");
    let (status, answer) = cloud.patch(&path, &json!({ "labels": { "a": "b" } })).await;
    assert_eq!((status, reason(&answer)), (412, "conditionNotMet"));
    assert_eq!(cloud.delete(&path).await.0, 412);
    assert_eq!(cloud.delete(&format!("{BUCKET}?ifMetagenerationMatch=1")).await.0, 204);
    assert_eq!(cloud.get(BUCKET).await.0, 404);
}

#[tokio::test]
async fn a_bucket_with_any_version_of_an_object_cannot_be_deleted() {
    let cloud = cloud_with_bucket(json!({ "versioning": { "enabled": true } })).await;
    let (_, object) = cloud.upload("box-of-things", "a", "", "one").await;
    assert_eq!(cloud.delete(&format!("{BUCKET}/o/a")).await.0, 204);
    let (status, answer) = cloud.delete(BUCKET).await;
    assert_eq!((status, message(&answer)), (409, "The bucket you tried to delete is not empty."));
    let generation = object["generation"].as_str().unwrap();
    assert_eq!(cloud.delete(&format!("{BUCKET}/o/a?generation={generation}")).await.0, 204);
    assert_eq!(cloud.delete(BUCKET).await.0, 204);
}

#[tokio::test]
async fn a_new_bucket_grants_the_basic_roles_of_its_project() {
    let cloud = cloud_with_bucket(json!({})).await;
    let (_, policy) = cloud.get(&format!("{BUCKET}/iam?optionsRequestedPolicyVersion=3")).await;
    assert_eq!(
        policy,
        json!({
            "kind": "storage#policy", "resourceId": format!("projects/{PROJECT}/buckets/box-of-things"),
            "version": 1, "etag": "CAE=",
            "bindings": [
                { "role": "roles/storage.legacyBucketOwner",
                  "members": [format!("projectEditor:{PROJECT}"), format!("projectOwner:{PROJECT}")] },
                { "role": "roles/storage.legacyBucketReader", "members": [format!("projectViewer:{PROJECT}")] },
            ],
        })
    );
}

#[tokio::test]
async fn a_policy_write_moves_the_metageneration_and_a_stale_etag_is_412() {
    let cloud =
        cloud_with_bucket(json!({ "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": true } } }))
            .await;
    let path = format!("{BUCKET}/iam");
    let (_, mut policy) = cloud.get(&path).await;
    let reader =
        json!({ "role": "roles/storage.objectViewer", "members": ["user:Ada@Example.edu", "allUsers"] });
    policy["bindings"].as_array_mut().unwrap().push(reader);
    let (status, written) = cloud.put(&path, &policy).await;
    assert_eq!((status, &written["etag"]), (200, &json!("CAI=")));
    let viewers = written["bindings"].as_array().unwrap().last().unwrap();
    assert_eq!(viewers["members"], json!(["allUsers", "user:ada@example.edu"]));
    assert_eq!(cloud.get(BUCKET).await.1["metageneration"], "2");
    let (status, answer) = cloud.put(&path, &policy).await;
    assert_eq!((status, reason(&answer)), (412, "conditionNotMet"));
}

#[tokio::test]
async fn public_members_are_refused_where_public_access_is_prevented() {
    let cloud =
        cloud_with_bucket(json!({ "iamConfiguration": { "publicAccessPrevention": "enforced" } })).await;
    let policy = json!({ "bindings": [{ "role": "roles/storage.objectViewer", "members": ["allUsers"] }] });
    assert_eq!(cloud.put(&format!("{BUCKET}/iam"), &policy).await.0, 412);
}
