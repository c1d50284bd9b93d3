//! Trouble in the sandbox: every fault strikes what it names, as often as it says, and the same again for the same seed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use std::time::{Duration, Instant};

use reqwest::Method;
use rest::{BUCKET, Cloud, FIREWALLS, ZONE, buckets, raw, vm};
use serde_json::{Value, json};

/// The project itself, whose service answers no `errors[]`.
const PROJECTS: &str = "/v1/projects/be-cloud-2526";
const ACCOUNTS: &str = "/v1/projects/be-cloud-2526/serviceAccounts";

async fn cloud(faults: &str) -> Cloud {
    Cloud::troubled(&["compute", "iam", "artifactregistry"], faults).await
}

fn bucket() -> Value {
    json!({ "name": "box-of-things" })
}

#[tokio::test]
async fn a_status_is_answered_in_the_shape_of_its_service() {
    let rows = [
        (
            "code: 503",
            BUCKET,
            json!({ "code": 503, "message": "The service is currently unavailable.",
            "errors": [{ "message": "The service is currently unavailable.", "domain": "global", "reason": "backendError" }] }),
        ),
        (
            "code: 403, reason: rateLimitExceeded, message: slow",
            FIREWALLS,
            json!({ "code": 403, "message": "slow",
            "errors": [{ "message": "slow", "domain": "usageLimits", "reason": "rateLimitExceeded" }] }),
        ),
        (
            "code: 429, message: slow",
            PROJECTS,
            json!({ "code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED" }),
        ),
        (
            "code: 409, message: m, status: ABORTED, reason: aborted",
            PROJECTS,
            json!({ "code": 409, "message": "m",
            "errors": [{ "message": "m", "domain": "global", "reason": "aborted" }], "status": "ABORTED" }),
        ),
        (
            "code: 429, message: m, errorInfo: { reason: RATE_LIMIT_EXCEEDED, metadata: { quota_limit_value: \"600\" } }",
            PROJECTS,
            json!({ "code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": [{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com", "metadata": { "quota_limit_value": "600" } }] }),
        ),
        (
            "code: 429, message: slow",
            ACCOUNTS,
            json!({ "code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED",
                "errors": [{ "message": "slow", "domain": "usageLimits", "reason": "rateLimitExceeded" }] }),
        ),
    ];
    for (status, path, wanted) in rows {
        let cloud =
            cloud(&format!("faults: [{{ method: '*', times: 1, after: 3, status: {{ {status} }} }}]")).await;
        let (code, body) = cloud.get(path).await;
        assert_eq!((json!(code), &body["error"]), (wanted["code"].clone(), &wanted), "{status}");
        assert_eq!(cloud.strikes(), [1]);
    }
}

#[tokio::test]
async fn a_status_before_the_effect_has_none_and_one_after_it_has() {
    for (effect, then) in [(false, 404), (true, 200)] {
        let faults = format!(
            "faults: [{{ method: storage.buckets.insert, times: 1, status: {{ code: 503, retryAfter: 7, effect: {effect} }} }}]"
        );
        let cloud = cloud(&faults).await;
        let (status, headers, _) = raw(cloud.request(Method::POST, &buckets()).json(&bucket())).await;
        assert_eq!((status, headers["retry-after"].to_str().unwrap()), (503, "7"));
        assert_eq!(cloud.get(BUCKET).await.0, then, "{effect}");
    }
}

#[tokio::test]
async fn a_connection_is_dropped_before_or_after_the_effect() {
    for (moment, then) in [("before", 404), ("after", 200)] {
        let cloud =
            cloud(&format!("faults: [{{ method: storage.buckets.insert, times: 1, drop: {moment} }}]")).await;
        let lost = cloud.request(Method::POST, &buckets()).json(&bucket()).send().await;
        assert!(lost.unwrap_err().is_request(), "{moment}");
        assert_eq!(cloud.get(BUCKET).await.0, then, "{moment}");
        assert_eq!(cloud.strikes(), [1]);
    }
}

#[tokio::test]
async fn a_hanging_call_is_never_answered_and_does_not_hold_up_the_end() {
    for (moment, then) in [("before", 404), ("after", 200)] {
        let cloud =
            cloud(&format!("faults: [{{ method: storage.buckets.insert, times: 1, hang: {moment} }}]")).await;
        let request = cloud.request(Method::POST, &buckets()).json(&bucket());
        let waited = request.timeout(Duration::from_millis(300)).send().await;
        assert!(waited.unwrap_err().is_timeout(), "{moment}");
        assert_eq!(cloud.get(BUCKET).await.0, then, "{moment}");
    }
    let cloud = cloud("faults: [{ method: storage.*, hang: before }]").await;
    let hanging = tokio::spawn(cloud.request(Method::GET, BUCKET).send());
    while cloud.strikes() == [0] {
        tokio::task::yield_now().await;
    }
    cloud.shutdown().await;
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn garbage_is_what_no_client_expects() {
    for (garbage, status, kind, begin) in [
        ("html502", 502, "text/html; charset=UTF-8", Some("<!DOCTYPE html>")),
        ("truncatedJson", 200, "application/json; charset=UTF-8", Some("{\"")),
        ("emptyBody", 200, "application/json; charset=UTF-8", None),
        ("wrongContentType", 200, "text/html; charset=UTF-8", Some("{\"")),
    ] {
        let cloud =
            cloud(&format!("faults: [{{ method: compute.firewalls.list, garbage: {garbage} }}]")).await;
        let (code, headers, body) = raw(cloud.request(Method::GET, FIREWALLS)).await;
        assert_eq!((code, headers["content-type"].to_str().unwrap()), (status, kind), "{garbage}");
        assert_eq!((body.is_empty(), body.starts_with(begin.unwrap_or_default())), (begin.is_none(), true));
        let parses = serde_json::from_str::<Value>(&body).is_ok();
        assert_eq!(parses, garbage == "wrongContentType", "{garbage}: {body}");
    }
}

#[tokio::test]
async fn latency_is_real_time_and_leaves_the_answer_alone() {
    let cloud = cloud("faults: [{ method: compute.firewalls.list, latency: 60ms }, { method: compute.*.list, latency: 40ms }]").await;
    let begun = Instant::now();
    assert_eq!(cloud.get(FIREWALLS).await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(100));
    assert_eq!(cloud.strikes(), [1, 1]);
}

#[tokio::test]
async fn after_times_and_each_say_when() {
    let one = format!("{FIREWALLS}/default-allow-ssh");
    let other = format!("{FIREWALLS}/default-allow-icmp");
    for (when, first, second) in [
        ("times: 2", [503, 503, 200, 200], [200, 200, 200, 200]),
        ("after: 1, times: 2", [200, 503, 503, 200], [200, 200, 200, 200]),
        ("after: 2", [200, 200, 503, 503], [503, 503, 503, 503]),
        ("times: 1, each: true", [503, 200, 200, 200], [503, 200, 200, 200]),
        ("after: 1, times: 1, each: true", [200, 503, 200, 200], [200, 503, 200, 200]),
        ("resource: '*-icmp'", [200, 200, 200, 200], [503, 503, 503, 503]),
        ("probability: 0", [200, 200, 200, 200], [200, 200, 200, 200]),
        ("probability: 1", [503, 503, 503, 503], [503, 503, 503, 503]),
    ] {
        let cloud =
            cloud(&format!("faults: [{{ method: compute.firewalls.get, {when}, status: {{ code: 503 }} }}]"))
                .await;
        assert_eq!(
            (cloud.statuses(&one, 4).await, cloud.statuses(&other, 4).await),
            (first.to_vec(), second.to_vec()),
            "{when}"
        );
    }
}

#[tokio::test]
async fn a_request_id_makes_no_other_request() {
    let cloud =
        cloud("faults: [{ method: compute.firewalls.insert, times: 1, each: true, status: { code: 503 } }]")
            .await;
    let mut seen = Vec::new();
    for id in 1..4 {
        let path = format!("{FIREWALLS}?requestId=00000000-0000-4000-a000-00000000000{id}");
        seen.push(cloud.post(&path, &json!({ "name": "x", "allowed": [{ "IPProtocol": "tcp" }] })).await.0);
    }
    assert_eq!(seen, [503, 200, 409]);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_run_whatever_comes_between() {
    let one = format!("{FIREWALLS}/default-allow-ssh");
    let other = format!("{FIREWALLS}/default-allow-icmp");
    let mut runs = Vec::new();
    for (seed, between) in [(7, 0), (7, 3), (8, 0)] {
        let cloud =
            cloud(&format!("seed: {seed}\nfaults: [{{ method: compute.firewalls.get, probability: 0.5, status: {{ code: 503 }} }}]")).await;
        let mut run = Vec::new();
        for _ in 0..24 {
            run.push(cloud.get(&one).await.0);
            cloud.statuses(&other, between).await;
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].contains(&200) && runs[0].contains(&503));
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_its_request_id() {
    let cloud = cloud("faults: [{ method: compute.instances.insert, times: 1, drop: after }]").await;
    let path = format!("{ZONE}/instances?requestId=6a4b3f00-0000-4000-a000-000000000001");
    assert!(cloud.request(Method::POST, &path).json(&vm("one")).send().await.is_err());
    let (status, found) = cloud.post(&path, &vm("one")).await;
    assert_eq!((status, &found["status"]), (200, &json!("DONE")), "{found}");
    let (_, listed) = cloud.get(&format!("{ZONE}/operations")).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let blind = format!("{ZONE}/instances?requestId=6a4b3f00-0000-4000-a000-000000000002");
    assert_eq!(cloud.post(&blind, &vm("one")).await.0, 409);
}

#[tokio::test]
async fn of_several_faults_the_first_decides_and_what_is_taken_is_not_used_up() {
    let cloud = cloud(
        "faults:\n- { method: compute.firewalls.list, times: 1, status: { code: 503 } }\n- { method: compute.*, times: 1, status: { code: 429 } }",
    )
    .await;
    assert_eq!(cloud.statuses(FIREWALLS, 3).await, [503, 429, 200]);
    assert_eq!(cloud.strikes(), [1, 1]);
}
