//! The object list: prefixes, a delimiter, versions and pages over names in byte order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE as BASE64;
use serde_json::{Value, json};

use super::objects::{self, Version};
use super::{buckets, object_fields};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::resourcemanager;

const LARGEST_PAGE: usize = 1_000;

/// A line of the list: an object, or all objects below a prefix.
enum Line {
    Object(Version),
    Prefix(String),
}

impl Line {
    /// Where the line stands in the list; pages continue after it.
    fn place(&self) -> (String, u64) {
        match self {
            Self::Object(version) => (version.text("name").to_owned(), version.generation()),
            Self::Prefix(prefix) => (prefix.clone(), u64::MAX),
        }
    }
}

/// Items and prefixes count alike towards a page. A list of nothing has neither field.
pub(super) fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let bucket = call.param("bucket")?;
    buckets::find(world.state, bucket)?;
    let mut lines = lines(selected(world, call, bucket)?, call);
    let size = page_size(call)?;
    if let Some(token) = call.query.get("pageToken").filter(|token| !token.is_empty()) {
        let after = place_in(token)?;
        lines.retain(|line| line.place() > after);
    }
    let more = lines.len() > size;
    lines.truncate(size);
    let mut answer = json!({ "kind": "storage#objects" });
    let token = lines.last().filter(|_| more).map(|line| token_of(&line.place()));
    let (mut items, mut prefixes) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Object(version) => items.push(object_fields::answered(call, &version.resource)),
            Line::Prefix(prefix) => prefixes.push(json!(prefix)),
        }
    }
    if let Some(fields) = answer.as_object_mut() {
        fields.extend(token.map(|token| ("nextPageToken".to_owned(), json!(token))));
        fields.extend((!prefixes.is_empty()).then(|| ("prefixes".to_owned(), Value::Array(prefixes))));
        fields.extend((!items.is_empty()).then(|| ("items".to_owned(), Value::Array(items))));
    }
    Ok(answer)
}

fn page_size(call: &Call<'_>) -> Result<usize, ApiError> {
    match call.query.get("maxResults").map(str::parse::<usize>) {
        None | Some(Ok(0)) => Ok(LARGEST_PAGE),
        Some(Ok(size)) => Ok(size.min(LARGEST_PAGE)),
        Some(Err(_)) => Err(ApiError::invalid("Invalid value for maxResults.")),
    }
}

/// The versions that the filters let through. Soft-deleted objects are not kept, so that list is empty.
fn selected(world: &World<'_>, call: &Call<'_>, bucket: &str) -> Result<Vec<Version>, ApiError> {
    if call.query.flag("softDeleted") {
        return Ok(Vec::new());
    }
    resourcemanager::check_unserved(call, &["filter", "matchGlob"])?;
    let bound = |name: &str| call.query.get(name).filter(|given| !given.is_empty());
    let (from, until) = (bound("startOffset"), bound("endOffset"));
    let mut versions = objects::versions(world.state, bucket, call.query.get("prefix").unwrap_or_default());
    versions.retain(|version| {
        let name = version.text("name");
        (version.is_live() || call.query.flag("versions"))
            && from.is_none_or(|from| name >= from)
            && until.is_none_or(|until| name < until)
    });
    Ok(versions)
}

/// Folds everything below a delimiter into one line per prefix.
fn lines(versions: Vec<Version>, call: &Call<'_>) -> Vec<Line> {
    let start = call.query.get("prefix").unwrap_or_default().len();
    let delimiter = call.query.get("delimiter").filter(|delimiter| !delimiter.is_empty());
    let mut lines: Vec<Line> = Vec::new();
    for version in versions {
        let Some(prefix) = delimiter.and_then(|delimiter| folded(version.text("name"), start, delimiter))
        else {
            lines.push(Line::Object(version));
            continue;
        };
        let trailing = call.query.flag("includeTrailingDelimiter") && version.text("name") == prefix;
        if !matches!(lines.last(), Some(Line::Prefix(last)) if *last == prefix) {
            lines.push(Line::Prefix(prefix));
        }
        if trailing {
            lines.insert(lines.len().saturating_sub(1), Line::Object(version));
        }
    }
    lines
}

fn folded(name: &str, start: usize, delimiter: &str) -> Option<String> {
    let rest = name.get(start..)?;
    let end = start + rest.find(delimiter)? + delimiter.len();
    name.get(..end).map(str::to_owned)
}

fn token_of((name, generation): &(String, u64)) -> String {
    BASE64.encode(format!("{generation}/{name}"))
}

fn place_in(token: &str) -> Result<(String, u64), ApiError> {
    let text = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let place = text.split_once('/').and_then(|(number, name)| Some((name.to_owned(), number.parse().ok()?)));
    place.ok_or_else(|| ApiError::invalid(format!("Invalid page token: '{token}'")))
}
