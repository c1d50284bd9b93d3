//! `provost sweep` as a user runs it: what people made by hand is found and removed, what is somebody's stays.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{COURSE, Cloud, PROJECT, Room, Said, provost};

const ZONE: &str = "zones/europe-west1-b";
const OWN: &str = "---
kind: Vm
name: lab
machineType: e2-small
---
kind: Bucket
name: be-cloud-2526-lab
location: europe-west1
---
kind: IamGrant
name: students
on: project
roles: [roles/viewer]
members: ['user:student@x.edu']
";
const KEEP: &str = "keep: ['Vm/demo-*', 'Bucket/*-archive', 'user:prof@x.edu']\n";

fn compute(rest: &str) -> String {
    format!("/compute/v1/projects/{PROJECT}/{rest}")
}

fn room(more: &str) -> Room {
    Room::with(&format!("{COURSE}{KEEP}{more}"))
}

/// A room with a project in which the usual APIs are on.
async fn open(more: &str) -> Room {
    let room = room(more);
    let cloud = room.cloud().await;
    cloud.enable(&["compute", "storage", "iam", "artifactregistry"]).await;
    room
}

async fn machine(cloud: &Cloud, name: &str, more: &Value) {
    let image = "projects/debian-cloud/global/images/family/debian-12";
    let mut vm = json!({
        "name": name,
        "machineType": format!("{ZONE}/machineTypes/e2-small"),
        "labels": { "goog-ec-src": "vm_add-gcloud" },
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": image } }],
        "networkInterfaces": [{ "accessConfigs": [{ "type": "ONE_TO_ONE_NAT" }] }],
    });
    vm.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    cloud.post(&compute(&format!("{ZONE}/instances")), &vm).await;
}

async fn disk(cloud: &Cloud, name: &str) {
    cloud.post(&compute(&format!("{ZONE}/disks")), &json!({ "name": name, "sizeGb": "100" })).await;
}

async fn bucket(cloud: &Cloud, name: &str) {
    let body = json!({ "name": name, "location": "EU", "versioning": { "enabled": true } });
    cloud.post(&format!("/storage/v1/b?project={PROJECT}"), &body).await;
}

/// What students make with gcloud and in the console during a course.
async fn by_hand(cloud: &Cloud) {
    let disks = json!({ "disks": [
        { "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": "projects/debian-cloud/global/images/family/debian-12" } },
        { "source": compute(&format!("{ZONE}/disks/data")).replace("/compute/v1/", ""), "autoDelete": false },
    ] });
    disk(cloud, "data").await;
    machine(cloud, "mine", &disks).await;
    disk(cloud, "lost").await;
    for address in ["mine", "spare"] {
        cloud.post(&compute("regions/europe-west1/addresses"), &json!({ "name": address })).await;
    }
    cloud.post(&compute(&format!("{ZONE}/disks/data/createSnapshot")), &json!({ "name": "before" })).await;
    let source = format!("projects/{PROJECT}/{ZONE}/disks/lost");
    cloud.post(&compute("global/images"), &json!({ "name": "golden", "sourceDisk": source })).await;
    let rule = json!({ "name": "open-8501", "allowed": [{ "IPProtocol": "tcp", "ports": ["8501"] }], "sourceRanges": ["0.0.0.0/0"] });
    cloud.post(&compute("global/firewalls"), &rule).await;
    network(cloud).await;
    bucket(cloud, "be-cloud-2526-scratch").await;
    for content in ["one", "two"] {
        cloud.upload("be-cloud-2526-scratch", "notes.txt", content).await;
    }
    let repositories = format!("/v1/projects/{PROJECT}/locations/europe-west1/repositories");
    cloud.post(&format!("{repositories}?repositoryId=mine"), &json!({ "format": "DOCKER" })).await;
    let account = json!({ "accountId": "helper", "serviceAccount": { "displayName": "Helper" } });
    cloud.post(&format!("/v1/projects/{PROJECT}/serviceAccounts"), &account).await;
    cloud.grant("roles/editor", "user:friend@x.edu").await;
    let helper = format!("serviceAccount:helper@{PROJECT}.iam.gserviceaccount.com");
    cloud.grant("roles/storage.admin", &helper).await;
}

async fn network(cloud: &Cloud) {
    cloud.post(&compute("global/networks"), &json!({ "name": "side", "autoCreateSubnetworks": false })).await;
    let subnetwork = json!({ "name": "side-b", "network": format!("projects/{PROJECT}/global/networks/side"), "ipCidrRange": "10.9.0.0/24" });
    cloud.post(&compute("regions/europe-west1/subnetworks"), &subnetwork).await;
    let rule = json!({ "name": "side-ssh", "network": format!("projects/{PROJECT}/global/networks/side"), "allowed": [{ "IPProtocol": "tcp", "ports": ["22"] }] });
    cloud.post(&compute("global/firewalls"), &rule).await;
    let inside = json!({ "networkInterfaces": [{ "subnetwork": format!("projects/{PROJECT}/regions/europe-west1/subnetworks/side-b") }] });
    machine(cloud, "aside", &inside).await;
}

/// What patterns protect.
async fn protected(cloud: &Cloud) {
    machine(cloud, "demo-1", &json!({})).await;
    bucket(cloud, "be-cloud-2526-archive").await;
    cloud.upload("be-cloud-2526-archive", "thesis.pdf", "words").await;
    cloud.grant("roles/editor", "user:prof@x.edu").await;
}

/// Everything in the project, without what every write of a policy moves and what the sandbox notes for itself: the last
/// generation of an object, and accounts that could be undeleted.
fn contents(room: &Room) -> BTreeMap<String, Value> {
    let mut all = room.resources();
    all.retain(|path, _| path != "storage/lastGeneration" && !path.contains("/deleted/"));
    for (path, policy) in &mut all {
        if let Some(policy) = policy.as_object_mut().filter(|_| path.starts_with("policies/")) {
            policy.retain(|key, _| key == "bindings");
        }
    }
    all
}

fn delete(room: &Room, more: &[&str]) -> Said {
    let mut flags = vec!["--delete", "--yes-delete-in", PROJECT];
    flags.extend(more);
    room.run("sweep", &flags)
}

fn verdicts(said: &Said, verdict: &str) -> Vec<String> {
    let found = said.json();
    let rows = found["found"].as_array().unwrap().iter().filter(|row| row["verdict"] == verdict);
    rows.map(|row| row["address"].as_str().unwrap().to_owned()).collect()
}

fn row(said: &Said, address: &str) -> Value {
    let found = said.json();
    let row = found["found"].as_array().unwrap().iter().find(|row| row["address"] == address);
    row.unwrap_or_else(|| panic!("no {address}: {found}")).clone()
}

#[tokio::test]
async fn after_destroy_and_sweep_a_project_holds_what_a_new_one_holds_and_what_is_kept() {
    let room = open(OWN).await;
    let new = contents(&room);
    let cloud = room.cloud().await;
    protected(&cloud).await;
    drop(cloud);
    let kept = contents(&room);
    assert!(kept.len() > new.len());
    let cloud = room.cloud().await;
    by_hand(&cloud).await;
    drop(cloud);
    room.apply();
    room.run("destroy", &["--yes"]).code(0);
    assert!(contents(&room).len() > kept.len() + 15, "{:?}", contents(&room).keys());
    let said = delete(&room, &[]).code(0);
    assert!(said.out.contains("steps done."), "{}", said.out);
    room.run("history", &["--delete", "--yes"]).code(0);
    similar(&contents(&room), &kept);
    let again = room.run("sweep", &["--format", "json"]).code(0);
    assert_eq!(verdicts(&again, "remove"), [] as [String; 0]);
}

/// Stops the test at the first difference: the whole is too long to read.
#[track_caller]
fn similar(left: &BTreeMap<String, Value>, right: &BTreeMap<String, Value>) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    for (path, value) in left {
        assert_eq!(Some(value), right.get(path), "{path}");
    }
}

#[tokio::test]
async fn a_list_names_orphans_makers_and_reasons_and_deletes_nothing() {
    let room = open(OWN).await;
    let cloud = room.cloud().await;
    by_hand(&cloud).await;
    protected(&cloud).await;
    drop(cloud);
    room.apply();
    let before = contents(&room);
    let said = room.run("sweep", &["--format", "json"]).code(0);
    similar(&contents(&room), &before);
    insta::assert_snapshot!(verdicts(&said, "remove").join("\n"), @r"
    Vm/aside
    Vm/mine
    Disk/aside
    Disk/data
    Disk/lost
    Disk/mine
    Address/mine
    Address/spare
    Snapshot/before
    Image/golden
    FirewallRule/open-8501
    FirewallRule/side-ssh
    Subnetwork/side-b
    Network/side
    Bucket/be-cloud-2526-scratch
    Registry/mine
    ServiceAccount/helper
    IamGrant/roles/editor for user:friend@x.edu
    IamGrant/roles/storage.admin for serviceAccount:helper@be-cloud-2526.iam.gserviceaccount.com
    ");
    insta::assert_snapshot!(verdicts(&said, "keep").join("\n"), @r"
    Vm/demo-1
    Bucket/be-cloud-2526-archive
    IamGrant/roles/editor for user:prof@x.edu
    ");
    let seen = |address: &str, key: &str| row(&said, address)[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(seen("Disk/lost", "reason"), "orphaned: no machine uses it");
    assert_eq!(seen("Disk/data", "reason"), "only Vm/mine uses it, which goes");
    assert_eq!(seen("Disk/mine", "reason"), "goes with Vm/mine");
    assert_eq!(seen("Disk/demo-1", "reason"), "Vm/demo-1 uses it, and stays");
    assert_eq!(seen("Address/spare", "reason"), "reserved and in no use");
    assert_eq!(seen("Vm/mine", "creator"), "owner@example.edu with gcloud");
    assert_eq!(seen("Vm/lab", "reason"), "it belongs to the course be-cloud");
    assert_eq!(seen("Bucket/be-cloud-2526-scratch", "details"), "2 objects, 6 B, eu, standard");
    assert_eq!(seen("IamGrant/roles/owner for user:owner@example.edu", "verdict"), "leave");
    assert_eq!(
        seen("IamGrant/roles/viewer for user:student@x.edu", "reason"),
        "it belongs to the course be-cloud"
    );
    assert_eq!(seen("Bucket/be-cloud-2526-provost", "reason"), "it holds the inventories of Provost");
    let text = room.run("sweep", &[]).code(0).out;
    for part in
        ["Disk/lost", "orphaned", "Left alone", "kept by `Vm/demo-*`", "run this again with `--delete`"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn another_course_and_its_grants_are_nobodys_to_sweep() {
    let room = open("").await;
    let other = Room::with(&format!("{}{OWN}", COURSE.replace("name: be-cloud", "name: other")));
    let state = format!("--sandbox={}", room.state().display());
    provost(&["apply", other.course(), &state, "--yes"]).code(0);
    let said = provost(&["sweep", &state, "--project", PROJECT, "--format", "json"]).code(0);
    assert_eq!(verdicts(&said, "remove"), [] as [String; 0]);
    assert_eq!(row(&said, "Vm/lab")["reason"], "it belongs to the course other");
    assert_eq!(
        row(&said, "IamGrant/roles/viewer for user:student@x.edu")["reason"],
        "it belongs to the course other"
    );
}

#[tokio::test]
async fn an_inventory_that_cannot_be_read_stops_a_sweep() {
    let room = open("").await;
    let cloud = room.cloud().await;
    bucket(&cloud, "be-cloud-2526-provost").await;
    cloud.upload("be-cloud-2526-provost", "other%2Finventory.json", "{}").await;
    disk(&cloud, "lost").await;
    drop(cloud);
    let said = delete(&room, &[]).code(1);
    assert!(
        said.err.contains("gs://be-cloud-2526-provost/other/inventory.json is no inventory"),
        "{}",
        said.err
    );
    assert!(room.find("disks/lost").is_some());
}

#[tokio::test]
async fn what_stays_keeps_what_it_uses() {
    let room = open("").await;
    let cloud = room.cloud().await;
    let account = json!({ "accountId": "helper" });
    cloud.post(&format!("/v1/projects/{PROJECT}/serviceAccounts"), &account).await;
    let runs_as = json!({ "serviceAccounts": [{ "email": format!("helper@{PROJECT}.iam.gserviceaccount.com"), "scopes": [] }] });
    machine(&cloud, "demo-2", &runs_as).await;
    drop(cloud);
    let said = delete(&room, &["--format", "json"]).code(0);
    assert_eq!(verdicts(&said, "remove"), [] as [String; 0]);
    assert_eq!(row(&said, "ServiceAccount/helper")["reason"], "Vm/demo-2 uses it, and stays");
    let kept = provost(&[
        "sweep",
        room.course(),
        &format!("--sandbox={}", room.state().display()),
        "--keep",
        "Disk/demo-2",
        "--format=json",
    ]);
    assert_eq!(row(&kept.code(0), "Disk/demo-2")["reason"], "kept by `Disk/demo-2`");
}

#[tokio::test]
async fn a_machine_whose_disk_is_kept_stays() {
    let room = open("").await;
    let cloud = room.cloud().await;
    machine(&cloud, "mine", &json!({})).await;
    drop(cloud);
    let said = delete(&room, &["--keep", "Disk/mine", "--format", "json"]).code(0);
    assert_eq!(
        row(&said, "Vm/mine")["reason"],
        "Disk/mine would go with it, which stays: kept by `Disk/mine`"
    );
    assert!(room.find("instances/mine").is_some());
}

#[tokio::test]
async fn a_protected_machine_is_refused_with_what_to_type() {
    let room = open("").await;
    let cloud = room.cloud().await;
    machine(&cloud, "mine", &json!({ "deletionProtection": true })).await;
    disk(&cloud, "lost").await;
    drop(cloud);
    let said = delete(&room, &[]).code(4);
    for part in
        ["refused[protected] Vm/mine", "--keep Vm/mine", "--no-deletion-protection --project be-cloud-2526"]
    {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(room.find("disks/lost").is_some());
    delete(&room, &["--keep", "Vm/mine"]).code(0);
    assert!(room.find("disks/lost").is_none() && room.find("instances/mine").is_some());
}

#[tokio::test]
async fn the_young_and_what_has_no_age_stay_if_an_age_is_asked_for() {
    let room = open("").await;
    let cloud = room.cloud().await;
    disk(&cloud, "lost").await;
    cloud.grant("roles/editor", "user:friend@x.edu").await;
    drop(cloud);
    let said = delete(&room, &["--older-than", "2d", "--format", "json"]).code(0);
    assert_eq!(row(&said, "Disk/lost")["reason"], "younger than 2d");
    let grant = row(&said, "IamGrant/roles/editor for user:friend@x.edu");
    assert_eq!(grant["reason"], "no API tells how old it is, so `--older-than` leaves it");
    delete(&room, &["--older-than", "0s"]).code(0);
    assert!(room.find("disks/lost").is_none());
}

#[tokio::test]
async fn whoever_says_yes_beforehand_names_the_project() {
    let room = open("").await;
    let cloud = room.cloud().await;
    disk(&cloud, "lost").await;
    drop(cloud);
    let wrong = room.run("sweep", &["--delete", "--yes-delete-in", "be-cloud-2627"]).code(4);
    assert!(wrong.err.contains("does not name be-cloud-2526"), "{}", wrong.err);
    let nobody = room.run("sweep", &["--delete"]).code(64);
    assert!(nobody.err.contains("--yes-delete-in be-cloud-2526"), "{}", nobody.err);
    room.run("sweep", &["--yes-delete-in", PROJECT]).code(64);
    assert!(room.find("disks/lost").is_some());
}

#[tokio::test]
async fn a_key_of_an_account_that_stays_goes_and_owners_do_not() {
    let room = open("---\nkind: ServiceAccount\nname: ci-bot\n").await;
    room.apply();
    let cloud = room.cloud().await;
    let account = format!("/v1/projects/{PROJECT}/serviceAccounts/ci-bot@{PROJECT}.iam.gserviceaccount.com");
    let key = cloud.post(&format!("{account}/keys"), &json!({})).await;
    let key = key["name"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let user = json!({ "policy": { "bindings": [{ "role": "roles/iam.serviceAccountUser", "members": ["user:friend@x.edu"] }] } });
    cloud.post(&format!("{account}:setIamPolicy"), &user).await;
    cloud.grant("roles/resourcemanager.projectIamAdmin", "user:assistant@x.edu").await;
    drop(cloud);
    let said = delete(&room, &["--format", "json"]).code(0);
    let gone = [
        format!("ServiceAccountKey/ci-bot/{key}"),
        "IamGrant/roles/iam.serviceAccountUser for user:friend@x.edu".into(),
    ];
    assert_eq!(verdicts(&said, "remove"), gone);
    assert!(room.find(&key).is_none() && room.find("ci-bot@be-cloud-2526.iam.gserviceaccount.com").is_some());
    assert_eq!(room.members("roles/owner"), ["user:owner@example.edu"]);
    assert_eq!(room.members("roles/resourcemanager.projectIamAdmin"), ["user:assistant@x.edu"]);
}

#[tokio::test]
async fn nothing_is_in_a_project_whose_apis_are_off() {
    let room = room("");
    let said = room.run("sweep", &["--format", "json"]).code(0);
    assert_eq!(verdicts(&said, "remove"), [] as [String; 0]);
    let text = room.run("sweep", &["--delete", "--yes-delete-in", PROJECT]).code(0).out;
    assert!(text.contains("Nothing to delete."), "{text}");
}

#[tokio::test]
async fn a_pattern_that_fits_nothing_is_a_finding() {
    let room = Room::with(&format!("{COURSE}keep: [demo-1, prof@x.edu]\n"));
    let said = room.run("sweep", &[]).code(1);
    for part in ["it fits nothing", "user:prof@x.edu"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let flag = provost(&["sweep", room.course(), "--keep", "demo-1"]).code(64);
    assert!(flag.err.contains("Vm/demo-*"), "{}", flag.err);
}

#[tokio::test]
async fn a_sweep_ends_although_every_call_fails_once() {
    let room = open("").await;
    let new = contents(&room);
    let cloud = room.cloud().await;
    by_hand(&cloud).await;
    drop(cloud);
    room.write("../faults.yaml", "faults: [{ method: '*', times: 1, each: true, status: { code: 503 } }]\n");
    let faults = format!("{}/../faults.yaml", room.course());
    let sandbox = format!("--sandbox={}", room.state().display());
    let flags = ["--project", PROJECT, "--delete", "--yes-delete-in", PROJECT, "--faults", &faults];
    provost(&[&["sweep", &sandbox], &flags[..]].concat()).code(0);
    similar(&contents(&room), &new);
}

#[tokio::test]
async fn whoever_may_not_see_everything_sweeps_nothing() {
    let room = open("").await;
    let cloud = room.cloud().await;
    disk(&cloud, "lost").await;
    drop(cloud);
    let message = "Required 'compute.disks.list' permission for 'projects/be-cloud-2526'";
    let denied = format!(
        "faults: [{{ method: compute.disks.aggregatedList, status: {{ code: 403, message: \"{message}\" }} }}]\n"
    );
    room.write("../faults.yaml", &denied);
    let said = delete(&room, &["--faults", &format!("{}/../faults.yaml", room.course())]).code(1);
    for part in ["the project could not be read", "help:", "roles/compute.instanceAdmin.v1"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    assert!(room.find("disks/lost").is_some());
}

/// Three times as many disks are as many calls; a policy is written once for all who go.
#[tokio::test]
async fn calls_follow_collections() {
    let room = open("").await;
    let cloud = room.cloud().await;
    for i in 0..30 {
        disk(&cloud, &format!("lost-{i}")).await;
        cloud.grant("roles/viewer", &format!("user:friend-{i}@x.edu")).await;
    }
    drop(cloud);
    let log = room.state().with_extension("log");
    room.run("sweep", &["--log-file", log.to_str().unwrap()]).code(0);
    let lines = fs_err::read_to_string(&log).unwrap();
    let calls: Vec<&str> = lines.lines().filter(|line| line.contains("\"status\":200")).collect();
    let repositories = calls.iter().filter(|line| line.contains("/repositories")).count();
    assert!(calls.len() - repositories < 25, "{} calls: {lines}", calls.len() - repositories);
    delete(&room, &["--log-file", log.to_str().unwrap()]).code(0);
    let lines = fs_err::read_to_string(&log).unwrap();
    assert_eq!(lines.lines().filter(|line| line.contains(":setIamPolicy")).count(), 1, "{lines}");
}
