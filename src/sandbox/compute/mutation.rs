//! Every change of Compute answers an operation; the change itself has happened by then.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::place::{self, Place, Scope};
use super::value::{set, text};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::operation;

/// Who all requests come from.
const USER: &str = "owner@example.edu";

/// What an operation ends with when it fails.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// `error.errors[].code`.
    pub(super) code: &'static str,
    /// The text for people.
    pub(super) message: String,
    /// `error.errors[].errorDetails`.
    pub(super) details: Vec<Value>,
    /// `httpErrorStatusCode`.
    pub(super) status: u16,
    /// `httpErrorMessage`.
    pub(super) status_text: &'static str,
}

impl Failure {
    /// The text, the details and the HTTP status.
    pub(super) fn into_parts(self) -> (String, Vec<Value>, u16) {
        (self.message, self.details, self.status)
    }
}

/// The operation of an earlier request with the same `requestId`.
pub(super) fn repeated(world: &World<'_>, call: &Call<'_>) -> Result<Option<Value>, ApiError> {
    let Some(request) = call.query.get("requestId").filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let digits = request.bytes().filter(|byte| *byte != b'-');
    let is_uuid = request.len() == 36 && digits.clone().all(|byte| byte.is_ascii_hexdigit());
    if !is_uuid || digits.clone().all(|byte| byte == b'0') {
        return Err(ApiError::invalid(format!(
            "Invalid value for field 'requestId': '{request}'. Request ID must be a valid non-zero UUID."
        )));
    }
    let prefix = format!("compute/projects/{}/", call.param("project")?);
    let mut known = operation::below(world.state, &prefix);
    let found = known.find(|(_, operation)| operation.request.as_deref() == Some(request));
    Ok(found.map(|(_, operation)| operation.at(world.now)))
}

/// Begins the operation of a change that succeeds. `target` is the changed resource.
pub(super) fn begin(world: &mut World<'_>, call: &Call<'_>, place: &Place, target: &Value) -> Value {
    start(world, call, place, (text(target, "selfLink"), text(target, "id")), None)
}

/// Begins the operation of a change that fails after it was accepted. `target` is the resource as it would be, or is.
pub(super) fn fail(
    world: &mut World<'_>,
    call: &Call<'_>,
    place: &Place,
    target: &Value,
    failure: &Failure,
) -> Value {
    start(world, call, place, (text(target, "selfLink"), text(target, "id")), Some(failure))
}

fn start(
    world: &mut World<'_>,
    call: &Call<'_>,
    place: &Place,
    (link, target): (&str, &str),
    failure: Option<&Failure>,
) -> Value {
    let (id, name) = (world.next_id(), name(world));
    let path = place.of_resource("operations", &name);
    let mut running = json!({ "kind": "compute#operation", "id": id.to_string(), "name": name });
    match &place.scope {
        Scope::Global => (),
        Scope::Region(_) => set(&mut running, "region", place::link(&place.path())),
        Scope::Zone(_) => set(&mut running, "zone", place::link(&place.path())),
    }
    let (_, action) = super::parts(call.method);
    let time = stamp(world.now);
    let fields = json!({
        "operationType": action, "targetLink": link, "targetId": target, "status": "RUNNING", "user": USER,
        "progress": 0, "insertTime": time, "startTime": time, "selfLink": place::link(&path),
    });
    super::value::merge(&mut running, &fields);
    let finished = finished(world, &running, failure);
    let request = call.query.get("requestId").map(str::to_owned);
    operation::begin_as(world, &place::key(&path), request, running, finished)
}

fn finished(world: &World<'_>, running: &Value, failure: Option<&Failure>) -> Value {
    let mut finished = running.clone();
    let ends = world.now.checked_add(world.operation_time).unwrap_or(world.now);
    set(&mut finished, "status", "DONE");
    set(&mut finished, "progress", 100);
    set(&mut finished, "endTime", stamp(ends));
    if let Some(failure) = failure {
        let mut error = json!({ "code": failure.code, "message": failure.message });
        if !failure.details.is_empty() {
            set(&mut error, "errorDetails", failure.details.clone());
        }
        set(&mut finished, "error", json!({ "errors": [error] }));
        set(&mut finished, "httpErrorStatusCode", failure.status);
        set(&mut finished, "httpErrorMessage", failure.status_text);
    }
    finished
}

fn name(world: &mut World<'_>) -> String {
    let (one, two) = (world.next_id(), world.next_id());
    format!(
        "operation-{}-{:013x}-{:08x}-{:08x}",
        world.now.as_millisecond(),
        one >> 12,
        one & 0xffff_ffff,
        two & 0xffff_ffff
    )
}

/// A time as Compute writes it, with milliseconds and the offset of its home.
pub(super) fn stamp(time: Timestamp) -> String {
    let home = TimeZone::fixed(Offset::from_seconds(-8 * 3600).unwrap_or(Offset::UTC));
    time.to_zoned(home).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// When the operation that is beginning will be done.
pub(super) fn end(world: &World<'_>) -> Timestamp {
    world.now.checked_add(world.operation_time.max(SignedDuration::ZERO)).unwrap_or(world.now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_an_offset() {
        assert_eq!(stamp(Timestamp::UNIX_EPOCH), "1969-12-31T16:00:00.000-08:00");
    }
}
