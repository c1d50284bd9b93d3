//! Enum values sent as numbers: Google's own libraries encode them so. The numbers are those of the protocol
//! buffers, which are not the positions in the discovery document.

use serde_json::Value;

const FORMATS: &[(i64, &str)] = &[
    (1, "DOCKER"),
    (2, "MAVEN"),
    (3, "NPM"),
    (5, "APT"),
    (6, "YUM"),
    (8, "PYTHON"),
    (9, "KFP"),
    (10, "GO"),
    (11, "GENERIC"),
    (12, "RUBY"),
];
const MODES: &[(i64, &str)] =
    &[(1, "STANDARD_REPOSITORY"), (2, "VIRTUAL_REPOSITORY"), (3, "REMOTE_REPOSITORY")];
const ACTIONS: &[(i64, &str)] = &[(1, "DELETE"), (2, "KEEP")];
const TAG_STATES: &[(i64, &str)] = &[(1, "TAGGED"), (2, "UNTAGGED"), (3, "ANY")];
const ENABLEMENTS: &[(i64, &str)] = &[(1, "INHERITED"), (2, "DISABLED")];

/// The body with every numbered enum named. Zero is the unspecified value and goes away.
pub(super) fn named(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let named = fields.iter().filter_map(|(name, value)| Some((name.clone(), field(name, value)?)));
            Value::Object(named.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(named).collect()),
        other => other.clone(),
    }
}

fn field(name: &str, value: &Value) -> Option<Value> {
    let values = match name {
        "format" => FORMATS,
        "mode" => MODES,
        "action" => ACTIONS,
        "tagState" => TAG_STATES,
        "enablementConfig" => ENABLEMENTS,
        _ => return Some(named(value)),
    };
    let Some(number) = value.as_i64() else {
        return Some(named(value));
    };
    values.iter().find(|(known, _)| *known == number).map(|(_, name)| Value::from(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbered_enums_get_their_names() {
        let body = json!({"format": 8, "mode": 0, "cleanupPolicies": {"a": {"action": 2, "condition": {"tagState": 3}}}});
        let wanted = json!({"format": "PYTHON", "cleanupPolicies": {"a": {"action": "KEEP", "condition": {"tagState": "ANY"}}}});
        assert_eq!(named(&body), wanted);
    }
}
