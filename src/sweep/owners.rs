//! Who owns what: the course at hand by its specs and its inventory, other courses of the project by theirs. Marks are on the
//! things themselves.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Rules;
use crate::gcp::policy::Tuple;
use crate::gcp::{Read, Request, Service, segment};
use crate::inventory::Record;
use crate::kinds::{
    DecodeError, Desired, KindRegistry, MarkPlace, Owned, Reads, Scope, api_services, iam_grant, wire,
};

/// Why it cannot be told who owns what. Nothing is judged then: what belongs to nobody known may belong to somebody.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableInventory {
    /// An object in the place of an inventory is none.
    #[error("gs://{place} is no inventory of this version of Provost, so what its course owns is not known")]
    NotOurs {
        /// Bucket and object.
        place: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A defect of a kind.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// The inventories of a project.
pub(super) fn inventories(scope: &Scope) -> Read {
    let request = Request::get(Service::Storage, format!("b/{}/o", segment(&bucket(scope))));
    Read::list(request.query("maxResults", "1000").fields("items(name),nextPageToken"), "items")
}

fn bucket(scope: &Scope) -> String {
    format!("{}-provost", scope.project)
}

/// The reads of the inventories that there are: the course of each, and its object.
pub(super) fn documents(reads: &Reads, scope: &Scope) -> Vec<Read> {
    objects(reads, scope).map(|object| document(&object, scope)).collect()
}

fn objects<'a>(reads: &'a Reads, scope: &Scope) -> impl Iterator<Item = String> + use<'a> {
    let names = reads.items(&inventories(scope)).iter().filter_map(|object| wire::text(object, "/name"));
    names.filter(|name| name.ends_with("/inventory.json"))
}

fn document(object: &str, scope: &Scope) -> Read {
    let path = format!("b/{}/o/{}", segment(&bucket(scope)), segment(object));
    Read::document(Request::get(Service::Storage, path).query("alt", "media").fields("*"))
}

/// What is owned, with the course that owns it.
#[derive(Debug, Default)]
pub(super) struct Owners {
    places: BTreeMap<String, String>,
    grants: BTreeMap<(String, Tuple), String>,
    apis: BTreeMap<String, String>,
}

impl Owners {
    /// The owners as far as the inventories were read.
    pub(super) fn of(rules: &Rules<'_>, reads: &Reads) -> Result<Self, UnreadableInventory> {
        let mut owners = Self::default();
        for object in objects(reads, rules.scope) {
            if let Some(text) = reads.document(&document(&object, rules.scope)) {
                owners.record(&record(text, &object, rules.scope)?);
            }
        }
        rules.record.into_iter().for_each(|record| owners.record(record));
        for resource in rules.desired {
            owners.declared(resource, &rules.scope.course)?;
        }
        Ok(owners)
    }

    fn record(&mut self, record: &Record) {
        let registry = KindRegistry::standard();
        for (address, entry) in &record.entries {
            let kind = registry.find(&address.kind);
            let inside = kind.is_some_and(|kind| kind.facts().mark == MarkPlace::Inventory);
            self.add(&entry.resource, inside, &entry.owns, &record.course);
        }
    }

    fn declared(&mut self, resource: &Desired, course: &str) -> Result<(), DecodeError> {
        let owns = resource.kind.owns(&resource.resolved.value, None, &Owned::default())?;
        let inside = resource.kind.facts().mark == MarkPlace::Inventory;
        self.add(&resource.resolved.resource, inside, &owns, course);
        Ok(())
    }

    /// What is kept inside of something else (grants in a policy, APIs in the list of a project) does not make that ours.
    fn add(&mut self, place: &str, inside: bool, owns: &Owned, course: &str) {
        if !inside {
            self.places.insert(place.to_owned(), course.to_owned());
        }
        self.grants
            .extend(iam_grant::granted(owns).map(|tuple| ((place.to_owned(), tuple), course.to_owned())));
        self.apis.extend(api_services::enabled_by(owns).map(|api| (api.to_owned(), course.to_owned())));
    }

    /// The course that owns what is at a place.
    pub(super) fn of_place(&self, place: &str) -> Option<&str> {
        self.places.get(place).map(String::as_str)
    }

    /// The course that made a grant on what is at a place.
    pub(super) fn of_grant(&self, place: &str, tuple: &Tuple) -> Option<&str> {
        self.grants.get(&(place.to_owned(), tuple.clone())).map(String::as_str)
    }

    /// The course that turned an API on.
    pub(super) fn of_api(&self, api: &str) -> Option<&str> {
        self.apis.get(api).map(String::as_str)
    }
}

fn record(text: &Value, object: &str, scope: &Scope) -> Result<Record, UnreadableInventory> {
    serde_json::from_value(text.clone()).map_err(|source| UnreadableInventory::NotOurs {
        place: format!("{}/{object}", bucket(scope)),
        source,
    })
}
