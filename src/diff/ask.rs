//! Asks: what a run wants to know about each resource, from the specs and the inventory.
//! Pure. Reading is the business of `live`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::inventory::{Entry, Record};
use crate::kinds::{Ask, Desired, Kind, KindRegistry};
use crate::spec::Address;

/// What the user wants of this run besides the specs.
#[derive(Clone, Debug, Default)]
pub struct Intent {
    /// Everything is to go.
    pub destroy: bool,
    /// Unmarked resources to take over.
    pub adopt: BTreeSet<Address>,
    /// Resources to leave in place and stop managing.
    pub release: BTreeSet<Address>,
    /// The time by which things are over or not.
    pub now: Timestamp,
    /// Only what is over is to go, and nothing else is touched.
    pub expired: bool,
    /// Machines are only stopped or started, and nothing else is touched.
    pub power: Option<Power>,
}

/// A wish about the machines of a course, between its sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// Whether they are to run.
    pub on: bool,
    /// Patterns of their names or addresses, of which one must match; none: all of them.
    pub only: Vec<String>,
}

impl Intent {
    /// When a resource was over, if it is.
    pub fn over(&self, desired: &Desired) -> Option<Timestamp> {
        desired.resolved.ends.as_ref().map(|(time, _)| *time).filter(|time| *time <= self.now)
    }

    /// Whether a declared resource is to go.
    pub fn removes(&self, desired: &Desired) -> bool {
        self.destroy || self.over(desired).is_some()
    }
}

/// The asks of one kind, with what belongs to each.
pub struct KindAsks<'a> {
    /// The kind.
    pub kind: &'static dyn Kind,
    /// One per resource.
    pub asks: Vec<Ask<&'a Value>>,
    /// In the order of `asks`: the desired side, and the inventory's entry.
    pub sides: Vec<(Option<&'a Desired>, Option<&'a Entry>)>,
}

/// Everything to ask about: what is declared and what the inventory knows.
/// Kinds that neither mentions are asked for when the course is destroyed, so that marked resources are found.
pub fn asks<'a>(
    registry: &KindRegistry,
    desired: &'a [Desired],
    record: &'a Record,
    intent: &Intent,
) -> Vec<KindAsks<'a>> {
    let mut declared: BTreeMap<&str, Vec<&Desired>> = BTreeMap::new();
    for resource in desired {
        declared.entry(&resource.address.kind).or_default().push(resource);
    }
    let of_kind = |kind| of_kind(kind, &declared, record, intent);
    registry.iter().map(of_kind).filter(|k| intent.destroy || !k.asks.is_empty()).collect()
}

fn of_kind<'a>(
    kind: &'static dyn Kind,
    declared: &BTreeMap<&str, Vec<&'a Desired>>,
    record: &'a Record,
    intent: &Intent,
) -> KindAsks<'a> {
    let name = kind.facts().kind;
    let desired: Vec<&Desired> = declared.get(name).cloned().unwrap_or_default();
    let known: BTreeSet<&str> = desired.iter().map(|d| d.address.name.as_str()).collect();
    let mut all = KindAsks { kind, asks: Vec::new(), sides: Vec::new() };
    for resource in desired {
        all.push(
            &resource.address.name,
            Some(resource),
            record.entries.get(&resource.address),
            intent.removes(resource),
        );
    }
    let orphans = record.entries.iter().filter(|(a, _)| a.kind == name && !known.contains(a.name.as_str()));
    for (address, entry) in orphans {
        all.push(&address.name, None, Some(entry), true);
    }
    all
}

impl<'a> KindAsks<'a> {
    fn push(&mut self, name: &str, desired: Option<&'a Desired>, entry: Option<&'a Entry>, leaving: bool) {
        self.asks.push(ask(name, desired, entry, leaving));
        self.sides.push((desired, entry));
    }
}

/// What to ask about one resource.
pub fn ask<'a>(
    name: &str,
    desired: Option<&'a Desired>,
    entry: Option<&Entry>,
    leaving: bool,
) -> Ask<&'a Value> {
    Ask {
        name: name.to_owned(),
        desired: desired.map(|d| &d.resolved.value),
        resource: entry.map(|e| e.resource.clone()),
        owned: entry.map(|e| Arc::new(e.owns.clone())).unwrap_or_default(),
        leaving,
    }
}
