//! What is not ours stays as it is, byte for byte; what is ours goes when it is declared no more; and how things change hands.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{APIS, COURSE, Cloud, PROJECT, Room, Said};

const ZONE: &str = "/compute/v1/projects/be-cloud-2526/zones/europe-west1-b";
const RULES: &str = "/compute/v1/projects/be-cloud-2526/global/firewalls";
const PAUL: &str = "user:paul@example.edu";

/// What a course of the same names would declare.
const CLAIMS: &str = "---
kind: Vm
name: hand-vm
machineType: e2-small
---
kind: Bucket
name: hand-bucket
location: europe-west1
onDestroy: empty
---
kind: FirewallRule
name: hand-rule
allow: [tcp:4000]
---
kind: IamGrant
name: hand-grant
on: project
roles: [roles/viewer]
members: [user:paul@example.edu]
";
const CLAIMED: [&str; 4] =
    ["Vm/hand-vm", "Bucket/hand-bucket", "FirewallRule/hand-rule", "IamGrant/hand-grant"];

/// A course of its own beside it.
const OWN: &str = "---
kind: Vm
name: own-vm
machineType: e2-small
---
kind: Bucket
name: own-bucket-2526
onDestroy: empty
---
kind: FirewallRule
name: own-rule
allow: [tcp:8501]
---
kind: IamGrant
name: own-grant
on: project
roles: [roles/viewer]
members: [user:anna@example.edu]
";

fn course(documents: &str) -> String {
    format!("{COURSE}inventory: inventory.json\n{APIS}{documents}")
}

fn vm(name: &str, labels: &Value) -> Value {
    json!({
        "name": name,
        "machineType": "zones/europe-west1-b/machineTypes/e2-small",
        "labels": labels,
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": {
            "sourceImage": "projects/debian-cloud/global/images/family/debian-12" } }],
        "networkInterfaces": [{ "accessConfigs": [{ "type": "ONE_TO_ONE_NAT", "name": "external-nat" }] }],
    })
}

/// Makes one of each by hand.
async fn by_hand(cloud: &Cloud) {
    cloud.enable(&["compute"]).await;
    cloud.post(&format!("{ZONE}/instances"), &vm("hand-vm", &json!({}))).await;
    cloud
        .post(
            &format!("/storage/v1/b?project={PROJECT}"),
            &json!({ "name": "hand-bucket", "location": "EUROPE-WEST1",
        "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": true } } }),
        )
        .await;
    cloud.upload("hand-bucket", "notes.txt", "mine").await;
    cloud
        .post(RULES, &json!({ "name": "hand-rule", "allowed": [{ "IPProtocol": "tcp", "ports": ["4000"] }] }))
        .await;
    cloud.grant("roles/viewer", PAUL).await;
}

/// The documents made by hand.
fn foreign(room: &Room) -> BTreeMap<String, String> {
    let all = room.resources().into_iter().filter(|(path, _)| path.contains("hand-"));
    all.map(|(path, document)| (path, document.to_string())).collect()
}

/// The messages and remedies of the conflicts in a plan.
fn conflicts(plan: &Said) -> Vec<(String, String)> {
    let report = plan.json()["report"].as_array().unwrap().clone();
    let conflicts = report.iter().filter(|f| f["code"] == "conflict" && f["severity"] == "refusal");
    let text = |f: &Value, key: &str| f[key].as_str().unwrap().to_owned();
    conflicts.map(|f| (text(f, "address"), text(f, "help"))).collect()
}

fn bucket_labels(room: &Room, bucket: &str) -> Value {
    room.resources()[&format!("storage/b/{bucket}")]["bucket"]["labels"].clone()
}

fn entries(room: &Room) -> Vec<String> {
    let record: Value = serde_json::from_str(&room.read("inventory.json")).unwrap();
    record["entries"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn what_was_made_by_hand_is_left_as_it_is_by_apply_and_destroy() {
    let room = Room::with(&course(OWN));
    by_hand(&room.cloud().await).await;
    let before = foreign(&room);
    assert!(before.len() >= 5, "a machine with its disk, a bucket with an object, a rule: {before:?}");

    room.apply();
    assert_eq!(foreign(&room), before);
    assert!(room.members("roles/viewer").contains(&json!(PAUL)));
    room.run("destroy", &["--yes"]).code(0);

    assert_eq!(foreign(&room), before);
    assert_eq!(room.members("roles/viewer"), [json!(PAUL)]);
    assert!(room.find("services/compute.googleapis.com").is_some(), "it was on before the course");
    assert!(room.find("instances/own-vm").is_none());
}

#[tokio::test]
async fn what_exists_unmarked_is_a_conflict_that_says_how_to_adopt_it() {
    let room = Room::with(&course(CLAIMS));
    by_hand(&room.cloud().await).await;
    let before = room.resources();

    let plan = room.run("plan", &["--format", "json"]).code(4);
    let told: BTreeMap<String, String> = conflicts(&plan).into_iter().collect();
    for address in CLAIMED {
        assert!(told[address].contains(&format!("--adopt {address}")), "{told:?}");
    }
    let applied = room.run("apply", &["--yes"]).code(4);
    assert!(applied.out.contains("--adopt Vm/hand-vm"), "{}", applied.out);
    assert_eq!(room.resources(), before, "a refused apply changes nothing");
}

#[tokio::test]
async fn what_is_adopted_becomes_ours_converges_and_is_destroyed() {
    let room = Room::with(&course(CLAIMS));
    by_hand(&room.cloud().await).await;
    let flags = CLAIMED.iter().flat_map(|address| ["--adopt", address]);
    let flags: Vec<&str> = flags.chain(["--yes"]).collect();

    room.run("apply", &flags).code(0);
    room.converged();
    assert_eq!(room.resource("instances/hand-vm")["labels"]["provost-course"], "be-cloud");
    assert_eq!(bucket_labels(&room, "hand-bucket")["managed-by"], "provost");
    let rule = room.resource("firewalls/hand-rule");
    assert!(rule["description"].as_str().unwrap().ends_with("[provost be-cloud]"), "{rule}");

    room.run("destroy", &["--yes"]).code(0);
    assert_eq!(foreign(&room), BTreeMap::new());
    assert!(room.members("roles/viewer").is_empty());
}

#[test]
fn several_kinds_of_change_to_one_resource_are_one_update() {
    let registry = |about: &str, team: &str| {
        let apis = "---\nkind: ApiServices\nname: ar\nservices: [artifactregistry.googleapis.com]\n";
        course(&format!(
            "{apis}---\nkind: Registry\nname: images\ndescription: {about}\nlabels: {{ team: {team} }}\n"
        ))
    };
    let room = Room::with(&registry("first", "owls"));
    room.apply();
    room.write("course.yaml", &registry("second", "pandas"));
    room.apply();
    room.converged();
    let live = room.resource("repositories/images");
    assert_eq!((&live["description"], &live["labels"]["team"]), (&json!("second"), &json!("pandas")));
}

#[tokio::test]
async fn what_another_course_owns_is_a_conflict_even_with_adopt() {
    let room = Room::with(&course(CLAIMS));
    let cloud = room.cloud().await;
    cloud.enable(&["compute"]).await;
    let marks = json!({ "managed-by": "provost", "provost-course": "another" });
    cloud.post(&format!("{ZONE}/instances"), &vm("hand-vm", &marks)).await;
    let before = foreign(&room);

    let plan = room.run("plan", &["--format", "json", "--adopt", "Vm/hand-vm"]).code(4);
    let told = conflicts(&plan);
    let [(address, help)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(address, "Vm/hand-vm");
    assert!(!help.contains("--adopt"), "{help}");
    assert!(plan.out.contains("belongs to the course another"));
    room.run("apply", &["--yes", "--adopt", "Vm/hand-vm"]).code(4);
    room.run("destroy", &["--yes"]).code(0);
    assert_eq!(foreign(&room), before);
}

#[test]
fn what_is_declared_no_more_is_deleted_by_the_next_apply() {
    let room = Room::with(&course(OWN));
    room.apply();
    room.write("course.yaml", &course(""));

    let plan = room.run("plan", &["--format", "json", "--detailed-exitcode"]).code(2).json();
    assert_eq!(plan["summary"]["delete"], 4);
    room.apply();
    room.converged();
    for gone in ["instances/own-vm", "disks/own-vm", "storage/b/own-bucket-2526", "firewalls/own-rule"] {
        assert!(room.find(gone).is_none(), "{gone}");
    }
    assert!(room.members("roles/viewer").is_empty());
    assert_eq!(entries(&room), ["ApiServices/apis"]);
}

#[test]
fn what_is_released_stays_without_mark_and_entry() {
    let room = Room::with(&course(OWN));
    room.apply();
    room.write("course.yaml", &course(""));
    let released = ["Vm/own-vm", "Bucket/own-bucket-2526", "FirewallRule/own-rule", "IamGrant/own-grant"];
    let flags = released.iter().flat_map(|address| ["--release", address]);
    let flags: Vec<&str> = flags.chain(["--yes"]).collect();

    room.run("apply", &flags).code(0);
    room.converged();
    assert_eq!(entries(&room), ["ApiServices/apis"]);
    assert!(is_empty(&room.resource("instances/own-vm")["labels"]));
    assert!(is_empty(&bucket_labels(&room, "own-bucket-2526")));
    assert_eq!(room.resource("firewalls/own-rule")["description"].as_str().unwrap_or_default(), "");
    assert_eq!(room.members("roles/viewer"), ["user:anna@example.edu"]);
}

#[test]
fn a_spec_that_still_stands_cannot_be_released() {
    let room = Room::with(&course(OWN));
    room.apply();
    let plan = room.run("plan", &["--release", "Vm/own-vm"]).code(4);
    assert!(plan.out.contains("remove its spec first"), "{}", plan.out);
}

#[tokio::test]
async fn a_bucket_with_content_is_destroyed_only_where_its_spec_says_so() {
    let bucket = "---\nkind: Bucket\nname: own-bucket-2526\n";
    let room = Room::with(&course(bucket));
    room.apply();
    let cloud = room.cloud().await;
    for name in ["a.txt", "b.txt", "c.txt"] {
        cloud.upload("own-bucket-2526", name, name).await;
    }

    let refused = room.run("destroy", &["--yes"]).code(4);
    assert!(refused.out.contains("it holds 3 objects and is not deleted"), "{}", refused.out);
    assert!(room.find("storage/b/own-bucket-2526").is_some());

    room.write("course.yaml", &course(&format!("{bucket}onDestroy: empty\n")));
    let destroyed = room.run("destroy", &["--yes"]).code(0);
    assert!(destroyed.out.contains("3 objects in it: deleted with it"), "{}", destroyed.out);
    assert!(room.find("storage/b/own-bucket-2526").is_none());
}

#[test]
fn a_protected_machine_is_not_destroyed() {
    let machine = |on: &str| {
        course(&format!("---\nkind: Vm\nname: exam\nmachineType: e2-small\ndeletionProtection: {on}\n"))
    };
    let room = Room::with(&machine("true"));
    room.apply();
    let refused = room.run("destroy", &["--yes"]).code(4);
    assert!(refused.out.contains("deletion protection is on"), "{}", refused.out);
    assert!(room.find("instances/exam").is_some());

    room.write("course.yaml", &machine("false"));
    room.apply();
    room.run("destroy", &["--yes"]).code(0);
    assert!(room.find("instances/exam").is_none());
}

fn shared(labels: &str, metadata: &str, tags: &str, member: &str) -> String {
    course(&format!(
        "---
kind: Vm
name: shared
machineType: e2-small
labels: {labels}
metadata: {metadata}
tags: {tags}
---
kind: IamGrant
name: readers
on: project
roles: [roles/browser]
members: [{member}]
"
    ))
}

/// What others write beside us: labels of Google's services, keys of gcloud, tags, members.
async fn others_write(cloud: &Cloud) {
    let path = format!("{ZONE}/instances/shared");
    let live = cloud.get(&path).await;
    let mut labels = live["labels"].clone();
    labels["goog-x"] = json!("1");
    let fingerprint = &live["labelFingerprint"];
    cloud
        .post(&format!("{path}/setLabels"), &json!({ "labels": labels, "labelFingerprint": fingerprint }))
        .await;
    let mut items = live["metadata"]["items"].as_array().unwrap().clone();
    items.push(json!({ "key": "ssh-keys", "value": "paul:ssh-ed25519 AAAA paul" }));
    let fingerprint = &live["metadata"]["fingerprint"];
    cloud.post(&format!("{path}/setMetadata"), &json!({ "items": items, "fingerprint": fingerprint })).await;
    let mut tags = live["tags"]["items"].as_array().unwrap().clone();
    tags.push(json!("theirs"));
    let fingerprint = &live["tags"]["fingerprint"];
    cloud.post(&format!("{path}/setTags"), &json!({ "items": tags, "fingerprint": fingerprint })).await;
    cloud.grant("roles/browser", PAUL).await;
}

fn is_empty(labels: &Value) -> bool {
    labels.as_object().is_none_or(serde_json::Map::is_empty)
}

fn metadata(instance: &Value) -> BTreeMap<String, String> {
    let items = instance["metadata"]["items"].as_array().cloned().unwrap_or_default();
    let text = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
    items.iter().map(|item| (text(item, "key"), text(item, "value"))).collect()
}

#[tokio::test]
async fn what_others_write_beside_us_is_no_drift_and_survives_our_updates() {
    let room = Room::with(&shared(
        "{ team: owls, old: x }",
        "{ colour: red, old: x }",
        "[web, old]",
        "user:anna@example.edu",
    ));
    room.apply();
    others_write(&room.cloud().await).await;
    room.converged();

    room.write(
        "course.yaml",
        &shared("{ team: pandas }", "{ colour: blue }", "[web, new]", "user:bob@example.edu"),
    );
    room.apply();
    room.converged();
    let live = room.resource("instances/shared");
    let labels =
        json!({ "goog-x": "1", "managed-by": "provost", "provost-course": "be-cloud", "team": "pandas" });
    assert_eq!(live["labels"], labels);
    assert_eq!(
        metadata(&live),
        BTreeMap::from([
            ("colour".to_owned(), "blue".to_owned()),
            ("ssh-keys".to_owned(), "paul:ssh-ed25519 AAAA paul".to_owned()),
        ])
    );
    let mut tags: Vec<Value> = live["tags"]["items"].as_array().unwrap().clone();
    tags.sort_by_key(ToString::to_string);
    assert_eq!(tags, ["new", "theirs", "web"]);
    assert_eq!(room.members("roles/browser"), [json!("user:bob@example.edu"), json!(PAUL)]);
}

#[test]
fn a_field_dropped_altogether_takes_our_keys_with_it() {
    let room = Room::with(&shared("{ team: owls }", "{ colour: red }", "[web]", "user:anna@example.edu"));
    room.apply();
    room.write("course.yaml", &course("---\nkind: Vm\nname: shared\nmachineType: e2-small\n"));
    room.apply();
    room.converged();
    let live = room.resource("instances/shared");
    assert_eq!(live["labels"], json!({ "managed-by": "provost", "provost-course": "be-cloud" }));
    assert!(metadata(&live).is_empty(), "{live}");
    assert!(live["tags"]["items"].as_array().is_none_or(Vec::is_empty), "{live}");
    assert!(room.members("roles/browser").is_empty());
}

#[test]
fn a_machine_that_becomes_a_container_machine_converges() {
    let room = Room::with(&course("---\nkind: Vm\nname: app\nmachineType: e2-small\n"));
    room.apply();
    let id = room.resource("instances/app")["id"].clone();
    let container =
        "---\nkind: ContainerVm\nname: app\nmachineType: e2-small\ncontainers: [{ image: nginx:1 }]\n";
    room.write("course.yaml", &course(container));

    room.apply();
    room.converged();
    let live = room.resource("instances/app");
    assert_ne!(live["id"], id, "another image is another machine");
    assert!(metadata(&live)["user-data"].contains("nginx:1"));
    assert_eq!(entries(&room), ["ApiServices/apis", "ContainerVm/app"]);
    room.run("destroy", &["--yes"]).code(0);
    assert!(room.find("instances/app").is_none());
}

#[tokio::test]
async fn what_cannot_be_seen_is_neither_made_again_nor_forgotten() {
    let room = Room::with(&course(OWN));
    room.apply();
    let known = entries(&room);
    let cloud = room.cloud().await;
    let service = format!("/v1/projects/{PROJECT}/services/compute.googleapis.com");
    let off = json!({ "disableDependentServices": true });
    cloud.post(&format!("{service}:disable"), &off).await;

    for command in ["apply", "destroy"] {
        let said = room.run(command, &["--yes"]).code(4);
        assert!(said.out.contains("compute.googleapis.com was turned off"), "{}", said.out);
        assert_eq!(entries(&room), known);
    }
    cloud.post(&format!("{service}:enable"), &Value::Null).await;
    room.converged();
    room.run("destroy", &["--yes"]).code(0);
    assert!(room.find("instances/own-vm").is_none());
}

#[tokio::test]
async fn an_exclusive_grant_shows_whom_it_removes_and_converges_at_once() {
    let grant = "---
kind: IamGrant
name: readers
on: project
roles: [roles/browser, roles/viewer]
members: [user:anna@example.edu]
exclusive: true
";
    let room = Room::with(&course(grant));
    let cloud = room.cloud().await;
    cloud.enable(&["compute"]).await;
    cloud.grant("roles/viewer", PAUL).await;
    let agent = "serviceAccount:service-1@gcp-sa-x.iam.gserviceaccount.com";
    cloud.grant("roles/viewer", agent).await;

    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    let change =
        plan["changes"].as_array().unwrap().iter().find(|c| c["address"] == "IamGrant/readers").unwrap();
    assert_eq!(change["action"], "update");
    assert!(change["fields"].to_string().contains(PAUL), "{change}");
    room.apply();
    room.converged();
    assert_eq!(room.members("roles/viewer"), [agent, "user:anna@example.edu"]);
    assert_eq!(room.members("roles/browser"), ["user:anna@example.edu"]);

    cloud.grant("roles/browser", PAUL).await;
    room.run("plan", &["--detailed-exitcode"]).code(2);
    room.apply();
    assert_eq!(room.members("roles/browser"), ["user:anna@example.edu"]);
    room.run("destroy", &["--yes"]).code(0);
    assert_eq!(room.members("roles/viewer"), [agent]);
}

#[test]
fn a_lost_inventory_of_marked_resources_is_rebuilt() {
    let room = Room::with(&course(OWN));
    room.apply();
    let known = entries(&room);
    room.remove("inventory.json");

    let marked = &OWN[..OWN.find("---\nkind: IamGrant").unwrap()];
    room.write("course.yaml", &course(marked));
    room.converged();
    room.apply();
    let rebuilt = entries(&room);
    for address in ["Vm/own-vm", "Bucket/own-bucket-2526", "FirewallRule/own-rule"] {
        assert!(known.iter().any(|a| a == address) && rebuilt.iter().any(|a| a == address), "{rebuilt:?}");
    }
    room.write("course.yaml", &course(""));
    room.apply();
    assert!(room.find("instances/own-vm").is_none());
}

#[test]
fn a_marked_resource_that_nobody_remembers_goes_with_the_course() {
    let room = Room::with(&course(OWN));
    room.apply();
    room.remove("inventory.json");
    room.write("course.yaml", &course(""));
    room.run("destroy", &["--yes"]).code(0);
    for gone in ["instances/own-vm", "storage/b/own-bucket-2526", "firewalls/own-rule"] {
        assert!(room.find(gone).is_none(), "{gone}");
    }
}
