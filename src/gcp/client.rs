//! The client: a connection to Google's services with all that its calls share. How a call is sent is in `send` and
//! `exchange`; it decides nothing about resources.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use super::credentials::{Caller, Credentials};
use super::endpoint::Endpoints;
use super::limit::{Gates, Turn};
use super::pace::{Pace, RealPace};
use super::request::Request;
use super::retry::{self, Again};

/// Calls in flight at once. Waiting for operations is not counted: it may take minutes and costs nobody anything.
const CONCURRENCY: usize = 32;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How much shorter waits are on this machine, where no quota is shared and nothing spreads around the world.
const LOCAL_HASTE: u32 = 20;
/// From here on a wait is worth telling.
const NOTICEABLE: Duration = Duration::from_secs(2);

/// Where a call tells what it waits for, to complete "waiting for".
pub type Told = Arc<dyn Fn(&'static str) + Send + Sync>;

/// How long to wait for an answer or for work.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For an answer.
    pub call: Duration,
    /// For an answer that may take its time: `wait` of compute answers after two minutes at the latest, and a chunk of a file
    /// may travel as long.
    pub long_call: Duration,
    /// For an operation, from its beginning to its end. gcloud waits as long.
    pub operation: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            call: Duration::from_mins(1),
            long_call: Duration::from_secs(150),
            operation: Duration::from_mins(30),
        }
    }
}

/// A connection to Google's services, or to a server that stands in for them. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) endpoints: Endpoints,
    pub(super) credentials: Credentials,
    pub(super) in_flight: Arc<Semaphore>,
    pub(super) timeouts: Timeouts,
    /// The folder that files to upload are named from.
    pub(super) folder: PathBuf,
    pace: Arc<dyn Pace>,
    /// Google's rate limits; none where nobody else is served.
    gates: Option<Arc<Mutex<Gates>>>,
    told: Option<Told>,
    /// What Cloud Storage last said the time is, and when by our own clock it said so.
    heard: Arc<Mutex<Option<(Timestamp, Duration)>>>,
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
        // Installing it twice is an error that changes nothing; not at all would panic at the first TLS handshake.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let local = endpoints.is_local();
        Ok(Self {
            http: if local { local_http() } else { real_http() }?,
            endpoints,
            credentials,
            in_flight: Arc::new(Semaphore::new(CONCURRENCY)),
            timeouts: Timeouts::default(),
            folder,
            pace: Arc::new(RealPace::new()),
            gates: (!local).then(Arc::default),
            told: None,
            heard: Arc::default(),
        })
    }

    /// The same client with another clock, other waits and other chance.
    #[must_use]
    pub fn with_pace(mut self, pace: Arc<dyn Pace>) -> Self {
        self.pace = pace;
        self
    }

    /// The same client with other patience.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The same client, which keeps Google's rate limits wherever its services are.
    #[must_use]
    pub fn with_limits(mut self) -> Self {
        self.gates = Some(Arc::default());
        self
    }

    /// The same client, which tells what it waits for; the same thing in a row only once.
    #[must_use]
    pub fn telling(mut self, told: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        let last = Mutex::new("");
        self.told = Some(Arc::new(move |what| {
            let before = std::mem::replace(&mut *last.lock().unwrap_or_else(PoisonError::into_inner), what);
            if before != what {
                told(what);
            }
        }));
        self
    }

    /// The clock of this client.
    pub fn pace(&self) -> &Arc<dyn Pace> {
        &self.pace
    }

    /// The time on Cloud Storage's own clock, by its last answer: what it dates its objects with. None before any answer.
    pub fn storage_time(&self) -> Option<Timestamp> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, at) = heard?;
        let since = SignedDuration::try_from(self.pace.elapsed().saturating_sub(at)).ok()?;
        then.checked_add(since).ok()
    }

    /// Notes what time an answer of Cloud Storage gives.
    pub(super) fn hear(&self, time: Timestamp) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some((time, self.pace.elapsed()));
    }

    /// Who the calls so far were made as.
    pub fn caller(&self) -> Caller {
        self.credentials.caller()
    }

    /// Whether nothing is real behind this client.
    pub fn is_local(&self) -> bool {
        self.endpoints.is_local()
    }

    /// Tells what is waited for.
    pub fn tell(&self, what: &'static str) {
        if let Some(told) = &self.told {
            told(what);
        }
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

    /// Waits for the turn that Google's rate limits give a request.
    pub(super) async fn take_turn(&self, request: &Request) {
        let now = self.pace.elapsed();
        let Some(turn) = self.with_gates(|gates| gates.turn(request, now)).flatten() else { return };
        let Turn { wait, on } = turn;
        tracing::debug!(%request, ms = wait.as_millis(), on, "keeping a rate limit");
        if wait >= NOTICEABLE {
            self.tell(on);
        }
        self.pause(wait).await;
    }

    pub(super) fn with_gates<T>(&self, work: impl FnOnce(&mut Gates) -> T) -> Option<T> {
        let gates = self.gates.as_ref()?;
        Some(work(&mut gates.lock().unwrap_or_else(PoisonError::into_inner)))
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
