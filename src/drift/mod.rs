//! Drift: what was changed behind our back since the last apply, apart from what the specs changed.
//! Pure. The inventory keeps a digest of each spec as it was applied and no values: where both a spec and the live side have
//! moved, what cannot be told apart is said to be so.

#[cfg(test)]
mod tests;
mod trace;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

pub use trace::{Trace, attribute, operations};

use crate::diff::{Intent, Item, Verdict, verdict};
use crate::gcp::Service;
use crate::inventory::Entry;
use crate::kinds::{Desired, FieldChange, MarkPlace, Observed};
use crate::spec::Address;

/// What was changed behind our back in a course.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift {
    /// One for each resource that drifted.
    pub resources: Vec<Drifted>,
    /// Resources that differ and whose specs have changed since the last apply: whose doing which difference is cannot be told.
    pub untold: Vec<Address>,
    /// Why it is not known who changed what, where that could not be read: a reason for each project.
    pub unread: Vec<String>,
}

impl Drift {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}

/// A resource that drifted.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// Its address.
    pub address: Address,
    /// The project it is in, if that is not the course's own.
    pub project: Option<String>,
    /// What became of it.
    pub what: What,
    /// The fields that were changed: `before` is live, `after` is what the spec says.
    pub fields: Vec<FieldChange>,
    /// Whether its spec has changed as well, so that only those fields are listed of which it is certain.
    pub spec_changed: bool,
    /// Who changed it and when, as far as its API tells.
    pub trace: Option<Trace>,
    /// Where its API would tell.
    pub site: Site,
}

/// What became of a resource behind our back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Fields of it were changed.
    Changed,
    /// It is gone.
    Deleted,
    /// What stands there is not ours any more, for this reason.
    Taken(String),
    /// It bears the mark of the course, and the inventory does not know it.
    Unrecorded,
}

impl What {
    /// The name in JSON.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Taken(_) => "taken",
            Self::Unrecorded => "unrecorded",
        }
    }
}

/// Where it is told who changed a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The project.
    pub project: String,
    /// The service.
    pub service: Service,
    /// Its REST path.
    pub resource: String,
    /// The calls by which such changes are made.
    pub calls: BTreeSet<&'static str>,
    /// When the API says it was changed last.
    pub changed: Option<Timestamp>,
}

/// The drift among the items of a plan, as they are before what follows from each other is worked into them.
pub fn drift(items: &[Item<'_>], intent: &Intent) -> Drift {
    let mut drift = Drift::default();
    for item in items {
        match finding(item, intent) {
            Some(Finding::Drift(what, fields, spec_changed)) => {
                drift.resources.push(drifted(item, what, fields, spec_changed));
            }
            Some(Finding::Untold) => drift.untold.push(item.address.clone()),
            None => {}
        }
    }
    drift
}

enum Finding {
    Drift(What, Vec<FieldChange>, bool),
    Untold,
}

impl From<What> for Finding {
    fn from(what: What) -> Self {
        Self::Drift(what, Vec::new(), false)
    }
}

fn finding(item: &Item<'_>, intent: &Intent) -> Option<Finding> {
    if item.desired.as_ref().is_some_and(|desired| intent.removes(desired)) {
        return None;
    }
    match (&item.desired, item.entry, &item.live) {
        (None, None, Some(_)) => Some(What::Unrecorded.into()),
        (Some(_), None, Some(live)) => {
            let ours = live.mark.as_deref() == Some(item.scope.course.as_str());
            ours.then(|| What::Unrecorded.into())
        }
        (Some(_), Some(entry), None) => (!entry.pending).then(|| What::Deleted.into()),
        (Some(desired), Some(entry), Some(_)) => changed(item, desired, entry),
        // What no spec declares any more goes, however it looks; what is in none of the three is nowhere.
        (None, Some(_), _) | (_, None, None) => None,
    }
}

fn changed(item: &Item<'_>, desired: &Desired, entry: &Entry) -> Option<Finding> {
    if item.verdict == Verdict::Conflict {
        return Some(What::Taken(item.reason.clone()).into());
    }
    // What names something without a value is not compared with anything.
    if item.blank.is_some() || item.fields.is_empty() {
        return None;
    }
    let applied = entry.digest.as_deref()?;
    if applied == desired.digest {
        return Some(Finding::Drift(What::Changed, item.fields.clone(), false));
    }
    let certain = item.fields.iter().filter(|field| was_taken_away(item, entry, field));
    let certain: Vec<FieldChange> = certain.cloned().collect();
    Some(if certain.is_empty() { Finding::Untold } else { Finding::Drift(What::Changed, certain, true) })
}

/// Whether a member that we declared and still declare is there no more: no change of a spec does that.
/// Kinds without marks, and changes with a restart, note their members before they make them, so theirs prove nothing.
fn was_taken_away(item: &Item<'_>, entry: &Entry, field: &FieldChange) -> bool {
    if item.kind.facts().mark == MarkPlace::Inventory || entry.restarting {
        return false;
    }
    let facet = item.kind.facts().keyed.iter().find(|facet| field.path.is_under(facet));
    facet.is_some_and(|facet| match (&field.before, &field.after) {
        (Value::Array(live), Value::Array(want)) => {
            let mut missing = want.iter().filter(|member| !live.contains(member)).peekable();
            let declared = |member: &Value| member.as_str().is_some_and(|m| entry.owns.has(facet, m));
            missing.peek().is_some() && missing.all(declared) && live.iter().all(|m| want.contains(m))
        }
        (Value::Null, _) => {
            let key = field.path.0.get(facet.split('.').count());
            key.is_some_and(|key| entry.owns.has(facet, key))
        }
        _ => false,
    })
}

fn drifted(item: &Item<'_>, what: What, fields: Vec<FieldChange>, spec_changed: bool) -> Drifted {
    let calls = fields.iter().filter_map(|field| verdict::how(item.kind, field).via());
    let site = Site {
        project: item.scope.project.clone(),
        service: item.kind.facts().service,
        resource: place(item),
        calls: if what == What::Deleted { BTreeSet::from(["delete"]) } else { calls.collect() },
        changed: item.live.as_ref().and_then(last_changed),
    };
    Drifted {
        address: item.address.clone(),
        project: item.project.map(str::to_owned),
        what,
        fields,
        spec_changed,
        trace: None,
        site,
    }
}

/// Where it is, or where the inventory knows it.
fn place(item: &Item<'_>) -> String {
    let live = item.live.as_ref().map(|live| live.resource.clone());
    live.or_else(|| item.entry.map(|entry| entry.resource.clone())).unwrap_or_default()
}

/// Storage says `updated`, the younger APIs say `updateTime`; Compute says neither.
fn last_changed(live: &Observed<Value>) -> Option<Timestamp> {
    ["updateTime", "updated"].iter().find_map(|name| live.wire.get(*name)?.as_str()?.parse().ok())
}
