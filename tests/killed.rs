//! The promise that a run which was killed at any call is finished by the next: the built program runs as a process against a
//! sandbox behind a counting proxy, which kills it (SIGKILL) before a call is passed on, or after it was carried out. The next run
//! comes when the lock of the dead one has run out by the sandbox's clock.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use provost::sandbox::{Faults, Options, start};
use serde_json::Value;
use support::{Room, Said};
use tokio::sync::watch;

/// A course with every kind, and every way of owning: by mark, by inventory, with keys and with content.
const COURSE: &str = "kind: Course
name: be-cloud
project: be-cloud-2526
region: europe-west1
zones: [europe-west1-b, europe-west1-c]
---
kind: ApiServices
name: apis
services: [compute.googleapis.com, artifactregistry.googleapis.com, iam.googleapis.com]
---
kind: FirewallRule
name: web
allow: [tcp:80]
---
kind: ServiceAccount
name: builder
---
kind: Bucket
name: be-cloud-2526-data
location: EU
onDestroy: empty
files: [{from: a.txt}]
---
kind: Registry
name: images
---
kind: IamGrant
name: readers
on: project
roles: [roles/viewer]
members: ['user:ana@example.edu', 'user:bob@example.edu']
---
kind: IamGrant
name: files
on: { bucket: be-cloud-2526-data }
roles: [roles/storage.objectViewer]
members: ['user:ana@example.edu']
---
kind: Vm
name: box
machineType: e2-small
serviceAccount: builder
---
kind: ContainerVm
name: app
machineType: e2-small
containers: [{ image: nginx:1 }]
";

/// When the lock of a run that was killed is long over.
const LATER: &str = "2099-01-01T00:00:00Z";

/// When the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kill {
    /// Never: the calls are counted.
    Never,
    /// When it makes the call of this number, which does not arrive.
    Before(usize),
    /// When the call of this number was carried out, and before its answer comes.
    After(usize),
}

/// A proxy that counts calls and says when to kill.
struct Proxy {
    url: String,
    /// `GET /path` of each.
    lines: Arc<Mutex<Vec<String>>>,
    state: watch::Receiver<State>,
}

/// Whether the time has come, and how many calls are on their way behind the proxy.
#[derive(Clone, Copy, Default)]
struct State {
    kill: bool,
    under_way: usize,
}

impl Proxy {
    async fn before(root: String, kill: Kill) -> Self {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let (tell, state) = watch::channel(State::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let counted = Arc::clone(&lines);
        let router = Router::new().fallback(move |request: Request| {
            let (root, http, tell, counted) =
                (root.clone(), http.clone(), tell.clone(), Arc::clone(&counted));
            async move {
                let count = {
                    let mut lines = counted.lock().unwrap();
                    lines.push(format!("{} {}", request.method(), request.uri().path()));
                    lines.len() - 1
                };
                if matches!(kill, Kill::Before(at) if count >= at) {
                    tell.send_modify(|state| state.kill = true);
                    return std::future::pending().await;
                }
                tell.send_modify(|state| state.under_way += 1);
                // A task of its own: it arrives even if the program has died, and nobody waits here any more.
                let counts = tell.clone();
                let passed = tokio::spawn(async move {
                    let answer = forwarded(&http, &root, request).await;
                    counts.send_modify(|state| state.under_way -= 1);
                    answer
                });
                let answer = passed.await.unwrap();
                if matches!(kill, Kill::After(at) if count >= at) {
                    tell.send_modify(|state| state.kill = true);
                    return std::future::pending().await;
                }
                answer
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, lines, state }
    }

    async fn kills(&self) {
        self.state.clone().wait_for(|state| state.kill).await.unwrap();
    }

    async fn quiet(&self) {
        self.state.clone().wait_for(|state| state.under_way == 0).await.unwrap();
    }
}

async fn forwarded(http: &reqwest::Client, root: &str, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let mut headers = parts.headers;
    for own in ["host", "content-length", "accept-encoding", "transfer-encoding"] {
        headers.remove(own);
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let sent = http.request(parts.method, format!("{root}{}", parts.uri)).headers(headers).body(body);
    let answer = sent.send().await.unwrap();
    let mut reply = Response::builder().status(answer.status());
    for name in ["content-type", "location", "range", "date"] {
        if let Some(value) = answer.headers().get(name) {
            reply = reply.header(name, value);
        }
    }
    reply.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

/// What there is to have in the sandbox: the room of its zones.
#[derive(Clone, Copy, Debug)]
struct Weather(&'static str);

const FAIR: Weather = Weather("faults: []\n");
/// The first zone is full: every machine is tried there, fails some time after its call, and is made in the second.
const FULL: Weather = Weather("limits: { capacity: { europe-west1-b: { vms: 0 } } }\n");

fn room(weather: Weather) -> Room {
    let room = Room::with(COURSE);
    room.write("a.txt", "one");
    room.write("weather/faults.yaml", weather.0);
    room
}

/// Runs a command at a time when every lock is over, in the same weather.
fn later(room: &Room, command: &str, flag: &str) -> Said {
    let faults = format!("{}/weather/faults.yaml", room.course());
    room.run(command, &[flag, "--at", LATER, "--faults", &faults])
}

/// Runs an apply as a process through a proxy, and kills it when its time has come. Gives how it ended and what it called.
async fn run(room: &Room, weather: Weather, kill: Kill) -> (Option<ExitStatus>, Vec<String>) {
    let faults = Faults::parse(weather.0).unwrap();
    let options =
        Options { state: Some(room.state()), limits: faults.limits().clone(), faults, ..Options::default() };
    let cloud = start(options).await.unwrap();
    let proxy = Proxy::before(cloud.url(), kill).await;
    let mut process = support::process(&support::program(&["apply", room.course(), "--yes"]));
    process.env("PROVOST_ENDPOINT", &proxy.url).env("USER", "ana");
    let mut child = process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let ended = tokio::select! {
        () = proxy.kills() => {
            child.kill().unwrap();
            child.wait().unwrap();
            None
        }
        ended = until_it_ends(&mut child) => Some(ended),
    };
    proxy.quiet().await;
    let lines = proxy.lines.lock().unwrap().clone();
    (ended, lines)
}

async fn until_it_ends(child: &mut std::process::Child) -> ExitStatus {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        // Nothing to be waited for but another process.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Everything in the sandbox without what differs between two runs that do the same: ids, times, addresses, and the history.
fn contents(room: &Room) -> BTreeMap<String, Value> {
    let all = room.resources().into_iter().filter(|(path, _)| {
        !path.contains("/be-cloud/runs/")
            && !path.contains("/be-cloud/inventory.json")
            && path != "storage/lastGeneration"
    });
    all.map(|(path, value)| {
        let path = path.split('#').next().unwrap().to_owned();
        (path, plain(value))
    })
    .collect()
}

const DIFFERENT: &[&str] = &[
    "id",
    "etag",
    "fingerprint",
    "labelFingerprint",
    "generation",
    "metageneration",
    "uniqueId",
    "oauth2ClientId",
    "mediaLink",
    "natIP",
    "networkIP",
];

fn plain(value: Value) -> Value {
    let times = |key: &str| {
        key.ends_with("Time")
            || key.ends_with("imestamp")
            || key.ends_with("pdated")
            || key.starts_with("time")
    };
    match value {
        Value::Object(map) => {
            // What begins with `#` is the sandbox's own, and no part of an answer.
            let kept = map.into_iter().filter(|(key, _)| {
                !DIFFERENT.contains(&key.as_str()) && !times(key) && !key.starts_with('#')
            });
            kept.map(|(key, value)| (key, plain(value))).collect()
        }
        Value::Array(list) => list.into_iter().map(plain).collect(),
        other => other,
    }
}

/// What a room is like in the end: its inventory, and all that there is.
#[derive(Debug, PartialEq)]
struct End {
    inventory: Value,
    contents: BTreeMap<String, Value>,
}

fn end(room: &Room) -> End {
    End { inventory: room.document("be-cloud/inventory.json").unwrap(), contents: contents(room) }
}

/// The room that nobody disturbed, and the calls that it took.
async fn undisturbed(weather: Weather) -> (End, Vec<String>) {
    let room = room(weather);
    let (ended, lines) = run(&room, weather, Kill::Never).await;
    assert!(ended.unwrap().success());
    later(&room, "plan", "--detailed-exitcode").code(0);
    (end(&room), lines)
}

/// Stops the test at the first member that differs: the whole is too long to read.
fn differences(place: &str, found: &Value, wanted: &Value) {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            let (mine, theirs): (BTreeSet<_>, BTreeSet<_>) =
                (found.keys().collect(), wanted.keys().collect());
            assert_eq!(mine, theirs, "{place}");
            for (key, value) in found {
                differences(&format!("{place}/{key}"), value, &wanted[key]);
            }
        }
        (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
            for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                differences(&format!("{place}/{at}"), found, wanted);
            }
        }
        _ => assert_eq!(found, wanted, "{place}"),
    }
}

/// Kills an apply, and has the next one finish it. What it leaves equals what an undisturbed run leaves, of which is known that
/// its plan is empty.
async fn finishes(weather: Weather, kill: Kill, wanted: Arc<End>) {
    let room = room(weather);
    let (ended, _) = run(&room, weather, kill).await;
    assert!(ended.is_none_or(|status| status.success()), "{kill:?}: {ended:?}");
    let (room, locked) = tokio::task::spawn_blocking(move || {
        let locked = room.state().exists().then(|| room.document("be-cloud/lock.json")).flatten();
        let said = later(&room, "apply", "--yes");
        assert_eq!(said.code, 0, "{kill:?}: {said:?}");
        let took_over = said.err.contains("took over the lock of ana on");
        // A lock that a run left behind when all was done is in nobody's way.
        assert!(
            took_over == locked.is_some() || said.out.contains("othing to do"),
            "{kill:?}: {locked:?} {said:?}"
        );
        (room, locked)
    })
    .await
    .unwrap();
    let found = end(&room);
    assert_eq!(found.inventory, wanted.inventory, "{kill:?}");
    let names = |end: &End| end.contents.keys().cloned().collect::<Vec<_>>();
    let left: Vec<String> =
        names(&found).into_iter().filter(|path| !path.ends_with("/be-cloud/lock.json")).collect();
    assert_eq!(left, names(&wanted), "{kill:?}: {locked:?}");
    for (path, value) in &wanted.contents {
        differences(&format!("{kill:?}: {path}"), &found.contents[path], value);
    }
}

/// Kills an apply at the calls from the first change on of whose line this holds: before each, and after each that is a change. What
/// a read answers changes nothing: killed before it or after it is the same.
async fn killed_from(weather: Weather, first: fn(&str) -> bool) {
    // The client of this process would install it later.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (wanted, lines) = undisturbed(weather).await;
    let begin = lines.iter().position(|line| is_change(line) && first(line)).unwrap();
    let calls = lines.iter().enumerate().skip(begin);
    let kills: Vec<Kill> = calls
        .flat_map(|(at, line)| {
            [Some(Kill::Before(at)), is_change(line).then_some(Kill::After(at))].into_iter().flatten()
        })
        .collect();
    assert!(kills.len() > 20, "{lines:#?}");
    let (wanted, side_by_side) = (Arc::new(wanted), Arc::new(tokio::sync::Semaphore::new(6)));
    let mut all = tokio::task::JoinSet::new();
    for kill in kills {
        let (wanted, turn) = (Arc::clone(&wanted), Arc::clone(&side_by_side));
        all.spawn(async move {
            let _turn = turn.acquire_owned().await.unwrap();
            finishes(weather, kill, wanted).await;
        });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}

/// Waits and questions are sent by POST as well.
fn is_change(line: &str) -> bool {
    let asks = ["/wait", ":getIamPolicy", ":testIamPermissions"];
    !line.starts_with("GET") && !asks.iter().any(|end| line.ends_with(end))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_at_any_call_is_finished_by_the_next() {
    killed_from(FAIR, |_| true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_while_its_machines_find_no_room_leaves_no_second_ones_behind() {
    killed_from(FULL, |line| line.ends_with("/instances")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_says_that_a_killed_run_was_interrupted() {
    let (_, lines) = undisturbed(FAIR).await;
    let at = lines.iter().position(|line| line.starts_with("POST") && line.ends_with("/firewalls")).unwrap();
    let room = room(FAIR);
    let (ended, _) = run(&room, FAIR, Kill::After(at)).await;
    assert!(ended.is_none());
    let states = |flags: &[&str]| {
        let said = room.run("history", &[&["--format", "json"], flags].concat()).code(0).json();
        let states =
            said["runs"].as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    assert_eq!(states(&[]), ["running"], "its lock is not over yet");
    assert_eq!(states(&["--at", LATER]), ["interrupted"]);
    later(&room, "apply", "--yes").code(0);
    assert_eq!(states(&[]), ["done", "interrupted"]);
}
