//! A plan for programs.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::kinds::{FieldChange, FieldPath};
use crate::plan::{Action, Change, Finding, Plan, Weight};
use crate::spec::Address;

/// What `provost plan --format json` writes: every resource of the course with what is done to it and why.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanOutput<'a> {
    /// Name of the course.
    pub course: &'a str,
    /// Id of its project.
    pub project: &'a str,
    /// How many resources each action concerns.
    pub summary: SummaryOutput,
    /// Every resource, changed or not, in the order of the specs.
    pub changes: Vec<ChangeOutput<'a>>,
    /// What is held back or worth knowing before it is applied, the gravest first.
    pub report: Vec<FindingOutput<'a>>,
    /// Rules of the policy that it breaks and that `--override` puts aside, by name.
    #[schemars(with = "Vec<String>")]
    pub overrides: &'a [String],
}

/// How many resources each action concerns.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryOutput {
    /// Resources that are made.
    pub create: usize,
    /// Resources that are changed in place.
    pub update: usize,
    /// Resources that stop or restart to be changed.
    pub update_with_stop: usize,
    /// Resources that are deleted and made anew.
    pub replace: usize,
    /// Resources that are deleted.
    pub delete: usize,
    /// Resources that exist unmarked and become the course's own.
    pub adopt: usize,
    /// Resources that stay and are no longer managed.
    pub release: usize,
    /// Resources that are as their specs say.
    pub none: usize,
}

/// A resource and what is done to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeOutput<'a> {
    /// Its address: `Kind/name`.
    #[schemars(with = "String")]
    pub address: &'a Address,
    /// The project it is in, if that is not the course's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<&'a str>,
    /// What is done to it.
    pub action: Action,
    /// Why it is done, for a person.
    pub reason: &'a str,
    /// The fields that differ; none where it is made or deleted.
    pub fields: Vec<FieldOutput<'a>>,
    /// The places where it is tried, the first one that has room; left out where the place is fixed.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub places: &'a [String],
    /// When it is over, or was, as its spec says (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub ends: Option<Timestamp>,
}

/// A field whose live value is not the desired one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldOutput<'a> {
    /// Where it stands in the spec: `bootDisk.sizeGb`, `lifecycle[0].age`.
    #[schemars(with = "String")]
    pub path: &'a FieldPath,
    /// What is live; null when it is absent.
    pub before: &'a Value,
    /// What is desired; null when it goes away.
    pub after: &'a Value,
}

/// A line of the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingOutput<'a> {
    /// How grave it is.
    pub severity: Weight,
    /// Its stable name, in kebab-case.
    pub code: &'a str,
    /// The resource it is about, as `Kind/name`; left out where it is about the whole plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub address: Option<&'a Address>,
    /// What is the matter, for a person.
    pub message: &'a str,
    /// What to do or to type, where anything helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
}

impl<'a> PlanOutput<'a> {
    /// A plan as programs see it.
    pub fn of(plan: &'a Plan) -> Self {
        Self {
            course: &plan.course,
            project: &plan.project,
            summary: SummaryOutput::of(plan),
            changes: plan.changes.iter().map(ChangeOutput::of).collect(),
            report: plan.report.iter().map(FindingOutput::of).collect(),
            overrides: &plan.overrides,
        }
    }
}

impl SummaryOutput {
    fn of(plan: &Plan) -> Self {
        let [create, update, update_with_stop, replace, delete, adopt, release, none] =
            Action::ALL.map(|action| plan.count(action));
        Self { create, update, update_with_stop, replace, delete, adopt, release, none }
    }
}

impl<'a> ChangeOutput<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            address: &change.address,
            project: change.project.as_deref(),
            action: change.action,
            reason: &change.reason,
            fields: change.fields.iter().map(FieldOutput::of).collect(),
            places: &change.places,
            ends: change.ends,
        }
    }
}

impl<'a> FieldOutput<'a> {
    fn of(field: &'a FieldChange) -> Self {
        Self { path: &field.path, before: &field.before, after: &field.after }
    }
}

impl<'a> FindingOutput<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            severity: finding.severity,
            code: finding.code,
            address: finding.address.as_ref(),
            message: &finding.message,
            help: finding.help.as_deref(),
        }
    }
}
