//! What a plan learns while it is applied: results of resources that it makes or stops, for the steps that name them.
//! Pure. The executor reads what is said here when a step is done, and fills it into later calls.

use std::collections::{BTreeMap, BTreeSet};

use super::{Learn, Step};
use crate::diff::Item;
use crate::gcp::Request;
use crate::spec::Address;
use crate::spec::reference::{self, Reference};

/// Has every step that makes what others name read its results afterwards.
pub(super) fn attach(steps: &mut [Step], items: &[Item<'_>]) {
    let wanted: BTreeSet<Reference> = items
        .iter()
        .filter(|item| !item.ask.leaving)
        .filter_map(|item| item.desired.as_ref())
        .filter(|desired| !desired.named.is_empty())
        .flat_map(|desired| reference::anywhere(&desired.resolved.value))
        .collect();
    let mut of: BTreeMap<&Address, Vec<&Reference>> = BTreeMap::new();
    for reference in &wanted {
        of.entry(&reference.address).or_default().push(reference);
    }
    // The last one: of a replacement, the creation.
    let mut last: BTreeMap<Address, usize> = BTreeMap::new();
    for (i, step) in steps.iter().enumerate() {
        last.extend(step.addresses.iter().filter(|a| of.contains_key(a)).map(|a| (a.clone(), i)));
    }
    for item in items.iter().filter(|item| !item.ask.leaving) {
        let Some(learns) = of.get(&item.address).and_then(|references| learns(item, references)) else {
            continue;
        };
        if let Some(step) = last.get(&item.address).and_then(|i| steps.get_mut(*i)) {
            step.learns.push(learns);
        }
    }
}

fn learns(item: &Item<'_>, references: &[&Reference]) -> Option<Learn> {
    let place = |reference: &&Reference| {
        let row = item.kind.yields().iter().find(|row| row.name == reference.name)?;
        Some(((*reference).clone(), row.known.pointer()?.to_owned()))
    };
    let results: Vec<(Reference, String)> = references.iter().filter_map(place).collect();
    let resource = item.desired.as_ref()?.resolved.resource.clone();
    let service = item.kind.facts().service;
    let read = Request::get(service, service.path(&resource));
    (!results.is_empty()).then_some(Learn { read, results })
}
