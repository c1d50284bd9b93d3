//! Asks: what a run wants to know about each resource, from the specs and the inventory.
//! Pure. Reading is the business of `live`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::inventory::{Entry, Record};
use crate::kinds::{Ask, Desired, Kind, KindRegistry};
use crate::spec::Address;
use crate::spec::policy::Rule;

/// What the user wants of this run besides the specs.
#[derive(Clone, Debug, Default)]
pub struct Intent {
    /// Everything is to go.
    pub destroy: bool,
    /// Unmarked resources to take over.
    pub adopt: BTreeSet<Address>,
    /// Whether everything that is declared and unmarked is taken over.
    pub adopt_all: bool,
    /// Resources to leave in place and stop managing.
    pub release: BTreeSet<Address>,
    /// The time by which things are over or not.
    pub now: Timestamp,
    /// Only what is over is to go, and nothing else is touched.
    pub expired: bool,
    /// Rules of the policy that are put aside.
    pub overrides: BTreeSet<Rule>,
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

    /// The command that it is the intent of.
    pub fn word(&self) -> &'static str {
        match &self.power {
            Some(Power { on: true, .. }) => "resume",
            Some(Power { on: false, .. }) => "pause",
            None if self.expired => "destroy --expired",
            None if self.destroy => "destroy",
            None => "apply",
        }
    }

    /// Whether a declared resource is to go.
    pub fn removes(&self, desired: &Desired) -> bool {
        self.destroy || self.over(desired).is_some()
    }
}

/// The asks of one kind in one project, with what belongs to each.
pub struct KindAsks<'a> {
    /// The kind.
    pub kind: &'static dyn Kind,
    /// The project, if it is not the course's own.
    pub project: Option<&'a str>,
    /// One per resource.
    pub asks: Vec<Ask<&'a Value>>,
    /// In the order of `asks`: the desired side, and the inventory's entry.
    pub sides: Vec<(Option<&'a Desired>, Option<&'a Entry>)>,
}

/// What is declared in a project of one kind, and what only the inventory knows there.
#[derive(Default)]
struct Known<'a> {
    declared: Vec<&'a Desired>,
    orphans: Vec<(&'a Address, &'a Entry)>,
}

/// Everything to ask about, by kind and project: what is declared and what the inventory knows. A resource that moves to another
/// project is asked for in both.
/// Kinds that neither mentions are asked for when the course is destroyed, so that marked resources are found.
pub fn asks<'a>(
    registry: &KindRegistry,
    desired: &'a [Desired],
    record: &'a Record,
    intent: &Intent,
) -> Vec<KindAsks<'a>> {
    let mut known: BTreeMap<(&str, Option<&str>), Known<'a>> = BTreeMap::new();
    for resource in desired {
        let at = (resource.address.kind.as_str(), resource.project.as_deref());
        known.entry(at).or_default().declared.push(resource);
    }
    let declared: BTreeSet<_> = desired.iter().map(|d| (&d.address, d.project.as_deref())).collect();
    for (address, entry) in &record.entries {
        let project = entry.project.as_deref();
        if !declared.contains(&(address, project)) {
            known.entry((&address.kind, project)).or_default().orphans.push((address, entry));
        }
    }
    let projects: BTreeSet<Option<&str>> =
        known.keys().map(|(_, project)| *project).chain(std::iter::once(None)).collect();
    let mut asks = Vec::new();
    for kind in registry.iter() {
        for project in &projects {
            let known = known.remove(&(kind.facts().kind, *project)).unwrap_or_default();
            asks.push(of_kind(kind, *project, &known, record, intent));
        }
    }
    asks.retain(|of_kind| intent.destroy || !of_kind.asks.is_empty());
    asks
}

fn of_kind<'a>(
    kind: &'static dyn Kind,
    project: Option<&'a str>,
    known: &Known<'a>,
    record: &'a Record,
    intent: &Intent,
) -> KindAsks<'a> {
    let mut all = KindAsks { kind, project, asks: Vec::new(), sides: Vec::new() };
    for resource in &known.declared {
        let entry = record.entries.get(&resource.address).filter(|entry| entry.project.as_deref() == project);
        all.push(&resource.address.name, Some(resource), entry, intent.removes(resource));
    }
    for (address, entry) in &known.orphans {
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
