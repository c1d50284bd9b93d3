//! The HTTP server: listens on loopback, and turns requests into calls and answers into responses. Knows no
//! service.

mod request;
mod response;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use axum::serve::ListenerExt as _;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::call::{Answer, Call, World};
use super::clock::Clock;
use super::error::ApiError;
use super::limits::{Limits, LimitsError};
use super::store::{State, Store, StoreError};
use super::surface::Surface;
use super::{compute, new_project, services};

/// A wait of Compute returns after this even if the operation runs on.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(2);

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
}

impl Default for Options {
    /// A cloud in memory on a free port of loopback, whose operations are done when first asked about.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            state: None,
            operation_time: Duration::ZERO,
            limits: Limits::default(),
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
    stop: Option<oneshot::Sender<()>>,
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

    /// Ends it after the requests under way.
    pub async fn shutdown(mut self) -> Result<(), SandboxError> {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has ended by itself; its outcome follows.
            let _ = stop.send(());
        }
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
    start_at(options, Clock::Real).await
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
    let limits = options.limits;
    let app =
        Arc::new(App { surface, store, clock, operation_time, limits, base: format!("http://{address}") });
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new().fallback(serve).with_state(app);
    let listener = listener.tap_io(|stream| {
        // Without it small answers wait for the client's acknowledgement; where it fails they only come later.
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // The sender is dropped together with `Running`, which ends the task anyway.
        let _ = stopped.await;
    });
    let task = tokio::spawn(server.into_future());
    Ok(Running { address, stop: Some(stop), task })
}

/// What all requests share.
#[derive(Debug)]
struct App {
    surface: Surface,
    store: Store,
    clock: Clock,
    operation_time: SignedDuration,
    limits: Limits,
    base: String,
}

async fn serve(Shared(app): Shared<Arc<App>>, request: Request) -> Response {
    let raw = match request::read(request).await {
        Ok(raw) => raw,
        Err(error) => return response::refusal(&error, ""),
    };
    if let Some(key) = app.waits_for(&raw) {
        app.wait(&key).await;
    }
    // The store may wait for another process's lock, and syncs its file to disk.
    let answered = tokio::task::spawn_blocking(move || app.answer(&raw)).await;
    answered.unwrap_or_else(|_| response::refusal(&ApiError::internal("The sandbox failed."), ""))
}

impl App {
    /// The key of the operation that the request waits for.
    fn waits_for(&self, raw: &request::Raw) -> Option<String> {
        let found = self.surface.find(raw.verb(), raw.path())?;
        if !found.method.id.ends_with("Operations.wait") {
            return None;
        }
        let call = request::call(&found, raw, &self.base).ok()?;
        compute::operation_key(&call)
    }

    /// Waits until the operation is done, outside every lock. An unknown one is not waited for.
    async fn wait(&self, key: &str) {
        let ends = self.store.read(|state| state.operations.get(key).map(|operation| operation.ends));
        if let Ok(Some(ends)) = ends {
            let left = ends.duration_since(self.clock.now());
            if left.is_positive() {
                self.clock.wait(left.min(LONGEST_WAIT)).await;
            }
        }
    }

    fn answer(&self, raw: &request::Raw) -> Response {
        let Some(found) = self.surface.find(raw.verb(), raw.path()) else {
            return response::refusal(&no_method(raw), "");
        };
        let answer = request::call(&found, raw, &self.base).and_then(|mut call| {
            let mask = request::mask(&found, &call)?;
            let answer = self.dispatch(&mut call, &found.method.verb)?;
            Ok((answer, mask))
        });
        match answer {
            Ok((answer, mask)) => response::answer(answer, mask.as_ref()),
            Err(error) => response::refusal(&error, &found.method.id),
        }
    }

    /// Runs the call in a transaction if it may change something. The first mention of a project does.
    fn dispatch(&self, call: &mut Call<'_>, verb: &str) -> Result<Answer, ApiError> {
        let now = self.clock.now();
        let is_new = self.store.read(|state| {
            new_project::use_ids(state, call);
            new_project::consumer(call).is_some_and(|project| new_project::is_new(state, project))
        });
        let project = new_project::consumer(call).map(str::to_owned);
        if let (true, Some(project)) = (is_new.map_err(|error| unusable(&error))?, project) {
            let made: Result<Result<(), ApiError>, StoreError> = self.store.write(|state| {
                new_project::ensure(state, &project, now);
                Ok(())
            });
            made.map_err(|error| unusable(&error))??;
        }
        let serve = |state: &mut State| {
            let operation_time = self.operation_time;
            services::dispatch(&mut World { state, now, operation_time, limits: &self.limits }, call)
        };
        let outcome = if services::is_write(verb, call.method) {
            self.store.write(serve)
        } else {
            self.store.read(serve)
        };
        outcome.map_err(|error| unusable(&error))?
    }
}

fn unusable(error: &StoreError) -> ApiError {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    ApiError::internal(format!("{error}{source}"))
}

fn no_method(raw: &request::Raw) -> ApiError {
    ApiError::not_found(format!("The requested URL {} was not found on this server.", raw.path()))
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
        assert_eq!(ask(&cloud, "GET", &operation, Value::Null).await["status"], "RUNNING");
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
