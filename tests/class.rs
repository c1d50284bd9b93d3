//! A class on the sandbox: what a change of its roster plans, which is exactly the resources of the people concerned.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use serde_json::Value;
use support::{APIS, COURSE, Room};

const SPECS: &str = r#"
roster: roster.csv
vars: { teams: [cat, owl] }
---
kind: Vm
forEach: { student: roster }
name: be-{{ student.login }}
machineType: e2-small
labels: { team: "{{ student.team }}" }
---
kind: IamGrant
forEach: { student: roster }
name: student-{{ student.login }}
on: project
roles: [roles/compute.viewer]
members: ["user:{{ student.email }}"]
---
kind: Bucket
forEach: { team: "{{ roster | map(attribute='team') | unique | list }}" }
name: be-cloud-2526-{{ team }}
location: europe-west1
---
kind: Vm
forEach: { student: roster }
when: student.gpu | default("no") == "yes"
name: gpu-{{ student.login }}
machineType: e2-medium
"#;

const CLASS: &str = "login,email,team,gpu\nann,ann@x.edu,owl,yes\nbob,bob@x.edu,cat,\neve,eve@x.edu,cat,no\n";

/// A class that is provisioned.
fn class() -> Room {
    let room = Room::with(&format!("{COURSE}{}{APIS}", SPECS.trim_start()));
    room.write("roster.csv", CLASS);
    room.run("apply", &["--yes"]).code(0);
    room
}

/// What another roster plans, one line for each resource that is not left as it is.
fn planned(room: &Room, roster: &str) -> String {
    room.write("roster.csv", roster);
    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    let changes = plan.get("changes").and_then(Value::as_array).unwrap();
    let text = |change: &Value, key: &str| change.get(key).and_then(Value::as_str).unwrap().to_owned();
    let lines = changes.iter().filter(|change| text(change, "action") != "none");
    let lines: Vec<String> =
        lines.map(|change| format!("{} {}", text(change, "action"), text(change, "address"))).collect();
    lines.join("\n")
}

#[test]
fn the_order_of_rows_and_columns_means_nothing() {
    let room = class();
    let turned =
        "email;gpu;team;login\r\neve@x.edu;no;cat;eve\r\nann@x.edu;yes;owl;ann\r\nbob@x.edu;;cat;bob\r\n";
    assert_eq!(planned(&room, turned), "");
}

#[test]
fn a_leaver_takes_what_was_theirs_and_nothing_else() {
    let room = class();
    assert_snapshot!(planned(&room, &CLASS.replace("bob,bob@x.edu,cat,\n", "")), @"
    delete IamGrant/student-bob
    delete Vm/be-bob
    ");
    assert_snapshot!(planned(&room, &CLASS.replace("ann,ann@x.edu,owl,yes\n", "")), @"
    delete IamGrant/student-ann
    delete Bucket/be-cloud-2526-owl
    delete Vm/be-ann
    delete Vm/gpu-ann
    ");
    room.run("apply", &["--yes"]).code(0);
    assert_eq!(planned(&room, &CLASS.replace("ann,ann@x.edu,owl,yes\n", "")), "");
}

#[test]
fn a_newcomer_gets_what_the_others_have() {
    let room = class();
    assert_snapshot!(planned(&room, &CLASS.replace("ann,", "dan,dan@x.edu,owl,yes\nann,")), @"
    create IamGrant/student-dan
    create Vm/be-dan
    create Vm/gpu-dan
    ");
}

#[test]
fn a_team_with_another_name_touches_its_people_alone() {
    let room = class();
    assert_snapshot!(planned(&room, &CLASS.replace(",owl,", ",panda,")), @"
    create Bucket/be-cloud-2526-panda
    delete Bucket/be-cloud-2526-owl
    update Vm/be-ann
    ");
}
