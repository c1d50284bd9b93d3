//! The inventory's store and recorder against a server that keeps objects, and in a folder.

mod history;
mod lock;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{Entry, Record, RecordEdit, Recorder, Store, StoreError};
use crate::gcp::fake::{Fake, Reply, Seen};
use crate::spec::{Address, Course};

fn course(inventory: Option<&str>) -> Course {
    let mut course = json!({"name": "be", "project": "class-2526", "region": "europe-west1"});
    if let Some(place) = inventory {
        course["inventory"] = json!(place);
    }
    serde_json::from_value(course).unwrap()
}

fn edit(name: &str) -> RecordEdit {
    let entry = Entry { resource: format!("r/{name}"), ..Entry::default() };
    RecordEdit::Put(Address { kind: "Vm".to_owned(), name: name.to_owned() }, entry)
}

fn empty() -> Record {
    Record::empty("be", "class-2526")
}

/// One bucket with its objects, under generations.
#[derive(Default)]
struct Cloud {
    bucket: bool,
    /// The content and the generation of each.
    objects: BTreeMap<String, (String, u64)>,
    generation: u64,
    /// When what is there was written, for reads that ask.
    updated: Timestamp,
}

impl Cloud {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let (verb, path) = seen.line.split_once(' ').unwrap();
        let Some(rest) = path.strip_prefix("/storage/v1/b/class-2526-provost") else {
            return if verb == "POST" && path == "/storage/v1/b" { self.made() } else { self.written(seen) };
        };
        let gone = Reply::error(404, "notFound", "gone");
        match (verb, rest, rest.strip_prefix("/o/").map(|name| name.replace("%2F", "/"))) {
            _ if !self.bucket => gone,
            ("GET", "", _) => Reply::ok(&json!({"labels": {"provost-purpose": "inventory"}})),
            ("DELETE", "", _) => {
                self.bucket = false;
                Reply::empty(204)
            }
            ("GET", "/o", _) => self.list(seen),
            (_, _, Some(name)) => self.object(seen, &name),
            _ => gone,
        }
    }

    fn made(&mut self) -> Reply {
        self.bucket = true;
        Reply::ok(&json!({}))
    }

    fn list(&self, seen: &Seen) -> Reply {
        let prefix = seen.asks("prefix").unwrap_or_default().replace("%2F", "/");
        let found = self.objects.iter().filter(|(name, _)| name.starts_with(&prefix));
        let items = found.map(|(name, (_, at))| json!({"name": name, "generation": at.to_string()}));
        Reply::ok(&json!({"items": items.collect::<Vec<_>>()}))
    }

    fn object(&mut self, seen: &Seen, name: &str) -> Reply {
        let Some((text, generation)) = self.objects.get(name).cloned() else {
            return Reply::error(404, "notFound", "gone");
        };
        if seen.line.starts_with("DELETE") {
            if seen.asks("ifGenerationMatch") != Some(&generation.to_string()) {
                return Reply::error(412, "conditionNotMet", "stale");
            }
            self.objects.remove(name);
            return Reply::empty(204);
        }
        match seen.asks("alt") {
            Some(_) => Reply::ok(&serde_json::from_str(&text).unwrap()),
            None => Reply::ok(&json!({"generation": generation.to_string(), "updated": self.updated})),
        }
    }

    fn written(&mut self, seen: &Seen) -> Reply {
        if !self.bucket {
            return Reply::error(404, "notFound", "no bucket");
        }
        let name = seen.asks("name").unwrap().replace("%2F", "/");
        let live = self.objects.get(&name).map_or(0, |(_, generation)| *generation);
        if seen.asks("ifGenerationMatch") != Some(&live.to_string()) {
            return Reply::error(412, "conditionNotMet", "stale");
        }
        // The content is the second part of the upload, between its head and the closing boundary.
        let sent = seen.text();
        let part = sent.split("\r\n\r\n").nth(2).unwrap_or_default();
        let content = part.split("\r\n--").next().unwrap_or_default().to_owned();
        self.generation += 1;
        self.objects.insert(name, (content, self.generation));
        Reply::ok(&json!({"generation": self.generation.to_string()}))
    }

    /// Puts an object there, as somebody else does.
    fn put(&mut self, name: &str, text: &str) {
        self.generation += 7;
        self.bucket = true;
        self.objects.insert(name.to_owned(), (text.to_owned(), self.generation));
    }
}

const INVENTORY: &str = "be/inventory.json";
const WRITES: &str = "/upload/storage/v1/b/class-2526-provost/o";

async fn cloud(gate: Option<Arc<Semaphore>>) -> (Fake, Arc<Mutex<Cloud>>) {
    let cloud: Arc<Mutex<Cloud>> = Arc::default();
    let held = Arc::clone(&cloud);
    let fake = Fake::answering(move |seen| {
        let reply = held.lock().unwrap().answer(seen);
        let writes = seen.line.ends_with(WRITES);
        gate.as_ref().filter(|_| writes).map_or(reply.clone(), |gate| reply.behind(gate))
    });
    (fake.await, cloud)
}

fn store(fake: &Fake) -> Store {
    Store::new(fake.client(), &course(None), Path::new(""))
}

async fn open(fake: &Fake) -> Store {
    let mut store = store(fake);
    store.open(&empty()).await.unwrap();
    store
}

fn names(record: &Value) -> Vec<String> {
    record["entries"].as_object().into_iter().flatten().map(|(address, _)| address.clone()).collect()
}

fn content(cloud: &Mutex<Cloud>) -> Value {
    let cloud = cloud.lock().unwrap();
    serde_json::from_str(cloud.objects.get(INVENTORY).map_or("{}", |(text, _)| text)).unwrap()
}

fn kept(cloud: &Mutex<Cloud>) -> Vec<String> {
    names(&content(cloud))
}

#[tokio::test]
async fn planning_reads_the_inventory_with_one_call_and_a_missing_one_is_empty() {
    let (fake, _) = cloud(None).await;
    assert_eq!(store(&fake).load("be").await.unwrap(), empty());
    assert_eq!(fake.lines(), ["GET /storage/v1/b/class-2526-provost/o/be%2Finventory.json"]);
}

#[tokio::test]
async fn the_bucket_is_made_private_and_marked_when_it_is_missing() {
    let (fake, _) = cloud(None).await;
    for _ in 0..2 {
        let mut store = open(&fake).await;
        store.save(&empty()).await.unwrap();
    }
    let made: Vec<Seen> = fake.seen().into_iter().filter(|s| s.line == "POST /storage/v1/b").collect();
    assert_eq!(made.len(), 1);
    insta::assert_json_snapshot!(made[0].json(), @r#"
    {
      "name": "class-2526-provost",
      "location": "EUROPE-WEST1",
      "labels": {
        "managed-by": "provost",
        "provost-purpose": "inventory"
      },
      "iamConfiguration": {
        "uniformBucketLevelAccess": {
          "enabled": true
        },
        "publicAccessPrevention": "enforced"
      }
    }
    "#);
}

#[tokio::test]
async fn a_write_of_another_run_is_not_overwritten() {
    let (fake, cloud) = cloud(None).await;
    let (mut first, mut second) = (open(&fake).await, open(&fake).await);
    let mut record = empty();
    record.apply(&edit("a"));
    first.save(&record).await.unwrap();
    let error = second.save(&empty()).await.unwrap_err();
    assert!(error.is_raced(), "{error}");
    assert_eq!(kept(&cloud), ["Vm/a"]);
    assert!(
        store(&fake).open(&empty()).await.unwrap_err().is_raced(),
        "what was planned with is not what is there"
    );
}

#[tokio::test]
async fn the_inventory_of_another_course_is_refused() {
    let (fake, cloud) = cloud(None).await;
    let other = json!({"version": 1, "course": "other", "project": "class-2526"});
    cloud.lock().unwrap().put(INVENTORY, &other.to_string());
    assert!(matches!(store(&fake).load("be").await, Err(StoreError::Foreign { .. })));
}

#[tokio::test]
async fn edits_that_come_during_a_write_go_into_the_next_one_together() {
    let gate = Arc::new(Semaphore::new(0));
    let (fake, cloud) = cloud(Some(Arc::clone(&gate))).await;
    cloud.lock().unwrap().bucket = true;
    let recorder = Recorder::new(open(&fake).await, empty());
    recorder.note(&[edit("a")]);
    fake.until(WRITES, 1).await;
    for name in ["b", "c", "d", "e"] {
        recorder.note(&[edit(name)]);
    }
    gate.add_permits(100);
    recorder.flush().await.unwrap();
    assert_eq!(fake.count(WRITES), 2);
    assert_eq!(kept(&cloud), ["Vm/a", "Vm/b", "Vm/c", "Vm/d", "Vm/e"]);
}

#[tokio::test]
async fn an_intent_is_written_before_it_returns_and_says_that_nothing_is_certain() {
    let (fake, cloud) = cloud(None).await;
    let recorder = Recorder::new(open(&fake).await, empty());
    recorder.intend(&[edit("a")]).await.unwrap();
    let record = content(&cloud);
    assert_eq!(record["entries"]["Vm/a"]["pending"], json!(true));
    recorder.note(&[edit("a")]);
    recorder.flush().await.unwrap();
    let record = content(&cloud);
    assert_eq!(record["entries"]["Vm/a"].get("pending"), None);
}

#[tokio::test]
async fn what_changes_nothing_is_not_written() {
    let (fake, _) = cloud(None).await;
    let recorder = Recorder::new(open(&fake).await, empty());
    recorder.note(&[RecordEdit::Remove(Address { kind: "Vm".to_owned(), name: "a".to_owned() })]);
    recorder.flush().await.unwrap();
    assert_eq!(fake.count(WRITES), 0);
}

#[tokio::test]
async fn a_failed_write_breaks_the_recorder_and_another_runs_inventory_is_left_alone() {
    let (fake, cloud) = cloud(None).await;
    let recorder = Recorder::new(open(&fake).await, empty());
    cloud.lock().unwrap().put(INVENTORY, "{\"entries\":{}}");
    let error = recorder.intend(&[edit("a")]).await.unwrap_err();
    assert!(error.is_raced() && recorder.is_broken(), "{error}");
    assert!(recorder.intend(&[edit("b")]).await.unwrap_err().is_raced());
    assert!(recorder.flush().await.unwrap_err().is_raced());
    assert_eq!(fake.count(WRITES), 1);
    assert_eq!(kept(&cloud), Vec::<String>::new());
}

#[tokio::test]
async fn after_an_outage_the_last_write_still_tells_what_was_done() {
    let (down, state) = (Arc::new(Mutex::new(false)), Arc::new(Mutex::new(Cloud::default())));
    let (is_down, held) = (Arc::clone(&down), Arc::clone(&state));
    let fake = Fake::answering(move |seen| {
        if *is_down.lock().unwrap() && seen.line.ends_with(WRITES) {
            Reply::error(403, "forbidden", "no")
        } else {
            held.lock().unwrap().answer(seen)
        }
    })
    .await;
    let recorder = Recorder::new(open(&fake).await, empty());
    *down.lock().unwrap() = true;
    recorder.intend(&[edit("a")]).await.unwrap_err();
    *down.lock().unwrap() = false;
    recorder.note(&[edit("b")]);
    let told = crate::gcp::error::told(&recorder.flush().await.unwrap_err());
    assert!(told.contains("403 forbidden"), "{told}");
    assert_eq!(kept(&state), ["Vm/a", "Vm/b"]);
}

#[tokio::test]
async fn an_inventory_that_names_nothing_goes() {
    let (fake, cloud) = cloud(None).await;
    let recorder = Recorder::new(open(&fake).await, empty());
    recorder.note(&[edit("a")]);
    recorder.note(&[RecordEdit::Remove(Address { kind: "Vm".to_owned(), name: "a".to_owned() })]);
    recorder.close().await.unwrap();
    let cloud = cloud.lock().unwrap();
    assert!(cloud.bucket && cloud.objects.is_empty(), "the bucket holds the history as well");
}

#[tokio::test]
async fn a_file_keeps_the_inventory_and_notices_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::scripted(vec![Reply::empty(500)]).await;
    let store = || Store::new(fake.client(), &course(Some("state/inventory.json")), folder.path());
    let (mut first, mut second) = (store(), store());
    for store in [&mut first, &mut second] {
        store.open(&empty()).await.unwrap();
    }
    let mut record = empty();
    record.apply(&edit("a"));
    first.save(&record).await.unwrap();
    first.save(&record).await.unwrap();
    assert!(second.save(&empty()).await.unwrap_err().is_raced());
    assert_eq!(store().load("be").await.unwrap(), record);
    assert_eq!(first.spacing(), Duration::ZERO);
    assert_eq!(fake.seen().len(), 0);
}

#[test]
fn writes_to_the_real_cloud_are_a_second_apart() {
    let endpoints = crate::gcp::Endpoints::from_env(|_| None).unwrap();
    let client = crate::gcp::Client::new(endpoints, crate::gcp::Credentials::None, "".into()).unwrap();
    assert_eq!(Store::new(client, &course(None), Path::new("")).spacing(), Duration::from_secs(1));
}
