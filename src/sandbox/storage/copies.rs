//! Objects made of other objects: compose, copy and rewrite.

use serde_json::{Value, json};

use super::objects::{self, Upload, Version};
use super::preconditions::{self, Side};
use super::{object_fields, objects::find};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

const MOST_SOURCES: usize = 32;

/// Joins up to 32 objects of a bucket. The result has no MD5 and counts its components.
pub(super) fn compose(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (bucket, name) = (call.param("destinationBucket")?, call.param("destinationObject")?);
    let sources = sources(world, call, bucket)?;
    let content: Vec<u8> = sources.iter().flat_map(Version::content).collect();
    let fields = call.body.get("destination").cloned().unwrap_or_default();
    let stored =
        objects::store(world, &call.query, &Upload { bucket, name, fields: &fields, content: &content })?;
    let parts =
        |version: &Version| version.resource.get("componentCount").and_then(Value::as_u64).unwrap_or(1);
    let count: u64 = sources.iter().map(parts).sum();
    let mut resource = stored.resource.clone();
    if let Some(fields) = resource.as_object_mut() {
        fields.remove("md5Hash");
        fields.insert("componentCount".to_owned(), json!(count));
    }
    let stored = objects::rewrite_fields(world.state, &stored, resource);
    if call.body.get("deleteSourceObjects").and_then(Value::as_bool).unwrap_or(false) {
        for source in sources.into_iter().filter(|source| source.text("name") != name) {
            objects::remove(world, &source, false)?;
        }
    }
    Ok(object_fields::answered(call, &stored.resource))
}

fn sources(world: &World<'_>, call: &Call<'_>, bucket: &str) -> Result<Vec<Version>, ApiError> {
    let named =
        call.body.get("sourceObjects").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if named.is_empty() {
        return Err(ApiError::required("You must provide at least one source component."));
    }
    if named.len() > MOST_SOURCES {
        return Err(ApiError::invalid("The number of source components provided exceeds the maximum (32)."));
    }
    named.iter().map(|source| source_of(world, bucket, source)).collect()
}

fn source_of(world: &World<'_>, bucket: &str, source: &Value) -> Result<Version, ApiError> {
    let name = source.get("name").and_then(Value::as_str).unwrap_or_default();
    let version = find(world.state, (bucket, name), whole(source.get("generation")))?;
    let wanted = whole(source.pointer("/objectPreconditions/ifGenerationMatch"));
    if wanted.is_some_and(|wanted| wanted != i128::from(version.generation())) {
        return Err(ApiError::condition_not_met());
    }
    Ok(version)
}

/// An int64, which JSON carries as text or as a number.
fn whole(value: Option<&Value>) -> Option<i128> {
    match value? {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64().map(i128::from),
    }
}

pub(super) fn copy(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    copied(world, call).map(|version| object_fields::answered(call, &version.resource))
}

/// Every rewrite is done at once, however large: no token is ever answered.
pub(super) fn rewrite(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let version = copied(world, call)?;
    Ok(json!({
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": version.text("size"),
        "objectSize": version.text("size"),
        "done": true,
        "resource": object_fields::answered(call, &version.resource),
    }))
}

/// With an empty body the metadata is copied too; any body replaces it.
fn copied(world: &mut World<'_>, call: &Call<'_>) -> Result<Version, ApiError> {
    let from = (call.param("sourceBucket")?, call.param("sourceObject")?);
    let source = find(world.state, from, preconditions::number(&call.query, "sourceGeneration")?)?;
    preconditions::check(&call.query, Side::Source, source.versions(), false)?;
    let kept = Value::Object(object_fields::given(&source.resource));
    let empty = call.body.as_object().is_none_or(serde_json::Map::is_empty);
    objects::store(
        world,
        &call.query,
        &Upload {
            bucket: call.param("destinationBucket")?,
            name: call.param("destinationObject")?,
            fields: if empty { &kept } else { &call.body },
            content: &source.content(),
        },
    )
}
