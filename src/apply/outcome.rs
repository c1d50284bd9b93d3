//! What became of a plan: events while it runs, and the result of every step.
//! Data only.

use std::collections::{BTreeMap, BTreeSet};

use super::step::StepError;
use crate::inventory::StoreError;
use crate::spec::{Address, Reference};

/// What happens while a plan is applied. Steps are named by their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step began.
    Started(usize),
    /// A step waits for something.
    Waiting(usize, &'static str),
    /// A place had no room for a step's work, and another is tried.
    Elsewhere(usize, String, String),
    /// A step is done.
    Done(usize),
    /// A step failed, or was left in the middle.
    Failed(usize, String),
    /// A step is not begun, because another failed or the user asked to stop.
    HeldBack(usize),
    /// The inventory was written.
    InventoryWritten,
}

/// What became of a step.
#[derive(Debug)]
pub enum StepResult {
    /// It is done.
    Done,
    /// It failed.
    Failed(StepError),
    /// It was not begun, because this step failed.
    HeldBack(usize),
    /// It was left in the middle, because the user asked twice to stop.
    Interrupted,
    /// It was not begun, because the run was stopped before: by the user, or by an inventory that could not be written.
    NotBegun,
}

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One per step of the plan.
    pub results: Vec<StepResult>,
    /// What each step does, for a person.
    pub titles: Vec<String>,
    /// The inventory could not be written.
    pub inventory: Option<StoreError>,
    /// What was made elsewhere than where it was tried first.
    pub detours: Vec<Detour>,
    /// Where things were made, and what they yield.
    pub known: BTreeMap<Reference, String>,
    /// Steps of which at least one call went through, by number.
    pub touched: BTreeSet<usize>,
}

/// A resource that was made at another place than the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detour {
    /// The resource.
    pub address: Address,
    /// Where it is.
    pub place: String,
    /// The places that had no room, each with what the API said.
    pub full: Vec<(String, String)>,
}

impl Outcome {
    /// Whether everything is done.
    pub fn is_complete(&self) -> bool {
        self.inventory.is_none() && self.results.iter().all(|r| matches!(r, StepResult::Done))
    }

    /// Whether anything was changed, or may have been.
    pub fn changed_anything(&self) -> bool {
        let of_step = |(id, result): (usize, &StepResult)| match result {
            StepResult::Done | StepResult::Interrupted => true,
            StepResult::Failed(StepError::Inventory(_)) | StepResult::HeldBack(_) | StepResult::NotBegun => {
                false
            }
            StepResult::Failed(error) => self.touched.contains(&id) || !error.is_refusal(),
        };
        self.results.iter().enumerate().any(of_step)
    }

    /// Whether the plan was made from a project that has changed since, or another run has taken the inventory.
    pub fn is_stale(&self) -> bool {
        let step = |result: &StepResult| match result {
            StepResult::Failed(StepError::Inventory(error)) => error.is_raced(),
            StepResult::Failed(error) => error.is_stale(),
            _ => false,
        };
        self.inventory.as_ref().is_some_and(StoreError::is_raced) || self.results.iter().any(step)
    }
}
