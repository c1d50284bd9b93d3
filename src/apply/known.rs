//! What a run has learned: places it chose and results of what it made, filled into whatever comes later.
//! Decides nothing: which results there are is in the plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::outcome::Detour;
use crate::gcp::Call;
use crate::plan::{Plan, Step};
use crate::spec::reference::{self, Reference};

/// A part of a plan cannot be filled in: a defect, as everything it names comes before it.
#[derive(Debug, thiserror::Error)]
pub enum Unfilled {
    /// What it names is not known.
    #[error("{0} is not known yet")]
    Unknown(Reference),
    /// It does not survive being written and read.
    #[error("a call cannot be filled in")]
    Garbled(#[from] serde_json::Error),
}

/// The values that references have got so far. Cheap to clone: all steps of a run share it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    learned: Arc<Mutex<Learned>>,
    /// Whether any step names what another one decides or makes. Most plans have none, and nothing is looked for in their calls.
    names: bool,
}

#[derive(Debug, Default)]
struct Learned {
    values: BTreeMap<Reference, String>,
    detours: Vec<Detour>,
    /// Steps of which a call went through.
    touched: BTreeSet<usize>,
}

impl Known {
    /// What is known before the first step of a plan: nothing.
    pub(super) fn at_first(plan: &Plan) -> Self {
        let decides = |step: &Step| {
            !step.learns.is_empty() || step.calls.iter().any(|call| matches!(call, Call::FirstOf(_)))
        };
        Self { learned: Arc::default(), names: plan.steps.iter().any(decides) }
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a value.
    pub(super) fn note(&self, reference: &Reference, value: String) {
        self.learned().values.insert(reference.clone(), value);
    }

    /// All values.
    pub(super) fn all(&self) -> BTreeMap<Reference, String> {
        self.learned().values.clone()
    }

    /// Notes that a call of a step went through: whatever becomes of the rest, something was changed.
    pub(super) fn touch(&self, step: usize) {
        self.learned().touched.insert(step);
    }

    /// The steps of which a call went through.
    pub(super) fn touched(&self) -> BTreeSet<usize> {
        self.learned().touched.clone()
    }

    /// Notes that something was made elsewhere than where it was tried first.
    pub(super) fn detour(&self, detour: Detour) {
        self.learned().detours.push(detour);
    }

    /// What was made elsewhere, by address.
    pub(super) fn detours(&self) -> Vec<Detour> {
        let mut detours = self.learned().detours.clone();
        detours.sort();
        detours
    }

    /// Part of a plan with everything filled in that is known; what is not known then has no value at all.
    pub(super) fn fill<'a, T: Clone + Serialize + DeserializeOwned>(
        &self,
        part: &'a T,
    ) -> Result<Cow<'a, T>, Unfilled> {
        if !self.names {
            return Ok(Cow::Borrowed(part));
        }
        let text = serde_json::to_string(part)?;
        let filled = {
            let learned = self.learned();
            // Places, names and addresses: nothing that JSON would have to escape, however deep in texts it stands.
            let plain =
                |value: &&String| value.chars().all(|c| c.is_ascii_alphanumeric() || "-._:/".contains(c));
            reference::filled(&text, &|reference| learned.values.get(reference).filter(plain).cloned())
        };
        match reference::all(&filled).into_iter().next() {
            Some(unknown) => Err(Unfilled::Unknown(unknown)),
            None => Ok(Cow::Owned(serde_json::from_str(&filled)?)),
        }
    }
}
