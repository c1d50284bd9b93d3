//! Objects: find, store, read, change, delete. A name has at most one live version; with versioning on, the
//! others stay behind as noncurrent ones, marked by `timeDeleted`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::buckets::{self, Bucket};
use super::preconditions::{self, Side, Versions};
use super::{downloads, holds, object_fields};
use crate::sandbox::call::{Answer, Call, Query, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

/// Where the state remembers the latest generation given to any object.
const LAST_GENERATION: &str = "storage/lastGeneration";

/// One version of an object.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// The resource as stored; the download link is added when it is answered.
    pub(super) resource: Value,
    content: String,
}

impl Version {
    /// A text field of the resource, empty when absent.
    pub(super) fn text(&self, field: &str) -> &str {
        self.resource.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its number, unique for its name.
    pub(super) fn generation(&self) -> u64 {
        self.text("generation").parse().unwrap_or(0)
    }

    /// The bytes.
    pub(super) fn content(&self) -> Vec<u8> {
        BASE64.decode(&self.content).unwrap_or_default()
    }

    /// Whether reads without a generation see it.
    pub(super) fn is_live(&self) -> bool {
        self.resource.get("timeDeleted").is_none()
    }

    /// What preconditions are checked against.
    pub(super) fn versions(&self) -> Versions {
        let metageneration = self.text("metageneration").parse().unwrap_or(0);
        Versions { generation: self.generation(), metageneration }
    }
}

/// Storage answers milliseconds.
pub(super) fn stamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn prefix(bucket: &str) -> String {
    format!("{}/o/", buckets::key(bucket))
}

fn key(bucket: &str, name: &str, generation: u64) -> String {
    format!("{}{name}#{generation}", prefix(bucket))
}

fn read(stored: &Value) -> Option<Version> {
    let content = stored.get("content")?.as_str()?.to_owned();
    Some(Version { resource: stored.get("object")?.clone(), content })
}

/// All versions in a bucket whose names start so, ordered by name and then by age.
pub(super) fn versions(state: &State, bucket: &str, names: &str) -> Vec<Version> {
    let start = format!("{}{names}", prefix(bucket));
    let stored = state.resources.range(start.clone()..).take_while(|(path, _)| path.starts_with(&start));
    let mut versions: Vec<Version> = stored.filter_map(|(_, stored)| read(stored)).collect();
    versions.sort_by(|a, b| (a.text("name"), a.generation()).cmp(&(b.text("name"), b.generation())));
    versions
}

/// The version asked for, or the live one.
pub(super) fn find(
    state: &State,
    (bucket, name): (&str, &str),
    generation: Option<i128>,
) -> Result<Version, ApiError> {
    buckets::find(state, bucket)?;
    // A name that goes on after a `#` has the same prefix.
    let all = versions(state, bucket, &format!("{name}#"));
    let mut same = all.into_iter().filter(|version| version.text("name") == name);
    let hit = match generation {
        Some(generation) => same.find(|version| i128::from(version.generation()) == generation),
        None => same.find(Version::is_live),
    };
    hit.ok_or_else(|| ApiError::not_found(format!("No such object: {bucket}/{name}")))
}

fn put(state: &mut State, version: &Version) {
    let path = key(version.text("bucket"), version.text("name"), version.generation());
    state.resources.insert(path, json!({ "object": version.resource, "content": version.content }));
}

/// What is to become the live version of a name.
pub(super) struct Upload<'a> {
    pub(super) bucket: &'a str,
    pub(super) name: &'a str,
    /// The caller's fields, in the shape of an object.
    pub(super) fields: &'a Value,
    pub(super) content: &'a [u8],
}

/// Stores a new live version after the call's preconditions held against the live one.
pub(super) fn store(world: &mut World<'_>, query: &Query, upload: &Upload<'_>) -> Result<Version, ApiError> {
    let bucket = buckets::find(world.state, upload.bucket)?;
    object_fields::check_name(upload.name)?;
    let live = find(world.state, (upload.bucket, upload.name), None).ok();
    preconditions::check(
        query,
        Side::Target,
        live.as_ref().map(Version::versions).unwrap_or_default(),
        false,
    )?;
    if let Some(live) = live {
        retire(world, &bucket, &live)?;
    }
    let generation = next_generation(world);
    let place = (upload.bucket, upload.name);
    let mut fields = object_fields::created(place, upload.content, generation, world.now);
    let class = upload.fields.get("storageClass").and_then(Value::as_str).filter(|class| !class.is_empty());
    fields.insert("storageClass".to_owned(), json!(class.unwrap_or_else(|| bucket.text("storageClass"))));
    fields.extend(object_fields::given(upload.fields));
    let version = Version { resource: Value::Object(fields), content: BASE64.encode(upload.content) };
    put(world.state, &version);
    Ok(version)
}

/// Replaces the resource of a stored version.
pub(super) fn rewrite_fields(state: &mut State, version: &Version, resource: Value) -> Version {
    let version = Version { resource, content: version.content.clone() };
    put(state, &version);
    version
}

/// Microseconds, as Google's; never the same twice, also with a clock that stands still.
fn next_generation(world: &mut World<'_>) -> u64 {
    let now = u64::try_from(world.now.as_microsecond()).unwrap_or(1);
    let last = world.state.resources.get(LAST_GENERATION).and_then(Value::as_u64).unwrap_or(0);
    let next = now.max(last + 1);
    world.state.resources.insert(LAST_GENERATION.to_owned(), json!(next));
    next
}

/// Takes the live version out of sight: kept as noncurrent where the bucket keeps versions.
fn retire(world: &mut World<'_>, bucket: &Bucket, live: &Version) -> Result<(), ApiError> {
    holds::check(bucket, live, world.now)?;
    if !bucket.flag("/versioning/enabled") {
        world.state.resources.remove(&key(live.text("bucket"), live.text("name"), live.generation()));
        return Ok(());
    }
    let mut resource = live.resource.clone();
    if let Some(fields) = resource.as_object_mut() {
        fields.insert("timeDeleted".to_owned(), json!(stamp(world.now)));
    }
    rewrite_fields(world.state, live, resource);
    Ok(())
}

fn named(world: &World<'_>, call: &Call<'_>) -> Result<Version, ApiError> {
    let place = (call.param("bucket")?, call.param("object")?);
    if call.query.flag("softDeleted") {
        return Err(ApiError::not_found(format!("No such object: {}/{}", place.0, place.1)));
    }
    find(world.state, place, preconditions::number(&call.query, "generation")?)
}

pub(super) fn get(world: &World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let version = named(world, call)?;
    preconditions::check(&call.query, Side::Target, version.versions(), true)?;
    if call.query.get("alt") != Some("media") {
        return Ok(Answer::Json(object_fields::answered(call, &version.resource)));
    }
    downloads::download(call, &version)
}

pub(super) fn patch(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    change(world, call, object_fields::patched)
}

pub(super) fn update(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    change(world, call, object_fields::updated)
}

fn change(
    world: &mut World<'_>,
    call: &Call<'_>,
    changed: fn(&Value, &Value) -> Value,
) -> Result<Value, ApiError> {
    let version = named(world, call)?;
    preconditions::check(&call.query, Side::Target, version.versions(), false)?;
    let resource = object_fields::touched(changed(&version.resource, &call.body), world.now);
    let version = rewrite_fields(world.state, &version, resource);
    Ok(object_fields::answered(call, &version.resource))
}

/// Without a generation the live version goes; with one, that version goes for good.
pub(super) fn delete(world: &mut World<'_>, call: &Call<'_>) -> Result<(), ApiError> {
    let version = named(world, call)?;
    preconditions::check(&call.query, Side::Target, version.versions(), false)?;
    remove(world, &version, call.query.get("generation").is_some())
}

/// Deletes a version; `for_good` leaves no noncurrent one behind.
pub(super) fn remove(world: &mut World<'_>, version: &Version, for_good: bool) -> Result<(), ApiError> {
    let bucket = buckets::find(world.state, version.text("bucket"))?;
    if !for_good {
        return retire(world, &bucket, version);
    }
    holds::check(&bucket, version, world.now)?;
    world.state.resources.remove(&key(version.text("bucket"), version.text("name"), version.generation()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::sandbox::limits::FRESH;

    fn world(state: &mut State) -> World<'_> {
        World {
            state,
            now: Timestamp::UNIX_EPOCH,
            operation_time: SignedDuration::ZERO,
            limits: &FRESH,
            boot_time: SignedDuration::ZERO,
        }
    }

    fn state_with_bucket(settings: &Value) -> State {
        let mut bucket = json!({ "name": "b", "storageClass": "STANDARD" });
        crate::sandbox::storage::bucket_fields::merge(&mut bucket, settings);
        let mut state = State::default();
        state.resources.insert("storage/b/b".to_owned(), json!({ "project": "p", "bucket": bucket }));
        state
    }

    fn upload(world: &mut World<'_>, name: &str) -> Result<Version, ApiError> {
        store(world, &Query::default(), &Upload { bucket: "b", name, fields: &json!({}), content: b"x" })
    }

    #[test]
    fn generations_differ_even_when_the_clock_stands_still() {
        let mut state = state_with_bucket(&json!({}));
        let mut world = world(&mut state);
        let first = upload(&mut world, "o").unwrap().generation();
        let live = find(world.state, ("b", "o"), None).unwrap();
        remove(&mut world, &live, true).unwrap();
        assert!(upload(&mut world, "o").unwrap().generation() > first);
    }

    #[test]
    fn names_that_begin_alike_are_different_objects() {
        let mut state = state_with_bucket(&json!({}));
        let mut world = world(&mut state);
        for name in ["a#1", "a", "a/b"] {
            upload(&mut world, name).unwrap();
        }
        assert_eq!(find(world.state, ("b", "a"), None).unwrap().text("name"), "a");
        let names: Vec<String> =
            versions(world.state, "b", "").iter().map(|version| version.text("name").to_owned()).collect();
        assert_eq!(names, ["a", "a#1", "a/b"]);
    }

    #[test]
    fn held_and_retained_objects_are_neither_deleted_nor_overwritten() {
        let mut state = state_with_bucket(&json!({ "retentionPolicy": { "retentionPeriod": "60" } }));
        let mut world = world(&mut state);
        let version = upload(&mut world, "o").unwrap();
        assert_eq!(upload(&mut world, "o").unwrap_err().code, 403);
        world.now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(61);
        let mut resource = version.resource.clone();
        resource["temporaryHold"] = json!(true);
        let held = rewrite_fields(world.state, &version, resource);
        assert_eq!(remove(&mut world, &held, true).unwrap_err().code, 403);
        let free = rewrite_fields(world.state, &version, version.resource.clone());
        assert!(remove(&mut world, &free, true).is_ok());
    }
}
