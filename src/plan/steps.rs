//! Steps: the calls of every verdict, joined where one write serves several resources, with their edges.
//! Pure. Which call changes which field is read off the kind's table.

use std::collections::BTreeMap;

use serde_json::Value;

use super::order::Graph;
use super::placement::Placed;
use super::{Finding, Step, Weight};
use crate::diff::{Item, Verdict, verdict};
use crate::gcp::{Call, Splice};
use crate::inventory::{Entry, RecordEdit};
use crate::kinds::{DecodeError, How, MarkPlace, Need, Observed};
use crate::spec::Address;

/// Steps in the making.
pub(super) struct Steps<'a> {
    placed: &'a Placed,
    list: Vec<Step>,
    /// The step that makes or changes a resource, and the one that deletes it.
    up: BTreeMap<Address, usize>,
    down: BTreeMap<Address, usize>,
    fused: BTreeMap<String, usize>,
    /// Steps that make something, and steps that delete, by the place they do it at and by what they claim.
    made: Vec<(String, usize)>,
    cleared: BTreeMap<String, usize>,
    /// What live resources claim that no two may.
    held: BTreeMap<Address, Vec<String>>,
    needs: Vec<(Address, Vec<Need>, Side)>,
    provides: Providers<'a>,
    /// APIs that an update turns off: whatever used one goes first.
    dropped: Providers<'a>,
}

/// What enables an API, by project: it does so there and nowhere else.
type Providers<'a> = BTreeMap<&'a str, BTreeMap<String, Address>>;

/// The calls of a step, and whether they stop or restart a machine that runs: the inventory must know before.
#[derive(Default)]
struct Work {
    calls: Vec<Call>,
    restarts: bool,
}

impl From<Vec<Call>> for Work {
    fn from(calls: Vec<Call>) -> Self {
        Self { calls, restarts: false }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Desired,
    Live,
}

impl<'a> Steps<'a> {
    pub(super) fn new(placed: &'a Placed) -> Self {
        Self {
            placed,
            list: Vec::new(),
            up: BTreeMap::new(),
            down: BTreeMap::new(),
            fused: BTreeMap::new(),
            made: Vec::new(),
            cleared: BTreeMap::new(),
            held: BTreeMap::new(),
            needs: Vec::new(),
            provides: BTreeMap::new(),
            dropped: BTreeMap::new(),
        }
    }

    /// Adds the steps of one resource.
    pub(super) fn add(&mut self, item: &Item<'a>) -> Result<(), DecodeError> {
        self.note_needs(item)?;
        match item.verdict {
            Verdict::Create => self.up(item, "create", self.create(item)?.into())?,
            Verdict::Update => self.up(item, "update", Self::update(item)?)?,
            Verdict::UpdateWithStop => self.up(item, "update with stop", Self::update(item)?)?,
            Verdict::Adopt => self.up(item, "adopt", Self::update(item)?)?,
            Verdict::Delete => self.down(item, "delete", Self::delete(item)?),
            Verdict::Release => self.down(item, "release", Self::release(item)?),
            Verdict::Replace => {
                self.down(item, "delete to replace", Self::delete(item)?);
                self.up(item, "create to replace", self.create(item)?.into())?;
            }
            Verdict::None | Verdict::Forget | Verdict::Conflict => {}
        }
        Ok(())
    }

    fn note_needs(&mut self, item: &Item<'a>) -> Result<(), DecodeError> {
        let (project, address) = (item.scope.project.as_str(), &item.address);
        if let Some(desired) = item.desired.as_ref().filter(|_| !item.ask.leaving) {
            self.needs.push((address.clone(), desired.resolved.needs.clone(), Side::Desired));
        }
        let provides = item.desired.as_ref().map(|d| d.resolved.provides.clone()).unwrap_or_default();
        // Nothing is done to what is as it should be: the live side matters only for what it provides.
        let idle = item.verdict == Verdict::None && item.desired.is_some() && provides.is_empty();
        let live = item.live.as_ref().filter(|_| !idle);
        let live = live.map(|live| item.kind.resolved(&live.spec, item.scope)).transpose()?;
        for api in live.iter().flat_map(|live| &live.provides).filter(|api| !provides.contains(api)) {
            self.dropped.entry(project).or_default().insert(api.clone(), address.clone());
        }
        for api in provides.into_iter().chain(live.iter().flat_map(|l| l.provides.clone())) {
            self.provides.entry(project).or_default().insert(api, address.clone());
        }
        if let Some(mut live) = live {
            let named = item.desired.iter().flat_map(|desired| desired.named.iter().cloned());
            live.needs.extend(named.map(Need::Resource));
            if has_a_name_of_its_own(item) {
                let held = live.claims.iter().map(|claim| in_project(item, claim));
                self.held.insert(address.clone(), held.collect());
            }
            self.needs.push((address.clone(), live.needs, Side::Live));
        }
        Ok(())
    }

    fn create(&self, item: &Item<'_>) -> Result<Vec<Call>, DecodeError> {
        let scope = self.placed.scope(item);
        item.desired.as_ref().map_or(Ok(Vec::new()), |d| item.kind.create(&d.resolved.value, scope))
    }

    fn delete(item: &Item<'_>) -> Result<Vec<Call>, DecodeError> {
        item.live.as_ref().map_or(Ok(Vec::new()), |live| item.kind.delete(live, &item.ask, item.scope))
    }

    fn release(item: &Item<'_>) -> Result<Vec<Call>, DecodeError> {
        item.live.as_ref().map_or(Ok(Vec::new()), |live| item.kind.release(live, item.scope))
    }

    /// Live calls first, then what needs a stop between stop and start, then a restart if nothing stopped it.
    fn update(item: &Item<'_>) -> Result<Work, DecodeError> {
        let (Some(desired), Some(live)) = (&item.desired, &item.live) else {
            return Ok(Work::default());
        };
        let mut calls = Vec::new();
        let mut call = |via: &str| -> Result<bool, DecodeError> {
            let more = item.kind.change(via, &desired.resolved.value, live, &item.fields, item.scope)?;
            let any = !more.is_empty();
            calls.extend(more);
            Ok(any)
        };
        let vias = Vias::of(item);
        for via in &vias.live {
            call(via)?;
        }
        let mut restarts = false;
        if !vias.stopped.is_empty() {
            restarts |= call("stop")?;
            for via in &vias.stopped {
                call(via)?;
            }
            call("start")?;
        } else if vias.restart {
            restarts |= call("restart")?;
        }
        if !restarts && item.entry.is_some_and(|entry| entry.restarting) {
            restarts |= call("resume")?;
        }
        Ok(Work { calls: guarded_once(calls), restarts })
    }

    fn up(&mut self, item: &Item<'_>, doing: &str, work: Work) -> Result<(), DecodeError> {
        let mut record = put(item)?;
        if let RecordEdit::Put(_, entry) = &mut record {
            entry.restarting = work.restarts;
        }
        let id = self.step(item, doing, work.calls, vec![record]);
        if let Some(step) = self.list.get_mut(id) {
            step.intent |= work.restarts;
        }
        self.up.insert(item.address.clone(), id);
        if let (Verdict::Create, Some(desired)) = (&item.verdict, &item.desired) {
            self.made.push((desired.resolved.resource.clone(), id));
            let claims = desired.resolved.claims.iter().filter(|_| has_a_name_of_its_own(item));
            self.made.extend(claims.map(|claim| (in_project(item, claim), id)));
        }
        Ok(())
    }

    fn down(&mut self, item: &Item<'_>, doing: &str, calls: Vec<Call>) {
        let id = self.step(item, doing, calls, vec![RecordEdit::Remove(item.address.clone())]);
        self.down.insert(item.address.clone(), id);
        if let Some(live) = &item.live {
            self.cleared.insert(live.resource.clone(), id);
            let held = self.held.get(&item.address).cloned().unwrap_or_default();
            self.cleared.extend(held.into_iter().map(|claim| (claim, id)));
        }
    }

    fn step(&mut self, item: &Item<'_>, doing: &str, calls: Vec<Call>, records: Vec<RecordEdit>) -> usize {
        let intent = item.kind.facts().mark == MarkPlace::Inventory;
        let id = self.list.len();
        if let [Call::Edit(edit)] = calls.as_slice()
            && let Some(key) = &edit.fuse
        {
            if let Some(first) = self.fused.get(key).and_then(|id| self.list.get_mut(*id)) {
                first.join(&edit.splices, item.address.clone(), records);
                return first.id;
            }
            self.fused.insert(key.clone(), id);
        }
        let addresses = vec![item.address.clone()];
        self.list.push(Step {
            id,
            doing: doing.to_owned(),
            addresses,
            calls,
            after: Vec::new(),
            records,
            intent,
            learns: Vec::new(),
        });
        id
    }

    /// Draws the edges and sorts; a cycle becomes a finding and leaves no steps.
    pub(super) fn finish(mut self) -> (Vec<Step>, Option<Finding>) {
        let mut graph = Graph::default();
        self.list.iter().for_each(|step| graph.node(step.id));
        for (address, down) in &self.down {
            if let Some(up) = self.up.get(address) {
                graph.after(*up, *down);
            }
        }
        // A machine that changes its kind is deleted under one address and made under another, of the same name.
        for (place, made) in &self.made {
            if let Some(cleared) = self.cleared.get(place) {
                graph.after(*made, *cleared);
            }
        }
        for (address, needs, side) in &self.needs {
            for need in needs {
                if let Some(needed) = self.provider(need) {
                    self.edge(&mut graph, address, needed, *side);
                }
                self.turned_off(&mut graph, address, need, *side);
                self.taken_away(&mut graph, address, need, *side);
            }
        }
        match graph.sorted() {
            Ok(order) => (self.renumbered(&graph, &order), None),
            Err(cycle) => (Vec::new(), Some(self.cycle(&cycle))),
        }
    }

    fn provider<'b>(&'b self, need: &'b Need) -> Option<&'b Address> {
        match need {
            Need::Resource(address) => Some(address),
            Need::Api { project, api } => self.provides.get(project.as_str())?.get(api),
        }
    }

    /// What is needed is made first; what was needed goes last.
    fn edge(&self, graph: &mut Graph, address: &Address, needed: &Address, side: Side) {
        let (up, down) = (self.up.get(address), self.down.get(address));
        if let (Side::Desired, Some(up), Some(first)) = (side, up, self.up.get(needed)) {
            graph.after(*up, *first);
        }
        let Some(last) = self.down.get(needed).filter(|_| side == Side::Live) else {
            return;
        };
        if let Some(down) = down {
            graph.after(*last, *down);
        } else if let Some(up) = up.filter(|_| !self.up.contains_key(needed)) {
            graph.after(*last, *up);
        }
    }

    fn turned_off(&self, graph: &mut Graph, address: &Address, need: &Need, side: Side) {
        let Need::Api { project, api } = need else { return };
        let dropped = self.dropped.get(project.as_str()).and_then(|dropped| dropped.get(api));
        let off = dropped.and_then(|owner| self.up.get(owner));
        if let (Some(off), Some(down), Side::Live) = (off, self.down.get(address), side) {
            graph.after(*off, *down);
        }
    }

    /// What is taken away from a resource that changes goes after the change, which holds the version that the plan saw: a write
    /// of a bucket's policy moves its metageneration.
    fn taken_away(&self, graph: &mut Graph, address: &Address, need: &Need, side: Side) {
        let Need::Resource(needed) = need else { return };
        let changed = self
            .up
            .get(needed)
            .filter(|up| !self.down.contains_key(needed) && self.made.iter().all(|(_, made)| made != *up));
        if let (Some(changed), Some(down), Side::Live) = (changed, self.down.get(address), side) {
            graph.after(*down, *changed);
        }
    }

    fn renumbered(&mut self, graph: &Graph, order: &[usize]) -> Vec<Step> {
        let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        let mut steps: Vec<Step> = std::mem::take(&mut self.list);
        for step in &mut steps {
            step.after = graph.before(step.id).filter_map(|old| place.get(&old).copied()).collect();
            step.id = place.get(&step.id).copied().unwrap_or(step.id);
        }
        steps.sort_by_key(|step| step.id);
        steps
    }

    fn cycle(&self, cycle: &[usize]) -> Finding {
        let names = cycle.iter().filter_map(|id| self.list.get(*id)?.addresses.first());
        let names: Vec<String> = names.map(ToString::to_string).collect();
        Finding {
            severity: Weight::Refusal,
            code: "cycle",
            address: None,
            message: format!("these need each other: {}", names.join(" → ")),
            help: Some("apply the change in two parts".to_owned()),
        }
    }
}

impl Step {
    /// Takes another resource's change of the same document into this step.
    fn join(&mut self, splices: &[Splice], address: Address, records: Vec<RecordEdit>) {
        let Some(Call::Edit(edit)) = self.calls.first_mut() else {
            return;
        };
        for splice in splices {
            let Splice::Policy { add, remove, .. } = splice else {
                continue;
            };
            for mine in &mut edit.splices {
                if let Splice::Policy { add: a, remove: r, .. } = mine {
                    a.extend(add.iter().cloned());
                    r.extend(remove.iter().cloned());
                }
            }
        }
        // The two halves of a replacement come one after the other.
        if self.addresses.last() != Some(&address) {
            self.addresses.push(address);
        }
        self.records.extend(records);
        "update the policy".clone_into(&mut self.doing);
    }
}

/// Whether two cannot be there at once, one to be deleted and one to be made: what bears no mark are parts of policies and lists,
/// of which one write takes away and adds.
fn has_a_name_of_its_own(item: &Item<'_>) -> bool {
    item.kind.facts().mark != MarkPlace::Inventory
}

/// What a resource claims, in its project.
fn in_project(item: &Item<'_>, claim: &str) -> String {
    format!("{}: {claim}", item.scope.project)
}

/// Each guard once, before the first call that wants it: after that call the resource differs from what the plan saw by our own hand.
fn guarded_once(calls: Vec<Call>) -> Vec<Call> {
    let mut kept: Vec<Call> = Vec::with_capacity(calls.len());
    for call in calls {
        if !(matches!(call, Call::Guard(_)) && kept.contains(&call)) {
            kept.push(call);
        }
    }
    kept
}

/// The calls an update needs, each once, in the order of the kind's table.
#[derive(Default)]
struct Vias {
    live: Vec<&'static str>,
    stopped: Vec<&'static str>,
    restart: bool,
}

impl Vias {
    fn of(item: &Item<'_>) -> Self {
        let mut vias = Self::default();
        for change in &item.fields {
            let (list, via) = match verdict::how(item.kind, change) {
                How::InPlace(via) => (&mut vias.live, via),
                How::Restart(via) => {
                    vias.restart = true;
                    (&mut vias.live, via)
                }
                How::WithStop(via) => (&mut vias.stopped, via),
                How::Grow(..) | How::Replace(_) => continue,
            };
            if !list.contains(&via) {
                list.push(via);
            }
        }
        let place = |via: &&str| item.kind.facts().fields.iter().position(|field| field.via() == Some(*via));
        vias.live.sort_by_key(place);
        vias.stopped.sort_by_key(place);
        vias
    }
}

/// What the inventory keeps of a resource once its step has succeeded.
pub(super) fn put(item: &Item<'_>) -> Result<RecordEdit, DecodeError> {
    let before: Option<&Observed<Value>> = item.live.as_ref().filter(|_| item.verdict != Verdict::Replace);
    let mut entry = Entry { resource: item.ask.resource.clone().unwrap_or_default(), ..Entry::default() };
    entry.project = item.project.map(str::to_owned);
    if let Some(desired) = &item.desired {
        entry.owns = item.kind.owns(&desired.resolved.value, before, &item.ask.owned)?;
        entry.resource.clone_from(&desired.resolved.resource);
        entry.on_destroy = desired.resolved.on_destroy;
        entry.digest = Some(desired.digest.clone());
    }
    if let Some(live) = before {
        entry.resource.clone_from(&live.resource);
    }
    Ok(RecordEdit::Put(item.address.clone(), entry))
}
