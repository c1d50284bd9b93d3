//! Quotas: what is used, what is allowed, and the failure of what wants more.
//!
//! `metrics` says what there is and what a fresh project is allowed, `claims` what a resource takes. Usage is never
//! stored: it follows from the resources.

mod claims;
mod metrics;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::mutation::Failure;
use super::place;
use crate::sandbox::call::World;
use crate::sandbox::error::ApiError;
use crate::sandbox::limits::Limits;
use crate::sandbox::store::State;

/// What is counted: a metric of a region, or of the whole project where the region is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Metric<'a> {
    region: &'a str,
    name: &'static str,
    /// The machine family, for the one metric that has a limit for each.
    family: &'a str,
}

impl<'a> Metric<'a> {
    fn of(region: &'a str, name: &'static str) -> Self {
        Self { region, name, family: "" }
    }

    fn global(name: &'static str) -> Self {
        Self::of("", name)
    }
}

type Amounts<'a> = BTreeMap<Metric<'a>, u64>;

/// Whether there is such a quota in a region, or (empty) of the whole project.
pub(in crate::sandbox) fn is_metric(region: &str, name: &str) -> bool {
    metrics::fresh(region, name).is_some()
}

fn allowed(limits: &Limits, metric: Metric<'_>) -> u32 {
    let stated = limits.quota(metric.region, metric.name);
    stated.or_else(|| metrics::fresh(metric.region, metric.name)).unwrap_or(0)
}

/// What a project uses of every quota.
#[derive(Debug)]
pub(super) struct Usage<'a> {
    limits: &'a Limits,
    used: Amounts<'a>,
}

impl<'a> Usage<'a> {
    /// Counts everything that the project holds.
    pub(super) fn of(state: &'a State, limits: &'a Limits, project: &str) -> Self {
        let prefix = place::key(&format!("projects/{project}/"));
        let used = sum(limits, state.below(&prefix).map(|(_, resource)| resource));
        Self { limits, used }
    }

    /// The quotas of a region, as it lists them.
    pub(super) fn of_region(&self, region: &str) -> Vec<Value> {
        metrics::REGION.iter().map(|(name, _)| self.quota(Metric::of(region, name))).collect()
    }

    /// The quotas of the whole project, as it lists them.
    pub(super) fn of_project(&self) -> Vec<Value> {
        metrics::PROJECT.iter().map(|(name, _)| self.quota(Metric::global(name))).collect()
    }

    fn quota(&self, metric: Metric<'_>) -> Value {
        let limit = f64::from(allowed(self.limits, metric));
        json!({ "metric": metric.name, "limit": limit, "usage": double(self.used(metric)) })
    }

    fn used(&self, metric: Metric<'_>) -> u64 {
        let found = self.used.iter().find(|(known, _)| **known == metric);
        found.map_or(0, |(_, amount)| *amount)
    }
}

/// Amounts are far below the precision of a double.
fn double(amount: u64) -> f64 {
    u32::try_from(amount).map_or(f64::MAX, f64::from)
}

fn sum<'a>(limits: &Limits, resources: impl Iterator<Item = &'a Value>) -> Amounts<'a> {
    let mut all = Amounts::new();
    let allowed = |metric: Metric<'_>| allowed(limits, metric);
    for resource in resources {
        claims::each(resource, &allowed, &mut |metric, amount| *all.entry(metric).or_default() += amount);
    }
    all
}

/// Why a resource cannot become what `after` says, if it cannot. The state holds it as it was, or not at all.
pub(super) fn exceeded(
    world: &World<'_>,
    project: &str,
    before: Option<&Value>,
    after: &Value,
) -> Option<Failure> {
    let held = sum(world.limits, before.into_iter());
    let mut more = sum(world.limits, std::iter::once(after));
    more.retain(|metric, amount| {
        *amount = amount.saturating_sub(held.get(metric).copied().unwrap_or(0));
        *amount > 0
    });
    over(world, project, more)
}

/// As [`exceeded`], for a resource and what was made for it; the state holds only the latter.
pub(super) fn exceeded_with(
    world: &World<'_>,
    project: &str,
    after: Option<&Value>,
    made: &[Value],
) -> Option<Failure> {
    let mut more = sum(world.limits, after.into_iter());
    for (metric, _) in sum(world.limits, made.iter()) {
        more.entry(metric).or_insert(0);
    }
    over(world, project, more)
}

/// As [`exceeded`], for what is refused at once instead of failing later.
pub(super) fn check(world: &World<'_>, project: &str, after: &Value) -> Result<(), ApiError> {
    exceeded(world, project, None, after)
        .map_or(Ok(()), |failure| Err(ApiError::quota_exceeded(failure.message)))
}

/// The quota that does not suffice for what is used and so much more. Those of the region are looked at first.
fn over(world: &World<'_>, project: &str, mut more: Amounts<'_>) -> Option<Failure> {
    more.retain(|metric, _| allowed(world.limits, *metric) < Limits::UNBOUNDED);
    if more.is_empty() {
        return None;
    }
    let usage = Usage::of(world.state, world.limits, project);
    let (regional, global): (Amounts<'_>, Amounts<'_>) =
        more.into_iter().partition(|(metric, _)| !metric.region.is_empty());
    let too_much = regional
        .into_iter()
        .chain(global)
        .find(|(metric, amount)| usage.used(*metric) + amount > u64::from(allowed(world.limits, *metric)));
    too_much.map(|(metric, _)| failure(metric, allowed(world.limits, metric)))
}

/// The failure of what wants more of a metric than there is, whether it does or not: in the region if it has such a
/// metric, else in the whole project. Without a limit, the one that holds.
pub(super) fn used_up(limits: &Limits, region: &str, name: &str, limit: Option<u32>) -> Option<Failure> {
    let known = |(known, _): &&(&'static str, u32)| *known == name;
    let regional =
        metrics::REGION.iter().chain(&metrics::UNLISTED).find(known).filter(|_| !region.is_empty());
    let regional = regional.map(|(name, _)| Metric::of(region, name));
    let global = || metrics::PROJECT.iter().find(known).map(|(name, _)| Metric::global(name));
    let metric = regional.or_else(global)?;
    Some(failure(metric, limit.unwrap_or_else(|| allowed(limits, metric))))
}

fn failure(metric: Metric<'_>, limit: u32) -> Failure {
    let Metric { region, name, family } = metric;
    let (place, scope, mut dimensions) = if region.is_empty() {
        ("globally".to_owned(), "per-project", json!({ "global": "global" }))
    } else {
        (format!("in region {region}"), "per-project-region", json!({ "region": region }))
    };
    if !family.is_empty() {
        super::value::set(&mut dimensions, "vm_family", family.to_uppercase());
    }
    let info = json!({
        "metricName": format!("compute.googleapis.com/{}", name.to_lowercase()),
        "limitName": format!("{}-{scope}", name.replace('_', "-")),
        "dimensions": dimensions,
        "limit": f64::from(limit),
    });
    Failure {
        code: "QUOTA_EXCEEDED",
        message: format!("Quota '{name}' exceeded.  Limit: {limit}.0 {place}."),
        details: vec![json!({ "quotaInfo": info })],
        status: 403,
        status_text: "FORBIDDEN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_which_limit_where() {
        for (metric, message, limit_name, dimensions) in [
            (
                Metric::of("europe-west1", "N2_CPUS"),
                "Quota 'N2_CPUS' exceeded.  Limit: 8.0 in region europe-west1.",
                "N2-CPUS-per-project-region",
                json!({ "region": "europe-west1" }),
            ),
            (
                Metric::global("NETWORKS"),
                "Quota 'NETWORKS' exceeded.  Limit: 8.0 globally.",
                "NETWORKS-per-project",
                json!({ "global": "global" }),
            ),
            (
                Metric { region: "us-east1", name: super::super::machines::PER_FAMILY, family: "n4" },
                "Quota 'CPUS_PER_VM_FAMILY' exceeded.  Limit: 8.0 in region us-east1.",
                "CPUS-PER-VM-FAMILY-per-project-region",
                json!({ "region": "us-east1", "vm_family": "N4" }),
            ),
        ] {
            let failure = failure(metric, 8);
            assert_eq!(failure.message, message);
            let info = failure.details[0]["quotaInfo"].clone();
            assert_eq!((&info["limitName"], &info["dimensions"]), (&json!(limit_name), &dimensions));
        }
    }

    #[test]
    fn no_metric_is_listed_twice() {
        for table in [&metrics::REGION[..], &metrics::PROJECT[..]] {
            let mut names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.len());
        }
    }
}
