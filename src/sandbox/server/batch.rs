//! Several requests in one: `POST /batch/compute/v1` and its like, as gcloud sends them for several machines at once
//! and the Python libraries for many objects.
//!
//! Every part of the `multipart/mixed` body is a whole request (`application/http`) and gets a whole answer, in
//! the same order, under `<response-ID>`.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::request::{self, Raw};
use super::response;
use crate::sandbox::error::ApiError;

/// As many as Google takes (<https://cloud.google.com/compute/docs/api/how-tos/batch>).
const MOST: usize = 1_000;
const BOUNDARY: &str = "batch_of_answers";

/// Whether the request is a batch.
pub(super) fn is_batch(raw: &Raw) -> bool {
    raw.verb() == "POST" && (raw.path() == "/batch" || raw.path().starts_with("/batch/"))
}

/// Serves every part by `serve`, one after the other.
pub(super) async fn serve<F: Future<Output = Response>>(raw: &Raw, serve: impl Fn(Raw) -> F) -> Response {
    let parts = match raw.body_parts() {
        Some(parts) if parts.len() <= MOST => parts,
        Some(_) => return refusal("The batch request holds more than 1000 calls."),
        None => return refusal("Failed to parse batch request."),
    };
    let mut body = Vec::new();
    for part in parts {
        let Some(call) = read(&part.bytes).await else {
            return refusal("Failed to parse batch request.");
        };
        let answer = serve(call).await;
        body.extend_from_slice(&written(part.header("content-id"), answer).await);
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let mut whole = Response::new(Body::from(body));
    let kind = HeaderValue::from_str(&format!("multipart/mixed; boundary={BOUNDARY}"));
    whole.headers_mut().extend(kind.ok().map(|kind| (header::CONTENT_TYPE, kind)));
    whole
}

fn refusal(text: &str) -> Response {
    response::refusal(&ApiError::bad_request(text), "")
}

/// The request of one part: request line, headers, an empty line, the body.
async fn read(bytes: &Bytes) -> Option<Raw> {
    let (head, body) = request::halves(bytes).unwrap_or((bytes, &[]));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut words = lines.next()?.split_whitespace();
    let (verb, target) = (words.next()?, words.next()?);
    let target = target.find("://").map_or(target, |at| path_of(target.get(at + 3..).unwrap_or_default()));
    let mut call = Request::builder().method(verb).uri(target);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        call = call.header(name.trim(), value.trim());
    }
    let body = if body.is_empty() { Bytes::new() } else { bytes.slice_ref(body) };
    request::read(call.body(Body::from(body)).ok()?).await.ok()
}

fn path_of(rest: &str) -> &str {
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

/// One part of the answer.
async fn written(id: Option<&str>, answer: Response) -> Vec<u8> {
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut lines = vec![format!("--{BOUNDARY}"), "Content-Type: application/http".to_owned()];
    lines.extend(id.map(|id| format!("Content-ID: <response-{}>", id.trim_matches(['<', '>']))));
    lines.push(format!("\r\nHTTP/1.1 {} {}", head.status.as_u16(), reason(head.status)));
    let header = |(name, value): (_, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap_or_default());
    lines.extend(head.headers.iter().map(header));
    lines.push(format!("content-length: {}\r\n\r\n", body.len()));
    let mut part = lines.join("\r\n").into_bytes();
    part.extend_from_slice(&body);
    part.extend_from_slice(b"\r\n");
    part
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Unknown")
}
