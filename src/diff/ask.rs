//! Asks: what a run wants to know about each resource, from the specs and the inventory.
//! Pure. Reading is the business of `live`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    /// Whether everything that is declared and unmarked is taken over.
    pub adopt_all: bool,
    /// Resources to leave in place and stop managing.
    pub release: BTreeSet<Address>,
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
            intent.destroy,
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
