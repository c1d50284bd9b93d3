//! The scheduler: which steps are ready, done, failed or held back. Bookkeeping only; nothing runs here.

use std::collections::{BTreeMap, BTreeSet};

use super::outcome::StepResult;
use super::step::StepError;
use crate::gcp::Call;
use crate::plan::{Plan, Step};

/// A step whose turn has come.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// The step.
    pub(super) step: Step,
    /// Whether an earlier step of this run dealt with one of its resources: their names may not be free at once.
    pub(super) replaces: bool,
    /// Whether an earlier step of this run granted roles: they take effect after a while.
    pub(super) granted: bool,
}

/// Steps by number, with what each waits for.
#[derive(Debug)]
pub(super) struct Scheduler<'a> {
    steps: BTreeMap<usize, &'a Step>,
    waiting: BTreeMap<usize, usize>,
    followers: BTreeMap<usize, Vec<usize>>,
    ready: BTreeSet<usize>,
    results: BTreeMap<usize, StepResult>,
}

impl<'a> Scheduler<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let steps: BTreeMap<usize, &Step> = plan.steps.iter().map(|step| (step.id, step)).collect();
        let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut waiting = BTreeMap::new();
        for step in &plan.steps {
            let before: BTreeSet<usize> = step.after.iter().copied().collect();
            for earlier in &before {
                followers.entry(*earlier).or_default().push(step.id);
            }
            waiting.insert(step.id, before.len());
        }
        let ready = waiting.iter().filter(|(_, before)| **before == 0).map(|(id, _)| *id).collect();
        Self { steps, waiting, followers, ready, results: BTreeMap::new() }
    }

    /// The next step that waits for nothing.
    pub(super) fn next(&mut self) -> Option<Turn> {
        let id = self.ready.pop_first()?;
        let step = (*self.steps.get(&id)?).clone();
        let before: Vec<&Step> =
            step.after.iter().filter_map(|earlier| self.steps.get(earlier).copied()).collect();
        let again = |address| step.addresses.contains(address);
        let replaces = before.iter().flat_map(|earlier| &earlier.addresses).any(again);
        let granted = before.iter().flat_map(|earlier| &earlier.calls).any(Call::writes_a_policy);
        Some(Turn { step, replaces, granted })
    }

    /// Notes how a step ended. Gives the steps that are held back by it.
    pub(super) fn ended(&mut self, id: usize, result: Result<(), StepError>) -> Vec<usize> {
        match result {
            Ok(()) => {
                self.results.insert(id, StepResult::Done);
                self.release(id);
                Vec::new()
            }
            Err(error) => {
                self.results.insert(id, StepResult::Failed(error));
                self.hold_back(id)
            }
        }
    }

    /// Notes that a step was left in the middle.
    pub(super) fn interrupted(&mut self, id: usize) {
        self.results.insert(id, StepResult::Interrupted);
    }

    fn release(&mut self, id: usize) {
        for follower in self.followers.get(&id).into_iter().flatten() {
            if let Some(before) = self.waiting.get_mut(follower) {
                *before = before.saturating_sub(1);
                if *before == 0 {
                    self.ready.insert(*follower);
                }
            }
        }
    }

    /// Whatever waits for a failed step, and whatever waits for that; the failed one is their reason.
    fn hold_back(&mut self, failed: usize) -> Vec<usize> {
        let mut held = Vec::new();
        let mut reached = vec![failed];
        while let Some(id) = reached.pop() {
            for follower in self.followers.get(&id).into_iter().flatten() {
                if !self.results.contains_key(follower) {
                    self.results.insert(*follower, StepResult::HeldBack(failed));
                    held.push(*follower);
                    reached.push(*follower);
                }
            }
        }
        held
    }

    /// Steps that nobody has dealt with.
    pub(super) fn left(&self) -> Vec<usize> {
        self.steps.keys().filter(|id| !self.results.contains_key(id)).copied().collect()
    }

    /// One result per step, in the order of the plan.
    pub(super) fn results(mut self, plan: &Plan) -> Vec<StepResult> {
        let mut take = |id| self.results.remove(&id).unwrap_or(StepResult::NotBegun);
        plan.steps.iter().map(|step| take(step.id)).collect()
    }
}
