//! Apply against a server that answers from a function: rules of steps, of their order, and of stopping.

mod order;
mod steps;

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::sync::watch;

use super::{Event, Outcome, Run, apply};
use crate::gcp::fake::Fake;
use crate::gcp::{Call, Request, Send, Service, Verb};
use crate::inventory::{Entry, Record, RecordEdit, Recorder, Store};
use crate::plan::{Plan, Step};
use crate::spec::Address;

pub(super) fn address(name: &str) -> Address {
    Address { kind: "Thing".to_owned(), name: name.to_owned() }
}

/// A step that sends `POST /v1/NAME` and then owns `Thing/NAME`.
pub(super) fn step(id: usize, name: &str, after: &[usize]) -> Step {
    let request = Request::new(Verb::Post, Service::ServiceUsage, format!("v1/{name}"));
    calls(id, name, after, vec![Call::Send(Send::answered(request))])
}

pub(super) fn calls(id: usize, name: &str, after: &[usize], calls: Vec<Call>) -> Step {
    let records =
        vec![RecordEdit::Put(address(name), Entry { resource: name.to_owned(), ..Entry::default() })];
    let (doing, addresses) = ("create".to_owned(), vec![address(name)]);
    Step { id, doing, addresses, calls, after: after.to_vec(), records, intent: false, learns: Vec::new() }
}

pub(super) fn plan(steps: Vec<Step>) -> Plan {
    let (course, project) = ("be".to_owned(), "class-2526".to_owned());
    Plan {
        course,
        project,
        changes: Vec::new(),
        steps,
        records: Vec::new(),
        report: Vec::new(),
        overrides: Vec::new(),
    }
}

/// A run against a server, its inventory in a folder, with everything a test wants to look at afterwards.
pub(super) struct Bench {
    pub(super) run: Run,
    pub(super) stop: watch::Sender<u8>,
    events: Arc<Mutex<Vec<Event>>>,
    folder: tempfile::TempDir,
}

impl Bench {
    pub(super) async fn new(fake: &Fake) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(fake, folder.path());
        let record = Record::empty("be", "class-2526");
        store.open(&record).await.unwrap();
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let heard = Arc::clone(&events);
        let listener = Arc::new(move |event| heard.lock().unwrap().push(event));
        let (stop, stopped) = watch::channel(0);
        let recorder = Recorder::new(store, record);
        let run = Run {
            client: fake.client_in(folder.path().into()),
            recorder,
            parallel: 4,
            listener,
            stop: stopped,
        };
        Self { run, stop, events, folder }
    }

    /// Another look at the same inventory.
    pub(super) fn store(&self, fake: &Fake) -> Store {
        store(fake, self.file())
    }

    pub(super) async fn apply(&self, plan: &Plan) -> Outcome {
        apply(&self.run, plan).await
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(super) fn file(&self) -> &Path {
        self.folder.path()
    }

    /// The addresses that the inventory names, with `?` after those of which nothing is certain.
    pub(super) fn inventory(&self) -> Vec<String> {
        let text =
            fs_err::read_to_string(self.file().join("inventory.json")).unwrap_or_else(|_| "{}".to_owned());
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        let entries = record["entries"].as_object().cloned().unwrap_or_default();
        let unsure = |entry: &serde_json::Value| if entry["pending"] == json!(true) { "?" } else { "" };
        entries.iter().map(|(address, entry)| format!("{address}{}", unsure(entry))).collect()
    }
}

/// The inventory of a folder.
fn store(fake: &Fake, folder: &Path) -> Store {
    let course = json!({"name": "be", "project": "class-2526", "inventory": "inventory.json"});
    Store::new(fake.client(), &serde_json::from_value(course).unwrap(), folder)
}

/// One word per step.
pub(super) fn words(outcome: &Outcome) -> Vec<String> {
    use super::StepResult::{Done, Failed, HeldBack, Interrupted, NotBegun};
    let word = |result: &super::StepResult| match result {
        Done => "done".to_owned(),
        Failed(error) => format!("failed: {}", crate::gcp::error::told(error)),
        HeldBack(by) => format!("held back by {by}"),
        Interrupted => "interrupted".to_owned(),
        NotBegun => "not begun".to_owned(),
    };
    outcome.results.iter().map(word).collect()
}
