//! The promise that an apply which broke off anywhere is finished by the next one: every call in turn loses its answer, or is
//! the one at which the user stops the run. The sandbox stands behind a proxy that does the harm.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use provost::apply::{Outcome, Run, apply};
use provost::diff::Intent;
use provost::gcp::pace::{Pace, RealPace, Wait};
use provost::gcp::{Client, Credentials, Endpoints};
use provost::inventory::{Recorder, Store};
use provost::kinds::{Desired, Files, KindRegistry, Scope, desire, schema};
use provost::live::{World, plan};
use provost::plan::Plan;
use provost::sandbox::{Options, Running, start};
use provost::spec::{Course, folder};
use tokio::sync::watch;

const COURSE: &str = "
kind: Course
name: be
project: be-cloud-2526
region: europe-west1
zones: [europe-west1-b]
---
kind: ApiServices
name: apis
services: [compute.googleapis.com, artifactregistry.googleapis.com, iam.googleapis.com]
---
kind: FirewallRule
name: ssh
allow: [tcp:22]
sourceRanges: [10.0.0.0/8]
---
kind: ServiceAccount
name: builder
---
kind: Bucket
name: be-cloud-2526-data
location: EU
---
kind: Registry
name: be
location: europe-west1
format: DOCKER
---
kind: IamGrant
name: students
on: project
roles: [roles/viewer]
members: ['user:a@example.edu', 'user:b@example.edu']
---
kind: Vm
name: be-vm
machineType: n1-standard-1
image: { family: debian-12, project: debian-cloud }
";

/// What happens to one of the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    /// It is carried out, and its answer is lost.
    Lost,
    /// The user asks to stop before it is carried out: once, or twice.
    Stop(u8),
}

/// A sandbox behind a proxy that counts calls and harms one of them.
struct Cloud {
    _running: Running,
    root: String,
    calls: Arc<AtomicUsize>,
    /// How many calls the sandbox has not answered yet: those of a run that was broken off may still be on their way.
    under_way: watch::Sender<usize>,
}

impl Cloud {
    async fn new(at: usize, harm: Harm, stop: watch::Sender<u8>) -> Self {
        let running = start(Options::default()).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let under_way = watch::Sender::new(0_usize);
        let (counted, on_way) = (Arc::clone(&calls), under_way.clone());
        let (behind, http) = (running.url(), plain_http());
        let router = Router::new().fallback(move |request: Request| {
            let harmed = (counted.fetch_add(1, Ordering::SeqCst) == at).then_some(harm);
            let (behind, http, stop, on_way) = (behind.clone(), http.clone(), stop.clone(), on_way.clone());
            let on_way = OnWay::new(on_way);
            // A task of its own: it arrives even if the client has left.
            let passed_on = tokio::spawn(async move {
                let _on_way = on_way;
                if let Some(Harm::Stop(times)) = harmed {
                    stop.send_replace(times);
                    tokio::task::yield_now().await;
                }
                forwarded(&http, &behind, request).await
            });
            async move {
                let answer = passed_on.await.unwrap();
                if harmed == Some(Harm::Lost) {
                    return Response::builder().status(503).body(Body::empty()).unwrap();
                }
                answer
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { _running: running, root, calls, under_way }
    }

    /// Returns when everything that was sent has been carried out.
    async fn quiet(&self) {
        self.under_way.subscribe().wait_for(|count| *count == 0).await.unwrap();
    }
}

/// A call on its way, until it is dropped.
struct OnWay(watch::Sender<usize>);

impl OnWay {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for OnWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

fn plain_http() -> reqwest::Client {
    // A second installation in the same process is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap()
}

async fn forwarded(http: &reqwest::Client, root: &str, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    for name in ["host", "content-length", "accept-encoding"] {
        headers.remove(name);
    }
    let sent = http.request(parts.method, format!("{root}{path}")).headers(headers).body(body.to_vec());
    let answer = sent.send().await.unwrap();
    let response = Response::builder().status(answer.status().as_u16());
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

/// Waits for nothing.
#[derive(Debug, Default)]
struct Hurried(RealPace);

impl Pace for Hurried {
    fn sleep(&self, _: Duration) -> Wait {
        Box::pin(tokio::task::yield_now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn fraction(&self) -> f64 {
        self.0.fraction()
    }

    fn uuid(&self) -> String {
        self.0.uuid()
    }
}

/// The course as a command would have read it; read once for some hundred runs.
struct Loaded {
    registry: KindRegistry,
    course: Course,
    scope: Scope,
    desired: Vec<Desired>,
}

static LOADED: LazyLock<Loaded> = LazyLock::new(|| {
    let registry = KindRegistry::standard();
    let texts = vec![("course.yaml".to_owned(), COURSE.to_owned())];
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    let course = folder.course.unwrap();
    let scope = Scope::of(&course, Files::default());
    let desired = desire(&registry, &folder.specs, &scope).unwrap();
    Loaded { registry, course, scope, desired }
});

/// Plans, and applies unless there is nothing to do: what a command does.
async fn run(cloud: &Cloud, destroy: bool, stop: watch::Receiver<u8>) -> (Plan, Option<Outcome>) {
    let Loaded { registry, course, scope, desired } = &*LOADED;
    let client = Client::new(Endpoints::under(&cloud.root).unwrap(), Credentials::None, "".into()).unwrap();
    let client = client.with_pace(Arc::new(Hurried::default()));
    let mut store = Store::new(client.clone(), course, "".as_ref());
    let intent = Intent { destroy, ..Intent::default() };
    let world = World { registry, desired, intent: &intent };
    let (plan, record) = plan(&client, world, scope, store.load("be")).await.unwrap();
    assert!(!plan.is_refused(), "{:?}", plan.report);
    if plan.steps.is_empty() && plan.records.is_empty() {
        return (plan, None);
    }
    store.open(&record).await.unwrap();
    let recorder = Recorder::new(store, record);
    let run = Run { client, recorder: recorder.clone(), parallel: 4, listener: Arc::new(|_| {}), stop };
    let outcome = apply(&run, &plan).await;
    recorder.close().await.unwrap();
    (plan, Some(outcome))
}

/// Harms one call of an apply, and has later ones finish it and take everything away. Says whether the run was long enough.
async fn finishes_after(at: usize, harm: Harm) -> bool {
    let (stop, stopped) = watch::channel(0);
    let cloud = Cloud::new(at, harm, stop).await;
    let (_, outcome) = run(&cloud, false, stopped).await;
    cloud.quiet().await;
    let reached = cloud.calls.load(Ordering::SeqCst) > at;
    if harm == Harm::Lost {
        let outcome = outcome.expect("there is something to do");
        assert!(outcome.is_complete(), "call {at} lost: {:?}", outcome.results);
    }
    for destroy in [false, true] {
        let (_stop, calm) = watch::channel(0);
        if let (_, Some(outcome)) = run(&cloud, destroy, calm).await {
            assert!(outcome.is_complete(), "call {at}, {harm:?}, destroy {destroy}: {:?}", outcome.results);
        }
        let (_stop, calm) = watch::channel(0);
        let (plan, outcome) = run(&cloud, destroy, calm).await;
        assert!(outcome.is_none(), "call {at}, {harm:?}, destroy {destroy}: {:?}", plan.steps);
    }
    reached
}

/// Until the run has no such call any more.
async fn every_call(harm: Harm) {
    let mut at = 0;
    while finishes_after(at, harm).await {
        at += 1;
    }
    assert!(at > 20, "only {at} calls were harmed");
}

#[tokio::test]
async fn a_lost_answer_of_any_call_changes_nothing() {
    every_call(Harm::Lost).await;
}

#[tokio::test]
async fn a_run_stopped_at_any_call_is_finished_by_the_next() {
    every_call(Harm::Stop(1)).await;
}

#[tokio::test]
async fn a_run_broken_off_at_any_call_is_finished_by_the_next() {
    every_call(Harm::Stop(2)).await;
}
