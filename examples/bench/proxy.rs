//! A proxy that passes everything on, remembers when each call began and ended and how many bytes it took, and may hold every
//! answer back for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::{Extension, Router};
use tokio::task::JoinHandle;

/// One call as it went by.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// `GET /v1/…`, without the query.
    pub(crate) line: String,
    began: Instant,
    ended: Instant,
    sent: usize,
    received: usize,
}

/// What a run sent and got.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic {
    /// Calls in the order of their ends.
    pub(crate) exchanges: Vec<Exchange>,
}

impl Traffic {
    pub(crate) fn calls(&self) -> usize {
        self.exchanges.len()
    }

    /// Bytes of bodies that were sent and received.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let sum = |side: fn(&Exchange) -> usize| self.exchanges.iter().map(side).sum();
        (sum(|e| e.sent), sum(|e| e.received))
    }

    /// The most calls of which none began before the one before it had ended: how many round trips deep the run is.
    pub(crate) fn depth(&self) -> usize {
        let mut by_end: Vec<&Exchange> = self.exchanges.iter().collect();
        by_end.sort_by_key(|exchange| exchange.ended);
        let mut last: Option<Instant> = None;
        let mut depth = 0;
        for exchange in by_end {
            if last.is_none_or(|last| exchange.began >= last) {
                depth += 1;
                last = Some(exchange.ended);
            }
        }
        depth
    }

    /// How many calls of a line there were.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.exchanges.iter().filter(|exchange| exchange.line == line).count()
    }
}

/// A running proxy. Dropping it ends it.
pub(crate) struct Proxy {
    /// Where clients find it.
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    root: String,
    latency: Duration,
    http: reqwest::Client,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Proxy {
    /// A proxy before a server.
    pub(crate) async fn before(root: &str, latency: Duration) -> anyhow::Result<Self> {
        // A second installation in the same process is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build()?;
        let shared = Arc::new(Shared { root: root.to_owned(), latency, http, exchanges: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            // Without it small answers wait for an acknowledgement.
            let _ = stream.set_nodelay(true);
        });
        let router = Router::new().fallback(forward).layer(Extension(Arc::clone(&shared)));
        let task = tokio::spawn(async move {
            // It ends when it is aborted; a failure shows in the client.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, shared, task })
    }

    /// What went by so far.
    pub(crate) fn traffic(&self) -> Traffic {
        let exchanges = self.shared.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        Traffic { exchanges: exchanges.clone() }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(Extension(shared): Extension<Arc<Shared>>, request: Request) -> Response<Body> {
    let began = Instant::now();
    let line = format!("{} {}", request.method(), request.uri().path());
    let answered = passed_on(&shared, request).await;
    tokio::time::sleep(shared.latency).await;
    let (sent, received, answer) = answered.unwrap_or_else(|error| {
        let mut answer = Response::new(Body::from(format!("{error:#}")));
        *answer.status_mut() = StatusCode::BAD_GATEWAY;
        (0, 0, answer)
    });
    let exchange = Exchange { line, began, ended: Instant::now(), sent, received };
    shared.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    answer
}

async fn passed_on(shared: &Shared, request: Request) -> anyhow::Result<(usize, usize, Response<Body>)> {
    let (parts, body) = request.into_parts();
    let url = format!("{}{}", shared.root, parts.uri);
    let mut headers = parts.headers;
    for own in ["host", "content-length", "accept-encoding", "transfer-encoding"] {
        headers.remove(own);
    }
    let body = to_bytes(body, usize::MAX).await?;
    let sent = body.len();
    let answer = shared.http.request(parts.method, url).headers(headers).body(body).send().await?;
    let mut reply = Response::builder().status(answer.status());
    for name in ["content-type", "location", "range", "retry-after"] {
        if let Some(value) = answer.headers().get(name) {
            reply = reply.header(name, value);
        }
    }
    let bytes = answer.bytes().await?;
    Ok((sent, bytes.len(), reply.body(Body::from(bytes))?))
}
