//! Secrets that machines read at boot, by the full names that stand in their metadata, and those that templates of Cloud Run name:
//! whether they are there. One that is missing lets a container of a machine wait and nothing fail, and somebody may type it in
//! before a service is made, so it is a warning. What a secret holds is never asked for. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Known;
use super::words::whose;
use crate::gcp::{Body, Call, Read, Request, Service, Splice};
use crate::kinds::secret_env::SecretRef;
use crate::kinds::wire::{list, member, text_or_empty};
use crate::plan::{Finding, Plan, Weight};
use crate::spec::Address;

/// Versions of secrets by their full names, and what reads them, with whom they are for.
pub(super) type Named = BTreeMap<(String, Reader), BTreeSet<Address>>;

/// What reads a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reader {
    /// Containers of a machine, which wait for what is not there.
    Machine,
    /// A revision of a service, which fails for it.
    Revision,
}

const USER_DATA: &str = "user-data";
const BEFORE: &str = "=projects/";
const KEY_REF: &str = "secretKeyRef";

/// The secrets that a plan's machines and services will read.
pub(super) fn named(plan: &Plan) -> Named {
    let mut named = Named::new();
    for step in &plan.steps {
        let machines = step.calls.iter().flat_map(in_call).map(|secret| (secret, Reader::Machine));
        let services = step.calls.iter().flat_map(in_template).map(|secret| (secret, Reader::Revision));
        for secret in machines.chain(services) {
            named.entry(secret).or_default().extend(step.addresses.first().cloned());
        }
    }
    named
}

/// Machines are made with their metadata in the body, and changed by an edit of it.
fn in_call(call: &Call) -> Vec<String> {
    let made = |request: &Request| match &request.body {
        // Most machines read none, and their bodies need not be taken apart.
        Body::Json(text) if text.contains(BEFORE) => {
            let body: Value = serde_json::from_str(text).unwrap_or_default();
            let items =
                body.pointer("/metadata/items").and_then(Value::as_array).cloned().unwrap_or_default();
            items.iter().filter(|item| text_or_empty(item, "/key") == USER_DATA).flat_map(of_item).collect()
        }
        _ => Vec::new(),
    };
    match call {
        Call::Send(send) => made(&send.request),
        Call::FirstOf(first) => {
            first.choices.first().map(|choice| made(&choice.send.request)).unwrap_or_default()
        }
        Call::Edit(edit) => edit.splices.iter().filter_map(items).flat_map(of_items).collect(),
        Call::Each(_) | Call::Guard(_) => Vec::new(),
    }
}

/// Services are made with their template in the body, and changed by an edit that sets the whole of it.
fn in_template(call: &Call) -> Vec<String> {
    match call {
        Call::Send(send) if send.request.service == Service::Run => match &send.request.body {
            Body::Json(text) if text.contains(KEY_REF) => {
                let body: Value = serde_json::from_str(text).unwrap_or_default();
                body.get("template").map(|template| of_template(template, &send.request)).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        Call::Edit(edit) if edit.write.service == Service::Run => {
            let templates = edit.splices.iter().filter_map(template);
            templates.flat_map(|template| of_template(template, &edit.write)).collect()
        }
        _ => Vec::new(),
    }
}

fn template(splice: &Splice) -> Option<&Value> {
    if let Splice::Set { to, value } = splice { (to == "/template").then_some(value) } else { None }
}

/// Names without a project are of the service's own, which its path names.
fn of_template(template: &Value, request: &Request) -> Vec<String> {
    let own = request.path.split('/').nth(2).unwrap_or_default();
    let env = list(template, "/containers").iter().flat_map(|container| list(container, "/env"));
    let secrets = env.filter_map(|one| member::<SecretRef>(one, "/valueSource/secretKeyRef"));
    secrets.map(|secret| secret.resource(own)).collect()
}

fn items(splice: &Splice) -> Option<&Map<String, Value>> {
    if let Splice::Items { set, .. } = splice { Some(set) } else { None }
}

fn of_items(items: &Map<String, Value>) -> Vec<String> {
    items.get(USER_DATA).and_then(Value::as_str).map(in_text).unwrap_or_default()
}

fn of_item(item: &Value) -> Vec<String> {
    in_text(&text_or_empty(item, "/value"))
}

/// The names behind `NAME=` in the lines of a text that start something.
fn in_text(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.trim_start().starts_with("ExecStart="));
    let names =
        lines.flat_map(str::split_whitespace).filter_map(|word| word.rsplit_once('=')).map(|(_, name)| name);
    names.filter(|name| is_version(name)).map(str::to_owned).collect()
}

fn is_version(name: &str) -> bool {
    matches!(name.split('/').collect::<Vec<_>>().as_slice(), ["projects", _, "secrets", _, "versions", _])
}

/// What is to be read of them, with the project of each.
pub(super) fn reads(named: &Named, known: Known<'_>) -> Vec<(Read, String)> {
    // A machine and a service may read the same one.
    let secrets: BTreeSet<&String> = named.keys().map(|(name, _)| name).collect();
    let on = secrets.into_iter().filter(|name| !is_off(name, known));
    on.map(|name| (read(name), project(name).to_owned())).collect()
}

/// Of a version only its state: what it holds is another call, which Provost never makes.
fn read(name: &str) -> Read {
    Read::document(Request::get(Service::SecretManager, format!("v1/{name}")).fields("name,state"))
}

fn project(name: &str) -> &str {
    name.split('/').nth(1).unwrap_or_default()
}

/// Nothing can be said of secrets before their API is on: whoever applies may be about to turn it on.
fn is_off(name: &str, known: Known<'_>) -> bool {
    known.disabled.get(project(name)).is_some_and(|apis| apis.contains(Service::SecretManager.api()))
}

/// Whether a read that failed is told here, and better.
pub(super) fn tells(read: &Read, known: Known<'_>) -> bool {
    let name = read.request.path.strip_prefix("v1/").unwrap_or_default();
    read.request.service == Service::SecretManager && is_off(name, known)
}

/// The secrets that are not there, or closed, and the projects that cannot tell.
pub(super) fn findings(named: &Named, known: Known<'_>) -> Vec<Finding> {
    let off: BTreeSet<&str> =
        named.keys().filter(|(name, _)| is_off(name, known)).map(|(name, _)| project(name)).collect();
    let found = named.iter().filter(|((name, _), _)| !is_off(name, known));
    let found = found.filter_map(|((name, reader), who)| finding(name, *reader, who, known));
    off.into_iter().map(turned_off).chain(found).collect()
}

fn turned_off(project: &str) -> Finding {
    let api = Service::SecretManager.api();
    Finding {
        severity: Weight::Note,
        code: "not-checked",
        address: None,
        message: format!("whether the secrets of {project} are there cannot be told before {api} is on"),
        help: Some(format!("to make them beforehand: `gcloud services enable {api} --project {project}`")),
    }
}

fn finding(name: &str, reader: Reader, who: &BTreeSet<Address>, known: Known<'_>) -> Option<Finding> {
    let read = read(name);
    let answered = known.reads.has(&read) && !known.unread.contains_key(&read);
    let state = known.reads.document(&read).map(|found| text_or_empty(found, "/state"));
    let (code, what, help) = match state.as_deref() {
        _ if !answered => return None,
        Some("ENABLED") => return None,
        Some(state) => closed(name, state),
        None => missing(name),
    };
    let all: Vec<Address> = who.iter().cloned().collect();
    let message = format!("{what}: {}", reader.without(&all));
    let address = if let [one] = all.as_slice() { Some(one.clone()) } else { None };
    Some(Finding { severity: Weight::Warning, code, address, message, help: Some(help) })
}

impl Reader {
    /// What comes of a secret that cannot be read.
    fn without(self, all: &[Address]) -> String {
        match (self, all) {
            (Self::Machine, [_]) => "its containers will wait for it".to_owned(),
            (Self::Machine, all) => format!("the containers of {} will wait for it", whose(all)),
            (Self::Revision, [_]) => "its revision will not come to serve".to_owned(),
            (Self::Revision, all) => format!("no revision of {} will come to serve", whose(all)),
        }
    }
}

/// The id of a secret and its version.
fn parts(name: &str) -> (&str, &str) {
    (name.split('/').nth(3).unwrap_or_default(), name.rsplit('/').next().unwrap_or_default())
}

fn closed(name: &str, state: &str) -> (&'static str, String, String) {
    let (project, (id, version)) = (project(name), parts(name));
    let what = format!("version {version} of the secret {id} in {project} is {}", state.to_lowercase());
    ("secret-closed", what, format!("its versions: gcloud secrets versions list {id} --project {project}"))
}

fn missing(name: &str) -> (&'static str, String, String) {
    let (project, (id, version)) = (project(name), parts(name));
    let what = match version {
        "latest" => format!("there is no secret {id} in {project}, or it has no version"),
        version => format!("there is no version {version} of a secret {id} in {project}"),
    };
    let help = format!(
        "type its value into `gcloud secrets create {id} --project {project} --data-file=-`; a further one into `gcloud secrets \
         versions add`"
    );
    ("secret-not-there", what, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_their_full_names_in_a_start_line() {
        let text = "ExecStart=/bin/bash /x KEY=projects/p/secrets/a/versions/latest B=projects/q/secrets/b/versions/3 -- docker\n# C=projects/p/secrets/c/versions/1\nExecStart=X=projects/p/x";
        assert_eq!(
            in_text(text),
            ["projects/p/secrets/a/versions/latest", "projects/q/secrets/b/versions/3"]
        );
    }
}
