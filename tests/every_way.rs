//! The worked course of a class, applied while every single call fails once: in every way that may be tried again, one way at a
//! time. It converges, makes nothing twice, and leaves what is somebody else's as it was.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use provost::gcp::Timeouts;
use serde_json::{Value, json};
use world::{Cloud, World};

const PROJECT: &str = "isae-sdd-481407";
/// The class in short: a fresh project has no room for sixty.
const ROSTER: &str = "roster: [{ login: ann, email: ann@x.edu, team: owls, mascot: owl }, \
    { login: bob, email: bob@x.edu, team: owls, mascot: cat }, { login: eve, email: eve@x.edu, team: cats, mascot: dog }]";
/// Long for a server on this machine, short for one that never answers.
const SHORT: Timeouts = Timeouts {
    call: Duration::from_millis(250),
    long_call: Duration::from_millis(250),
    operation: Duration::from_mins(10),
};

/// What somebody else has in the project, by path, as it was made and as it is read.
async fn foreign(world: &World) -> BTreeMap<String, Value> {
    let mut seen = BTreeMap::new();
    for path in [
        "/compute/v1/projects/PROJECT/global/firewalls/theirs",
        "/compute/v1/projects/PROJECT/zones/europe-west1-b/instances/theirs",
        "/storage/v1/b/their-bucket-of-isae",
    ] {
        seen.insert(path.to_owned(), world.get(path).await);
    }
    let policy = world.post("/v1/projects/PROJECT:getIamPolicy", &json!({})).await.1;
    let theirs = |binding: &&Value| binding["role"] == "roles/browser";
    let bindings = policy["bindings"].as_array().unwrap().iter().filter(theirs).cloned().collect();
    seen.insert("policy".to_owned(), bindings);
    seen
}

async fn make_foreign(world: &World) {
    let rule = json!({"name": "theirs", "allowed": [{"IPProtocol": "tcp"}], "sourceRanges": ["10.0.0.0/8"]});
    world.post("/compute/v1/projects/PROJECT/global/firewalls", &rule).await;
    let image = "projects/debian-cloud/global/images/family/debian-12";
    let vm = json!({
        "name": "theirs", "machineType": "zones/europe-west1-b/machineTypes/e2-small", "networkInterfaces": [{}],
        "disks": [{"boot": true, "initializeParams": {"sourceImage": image}}], "labels": {"team": "other"},
    });
    world.post("/compute/v1/projects/PROJECT/zones/europe-west1-b/instances", &vm).await;
    world.post("/storage/v1/b?project=PROJECT", &json!({"name": "their-bucket-of-isae"})).await;
    let mut policy = world.post("/v1/projects/PROJECT:getIamPolicy", &json!({})).await.1;
    let theirs = json!({"role": "roles/browser", "members": ["user:them@example.edu"]});
    policy["bindings"].as_array_mut().unwrap().push(theirs);
    assert_eq!(world.post("/v1/projects/PROJECT:setIamPolicy", &json!({"policy": policy})).await.0, 200);
}

/// The creations that the cloud has carried out, by what they made.
async fn creations(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for scope in [
        "global",
        "zones/europe-west1-b",
        "zones/europe-west4-a",
        "zones/europe-west1-c",
        "zones/europe-west1-d",
    ] {
        let list =
            world.get(&format!("/compute/v1/projects/PROJECT/{scope}/operations?maxResults=500")).await;
        for operation in
            list["items"].as_array().into_iter().flatten().filter(|o| o["operationType"] == "insert")
        {
            // By name: a machine that is made in two zones is made twice.
            let link = operation["targetLink"].as_str().unwrap();
            let name = link.rsplit('/').take(2).collect::<Vec<_>>().join(" of ");
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

/// Applies the course in a cloud where every call fails once in this way, and takes it down again.
async fn converges_although(way: &str) {
    let cloud = Cloud::over(Some(tempfile::tempdir().unwrap())).await;
    let world = cloud.project(PROJECT).await;
    make_foreign(&world).await;
    let before = foreign(&world).await;
    assert!(before.values().all(|value| value.get("error").is_none()), "{before:?}");
    let faults = format!("faults:\n- {{method: '*', times: 1, each: true, {way}}}\n");
    let (world, stormy) = world.in_bad_weather(&faults, SHORT).await;
    let specs = world.take_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/isae-cloud-docker"));
    let specs = specs.replace("roster: roster.csv", ROSTER);
    world.converge(&specs).await;
    assert!(stormy.strikes()[0] > 40, "{way}: only {:?} calls were struck", stormy.strikes());
    assert_eq!(foreign(&world).await, before, "{way}: somebody else's things");
    let made = creations(&world).await;
    assert!(made.len() > 5, "{way}: {made:?}");
    let twice: Vec<_> = made.into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "{way}: made twice: {twice:?}");
    let outcome = world.destroy(&specs).await;
    assert!(outcome.is_complete(), "{way}: {:?}", world::words(&outcome));
    assert_eq!(foreign(&world).await, before, "{way}: somebody else's things after destroy");
}

#[tokio::test]
async fn every_call_is_sent_away_once() {
    converges_although("status: {code: 429, reason: rateLimitExceeded, status: RESOURCE_EXHAUSTED}").await;
    converges_although("status: {code: 403, reason: rateLimitExceeded, status: PERMISSION_DENIED}").await;
}

#[tokio::test]
async fn the_server_stumbles_once_over_every_call() {
    converges_although("status: {code: 503, reason: backendError, status: UNAVAILABLE}").await;
    converges_although("garbage: html502").await;
}

#[tokio::test]
async fn the_server_carries_every_call_out_and_says_that_it_failed() {
    converges_although("status: {code: 500, reason: internalError, status: INTERNAL, effect: true}").await;
    converges_although("status: {code: 504, effect: true, html: true}").await;
}

#[tokio::test]
async fn the_connection_breaks_before_every_call() {
    converges_although("drop: before").await;
}

#[tokio::test]
async fn the_connection_breaks_after_every_call() {
    converges_although("drop: after").await;
}

#[tokio::test]
async fn no_answer_comes_in_time() {
    converges_although("hang: before").await;
    converges_although("hang: after").await;
}

#[tokio::test]
async fn every_answer_arrives_damaged_once() {
    converges_although("garbage: truncatedJson").await;
    converges_although("garbage: emptyBody").await;
}
