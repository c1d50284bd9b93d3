//! Lifecycle rules of a bucket: their shape in a spec, their rules, and their one normal form.
//! Pure. The API keeps rules and their lists as sets; `isLive` has three states and `age: 0` is a value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::Finding;
use crate::spec::formats::{Date, StorageClass};
use crate::spec::{Pointer, Problem};

/// One rule: what is done with objects for which every stated condition holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LifecycleRule {
    /// What is done: `Delete`, `SetStorageClass`, or `AbortIncompleteMultipartUpload` to forget unfinished uploads.
    pub action: LifecycleAction,
    /// The class that `SetStorageClass` moves objects to: `NEARLINE`, `COLDLINE`, `ARCHIVE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<StorageClass>,
    /// When it is done: all conditions that are stated must hold, and at least one must be stated.
    pub condition: LifecycleCondition,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LifecycleAction {
    /// Delete the object.
    Delete,
    /// Move it to another class.
    SetStorageClass,
    /// Forget an upload that never ended.
    AbortIncompleteMultipartUpload,
}

/// When a rule applies. At least one condition; all stated ones must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct LifecycleCondition {
    /// At least this many days since the object was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<u32>,
    /// Objects that were made before this day: `2026-12-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Date>,
    /// Objects whose custom time, set by who wrote them, is before this day: `2026-12-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_time_before: Option<Date>,
    /// At least this many days since the custom time of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_since_custom_time: Option<u32>,
    /// At least this many days since the version was replaced by a newer one. Needs `versioning`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_since_noncurrent_time: Option<u32>,
    /// Versions that were replaced before this day: `2026-12-31`. Needs `versioning`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_time_before: Option<Date>,
    /// `true` for live objects only, `false` for noncurrent versions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_live: Option<bool>,
    /// Objects of one of these classes: `[STANDARD, NEARLINE]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches_storage_class: Option<Vec<StorageClass>>,
    /// Objects whose name begins with one of these texts: `[tmp/]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches_prefix: Option<Vec<String>>,
    /// Objects whose name ends with one of these texts: `[.log]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches_suffix: Option<Vec<String>>,
    /// Versions with at least this many newer ones. Needs `versioning`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_newer_versions: Option<u32>,
}

/// What the shape cannot say: which actions take a class, and which conditions.
pub fn check(rules: &[LifecycleRule]) -> Vec<Finding> {
    rules.iter().enumerate().filter_map(|(i, rule)| check_rule(i, rule)).collect()
}

fn check_rule(i: usize, rule: &LifecycleRule) -> Option<Finding> {
    let at = Pointer::from("lifecycle").child(i.to_string());
    let sets_class = rule.action == LifecycleAction::SetStorageClass;
    let only_age_and_names = LifecycleCondition {
        age: None,
        matches_prefix: None,
        matches_suffix: None,
        ..rule.condition.clone()
    } == LifecycleCondition::default();
    let (field, message, help) = match rule {
        _ if sets_class && rule.storage_class.is_none() => {
            ("action", "`SetStorageClass` needs the class", "add `storageClass: NEARLINE`")
        }
        _ if !sets_class && rule.storage_class.is_some() => (
            "storageClass",
            "only `SetStorageClass` takes a class",
            "remove `storageClass`, or set `action: SetStorageClass`",
        ),
        _ if rule.action == LifecycleAction::AbortIncompleteMultipartUpload && !only_age_and_names => (
            "condition",
            "unfinished uploads are matched by age, prefix and suffix only",
            "remove the other conditions",
        ),
        _ => return None,
    };
    Some((at.child(field), Problem::new("lifecycle-rule", message).help(help)))
}

/// Sets sorted, classes upper-case, empty lists gone, rules in one order.
pub fn normalise(rules: &mut [LifecycleRule]) {
    for rule in rules.iter_mut() {
        let condition = &mut rule.condition;
        rule.storage_class = rule.storage_class.as_ref().map(StorageClass::canonical);
        if let Some(classes) = &mut condition.matches_storage_class {
            *classes = classes.iter().map(StorageClass::canonical).collect();
        }
        sort_or_drop(&mut condition.matches_storage_class);
        sort_or_drop(&mut condition.matches_prefix);
        sort_or_drop(&mut condition.matches_suffix);
    }
    rules.sort_by_cached_key(|rule| json!(rule).to_string());
}

fn sort_or_drop<T: Ord>(list: &mut Option<Vec<T>>) {
    if let Some(members) = list {
        members.sort();
        members.dedup();
    }
    *list = list.take().filter(|members| !members.is_empty());
}

/// On the wire the class belongs to the action.
pub fn encode(rules: &[LifecycleRule]) -> Value {
    let rule = |rule: &LifecycleRule| {
        let action = match &rule.storage_class {
            Some(class) => json!({"type": rule.action, "storageClass": class}),
            None => json!({"type": rule.action}),
        };
        json!({"action": action, "condition": rule.condition})
    };
    json!({"rule": rules.iter().map(rule).collect::<Vec<_>>()})
}

/// The rules of a live bucket. One that a spec cannot express becomes a rule without conditions, which no spec can state
/// either, so that it shows as a difference instead of passing unseen.
pub fn decode(bucket: &Value) -> Vec<LifecycleRule> {
    let rule = |rule: &Value| {
        let member = |pointer: &str| rule.pointer(pointer).cloned().unwrap_or(Value::Null);
        serde_json::from_value(json!({
            "action": member("/action/type"),
            "storageClass": member("/action/storageClass"),
            "condition": member("/condition"),
        }))
        .unwrap_or(LifecycleRule {
            action: LifecycleAction::Delete,
            storage_class: None,
            condition: LifecycleCondition::default(),
        })
    };
    super::wire::list(bucket, "/lifecycle/rule").iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(value: &Value) -> Vec<LifecycleRule> {
        let mut rules = decode(&json!({"lifecycle": {"rule": value}}));
        normalise(&mut rules);
        rules
    }

    #[test]
    fn order_of_rules_and_lists_does_not_matter() {
        let a = json!({"action": {"type": "Delete"}, "condition": {"age": 30, "matchesPrefix": ["b", "a"]}});
        let b = json!({"action": {"type": "SetStorageClass", "storageClass": "NEARLINE"}, "condition": {"age": 7}});
        let c = json!({"action": {"type": "Delete"}, "condition": {"age": 30, "matchesPrefix": ["a", "b"]}});
        assert_eq!(rules(&json!([a, b])), rules(&json!([b, c])));
    }

    #[test]
    fn age_zero_and_is_live_false_are_values() {
        let rule = json!({"action": {"type": "Delete"}, "condition": {"age": 0, "isLive": false}});
        assert_eq!(encode(&rules(&json!([rule]))), json!({"rule": [rule]}));
        let without = json!({"action": {"type": "Delete"}, "condition": {"age": 0}});
        assert_ne!(rules(&json!([rule])), rules(&json!([without])));
    }
}
