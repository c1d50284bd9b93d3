//! Drift of a course on the sandbox: what was changed by others is told, with who and when, and nothing else is.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::{APIS, COURSE, PROJECT, Room};

const SPECS: &str = "---
kind: Vm
name: backend
machineType: e2-small
labels: { team: owl }
---
kind: Vm
name: frontend
machineType: e2-small
---
kind: FirewallRule
name: web
allow: [tcp:80]
sourceRanges: [10.0.0.0/8]
---
kind: Bucket
name: be-cloud-2526-data
location: europe-west1
storageClass: STANDARD
---
kind: IamGrant
name: viewers
on: project
roles: [roles/compute.viewer]
members: ['user:ann@x.edu', 'user:bob@x.edu']
";

const ZONE: &str = "/compute/v1/projects/be-cloud-2526/zones/europe-west1-b/instances";

fn applied() -> Room {
    let room = Room::with(&format!("{COURSE}{APIS}{SPECS}"));
    room.apply();
    room
}

/// What somebody does by hand.
async fn meddle(room: &Room) {
    let cloud = room.cloud().await;
    let vm = cloud.get(&format!("{ZONE}/backend")).await;
    let fingerprint = vm["labelFingerprint"].clone();
    let mut labels = vm["labels"].clone();
    labels["team"] = json!("cat");
    cloud
        .post(
            &format!("{ZONE}/backend/setLabels"),
            &json!({"labels": labels, "labelFingerprint": fingerprint}),
        )
        .await;
    cloud.delete(&format!("{ZONE}/frontend")).await;
    cloud.patch("/storage/v1/b/be-cloud-2526-data", &json!({"storageClass": "NEARLINE"})).await;
    let policy = format!("/v3/projects/{PROJECT}");
    let mut now = cloud.post(&format!("{policy}:getIamPolicy"), &json!({})).await;
    for binding in now["bindings"].as_array_mut().unwrap() {
        binding["members"].as_array_mut().unwrap().retain(|member| member != "user:bob@x.edu");
    }
    cloud.post(&format!("{policy}:setIamPolicy"), &json!({ "policy": now })).await;
}

/// Each drifted resource with what became of it and the last operation on it.
fn told(plan: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let one = |d: &Value| [&d["address"], &d["what"], &d["operation"], &d["who"]].map(text).join(" ");
    plan["drift"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn a_course_as_it_was_applied_has_no_drift_and_a_changed_spec_is_none() {
    let room = applied();
    let said = room.run("plan", &["--drift", "--detailed-exitcode"]).code(0);
    assert!(said.out.contains("No drift: nothing was changed outside Provost"), "{}", said.out);
    let more = "---\nkind: Vm\nname: third\nmachineType: e2-small\n";
    let text = format!("{COURSE}{APIS}{}{more}", SPECS.replace("tcp:80", "tcp:8080"));
    room.write("course.yaml", &text);
    let plan = room.run("plan", &["--drift", "--detailed-exitcode", "--format", "json"]).code(0).json();
    assert_eq!((told(&plan), &plan["untold"]), (Vec::new(), &json!(["FirewallRule/web"])));
}

/// A resource that is new, and whose API is off, is no drift and hides none.
#[tokio::test(flavor = "multi_thread")]
async fn what_holds_back_a_new_resource_says_nothing_of_drift() {
    let room = applied();
    let new = "---\nkind: Registry\nname: be\nformat: DOCKER\n";
    room.write("course.yaml", &format!("{COURSE}{APIS}{SPECS}{new}"));
    let said = room.run("plan", &["--drift", "--detailed-exitcode"]).code(0);
    assert!(!said.out.contains("refused"), "{}", said.out);
    room.cloud().await.delete("/compute/v1/projects/be-cloud-2526/global/firewalls/web").await;
    room.run("plan", &["--drift", "--detailed-exitcode"]).code(2);
}

#[tokio::test]
async fn what_others_changed_is_told_with_both_sides_and_who_did_it() {
    let room = applied();
    meddle(&room).await;
    let plan = room.run("plan", &["--drift", "--detailed-exitcode", "--format", "json"]).code(2).json();
    insta::assert_snapshot!(told(&plan).join("\n"), @r"
    IamGrant/viewers changed ? ?
    Bucket/be-cloud-2526-data changed ? ?
    Vm/backend changed setLabels owner@example.edu
    Vm/frontend deleted delete owner@example.edu
    ");
    let said = room.run("plan", &["--drift"]).code(0);
    let lines: Vec<&str> =
        said.out.lines().filter(|line| !line.contains(" by ") && !line.contains("last changed")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Drift of be-cloud in be-cloud-2526

    ~ changed  IamGrant/viewers
        grants[0].members: lacks user:bob@x.edu
        who did it and when is not known: its API does not tell

    ~ changed  Bucket/be-cloud-2526-data
        storageClass: spec STANDARD, live NEARLINE

    ~ changed  Vm/backend
        labels.team: spec owl, live cat

    - deleted  Vm/frontend
        it is gone

    Drift: 3 changed, 1 deleted. `provost apply` makes it as the specs say.
    ");
    assert!(said.out.contains("setLabels by owner@example.edu on 20"), "{}", said.out);
    assert!(said.out.contains("delete by owner@example.edu on 20"), "{}", said.out);
    assert!(said.out.contains("last changed on 20"), "{}", said.out);
}

#[tokio::test]
async fn an_apply_mends_drift_and_an_inventory_that_was_lost_is_drift() {
    let room = applied();
    meddle(&room).await;
    room.apply();
    room.run("plan", &["--drift", "--detailed-exitcode"]).code(0);
    let cloud = room.cloud().await;
    cloud.delete("/storage/v1/b/be-cloud-2526-provost/o/be-cloud%2Finventory.json").await;
    drop(cloud);
    // Grants bear no mark: theirs is a conflict.
    let plan = room.run("plan", &["--drift", "--detailed-exitcode", "--format", "json"]).code(4).json();
    let first = told(&plan);
    assert_eq!(first.len(), 4, "{first:?}");
    assert!(first.iter().all(|one| one.contains(" unrecorded ")), "{first:?}");
}

#[tokio::test]
async fn drift_that_stands_in_the_way_refuses_and_a_course_with_mistakes_is_none() {
    let room = applied();
    let cloud = room.cloud().await;
    let rule = "/compute/v1/projects/be-cloud-2526/global/firewalls/web";
    cloud.patch(rule, &json!({"description": "[provost other]"})).await;
    drop(cloud);
    let said = room.run("plan", &["--drift", "--detailed-exitcode"]).code(4);
    assert!(said.out.contains("it belongs to the course other"), "{}", said.out);
    room.write("course.yaml", "kind: Course\n");
    room.run("plan", &["--drift"]).code(1);
    room.run("plan", &["--drift", "--destroy"]).code(64);
}

#[tokio::test]
async fn a_secret_is_hidden_on_both_sides() {
    let specs = "---\nkind: Vm\nname: backend\nmachineType: e2-small\nmetadata: { api-token: spec-sesame }\n";
    let room = Room::with(&format!("{COURSE}{APIS}{specs}"));
    room.apply();
    let cloud = room.cloud().await;
    let vm = cloud.get(&format!("{ZONE}/backend")).await;
    let mut metadata = vm["metadata"].clone();
    for item in metadata["items"].as_array_mut().unwrap() {
        if item["key"] == "api-token" {
            item["value"] = json!("live-sesame");
        }
    }
    cloud.post(&format!("{ZONE}/backend/setMetadata"), &metadata).await;
    drop(cloud);
    for format in ["text", "json"] {
        let said = room.run("plan", &["--drift", "--detailed-exitcode", "--format", format]).code(2);
        assert!(!said.all().contains("sesame"), "{}", said.all());
    }
}
