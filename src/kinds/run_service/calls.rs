//! The calls that make, change and delete a service.

use serde_json::{Map, Value, json};

use super::observe::MASK;
use super::spec::RunService;
use super::template;
use crate::gcp::call::{Edit, Guard, Send, Wait};
use crate::gcp::{Call, Request, Service, Splice, Verb};
use crate::kinds::contract::{Observed, Resource, Update};
use crate::kinds::field::map_edit;
use crate::kinds::{Scope, mark};

/// Members of a service besides its template, with the fields of the spec they are written from.
const PLAIN: [(&str, &str); 3] =
    [("description", "description"), ("ingress", "ingress"), ("public", "invokerIamDisabled")];

pub(super) fn create(spec: &RunService, scope: &Scope) -> Vec<Call> {
    let resource = spec.resource(scope);
    let parent = resource.rsplit_once('/').map_or("", |(parent, _)| parent);
    let mut body = Map::new();
    for (_, member) in PLAIN {
        body.extend(plain(spec, member).map(|value| (member.to_owned(), value)));
    }
    body.insert("labels".to_owned(), json!(spec.labels));
    body.insert("template".to_owned(), template::laid_over(&Value::Null, spec, scope));
    let request = Request::new(Verb::Post, Service::Run, format!("v2/{parent}"))
        .query("serviceId", spec.name.as_str())
        .json(&Value::Object(body));
    vec![Call::Send(Send::long_running(request))]
}

fn plain(spec: &RunService, member: &str) -> Option<Value> {
    match member {
        "description" => spec.description.as_ref().map(|text| json!(text)),
        "ingress" => spec.ingress.map(|ingress| json!(ingress.wire())),
        _ => spec.public.map(|on| json!(on)),
    }
}

/// What must still be as the plan saw it.
pub(super) fn guard(live: &Observed<RunService>) -> Call {
    let read = Request::get(Service::Run, format!("v2/{}", live.resource)).fields(MASK);
    let seen = ["/uid", "/template", "/traffic", "/ingress", "/invokerIamDisabled", "/description"];
    Call::Guard(Guard::over(read, &live.wire, &seen))
}

/// One PATCH of everything that changes but labels.
pub(super) fn patch(update: &Update<'_, RunService>, scope: &Scope) -> Call {
    let Update { desired, live, .. } = update;
    let mut mask: Vec<&str> = Vec::new();
    let mut splices = vec![copied("/etag")];
    for (_, member) in PLAIN.into_iter().filter(|(field, _)| update.changes(field)) {
        let value = plain(desired, member).unwrap_or_default();
        splices.push(Splice::Set { to: format!("/{member}"), value });
        mask.push(member);
    }
    if update.changes("traffic") {
        let newest = json!([{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]);
        splices.push(Splice::Set { to: "/traffic".into(), value: newest });
        mask.push("traffic");
    }
    let others = |path: &str| path == "traffic" || PLAIN.iter().any(|(field, _)| *field == path);
    if update.fields.iter().any(|change| !others(change.path.root())) {
        let there = live.wire.get("template").unwrap_or(&Value::Null);
        let value = template::laid_over(there, desired, scope);
        splices.push(Splice::Set { to: "/template".into(), value });
        mask.push("template");
    }
    let mut write = Request::new(Verb::Patch, Service::Run, format!("v2/{}", live.resource))
        .query("updateMask", mask.join(","));
    if update.changes("serving") {
        // Nothing but a new revision tries again what did not come to serve.
        write = write.query("forceNewRevision", "true");
    }
    edit(&live.resource, write, splices)
}

pub(super) fn labels(update: &Update<'_, RunService>) -> Call {
    let (set, unset) = map_edit(update.fields, "labels");
    edit_labels(&update.live.resource, set, unset)
}

pub(super) fn unmark(resource: &str) -> Call {
    edit_labels(resource, Map::new(), vec![mark::MANAGED_BY.to_owned(), mark::COURSE.to_owned()])
}

/// The mask `labels` replaces the whole map, so the labels of others are read and written back.
fn edit_labels(resource: &str, set: Map<String, Value>, unset: Vec<String>) -> Call {
    let write =
        Request::new(Verb::Patch, Service::Run, format!("v2/{resource}")).query("updateMask", "labels");
    let map = Splice::Map { from: "/labels".into(), to: "/labels".into(), set, unset };
    edit(resource, write, vec![copied("/etag"), map])
}

fn edit(resource: &str, write: Request, splices: Vec<Splice>) -> Call {
    let read = Request::get(Service::Run, format!("v2/{resource}")).fields("etag,labels");
    Call::Edit(Edit { read, write, splices, skip_if_same: false, wait: Wait::LongRunning, fuse: None })
}

fn copied(pointer: &str) -> Splice {
    Splice::Copy { from: pointer.into(), to: pointer.into() }
}

pub(super) fn delete(resource: &str) -> Call {
    let request = Request::new(Verb::Delete, Service::Run, format!("v2/{resource}"));
    Call::Send(Send::long_running(request).absent_is_done())
}
