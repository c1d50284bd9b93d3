//! Health, readiness and metrics of the loop, over HTTP on loopback. Answers from what is counted; changes nothing.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::Shared;

/// The media type by which Prometheus knows its text format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The address cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {at}: give this loop another port with `--listen 127.0.0.1:PORT`")]
struct NoAddress {
    at: SocketAddr,
    source: std::io::Error,
}

/// Listens there, and gives where that is. Ends with the process.
pub(super) async fn start(at: SocketAddr, shared: Shared) -> anyhow::Result<SocketAddr> {
    let failed = |source| NoAddress { at, source };
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let router = Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .with_state(shared);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn health(State(shared): State<Shared>) -> impl IntoResponse {
    if shared.rounds().is_alive(Timestamp::now()) {
        (StatusCode::OK, "it goes round\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no round for three intervals\n")
    }
}

async fn readiness(State(shared): State<Shared>) -> impl IntoResponse {
    if shared.rounds().is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no plan has succeeded yet\n")
    }
}

async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    ([(CONTENT_TYPE, METRICS)], shared.rounds().metrics())
}
