//! The inventory's record: which resources a course owns and where they are. Entries, not values.
//! Pure: reading and writing it is the business of the store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kinds::{OnDestroy, Owned};
use crate::spec::Address;

/// Version of the record's format.
pub const VERSION: u32 = 1;

/// What one course owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Format of this document.
    pub version: u32,
    /// The course.
    pub course: String,
    /// Its project.
    pub project: String,
    /// What it owns, by address.
    #[serde(default)]
    pub entries: BTreeMap<Address, Entry>,
}

/// One owned resource.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Where it is: its REST path.
    pub resource: String,
    /// The project it is in, if that is not the course's own: not every path tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Keys of maps and sets that are ours (labels, metadata, grants, objects).
    #[serde(default, skip_serializing_if = "is_default")]
    pub owns: Owned,
    /// What becomes of it when its spec goes away.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_destroy: OnDestroy,
    /// Digest of the spec that was applied last: tells drift from a changed spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Written before the first call of an unmarkable resource, so that an interrupted run still knows it as ours.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pending: bool,
    /// Written before the first call of a change that stops or restarts a machine that runs, so that the next run starts it
    /// when this one is cut off in between: nothing live would tell.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restarting: bool,
}

/// A change of the record that a step brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RecordEdit {
    /// The resource is ours.
    Put(Address, Entry),
    /// The resource is confirmed gone, or released.
    Remove(Address),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Record {
    /// The record of a course that owns nothing yet.
    pub fn empty(course: impl Into<String>, project: impl Into<String>) -> Self {
        Self { version: VERSION, course: course.into(), project: project.into(), entries: BTreeMap::new() }
    }

    /// Carries an edit out; says whether anything changed.
    pub fn apply(&mut self, edit: &RecordEdit) -> bool {
        match edit {
            RecordEdit::Put(address, entry) => {
                self.put(address, Entry { restarting: false, ..entry.clone() })
            }
            RecordEdit::Remove(address) => self.entries.remove(address).is_some(),
        }
    }

    fn put(&mut self, address: &Address, entry: Entry) -> bool {
        let known = self.entries.insert(address.clone(), entry);
        known.as_ref() != self.entries.get(address)
    }

    /// Notes before a step what it is about to make ours: keys already ours stay, the ones to come are added.
    pub fn intend(&mut self, edit: &RecordEdit) -> bool {
        let RecordEdit::Put(address, entry) = edit else {
            return false;
        };
        let mut intent = entry.clone();
        let known = self.entries.get(address);
        intent.pending = known.is_none_or(|known| known.pending);
        intent.digest = known.and_then(|known| known.digest.clone());
        for (facet, keys) in known.iter().flat_map(|known| &known.owns.0) {
            for key in keys {
                intent.owns.insert(facet, key);
            }
        }
        self.put(address, intent)
    }
}
