//! IAM policies as sets of grants: reading one, and adding and removing members without losing anybody else's.
//! Pure. Which grants are wanted is not decided here.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A condition of a binding. Title and expression are part of the binding's identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// Short name of the condition.
    pub title: String,
    /// Longer text; absent on the wire when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The condition in CEL.
    pub expression: String,
}

/// One grant: a role to a member, under a condition or none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Tuple {
    /// The role: `roles/…`.
    pub role: String,
    /// Who has it: `user:…`, `serviceAccount:…`.
    pub member: String,
    /// The condition, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// The bindings of a policy by (role, condition), duplicates merged, members as a set.
pub type Bindings = BTreeMap<(String, Option<Condition>), BTreeSet<String>>;

/// Reads the bindings of a policy. The server may hold several bindings with the same key; they are merged.
pub fn bindings(policy: &Value) -> Bindings {
    let mut all = Bindings::new();
    for binding in policy.get("bindings").and_then(Value::as_array).into_iter().flatten() {
        let role = binding.get("role").and_then(Value::as_str).unwrap_or_default().to_owned();
        let condition = binding.get("condition").and_then(|c| serde_json::from_value(c.clone()).ok());
        let members = binding.get("members").and_then(Value::as_array).into_iter().flatten();
        let members = members.filter_map(Value::as_str).map(canonical_member);
        all.entry((role, condition)).or_default().extend(members);
    }
    all
}

/// The policy with grants added and removed. Version 3 is always sent: a lower one would drop conditions.
/// Everything but version and bindings (etag, audit configurations) is kept as read.
pub fn edited(policy: &Value, add: &[Tuple], remove: &[Tuple]) -> Value {
    let mut all = bindings(policy);
    for tuple in remove {
        if let Some(members) = all.get_mut(&(tuple.role.clone(), tuple.condition.clone())) {
            members.remove(&canonical_member(&tuple.member));
            bury(members, &tuple.member);
        }
    }
    for tuple in add {
        let members = all.entry((tuple.role.clone(), tuple.condition.clone())).or_default();
        members.insert(canonical_member(&tuple.member));
        bury(members, &tuple.member);
    }
    let mut edited = policy.clone();
    if !edited.is_object() {
        edited = json!({});
    }
    if let Value::Object(map) = &mut edited {
        map.insert("version".to_owned(), json!(3));
        map.insert("bindings".to_owned(), written(&all));
    }
    edited
}

/// Drops what is left of an account that was deleted and bore the same address: it grants nothing to anybody, and a new account
/// of that name does not inherit it.
fn bury(members: &mut BTreeSet<String>, member: &str) {
    let tombstone = format!("deleted:{}?uid=", canonical_member(member));
    members.retain(|m| !m.starts_with(&tombstone));
}

fn written(all: &Bindings) -> Value {
    let kept = all.iter().filter(|(_, members)| !members.is_empty());
    kept.map(|((role, condition), members)| {
        let mut binding = json!({"role": role, "members": members});
        if let (Some(condition), Value::Object(map)) = (condition, &mut binding) {
            map.insert("condition".to_owned(), json!(condition));
        }
        binding
    })
    .collect()
}

/// Whether two policies grant the same: what decides if a write can be left out.
pub fn same(before: &Value, after: &Value) -> bool {
    let nonempty = |mut all: Bindings| {
        all.retain(|_, members| !members.is_empty());
        all
    };
    nonempty(bindings(before)) == nonempty(bindings(after))
}

/// A member as the server stores it: what follows the type is lower-case for addresses and domains, and kept for
/// principals, whose case matters.
pub fn canonical_member(member: &str) -> String {
    match member.split_once(':') {
        Some((kind @ ("user" | "group" | "serviceAccount" | "domain"), rest)) => {
            format!("{kind}:{}", rest.to_lowercase())
        }
        _ => member.to_owned(),
    }
}

/// Whether a binding belongs to Google's own service agents, which are never removed: without them the service breaks.
pub fn is_service_agent(role: &str, member: &str) -> bool {
    let Some(email) = member.strip_prefix("serviceAccount:") else {
        return role.ends_with(".serviceAgent");
    };
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let numbered = !local.is_empty() && local.bytes().all(|b| b.is_ascii_digit());
    role.ends_with(".serviceAgent")
        || (local.starts_with("service-") && domain.ends_with(".iam.gserviceaccount.com"))
        || (numbered
            && matches!(domain, "cloudservices.gserviceaccount.com" | "cloudbuild.gserviceaccount.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(role: &str, member: &str) -> Tuple {
        Tuple { role: role.into(), member: member.into(), condition: None }
    }

    #[test]
    fn bindings_of_others_conditions_and_audit_configs_survive() {
        let read = json!({"version": 1, "etag": "e", "auditConfigs": [{"service": "allServices"}], "bindings": [
            {"role": "roles/viewer", "members": ["user:a@x.edu"]},
            {"role": "roles/viewer", "members": ["user:b@x.edu"]},
            {"role": "roles/x", "members": ["user:c@x.edu"], "condition": {"title": "t", "expression": "true"}},
        ]});
        let after = edited(
            &read,
            &[tuple("roles/viewer", "user:New@X.edu")],
            &[tuple("roles/viewer", "user:a@x.edu")],
        );
        assert_eq!(
            after,
            json!({"version": 3, "etag": "e", "auditConfigs": [{"service": "allServices"}], "bindings": [
                {"role": "roles/viewer", "members": ["user:b@x.edu", "user:new@x.edu"]},
                {"role": "roles/x", "members": ["user:c@x.edu"], "condition": {"title": "t", "expression": "true"}},
            ]})
        );
    }

    #[test]
    fn a_binding_that_gets_empty_is_dropped() {
        let read = json!({"bindings": [{"role": "roles/viewer", "members": ["user:a@x.edu"]}]});
        let after = edited(&read, &[], &[tuple("roles/viewer", "user:A@x.edu")]);
        assert_eq!(after, json!({"version": 3, "bindings": []}));
    }

    #[test]
    fn a_grant_buries_the_deleted_account_of_the_same_name_and_no_other() {
        let dead = |name: &str| format!("deleted:serviceAccount:{name}@p.iam.gserviceaccount.com?uid=1");
        let read = json!({"bindings": [
            {"role": "roles/viewer", "members": [dead("ci"), dead("cd")]},
            {"role": "roles/editor", "members": [dead("ci")]},
        ]});
        let ci = tuple("roles/viewer", "serviceAccount:ci@p.iam.gserviceaccount.com");
        let members = |after: &Value| bindings(after).into_values().flatten().collect::<Vec<_>>();
        let after = edited(&read, std::slice::from_ref(&ci), &[]);
        assert_eq!(members(&after), [dead("ci"), dead("cd"), ci.member.clone()]);
        assert_eq!(members(&edited(&read, &[], &[ci])), [dead("ci"), dead("cd")]);
    }

    #[test]
    fn service_agents_are_known_by_address_or_role() {
        assert!(is_service_agent("roles/editor", "serviceAccount:123@cloudservices.gserviceaccount.com"));
        assert!(is_service_agent(
            "roles/x",
            "serviceAccount:service-1@compute-system.iam.gserviceaccount.com"
        ));
        assert!(is_service_agent("roles/run.serviceAgent", "user:a@x.edu"));
        assert!(!is_service_agent("roles/editor", "serviceAccount:1-compute@developer.gserviceaccount.com"));
        assert!(!is_service_agent("roles/editor", "serviceAccount:ci@p.iam.gserviceaccount.com"));
    }
}
