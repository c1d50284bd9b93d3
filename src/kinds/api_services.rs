//! `ApiServices`: the Google APIs a course needs, enabled in its project.
//!
//! Oddities of the API: one is enabled by `:enable`, several by `:batchEnable`, at most 20 at once; enabling brings dependencies
//! along, which are nobody's drift; answers name services under the project number. Nothing can be marked, so what is
//! ours is what the inventory says we enabled: an API that was on before is never turned off.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::contract::{Ask, Facts, MarkPlace, Need, Observation, Observed, OnDestroy, Resource, Update};
use super::field::{Class, How, Owned, field, managed, set_edit};
use super::lint::{self, Lint};
use super::reads::Reads;
use super::{Scope, imported_apis, wire};
use crate::gcp::call::Send;
use crate::gcp::{Call, Read, Request, Service, Verb};
use crate::spec::formats::{Expires, ServiceName, SpecName};

/// APIs that are enabled in the project before anything that needs them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiServices {
    /// Name of this list within the course.
    pub name: SpecName,
    /// The APIs, by their full names: `compute.googleapis.com`.
    #[schemars(length(min = 1))]
    pub services: Vec<ServiceName>,
    /// What happens to the APIs Provost enabled when they leave the spec or the course is destroyed: `disable` (default), or
    /// `keep` to leave them on. An API that was on before is always left on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_destroy: Option<ApiEnd>,
    /// When it ends: `session`, `never` (default) or a point in time. `provost destroy --expired` then turns off what Provost enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
}

/// What becomes of an enabled API in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApiEnd {
    /// Turned off again, if nothing uses it.
    Disable,
    /// Left on.
    Keep,
}

static FACTS: Facts = Facts {
    kind: "ApiServices",
    service: Service::ServiceUsage,
    wire: "serviceusage.GoogleApiServiceusageV1Service",
    mark: MarkPlace::Inventory,
    fields: &[
        managed("name", "services", How::InPlace("enable")),
        field(
            "state",
            Class::Ignored("only enabled services are read: the state is the membership in `services`"),
        ),
        field("parent", Class::OutputOnly),
        field("config", Class::OutputOnly),
    ],
    keyed: &["services"],
    whole: &[],
    local: &["onDestroy", "expires"],
};

/// At most this many services in one `batchEnable`.
const BATCH: usize = 20;

impl Resource for ApiServices {
    const FACTS: &'static Facts = &FACTS;

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn lint(&self, _scope: &Scope) -> Vec<Lint> {
        lint::access::dead_apis(&self.services)
    }

    fn normalise(&mut self, _scope: &Scope) {
        self.services.sort();
        self.services.dedup();
    }

    fn needs(&self, _scope: &Scope) -> Vec<Need> {
        Vec::new()
    }

    fn claims(&self, _scope: &Scope) -> Vec<String> {
        self.services.iter().map(|service| format!("the API {service}")).collect()
    }

    fn provides(&self) -> Vec<String> {
        self.services.iter().map(ToString::to_string).collect()
    }

    fn on_destroy(&self) -> OnDestroy {
        if self.on_destroy == Some(ApiEnd::Keep) { OnDestroy::Keep } else { OnDestroy::Delete }
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.expires)
    }

    fn resource(&self, scope: &Scope) -> String {
        format!("projects/{}/services", scope.project)
    }

    fn reads(_ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        vec![enabled(scope)]
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let on = on(reads, scope);
        Observation { found: asks.iter().map(|ask| observe(ask, &on, scope)).collect(), others: Vec::new() }
    }

    /// Ours is what we turned on: what was on before and is not recorded stays somebody else's.
    fn owns(&self, before: Option<&Observed<Self>>, owned: &Owned) -> Option<Owned> {
        let was_on = |s: &ServiceName| before.is_some_and(|b| b.spec.services.contains(s));
        let mut ours = Owned::default();
        for service in &self.services {
            if owned.has("services", service.as_str()) || !was_on(service) {
                ours.insert("services", service.as_str());
            }
        }
        Some(ours)
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        enable(&self.provides(), scope)
    }

    fn change(_via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        let (add, remove) = set_edit(update.fields, "services");
        let mut calls = enable(&add, scope);
        if update.desired.on_destroy() != OnDestroy::Keep {
            calls.extend(disable(remove, scope));
        }
        calls
    }

    fn delete(live: &Observed<Self>, ask: &Ask<Self>, scope: &Scope) -> Vec<Call> {
        let on = live.spec.services.iter().map(ToString::to_string);
        disable(on.filter(|service| ask.owned.has("services", service)).collect(), scope)
    }

    fn import_reads(_asks: &[Ask<Self>], _reads: &Reads, scope: &Scope) -> Vec<Read> {
        vec![enabled(scope)]
    }

    fn imports(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<Self>)> {
        imported_apis::lists(asks, &on(reads, scope), scope)
    }
}

/// The APIs of a record that it turned on.
pub fn enabled_by(owned: &Owned) -> impl Iterator<Item = &str> {
    owned.keys("services")
}

/// The APIs that are on in the project.
pub fn enabled(scope: &Scope) -> Read {
    let request = Request::get(Service::ServiceUsage, format!("v1/projects/{}/services", scope.project))
        .query("filter", "state:ENABLED")
        .query("pageSize", "200")
        .fields("services/name,nextPageToken");
    Read::list(request, "services")
}

/// The names of all APIs that are on.
fn on(reads: &Reads, scope: &Scope) -> BTreeSet<String> {
    let listed = reads.items(&enabled(scope)).iter();
    listed.filter_map(|s| wire::text(s, "/name")).map(|n| wire::last(&n).to_owned()).collect()
}

/// What of the asked list is on: declared services, and recorded ones.
fn observe(ask: &Ask<ApiServices>, on: &BTreeSet<String>, scope: &Scope) -> Option<Observed<ApiServices>> {
    let declared = ask.desired.iter().flat_map(|d| d.services.iter().map(ToString::to_string));
    let recorded = ask.owned.keys("services").map(str::to_owned);
    let asked: BTreeSet<String> = declared.chain(recorded).collect();
    let mut services: Vec<ServiceName> =
        wire::formatted(asked.into_iter().filter(|s| on.contains(s)).collect());
    services.sort();
    if services.is_empty() {
        return None;
    }
    let name = SpecName::try_from(ask.name.as_str()).ok()?;
    let wire = json!({"services": services});
    let spec = ApiServices { name, services, on_destroy: None, expires: None };
    let resource = format!("projects/{}/services", scope.project);
    Some(Observed::new(resource, spec, wire, None))
}

fn enable(services: &[String], scope: &Scope) -> Vec<Call> {
    let parent = format!("v1/projects/{}/services", scope.project);
    let batch = |batch: &[String]| {
        let (path, body) = match batch {
            [one] => (format!("{parent}/{one}:enable"), json!({})),
            many => (format!("{parent}:batchEnable"), json!({"serviceIds": many})),
        };
        Call::Send(Send::long_running(Request::new(Verb::Post, Service::ServiceUsage, path).json(&body)))
    };
    services.chunks(BATCH).map(batch).collect()
}

/// An API in use is not turned off: the check is Google's own, and its refusal fails the step.
fn disable(services: Vec<String>, scope: &Scope) -> Vec<Call> {
    let one = |service: String| {
        let path = format!("v1/projects/{}/services/{service}:disable", scope.project);
        let body = json!({"disableDependentServices": false, "checkIfServiceHasUsage": "CHECK"});
        let request = Request::new(Verb::Post, Service::ServiceUsage, path).json(&body);
        Call::Send(Send::long_running(request).absent_is_done())
    };
    services.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope { project: "p".into(), ..Scope::default() }
    }

    fn path(call: &Call) -> String {
        match call {
            Call::Send(send) => send.request.path.clone(),
            _ => String::new(),
        }
    }

    #[test]
    fn one_api_is_enabled_alone_and_more_than_twenty_in_batches() {
        let paths = |n: usize| {
            enable(&(0..n).map(|i| format!("s{i}")).collect::<Vec<_>>(), &scope())
                .iter()
                .map(path)
                .collect::<Vec<_>>()
        };
        assert_eq!(paths(1), ["v1/projects/p/services/s0:enable"]);
        assert_eq!(paths(21), ["v1/projects/p/services:batchEnable", "v1/projects/p/services/s20:enable"]);
    }

    #[test]
    fn an_api_that_was_on_before_never_becomes_ours() {
        let list =
            |names: &[&str]| names.iter().filter_map(|n| ServiceName::try_from(*n).ok()).collect::<Vec<_>>();
        let name = SpecName::from_trusted("apis");
        let both = list(&["compute.googleapis.com", "storage.googleapis.com"]);
        let spec = ApiServices { name: name.clone(), services: both, on_destroy: None, expires: None };
        let was = ApiServices {
            name,
            services: list(&["storage.googleapis.com"]),
            on_destroy: None,
            expires: None,
        };
        let before = Observed::new(String::new(), was, json!({}), None);
        let ours = spec.owns(Some(&before), &Owned::default()).unwrap_or_default();
        assert_eq!(ours.keys("services").collect::<Vec<_>>(), ["compute.googleapis.com"]);
    }
}
