//! The second judgement: what a thing that stays uses, stays as well; and what goes is deleted after all that use it.

use std::collections::HashMap;

use super::judge::Thing;
use super::{Removal, Verdict, relations};

/// What holds a thing, and what goes with it, by place.
struct Ties {
    users: Vec<String>,
    takes: Vec<String>,
}

/// Leaves what is needed by what stays, until nothing changes any more; then notes what goes with what and after what.
pub(super) fn settle(all: &mut [Thing<'_>]) {
    let held =
        |thing: &Thing<'_>| Ties { users: (thing.row.users)(thing, all), takes: relations::takes(thing) };
    let ties: Vec<Ties> = all.iter().map(held).collect();
    let places = all.iter().enumerate().map(|(i, thing)| (thing.found.place.clone(), i));
    let at: HashMap<String, usize> = places.collect();
    leave_needed(all, &ties, &at);
    let addresses: Vec<String> = all.iter().map(|thing| thing.found.address.to_string()).collect();
    let named =
        |place: &str| at.get(place).and_then(|i| addresses.get(*i)).map_or(place, String::as_str).to_owned();
    let taken = taken(all, &ties);
    for (thing, ties) in all.iter_mut().zip(ties).filter(|(thing, _)| thing.goes()) {
        tie(thing, ties.users, &taken, named);
    }
}

fn leave_needed(all: &mut [Thing<'_>], ties: &[Ties], at: &HashMap<String, usize>) {
    loop {
        let find = |place: &String| at.get(place).and_then(|i| all.get(*i));
        let goes = all.iter().zip(ties).enumerate().filter(|(_, (thing, _))| thing.goes());
        let needed: Vec<(usize, String)> =
            goes.filter_map(|(i, (_, ties))| Some((i, why_needed(ties, find)?))).collect();
        if needed.is_empty() {
            return;
        }
        for (i, reason) in needed {
            if let Some(thing) = all.get_mut(i) {
                (thing.found.verdict, thing.found.reason) = (Verdict::Leave, reason);
            }
        }
    }
}

/// Why a thing that was to go is needed: something that stays uses it, or what would go with it stays.
fn why_needed<'a>(ties: &Ties, find: impl Fn(&String) -> Option<&'a Thing<'a>>) -> Option<String> {
    if let Some(place) = ties.users.iter().find(|place| find(place).is_none_or(|user| !user.goes())) {
        let name = find(place).map_or_else(|| place.clone(), |user| user.found.address.to_string());
        return Some(format!("{name} uses it, and stays"));
    }
    let kept = ties.takes.iter().filter_map(find).find(|disk| !disk.goes())?;
    Some(format!("{} would go with it, which stays: {}", kept.found.address, kept.found.reason))
}

/// The machine and its maker with which each disk goes.
fn taken(all: &[Thing<'_>], ties: &[Ties]) -> HashMap<String, (String, Option<String>)> {
    let goes = all.iter().zip(ties).filter(|(thing, _)| thing.goes());
    let disks = goes.flat_map(|(machine, ties)| {
        let machine = (machine.found.place.clone(), machine.found.creator.clone());
        ties.takes.iter().map(move |disk| (disk.clone(), machine.clone()))
    });
    disks.collect()
}

fn tie(
    thing: &mut Thing<'_>,
    users: Vec<String>,
    taken: &HashMap<String, (String, Option<String>)>,
    named: impl Fn(&str) -> String,
) {
    let found = &mut thing.found;
    match (taken.get(&found.place), users.as_slice()) {
        (Some((machine, maker)), _) => {
            found.reason = format!("goes with {}", named(machine));
            found.removal = Removal::With(machine.clone());
            found.creator = found.creator.take().or_else(|| maker.clone());
        }
        (None, []) => {}
        (None, [user]) => found.reason = format!("only {} uses it, which goes", named(user)),
        (None, [user, more @ ..]) => {
            found.reason = format!("only {} and {} more use it, which go", named(user), more.len());
        }
    }
    found.after = users;
}
