//! Buckets: create, read, list, change, delete.

use serde_json::{Value, json};

use super::preconditions::{self, Side, Versions};
use super::{access, bucket_defaults, bucket_fields, bucket_rules};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::paging;
use crate::sandbox::store::State;

const LARGEST_PAGE: usize = 1_000;

/// A stored bucket with the project it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    /// The project id, which the resource itself shows only as a number.
    pub(super) project: String,
    /// The resource as answered without its access lists.
    pub(super) resource: Value,
}

impl Bucket {
    /// A text field of the resource, empty when absent.
    pub(super) fn text(&self, field: &str) -> &str {
        self.resource.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// How often the settings or the policy were written.
    pub(super) fn metageneration(&self) -> u64 {
        self.text("metageneration").parse().unwrap_or(0)
    }

    /// Whether access lists are switched off.
    pub(super) fn is_uniform(&self) -> bool {
        self.flag("/iamConfiguration/uniformBucketLevelAccess/enabled")
    }

    /// A boolean setting by JSON pointer.
    pub(super) fn flag(&self, pointer: &str) -> bool {
        self.resource.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    fn versions(&self) -> Versions {
        let generation = self.text("generation").parse().unwrap_or(0);
        Versions { generation, metageneration: self.metageneration() }
    }
}

/// Where a bucket is in the state; its objects follow below.
pub(super) fn key(name: &str) -> String {
    format!("storage/b/{name}")
}

/// The bucket of that name, or 404.
pub(super) fn find(state: &State, name: &str) -> Result<Bucket, ApiError> {
    state
        .resources
        .get(&key(name))
        .and_then(read)
        .ok_or_else(|| ApiError::not_found("The specified bucket does not exist."))
}

fn read(stored: &Value) -> Option<Bucket> {
    let project = stored.get("project")?.as_str()?.to_owned();
    Some(Bucket { project, resource: stored.get("bucket")?.clone() })
}

fn put(state: &mut State, bucket: &Bucket) {
    let stored = json!({ "project": bucket.project, "bucket": bucket.resource });
    state.resources.insert(key(bucket.text("name")), stored);
}

/// One more write to the bucket's settings or policy.
pub(super) fn touch(world: &mut World<'_>, mut bucket: Bucket) -> Bucket {
    let next = bucket.metageneration() + 1;
    bucket.resource = bucket_fields::touched(bucket.resource, next, world.now);
    put(world.state, &bucket);
    bucket
}

pub(super) fn insert(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = access::project(world, call)?;
    let name = call.body.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        return Err(ApiError::required("Required parameter: name"));
    }
    bucket_rules::check_name(name)?;
    if let Ok(taken) = find(world.state, name) {
        return Err(ApiError::conflict(taken_text(&taken, &project)));
    }
    let bucket = Bucket { resource: new_resource(world, call, name, &project)?, project };
    put(world.state, &bucket);
    access::seed(world.state, &bucket);
    Ok(access::projected(world.state, call, &bucket, false))
}

fn taken_text(taken: &Bucket, project: &str) -> &'static str {
    if taken.project == project {
        "Your previous request to create the named bucket succeeded and you already own it."
    } else {
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. \
         Please select a different name and try again."
    }
}

fn new_resource(
    world: &mut World<'_>,
    call: &Call<'_>,
    name: &str,
    project: &str,
) -> Result<Value, ApiError> {
    let stamp = super::objects::stamp(world.now);
    let mut resource = json!({
        "kind": "storage#bucket",
        "selfLink": format!("https://www.googleapis.com/storage/v1/b/{name}"),
        "id": name,
        "name": name,
        "projectNumber": access::project_number(world.state, project),
        "generation": (world.now.as_microsecond().saturating_mul(1_000)).to_string(),
        "timeCreated": stamp,
    });
    if let Some(fields) = resource.as_object_mut() {
        fields.extend(bucket_fields::at_creation(&call.body)?);
    }
    if let Some(old) = call.body.pointer("/iamConfiguration/bucketPolicyOnly/enabled") {
        bucket_fields::merge(
            &mut resource,
            &json!({ "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": old } } }),
        );
    }
    if call.query.flag("enableObjectRetention") {
        bucket_fields::merge(&mut resource, &json!({ "objectRetention": { "mode": "Enabled" } }));
    }
    let resource = bucket_defaults::completed(resource, &Value::Null, world.now)?;
    bucket_rules::check(&resource)?;
    Ok(bucket_fields::touched(resource, 1, world.now))
}

pub(super) fn get(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let bucket = find(world.state, call.param("bucket")?)?;
    let asked = preconditions::number(&call.query, "generation")?;
    if call.query.flag("softDeleted") || asked.is_some_and(|g| g != i128::from(bucket.versions().generation))
    {
        return Err(ApiError::not_found("The specified bucket does not exist."));
    }
    preconditions::check(&call.query, Side::Target, bucket.versions(), true)?;
    Ok(access::projected(world.state, call, &bucket, false))
}

/// Where a bucket is, for clients that may not see its settings; gcloud asks before it deletes one.
pub(super) fn layout(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let bucket = find(world.state, call.param("bucket")?)?;
    let mut layout = json!({
        "kind": "storage#storageLayout",
        "bucket": bucket.text("name"),
        "location": bucket.text("location"),
        "locationType": bucket.text("locationType"),
    });
    if let (Some(fields), Some(tree)) = (layout.as_object_mut(), bucket.resource.get("hierarchicalNamespace"))
    {
        fields.insert("hierarchicalNamespace".to_owned(), tree.clone());
    }
    Ok(layout)
}

/// Managed folders cannot be made here, so there are none; gcloud asks before it deletes a bucket.
pub(super) fn managed_folders(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    find(world.state, call.param("bucket")?)?;
    Ok(json!({ "kind": "storage#managedFolders" }))
}

pub(super) fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = access::project(world, call)?;
    let prefix = key(call.query.get("prefix").unwrap_or_default());
    let start = key("").len();
    let stored =
        world.state.resources.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
    let buckets = stored
        .filter(|(path, _)| !path.get(start..).is_some_and(|rest| rest.contains('/')))
        .filter_map(|(_, stored)| read(stored))
        .filter(|bucket| bucket.project == project && !call.query.flag("softDeleted"));
    let items = buckets.map(|bucket| access::projected(world.state, call, &bucket, false)).collect();
    let page = paging::page(items, call, "maxResults", LARGEST_PAGE, LARGEST_PAGE)?;
    Ok(page.into_kind("storage#buckets", "items"))
}

pub(super) fn patch(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    change(world, call, bucket_fields::patched)
}

pub(super) fn update(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    change(world, call, bucket_fields::updated)
}

type Change = fn(&Value, &Value) -> Result<Value, ApiError>;

fn change(world: &mut World<'_>, call: &Call<'_>, changed: Change) -> Result<Value, ApiError> {
    let mut bucket = find(world.state, call.param("bucket")?)?;
    preconditions::check(&call.query, Side::Target, bucket.versions(), false)?;
    let resource = changed(&bucket.resource, &call.body)?;
    bucket.resource = bucket_defaults::completed(resource, &bucket.resource, world.now)?;
    bucket_rules::check(&bucket.resource)?;
    let bucket = touch(world, bucket);
    Ok(access::projected(world.state, call, &bucket, true))
}

pub(super) fn delete(world: &mut World<'_>, call: &Call<'_>) -> Result<(), ApiError> {
    let name = call.param("bucket")?;
    let bucket = find(world.state, name)?;
    preconditions::check(&call.query, Side::Target, bucket.versions(), false)?;
    let objects = format!("{}/o/", key(name));
    if world
        .state
        .resources
        .range(objects.clone()..)
        .next()
        .is_some_and(|(path, _)| path.starts_with(&objects))
    {
        return Err(ApiError::conflict("The bucket you tried to delete is not empty."));
    }
    world.state.resources.remove(&key(name));
    access::forget(world.state, name);
    Ok(())
}
