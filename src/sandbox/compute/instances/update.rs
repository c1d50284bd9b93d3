//! The PUT of a whole instance, as it was read and edited. Takes over what differs, as far as the caller allows
//! a restart.

use serde_json::Value;

use super::super::fingerprint;
use super::super::place;
use super::super::rules::invalid;
use super::super::value::{set, text, unset};
use super::{Subject, change, read, scheduling, stopped};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// Taken without touching the running machine.
const LIVE: [&str; 4] = ["description", "canIpForward", "deletionProtection", "keyRevocationActionType"];
/// Taken when the machine is stopped, or restarted by this call.
const RESTART: [&str; 3] = ["advancedMachineFeatures", "shieldedInstanceConfig", "displayDevice"];
/// From harmless to disruptive.
const ACTIONS: [&str; 3] = ["NO_EFFECT", "REFRESH", "RESTART"];

/// What the edited instance asks for.
pub(super) fn update(world: &World<'_>, call: &Call<'_>, one: &mut Subject) -> Result<(), ApiError> {
    let body = &call.body;
    fingerprint::check(text(body, "fingerprint"), text(&one.vm, "fingerprint"), "fingerprint")?;
    if text(body, "name") != text(&one.vm, "name") {
        return Err(invalid(
            "resource.name",
            text(body, "name"),
            "The name of an instance cannot be changed.",
        ));
    }
    let restarts = restarting(world, call, one)?;
    check_allowed(world, call, &one.vm, restarts)?;
    for field in LIVE.into_iter().chain(RESTART) {
        match body.get(field).filter(|value| !value.is_null() && value.as_str() != Some("")) {
            Some(value) => set(&mut one.vm, field, value.clone()),
            None if field == "description" => unset(&mut one.vm, field),
            None => (),
        }
    }
    parts(world, body, one)
}

/// The parts that have calls of their own.
fn parts(world: &World<'_>, body: &Value, one: &mut Subject) -> Result<(), ApiError> {
    let none = Value::Null;
    change::put_labels(&mut one.vm, body.get("labels").unwrap_or(&none))?;
    change::put_tags(&mut one.vm, body.get("tags").unwrap_or(&none))?;
    change::put_metadata(&mut one.vm, body.get("metadata").unwrap_or(&none))?;
    if let Some(given) = body.get("scheduling") {
        let after = scheduling::completed(given, &one.vm)?;
        set(&mut one.vm, "scheduling", after);
    }
    let machine = stopped::machine_type(world.state, &one.place, text(body, "machineType"))?;
    set(&mut one.vm, "machineType", place::link(&machine));
    Ok(())
}

/// Whether anything differs that a running machine does not take.
fn restarting(world: &World<'_>, call: &Call<'_>, one: &Subject) -> Result<bool, ApiError> {
    let machine = stopped::machine_type(world.state, &one.place, text(&call.body, "machineType"))?;
    let differs = |field: &str| call.body.get(field).is_some_and(|value| one.vm.get(field) != Some(value));
    Ok(place::link(&machine) != text(&one.vm, "machineType") || RESTART.iter().any(|field| differs(field)))
}

fn check_allowed(world: &World<'_>, call: &Call<'_>, vm: &Value, restarts: bool) -> Result<(), ApiError> {
    let allowed = call.query.get("mostDisruptiveAllowedAction").unwrap_or("RESTART");
    let minimal = call.query.get("minimalAction").unwrap_or("NO_EFFECT");
    let rank = |action: &str| ACTIONS.iter().position(|known| *known == action);
    if rank(minimal) > rank(allowed) {
        let why = "The minimal action must not be more disruptive than the most disruptive allowed action.";
        return Err(invalid("minimalAction", minimal, why));
    }
    let needs_restart = restarts && read::status(vm, world.now) != "TERMINATED";
    if needs_restart && rank(allowed) < rank("RESTART") {
        return Err(ApiError::bad_request(format!(
            "The update requires RESTART, which is more disruptive than the allowed {allowed}."
        )));
    }
    Ok(())
}
