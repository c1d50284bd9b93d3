//! Resource Manager v1 and v3: projects, their labels, and their IAM policies.
//!
//! Both versions have the same method ids; they name the path parameter differently and show a project in
//! different words. Policies are the same. Projects are stored as v1 shows them.

mod search;

use serde_json::{Value, json};

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::new_project;
use super::paging;
use super::policy::{self, Holder, HolderKind};
use super::serviceusage::lro;
use super::store::State;
use search::Search;

const PACKAGE: &str = "type.googleapis.com/google.cloud.resourcemanager.v3";
const LARGEST_PAGE: usize = 1_000;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let answer = match call.method {
        "cloudresourcemanager.projects.get" => get(world, call),
        "cloudresourcemanager.projects.list" | "cloudresourcemanager.projects.search" => list(world, call),
        "cloudresourcemanager.projects.getAncestry" => ancestry(world, call),
        "cloudresourcemanager.projects.update" => update(world, call),
        "cloudresourcemanager.projects.patch" => patch(world, call),
        "cloudresourcemanager.operations.get" => {
            lro::get(world, &format!("operations/{}", call.param("operationsId")?))
        }
        "cloudresourcemanager.projects.getIamPolicy" => get_policy(world, call),
        "cloudresourcemanager.projects.setIamPolicy" => set_policy(world, call),
        "cloudresourcemanager.projects.testIamPermissions" => {
            policy::test_permissions(world.limits, &call.body)
        }
        other => Err(ApiError::not_served(other)),
    };
    answer.map(Answer::Json)
}

/// The key of the project in the state. v1 calls it `projectId` or `resource`, v3 `projectsId`.
fn path(world: &World<'_>, call: &Call<'_>) -> Result<String, ApiError> {
    let named = ["projectId", "resource", "projectsId"].iter().find_map(|name| call.path.get(*name));
    let id = new_project::id_of(world.state, named.map(String::as_str).unwrap_or_default());
    check_project(world.state, &id)?;
    Ok(format!("projects/{id}"))
}

fn get(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let path = path(world, call)?;
    let project = world.state.resources.get(&path).cloned().unwrap_or_default();
    Ok(if call.version == "v3" { in_v3(&project) } else { project })
}

/// Refuses to work in a project that is not there: an id against the rule, or an unknown number. Whether it does
/// not exist or belongs to somebody else is not told.
pub(super) fn check_project(state: &State, id: &str) -> Result<(), ApiError> {
    if state.resources.contains_key(&format!("projects/{id}")) {
        return Ok(());
    }
    Err(ApiError::permission_denied("The caller does not have permission"))
}

/// Refuses parameters that would change the answer and that the sandbox does not understand.
pub(super) fn check_unserved(call: &Call<'_>, names: &[&str]) -> Result<(), ApiError> {
    let given = |name: &&&str| call.query.get(name).is_some_and(|text| !text.is_empty());
    match names.iter().find(given) {
        Some(name) => {
            Err(ApiError::invalid(format!("The sandbox does not serve {name} on {}.", call.method)))
        }
        None => Ok(()),
    }
}

fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    check_unserved(call, &["parent"])?;
    let wanted = call.query.get("filter").or_else(|| call.query.get("query"));
    let search = Search::parse(wanted.unwrap_or_default())?;
    let all = world.state.below("projects/").map(|(_, project)| project);
    let projects = all.filter(|project| search.names(project));
    let shown = projects.map(|project| if call.version == "v3" { in_v3(project) } else { project.clone() });
    Ok(paging::page(shown.collect(), call, "pageSize", LARGEST_PAGE, LARGEST_PAGE)?.into_answer("projects"))
}

fn ancestry(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let path = path(world, call)?;
    let id = path.strip_prefix("projects/");
    let itself = json!({ "type": "project", "id": id });
    let parent = world.state.resources.get(&path).and_then(|project| project.get("parent")).cloned();
    let ancestors = std::iter::once(itself).chain(parent).map(|one| json!({ "resourceId": one }));
    Ok(json!({ "ancestor": ancestors.collect::<Vec<_>>() }))
}

/// The whole project as v1 writes it. A project without a parent may be given one; one that has a parent keeps it.
fn update(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let path = path(world, call)?;
    let held = world.state.resources.get(&path).and_then(|project| project.get("parent")).cloned();
    let given = call.body.get("parent").filter(|parent| !parent.is_null());
    if held.is_some() && given != held.as_ref() {
        return Err(ApiError::invalid("The parent of a project cannot be changed by this method."));
    }
    if let (Some(project), Some(parent)) =
        (world.state.resources.get_mut(&path).and_then(Value::as_object_mut), given)
    {
        check_parent(parent)?;
        project.insert("parent".to_owned(), parent.clone());
    }
    change(world, call, "displayName,labels")
}

fn check_parent(parent: &Value) -> Result<(), ApiError> {
    let kind = parent.get("type").and_then(Value::as_str).unwrap_or_default();
    let id = parent.get("id").and_then(Value::as_str).unwrap_or_default();
    if ["organization", "folder"].contains(&kind) && !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())
    {
        return Ok(());
    }
    Err(ApiError::invalid("The parent must be an organization or a folder, named by its number."))
}

/// Takes the name and the labels of the body, as far as the mask names them, and gives the project back.
fn change(world: &mut World<'_>, call: &Call<'_>, mask: &str) -> Result<Value, ApiError> {
    let path = path(world, call)?;
    let mut project = world.state.resources.get(&path).cloned().unwrap_or_default();
    let name = if call.version == "v3" { "displayName" } else { "name" };
    for masked in mask.split(',').map(str::trim) {
        let (field, given) = match masked {
            "displayName" | "display_name" => ("name", call.body.get(name)),
            "labels" => ("labels", call.body.get("labels")),
            _ => {
                return Err(ApiError::invalid(format!("Invalid update mask path: '{masked}'.")));
            }
        };
        let empty = given.is_none_or(|value| value.is_null() || *value == "" || *value == json!({}));
        let Some(fields) = project.as_object_mut() else {
            continue;
        };
        match given.filter(|_| !empty) {
            Some(value) => fields.insert(field.to_owned(), value.clone()),
            None if field == "labels" => fields.remove(field),
            None => None,
        };
    }
    world.state.resources.insert(path, project.clone());
    Ok(project)
}

/// In v3 a change is an operation, and without a mask it is a change of what the body names.
fn patch(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let given = ["displayName", "labels"].into_iter().filter(|field| call.body.get(*field).is_some());
    let named: Vec<&str> = given.collect();
    let mask = call.query.get("updateMask").map_or_else(|| named.join(","), str::to_owned);
    let mut response = in_v3(&change(world, call, &mask)?);
    if let Some(fields) = response.as_object_mut() {
        fields.insert("@type".to_owned(), json!(format!("{PACKAGE}.Project")));
    }
    let name = format!("operations/up.{}", world.next_id());
    Ok(lro::start(world, &name, &json!({ "@type": format!("{PACKAGE}.UpdateProjectMetadata") }), &response))
}

fn in_v3(project: &Value) -> Value {
    let text = |field: &str| project.get(field).and_then(Value::as_str).unwrap_or_default();
    let mut shown = json!({
        "name": format!("projects/{}", text("projectNumber")),
        "projectId": text("projectId"),
        "state": text("lifecycleState"),
        "displayName": text("name"),
        "createTime": text("createTime"),
        "updateTime": text("createTime"),
        "etag": format!("W/\"{}\"", text("projectNumber")),
    });
    let parent = project.get("parent").and_then(|parent| {
        Some(format!("{}s/{}", parent.get("type")?.as_str()?, parent.get("id")?.as_str()?))
    });
    if let Some(fields) = shown.as_object_mut() {
        fields.extend(parent.map(|parent| ("parent".to_owned(), json!(parent))));
        fields.extend(project.get("labels").map(|labels| ("labels".to_owned(), labels.clone())));
    }
    shown
}

fn holder(path: &str) -> Holder<'_> {
    Holder { kind: HolderKind::Project, path }
}

fn get_policy(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let requested = call.body.pointer("/options/requestedPolicyVersion").and_then(Value::as_i64).unwrap_or(0);
    policy::get(world, holder(&path(world, call)?), requested)
}

fn set_policy(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let path = path(world, call)?;
    let submitted = call.body.get("policy").cloned().unwrap_or_default();
    let mask = call.body.get("updateMask").and_then(Value::as_str).unwrap_or_default();
    policy::set(world, holder(&path), &submitted, mask)
}
