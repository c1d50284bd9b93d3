//! The account: what all deeds of a plan take of each quota, and for every machine the first of its regions that has enough left.
//! Pure. What gives back comes first, then what has no choice, then machines in the order in which they are made.

use std::collections::{BTreeMap, BTreeSet};

use super::Quota;
use super::claim::{Claims, Counter, Key, size_of};
use super::deed::{Deed, Event, Zone};
use super::facts::Facts;
use super::metric;
use crate::kinds::wire::{last, text_or_empty};

/// A quota with what the plan takes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    limit: i64,
    usage: i64,
    /// Of everything, whether it fits or not.
    need: i64,
    /// Of what fits.
    taken: i64,
}

/// A region in which a deed can be done, and what it takes there.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) region: String,
    pub(super) claims: Claims,
}

/// One deed, where it can be done, and where it will be.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) project: String,
    /// The type of a machine that begins to run.
    pub(super) machine: Option<String>,
    pub(super) spots: Vec<Spot>,
    /// Whether it is there already.
    pub(super) exists: bool,
    /// Which of the spots has room.
    pub(super) place: Option<usize>,
}

impl Piece {
    /// The region that it would be in if there were room.
    pub(super) fn home(&self) -> &str {
        self.spots.first().map_or("", |spot| spot.region.as_str())
    }

    /// The region that it finds room in.
    pub(super) fn region(&self) -> Option<&str> {
        self.spots.get(self.place?).map(|spot| spot.region.as_str())
    }

    fn rank(&self) -> u8 {
        let gives = self.spots.iter().all(|spot| spot.claims.values().all(|amount| *amount <= 0));
        match (gives, &self.machine, self.spots.len()) {
            (true, ..) => 0,
            (_, None, _) => 1,
            (_, _, ..=1) => 2,
            _ => 3,
        }
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Account {
    lines: BTreeMap<Key, Line>,
    pub(super) pieces: Vec<Piece>,
    /// Machine families whose CPUs no quota that can be read is about.
    pub(super) unlisted: BTreeSet<String>,
}

impl Account {
    pub(super) fn of(deeds: &[&Deed], facts: &Facts<'_>) -> Self {
        let mut account = Self::default();
        let mut pieces: Vec<Piece> = deeds.iter().filter_map(|deed| piece(deed, facts)).collect();
        pieces.sort_by_key(Piece::rank);
        for piece in &mut pieces {
            account.open(piece, facts);
            account.place(piece);
        }
        account.pieces = pieces;
        account
    }

    /// Lines for every quota that a piece may take of.
    fn open(&mut self, piece: &Piece, facts: &Facts<'_>) {
        for key in piece.spots.iter().flat_map(|spot| spot.claims.keys()) {
            let Some(level) = facts.level(&key.project, key.region.as_deref(), &key.metric) else { continue };
            let fresh = Line { limit: level.limit, usage: level.usage, need: 0, taken: 0 };
            self.lines.entry(key.clone()).or_insert(fresh);
        }
        if let Some(machine) = piece.machine.as_deref().map(metric::family) {
            let home = piece.home();
            let listed = |metric: &str| facts.level(&piece.project, Some(home), metric).is_some();
            // Without any quotas there is nothing to be missed in them.
            if listed("INSTANCES") && metric::cpus(machine, listed).is_none() {
                self.unlisted.insert(machine.to_owned());
            }
        }
    }

    fn place(&mut self, piece: &mut Piece) {
        piece.place = piece.spots.iter().position(|spot| self.has_room(&spot.claims));
        let Some(spot) = piece.spots.get(piece.place.unwrap_or_default()) else { return };
        for (key, amount) in &spot.claims {
            if let Some(line) = self.lines.get_mut(key) {
                line.need += amount;
                line.taken += if piece.place.is_some() { *amount } else { 0 };
            }
        }
    }

    fn has_room(&self, claims: &Claims) -> bool {
        claims.iter().all(|(key, amount)| {
            let enough = |line: &Line| line.usage + line.taken + amount <= line.limit;
            *amount <= 0 || self.lines.get(key).is_none_or(enough)
        })
    }

    /// Every quota that is touched.
    pub(super) fn quotas(&self) -> Vec<Quota> {
        let touched = self.lines.iter().filter(|(_, line)| line.need != 0);
        let quota = |(key, line): (&Key, &Line)| Quota {
            project: key.project.clone(),
            region: key.region.clone(),
            metric: key.metric.clone(),
            need: line.need,
            usage: line.usage,
            limit: line.limit,
        };
        let mut quotas: Vec<Quota> = touched.map(quota).collect();
        quotas.sort_by_key(|quota| (quota.project.clone(), quota.region.is_none()));
        quotas
    }
}

fn piece(deed: &Deed, facts: &Facts<'_>) -> Option<Piece> {
    let (machine, spots) = match deed {
        Deed::Make { zones, body, .. } => {
            let machine = last(&text_or_empty(body, "/machineType")).to_owned();
            let size = |image: &str| size_of(facts.image(image)?, "/diskSizeGb");
            let claims = |at: &Zone| Counter::new(at, facts).made(body, size);
            (Some(machine), spots(zones, claims))
        }
        Deed::Change { at, resource, events, .. } => {
            let live = facts.zonal(resource)?;
            let claims = Counter::new(at, facts).changed(live, events);
            (runs_as(deed, &text_or_empty(live, "/machineType")), vec![spot(at, claims)])
        }
        Deed::Resize { at, resource, gb } => {
            let claims = Counter::new(at, facts).resized(facts.zonal(resource)?, *gb);
            (None, vec![spot(at, claims)])
        }
        Deed::Count { project, metric, more, .. } => {
            let key = Key { project: project.clone(), region: None, metric: (*metric).to_owned() };
            let claims = Claims::from([(key, if *more { 1 } else { -1 })]);
            (None, vec![Spot { region: String::new(), claims }])
        }
    };
    Some(Piece {
        project: deed.project().to_owned(),
        machine,
        spots,
        exists: matches!(deed, Deed::Change { .. }),
        place: None,
    })
}

/// What a machine that is started or becomes another runs as.
fn runs_as(deed: &Deed, now: &str) -> Option<String> {
    let Deed::Change { events, .. } = deed else { return None };
    let becomes = events.iter().rev().find_map(|event| match event {
        Event::Becomes(machine_type) => Some(machine_type.clone()),
        _ => None,
    });
    events.contains(&Event::Starts).then(|| becomes.unwrap_or_else(|| last(now).to_owned()))
}

fn spot(at: &Zone, claims: Claims) -> Spot {
    Spot { region: at.region().to_owned(), claims }
}

/// One for each region: a quota makes no difference between its zones.
fn spots(zones: &[Zone], claims: impl Fn(&Zone) -> Claims) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    for at in zones {
        if spots.iter().all(|known| known.region != at.region()) {
            spots.push(spot(at, claims(at)));
        }
    }
    spots
}
