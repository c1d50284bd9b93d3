//! What a service is given and what it gives back. Knows nothing of HTTP beyond status codes and headers.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::error::ApiError;
use super::limits::Limits;
use super::store::State;

/// One request, matched and checked against Google's surface.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// The discovery id, such as `storage.buckets.insert`.
    pub(super) method: &'a str,
    /// The version of the API; `v1` and `v3` of Resource Manager share their method ids.
    pub(super) version: &'a str,
    /// Decoded path parameters by their discovery name.
    pub(super) path: BTreeMap<String, String>,
    /// Query parameters.
    pub(super) query: Query,
    /// The JSON body; null when absent. Of an upload, the metadata part.
    pub(super) body: Value,
    /// The content of an upload.
    pub(super) media: Option<Media>,
    /// Request headers.
    pub(super) headers: &'a HeaderMap,
    /// The sandbox's own root, such as `http://127.0.0.1:8080`, for `Location` headers.
    pub(super) base: &'a str,
}

impl Call<'_> {
    /// A path parameter. Its absence is a mismatch of handler and surface, answered as an internal error.
    pub(super) fn param(&self, name: &str) -> Result<&str, ApiError> {
        self.path
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| ApiError::internal(format!("{} has no path parameter {name}.", self.method)))
    }
}

/// The content of an upload.
#[derive(Clone, Debug)]
pub(super) struct Media {
    /// As declared by the part or the request.
    pub(super) content_type: Option<String>,
    /// The content itself.
    pub(super) bytes: Bytes,
}

/// Decoded query parameters in the order given.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    /// The last value given under that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value given under that name.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the parameter says true, in the ways Google's front end reads it.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}

/// What a service answers when it succeeds.
#[derive(Debug)]
pub(super) enum Answer {
    /// 200 and a JSON body, cut to `fields` where asked.
    Json(Value),
    /// A status without a body.
    Empty(u16),
    /// 200 or 206 and raw content.
    Bytes {
        /// `Content-Type` of the answer.
        content_type: String,
        /// The content.
        bytes: Bytes,
        /// Further headers. A `Content-Range` makes the answer a 206.
        headers: Vec<(&'static str, String)>,
    },
    /// A status, headers and a JSON body (null: none).
    Headers {
        /// HTTP status.
        status: u16,
        /// Further headers.
        headers: Vec<(&'static str, String)>,
        /// The body; null sends none.
        body: Value,
    },
}

/// What a handler may touch: the state, the time and the source of ids.
#[derive(Debug)]
pub(super) struct World<'a> {
    /// Everything that exists.
    pub(super) state: &'a mut State,
    /// The time of this request.
    pub(super) now: Timestamp,
    /// How long an operation takes; zero: it is done when first asked about.
    pub(super) operation_time: SignedDuration,
    /// What there is to have.
    pub(super) limits: &'a Limits,
    /// How long a machine takes to boot and to run its scripts.
    pub(super) boot_time: SignedDuration,
}

impl World<'_> {
    /// An id that this state has never given before: nineteen digits, like Google's.
    pub(super) fn next_id(&mut self) -> u64 {
        self.state.counter += 1;
        1_000_000_000_000_000_000 + self.state.counter.wrapping_mul(7_919) % 8_000_000_000_000_000_000
    }
}

/// How a service serves a call.
pub(super) type Handler = fn(&mut World<'_>, &Call<'_>) -> Result<Answer, ApiError>;
