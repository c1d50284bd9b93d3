//! Sweep: what a project holds that no spec owns, what is to become of it, and why.
//! Pure: answers in, a survey out, and the reads that are still missing. Whoever reads and prints is elsewhere.
//!
//! Every sweepable collection is a row of `catalog`. A thing is judged by itself first (`judge`: whose it is, whether Google
//! makes it, whether a pattern keeps it, how old it is), then by what uses it (`relations`, `settle`: what a thing that stays needs, stays
//! as well). Only then is looked into what goes, and at who has access to what stays (`contents`, `keys`, `grants`).
//! It does not go through the kinds: a sweep has to show what no spec could say.

mod age;
mod apis;
mod catalog;
mod contents;
mod creator;
mod details;
mod google;
mod grants;
mod judge;
mod keep;
mod keys;
mod owners;
mod plan;
mod relations;
mod settle;
mod survey;
#[cfg(test)]
mod tests;
mod wanted;

use jiff::Timestamp;

use crate::gcp::policy::Tuple;
use crate::gcp::{Call, Caller};
use crate::inventory::Record;
use crate::kinds::{Desired, Scope};
use crate::spec::Address;
use crate::spec::formats::Duration;

pub use age::shown as age;
pub use keep::Pattern;
pub use owners::UnreadableInventory;
pub use plan::plan;
pub use survey::survey;
pub use wanted::wanted;

/// What a sweep goes by.
#[derive(Debug)]
pub struct Rules<'a> {
    /// The project, and the course if there is one.
    pub scope: &'a Scope,
    /// What is declared.
    pub desired: &'a [Desired],
    /// The course's own inventory. Those of other courses are read with the project.
    pub record: Option<&'a Record>,
    /// What is protected by name.
    pub keep: &'a [Pattern],
    /// What is younger stays.
    pub older_than: Option<Duration>,
    /// The time of the sweep.
    pub now: Timestamp,
    /// Who sweeps.
    pub caller: Caller,
}

/// What is to become of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No spec owns it: it goes.
    Remove,
    /// It stays, because it is somebody's.
    Leave,
    /// It stays, because a pattern protects it.
    Keep,
}

impl Verdict {
    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Leave => "leave",
            Self::Keep => "keep",
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// By what it is known: its kind, and its name there.
    pub address: Address,
    /// Where it is: its REST path.
    pub place: String,
    /// When it was made, if the API says.
    pub created: Option<Timestamp>,
    /// Who or what made it, if anything says.
    pub creator: Option<String>,
    /// What it is, in few words.
    pub details: String,
    /// What is to become of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// What to type first, where it is protected against deletion.
    pub protected: Option<String>,
    /// How it goes.
    pub removal: Removal,
    /// Places of what goes before it.
    pub after: Vec<String>,
}

/// How a thing goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Removal {
    /// By calls of its own.
    Calls(Vec<Call>),
    /// Together with what is at this place, whose deletion takes it along.
    With(String),
    /// Out of the policy of what is at this place, with all that go from there.
    Grant(String, Tuple),
    /// Not by a sweep.
    Never,
}

/// All that was found, in the order of the catalog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Things, access and APIs.
    pub found: Vec<Found>,
}

impl Survey {
    /// What is to go.
    pub fn goes(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.verdict == Verdict::Remove)
    }

    /// What stays.
    pub fn stays(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.verdict != Verdict::Remove)
    }
}
