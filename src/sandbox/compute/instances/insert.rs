//! Making an instance: the server's defaults filled in, its disks made or attached, its addresses given.

use serde_json::{Value, json};

use super::super::mutation::{self, Failure};
use super::super::place::{self, Place};
use super::super::rules::{self, invalid};
use super::super::value::{copy, default, flag, list, number, set, text};
use super::super::{capacity, machines, offers, quota};
use super::{INSTANCES, Subject, attach, change, doomed, ends, nics, power, read, scheduling, stopped};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// What is taken over as given.
const AS_GIVEN: [&str; 11] = [
    "hostname",
    "resourcePolicies",
    "displayDevice",
    "advancedMachineFeatures",
    "confidentialInstanceConfig",
    "reservationAffinity",
    "keyRevocationActionType",
    "networkPerformanceConfig",
    "privateIpv6GoogleAccess",
    "workloadIdentityConfig",
    "instanceEncryptionKey",
];

/// Makes the instance. Without quota the operation fails and nothing is made.
pub(super) fn insert(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let body = &call.body;
    let name = rules::name(body)?;
    let path = place.of_resource(INSTANCES.name, name);
    place::check_free(world.state, &path)?;
    doomed::check_free(world, &path)?;
    if call.query.get("sourceInstanceTemplate").or(call.query.get("sourceMachineImage")).is_some() {
        return Err(ApiError::not_served("compute.instances.insert from a template"));
    }
    let mut vm = head(world, place, body, &path)?;
    settings(world, place, body, &mut vm)?;
    let cards = nics::new(world, place, body)?;
    set(&mut vm, "networkInterfaces", cards);
    let mut one = Subject { place: place.clone(), path, vm };
    let before = attach::new_disks(world, &mut one, list(body, "disks"))?;
    if let Some(failure) = no_room(world, &one, &before) {
        attach::undo(world, before);
        return Ok(mutation::fail(world, call, place, &one.vm, &failure));
    }
    let until = mutation::end(world);
    read::pass_through(&mut one.vm, "PROVISIONING", until);
    power::take_addresses(world, &mut one.vm);
    Ok(one.keep_and_begin(world, call))
}

/// Why the instance cannot be, now that its disks are there: too little quota, or no room in the zone. In a full zone
/// it is shown nevertheless, as live does, until the operation ends.
fn no_room(world: &mut World<'_>, one: &Subject, before: &attach::Before) -> Option<Failure> {
    let made = attach::made(world, before);
    if let Some(failure) = quota::exceeded_with(world, &one.place.project, Some(&one.vm), &made) {
        return Some(failure);
    }
    let failure = capacity::exhausted(world, &one.place, &one.vm)?;
    doomed::show(world, one);
    Some(failure)
}

/// Who the instance is.
fn head(world: &mut World<'_>, place: &Place, body: &Value, path: &str) -> Result<Value, ApiError> {
    let machine = stopped::machine_type(world.state, place, text(body, "machineType"))?;
    let now = mutation::stamp(world.now);
    let mut vm = json!({
        "kind": "compute#instance",
        "id": world.next_id().to_string(),
        "creationTimestamp": now,
        "name": text(body, "name"),
        "description": text(body, "description"),
        "tags": {},
        "machineType": place::link(&machine),
        "status": "RUNNING",
        "zone": place::link(&place.path()),
        "canIpForward": flag(body, "canIpForward"),
        "networkInterfaces": [],
        "disks": [],
        "metadata": {},
        "serviceAccounts": [],
        "selfLink": place::link(path),
        "scheduling": {},
        "cpuPlatform": machines::platform(place::name_of(&machine)),
        "startRestricted": false,
        "deletionProtection": flag(body, "deletionProtection"),
        "lastStartTimestamp": now,
        "satisfiesPzi": true,
        "shieldedInstanceIntegrityPolicy": { "updateAutoLearnPolicy": true },
        "resourceStatus": { "effectiveInstanceMetadata": {
            "vmDnsSettingMetadataValue": "ZonalOnly", "enableOsloginMetadataValue": false,
        } },
    });
    // An empty text that was given stays, one that was not does not appear.
    if body.get("description").is_none_or(Value::is_null) {
        super::super::value::unset(&mut vm, "description");
    }
    Ok(vm)
}

/// What the instance is like.
fn settings(world: &World<'_>, place: &Place, body: &Value, vm: &mut Value) -> Result<(), ApiError> {
    let none = Value::Null;
    let part = |field: &str| body.get(field).unwrap_or(&none);
    change::put_tags(vm, part("tags"))?;
    change::put_metadata(vm, part("metadata"))?;
    change::put_labels(vm, part("labels"))?;
    accelerators(world, place, body, vm)?;
    let given = if part("scheduling").is_null() { json!({}) } else { part("scheduling").clone() };
    let scheduling = scheduling::completed(&given, vm)?;
    ends::check(&scheduling, &none, world.now)?;
    set(vm, "scheduling", scheduling);
    let accounts = stopped::service_accounts(world.state, &place.project, list(body, "serviceAccounts"))?;
    if accounts.is_empty() {
        super::super::value::unset(vm, "serviceAccounts");
    } else {
        set(vm, "serviceAccounts", accounts);
    }
    let mut shielded = json!({});
    copy(
        &mut shielded,
        part("shieldedInstanceConfig"),
        &["enableSecureBoot", "enableVtpm", "enableIntegrityMonitoring"],
    );
    default(&mut shielded, "enableSecureBoot", false);
    default(&mut shielded, "enableVtpm", true);
    default(&mut shielded, "enableIntegrityMonitoring", true);
    set(vm, "shieldedInstanceConfig", shielded);
    let platform = text(body, "minCpuPlatform");
    if !platform.is_empty() && !platform.eq_ignore_ascii_case("automatic") {
        set(vm, "minCpuPlatform", platform);
    }
    copy(vm, body, &AS_GIVEN);
    Ok(())
}

/// The accelerators that are asked for, or come with the machine type.
fn accelerators(world: &World<'_>, place: &Place, body: &Value, vm: &mut Value) -> Result<(), ApiError> {
    let machine = place::name_of(text(vm, "machineType")).to_owned();
    let mut cards = Vec::new();
    for (at, card) in list(body, "guestAccelerators").iter().enumerate() {
        let kind = text(card, "acceleratorType");
        let field = format!("resource.guestAccelerators[{at}].acceleratorType");
        let path = place.resolve(world.state, kind, "acceleratorTypes");
        let name = place::name_of(&path);
        let here = offers::accelerators(place.zone()).find(|one| one.name == name);
        let Some(one) = here.filter(|_| path == place.of_resource("acceleratorTypes", name)) else {
            return Err(invalid(&field, kind, "The referenced accelerator type cannot be found."));
        };
        let count = number(card, "acceleratorCount").unwrap_or(1);
        if !one.fits(machines::family(&machine)) || count < 1 || count > i64::from(one.most) {
            let text = format!("[{machine}, {name}] features are not compatible for creating instance.");
            return Err(ApiError::bad_request(text));
        }
        cards.push(json!({ "acceleratorType": place::link(&path), "acceleratorCount": count }));
    }
    if let (true, Some((kind, count))) = (cards.is_empty(), machines::bundled(&machine)) {
        let path = place.of_resource("acceleratorTypes", kind);
        cards.push(json!({ "acceleratorType": place::link(&path), "acceleratorCount": count }));
    }
    if !cards.is_empty() {
        set(vm, "guestAccelerators", cards);
    }
    Ok(())
}
