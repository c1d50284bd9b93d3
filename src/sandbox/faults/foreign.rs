//! Somebody else's writes: through the services' own methods, so that etags, fingerprints and generations move as
//! they do when another client writes.

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use super::file::ForeignWrite;
use crate::sandbox::call::{Answer, Call, Media, Query, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::{new_project, services};

/// The key that `gcloud compute ssh` would have written.
const SSH_KEY: &str = "somebody:ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY somebody@example.edu";
const LABEL: (&str, &str) = ("touched-by", "somebody-else");
const TAG: &str = "somebody-else";
const ROLE: &str = "roles/cloudbuild.serviceAgent";

/// Whether calls of that method write something that others may have written since it was read.
pub(super) fn is_possible(method: &str) -> bool {
    method.ends_with(".setIamPolicy") || writer(method).is_some()
}

type Writer = fn(&mut World<'_>, &Call<'_>, &ForeignWrite) -> Result<(), ApiError>;

fn writer(method: &str) -> Option<Writer> {
    Some(match method {
        "compute.instances.setMetadata" | "compute.instances.update" => metadata,
        "compute.instances.setTags" => tags,
        "compute.instances.setLabels" | "compute.disks.setLabels" | "compute.addresses.setLabels" => labels,
        "storage.buckets.patch" | "storage.buckets.update" | "storage.buckets.delete" => bucket,
        "storage.objects.insert" | "storage.objects.delete" => object,
        "storage.objects.patch" | "storage.objects.update" => object_metadata,
        _ => return None,
    })
}

/// Writes what the call is about to write, as somebody else. An error means that there is nothing to write yet.
pub(in crate::sandbox) fn write(
    world: &mut World<'_>,
    call: &Call<'_>,
    wanted: &ForeignWrite,
) -> Result<(), ApiError> {
    match writer(call.method) {
        Some(write) => write(world, call, wanted),
        None => policy(world, call, wanted),
    }
}

/// A call of another method on the same resource.
fn other<'a>(call: &'a Call<'_>, method: &'a str, query: &[(&str, &str)], body: Value) -> Call<'a> {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Call {
        method,
        version: call.version,
        path: call.path.clone(),
        query: Query(query),
        body,
        media: None,
        headers: call.headers,
        base: call.base,
    }
}

fn served(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    match services::dispatch(world, call)? {
        Answer::Json(body) | Answer::Headers { body, .. } => Ok(body),
        Answer::Empty(_) | Answer::Bytes { .. } => Ok(Value::Null),
    }
}

/// Adds a binding.
fn policy(world: &mut World<'_>, call: &Call<'_>, wanted: &ForeignWrite) -> Result<(), ApiError> {
    let read = call.method.replace("setIamPolicy", "getIamPolicy");
    let is_bucket = call.method.starts_with("storage.");
    let version = match call.method {
        method if method.starts_with("cloudresourcemanager.") => {
            (vec![], json!({ "options": { "requestedPolicyVersion": 3 } }))
        }
        method if method.starts_with("compute.") || is_bucket => {
            (vec![("optionsRequestedPolicyVersion", "3")], Value::Null)
        }
        _ => (vec![("options.requestedPolicyVersion", "3")], Value::Null),
    };
    let mut policy = served(world, &other(call, &read, &version.0, version.1))?;
    let role = wanted.role.as_deref().unwrap_or(ROLE);
    let member = wanted.member.clone().unwrap_or_else(|| agent(world, call));
    let Some(fields) = policy.as_object_mut() else { return Ok(()) };
    let bindings = fields.entry("bindings").or_insert(json!([]));
    if let Some(bindings) = bindings.as_array_mut() {
        bindings.push(json!({ "role": role, "members": [member] }));
    }
    fields.insert("version".to_owned(), json!(3));
    let body = if is_bucket { policy } else { json!({ "policy": policy }) };
    served(world, &other(call, call.method, &[], body)).map(drop)
}

/// A service agent of the project, whose account lives in a project of Google's.
fn agent(world: &World<'_>, call: &Call<'_>) -> String {
    let project = new_project::consumer(call).unwrap_or("somebody-elses");
    let number = new_project::number_of(world.state, project);
    format!("serviceAccount:service-{number}@gcp-sa-cloudbuild.iam.gserviceaccount.com")
}

/// The instance or disk that the call names, under the parameter names of its `get`.
fn thing(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (service, _) = call.method.rsplit_once('.').unwrap_or_default();
    let method = format!("{service}.get");
    let mut get = other(call, &method, &[], Value::Null);
    if let Some(name) = get.path.get("resource").cloned() {
        let own = match service {
            "compute.disks" => "disk",
            "compute.addresses" => "address",
            _ => "instance",
        };
        get.path.insert(own.to_owned(), name);
    }
    served(world, &get)
}

fn part(value: &Value, field: &str) -> Value {
    value.get(field).cloned().unwrap_or_else(|| json!({}))
}

fn items(part: &Value) -> Vec<Value> {
    part.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Sets keys of an instance's metadata; lines of `ssh-keys` are added to those that are there.
fn metadata(world: &mut World<'_>, call: &Call<'_>, wanted: &ForeignWrite) -> Result<(), ApiError> {
    let mut metadata = part(&thing(world, call)?, "metadata");
    let mut items = items(&metadata);
    let mut put =
        |key: &str, value: &str| match items.iter_mut().find(|item| item.get("key") == Some(&json!(key))) {
            Some(item) => {
                let held = item.get("value").and_then(Value::as_str).unwrap_or_default();
                let joined = if key == "ssh-keys" { format!("{held}\n{value}") } else { value.to_owned() };
                *item = json!({ "key": key, "value": joined });
            }
            None => items.push(json!({ "key": key, "value": value })),
        };
    if wanted.metadata.is_empty() {
        put("ssh-keys", SSH_KEY);
    }
    wanted.metadata.iter().for_each(|(key, value)| put(key, value));
    if let Some(fields) = metadata.as_object_mut() {
        fields.insert("items".to_owned(), json!(items));
    }
    served(world, &other(call, "compute.instances.setMetadata", &[], metadata)).map(drop)
}

/// Adds network tags.
fn tags(world: &mut World<'_>, call: &Call<'_>, wanted: &ForeignWrite) -> Result<(), ApiError> {
    let mut tags = part(&thing(world, call)?, "tags");
    let mut items = items(&tags);
    let added: Vec<Value> = wanted.tags.iter().map(|tag| json!(tag)).collect();
    for tag in if added.is_empty() { vec![json!(TAG)] } else { added } {
        if !items.contains(&tag) {
            items.push(tag);
        }
    }
    if let Some(fields) = tags.as_object_mut() {
        fields.insert("items".to_owned(), json!(items));
    }
    served(world, &other(call, "compute.instances.setTags", &[], tags)).map(drop)
}

fn new_labels(wanted: &ForeignWrite) -> Map<String, Value> {
    let given: Map<String, Value> =
        wanted.labels.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    if given.is_empty() { Map::from_iter([(LABEL.0.to_owned(), json!(LABEL.1))]) } else { given }
}

/// Sets labels.
fn labels(world: &mut World<'_>, call: &Call<'_>, wanted: &ForeignWrite) -> Result<(), ApiError> {
    let found = thing(world, call)?;
    let mut labels = part(&found, "labels");
    if let Some(labels) = labels.as_object_mut() {
        labels.extend(new_labels(wanted));
    }
    let body = json!({ "labels": labels, "labelFingerprint": found.get("labelFingerprint") });
    served(world, &other(call, call.method, &[], body)).map(drop)
}

/// Sets labels of the bucket.
fn bucket(world: &mut World<'_>, call: &Call<'_>, wanted: &ForeignWrite) -> Result<(), ApiError> {
    let body = json!({ "labels": new_labels(wanted) });
    served(world, &other(call, "storage.buckets.patch", &[], body)).map(drop)
}

/// Uploads the object anew.
fn object(world: &mut World<'_>, call: &Call<'_>, wanted: &ForeignWrite) -> Result<(), ApiError> {
    let given = call.path.get("object").map(String::as_str).or_else(|| call.query.get("name"));
    let name = given.or_else(|| call.body.get("name").and_then(Value::as_str)).unwrap_or_default();
    let mut read = other(call, "storage.objects.get", &[("alt", "media")], Value::Null);
    read.path.insert("object".to_owned(), name.to_owned());
    let held = match services::dispatch(world, &read) {
        Ok(Answer::Bytes { content_type, bytes, .. }) => {
            Some(Media { content_type: Some(content_type), bytes })
        }
        _ => call.media.clone(),
    };
    let content = wanted.content.as_ref().map(|text| Bytes::from(text.clone()));
    let mut media = held.unwrap_or(Media { content_type: None, bytes: Bytes::new() });
    media.bytes = content.unwrap_or(media.bytes);
    let query = [("uploadType", "media"), ("name", name)];
    let mut write = other(call, "storage.objects.insert", &query, Value::Null);
    write.media = Some(media);
    served(world, &write).map(drop)
}

/// Sets metadata of the object.
fn object_metadata(world: &mut World<'_>, call: &Call<'_>, wanted: &ForeignWrite) -> Result<(), ApiError> {
    let body = json!({ "metadata": new_labels(wanted) });
    served(world, &other(call, "storage.objects.patch", &[], body)).map(drop)
}
