//! APIs, service accounts and grants: `services enable`, `iam …`, `… add-iam-policy-binding`. Pure.

use serde_json::{Value, json};

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{self, Arguments, Does, Flag, Tables, flag};
use super::variable::{self, Part};
use crate::kinds::dead::{self, Sort};
use crate::kinds::{ApiServices, IamGrant, Resource, ServiceAccount};
use crate::spec::Problem;

/// Flags of every `add-iam-policy-binding`. Member and role are read apart, as they make a name.
pub(super) const FLAGS: &[Flag] = &[
    flag("member", Does::Nothing),
    flag("role", Does::Nothing),
    flag("location", Does::Nothing),
    flag("zone", Does::Nothing),
    flag("condition", Does::Special(condition)),
    flag("condition-from-file", Does::Unlike("write it under `condition:`")),
];

/// Flags of service accounts.
pub(super) const ACCOUNT: &[Flag] =
    &[flag("display-name", Does::Text("displayName")), flag("description", Does::Text("description"))];

/// The name of the one list of APIs.
pub(super) const APIS: &str = "apis";

pub(super) fn enable(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    let mut draft = Draft::new(ApiServices::FACTS.kind, APIS, desk.place());
    draft.put("services", json!([]));
    arguments.fill(&mut draft, tables, desk);
    for raw in &arguments.names {
        let full = if raw.contains('.') || raw.contains('$') {
            raw.clone()
        } else {
            format!("{raw}.googleapis.com")
        };
        let name = living_api(&full, raw, desk);
        if !name.is_empty() {
            draft.put("services", json!([desk.value(&name, "service")]));
        }
    }
    vec![draft]
}

/// The API that does today what this one did; empty where none does.
fn living_api(name: &str, written: &str, desk: &mut Desk<'_>) -> String {
    let Some(dead) = dead::find(Sort::Api, "", name) else { return name.to_owned() };
    let what = match dead.instead {
        "" => "is left out".to_owned(),
        instead => format!("is replaced by `{instead}`"),
    };
    desk.warn(written, Problem::new("replaced", format!("the API `{name}` {what}")).label(dead.why));
    dead.instead.to_owned()
}

pub(super) fn account(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    let Some(name) = arguments.names.first() else { return Vec::new() };
    let mut draft = Draft::new(ServiceAccount::FACTS.kind, &desk.value(name, "name"), desk.place());
    arguments.fill(&mut draft, tables, desk);
    vec![draft]
}

pub(super) fn on_project(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    arguments.names.iter().for_each(|project| desk.names_project(project));
    of_flags(&json!("project"), "", arguments, tables, desk)
}

pub(super) fn on_bucket(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    on("bucket", |name, _| name.trim_start_matches("gs://").to_owned(), arguments, tables, desk)
}

pub(super) fn on_account(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    on("serviceAccount", |name, _| name.to_owned(), arguments, tables, desk)
}

pub(super) fn on_registry(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    on("registry", |name, arguments| placed(name, arguments.value("location")), arguments, tables, desk)
}

pub(super) fn on_vm(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    on("vm", |name, arguments| placed(name, arguments.value("zone")), arguments, tables, desk)
}

fn placed(name: &str, place: Option<&str>) -> String {
    place.map_or_else(|| name.to_owned(), |place| format!("{place}/{name}"))
}

fn on(
    what: &str,
    named: fn(&str, &Arguments) -> String,
    arguments: &Arguments,
    tables: Tables,
    desk: &mut Desk<'_>,
) -> Vec<Draft> {
    let Some(name) = arguments.names.first() else { return Vec::new() };
    let raw = named(name, arguments);
    let target = json!({ what: desk.value(&raw, what) });
    of_flags(&target, flags::last(&raw), arguments, tables, desk)
}

fn of_flags(
    on: &Value,
    target: &str,
    arguments: &Arguments,
    tables: Tables,
    desk: &mut Desk<'_>,
) -> Vec<Draft> {
    let (member, role) =
        (arguments.value("member").unwrap_or_default(), arguments.value("role").unwrap_or_default());
    let mut draft = grant(on, target, member, &[role], desk);
    arguments.fill(&mut draft, tables, desk);
    vec![draft]
}

/// A grant of roles to a member, called after the member and what it is on.
pub(super) fn grant(on: &Value, target: &str, member: &str, roles: &[&str], desk: &mut Desk<'_>) -> Draft {
    let who = member.split_once(':').map_or(member, |(_, who)| who);
    let who = who.split('@').next().unwrap_or(who);
    let raw = if target.is_empty() { named(who) } else { format!("{}-on-{}", named(who), named(target)) };
    let mut draft = Draft::new(IamGrant::FACTS.kind, &desk.value(&raw, "name"), desk.place());
    draft.put("on", on.clone());
    let roles: Value = roles.iter().map(|role| json!(desk.value(role, "role"))).collect();
    draft.put("roles", roles);
    draft.put("members", json!([desk.value(member, "member")]));
    draft
}

/// A text as a part of a name; variables stay.
fn named(raw: &str) -> String {
    let part = |part: &Part<'_>| match part {
        Part::Text(text) => {
            let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
            text.chars().map(letter).collect::<String>()
        }
        Part::Variable { name, .. } => format!("${{{name}}}"),
    };
    variable::parts(raw).iter().map(part).collect::<String>().trim_matches('-').to_owned()
}

/// `expression=…,title=…,description=…`, or `None`. An expression may have commas, so parts begin at their keys.
fn condition(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    if raw.eq_ignore_ascii_case("none") || raw.is_empty() {
        return;
    }
    let keys = ["expression", "title", "description"];
    let mut places: Vec<(usize, &str)> =
        keys.iter().filter_map(|key| Some((raw.find(&format!("{key}="))?, *key))).collect();
    places.sort_unstable();
    for (i, (start, key)) in places.iter().enumerate() {
        let end = places.get(i + 1).map_or(raw.len(), |(next, _)| *next);
        let text = raw.get(start + key.len() + 1..end).unwrap_or_default().trim_end_matches(',');
        let text = desk.value(text, "condition");
        draft.put(&format!("condition.{key}"), json!(text));
    }
    let name = format!("{}-conditional", draft.name());
    draft.put("name", json!(name));
}
