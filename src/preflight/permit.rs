//! What the caller may not do, of everything that the plan's requests take: asked once for each project. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::Known;
use super::permission::{self, On};
use super::words::list;
use crate::gcp::{Call, Read, Request, Service, Verb};
use crate::kinds::wire::texts;
use crate::plan::{Finding, Plan, Weight};
use crate::report::advice;

/// The permissions of a project's calls, with where each may be granted.
type Needed = BTreeMap<String, BTreeSet<(String, On)>>;

/// How many permissions one question may name.
const AT_ONCE: usize = 100;

fn needed(plan: &Plan) -> Needed {
    let mut needed = Needed::new();
    let calls = plan.steps.iter().flat_map(|step| &step.calls);
    for request in calls.flat_map(writes) {
        let project = project(request, plan);
        needed.entry(project.to_owned()).or_default().extend(permission::of(request));
    }
    needed.retain(|_, permissions| !permissions.is_empty());
    needed
}

/// The requests of a plan that the table of permissions does not know. A test of every field holds that there are none.
pub fn unknown(plan: &Plan) -> Vec<String> {
    let calls = plan.steps.iter().flat_map(|step| &step.calls);
    let unknown = calls.flat_map(writes).filter(|request| permission::of(request).is_empty());
    unknown.map(ToString::to_string).collect()
}

/// The requests that change something. Places that are tried in turn take the same.
fn writes(call: &Call) -> Vec<&Request> {
    match call {
        Call::Send(send) => vec![&send.request],
        Call::Each(sends) => sends.iter().map(|send| &send.request).collect(),
        Call::FirstOf(first) => {
            first.choices.first().map(|choice| &choice.send.request).into_iter().collect()
        }
        Call::Edit(edit) => vec![&edit.write],
        Call::Guard(_) => Vec::new(),
    }
}

/// The project that a request names, else that of the course: buckets do not say whose they are.
fn project<'a>(request: &'a Request, plan: &'a Plan) -> &'a str {
    let of_path = request.path.split_once("projects/").and_then(|(_, rest)| rest.split(['/', ':']).next());
    let of_query =
        || request.query.iter().find(|(name, _)| name == "project").map(|(_, value)| value.as_str());
    of_path.or_else(of_query).unwrap_or(&plan.project)
}

/// The questions, with the project of each.
pub(super) fn reads(plan: &Plan) -> Vec<(Read, String)> {
    let of_project = |(project, permissions): (String, BTreeSet<(String, On)>)| {
        let reads = questions(&project, &permissions).into_iter();
        reads.map(|(read, _)| (read, project.clone())).collect::<Vec<_>>()
    };
    needed(plan).into_iter().flat_map(of_project).collect()
}

/// What is asked of a project, with the permissions that each question names.
fn questions(project: &str, permissions: &BTreeSet<(String, On)>) -> Vec<(Read, Vec<String>)> {
    let names: BTreeSet<String> = permissions.iter().map(|(permission, _)| permission.clone()).collect();
    let names: Vec<String> = names.into_iter().collect();
    let question = |names: &[String]| {
        let path = format!("v1/projects/{project}:testIamPermissions");
        let request = Request::new(Verb::Post, Service::ResourceManager, path);
        (Read::document(request.json(&json!({ "permissions": names }))), names.to_vec())
    };
    names.chunks(AT_ONCE).map(question).collect()
}

pub(super) fn findings(plan: &Plan, known: Known<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (project, permissions) in needed(plan) {
        let missing: BTreeSet<String> = questions(&project, &permissions)
            .into_iter()
            .flat_map(|(read, names)| {
                let answer = known.reads.document(&read);
                let held = answer.map(|answer| texts(answer, "/permissions"));
                names.into_iter().filter(move |name| held.as_ref().is_some_and(|held| !held.contains(name)))
            })
            .collect();
        let on = |on: On| -> Vec<&str> {
            let of_it = permissions.iter().filter(|(name, place)| *place == on && missing.contains(name));
            of_it.map(|(name, _)| name.as_str()).collect()
        };
        found.extend(refused(&project, &on(On::Project)));
        found.extend(doubted(&project, &on(On::Itself)));
    }
    found
}

fn refused(project: &str, missing: &[&str]) -> Option<Finding> {
    finding(Weight::Refusal, project, missing, "")
}

fn doubted(project: &str, missing: &[&str]) -> Option<Finding> {
    finding(Weight::Warning, project, missing, ": this fails unless it is granted on what is changed")
}

fn finding(severity: Weight, project: &str, missing: &[&str], but: &str) -> Option<Finding> {
    let names: Vec<String> = missing.iter().map(|name| (*name).to_owned()).collect();
    let message = match names.as_slice() {
        [] => return None,
        [one] => format!("you do not have {one} on {project}{but}"),
        _ => format!("you have none of these on {project}: {}{but}", names.join(", ")),
    };
    Some(Finding { severity, code: "permission", address: None, message, help: Some(help(project, missing)) })
}

fn help(project: &str, missing: &[&str]) -> String {
    let roles: BTreeSet<&str> = missing.iter().filter_map(|name| advice::role(name)).collect();
    let roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
    let command = format!("gcloud projects add-iam-policy-binding {project} --member user:YOU --role");
    match roles.as_slice() {
        [] => format!(
            "which roles have it: gcloud iam roles list --filter includedPermissions:{}",
            missing.join(",")
        ),
        [role] => format!("an owner types: {command} {role}"),
        _ => format!("an owner types, for each of {}: {command} ROLE", list(&roles)),
    }
}
