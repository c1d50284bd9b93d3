//! A hand-made plan against the sandbox, through the real client: insert, policy edit, stale guard, delete.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use provost::apply::{Outcome, Run, apply};
use provost::gcp::call::{Edit, Guard, Wait};
use provost::gcp::policy::Tuple;
use provost::gcp::{Call, Client, Credentials, Endpoints, Read, Request, Send, Service, Splice, Verb};
use provost::inventory::{Entry, Record, RecordEdit, Recorder, Store};
use provost::plan::{Plan, Step};
use provost::sandbox::{Options, Running, start};
use provost::spec::{Address, Course};
use serde_json::{Value, json};

const PROJECT: &str = "be-cloud-2526";
const RULES: &str = "projects/be-cloud-2526/global/firewalls";

/// A sandbox with compute enabled, a client and the course whose inventory is in a bucket.
struct Bench {
    _running: Running,
    folder: tempfile::TempDir,
    client: Client,
    course: Course,
}

impl Bench {
    async fn new(operation_time: Duration) -> Self {
        let running = start(Options { operation_time, ..Options::default() }).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let endpoints = Endpoints::under(&running.url()).unwrap();
        let client = Client::new(endpoints, Credentials::None, folder.path().into()).unwrap();
        let path = format!("v1/projects/{PROJECT}/services/compute.googleapis.com:enable");
        let enable = Request::new(Verb::Post, Service::ServiceUsage, path).json(&json!({}));
        client.carry_out(&Send::long_running(enable)).await.unwrap();
        let course = json!({"name": "be", "project": PROJECT, "region": "europe-west1"});
        Self { _running: running, folder, client, course: serde_json::from_value(course).unwrap() }
    }

    fn store(&self) -> Store {
        Store::new(self.client.clone(), &self.course, self.folder.path())
    }

    /// Applies steps the way a command does.
    async fn apply(&self, steps: Vec<Step>) -> Outcome {
        let mut store = self.store();
        let record = store.load("be").await.unwrap();
        store.open(&record).await.unwrap();
        let recorder = Recorder::new(store, record);
        let (_stop, stop) = tokio::sync::watch::channel(0);
        let (client, listener) = (self.client.clone(), Arc::new(|_| {}));
        let run = Run { client, recorder: recorder.clone(), parallel: 8, listener, stop };
        let (course, project) = ("be".to_owned(), PROJECT.to_owned());
        let (changes, records, report) = (Vec::new(), Vec::new(), Vec::new());
        let plan = Plan { course, project, changes, steps, records, report, overrides: Vec::new() };
        let outcome = apply(&run, &plan).await;
        recorder.close().await.unwrap();
        outcome
    }

    async fn rule(&self, name: &str) -> Option<Value> {
        let read = Read::document(Request::get(Service::Compute, format!("{RULES}/{name}")));
        self.client.read(&read).await.unwrap().into_iter().next()
    }

    async fn inventory(&self) -> Record {
        self.store().load("be").await.unwrap()
    }
}

fn address(kind: &str, name: &str) -> Address {
    Address { kind: kind.to_owned(), name: name.to_owned() }
}

fn step(id: usize, address: Address, calls: Vec<Call>, record: RecordEdit) -> Step {
    let (addresses, records) = (vec![address], vec![record]);
    Step {
        id,
        doing: "change".to_owned(),
        addresses,
        calls,
        after: Vec::new(),
        records,
        intent: false,
        learns: Vec::new(),
    }
}

fn insert(id: usize, name: &str) -> Step {
    let body = json!({"name": name, "allowed": [{"IPProtocol": "tcp", "ports": ["22"]}], "sourceRanges": ["10.0.0.0/8"]});
    let request = Request::new(Verb::Post, Service::Compute, RULES).json(&body);
    let address = address("FirewallRule", name);
    let entry = Entry { resource: format!("{RULES}/{name}"), ..Entry::default() };
    step(id, address.clone(), vec![Call::Send(Send::compute(request))], RecordEdit::Put(address, entry))
}

fn delete(id: usize, name: &str, live: &Value) -> Step {
    let at = format!("{RULES}/{name}");
    let guard = Guard::over(Request::get(Service::Compute, at.clone()), live, &["/id", "/sourceRanges"]);
    let send = Send::compute(Request::new(Verb::Delete, Service::Compute, at)).absent_is_done();
    let address = address("FirewallRule", name);
    step(id, address.clone(), vec![Call::Guard(guard), Call::Send(send)], RecordEdit::Remove(address))
}

/// Sixty students in one write; the inventory knows before, because a grant bears no mark.
fn grants(id: usize) -> Step {
    let policy = |verb: &str| {
        Request::new(Verb::Post, Service::ResourceManager, format!("v1/projects/{PROJECT}:{verb}"))
    };
    let grant = |i| Tuple {
        role: "roles/viewer".to_owned(),
        member: format!("user:s{i}@example.edu"),
        condition: None,
    };
    let edit = Edit {
        read: policy("getIamPolicy").json(&json!({"options": {"requestedPolicyVersion": 3}})),
        write: policy("setIamPolicy"),
        splices: vec![Splice::Policy {
            to: "/policy".to_owned(),
            add: (0..60).map(grant).collect(),
            remove: Vec::new(),
        }],
        skip_if_same: true,
        wait: Wait::Answer,
        fuse: None,
    };
    let address = address("IamGrant", "students");
    let entry = Entry { resource: format!("projects/{PROJECT}"), ..Entry::default() };
    let step = step(id, address.clone(), vec![Call::Edit(edit)], RecordEdit::Put(address, entry));
    Step { intent: true, ..step }
}

#[tokio::test]
async fn a_plan_is_carried_out_and_taken_back() {
    let bench = Bench::new(Duration::from_millis(30)).await;
    let outcome = bench.apply(vec![insert(0, "ssh"), grants(1), insert(2, "web")]).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    let rule = bench.rule("ssh").await.expect("the rule is there");
    let names: Vec<String> = bench.inventory().await.entries.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["FirewallRule/ssh", "FirewallRule/web", "IamGrant/students"]);
    assert!(bench.inventory().await.entries.values().all(|entry| !entry.pending));

    let outcome = bench.apply(vec![delete(0, "ssh", &rule)]).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(bench.rule("ssh").await, None);
    assert!(bench.rule("web").await.is_some());
}

#[tokio::test]
async fn a_rule_that_was_made_anew_meanwhile_is_not_deleted() {
    let bench = Bench::new(Duration::ZERO).await;
    bench.apply(vec![insert(0, "ssh")]).await;
    let planned = bench.rule("ssh").await.expect("the rule is there");
    bench.apply(vec![delete(0, "ssh", &planned)]).await;
    bench.apply(vec![insert(0, "ssh")]).await;
    let outcome = bench.apply(vec![delete(0, "ssh", &planned)]).await;
    assert!(outcome.is_stale(), "{outcome:?}");
    assert!(bench.rule("ssh").await.is_some());
}

#[tokio::test]
async fn an_inventory_that_names_nothing_any_more_is_removed() {
    let bench = Bench::new(Duration::ZERO).await;
    bench.apply(vec![insert(0, "ssh")]).await;
    let objects = || async {
        let list = Request::get(Service::Storage, format!("b/{PROJECT}-provost/o"));
        bench.client.read(&Read::list(list, "items")).await.unwrap().len()
    };
    assert_eq!(objects().await, 1);
    let rule = bench.rule("ssh").await.expect("the rule is there");
    bench.apply(vec![delete(0, "ssh", &rule)]).await;
    assert_eq!(objects().await, 0);
}
