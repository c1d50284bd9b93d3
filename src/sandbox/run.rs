//! Cloud Run v2: services and their policies; of v1 only the list over all regions, which v2 does not have.
//!
//! Every change answers an operation whose metadata is the service. What a service is to be is in the state at once; whether it
//! serves is told by `terminalCondition`, and a revision that cannot start lets the operation end in an error and the service
//! stay. Stored as the API shows it, under `run/projects/P/locations/L/services/S`.

mod knative;
mod mask;
mod revision;
mod rules;
mod service;

use serde_json::{Value, json};

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::operation;
use super::paging;
use super::policy::{self, Holder, HolderKind};
use super::resourcemanager;
use super::serviceusage::lro;
use super::{new_project, storage};

const TYPE: &str = "type.googleapis.com/google.cloud.run.v2.Service";
const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let answer = match call.method.strip_prefix("run.projects.locations.").unwrap_or(call.method) {
        "services.list" if call.version == "v1" => knative::list(world, call),
        "services.create" => create(world, call),
        "services.get" => found(world, call).map(|(_, service)| service),
        "services.list" => list(world, call),
        "services.patch" => patch(world, call),
        "services.delete" => delete(world, call),
        "services.getIamPolicy" => get_policy(world, call),
        "services.setIamPolicy" => set_policy(world, call),
        "services.testIamPermissions" => {
            found(world, call).and_then(|_| policy::test_permissions(world.limits, &call.body))
        }
        "operations.get" | "operations.wait" => operation(world, call),
        _ => Err(ApiError::not_served(call.method)),
    };
    answer.map(Answer::Json)
}

fn project(world: &World<'_>, call: &Call<'_>) -> Result<String, ApiError> {
    let project = new_project::id_of(world.state, call.param("projectsId")?);
    resourcemanager::check_project(world.state, &project)?;
    Ok(project)
}

/// `projects/P/locations/L` of the call. Unlike v1, v2 takes no `-` for all regions.
fn parent(world: &World<'_>, call: &Call<'_>) -> Result<String, ApiError> {
    let project = project(world, call)?;
    let location = call.param("locationsId")?;
    if location == "-" {
        return Err(ApiError::invalid("Invalid location '-': a region must be specified."));
    }
    if !storage::regions().any(|region| region == location) {
        return Err(ApiError::permission_denied(format!(
            "Location {location} is not found or access is unauthorized."
        )));
    }
    Ok(format!("projects/{project}/locations/{location}"))
}

fn key(name: &str) -> String {
    format!("run/{name}")
}

fn holder(path: &str) -> Holder<'_> {
    Holder { kind: HolderKind::Other, path }
}

fn missing(name: &str) -> ApiError {
    ApiError::not_found(format!("service \"{name}\" not found"))
}

/// The name and the stored service of the call.
fn found(world: &World<'_>, call: &Call<'_>) -> Result<(String, Value), ApiError> {
    let name = format!("{}/services/{}", parent(world, call)?, call.param("servicesId")?);
    match world.state.resources.get(&key(&name)) {
        Some(service) => Ok((name, service.clone())),
        None => Err(missing(&name)),
    }
}

fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let prefix = key(&format!("{}/services/", parent(world, call)?));
    let all = world.state.below(&prefix).map(|(_, service)| service.clone()).collect();
    Ok(paging::page(all, call, "pageSize", DEFAULT_PAGE, LARGEST_PAGE)?.into_answer("services"))
}

fn create(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.query.get("serviceId").unwrap_or_default();
    rules::check_id(id)?;
    let name = format!("{}/services/{id}", parent(world, call)?);
    if world.state.resources.contains_key(&key(&name)) {
        return Err(ApiError::already_exists(format!("Resource '{id}' already exists.")));
    }
    let service = service::created(world, &name, &call.body)?;
    deployed(world, call, &name, None, service)
}

/// Changes what the mask names; without a mask, everything that may be changed. `allowMissing` creates.
fn patch(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let name = format!("{}/services/{}", parent(world, call)?, call.param("servicesId")?);
    let Some(before) = world.state.resources.get(&key(&name)).cloned() else {
        if !call.query.flag("allowMissing") {
            return Err(missing(&name));
        }
        let service = service::created(world, &name, &call.body)?;
        return deployed(world, call, &name, None, service);
    };
    check_etag(&before, call.body.get("etag").and_then(Value::as_str))?;
    let paths = mask::paths(call.query.get("updateMask").unwrap_or_default())?;
    let force = call.query.flag("forceNewRevision");
    let service = service::patched(world, &before, &call.body, &paths, force)?;
    deployed(world, call, &name, Some(&before), service)
}

/// Keeps the service, unless it was only to be checked, and answers the operation that brings it into being.
fn deployed(
    world: &mut World<'_>,
    call: &Call<'_>,
    name: &str,
    before: Option<&Value>,
    service: Value,
) -> Result<Value, ApiError> {
    let error = revision::error(&service);
    if !call.query.flag("validateOnly") {
        world.state.resources.insert(key(name), service.clone());
    }
    let under_way = service::reconciling(&service, before);
    Ok(started(world, &parent(world, call)?, &under_way, &service, error))
}

fn check_etag(service: &Value, given: Option<&str>) -> Result<(), ApiError> {
    let held = service.get("etag").and_then(Value::as_str).unwrap_or_default();
    match given.filter(|given| !given.is_empty() && *given != held) {
        None => Ok(()),
        Some(given) => Err(ApiError::aborted(format!(
            "Conflict for resource: the etag '{given}' did not match the current etag '{held}'."
        ))),
    }
}

/// What is deleted can be seen no more, though Google keeps its name for thirty days.
fn delete(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, service) = found(world, call)?;
    check_etag(&service, call.query.get("etag"))?;
    let gone = service::deleted(service.clone(), world.now);
    if !call.query.flag("validateOnly") {
        world.state.resources.remove(&key(&name));
        policy::forget(world.state, holder(&key(&name)));
    }
    let parent = parent(world, call)?;
    let under_way = service::reconciling(&gone, Some(&service));
    Ok(started(world, &parent, &under_way, &gone, None))
}

/// Begins an operation that ends with the service, or with an error and the service in its metadata.
fn started(
    world: &mut World<'_>,
    parent: &str,
    under_way: &Value,
    service: &Value,
    error: Option<Value>,
) -> Value {
    let name = format!("{parent}/operations/{}", lro::uuid(world));
    let (under_way, service) = (typed(under_way), typed(service));
    let running = json!({ "name": name, "metadata": under_way });
    let finished = match error {
        None => json!({ "name": name, "metadata": service, "done": true, "response": service }),
        Some(error) => json!({ "name": name, "metadata": service, "done": true, "error": error }),
    };
    operation::begin(world, &format!("lro/{name}"), running, finished)
}

fn typed(service: &Value) -> Value {
    let mut typed = service.clone();
    if let Some(fields) = typed.as_object_mut() {
        fields.insert("@type".to_owned(), json!(TYPE));
    }
    typed
}

/// `wait` answers as soon as it is asked: how far the operation is depends on the clock alone.
fn operation(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let parent = parent(world, call)?;
    lro::get(world, &format!("{parent}/operations/{}", call.param("operationsId")?))
}

fn get_policy(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, _) = found(world, call)?;
    let requested = policy::requested_version(call.query.get("options.requestedPolicyVersion"))?;
    policy::get(world, holder(&key(&name)), requested)
}

fn set_policy(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, _) = found(world, call)?;
    let submitted = call.body.get("policy").cloned().unwrap_or_default();
    let mask = call.body.get("updateMask").and_then(Value::as_str).unwrap_or_default();
    policy::set(world, holder(&key(&name)), &submitted, mask)
}
