//! What is short: a finding for every region, and for the whole project, in which a plan needs more than is left; and where
//! machines go that find no room in their first region. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Quota;
use super::account::{Account, Piece};
use super::metric::named;
use super::words::{list, number};
use crate::plan::{Finding, Weight};

/// Machine types that are named; the rest is counted.
const NAMED: usize = 3;

/// A region of a project, or all of it.
type Place = (String, Option<String>);

pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let mut places: BTreeMap<Place, Vec<Quota>> = BTreeMap::new();
    for quota in account.quotas().into_iter().filter(|quota| !quota.fits()) {
        places.entry((quota.project.clone(), quota.region.clone())).or_default().push(quota);
    }
    let (whole, regions): (Vec<_>, Vec<_>) = places.iter().partition(|((_, region), _)| region.is_none());
    let all = regions.into_iter().chain(whole);
    let mut found: Vec<Finding> = all.map(|(place, quotas)| short(account, place, quotas)).collect();
    found.extend(elsewhere(account));
    found.extend(account.unlisted.iter().map(|family| unlisted(family)));
    found
}

fn short(account: &Account, place: &Place, quotas: &[Quota]) -> Finding {
    let pieces: Vec<&Piece> = account.pieces.iter().filter(|piece| is_at(piece, place)).collect();
    let free: Vec<String> = quotas.iter().map(|quota| number(quota.free())).collect();
    let free = match free.as_slice() {
        [one] if one == "0" => "none is".to_owned(),
        [one] if one == "1" => "1 is".to_owned(),
        all => format!("{} are", list(all)),
    };
    Finding {
        severity: Weight::Refusal,
        code: "quota",
        address: None,
        message: format!(
            "{} in {}; {free} free{}",
            needs(&pieces, quotas),
            told(place, quotas),
            fit(&pieces)
        ),
        help: Some(help(place, quotas)),
    }
}

/// Whether a machine is at a place, or would be if there were room.
fn is_at(piece: &Piece, (project, region): &Place) -> bool {
    let here = |region: &String| piece.region().unwrap_or(piece.home()) == region;
    piece.project == *project && piece.machine.is_some() && region.as_ref().is_none_or(here)
}

fn told((project, region): &Place, quotas: &[Quota]) -> String {
    let over_all = quotas.iter().all(|quota| quota.metric.ends_with("_ALL_REGIONS"));
    match region {
        Some(region) => region.clone(),
        None if over_all => format!("all regions of {project} together"),
        None => project.clone(),
    }
}

/// `60 × n1-standard-1 need 60 CPUs and 60 machines`. Machines that exist need more than they have.
fn needs(pieces: &[&Piece], quotas: &[Quota]) -> String {
    let amounts: Vec<String> = quotas.iter().map(|quota| named(&quota.metric, quota.need)).collect();
    let more = if !pieces.is_empty() && pieces.iter().all(|piece| piece.exists) { "another " } else { "" };
    let who = match (types(pieces), pieces.len()) {
        (_, 0) => "the plan needs".to_owned(),
        (types, 1) => format!("{types} needs"),
        (types, _) => format!("{types} need"),
    };
    format!("{who} {more}{}", list(&amounts))
}

fn types(pieces: &[&Piece]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for machine in pieces.iter().filter_map(|piece| piece.machine.as_deref()) {
        *counts.entry(machine).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more: usize = counts.iter().skip(NAMED).map(|(_, count)| *count).sum();
    let mut told: Vec<String> =
        counts.iter().take(NAMED).map(|(machine, count)| format!("{count} × {machine}")).collect();
    if more > 0 {
        told.push(format!("{more} other machines"));
    }
    list(&told)
}

/// How many of the machines find room.
fn fit(pieces: &[&Piece]) -> String {
    match pieces.iter().filter(|piece| piece.place.is_some()).count() {
        0 if pieces.is_empty() => String::new(),
        0 if pieces.len() == 1 => ": it does not fit".to_owned(),
        0 => ": none fits".to_owned(),
        1 => ": 1 fits".to_owned(),
        many => format!(": {many} fit"),
    }
}

fn help((project, region): &Place, quotas: &[Quota]) -> String {
    let wanted: Vec<String> =
        quotas.iter().map(|quota| format!("{} {}", quota.metric, quota.enough())).collect();
    let region = region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
    let page = format!("https://console.cloud.google.com/iam-admin/quotas?project={project}");
    format!("ask for {}{region}: {page}", list(&wanted))
}

/// Machines that go to another region than the first: they fit, but not where one would look for them.
fn elsewhere(account: &Account) -> Vec<Finding> {
    let mut moves: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for piece in &account.pieces {
        if let Some(region) = piece.region().filter(|region| *region != piece.home()) {
            moves.entry((&piece.project, piece.home())).or_default().insert(region);
        }
    }
    let note = |((project, home), regions): (&(&str, &str), &BTreeSet<&str>)| {
        let here: Vec<&Piece> = account
            .pieces
            .iter()
            .filter(|p| p.machine.is_some() && p.project == *project && p.home() == *home)
            .collect();
        let gone = here.iter().filter(|piece| piece.place.is_some_and(|place| place > 0)).count();
        let go = if gone == 1 { "goes" } else { "go" };
        let regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
        Finding {
            severity: Weight::Note,
            code: "quota-elsewhere",
            address: None,
            message: format!(
                "the quotas of {home} do not reach for {}: {gone} of them {go} to {}",
                types(&here),
                list(&regions)
            ),
            help: None,
        }
    };
    moves.iter().map(note).collect()
}

fn unlisted(family: &str) -> Finding {
    Finding {
        severity: Weight::Note,
        code: "not-checked",
        address: None,
        message: format!(
            "CPUs of {family} machines have a limit of their own that the Compute API does not list: whether it reaches is not known"
        ),
        help: None,
    }
}
