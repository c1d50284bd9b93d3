//! The HTTP server: listens on loopback, and turns requests into calls and answers into responses. Knows no
//! service.

mod app;
mod batch;
mod request;
mod response;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Query, Request, State as Shared};
use axum::response::Response;
use axum::routing::get;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::clock::Clock;
use super::faults::{Faults, Injector};
use super::limits::{Limits, LimitsError};
use super::store::{Store, StoreError};
use super::surface::Surface;
use app::App;
use wire::{Cut, Door};

/// How to run a sandbox.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; a loopback address. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The file that keeps the state. Without one the state is gone with the process.
    pub state: Option<PathBuf>,
    /// How long an operation takes; zero: it is done when first asked about.
    pub operation_time: Duration,
    /// What there is to have: quotas, and room in the zones.
    pub limits: Limits,
    /// What goes wrong, and which operations take how long.
    pub faults: Faults,
    /// How far its clock is ahead of the machine's.
    pub ahead: SignedDuration,
}

impl Default for Options {
    /// A cloud in memory on a free port of loopback, whose operations are done when first asked about.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            state: None,
            operation_time: Duration::ZERO,
            limits: Limits::default(),
            faults: Faults::default(),
            ahead: SignedDuration::ZERO,
        }
    }
}

/// Why a sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Nothing but this machine may reach it: it asks nobody who they are.
    #[error("the sandbox listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("the sandbox cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] StoreError),
    /// The API description that the sandbox is built with cannot be read.
    #[error("the built-in API surface is damaged")]
    Surface(#[from] serde_json::Error),
    /// The limits name what there is not.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// The server ended by itself.
    #[error("the sandbox stopped")]
    Stopped(#[source] std::io::Error),
}

/// A running sandbox. Dropping it ends it without waiting for the requests under way.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// The root of all services, such as `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often each fault has struck, in the order of the faults file. One that never did tested nothing.
    pub fn strikes(&self) -> Vec<u64> {
        self.app.injector.strikes()
    }

    /// Ends it after the requests under way. Those that faults leave hanging are dropped.
    pub async fn shutdown(mut self) -> Result<(), SandboxError> {
        // An error means that the server has ended by itself; its outcome follows.
        let _ = self.stop.send(true);
        match (&mut self.task).await {
            Ok(outcome) => outcome.map_err(SandboxError::Stopped),
            Err(error) => Err(SandboxError::Stopped(std::io::Error::other(error))),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a sandbox.
pub async fn start(options: Options) -> Result<Running, SandboxError> {
    let clock = Clock::Real { ahead: options.ahead };
    start_at(options, clock).await
}

/// Starts a sandbox on that clock.
pub(super) async fn start_at(options: Options, clock: Clock) -> Result<Running, SandboxError> {
    let asked = options.listen;
    if !asked.ip().is_loopback() {
        return Err(SandboxError::NotLoopback(asked));
    }
    options.limits.check()?;
    let surface = Surface::load()?;
    let store = Store::open(options.state)?;
    let listen = |source| SandboxError::Listen { address: asked, source };
    let listener = TcpListener::bind(asked).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let operation_time = SignedDuration::try_from(options.operation_time).unwrap_or(SignedDuration::MAX);
    let (stop, stopped) = watch::channel(false);
    let app = Arc::new(App {
        surface,
        store,
        clock,
        operation_time,
        limits: options.limits,
        injector: Injector::new(options.faults),
        stopped: stopped.clone(),
        base: format!("http://{address}"),
    });
    let router =
        Router::new().route("/sandbox/reach", get(reach)).fallback(serve).with_state(Arc::clone(&app));
    let service = router.into_make_service_with_connect_info::<Cut>();
    let server = axum::serve(Door(listener), service).with_graceful_shutdown(app::stop(stopped));
    let task = tokio::spawn(server.into_future());
    Ok(Running { address, app, stop, task })
}

async fn serve(
    Shared(app): Shared<Arc<App>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let clock = app.clock.clone();
    let answer = match request::read(request).await {
        Ok(raw) if batch::is_batch(&raw) => {
            batch::serve(&raw, |part| app::serve(Arc::clone(&app), part, &cut)).await
        }
        Ok(raw) => app::serve(app, raw, &cut).await,
        Err(error) => response::refusal(&error, ""),
    };
    response::dated(answer, clock.now())
}

/// Where somebody knocks.
#[derive(Debug, Deserialize)]
struct Knock {
    address: String,
    port: u16,
}

/// `/sandbox/reach?address=…&port=…`: whether that machine would answer. Of the sandbox itself, and no call of Google's.
async fn reach(Shared(app): Shared<Arc<App>>, Query(knock): Query<Knock>) -> Response {
    match app.knock(&knock.address, knock.port) {
        Ok(answer) => response::plain(&json!({ "answer": answer })),
        Err(error) => response::refusal(&error, ""),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    const ZONE: &str = "compute/v1/projects/my-course/zones/europe-west1-b";

    fn options(state: Option<PathBuf>, operation_time: Duration) -> Options {
        Options { state, operation_time, ..Options::default() }
    }

    fn client() -> reqwest::Client {
        // A second installation in the same process is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap()
    }

    async fn ask(cloud: &Running, verb: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/{path}", cloud.url());
        let request = client().request(verb.parse().unwrap(), url);
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await.unwrap().json().await.unwrap()
    }

    #[tokio::test]
    async fn only_loopback_is_listened_on() {
        let mut options = options(None, Duration::ZERO);
        options.listen = SocketAddr::from(([0, 0, 0, 0], 0));
        assert!(matches!(start(options).await, Err(SandboxError::NotLoopback(_))));
    }

    #[tokio::test]
    async fn an_operation_runs_until_somebody_has_waited_for_it() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let cloud = start_at(options(None, Duration::from_secs(90)), clock).await.unwrap();
        ask(&cloud, "POST", "v1/projects/my-course/services/compute.googleapis.com:enable", Value::Null)
            .await;
        let disk = json!({ "boot": true, "initializeParams": { "sourceImage": "projects/debian-cloud/global/images/family/debian-12" } });
        let vm =
            json!({ "name": "x", "machineType": "e2-micro", "disks": [disk], "networkInterfaces": [{}] });
        let begun = ask(&cloud, "POST", &format!("{ZONE}/instances"), vm).await;
        let operation = format!("{ZONE}/operations/{}", begun["name"].as_str().unwrap());
        assert_eq!(ask(&cloud, "GET", &operation, Value::Null).await["status"], "PENDING");
        assert_eq!(
            ask(&cloud, "GET", &format!("{ZONE}/instances/x"), Value::Null).await["status"],
            "PROVISIONING"
        );
        assert_eq!(ask(&cloud, "POST", &format!("{operation}/wait"), Value::Null).await["status"], "DONE");
        assert_eq!(
            ask(&cloud, "GET", &format!("{ZONE}/instances/x"), Value::Null).await["status"],
            "RUNNING"
        );
    }

    #[tokio::test]
    async fn a_machine_without_room_is_seen_until_its_operation_ends() {
        let text = "operationTimes: { compute.instances.insert: 90s }\n\
                    faults: [{ method: compute.instances.insert, operation: { code: X } }]";
        let options = Options { faults: Faults::parse(text).unwrap(), ..Options::default() };
        let cloud = start_at(options, Clock::fixed(Timestamp::UNIX_EPOCH)).await.unwrap();
        ask(&cloud, "POST", "v1/projects/my-course/services/compute.googleapis.com:enable", Value::Null)
            .await;
        let disk = json!({ "boot": true, "initializeParams": { "sourceImage": "projects/debian-cloud/global/images/family/debian-12" } });
        let vm =
            json!({ "name": "x", "machineType": "e2-micro", "disks": [disk], "networkInterfaces": [{}] });
        let begun = ask(&cloud, "POST", &format!("{ZONE}/instances"), vm).await;
        let seen = ask(&cloud, "GET", &format!("{ZONE}/instances/x"), Value::Null).await;
        assert_eq!((&begun["status"], &seen["status"]), (&json!("PENDING"), &json!("PROVISIONING")));
        let wait = format!("{ZONE}/operations/{}/wait", begun["name"].as_str().unwrap());
        assert_eq!(ask(&cloud, "POST", &wait, Value::Null).await["error"]["errors"][0]["code"], "X");
        for gone in ["instances/x", "disks/x"] {
            let answer = ask(&cloud, "GET", &format!("{ZONE}/{gone}"), Value::Null).await;
            assert_eq!(answer["error"]["code"], 404, "{gone}");
        }
    }

    #[tokio::test]
    async fn an_api_is_not_ready_for_a_while() {
        let text = "faults: [{ method: compute.*, notReady: { lasts: 2s } }, { method: '*.services.get', latency: 1s }]";
        let options = Options { faults: Faults::parse(text).unwrap(), ..Options::default() };
        let cloud = start_at(options, Clock::fixed(Timestamp::UNIX_EPOCH)).await.unwrap();
        let service = "v1/projects/my-course/services/compute.googleapis.com";
        ask(&cloud, "POST", &format!("{service}:enable"), Value::Null).await;
        let mut seen = Vec::new();
        for _ in 0..3 {
            let firewalls =
                ask(&cloud, "GET", "compute/v1/projects/my-course/global/firewalls", Value::Null).await;
            seen.push(firewalls["error"]["details"][0]["reason"].as_str().unwrap_or_default().to_owned());
            assert_eq!(ask(&cloud, "GET", service, Value::Null).await["state"], "ENABLED");
        }
        assert_eq!(seen, ["SERVICE_DISABLED", "SERVICE_DISABLED", ""]);
    }

    #[tokio::test]
    async fn a_state_file_outlives_its_sandbox() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let before = start(options(Some(file.clone()), Duration::ZERO)).await.unwrap();
        let project = ask(&before, "GET", "v1/projects/my-course", Value::Null).await;
        before.shutdown().await.unwrap();
        let after = start(options(Some(file), Duration::ZERO)).await.unwrap();
        assert_eq!(ask(&after, "GET", "v1/projects/my-course", Value::Null).await, project);
    }

    #[tokio::test]
    async fn a_shutdown_does_not_wait_for_idle_connections() {
        let cloud = start(options(None, Duration::ZERO)).await.unwrap();
        let client = client();
        let url = format!("{}/v1/projects/my-course", cloud.url());
        assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
        cloud.shutdown().await.unwrap();
        assert!(client.get(&url).send().await.is_err());
    }
}
