//! A world: a cloud in this process, a course folder, and the library's own way from specs to an applied plan.
//! Nothing of the crate's client is used to look at the cloud: that is plain REST.
#![allow(dead_code, reason = "every test file uses its own part; which, differs from file to file")]

mod imports;
pub(crate) mod proxy;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use provost::apply::{self, Event, Outcome, Run, StepResult};
use provost::diff::Intent;
use provost::gcp::upload::md5_of;
use provost::gcp::{Client, Credentials, Endpoints, Pace, Timeouts};
use provost::inventory::{Record, Recorder, Store};
use provost::kinds::{Desired, Files, KindRegistry, LocalFile, Scope, desire, schema};
use provost::live;
use provost::plan::{Action, Change, Plan};
use provost::sandbox::{Faults, Options, Running, start};
use provost::spec::{Course, folder, load};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

/// The course of every world.
pub(crate) const COURSE: &str = "be-2526";
const APIS: [&str; 4] = ["compute", "artifactregistry", "iam", "run"];

/// A cloud that several worlds may share, each with a project of its own.
#[derive(Clone, Debug)]
pub(crate) struct Cloud(Arc<Running>, Option<Arc<tempfile::TempDir>>);

impl Cloud {
    /// A cloud in memory.
    pub(crate) async fn new() -> Self {
        Self::over(None).await
    }

    /// A cloud in memory in which things go wrong.
    pub(crate) async fn with_faults(faults: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let faults = Faults::parse(faults).unwrap_or_else(|wrong| panic!("{wrong}\n{faults}"));
        let options = Options { faults, ..Options::default() };
        Self(Arc::new(start(options).await.unwrap()), None)
    }

    /// How often each fault struck.
    pub(crate) fn strikes(&self) -> Vec<u64> {
        self.0.strikes()
    }

    /// A cloud whose state is in the file `state.json` of a folder.
    pub(crate) async fn over(folder: Option<tempfile::TempDir>) -> Self {
        let state = folder.as_ref().map(|folder| folder.path().join("state.json"));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options { state, ..Options::default() };
        Self(Arc::new(start(options).await.unwrap()), folder.map(Arc::new))
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// A project with Compute, Artifact Registry, IAM and Cloud Run enabled.
    pub(crate) async fn project(&self, project: &str) -> World {
        let world = self.bare_project(project);
        for api in APIS {
            let path = format!("/v1/projects/{project}/services/{api}.googleapis.com:enable");
            assert_eq!(world.post(&path, &json!({})).await.0, 200);
        }
        world
    }

    /// A project as Google makes it.
    pub(crate) fn bare_project(&self, project: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let client = client(&self.url(), folder.path());
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        World { cloud: self.clone(), project: project.to_owned(), folder: Arc::new(folder), client, http }
    }
}

/// A client whose waits take no time.
pub(crate) fn client(root: &str, folder: &Path) -> Client {
    let endpoints = Endpoints::under(root).unwrap();
    Client::new(endpoints, Credentials::None, folder.to_owned()).unwrap().with_pace(Arc::new(Quick))
}

/// A course folder and its project.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) project: String,
    folder: Arc<tempfile::TempDir>,
    pub(crate) client: Client,
    http: reqwest::Client,
}

/// A course as its specs say.
pub(crate) struct Loaded {
    pub(crate) registry: KindRegistry,
    pub(crate) course: Course,
    pub(crate) scope: Scope,
    pub(crate) desired: Vec<Desired>,
}

/// A plan, and the record it was made with.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) record: Record,
    pub(crate) course: Course,
}

impl World {
    /// A cloud of its own with one project.
    pub(crate) async fn new() -> Self {
        Cloud::new().await.project("class-2526").await
    }

    /// A cloud of its own whose project has a second network, `lab`, with a subnetwork in europe-west1. The cloud has no
    /// call that makes networks, so they are written into its state.
    pub(crate) async fn with_lab(project: &str) -> Self {
        let cloud = Cloud::over(Some(tempfile::tempdir().unwrap())).await;
        let world = cloud.project(project).await;
        let file = cloud.1.as_ref().unwrap().path().join("state.json");
        let mut state: Value = serde_json::from_slice(&fs_err::read(&file).unwrap()).unwrap();
        let resources = state.get_mut("resources").and_then(Value::as_object_mut).unwrap();
        let more: Vec<(String, Value)> = resources
            .iter()
            .filter(|(path, _)| path.ends_with("networks/default") && !path.contains("/us-"))
            .map(|(path, value)| {
                let text = value.to_string().replace("networks/default", "networks/lab");
                let text = text.replace("\"default\"", "\"lab\"").replace("\"10.", "\"172.");
                (path.replace("networks/default", "networks/lab"), serde_json::from_str(&text).unwrap())
            })
            .collect();
        resources.extend(more);
        fs_err::write(&file, state.to_string()).unwrap();
        world
    }

    /// The same world, seen through another server.
    pub(crate) fn through(&self, root: &str) -> Self {
        Self { client: client(root, self.folder.path()), ..self.clone() }
    }

    /// The same world, seen through a cloud on the same state in which things go wrong. Only what the course does goes through
    /// it; what the test does by hand goes on in good weather.
    pub(crate) async fn in_bad_weather(&self, faults: &str, timeouts: Timeouts) -> (Self, Cloud) {
        let state = self.cloud.1.as_ref().unwrap().path().join("state.json");
        let faults = Faults::parse(faults).unwrap_or_else(|wrong| panic!("{wrong}\n{faults}"));
        let options = Options { state: Some(state), faults, ..Options::default() };
        let stormy = Cloud(Arc::new(start(options).await.unwrap()), None);
        let client = client(&stormy.url(), self.folder.path()).with_timeouts(timeouts);
        (Self { client, ..self.clone() }, stormy)
    }

    /// Writes a file of the course folder.
    pub(crate) fn file(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, content).unwrap();
    }

    /// Takes in a course folder: its files are copied, its specs given as one text.
    pub(crate) fn take_in(&self, folder: &Path) -> String {
        let mut specs = Vec::new();
        let mut left = vec![folder.to_owned()];
        while let Some(at) = left.pop() {
            for entry in fs_err::read_dir(&at).unwrap() {
                let path = entry.unwrap().path();
                let to = self.folder.path().join(path.strip_prefix(folder).unwrap());
                match path.extension().and_then(|extension| extension.to_str()) {
                    _ if path.is_dir() => {
                        fs_err::create_dir_all(to).unwrap();
                        left.push(path);
                    }
                    Some("yaml") if at == folder => specs.push(fs_err::read_to_string(path).unwrap()),
                    _ => drop(fs_err::copy(path, to).unwrap()),
                }
            }
        }
        specs.sort_by_key(|text| !text.contains("kind: Course"));
        specs.join("\n---\n")
    }

    /// The course document in front of specs that have none.
    fn course(&self, specs: &str) -> String {
        let head = if specs.contains("kind: Course") {
            String::new()
        } else {
            format!(
                "kind: Course\nname: {COURSE}\nproject: {}\nregion: europe-west1\n\
                 zones: [europe-west1-b, europe-west1-c]\ninventory: inventory.json\n---\n",
                self.project
            )
        };
        format!("{head}{specs}").replace("PROJECT", &self.project)
    }

    /// Reads specs as a command would. Panics with what is wrong with them.
    pub(crate) fn load(&self, specs: &str) -> Loaded {
        self.try_load(specs).unwrap_or_else(|wrong| panic!("{wrong}\n{specs}"))
    }

    /// Reads specs; an error is what is wrong with them.
    pub(crate) fn try_load(&self, specs: &str) -> Result<Loaded, String> {
        let registry = KindRegistry::standard();
        let texts = vec![("course.yaml".to_owned(), self.course(specs))];
        let folder = folder::read(texts, &registry.names(), &schema::strict_course());
        let wrong = |found: &[provost::spec::Diagnostic]| format!("{found:#?}");
        if !folder.diagnostics.is_empty() {
            return Err(wrong(&folder.diagnostics));
        }
        let mut files = Files::default();
        load::files(self.folder.path(), &folder.specs, |file| {
            let text = String::from_utf8(file.content.clone()).ok();
            let size = u64::try_from(file.content.len()).unwrap();
            files.0.insert(file.path, LocalFile { md5: md5_of(&file.content), size, text });
        })
        .unwrap();
        let course = folder.course.clone().unwrap();
        let scope = Scope::of(&course, files);
        let desired = desire(&registry, &folder.specs, &scope).map_err(|found| wrong(&found))?;
        Ok(Loaded { registry, course, scope, desired })
    }

    pub(crate) fn store(&self, course: &Course) -> Store {
        Store::new(self.client.clone(), course, self.folder.path())
    }

    /// Where the inventory of a course without any `inventory:` of its own is kept.
    pub(crate) fn inventory_file(&self) -> PathBuf {
        self.folder.path().join("inventory.json")
    }

    /// The inventory as it is written.
    pub(crate) async fn inventory(&self, specs: &str) -> Record {
        let loaded = self.load(specs);
        self.store(&loaded.course).load(&loaded.scope.course).await.unwrap()
    }

    pub(crate) async fn plan_for(&self, specs: &str, intent: &Intent) -> Planned {
        self.plan_loaded(&self.load(specs), intent).await
    }

    async fn plan_loaded(&self, loaded: &Loaded, intent: &Intent) -> Planned {
        let Loaded { registry, course, scope, desired } = loaded;
        let world = live::World { registry, desired, intent };
        let store = self.store(course);
        let (plan, record) = live::plan(&self.client, world, scope, store.load(&scope.course)).await.unwrap();
        Planned { plan, record, course: course.clone() }
    }

    pub(crate) async fn plan(&self, specs: &str) -> Plan {
        self.plan_for(specs, &Intent::default()).await.plan
    }

    /// Carries a plan out as `apply` does.
    pub(crate) async fn carry_out(&self, planned: &Planned) -> Outcome {
        self.carry_out_until(planned, watch::channel(0).1, |_| ()).await
    }

    /// Carries a plan out, and may be stopped.
    pub(crate) async fn carry_out_until(
        &self,
        planned: &Planned,
        stop: watch::Receiver<u8>,
        hear: impl Fn(Event) + Send + Sync + 'static,
    ) -> Outcome {
        assert!(!planned.plan.is_refused(), "{:#?}", planned.plan.report);
        let mut store = self.store(&planned.course);
        if let Err(error) = store.open(&planned.record).await {
            return Outcome { inventory: Some(error), ..Outcome::default() };
        }
        let recorder = Recorder::new(store, planned.record.clone());
        let client = self.client.clone();
        let run = Run {
            client,
            recorder: recorder.clone(),
            parallel: apply::PARALLEL,
            listener: Arc::new(hear),
            stop,
        };
        let mut outcome = apply::apply(&run, &planned.plan).await;
        if let Err(error) = recorder.close().await {
            outcome.inventory.get_or_insert(error);
        }
        outcome
    }

    /// Plans and applies.
    pub(crate) async fn apply(&self, specs: &str) -> Outcome {
        self.carry_out(&self.plan_for(specs, &Intent::default()).await).await
    }

    /// Plans and applies, and expects that nothing is left to do. Gives the plan that was applied.
    pub(crate) async fn converge(&self, specs: &str) -> Plan {
        let (loaded, intent) = (self.load(specs), Intent::default());
        let planned = self.plan_loaded(&loaded, &intent).await;
        let outcome = self.carry_out(&planned).await;
        assert!(outcome.is_complete(), "{:?}\nof {specs}\n{}", words(&outcome), shown(&planned.plan));
        let left = self.plan_loaded(&loaded, &intent).await.plan;
        assert!(left.is_converged() && left.records.is_empty(), "left of {specs}\n{}", shown(&left));
        planned.plan
    }

    /// Everything of the course goes.
    pub(crate) async fn destroy(&self, specs: &str) -> Outcome {
        let intent = Intent { destroy: true, ..Intent::default() };
        self.carry_out(&self.plan_for(specs, &intent).await).await
    }

    /// A request by hand: its status and its body.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}{}", self.cloud.url(), path.replace("PROJECT", &self.project));
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, None).await.1
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }
}

/// The one change of a plan that does something, or its first one.
pub(crate) fn change<'a>(plan: &'a Plan, address: &str) -> &'a Change {
    let found = plan.changes.iter().find(|change| change.address.to_string() == address);
    found.unwrap_or_else(|| panic!("{address} is not in\n{}", shown(plan)))
}

/// A plan in a few lines.
pub(crate) fn shown(plan: &Plan) -> String {
    let line = |c: &Change| {
        let fields: Vec<String> =
            c.fields.iter().map(|f| format!("{}: {} -> {}", f.path, f.before, f.after)).collect();
        format!("{} {}: {} {fields:?}", c.action.key(), c.address, c.reason)
    };
    let changes = plan.changes.iter().filter(|c| c.action != Action::None).map(line);
    let report = plan.report.iter().map(|f| format!("{:?} {}: {}", f.severity, f.code, f.message));
    let records = plan.records.iter().map(|r| format!("{r:?}"));
    changes.chain(report).chain(records).collect::<Vec<_>>().join("\n")
}

/// One line per step of what became of it.
pub(crate) fn words(outcome: &Outcome) -> Vec<String> {
    let word = |result: &StepResult| match result {
        StepResult::Done => "done".to_owned(),
        StepResult::Failed(error) => format!("failed: {}", provost::gcp::error::told(error)),
        StepResult::HeldBack(by) => format!("held back by {by}"),
        StepResult::Interrupted => "interrupted".to_owned(),
        StepResult::NotBegun => "not begun".to_owned(),
    };
    let steps = outcome.titles.iter().zip(&outcome.results).map(|(title, r)| format!("{title}: {}", word(r)));
    steps.chain(outcome.inventory.as_ref().map(|error| format!("inventory: {error}"))).collect()
}

/// A pace without waits; ids are never the same twice in one process.
#[derive(Debug)]
struct Quick;

static COUNT: AtomicU64 = AtomicU64::new(1);

impl Pace for Quick {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::task::yield_now())
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(COUNT.load(Ordering::Relaxed))
    }

    fn fraction(&self) -> f64 {
        1.0
    }

    fn uuid(&self) -> String {
        format!("00000000-0000-4000-8000-{:012}", COUNT.fetch_add(1, Ordering::Relaxed))
    }
}
