//! What is promised to scripts and to people at a terminal: exit codes, streams, shapes, and what is never shown.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::io::Read as _;
use std::process::Stdio;

use serde_json::{Value, json};
use support::{APIS, COURSE, Room, Said, program, provost, run};

const RULE: &str = "---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
";

fn course(documents: &str) -> String {
    format!("{COURSE}{APIS}{documents}")
}

fn machine(name: &str, machine_type: &str) -> String {
    format!("---\nkind: Vm\nname: {name}\nmachineType: {machine_type}\n")
}

/// The members of an object, in their order.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The state of a step by what it does.
fn step<'a>(outcome: &'a Value, what: &str) -> &'a Value {
    outcome["steps"].as_array().unwrap().iter().find(|s| s["step"] == what).unwrap()
}

#[test]
fn done_is_0_and_pending_changes_are_2_only_when_asked_for() {
    let room = Room::with(&course(RULE));
    provost(&["validate", room.course()]).code(0);
    room.run("plan", &[]).code(0);
    room.run("plan", &["--detailed-exitcode"]).code(2);
    room.run("apply", &["--yes"]).code(0);
    room.run("plan", &["--detailed-exitcode"]).code(0);
    room.run("apply", &[]).code(0);
    room.run("plan", &["--destroy", "--detailed-exitcode"]).code(2);
}

#[test]
fn a_failure_before_any_change_is_1() {
    let wrong = Room::with(&course("---\nkind: FirewallRule\nname: Open_8501\nallow: [tcp:8501]\n"));
    for command in ["plan", "apply", "destroy", "status"] {
        let said = wrong.run(command, &[]).code(1);
        assert!(said.out.is_empty() && said.err.contains("course.yaml:"), "{command}: {said:?}");
    }
    let unreachable = Room::with(&course(RULE));
    let mut command = program(&["plan", unreachable.course()]);
    let said = run(command.env("PROVOST_ENDPOINT", "http://example.com")).code(1);
    assert!(said.err.contains("plain http"), "{said:?}");
    fs_err::write(unreachable.state(), "not a state").unwrap();
    let said = unreachable.run("plan", &[]).code(1);
    assert!(said.err.contains("is not the state of a sandbox"), "{said:?}");
}

#[test]
fn a_refused_plan_is_4() {
    let room = Room::with(&format!("{COURSE}---\nkind: ServiceAccount\nname: robot-one\n"));
    let said = room.run("apply", &["--yes"]).code(4);
    assert!(said.out.contains("iam.googleapis.com is not enabled"), "{said:?}");
    assert!(said.out.contains("add iam.googleapis.com to the `services`"), "{said:?}");
}

#[test]
fn wrong_usage_is_64() {
    let room = Room::with(&course(RULE));
    let rows: [&[&str]; 8] = [
        &[],
        &["teardown"],
        &["plan", "--what"],
        &["plan", room.course(), "--adopt", "no-address"],
        &["plan", room.course(), "--format", "xml"],
        &["schema", "Bukket"],
        &["sandbox", "serve", "--listen", "nowhere"],
        &["init", room.course()],
    ];
    for arguments in rows {
        let said = provost(arguments).code(64);
        assert!(said.out.is_empty() && !said.err.is_empty(), "{arguments:?}: {said:?}");
    }
}

#[test]
fn a_partial_failure_is_3_one_without_any_change_is_1_and_the_next_run_finishes_it() {
    let grant = "---
kind: IamGrant
name: on-bad
on: { vm: bad }
roles: [roles/compute.viewer]
members: [user:anna@example.edu]
";
    let with_image = |family: &str| {
        let bad = machine("bad", "e2-small");
        course(&format!(
            "{}{bad}image: {{ family: {family}, project: debian-cloud }}\n{grant}{RULE}",
            machine("good", "e2-small")
        ))
    };
    let room = Room::with(&with_image("debian-9"));
    let said = room.run("apply", &["--yes", "--format", "json"]).code(3);
    let outcome = &said.json()["outcome"];
    assert_eq!(outcome["complete"], false);
    for done in ["create ApiServices/apis", "create Vm/good", "create FirewallRule/open-8501"] {
        assert_eq!(step(outcome, done)["state"], "done", "{done}");
    }
    let failed = step(outcome, "create Vm/bad");
    assert_eq!(failed["state"], "failed");
    assert!(failed["why"].as_str().unwrap().contains("images/family/debian-9"), "{failed}");
    let held = step(outcome, "create IamGrant/on-bad");
    assert_eq!((&held["state"], &held["why"]), (&json!("heldBack"), &json!("create Vm/bad")));

    // All that is left is refused: nothing was changed.
    let said = room.run("apply", &["--yes", "--no-preflight"]).code(1);
    assert!(said.out.contains("failed: create Vm/bad"), "{}", said.out);
    assert!(
        said.out.contains("held back: create IamGrant/on-bad, because this failed: create Vm/bad"),
        "{}",
        said.out
    );

    room.write("course.yaml", &with_image("debian-12"));
    room.apply();
    room.converged();
}

#[test]
fn a_quota_that_is_used_up_fails_the_machines_above_it_only() {
    let machines = |of: &str| course(&format!("{}{}", machine("small", "e2-small"), machine("large", of)));
    let room = Room::with(&machines("n2-standard-32"));
    let said = room.run("apply", &["--yes"]).code(3);
    let told = "the quota N2_CPUS of 24 in europe-west1 is used up: this asks for more\n    help: ask for more: https://";
    assert!(said.out.contains(told), "{}", said.out);
    assert!(room.find("instances/small").is_some());
    room.write("course.yaml", &machines("n2-standard-8"));
    room.apply();
    room.converged();
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let room = Room::with(&course(RULE));
    for command in ["apply", "destroy"] {
        let said = run(room.command(command, &[]).write_stdin("yes\n"));
        let expected = if command == "apply" { 64 } else { 0 };
        assert_eq!(said.code, expected, "{command} of nothing has nothing to ask: {said:?}");
        assert!(!said.all().contains("Type `yes`"), "{said:?}");
    }
    assert!(room.find("firewalls/open-8501").is_none());
    room.apply();
    let said = run(room.command("destroy", &[]).write_stdin("yes\n")).code(64);
    assert!(said.err.contains("--yes"), "{said:?}");
    assert!(room.find("firewalls/open-8501").is_some());
}

#[test]
fn a_plan_in_json_has_the_promised_shape() {
    let room = Room::with(&course(RULE));
    room.apply();
    room.write("course.yaml", &course("---\nkind: FirewallRule\nname: open-8501\nallow: [tcp:8502]\n"));
    let plan = room.run("plan", &["--format", "json"]).code(0).json();

    assert_eq!(keys(&plan), ["course", "project", "summary", "changes", "report", "overrides"]);
    let actions = ["create", "update", "updateWithStop", "replace", "delete", "adopt", "release", "none"];
    assert_eq!(keys(&plan["summary"]), actions);
    assert_eq!((&plan["summary"]["update"], &plan["summary"]["none"]), (&json!(1), &json!(1)));
    let change = &plan["changes"][1];
    let expected = json!({
        "address": "FirewallRule/open-8501",
        "action": "update",
        "reason": "the spec changed",
        "fields": [{ "path": "allow", "before": ["tcp:8501"], "after": ["tcp:8502"] }],
    });
    assert_eq!(*change, expected);
    assert_eq!(keys(change), ["address", "action", "reason", "fields"]);
    assert_eq!(plan["report"], json!([]));
}

#[test]
fn a_finding_in_json_has_the_promised_shape() {
    let room = Room::with(&format!("{COURSE}---\nkind: ServiceAccount\nname: robot-one\n"));
    let plan = room.run("plan", &["--format", "json"]).code(4).json();
    let expected = json!([{
        "severity": "refusal",
        "code": "api-not-enabled",
        "address": "ServiceAccount/robot-one",
        "message": "iam.googleapis.com is not enabled in the project, and no ApiServices of this course enables it",
        "help": "add iam.googleapis.com to the `services` of an ApiServices resource",
    }]);
    assert_eq!(plan["report"], expected);
}

#[test]
fn json_on_stdout_is_one_document_and_progress_is_on_stderr() {
    let room = Room::with(&course(RULE));
    let said = room.run("apply", &["--yes", "--format", "json"]).code(0);
    assert_eq!(said.json()["outcome"]["complete"], true);
    assert!(said.err.contains("done create FirewallRule/open-8501"), "{}", said.err);
    room.run("status", &["--format", "json"]).code(0).json();
    room.run("plan", &["--format", "json"]).code(0).json();
    provost(&["validate", room.course(), "--format", "json"]).code(0).json();
    room.run("destroy", &["--yes", "--format", "json"]).code(0).json();
}

fn secretive(password: &str) -> String {
    course(&format!(
        "---
kind: ContainerVm
name: app
machineType: e2-small
containers:
  - image: nginx:1
    env: {{ DB_PASSWORD: {password}, USER: owl }}
"
    ))
}

#[test]
fn secrets_are_shown_by_no_command_in_no_format() {
    let room = Room::with(&secretive("first-Passw0rd"));
    let runs: [(&str, &[&str]); 8] = [
        ("plan", &[]),
        ("plan", &["--format", "json"]),
        ("plan", &["-vv"]),
        ("apply", &["--yes", "-vv"]),
        ("status", &[]),
        ("status", &["--format", "json", "-vv"]),
        ("plan", &["--destroy", "--format", "json"]),
        ("destroy", &["--yes", "-vv"]),
    ];
    for (command, flags) in runs {
        let said = room.run(command, flags).code(0);
        assert!(!said.all().contains("Passw0rd"), "{command} {flags:?}: {said:?}");
    }
    let shown = room.run("plan", &[]).code(0);
    assert!(
        shown.out.contains("DB_PASSWORD: (sensitive)") && shown.out.contains("USER: owl"),
        "{}",
        shown.out
    );
}

#[test]
fn a_secret_that_changes_is_shown_on_neither_side() {
    let room = Room::with(&secretive("first-Passw0rd"));
    room.apply();
    room.write("course.yaml", &secretive("second-Passw0rd"));
    for flags in [["--format", "text"], ["--format", "json"]] {
        let said = room.run("plan", &flags).code(0);
        assert!(said.out.contains("DB_PASSWORD") && said.out.contains("(sensitive)"), "{}", said.out);
        assert!(!said.all().contains("Passw0rd"), "{said:?}");
    }
    room.apply();
    let user_data = room.resource("instances/app").to_string();
    assert!(user_data.contains("second-Passw0rd"), "what is hidden is still sent");
}

#[test]
fn the_log_of_calls_names_each_of_them() {
    let room = Room::with(&course(RULE));
    let said = room.run("apply", &["--yes", "-vv"]).code(0);
    let call = "verb=POST service=\"compute.googleapis.com\" path=\"projects/be-cloud-2526/global/firewalls\" status=200";
    assert!(said.err.contains(call), "{}", said.err);
    assert!(!said.out.contains("global/firewalls"));
}

#[test]
fn a_log_file_has_one_json_object_a_call_and_no_secret() {
    let room = Room::with(&secretive("first-Passw0rd"));
    let log = room.state().with_extension("jsonl");
    let said = room.run("apply", &["--yes", "--log-file", log.to_str().unwrap()]).code(0);
    assert!(!said.err.contains("answered"), "{}", said.err);
    let text = fs_err::read_to_string(&log).unwrap();
    assert!(!text.contains("Passw0rd") && !text.to_lowercase().contains("bearer"), "{text}");
    let calls: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let insert =
        calls.iter().find(|c| c["verb"] == "POST" && c["path"].as_str().unwrap().ends_with("/instances"));
    let insert = insert.unwrap_or_else(|| panic!("{text}"));
    assert_eq!((&insert["status"], insert["ms"].is_u64()), (&json!(200), true));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let room = Room::with(&course(RULE));
    let wrong = Room::with("kind: Course\n");
    for said in [room.run("plan", &["-vv"]), room.run("apply", &["--yes", "-vv"]), wrong.run("plan", &[])] {
        assert!(!said.all().contains('\u{1b}'), "{said:?}");
    }
    let insists = |name: &str, value: &str| {
        let mut command = room.command("plan", &["--destroy"]);
        run(command.env("CLICOLOR_FORCE", "1").env(name, value)).code(0).out.contains('\u{1b}')
    };
    assert!(insists("CLICOLOR_FORCE", "1"));
    assert!(!insists("NO_COLOR", "1"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let room = Room::with(&course(RULE));
    room.apply();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("provost"));
    command
        .args(["plan", room.course(), "--destroy"])
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_STEP_SUMMARY");
    command.arg(format!("--sandbox={}", room.state().display()));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

/// Two runs side by side on one state file.
fn at_once(one: &Room, other: &Room) -> [Said; 2] {
    let start = |room: &Room| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("provost"));
        command.args(["apply", room.course(), "--yes"]);
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        command.arg(format!("--sandbox={}", one.state().display()));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    [start(one), start(other)].map(|child| {
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    })
}

#[test]
fn two_courses_of_one_project_are_applied_at_once() {
    let text = |name: &str| {
        let course = course(&format!(
            "---
kind: IamGrant
name: grant
on: project
roles: [roles/viewer]
members: [user:{name}@example.edu]
---
kind: FirewallRule
name: {name}
allow: [tcp:8501]
"
        ));
        course.replace("name: be-cloud\n", &format!("name: {name}\n"))
    };
    let (one, other) = (Room::with(&text("anna")), Room::with(&text("paul")));
    for said in at_once(&one, &other) {
        said.code(0);
    }
    let policy = one.resource("policies/projects/be-cloud-2526").to_string();
    for name in ["anna", "paul"] {
        assert!(policy.contains(&format!("user:{name}@example.edu")), "{policy}");
        assert!(one.find(&format!("firewalls/{name}")).is_some());
    }
}

#[test]
fn of_two_runs_of_one_course_one_succeeds_and_the_next_finds_it_converged() {
    let grant = "---
kind: IamGrant
name: grant
on: project
roles: [roles/viewer]
members: [user:anna@example.edu]
";
    let room = Room::with(&course(&format!("{grant}{RULE}")));
    let mut said = at_once(&room, &room);
    said.sort_by_key(|said| said.code);
    let [first, second] = said;
    first.code(0);
    if second.code != 0 {
        let why = ["is locked by", "another run changed the inventory"];
        assert!(second.code == 4 && why.iter().any(|why| second.err.contains(why)), "{second:?}");
    }
    room.apply();
    room.converged();
}

#[test]
fn init_makes_a_course_that_is_valid_applies_and_goes() {
    let room = Room::with("");
    room.remove("course.yaml");
    let said = provost(&["init", room.course(), "--name", "my-class", "--project", "my-class-2526"]).code(0);
    assert!(said.out.contains("provost plan"), "{}", said.out);
    provost(&["validate", room.course()]).code(0);
    room.run("plan", &["--detailed-exitcode"]).code(2);
    room.apply();
    room.converged();
    room.run("destroy", &["--yes"]).code(0);
    assert!(room.find("instances/first-machine").is_none());
}

#[test]
fn init_keeps_what_is_there_and_refuses_names_that_cannot_be() {
    let room = Room::with("# mine\n");
    provost(&["init", room.course()]).code(64);
    assert_eq!(room.read("course.yaml"), "# mine\n");
    room.remove("course.yaml");
    provost(&["init", room.course(), "--project", "My Project"]).code(64);
    provost(&["init", room.course(), "--name", "My Class"]).code(64);
}

#[test]
fn a_folder_that_is_no_course_says_how_to_begin_one() {
    let room = Room::with("");
    room.remove("course.yaml");
    let nowhere = format!("{}/nowhere", room.course());
    for command in ["validate", "plan", "apply", "destroy", "status"] {
        let said = provost(&[command, &nowhere]).code(1);
        assert!(said.err.contains("there is no course folder"), "{said:?}");
        assert!(said.err.contains(&format!("provost init {nowhere}")), "{said:?}");
        let said = provost(&[command, room.course()]).code(1);
        assert!(said.err.contains("holds no `.yaml` file"), "{said:?}");
    }
    room.write("rules.yaml", "kind: FirewallRule\nname: open-8501\nallow: [tcp:8501]\n");
    let said = provost(&["validate", room.course()]).code(1);
    assert!(said.err.contains("kind: Course"), "{said:?}");
}

#[test]
fn one_file_of_a_folder_can_be_named_in_place_of_the_folder() {
    let room = Room::with(&course(RULE));
    room.write("other.yaml", "kind: Nonsense\n");
    provost(&["validate", room.course()]).code(1);
    provost(&["validate", &format!("{}/course.yaml", room.course())]).code(0);
}

#[test]
fn every_schema_is_printed_and_written() {
    let room = Room::with("");
    let whole = provost(&["schema"]).code(0).json();
    assert!(whole["$schema"].is_string());
    let vm = provost(&["schema", "Vm"]).code(0).json();
    assert!(vm["properties"]["machineType"]["description"].is_string(), "{vm}");
    let near = provost(&["schema", "Bukket"]).code(64);
    assert!(near.err.contains("did you mean `Bucket`?"), "{}", near.err);
    let folder = format!("{}/schemas", room.course());
    provost(&["schema", "--out", &folder]).code(0);
    let written = fs_err::read_to_string(format!("{folder}/provost.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), whole);
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = provost(&["completions", shell]).code(0);
        assert!(said.out.contains("provost") && said.out.contains("destroy"), "{shell}");
        assert!(said.err.is_empty(), "{shell}");
    }
}

#[test]
fn help_names_every_command_and_every_exit_code() {
    let said = provost(&["--help"]).code(0);
    let commands =
        ["init", "validate", "plan", "apply", "destroy", "status", "schema", "sandbox", "completions"];
    for command in commands {
        assert!(said.out.contains(&format!("\n  {command} ")), "{command}: {}", said.out);
        let of_command = provost(&[command, "--help"]).code(0);
        assert!(of_command.out.contains("Usage: provost"), "{}", of_command.out);
    }
    for code in ["0 done", "1 failed", "2 changes", "3", "4 refused", "64 wrong usage"] {
        assert!(said.out.contains(code), "{code}: {}", said.out);
    }
    assert!(provost(&["--version"]).code(0).out.starts_with("provost "));
}
