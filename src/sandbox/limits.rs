//! What there is to have in the sandbox's Google Cloud: quotas of projects, and the room in zones. Says what is
//! allowed; what is used follows from the state, and `compute` compares the two.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compute;

/// What stands for a region where the quotas of the whole project are meant.
const GLOBAL: &str = "global";

/// What every project is allowed, how much room its zones have, and what the caller may not do.
///
/// Only what differs from a fresh project is stated: a quota that is not named has the limit that Google gives a
/// fresh project, and a zone that is not named has room for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Quotas by region, such as `europe-west1: { CPUS: 130 }`, or by `global` for those of the whole project, such
    /// as `global: { CPUS_ALL_REGIONS: 130 }`. Metrics are named as the Compute API names them; 4294967295 is no limit.
    pub quotas: BTreeMap<String, BTreeMap<String, u32>>,
    /// The room in zones, such as `europe-west1-b: { vms: 3 }`.
    pub capacity: BTreeMap<String, Capacity>,
    /// Permissions that the caller does not have, such as `compute.instances.create`: `testIamPermissions` leaves them out. The
    /// sandbox asks nobody who they are, and refuses nothing for it; faults do.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub missing_permissions: BTreeSet<String>,
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

/// Limits that name what Google does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Neither a region nor `global`.
    #[error("there is no region '{0}' to have quotas; the quotas of the whole project are under 'global'")]
    Region(String),
    /// No quota of that name there.
    #[error("there is no quota '{metric}' under '{place}'")]
    Quota {
        /// The region, or `global`.
        place: String,
        /// The unknown metric.
        metric: String,
    },
    /// No such zone.
    #[error("there is no zone '{0}' to have room")]
    Zone(String),
    /// No such machine family.
    #[error("there is no machine family '{0}'")]
    Family(String),
    /// No such accelerator.
    #[error("there is no accelerator '{0}'")]
    Accelerator(String),
}

impl Limits {
    /// The limit that holds nobody back, and is not even compared.
    pub const UNBOUNDED: u32 = u32::MAX;

    /// The stated limit of a quota in a region, or (empty) of the whole project.
    pub(super) fn quota(&self, region: &str, metric: &str) -> Option<u32> {
        let place = if region.is_empty() { GLOBAL } else { region };
        self.quotas.get(place)?.get(metric).copied()
    }

    /// Checks that every name is one of Google's: a limit on nothing would hold nobody back.
    ///
    /// # Errors
    ///
    /// The first name that is not.
    pub fn check(&self) -> Result<(), LimitsError> {
        for (place, quotas) in &self.quotas {
            let region = if place == GLOBAL { "" } else { place };
            if !region.is_empty() && !compute::has_region(region) {
                return Err(LimitsError::Region(place.clone()));
            }
            if let Some(metric) = quotas.keys().find(|metric| !compute::is_metric(region, metric)) {
                return Err(LimitsError::Quota { place: place.clone(), metric: metric.clone() });
            }
        }
        self.capacity.iter().try_for_each(|(zone, room)| room.check(zone))
    }
}

impl Capacity {
    fn check(&self, zone: &str) -> Result<(), LimitsError> {
        if !compute::has_zone(zone) {
            return Err(LimitsError::Zone(zone.to_owned()));
        }
        if let Some(family) = self.cpus_per_family.keys().find(|family| !compute::is_family(family)) {
            return Err(LimitsError::Family(family.clone()));
        }
        match self.gpus.keys().find(|kind| !compute::is_accelerator(kind)) {
            Some(kind) => Err(LimitsError::Accelerator(kind.clone())),
            None => Ok(()),
        }
    }
}

/// The limits of fresh projects.
#[cfg(test)]
pub(super) static FRESH: Limits =
    Limits { quotas: BTreeMap::new(), capacity: BTreeMap::new(), missing_permissions: BTreeSet::new() };

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

    #[test]
    fn a_limit_on_what_does_not_exist_is_refused() {
        for (text, error) in [
            (json!({ "quotas": { "mars-north1": {} } }), Some(LimitsError::Region("mars-north1".to_owned()))),
            (
                json!({ "quotas": { "global": { "CPUS": 1 } } }),
                Some(LimitsError::Quota { place: "global".to_owned(), metric: "CPUS".to_owned() }),
            ),
            (json!({ "quotas": { "us-east1": { "CPUS": 1, "CPUS_PER_VM_FAMILY": 8 } } }), None),
            (
                json!({ "capacity": { "europe-west1-a": {} } }),
                Some(LimitsError::Zone("europe-west1-a".to_owned())),
            ),
            (
                json!({ "capacity": { "europe-west1-b": { "cpusPerFamily": { "n9": 1 } } } }),
                Some(LimitsError::Family("n9".to_owned())),
            ),
            (
                json!({ "capacity": { "europe-west1-b": { "gpus": { "t4": 1 } } } }),
                Some(LimitsError::Accelerator("t4".to_owned())),
            ),
        ] {
            let limits: Limits = serde_json::from_value(text.clone()).unwrap();
            assert_eq!(limits.check().err(), error, "{text}");
        }
    }
}
