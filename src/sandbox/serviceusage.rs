//! Service Usage v1: which APIs a project may call.
//!
//! An enabled service is a key `serviceusage/projects/P/services/X`; a disabled one is no key, so that enabling
//! and disabling leaves nothing behind. Names in answers carry the project number, whatever was asked.

mod known;
pub(super) mod lro;
mod switch;

use serde_json::{Value, json};

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::new_project;
use super::paging;
use super::resourcemanager;
use super::store::State;

const DEFAULT_PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;
const MOST_NAMES: usize = 30;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let answer = match call.method {
        "serviceusage.services.list" => list(world, call),
        "serviceusage.services.get" => get(world, call),
        "serviceusage.services.batchGet" => batch_get(world, call),
        "serviceusage.services.enable" => switch::enable(world, call),
        "serviceusage.services.batchEnable" => switch::batch_enable(world, call),
        "serviceusage.services.disable" => switch::disable(world, call),
        "serviceusage.operations.get" => switch::operation(world, call),
        other => Err(ApiError::not_served(other)),
    };
    answer.map(Answer::Json)
}

/// Whether calls to the service are let through.
pub(super) fn is_enabled(state: &State, project: &str, service: &str) -> bool {
    state.resources.contains_key(&key(project, service))
}

fn key(project: &str, service: &str) -> String {
    format!("serviceusage/projects/{project}/services/{service}")
}

/// The project of the call, by id; only projects have services here.
fn project(state: &State, call: &Call<'_>) -> Result<String, ApiError> {
    if call.param("v1Id")? != "projects" {
        return Err(ApiError::invalid("The parent must be a project."));
    }
    let project = new_project::id_of(state, call.param("v1Id1")?);
    resourcemanager::check_project(state, &project)?;
    Ok(project)
}

/// A service that is unknown answers the same as one that may not be used.
fn check_known<'a>(services: impl IntoIterator<Item = &'a str>) -> Result<(), ApiError> {
    let unknown: Vec<&str> = services.into_iter().filter(|id| known::title(id).is_none()).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let names = unknown.join(", ");
    let mut error =
        ApiError::permission_denied(format!("Not found or permission denied for service(s): {names}."));
    error.details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED",
        "domain": "serviceusage.googleapis.com",
        "metadata": { "services": names },
    })];
    Err(error)
}

/// The service as Google shows it.
fn shown(state: &State, project: &str, service: &str) -> Value {
    let number = new_project::number_of(state, project);
    let state = if is_enabled(state, project, service) { "ENABLED" } else { "DISABLED" };
    json!({
        "name": format!("projects/{number}/services/{service}"),
        "config": { "name": service, "title": known::title(service).unwrap_or(service) },
        "state": state,
        "parent": format!("projects/{number}"),
    })
}

fn get(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let service = call.param("servicesId")?;
    check_known([service])?;
    Ok(shown(world.state, &project(world.state, call)?, service))
}

fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = project(world.state, call)?;
    let wanted = match call.query.get("filter").unwrap_or_default() {
        "" => None,
        "state:ENABLED" => Some("ENABLED"),
        "state:DISABLED" => Some("DISABLED"),
        other => return Err(ApiError::invalid(format!("Invalid filter: '{other}'."))),
    };
    let all = known::KNOWN.iter().map(|(id, _)| shown(world.state, &project, id));
    let services =
        all.filter(|service| wanted.is_none_or(|wanted| service.get("state") == Some(&json!(wanted))));
    let page = paging::page(services.collect(), call, "pageSize", DEFAULT_PAGE, LARGEST_PAGE)?;
    Ok(page.into_answer("services"))
}

fn batch_get(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = project(world.state, call)?;
    let number = new_project::number_of(world.state, &project);
    let names = call.query.all("names");
    if names.is_empty() || names.len() > MOST_NAMES {
        return Err(ApiError::invalid("A batch must name between 1 and 30 services."));
    }
    let mut services = Vec::new();
    for name in names {
        let id =
            [&project, &number].iter().find_map(|p| name.strip_prefix(&format!("projects/{p}/services/")));
        services
            .push(id.ok_or_else(|| ApiError::invalid(format!("The name {name} is not under the parent.")))?);
    }
    check_known(services.iter().copied())?;
    let shown: Vec<Value> = services.iter().map(|id| shown(world.state, &project, id)).collect();
    Ok(json!({ "services": shown }))
}
