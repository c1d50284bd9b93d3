//! Deeds: what the steps of a plan do to things that quotas count, read off their requests.
//! Pure. What a request is of a kind's does not matter: its verb, path and body say what comes of it.

use serde_json::Value;

use crate::gcp::{Body, Call, Request, Service, Verb};
use crate::kinds::wire::last;
use crate::plan::{Plan, Step};
use crate::spec::Address;

/// A zone of a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Zone {
    pub(super) project: String,
    pub(super) zone: String,
}

impl Zone {
    /// Its region: the part before the letter.
    pub(super) fn region(&self) -> &str {
        self.zone.rsplit_once('-').map_or(self.zone.as_str(), |(region, _)| region)
    }
}

/// Something that takes of a quota, or gives back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// A machine is made in the first of these zones that has room.
    Make { address: Option<Address>, zones: Vec<Zone>, body: Value },
    /// A machine that exists is changed, step by step.
    Change { address: Option<Address>, at: Zone, resource: String, events: Vec<Event> },
    /// A disk gets another size.
    Resize { at: Zone, resource: String, gb: i64 },
    /// One thing more or less of what a project may have so many of, and the network it is in.
    Count { address: Option<Address>, project: String, metric: &'static str, more: bool, network: String },
}

/// What becomes of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Starts,
    Stops,
    Becomes(String),
    Reached(bool),
    Goes,
}

/// Collections of a whole project whose members are counted.
const COUNTED: [(&str, &str); 4] =
    [("firewalls", "FIREWALLS"), ("images", "IMAGES"), ("networks", "NETWORKS"), ("snapshots", "SNAPSHOTS")];

/// What of a machine's body quotas are about, and what must exist for it.
const COUNTED_OF_MACHINES: [&str; 5] =
    ["machineType", "disks", "networkInterfaces", "scheduling", "guestAccelerators"];

impl Deed {
    /// Whether it takes more than there was.
    pub(super) fn takes(&self) -> bool {
        match self {
            Self::Make { .. } | Self::Resize { .. } => true,
            Self::Change { events, .. } => {
                let takes =
                    |event: &Event| matches!(event, Event::Starts | Event::Becomes(_) | Event::Reached(true));
                events.iter().any(takes)
            }
            Self::Count { more, .. } => *more,
        }
    }

    /// The zones that it is about.
    pub(super) fn zones(&self) -> &[Zone] {
        match self {
            Self::Make { zones, .. } => zones,
            Self::Change { at, .. } | Self::Resize { at, .. } => std::slice::from_ref(at),
            Self::Count { .. } => &[],
        }
    }

    /// The resource it is done for.
    pub(super) fn address(&self) -> Option<&Address> {
        match self {
            Self::Make { address, .. } | Self::Change { address, .. } | Self::Count { address, .. } => {
                address.as_ref()
            }
            Self::Resize { .. } => None,
        }
    }

    /// The project that it is in.
    pub(super) fn project(&self) -> &str {
        match self {
            Self::Count { project, .. } => project,
            other => other.zones().first().map_or("", |zone| zone.project.as_str()),
        }
    }
}

/// Everything that a plan does, in the order of its steps.
pub(super) fn deeds(plan: &Plan) -> Vec<Deed> {
    plan.steps.iter().flat_map(of_step).collect()
}

fn of_step(step: &Step) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for call in &step.calls {
        match call {
            Call::Send(send) => note(&mut deeds, step, &send.request),
            Call::FirstOf(first) => {
                let requests: Vec<&Request> =
                    first.choices.iter().map(|choice| &choice.send.request).collect();
                deeds.extend(made(step, &requests));
            }
            Call::Each(_) | Call::Edit(_) | Call::Guard(_) => {}
        }
    }
    deeds
}

fn note(deeds: &mut Vec<Deed>, step: &Step, request: &Request) {
    if request.service != Service::Compute {
        return;
    }
    let path: Vec<&str> = request.path.split('/').collect();
    match (request.verb, path.as_slice()) {
        (Verb::Post, ["projects", _, "zones", _, "instances"]) => deeds.extend(made(step, &[request])),
        (verb, ["projects", project, "zones", zone, "instances", name, rest @ ..]) => {
            let at = Zone { project: (*project).to_owned(), zone: (*zone).to_owned() };
            let resource = format!("projects/{project}/zones/{zone}/instances/{name}");
            if let Some(event) = event(verb, rest, request) {
                changed(deeds, step, at, resource, event);
            }
        }
        (Verb::Post, ["projects", project, "zones", zone, "disks", name, "resize"]) => {
            let gb = text(&body(request), "/sizeGb").parse().unwrap_or_default();
            let resource = format!("projects/{project}/zones/{zone}/disks/{name}");
            let at = Zone { project: (*project).to_owned(), zone: (*zone).to_owned() };
            deeds.push(Deed::Resize { at, resource, gb });
        }
        (Verb::Post, ["projects", project, "global", collection]) => {
            deeds.extend(counted(step, project, collection, Some(request)));
        }
        (Verb::Delete, ["projects", project, "global", collection, _]) => {
            deeds.extend(counted(step, project, collection, None));
        }
        _ => {}
    }
}

fn event(verb: Verb, rest: &[&str], request: &Request) -> Option<Event> {
    match (verb, rest) {
        (Verb::Delete, []) => Some(Event::Goes),
        (Verb::Post, ["start"]) => Some(Event::Starts),
        (Verb::Post, ["stop"]) => Some(Event::Stops),
        (Verb::Post, ["setMachineType"]) => {
            Some(Event::Becomes(last(&text(&body(request), "/machineType")).to_owned()))
        }
        (Verb::Post, ["addAccessConfig"]) => Some(Event::Reached(true)),
        (Verb::Post, ["deleteAccessConfig"]) => Some(Event::Reached(false)),
        _ => None,
    }
}

/// The changes of one machine in one step are one deed: it stops, becomes another and starts again.
fn changed(deeds: &mut Vec<Deed>, step: &Step, at: Zone, resource: String, event: Event) {
    for deed in deeds.iter_mut() {
        if let Deed::Change { resource: known, events, .. } = deed
            && *known == resource
        {
            events.push(event);
            return;
        }
    }
    let address = step.addresses.first().cloned();
    deeds.push(Deed::Change { address, at, resource, events: vec![event] });
}

/// A machine in one of several zones. What differs between the zones are the zones.
fn made(step: &Step, requests: &[&Request]) -> Option<Deed> {
    let zones: Vec<Zone> = requests.iter().filter_map(|request| zone_of(&request.path)).collect();
    let mut body = body(requests.first()?);
    // Scripts and the like are large, and take nothing.
    if let Some(members) = body.as_object_mut() {
        members.retain(|member, _| COUNTED_OF_MACHINES.contains(&member.as_str()));
    }
    let is_machine = requests.first()?.path.ends_with("/instances") && !zones.is_empty();
    is_machine.then(|| Deed::Make { address: step.addresses.first().cloned(), zones, body })
}

fn zone_of(path: &str) -> Option<Zone> {
    let (project, rest) = path.strip_prefix("projects/")?.split_once("/zones/")?;
    let zone = rest.split('/').next()?;
    Some(Zone { project: project.to_owned(), zone: zone.to_owned() })
}

/// A member of a collection that is made by a request, or goes.
fn counted(step: &Step, project: &str, collection: &str, made_by: Option<&Request>) -> Option<Deed> {
    let (_, metric) = COUNTED.iter().find(|(name, _)| *name == collection)?;
    let network = made_by.map(|request| text(&body(request), "/network")).unwrap_or_default();
    let (address, project) = (step.addresses.first().cloned(), project.to_owned());
    Some(Deed::Count { address, project, metric, more: made_by.is_some(), network })
}

fn body(request: &Request) -> Value {
    match &request.body {
        Body::Json(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => Value::Null,
    }
}

fn text(value: &Value, pointer: &str) -> String {
    crate::kinds::wire::text_or_empty(value, pointer)
}
