//! Pages of a list. The token is the position of the next item, wrapped so that nobody counts on its form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::ApiError;

/// One page, and where the next one starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    /// The items of this page.
    pub(super) items: Vec<Value>,
    /// The token of the next page; none on the last.
    pub(super) next: Option<String>,
}

impl Page {
    /// A one-platform list answer: an empty list is left out.
    pub(super) fn into_answer(self, field: &str) -> Value {
        Value::Object(self.into_fields(field))
    }

    /// A list answer with a `kind`, as Storage and Compute give it.
    pub(super) fn into_kind(self, kind: &str, field: &str) -> Value {
        let mut answer = Map::new();
        answer.insert("kind".to_owned(), json!(kind));
        answer.extend(self.into_fields(field));
        Value::Object(answer)
    }

    fn into_fields(self, field: &str) -> Map<String, Value> {
        let mut fields = Map::new();
        if !self.items.is_empty() {
            fields.insert(field.to_owned(), Value::Array(self.items));
        }
        if let Some(next) = self.next {
            fields.insert("nextPageToken".to_owned(), json!(next));
        }
        fields
    }
}

/// The page that `pageToken` and the parameter `size` (`pageSize` or `maxResults`) ask for. Zero and absent mean
/// `default`; more than `largest` means `largest`.
pub(super) fn page(
    items: Vec<Value>,
    call: &Call<'_>,
    size: &str,
    default: usize,
    largest: usize,
) -> Result<Page, ApiError> {
    let size = match call.query.get(size) {
        None | Some("" | "0") => default,
        Some(text) => text
            .parse()
            .map_err(|_| ApiError::invalid(format!("Invalid value for field '{size}': '{text}'.")))?,
    };
    let start = start(call.query.get("pageToken").unwrap_or_default())?;
    let all = items.len();
    let items: Vec<Value> = items.into_iter().skip(start).take(size.min(largest)).collect();
    let end = start + items.len();
    Ok(Page { items, next: (end < all).then(|| token(end)) })
}

fn token(position: usize) -> String {
    BASE64.encode(format!("at {position}"))
}

fn start(token: &str) -> Result<usize, ApiError> {
    if token.is_empty() {
        return Ok(0);
    }
    let decoded = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .as_deref()
        .and_then(|text| text.strip_prefix("at "))
        .and_then(|position| position.parse().ok())
        .ok_or_else(|| ApiError::invalid(format!("Invalid value for field 'pageToken': '{token}'.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_position() {
        assert_eq!(start(&token(37)).ok(), Some(37));
    }

    #[test]
    fn a_made_up_token_is_400() {
        assert_eq!(start("nonsense").map_err(|error| error.code), Err(400));
    }
}
