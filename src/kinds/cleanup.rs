//! Cleanup policies of a registry: their shape in a spec, their rules, their wire form and their one normal form.
//! Pure. On the wire a policy repeats its id, and durations are seconds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::Finding;
use crate::spec::formats::Duration;
use crate::spec::{Pointer, Problem};

/// One cleanup rule: `action: DELETE` with a condition, or `action: KEEP` with a condition or a count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CleanupPolicy {
    /// Whether what matches is deleted or kept; keeping wins.
    pub action: CleanupAction,
    /// Which versions the policy is about: all that is stated must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<CleanupCondition>,
    /// The most recent versions of each package; only with `KEEP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_recent_versions: Option<MostRecent>,
}

/// What a cleanup rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum CleanupAction {
    /// Delete what matches.
    Delete,
    /// Keep what matches.
    Keep,
}

/// Which versions a cleanup rule is about: all that is stated must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CleanupCondition {
    /// Versions by their tags: `TAGGED`, `UNTAGGED` or `ANY` (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_state: Option<TagState>,
    /// Versions with a tag that begins with one of these texts: `[test-]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_prefixes: Option<Vec<String>>,
    /// Versions whose own name begins with one of these texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_name_prefixes: Option<Vec<String>>,
    /// Versions of packages whose name begins with one of these texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_name_prefixes: Option<Vec<String>>,
    /// Versions that are older than this: `30d`, `12h`, `2592000s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than: Option<Duration>,
    /// Versions that are newer than this: `30d`, `12h`, `2592000s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_than: Option<Duration>,
}

/// Whether versions carry tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TagState {
    /// With a tag.
    Tagged,
    /// Without.
    Untagged,
    /// Either.
    Any,
}

/// The most recent versions of each package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MostRecent {
    /// How many of the most recent versions of each package are kept.
    #[schemars(range(min = 1))]
    pub keep_count: u32,
    /// Only of packages whose name begins with one of these texts; of all when omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_name_prefixes: Option<Vec<String>>,
}

/// The id of the policy by which a registry empties after its end.
pub(super) const END: &str = "provost-expires";

/// Puts that policy, with the age of what it deletes in days, among those that are wanted; takes it out when there is no end.
pub(super) fn complete(
    wanted: &mut Option<BTreeMap<String, CleanupPolicy>>,
    live: &BTreeMap<String, CleanupPolicy>,
    days: Option<u32>,
) {
    if days.is_none() && !live.contains_key(END) {
        return;
    }
    let policies = wanted.get_or_insert_with(|| live.clone());
    policies.remove(END);
    let right = |days: &u32| live.get(END).filter(|there| is_right(there, *days)).cloned();
    if let Some(days) = days {
        policies.insert(END.to_owned(), right(&days).unwrap_or_else(|| end(days)));
    }
}

fn is_right(policy: &CleanupPolicy, days: u32) -> bool {
    *policy == end(days) || *policy == end(days.saturating_add(1))
}

fn end(days: u32) -> CleanupPolicy {
    let older_than = Some(Duration::from_seconds(u64::from(days) * 86_400));
    let mut policy = CleanupPolicy {
        action: CleanupAction::Delete,
        condition: Some(CleanupCondition { older_than, ..CleanupCondition::default() }),
        most_recent_versions: None,
    };
    normalise(&mut policy);
    policy
}

/// What the shape cannot say: a rule needs one way of choosing versions, and counts only keep.
pub(super) fn check(id: &str, policy: &CleanupPolicy) -> Option<Finding> {
    let at = Pointer::from("cleanupPolicies").child(id);
    let (message, help) = match policy {
        CleanupPolicy { action: CleanupAction::Delete, most_recent_versions: Some(_), .. } => {
            ("`mostRecentVersions` says what to keep", "use it with `action: KEEP`")
        }
        CleanupPolicy { condition: None, most_recent_versions: None, .. } => (
            "a policy needs `condition` or `mostRecentVersions`",
            "say which versions: `condition: {olderThan: 30d}`",
        ),
        CleanupPolicy { condition: Some(_), most_recent_versions: Some(_), .. } => {
            ("a policy has either `condition` or `mostRecentVersions`", "make two policies of it")
        }
        _ => return None,
    };
    Some((at, Problem::new("cleanup-policy", message).help(help)))
}

/// Seconds for durations, sets sorted, and the tag state that the server fills in.
pub(super) fn normalise(policy: &mut CleanupPolicy) {
    if let Some(condition) = &mut policy.condition {
        condition.tag_state.get_or_insert(TagState::Any);
        for age in [&mut condition.older_than, &mut condition.newer_than].into_iter().flatten() {
            *age = age.canonical();
        }
        let lists = [
            &mut condition.tag_prefixes,
            &mut condition.version_name_prefixes,
            &mut condition.package_name_prefixes,
        ];
        lists.into_iter().for_each(sort_or_drop);
    }
    if let Some(recent) = &mut policy.most_recent_versions {
        sort_or_drop(&mut recent.package_name_prefixes);
    }
}

fn sort_or_drop(list: &mut Option<Vec<String>>) {
    if let Some(members) = list {
        members.sort();
        members.dedup();
    }
    *list = list.take().filter(|members| !members.is_empty());
}

/// On the wire each policy repeats its id.
pub(super) fn encode(all: Option<&BTreeMap<String, CleanupPolicy>>) -> Value {
    let Some(all) = all else { return Value::Null };
    let with_id = |(id, policy): (&String, &CleanupPolicy)| {
        let mut body = json!(policy);
        if let Some(map) = body.as_object_mut() {
            map.insert("id".to_owned(), json!(id));
        }
        (id.clone(), body)
    };
    Value::Object(all.iter().map(with_id).collect())
}

/// The rules of a live repository.
pub(super) fn decode(repository: &Value) -> BTreeMap<String, CleanupPolicy> {
    let all = repository.pointer("/cleanupPolicies").and_then(Value::as_object).into_iter().flatten();
    let policy = |(id, policy): (&String, &Value)| {
        let mut own = policy.clone();
        own.as_object_mut()?.remove("id");
        Some((id.clone(), serde_json::from_value(own).ok()?))
    };
    all.filter_map(policy).collect()
}
