//! The lock and the history of a course as their users meet them: several runs at once, waiting, unlocking, and who did what.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::{Child, Stdio};

use insta::assert_snapshot;
use serde_json::{Value, json};
use support::{APIS, COURSE, Room, Said};

const LOCK: &str = "be-cloud/lock.json";
const RULES: &str = "---
kind: FirewallRule
forEach: { port: [80, 443, 8501] }
name: open-{{ port }}
allow: [\"tcp:{{ port }}\"]
---
kind: IamGrant
name: readers
on: project
roles: [roles/viewer]
members: ['user:ana@example.edu']
";

fn room(head: &str) -> Room {
    Room::with(&format!("{COURSE}{head}{APIS}{RULES}"))
}

/// Starts so many applies at once, and gives what they said.
fn at_once(room: &Room, many: usize, flags: &[&str]) -> Vec<Said> {
    let all: Vec<Child> = (0..many)
        .map(|_| {
            let mut process = support::process(&room.command("apply", &[&["--yes"], flags].concat()));
            process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            process.env("USER", "ana").env("HOSTNAME", "laptop").spawn().unwrap()
        })
        .collect();
    let ended = all.into_iter().map(|child| child.wait_with_output().unwrap());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let said = |output: std::process::Output| Said {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    ended.map(said).collect()
}

/// The addresses that the inventory names.
fn owned(room: &Room, file: Option<&str>) -> Vec<String> {
    let record: Value = match file {
        Some(file) => serde_json::from_str(&room.read(file)).unwrap(),
        None => room.document("be-cloud/inventory.json").unwrap(),
    };
    record["entries"].as_object().unwrap().keys().cloned().collect()
}

const ALL: [&str; 5] = [
    "ApiServices/apis",
    "FirewallRule/open-443",
    "FirewallRule/open-80",
    "FirewallRule/open-8501",
    "IamGrant/readers",
];

fn codes(said: &[Said]) -> Vec<i32> {
    let mut codes: Vec<i32> = said.iter().map(|said| said.code).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn of_ten_applies_at_once_one_runs_and_the_rest_refuse() {
    for (head, file) in [("", None), ("inventory: inventory.json\n", Some("inventory.json"))] {
        let room = room(head);
        let said = at_once(&room, 10, &[]);
        let codes = codes(&said);
        let ran: Vec<&Said> = said.iter().filter(|said| said.out.contains("steps done")).collect();
        assert_eq!(ran.len(), 1, "{codes:?}");
        // Whoever came so late that nothing was left to do has nothing to refuse.
        assert!(codes.iter().all(|code| [0, 4].contains(code)), "{said:#?}");
        for refused in said.iter().filter(|said| said.code == 4) {
            let why = ["is locked by ana on laptop, apply since", "another run changed the inventory"];
            assert!(why.iter().any(|why| refused.err.contains(why)), "{refused:?}");
        }
        assert_eq!(owned(&room, file), ALL);
        room.converged();
        room.run("unlock", &["--yes"]).code(0);
    }
}

#[test]
fn of_ten_applies_at_once_that_wait_one_runs_and_the_rest_find_nothing_left_to_do() {
    for (head, file) in [("", None), ("inventory: inventory.json\n", Some("inventory.json"))] {
        let room = room(head);
        let said = at_once(&room, 10, &["--lock-timeout", "5m"]);
        assert_eq!(codes(&said), [0; 10], "{said:#?}");
        let ran = said.iter().filter(|said| said.out.contains("steps done")).count();
        assert_eq!(ran, 1);
        let waited: Vec<&Said> =
            said.iter().filter(|said| said.err.contains("waiting for the lock")).collect();
        assert!(
            !waited.is_empty() && waited.iter().all(|said| said.err.contains("planning again")),
            "{said:#?}"
        );
        assert_eq!(owned(&room, file), ALL);
        room.converged();
        assert_eq!(runs(&room).len(), 1, "one run changed anything");
    }
}

/// Puts a lock there as another run has it, and gives when it was taken.
async fn locked(room: &Room) {
    let lock = json!({
        "course": "be-cloud", "run": "20261121T080000Z-abcdef", "doing": "apply", "owner": "bob", "host": "runner-7",
        "url": "https://github.com/isae/be/actions/runs/42", "acquired": "2026-11-21T08:00:00Z",
        "renewed": "2026-11-21T08:00:40Z", "expires": "2026-11-21T08:01:40Z"
    });
    let cloud = room.cloud().await;
    cloud.upload("be-cloud-2526-provost", "be-cloud%2Flock.json", &lock.to_string()).await;
}

/// A course that is applied, and has one rule more since.
fn changed() -> Room {
    let room = room("");
    room.apply();
    room.write("more.yaml", "{kind: FirewallRule, name: more, allow: [icmp]}\n");
    room
}

#[tokio::test]
async fn whoever_comes_second_is_told_whose_lock_it_is_and_what_to_type() {
    let room = changed();
    locked(&room).await;
    let said = room.run("apply", &["--yes"]).code(4);
    let said = said.err.replace(room.course(), "COURSE").replace(room.state().to_str().unwrap(), "STATE");
    assert_snapshot!(said, @r"
    error: the course be-cloud is locked by bob on runner-7 (https://github.com/isae/be/actions/runs/42), apply since 2026-11-21T08:00:00Z; nothing was changed
        help: wait for it with `--lock-timeout 10m`
        help: if that run is dead, its lock ends by itself at 2026-11-21T08:01:40Z, and `provost unlock COURSE --sandbox=STATE` takes it away at once
    ");
    for command in ["destroy", "pause"] {
        let said = room.run(command, &["--yes"]);
        assert!(said.code == 4 || command == "pause", "{command}: {said:?}");
    }
    assert!(room.find("firewalls/more").is_none() && room.find("firewalls/open-80").is_some());
    room.run("plan", &["--detailed-exitcode"]).code(2);
}

#[tokio::test]
async fn a_lock_that_is_given_back_in_time_is_waited_for_and_everything_planned_anew() {
    let room = changed();
    locked(&room).await;
    let mut process = support::process(&room.command("apply", &["--yes", "--lock-timeout", "10m"]));
    process.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process.spawn().unwrap();
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("waiting for the lock") {
        assert_ne!(std::io::BufRead::read_line(&mut told, &mut line).unwrap(), 0, "{line}");
    }
    room.run("unlock", &["--yes"]).code(0);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out.matches("create  FirewallRule/more").count(), 2, "it is planned and shown twice: {out}");
    assert!(room.document(LOCK).is_none());
}

#[tokio::test]
async fn a_lock_that_ran_out_is_taken_over_and_said_so() {
    let room = changed();
    locked(&room).await;
    let said = room.run("apply", &["--yes", "--at", "2030-01-01T00:00:00Z"]).code(0);
    assert!(said.err.contains("took over the lock of bob on runner-7 (https://github.com/isae/be/actions/runs/42), apply since 2026-11-21T08:00:00Z"), "{}", said.err);
    assert!(room.document(LOCK).is_none() && room.find("firewalls/more").is_some());
}

#[tokio::test]
async fn unlock_shows_whose_lock_it_is_and_takes_it_away_only_on_a_yes() {
    let room = changed();
    let said = room.run("unlock", &[]).code(0);
    assert_eq!(said.out, "The course be-cloud is not locked.\n");
    locked(&room).await;
    let said = room.run("unlock", &[]).code(64);
    assert!(said.err.contains("--yes") && room.document(LOCK).is_some(), "{}", said.err);
    let said = room.run("unlock", &["--yes"]).code(0);
    assert_snapshot!(said.out, @"
    The course be-cloud is locked by bob on runner-7 (https://github.com/isae/be/actions/runs/42), apply since 2026-11-21T08:00:00Z, which has it until 2026-11-21T08:01:40Z.
    Unlocked. If that run lives, it stops before its next step.
    ");
    assert!(room.document(LOCK).is_none());
    locked(&room).await;
    let said = room.run("unlock", &["--yes", "--format", "json"]).code(0).json();
    assert_eq!((&said["unlocked"], &said["lock"]["owner"]), (&json!(true), &json!("bob")));
    let said = room.run("unlock", &["--yes", "--format", "json"]).code(0).json();
    assert_eq!((&said["unlocked"], &said["lock"]), (&json!(false), &Value::Null));
}

/// The grant is written and the APIs are being enabled when the lock is taken away; the rules wait for them.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_unlocked_begins_no_other_step_and_says_so() {
    let room = room("");
    room.write("slow.yaml.faults", "operationTimes: { \"*\": 3s }\n");
    let faults = format!("{}/slow.yaml.faults", room.course());
    let mut apply = support::process(&room.command("apply", &["--yes", "--faults", &faults]));
    let apply = apply.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let taken = std::time::Instant::now();
    while !room.state().exists() || room.document(LOCK).is_none() || runs(&room).is_empty() {
        assert!(taken.elapsed() < std::time::Duration::from_mins(1), "the lock is never taken");
        tokio::task::yield_now().await;
    }
    room.run("unlock", &["--yes"]).code(0);
    let ended = apply.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("2 of 5 steps done.") && said.contains("was lost"), "{said}");
    assert_eq!(room.find("firewalls/open-80"), None);
    room.apply();
    room.converged();
}

fn runs(room: &Room) -> Vec<Value> {
    room.run("history", &["--format", "json"]).code(0).json()["runs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_history_says_who_did_what_and_what_became_of_it() {
    let room = room("");
    let said = room.run("history", &[]).code(0);
    assert_eq!(said.out, "No run has changed be-cloud yet.\n");
    let mut apply = room.command("apply", &["--yes"]);
    for (name, value) in [
        ("GITHUB_ACTOR", "ana"),
        ("RUNNER_NAME", "runner-7"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "isae/be"),
        ("GITHUB_RUN_ID", "42"),
    ] {
        apply.env(name, value);
    }
    support::run(&mut apply).code(0);
    room.run("apply", &["--yes"]).code(0);
    room.write("more.yaml", "{kind: FirewallRule, name: more, network: nowhere, allow: [icmp]}\n");
    room.run("apply", &["--yes", "--no-preflight"]).code(1);
    room.run("destroy", &["--yes"]).code(0);
    let runs = runs(&room);
    let told = |run: &Value| {
        let words = ["doing", "state", "exit"].map(|key| run[key].to_string().replace('"', ""));
        words.join(" ")
    };
    let told: Vec<String> = runs.iter().map(told).collect();
    assert_eq!(told, ["destroy done 0", "apply failed 1", "apply done 0"], "what changes nothing is no run");
    let (first, failed) = (&runs[2], &runs[1]);
    assert_eq!(first["url"], json!("https://github.com/isae/be/actions/runs/42"));
    assert_eq!(first["steps"].as_array().unwrap().len(), 5);
    assert!(failed["steps"][0]["why"].as_str().unwrap().contains("nowhere"), "{failed}");
}

#[test]
fn a_run_is_shown_by_the_beginning_of_its_name_or_as_the_latest() {
    let room = room("");
    room.apply();
    let show = |run: &str| {
        let sandbox = format!("--sandbox={}", room.state().display());
        support::provost(&["history", "show", run, room.course(), &sandbox])
    };
    let id = runs(&room)[0]["id"].as_str().unwrap().to_owned();
    let latest = show("latest").code(0).out;
    assert_eq!(show(&id[..10]).code(0).out, latest);
    let (head, steps) = latest.split_once("  changes ").unwrap();
    assert!(
        head.starts_with(&format!("apply {id}: done\n  course       be-cloud in be-cloud-2526\n")),
        "{head}"
    );
    assert_snapshot!(steps, @r"
    create 5
         done create ApiServices/apis
         done create IamGrant/readers
         done create FirewallRule/open-443
         done create FirewallRule/open-80
         done create FirewallRule/open-8501
    ");
    let said = show("1999").code(64);
    assert!(said.err.contains("no run begins with 1999"), "{}", said.err);
}

#[test]
fn the_history_outlives_the_course_and_goes_with_the_bucket_on_demand() {
    let room = room("");
    room.apply();
    room.write("more.yaml", "{kind: FirewallRule, name: more, allow: [icmp]}\n");
    room.apply();
    let said = room.run("destroy", &["--yes"]).code(0);
    assert!(said.err.contains("--delete` clears it"), "{}", said.err);
    assert!(room.document("be-cloud/inventory.json").is_none() && room.document(LOCK).is_none());
    room.run("history", &["--delete"]).code(64);
    room.run("history", &["--delete", "--keep", "1", "--yes"]).code(0);
    let left = runs(&room);
    assert_eq!((left.len(), &left[0]["doing"]), (1, &json!("destroy")));
    room.run("history", &["--delete", "--yes"]).code(0);
    assert!(room.find("storage/b/be-cloud-2526-provost").is_none());
    assert_eq!(room.run("history", &[]).code(0).out, "No run has changed be-cloud yet.\n");
}

#[test]
fn an_inventory_in_a_file_has_its_history_beside_it() {
    let room = room("inventory: state/be.json\n");
    room.apply();
    assert_eq!(runs(&room).len(), 1);
    assert!(Path::new(room.course()).join("state/be.runs").is_dir());
    assert!(!Path::new(room.course()).join("state/be.lock.json").exists());
}
