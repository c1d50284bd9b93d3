//! An instance as it is at the moment of reading.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::fingerprint;
use super::super::value::{flag, list, list_mut, set, text, unset};
use crate::sandbox::call::World;
use crate::sandbox::error::ApiError;

/// Where the state keeps what an instance passes through: `{until, status}`. Never answered.
const PASSING: &str = "#passing";

/// Notes that until its operation is done the instance shows another status than the one it ends in.
pub(super) fn pass_through(vm: &mut Value, status: &str, until: Timestamp) {
    set(vm, PASSING, json!({ "status": status, "until": until.to_string() }));
}

/// The status at that time.
pub(super) fn status(vm: &Value, now: Timestamp) -> &str {
    let passing = vm.get(PASSING).unwrap_or(&Value::Null);
    match text(passing, "until").parse::<Timestamp>() {
        Ok(until) if now < until => text(passing, "status"),
        _ => text(vm, "status"),
    }
}

/// When the instance began to run, as far as its last change of power says.
pub(super) fn runs_since(vm: &Value) -> Option<Timestamp> {
    let passed = vm.get(PASSING).map(|passing| text(passing, "until"));
    passed.unwrap_or_else(|| text(vm, "lastStartTimestamp")).parse().ok()
}

/// The instance as it is answered. One that has no host has no processor yet.
pub(super) fn shown(world: &World<'_>, mut vm: Value) -> Value {
    let status = status(&vm, world.now).to_owned();
    if ["PROVISIONING", "TERMINATED", "SUSPENDED"].contains(&status.as_str()) {
        set(&mut vm, "cpuPlatform", "Unknown CPU Platform");
    }
    set(&mut vm, "status", status);
    unset(&mut vm, PASSING);
    vm
}

/// Fingerprints follow the content of what they guard.
pub(super) fn refresh_fingerprints(vm: &mut Value) {
    let labels = fingerprint::of(vm.get("labels").unwrap_or(&Value::Null));
    set(vm, "labelFingerprint", labels);
    for guarded in ["tags", "metadata"] {
        if let Some(part) = vm.get_mut(guarded) {
            let print = fingerprint::of(part.get("items").unwrap_or(&Value::Null));
            set(part, "fingerprint", print);
        }
    }
    for card in list_mut(vm, "networkInterfaces").into_iter().flatten() {
        unset(card, "fingerprint");
        let print = fingerprint::of(card);
        set(card, "fingerprint", print);
    }
    unset(vm, "fingerprint");
    let print = fingerprint::of(vm);
    set(vm, "fingerprint", print);
}

/// Refuses a change that a running instance does not take.
pub(super) fn check_stopped(world: &World<'_>, vm: &Value, what: &str) -> Result<(), ApiError> {
    if status(vm, world.now) == "TERMINATED" {
        return Ok(());
    }
    Err(ApiError::bad_request(format!("The instance must be stopped before the {what} can be changed.")))
}

/// Whether the instance has GPUs, which cannot be moved while it runs.
pub(super) fn has_gpus(vm: &Value) -> bool {
    !list(vm, "guestAccelerators").is_empty()
}

/// Whether the instance may be taken away at any time.
pub(super) fn is_spot(scheduling: &Value) -> bool {
    flag(scheduling, "preemptible") || text(scheduling, "provisioningModel") == "SPOT"
}
