//! Virtual machines. `insert` makes one, `read` shows it as it is at the moment, `change` holds what may change
//! while it runs, `stopped` what may not, `attach` its disks, `nics` its network, `power` its state, `ends` when it
//! goes by itself, `update` the PUT of the whole.

mod attach;
mod change;
mod doomed;
mod ends;
mod guest;
mod insert;
mod nics;
mod power;
mod read;
mod scheduling;
mod stopped;
mod update;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::listing::{self, Collection, Scopes};
use super::place::{self, Place};
use super::value::{list_mut, set, text};
use super::{disks, mutation, quota};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::policy::{self, Holder, HolderKind};
use crate::sandbox::store::State;

const INSTANCES: Collection = Collection { name: "instances", singular: "instance" };

/// Lets instances go whose end has come.
pub(super) fn settle(world: &mut World<'_>) {
    ends::enforce(world);
}

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "list" => listing::answer(call, &place, INSTANCES, all(world, &place)),
        "aggregatedList" => listing::aggregated(call, INSTANCES, Scopes::Zones, |place| all(world, place)),
        "insert" => insert::insert(world, call, &place),
        _ => on_one(world, call, place, action),
    }
}

fn all(world: &World<'_>, place: &Place) -> Vec<Value> {
    let stored = listing::stored(world, place, INSTANCES).into_iter().map(|vm| read::shown(world, vm));
    stored.chain(doomed::all(world, place)).collect()
}

/// Whether an instance runs.
pub(super) fn is_up(vm: &Value, now: Timestamp) -> bool {
    read::status(vm, now) == "RUNNING"
}

/// Whether it has run for long enough to have booted, its scripts included.
pub(super) fn has_booted(vm: &Value, now: Timestamp, boot: SignedDuration) -> bool {
    is_up(vm, now) && read::runs_since(vm).is_none_or(|since| now.duration_since(since) >= boot)
}

/// An instance under change, with where it is.
#[derive(Debug)]
struct Subject {
    place: Place,
    path: String,
    vm: Value,
}

impl Subject {
    fn of(world: &World<'_>, call: &Call<'_>, place: Place) -> Result<Self, ApiError> {
        let name = call.param("instance").or_else(|_| call.param("resource"))?;
        let path = place.of_resource(INSTANCES.name, name);
        let vm = place::find(world.state, &path)?;
        Ok(Self { place, path, vm })
    }

    /// Writes the instance back.
    fn keep(&mut self, world: &mut World<'_>) {
        read::refresh_fingerprints(&mut self.vm);
        ends::note(world.state, &self.path, &self.vm);
        world.state.resources.insert(place::key(&self.path), self.vm.clone());
    }

    /// Writes the instance back and begins the operation.
    fn keep_and_begin(mut self, world: &mut World<'_>, call: &Call<'_>) -> Value {
        self.keep(world);
        mutation::begin(world, call, &self.place, &self.vm)
    }

    /// As [`Self::keep_and_begin`], if what the instance takes more than before is within the quotas.
    fn save(self, world: &mut World<'_>, call: &Call<'_>) -> Value {
        let before = place::stored(world.state, &self.path);
        match quota::exceeded(world, &self.place.project, before, &self.vm) {
            Some(failure) => mutation::fail(world, call, &self.place, &self.vm, &failure),
            None => self.keep_and_begin(world, call),
        }
    }
}

fn on_one(world: &mut World<'_>, call: &Call<'_>, place: Place, action: &str) -> Result<Value, ApiError> {
    if action == "get"
        && let Some(vm) = doomed::at(world, &place.of_resource(INSTANCES.name, call.param("instance")?))
    {
        return Ok(vm);
    }
    let mut one = Subject::of(world, call, place)?;
    match action {
        "get" => return Ok(read::shown(world, one.vm)),
        "getSerialPortOutput" => return guest::serial_port(world, call, &one.vm),
        "getGuestAttributes" => return guest::attributes(world, call, &one.vm),
        "getIamPolicy" | "setIamPolicy" | "testIamPermissions" => {
            return policy_of(world, call, &one.path, action);
        }
        "delete" => return delete(world, call, &one),
        "setLabels" => change::set_labels(call, &mut one.vm)?,
        "setMetadata" => change::set_metadata(call, &mut one.vm)?,
        "setTags" => change::set_tags(call, &mut one.vm)?,
        "setDeletionProtection" => change::set_deletion_protection(call, &mut one.vm),
        "setScheduling" => scheduling::set(world, call, &mut one.vm)?,
        "setMachineType" => stopped::set_machine_type(world, call, &mut one)?,
        "setServiceAccount" => stopped::set_service_account(world, call, &mut one)?,
        "setMinCpuPlatform" => stopped::set_min_cpu_platform(world, call, &mut one)?,
        "updateShieldedInstanceConfig" => stopped::update_shielded_config(world, call, &mut one)?,
        "updateDisplayDevice" => stopped::update_display_device(world, call, &mut one)?,
        "attachDisk" => attach::attach(world, call, &mut one)?,
        "detachDisk" => attach::detach(world, call, &mut one)?,
        "setDiskAutoDelete" => attach::set_auto_delete(call, &mut one.vm)?,
        "addAccessConfig" => nics::add_access_config(world, call, &mut one)?,
        "deleteAccessConfig" => nics::delete_access_config(call, &mut one.vm)?,
        "updateAccessConfig" => nics::update_access_config(call, &mut one.vm)?,
        "updateNetworkInterface" => nics::update(world, call, &mut one)?,
        "update" => update::update(world, call, &mut one)?,
        "start" | "resume" => return power::start(world, call, one, action),
        "stop" | "suspend" | "reset" => power::stop(world, &mut one, action)?,
        _ => return Err(ApiError::not_served(call.method)),
    }
    Ok(one.save(world, call))
}

/// Deletes the instance with the disks that go with it.
fn delete(world: &mut World<'_>, call: &Call<'_>, one: &Subject) -> Result<Value, ApiError> {
    if super::value::flag(&one.vm, "deletionProtection") {
        let why = "Resource cannot be deleted if it's protected against deletion.";
        return Err(super::rules::invalid("resource.deletionProtection", "true", why));
    }
    erase(world, one);
    Ok(mutation::begin(world, call, &one.place, &one.vm))
}

/// Takes away all there is of it.
fn erase(world: &mut World<'_>, one: &Subject) {
    for disk in super::value::list(&one.vm, "disks") {
        let path = disks::path_of(world.state, &one.place, text(disk, "source"));
        if super::value::flag(disk, "autoDelete") {
            disks::forget(world.state, &path);
        } else {
            disks::set_user(world, &path, None);
        }
    }
    world.state.resources.remove(&place::key(&one.path));
    policy::forget(world.state, Holder { kind: HolderKind::Other, path: &place::key(&one.path) });
    ends::forget(world.state, &one.path);
}

/// The IAM calls on a zonal resource.
pub(super) fn policy_of(
    world: &mut World<'_>,
    call: &Call<'_>,
    path: &str,
    action: &str,
) -> Result<Value, ApiError> {
    let key = place::key(path);
    let holder = Holder { kind: HolderKind::Other, path: &key };
    match action {
        "getIamPolicy" => {
            let asked = call.query.get("optionsRequestedPolicyVersion");
            policy::get(world, holder, policy::requested_version(asked)?)
        }
        "setIamPolicy" => {
            // Either the whole policy or, in the old form, its parts beside it.
            let policy = call.body.get("policy").unwrap_or(&call.body).clone();
            policy::set(world, holder, &policy, "")
        }
        "testIamPermissions" => policy::test_permissions(world.limits, &call.body),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// Shows a grown disk's size where it is attached.
pub(super) fn disk_grown(state: &mut State, user: &str, source: &str, size: i64) {
    let Some(path) = place::relative(user) else { return };
    let Some(vm) = state.resources.get_mut(&place::key(path)) else {
        return;
    };
    let attached = list_mut(vm, "disks").into_iter().flatten();
    for disk in attached.filter(|disk| text(disk, "source") == source) {
        set(disk, "diskSizeGb", size.to_string());
    }
}
