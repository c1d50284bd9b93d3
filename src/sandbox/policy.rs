//! IAM policies: how every service of the sandbox reads and replaces one.
//!
//! A policy is stored beside its resource under `policies/<path>`, with its bindings merged and sorted. There
//! is no endpoint for one binding: a write replaces the whole policy, and the etag is all that protects it.
//! What makes a binding is in `bindings`, who may be a member where in
//! `members`; nothing here knows the shape of a resource.

mod bindings;
mod members;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::call::World;
use super::error::ApiError;
use super::limits::Limits;
use super::store::State;

use bindings::{bindings_of, condition_of, members_of, merged, without_condition};
pub(super) use members::{restored, tombstoned};

/// The etag of a policy nobody has written, as Artifact Registry, IAM and Compute answer it.
const NEVER_WRITTEN: &str = "ACAB";

/// What kind of resource a policy hangs on: it decides which members Google accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HolderKind {
    /// A project: no public members, no owners by API.
    Project,
    /// A bucket: the only place for `projectOwner:` and its like.
    Bucket,
    /// Everything else that has a policy: repositories, service accounts, instances.
    Other,
}

/// The resource a policy belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder<'a> {
    /// Which rules apply.
    pub kind: HolderKind,
    /// The key of the resource in the state, such as `projects/P` or `storage/b/B`.
    pub path: &'a str,
}

impl Holder<'_> {
    fn key(self) -> String {
        format!("policies/{}", self.path)
    }
}

/// The policy as a reader sees it. `requested` is the version the caller asked for; 0 when it asked for none.
pub(super) fn get(world: &World<'_>, holder: Holder<'_>, requested: i64) -> Result<Value, ApiError> {
    if ![0, 1, 3].contains(&requested) {
        return Err(ApiError::invalid(format!("Invalid requested policy version: {requested}.")));
    }
    let policy = stored(world.state, holder);
    Ok(rendered(&policy, requested))
}

/// Replaces the policy after the etag check. `mask` names the parts to replace; empty means bindings and etag.
pub(super) fn set(
    world: &mut World<'_>,
    holder: Holder<'_>,
    submitted: &Value,
    mask: &str,
) -> Result<Value, ApiError> {
    let current = stored(world.state, holder);
    check_etag(&current, submitted)?;
    check_version(&current, submitted)?;
    let mut policy = replaced(world.state, holder, submitted, mask)?;
    if let Some(fields) = policy.as_object_mut() {
        fields.insert("etag".to_owned(), json!(next_etag(&current, world.now.as_microsecond())));
    }
    world.state.resources.insert(holder.key(), policy.clone());
    Ok(rendered(&policy, 3))
}

/// Replaces the policy of a resource whose own version counts its policy too (a bucket): no etag is kept here.
pub(super) fn set_unversioned(
    world: &mut World<'_>,
    holder: Holder<'_>,
    submitted: &Value,
) -> Result<(), ApiError> {
    check_version(&stored(world.state, holder), submitted)?;
    let policy = replaced(world.state, holder, submitted, "")?;
    world.state.resources.insert(holder.key(), policy);
    Ok(())
}

/// Puts the bindings a resource is born with. They are Google's own and are not checked.
pub(super) fn seed(state: &mut State, holder: Holder<'_>, bindings: &Value) {
    let etag = next_etag(&Value::Null, 0);
    state.resources.insert(holder.key(), json!({ "etag": etag, "bindings": bindings }));
}

/// Forgets the policy of a resource that is gone.
pub(super) fn forget(state: &mut State, holder: Holder<'_>) {
    state.resources.remove(&holder.key());
}

/// Whether any binding of the submitted policy carries a condition.
pub(super) fn has_conditions(policy: &Value) -> bool {
    bindings_of(policy).iter().any(|binding| condition_of(binding).is_some())
}

/// Whether the submitted policy grants something to everybody.
pub(super) fn is_public(policy: &Value) -> bool {
    bindings_of(policy).iter().flat_map(members_of).any(members::is_public)
}

/// The permissions asked about. The sandbox has no callers: whoever asks holds every one that the limits do not take.
pub(super) fn test_permissions(limits: &Limits, body: &Value) -> Result<Value, ApiError> {
    let mut asked = body.get("permissions").and_then(Value::as_array).cloned().unwrap_or_default();
    let wild = asked.iter().filter_map(Value::as_str).find(|permission| permission.contains('*'));
    if let Some(wild) = wild {
        return Err(ApiError::invalid(format!("Permission {wild} is not valid.")));
    }
    asked.retain(|one| one.as_str().is_none_or(|name| !limits.missing_permissions.contains(name)));
    Ok(if asked.is_empty() { json!({}) } else { json!({ "permissions": asked }) })
}

/// The version a reader asks for in the query; 0 when it asks for none.
pub(super) fn requested_version(given: Option<&str>) -> Result<i64, ApiError> {
    let given = given.unwrap_or("0");
    given.parse().map_err(|_| ApiError::invalid(format!("Invalid requested policy version: {given}.")))
}

fn stored(state: &State, holder: Holder<'_>) -> Value {
    state.resources.get(&holder.key()).cloned().unwrap_or_else(|| json!({}))
}

/// A policy of version 1 cannot show a condition: the role is answered under a mangled name instead.
fn rendered(policy: &Value, requested: i64) -> Value {
    let mut answer = Map::new();
    let conditional = has_conditions(policy);
    let bindings: Vec<Value> = bindings_of(policy)
        .iter()
        .map(|binding| if requested < 3 { without_condition(binding) } else { binding.clone() })
        .collect();
    if policy.get("etag").is_some() || !bindings.is_empty() {
        let version = if conditional && requested == 3 { 3 } else { 1 };
        answer.insert("version".to_owned(), json!(version));
    }
    answer.insert("etag".to_owned(), policy.get("etag").cloned().unwrap_or_else(|| json!(NEVER_WRITTEN)));
    if !bindings.is_empty() {
        answer.insert("bindings".to_owned(), Value::Array(bindings));
    }
    if let Some(audit) = policy.get("auditConfigs") {
        answer.insert("auditConfigs".to_owned(), audit.clone());
    }
    Value::Object(answer)
}

/// SHA-256 in hexadecimal: names that follow from a text.
pub(super) fn hex_digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn check_etag(current: &Value, submitted: &Value) -> Result<(), ApiError> {
    let given = submitted.get("etag").and_then(Value::as_str).unwrap_or_default();
    let held = current.get("etag").and_then(Value::as_str).unwrap_or(NEVER_WRITTEN);
    if given.is_empty() || same_bytes(given, held) {
        return Ok(());
    }
    Err(ApiError::aborted(format!(
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential \
         backoff. The request's ETag '{given}' did not match the current policy's ETag '{held}'."
    )))
}

/// Etags are bytes: clients send them back in either base64 alphabet.
pub(super) fn same_bytes(left: &str, right: &str) -> bool {
    let standard = |text: &str| text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    standard(left) == standard(right)
}

/// A policy with conditions may only be written by somebody who knows about conditions.
fn check_version(current: &Value, submitted: &Value) -> Result<(), ApiError> {
    let version = submitted.get("version").and_then(Value::as_i64).unwrap_or(0);
    if ![0, 1, 3].contains(&version) {
        return Err(ApiError::invalid(format!("Invalid policy version: {version}.")));
    }
    let given = submitted.get("etag").and_then(Value::as_str).unwrap_or_default();
    if version < 3 && !given.is_empty() && has_conditions(current) {
        return Err(ApiError::invalid(format!(
            "Specified policy version ({version}) cannot be less than the existing policy version (3)."
        )));
    }
    if version < 3 && has_conditions(submitted) {
        return Err(ApiError::invalid("Policies with conditional role bindings must specify version 3."));
    }
    Ok(())
}

fn replaced(state: &State, holder: Holder<'_>, submitted: &Value, mask: &str) -> Result<Value, ApiError> {
    let mut policy = stored(state, holder);
    let parts: Vec<&str> =
        if mask.is_empty() { vec!["bindings"] } else { mask.split(',').map(str::trim).collect() };
    if let Some(part) =
        parts.iter().find(|part| !["bindings", "etag", "auditConfigs", "version"].contains(*part))
    {
        return Err(ApiError::invalid(format!("Invalid update mask path: {part}.")));
    }
    let bindings = merged(state, holder, bindings_of(&policy), bindings_of(submitted));
    let Some(fields) = policy.as_object_mut() else {
        return Ok(policy);
    };
    if parts.contains(&"bindings") {
        fields.insert("bindings".to_owned(), Value::Array(bindings?));
    }
    if parts.contains(&"auditConfigs") {
        match submitted
            .get("auditConfigs")
            .filter(|audit| audit.as_array().is_some_and(|list| !list.is_empty()))
        {
            Some(audit) => fields.insert("auditConfigs".to_owned(), audit.clone()),
            None => fields.remove("auditConfigs"),
        };
    }
    Ok(policy)
}

/// Google's policy etags are a version byte and the microseconds of the write; they must differ at every write.
fn next_etag(current: &Value, now: i64) -> String {
    let held = current.get("etag").and_then(Value::as_str).and_then(|etag| BASE64.decode(etag).ok());
    let last =
        held.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map_or(0, i64::from_be_bytes) & MICROSECONDS;
    let stamp = now.max(last + 1) & MICROSECONDS;
    BASE64.encode((stamp | ETAG_VERSION).to_be_bytes())
}

const MICROSECONDS: i64 = 0x00ff_ffff_ffff_ffff;
const ETAG_VERSION: i64 = 0x07 << 56;

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::sandbox::limits::FRESH;

    const HOLDER: Holder<'_> = Holder { kind: HolderKind::Other, path: "thing" };

    fn world(state: &mut State) -> World<'_> {
        World {
            state,
            now: Timestamp::UNIX_EPOCH,
            operation_time: SignedDuration::ZERO,
            limits: &FRESH,
            boot_time: SignedDuration::ZERO,
        }
    }

    fn granting(members: &[String]) -> Value {
        json!({ "bindings": [{ "role": "roles/viewer", "members": members }] })
    }

    #[test]
    fn every_write_has_its_own_etag_even_when_the_clock_stands_still() {
        let mut state = State::default();
        let mut world = world(&mut state);
        let etags: Vec<Value> =
            (0..3).map(|_| set(&mut world, HOLDER, &granting(&[]), "").unwrap()["etag"].clone()).collect();
        assert!(etags[0] != etags[1] && etags[1] != etags[2] && etags[0] != etags[2]);
    }

    #[test]
    fn etags_are_the_same_in_both_alphabets() {
        assert!(same_bytes("Bw+/8A==", "Bw-_8A"));
        assert!(!same_bytes("CAE=", "CAI="));
    }

    #[test]
    fn more_than_1500_principals_are_refused() {
        let mut state = State::default();
        let members: Vec<String> = (0..1_501).map(|n| format!("user:u{n}@example.edu")).collect();
        let mut world = world(&mut state);
        assert!(set(&mut world, HOLDER, &granting(&members[1..]), "").is_ok());
        assert_eq!(set(&mut world, HOLDER, &granting(&members), "").unwrap_err().code, 400);
    }

    #[test]
    fn a_write_without_etag_is_blind() {
        let mut state = State::default();
        let mut world = world(&mut state);
        set(&mut world, HOLDER, &granting(&["user:a@example.edu".to_owned()]), "").unwrap();
        let after = set(&mut world, HOLDER, &granting(&["user:b@example.edu".to_owned()]), "").unwrap();
        assert_eq!(after["bindings"][0]["members"], json!(["user:b@example.edu"]));
    }

    #[test]
    fn a_reader_may_ask_for_versions_that_exist() {
        let mut state = State::default();
        let world = world(&mut state);
        for (version, good) in [(0, true), (1, true), (2, false), (3, true), (4, false)] {
            assert_eq!(get(&world, HOLDER, version).is_ok(), good, "{version}");
        }
        assert!(requested_version(Some("three")).is_err());
    }
}
