//! The content of an object, whole or a range of it.

use axum::body::Bytes;

use super::objects::Version;
use crate::sandbox::call::{Answer, Call};
use crate::sandbox::error::ApiError;

/// The answer to `alt=media`. A range that the object does not reach is 416.
pub(super) fn download(call: &Call<'_>, version: &Version) -> Result<Answer, ApiError> {
    let content = Bytes::from(version.content());
    let mut headers = headers(version);
    let asked = call.headers.get("range").and_then(|value| value.to_str().ok()).and_then(parsed);
    let bytes = match asked.map(|range| span(range, content.len())) {
        None => content,
        Some(None) => return Err(out_of_range()),
        Some(Some((first, end))) => {
            let last = end.saturating_sub(1);
            headers.push(("content-range", format!("bytes {first}-{last}/{}", content.len())));
            content.slice(first..end)
        }
    };
    let content_type = version.text("contentType");
    let content_type = if content_type.is_empty() { "application/octet-stream" } else { content_type };
    Ok(Answer::Bytes { content_type: content_type.to_owned(), bytes, headers })
}

fn headers(version: &Version) -> Vec<(&'static str, String)> {
    let text = |field| version.text(field).to_owned();
    let mut hashes = format!("crc32c={}", text("crc32c"));
    if !version.text("md5Hash").is_empty() {
        hashes = format!("{hashes},md5={}", text("md5Hash"));
    }
    vec![
        ("etag", text("etag")),
        ("x-goog-generation", text("generation")),
        ("x-goog-metageneration", text("metageneration")),
        ("x-goog-storage-class", text("storageClass")),
        ("x-goog-hash", hashes),
    ]
}

/// First and last byte as given: either may be left out, not both.
fn parsed(text: &str) -> Option<(Option<usize>, Option<usize>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    };
    let range = (number(first)?, number(last)?);
    (range != (None, None)).then_some(range)
}

/// The bytes from the first to before the second.
fn span(range: (Option<usize>, Option<usize>), length: usize) -> Option<(usize, usize)> {
    let (first, end) = match range {
        (Some(first), last) => (first, last.map_or(length, |last| last.saturating_add(1).min(length))),
        (None, last) => (length.saturating_sub(last.unwrap_or(0)), length),
    };
    (first < end).then_some((first, end))
}

fn out_of_range() -> ApiError {
    let mut error = ApiError::invalid("The requested range cannot be satisfied.");
    (error.code, error.reason) = (416, Some("requestedRangeNotSatisfiable"));
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_the_end_of_the_object() {
        for (header, wanted) in [
            ("bytes=0-4", Some((0, 5))),
            ("bytes=6-", Some((6, 11))),
            ("bytes=-5", Some((6, 11))),
            ("bytes=6-99", Some((6, 11))),
            ("bytes=11-", None),
        ] {
            assert_eq!(span(parsed(header).unwrap(), 11), wanted, "{header}");
        }
        assert_eq!(parsed("bytes=-"), None);
        assert_eq!(parsed("lines=1-2"), None);
    }
}
