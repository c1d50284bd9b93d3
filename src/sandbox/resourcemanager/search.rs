//! Which projects a list or a search names: `lifecycleState:ACTIVE labels.course=be name:be-*`.
//!
//! Terms side by side or with AND between them; case does not count. Alternatives and negations are refused
//! rather than misread.

use serde_json::Value;

use crate::sandbox::error::ApiError;

/// The terms that a project must meet, each a field of the project as v1 shows it and a pattern.
#[derive(Debug, PartialEq)]
pub(super) struct Search(Vec<(String, String)>);

impl Search {
    /// Reads `filter` of v1 or `query` of v3.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let words = text.split_whitespace().filter(|word| !word.eq_ignore_ascii_case("and"));
        words.map(term).collect::<Option<_>>().map(Self).ok_or_else(|| {
            ApiError::invalid(format!("The sandbox does not serve the project filter '{text}'."))
        })
    }

    /// Whether the project meets every term.
    pub(super) fn names(&self, project: &Value) -> bool {
        self.0.iter().all(|(pointer, pattern)| {
            let held = project.pointer(pointer).and_then(Value::as_str);
            held.is_some_and(|held| fits(pattern, &held.to_ascii_lowercase()))
        })
    }
}

fn term(word: &str) -> Option<(String, String)> {
    let (field, pattern) = word.split_once([':', '='])?;
    let pattern = pattern.trim_matches(['"', '\'']).to_ascii_lowercase();
    let pointer = match field {
        "id" | "projectId" => "/projectId".to_owned(),
        "name" | "displayName" => "/name".to_owned(),
        "projectNumber" => "/projectNumber".to_owned(),
        "lifecycleState" | "state" => "/lifecycleState".to_owned(),
        "parent.type" => "/parent/type".to_owned(),
        "parent.id" => "/parent/id".to_owned(),
        _ => format!("/labels/{}", field.strip_prefix("labels.")?),
    };
    let is_plain = !pattern.is_empty() && !pattern.contains(['(', ')', ':', '=']);
    is_plain.then_some((pointer, pattern))
}

/// `*` stands for anything; without one the whole text is meant.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(after) = text.strip_prefix(start) else { return false };
    (0..=after.len()).any(|at| after.get(at..).is_some_and(|tail| fits(rest, tail)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_search_names_what_meets_every_term() {
        let project = json!({ "projectId": "be-cloud-2526", "name": "BE Cloud", "lifecycleState": "ACTIVE",
            "labels": { "course": "be" } });
        for (text, names) in [
            ("", true),
            ("lifecycleState:ACTIVE", true),
            ("id:be-cloud-2526", true),
            ("projectId=be-*26 AND labels.course=be", true),
            ("labels.course:*", true),
            ("labels.team:*", false),
            ("name:be*", true),
            ("id:be-cloud", false),
            ("state:ACTIVE id:other", false),
        ] {
            assert_eq!(Search::parse(text).unwrap().names(&project), names, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_400() {
        for text in ["be-cloud", "NOT id:x", "id:x OR id:y", "(id:x)", "colour:red", "id:"] {
            assert_eq!(Search::parse(text).map_err(|error| error.code).err(), Some(400), "{text}");
        }
    }
}
