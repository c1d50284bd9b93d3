//! Partial responses: the `fields` parameter, such as `items/*/instances(name,labels),nextPageToken`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::ApiError;

/// Which part of a value is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mask {
    /// All of it.
    All,
    /// These fields; `*` stands for every field that is not named.
    Fields(BTreeMap<String, Mask>),
}

impl Mask {
    /// Reads the parameter. Levels are separated by `/` or `.`; parentheses hold several fields of one level.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut rest = text;
        let fields = list(&mut rest).filter(|_| rest.is_empty());
        fields.map(Self::Fields).ok_or_else(|| invalid(text))
    }

    /// Keeps of a value what the mask names. A list is cut item by item.
    pub(super) fn cut(&self, value: Value) -> Value {
        let Self::Fields(fields) = self else { return value };
        match value {
            Value::Array(items) => items.into_iter().map(|item| self.cut(item)).collect(),
            Value::Object(object) => Value::Object(cut_fields(fields, object)),
            other => other,
        }
    }

    /// Every path that the mask names, for comparison with what is documented.
    pub(super) fn paths(&self) -> Vec<Vec<&str>> {
        let Self::Fields(fields) = self else {
            return vec![Vec::new()];
        };
        let below = fields.iter().flat_map(|(name, mask)| {
            mask.paths().into_iter().map(move |rest| [vec![name.as_str()], rest].concat())
        });
        below.collect()
    }
}

/// The refusal of a mask that names what is not there.
pub(super) fn invalid(text: &str) -> ApiError {
    let mut error = ApiError::invalid(format!("Invalid field selection {text}"));
    error.reason = Some("invalidParameter");
    error
}

fn cut_fields(fields: &BTreeMap<String, Mask>, object: Map<String, Value>) -> Map<String, Value> {
    let kept = object.into_iter().filter_map(|(name, value)| {
        let mask = fields.get(&name).or_else(|| fields.get("*"))?;
        let value = mask.cut(value);
        let nothing_left = *mask != Mask::All && value.as_object().is_some_and(Map::is_empty);
        (!nothing_left).then_some((name, value))
    });
    kept.collect()
}

fn list(rest: &mut &str) -> Option<BTreeMap<String, Mask>> {
    let mut fields = BTreeMap::new();
    loop {
        let (name, mask) = field(rest)?;
        let merged = match fields.remove(&name) {
            Some(other) => union(other, mask),
            None => mask,
        };
        fields.insert(name, merged);
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(fields),
        }
    }
}

fn field(rest: &mut &str) -> Option<(String, Mask)> {
    let end = rest.find([',', '/', '.', '(', ')']).unwrap_or(rest.len());
    let (name, after) = rest.split_at_checked(end)?;
    let name = name.trim();
    *rest = after;
    if name.is_empty() {
        return None;
    }
    Some((name.to_owned(), below(rest)?))
}

fn below(rest: &mut &str) -> Option<Mask> {
    if let Some(after) = rest.strip_prefix(['/', '.']) {
        *rest = after;
        let (name, mask) = field(rest)?;
        return Some(Mask::Fields(BTreeMap::from([(name, mask)])));
    }
    let Some(after) = rest.strip_prefix('(') else {
        return Some(Mask::All);
    };
    *rest = after;
    let fields = list(rest)?;
    *rest = rest.strip_prefix(')')?;
    Some(Mask::Fields(fields))
}

fn union(one: Mask, other: Mask) -> Mask {
    let (Mask::Fields(mut fields), Mask::Fields(more)) = (one, other) else {
        return Mask::All;
    };
    for (name, mask) in more {
        let merged = match fields.remove(&name) {
            Some(held) => union(held, mask),
            None => mask,
        };
        fields.insert(name, merged);
    }
    Mask::Fields(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mask_keeps_what_it_names() {
        let list = json!({
            "kind": "list", "nextPageToken": "t",
            "items": { "zones/a": { "instances": [{ "name": "x", "id": "1", "tags": { "items": ["t"], "fingerprint": "f" } }] },
                       "zones/b": { "warning": { "code": "NO_RESULTS_ON_PAGE" } } },
        });
        for (mask, kept) in [
            ("nextPageToken", json!({ "nextPageToken": "t" })),
            (
                "items/*/instances(name),kind",
                json!({ "kind": "list", "items": { "zones/a": { "instances": [{ "name": "x" }] } } }),
            ),
            (
                "items/*/instances/tags/items",
                json!({ "items": { "zones/a": { "instances": [{ "tags": { "items": ["t"] } }] } } }),
            ),
            (
                "items.*.instances(name,id),items.*.instances.tags.fingerprint",
                json!({ "items": { "zones/a": { "instances": [{ "name": "x", "id": "1", "tags": { "fingerprint": "f" } }] } } }),
            ),
            ("*", list.clone()),
        ] {
            assert_eq!(Mask::parse(mask).unwrap().cut(list.clone()), kept, "{mask}");
        }
    }

    #[test]
    fn a_malformed_mask_is_400() {
        for mask in ["", "a,", "a(b", "a(b))", "/a", "a()"] {
            assert_eq!(Mask::parse(mask).map_err(|error| error.code), Err(400), "{mask}");
        }
    }
}
