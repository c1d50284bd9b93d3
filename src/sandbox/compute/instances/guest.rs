//! What an instance says of itself: its serial ports, and the attributes that its guest agent writes.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::rules::invalid;
use super::super::value::{list, text};
use super::read;
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// What the instance has written to a serial port: a boot, and the scripts that it was given.
pub(super) fn serial_port(world: &World<'_>, call: &Call<'_>, vm: &Value) -> Result<Value, ApiError> {
    let port = call.query.get("port").unwrap_or("1");
    if !["1", "2", "3", "4"].contains(&port) {
        return Err(invalid("port", port, "Must be between 1 and 4."));
    }
    let start: usize = call.query.get("start").and_then(|text| text.parse().ok()).unwrap_or(0);
    let all = if port == "1" { console(world, vm) } else { String::new() };
    let contents = all.get(start.min(all.len())..).unwrap_or_default();
    Ok(json!({
        "kind": "compute#serialPortOutput",
        "contents": contents,
        "start": start.min(all.len()).to_string(),
        "next": all.len().to_string(),
        "selfLink": format!("{}/serialPort", text(vm, "selfLink")),
    }))
}

/// The beginning of a boot, and the rest of it once that is over.
fn console(world: &World<'_>, vm: &Value) -> String {
    let mut lines = vec!["SeaBIOS (version 1.8.2-google)".to_owned()];
    let name = text(vm, "name");
    let runner = format!("{name} google_metadata_script_runner[812]:");
    let script = metadata(vm, "startup-script").is_some();
    if super::is_up(vm, world.now) {
        lines.push(format!("{name} systemd[1]: Started Google Compute Engine Guest Agent."));
        lines.extend(script.then(|| format!("{runner} Found startup-script in metadata.")));
    }
    if super::has_booted(vm, world.now, world.boot_time) {
        if script {
            lines.push(format!("{runner} startup-script exit status 0"));
            lines.push(format!("{runner} Finished running startup scripts."));
        }
        if metadata(vm, "user-data").is_some() {
            lines.push(format!(
                "{name} cloud-init[640]: Cloud-init v. 24.2 finished. Datasource DataSourceGCE."
            ));
        }
        lines.push(format!("{name} login:"));
    }
    lines.join("\r\n") + "\r\n"
}

fn metadata<'a>(vm: &'a Value, key: &str) -> Option<&'a str> {
    let items = list(vm.get("metadata").unwrap_or(&Value::Null), "items");
    items.iter().find(|item| text(item, "key") == key).map(|item| text(item, "value"))
}

/// The attributes below a path such as `hostkeys/`. Without `enable-guest-attributes` the agent writes none.
pub(super) fn attributes(world: &World<'_>, call: &Call<'_>, vm: &Value) -> Result<Value, ApiError> {
    let asked = call.query.get("queryPath").or(call.query.get("variableKey")).unwrap_or_default();
    let enabled = metadata(vm, "enable-guest-attributes").is_some_and(|on| on.eq_ignore_ascii_case("true"));
    let up = enabled && read::status(vm, world.now) == "RUNNING";
    let (namespace, key) = asked.split_once('/').unwrap_or((asked, ""));
    let items: Vec<Value> = host_keys(vm)
        .into_iter()
        .filter(|item| up && ["", "hostkeys"].contains(&namespace) && ["", text(item, "key")].contains(&key))
        .collect();
    if items.is_empty() {
        return Err(ApiError::not_found(format!(
            "The resource '{asked}' of type 'Guest Attribute' was not found."
        )));
    }
    Ok(json!({
        "kind": "compute#guestAttributes",
        "queryPath": asked,
        "queryValue": { "items": items },
        "selfLink": format!("{}/getGuestAttributes/{asked}", text(vm, "selfLink")),
    }))
}

/// Keys of the right form that follow from the instance's id.
fn host_keys(vm: &Value) -> Vec<Value> {
    use base64::Engine as _;
    let key = |kind: &str| {
        let mut bytes = vec![0, 0, 0, 11];
        bytes.extend(b"ssh-ed25519\0\0\0 ");
        bytes.extend(Sha256::digest(format!("{kind}{}", text(vm, "id")).as_bytes()));
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let kind = "ssh-ed25519";
    vec![json!({ "namespace": "hostkeys", "key": kind, "value": key(kind) })]
}
