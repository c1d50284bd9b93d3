//! What there is to have in the sandbox's Google Cloud: quotas of projects, and the room in zones. Says what is
//! allowed; what is used follows from the state, and `compute` compares the two.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every project is allowed, and how much room its zones have.
///
/// Only what differs from a fresh project is stated: a quota that is not named has the limit that Google gives a
/// fresh project, and a zone that is not named has room for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Quotas by region, such as `europe-west1: { CPUS: 130 }`, or by `global` for those of the whole project, such
    /// as `global: { CPUS_ALL_REGIONS: 130 }`. Metrics are named as the Compute API names them.
    pub quotas: BTreeMap<String, BTreeMap<String, u32>>,
    /// The room in zones, such as `europe-west1-b: { vms: 3 }`.
    pub capacity: BTreeMap<String, Capacity>,
}

/// How many machines can run in one zone at the same time. What is not stated is not bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Capacity {
    /// How many machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vms: Option<u32>,
    /// How many virtual CPUs, of all families together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// How many virtual CPUs of one machine family, such as `n1: 4`.
    pub cpus_per_family: BTreeMap<String, u32>,
    /// How many accelerators of one type, such as `nvidia-tesla-t4: 1`.
    pub gpus: BTreeMap<String, u32>,
}

/// The limits of fresh projects.
#[cfg(test)]
pub(super) static FRESH: Limits = Limits { quotas: BTreeMap::new(), capacity: BTreeMap::new() };

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_stated() {
        let text = json!({
            "quotas": { "europe-west1": { "CPUS": 130 }, "global": { "CPUS_ALL_REGIONS": 130 } },
            "capacity": { "europe-west1-b": { "vms": 3, "cpusPerFamily": { "n1": 2 } } },
        });
        let limits: Limits = serde_json::from_value(text).unwrap();
        assert_eq!(limits.quotas["europe-west1"]["CPUS"], 130);
        assert_eq!(limits.capacity["europe-west1-b"].cpus, None);
        assert_eq!(serde_json::from_value::<Limits>(json!({})).unwrap(), Limits::default());
    }

    #[test]
    fn an_unknown_field_is_refused() {
        for text in [json!({ "quota": {} }), json!({ "capacity": { "europe-west1-b": { "vm": 3 } } })] {
            assert!(serde_json::from_value::<Limits>(text.clone()).is_err(), "{text}");
        }
    }
}
