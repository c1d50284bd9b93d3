//! The client: sends requests and tries again what is worth it. It decides nothing about resources; what a request means
//! is the plan's business.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;

use super::credentials::Credentials;
use super::endpoint::Endpoints;
use super::error::ApiError;
use super::lost;
use super::pace::{Pace, RealPace};
use super::request::{Request, Service, Verb};
use super::retry::{self, Again};

/// Calls in flight at once.
const CONCURRENCY: usize = 16;
const CONNECT: Duration = Duration::from_secs(10);
/// How much shorter waits are on this machine, where no quota is shared and nothing spreads around the world.
const LOCAL_HASTE: u32 = 20;

/// A connection to Google's services, or to a server that stands in for them. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) endpoints: Endpoints,
    pub(super) credentials: Credentials,
    pub(super) in_flight: Arc<Semaphore>,
    /// The folder that files to upload are named from.
    pub(super) folder: PathBuf,
    pace: Arc<dyn Pace>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

/// A client that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct ClientError(#[from] reqwest::Error);

impl Client {
    /// A client for these endpoints. Files to upload are named from `folder`.
    pub fn new(endpoints: Endpoints, credentials: Credentials, folder: PathBuf) -> Result<Self, ClientError> {
        let http = if endpoints.is_local() { local_http() } else { real_http() }?;
        let in_flight = Arc::new(Semaphore::new(CONCURRENCY));
        Ok(Self { http, endpoints, credentials, in_flight, folder, pace: Arc::new(RealPace::new()) })
    }

    /// The same client with another clock, other waits and other chance.
    #[must_use]
    pub fn with_pace(mut self, pace: Arc<dyn Pace>) -> Self {
        self.pace = pace;
        self
    }

    /// The clock of this client.
    pub fn pace(&self) -> &Arc<dyn Pace> {
        &self.pace
    }

    /// Whether nothing is real behind this client.
    pub fn is_local(&self) -> bool {
        self.endpoints.is_local()
    }

    /// Waits this long.
    pub async fn pause(&self, time: Duration) {
        self.pace.sleep(time).await;
    }

    /// Waits for something to settle: as long as the cloud may need, and much shorter on this machine.
    pub async fn let_settle(&self, time: Duration) {
        let time = if self.is_local() { time / LOCAL_HASTE } else { time };
        self.pause(time).await;
    }

    /// Waits before try number `attempt` + 1 of something that others keep changing or that stumbled.
    pub async fn back_off(&self, why: Again, attempt: u32) {
        self.let_settle(retry::wait(why, attempt, self.pace.fraction())).await;
    }

    /// Sends a request; an empty answer is null. Failures worth it are tried again. A creation whose answer was lost and
    /// that finds its own work at the next try gives what it made.
    pub async fn send(&self, request: &Request) -> Result<Value, ApiError> {
        let request = self.with_request_id(request);
        let mut attempt = 1;
        let mut lost = false;
        loop {
            let error = match self.once(&request).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if lost && let Some(made) = self.made_before(&request, &error).await {
                return Ok(made);
            }
            let Some(why) = retry::again(&request, &error).filter(|_| attempt < retry::TRIES) else {
                return Err(error);
            };
            lost |= why == Again::Transient;
            tracing::debug!(%request, attempt, ?why, "trying again");
            match error.refusal().and_then(|refusal| refusal.retry_after) {
                Some(seconds) => self.pause(retry::told(seconds)).await,
                None => self.back_off(why, attempt).await,
            }
            attempt += 1;
        }
    }

    /// What an earlier try of this creation made, when this one found its place taken.
    async fn made_before(&self, request: &Request, error: &ApiError) -> Option<Value> {
        let twin = lost::twin(request).filter(|_| lost::is_taken(error))?;
        let found = self.once(&twin.read).await.ok()?;
        twin.is_ours(&found).then(|| twin.answer(found))
    }

    /// One logical mutation of compute has one id, whatever happens to its answer.
    pub(super) fn with_request_id(&self, request: &Request) -> Request {
        let unnumbered = ["getIamPolicy", "setIamPolicy", "testIamPermissions", "/wait"];
        let mutates = request.verb != Verb::Get && !unnumbered.iter().any(|end| request.path.ends_with(end));
        if request.service == Service::Compute && mutates {
            return request.clone().query("requestId", self.pace.uuid());
        }
        request.clone()
    }
}

fn builder() -> reqwest::ClientBuilder {
    // Installing it twice is an error that changes nothing; not at all would panic at the first TLS handshake.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        // Google compresses for agents that say so here as well.
        .user_agent(concat!("provost/", env!("CARGO_PKG_VERSION"), " (gzip)"))
        .connect_timeout(CONNECT)
        // A redirect would take the token elsewhere, and 308 means something else to uploads.
        .redirect(reqwest::redirect::Policy::none())
        .gzip(true)
}

/// A server on this machine needs neither certificates nor proxies, and there may be none of the former.
pub(super) fn local_http() -> Result<reqwest::Client, reqwest::Error> {
    builder().tls_certs_only([]).no_proxy().build()
}

/// The certificates of the system, which know a school's proxy; a slim container has none: the built-in ones then.
pub(super) fn real_http() -> Result<reqwest::Client, reqwest::Error> {
    let built_in = || {
        let all = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        all.filter_map(|der| reqwest::Certificate::from_der(der).ok())
    };
    builder().build().or_else(|_| builder().tls_certs_only(built_in()).build())
}
