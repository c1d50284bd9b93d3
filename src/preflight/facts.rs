//! Facts: what the answers say of machines, disks, types and quotas, each found by where it is.
//! Pure. What was not asked is not there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::deed::Zone;
use crate::gcp::{Read, Service, request::Shape};
use crate::kinds::Reads;
use crate::kinds::wire::{last, list, relative, text, text_or_empty};

/// What may be taken of a quota, and what is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) limit: i64,
    pub(super) usage: i64,
}

/// The quotas of a region, or of the whole project.
type Levels = BTreeMap<String, Level>;

/// What was read, by place.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    /// What is in zones, by path: `projects/p/zones/z/instances/x`.
    zonal: BTreeMap<String, &'a Value>,
    quotas: BTreeMap<(String, Option<String>), Levels>,
    /// Documents of a whole project or a region, by path: images, networks.
    documents: BTreeMap<String, &'a Value>,
    /// Networks and subnetworks that something is in.
    networks: BTreeSet<String>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(reads: &'a Reads) -> Self {
        let mut facts = Self::default();
        for (read, items) in reads.iter().filter(|(read, _)| read.request.service == Service::Compute) {
            for item in items {
                facts.take(read, item);
            }
        }
        facts
    }

    fn take(&mut self, read: &Read, item: &'a Value) {
        let path: Vec<&str> = read.request.path.split('/').collect();
        match (path.as_slice(), &read.shape) {
            (["projects", project, "aggregated", collection], Shape::Aggregated(_)) => {
                let zone = text_or_empty(item, "/zone");
                let name = text_or_empty(item, "/name");
                let path = format!("projects/{project}/zones/{}/{collection}/{name}", last(&zone));
                self.zonal.insert(path, item);
            }
            (["projects", _, "zones", _, _, _], Shape::Document) => {
                self.zonal.insert(read.request.path.clone(), item);
            }
            (["projects", _, "global" | "regions", ..], Shape::Document) => {
                self.documents.insert(read.request.path.clone(), item);
            }
            (["projects", project, "regions"], _) => {
                self.quotas.insert(((*project).to_owned(), text(item, "/name")), levels(item));
            }
            (["projects", project], _) => {
                self.quotas.insert(((*project).to_owned(), None), levels(item));
            }
            _ => {}
        }
        self.mention(item);
    }

    /// Whatever is in a network says that there is one.
    fn mention(&mut self, item: &Value) {
        let cards = list(item, "/networkInterfaces");
        for holder in cards.iter().chain(std::iter::once(item)) {
            let named = ["/network", "/subnetwork"].into_iter().filter_map(|member| text(holder, member));
            self.networks.extend(named.map(|named| relative(&named).to_owned()));
        }
    }

    /// What is in a zone, by its path.
    pub(super) fn zonal(&self, path: &str) -> Option<&'a Value> {
        self.zonal.get(path).copied()
    }

    /// An image, by the reference that machines name it by.
    pub(super) fn image(&self, path: &str) -> Option<&'a Value> {
        self.documents.get(path).copied()
    }

    /// A machine type where it is offered.
    pub(super) fn machine_type(&self, at: &Zone, name: &str) -> Option<&'a Value> {
        self.zonal(&format!("projects/{}/zones/{}/machineTypes/{name}", at.project, at.zone))
    }

    /// The zones of a project that offer something.
    pub(super) fn zones_with(&self, project: &str, collection: &str, name: &str) -> Vec<String> {
        let (start, end) = (format!("projects/{project}/zones/"), format!("/{collection}/{name}"));
        let zone = |path: &String| Some(path.strip_suffix(&end)?.strip_prefix(&start)?.to_owned());
        self.zonal.keys().filter_map(zone).collect()
    }

    /// How much of a quota there is.
    pub(super) fn level(&self, project: &str, region: Option<&str>, metric: &str) -> Option<Level> {
        self.quotas.get(&(project.to_owned(), region.map(str::to_owned)))?.get(metric).copied()
    }

    /// Whether there is a network or a subnetwork: something is in it, or it was asked for and found.
    pub(super) fn has_network(&self, path: &str) -> bool {
        self.networks.contains(path) || self.documents.contains_key(path)
    }
}

fn levels(item: &Value) -> Levels {
    let level = |quota: &Value| {
        let (limit, usage) = (amount(quota, "/limit")?, amount(quota, "/usage").unwrap_or_default());
        Some((text(quota, "/metric")?, Level { limit, usage }))
    };
    list(item, "/quotas").iter().filter_map(level).collect()
}

/// Quotas are written as floating point numbers and are whole.
fn amount(quota: &Value, pointer: &str) -> Option<i64> {
    let number = quota.pointer(pointer)?;
    number.as_i64().or_else(|| format!("{:.0}", number.as_f64()?).parse().ok())
}
