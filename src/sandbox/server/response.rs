//! From an answer or a refusal to an HTTP response.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;

use crate::sandbox::call::Answer;
use crate::sandbox::error::{ApiError, Style};
use crate::sandbox::faults::Wrong;
use crate::sandbox::partial::Mask;
use crate::sandbox::services;

const JSON: &str = "application/json; charset=UTF-8";
const PAGE: &str = "text/html; charset=UTF-8";

/// What a service answers, cut to the mask.
pub(super) fn answer(answer: Answer, mask: Option<&Mask>) -> Response {
    let cut = |body: Value| match mask {
        Some(mask) => mask.cut(body),
        None => body,
    };
    match answer {
        Answer::Json(body) => json(200, &[], &cut(body)),
        Answer::Empty(status) => response(status, &[], Body::empty()),
        Answer::Headers { status, headers, body } => json(status, &headers, &body),
        Answer::Bytes { content_type, bytes, headers } => content(content_type, bytes, headers),
    }
}

/// An answer of the sandbox itself.
pub(super) fn plain(body: &Value) -> Response {
    json(200, &[], body)
}

/// What a service refuses, in its own style of error body.
pub(super) fn refusal(error: &ApiError, method: &str) -> Response {
    if error.code == 304 {
        return response(304, &[], Body::empty());
    }
    let style = services::of(method).map_or(Style::Statuses, |service| service.style);
    json(error.code, &[], &error.body(style))
}

/// What a fault answers in place of a service.
pub(super) fn wrong(wrong: &Wrong, method: &str) -> Response {
    let style = services::of(method).map_or(Style::Statuses, |service| service.style);
    let body = wrong.body(style);
    if !body.is_null() {
        return json(wrong.code(), &wrong.headers(), &body);
    }
    let mut answer = response(wrong.code(), &wrong.headers(), Body::from(wrong.page()));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PAGE));
    answer
}

/// The answer with the time by the sandbox's own clock, by which clients measure how old its things are.
pub(super) fn dated(mut answer: Response, now: Timestamp) -> Response {
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok();
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
        answer.headers_mut().entry(header::DATE).or_insert(date);
    }
    answer
}

fn content(content_type: String, bytes: Bytes, mut headers: Vec<(&'static str, String)>) -> Response {
    let is_part = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-range"));
    headers.push(("content-type", content_type));
    response(if is_part { 206 } else { 200 }, &headers, Body::from(bytes))
}

fn json(status: u16, headers: &[(&'static str, String)], body: &Value) -> Response {
    if body.is_null() {
        return response(status, headers, Body::empty());
    }
    let mut answer = response(status, headers, Body::from(body.to_string()));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    answer
}

fn response(status: u16, headers: &[(&'static str, String)], body: Body) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
