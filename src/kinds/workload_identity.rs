//! `WorkloadIdentity`: how the workflows of one GitHub repository log in without a key.
//!
//! Oddities of the API: it is two resources, a pool and an OIDC provider in it, which are made, changed and deleted apart and
//! each by an operation; names come back with the project's number, which no spec knows; what is deleted stays for thirty
//! days, keeps its id and cannot be changed, so it is brought back instead of made anew; there are no labels, so the owner is a
//! tag in the pool's description (256 characters). The provider stands in the wire document of the pool as `provider`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::{Ask, Facts, Finding, MarkPlace, Observation, Observed, Resource, Update};
use super::field::{Class, How, Owned, field, managed};
use super::handout::Handout;
use super::lint::{self, Lint};
use super::reads::Reads;
use super::workload_provider::{self as provider, Provider, State};
use super::yields::{Known, Yield, yields};
use super::{Scope, Written, import, mark, wire};
use crate::gcp::call::{Guard, Send};
use crate::gcp::{Call, Read, Request, Service, Verb};
use crate::spec::formats::{Expires, GithubRepository, PoolId};
use crate::spec::{Pointer, Problem, Reference};

/// Keyless login of one GitHub repository: a workload identity pool, and the provider in it that trusts GitHub's tokens of that
/// repository and of no other.
///
/// It grants nothing by itself. What the workflows may do is said by an `IamGrant` whose member is a result of this resource:
/// `{{ ref("WorkloadIdentity/github").principalSet }}` is every workflow of the repository, and
/// `{{ ref("WorkloadIdentity/github").subject }}:environment:production` the jobs of one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadIdentity {
    /// Id of the pool: 4 to 32 lower-case letters, digits and hyphens.
    pub name: PoolId,
    /// The repository whose workflows may log in, `OWNER/NAME` in the very case in which GitHub shows it.
    pub repository: GithubRepository,
    /// Name shown in the console, at most 32 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub display_name: Option<String>,
    /// What it is for. Provost appends its mark; together at most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// Whether it is switched off: nobody can log in, and what was logged in before can do nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// What of GitHub's tokens is looked at. What is left out is as GitHub and Google advise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// When it ends: `session`, `never` (default) or a point in time. `provost destroy --expired` then deletes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// The name of the pool by the number of the project, which no spec knows and nothing is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub pool: Option<String>,
    /// Whether the pool is there or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub state: Option<State>,
    /// Whether the provider is there or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub provider_state: Option<State>,
}

const PATCH: How = How::InPlace("patch");
const PROVIDER: How = How::InPlace("provider");
const OTHER_LOGIN: Class = Class::Ignored("another way to log in than by tokens of OIDC");

static FACTS: Facts = Facts {
    kind: "WorkloadIdentity",
    service: Service::Iam,
    wire: "iam.WorkloadIdentityPool",
    mark: MarkPlace::Description,
    fields: &[
        // First: what is deleted cannot be changed.
        managed("state", "state", How::InPlace("undelete")),
        field("name", Class::Identity),
        managed("displayName", "displayName", PATCH),
        managed("description", "description", PATCH),
        managed("disabled", "disabled", PATCH),
        field("mode", Class::ServerDefault),
        field(
            "inlineCertificateIssuanceConfig",
            Class::Ignored("certificates of workloads inside Google Cloud, which nobody logs in with"),
        ),
        field(
            "inlineTrustConfig",
            Class::Ignored("trust between workloads inside Google Cloud, which nobody logs in with"),
        ),
        field("expireTime", Class::OutputOnly),
        managed("provider.state", "providerState", PROVIDER),
        managed("provider.name", "provider.id", PROVIDER),
        managed("provider.displayName", "provider.displayName", PROVIDER),
        managed("provider.description", "provider.description", PROVIDER),
        managed("provider.disabled", "provider.disabled", PROVIDER),
        managed("provider.oidc.issuerUri", "provider.issuer", PROVIDER),
        managed("provider.oidc.allowedAudiences", "provider.allowedAudiences", PROVIDER),
        field(
            "provider.oidc.jwksJson",
            Class::Ignored("kept as read: an issuer publishes its keys, and GitHub changes them"),
        ),
        field(
            "provider.oidc.discoveryUri",
            Class::Ignored("kept as read: where an issuer publishes its keys follows from its address"),
        ),
        managed("provider.attributeMapping", "provider.attributeMapping", PROVIDER),
        managed("provider.attributeCondition", "provider.attributeCondition", PROVIDER),
        field("provider.aws", OTHER_LOGIN),
        field("provider.saml", OTHER_LOGIN),
        field("provider.x509", OTHER_LOGIN),
        field("provider.actorProviders", Class::Ignored("who acts for whom is no matter of a course")),
        field("provider.expireTime", Class::OutputOnly),
    ],
    keyed: &[],
    whole: &["provider.attributeMapping"],
    local: &["repository", "expires"],
};

const MASK: &str = "name,displayName,description,disabled,state";

impl Resource for WorkloadIdentity {
    const FACTS: &'static Facts = &FACTS;
    const DERIVED: &'static [&'static str] = &["state", "providerState"];
    const YIELDS: &'static [Yield] = &[
        yields(
            POOL,
            "the pool, `projects/NUMBER/locations/global/workloadIdentityPools/NAME`",
            Known::Live("/name"),
        ),
        yields(
            "provider",
            "what a workflow names to log in, as `workload_identity_provider`",
            Known::Declared,
        ),
        yields("principalSet", "every workflow of the repository, as a member of a policy", Known::Declared),
        yields(
            "subject",
            "what members for some of its jobs begin with: `:environment:NAME`, `:pull_request`, `:ref:refs/heads/NAME`",
            Known::Declared,
        ),
    ];

    /// The number of the project is in the pool's name, and in no spec.
    fn declares(&self, _scope: &Scope) -> Vec<(&'static str, String)> {
        let repository = &self.repository;
        let members = format!("//iam.googleapis.com/{}", self.known_pool());
        vec![
            ("provider", self.login()),
            ("principalSet", format!("principalSet:{members}/attribute.repository/{repository}")),
            ("subject", format!("principal:{members}/subject/repo:{repository}")),
        ]
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let length =
            self.description.as_deref().map_or(0, |text| mark::tagged(text, &scope.course).chars().count());
        let room = LONGEST.saturating_sub(mark::tagged("", &scope.course).chars().count() + 1);
        let message = format!(
            "with the mark of the course the description has {length} characters, and the API takes {LONGEST}"
        );
        let problem = Problem::new("too-long", message).help(format!("shorten it to {room} characters"));
        let mut found = provider::check(self.provider.as_ref());
        found.extend((length > LONGEST).then(|| (Pointer::from("description"), problem)));
        found
    }

    fn lint(&self, _scope: &Scope) -> Vec<Lint> {
        let stated = self.provider.as_ref().and_then(|provider| provider.attribute_condition.as_deref());
        stated
            .and_then(|condition| lint::login::open(condition, self.repository.as_str()))
            .into_iter()
            .collect()
    }

    fn fill(&mut self, scope: &Scope) {
        self.description = self.description.as_deref().map(|text| mark::tagged(text, &scope.course));
        self.provider = Some(provider::filled(self));
        self.state = Some(State::Active);
        self.provider_state = Some(State::Active);
    }

    fn normalise(&mut self, _scope: &Scope) {
        if let Some(provider) = &mut self.provider {
            provider.normalise();
        }
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

    fn handout(&self, _scope: &Scope) -> Handout {
        Handout::Login(self.login())
    }

    fn resource(&self, scope: &Scope) -> String {
        place(self.name.as_str(), scope)
    }

    fn reads(_ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        vec![pools(scope)]
    }

    fn collections(scope: &Scope) -> Vec<Read> {
        vec![pools(scope)]
    }

    fn more_reads(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        let there =
            |name: &str| reads.items(&pools(scope)).iter().any(|pool| name_of(pool).as_deref() == Some(name));
        let known = asks.iter().filter(|ask| there(&ask.name));
        known.map(|ask| provider::all(&place(&ask.name, scope))).collect()
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let pools = reads.items(&pools(scope));
        let found = asks.iter().map(|ask| {
            let pool = pools.iter().find(|pool| name_of(pool).as_deref() == Some(ask.name.as_str()))?;
            let wanted = ask.desired.as_ref().filter(|_| !ask.leaving);
            // What is deleted is gone, unless it is to be there: its id is taken, and it can be brought back.
            let matters = wanted.is_some() || !provider::is_deleted(pool);
            matters.then(|| observe(pool, wanted, &ask.owned, reads, scope)).flatten()
        });
        let found = found.collect();
        let others = pools.iter().filter(|pool| !provider::is_deleted(pool)).filter_map(|pool| {
            let name = name_of(pool).filter(|name| asks.iter().all(|ask| ask.name != *name))?;
            Some((name, observe(pool, None, &Owned::default(), reads, scope)?))
        });
        Observation { found, others: others.collect() }
    }

    /// Which provider is ours: one of another id is no longer wanted once the spec names a new one.
    fn owns(&self, _before: Option<&Observed<Self>>, _owned: &Owned) -> Option<Owned> {
        let mut ours = Owned::default();
        ours.insert(provider::FACET, provider::id(self));
        Some(ours)
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        let mut pool = json!({"description": self.description.clone().unwrap_or_else(|| mark::tagged("", &scope.course))});
        if let Some(map) = pool.as_object_mut() {
            map.extend(self.display_name.iter().map(|name| ("displayName".to_owned(), json!(name))));
            map.extend(self.disabled.map(|disabled| ("disabled".to_owned(), json!(disabled))));
        }
        let request = Request::new(Verb::Post, Service::Iam, format!("v1/{}", parent(scope)))
            .query("workloadIdentityPoolId", self.name.as_str())
            .json(&pool);
        let provider = self.provider.as_ref().map(|provider| provider.create(&self.resource(scope)));
        std::iter::once(Call::Send(Send::long_running(request))).chain(provider).collect()
    }

    fn change(via: &str, update: &Update<'_, Self>, _scope: &Scope) -> Vec<Call> {
        let work = match via {
            "provider" => provider::change(update),
            "undelete" => vec![provider::undelete(&update.live.resource)],
            _ => vec![patch(update)],
        };
        guards(update.live).chain(work).collect()
    }

    /// The provider goes with its pool.
    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        let request = Request::new(Verb::Delete, Service::Iam, format!("v1/{}", live.resource));
        guards(live).chain([Call::Send(Send::long_running(request).absent_is_done())]).collect()
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        let text = live.spec.description.as_deref().map_or("", |text| mark::untagged(text).0);
        guards(live).chain([send_patch(&live.resource, &json!({"description": text}))]).collect()
    }

    fn import_reads(_asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        let there = reads.items(&pools(scope)).iter().filter(|pool| !provider::is_deleted(pool));
        let providers = there.filter_map(name_of).map(|name| provider::all(&place(&name, scope)));
        std::iter::once(pools(scope)).chain(providers).collect()
    }

    fn written(live: &Observed<Self>, _reads: &Reads, _scope: &Scope) -> Result<Written<Self>, String> {
        let provider = live.spec.provider.clone().ok_or(NO_PROVIDER)?;
        let repository = lint::login::repository(provider.attribute_condition.as_deref().unwrap_or_default());
        let spec = Self {
            repository: repository
                .and_then(|text| GithubRepository::try_from(text).ok())
                .ok_or(NO_REPOSITORY)?,
            description: import::description(live.spec.description.as_deref()),
            pool: None,
            state: None,
            provider_state: None,
            ..live.spec.clone()
        };
        let unsaid = json!({"disabled": false, "provider": {"disabled": false, "allowedAudiences": []}});
        Ok(Written::of(spec).unsaid(unsaid))
    }
}

impl WorkloadIdentity {
    /// The name of the pool, where it was read.
    fn known_pool(&self) -> String {
        let token = || Reference::to(FACTS.kind, self.name.as_str(), POOL).token();
        self.pool.clone().unwrap_or_else(token)
    }

    /// What a workflow names to log in.
    fn login(&self) -> String {
        format!("{}/providers/{}", self.known_pool(), provider::id(self))
    }
}

/// The result that is the name of the pool.
const POOL: &str = "pool";
const LONGEST: usize = 256;
const NO_PROVIDER: &str = "it has not one provider of OIDC that is active";
const NO_REPOSITORY: &str = "its provider's condition does not name one repository of GitHub";

fn parent(scope: &Scope) -> String {
    format!("projects/{}/locations/global/workloadIdentityPools", scope.project)
}

fn place(name: &str, scope: &Scope) -> String {
    format!("{}/{name}", parent(scope))
}

/// Deleted ones as well: their ids are taken.
fn pools(scope: &Scope) -> Read {
    let request = Request::get(Service::Iam, format!("v1/{}", parent(scope)))
        .query("pageSize", "1000")
        .query("showDeleted", "true");
    Read::list(
        request.fields(&format!("workloadIdentityPools({MASK}),nextPageToken")),
        "workloadIdentityPools",
    )
}

fn name_of(pool: &Value) -> Option<String> {
    wire::text(pool, "/name").map(|name| wire::last(&name).to_owned())
}

fn observe(
    pool: &Value,
    wanted: Option<&WorkloadIdentity>,
    owned: &Owned,
    reads: &Reads,
    scope: &Scope,
) -> Option<Observed<WorkloadIdentity>> {
    let name = name_of(pool)?;
    let resource = place(&name, scope);
    let described = wire::text_or_empty(pool, "/description");
    let mark = mark::untagged(&described).1.map(str::to_owned);
    let providers = provider::pick(reads.items(&provider::all(&resource)), wanted, owned);
    let mut wire = pool.clone();
    if let (Some(map), Some(live)) = (wire.as_object_mut(), providers.live) {
        map.insert("provider".to_owned(), live.clone());
        map.extend(providers.next.map(|next| ("next".to_owned(), next.clone())));
    }
    let mut decoded = providers.live.and_then(provider::decode);
    decoded.iter_mut().for_each(Provider::normalise);
    let spec = WorkloadIdentity {
        name: PoolId::from_trusted(name),
        repository: wanted
            .map_or_else(|| GithubRepository::from_trusted(""), |wanted| wanted.repository.clone()),
        display_name: Some(wire::text_or_empty(pool, "/displayName")),
        description: Some(described),
        disabled: Some(wire::flag(pool, "/disabled")),
        provider: decoded,
        expires: None,
        pool: wire::text(pool, "/name"),
        state: wire::member(pool, "/state"),
        provider_state: providers.live.and_then(|live| wire::member(live, "/state")),
    };
    Some(Observed::new(resource, spec, wire, mark))
}

/// Both halves must be as the plan saw them, whichever of them changes: together they decide who is let in.
fn guards(live: &Observed<WorkloadIdentity>) -> impl Iterator<Item = Call> {
    let read = Request::get(Service::Iam, format!("v1/{}", live.resource)).fields(MASK);
    let seen = ["/state", "/displayName", "/description", "/disabled"];
    std::iter::once(Call::Guard(Guard::over(read, &live.wire, &seen))).chain(provider::guard_of(live))
}

fn patch(update: &Update<'_, WorkloadIdentity>) -> Call {
    let desired = update.desired;
    let members = [
        ("displayName", json!(desired.display_name.as_deref().unwrap_or_default())),
        ("description", json!(desired.description.as_deref().unwrap_or_default())),
        ("disabled", json!(desired.disabled.unwrap_or_default())),
    ];
    let changed = members.into_iter().filter(|(field, _)| update.changes(field));
    send_patch(&update.live.resource, &changed.map(|(field, value)| (field.to_owned(), value)).collect())
}

/// The mask names what the body has.
pub(super) fn send_patch(resource: &str, body: &Value) -> Call {
    let mask: Vec<&str> = body.as_object().into_iter().flatten().map(|(field, _)| field.as_str()).collect();
    let request = Request::new(Verb::Patch, Service::Iam, format!("v1/{resource}"))
        .query("updateMask", mask.join(","))
        .json(body);
    Call::Send(Send::long_running(request))
}
