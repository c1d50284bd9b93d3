//! What must exist for machines and rules to be made: machine types, disk types and accelerators in their zones, images, networks.
//! What surely fails is refused; what may come to it, at a place that is tried later, is warned of. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Known;
use super::ask;
use super::deed::{Deed, Zone};
use super::facts::Facts;
use super::offer::{self, Offer};
use super::words::{list, whose};
use crate::gcp::{Read, Request, Service};
use crate::kinds::wire::{self, last, relative, text, text_or_empty};
use crate::plan::{Finding, Weight};
use crate::report::advice;
use crate::spec::Address;

/// How many places are offered instead of one.
const OFFERED: usize = 4;

/// The rule for machine types of one's own making.
const CUSTOM: &str =
    "a custom type has 1 or an even number of CPUs, and as much memory as suits them, in steps of 256 MB";

/// Something that deeds name, with whom they are for.
type Named = BTreeMap<String, BTreeSet<Address>>;

/// The images that machines are made of.
pub(super) fn images(deeds: &[&Deed]) -> Named {
    gathered(deeds, |deed| match deed {
        Deed::Make { body, .. } => {
            let disks = wire::list(body, "/disks").iter();
            disks.filter_map(|disk| text(disk, "/initializeParams/sourceImage")).collect()
        }
        _ => Vec::new(),
    })
}

/// The networks and subnetworks that something is made in.
pub(super) fn networks(deeds: &[&Deed]) -> Named {
    gathered(deeds, |deed| match deed {
        Deed::Make { body, .. } => {
            let cards = wire::list(body, "/networkInterfaces").iter();
            cards.filter_map(|card| text(card, "/subnetwork").or_else(|| text(card, "/network"))).collect()
        }
        Deed::Count { network, .. } if !network.is_empty() => vec![network.clone()],
        _ => Vec::new(),
    })
}

fn gathered(deeds: &[&Deed], of: impl Fn(&Deed) -> Vec<String>) -> Named {
    let mut named = Named::new();
    for deed in deeds {
        for name in of(deed) {
            named.entry(relative(&name).to_owned()).or_default().extend(deed.address().cloned());
        }
    }
    named
}

/// A thing that a zone does not have, with whether machines try that zone first.
type Missing = BTreeMap<(Offer, Zone, bool), BTreeSet<Address>>;

fn missing(deeds: &[&Deed], facts: &Facts<'_>, known: Known<'_>) -> Missing {
    let catalog = ask::catalog(deeds, facts);
    let is_asked =
        |at: &Zone, offer: &Offer| catalog.read(at, offer).is_some_and(|read| known.reads.has(&read));
    let mut missing = Missing::new();
    for deed in deeds {
        for offer in offer::offers(deed) {
            for (i, at) in deed.zones().iter().enumerate() {
                if facts.zonal(&offer.path(at)).is_some() || !is_asked(at, &offer) {
                    continue;
                }
                let somewhere =
                    || !facts.zones_with(&at.project, offer.collection.path(), &offer.name).is_empty();
                // What is nowhere is told of the zone that is tried first.
                if i == 0 || somewhere() {
                    let key = (offer.clone(), at.clone(), i == 0);
                    missing.entry(key).or_default().extend(deed.address().cloned());
                }
            }
        }
    }
    missing
}

/// What is looked up once something is found to be missing: the names that somebody may have meant.
pub(super) fn second_look(deeds: &[&Deed], facts: &Facts<'_>, known: Known<'_>) -> Vec<(Read, String)> {
    let mut wanted = Vec::new();
    for (offer, at, _) in missing(deeds, facts, known).keys() {
        if facts.zones_with(&at.project, offer.collection.path(), &offer.name).is_empty() {
            wanted.push((offer::all_in(at, offer.collection), at.project.clone()));
        }
    }
    for path in images(deeds).keys().filter(|path| is_missing(path, known)) {
        wanted.push((families(project_of(path)), project_of(path).to_owned()));
    }
    wanted
}

fn is_missing(image: &str, known: Known<'_>) -> bool {
    let read = ask::image(image);
    known.reads.has(&read) && known.reads.document(&read).is_none()
}

/// The image families of a project.
fn families(project: &str) -> Read {
    let request = Request::get(Service::Compute, format!("projects/{project}/global/images"));
    let request = request.query("maxResults", "500");
    Read::list(request.fields("items(family,deprecated),nextPageToken"), "items")
}

fn project_of(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// Everything that is not there.
pub(super) fn findings(deeds: &[&Deed], facts: &Facts<'_>, known: Known<'_>) -> Vec<Finding> {
    let offers = missing(deeds, facts, known);
    let mut found: Vec<Finding> = offers
        .iter()
        .map(|((offer, at, first), who)| no_offer(offer, at, *first, who, (facts, known)))
        .collect();
    for (path, who) in images(deeds) {
        found.extend(if is_missing(&path, known) {
            Some(no_image(&path, &who, known))
        } else {
            aged(&path, &who, facts)
        });
    }
    for (path, who) in networks(deeds) {
        if known.reads.has(&ask::network(&path)) && !facts.has_network(&path) {
            found.push(no_network(&path, &who));
        }
    }
    found
}

fn finding(severity: Weight, code: &'static str, who: &BTreeSet<Address>, message: String) -> Finding {
    let mut who = who.iter();
    let address = match (who.next(), who.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => None,
    };
    Finding { severity, code, address, message, help: None }
}

/// Whose trouble it is, where that is not one resource's alone.
fn for_many(who: &BTreeSet<Address>) -> String {
    let all: Vec<Address> = who.iter().cloned().collect();
    if all.len() > 1 { format!(", for {}", whose(&all)) } else { String::new() }
}

fn no_offer(
    offer: &Offer,
    at: &Zone,
    first: bool,
    who: &BTreeSet<Address>,
    (facts, known): (&Facts<'_>, Known<'_>),
) -> Finding {
    let (noun, name, zone) = (offer.collection.noun(), &offer.name, &at.zone);
    let comes = if first { "" } else { ", and machines may come to it" };
    let message = format!("{zone} has no {noun} {name}{}{comes}", for_many(who));
    let zones = facts.zones_with(&at.project, offer.collection.path(), name);
    let (mut near, far): (Vec<String>, Vec<String>) =
        zones.into_iter().partition(|z| z.starts_with(at.region()));
    near.extend(far);
    near.truncate(OFFERED);
    let help = if !offer.is_listed() {
        Some(CUSTOM.to_owned())
    } else if near.is_empty() {
        nearest(name, known.reads.items(&offer::all_in(at, offer.collection)))
            .map(|names| format!("the nearest that it has: {names}"))
    } else {
        Some(format!("zones that have it: {}", list(&near)))
    };
    let severity = if first { Weight::Refusal } else { Weight::Warning };
    Finding { help, ..finding(severity, "not-offered", who, message) }
}

fn nearest(name: &str, all: &[Value]) -> Option<String> {
    let all: Vec<String> = all.iter().filter_map(|item| text(item, "/name")).collect();
    let near = advice::nearest(name, &all);
    (!near.is_empty()).then(|| near.join(", "))
}

fn no_image(path: &str, who: &BTreeSet<Address>, known: Known<'_>) -> Finding {
    let (project, name) = (project_of(path), last(path));
    let current =
        known.reads.items(&families(project)).iter().filter(|item| item.get("deprecated").is_none());
    let families: BTreeSet<String> = current.filter_map(|item| text(item, "/family")).collect();
    let near = advice::nearest(name, &families.into_iter().collect::<Vec<_>>());
    let message =
        format!("the project {project} has no image {name} any more, or never had{}", for_many(who));
    let all = format!("gcloud compute images list --project {project} --no-standard-images");
    let help = match near.as_slice() {
        [] => format!("what it has: {all}"),
        near => format!("the nearest families that exist: {}; all: {all}", near.join(", ")),
    };
    Finding { help: Some(help), ..finding(Weight::Refusal, "no-image", who, message) }
}

/// An image that its project has taken out of use, or is about to.
fn aged(path: &str, who: &BTreeSet<Address>, facts: &Facts<'_>) -> Option<Finding> {
    let deprecated = facts.image(path)?.get("deprecated")?;
    let (severity, how) = match text_or_empty(deprecated, "/state").as_str() {
        "OBSOLETE" | "DELETED" => (Weight::Refusal, "is out of use"),
        "DEPRECATED" => (Weight::Warning, "is about to go out of use"),
        _ => return None,
    };
    let message = format!("the image {} of {} {how}{}", last(path), project_of(path), for_many(who));
    let help = text(deprecated, "/replacement").map(|better| format!("its replacement is {}", last(&better)));
    Some(Finding { help, ..finding(severity, "aged-image", who, message) })
}

fn no_network(path: &str, who: &BTreeSet<Address>) -> Finding {
    let (project, name) = (project_of(path), last(path));
    let (noun, help) = if path.contains("/subnetworks/") {
        let region = path.split('/').nth(3).unwrap_or_default();
        (
            "subnetwork",
            format!(
                "those that there are: gcloud compute networks subnets list --project {project} --regions {region}"
            ),
        )
    } else {
        (
            "network",
            format!("make it: gcloud compute networks create {name} --project {project} --subnet-mode auto"),
        )
    };
    let message = format!("there is no {noun} {name} in {project}{}", for_many(who));
    Finding { help: Some(help), ..finding(Weight::Refusal, "no-network", who, message) }
}
