//! Where resources are tried that are yet to be made and whose specs leave the place open. Decided here, once, so that apply
//! only follows: it goes on to the next place where one has no room. Pure. What exists stays where it is.

use std::collections::BTreeMap;

use crate::diff::{Item, Verdict};
use crate::kinds::{Choices, DecodeError, MarkPlace, Scope};
use crate::spec::Address;

/// Where resources are tried, by address, and the scopes in which these are made.
#[derive(Debug, Default)]
pub(super) struct Placed {
    choices: BTreeMap<Address, Vec<String>>,
    /// By project; only of those in which anything has a choice.
    scopes: BTreeMap<String, Scope>,
}

impl Placed {
    /// The places of a resource; none where its place is fixed.
    pub(super) fn of(&self, address: &Address) -> &[String] {
        self.choices.get(address).map_or(&[], Vec::as_slice)
    }

    /// The scope in which a resource is made: it knows what was decided here.
    pub(super) fn scope<'a>(&'a self, item: &Item<'a>) -> &'a Scope {
        self.scopes.get(&item.scope.project).unwrap_or(item.scope)
    }
}

/// The places of every resource that has a choice, the first to try first.
pub(super) fn placed(items: &[Item<'_>]) -> Result<Placed, DecodeError> {
    let mut open = Vec::new();
    for item in items.iter().filter(|item| matches!(item.verdict, Verdict::Create | Verdict::Replace)) {
        let Some(desired) = item.desired.as_ref().filter(|desired| !desired.resolved.placed) else {
            continue;
        };
        let choices = item.kind.choices(&desired.resolved.value, item.scope)?;
        if choices.places.len() > 1 {
            open.push((item, stay(item, choices)));
        }
    }
    let anew: Vec<(Address, String)> = open
        .iter()
        .filter_map(|(item, _)| {
            Some((item.address.clone(), item.desired.as_ref()?.resolved.resource.clone()))
        })
        .collect();
    let mut load = load(items, &open);
    let mut placed = Placed::default();
    for (item, choices) in open {
        placed.scopes.entry(item.scope.project.clone()).or_insert_with(|| item.scope.clone());
        placed.choices.insert(item.address.clone(), ordered(choices, &mut load));
    }
    for (address, resource) in anew {
        // What lives inside it is made where it will be.
        placed
            .scopes
            .values_mut()
            .for_each(|scope| drop(scope.places.insert(address.clone(), resource.clone())));
    }
    placed.scopes.values_mut().for_each(|scope| scope.choices.clone_from(&placed.choices));
    Ok(placed)
}

/// What is made anew is tried first where it was.
fn stay(item: &Item<'_>, mut choices: Choices) -> Choices {
    let Some(live) = &item.live else { return choices };
    let here = |place: &String| live.resource.split('/').any(|segment| segment == place);
    if choices.places.iter().any(here) {
        choices.places.sort_by_key(|place| !here(place));
        choices.spread = 1;
    }
    choices
}

/// How many resources that stay are at each of the places.
fn load(items: &[Item<'_>], open: &[(&Item<'_>, Choices)]) -> BTreeMap<String, usize> {
    let places = open.iter().flat_map(|(_, choices)| &choices.places);
    let mut load: BTreeMap<String, usize> = places.map(|place| (place.clone(), 0)).collect();
    let machine = |item: &&Item<'_>| item.kind.facts().mark != MarkPlace::Inventory;
    let stays = |item: &&Item<'_>| {
        machine(item) && item.desired.is_some() && item.verdict != Verdict::Create && !item.ask.leaving
    };
    let live: Vec<&str> =
        items.iter().filter(stays).filter_map(|item| Some(item.live.as_ref()?.resource.as_str())).collect();
    for segment in live.into_iter().filter(|_| !open.is_empty()).flat_map(|resource| resource.split('/')) {
        if let Some(count) = load.get_mut(segment) {
            *count += 1;
        }
    }
    load
}

/// The emptiest of those it is shared over, then the others of these, then the rest in order of preference.
fn ordered(choices: Choices, load: &mut BTreeMap<String, usize>) -> Vec<String> {
    let Choices { mut places, spread } = choices;
    let rest = places.split_off(spread.clamp(1, places.len()));
    // Stable: of places that are equally full the preferred one comes first.
    places.sort_by_key(|place| load.get(place).copied().unwrap_or_default());
    if let Some(count) = places.first().and_then(|first| load.get_mut(first)) {
        *count += 1;
    }
    places.extend(rest);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(zones: &[&str], spread: usize, machines: usize) -> Vec<String> {
        let places: Vec<String> = zones.iter().map(|zone| (*zone).to_owned()).collect();
        let mut load = places.iter().map(|place| (place.clone(), 0)).collect();
        let one = || ordered(Choices { places: places.clone(), spread }, &mut load).join(" ");
        std::iter::repeat_with(one).take(machines).collect()
    }

    #[test]
    fn without_spread_all_go_to_the_first_place() {
        assert_eq!(orders(&["b", "c", "d"], 1, 2), ["b c d", "b c d"]);
    }

    #[test]
    fn shared_resources_go_to_the_emptiest_place_and_the_others_are_for_when_it_is_full() {
        assert_eq!(orders(&["b", "c", "d"], 2, 3), ["b c d", "c b d", "b c d"]);
        assert_eq!(orders(&["b", "c"], 2, 4), ["b c", "c b", "b c", "c b"]);
    }
}
