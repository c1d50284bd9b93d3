//! The loop as a process: it applies, mends drift, takes in new commits, bears what fails, and stops when it is asked to.
//! Its rounds are waited for by its own metrics.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::rounds::Loop;
use support::{APIS, COURSE, Cloud, Room, provost};

const VM: &str = "---
kind: Vm
name: backend
machineType: e2-small
labels: { team: owl }
";
const BACKEND: &str = "/compute/v1/projects/be-cloud-2526/zones/europe-west1-b/instances/backend";

fn room() -> Room {
    Room::with(&format!("{COURSE}{APIS}{VM}"))
}

async fn relabel(cloud: &Cloud, team: &str) {
    let vm = cloud.get(BACKEND).await;
    let mut labels = vm["labels"].clone();
    labels["team"] = json!(team);
    let body = json!({"labels": labels, "labelFingerprint": vm["labelFingerprint"]});
    cloud.post(&format!("{BACKEND}/setLabels"), &body).await;
}

async fn team(cloud: &Cloud) -> Value {
    cloud.get(BACKEND).await["labels"]["team"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_applies_the_folder_mends_drift_and_stops_when_asked() {
    let room = room();
    let cloud = room.cloud().await;
    let mut running = Loop::start(room.course(), &cloud.url(), &[]);
    running.another("converged");
    assert_eq!(team(&cloud).await, "owl");
    assert_eq!((running.rounds("applied"), running.metric("provost_reconcile_resources")), (1, 2));
    assert_eq!(running.get("/healthz").0, 200);
    assert_eq!(running.get("/readyz").0, 200);

    relabel(&cloud, "cat").await;
    running.hear("Vm/backend: labels.team: spec owl, live cat; setLabels by owner@example.edu on 20");
    running.another("converged");
    assert_eq!(team(&cloud).await, "owl");
    assert_eq!(running.metric("provost_reconcile_drift_found_total"), 1);

    room.write("course.yaml", &format!("{COURSE}{APIS}{}", VM.replace("owl", "dog")));
    running.until("the new spec is applied", || running.rounds("applied") == 3);
    assert_eq!(team(&cloud).await, "dog");
    running.another("converged");

    let (code, log) = running.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.ends_with("stopped"), "{log}");
    // Once after each apply, however many rounds found nothing to do since.
    assert_eq!(log.matches("result=\"converged\"").count(), 3, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_only_reports_changes_nothing() {
    let room = room();
    let cloud = room.cloud().await;
    let mut running = Loop::start(room.course(), &cloud.url(), &["--report-only", "--format", "json"]);
    running.another("reported");
    running.another("reported");
    assert!(room.find("instances/backend").is_none());
    let said = running.hear("Plan: 2 to create, 0 unchanged.");
    let event: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(event["level"], "INFO");
    let (code, log) = running.stop();
    assert_eq!((code, log.matches("Plan:").count()), (Some(0), 1), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_or_refused_is_told_and_ends_no_loop() {
    let room = room();
    let cloud = room.cloud().await;
    let mut running = Loop::start(room.course(), &cloud.url(), &[]);
    running.another("converged");
    room.write("course.yaml", &format!("{COURSE}{APIS}{}", VM.replace("machineType", "machinType")));
    running.hear("machinType");
    running.another("broken");
    assert!(running.metric("provost_reconcile_consecutive_failures") >= 1);
    assert_eq!(running.get("/healthz").0, 200);
    // It waits longer and longer, but not for a folder that was mended.
    room.write("course.yaml", &format!("{COURSE}{APIS}{}", VM.replace("owl", "dog")));
    running.another("applied");
    let rule = json!({"name": "web", "allowed": [{"IPProtocol": "tcp"}]});
    cloud.post("/compute/v1/projects/be-cloud-2526/global/firewalls", &rule).await;
    let taken = "---\nkind: FirewallRule\nname: web\nallow: [tcp:80]\nsourceRanges: [10.0.0.0/8]\n";
    room.write("course.yaml", &format!("{COURSE}{APIS}{VM}{taken}"));
    running.hear("refused[conflict] FirewallRule/web");
    running.another("refused");
    assert_eq!(running.stop().0, Some(0));
}

#[test]
fn a_cloud_that_is_not_there_fails_rounds_and_not_the_loop() {
    let room = room();
    let mut running = Loop::start(room.course(), "http://127.0.0.1:9", &["--report-only"]);
    running.another("failed");
    assert_eq!((running.get("/healthz").0, running.get("/readyz").0), (200, 503));
    assert!(running.hear("error: ").contains("WARN"));
    assert_eq!(running.stop().0, Some(0));
}

#[test]
fn a_loop_that_is_stopped_in_an_apply_ends_what_runs_and_records_it() {
    let room = Room::with(&format!("{COURSE}{APIS}{VM}{}", VM.replace("backend", "frontend")));
    room.write("slow.yaml.txt", "operationTimes: { compute.instances.insert: 2s }\n");
    let faults = format!("{}/slow.yaml.txt", room.course());
    let state = format!("--sandbox={}", room.state().display());
    let flags = [&*state, "--faults", &faults, "--parallel", "1"];
    let mut running = Loop::start(room.course(), "http://127.0.0.1:9", &flags);
    running.hear("create Vm/backend");
    let (code, log) = running.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopping: what runs is finished and recorded"), "{log}");
    assert!(log.contains("not begun: create Vm/frontend"), "{log}");
    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    assert_eq!((&plan["summary"]["create"], &plan["summary"]["none"]), (&json!(1), &json!(2)), "{plan}");
    room.run("plan", &["--drift", "--detailed-exitcode"]).code(0);
}

#[test]
fn the_commit_of_the_folder_is_told() {
    let room = room();
    let commit = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    room.write(".git/HEAD", &format!("{commit}\n"));
    let state = format!("--sandbox={}", room.state().display());
    let mut running = Loop::start(room.course(), "http://127.0.0.1:9", &[&state]);
    running.hear(&format!("commit=\"{commit}\""));
    running.another("converged");
    assert_eq!(running.metric(&format!("provost_reconcile_commit_info{{commit=\"{commit}\"}}")), 1);
    room.write(".git/HEAD", "0000000000000000000000000000000000000001\n");
    running.hear("commit=\"0000000000000000000000000000000000000001\"");
}

#[test]
fn only_loopback_is_listened_on_and_a_check_asks_there() {
    let room = room();
    let said = provost(&["reconcile", room.course(), "--listen", "0.0.0.0:9464"]).code(64);
    assert!(said.err.contains("not on loopback"), "{}", said.err);
    let running = Loop::start(room.course(), "http://127.0.0.1:9", &["--report-only"]);
    let said = provost(&["reconcile", "--check", "--listen", &running.address]).code(0);
    assert_eq!(said.out, "it goes round\n");
    let taken = provost(&["reconcile", room.course(), "--listen", &running.address]).code(1);
    assert!(taken.err.contains("another port with `--listen"), "{}", taken.err);
    let address = running.address.clone();
    drop(running);
    let said = provost(&["reconcile", "--check", "--listen", &address]).code(1);
    assert!(said.err.contains("no loop listens"), "{}", said.err);
}

/// Mebibytes at rest, for which the program must be optimised: the code of another one alone is larger.
const AT_REST: u64 = if cfg!(debug_assertions) { u64::MAX } else { 30 };
/// Those among them that are no code, whatever the build.
const DATA_AT_REST: u64 = 14;

/// The class of sixty, provisioned.
fn class() -> Room {
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/isae-cloud-docker");
    let room = Room::of(&course);
    let granted = course.join("sandbox/granted.yaml");
    room.run("apply", &["--yes", "--faults", granted.to_str().unwrap()]).code(0);
    room
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_of_sixty_is_kept_in_little_memory_and_a_change_is_noticed_within_the_interval() {
    let room = class();
    let cloud = room.cloud().await;
    let mut running = Loop::start(room.course(), &cloud.url(), &["--every", "2s"]);
    for _ in 0..3 {
        running.another("converged");
    }
    assert!(running.metric("provost_reconcile_resources") > 60);
    let rule = "/compute/v1/projects/isae-sdd-481407/global/firewalls";
    let rules = cloud.get(rule).await;
    let ours = |rule: &&Value| rule["description"].as_str().is_some_and(|text| text.contains("[provost"));
    let name = rules["items"].as_array().unwrap().iter().find(ours).unwrap()["name"].as_str().unwrap();
    cloud.delete(&format!("{rule}/{name}")).await;
    let changed = Instant::now();
    running.hear(&format!("FirewallRule/{name}: it is gone; delete by owner@example.edu"));
    let noticed = changed.elapsed();
    running.another("converged");
    let [rest, data] = ["VmRSS", "RssAnon"].map(|name| running.memory(name) / 1024);
    println!("{rest} MiB at rest, of which {data} are data; noticed after {} ms", noticed.as_millis());
    assert!(rest < AT_REST && data < DATA_AT_REST, "{rest} MiB at rest, of which {data} are data");
    assert!(noticed < Duration::from_secs(10), "{noticed:?}");
}
