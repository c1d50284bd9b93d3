//! What only a stopped instance takes: its machine type, account, platform, and shielded and display settings.

use serde_json::{Value, json};

use super::super::place::{self, Place};
use super::super::rules::invalid;
use super::super::value::{flag, list, merge, set, text, unset};
use super::super::{machines, offers};
use super::{Subject, read};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::iam;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

/// The path of a machine type that is offered in the zone.
pub(super) fn machine_type(state: &State, place: &Place, given: &str) -> Result<String, ApiError> {
    const FIELD: &str = "resource.machineType";
    if given.is_empty() {
        return Err(invalid(FIELD, "", "Machine type is not specified."));
    }
    let path = place.resolve(state, given, "machineTypes");
    let name = place::name_of(&path);
    if path != place.of_resource("machineTypes", name) {
        return Err(invalid(
            FIELD,
            given,
            "The referenced machine type must be in the zone of the instance.",
        ));
    }
    if offers::machine(place.zone(), name).is_none() {
        let why = format!("Machine type with name '{name}' does not exist in zone '{}'.", place.zone());
        return Err(invalid(FIELD, given, &why));
    }
    Ok(path)
}

pub(super) fn set_machine_type(
    world: &World<'_>,
    call: &Call<'_>,
    one: &mut Subject,
) -> Result<(), ApiError> {
    let path = machine_type(world.state, &one.place, text(&call.body, "machineType"))?;
    read::check_stopped(world, &one.vm, "machine type")?;
    set(&mut one.vm, "machineType", place::link(&path));
    Ok(())
}

/// At most one account, with its scopes as a set; an empty email means none.
pub(super) fn service_accounts(
    state: &State,
    project: &str,
    given: &[Value],
) -> Result<Vec<Value>, ApiError> {
    let [account] = given else {
        return match given {
            [] => Ok(Vec::new()),
            _ => Err(invalid("resource.serviceAccounts", "", "Only one service account may be specified.")),
        };
    };
    let mut scopes: Vec<&str> = list(account, "scopes").iter().filter_map(Value::as_str).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let email = match text(account, "email") {
        "" if scopes.is_empty() => return Ok(Vec::new()),
        "" => {
            return Err(invalid(
                "resource.serviceAccounts[0].email",
                "",
                "A service account must be specified.",
            ));
        }
        "default" => new_project::default_account(state, project),
        email => email.to_owned(),
    };
    if iam::is_missing(state, &email) {
        return Err(ApiError::not_found(format!(
            "The resource '{email}' of type 'serviceAccount' was not found."
        )));
    }
    Ok(vec![json!({ "email": email, "scopes": scopes })])
}

pub(super) fn set_service_account(
    world: &World<'_>,
    call: &Call<'_>,
    one: &mut Subject,
) -> Result<(), ApiError> {
    let accounts = service_accounts(world.state, &one.place.project, std::slice::from_ref(&call.body))?;
    if status_is_running(world, &one.vm) {
        let text = "The instance must be stopped before the service account can be changed.";
        return Err(ApiError::bad_request(text));
    }
    if accounts.is_empty() {
        unset(&mut one.vm, "serviceAccounts");
    } else {
        set(&mut one.vm, "serviceAccounts", accounts);
    }
    Ok(())
}

fn status_is_running(world: &World<'_>, vm: &Value) -> bool {
    read::status(vm, world.now) != "TERMINATED"
}

/// `AUTOMATIC` means no demand.
pub(super) fn set_min_cpu_platform(
    world: &World<'_>,
    call: &Call<'_>,
    one: &mut Subject,
) -> Result<(), ApiError> {
    let given = text(&call.body, "minCpuPlatform");
    let known = given.is_empty()
        || given.eq_ignore_ascii_case("automatic")
        || machines::CPU_PLATFORMS.contains(&given);
    if !known {
        return Err(invalid("resource.minCpuPlatform", given, "The platform is not available in the zone."));
    }
    read::check_stopped(world, &one.vm, "minimum CPU platform")?;
    if given.is_empty() || given.eq_ignore_ascii_case("automatic") {
        unset(&mut one.vm, "minCpuPlatform");
    } else {
        set(&mut one.vm, "minCpuPlatform", given);
    }
    Ok(())
}

pub(super) fn update_shielded_config(
    world: &World<'_>,
    call: &Call<'_>,
    one: &mut Subject,
) -> Result<(), ApiError> {
    read::check_stopped(world, &one.vm, "shielded instance configuration")?;
    let mut config = one.vm.get("shieldedInstanceConfig").cloned().unwrap_or_default();
    merge(&mut config, &call.body);
    if flag(&config, "enableIntegrityMonitoring") && !flag(&config, "enableVtpm") {
        let why = "Integrity monitoring requires a virtual TPM.";
        return Err(invalid("resource.enableIntegrityMonitoring", "true", why));
    }
    set(&mut one.vm, "shieldedInstanceConfig", config);
    Ok(())
}

pub(super) fn update_display_device(
    world: &World<'_>,
    call: &Call<'_>,
    one: &mut Subject,
) -> Result<(), ApiError> {
    read::check_stopped(world, &one.vm, "display device")?;
    set(&mut one.vm, "displayDevice", json!({ "enableDisplay": flag(&call.body, "enableDisplay") }));
    Ok(())
}
