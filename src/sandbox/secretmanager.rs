//! Secret Manager v1: secrets, their versions and their policies.
//!
//! Answers name the project by its number, whatever the caller wrote. Every call but access tells about a secret and never
//! what it holds. Stored under `secretmanager/projects/P/secrets/S`, versions with their payload below that key.

mod versions;

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::policy::{self, Holder, HolderKind};
use super::store::State;
use super::{new_project, paging, resourcemanager};

const LARGEST_PAGE: usize = 25_000;
/// What a PATCH may change.
const MUTABLE: [&str; 7] =
    ["annotations", "expireTime", "labels", "rotation", "topics", "ttl", "versionAliases"];

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let method = call.method.strip_prefix("secretmanager.projects.secrets.").unwrap_or(call.method);
    let answer = match method {
        "create" => create(world, call),
        "list" => list(world, call),
        "get" => found(world.state, call).map(|(_, secret)| secret),
        "patch" => patch(world, call),
        "delete" => delete(world, call),
        "addVersion" => versions::add(world, call),
        "getIamPolicy" => get_policy(world, call),
        "setIamPolicy" => set_policy(world, call),
        "testIamPermissions" => {
            found(world.state, call).and_then(|_| policy::test_permissions(world.limits, &call.body))
        }
        _ => match method.strip_prefix("versions.") {
            Some(method) => versions::handle(world, call, method),
            None => Err(ApiError::not_served(call.method)),
        },
    };
    answer.map(Answer::Json)
}

/// The id of the project of the call.
fn project(state: &State, call: &Call<'_>) -> Result<String, ApiError> {
    let project = new_project::id_of(state, call.param("projectsId")?);
    resourcemanager::check_project(state, &project)?;
    Ok(project)
}

/// Where a secret of this id is stored.
fn key(project: &str, id: &str) -> String {
    format!("secretmanager/projects/{project}/secrets/{id}")
}

/// The name of a secret as answers have it.
fn name(state: &State, project: &str, id: &str) -> String {
    format!("projects/{}/secrets/{id}", new_project::number_of(state, project))
}

/// The key and the stored secret of the call.
fn found(state: &State, call: &Call<'_>) -> Result<(String, Value), ApiError> {
    let (project, id) = (project(state, call)?, call.param("secretsId")?);
    let key = key(&project, id);
    match state.resources.get(&key) {
        Some(secret) => Ok((key, secret.clone())),
        None => Err(ApiError::not_found(format!("Secret [{}] not found.", name(state, &project, id)))),
    }
}

/// Letters, digits, hyphens and underscores, at most 255.
fn check_id(id: &str) -> Result<(), ApiError> {
    let allowed = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !id.is_empty() && id.len() <= 255 && allowed {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "The provided Secret ID [{id}] does not match the expected format [[a-zA-Z_0-9]+]"
    )))
}

fn create(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = project(world.state, call)?;
    let id = call.query.get("secretId").unwrap_or_default();
    check_id(id)?;
    let (key, name) = (key(&project, id), name(world.state, &project, id));
    if world.state.resources.contains_key(&key) {
        return Err(ApiError::already_exists(format!("Secret [{name}] already exists.")));
    }
    let replication = call.body.get("replication").filter(|one| one.is_object());
    let Some(replication) = replication else {
        return Err(ApiError::invalid("The replication policy of a secret must be specified."));
    };
    let mut secret = Map::new();
    secret.insert("name".to_owned(), json!(name));
    secret.insert("replication".to_owned(), replication.clone());
    secret.insert("createTime".to_owned(), json!(stamp(world)));
    for field in MUTABLE {
        secret.extend(call.body.get(field).map(|value| (field.to_owned(), value.clone())));
    }
    Ok(store(world, &key, secret))
}

/// Stores a secret under an etag of its own.
fn store(world: &mut World<'_>, key: &str, mut secret: Map<String, Value>) -> Value {
    secret.insert("etag".to_owned(), json!(etag(world)));
    let secret = Value::Object(secret);
    world.state.resources.insert(key.to_owned(), secret.clone());
    secret
}

/// Etags are quoted, as an HTTP header has them.
fn etag(world: &mut World<'_>) -> String {
    format!("\"{:x}\"", world.next_id())
}

fn stamp(world: &World<'_>) -> String {
    world.now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    resourcemanager::check_unserved(call, &["filter"])?;
    let prefix = key(&project(world.state, call)?, "");
    let below = |path: &str| path.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/'));
    let all: Vec<Value> =
        world.state.below(&prefix).filter(|(path, _)| below(path)).map(|(_, one)| one.clone()).collect();
    counted(all, call, "secrets")
}

/// A page, with how many there are in all.
fn counted(all: Vec<Value>, call: &Call<'_>, field: &str) -> Result<Value, ApiError> {
    let total = all.len();
    let mut answer = paging::page(all, call, "pageSize", LARGEST_PAGE, LARGEST_PAGE)?.into_answer(field);
    if let (Some(fields), 1..) = (answer.as_object_mut(), total) {
        fields.insert("totalSize".to_owned(), json!(total));
    }
    Ok(answer)
}

fn patch(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (key, secret) = found(world.state, call)?;
    check_etag(&secret, call.body.get("etag").and_then(Value::as_str))?;
    let mask = call.query.get("updateMask").unwrap_or_default();
    let Value::Object(mut fields) = secret else { return Ok(secret) };
    for path in mask.split(',').map(str::trim) {
        let Some(field) = MUTABLE.iter().find(|field| **field == path) else {
            return Err(ApiError::invalid(format!("Invalid update mask path: '{path}'.")));
        };
        match call.body.get(*field) {
            Some(value) => drop(fields.insert((*field).to_owned(), value.clone())),
            None => drop(fields.remove(*field)),
        }
    }
    Ok(store(world, &key, fields))
}

fn check_etag(stored: &Value, given: Option<&str>) -> Result<(), ApiError> {
    let current = stored.get("etag").and_then(Value::as_str);
    match given.filter(|etag| !etag.is_empty()) {
        Some(etag) if Some(etag) != current => Err(ApiError::failed_precondition(format!(
            "The etag provided [{etag}] does not match the current one."
        ))),
        _ => Ok(()),
    }
}

/// Versions and policy go with it.
fn delete(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (key, secret) = found(world.state, call)?;
    check_etag(&secret, call.query.get("etag"))?;
    let below = format!("{key}/");
    world.state.resources.retain(|path, _| *path != key && !path.starts_with(&below));
    policy::forget(world.state, holder(&key));
    Ok(json!({}))
}

fn holder(path: &str) -> Holder<'_> {
    Holder { kind: HolderKind::Other, path }
}

fn get_policy(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (key, _) = found(world.state, call)?;
    let requested = policy::requested_version(call.query.get("options.requestedPolicyVersion"))?;
    policy::get(world, holder(&key), requested)
}

fn set_policy(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (key, _) = found(world.state, call)?;
    let submitted = call.body.get("policy").cloned().unwrap_or_default();
    let mask = call.body.get("updateMask").and_then(Value::as_str).unwrap_or_default();
    policy::set(world, holder(&key), &submitted, mask)
}
