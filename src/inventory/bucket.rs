//! The bucket that inventories, locks and histories of a project are kept in: made when the first of them is written, removed
//! when the last one is.

use serde_json::{Value, json};

use crate::gcp::{ApiError, Client, Read, Request, Service, Verb, segment};
use crate::kinds::mark;

/// Makes the bucket, private and marked.
pub(super) async fn make(
    client: &Client,
    bucket: &str,
    project: &str,
    location: &str,
) -> Result<(), ApiError> {
    let body = json!({
        "name": bucket,
        "location": location,
        "labels": {mark::MANAGED_BY: mark::PROVOST, "provost-purpose": "inventory"},
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": true}, "publicAccessPrevention": "enforced"},
    });
    let request = Request::new(Verb::Post, Service::Storage, "b")
        .query("project", project)
        .query("projection", "noAcl")
        .json(&body);
    match client.send(&request).await {
        // Another run of the project was faster: the bucket is there.
        Err(error) if error.is_conflict() => Ok(()),
        other => other.map(drop),
    }
}

/// Removes the bucket if it bears our mark and nothing is in it.
pub(super) async fn remove_if_empty(client: &Client, bucket: &str) -> Result<(), ApiError> {
    let path = format!("b/{}", segment(bucket));
    let labels =
        client.read(&Read::document(Request::get(Service::Storage, path.clone()).fields("labels"))).await?;
    let purpose = |b: &Value| b.pointer("/labels/provost-purpose").is_some_and(|p| p == "inventory");
    if !labels.first().is_some_and(purpose) {
        return Ok(());
    }
    let rest = Request::get(Service::Storage, format!("{path}/o"))
        .query("versions", "true")
        .query("maxResults", "1");
    let rest = client.send(&rest.fields("items(name)")).await?;
    if rest.get("items").and_then(Value::as_array).is_some_and(|items| !items.is_empty()) {
        return Ok(());
    }
    match client.send(&Request::new(Verb::Delete, Service::Storage, path)).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
