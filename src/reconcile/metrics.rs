//! Metrics in the text format of Prometheus, version 0.0.4: a handful of lines, written by hand.
//! Pure.

use std::fmt::Write as _;

use super::{Ended, Tally};

/// What a metric is called, what kind it is, and what it tells.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
}

const fn metric(name: &'static str, kind: &'static str, help: &'static str) -> Metric {
    Metric { name, kind, help }
}

const BUILD: Metric = metric("provost_build_info", "gauge", "The version of Provost.");
const ROUNDS: Metric = metric("provost_reconcile_rounds_total", "counter", "Rounds by how they ended.");
const FAILURES: Metric = metric(
    "provost_reconcile_consecutive_failures",
    "gauge",
    "Rounds in a row that failed, the last one included.",
);
const SUCCESS: Metric = metric(
    "provost_reconcile_last_success_timestamp_seconds",
    "gauge",
    "When a round ended last that found or left everything as it should be, or reported what is not.",
);
const RESOURCES: Metric = metric("provost_reconcile_resources", "gauge", "Resources of the course.");
const DRIFT: Metric =
    metric("provost_reconcile_drift", "gauge", "Resources that the last plan found changed outside Provost.");
const DRIFTED: Metric = metric(
    "provost_reconcile_drift_found_total",
    "counter",
    "Resources found changed outside Provost, over all rounds.",
);
const APPLIED: Metric =
    metric("provost_reconcile_steps_applied_total", "counter", "Steps that were carried out.");
const LAST: Metric =
    metric("provost_reconcile_last_round_duration_seconds", "gauge", "How long the last round took.");
const TOOK: Metric =
    metric("provost_reconcile_round_duration_seconds_total", "counter", "How long all rounds took together.");
const COMMIT: Metric =
    metric("provost_reconcile_commit_info", "gauge", "The commit that the course folder stood at.");

/// Everything that was counted.
pub(super) fn text(tally: &Tally, failures: u32) -> String {
    let mut text = String::new();
    one(&mut text, &BUILD, concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), 1);
    head(&mut text, &ROUNDS);
    for ended in Ended::ALL {
        let count = tally.rounds.get(&ended).copied().unwrap_or_default();
        line(&mut text, &ROUNDS, &format!("{{result=\"{}\"}}", ended.key()), count);
    }
    one(&mut text, &FAILURES, "", failures);
    // What is not known yet is left out: zero would be a value.
    if let Some(at) = tally.last_success {
        one(&mut text, &SUCCESS, "", at.as_second());
    }
    if let Some(planned) = tally.planned {
        one(&mut text, &RESOURCES, "", planned.resources);
        one(&mut text, &DRIFT, "", planned.drift);
    }
    one(&mut text, &DRIFTED, "", tally.drifted);
    one(&mut text, &APPLIED, "", tally.applied);
    one(&mut text, &LAST, "", tally.last.as_secs_f64());
    one(&mut text, &TOOK, "", tally.took.as_secs_f64());
    if let Some(commit) = &tally.commit {
        one(&mut text, &COMMIT, &format!("{{commit=\"{commit}\"}}"), 1);
    }
    text
}

fn one(text: &mut String, metric: &Metric, labels: &str, value: impl std::fmt::Display) {
    head(text, metric);
    line(text, metric, labels, value);
}

fn head(text: &mut String, Metric { name, kind, help }: &Metric) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, metric: &Metric, labels: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{}{labels} {value}", metric.name);
}
