//! Who may use a bucket: its IAM policy, and the access lists that an answer shows while uniform access is off.
//!
//! The policy's etag is the bucket's metageneration: a write of either moves both. A stale one is 412 here,
//! where the other services answer 409.

use serde_json::{Value, json};

use super::buckets::{self, Bucket};
use super::checksums;
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::policy::{self, Holder, HolderKind};
use crate::sandbox::store::State;

fn holder(path: &str) -> Holder<'_> {
    Holder { kind: HolderKind::Bucket, path }
}

/// The project in the query, by id even when named by number.
pub(super) fn project(world: &World<'_>, call: &Call<'_>) -> Result<String, ApiError> {
    let given = call.query.get("project").unwrap_or_default();
    if given.is_empty() {
        return Err(ApiError::required("Required parameter: project"));
    }
    let project = new_project::id_of(world.state, given);
    if !world.state.resources.contains_key(&format!("projects/{project}")) {
        return Err(ApiError::not_found("The requested project was not found."));
    }
    Ok(project)
}

/// The number of a project that is in the state.
pub(super) fn project_number(state: &State, project: &str) -> String {
    new_project::number_of(state, project)
}

/// The bindings a bucket is born with: the basic roles of its project.
pub(super) fn seed(state: &mut State, bucket: &Bucket) {
    let project = &bucket.project;
    let owners = json!([format!("projectEditor:{project}"), format!("projectOwner:{project}")]);
    let viewers = json!([format!("projectViewer:{project}")]);
    let mut bindings = vec![
        json!({ "role": "roles/storage.legacyBucketOwner", "members": owners }),
        json!({ "role": "roles/storage.legacyBucketReader", "members": viewers }),
    ];
    if bucket.is_uniform() {
        bindings.push(json!({ "role": "roles/storage.legacyObjectOwner", "members": owners }));
        bindings.push(json!({ "role": "roles/storage.legacyObjectReader", "members": viewers }));
    }
    policy::seed(state, holder(&buckets::key(bucket.text("name"))), &Value::Array(bindings));
}

/// Forgets the policy of a deleted bucket.
pub(super) fn forget(state: &mut State, name: &str) {
    policy::forget(state, holder(&buckets::key(name)));
}

pub(super) fn get(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let bucket = buckets::find(world.state, call.param("bucket")?)?;
    let requested = policy::requested_version(call.query.get("optionsRequestedPolicyVersion"))?;
    let policy = policy::get(world, holder(&buckets::key(bucket.text("name"))), requested)?;
    Ok(dressed(&bucket, policy))
}

/// The body is the policy itself.
pub(super) fn set(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let bucket = buckets::find(world.state, call.param("bucket")?)?;
    let given = call.body.get("etag").and_then(Value::as_str).unwrap_or_default();
    if !given.is_empty() && !policy::same_bytes(given, &checksums::bucket_etag(bucket.metageneration())) {
        return Err(ApiError::condition_not_met());
    }
    if policy::has_conditions(&call.body) && !bucket.is_uniform() {
        return Err(ApiError::invalid(
            "To set conditional bindings, uniform bucket-level access must be enabled on the bucket.",
        ));
    }
    let enforced =
        bucket.resource.pointer("/iamConfiguration/publicAccessPrevention") == Some(&json!("enforced"));
    if enforced && policy::is_public(&call.body) {
        return Err(ApiError::condition_not_met());
    }
    let path = buckets::key(bucket.text("name"));
    policy::set_unversioned(world, holder(&path), &call.body)?;
    let bucket = buckets::touch(world, bucket);
    Ok(dressed(&bucket, policy::get(world, holder(&path), 3)?))
}

pub(super) fn test(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    buckets::find(world.state, call.param("bucket")?)?;
    let mut answer =
        policy::test_permissions(world.limits, &json!({ "permissions": call.query.all("permissions") }))?;
    put_kind(&mut answer, "storage#testIamPermissionsResponse");
    Ok(answer)
}

fn put_kind(answer: &mut Value, kind: &str) {
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("kind".to_owned(), json!(kind));
    }
}

/// The policy with the fields that only Storage adds.
fn dressed(bucket: &Bucket, mut policy: Value) -> Value {
    put_kind(&mut policy, "storage#policy");
    if let Some(fields) = policy.as_object_mut() {
        let resource = format!("projects/{}/buckets/{}", bucket.project, bucket.text("name"));
        fields.insert("resourceId".to_owned(), json!(resource));
        fields.insert("version".to_owned(), fields.get("version").cloned().unwrap_or(json!(1)));
        fields.insert("etag".to_owned(), json!(checksums::bucket_etag(bucket.metageneration())));
    }
    policy
}

/// The bucket as the caller asked to see it. Writes show access lists unless told not to, reads only when told.
pub(super) fn projected(state: &State, call: &Call<'_>, bucket: &Bucket, full: bool) -> Value {
    let full = call.query.get("projection").map_or(full, |projection| projection == "full");
    let mut resource = bucket.resource.clone();
    if !full || bucket.is_uniform() {
        return resource;
    }
    if let Some(fields) = resource.as_object_mut() {
        let number = bucket.text("projectNumber");
        fields.insert("acl".to_owned(), Value::Array(bucket_list(state, bucket)));
        fields.insert("defaultObjectAcl".to_owned(), Value::Array(object_list(bucket)));
        fields.insert("owner".to_owned(), json!({ "entity": format!("project-owners-{number}") }));
    }
    resource
}

/// Access lists and the legacy roles are two views of one thing.
fn bucket_list(state: &State, bucket: &Bucket) -> Vec<Value> {
    let roles = [
        ("roles/storage.legacyBucketOwner", "OWNER"),
        ("roles/storage.legacyBucketWriter", "WRITER"),
        ("roles/storage.legacyBucketReader", "READER"),
    ];
    let path = format!("policies/{}", buckets::key(bucket.text("name")));
    let bindings =
        state.resources.get(&path).and_then(|policy| policy.get("bindings")).and_then(Value::as_array);
    let mut entries = Vec::new();
    for binding in bindings.into_iter().flatten() {
        let role = roles.iter().find(|(role, _)| binding.get("role") == Some(&json!(role)));
        let members = binding.get("members").and_then(Value::as_array).into_iter().flatten();
        let entities = members.filter_map(Value::as_str).filter_map(|member| entity(bucket, member));
        entries.extend(role.into_iter().flat_map(|(_, role)| {
            entities
                .clone()
                .map(|(entity, team)| entry(bucket, "storage#bucketAccessControl", &entity, role, team))
        }));
    }
    entries
}

fn object_list(bucket: &Bucket) -> Vec<Value> {
    let number = bucket.text("projectNumber");
    [("owners", "OWNER"), ("editors", "OWNER"), ("viewers", "READER")]
        .into_iter()
        .map(|(team, role)| {
            let entity = format!("project-{team}-{number}");
            entry(bucket, "storage#objectAccessControl", &entity, role, Some(team))
        })
        .collect()
}

/// The member as an access list names it, with its team when it is a role of the project.
fn entity(bucket: &Bucket, member: &str) -> Option<(String, Option<&'static str>)> {
    let number = bucket.text("projectNumber");
    let (kind, rest) = member.split_once(':').unwrap_or((member, ""));
    let team = match kind {
        "projectOwner" => "owners",
        "projectEditor" => "editors",
        "projectViewer" => "viewers",
        "allUsers" | "allAuthenticatedUsers" => return Some((member.to_owned(), None)),
        "user" | "serviceAccount" => return Some((format!("user-{rest}"), None)),
        "group" | "domain" => return Some((format!("{kind}-{rest}"), None)),
        _ => return None,
    };
    Some((format!("project-{team}-{number}"), Some(team)))
}

fn entry(bucket: &Bucket, kind: &str, entity: &str, role: &str, team: Option<&str>) -> Value {
    let name = bucket.text("name");
    let mut entry = json!({ "kind": kind, "entity": entity, "role": role, "etag": bucket.text("etag") });
    let Some(fields) = entry.as_object_mut() else {
        return entry;
    };
    if kind == "storage#bucketAccessControl" {
        let link = format!("https://www.googleapis.com/storage/v1/b/{name}/acl/{entity}");
        fields.insert("id".to_owned(), json!(format!("{name}/{entity}")));
        fields.insert("selfLink".to_owned(), json!(link));
        fields.insert("bucket".to_owned(), json!(name));
    }
    if let Some(team) = team {
        let number = bucket.text("projectNumber");
        fields.insert("projectTeam".to_owned(), json!({ "projectNumber": number, "team": team }));
    }
    entry
}
