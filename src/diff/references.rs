//! References to live resources: filled in with what these yield, as far as that outlasts the plan.
//! Pure. What is made or stopped by the plan yields its results when that is done; until then a reference stays one.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::Intent;
use super::verdict::{self, Item, Verdict};
use crate::kinds::{DecodeError, Known, yields};
use crate::spec::Address;
use crate::spec::reference::{self, Reference};

/// Judges every resource that names others anew, each after those it names.
pub fn settle(items: &mut [Item<'_>], intent: &Intent) -> Result<(), DecodeError> {
    if intent.destroy || items.iter().all(|item| named(item).is_empty()) {
        return Ok(());
    }
    let index: BTreeMap<Address, usize> =
        items.iter().enumerate().map(|(i, item)| (item.address.clone(), i)).collect();
    let mut left: BTreeSet<usize> =
        (0..items.len()).filter(|i| items.get(*i).is_some_and(|i| !named(i).is_empty())).collect();
    while !left.is_empty() {
        let open = |address: &Address| index.get(address).is_some_and(|i| left.contains(i));
        let ready = |i: &usize| items.get(*i).is_some_and(|item| !named(item).iter().any(open));
        let turn: Vec<usize> = left.iter().copied().filter(ready).collect();
        if turn.is_empty() {
            break;
        }
        for i in turn {
            left.remove(&i);
            one(items, i, &index, intent)?;
        }
    }
    Ok(())
}

fn named<'a>(item: &'a Item<'_>) -> &'a [Address] {
    item.desired.as_ref().map_or(&[], |desired| &desired.named)
}

fn one(
    items: &mut [Item<'_>],
    i: usize,
    index: &BTreeMap<Address, usize>,
    intent: &Intent,
) -> Result<(), DecodeError> {
    let Some(desired) = items.get(i).and_then(|item| item.desired.as_ref()) else { return Ok(()) };
    let mut value = desired.resolved.value.clone();
    let live = |reference: &Reference| yielded(items.get(*index.get(&reference.address)?)?, &reference.name);
    reference::fill(&mut value, &live);
    let unknown = reference::anywhere(&value);
    let Some(scope) = items.get(i).map(|item| item.scope) else { return Ok(()) };
    let desired = desired.with(&value, scope)?;
    let Some(item) = items.get_mut(i) else { return Ok(()) };
    let known = item.entry.and_then(|entry| entry.digest.as_ref()) == Some(&desired.digest);
    item.desired = Some(desired);
    verdict::judge(item, intent, scope)?;
    if matches!(item.verdict, Verdict::Update | Verdict::UpdateWithStop | Verdict::Replace) {
        item.reason = match unknown.first() {
            Some(first) => format!("{first} will be another: {} changes as well", first.address),
            None if known => "it was changed outside Provost, or what it names was".to_owned(),
            None => std::mem::take(&mut item.reason),
        };
    }
    Ok(())
}

/// What a live resource yields, if it still will once the plan is done.
fn yielded(item: &Item<'_>, name: &str) -> Option<String> {
    let row = item.kind.yields().iter().find(|row| row.name == name)?;
    let lasts = match item.verdict {
        Verdict::None | Verdict::Update | Verdict::Adopt | Verdict::Conflict => true,
        Verdict::UpdateWithStop => !matches!(row.known, Known::Running(_)),
        _ => false,
    };
    let live = item.live.as_ref().filter(|_| lasts)?;
    yields::read(&live.wire, row.known.pointer()?)
}
