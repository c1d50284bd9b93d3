//! How an instance lives with maintenance and preemption.

use serde_json::{Value, json};

use super::super::rules::invalid;
use super::super::value::{copy, default, flag, merge, set as put, text};
use super::{ends, read};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// Parts that only a stopped instance takes.
const STOPPED: [&str; 5] =
    ["nodeAffinities", "maxRunDuration", "terminationTime", "preemptible", "provisioningModel"];

/// The given scheduling with the server's defaults, checked against the instance.
pub(super) fn completed(given: &Value, vm: &Value) -> Result<Value, ApiError> {
    let spot = read::is_spot(given);
    let mut scheduling = json!({});
    let stays = if spot || read::has_gpus(vm) { "TERMINATE" } else { "MIGRATE" };
    put(&mut scheduling, "onHostMaintenance", stays);
    put(&mut scheduling, "automaticRestart", !spot);
    put(&mut scheduling, "preemptible", spot);
    put(&mut scheduling, "provisioningModel", if spot { "SPOT" } else { "STANDARD" });
    let mut given = given.clone();
    if text(&given, "provisioningModel").is_empty() || flag(&given, "preemptible") != spot {
        copy(&mut given, &scheduling, &["provisioningModel", "preemptible"]);
    }
    merge(&mut scheduling, &given);
    if spot {
        default(&mut scheduling, "instanceTerminationAction", "STOP");
    }
    check(&scheduling, vm)?;
    Ok(scheduling)
}

fn check(scheduling: &Value, vm: &Value) -> Result<(), ApiError> {
    let migrates = text(scheduling, "onHostMaintenance") == "MIGRATE";
    if migrates && read::has_gpus(vm) {
        return Err(ApiError::bad_request(
            "Instances with guest accelerators do not support live migration.",
        ));
    }
    if !read::is_spot(scheduling) {
        return Ok(());
    }
    if flag(scheduling, "automaticRestart") {
        let why = "Automatic restart must be disabled for preemptible instances.";
        return Err(invalid("resource.scheduling.automaticRestart", "true", why));
    }
    if migrates {
        let why = "On host maintenance must be TERMINATE for preemptible instances.";
        return Err(invalid("resource.scheduling.onHostMaintenance", "MIGRATE", why));
    }
    Ok(())
}

/// The whole scheduling is replaced. Most of it while the instance runs.
pub(super) fn set(world: &World<'_>, call: &Call<'_>, vm: &mut Value) -> Result<(), ApiError> {
    let before = vm.get("scheduling").cloned().unwrap_or_default();
    let mut given = call.body.clone();
    for kept in ["preemptible", "provisioningModel", "instanceTerminationAction"] {
        if given.get(kept).is_none() {
            copy(&mut given, &before, &[kept]);
        }
    }
    let after = completed(&given, vm)?;
    ends::check(&after, &before, world.now)?;
    if STOPPED.iter().any(|field| before.get(*field) != after.get(*field)) {
        read::check_stopped(world, vm, "scheduling")?;
    }
    put(vm, "scheduling", after);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spot_is_preemptible_and_not_restarted() {
        let spot = json!({ "onHostMaintenance": "TERMINATE", "automaticRestart": false, "preemptible": true,
            "provisioningModel": "SPOT", "instanceTerminationAction": "STOP" });
        for given in [json!({ "provisioningModel": "SPOT" }), json!({ "preemptible": true })] {
            assert_eq!(completed(&given, &json!({})).unwrap(), spot, "{given}");
        }
        assert!(completed(&json!({ "preemptible": true, "automaticRestart": true }), &json!({})).is_err());
    }

    #[test]
    fn a_machine_with_gpus_cannot_migrate() {
        let vm = json!({ "guestAccelerators": [{ "acceleratorCount": 1 }] });
        assert_eq!(completed(&json!({}), &vm).unwrap()["onHostMaintenance"], "TERMINATE");
        assert!(completed(&json!({ "onHostMaintenance": "MIGRATE" }), &vm).is_err());
    }
}
