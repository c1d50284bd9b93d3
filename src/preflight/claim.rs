//! Claims: what a machine takes of which quota, by what it is and whether it runs. A machine that rests gives its CPUs,
//! accelerators and passing address back; its disks stay taken. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deed::{Event, Zone};
use super::facts::Facts;
use super::metric;
use crate::kinds::wire::{flag, last, list, number, relative, text, text_or_empty};

/// A quota: of a region, or of the whole project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) project: String,
    pub(super) region: Option<String>,
    pub(super) metric: String,
}

/// How much of each; less than nothing is given back.
pub(super) type Claims = BTreeMap<Key, i64>;

/// The size of the one kind of local disk.
const LOCAL_SSD_GB: i64 = 375;
/// The size of a disk whose image could not be read.
const SMALLEST_GB: i64 = 10;

/// A machine as the quotas see it.
#[derive(Clone, Debug)]
struct Machine<'a> {
    wire: &'a Value,
    /// Its machine type.
    kind: String,
    runs: bool,
    addresses: i64,
}

/// Where a machine is, with what is known there.
pub(super) struct Counter<'a> {
    pub(super) at: &'a Zone,
    pub(super) facts: &'a Facts<'a>,
    pub(super) claims: Claims,
}

impl<'a> Counter<'a> {
    pub(super) fn new(at: &'a Zone, facts: &'a Facts<'a>) -> Self {
        Self { at, facts, claims: Claims::new() }
    }

    fn regional(&mut self, metric: impl Into<String>, amount: i64) {
        self.add(Some(self.at.region().to_owned()), metric.into(), amount);
    }

    fn global(&mut self, metric: &str, amount: i64) {
        self.add(None, metric.to_owned(), amount);
    }

    fn add(&mut self, region: Option<String>, metric: String, amount: i64) {
        let key = Key { project: self.at.project.clone(), region, metric };
        *self.claims.entry(key).or_default() += amount;
    }

    /// A machine that is made: it runs, and so do its disks begin.
    pub(super) fn made(mut self, body: &Value, size: impl Fn(&str) -> Option<i64>) -> Claims {
        let machine = Machine::of(body, true);
        self.machine(&machine, 1);
        for disk in list(body, "/disks") {
            self.new_disk(disk, &machine.kind, &size);
        }
        self.claims
    }

    /// What changes of a live machine make of what it takes.
    pub(super) fn changed(mut self, live: &Value, events: &[Event]) -> Claims {
        let before = Machine::of(live, text_or_empty(live, "/status") == "RUNNING");
        self.machine(&before, -1);
        if events.contains(&Event::Goes) {
            for disk in list(live, "/disks") {
                self.freed(disk);
            }
        } else {
            let after = events.iter().fold(before, Machine::after);
            self.machine(&after, 1);
        }
        self.claims.retain(|_, amount| *amount != 0);
        self.claims
    }

    /// A disk that grows.
    pub(super) fn resized(mut self, disk: &Value, gb: i64) -> Claims {
        let more = gb - size_of(disk, "/sizeGb").unwrap_or_default();
        if let Some(metric) = metric::disk(last(&text_or_empty(disk, "/type"))) {
            self.regional(metric, more);
        }
        self.claims
    }

    fn machine(&mut self, machine: &Machine<'_>, times: i64) {
        self.regional("INSTANCES", times);
        self.regional("IN_USE_ADDRESSES", times * machine.addresses);
        let local = list(machine.wire, "/disks").iter().filter(|d| text_or_empty(d, "/type") == "SCRATCH");
        let local = i64::try_from(local.count()).unwrap_or(i64::MAX);
        self.regional("LOCAL_SSD_TOTAL_GB", times * local * LOCAL_SSD_GB);
        if machine.runs {
            let kind = self.facts.machine_type(self.at, &machine.kind);
            self.cpus(machine, kind, times);
            self.gpus(machine, kind, times);
        }
    }

    fn cpus(&mut self, machine: &Machine<'_>, kind: Option<&Value>, times: i64) {
        let cpus = kind.and_then(|kind| size_of(kind, "/guestCpus")).unwrap_or_default();
        let listed = |metric: &str| self.level(metric).is_some();
        let ordinary = metric::cpus(metric::family(&machine.kind), listed);
        if let Some(metric) = self.of_spot(machine, metric::SPOT_CPUS).or(ordinary) {
            self.regional(metric, times * cpus);
        }
        self.global("CPUS_ALL_REGIONS", times * cpus);
    }

    fn gpus(&mut self, machine: &Machine<'_>, kind: Option<&Value>, times: i64) {
        let stated = list(machine.wire, "/guestAccelerators");
        let of_type = kind.map(|kind| list(kind, "/accelerators")).unwrap_or_default();
        let stated = stated.iter().map(|card| ("/acceleratorType", "/acceleratorCount", card));
        let of_type = of_type.iter().map(|card| ("/guestAcceleratorType", "/guestAcceleratorCount", card));
        // Machines of families that come with accelerators list them as if they were stated.
        let cards: Vec<_> = if stated.len() > 0 { stated.collect() } else { of_type.collect() };
        for (name, count, card) in cards {
            let ordinary = metric::accelerator(last(&text_or_empty(card, name)));
            let metric = self.of_spot(machine, &format!("PREEMPTIBLE_{ordinary}")).unwrap_or(ordinary);
            let count = times * size_of(card, count).unwrap_or_default();
            self.regional(metric, count);
            self.global("GPUS_ALL_REGIONS", count);
        }
    }

    /// Machines that may be taken away count among the others until a quota of their own was granted.
    fn of_spot(&self, machine: &Machine<'_>, metric: &str) -> Option<String> {
        let granted = || self.level(metric).is_some_and(|limit| limit > 0);
        (machine.is_spot() && granted()).then(|| metric.to_owned())
    }

    fn level(&self, metric: &str) -> Option<i64> {
        self.facts.level(&self.at.project, Some(self.at.region()), metric).map(|level| level.limit)
    }

    fn new_disk(&mut self, disk: &Value, machine_type: &str, image_size: &dyn Fn(&str) -> Option<i64>) {
        let Some(params) =
            disk.pointer("/initializeParams").filter(|_| text_or_empty(disk, "/type") != "SCRATCH")
        else {
            return;
        };
        let of_image = || image_size(relative(&text_or_empty(params, "/sourceImage")));
        let gb = size_of(params, "/diskSizeGb").or_else(of_image).unwrap_or(SMALLEST_GB);
        let stated = text(params, "/diskType").map(|kind| last(&kind).to_owned());
        let kind = stated.unwrap_or_else(|| usual_disk(machine_type).to_owned());
        if let Some(metric) = metric::disk(&kind) {
            self.regional(metric, gb);
        }
    }

    /// A disk that goes with its machine.
    fn freed(&mut self, disk: &Value) {
        let source = text_or_empty(disk, "/source");
        let known = self.facts.zonal(relative(&source)).filter(|_| flag(disk, "/autoDelete"));
        let metric = known.and_then(|known| metric::disk(last(&text_or_empty(known, "/type"))));
        if let (Some(known), Some(metric)) = (known, metric) {
            self.regional(metric, -size_of(known, "/sizeGb").unwrap_or_default());
        }
    }
}

impl<'a> Machine<'a> {
    fn of(wire: &'a Value, runs: bool) -> Self {
        let cards = list(wire, "/networkInterfaces").iter();
        let ways = cards.flat_map(|card| list(card, "/accessConfigs"));
        // A reserved address stays in use while its machine rests.
        let held = ways.filter(|way| runs || !text_or_empty(way, "/natIP").is_empty());
        let addresses = i64::try_from(held.count()).unwrap_or(i64::MAX);
        let kind = last(&text_or_empty(wire, "/machineType")).to_owned();
        Self { wire, kind, runs, addresses }
    }

    fn after(self, event: &Event) -> Self {
        match event {
            Event::Starts => Self { addresses: Self::of(self.wire, true).addresses, runs: true, ..self },
            Event::Stops => Self { addresses: Self::of(self.wire, false).addresses, runs: false, ..self },
            Event::Becomes(kind) => Self { kind: kind.clone(), ..self },
            Event::Reached(more) => Self { addresses: self.addresses + if *more { 1 } else { -1 }, ..self },
            Event::Goes => self,
        }
    }

    fn is_spot(&self) -> bool {
        flag(self.wire, "/scheduling/preemptible")
            || text_or_empty(self.wire, "/scheduling/provisioningModel") == "SPOT"
    }
}

/// What a machine boots from unless told otherwise.
fn usual_disk(machine_type: &str) -> &'static str {
    let newest = metric::cpus(metric::family(machine_type), |_| false).is_none();
    if newest { "hyperdisk-balanced" } else { "pd-standard" }
}

pub(super) fn size_of(wire: &Value, pointer: &str) -> Option<i64> {
    i64::try_from(number(wire, pointer)?).ok()
}
