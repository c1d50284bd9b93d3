//! A session on the sandbox, whose clock is moved: access and machines end by themselves, the rest by `destroy --expired`, and no
//! later plan makes them again. Machines stop and start between sessions.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use support::{COURSE, PROJECT, Room, Said};

const SESSION: &str = "session: { starts: 2030-09-07T08:00:00+02:00, ends: 2030-09-20T18:00:00+02:00 }\n";
const BEFORE: &str = "2030-09-01T09:00:00Z";
const END: &str = "2030-09-20T16:00:00Z";
const AFTER: &str = "2030-09-20T16:00:01Z";
const WINDOW: &str = "request.time >= timestamp(\"2030-09-07T06:00:00Z\") && request.time < timestamp(\"2030-09-20T16:00:00Z\")";

const APIS: &str = "---
kind: ApiServices
name: apis
services: [compute.googleapis.com, storage.googleapis.com, iam.googleapis.com]
";

const SPECS: &str = "---
kind: Vm
name: be-ann
machineType: e2-small
---
kind: ContainerVm
name: be-bob
machineType: e2-small
containers: [{ image: nginx:1 }]
---
kind: IamGrant
name: ann
on: project
roles: [roles/compute.viewer]
members: ['user:ann@x.edu']
---
kind: IamGrant
name: robot
on: project
roles: [roles/storage.objectViewer]
members: ['serviceAccount:ci-bot@be-cloud-2526.iam.gserviceaccount.com']
---
kind: ServiceAccount
name: ci-bot
---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
expires: session
---
kind: FirewallRule
name: open-22
allow: [tcp:22]
";

/// A course with a session and these specs.
fn room(specs: &str) -> Room {
    Room::with(&format!("{COURSE}{SESSION}{APIS}{specs}"))
}

/// A command at a time.
fn at(room: &Room, time: &str, command: &str, flags: &[&str]) -> Said {
    let flags: Vec<&str> = ["--at", time].iter().chain(flags).copied().collect();
    room.run(command, &flags)
}

/// What a command plans, one line for each resource that is not left as it is.
fn planned(said: &Said) -> String {
    let plan = said.json();
    let text = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
    let all = plan["changes"].as_array().unwrap().iter().filter(|change| change["action"] != "none");
    let line = |change: &Value| {
        format!("{} {}: {}", text(change, "action"), text(change, "address"), text(change, "reason"))
    };
    all.map(line).collect::<Vec<_>>().join("\n")
}

fn scheduling(room: &Room, name: &str) -> Value {
    let machine = room.resource(&format!("instances/{name}"));
    let field = |name: &str| machine["scheduling"][name].clone();
    json!([field("terminationTime"), field("maxRunDuration"), field("instanceTerminationAction")])
}

/// The bindings of the project with a condition.
fn conditions(room: &Room) -> Vec<Value> {
    let policy = room.resource(&format!("policies/projects/{PROJECT}"));
    let all = policy["bindings"].as_array().unwrap().iter().filter(|b| !b["condition"].is_null());
    all.map(|b| json!([b["role"], b["members"], b["condition"]["title"], b["condition"]["expression"]]))
        .collect()
}

/// A file of faults beside the course.
fn trouble(room: &Room, text: &str) -> String {
    let file = room.state().with_file_name("faults.yaml");
    fs_err::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[track_caller]
fn converged(room: &Room, time: &str) {
    at(room, time, "plan", &["--detailed-exitcode"]).code(0);
}

#[test]
fn machines_and_peoples_access_end_with_the_session_and_nothing_else_does() {
    let room = room(SPECS);
    let said = at(&room, BEFORE, "apply", &["--yes"]).code(0);
    assert!(said.out.contains("Google does not end these by itself: FirewallRule/open-8501"), "{}", said.out);
    for machine in ["be-ann", "be-bob"] {
        assert_eq!(scheduling(&room, machine), json!([END, null, "STOP"]));
    }
    assert_eq!(
        conditions(&room),
        [json!(["roles/compute.viewer", ["user:ann@x.edu"], "provost-expires", WINDOW])]
    );
    converged(&room, BEFORE);
}

#[test]
fn what_is_over_goes_by_one_command_and_comes_back_by_none() {
    let room = room(SPECS);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let early = at(&room, BEFORE, "destroy", &["--expired", "--yes"]).code(0);
    assert!(early.out.contains("Nothing to do"), "{}", early.out);
    let status = at(&room, AFTER, "status", &["--format", "json"]).code(0).json();
    assert_eq!(status["resources"][6]["live"]["desiredStatus"], "TERMINATED", "Google stopped it: {status}");
    let gone = at(&room, AFTER, "destroy", &["--expired", "--yes", "--format", "json"]).code(0);
    assert_snapshot!(planned(&gone), @r"
    delete IamGrant/ann: expired on 2030-09-20 at 16:00 UTC
    delete FirewallRule/open-8501: expired on 2030-09-20 at 16:00 UTC
    delete Vm/be-ann: expired on 2030-09-20 at 16:00 UTC
    delete ContainerVm/be-bob: expired on 2030-09-20 at 16:00 UTC
    ");
    assert_eq!(conditions(&room), [] as [Value; 0]);
    assert_eq!(room.find("instances/be-ann"), None);
    assert_eq!(room.find("disks/be-ann"), None);
    assert!(room.find("firewalls/open-22").is_some() && room.find("firewalls/open-8501").is_none());
    converged(&room, AFTER);
    let again = at(&room, AFTER, "destroy", &["--expired", "--yes"]).code(0);
    assert!(again.out.contains("Nothing to do"), "{}", again.out);
    at(&room, AFTER, "destroy", &["--yes"]).code(0);
    converged_to_nothing(&room);
}

fn converged_to_nothing(room: &Room) {
    for kind in ["instances/", "disks/", "ends/", "firewalls/open"] {
        assert!(!room.resources().keys().any(|path| path.contains(kind)), "{kind}");
    }
}

#[test]
fn an_apply_after_the_end_removes_what_is_over_too() {
    let room = room(SPECS);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    assert_snapshot!(planned(&at(&room, AFTER, "plan", &["--format", "json"]).code(0)), @r"
    delete IamGrant/ann: expired on 2030-09-20 at 16:00 UTC
    delete FirewallRule/open-8501: expired on 2030-09-20 at 16:00 UTC
    delete Vm/be-ann: expired on 2030-09-20 at 16:00 UTC
    delete ContainerVm/be-bob: expired on 2030-09-20 at 16:00 UTC
    ");
    at(&room, AFTER, "apply", &["--yes"]).code(0);
    converged(&room, AFTER);
    let status = at(&room, AFTER, "status", &[]).code(0).out;
    assert!(status.contains("expired"), "{status}");
}

#[test]
fn an_interrupted_clearing_is_finished_by_the_next() {
    let room = room(SPECS);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let faults =
        trouble(&room, "faults: [{ method: compute.instances.delete, times: 1, status: { code: 403 } }]");
    at(&room, AFTER, "destroy", &["--expired", "--yes", "--faults", &faults]).code(3);
    at(&room, AFTER, "destroy", &["--expired", "--yes"]).code(0);
    converged(&room, AFTER);
}

#[test]
fn a_moved_end_moves_people_in_one_write_and_stops_machines_for_it() {
    let room = room(SPECS);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let course = room.read("course.yaml").replace("2030-09-20T18", "2030-09-25T18");
    room.write("course.yaml", &course);
    let plan = at(&room, BEFORE, "plan", &["--format", "json"]).code(0);
    assert_snapshot!(planned(&plan), @r"
    update IamGrant/ann: the spec changed
    updateWithStop Vm/be-ann: expires takes effect with a restart only; the spec changed
    updateWithStop ContainerVm/be-bob: expires takes effect with a restart only; the spec changed
    ");
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let later = WINDOW.replace("2030-09-20", "2030-09-25");
    assert_eq!(
        conditions(&room),
        [json!(["roles/compute.viewer", ["user:ann@x.edu"], "provost-expires", later])]
    );
    assert_eq!(scheduling(&room, "be-ann"), json!(["2030-09-25T16:00:00Z", null, "STOP"]));
    assert_eq!(room.resource("instances/be-ann")["status"], "RUNNING");
    converged(&room, BEFORE);
}

#[test]
fn never_lifts_an_end_and_a_length_limits_each_run() {
    let specs = |expires: &str| {
        format!(
            "---\nkind: Vm\nname: be-ann\nmachineType: e2-small\n{expires}---\nkind: IamGrant\nname: ann\non: project\n\
                 roles: [roles/compute.viewer]\nmembers: ['user:ann@x.edu']\n{}",
            expires.replace("12h", "never")
        )
    };
    let room = room(&specs(""));
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    for (expires, wanted) in [
        ("expires: 12h\n", json!([null, { "seconds": "43200" }, "STOP"])),
        ("expires: never\n", json!([null, null, null])),
        ("expires: 2030-09-10T00:00:00Z\n", json!(["2030-09-10T00:00:00Z", null, "STOP"])),
        ("expires: never\n", json!([null, null, null])),
    ] {
        room.write("course.yaml", &format!("{COURSE}{SESSION}{APIS}{}", specs(expires)));
        at(&room, BEFORE, "apply", &["--yes"]).code(0);
        assert_eq!(scheduling(&room, "be-ann"), wanted, "{expires}");
        assert_eq!(conditions(&room).len(), usize::from(expires.contains("2030")), "{expires}");
        converged(&room, BEFORE);
    }
    room.write("course.yaml", &format!("{COURSE}{SESSION}{APIS}{}", specs("expires: 12h\n")));
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    converged(&room, "2030-09-10T09:00:00Z");
    assert!(!at(&room, AFTER, "plan", &[]).code(0).out.contains("delete  IamGrant/ann"));
}

#[test]
fn a_machine_that_is_to_be_deleted_in_the_end_is_deleted_by_google() {
    let room =
        room("---\nkind: Vm\nname: be-ann\nmachineType: e2-small\ninstanceTerminationAction: DELETE\n");
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    converged(&room, BEFORE);
    converged(&room, AFTER);
    at(&room, AFTER, "apply", &["--yes"]).code(0);
    assert_eq!(room.find("disks/be-ann"), None);
}

#[test]
fn access_that_cannot_end_is_warned_of_with_what_can() {
    let room = room(
        "---\nkind: IamGrant\nname: ann\non: project\nroles: [roles/editor, roles/run.developer]\nmembers: ['user:ann@x.edu']\n",
    );
    let plan = at(&room, BEFORE, "plan", &[]).code(0);
    let warned: Vec<&str> =
        plan.out.lines().filter(|l| l.contains("does-not-end") || l.contains("help")).collect();
    assert_snapshot!(warned.join("\n"), @r"
    warning[does-not-end] roles/editor takes no condition, so this access does not end by itself: IamGrant/ann
        help: grant narrow roles instead: roles/compute.instanceAdmin.v1, roles/storage.objectAdmin, roles/artifactregistry.writer, roles/run.developer, roles/iam.serviceAccountUser, roles/serviceusage.serviceUsageConsumer; or run `provost destroy --expired --yes` after the end, from a scheduled job
    ");
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    assert_eq!(
        conditions(&room),
        [json!(["roles/run.developer", ["user:ann@x.edu"], "provost-expires", WINDOW])]
    );
    assert!(room.members("roles/editor").contains(&json!("user:ann@x.edu")));
    converged(&room, BEFORE);
    at(&room, AFTER, "destroy", &["--expired", "--yes"]).code(0);
    assert!(!room.members("roles/editor").contains(&json!("user:ann@x.edu")));
    converged(&room, AFTER);
}

const HOLDING: &str = "---
kind: Bucket
name: be-cloud-2526-files
location: europe-west1
expires: session
LIFECYCLE---
kind: Registry
name: images
location: europe-west1
expires: session
";

/// The ages at which things go by themselves, in the bucket and in the registry.
fn ages(room: &Room) -> Value {
    let bucket = room.resources().remove("storage/b/be-cloud-2526-files").unwrap()["bucket"].take();
    let rules = bucket["lifecycle"]["rule"].as_array().cloned().unwrap_or_default();
    let ages: Vec<&Value> = rules.iter().map(|rule| &rule["condition"]["age"]).collect();
    let registry = room.resource("repositories/images");
    json!([ages, registry["cleanupPolicies"]["provost-expires"]["condition"]["olderThan"]])
}

#[test]
fn what_buckets_and_registries_hold_goes_by_its_age_and_never_before_the_end() {
    let apis = APIS.replace("iam.", "artifactregistry.googleapis.com, iam.");
    let course =
        |lifecycle: &str| format!("{COURSE}{SESSION}{apis}{}", HOLDING.replace("LIFECYCLE", lifecycle));
    let room = Room::with(&course(""));
    let said = at(&room, BEFORE, "apply", &["--yes"]).code(0);
    assert!(said.out.contains("note[ends-slowly] Google deletes objects by their age"), "{}", said.out);
    assert_eq!(ages(&room), json!([[20], "1728000s"]));
    for time in [BEFORE, "2030-09-15T00:00:00Z", END] {
        assert!(time == END || at(&room, time, "plan", &["--detailed-exitcode"]).code == 0, "{time}");
    }
    let moved = course("").replace("09-20T18", "09-25T18");
    let kept = course("lifecycle: [{ action: Delete, condition: { age: 90 } }]\n");
    let lifted = course("").replace("expires: session", "expires: never");
    let dropped = course("").replace("expires: session\n", "");
    for (text, wanted) in [
        (moved, json!([[25], "2160000s"])),
        (kept, json!([[20, 90], "1728000s"])),
        (course(""), json!([[20, 90], "1728000s"])),
        (lifted, json!([[90], null])),
        (course(""), json!([[20, 90], "1728000s"])),
        (dropped, json!([[90], null])),
        (course(""), json!([[20, 90], "1728000s"])),
    ] {
        room.write("course.yaml", &text);
        at(&room, BEFORE, "apply", &["--yes"]).code(0);
        assert_eq!(ages(&room), wanted, "{text}");
        converged(&room, BEFORE);
    }
    at(&room, AFTER, "destroy", &["--expired", "--yes"]).code(0);
    assert_eq!(room.find("repositories/images"), None);
    converged(&room, AFTER);
}

#[test]
fn access_that_is_declared_no_more_goes_whether_it_could_end_or_not() {
    let grant = "---\nkind: IamGrant\nname: ann\non: project\nroles: [roles/compute.viewer, roles/editor]\nmembers: ['user:ann@x.edu']\n";
    let room = room(grant);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    room.write("course.yaml", &format!("{COURSE}{SESSION}{APIS}"));
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let policy = room.resource(&format!("policies/projects/{PROJECT}"));
    assert!(!policy.to_string().contains("ann@x.edu"), "{policy}");
    converged(&room, BEFORE);
}

#[test]
fn a_condition_of_the_spec_holds_beside_the_end() {
    let grant = |expression: &str| {
        format!(
            "---\nkind: IamGrant\nname: ann\non: project\nroles: [roles/compute.viewer]\nmembers: ['user:ann@x.edu']\n\
                 condition: {{ title: mine, expression: '{expression}' }}\n"
        )
    };
    let room = room(&grant("true"));
    for expression in ["true", "resource.type == \"x\""] {
        room.write("course.yaml", &format!("{COURSE}{SESSION}{APIS}{}", grant(expression)));
        at(&room, BEFORE, "apply", &["--yes"]).code(0);
        let joined = format!("({expression}) && {WINDOW}");
        assert_eq!(
            conditions(&room),
            [json!(["roles/compute.viewer", ["user:ann@x.edu"], "provost-expires", joined])]
        );
        converged(&room, BEFORE);
    }
    room.write("course.yaml", &format!("{COURSE}{APIS}{}", grant("true")));
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    assert_eq!(conditions(&room), [json!(["roles/compute.viewer", ["user:ann@x.edu"], "mine", "true"])]);
    converged(&room, BEFORE);
}

#[test]
fn a_bucket_that_is_over_goes_with_what_it_holds() {
    let room =
        room("---\nkind: Bucket\nname: be-cloud-2526-files\nexpires: session\nfiles: [{ from: a.txt }]\n");
    room.write("a.txt", "a");
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let plan = at(&room, AFTER, "plan", &[]).code(0);
    assert!(plan.out.contains("1 object in it: deleted with it"), "{}", plan.out);
    at(&room, AFTER, "destroy", &["--expired", "--yes"]).code(0);
    assert_eq!(room.find("b/be-cloud-2526-files"), None);
    converged(&room, AFTER);
}

#[test]
fn an_end_that_google_does_not_take_yet_is_refused_before_anything_is_done() {
    let room = room("---\nkind: Vm\nname: be-ann\nmachineType: e2-small\n");
    let said = at(&room, "2030-05-01T00:00:00Z", "apply", &["--yes"]).code(4);
    assert!(said.out.contains("at most 120 days ahead, and this one is in 142"), "{}", said.out);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
}

#[test]
fn machines_pause_and_resume_and_a_paused_one_is_no_drift() {
    let room = room(SPECS);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let status =
        |name: &str| room.resource(&format!("instances/{name}"))["status"].as_str().unwrap().to_owned();
    let said = at(&room, BEFORE, "pause", &["--only", "be-a*", "--yes", "--format", "json"]).code(0);
    assert_snapshot!(planned(&said), @"update Vm/be-ann: paused until `provost resume`");
    assert_eq!((status("be-ann").as_str(), status("be-bob").as_str()), ("TERMINATED", "RUNNING"));
    converged(&room, BEFORE);
    at(&room, BEFORE, "pause", &["--yes"]).code(0);
    assert_eq!(status("be-bob"), "TERMINATED");
    converged(&room, BEFORE);
    let again = at(&room, BEFORE, "pause", &["--yes"]).code(0);
    assert!(again.out.contains("Nothing to do"), "{}", again.out);
    at(&room, BEFORE, "resume", &["--yes"]).code(0);
    assert_eq!((status("be-ann").as_str(), status("be-bob").as_str()), ("RUNNING", "RUNNING"));
    converged(&room, BEFORE);
}

#[test]
fn a_pause_needs_a_yes_and_a_machine_that_is_there() {
    let room = room(SPECS);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    at(&room, BEFORE, "pause", &[]).code(64);
    let said = at(&room, BEFORE, "pause", &["--only", "be-carol", "--yes"]).code(4);
    assert!(said.out.contains("no machine of the course is called be-carol"), "{}", said.out);
    assert_eq!(room.resource("instances/be-ann")["status"], "RUNNING");
}

#[test]
fn a_resume_starts_nothing_that_is_over_and_tells_who_found_no_room() {
    let room = room(SPECS);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    at(&room, BEFORE, "pause", &["--yes"]).code(0);
    let faults = trouble(&room, "limits: { capacity: { europe-west1-b: { vms: 1 } } }");
    let said = at(&room, BEFORE, "resume", &["--yes", "--faults", &faults]).code(3);
    assert!(
        said.out.contains("failed: start") && said.out.contains("a machine keeps its zone"),
        "{}",
        said.out
    );
    let over = at(&room, AFTER, "resume", &["--yes"]).code(0);
    assert!(over.out.contains("it is not started: it expired on 2030-09-20 at 16:00 UTC"), "{}", over.out);
}

#[test]
fn a_spec_that_says_otherwise_is_told_of_when_its_machine_pauses() {
    let room = room("---\nkind: Vm\nname: be-ann\nmachineType: e2-small\ndesiredStatus: RUNNING\n");
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    let said = at(&room, BEFORE, "pause", &["--yes"]).code(0);
    assert!(said.out.contains("its spec says `desiredStatus: RUNNING`"), "{}", said.out);
    at(&room, BEFORE, "apply", &["--yes"]).code(0);
    assert_eq!(room.resource("instances/be-ann")["status"], "RUNNING");
}
