//! Turning services on and off, and the operations that report it.

use serde_json::{Value, json};

use super::{check_known, is_enabled, key, known, lro, project, shown};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

const MOST_IDS: usize = 20;
/// The answer to an enable that changes nothing. It cannot be polled.
const NOTHING_TO_DO: &str = "operations/noop.DONE_OPERATION";
const EMPTY: &str = "type.googleapis.com/google.protobuf.Empty";
const PACKAGE: &str = "type.googleapis.com/google.api.serviceusage.v1";

pub(super) fn enable(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = project(world.state, call)?;
    let service = call.param("servicesId")?;
    check_known([service])?;
    if is_enabled(world.state, &project, service) && is_asked_for(world.state, &project, service) {
        return Ok(nothing_to_do());
    }
    turn_on(world.state, &project, &[service]);
    let response = json!({
        "@type": format!("{PACKAGE}.EnableServiceResponse"),
        "service": shown(world.state, &project, service),
    });
    Ok(started(world, &project, "acat.p2", &json!({ "@type": EMPTY }), &response))
}

/// All or nothing, at most twenty.
pub(super) fn batch_enable(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = project(world.state, call)?;
    let ids = call.body.get("serviceIds").and_then(Value::as_array).cloned().unwrap_or_default();
    let services: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
    if services.is_empty() || services.len() > MOST_IDS {
        return Err(ApiError::invalid("A batch must name between 1 and 20 services."));
    }
    check_known(services.iter().copied())?;
    if services
        .iter()
        .all(|id| is_enabled(world.state, &project, id) && is_asked_for(world.state, &project, id))
    {
        return Ok(nothing_to_do());
    }
    turn_on(world.state, &project, &services);
    let number = new_project::number_of(world.state, &project);
    let names: Vec<String> =
        services.iter().map(|id| format!("services/{id}/projectSettings/{number}")).collect();
    let enabled: Vec<Value> = services.iter().map(|id| shown(world.state, &project, id)).collect();
    let metadata = json!({ "@type": format!("{PACKAGE}.OperationMetadata"), "resourceNames": names });
    let response = json!({ "@type": format!("{PACKAGE}.BatchEnableServicesResponse"), "services": enabled });
    Ok(started(world, &project, "acat.p2", &metadata, &response))
}

pub(super) fn disable(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = project(world.state, call)?;
    let service = call.param("servicesId")?;
    check_known([service])?;
    if !is_enabled(world.state, &project, service) {
        return Err(ApiError::failed_precondition(format!(
            "Service {service} is not enabled for this consumer."
        )));
    }
    let mut leaving = dependents(world.state, &project, service);
    let too = call.body.get("disableDependentServices").and_then(Value::as_bool).unwrap_or(false);
    if !leaving.is_empty() && !too {
        return Err(depended_on(service, &leaving));
    }
    leaving.push(service);
    if call.body.get("checkIfServiceHasUsage").is_some_and(|check| *check == "CHECK") {
        check_unused(world.state, &project, &leaving)?;
    }
    turn_off(world.state, &project, &leaving);
    let response = json!({
        "@type": format!("{PACKAGE}.DisableServiceResponse"),
        "service": shown(world.state, &project, service),
    });
    Ok(started(world, &project, "acat.p17", &json!({ "@type": EMPTY }), &response))
}

pub(super) fn operation(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    lro::get(world, &format!("operations/{}", call.param("operationsId")?))
}

fn nothing_to_do() -> Value {
    json!({ "name": NOTHING_TO_DO, "done": true, "response": { "@type": EMPTY } })
}

fn started(world: &mut World<'_>, project: &str, kind: &str, metadata: &Value, response: &Value) -> Value {
    let number = new_project::number_of(world.state, project);
    let name = format!("operations/{kind}-{number}-{}", lro::uuid(world));
    lro::start(world, &name, metadata, response)
}

/// Whether somebody enabled the service, as against something else needing it.
fn is_asked_for(state: &State, project: &str, service: &str) -> bool {
    let stored = state.resources.get(&key(project, service));
    stored.is_some_and(|stored| stored.get("needed").is_none())
}

/// Enables the services and, marked as merely needed, everything they need.
fn turn_on(state: &mut State, project: &str, services: &[&str]) {
    for id in known::with_needs(services) {
        if services.contains(&id) {
            state.resources.insert(key(project, id), json!({ "state": "ENABLED" }));
        } else if !state.resources.contains_key(&key(project, id)) {
            state.resources.insert(key(project, id), json!({ "state": "ENABLED", "needed": true }));
        }
    }
}

/// Disables the services and what only they needed. Google leaves the needed ones on; here they go too, so that
/// a project whose services are all taken back is like new.
fn turn_off(state: &mut State, project: &str, services: &[&str]) {
    for service in services {
        state.resources.remove(&key(project, service));
    }
    loop {
        let idle: Vec<&str> = known::KNOWN
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| is_enabled(state, project, id) && !is_asked_for(state, project, id))
            .filter(|id| dependents(state, project, id).is_empty())
            .collect();
        if idle.is_empty() {
            return;
        }
        for service in idle {
            state.resources.remove(&key(project, service));
        }
    }
}

/// The enabled services that need this one, directly or through others.
fn dependents<'a>(state: &State, project: &str, service: &str) -> Vec<&'a str> {
    let others = known::KNOWN.iter().map(|(id, _)| *id).filter(|id| *id != service);
    others
        .filter(|id| is_enabled(state, project, id) && known::with_needs(&[id]).contains(&service))
        .collect()
}

fn depended_on(service: &str, dependents: &[&str]) -> ApiError {
    let mut error = ApiError::failed_precondition(format!(
        "The service {service} is depended on by the following active service(s): {}; Please specify \
         disable_dependent_services=true if you want to proceed with disabling all services.",
        dependents.join(",")
    ));
    error.details = vec![error_info("COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES", service)];
    error
}

/// Google looks at recent use; the sandbox at what the service holds.
fn check_unused(state: &State, project: &str, services: &[&str]) -> Result<(), ApiError> {
    for service in services {
        let (prefix, part) = match *service {
            "compute.googleapis.com" => (format!("compute/projects/{project}/"), "/instances/"),
            "artifactregistry.googleapis.com" => {
                (format!("artifactregistry/projects/{project}/"), "/repositories/")
            }
            "secretmanager.googleapis.com" => (format!("secretmanager/projects/{project}/"), "/secrets/"),
            "run.googleapis.com" => (format!("run/projects/{project}/"), "/services/"),
            _ => continue,
        };
        let mut held =
            state.resources.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        if held.any(|(path, _)| path.contains(part)) {
            let mut error = ApiError::failed_precondition(format!(
                "The service {service} has been used recently. Please specify \
                 check_if_service_has_usage=SKIP if you want to proceed with disabling it."
            ));
            error.details = vec![error_info("COMMON_SU_SERVICE_HAS_USAGE", service)];
            return Err(error);
        }
    }
    Ok(())
}

fn error_info(reason: &str, service: &str) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "serviceusage.googleapis.com",
        "metadata": { "service": service },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "my-course";
    const COMPUTE: &str = "compute.googleapis.com";

    #[test]
    fn a_service_with_instances_is_in_use() {
        let mut state = State::default();
        assert!(check_unused(&state, PROJECT, &[COMPUTE]).is_ok());
        let path = format!("compute/projects/{PROJECT}/zones/europe-west1-b/instances/vm");
        state.resources.insert(path, json!({}));
        assert_eq!(check_unused(&state, PROJECT, &[COMPUTE]).unwrap_err().code, 400);
        assert!(check_unused(&state, "another", &[COMPUTE]).is_ok());
    }

    #[test]
    fn what_was_asked_for_stays_when_its_dependent_goes() {
        let mut state = State::default();
        turn_on(&mut state, PROJECT, &[COMPUTE]);
        turn_on(&mut state, PROJECT, &["container.googleapis.com"]);
        turn_off(&mut state, PROJECT, &["container.googleapis.com"]);
        assert!(is_enabled(&state, PROJECT, COMPUTE));
        turn_off(&mut state, PROJECT, &[COMPUTE]);
        assert!(state.resources.is_empty(), "{:?}", state.resources.keys());
    }
}
