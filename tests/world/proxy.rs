//! A proxy before a cloud: it remembers every request, and may fall silent after some of them, as a machine that is
//! switched off does.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use axum::{Extension, Router};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// When a proxy stops answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Never.
    Never,
    /// After so many answered requests: the next one does not arrive.
    After(usize),
    /// With that many: the last one is carried out, and its answer is lost.
    With(usize),
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    lines: Arc<Mutex<Vec<String>>>,
    state: watch::Receiver<State>,
    task: JoinHandle<()>,
}

/// Whether it has fallen silent, and how many requests are on their way behind it.
#[derive(Clone, Copy, Default)]
struct State {
    silent: bool,
    under_way: usize,
}

struct Shared {
    root: String,
    http: reqwest::Client,
    lines: Arc<Mutex<Vec<String>>>,
    silence: Silence,
    state: watch::Sender<State>,
}

impl Proxy {
    pub(crate) async fn before(root: &str, silence: Silence) -> Self {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let (tell, state) = watch::channel(State::default());
        let shared = Shared { root: root.to_owned(), http, lines: Arc::clone(&lines), silence, state: tell };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).layer(Extension(Arc::new(shared)));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, lines, state, task }
    }

    /// `POST /v1/…` of every request so far, without queries.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Returns when the proxy has fallen silent, and what it passed on before has been carried out.
    pub(crate) async fn silent(&self) {
        self.state.clone().wait_for(|state| state.silent && state.under_way == 0).await.unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(Extension(shared): Extension<Arc<Shared>>, request: Request) -> Response<Body> {
    let count = {
        let mut lines = shared.lines.lock().unwrap();
        lines.push(format!("{} {}", request.method(), request.uri().path()));
        lines.len()
    };
    if let Silence::After(last) | Silence::With(last) = shared.silence
        && count > last
    {
        shared.state.send_modify(|state| state.silent = true);
        std::future::pending::<()>().await;
    }
    shared.state.send_modify(|state| state.under_way += 1);
    let answer = passed_on(&shared, request).await;
    shared.state.send_modify(|state| state.under_way -= 1);
    if shared.silence == Silence::With(count) {
        shared.state.send_modify(|state| state.silent = true);
        std::future::pending::<()>().await;
    }
    answer
}

async fn passed_on(shared: &Shared, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let url = format!("{}{}", shared.root, parts.uri);
    let mut headers = parts.headers;
    for own in ["host", "content-length", "accept-encoding", "transfer-encoding"] {
        headers.remove(own);
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let answer = shared.http.request(parts.method, url).headers(headers).body(body).send().await.unwrap();
    let mut reply = Response::builder().status(answer.status());
    for name in ["content-type", "location", "range", "retry-after"] {
        if let Some(value) = answer.headers().get(name) {
            reply = reply.header(name, value);
        }
    }
    reply.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}
