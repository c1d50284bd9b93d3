//! Workload identity pools and their providers: who may log in from outside without a key.
//!
//! Names bear the number of the project. Every change answers an operation. What is deleted is kept for thirty days, keeps
//! its id so long, can be read and brought back, and cannot be changed (methods of `projects.locations.workloadIdentityPools`).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::serviceusage::lro;
use crate::sandbox::{new_project, paging, resourcemanager};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
const DEFAULT_PAGE: usize = 50;
const LARGEST_PAGE: usize = 1_000;
const ABSENT: &str = "Requested entity was not found.";

/// What differs between a pool and a provider.
struct Sort {
    /// The query parameter that gives a new one its id.
    id: &'static str,
    /// The path parameter that names it.
    parameter: &'static str,
    list: &'static str,
    resource: &'static str,
    /// What a PATCH may change.
    mutable: &'static [&'static str],
}

const POOL: Sort = Sort {
    id: "workloadIdentityPoolId",
    parameter: "workloadIdentityPoolsId",
    list: "workloadIdentityPools",
    resource: "WorkloadIdentityPool",
    mutable: &[
        "displayName",
        "description",
        "disabled",
        "mode",
        "inlineCertificateIssuanceConfig",
        "inlineTrustConfig",
    ],
};
const PROVIDER: Sort = Sort {
    id: "workloadIdentityPoolProviderId",
    parameter: "providersId",
    list: "workloadIdentityPoolProviders",
    resource: "WorkloadIdentityPoolProvider",
    mutable: &[
        "displayName",
        "description",
        "disabled",
        "attributeMapping",
        "attributeCondition",
        "oidc",
        "aws",
        "saml",
        "x509",
        "actorProviders",
    ],
};

/// Serves one call; `method` is what follows `workloadIdentityPools.`.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, method: &str) -> Result<Value, ApiError> {
    let (sort, action) = match method.strip_prefix("providers.") {
        Some(action) => (&PROVIDER, action),
        None => (&POOL, method),
    };
    let parent = parent(world, call, sort)?;
    match action {
        "create" => create(world, call, sort, &parent),
        "list" => list(world, call, sort, &parent),
        "operations.get" => lro::get(world, &operation(call, sort, &parent)?),
        "get" => found(world, call, sort, &parent).map(|(_, live)| live),
        "patch" => patch(world, call, sort, &parent),
        "delete" => delete(world, call, sort, &parent),
        "undelete" => undelete(world, call, sort, &parent),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// The collection that the call is about, by its full name.
fn parent(world: &World<'_>, call: &Call<'_>, sort: &Sort) -> Result<String, ApiError> {
    let project = call.param("projectsId")?;
    resourcemanager::check_project(world.state, project)?;
    if call.param("locationsId")? != "global" {
        return Err(ApiError::invalid("Workload identity pools are in the location global only."));
    }
    let number = new_project::number_of(world.state, project);
    let pools = format!("projects/{number}/locations/global/workloadIdentityPools");
    if sort.id == POOL.id {
        return Ok(pools);
    }
    let pool = format!("{pools}/{}", call.param(POOL.parameter)?);
    if read(world, &pool).is_none() {
        return Err(ApiError::not_found(ABSENT));
    }
    Ok(format!("{pool}/providers"))
}

fn operation(call: &Call<'_>, sort: &Sort, parent: &str) -> Result<String, ApiError> {
    Ok(format!("{parent}/{}/operations/{}", call.param(sort.parameter)?, call.param("operationsId")?))
}

fn key(name: &str) -> String {
    format!("iam/{name}")
}

/// What is there by that name; what was deleted thirty days ago is not.
pub(super) fn read(world: &World<'_>, name: &str) -> Option<Value> {
    let live = world.state.resources.get(&key(name))?;
    let expires = live.get("expireTime").and_then(Value::as_str).and_then(|t| t.parse::<Timestamp>().ok());
    expires.is_none_or(|at| world.now < at).then(|| live.clone())
}

fn found(world: &World<'_>, call: &Call<'_>, sort: &Sort, parent: &str) -> Result<(String, Value), ApiError> {
    let name = format!("{parent}/{}", call.param(sort.parameter)?);
    let live = read(world, &name).ok_or_else(|| ApiError::not_found(ABSENT))?;
    Ok((name, live))
}

/// Whether it may be used: what is deleted may only be looked at and brought back.
pub(super) fn is_deleted(live: &Value) -> bool {
    live.get("state").and_then(Value::as_str) == Some("DELETED")
}

fn active(
    world: &World<'_>,
    call: &Call<'_>,
    sort: &Sort,
    parent: &str,
) -> Result<(String, Value), ApiError> {
    let (name, live) = found(world, call, sort, parent)?;
    if is_deleted(&live) {
        return Err(ApiError::failed_precondition(format!("{name} is deleted.")));
    }
    Ok((name, live))
}

fn create(world: &mut World<'_>, call: &Call<'_>, sort: &Sort, parent: &str) -> Result<Value, ApiError> {
    let id = call.query.get(sort.id).unwrap_or_default();
    check_id(id)?;
    let inside = parent.strip_suffix("/providers");
    if inside.and_then(|pool| read(world, pool)).is_some_and(|pool| is_deleted(&pool)) {
        return Err(ApiError::failed_precondition("The workload identity pool is deleted."));
    }
    let name = format!("{parent}/{id}");
    if read(world, &name).is_some() {
        return Err(ApiError::already_exists("Requested entity already exists"));
    }
    let mut fields = Map::from_iter([("name".to_owned(), json!(name))]);
    for field in sort.mutable {
        put(&mut fields, field, call.body.get(*field));
    }
    fields.insert("state".to_owned(), json!("ACTIVE"));
    written(world, sort, &name, fields)
}

fn list(world: &World<'_>, call: &Call<'_>, sort: &Sort, parent: &str) -> Result<Value, ApiError> {
    let prefix = key(&format!("{parent}/"));
    let below = world.state.below(&prefix).filter_map(|(path, _)| path.strip_prefix(prefix.as_str()));
    let own = below.filter(|rest| !rest.contains('/'));
    let there = own.filter_map(|id| read(world, &format!("{parent}/{id}")));
    let shown = there.filter(|live| call.query.flag("showDeleted") || !is_deleted(live)).collect();
    Ok(paging::page(shown, call, "pageSize", DEFAULT_PAGE, LARGEST_PAGE)?.into_answer(sort.list))
}

/// The mask is in the query; a member of a message stands for the message.
fn patch(world: &mut World<'_>, call: &Call<'_>, sort: &Sort, parent: &str) -> Result<Value, ApiError> {
    let (name, live) = active(world, call, sort, parent)?;
    let Value::Object(mut fields) = live else { return Ok(Value::Null) };
    for path in call.query.get("updateMask").unwrap_or_default().split(',').map(str::trim) {
        let top = path.split('.').next().unwrap_or_default();
        if !sort.mutable.contains(&top) {
            return Err(ApiError::invalid(format!("Invalid update mask path: '{path}'.")));
        }
        put(&mut fields, top, call.body.get(top));
    }
    written(world, sort, &name, fields)
}

fn delete(world: &mut World<'_>, call: &Call<'_>, sort: &Sort, parent: &str) -> Result<Value, ApiError> {
    let (name, live) = active(world, call, sort, parent)?;
    let Value::Object(mut fields) = live else { return Ok(Value::Null) };
    let expires = world.now.checked_add(KEPT_FOR).unwrap_or(world.now);
    fields.insert("state".to_owned(), json!("DELETED"));
    fields.insert("expireTime".to_owned(), json!(expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
    Ok(kept(world, sort, &name, fields))
}

fn undelete(world: &mut World<'_>, call: &Call<'_>, sort: &Sort, parent: &str) -> Result<Value, ApiError> {
    let (name, live) = found(world, call, sort, parent)?;
    if !is_deleted(&live) {
        return Err(ApiError::failed_precondition(format!("{name} is not deleted.")));
    }
    let Value::Object(mut fields) = live else { return Ok(Value::Null) };
    fields.insert("state".to_owned(), json!("ACTIVE"));
    fields.shift_remove("expireTime");
    Ok(kept(world, sort, &name, fields))
}

/// Keeps what was made or changed, if it is sound.
fn written(
    world: &mut World<'_>,
    sort: &Sort,
    name: &str,
    fields: Map<String, Value>,
) -> Result<Value, ApiError> {
    let text = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default();
    for (field, most) in [("displayName", 32), ("description", 256), ("attributeCondition", 4_096)] {
        if text(field).chars().count() > most {
            return Err(ApiError::invalid(format!("The {field} must be at most {most} characters long.")));
        }
    }
    if sort.id == PROVIDER.id {
        check_provider(&fields)?;
    }
    Ok(kept(world, sort, name, fields))
}

fn kept(world: &mut World<'_>, sort: &Sort, name: &str, fields: Map<String, Value>) -> Value {
    let mut response = fields.clone();
    let package = "type.googleapis.com/google.iam.admin.v1";
    response.insert("@type".to_owned(), json!(format!("{package}.{}", sort.resource)));
    world.state.resources.insert(key(name), Value::Object(fields));
    let metadata = json!({ "@type": format!("{package}.{}OperationMetadata", sort.resource) });
    let operation = format!("{name}/operations/{}", lro::uuid(world));
    lro::start(world, &operation, &metadata, &Value::Object(response))
}

/// One-platform services leave out what is empty.
fn put(fields: &mut Map<String, Value>, field: &str, value: Option<&Value>) {
    let empty = match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(_) => false,
    };
    match value.filter(|_| !empty) {
        Some(value) => drop(fields.insert(field.to_owned(), value.clone())),
        None => drop(fields.shift_remove(field)),
    }
}

fn check_id(id: &str) -> Result<(), ApiError> {
    let letters = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if letters && (4..=32).contains(&id.len()) && !id.starts_with("gcp-") {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid ID '{id}': it must be 4-32 characters of [a-z0-9-] and not start with the reserved prefix 'gcp-'."
    )))
}

/// An issuer that gives tokens to everybody must be narrowed by a condition on what its tokens claim.
fn check_provider(fields: &Map<String, Value>) -> Result<(), ApiError> {
    let oidc = fields.get("oidc");
    let issuer = oidc.and_then(|oidc| oidc.get("issuerUri")).and_then(Value::as_str).unwrap_or_default();
    if oidc.is_some() && !issuer.starts_with("https://") {
        return Err(ApiError::invalid("The issuer URI must be a valid https URI."));
    }
    let mapping = fields.get("attributeMapping").and_then(|mapping| mapping.get("google.subject"));
    if oidc.is_some() && mapping.is_none() {
        return Err(ApiError::invalid("The attribute mapping must map google.subject."));
    }
    let condition = fields.get("attributeCondition").and_then(Value::as_str).unwrap_or_default();
    if issuer.contains("token.actions.githubusercontent.com") && !condition.contains("assertion.") {
        return Err(ApiError::invalid(
            "The attribute condition must reference one of the provider's claims.",
        ));
    }
    Ok(())
}
