//! The bindings of a policy: read, checked, and merged to one per role and condition.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Holder, hex_digest, members};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

/// Every occurrence of a principal counts (<https://cloud.google.com/iam/quotas>).
const MOST_PRINCIPALS: usize = 1_500;
/// Roles that predate IAM; they take no condition.
const BASIC_ROLES: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];

/// One binding per role and condition, its members checked, folded, unique and sorted.
pub(super) fn merged(
    state: &State,
    holder: Holder<'_>,
    before: &[Value],
    after: &[Value],
) -> Result<Vec<Value>, ApiError> {
    let known: BTreeSet<(&str, &str)> =
        before.iter().flat_map(|b| members_of(b).map(move |member| (role_of(b), member))).collect();
    let mut merged: BTreeMap<(String, String), (Option<Value>, BTreeSet<String>)> = BTreeMap::new();
    for binding in after {
        let role = checked_role(binding)?;
        let condition = condition_of(binding);
        let key = (role.to_owned(), condition.as_ref().map(Value::to_string).unwrap_or_default());
        let entry = merged.entry(key).or_insert_with(|| (condition.clone(), BTreeSet::new()));
        for member in members_of(binding) {
            let member = members::folded(member)?;
            if !known.contains(&(role, member.as_str())) {
                members::check_added(state, holder, role, &member, condition.is_some())?;
            }
            entry.1.insert(member);
        }
    }
    if merged.values().map(|(_, members)| members.len()).sum::<usize>() > MOST_PRINCIPALS {
        return Err(ApiError::invalid(
            "The number of members in the policy exceeds the maximum allowed size 1500.",
        ));
    }
    Ok(merged.into_iter().filter_map(written).collect())
}

/// A binding without members is dropped on write.
fn written(entry: ((String, String), (Option<Value>, BTreeSet<String>))) -> Option<Value> {
    let ((role, _), (condition, members)) = entry;
    if members.is_empty() {
        return None;
    }
    let mut binding = json!({ "role": role, "members": members });
    if let (Some(condition), Some(fields)) = (condition, binding.as_object_mut()) {
        fields.insert("condition".to_owned(), condition);
    }
    Some(binding)
}

fn checked_role(binding: &Value) -> Result<&str, ApiError> {
    let role = role_of(binding);
    let shaped = ["roles/", "projects/", "organizations/"].iter().any(|prefix| role.starts_with(prefix));
    if !shaped || role.contains("_withcond_") {
        return Err(ApiError::invalid(format!("Role {role} is not supported for this resource.")));
    }
    let Some(condition) = condition_of(binding) else {
        return Ok(role);
    };
    if BASIC_ROLES.contains(&role) {
        return Err(ApiError::invalid(format!("Conditions cannot be set on the basic role {role}.")));
    }
    for field in ["expression", "title"] {
        if condition.get(field).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(ApiError::invalid(format!("The {field} of a condition must not be empty.")));
        }
    }
    Ok(role)
}

fn role_of(binding: &Value) -> &str {
    binding.get("role").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn bindings_of(policy: &Value) -> &[Value] {
    policy.get("bindings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn members_of(binding: &Value) -> impl Iterator<Item = &str> {
    binding.get("members").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The condition in one field order and without empty fields, so that equal conditions are equal values.
pub(super) fn condition_of(binding: &Value) -> Option<Value> {
    let given = binding.get("condition")?.as_object()?;
    let fields: Map<String, Value> = ["expression", "title", "description", "location"]
        .iter()
        .filter_map(|name| given.get(*name).map(|value| ((*name).to_owned(), value.clone())))
        .filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty()))
        .collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// The binding for a reader who does not know conditions: under a role that cannot be granted.
pub(super) fn without_condition(binding: &Value) -> Value {
    let Some(condition) = condition_of(binding) else {
        return binding.clone();
    };
    let hash: String = hex_digest(condition.to_string().as_bytes()).chars().take(20).collect();
    let role = role_of(binding);
    json!({ "role": format!("{role}_withcond_{hash}"), "members": binding.get("members") })
}
