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
    let error = if call.method.starts_with("compute.") { of_compute(call, failure) } else { status(failure) };
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
fn of_compute(call: &Call<'_>, failure: &Failure) -> Value {
    let (message, details, known_status) = match failure.code.as_str() {
        NO_ROOM => no_room(call, failure),
        NO_QUOTA => no_quota(call, failure),
        code => (format!("The operation ended in {code}."), failure.details.clone(), 400),
    };
    let code = failure.http_status.unwrap_or(known_status);
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

type Parts = (String, Vec<Value>, u16);

/// A zone without room, as Google answers it.
fn no_room(call: &Call<'_>, failure: &Failure) -> Parts {
    let zone = call.path.get("zone").map_or("", String::as_str);
    let others = || compute::zones_beside(zone);
    let available = failure.zones_available.clone().unwrap_or_else(others).join(",");
    let machine = call.body.get("machineType").and_then(Value::as_str).unwrap_or_default();
    let machine = machine.rsplit('/').next().unwrap_or_default();
    let message = format!(
        "The zone 'projects/{}/zones/{zone}' does not have enough resources available to fulfill the request.  Try a \
         different zone, or try again later.",
        call.path.get("project").map_or("", String::as_str)
    );
    let hint = format!(
        "A {machine} VM instance is currently unavailable in the {zone} zone. Alternatively, you can try your request \
         again with a different VM hardware configuration or at a later time."
    );
    let url = "https://cloud.google.com/compute/docs/resource-error";
    let details = vec![
        json!({ "help": { "links": [{ "description": "Troubleshooting documentation", "url": url }] } }),
        json!({ "localizedMessage": { "locale": "en-US", "message": hint } }),
        json!({ "errorInfo": {
            "reason": "resource_availability",
            "domain": "compute.googleapis.com",
            "metadatas": { "vmType": machine, "attachment": "", "zone": zone, "zonesAvailable": available },
        } }),
    ];
    (message, details, 503)
}

/// A quota that is used up.
fn no_quota(call: &Call<'_>, failure: &Failure) -> Parts {
    let metric = failure.metric.as_deref().unwrap_or("CPUS");
    let limit = f64::from(failure.limit.unwrap_or(8));
    let zone = call.path.get("zone").and_then(|zone| zone.rsplit_once('-')).map(|(region, _)| region);
    let region = zone.or(call.path.get("region").map(String::as_str)).filter(|_| !is_global(metric));
    let place = region.map_or_else(|| "globally".to_owned(), |region| format!("in region {region}"));
    let suffix = if region.is_some() { "per-project-region" } else { "per-project" };
    let dimensions =
        region.map_or_else(|| json!({ "global": "global" }), |region| json!({ "region": region }));
    let info = json!({
        "metricName": format!("compute.googleapis.com/{}", metric.to_lowercase()),
        "limitName": format!("{}-{suffix}", metric.replace('_', "-")),
        "dimensions": dimensions,
        "limit": limit,
    });
    let message = format!("Quota '{metric}' exceeded.  Limit: {limit:.1} {place}.");
    (message, vec![json!({ "quotaInfo": info })], 403)
}

fn is_global(metric: &str) -> bool {
    metric.ends_with("_ALL_REGIONS")
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
