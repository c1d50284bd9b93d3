//! The second judgement: what a thing that stays uses, stays as well; and what goes is deleted after all that use it.

use serde_json::Value;

use super::judge::Thing;
use super::{Removal, Verdict};
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

/// The machines that run as an account.
pub(super) fn machines_as(thing: &Thing<'_>, all: &[Thing<'_>]) -> Vec<String> {
    let email = text(thing.item, "/email");
    places(all, |item| list(item, "/serviceAccounts").iter().any(|account| text(account, "/email") == email))
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
fn takes(thing: &Thing<'_>) -> Vec<String> {
    let disks = list(thing.item, "/disks").iter().filter(|disk| flag(disk, "/autoDelete"));
    disks.filter_map(|disk| text(disk, "/source")).map(|link| relative(&link).to_owned()).collect()
}

/// Leaves what is needed by what stays, until nothing changes any more; and notes what goes after what.
pub(super) fn settle(all: &mut [Thing<'_>]) {
    let users: Vec<Vec<String>> = all.iter().map(|thing| (thing.row.users)(thing, all)).collect();
    while let Some((at, reason)) = needed(all, &users) {
        if let Some(thing) = all.get_mut(at) {
            (thing.found.verdict, thing.found.reason) = (Verdict::Leave, reason);
        }
    }
    let taken: Vec<(String, String)> = all
        .iter()
        .filter(|thing| thing.goes())
        .flat_map(|machine| takes(machine).into_iter().map(|disk| (disk, machine.found.place.clone())))
        .collect();
    let addresses: Vec<(String, String)> =
        all.iter().map(|thing| (thing.found.place.clone(), thing.found.address.to_string())).collect();
    let named =
        |place: &str| addresses.iter().find(|(known, _)| known == place).map(|(_, name)| name.as_str());
    for (thing, users) in all.iter_mut().zip(users).filter(|(thing, _)| thing.goes()) {
        let with = taken.iter().find(|(disk, _)| *disk == thing.found.place).map(|(_, machine)| machine);
        if let Some(machine) = with {
            thing.found.reason = format!("goes with {}", named(machine).unwrap_or(machine));
            thing.found.removal = Removal::With(machine.clone());
        } else if let Some(user) = users.first() {
            thing.found.reason = format!("only {} uses it, which goes", named(user).unwrap_or(user));
        }
        thing.found.after = users;
    }
}

/// The next thing that was to go and is needed, with the reason.
fn needed(all: &[Thing<'_>], users: &[Vec<String>]) -> Option<(usize, String)> {
    let find = |place: &str| all.iter().find(|thing| thing.found.place == place);
    all.iter().zip(users).enumerate().filter(|(_, (thing, _))| thing.goes()).find_map(
        |(at, (thing, users))| {
            let stays = users.iter().find(|user| find(user).is_none_or(|user| !user.goes()));
            if let Some(user) = stays {
                let name = find(user).map_or_else(|| user.clone(), |user| user.found.address.to_string());
                return Some((at, format!("{name} uses it, and stays")));
            }
            let disks = takes(thing);
            let kept = disks.iter().filter_map(|place| find(place)).find(|disk| !disk.goes())?;
            Some((at, format!("{} would go with it, which stays: {}", kept.found.address, kept.found.reason)))
        },
    )
}
