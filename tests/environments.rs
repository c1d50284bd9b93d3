//! What belongs to a course besides its folder, as its users meet it: included files, what an environment changes, and values of the
//! command line.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use support::{Room, Said};

const COURSE: &str = "kind: Course
name: be-2526
project: be-cloud-2526
region: europe-west1
zones: [europe-west1-b]
labels: { course: be }
roster: roster.csv
vars: { machine: { type: e2-small, disk: 10 }, teams: [owl, cat] }
---
kind: ApiServices
name: apis
services: [compute.googleapis.com, storage.googleapis.com]
---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
---
kind: Vm
forEach: { student: roster }
name: vm-{{ student.login }}
machineType: \"{{ vars.machine.type }}\"
bootDisk: { sizeGb: \"{{ vars.machine.disk }}\" }
labels: { environment: \"x{{ course.environment }}\", kept: \"yes\" }
";

/// Another name and project, another class, one machine type for all, one rule changed and one resource more and one less.
const PREPROD: &str = "kind: Course
name: be-preprod
project: be-preprod-2526
labels: null
roster: few.csv
vars: { machine: { disk: 20 } }
---
kind: Vm
name: vm-{{student.login}}
labels: { kept: null }
tags: [try]
---
kind: FirewallRule
name: open-8501
remove: true
---
kind: FirewallRule
name: open-80
allow: [tcp:80]
";

fn room() -> Room {
    let room = Room::with(COURSE);
    room.write("roster.csv", "login\nann\nbob\n");
    room.write("few.csv", "login\nzoe\n");
    room.write("overlays/preprod.yaml", PREPROD);
    room
}

/// What is in a plan, one line for each resource.
fn planned(room: &Room, flags: &[&str]) -> String {
    let plan = room.run("plan", &[&["--format", "json"], flags].concat()).code(0).json();
    let lines = plan["changes"].as_array().unwrap().iter();
    let lines: Vec<String> = lines
        .map(|c| format!("{} {}", c["action"].as_str().unwrap(), c["address"].as_str().unwrap()))
        .collect();
    format!(
        "{} in {}\n{}",
        plan["course"].as_str().unwrap(),
        plan["project"].as_str().unwrap(),
        lines.join("\n")
    )
}

fn told(said: &Said) -> String {
    let text = anstream::adapter::strip_str(&said.err).to_string();
    text.lines()
        .map(|line| match line.split_once("--> ") {
            Some((before, place)) => {
                format!("{before}--> {}", place.rsplit_once("/course/").map_or(place, |(_, place)| place))
            }
            None => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn an_environment_changes_adds_and_removes_and_nobody_else_sees_it() {
    let room = room();
    assert_snapshot!(planned(&room, &[]), @"
    be-2526 in be-cloud-2526
    create ApiServices/apis
    create FirewallRule/open-8501
    create Vm/vm-ann
    create Vm/vm-bob
    ");
    assert_snapshot!(planned(&room, &["-e", "preprod"]), @"
    be-preprod in be-preprod-2526
    create ApiServices/apis
    create FirewallRule/open-80
    create Vm/vm-zoe
    ");
}

#[test]
fn two_environments_live_side_by_side() {
    let room = room();
    room.apply();
    let next = room.run("apply", &["--yes", "-e", "preprod"]).code(0).out;
    assert!(next.contains("/course -e preprod --sandbox="), "{next}");
    let labels = |name: &str| room.resource(&format!("instances/{name}"))["labels"].clone();
    let marks = |course: &str, more: Value| {
        let mut labels = json!({"managed-by": "provost", "provost-course": course});
        labels.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        labels
    };
    assert_eq!(labels("vm-zoe"), marks("be-preprod", json!({"environment": "xpreprod"})));
    assert_eq!(
        labels("vm-ann"),
        marks("be-2526", json!({"environment": "x", "kept": "yes", "course": "be"}))
    );
    let disk = room.resource("disks/vm-zoe");
    assert_eq!(disk["sizeGb"], "20");
    room.run("plan", &["--detailed-exitcode", "-e", "preprod"]).code(0);
    room.converged();
    room.run("status", &["-e", "preprod"]).code(0);
    room.run("destroy", &["--yes", "-e", "preprod"]).code(0);
    assert_eq!(room.find("instances/vm-zoe"), None);
    room.converged();
}

#[test]
fn a_value_of_the_command_line_stands_above_the_environment() {
    let room = room();
    let flags = ["-e", "preprod", "--var", "machine.disk=30", "--var", "machine.type=e2-medium"];
    room.run("apply", &[&["--yes"], flags.as_slice()].concat()).code(0);
    assert_eq!(room.resource("disks/vm-zoe")["sizeGb"], "30");
    let machine = room.resource("instances/vm-zoe")["machineType"].to_string();
    assert!(machine.contains("e2-medium"), "{machine}");
    room.run("plan", &["--detailed-exitcode", "-e", "preprod"]).code(2);
    room.run("plan", &[&["--detailed-exitcode"], flags.as_slice()].concat()).code(0);
}

#[test]
fn what_is_wrong_with_a_value_of_the_command_line_is_shown_there() {
    let room = room();
    assert_snapshot!(told(&room.run("plan", &["--var", "machine.typ=x"]).code(1)), @"
    error[undeclared-var]: the Course declares no var `machine.typ`
     --> command line:1:7
      |
    1 | --var machine.typ=x
      |       ^^^^^^^^^^^
      |
    help: did you mean `machine.type`?
      |
    1 | --var machine.type=x
      |                  +

    1 error.
    ");
    assert_snapshot!(told(&room.run("plan", &["--var", "machine.disk=[1"]).code(1)), @"
    error[yaml-syntax]: `[` is not closed
     --> command line:1:20
      |
    1 | --var machine.disk=[1
      |                    ^ it opens here
      |
    help: close it with `]`

    1 error.
    ");
    assert_snapshot!(told(&room.run("plan", &["--var", "machine.type="]).code(1)), @r#"
    error[empty-value]: `machine.type` is given no value
     --> command line:1:7
      |
    1 | --var machine.type=
      |       ^^^^^^^^^^^^
      |
    help: an empty text is written `--var 'machine.type=""'`

    1 error.
    "#);
    let said = room.run("plan", &["--var", "machine"]).code(64);
    assert!(said.err.contains("write it as `machines.size=3`"), "{}", said.err);
}

#[test]
fn an_environment_that_is_not_there_is_told_beside_those_that_are() {
    let room = room();
    room.write("overlays/prod.yaml", "kind: Course\nname: be-prod\n");
    assert_snapshot!(told(&room.run("plan", &["-e", "preprd"]).code(1)), @"error: there is no environment `preprd`; did you mean `preprod`?");
    assert_snapshot!(told(&room.run("plan", &["-e", "2027"]).code(1)), @"error: there is no environment `2027`; there are preprod, prod");
    assert_snapshot!(told(&room.run("plan", &["-e", "../overlays/prod"]).code(1)), @"error: there is no environment `../overlays/prod`; there are preprod, prod");
    room.remove("overlays/prod.yaml");
    room.remove("overlays/preprod.yaml");
    let said = room.run("plan", &["-e", "2027"]).code(1);
    assert!(said.err.contains("course/overlays/2027.yaml`"), "{}", said.err);
}

#[test]
fn files_beside_the_course_folder_can_belong_to_it() {
    let room = room();
    room.write(
        "course.yaml",
        &COURSE.replace("region:", "include: [../common/rules.yaml, ../more]\nregion:"),
    );
    room.write("../common/rules.yaml", "kind: FirewallRule\nname: common\nallow: [tcp:22]\n");
    room.write("../common/unused.yaml", "kind: FirewallRule\nname: unused\nallow: [tcp:22]\n");
    room.write(
        "../more/a.yaml",
        "kind: Vm\nname: one\nmachineType: e2-small\nstartupScript: { file: setup.sh }\n",
    );
    room.write("../more/b.yml", "kind: Vm\nname: two\nmachineType: e2-small\n");
    room.write("setup.sh", "#!/bin/sh\n");
    assert_snapshot!(planned(&room, &[]), @"
    be-2526 in be-cloud-2526
    create ApiServices/apis
    create FirewallRule/open-8501
    create FirewallRule/common
    create Vm/vm-ann
    create Vm/vm-bob
    create Vm/one
    create Vm/two
    ");
    room.apply();
    room.converged();
}
