//! Versions of secrets: numbered from 1, never changed, enabled until they are disabled or destroyed.
//! The payload is stored with the version and answered by access alone.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};

use super::{counted, etag, found, name, project, stamp};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

/// A payload has at most 64 KiB (<https://cloud.google.com/secret-manager/quotas>).
const LARGEST: usize = 65_536;
/// The member of a stored version that no answer has but that of access.
const PAYLOAD: &str = "payload";

/// Serves one call; `method` is the part of the id after `versions.`.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, method: &str) -> Result<Value, ApiError> {
    match method {
        "list" => list(world.state, call),
        "get" => one(world.state, call).map(|(_, version)| shown(&version)),
        "access" => access(world.state, call),
        "enable" => turn(world, call, "ENABLED"),
        "disable" => turn(world, call, "DISABLED"),
        "destroy" => turn(world, call, "DESTROYED"),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// A new version, which is the latest from there on.
pub(super) fn add(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (key, secret) = found(world.state, call)?;
    let data = call.body.pointer("/payload/data").and_then(Value::as_str).unwrap_or_default();
    let bytes = STANDARD.decode(data).or_else(|_| URL_SAFE.decode(data));
    let bytes = bytes.map_err(|_| ApiError::invalid("Base64 decoding failed for \"payload.data\"."))?;
    if bytes.is_empty() || bytes.len() > LARGEST {
        let message = format!("Secret Payload must have between 1 and {LARGEST} bytes.");
        return Err(ApiError::invalid(message));
    }
    let number = all(world.state, &key).len() + 1;
    let parent = secret.get("name").and_then(Value::as_str).unwrap_or_default();
    let version = json!({
        "name": format!("{parent}/versions/{number}"),
        "createTime": stamp(world),
        "state": "ENABLED",
        "replicationStatus": { "automatic": {} },
        "etag": etag(world),
        PAYLOAD: { "data": STANDARD.encode(bytes) },
    });
    world.state.resources.insert(format!("{key}/versions/{number:06}"), version.clone());
    Ok(shown(&version))
}

/// The versions of a secret with their keys, the oldest first.
fn all(state: &State, key: &str) -> Vec<(String, Value)> {
    let below = state.below(&format!("{key}/versions/"));
    below.map(|(path, version)| (path.to_owned(), version.clone())).collect()
}

/// A version as every call but access answers it.
fn shown(version: &Value) -> Value {
    let mut shown = version.clone();
    if let Some(fields) = shown.as_object_mut() {
        fields.remove(PAYLOAD);
    }
    shown
}

/// The version of the call, with its key: by number, by an alias, or the latest.
fn one(state: &State, call: &Call<'_>) -> Result<(String, Value), ApiError> {
    let (id, wanted) = (call.param("secretsId")?, call.param("versionsId")?);
    let name = name(state, &project(state, call)?, id);
    let nowhere = || ApiError::not_found(format!("Secret [{name}] not found or has no versions."));
    let (key, secret) = found(state, call).map_err(|_| nowhere())?;
    let all = all(state, &key);
    let alias = secret.pointer(&format!("/versionAliases/{wanted}")).and_then(Value::as_str);
    let found = match alias.unwrap_or(wanted) {
        "latest" => return all.into_iter().next_back().ok_or_else(nowhere),
        number => all.into_iter().find(|(_, version)| is_number(version, number)),
    };
    found.ok_or_else(|| ApiError::not_found(format!("Secret Version [{name}/versions/{wanted}] not found.")))
}

fn is_number(version: &Value, number: &str) -> bool {
    let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
    name.rsplit('/').next() == Some(number)
}

fn list(state: &State, call: &Call<'_>) -> Result<Value, ApiError> {
    let (key, _) = found(state, call)?;
    let newest_first = all(state, &key).into_iter().rev().map(|(_, version)| shown(&version)).collect();
    counted(newest_first, call, "versions")
}

fn access(state: &State, call: &Call<'_>) -> Result<Value, ApiError> {
    let (_, version) = one(state, call)?;
    let is = version.get("state").and_then(Value::as_str).unwrap_or_default();
    let name = version.get("name").cloned().unwrap_or_default();
    if is != "ENABLED" {
        let name = name.as_str().unwrap_or_default();
        return Err(ApiError::failed_precondition(format!("Secret Version [{name}] is in {is} state.")));
    }
    Ok(json!({ "name": name, PAYLOAD: version.get(PAYLOAD).cloned().unwrap_or_default() }))
}

/// Gives a version another state. What is destroyed is gone, and comes back in no way.
fn turn(world: &mut World<'_>, call: &Call<'_>, to: &str) -> Result<Value, ApiError> {
    let (key, mut version) = one(world.state, call)?;
    if version.get("state").and_then(Value::as_str) == Some("DESTROYED") && to != "DESTROYED" {
        return Err(ApiError::failed_precondition("The secret version is in DESTROYED state."));
    }
    let (now, etag) = (stamp(world), etag(world));
    if let Some(fields) = version.as_object_mut() {
        fields.insert("state".to_owned(), json!(to));
        fields.insert("etag".to_owned(), json!(etag));
        if to == "DESTROYED" {
            fields.remove(PAYLOAD);
            fields.insert("destroyTime".to_owned(), json!(now));
        }
    }
    world.state.resources.insert(key, version.clone());
    Ok(shown(&version))
}
