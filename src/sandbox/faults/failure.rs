//! Operations that fail: the call is accepted, and its effect goes again when the operation ends.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::file::Failure;
use crate::sandbox::call::{Call, World};
use crate::sandbox::store::State;
use crate::sandbox::{compute, operation};

use super::subject::creates;

const NO_ROOM: &str = "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS";
const NO_QUOTA: &str = "QUOTA_EXCEEDED";

/// Lets the operation fail that the call has begun, if it has begun one. `before` is the state before the call. What a
/// creation has made stays until the operation ends; everything else is as if nothing had happened.
pub(in crate::sandbox) fn fail(
    world: &mut World<'_>,
    call: &Call<'_>,
    before: &State,
    answer: &Value,
    failure: &Failure,
) {
    let Some(key) = operation_of(world.state, before, answer) else { return };
    let made = take_back(world.state, before, creates(call.method));
    let is_compute = call.method.starts_with("compute.");
    let error = if is_compute { of_compute(world, call, failure) } else { status(failure) };
    let Some(begun) = world.state.operations.get_mut(&key) else { return };
    begun.undo = made;
    if let (Some(finished), Some(error)) = (begun.finished.as_object_mut(), error.as_object()) {
        finished.remove("response");
        finished.extend(error.clone());
    }
    operation::settle(world.state, world.now);
}

/// The key of the operation that the answer is about, if it was not there before.
fn operation_of(state: &State, before: &State, answer: &Value) -> Option<String> {
    let name = answer.get("name")?;
    let is_it = |finished: &Value| finished.get("name") == Some(name);
    let mut begun = state.operations.iter().filter(|(key, _)| !before.operations.contains_key(*key));
    begun.find(|(_, operation)| is_it(&operation.finished)).map(|(key, _)| key.clone())
}

/// Takes back every change, but what was made if that may be seen for a while: it is returned, with the ids by which
/// it can be told from what takes its place later.
fn take_back(state: &mut State, before: &State, shows: bool) -> BTreeMap<String, Value> {
    let made = state.resources.iter().filter(|(key, _)| shows && !before.resources.contains_key(*key));
    let made: Vec<(String, Value)> = made.map(|(key, value)| (key.clone(), value.clone())).collect();
    state.resources.clone_from(&before.resources);
    let mut ids = BTreeMap::new();
    for (key, value) in made {
        ids.insert(key.clone(), value.get("id").cloned().unwrap_or_default());
        state.resources.insert(key, value);
    }
    ids
}

/// `error`, `httpErrorStatusCode` and `httpErrorMessage` of a Compute operation.
fn of_compute(world: &World<'_>, call: &Call<'_>, failure: &Failure) -> Value {
    let known = match failure.code.as_str() {
        NO_ROOM => compute::no_room(world, call, failure.zones_available.as_deref()),
        NO_QUOTA => {
            compute::no_quota(world, call, failure.metric.as_deref().unwrap_or("CPUS"), failure.limit)
        }
        _ => None,
    };
    let (message, details, status) = known.unwrap_or_else(|| {
        (format!("The operation ended in {}.", failure.code), failure.details.clone(), 400)
    });
    let code = failure.http_status.unwrap_or(status);
    let message = failure.message.clone().unwrap_or(message);
    let mut error = json!({ "code": failure.code, "message": message });
    if let Some(fields) = error.as_object_mut().filter(|_| !details.is_empty()) {
        fields.insert("errorDetails".to_owned(), json!(details));
    }
    json!({
        "error": { "errors": [error] },
        "httpErrorStatusCode": code,
        "httpErrorMessage": text_of(code),
    })
}

fn text_of(code: u16) -> String {
    let known = axum::http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
    known.unwrap_or("Error").to_uppercase()
}

/// Canonical codes with their numbers, for `google.rpc.Status`.
const NUMBERS: [(&str, u16); 16] = [
    ("CANCELLED", 1),
    ("UNKNOWN", 2),
    ("INVALID_ARGUMENT", 3),
    ("DEADLINE_EXCEEDED", 4),
    ("NOT_FOUND", 5),
    ("ALREADY_EXISTS", 6),
    ("PERMISSION_DENIED", 7),
    ("RESOURCE_EXHAUSTED", 8),
    ("FAILED_PRECONDITION", 9),
    ("ABORTED", 10),
    ("OUT_OF_RANGE", 11),
    ("UNIMPLEMENTED", 12),
    ("INTERNAL", 13),
    ("UNAVAILABLE", 14),
    ("DATA_LOSS", 15),
    ("UNAUTHENTICATED", 16),
];

/// `error` of an operation of the one-platform services.
fn status(failure: &Failure) -> Value {
    let known = NUMBERS.iter().find(|(name, _)| *name == failure.code);
    let number = known.map_or(2, |(_, number)| *number);
    let text = || format!("The operation ended in {}.", failure.code);
    let mut error = json!({ "code": number, "message": failure.message.clone().unwrap_or_else(text) });
    if let Some(fields) = error.as_object_mut().filter(|_| !failure.details.is_empty()) {
        fields.insert("details".to_owned(), json!(failure.details));
    }
    json!({ "error": error })
}
