//! What uses what: by the things themselves, or by those that name them.

use serde_json::Value;

use super::judge::Thing;
use crate::kinds::wire::{flag, list, relative, text, texts};

/// The places of what uses a thing.
pub(super) type Users = fn(&Thing<'_>, &[Thing<'_>]) -> Vec<String>;

/// Nothing holds it.
pub(super) fn nobody(_: &Thing<'_>, _: &[Thing<'_>]) -> Vec<String> {
    Vec::new()
}

/// It names its users itself. They may be of a collection that is not swept.
pub(super) fn named(thing: &Thing<'_>, _: &[Thing<'_>]) -> Vec<String> {
    texts(thing.item, "/users").iter().map(|user| relative(user).to_owned()).collect()
}

/// The machines and services that act as an account.
pub(super) fn acting_as(thing: &Thing<'_>, all: &[Thing<'_>]) -> Vec<String> {
    let Some(email) = text(thing.item, "/email") else { return Vec::new() };
    let is_it = |account: Option<String>| account.as_ref() == Some(&email);
    let machine =
        |item: &Value| list(item, "/serviceAccounts").iter().any(|account| is_it(text(account, "/email")));
    places(all, |item| machine(item) || is_it(text(item, "/template/serviceAccount")))
}

/// The machines of a subnetwork.
pub(super) fn machines_inside(thing: &Thing<'_>, all: &[Thing<'_>]) -> Vec<String> {
    places(all, |item| cards(item, "/subnetwork").any(|place| place == thing.found.place))
}

/// The machines, rules and subnetworks of a network.
pub(super) fn all_inside(thing: &Thing<'_>, all: &[Thing<'_>]) -> Vec<String> {
    let place = &thing.found.place;
    let of = |item: &Value| text(item, "/network").is_some_and(|network| relative(&network) == place);
    places(all, |item| of(item) || cards(item, "/network").any(|network| network == *place))
}

fn cards<'a>(item: &'a Value, pointer: &'a str) -> impl Iterator<Item = String> + 'a {
    let cards = list(item, "/networkInterfaces").iter();
    cards.filter_map(move |card| text(card, pointer)).map(|link| relative(&link).to_owned())
}

fn places(all: &[Thing<'_>], uses: impl Fn(&Value) -> bool) -> Vec<String> {
    all.iter().filter(|thing| uses(thing.item)).map(|thing| thing.found.place.clone()).collect()
}

/// The places of the disks that go with a machine.
pub(super) fn takes(thing: &Thing<'_>) -> Vec<String> {
    let disks = list(thing.item, "/disks").iter().filter(|disk| flag(disk, "/autoDelete"));
    disks.filter_map(|disk| text(disk, "/source")).map(|link| relative(&link).to_owned()).collect()
}
