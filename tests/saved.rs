//! Saved plans as their users meet them: what `plan --out` writes, what `apply FILE` does with it, and what it refuses and names.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;

use serde_json::{Value, json};
use support::{APIS, COURSE, PROJECT, Room, Said, program, run};

const RULE: &str = "---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
";
const VM: &str = "---
kind: Vm
name: demo
machineType: e2-small
labels: { team: owl }
";

fn room(documents: &str) -> Room {
    Room::with(&course(documents))
}

fn course(documents: &str) -> String {
    format!("{COURSE}{APIS}{documents}")
}

/// The file of the saved plan.
fn file(room: &Room) -> PathBuf {
    room.state().with_file_name("plan.json")
}

/// Plans into the file.
#[track_caller]
fn save(room: &Room, flags: &[&str]) -> Value {
    save_to(room, flags, 0)
}

#[track_caller]
fn save_to(room: &Room, flags: &[&str], code: i32) -> Value {
    let file = file(room);
    let all = [&["--out", file.to_str().unwrap()], flags].concat();
    room.run("plan", &all).code(code);
    serde_json::from_str(&fs_err::read_to_string(file).unwrap()).unwrap()
}

/// Applies the file, with nothing said besides.
fn apply(room: &Room, flags: &[&str]) -> Said {
    run(program(&["apply", file(room).to_str().unwrap(), "--yes"]).args(flags))
}

/// Refused, with the lines that say what moved.
#[track_caller]
fn refused(room: &Room) -> String {
    let before = room.resources();
    let said = apply(room, &[]).code(4);
    let key = |path: &String| !path.contains("/operations/");
    assert!(
        before.into_iter().filter(|(p, _)| key(p)).eq(room.resources().into_iter().filter(|(p, _)| key(p)))
    );
    said.out
}

#[test]
fn a_saved_plan_is_carried_out_once_and_is_stale_from_then_on() {
    let room = room(&format!("{RULE}{VM}"));
    let saved = save(&room, &[]);
    assert_eq!((&saved["format"], &saved["version"]), (&json!("provost-plan"), &json!(1)));
    assert_eq!(saved["summary"]["create"], 3);
    assert_eq!(saved["basis"]["seen"][2], json!({"address": "Vm/demo", "live": null}));
    let said = apply(&room, &[]).code(0);
    assert!(said.out.contains("Plan: 3 to create"), "{said:?}");
    room.converged();
    let told = refused(&room);
    assert!(told.contains("refused[inventory-moved] Vm/demo: inventory: another run took it in"), "{told}");
    assert!(
        told.contains("refused[live-moved] Vm/demo: it did not exist when the plan was made, and exists"),
        "{told}"
    );
    assert!(told.contains("help: plan again: `provost plan "), "{told}");
}

#[test]
fn a_plan_of_nothing_is_applied_as_often_as_anybody_likes() {
    let room = room(RULE);
    room.apply();
    save(&room, &[]);
    for _ in 0..2 {
        assert!(apply(&room, &[]).code(0).out.contains("Nothing to do"));
    }
}

#[test]
fn a_file_of_the_course_that_moved_is_named() {
    let room = room(&VM.replace("labels: { team: owl }", "startupScript: { file: setup.sh }"));
    room.write("setup.sh", "echo one");
    save(&room, &[]);
    room.write("setup.sh", "echo two");
    let told = refused(&room);
    assert!(
        told.contains("refused[spec-moved] spec: ") && told.contains("course/setup.sh changed since"),
        "{told}"
    );
    assert_eq!(told.matches("refused[").count(), 1, "{told}");
    room.write("setup.sh", "echo one");
    room.write("more.yaml", RULE);
    let told = refused(&room);
    assert!(
        told.contains("course/more.yaml belongs to the course and did not when the plan was made"),
        "{told}"
    );
    room.remove("more.yaml");
    room.write("course.yaml", "kind: Nothing");
    let said = apply(&room, &[]).code(4);
    assert!(said.err.contains("Nothing"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_field_that_moved_is_named_with_both_values() {
    let room = room(&format!("{RULE}{VM}"));
    room.apply();
    room.write("course.yaml", &course(&format!("{RULE}{}", VM.replace("owl", "cat"))));
    save(&room, &[]);
    let cloud = room.cloud().await;
    let path = format!("/compute/v1/projects/{PROJECT}/global/firewalls/open-8501");
    cloud.patch(&path, &json!({"priority": 900})).await;
    let path = format!("/compute/v1/projects/{PROJECT}/zones/europe-west1-b/instances/demo");
    let fingerprint = cloud.get(&path).await["labelFingerprint"].clone();
    let labels =
        json!({"team": "panda", "managed-by": "provost", "provost-course": "be-cloud", "theirs": "x"});
    cloud
        .post(&format!("{path}/setLabels"), &json!({"labels": labels, "labelFingerprint": fingerprint}))
        .await;
    drop(cloud);
    let told = refused(&room);
    let rule = "FirewallRule/open-8501: priority was 1000 when the plan was made, and is 900";
    assert!(told.contains(rule), "{told}");
    assert!(told.contains("Vm/demo: labels.team was owl when the plan was made, and is panda"), "{told}");
    assert!(!told.contains("theirs"), "{told}");
    let json = apply(&room, &["--format", "json"]).code(4).json();
    assert_eq!(json["report"][0]["code"], "live-moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_write_beside_us_stops_no_plan() {
    let room = room(&format!("{RULE}{VM}"));
    room.apply();
    room.write("course.yaml", &course(&format!("{RULE}{}", VM.replace("owl", "cat"))));
    save(&room, &[]);
    let cloud = room.cloud().await;
    let path = format!("/compute/v1/projects/{PROJECT}/zones/europe-west1-b/instances/demo");
    let fingerprint = cloud.get(&path).await["labelFingerprint"].clone();
    let labels = json!({"team": "owl", "managed-by": "provost", "provost-course": "be-cloud", "theirs": "x"});
    cloud
        .post(&format!("{path}/setLabels"), &json!({"labels": labels, "labelFingerprint": fingerprint}))
        .await;
    drop(cloud);
    apply(&room, &[]).code(0);
    let labels = room.resource("instances/demo")["labels"].clone();
    assert_eq!((&labels["team"], &labels["theirs"]), (&json!("cat"), &json!("x")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_spec_states_and_a_step_holds_is_told_by_its_step() {
    let room = room("---\nkind: Bucket\nname: be-cloud-2526-box\nlocation: europe-west1\nonDestroy: empty\n");
    room.apply();
    let saved = save(&room, &["--destroy"]);
    assert_eq!(saved["intent"], json!({"destroy": true}));
    let cloud = room.cloud().await;
    cloud.upload("be-cloud-2526-box", "late.txt", "late").await;
    drop(cloud);
    let told = refused(&room);
    assert!(
        told.contains("refused[plan-moved] Bucket/be-cloud-2526-box: `delete Bucket/be-cloud-2526-box`"),
        "{told}"
    );
    save(&room, &["--destroy"]);
    assert!(
        apply(&room, &[]).code(0).out.contains("1 to delete") || room.find("b/be-cloud-2526-box").is_none()
    );
}

/// An image of the project's own, in the family `lab`.
async fn image(cloud: &support::Cloud, name: &str) {
    let source = "projects/debian-cloud/global/images/family/debian-12";
    let body = json!({"name": name, "family": "lab", "sourceImage": source});
    cloud.post(&format!("/compute/v1/projects/{PROJECT}/global/images"), &body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_is_the_image_that_the_plan_saw_however_new_it_is_then() {
    let room = room("");
    room.apply();
    let cloud = room.cloud().await;
    image(&cloud, "lab-1").await;
    drop(cloud);
    room.write("course.yaml", &course(&format!("{VM}image: {{ family: lab }}\n")));
    let saved = save(&room, &[]);
    let family = format!("projects/{PROJECT}/global/images/family/lab");
    let pinned = format!("projects/{PROJECT}/global/images/lab-1");
    assert_eq!(saved["pins"], json!({family: pinned}));
    let body = &saved["steps"][0]["calls"][0]["send"]["request"]["body"]["json"];
    assert_eq!(body["disks"][0]["initializeParams"]["sourceImage"], json!(pinned));
    let images = format!("/compute/v1{pinned}", pinned = pinned.replacen("projects", "/projects", 1));
    let cloud = room.cloud().await;
    image(&cloud, "lab-2").await;
    cloud.post(&format!("{images}/deprecate"), &json!({"state": "DEPRECATED"})).await;
    drop(cloud);
    let said = apply(&room, &[]).code(0);
    assert!(said.out.contains("warning[aged-image]") && said.out.contains("lab-1"), "{said:?}");
    assert!(room.resource("disks/demo")["sourceImage"].as_str().unwrap().ends_with("/images/lab-1"));
    room.converged();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_image_that_is_gone_is_told_before_anything_is_made() {
    let room = room("");
    room.apply();
    let cloud = room.cloud().await;
    image(&cloud, "lab-1").await;
    room.write("course.yaml", &course(&format!("{VM}image: {{ family: lab }}\n")));
    drop(cloud);
    save(&room, &[]);
    let cloud = room.cloud().await;
    image(&cloud, "lab-2").await;
    cloud.delete(&format!("/compute/v1/projects/{PROJECT}/global/images/lab-1")).await;
    drop(cloud);
    let told = refused(&room);
    assert!(told.contains("refused[no-image]") && told.contains("has no image lab-1 any more"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_file_and_another_one_is_seen() {
    let secret = "hunter22";
    let vm = format!("{VM}metadata: {{ db-password: {secret}, note: \"user owl, password {secret}\" }}\n");
    let room = room(&vm);
    let text = save(&room, &[]).to_string();
    assert!(!text.contains(secret) && text.contains("(sensitive sha256:"), "{text}");
    apply(&room, &[]).code(0);
    save(&room, &[]);
    let cloud = room.cloud().await;
    let path = format!("/compute/v1/projects/{PROJECT}/zones/europe-west1-b/instances/demo");
    let mut metadata = cloud.get(&path).await["metadata"].clone();
    let items = metadata["items"].as_array_mut().unwrap();
    items.iter_mut().find(|item| item["key"] == "db-password").unwrap()["value"] = json!("other-one");
    cloud.post(&format!("{path}/setMetadata"), &metadata).await;
    drop(cloud);
    let told = refused(&room);
    assert!(told.contains("Vm/demo: metadata.db-password is another secret than it was"), "{told}");
    assert!(!told.contains(secret) && !told.contains("other-one"), "{told}");
}

#[test]
fn a_refused_plan_is_kept_to_be_read_and_never_applied() {
    let room = Room::with(&format!("{COURSE}---\nkind: ServiceAccount\nname: robot-one\n"));
    let saved = save_to(&room, &[], 4);
    assert_eq!((&saved["refused"], &saved["report"][0]["code"]), (&json!(true), &json!("api-not-enabled")));
    assert!(
        refused(&room)
            .contains("refused[refused-plan] the plan was refused when it was made (api-not-enabled)")
    );
}

#[test]
fn the_file_alone_says_which_course_environment_and_values_are_meant() {
    let room = room(
        &VM.replace("e2-small", "\"{{ vars.machine }}\"").replace("owl", "\"x{{ course.environment }}\""),
    );
    let text = room.read("course.yaml").replacen("zones:", "vars: { machine: e2-small }\nzones:", 1);
    room.write("course.yaml", &text);
    room.write("overlays/pre.yaml", "kind: Course\nlabels: { term: pre }\n");
    let saved = save(&room, &["-e", "pre", "--var", "machine=e2-medium", "--adopt", "all"]);
    assert_eq!(saved["source"]["environment"], "pre");
    assert_eq!(saved["source"]["vars"], json!(["machine=e2-medium"]));
    assert_eq!(saved["intent"], json!({"adoptAll": true}));
    apply(&room, &[]).code(0);
    let machine = room.resource("instances/demo");
    assert!(machine["machineType"].as_str().unwrap().ends_with("e2-medium"));
    assert_eq!((&machine["labels"]["team"], &machine["labels"]["term"]), (&json!("xpre"), &json!("pre")));
}

#[test]
fn what_is_no_plan_and_what_a_plan_says_already_is_wrong_usage() {
    let room = room(RULE);
    save(&room, &[]);
    for flags in [["-e", "pre"], ["--var", "a=b"], ["--adopt", "all"], ["--release", "Vm/demo"]] {
        let said = apply(&room, &flags).code(64);
        assert!(said.err.contains("a saved plan is applied as it is"), "{said:?}");
    }
    let rows =
        [("{}", "it is no saved plan"), (r#"{"format": "provost-plan", "version": 9}"#, "of version 9")];
    for (text, why) in rows {
        fs_err::write(file(&room), text).unwrap();
        let said = apply(&room, &[]).code(64);
        assert!(said.err.contains("plan.json: ") && said.err.contains(why), "{said:?}");
    }
}

#[test]
fn the_commit_of_the_course_is_noted() {
    let room = room(RULE);
    let id = "0123456789abcdef0123456789abcdef01234567";
    room.write(".git/HEAD", &format!("{id}\n"));
    assert_eq!(save(&room, &[])["commit"], id);
}

#[test]
fn what_is_written_is_as_its_schema_says() {
    let schema = jsonschema::draft7::new(&provost::saved::schema()).unwrap();
    let bucket =
        "---\nkind: Bucket\nname: be-cloud-2526-box\nonDestroy: empty\nfiles: [{ from: course.yaml }]\n";
    let grant =
        "---\nkind: IamGrant\nname: ann\non: project\nroles: [roles/viewer]\nmembers: ['user:ann@x.edu']\n";
    let room = room(&format!("{RULE}{VM}{bucket}{grant}"));
    for flags in [&[][..], &["--destroy"]] {
        let saved = save(&room, flags);
        let wrong: Vec<String> = schema.iter_errors(&saved).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [] as [String; 0]);
        room.apply();
    }
}
