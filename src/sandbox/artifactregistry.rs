//! Artifact Registry v1: repositories, their policies, and lists of what they hold.
//!
//! Create and delete answer an operation, a patch is synchronous. There is no etag on a repository: the last
//! write wins. Stored under `artifactregistry/projects/P/locations/L/repositories/R`, content below that key.

mod fields;

use serde_json::{Value, json};

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::paging;
use super::policy::{self, Holder, HolderKind};
use super::resourcemanager;
use super::serviceusage::{self, lro};
use super::store::State;
use super::{new_project, storage};

const EMPTY: &str = "type.googleapis.com/google.protobuf.Empty";
const PACKAGE: &str = "type.googleapis.com/google.devtools.artifactregistry.v1";
const MULTI_REGIONS: [&str; 3] = ["asia", "europe", "us"];
const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let method = call.method.strip_prefix("artifactregistry.projects.locations.").unwrap_or(call.method);
    let method = method.strip_prefix("repositories.").unwrap_or(method);
    let answer = match method {
        "list" if !call.path.contains_key("locationsId") => locations(world, call),
        "get" if !call.path.contains_key("repositoriesId") => location(world, call),
        "operations.get" => operation(world, call),
        "create" => create(world, call),
        "get" => get(world, call),
        "list" => list(world, call),
        "patch" => patch(world, call),
        "delete" => delete(world, call),
        "getIamPolicy" => get_policy(world, call),
        "setIamPolicy" => set_policy(world, call),
        "testIamPermissions" => {
            found(world, call).and_then(|_| policy::test_permissions(world.limits, &call.body))
        }
        "dockerImages.list" => content(world, call, "dockerImages", ""),
        "packages.list" => content(world, call, "packages", ""),
        "packages.versions.list" => content(world, call, "packages", "versions"),
        "packages.tags.list" => content(world, call, "packages", "tags"),
        _ => Err(ApiError::not_served(call.method)),
    };
    answer.map(Answer::Json)
}

/// `projects/P/locations/L` of the call; a place that Google does not have is a matter of permission.
fn parent(world: &World<'_>, call: &Call<'_>) -> Result<String, ApiError> {
    let project = new_project::id_of(world.state, call.param("projectsId")?);
    resourcemanager::check_project(world.state, &project)?;
    let location = call.param("locationsId")?;
    if !places().any(|place| place == location) {
        return Err(ApiError::permission_denied(format!(
            "Location {location} is not found or access is unauthorized."
        )));
    }
    Ok(format!("projects/{project}/locations/{location}"))
}

fn places() -> impl Iterator<Item = String> {
    MULTI_REGIONS.iter().map(|place| (*place).to_owned()).chain(storage::regions())
}

fn place(project: &str, id: &str) -> Value {
    json!({ "name": format!("projects/{project}/locations/{id}"), "locationId": id, "displayName": id })
}

fn locations(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = new_project::id_of(world.state, call.param("projectsId")?);
    let all = places().map(|id| place(&project, &id)).collect();
    Ok(paging::page(all, call, "pageSize", DEFAULT_PAGE, LARGEST_PAGE)?.into_answer("locations"))
}

fn location(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    parent(world, call)?;
    Ok(place(&new_project::id_of(world.state, call.param("projectsId")?), call.param("locationsId")?))
}

fn operation(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let parent = parent(world, call)?;
    lro::get(world, &format!("{parent}/operations/{}", call.param("operationsId")?))
}

fn key(name: &str) -> String {
    format!("artifactregistry/{name}")
}

fn holder(path: &str) -> Holder<'_> {
    Holder { kind: HolderKind::Other, path }
}

/// The name and the stored repository of the call.
fn found(world: &World<'_>, call: &Call<'_>) -> Result<(String, Value), ApiError> {
    let name = format!("{}/repositories/{}", parent(world, call)?, call.param("repositoriesId")?);
    match world.state.resources.get(&key(&name)) {
        Some(repository) => Ok((name, repository.clone())),
        None => Err(ApiError::not_found("Requested entity was not found.")),
    }
}

fn create(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let parent = parent(world, call)?;
    let id = call.query.get("repositoryId").or_else(|| call.query.get("repository_id")).unwrap_or_default();
    fields::check_id(id)?;
    let name = format!("{parent}/repositories/{id}");
    if world.state.resources.contains_key(&key(&name)) {
        return Err(ApiError::already_exists("the repository already exists"));
    }
    let repository = fields::created(&name, &call.body, world.now)?;
    world.state.resources.insert(key(&name), repository.clone());
    let mut response = fields::shown(&repository, scanned(world.state, call)?);
    if let Some(fields) = response.as_object_mut() {
        fields.insert("@type".to_owned(), json!(format!("{PACKAGE}.Repository")));
    }
    Ok(started(world, &parent, &response))
}

fn started(world: &mut World<'_>, parent: &str, response: &Value) -> Value {
    let name = format!("{parent}/operations/{}", lro::uuid(world));
    lro::start(world, &name, &json!({ "@type": format!("{PACKAGE}.OperationMetadata") }), response)
}

/// Whether images are scanned, which another API decides.
fn scanned(state: &State, call: &Call<'_>) -> Result<bool, ApiError> {
    let project = new_project::id_of(state, call.param("projectsId")?);
    Ok(serviceusage::is_enabled(state, &project, "containerscanning.googleapis.com"))
}

/// Only this read shows where to push to.
fn get(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, repository) = found(world, call)?;
    let mut shown = fields::shown(&repository, scanned(world.state, call)?);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("registryUri".to_owned(), json!(fields::registry_uri(&name, &repository)));
    }
    Ok(shown)
}

fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    resourcemanager::check_unserved(call, &["filter", "orderBy"])?;
    let prefix = key(&format!("{}/repositories/", parent(world, call)?));
    let scanned = scanned(world.state, call)?;
    let all = children(world.state, &prefix).map(|repository| fields::shown(repository, scanned)).collect();
    Ok(paging::page(all, call, "pageSize", DEFAULT_PAGE, LARGEST_PAGE)?.into_answer("repositories"))
}

/// What is stored directly below a key.
fn children<'a>(state: &'a State, prefix: &str) -> impl Iterator<Item = &'a Value> {
    let (prefix, length) = (prefix.to_owned(), prefix.len());
    let below =
        state.resources.range(prefix.clone()..).take_while(move |(path, _)| path.starts_with(&prefix));
    below
        .filter(move |(path, _)| path.get(length..).is_some_and(|rest| !rest.contains('/')))
        .map(|(_, value)| value)
}

fn patch(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, repository) = found(world, call)?;
    let mask = call.query.get("updateMask").or_else(|| call.query.get("update_mask")).unwrap_or_default();
    let repository = fields::patched(repository, &call.body, mask, world.now)?;
    world.state.resources.insert(key(&name), repository.clone());
    Ok(fields::shown(&repository, scanned(world.state, call)?))
}

/// Everything in the repository goes with it.
fn delete(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, _) = found(world, call)?;
    let (path, below) = (key(&name), format!("{}/", key(&name)));
    world.state.resources.retain(|other, _| *other != path && !other.starts_with(&below));
    policy::forget(world.state, holder(&path));
    let parent = parent(world, call)?;
    Ok(started(world, &parent, &json!({ "@type": EMPTY })))
}

fn get_policy(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, _) = found(world, call)?;
    let requested = policy::requested_version(call.query.get("options.requestedPolicyVersion"))?;
    policy::get(world, holder(&key(&name)), requested)
}

fn set_policy(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, _) = found(world, call)?;
    let submitted = call.body.get("policy").cloned().unwrap_or_default();
    policy::set(world, holder(&key(&name)), &submitted, "")
}

/// What a repository holds: images, packages, or the versions and tags of one package. Nothing is pushed
/// through this API, so a repository is empty unless its content was put into the state.
fn content(world: &World<'_>, call: &Call<'_>, collection: &str, within: &str) -> Result<Value, ApiError> {
    let (name, _) = found(world, call)?;
    let mut prefix = format!("{}/{collection}/", key(&name));
    let mut answered = collection;
    if !within.is_empty() {
        let package = format!("{prefix}{}", call.param("packagesId")?);
        if !world.state.resources.contains_key(&package) {
            return Err(ApiError::not_found("Requested entity was not found."));
        }
        (prefix, answered) = (format!("{package}/{within}/"), within);
    }
    let all = children(world.state, &prefix).cloned().collect();
    Ok(paging::page(all, call, "pageSize", DEFAULT_PAGE, LARGEST_PAGE)?.into_answer(answered))
}
