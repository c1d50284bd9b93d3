//! What became of a plan, for programs; Markdown is made of the same.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::PlanOutput;
use crate::apply::{Detour, Outcome, StepResult};
use crate::gcp::error::told;
use crate::ready::{Standing, Standings};
use crate::report::advice::{Advice, Known, advice};

/// What `provost apply --format json` writes, and `destroy`, `pause` and `resume`: the plan, and what became of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunOutput<'a> {
    /// The plan.
    #[serde(flatten)]
    pub plan: PlanOutput<'a>,
    /// What became of it; left out where the plan was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'a OutcomeOutput>,
    /// How the machines stand that declare `ready`, by address, where it was waited for them (`--wait-ready`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<BTreeMap<String, ReadyOutput>>,
}

/// What became of a plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeOutput {
    /// Whether everything is done and recorded.
    pub complete: bool,
    /// Every step of the plan, in its order.
    pub steps: Vec<StepOutput>,
    /// What was made elsewhere than where it was tried first.
    pub elsewhere: Vec<ElsewhereOutput>,
    /// Why the inventory could not be written; null where it could.
    pub inventory: Option<String>,
}

/// What became of a step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepOutput {
    /// What it does, for a person: `create Vm/a`.
    pub step: Option<String>,
    /// What became of it.
    pub state: StepState,
    /// Why it failed, or the step that it waited for in vain.
    pub why: Option<String>,
    /// What to do about it, where that is known.
    pub advice: Option<Advice>,
}

/// What became of a step, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// It was not begun, because another one failed.
    HeldBack,
    /// It was left in the middle.
    Interrupted,
    /// It was not begun, because the run was stopped before.
    NotBegun,
}

/// A resource that was made at another place than the first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ElsewhereOutput {
    /// Its address: `Kind/name`.
    pub address: String,
    /// The place where it is.
    pub place: String,
    /// The places that had no room for it.
    pub full: Vec<FullOutput>,
}

/// A place that had no room.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FullOutput {
    /// The name of the place.
    pub place: String,
    /// What the API said of it.
    pub why: String,
}

/// How a machine stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadyOutput {
    /// Whether everything answers that its spec names.
    pub ready: bool,
    /// How it stands, in a word.
    pub state: &'static str,
    /// What it waits for or why it failed; empty where it is ready.
    pub why: String,
}

impl OutcomeOutput {
    /// An outcome as programs see it. What is in no step's title passes `hide`, which takes secrets out.
    pub fn of(outcome: &Outcome, known: &Known, hide: impl Fn(&str) -> String) -> Self {
        let steps = outcome.results.iter().enumerate();
        Self {
            complete: outcome.is_complete(),
            steps: steps.map(|(id, result)| StepOutput::of(outcome, id, result, known, &hide)).collect(),
            elsewhere: outcome.detours.iter().map(ElsewhereOutput::of).collect(),
            inventory: outcome.inventory.as_ref().map(|error| hide(&told(error))),
        }
    }

    /// How many steps ended like this.
    pub fn count(&self, state: StepState) -> usize {
        self.steps.iter().filter(|step| step.state == state).count()
    }
}

impl StepOutput {
    fn of(
        outcome: &Outcome,
        id: usize,
        result: &StepResult,
        known: &Known,
        hide: &impl Fn(&str) -> String,
    ) -> Self {
        let (state, why) = StepState::of(outcome, result);
        let advice = match result {
            StepResult::Failed(error) => error.api().and_then(|error| advice(error, known)),
            _ => None,
        };
        let hidden = |Advice { what, help }: Advice| Advice {
            what: hide(&what),
            help: help.iter().map(|line| hide(line)).collect(),
        };
        Self {
            step: outcome.titles.get(id).cloned(),
            state,
            why: why.map(|why| hide(&why)),
            advice: advice.map(hidden),
        }
    }
}

impl StepState {
    /// The state of a result, and why it is no better one.
    pub fn of(outcome: &Outcome, result: &StepResult) -> (Self, Option<String>) {
        match result {
            StepResult::Done => (Self::Done, None),
            StepResult::Failed(error) => (Self::Failed, Some(told(error))),
            StepResult::HeldBack(by) => (Self::HeldBack, outcome.titles.get(*by).cloned()),
            StepResult::Interrupted => (Self::Interrupted, None),
            StepResult::NotBegun => (Self::NotBegun, None),
        }
    }

    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::HeldBack => "heldBack",
            Self::Interrupted => "interrupted",
            Self::NotBegun => "notBegun",
        }
    }
}

impl ElsewhereOutput {
    fn of(detour: &Detour) -> Self {
        let full = detour.full.iter();
        Self {
            address: detour.address.to_string(),
            place: detour.place.clone(),
            full: full.map(|(place, why)| FullOutput { place: place.clone(), why: why.clone() }).collect(),
        }
    }
}

impl ReadyOutput {
    /// How all machines stand.
    pub fn all(standings: &Standings) -> BTreeMap<String, Self> {
        standings.iter().map(|(address, seen)| (address.to_string(), Self::of(&seen.standing))).collect()
    }

    fn of(standing: &Standing) -> Self {
        Self { ready: *standing == Standing::Ready, state: standing.word(), why: standing.why().to_owned() }
    }
}
