//! Offers: what zones must have for a deed to be done there (machine types, disk types, accelerators), and what is asked about
//! them: one list for each collection and project, whatever the number of machines. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::deed::{Deed, Event, Zone};
use crate::gcp::{Read, Request, Service};
use crate::kinds::wire::{last, list, text_or_empty};

/// A collection of the types that zones offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Collection {
    Machines,
    Disks,
    Accelerators,
}

/// Something that a zone must have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Offer {
    pub(super) collection: Collection,
    pub(super) name: String,
}

/// Disk types that every zone has.
const EVERYWHERE: [&str; 3] = ["pd-standard", "pd-balanced", "pd-ssd"];

impl Collection {
    /// Its name in paths and answers, and what of its members is read.
    fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::Machines => ("machineTypes", "name,zone,guestCpus,accelerators"),
            Self::Disks => ("diskTypes", "name,zone"),
            Self::Accelerators => ("acceleratorTypes", "name,zone"),
        }
    }

    /// Its name in paths.
    pub(super) fn path(self) -> &'static str {
        self.facts().0
    }

    /// What a member is to a person.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Machines => "machine type",
            Self::Disks => "disk type",
            Self::Accelerators => "accelerator",
        }
    }
}

impl Offer {
    fn new(collection: Collection, reference: &str) -> Option<Self> {
        let name = last(reference);
        let asked = !name.is_empty() && !EVERYWHERE.contains(&name);
        asked.then(|| Self { collection, name: name.to_owned() })
    }

    /// Custom machine types are in no list, and found by name alone.
    pub(super) fn is_listed(&self) -> bool {
        !(self.collection == Collection::Machines && self.name.contains("custom-"))
    }

    /// Where it is in a zone that has it.
    pub(super) fn path(&self, at: &Zone) -> String {
        format!("projects/{}/zones/{}/{}/{}", at.project, at.zone, self.collection.path(), self.name)
    }
}

/// What a deed needs of its zones.
pub(super) fn offers(deed: &Deed) -> Vec<Offer> {
    match deed {
        Deed::Make { body, .. } => of_body(body),
        Deed::Change { events, .. } => {
            let becomes = events.iter().filter_map(|event| match event {
                Event::Becomes(machine_type) => Offer::new(Collection::Machines, machine_type),
                _ => None,
            });
            becomes.collect()
        }
        Deed::Resize { .. } | Deed::Count { .. } => Vec::new(),
    }
}

fn of_body(body: &Value) -> Vec<Offer> {
    let member = |value: &Value, pointer: &str, of| Offer::new(of, &text_or_empty(value, pointer));
    let disks = list(body, "/disks").iter();
    let disks = disks.filter_map(|d| member(d, "/initializeParams/diskType", Collection::Disks));
    let cards = list(body, "/guestAccelerators").iter();
    let cards = cards.filter_map(|card| member(card, "/acceleratorType", Collection::Accelerators));
    member(body, "/machineType", Collection::Machines).into_iter().chain(disks).chain(cards).collect()
}

/// What is asked about offers, with what each answer is about.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    listed: BTreeMap<(String, Collection), BTreeSet<String>>,
    single: BTreeMap<String, String>,
}

impl Catalog {
    /// Notes something that a zone must have.
    pub(super) fn want(&mut self, at: &Zone, offer: &Offer) {
        if offer.is_listed() {
            let key = (at.project.clone(), offer.collection);
            self.listed.entry(key).or_default().insert(offer.name.clone());
        } else {
            self.single.insert(offer.path(at), at.project.clone());
        }
    }

    /// The catalog of these deeds.
    pub(super) fn of(deeds: &[&Deed]) -> Self {
        let mut catalog = Self::default();
        for deed in deeds {
            for offer in offers(deed) {
                deed.zones().iter().for_each(|at| catalog.want(at, &offer));
            }
        }
        catalog
    }

    /// A machine type that is needed to count what a live machine takes.
    pub(super) fn count(&mut self, at: &Zone, machine_type: &str) {
        if let Some(offer) = Offer::new(Collection::Machines, machine_type) {
            self.want(at, &offer);
        }
    }

    /// What is to be read, with the project each is about.
    pub(super) fn reads(&self) -> Vec<(Read, String)> {
        let listed = self.listed.iter().map(|((project, collection), names)| {
            (in_all_zones(project, *collection, names), project.clone())
        });
        let mask = Collection::Machines.facts().1;
        let single = self.single.iter().map(|(path, project)| {
            let request = Request::get(Service::Compute, path.clone()).fields(mask);
            (Read::document(request), project.clone())
        });
        listed.chain(single).collect()
    }

    /// The read that says whether a zone has something.
    pub(super) fn read(&self, at: &Zone, offer: &Offer) -> Option<Read> {
        if !offer.is_listed() {
            let request = Request::get(Service::Compute, offer.path(at));
            return Some(Read::document(request.fields(offer.collection.facts().1)));
        }
        let names = self.listed.get(&(at.project.clone(), offer.collection))?;
        Some(in_all_zones(&at.project, offer.collection, names))
    }
}

fn in_all_zones(project: &str, collection: Collection, names: &BTreeSet<String>) -> Read {
    let (member, mask) = collection.facts();
    let path = format!("projects/{project}/aggregated/{member}");
    let request =
        Request::get(Service::Compute, path).query("maxResults", "500").query("filter", named(names));
    Read::aggregated(request.fields(&format!("items/*/{member}({mask}),nextPageToken")), member)
}

/// A filter that lets these names pass.
pub(super) fn named(names: &BTreeSet<String>) -> String {
    let each: Vec<String> = names.iter().map(|name| format!("(name = \"{name}\")")).collect();
    each.join(" OR ")
}

/// Everything that a zone offers of a collection, to find what somebody meant.
pub(super) fn all_in(at: &Zone, collection: Collection) -> Read {
    let path = format!("projects/{}/zones/{}/{}", at.project, at.zone, collection.path());
    let request = Request::get(Service::Compute, path).query("maxResults", "500");
    Read::list(request.fields("items(name),nextPageToken"), "items")
}
