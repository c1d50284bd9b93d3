//! Instances that Google takes away by itself: when, how, and which ends it does not take. The clock of the sandbox is moved by
//! starting another one on the same state.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use std::path::Path;

use jiff::Timestamp;
use provost::sandbox::Options;
use rest::{Cloud, PROJECT, message};
use serde_json::{Value, json};

const START: &str = "2030-09-01T09:00:00Z";
const END: &str = "2030-09-20T16:00:00Z";

fn path(rest: &str) -> String {
    format!("/compute/v1/projects/{PROJECT}/zones/europe-west1-b/{rest}")
}

/// A cloud at a time, on that state.
async fn at(folder: &Path, time: &str) -> Cloud {
    let ahead = time.parse::<Timestamp>().unwrap().duration_since(Timestamp::now());
    let state = Some(folder.join("state.json"));
    Cloud::start(&["compute"], Options { state, ahead, ..Options::default() }).await
}

fn vm(name: &str, scheduling: &Value) -> Value {
    let image = "projects/debian-cloud/global/images/family/debian-12";
    json!({
        "name": name,
        "machineType": "zones/europe-west1-b/machineTypes/e2-small",
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": image } }],
        "networkInterfaces": [{ "accessConfigs": [{ "type": "ONE_TO_ONE_NAT" }] }],
        "scheduling": scheduling,
    })
}

async fn status(cloud: &Cloud, name: &str) -> Value {
    cloud.get(&path(&format!("instances/{name}"))).await.1["status"].clone()
}

#[tokio::test]
async fn an_instance_stops_or_goes_when_its_time_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = at(folder.path(), START).await;
    let ends = [
        ("stops", json!({ "terminationTime": END, "instanceTerminationAction": "STOP" })),
        ("goes", json!({ "terminationTime": END, "instanceTerminationAction": "DELETE" })),
        ("runs-out", json!({ "maxRunDuration": { "seconds": "3600" }, "instanceTerminationAction": "STOP" })),
        ("stays", json!({})),
    ];
    for (name, scheduling) in &ends {
        assert_eq!(cloud.post(&path("instances"), &vm(name, scheduling)).await.0, 200, "{name}");
    }
    for (time, wanted) in [
        ("2030-09-01T09:30:00Z", ["RUNNING", "RUNNING", "RUNNING", "RUNNING"]),
        ("2030-09-01T10:00:10Z", ["RUNNING", "RUNNING", "TERMINATED", "RUNNING"]),
        ("2030-09-20T16:00:01Z", ["TERMINATED", "", "TERMINATED", "RUNNING"]),
    ] {
        let cloud = at(folder.path(), time).await;
        for ((name, _), wanted) in ends.iter().zip(wanted) {
            assert_eq!(status(&cloud, name).await.as_str().unwrap_or_default(), wanted, "{name} {time}");
        }
    }
    let cloud = at(folder.path(), "2030-09-20T16:00:02Z").await;
    assert_eq!(cloud.get(&path("disks/goes")).await.0, 404);
    let stopped = cloud.get(&path("instances/stops")).await.1;
    assert_eq!(stopped["networkInterfaces"][0]["accessConfigs"][0]["natIP"], Value::Null);
    let (code, answer) = cloud.post(&path("instances/stops/start"), &Value::Null).await;
    assert_eq!((code, message(&answer).contains("has passed")), (400, true), "{answer}");
    assert_eq!(cloud.post(&path("instances/runs-out/start"), &Value::Null).await.0, 200);
}

#[tokio::test]
async fn an_end_is_one_of_two_and_within_120_days() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = at(folder.path(), START).await;
    let hour = json!({ "seconds": "3600" });
    for (scheduling, code) in [
        (json!({ "terminationTime": END, "maxRunDuration": hour }), 400),
        (json!({ "terminationTime": "2030-09-01T09:00:10Z" }), 400),
        (json!({ "terminationTime": "2031-01-01T09:00:00Z" }), 400),
        (json!({ "terminationTime": "tomorrow" }), 400),
        (json!({ "maxRunDuration": { "seconds": "10" } }), 400),
        (json!({ "maxRunDuration": { "seconds": "10368001" } }), 400),
        (json!({ "terminationTime": "2030-12-30T08:00:00Z" }), 200),
    ] {
        let (seen, answer) = cloud.post(&path("instances"), &vm("one", &scheduling)).await;
        assert_eq!(seen, code, "{scheduling} {answer}");
    }
}

#[tokio::test]
async fn an_end_is_changed_on_a_stopped_instance_only() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = at(folder.path(), START).await;
    assert_eq!(cloud.post(&path("instances"), &vm("one", &json!({}))).await.0, 200);
    let end = json!({ "terminationTime": END, "instanceTerminationAction": "STOP" });
    assert_eq!(cloud.post(&path("instances/one/setScheduling"), &end).await.0, 400);
    assert_eq!(cloud.post(&path("instances/one/stop"), &Value::Null).await.0, 200);
    assert_eq!(cloud.post(&path("instances/one/setScheduling"), &end).await.0, 200);
    assert_eq!(cloud.post(&path("instances/one/start"), &Value::Null).await.0, 200);
    let later = at(folder.path(), "2030-09-21T00:00:00Z").await;
    assert_eq!(status(&later, "one").await, "TERMINATED");
}
