//! Masks of a PATCH: which members of a service it writes, and how.

use serde_json::{Map, Value};

use crate::sandbox::error::ApiError;

/// What may be written. Everything else of a service is the server's.
pub(super) const WRITABLE: [&str; 17] = [
    "annotations",
    "binaryAuthorization",
    "buildConfig",
    "client",
    "clientVersion",
    "customAudiences",
    "defaultUriDisabled",
    "description",
    "iapEnabled",
    "ingress",
    "invokerIamDisabled",
    "labels",
    "launchStage",
    "multiRegionSettings",
    "scaling",
    "template",
    "traffic",
];

/// The paths of a mask in JSON names; none means all that may be written.
pub(super) fn paths(mask: &str) -> Result<Vec<String>, ApiError> {
    let named = mask.split(',').map(|path| camel_case(path.trim())).filter(|path| !path.is_empty());
    let paths: Vec<String> = named.collect();
    if paths.is_empty() || paths == ["*"] {
        return Ok(WRITABLE.map(str::to_owned).to_vec());
    }
    let top = |path: &String| path.split('.').next().unwrap_or_default().to_owned();
    match paths.iter().find(|path| !WRITABLE.contains(&top(path).as_str()) && top(path) != "etag") {
        Some(path) => Err(ApiError::invalid(format!("Invalid update mask path: '{path}'."))),
        None => Ok(paths),
    }
}

/// Takes the named members from the body; what the body does not have goes.
pub(super) fn apply(service: &mut Map<String, Value>, body: &Value, paths: &[String]) {
    for path in paths.iter().filter(|path| *path != "etag") {
        let parts: Vec<&str> = path.split('.').collect();
        let value = parts.iter().try_fold(body, |at, part| at.get(part));
        put(service, &parts, value.filter(|value| !value.is_null()));
    }
}

fn put(at: &mut Map<String, Value>, path: &[&str], value: Option<&Value>) {
    match (path, value) {
        ([last], Some(value)) => {
            at.insert((*last).to_owned(), value.clone());
        }
        ([last], None) => {
            at.shift_remove(*last);
        }
        ([first, rest @ ..], _) => {
            let below = at.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if let Some(below) = below.as_object_mut() {
                put(below, rest, value);
            }
        }
        ([], _) => {}
    }
}

fn camel_case(path: &str) -> String {
    let mut words = path.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut path, word| {
        let mut letters = word.chars();
        path.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        path.push_str(letters.as_str());
        path
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mask_names_members_at_any_depth_in_both_spellings() {
        let paths = paths("template.max_instance_request_concurrency,labels").unwrap();
        assert_eq!(paths, ["template.maxInstanceRequestConcurrency", "labels"]);
        let Value::Object(mut service) = json!({"labels": {"a": "b"}, "template": {"timeout": "5s"}}) else {
            unreachable!()
        };
        let body = json!({"template": {"maxInstanceRequestConcurrency": 3, "timeout": "9s"}});
        apply(&mut service, &body, &paths);
        let wanted = json!({"template": {"timeout": "5s", "maxInstanceRequestConcurrency": 3}});
        assert_eq!(Value::Object(service), wanted);
    }

    #[test]
    fn without_a_mask_everything_is_written_and_what_is_the_servers_cannot_be_named() {
        assert_eq!(paths("").unwrap().len(), WRITABLE.len());
        assert_eq!(paths("uid").unwrap_err().code, 400);
    }
}
