//! Making the document of a plan. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Basis, FORMAT, Pins, Remark, SavedPlan, SavedStep, Source, VERSION, Wish, seen};
use crate::diff::Intent;
use crate::gcp::Call;
use crate::inventory::Record;
use crate::kinds::KindRegistry;
use crate::plan::{Action, Finding, Plan, Step};
use crate::report::Secrets;
use crate::spec::policy::Rule;

/// Everything that a saved plan is made of.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The plan as it would be applied.
    pub plan: &'a Plan,
    /// The inventory that it was made with.
    pub record: &'a Record,
    /// The kinds.
    pub registry: &'a KindRegistry,
    /// What must not be in it.
    pub secrets: &'a Secrets,
    /// What goes into the digests of secrets.
    pub salt: &'a str,
    /// The images that its families stood for.
    pub pins: &'a Pins,
    /// Digests of the files of the course.
    pub spec: &'a BTreeMap<String, String>,
    /// What was asked for.
    pub intent: &'a Intent,
    /// How the course is loaded again.
    pub source: &'a Source,
    /// The commit of the course folder.
    pub commit: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

/// The document of a plan. What cannot be written as JSON is a defect, and an error.
pub fn make(made: Made<'_>) -> Result<SavedPlan, serde_json::Error> {
    let Made { plan, record, registry, salt, pins, spec, source, commit, now, .. } = made;
    let secrets = made.secrets.telling(salt);
    let shown = secrets.hide_plan(plan);
    let changes = shown.changes.iter().map(serde_json::to_value);
    let basis = Basis {
        salt: salt.to_owned(),
        spec: spec.clone(),
        inventory: seen::inventory(record),
        seen: seen::seen(plan, record, registry, &secrets),
    };
    Ok(SavedPlan {
        format: FORMAT.to_owned(),
        version: VERSION,
        tool: format!("provost {}", env!("CARGO_PKG_VERSION")),
        made: now,
        course: plan.course.clone(),
        project: plan.project.clone(),
        commit: commit.map(str::to_owned),
        source: source.clone(),
        intent: Wish::from(made.intent),
        refused: plan.is_refused(),
        summary: Action::ALL
            .into_iter()
            .map(|action| (action.key().to_owned(), plan.count(action)))
            .collect(),
        changes: changes.collect::<Result<_, _>>()?,
        report: shown.report.iter().map(Remark::from).collect(),
        pins: pins.clone(),
        basis,
        steps: plan.steps.iter().map(|of| step(of, &secrets)).collect::<Result<_, _>>()?,
    })
}

fn step(step: &Step, secrets: &Secrets) -> Result<SavedStep, serde_json::Error> {
    Ok(SavedStep {
        id: step.id,
        title: step.title(),
        addresses: step.addresses.clone(),
        after: step.after.clone(),
        calls: step.calls.iter().map(|call| hidden(call, secrets)).collect::<Result<_, _>>()?,
    })
}

/// A call without secrets, and so one that nobody can send.
fn hidden(call: &Call, secrets: &Secrets) -> Result<Call, serde_json::Error> {
    let shown: Value = secrets.hide_value("", &json!(call));
    serde_json::from_value(shown)
}

impl From<&Intent> for Wish {
    fn from(intent: &Intent) -> Self {
        // `plan` asks for no others, and a plan that is not made by it is not saved.
        let Intent { destroy, adopt, adopt_all, release, overrides, now: _, expired: _, power: _ } = intent;
        Self {
            destroy: *destroy,
            adopt: adopt.iter().cloned().collect(),
            adopt_all: *adopt_all,
            release: release.iter().cloned().collect(),
            overrides: overrides.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Wish> for Intent {
    fn from(wish: &Wish) -> Self {
        let Wish { destroy, adopt, adopt_all, release, overrides } = wish;
        Self {
            destroy: *destroy,
            adopt: adopt.iter().cloned().collect(),
            adopt_all: *adopt_all,
            release: release.iter().cloned().collect(),
            // A rule that this version does not know is not put aside: it cannot be broken either.
            overrides: overrides.iter().filter_map(|name| Rule::named(name)).collect(),
            ..Self::default()
        }
    }
}

impl From<&Finding> for Remark {
    fn from(finding: &Finding) -> Self {
        let Finding { severity, code, address, message, help } = finding;
        Self {
            severity: *severity,
            code: (*code).to_owned(),
            address: address.clone(),
            message: message.clone(),
            help: help.clone(),
        }
    }
}
