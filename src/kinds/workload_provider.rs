//! The provider of a `WorkloadIdentity`: whose tokens are trusted, what is taken from them, and which
//! of them are let in.
//! Pure. What a pool is, and who owns it, is the kind's business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::contract::{Finding, Observed, Update};
use super::field::Owned;
use super::wire;
use super::workload_identity::{WorkloadIdentity, send_patch};
use crate::gcp::call::{Guard, Send};
use crate::gcp::{Call, Read, Request, Service, Verb};
use crate::spec::formats::PoolId;
use crate::spec::{Pointer, Problem};

/// The provider of a pool: whose tokens it trusts, and which of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// Id of the provider: 4 to 32 lower-case letters, digits and hyphens. Default: that of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PoolId>,
    /// Name shown in the console, at most 32 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub display_name: Option<String>,
    /// What it is for, at most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// Whether it is switched off: nobody can log in by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Who signs the tokens. Default: `https://token.actions.githubusercontent.com`; an Enterprise Server has an address of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2000))]
    pub issuer: Option<String>,
    /// What Google takes from a token, by the names that members of policies use. Managed whole. Default: `google.subject:
    /// assertion.sub`, `attribute.repository: assertion.repository`, `attribute.ref: assertion.ref`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_mapping: Option<BTreeMap<String, String>>,
    /// Which tokens are let in, in Google's expression language. Default: those of the repository, `assertion.repository == 'OWNER/NAME'`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub attribute_condition: Option<String>,
    /// For whom tokens must be made out. Default: none, which means the provider itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    pub allowed_audiences: Option<Vec<String>>,
}

/// Whether a pool or a provider is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It is there.
    Active,
    /// It was deleted less than thirty days ago.
    Deleted,
}

/// Where GitHub's own service signs.
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const MAPPING: [(&str, &str); 3] = [
    ("google.subject", "assertion.sub"),
    ("attribute.repository", "assertion.repository"),
    ("attribute.ref", "assertion.ref"),
];
/// The facet under which the inventory keeps the id of the provider that we made.
pub(super) const FACET: &str = "provider";

/// The id of the provider that a spec wants.
pub(super) fn id(spec: &WorkloadIdentity) -> String {
    let stated = spec.provider.as_ref().and_then(|provider| provider.id.as_ref());
    stated.unwrap_or(&spec.name).to_string()
}

/// The provider of a spec with what it leaves out.
pub(super) fn filled(spec: &WorkloadIdentity) -> Provider {
    let mut provider = spec.provider.clone().unwrap_or_default();
    provider.id.get_or_insert_with(|| spec.name.clone());
    provider.issuer.get_or_insert_with(|| GITHUB.to_owned());
    let mapping = || MAPPING.iter().map(|(name, claim)| ((*name).to_owned(), (*claim).to_owned())).collect();
    provider.attribute_mapping.get_or_insert_with(mapping);
    let own = || format!("assertion.repository == '{}'", spec.repository);
    provider.attribute_condition.get_or_insert_with(own);
    provider
}

/// What is wrong with a provider as it is stated.
pub(super) fn check(stated: Option<&Provider>) -> Vec<Finding> {
    let at = |field: &str| Pointer::from("provider").child(field);
    let mut found = Vec::new();
    let issuer = stated.and_then(|provider| provider.issuer.as_deref());
    if issuer.is_some_and(|issuer| !issuer.starts_with("https://")) {
        let problem = Problem::new("bad-issuer", "an issuer is an address that begins with `https://`");
        found.push((at("issuer"), problem.help(format!("GitHub's own is {GITHUB}"))));
    }
    let mapping = stated.and_then(|provider| provider.attribute_mapping.as_ref());
    if mapping.is_some_and(|mapping| !mapping.contains_key("google.subject")) {
        let problem = Problem::new("no-subject", "a mapping says what the subject is, and this one does not");
        found.push((at("attributeMapping"), problem.help("add `google.subject: assertion.sub`")));
    }
    found
}

impl Provider {
    /// Audiences are a set, and an issuer ends without a slash.
    pub(super) fn normalise(&mut self) {
        if let Some(audiences) = &mut self.allowed_audiences {
            audiences.sort();
            audiences.dedup();
        }
        for text in self.attribute_condition.iter_mut().chain(&mut self.issuer) {
            *text = text.trim().to_owned();
        }
    }

    /// Its fields on the wire, those of its OIDC part over what that part has besides.
    fn encode(&self, oidc: Option<&Value>) -> Map<String, Value> {
        let mut oidc = oidc.and_then(Value::as_object).cloned().unwrap_or_default();
        oidc.extend(self.issuer.iter().map(|issuer| ("issuerUri".to_owned(), json!(issuer))));
        oidc.extend(self.allowed_audiences.iter().map(|all| ("allowedAudiences".to_owned(), json!(all))));
        let members = [
            ("displayName", self.display_name.as_ref().map(|text| json!(text))),
            ("description", self.description.as_ref().map(|text| json!(text))),
            ("disabled", self.disabled.map(|disabled| json!(disabled))),
            ("attributeMapping", self.attribute_mapping.as_ref().map(|mapping| json!(mapping))),
            ("attributeCondition", self.attribute_condition.as_ref().map(|text| json!(text))),
            ("oidc", Some(Value::Object(oidc))),
        ];
        members.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
    }

    /// The call that makes it in a pool.
    pub(super) fn create(&self, pool: &str) -> Call {
        let id = self.id.as_ref().map(PoolId::as_str).unwrap_or_default();
        let request = Request::new(Verb::Post, Service::Iam, format!("v1/{pool}/providers"))
            .query("workloadIdentityPoolProviderId", id)
            .json(&Value::Object(self.encode(None)));
        Call::Send(Send::long_running(request))
    }
}

/// A provider of OIDC in the shape of its spec.
pub(super) fn decode(live: &Value) -> Option<Provider> {
    let name = wire::text(live, "/name")?;
    live.get("oidc")?;
    Some(Provider {
        id: Some(PoolId::from_trusted(wire::last(&name))),
        display_name: Some(wire::text_or_empty(live, "/displayName")),
        description: Some(wire::text_or_empty(live, "/description")),
        disabled: Some(wire::flag(live, "/disabled")),
        issuer: Some(wire::text_or_empty(live, "/oidc/issuerUri")),
        attribute_mapping: Some(wire::map(live, "/attributeMapping")),
        attribute_condition: Some(wire::text_or_empty(live, "/attributeCondition")),
        allowed_audiences: Some(wire::texts(live, "/oidc/allowedAudiences")),
    })
}

const MASK: &str = "name,displayName,description,disabled,state,attributeMapping,attributeCondition,oidc";

/// The read of the providers of a pool, deleted ones as well.
pub(super) fn all(pool: &str) -> Read {
    let member = "workloadIdentityPoolProviders";
    let request = Request::get(Service::Iam, format!("v1/{pool}/providers"))
        .query("pageSize", "100")
        .query("showDeleted", "true");
    Read::list(request.fields(&format!("{member}({MASK}),nextPageToken")), member)
}

/// Whether a pool or a provider was deleted, and only its id is still taken.
pub(super) fn is_deleted(live: &Value) -> bool {
    wire::text(live, "/state").as_deref() == Some("DELETED")
}

/// The providers of a pool that matter.
pub(super) struct Picked<'a> {
    /// The one that is compared with the spec.
    pub(super) live: Option<&'a Value>,
    /// The one that bears the id that is wanted, where that is another one.
    pub(super) next: Option<&'a Value>,
}

/// One of ours that bears another id than is wanted is compared first: it must not stay and let people in. Where nothing is
/// wanted, the only one that is active is meant.
pub(super) fn pick<'a>(all: &'a [Value], wanted: Option<&WorkloadIdentity>, owned: &Owned) -> Picked<'a> {
    let named = |live: &Value| wire::text(live, "/name").map(|name| wire::last(&name).to_owned());
    let mut active = all.iter().filter(|live| !is_deleted(live));
    let Some(wanted) = wanted.map(id) else {
        let only = active.next().filter(|_| active.next().is_none());
        return Picked { live: only, next: None };
    };
    let next = all.iter().find(|live| named(live).as_deref() == Some(wanted.as_str()));
    let former = active.find(|live| named(live).is_some_and(|id| id != wanted && owned.has(FACET, &id)));
    match former {
        Some(former) => Picked { live: Some(former), next },
        None => Picked { live: next, next: None },
    }
}

/// The calls that make the live provider the desired one: change it, bring it back, or make one and delete the former.
pub(super) fn change(update: &Update<'_, WorkloadIdentity>) -> Vec<Call> {
    let (Some(desired), pool) = (&update.desired.provider, &update.live.resource) else { return Vec::new() };
    let place = format!("{pool}/providers/{}", id(update.desired));
    let Some(live) = update.live.wire.get("provider") else { return vec![desired.create(pool)] };
    let former = place_of(live, pool);
    if former == place {
        return brought_to(desired, live, &place, |field| changes(update, field));
    }
    let mut calls = Vec::new();
    match update.live.wire.get("next") {
        None => calls.push(desired.create(pool)),
        Some(next) => {
            calls.push(guard(&place, next));
            calls.extend(brought_to(desired, next, &place, |_| true));
        }
    }
    let request = Request::new(Verb::Delete, Service::Iam, format!("v1/{former}"));
    calls.push(Call::Send(Send::long_running(request).absent_is_done()));
    calls
}

/// Brings a provider back where it was deleted, and writes the members that are to be written.
fn brought_to(desired: &Provider, live: &Value, place: &str, write: impl Fn(&str) -> bool) -> Vec<Call> {
    let mut calls = Vec::new();
    if is_deleted(live) {
        calls.push(undelete(place));
    }
    let body: Map<String, Value> =
        desired.encode(live.get("oidc")).into_iter().filter(|(field, _)| write(field)).collect();
    if !body.is_empty() {
        calls.push(send_patch(place, &Value::Object(body)));
    }
    calls
}

/// Whether a member of the wire changes.
fn changes(update: &Update<'_, WorkloadIdentity>, field: &str) -> bool {
    let specs: &[&str] = match field {
        "oidc" => &["issuer", "allowedAudiences"],
        _ => &[field],
    };
    specs.iter().any(|spec| update.changes(&format!("provider.{spec}")))
}

/// The call that brings back a deleted pool or provider.
pub(super) fn undelete(place: &str) -> Call {
    let request = Request::new(Verb::Post, Service::Iam, format!("v1/{place}:undelete")).json(&json!({}));
    Call::Send(Send::long_running(request))
}

/// Where a provider of a pool is, by the id of the project.
fn place_of(live: &Value, pool: &str) -> String {
    format!("{pool}/providers/{}", wire::text(live, "/name").as_deref().map(wire::last).unwrap_or_default())
}

/// The guard of the provider that the plan saw, if there was one.
pub(super) fn guard_of(live: &Observed<WorkloadIdentity>) -> Option<Call> {
    let provider = live.wire.get("provider")?;
    Some(guard(&place_of(provider, &live.resource), provider))
}

fn guard(place: &str, live: &Value) -> Call {
    let read = Request::get(Service::Iam, format!("v1/{place}")).fields(MASK);
    let seen = [
        "/state",
        "/displayName",
        "/description",
        "/disabled",
        "/attributeMapping",
        "/attributeCondition",
        "/oidc",
    ];
    Call::Guard(Guard::over(read, live, &seen))
}
