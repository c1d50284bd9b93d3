//! The plan: what will be done, in which order, and why. A value: complete, serialisable, and all that apply knows.
//! Pure. Nothing here sends a request.

pub mod build;
mod endings;
mod guardrails;
mod learn;
pub mod order;
pub mod pace;
mod placement;
mod power;
pub mod steps;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use build::{Input, build};

use crate::gcp::{Call, Request};
use crate::inventory::RecordEdit;
use crate::kinds::FieldChange;
use crate::kinds::desired::digest;
use crate::spec::Address;
use crate::spec::reference::{self, Reference};

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is changed, and stops or restarts for it.
    UpdateWithStop,
    /// It is deleted and made anew.
    Replace,
    /// It is deleted.
    Delete,
    /// It exists unmarked and becomes ours.
    Adopt,
    /// It stays and is no longer managed.
    Release,
    /// Nothing.
    None,
}

impl Action {
    /// All of them, in the order of a summary.
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::Update,
        Self::UpdateWithStop,
        Self::Replace,
        Self::Delete,
        Self::Adopt,
        Self::Release,
        Self::None,
    ];

    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::UpdateWithStop => "updateWithStop",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Adopt => "adopt",
            Self::Release => "release",
            Self::None => "none",
        }
    }
}

/// One resource's part of the plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its address.
    pub address: Address,
    /// The project it is in, if that is not the course's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: String,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// The places where it is tried, the first one that has room; empty where the place is fixed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The live side, in the shape of the spec; null when there is none.
    #[serde(skip)]
    pub before: Value,
    /// The desired side; null when it goes.
    #[serde(skip)]
    pub after: Value,
    /// Fields that a diff leaves out: they say the same twice, or no change is about them.
    #[serde(skip)]
    pub hidden: &'static [&'static str],
    /// Where it is or will be: its REST path.
    #[serde(skip)]
    pub resource: String,
    /// The address by which the world reaches it, where it has one.
    #[serde(skip)]
    pub address_of: Option<String>,
    /// When it is over, or was: its spec says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// The state that the API names (`RUNNING`), where it has one.
    #[serde(skip)]
    pub status: Option<String>,
}

/// APIs by the project in which they are on or off.
pub type ApisByProject = BTreeMap<String, BTreeSet<String>>;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Nothing is applied while it stands.
    Refusal,
    /// Worth knowing before saying yes.
    Warning,
    /// Worth knowing.
    Note,
}

/// A line of the plan's report: what is held back, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Weight,
    /// Stable name.
    pub code: &'static str,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What is the matter.
    pub message: String,
    /// What to do or to type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A unit of work: calls that run in order, after other steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its number in the plan.
    pub id: usize,
    /// What it does, as a progress line says it (`create`, `delete`).
    pub doing: String,
    /// The resources it is for: several where one write serves them all.
    pub addresses: Vec<Address>,
    /// The work.
    pub calls: Vec<Call>,
    /// Steps that must have succeeded before.
    pub after: Vec<usize>,
    /// What the inventory learns when it succeeds.
    pub records: Vec<RecordEdit>,
    /// Whether the inventory must know before the first call: the resource cannot carry a mark.
    pub intent: bool,
    /// What is read when it is done, for steps that name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learns: Vec<Learn>,
}

/// Results of a resource that are known once a step is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Learn {
    /// Reads the resource.
    pub read: Request,
    /// The results, and where each stands in what is read: a JSON pointer. Of an address there the last segment counts.
    pub results: Vec<(Reference, String)>,
}

/// Addresses of one step that are named in its title; the rest is counted.
const NAMED: usize = 3;

impl Step {
    /// What it does, for a person.
    pub fn title(&self) -> String {
        let named: Vec<String> = self.addresses.iter().take(NAMED).map(ToString::to_string).collect();
        let more = self.addresses.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{} {}{more}", self.doing, named.join(", "))
    }
}

/// The whole plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The course.
    pub course: String,
    /// Its project.
    pub project: String,
    /// Every resource, changed or not, in the order of the specs.
    pub changes: Vec<Change>,
    /// The work, in an order that respects every edge.
    pub steps: Vec<Step>,
    /// Corrections of the inventory that need no work.
    pub records: Vec<RecordEdit>,
    /// What is held back, and why.
    pub report: Vec<Finding>,
    /// Rules of the policy that the plan breaks and that it was told to put aside, by name.
    pub overrides: Vec<String>,
}

impl Plan {
    /// How many resources an action concerns.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|c| c.action == action).count()
    }

    /// Takes in where things are that were placed or made meanwhile.
    pub fn learn(&mut self, known: &BTreeMap<Reference, String>) {
        for change in &mut self.changes {
            change.resource = reference::filled(&change.resource, &|reference| known.get(reference).cloned());
        }
    }

    /// Digest of the work: the same for the same steps, whatever run.
    pub fn digest(&self) -> String {
        digest(&serde_json::json!(self.steps))
    }

    /// Whether nothing is left to do.
    pub fn is_converged(&self) -> bool {
        self.steps.is_empty() && !self.is_refused()
    }

    /// Whether something in the report forbids applying it.
    pub fn is_refused(&self) -> bool {
        self.report.iter().any(|f| f.severity == Weight::Refusal)
    }
}
