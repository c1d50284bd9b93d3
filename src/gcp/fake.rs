//! A server for tests: answers by a function or from a script, and remembers what it was asked. Knows nothing of Google.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::pace::fast::FastPace;
use super::{Client, Credentials, Endpoints};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `POST /compute/v1/…`, without the query.
    pub(crate) line: String,
    pub(crate) query: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A query parameter.
    pub(crate) fn asks(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// An answer, given when the gate opens if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    gate: Option<Arc<Semaphore>>,
}

impl Reply {
    pub(crate) fn ok(body: &Value) -> Self {
        Self { status: 200, body: body.to_string(), ..Self::default() }
    }

    /// A body that is no JSON.
    pub(crate) fn garbage(body: &str) -> Self {
        Self { status: 200, body: body.to_owned(), ..Self::default() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The same answer with another status.
    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn error(status: u16, reason: &str, message: &str) -> Self {
        let error = serde_json::json!({"code": status, "message": message, "errors": [{"reason": reason}]});
        Self { status, body: serde_json::json!({ "error": error }).to_string(), ..Self::default() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Answers only when the gate has a permit, and uses it up.
    pub(crate) fn behind(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }

    async fn given(self) -> Response<Body> {
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap()
    }
}

/// A running server. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) root: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) pace: Arc<FastPace>,
}

impl Fake {
    pub(crate) async fn answering(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (all, answer) = (Arc::clone(&seen), Arc::new(answer));
        let router = Router::new().fallback(move |request: Request| {
            let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
            async move {
                let seen = read(request).await;
                all.lock().unwrap().push(seen.clone());
                answer(&seen).given().await
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { root, seen, pace: Arc::default() }
    }

    /// Answers from a list; when it is used up, the last one again.
    pub(crate) async fn scripted(replies: Vec<Reply>) -> Self {
        let script = Mutex::new(replies);
        Self::answering(move |_| {
            let mut script = script.lock().unwrap();
            if script.len() > 1 { script.remove(0) } else { script[0].clone() }
        })
        .await
    }

    pub(crate) fn client(&self) -> Client {
        self.client_in(PathBuf::new())
    }

    pub(crate) fn client_in(&self, folder: PathBuf) -> Client {
        let endpoints = Endpoints::under(&self.root).unwrap();
        Client::new(endpoints, Credentials::None, folder).unwrap().with_pace(self.pace.clone())
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// How many requests arrived whose line ends like this.
    pub(crate) fn count(&self, end: &str) -> usize {
        self.lines().iter().filter(|line| line.ends_with(end)).count()
    }

    /// Waits until so many requests have arrived whose line ends like this.
    pub(crate) async fn until(&self, end: &str, count: usize) {
        while self.count(end) < count {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

async fn read(request: Request) -> Seen {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Seen {
        line: format!("{} {}", parts.method, parts.uri.path()),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    }
}
