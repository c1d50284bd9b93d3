//! Ends: instances that Google takes away by itself, at a time or after a length of their run.
//!
//! The instances that are to go are noted beside the resources, so that nobody looks through all of them at every call. The end comes
//! with the first call after it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::place::{self, Place, Scope};
use super::super::rules::invalid;
use super::super::value::{number, text};
use super::{Subject, erase, power};
use crate::sandbox::call::World;
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

/// Where the state keeps who goes when: outside of every project.
const NOTED: &str = "compute/ends/";
/// What such a key ends with: it must not pass for that of the instance.
const OF_ONE: &str = "/end";
/// An end is at least and at most so far away (<https://cloud.google.com/compute/docs/instances/limit-vm-runtime>).
const LEAST: SignedDuration = SignedDuration::from_secs(30);
const MOST: SignedDuration = SignedDuration::from_hours(120 * 24);

fn key(path: &str) -> String {
    format!("{NOTED}{path}{OF_ONE}")
}

/// When an instance goes that runs as it does.
fn end(vm: &Value) -> Option<Timestamp> {
    let scheduling = vm.get("scheduling").filter(|_| text(vm, "status") == "RUNNING")?;
    if let Ok(time) = text(scheduling, "terminationTime").parse() {
        return Some(time);
    }
    let started: Timestamp = text(vm, "lastStartTimestamp").parse().ok()?;
    started.checked_add(length(scheduling)?).ok()
}

fn length(scheduling: &Value) -> Option<SignedDuration> {
    let seconds = number(scheduling.get("maxRunDuration")?, "seconds")?;
    Some(SignedDuration::from_secs(seconds))
}

/// Notes when the instance at that path goes, or that it does not.
pub(super) fn note(state: &mut State, path: &str, vm: &Value) {
    match end(vm) {
        Some(time) => drop(state.resources.insert(key(path), json!(time.to_string()))),
        None => forget(state, path),
    }
}

/// Forgets the end of an instance that is gone.
pub(super) fn forget(state: &mut State, path: &str) {
    state.resources.remove(&key(path));
}

/// Takes away what has reached its end.
pub(super) fn enforce(world: &mut World<'_>) {
    let now = world.now;
    let time = |noted: &Value| noted.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let noted = world.state.below(NOTED).filter_map(|(key, noted)| Some((key, time(noted)?)));
    let due: Vec<(String, Timestamp)> = noted
        .filter(|(_, time)| *time <= now)
        .filter_map(|(key, time)| Some((key.strip_prefix(NOTED)?.strip_suffix(OF_ONE)?.to_owned(), time)))
        .collect();
    for (path, time) in due {
        take_away(world, path, time);
    }
}

/// Stops or deletes one, at the time when it was to go.
fn take_away(world: &mut World<'_>, path: String, time: Timestamp) {
    forget(world.state, &path);
    let (Some(place), Some(vm)) = (zonal(&path), place::stored(world.state, &path).cloned()) else { return };
    let deletes =
        vm.pointer("/scheduling/instanceTerminationAction").is_some_and(|action| action == "DELETE");
    let mut one = Subject { place, path, vm };
    let mut then = World {
        state: world.state,
        now: time,
        operation_time: SignedDuration::ZERO,
        limits: world.limits,
        boot_time: world.boot_time,
    };
    if deletes {
        erase(&mut then, &one);
    } else if power::stop(&mut then, &mut one, "stop").is_ok() {
        one.keep(&mut then);
    }
}

/// `projects/P/zones/Z/instances/x`.
fn zonal(path: &str) -> Option<Place> {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["projects", project, "zones", zone, ..] => {
            Some(Place { project: (*project).to_owned(), scope: Scope::Zone((*zone).to_owned()) })
        }
        _ => None,
    }
}

/// Refuses ends that cannot be: two at once, too near, too far.
pub(super) fn check(scheduling: &Value, before: &Value, now: Timestamp) -> Result<(), ApiError> {
    let (time, length) = (text(scheduling, "terminationTime"), length(scheduling));
    if !time.is_empty() && length.is_some() {
        return Err(ApiError::bad_request(
            "Only one of maxRunDuration and terminationTime can be specified.",
        ));
    }
    let within = |away: SignedDuration| (LEAST..=MOST).contains(&away);
    if length.is_some_and(|length| !within(length)) {
        let why = "The run duration must be between 30 seconds and 120 days.";
        return Err(invalid("resource.scheduling.maxRunDuration", "", why));
    }
    let is_old = text(before, "terminationTime") == time;
    if time.is_empty() || is_old {
        return Ok(());
    }
    let away = time.parse::<Timestamp>().map(|time| time.duration_since(now));
    if away.is_ok_and(within) {
        return Ok(());
    }
    let why = "The termination time must be an RFC 3339 time between 30 seconds and 120 days from now.";
    Err(invalid("resource.scheduling.terminationTime", time, why))
}

/// Refuses to start an instance whose time has come: its end must be moved first.
pub(super) fn check_start(vm: &Value, now: Timestamp) -> Result<(), ApiError> {
    let time = vm.pointer("/scheduling/terminationTime").and_then(Value::as_str).unwrap_or_default();
    match time.parse::<Timestamp>() {
        Ok(end) if end <= now => Err(ApiError::bad_request(format!(
            "The instance cannot be started: its termination time {time} has passed."
        ))),
        _ => Ok(()),
    }
}
