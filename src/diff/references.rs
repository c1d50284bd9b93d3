//! References to live resources: filled in with what these yield, as far as that outlasts the plan.
//! Pure. What is made or stopped by the plan yields its results when that is done; until then a reference stays one.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::Intent;
use super::verdict::{self, Item, Verdict};
use crate::kinds::{DecodeError, FieldChange, How, Known, Yield, yields};
use crate::spec::Address;
use crate::spec::reference::{self, Reference};

/// Judges every resource that names others anew, each after those it names.
pub fn settle(items: &mut [Item<'_>], intent: &Intent) -> Result<(), DecodeError> {
    if intent.destroy || items.iter().all(|item| named(item).is_empty()) {
        return Ok(());
    }
    let index: BTreeMap<Address, usize> =
        items.iter().enumerate().map(|(i, item)| (item.address.clone(), i)).collect();
    let unsettled = |item: &Item<'_>| {
        let desired = item.desired.as_ref().filter(|desired| !desired.named.is_empty());
        desired.is_some_and(|desired| !reference::anywhere(&desired.resolved.value).is_empty())
    };
    let mut left: BTreeSet<usize> =
        (0..items.len()).filter(|i| items.get(*i).is_some_and(unsettled)).collect();
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

/// What is to be made of a reference.
enum Answer {
    /// It has this value, and keeps it.
    Value(String),
    /// It has one when the plan is done.
    Later,
    /// It has none, for this reason.
    Never(&'static str),
}

fn one(
    items: &mut [Item<'_>],
    i: usize,
    index: &BTreeMap<Address, usize>,
    intent: &Intent,
) -> Result<(), DecodeError> {
    let Some((item, desired)) = items.get(i).and_then(|item| Some((item, item.desired.as_ref()?))) else {
        return Ok(());
    };
    let scope = item.scope;
    let mut value = desired.resolved.value.clone();
    let answers: BTreeMap<Reference, Answer> = reference::anywhere(&value)
        .into_iter()
        .map(|reference| (reference.clone(), answer(&reference, items, index)))
        .collect();
    reference::fill(&mut value, &|reference| match answers.get(reference) {
        Some(Answer::Value(value)) => Some(value.clone()),
        _ => None,
    });
    let desired = desired.with(&item.kind.normalised(&value, scope)?, scope)?;
    let Some(item) = items.get_mut(i) else { return Ok(()) };
    let known = item.entry.and_then(|entry| entry.digest.as_ref()) == Some(&desired.digest);
    item.desired = Some(desired);
    verdict::judge(item, intent, scope)?;
    explain(item, answers, known);
    Ok(())
}

/// Says why something changes with what it names; and leaves it as it is where that has nothing to tell.
fn explain(item: &mut Item<'_>, answers: BTreeMap<Reference, Answer>, known: bool) {
    let changes = matches!(item.verdict, Verdict::Update | Verdict::UpdateWithStop | Verdict::Replace);
    let none = answers.is_empty();
    let mut later = None;
    for (reference, answer) in answers {
        match answer {
            Answer::Never(why) => {
                if item.live.is_some() && (changes || item.verdict == Verdict::Adopt) {
                    item.verdict = Verdict::None;
                    item.fields.clear();
                }
                item.blank = Some((reference, why));
                return;
            }
            Answer::Later => later = later.or(Some(reference)),
            Answer::Value(_) => {}
        }
    }
    let waits = |change: &FieldChange| !reference::anywhere(&change.after).is_empty();
    if !changes || none || (later.is_some() && !item.fields.iter().any(waits)) {
        return;
    }
    match later {
        Some(first) if item.verdict == Verdict::Replace => {
            item.reason = format!("{}; {first} will be another as well", item.reason);
        }
        Some(first) => item.reason = format!("{first} will be another: {} changes as well", first.address),
        None if known => "it was changed outside Provost, or what it names was".clone_into(&mut item.reason),
        None => {}
    }
}

fn answer(reference: &Reference, items: &[Item<'_>], index: &BTreeMap<Address, usize>) -> Answer {
    let target = index.get(&reference.address).and_then(|i| items.get(*i));
    let row = target.and_then(|item| item.kind.yields().iter().find(|row| row.name == reference.name));
    let (Some(item), Some(row)) = (target, row) else { return Answer::Never("there is no such thing") };
    if item.ask.leaving {
        return Answer::Never("that goes, or is gone");
    }
    if let Some(stated) = stated(item, row) {
        return Answer::Value(stated);
    }
    let live = item.live.as_ref().and_then(|live| yields::read(&live.wire, row.known.pointer()?));
    let is_running = matches!(row.known, Known::Running(_));
    let power = is_running.then(|| power(item));
    match (&item.verdict, power.flatten(), live) {
        (_, Some(false), _) => Answer::Never(STOPPED),
        (Verdict::Create | Verdict::Replace, ..) | (_, Some(true), _) => Answer::Later,
        // What moves, or stops and starts again, has another one then; what does not run has none.
        (_, _, Some(_)) if moves(item, row) => Answer::Later,
        // What is only there once it works is there once that was mended.
        (_, None, None) if !is_running && moves(item, row) => Answer::Later,
        (.., Some(value)) => Answer::Value(value),
        (.., None) => Answer::Never(STOPPED),
    }
}

/// A result that follows from the spec as it stands, with what the live side told.
fn stated(item: &Item<'_>, row: &Yield) -> Option<String> {
    let desired = item.desired.as_ref()?;
    let declared = item.kind.declares(&desired.resolved.value, item.scope).ok()?;
    let (_, text) = declared.into_iter().find(|(name, _)| *name == row.name)?;
    (!reference::is_in(&text)).then_some(text)
}

/// Whether a live resource gets another result by what is changed of it.
fn moves(item: &Item<'_>, row: &Yield) -> bool {
    let moved = |change: &FieldChange| row.moved_by.iter().any(|path| change.path.is_under(path));
    let stops = |change: &FieldChange| matches!(verdict::how(item.kind, change), How::WithStop(_));
    let running = matches!(row.known, Known::Running(_));
    item.fields.iter().any(|change| moved(change) || (running && stops(change)))
}

/// Why a machine has no address.
const STOPPED: &str = "that has none as long as it is stopped";

/// Whether a resource will run, where that is about to change or what is made is said to rest.
fn power(item: &Item<'_>) -> Option<bool> {
    let stated = item.desired.as_ref()?.resolved.value.get(yields::POWER)?.as_str()?;
    let made = matches!(item.verdict, Verdict::Create | Verdict::Replace);
    let switched = item.fields.iter().any(|field| field.path.is_under(yields::POWER));
    let rests = stated == "TERMINATED";
    (switched || (made && rests)).then_some(!rests)
}
