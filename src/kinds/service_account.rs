//! `ServiceAccount`: an identity for programs.
//!
//! Oddities of the API: the update mask is in the body; enabling and disabling are calls of their own; the etag is one
//! constant for all accounts and locks nothing; there are no labels, so the owner is a tag in the description (256 bytes).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::{Ask, Facts, Finding, MarkPlace, Observation, Observed, Resource, Update};
use super::field::{Class, How, field, managed};
use super::reads::Reads;
use super::yields::{Known, Yield, yields};
use super::{Scope, Written, import, mark, wire};
use crate::gcp::call::{Guard, Send};
use crate::gcp::{Call, Read, Request, Service, Verb};
use crate::spec::formats::{AccountId, Expires};
use crate::spec::{Address, Pointer, Problem};

/// A service account of the project. Its address is `NAME@PROJECT.iam.gserviceaccount.com`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceAccount {
    /// The account's id: 6 to 30 lower-case letters, digits and hyphens.
    pub name: AccountId,
    /// Name shown in the console, at most 100 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub display_name: Option<String>,
    /// What it is for. Provost appends its mark; together at most 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// Whether it is switched off: nobody can act as it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// When it ends: `session`, `never` (default) or a point in time. `provost destroy --expired` then deletes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
}

static FACTS: Facts = Facts {
    kind: "ServiceAccount",
    service: Service::Iam,
    wire: "iam.ServiceAccount",
    mark: MarkPlace::Description,
    fields: &[
        field("name", Class::Identity),
        field("email", Class::Identity),
        managed("displayName", "displayName", How::InPlace("patch")),
        managed("description", "description", How::InPlace("patch")),
        managed("disabled", "disabled", How::InPlace("switch")),
        field("projectId", Class::OutputOnly),
        field("uniqueId", Class::OutputOnly),
        field("oauth2ClientId", Class::OutputOnly),
        field("etag", Class::Ignored("the same constant on every account: it guards nothing")),
    ],
    keyed: &[],
    whole: &[],
    local: &["expires"],
};

const MASK: &str = "name,email,uniqueId,displayName,description,disabled";

impl Resource for ServiceAccount {
    const FACTS: &'static Facts = &FACTS;
    const YIELDS: &'static [Yield] = &[
        yields("email", "its address", Known::Declared),
        yields("member", "as a member of a policy", Known::Declared),
    ];

    fn declares(&self, scope: &Scope) -> Vec<(&'static str, String)> {
        let email = email(self.name.as_str(), &scope.project);
        vec![("member", format!("serviceAccount:{email}")), ("email", email)]
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let length = self.description.as_deref().map_or(0, |text| mark::tagged(text, &scope.course).len());
        let limit = 256;
        let room = limit - (mark::tagged("", &scope.course).len() + 1).min(limit);
        let help = format!("shorten it to {room} bytes");
        let problem = Problem::new(
            "too-long",
            format!(
                "with the mark of the course the description has {length} bytes, and the API takes {limit}"
            ),
        );
        let too_long = (length > limit).then(|| (Pointer::from("description"), problem.help(help)));
        too_long.into_iter().collect()
    }

    fn fill(&mut self, scope: &Scope) {
        self.description = self.description.as_deref().map(|text| mark::tagged(text, &scope.course));
    }

    fn complete(&mut self, live: &Observed<Self>, scope: &Scope) {
        if self.description.is_none() {
            let text = live.spec.description.as_deref().unwrap_or_default();
            self.description = Some(mark::tagged(text, &scope.course));
        }
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.expires)
    }

    fn resource(&self, scope: &Scope) -> String {
        format!("projects/{}/serviceAccounts/{}", scope.project, email(self.name.as_str(), &scope.project))
    }

    fn reads(_ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        vec![all(scope)]
    }

    fn collections(scope: &Scope) -> Vec<Read> {
        vec![all(scope)]
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let own = reads.items(&all(scope)).iter().filter_map(|account| observe(account, scope));
        wire::by_name(asks, own.collect())
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        let description = self.description.clone().unwrap_or_else(|| mark::tagged("", &scope.course));
        let mut account = json!({"description": description});
        if let (Some(name), Some(map)) = (&self.display_name, account.as_object_mut()) {
            map.insert("displayName".to_owned(), json!(name));
        }
        let body = json!({"accountId": self.name, "serviceAccount": account});
        let path = format!("v1/projects/{}/serviceAccounts", scope.project);
        let mut calls =
            vec![Call::Send(Send::known(Request::new(Verb::Post, Service::Iam, path).json(&body)))];
        if self.disabled == Some(true) {
            calls.push(verb(&self.resource(scope), "disable"));
        }
        calls
    }

    fn change(via: &str, update: &Update<'_, Self>, _scope: &Scope) -> Vec<Call> {
        let resource = &update.live.resource;
        let work = match via {
            "switch" if update.desired.disabled == Some(true) => verb(resource, "disable"),
            "switch" => verb(resource, "enable"),
            _ => patch(update),
        };
        vec![guard(update.live), work]
    }

    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        let request = Request::new(Verb::Delete, Service::Iam, format!("v1/{}", live.resource));
        vec![guard(live), Call::Send(Send::answered(request).absent_is_done())]
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        let text = live.spec.description.as_deref().map_or("", |d| mark::untagged(d).0);
        let body = json!({"serviceAccount": {"description": text}, "updateMask": "description"});
        vec![guard(live), send_patch(&live.resource, &body)]
    }

    fn written(live: &Observed<Self>, _reads: &Reads, _scope: &Scope) -> Result<Written<Self>, String> {
        let description = import::description(live.spec.description.as_deref());
        let spec = Self { description, ..live.spec.clone() };
        Ok(Written::of(spec).unsaid(json!({"disabled": false})))
    }
}

/// The address of an account of a project.
pub fn email(id: &str, project: &str) -> String {
    match project.split_once(':') {
        Some((domain, project)) => format!("{id}@{project}.{domain}.iam.gserviceaccount.com"),
        None => format!("{id}@{project}.iam.gserviceaccount.com"),
    }
}

/// The id of an account of this project, from its address.
pub(super) fn id_in_project<'a>(email: &'a str, project: &str) -> Option<&'a str> {
    let (id, _) = email.split_once('@')?;
    (self::email(id, project) == email).then_some(id)
}

/// The id and the project of an account, from its address.
fn parts(email: &str) -> Option<(&str, String)> {
    let (id, host) = email.split_once('@')?;
    let project = host.strip_suffix(".iam.gserviceaccount.com")?;
    let of_domain = project.split_once('.').map(|(project, domain)| format!("{domain}:{project}"));
    Some((id, of_domain.unwrap_or_else(|| project.to_owned())))
}

/// The account of the course that has this address, in whichever of its projects.
pub(super) fn of_course(email: &str, scope: &Scope) -> Option<Address> {
    let (id, project) = parts(email)?;
    let address = Address::new(FACTS.kind, id);
    scope.is_in(&address, &project).then_some(address)
}

fn all(scope: &Scope) -> Read {
    let path = format!("v1/projects/{}/serviceAccounts", scope.project);
    let request = Request::get(Service::Iam, path).query("pageSize", "100");
    Read::list(request.fields(&format!("accounts({MASK}),nextPageToken")), "accounts")
}

/// Google's own accounts of the project (the default ones) have other addresses and are none of this kind's.
fn observe(account: &Value, scope: &Scope) -> Option<(String, Observed<ServiceAccount>)> {
    let email = wire::text(account, "/email")?;
    let id = id_in_project(&email, &scope.project)?.to_owned();
    let description = wire::text_or_empty(account, "/description");
    let mark = mark::untagged(&description).1.map(str::to_owned);
    let spec = ServiceAccount {
        expires: None,
        name: AccountId::try_from(id.as_str()).ok()?,
        display_name: Some(wire::text_or_empty(account, "/displayName")),
        description: Some(description),
        disabled: Some(wire::flag(account, "/disabled")),
    };
    let resource = spec.resource(scope);
    Some((id, Observed::new(resource, spec, account.clone(), mark)))
}

/// Another account may have taken the address since: the unique id tells.
fn guard(live: &Observed<ServiceAccount>) -> Call {
    let read = Request::get(Service::Iam, format!("v1/{}", live.resource)).fields(MASK);
    Call::Guard(Guard::over(read, &live.wire, &["/uniqueId", "/displayName", "/description", "/disabled"]))
}

fn verb(resource: &str, verb: &str) -> Call {
    let request = Request::new(Verb::Post, Service::Iam, format!("v1/{resource}:{verb}"));
    Call::Send(Send::answered(request.json(&json!({}))))
}

fn patch(update: &Update<'_, ServiceAccount>) -> Call {
    let mut account = serde_json::Map::new();
    if update.changes("displayName") {
        account.insert("displayName".to_owned(), json!(update.desired.display_name));
    }
    if update.changes("description") {
        account.insert("description".to_owned(), json!(update.desired.description));
    }
    let mask: Vec<&str> = account.keys().map(String::as_str).collect();
    let body = json!({"serviceAccount": account, "updateMask": mask.join(",")});
    send_patch(&update.live.resource, &body)
}

fn send_patch(resource: &str, body: &Value) -> Call {
    let request = Request::new(Verb::Patch, Service::Iam, format!("v1/{resource}"));
    Call::Send(Send::answered(request.json(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_of_the_course_is_found_in_whichever_project_it_is() {
        let mut scope = Scope { project: "p".to_owned(), ..Scope::default() };
        let place = "projects/q/serviceAccounts/bot@q.iam.gserviceaccount.com".to_owned();
        scope.places.insert(Address::new("ServiceAccount", "bot"), place);
        let known = |email: &str| of_course(email, &scope).map(|address| address.name);
        assert_eq!(known("bot@q.iam.gserviceaccount.com").as_deref(), Some("bot"));
        assert_eq!(known("bot@p.iam.gserviceaccount.com"), None);
        // Of others it is not known whether the course has them: in its own project it may.
        assert_eq!(known("other@p.iam.gserviceaccount.com").as_deref(), Some("other"));
        assert_eq!(known("other@q.iam.gserviceaccount.com"), None);
        assert_eq!(known("1-compute@developer.gserviceaccount.com"), None);
    }

    #[test]
    fn an_account_is_known_by_the_address_of_its_project_only() {
        assert_eq!(id_in_project("ci-bot@p.iam.gserviceaccount.com", "p"), Some("ci-bot"));
        assert_eq!(id_in_project("ci-bot@q.iam.gserviceaccount.com", "p"), None);
        assert_eq!(id_in_project("1-compute@developer.gserviceaccount.com", "p"), None);
    }
}
