//! Starting, stopping, suspending, resuming. A stop gives up the external address, a start gets another one.

use serde_json::Value;

use super::super::addresses;
use super::super::mutation::{self, Failure};
use super::super::value::{list_mut, set, text, unset};
use super::super::{capacity, quota};
use super::{Subject, ends, read};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// Starts or resumes; a running instance stays as it is. Wants its CPUs from the quota again.
pub(super) fn start(
    world: &mut World<'_>,
    call: &Call<'_>,
    mut one: Subject,
    action: &str,
) -> Result<Value, ApiError> {
    let status = text(&one.vm, "status").to_owned();
    if read::status(&one.vm, world.now) != status {
        return Err(ApiError::not_ready(&one.path));
    }
    match (action, status.as_str()) {
        ("start", "RUNNING") => return Ok(one.save(world, call)),
        ("start", "TERMINATED") | ("resume", "SUSPENDED") => ends::check_start(&one.vm, world.now)?,
        _ => return Err(wrong_state(&one, action, &status)),
    }
    if let Some(failure) = no_room(world, &mut one) {
        return Ok(mutation::fail(world, call, &one.place, &one.vm, &failure));
    }
    take_addresses(world, &mut one.vm);
    set(&mut one.vm, "status", "RUNNING");
    let until = mutation::end(world);
    read::pass_through(&mut one.vm, "STAGING", until);
    set(&mut one.vm, "lastStartTimestamp", mutation::stamp(world.now));
    Ok(one.keep_and_begin(world, call))
}

/// Why the instance cannot run again, if it cannot. Where the zone is full it tries until the operation ends.
fn no_room(world: &mut World<'_>, one: &mut Subject) -> Option<Failure> {
    let mut running = one.vm.clone();
    set(&mut running, "status", "RUNNING");
    let project = one.place.project.clone();
    if let Some(failure) = quota::exceeded(world, &project, Some(&one.vm), &running) {
        return Some(failure);
    }
    let failure = capacity::exhausted(world, &one.place, &running)?;
    let until = mutation::end(world);
    read::pass_through(&mut one.vm, "STAGING", until);
    one.keep(world);
    Some(failure)
}

/// Stops, suspends or resets.
pub(super) fn stop(world: &mut World<'_>, one: &mut Subject, action: &str) -> Result<(), ApiError> {
    let status = text(&one.vm, "status").to_owned();
    let (final_status, passing, stamped) = match (action, status.as_str()) {
        ("stop", "TERMINATED") => return Ok(()),
        // It never leaves its state, but it boots anew.
        ("reset", "RUNNING") => {
            let until = mutation::end(world);
            read::pass_through(&mut one.vm, "RUNNING", until);
            return Ok(());
        }
        ("stop", _) => ("TERMINATED", "STOPPING", "lastStopTimestamp"),
        ("suspend", "RUNNING") => ("SUSPENDED", "SUSPENDING", "lastSuspendedTimestamp"),
        _ => return Err(wrong_state(one, action, &status)),
    };
    set(&mut one.vm, "status", final_status);
    let until = mutation::end(world);
    read::pass_through(&mut one.vm, passing, until);
    set(&mut one.vm, stamped, mutation::stamp(world.now));
    drop_addresses(world, one);
    Ok(())
}

fn wrong_state(one: &Subject, action: &str, status: &str) -> ApiError {
    ApiError::bad_request(format!("Instance '{}' is {status} and cannot take {action}.", one.path))
}

/// Gives every external connection without an address a fresh one.
pub(super) fn take_addresses(world: &mut World<'_>, vm: &mut Value) {
    for access in connections(vm) {
        if text(access, "natIP").is_empty() {
            set(access, "natIP", addresses::ephemeral(world));
        }
    }
}

/// Reserved addresses stay.
fn drop_addresses(world: &World<'_>, one: &mut Subject) {
    let region = one.place.regional();
    for access in connections(&mut one.vm) {
        if !addresses::is_reserved(world.state, &region, text(access, "natIP")) {
            unset(access, "natIP");
        }
    }
}

fn connections(vm: &mut Value) -> impl Iterator<Item = &mut Value> {
    let cards = list_mut(vm, "networkInterfaces").into_iter().flatten();
    cards.flat_map(|card| list_mut(card, "accessConfigs").into_iter().flatten())
}
