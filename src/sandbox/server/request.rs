//! From an HTTP request to a call: query, JSON body, and the three forms of an upload.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::sandbox::call::{Call, Media, Query};
use crate::sandbox::error::ApiError;
use crate::sandbox::partial::{self, Mask};
use crate::sandbox::surface::Match;

/// Larger than anything that a course uploads, small enough for memory.
const LARGEST_BODY: usize = 512 * 1024 * 1024;

/// A request as it came.
#[derive(Debug)]
pub(super) struct Raw {
    parts: Parts,
    body: Bytes,
}

impl Raw {
    /// The HTTP verb; `X-HTTP-Method-Override` is not honoured.
    pub(super) fn verb(&self) -> &str {
        self.parts.method.as_str()
    }

    /// The undecoded path.
    pub(super) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The parts of a `multipart/mixed` body.
    pub(super) fn body_parts(&self) -> Option<Vec<Part>> {
        let boundary = boundary(self.header("content-type")?)?;
        Some(parts(&self.body, &format!("--{boundary}"))).filter(|parts| !parts.is_empty())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Takes in the whole request.
pub(super) async fn read(request: Request) -> Result<Raw, ApiError> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, LARGEST_BODY).await {
        Ok(body) => Ok(Raw { parts, body }),
        Err(_) => Err(ApiError::bad_request("Request payload size exceeds the limit.")),
    }
}

/// The checked call.
pub(super) fn call<'a>(found: &'a Match<'a>, raw: &'a Raw, base: &'a str) -> Result<Call<'a>, ApiError> {
    let query = Query(pairs(raw.parts.uri.query().unwrap_or_default()));
    found.check_query(&query)?;
    let (body, media) = if found.upload { upload(raw, &query)? } else { (json(&raw.body)?, None) };
    found.check_body(&body)?;
    Ok(Call {
        method: &found.method.id,
        version: found.version(),
        path: found.path.clone(),
        query,
        body: found.canonical(body),
        media,
        headers: &raw.parts.headers,
        base,
    })
}

/// The mask of the answer, checked against what the method answers.
pub(super) fn mask(found: &Match<'_>, call: &Call<'_>) -> Result<Option<Mask>, ApiError> {
    let Some(text) = call.query.get("fields").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let mask = Mask::parse(text)?;
    match mask.paths().iter().find(|path| !found.answers(path)) {
        Some(path) => Err(partial::invalid(&path.join("/"))),
        None => Ok(Some(mask)),
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn json(bytes: &[u8]) -> Result<Value, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let mut refusal = ApiError::bad_request(format!("Invalid JSON payload received. {error}"));
        refusal.reason = Some("parseError");
        refusal
    })
}

/// The metadata and the content. Only the request that opens a resumable upload carries no content.
fn upload(raw: &Raw, query: &Query) -> Result<(Value, Option<Media>), ApiError> {
    let content_type = raw.header("content-type");
    let whole = || Media { content_type: content_type.map(str::to_owned), bytes: raw.body.clone() };
    match query.get("uploadType") {
        _ if query.get("upload_id").is_some() => Ok((Value::Null, Some(whole()))),
        Some("resumable") => Ok((json(&raw.body)?, None)),
        Some("multipart") => multipart(&raw.body, content_type.unwrap_or_default()),
        _ => Ok((Value::Null, Some(whole()))),
    }
}

/// `multipart/related` with two parts: the metadata, the content.
fn multipart(body: &Bytes, content_type: &str) -> Result<(Value, Option<Media>), ApiError> {
    let malformed = || ApiError::bad_request("Malformed multipart body.");
    let boundary = boundary(content_type).ok_or_else(malformed)?;
    let parts = parts(body, &format!("--{boundary}"));
    let [metadata, content] = parts.as_slice() else {
        return Err(malformed());
    };
    let content_type = content.header("content-type").map(str::to_owned);
    Ok((json(&metadata.bytes)?, Some(Media { content_type, bytes: content.bytes.clone() })))
}

fn boundary(content_type: &str) -> Option<String> {
    let parameter = content_type.split(';').map(str::trim).find_map(|part| part.strip_prefix("boundary="))?;
    Some(parameter.trim_matches(['"', '\'']).to_owned()).filter(|boundary| !boundary.is_empty())
}

/// One part of a multipart body.
#[derive(Debug)]
pub(super) struct Part {
    head: String,
    /// The content.
    pub(super) bytes: Bytes,
}

impl Part {
    /// A header by its name in any case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers
            .map(|(key, value)| (key.trim(), value.trim()))
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }
}

fn parts(body: &Bytes, delimiter: &str) -> Vec<Part> {
    let starts: Vec<usize> = find_all(body, delimiter.as_bytes()).collect();
    let between = starts.iter().zip(starts.iter().skip(1));
    between.filter_map(|(from, to)| part(body.get(from + delimiter.len()..*to)?, body)).collect()
}

/// One part: a line end, headers, an empty line, the content, a line end that belongs to the delimiter.
fn part(text: &[u8], body: &Bytes) -> Option<Part> {
    let text = text.strip_prefix(b"\r\n").or_else(|| text.strip_prefix(b"\n"))?;
    let text = text.strip_suffix(b"\r\n").or_else(|| text.strip_suffix(b"\n")).unwrap_or(text);
    let (head, content) = halves(text)?;
    Some(Part { head: String::from_utf8_lossy(head).into_owned(), bytes: body.slice_ref(content) })
}

/// What comes before and after the first empty line, whichever line ends are used.
pub(super) fn halves(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let crlf = find_all(text, b"\r\n\r\n").next().map(|at| (at, 4));
    let lf = find_all(text, b"\n\n").next().map(|at| (at, 2));
    let (end, gap) = match (crlf, lf) {
        (Some(one), Some(other)) => one.min(other),
        (one, other) => one.or(other)?,
    };
    Some((text.get(..end)?, text.get(end + gap..)?))
}

fn find_all<'a>(text: &'a [u8], what: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    text.windows(what.len()).enumerate().filter(move |(_, window)| *window == what).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_multipart_upload_is_metadata_and_content() {
        let body = Bytes::from(
            "--x\r\ncontent-type: application/json\r\n\r\n{\"name\":\"a\"}\r\n--x\r\ncontent-type: text/plain\r\n\r\n\
             one\r\n\r\ntwo\r\n--x--",
        );
        let (metadata, media) = multipart(&body, "multipart/related; boundary=\"x\"").unwrap();
        assert_eq!(metadata, json!({ "name": "a" }));
        let media = media.unwrap();
        assert_eq!(media.content_type.as_deref(), Some("text/plain"));
        assert_eq!(media.bytes, "one\r\n\r\ntwo");
    }

    #[test]
    fn a_multipart_upload_without_its_boundary_is_400() {
        assert_eq!(multipart(&Bytes::from("x"), "text/plain").map_err(|error| error.code).err(), Some(400));
    }

    #[test]
    fn a_query_is_decoded() {
        let given = pairs("filter=labels.a%3Db+AND+c&flag");
        assert_eq!(
            given,
            [("filter".to_owned(), "labels.a=b AND c".to_owned()), ("flag".to_owned(), String::new())]
        );
    }
}
