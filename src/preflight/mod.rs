//! Preflight: whether a plan fits into its projects, before anything is changed. In reading order: `deed` reads off the steps'
//! requests what is made and changed, `ask` says what is to be read, `facts` finds it in the answers, `claim` counts what a
//! machine takes of which quota (`metric`), `account` adds it up and finds a region for each, and `short`, `exist`, `secret` and `permit`
//! say what does not fit. Pure: reading is the business of `live`. Nothing here knows a kind.

mod account;
mod ask;
mod claim;
mod deed;
mod exist;
mod facts;
mod metric;
mod offer;
mod permission;
mod permit;
mod secret;
mod short;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

pub use ask::image;
pub use permit::unknown;
pub use words::number;

use serde::Serialize;

use crate::gcp::Read;
use crate::kinds::Reads;
use crate::plan::{ApisByProject, Finding, Plan, Weight};
use crate::report::Advice;

/// What is looked at besides quotas, machine types, images and networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Nothing: whoever plans need not be who applies.
    Project,
    /// What the caller may do, too.
    Caller,
}

/// What is known of the projects.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What was read for the plan, and since.
    pub reads: &'a Reads,
    /// APIs that are off: nothing of theirs can be asked.
    pub disabled: &'a ApisByProject,
    /// Reads that failed, with what is to be said of it.
    pub unread: &'a BTreeMap<Read, Advice>,
}

/// A quota that the plan touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quota {
    /// The project.
    pub project: String,
    /// The region; none for a quota of the whole project.
    pub region: Option<String>,
    /// The metric, by the name that the Compute API gives it.
    pub metric: String,
    /// What the plan takes of it, less what it gives back.
    pub need: i64,
    /// What is taken already.
    pub usage: i64,
    /// What may be taken.
    pub limit: i64,
}

impl Quota {
    /// What is left.
    pub fn free(&self) -> i64 {
        (self.limit - self.usage).max(0)
    }

    /// Whether the plan can have what it needs.
    pub fn fits(&self) -> bool {
        self.need <= 0 || self.need <= self.free()
    }

    /// The limit that would do.
    pub fn enough(&self) -> i64 {
        self.usage + self.need
    }
}

/// What a plan was found to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preflight {
    /// The quotas it touches, by project and region.
    pub quotas: Vec<Quota>,
    /// What does not fit, what may not, and what could not be checked.
    pub findings: Vec<Finding>,
}

impl Preflight {
    /// Whether something was found that makes the plan fail.
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Weight::Refusal)
    }
}

/// A plan, as far as it matters whether it fits.
#[derive(Debug)]
pub struct Case<'a> {
    plan: &'a Plan,
    depth: Depth,
    deeds: Vec<deed::Deed>,
    secrets: secret::Named,
}

impl<'a> Case<'a> {
    /// Reads off a plan what it does.
    pub fn of(plan: &'a Plan, depth: Depth) -> Self {
        Self { plan, depth, deeds: deed::deeds(plan), secrets: secret::named(plan) }
    }

    fn deeds(&self) -> Vec<&deed::Deed> {
        self.deeds.iter().collect()
    }

    /// What is to be read next, with the project that each read looks into.
    pub fn wants(&self, known: Known<'_>) -> BTreeMap<Read, String> {
        let mut wanted = ask::wants(&self.deeds(), known);
        wanted.extend(secret::reads(&self.secrets, known));
        if self.depth == Depth::Caller {
            wanted.extend(permit::reads(self.plan));
        }
        wanted.retain(|read, _| !known.reads.has(read) && !known.unread.contains_key(read));
        wanted
    }

    /// Holds it against what is known.
    pub fn judge(&self, known: Known<'_>) -> Preflight {
        let deeds = self.deeds();
        let facts = facts::Facts::of(known.reads);
        let account = account::Account::of(&deeds, &facts);
        let mut findings = exist::findings(&deeds, &facts, known);
        findings.extend(short::findings(&account));
        findings.extend(secret::findings(&self.secrets, known));
        if self.depth == Depth::Caller {
            findings.extend(permit::findings(self.plan, known));
        }
        findings.extend(ask::unanswered(&deeds, known));
        findings.sort_by_key(|finding| finding.severity);
        Preflight { quotas: account.quotas(), findings }
    }
}
