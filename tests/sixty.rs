//! The class of sixty as it is: one sheet, sixty lines of YAML, and what a change of the sheet plans.
#![expect(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use support::Room;

const ROSTER: &str = include_str!("../specs/isae-cloud-docker/roster.csv");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/isae-cloud-docker")
}

fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            drop(fs_err::copy(entry.path(), target));
        }
    }
}

/// The class, provisioned in a project with the quotas that were asked for.
fn class() -> Room {
    let room = Room::with("");
    copy(&folder(), Path::new(room.course()));
    let granted = folder().join("sandbox/granted.yaml");
    let room = room.always(&["--faults", granted.to_str().unwrap()]);
    room.apply();
    room
}

/// What another sheet plans, one line for each resource that is not left as it is.
fn planned(room: &Room, roster: &str) -> String {
    room.write("roster.csv", roster);
    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    let changes = plan["changes"].as_array().unwrap().iter().filter(|change| change["action"] != "none");
    let line = |change: &serde_json::Value| {
        format!("{} {}", change["action"].as_str().unwrap(), change["address"].as_str().unwrap())
    };
    changes.map(line).collect::<Vec<_>>().join("\n")
}

fn row(login: &str) -> String {
    format!("{}\n", ROSTER.lines().find(|line| line.starts_with(&format!("{login};"))).unwrap())
}

#[test]
fn sixty_lines_of_yaml_are_a_class_of_sixty() {
    let specs: usize = fs_err::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| fs_err::read_to_string(path).unwrap().lines().count())
        .sum();
    assert!(specs <= 60, "{specs} lines");
    let room = class();
    let machines: Vec<String> =
        room.resources().into_keys().filter(|path| path.contains("/instances/")).collect();
    let of_zone = |zone: &str| machines.iter().filter(|path| path.contains(zone)).count();
    assert_eq!((of_zone("europe-west1-b"), of_zone("europe-west4-a")), (30, 30));
    let policy = room.resource("policies/projects/isae-sdd-481407");
    let bindings = policy["bindings"].as_array().unwrap();
    let students = bindings.iter().flat_map(|binding| binding["members"].as_array().unwrap());
    assert_eq!(
        students.filter(|member| member.as_str().unwrap().ends_with("@student.example.edu")).count(),
        360
    );
    room.converged();
    assert_eq!(planned(&room, &sorted_backwards()), "");
}

/// The same rows in another order.
fn sorted_backwards() -> String {
    let mut lines: Vec<&str> = ROSTER.lines().collect();
    lines.get_mut(1..).unwrap().sort_by(|one, other| other.cmp(one));
    lines.join("\n")
}

#[test]
fn a_change_of_the_sheet_plans_what_belongs_to_the_people_concerned() {
    let room = class();
    assert_snapshot!(planned(&room, &ROSTER.replace(&row("aboyer"), "")), @r"
    delete IamGrant/student-aboyer
    delete Vm/be-cloud-mascot-alfa-aboyer
    ");
    let two = "efirst;Eve First;eve.first@student.example.edu;mike;cat\nesecond;Ed Second;ed.second@student.example.edu;mike;dog\n";
    assert_snapshot!(planned(&room, &format!("{ROSTER}{two}")), @r"
    create IamGrant/student-efirst
    create IamGrant/student-esecond
    create Vm/be-cloud-mascot-mike-efirst
    create Vm/be-cloud-mascot-mike-esecond
    ");
    assert_snapshot!(planned(&room, &ROSTER.replace(";golf;", ";gamma;")), @r"
    create Vm/be-cloud-mascot-gamma-kmasson
    create Vm/be-cloud-mascot-gamma-lmercier
    create Vm/be-cloud-mascot-gamma-lmeunier
    create Vm/be-cloud-mascot-gamma-lmeyer
    create Vm/be-cloud-mascot-gamma-lmoreau
    delete Vm/be-cloud-mascot-golf-kmasson
    delete Vm/be-cloud-mascot-golf-lmercier
    delete Vm/be-cloud-mascot-golf-lmeunier
    delete Vm/be-cloud-mascot-golf-lmeyer
    delete Vm/be-cloud-mascot-golf-lmoreau
    ");
    room.apply();
    room.converged();
}

#[test]
fn a_term_is_one_file_and_ends_by_itself() {
    let room = class();
    let autumn = ["-e", "autumn-2026", "--at", "2026-12-01T12:00:00Z"];
    room.run("apply", &[&autumn[..], &["--yes"]].concat()).code(0);
    room.run("plan", &[&autumn[..], &["--detailed-exitcode"]].concat()).code(0);
    let over = ["-e", "autumn-2026", "--at", "2026-12-19T12:00:00Z"];
    room.run("destroy", &[&over[..], &["--expired", "--yes"]].concat()).code(0);
    assert!(room.resources().into_keys().all(|path| !path.contains("/instances/")));
    let policy = room.resource("policies/projects/isae-sdd-481407");
    assert!(!policy.to_string().contains("@student.example.edu"), "{policy}");
    room.run("plan", &[&over[..], &["--detailed-exitcode"]].concat()).code(0);
}
