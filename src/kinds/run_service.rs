//! `RunService`: a service of Cloud Run, a container that runs when it is asked.
//!
//! Oddities of the API (v2): every change answers an operation, and a revision that does not come to serve is an error of it, after
//! which the service stays; PATCH replaces what its mask names, and a mask cannot name one member of a list, so a changed template
//! is the live one with what is declared laid over it; another template is another revision; services are listed per region, and
//! only v1 lists all regions at once; the policy of a service is read one by one, so that `public` is a switch of the service.

mod calls;
mod fields;
mod observe;
mod rules;
mod spec;
mod template;

use serde_json::json;

use super::contract::{Ask, Facts, Finding, Observation, Observed, Resource, Update};
use super::governed::{Governed, Governs};
use super::handout::Handout;
use super::lint::{self, Lint};
use super::reads::Reads;
use super::yields::{Known, Yield, yields};
use super::{Need, Scope, Written, import, secret_env, service_account, wire};
use crate::gcp::{Call, Read};
use crate::spec::formats::{Expires, LabelKey, LabelValue, Member, Region, VmAccount};
use crate::spec::{Address, Pointer};

pub use observe::{everywhere, regions};
pub use spec::{Ingress, RunService};

impl Resource for RunService {
    const FACTS: &'static Facts = &fields::FACTS;
    const YIELDS: &'static [Yield] = &[Yield {
        moved_by: &["serving"],
        ..yields("uri", "the address it answers at", Known::Live("/uri"))
    }];

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        rules::check(self, scope)
    }

    fn lint(&self, scope: &Scope) -> Vec<Lint> {
        let registry = super::Registry::FACTS.kind;
        let image = lint::machine::served(self.image.as_str(), self.env.as_ref(), registry, &scope.project);
        let secrets = self.secret_env.iter().map(|env| (Pointer::from("secretEnv"), env));
        let secrets = secret_env::SERVICE.lint(self.service_account.as_ref(), secrets, scope);
        image.into_iter().chain(rules::open_to_all(self)).chain(secrets).collect()
    }

    fn governed(&self, scope: &Scope) -> Vec<Governs> {
        let region = self.region.as_ref().map(ToString::to_string).or_else(|| scope.region.clone());
        let region = region.map(|region| ("region".into(), Governed::Place(region)));
        let everybody = || ("public".into(), Governed::Member(Member::from_trusted("allUsers")));
        let image = ("image".into(), Governed::Image(self.image.to_string()));
        let public = self.public.unwrap_or(false).then(everybody);
        [image].into_iter().chain(region).chain(public).collect()
    }

    fn fill(&mut self, scope: &Scope) {
        if let (None, Some(region)) = (&self.region, &scope.region) {
            self.region = Some(Region::from_trusted(region.as_str()));
        }
        self.cpu_idle.get_or_insert(true);
        let labels = self.labels.get_or_insert_default();
        for (key, value) in scope.marked_labels() {
            labels.entry(LabelKey::from_trusted(key)).or_insert(LabelValue::from_trusted(value));
        }
    }

    fn normalise(&mut self, scope: &Scope) {
        self.service_account = self.service_account.as_ref().map(|account| account.canonical(&scope.project));
        if let Some(secrets) = &mut self.secret_env {
            secret_env::normalise(secrets, &scope.project);
        }
    }

    /// A service that does not serve is deployed again, and one whose requests go to an old revision is led to the newest.
    fn complete(&mut self, live: &Observed<Self>, _scope: &Scope) {
        self.serving = live.spec.serving.map(|_| true);
        self.traffic = live.spec.traffic.as_ref().map(|_| spec::LATEST.to_owned());
    }

    fn reopen(&mut self, stated: &Self) {
        self.serving = stated.serving;
        self.traffic.clone_from(&stated.traffic);
    }

    fn needs(&self, scope: &Scope) -> Vec<Need> {
        let registry = self.image.registry().map(|(project, id)| (Address::new("Registry", id), project));
        let registry = registry.filter(|(registry, project)| scope.is_in(registry, project));
        let account = self.service_account.as_ref().map(VmAccount::as_str).unwrap_or_default();
        let account = service_account::of_course(account, scope);
        let resources = registry.map(|(registry, _)| registry).into_iter().chain(account).map(Need::Resource);
        resources.chain(secret_env::needs(self.secret_env.iter(), scope)).collect()
    }

    fn handout(&self, _scope: &Scope) -> Handout {
        Handout::Service
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.expires)
    }

    fn resource(&self, scope: &Scope) -> String {
        let region = self.region.as_ref().map_or("", Region::as_str);
        format!("projects/{}/locations/{region}/services/{}", scope.project, self.name)
    }

    fn reads(ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        let declared = ask.desired.as_ref().and_then(|d| d.region.as_ref()).map(|r| r.as_str().to_owned());
        let recorded = ask.resource.as_deref().and_then(observe::region_of).map(str::to_owned);
        declared.into_iter().chain(recorded).map(|region| observe::all(&region, scope)).collect()
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let mut wanted: Vec<Read> = asks.iter().flat_map(|ask| Self::reads(ask, scope)).collect();
        wanted.sort();
        wanted.dedup();
        let listed = wanted.iter().flat_map(|read| reads.items(read)).filter_map(|s| observe::one(s, scope));
        wire::by_name(asks, listed.collect())
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        calls::create(self, scope)
    }

    fn change(via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        let work = if via == "labels" { calls::labels(update) } else { calls::patch(update, scope) };
        vec![calls::guard(update.live), work]
    }

    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        vec![calls::guard(live), calls::delete(&live.resource)]
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        vec![calls::unmark(&live.resource)]
    }

    fn import_reads(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        let known = asks.iter().flat_map(|ask| Self::reads(ask, scope));
        let in_regions = regions(reads, scope).into_iter().map(|region| observe::all(&region, scope));
        std::iter::once(everywhere(scope)).chain(in_regions).chain(known).collect()
    }

    fn imports(_asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<Self>)> {
        let lists = regions(reads, scope).into_iter().map(|region| observe::all(&region, scope));
        lists.flat_map(|list| reads.items(&list).iter().filter_map(|s| observe::one(s, scope))).collect()
    }

    fn written(live: &Observed<Self>, _reads: &Reads, scope: &Scope) -> Result<Written<Self>, String> {
        if import::is_googles(live.spec.labels.as_ref()) {
            return Err(import::GOOGLES_OWN.to_owned());
        }
        if let Some(what) = observe::unsayable(&live.wire) {
            return Err(format!("no spec can say that it has {what}"));
        }
        let account = live.spec.service_account.as_ref().map(|account| {
            let id = service_account::id_in_project(account.as_str(), &scope.project);
            id.map_or_else(|| account.clone(), VmAccount::from_trusted)
        });
        let labels = import::labels(live.spec.labels.as_ref());
        let mut spec =
            Self { labels, service_account: account, serving: None, traffic: None, ..live.spec.clone() };
        if let Some(secrets) = &mut spec.secret_env {
            secret_env::shorten(secrets, &scope.project);
        }
        Ok(Written::of(spec).unsaid(json!({
            "port": 8080, "cpu": "1", "memory": "512Mi", "concurrency": 80, "timeout": "300s", "maxInstances": 100,
            "minInstances": 0, "ingress": "all", "public": false, "startupCpuBoost": false, "serviceAccount": "default",
        })))
    }
}
