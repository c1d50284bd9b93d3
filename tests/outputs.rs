//! What is handed out, and when everything is ready: the built program on a class in the sandbox.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use provost::kinds::{KindRegistry, schema};
use provost::spec::folder;
use serde_json::Value;
use support::{APIS, COURSE, Room};

const SPECS: &str = r#"
roster: roster.csv
---
kind: Vm
forEach: { student: roster }
name: be-{{ student.login }}
machineType: e2-small
tunnels: [8080]
startupScript: |
  #!/bin/sh
  apt-get install -y docker.io
ready: { startupScript: true }
---
kind: ContainerVm
forEach: { team: "{{ roster | map(attribute='team') | unique | list }}" }
name: demo-{{ team }}
machineType: e2-small
tags: [web]
containers:
  - image: nginx:1
    ports: ["8501:80"]
ready: { http: { port: 8501 }, within: 2m }
---
kind: ContainerVm
name: shared
machineType: e2-small
containers: [{ image: "nginx:1", ports: ["80:80"] }]
---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
targetTags: [web]
---
kind: Bucket
forEach: { student: roster }
name: be-cloud-2526-{{ student.login }}
---
kind: Bucket
name: be-cloud-2526-mascots
---
kind: Registry
name: docker
"#;

const CLASS: &str =
    "login;E-mail;name;team\nann;ann@x.edu;\"=Ann|<b>\";owl\nbob;bob@x.edu;Bob;cat\neve;eve@x.edu;Ève;cat\n";

const ALL_APIS: &str = "---
kind: ApiServices
name: more
services: [artifactregistry.googleapis.com]
";

fn class_with(specs: &str) -> Room {
    let room = Room::with(&format!("{COURSE}{}{APIS}{ALL_APIS}", specs.trim_start()));
    room.write("roster.csv", CLASS);
    room
}

/// A class that is provisioned.
fn class() -> Room {
    let room = class_with(SPECS);
    room.apply();
    room
}

/// Addresses, which the sandbox gives in the order of creation, as letters.
fn without_addresses(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_start_matches("http://");
        let host = bare.split(':').next().unwrap_or_default();
        let address = host.split('.').count() == 4 && host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if address { word.replace(host, "IP") } else { word.to_owned() }
    };
    let line = |line: &str| line.split(' ').filter(|w| !w.is_empty()).map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn everybody_is_told_how_to_reach_what_is_theirs() {
    let table = class().run("outputs", &[]).code(0).out;
    assert_snapshot!(without_addresses(&table), @r"
    be-cloud in be-cloud-2526
    STUDENT TEAM MACHINE STATE ADDRESS OPEN BUCKET CONNECT
    Bob cat be-bob ready IP gs://be-cloud-2526-bob gcloud compute ssh bob@be-bob --project be-cloud-2526 --zone europe-west1-b -- -L 8080:localhost:8080
    Bob cat demo-cat ready IP http://IP:8501 gs://be-cloud-2526-bob gcloud compute ssh bob@demo-cat --project be-cloud-2526 --zone europe-west1-b
    Ève cat be-eve ready IP gs://be-cloud-2526-eve gcloud compute ssh eve@be-eve --project be-cloud-2526 --zone europe-west1-b -- -L 8080:localhost:8080
    Ève cat demo-cat ready IP http://IP:8501 gs://be-cloud-2526-eve gcloud compute ssh eve@demo-cat --project be-cloud-2526 --zone europe-west1-b
    =Ann|<b> owl be-ann ready IP gs://be-cloud-2526-ann gcloud compute ssh ann@be-ann --project be-cloud-2526 --zone europe-west1-b -- -L 8080:localhost:8080
    =Ann|<b> owl demo-owl ready IP http://IP:8501 gs://be-cloud-2526-ann gcloud compute ssh ann@demo-owl --project be-cloud-2526 --zone europe-west1-b
    shared running IP http://IP gcloud compute ssh shared --project be-cloud-2526 --zone europe-west1-b

    For everybody:
    gs://be-cloud-2526-mascots
    europe-west1-docker.pkg.dev/be-cloud-2526/docker
    ");
}

#[test]
fn the_sheet_has_every_column_and_no_formula() {
    let room = class();
    let csv = room.run("outputs", &["--format", "csv"]).code(0).out;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "student,login,email,team,machine,state,why,zone,internal_ip,external_ip,ssh,urls,buckets,registries,expires"
    );
    assert!(lines.iter().any(|line| line.starts_with("'=Ann|<b>,ann,ann@x.edu,owl,be-ann,ready,,")), "{csv}");
    // A row for each student and machine, those of teams for each of them, and what is shared.
    assert_eq!(lines.len(), 1 + 3 + 3 + 1 + 1, "{csv}");
}

#[test]
fn programs_get_what_people_see() {
    let outputs = class().run("outputs", &["--format", "json"]).code(0).json();
    let row = outputs["rows"].as_array().unwrap().iter().find(|row| row["machine"]["name"] == "demo-cat");
    let row = row.unwrap();
    let ip = row["machine"]["externalIp"].as_str().unwrap();
    assert_eq!(row["machine"]["urls"][0], format!("http://{ip}:8501"));
    assert_eq!(row["machine"]["state"], "ready");
    assert_eq!(row["student"]["team"], "cat");
    // A machine of several counts once.
    assert_eq!(outputs["machines"], serde_json::json!({ "ready": 5, "running": 1 }));
    assert_eq!(outputs["shared"]["registries"][0], "europe-west1-docker.pkg.dev/be-cloud-2526/docker");
}

#[test]
fn the_page_stands_alone_and_shows_names_as_they_are() {
    let room = class();
    let file = format!("{}/page.html", room.course());
    room.run("outputs", &["--out", &file]).code(0);
    let page = room.read("page.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("=Ann|&lt;b&gt;"), "{page}");
    assert!(!page.contains("<b>") && page.contains("Content-Security-Policy"));
    // Nothing is loaded from anywhere.
    for outside in ["<link", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("<span>gcloud compute ssh ann@be-ann</span> <span>--project be-cloud-2526</span>"));
}

#[test]
fn markdown_is_one_table() {
    let markdown = class().run("outputs", &["--format", "markdown"]).code(0).out;
    assert!(markdown.contains("| =Ann\\|\\<b\\> | owl | be-ann | ready |"), "{markdown}");
}

#[test]
fn before_an_apply_everything_is_missing() {
    let room = class_with(SPECS);
    let outputs = room.run("outputs", &["--format", "json"]).code(0).json();
    let states: Vec<&Value> =
        outputs["rows"].as_array().unwrap().iter().map(|row| &row["machine"]["state"]).collect();
    assert!(states.iter().all(|state| *state == "missing"), "{outputs}");
}

#[test]
fn applying_can_wait_until_all_is_ready() {
    let said = class_with(SPECS).run("apply", &["--yes", "--wait-ready"]).code(0);
    assert!(said.err.ends_with("5 of 5 machines are ready\n"), "{}", said.err);
}

#[test]
fn status_shows_who_is_ready_and_watches_until_all_are() {
    let room = class();
    let status = room.run("status", &["--watch"]).code(0);
    assert!(status.err.contains("ready Vm/be-ann\n"), "{}", status.err);
    assert!(status.out.contains("READY"), "{}", status.out);
    let json = room.run("status", &["--format", "json"]).code(0).json();
    let of = |address: &str| {
        let all = json["resources"].as_array().unwrap();
        all.iter().find(|one| one["address"] == address).unwrap()["ready"].clone()
    };
    assert_eq!(of("Vm/be-ann")["state"], "ready");
    assert_eq!(of("ContainerVm/shared"), Value::Null);
}

/// What a watch without any patience says of one machine.
fn watched(specs: &str, address: &str, faults: Option<&str>) -> String {
    let room = class_with(specs);
    let mut flags = vec!["--watch".to_owned(), "--timeout".to_owned(), "0s".to_owned()];
    if let Some(faults) = faults {
        room.write("faults.txt", faults);
        flags.extend(["--faults".to_owned(), format!("{}/faults.txt", room.course())]);
    }
    room.apply();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let said = room.run("status", &flags).code(1);
    let line = said.err.lines().find(|line| line.contains(address)).unwrap_or_default();
    without_addresses(line)
}

#[test]
fn a_watch_that_runs_out_of_time_says_who_is_missing_and_why() {
    let cat = "ContainerVm/demo-cat";
    let closed = SPECS.replace("targetTags: [web]", "targetTags: [other]");
    let home = SPECS.replace("targetTags: [web]", "sourceRanges: [198.51.100.0/24]");
    let other = SPECS
        .replace("ready: { http: { port: 8501 }", "ready: { http: { port: 22 }, tcp: 8502")
        .replace("allow: [tcp:8501]", "allow: [tcp:8501-8502]");
    let boots = Some("bootTime: 10m\n");
    let lines = [
        watched(&closed, cat, None),
        watched(&home, cat, None),
        watched(&other, cat, None),
        watched(SPECS, cat, boots),
        watched(SPECS, "Vm/be-ann", boots),
    ];
    assert_snapshot!(lines.join("\n"), @r"
    failed ContainerVm/demo-cat: not ready within 0s: no firewall rule lets tcp:8501 in
    failed ContainerVm/demo-cat: not ready within 0s: tcp:8501 is let in from some addresses only (open-8501)
    failed ContainerVm/demo-cat: not ready within 0s: connection refused: nothing listens at port 8502 yet
    failed ContainerVm/demo-cat: not ready within 0s: connection refused: nothing listens at port 8501 yet
    failed Vm/be-ann: not ready within 0s: the startup script runs
    ");
}

#[test]
fn a_course_that_declares_nothing_is_not_waited_for() {
    let room = Room::with(&format!("{COURSE}{APIS}"));
    room.apply();
    let said = room.run("status", &["--watch"]).code(0);
    assert!(said.err.contains("no machine of this course says when it is ready"), "{}", said.err);
    assert!(!said.out.contains("READY"));
}

#[test]
fn status_is_written_in_every_form() {
    let room = class();
    let csv = room.run("status", &["--format", "csv"]).code(0).out;
    assert!(csv.starts_with("resource,state,ready,ends,where\r\n"), "{csv}");
    let markdown = room.run("status", &["--format", "markdown"]).code(0).out;
    assert!(markdown.contains("| Vm/be-ann | ok | ready |"), "{markdown}");
    let page = room.run("status", &["--format", "html"]).code(0).out;
    assert!(page.contains("<strong>Vm&#x2f;be-ann</strong>"), "{page}");
}

#[test]
fn a_pause_without_a_watch_is_wrong_usage() {
    let room = class_with(SPECS);
    for (command, flag) in [("status", "--watch"), ("apply", "--wait-ready")] {
        let said = room.run(command, &["--every", "1s"]).code(64);
        assert!(said.err.contains(flag), "{}", said.err);
    }
    room.run("status", &["--watch", "--every", "0s"]).code(64);
}

#[test]
fn what_is_not_ready_after_an_apply_is_no_failure_before_it() {
    let room = class_with(&SPECS.replace("allow: [tcp:8501]", "allow: [tcp:80]"));
    let said = room.run("apply", &["--yes", "--wait-ready", "--timeout", "0s", "--format", "json"]).code(3);
    let json = said.json();
    assert_eq!(json["outcome"]["complete"], true);
    assert_eq!(json["ready"]["Vm/be-ann"]["ready"], true);
    assert_eq!(json["ready"]["ContainerVm/demo-cat"]["state"], "failed");
}

/// For whom each resource of a document is.
fn for_whom(each: &str) -> Vec<String> {
    let roster = "roster: [{login: ann, team: owl, room: 1}, {login: bob, team: cat, room: 1}, {login: eve, team: cat, room: 2}]";
    let text =
        format!("{COURSE}{roster}\nvars: {{ ports: [80, 81] }}\n---\nkind: Bucket\n{each}\nlocation: EU\n");
    let names = KindRegistry::standard();
    let folder = folder::read(vec![("c.yaml".to_owned(), text)], &names.names(), &schema::strict_course());
    assert!(folder.diagnostics.is_empty(), "{:?}", folder.diagnostics);
    let logins = |spec: &provost::spec::ExpandedSpec| {
        let logins: Vec<_> = spec.of_whom.iter().filter_map(|row| row.person().login).collect();
        format!("{}: {}", spec.name, logins.join(" "))
    };
    folder.specs.iter().map(logins).collect()
}

#[test]
fn a_resource_is_for_the_rows_that_made_it_or_that_say_what_made_it() {
    let cases = [
        ("name: all", "all: "),
        (
            "forEach: { student: roster, port: vars.ports }\nwhen: student.team == \"owl\"\nname: b-{{ student.login }}-{{ port }}",
            "b-ann-80: ann, b-ann-81: ann",
        ),
        ("forEach: { team: [cat, dog, owl] }\nname: b-{{ team }}", "b-cat: bob eve, b-dog: , b-owl: ann"),
        (
            "forEach: { team: [cat], room: [1, 2] }\nname: b-{{ team }}-{{ room }}",
            "b-cat-1: bob, b-cat-2: eve",
        ),
        ("forEach: { port: vars.ports }\nname: b-{{ port }}", "b-80: , b-81: "),
    ];
    for (each, whom) in cases {
        assert_eq!(for_whom(each).join(", "), whom, "{each}");
    }
}
