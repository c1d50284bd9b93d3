//! An instance as it is at the moment of reading.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::fingerprint;
use super::super::rules::invalid;
use super::super::value::{flag, list, list_mut, set, text, unset};
use crate::sandbox::call::{Call, World};
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

/// What the instance has written to a serial port: a boot, and the scripts that it was given.
pub(super) fn serial_port(call: &Call<'_>, vm: &Value) -> Result<Value, ApiError> {
    let port = call.query.get("port").unwrap_or("1");
    if !["1", "2", "3", "4"].contains(&port) {
        return Err(invalid("port", port, "Must be between 1 and 4."));
    }
    let start: usize = call.query.get("start").and_then(|text| text.parse().ok()).unwrap_or(0);
    let all = if port == "1" { boot(vm) } else { String::new() };
    let contents = all.get(start.min(all.len())..).unwrap_or_default();
    Ok(json!({
        "kind": "compute#serialPortOutput",
        "contents": contents,
        "start": start.min(all.len()).to_string(),
        "next": all.len().to_string(),
        "selfLink": format!("{}/serialPort", text(vm, "selfLink")),
    }))
}

fn boot(vm: &Value) -> String {
    let name = text(vm, "name");
    let mut lines = vec![
        "SeaBIOS (version 1.8.2-google)".to_owned(),
        format!("{name} systemd[1]: Started Google Compute Engine Guest Agent."),
    ];
    let metadata = vm.get("metadata").unwrap_or(&Value::Null);
    let keys: Vec<&str> = list(metadata, "items").iter().map(|item| text(item, "key")).collect();
    if keys.contains(&"startup-script") {
        lines.push(format!("{name} google_metadata_script_runner[812]: Found startup-script in metadata."));
        lines.push(format!("{name} google_metadata_script_runner[812]: startup-script exit status 0"));
        lines.push(format!("{name} google_metadata_script_runner[812]: Finished running startup scripts."));
    }
    if keys.contains(&"user-data") {
        lines.push(format!("{name} cloud-init[640]: Cloud-init v. 24.2 finished. Datasource DataSourceGCE."));
    }
    lines.push(format!("{name} login:"));
    lines.join("\r\n") + "\r\n"
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
