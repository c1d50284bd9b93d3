//! The fields of an object: what a caller may write, what the server computes, how a version is answered.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::bucket_fields::merge;
use super::checksums;
use crate::sandbox::call::Call;
use crate::sandbox::error::ApiError;

/// Fields a caller may set. A custom storage class is taken at creation only.
const WRITABLE: [&str; 9] = [
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "eventBasedHold",
    "metadata",
    "temporaryHold",
];
const PATH_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The fields of `body` that a caller may set.
pub(super) fn given(body: &Value) -> Map<String, Value> {
    let set = WRITABLE.iter().filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())));
    set.filter(|(_, value)| !value.is_null()).collect()
}

/// A PATCH of the writable fields; null removes, also a single key of `metadata`.
pub(super) fn patched(object: &Value, body: &Value) -> Value {
    let mut object = object.clone();
    let changes: Map<String, Value> =
        WRITABLE.iter().filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone()))).collect();
    merge(&mut object, &Value::Object(changes));
    without_empty_metadata(object)
}

/// A PUT of the writable fields: what the body leaves out is removed.
pub(super) fn updated(object: &Value, body: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|name, _| !WRITABLE.contains(&name.as_str()));
        fields.extend(given(body));
    }
    without_empty_metadata(object)
}

fn without_empty_metadata(mut object: Value) -> Value {
    let empty = object.get("metadata").and_then(Value::as_object).is_some_and(Map::is_empty);
    if let Some(fields) = object.as_object_mut().filter(|_| empty) {
        fields.remove("metadata");
    }
    object
}

/// One more write to the metadata of a version.
pub(super) fn touched(mut object: Value, now: jiff::Timestamp) -> Value {
    let number = |name: &str| object.get(name).and_then(Value::as_str).and_then(|n| n.parse::<u64>().ok());
    let (generation, next) = (number("generation").unwrap_or(0), number("metageneration").unwrap_or(0) + 1);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("metageneration".to_owned(), json!(next.to_string()));
        fields.insert("etag".to_owned(), json!(checksums::object_etag(generation, next)));
        fields.insert("updated".to_owned(), json!(super::objects::stamp(now)));
    }
    object
}

/// A version to be: its place, content and number, before the caller's fields are laid over it.
pub(super) fn created(
    (bucket, name): (&str, &str),
    content: &[u8],
    generation: u64,
    now: jiff::Timestamp,
) -> Map<String, Value> {
    let stamp = super::objects::stamp(now);
    let object = json!({
        "kind": "storage#object",
        "id": format!("{bucket}/{name}/{generation}"),
        "selfLink": format!("https://www.googleapis.com/storage/v1/b/{bucket}/o/{}", encoded(name)),
        "name": name,
        "bucket": bucket,
        "generation": generation.to_string(),
        "metageneration": "1",
        "size": content.len().to_string(),
        "md5Hash": checksums::md5_hash(content),
        "crc32c": checksums::crc32c(content),
        "etag": checksums::object_etag(generation, 1),
        "timeCreated": stamp,
        "updated": stamp,
        "timeStorageClassUpdated": stamp,
        "timeFinalized": stamp,
    });
    object.as_object().cloned().unwrap_or_default()
}

/// The version as answered: the download link names the server that was asked, so that clients which follow it
/// stay with the sandbox. Google's begins with `/download/storage/v1`, which serves the same but is in no
/// discovery document.
pub(super) fn answered(call: &Call<'_>, object: &Value) -> Value {
    let mut object = object.clone();
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let link = format!(
        "{}/storage/v1/b/{}/o/{}?generation={}&alt=media",
        call.base,
        text("bucket"),
        encoded(text("name")),
        text("generation")
    );
    if let Some(fields) = object.as_object_mut() {
        fields.insert("mediaLink".to_owned(), json!(link));
    }
    object
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, PATH_SEGMENT).to_string()
}

/// Names Google refuses (<https://cloud.google.com/storage/docs/objects#naming>).
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    let refused = name.is_empty()
        || name.len() > 1_024
        || name.contains(['\r', '\n'])
        || name == "."
        || name == ".."
        || name.starts_with(".well-known/acme-challenge/");
    if refused {
        return Err(ApiError::invalid(format!("Invalid object name: '{name}'")));
    }
    Ok(())
}

/// The caller's own checksums, where given, must be those of the content.
pub(super) fn check_sums(body: &Value, content: &[u8]) -> Result<(), ApiError> {
    let sums =
        [("md5Hash", "MD5", checksums::md5_hash(content)), ("crc32c", "CRC32C", checksums::crc32c(content))];
    for (field, word, calculated) in sums {
        let given = body.get(field).and_then(Value::as_str).unwrap_or_default();
        if !given.is_empty() && given != calculated {
            return Err(ApiError::invalid(format!(
                "Provided {word} hash \"{given}\" doesn't match calculated {word} hash \"{calculated}\"."
            )));
        }
    }
    Ok(())
}
