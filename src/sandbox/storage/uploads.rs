//! Uploads: in one request, with or without metadata, and resumable ones in chunks.
//!
//! A resumable upload is a session under `storage/uploads/ID` that keeps the metadata, the query of the request
//! that opened it (its preconditions count when the last byte arrives) and the bytes so far. A finished session
//! remembers its object for a week, so that a client who lost the last answer can ask again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::objects::{self, Upload, Version};
use super::preconditions::{self, Side};
use super::{buckets, object_fields};
use crate::sandbox::call::{Answer, Call, Query, World};
use crate::sandbox::error::ApiError;

/// Every chunk but the last is a multiple of this.
const CHUNK: usize = 256 * 1024;
const SESSION_SECONDS: i64 = 7 * 24 * 3600;

#[derive(Serialize, Deserialize)]
struct Session {
    bucket: String,
    name: String,
    fields: Value,
    query: Vec<(String, String)>,
    content: String,
    opened: i64,
    finished: Option<Value>,
}

/// Serves every form of `storage.objects.insert`.
pub(super) fn insert(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    if let Some(id) = call.query.get("upload_id") {
        return resume(world, call, id);
    }
    let bucket = call.param("bucket")?;
    let fields = fields(call);
    let name = name(call, &fields)?;
    if call.query.get("uploadType") == Some("resumable") {
        return open(world, call, bucket, name, fields.clone());
    }
    let content = call.media.as_ref().map(|media| media.bytes.to_vec()).unwrap_or_default();
    object_fields::check_sums(&fields, &content)?;
    let version =
        objects::store(world, &call.query, &Upload { bucket, name, fields: &fields, content: &content })?;
    Ok(Answer::Json(object_fields::answered(call, &version.resource)))
}

/// The metadata of the request; the type of the content counts where the metadata names none.
fn fields(call: &Call<'_>) -> Value {
    let mut fields = if call.body.is_object() { call.body.clone() } else { json!({}) };
    let header = call.headers.get("x-upload-content-type").and_then(|value| value.to_str().ok());
    let media = call.media.as_ref().and_then(|media| media.content_type.as_deref());
    let Some(object) = fields.as_object_mut() else {
        return fields;
    };
    if object.get("contentType").and_then(Value::as_str).is_none_or(str::is_empty) {
        let content_type = header.or(media).unwrap_or("application/octet-stream");
        object.insert("contentType".to_owned(), json!(content_type));
    }
    if let Some(encoding) = call.query.get("contentEncoding") {
        object.insert("contentEncoding".to_owned(), json!(encoding));
    }
    fields
}

fn name<'a>(call: &'a Call<'_>, fields: &'a Value) -> Result<&'a str, ApiError> {
    let given = call.query.get("name").or_else(|| fields.get("name").and_then(Value::as_str));
    given.filter(|name| !name.is_empty()).ok_or_else(|| ApiError::required("Required parameter: name"))
}

fn key(id: &str) -> String {
    format!("storage/uploads/{id}")
}

/// Answers the address of the session. Preconditions that fail already are not worth a byte.
fn open(
    world: &mut World<'_>,
    call: &Call<'_>,
    bucket: &str,
    name: &str,
    fields: Value,
) -> Result<Answer, ApiError> {
    buckets::find(world.state, bucket)?;
    object_fields::check_name(name)?;
    let live = objects::find(world.state, (bucket, name), None).ok();
    preconditions::check(
        &call.query,
        Side::Target,
        live.as_ref().map(Version::versions).unwrap_or_default(),
        false,
    )?;
    drop_old(world);
    let id = format!("A{:020}", world.next_id());
    let query = PRECONDITIONS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), call.query.get(name)?.to_owned())))
        .collect();
    let session = Session {
        bucket: bucket.to_owned(),
        name: name.to_owned(),
        fields,
        query,
        content: String::new(),
        opened: world.now.as_second(),
        finished: None,
    };
    save(world, &id, &session);
    let location =
        format!("{}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={id}", call.base);
    let headers = vec![("location", location), ("x-guploader-uploadid", id)];
    Ok(Answer::Headers { status: 200, headers, body: Value::Null })
}

const PRECONDITIONS: [&str; 4] =
    ["ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch"];

fn save(world: &mut World<'_>, id: &str, session: &Session) {
    world.state.resources.insert(key(id), serde_json::to_value(session).unwrap_or_default());
}

fn drop_old(world: &mut World<'_>) {
    let limit = world.now.as_second() - SESSION_SECONDS;
    world.state.resources.retain(|path, stored| {
        !path.starts_with("storage/uploads/")
            || stored.get("opened").and_then(Value::as_i64).unwrap_or(0) > limit
    });
}

/// What a `Content-Range` says: where the chunk starts, and the whole length where it is known.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// The request carries all bytes.
    Whole,
    /// `bytes a-b/total` or `bytes a-b/*`.
    Chunk { first: usize, total: Option<usize> },
    /// `bytes */total`: how far did we get?
    Query { total: Option<usize> },
}

fn range(call: &Call<'_>) -> Result<Range, ApiError> {
    match call.headers.get("content-range") {
        None => Ok(Range::Whole),
        Some(value) => value
            .to_str()
            .ok()
            .and_then(parsed)
            .ok_or_else(|| ApiError::invalid("Failed to parse Content-Range header.")),
    }
}

fn parsed(text: &str) -> Option<Range> {
    let (span, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    if span == "*" {
        return Some(Range::Query { total });
    }
    let (first, last) = span.split_once('-')?;
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(Range::Chunk { first, total })
}

fn resume(world: &mut World<'_>, call: &Call<'_>, id: &str) -> Result<Answer, ApiError> {
    let stored = world.state.resources.get(&key(id)).cloned().unwrap_or_default();
    let Ok(mut session) = serde_json::from_value::<Session>(stored) else {
        return Err(ApiError::not_found("Upload session not found."));
    };
    if let Some(resource) = &session.finished {
        return Ok(Answer::Json(object_fields::answered(call, resource)));
    }
    let mut content = BASE64.decode(&session.content).unwrap_or_default();
    let bytes = call.media.as_ref().map(|media| media.bytes.as_ref()).unwrap_or_default();
    let total = match range(call)? {
        Range::Whole => {
            content = bytes.to_vec();
            Some(bytes.len())
        }
        Range::Query { total } => total,
        Range::Chunk { first, total } => {
            append(&mut content, first, bytes, total)?;
            total
        }
    };
    if total == Some(content.len()) {
        return finish(world, call, id, session, &content);
    }
    session.content = BASE64.encode(&content);
    save(world, id, &session);
    Ok(continued(content.len()))
}

/// A chunk may repeat bytes that are there; it may not leave a gap.
fn append(content: &mut Vec<u8>, first: usize, bytes: &[u8], total: Option<usize>) -> Result<(), ApiError> {
    if first > content.len() {
        return Err(ApiError::invalid("Invalid request. The chunk does not start where the upload stopped."));
    }
    if total.is_none_or(|total| first + bytes.len() < total) && !bytes.len().is_multiple_of(CHUNK) {
        return Err(ApiError::invalid(
            "Invalid request. There were bytes in the request body that are not a multiple of 262144, which only \
             the final request may have.",
        ));
    }
    content.truncate(first);
    content.extend_from_slice(bytes);
    Ok(())
}

fn continued(length: usize) -> Answer {
    let headers = match length.checked_sub(1) {
        Some(last) => vec![("range", format!("bytes=0-{last}"))],
        None => Vec::new(),
    };
    Answer::Headers { status: 308, headers, body: Value::Null }
}

/// The last byte is there: the object is stored under the conditions the session was opened with.
fn finish(
    world: &mut World<'_>,
    call: &Call<'_>,
    id: &str,
    mut session: Session,
    content: &[u8],
) -> Result<Answer, ApiError> {
    object_fields::check_sums(&session.fields, content)?;
    let upload = Upload { bucket: &session.bucket, name: &session.name, fields: &session.fields, content };
    let version = objects::store(world, &Query(session.query.clone()), &upload)?;
    session.content = String::new();
    session.finished = Some(version.resource.clone());
    save(world, id, &session);
    Ok(Answer::Json(object_fields::answered(call, &version.resource)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_chunks_or_questions() {
        let rows = [
            ("bytes 0-9/10", Some(Range::Chunk { first: 0, total: Some(10) })),
            ("bytes 5-9/*", Some(Range::Chunk { first: 5, total: None })),
            ("bytes */10", Some(Range::Query { total: Some(10) })),
            ("bytes */*", Some(Range::Query { total: None })),
            ("bytes 9-5/10", None),
            ("bytes x-5/10", None),
            ("0-9/10", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(parsed(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_chunk_may_repeat_but_not_leave_a_gap() {
        let mut content = vec![1, 2, 3];
        assert!(append(&mut content, 4, &[5], Some(5)).is_err());
        append(&mut content, 2, &[9, 8], Some(4)).unwrap();
        assert_eq!(content, [1, 2, 9, 8]);
        assert!(append(&mut content, 4, &[0; 100], Some(9_999)).is_err(), "only the last chunk may be odd");
    }
}
