//! Time in the sandbox: operations that take it, operations that fail, and what is not ready or not found yet.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{BUCKET, Cloud, FIREWALLS, PROJECT, ZONE, buckets, message, vm};
use serde_json::{Value, json};

const ACCOUNTS: &str = "/v1/projects/be-cloud-2526/serviceAccounts";

async fn cloud(faults: &str) -> Cloud {
    Cloud::troubled(&["compute", "iam", "artifactregistry"], faults).await
}

fn bucket() -> Value {
    json!({ "name": "box-of-things" })
}

/// The operation that a call has begun, as it ends.
async fn ended(cloud: &Cloud, begun: &Value) -> Value {
    let link = begun["selfLink"].as_str().unwrap();
    cloud.get(link.strip_prefix("https://www.googleapis.com").unwrap()).await.1
}

#[tokio::test]
async fn a_zone_without_room_says_where_there_is_some() {
    for (more, zones) in
        [("", "europe-west1-c,europe-west1-d"), (", zonesAvailable: [europe-west1-d]", "europe-west1-d")]
    {
        let cloud = cloud(&format!(
            "faults: [{{ method: compute.instances.insert, resource: '*/instances/one', times: 1, \
             operation: {{ code: ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS{more} }} }}]"
        ))
        .await;
        assert_eq!(cloud.post(&format!("{ZONE}/instances"), &vm("two")).await.0, 200);
        let (status, begun) = cloud.post(&format!("{ZONE}/instances"), &vm("one")).await;
        assert_eq!((status, &begun["status"]), (200, &json!("RUNNING")));
        let operation = ended(&cloud, &begun).await;
        assert_eq!(
            (&operation["httpErrorStatusCode"], &operation["httpErrorMessage"]),
            (&json!(503), &json!("SERVICE UNAVAILABLE"))
        );
        let error = &operation["error"]["errors"][0];
        assert_eq!(error["code"], "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS");
        let info = &error["errorDetails"][2]["errorInfo"];
        assert_eq!(
            info["metadatas"],
            json!({ "vmType": "e2-small", "attachment": "", "zone": "europe-west1-b", "zonesAvailable": zones })
        );
        assert_eq!(
            (&info["reason"], &info["domain"]),
            (&json!("resource_availability"), &json!("compute.googleapis.com"))
        );
        for gone in ["instances/one", "disks/one"] {
            assert_eq!(cloud.get(&format!("{ZONE}/{gone}")).await.0, 404, "{gone}");
        }
        assert_eq!(cloud.get(&format!("{ZONE}/instances/two")).await.0, 200);
        assert_eq!(cloud.post(&format!("{ZONE}/instances"), &vm("one")).await.0, 200);
        assert_eq!(cloud.get(&format!("{ZONE}/instances/one")).await.0, 200);
    }
}

#[tokio::test]
async fn a_quota_that_is_used_up_says_which() {
    for (given, metric, limit, name, dimensions) in [
        ("", "cpus", 24.0, "CPUS-per-project-region", json!({ "region": "europe-west1" })),
        (
            ", metric: GPUS_ALL_REGIONS, limit: 0",
            "gpus_all_regions",
            0.0,
            "GPUS-ALL-REGIONS-per-project",
            json!({ "global": "global" }),
        ),
    ] {
        let cloud = cloud(&format!(
            "faults: [{{ method: compute.*, operation: {{ code: QUOTA_EXCEEDED{given} }} }}]"
        ))
        .await;
        let begun = cloud.post(&format!("{ZONE}/instances"), &vm("one")).await.1;
        let operation = ended(&cloud, &begun).await;
        assert_eq!(
            (&operation["httpErrorStatusCode"], &operation["error"]["errors"][0]["code"]),
            (&json!(403), &json!("QUOTA_EXCEEDED"))
        );
        let info = &operation["error"]["errors"][0]["errorDetails"][0]["quotaInfo"];
        let wanted = json!({ "metricName": format!("compute.googleapis.com/{metric}"), "limitName": name, "dimensions": dimensions, "limit": limit });
        assert_eq!(info, &wanted);
    }
}

#[tokio::test]
async fn a_failed_change_changes_nothing() {
    let cloud = cloud("faults: [{ method: compute.firewalls.delete, operation: { code: RESOURCE_NOT_READY, httpStatus: 400, message: later } }]").await;
    let path = format!("{FIREWALLS}/default-allow-ssh");
    let before = cloud.get(&path).await;
    let begun = cloud.delete(&path).await.1;
    let operation = ended(&cloud, &begun).await;
    assert_eq!(
        operation["error"],
        json!({ "errors": [{ "code": "RESOURCE_NOT_READY", "message": "later" }] })
    );
    assert_eq!(cloud.get(&path).await, before);
}

#[tokio::test]
async fn operations_of_other_services_fail_with_a_status() {
    let cloud =
        cloud("faults: [{ method: '*.create', operation: { code: RESOURCE_EXHAUSTED, message: full } }]")
            .await;
    let path = format!("/v1/projects/{PROJECT}/locations/europe-west1/repositories");
    let (status, begun) =
        cloud.post(&format!("{path}?repositoryId=docker"), &json!({ "format": "DOCKER" })).await;
    assert_eq!((status, begun.get("done")), (200, None));
    let ended = cloud.get(&format!("/v1/{}", begun["name"].as_str().unwrap())).await.1;
    assert_eq!(
        (&ended["done"], &ended["error"], ended.get("response")),
        (&json!(true), &json!({ "code": 8, "message": "full" }), None)
    );
    assert_eq!(cloud.get(&format!("{path}/docker")).await.0, 404);
}

#[tokio::test]
async fn operations_take_the_time_of_the_longest_pattern_that_fits() {
    let cloud =
        cloud("operationTimes: { compute.*: 0s, compute.firewalls.*: 1h, compute.firewalls.delete: 0s }")
            .await;
    let insert = cloud.post(FIREWALLS, &json!({ "name": "x", "allowed": [{ "IPProtocol": "tcp" }] })).await.1;
    let delete = cloud.delete(&format!("{FIREWALLS}/default-allow-ssh")).await.1;
    let seen =
        (ended(&cloud, &insert).await["status"].clone(), ended(&cloud, &delete).await["status"].clone());
    assert_eq!(seen, (json!("PENDING"), json!("DONE")));
}

#[tokio::test]
async fn an_api_is_not_ready_for_some_calls_although_it_is_enabled() {
    let faults = "faults: [{ method: compute.*, notReady: { calls: 2 } }]";
    let cloud = Cloud::troubled(&["compute"], faults).await;
    let service = format!("/v1/projects/{PROJECT}/services/compute.googleapis.com");
    assert_eq!(cloud.get(&service).await.1["state"], "ENABLED");
    let (status, body) = cloud.get(FIREWALLS).await;
    assert_eq!((status, &body["error"]["details"][0]["reason"]), (403, &json!("SERVICE_DISABLED")));
    assert_eq!(body["error"]["errors"][0]["reason"], "accessNotConfigured");
    assert_eq!(cloud.statuses(FIREWALLS, 3).await, [403, 200, 200]);
    assert_eq!(cloud.post(&format!("{service}:disable"), &Value::Null).await.0, 200);
    assert_eq!(cloud.post(&format!("{service}:enable"), &Value::Null).await.0, 200);
    assert_eq!(cloud.statuses(FIREWALLS, 3).await, [403, 403, 200]);
}

#[tokio::test]
async fn what_was_just_created_comes_and_goes() {
    let email = format!("ci-robot@{PROJECT}.iam.gserviceaccount.com");
    let repositories = format!("/v1/projects/{PROJECT}/locations/europe-west1/repositories");
    for (method, flicker, create, body, read, wanted) in [
        (
            "iam.*.get",
            "reads: 4, pattern: \"-+\"",
            ACCOUNTS.to_owned(),
            json!({ "accountId": "ci-robot" }),
            format!("{ACCOUNTS}/{email}"),
            [404, 200, 404, 200, 200],
        ),
        (
            "iam.*.get",
            "reads: 2, status: 403",
            ACCOUNTS.to_owned(),
            json!({ "accountId": "ci-robot" }),
            format!("{ACCOUNTS}/{email}"),
            [403, 403, 200, 200, 200],
        ),
        (
            "storage.buckets.get",
            "reads: 1",
            buckets(),
            bucket(),
            BUCKET.to_owned(),
            [404, 200, 200, 200, 200],
        ),
        (
            "storage.buckets.getIamPolicy",
            "reads: 2",
            buckets(),
            bucket(),
            format!("{BUCKET}/iam"),
            [404, 404, 200, 200, 200],
        ),
        (
            "*.repositories.get",
            "reads: 3",
            format!("{repositories}?repositoryId=docker"),
            json!({ "format": "DOCKER" }),
            format!("{repositories}/docker"),
            [404, 404, 404, 200, 200],
        ),
    ] {
        let cloud = cloud(&format!("faults: [{{ method: '{method}', flicker: {{ {flicker} }} }}]")).await;
        assert_eq!(cloud.post(&create, &body).await.0, 200, "{create}");
        assert_eq!(cloud.statuses(&read, 5).await, wanted, "{method} {flicker}");
        assert_eq!(cloud.post(&create, &body).await.0, 409, "{create}");
    }
}

#[tokio::test]
async fn what_is_made_anew_flickers_anew_and_what_was_there_does_not() {
    let cloud = cloud("faults: [{ method: '*', flicker: { reads: 1 } }]").await;
    assert_eq!(cloud.get(&format!("{FIREWALLS}/default-allow-ssh")).await.0, 200);
    for _ in 0..2 {
        assert_eq!(cloud.post(&buckets(), &bucket()).await.0, 200);
        assert_eq!(cloud.statuses(BUCKET, 2).await, [404, 200]);
        assert_eq!(cloud.delete(BUCKET).await.0, 204);
    }
}

#[tokio::test]
async fn a_young_account_is_unknown_as_a_member() {
    let cloud = cloud("faults: [{ method: '*.setIamPolicy', unknownMember: { writes: 2 } }]").await;
    let email = format!("ci-robot@{PROJECT}.iam.gserviceaccount.com");
    assert_eq!(cloud.post(ACCOUNTS, &json!({ "accountId": "ci-robot" })).await.0, 200);
    let path = format!("/v1/projects/{PROJECT}");
    let mut policy = cloud.post(&format!("{path}:getIamPolicy"), &json!({})).await.1;
    let without = json!({ "policy": policy });
    assert_eq!(cloud.post(&format!("{path}:setIamPolicy"), &without).await.0, 200);
    policy["bindings"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "role": "roles/viewer", "members": [format!("serviceAccount:{email}")] }));
    policy["etag"] = Value::Null;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (status, body) = cloud.post(&format!("{path}:setIamPolicy"), &json!({ "policy": policy })).await;
        seen.push((status, message(&body).to_owned()));
    }
    let unknown = format!("Service account {email} does not exist.");
    assert_eq!(seen, [(400, unknown.clone()), (400, unknown), (200, String::new())]);
}
