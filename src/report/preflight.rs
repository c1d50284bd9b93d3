//! The preflight as a table of quotas, what does not fit, what to type, and what nobody can tell beforehand.
//! Pure: values in, text out.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table};
use serde_json::{Value, json};

use super::text;
use crate::plan::Plan;
use crate::preflight::{Preflight, Quota, number};

/// What no API tells before something is made.
pub(super) const UNKNOWN: &str = "Not known beforehand: whether somebody pays the bill, what policies of the organisation forbid, and whether \
                       a zone has room at the moment.\n";

/// Everything, for a person. The findings are in the plan's report, with what forbids it besides.
pub fn text(plan: &Plan, preflight: &Preflight) -> String {
    let mut out = format!("Preflight of {} in {}\n", plan.course, plan.project);
    if plan.is_converged() {
        out.push_str("\nNothing is to be made or changed: nothing is needed.\n");
        return out;
    }
    if !preflight.quotas.is_empty() {
        let _ = write!(out, "\n{}\n", table(&preflight.quotas));
    }
    if !plan.report.is_empty() {
        out.push('\n');
        for finding in &plan.report {
            out.push_str(&text::finding(finding));
        }
    }
    let short: Vec<&Quota> = preflight.quotas.iter().filter(|quota| !quota.fits()).collect();
    if !short.is_empty() {
        out.push_str("\nTo ask Google for more:\n");
        for quota in short {
            out.push_str(&ask(quota));
        }
    }
    let _ = write!(out, "\n{UNKNOWN}{}\n", verdict(plan));
    out
}

pub(super) fn verdict(plan: &Plan) -> &'static str {
    if plan.is_refused() { "It does not fit." } else { "As far as can be told, it fits." }
}

fn table(quotas: &[Quota]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["WHERE", "QUOTA", "NEED", "FREE", "LIMIT", ""]);
    for quota in quotas {
        let fits = if quota.fits() { "fits" } else { "too little" };
        let numbers = [quota.need, quota.free(), quota.limit].map(number);
        let [need, free, limit] = numbers;
        table.add_row([place(quota), quota.metric.clone(), need, free, limit, fits.to_owned()]);
    }
    for column in 2..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

pub(super) fn place(quota: &Quota) -> String {
    quota.region.clone().unwrap_or_else(|| quota.project.clone())
}

/// The command of gcloud that asks for a quota.
pub(super) fn ask(quota: &Quota) -> String {
    let scope = if quota.region.is_some() { "per-project-region" } else { "per-project" };
    let id = format!("{}-{scope}", quota.metric.replace('_', "-"));
    let region =
        quota.region.as_ref().map(|region| format!(" --dimensions=region={region}")).unwrap_or_default();
    format!(
        "  gcloud quotas preferences create --service=compute.googleapis.com --project={} --quota-id={id}{region} \
         --preferred-value={} --email=YOU\n",
        quota.project,
        quota.enough()
    )
}

/// Everything, for programs.
pub fn json(plan: &Plan, preflight: &Preflight) -> Value {
    let quota = |quota: &Quota| {
        json!({
            "project": quota.project,
            "region": quota.region,
            "metric": quota.metric,
            "need": quota.need,
            "usage": quota.usage,
            "limit": quota.limit,
            "free": quota.free(),
            "fits": quota.fits(),
        })
    };
    json!({
        "course": plan.course,
        "project": plan.project,
        "fits": !plan.is_refused(),
        "quotas": preflight.quotas.iter().map(quota).collect::<Vec<_>>(),
        "report": plan.report,
    })
}
