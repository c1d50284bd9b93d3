//! `ContainerVm`: a machine with Container-Optimized OS that runs containers.
//!
//! The machine half, with the oddities of its API, is in `machine`; the cloud-init that starts the containers is in `containers`.
//! New `user-data` takes effect at the next boot, so a change of containers restarts the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::containers::{self, Container, USER_DATA};
use super::contract::{
    Ask, Choices, Facts, Finding, MarkPlace, Need, Observation, Observed, Resource, Update,
};
use super::ending::Ending;
use super::governed::{Governed, Governs};
use super::handout::{Handout, Reachable};
use super::lint::{self, Lint};
use super::machine::{
    Machine, calls, decode, encode, fields, governs, import, observe, ready, rules, yields,
};
use super::reads::Reads;
use super::yields::{Known, Yield};
use super::{Scope, Written, konlet, secret_env};
use crate::gcp::{Call, Read, Service};
use crate::spec::formats::{Expires, PortMapping};
use crate::spec::{Address, Pointer, Problem, Reference};

/// A virtual machine that runs containers, which reach each other by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("additionalProperties" = false))]
pub struct ContainerVm {
    #[serde(flatten)]
    machine: Machine,
    /// The containers that run on the machine, and reach each other by their names.
    #[schemars(length(min = 1))]
    containers: Vec<Container>,
}

static FACTS: Facts = Facts {
    kind: "ContainerVm",
    service: Service::Compute,
    wire: "compute.Instance",
    mark: MarkPlace::Labels,
    fields: fields::FIELDS,
    keyed: fields::KEYED,
    whole: &[],
    local: fields::LOCAL,
};

/// What pulling from Artifact Registry and logging need.
const DEFAULT_SCOPES: &[&str] = &["cloud-platform"];
/// The image of the machine: the newest stable Container-Optimized OS.
const DEFAULT_IMAGE: (&str, &str) = ("cos-cloud", "cos-stable");
/// The metadata key that sends the containers' output to Cloud Logging.
const LOGGING: &str = "google-logging-enabled";
/// What is said of a machine whose text is not the one we would write.
const EDITED: &str = "its cloud-init was edited by hand: an apply writes it anew and restarts the machine";
/// The API takes at most this much in one metadata value.
const USER_DATA_LIMIT: usize = 262_144;

impl AsRef<Machine> for ContainerVm {
    fn as_ref(&self) -> &Machine {
        &self.machine
    }
}

impl AsMut<Machine> for ContainerVm {
    fn as_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }
}

impl Resource for ContainerVm {
    const FACTS: &'static Facts = &FACTS;
    const YIELDS: &'static [Yield] = YIELDS;
    const RUNS: Option<RangeInclusive<u64>> = Some(rules::RUNS);

    fn name(&self) -> &str {
        self.machine.name.as_str()
    }

    fn declares(&self, scope: &Scope) -> Vec<(&'static str, String)> {
        let mut declared = yields::declares(FACTS.kind, &self.machine, scope);
        declared.extend(self.url());
        declared
    }

    fn choices(&self, scope: &Scope) -> Choices {
        self.machine.choices(scope)
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let mut found = rules::check(&self.machine, &[USER_DATA], scope);
        found.extend(ready::check(&self.machine, false));
        found.extend(self.check_names());
        found.extend(secret_env::check(&self.machine, &self.containers));
        for (i, port) in containers::port_clashes(&self.containers) {
            let problem =
                Problem::new("port-twice", format!("two containers want port {port} of the machine"));
            found.push((
                Pointer::from("containers").child(i.to_string()).child("ports"),
                problem.help("lead another port of the machine to one of them, as in `8081:80`"),
            ));
        }
        let size = containers::render(&self.containers).len();
        if size > USER_DATA_LIMIT {
            let problem = Problem::new(
                "too-long",
                format!(
                    "the start-up text of the containers has {size} bytes, and the API takes {USER_DATA_LIMIT}"
                ),
            );
            found.push((Pointer::from("containers"), problem.help("move long values into the images")));
        }
        found
    }

    fn lint(&self, scope: &Scope) -> Vec<Lint> {
        let registry = super::Registry::FACTS.kind;
        let containers = lint::machine::containers(&self.containers, registry, &scope.project);
        let secrets = secret_env::lint(&self.machine, &self.containers, scope);
        lint::machine::machine(&self.machine).into_iter().chain(containers).chain(secrets).collect()
    }

    fn governed(&self, scope: &Scope) -> Vec<Governs> {
        let images = self.containers.iter().enumerate().map(|(i, container)| {
            let at = Pointer::from("containers").child(i.to_string()).child("image");
            (at, Governed::Image(container.image.to_string()))
        });
        governs::governed(&self.machine, scope).into_iter().chain(images).collect()
    }

    fn fill(&mut self, scope: &Scope) {
        self.machine.fill(scope, DEFAULT_SCOPES);
    }

    fn normalise(&mut self, scope: &Scope) {
        self.machine.normalise(scope);
        containers::normalise(&mut self.containers, &scope.project);
    }

    fn complete(&mut self, live: &Observed<Self>, _scope: &Scope) {
        observe::complete(&mut self.machine, &live.spec.machine);
    }

    fn reopen(&mut self, stated: &Self) {
        self.machine.zone.clone_from(&stated.machine.zone);
    }

    fn lacks(&self, result: &str) -> Option<&'static str> {
        yields::lacks(&self.machine, result)
    }

    fn needs(&self, scope: &Scope) -> Vec<Need> {
        let registries = self.containers.iter().filter_map(|c| c.image.registry());
        let registries = registries.map(|(project, id)| (Address::new("Registry", id), project));
        let registries = registries.filter(|(registry, project)| scope.is_in(registry, project));
        let registries = registries.map(|(registry, _)| Need::Resource(registry));
        let secrets = secret_env::needs(self.containers.iter().map(|container| &container.secret_env), scope);
        rules::needs(&self.machine, scope).into_iter().chain(registries).chain(secrets).collect()
    }

    fn handout(&self, _scope: &Scope) -> Handout {
        Handout::Machine(Reachable {
            published: containers::published(&self.containers),
            ..self.machine.reachable()
        })
    }

    fn claims(&self, _scope: &Scope) -> Vec<String> {
        vec![format!("the machine {}", self.machine.name)]
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.machine.expires)
    }

    fn is_of_the_session(&self) -> bool {
        true
    }

    fn ending(&self, _scope: &Scope) -> Ending {
        Ending::Google
    }

    fn resource(&self, scope: &Scope) -> String {
        self.machine.resource(FACTS.kind, scope)
    }

    fn is_placed(&self) -> bool {
        self.machine.zone.is_some()
    }

    fn reads(_ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        observe::reads(scope)
    }

    fn more_reads(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        observe::more_reads(asks, DEFAULT_IMAGE.1, reads, scope)
    }

    fn collections(scope: &Scope) -> Vec<Read> {
        observe::reads(scope)
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        observe::observe(asks, reads, scope, |machine, instance| {
            let found = containers::in_metadata(&decode::metadata(instance));
            let foreign = super::mark::in_labels(instance).is_none();
            let containers = found.or_else(|| foreign.then(Vec::new))?;
            Some(Self { machine, containers })
        })
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        let mut items = rules::metadata(&self.machine);
        items.entry(LOGGING).or_insert(json!("true"));
        items.insert(USER_DATA.to_owned(), json!(containers::render(&self.containers)));
        let body = |zone: &str| encode::instance(&self.machine, zone, DEFAULT_IMAGE, &items, scope);
        calls::insert(FACTS.kind, &self.machine, body, scope)
    }

    fn change(via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        let text = (USER_DATA, Some(containers::render(&update.desired.containers)));
        // Two agents that start the same containers would fight for their ports.
        let dead = decode::metadata(&update.live.wire).contains_key(konlet::DECLARATION);
        let dead = dead.then_some((konlet::DECLARATION, None));
        let generated = if update.changes("containers") { [Some(text), dead] } else { [None, None] };
        let change = calls::Change {
            desired: &update.desired.machine,
            live: &update.live.spec.machine,
            wire: &update.live.wire,
            resource: &update.live.resource,
            fields: update.fields,
            generated: generated.into_iter().flatten().collect(),
        };
        change.calls(via, scope)
    }

    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        calls::delete(&live.resource, &live.wire)
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        calls::release(&live.resource)
    }

    fn import_reads(_asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        observe::import_reads(reads, scope)
    }

    /// Machines of ours, and those that an agent of Google's runs containers on.
    fn imports(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<Self>)> {
        let Observation { found, others } = Self::observe(asks, reads, scope);
        let known = asks.iter().zip(found).filter_map(|(ask, live)| Some((ask.name.clone(), live?)));
        known.chain(others).filter(|(_, live)| runs_containers(&decode::metadata(&live.wire))).collect()
    }

    fn written(live: &Observed<Self>, reads: &Reads, scope: &Scope) -> Result<Written<Self>, String> {
        let metadata = decode::metadata(&live.wire);
        let own = [USER_DATA, LOGGING, konlet::DECLARATION];
        let mut written = import::written(live, &own, reads, scope)?;
        if let Some(unsaid) = written.unsaid.as_object_mut() {
            unsaid.insert("image".to_owned(), json!({"family": DEFAULT_IMAGE.1, "project": DEFAULT_IMAGE.0}));
        }
        let mut containers = live.spec.containers.clone();
        if let Some(text) = metadata.get(konlet::DECLARATION) {
            let declared = konlet::containers(text)?;
            // The tool that wrote the declaration labelled the machine with its image.
            let labels = written.spec.labels.iter_mut();
            labels.for_each(|labels| labels.retain(|key, _| key.as_str() != "container-vm"));
            containers = declared.containers;
            written.remarks.push(konlet::WHY.to_owned());
            written.remarks.extend(declared.remarks);
        } else if containers.is_empty() {
            containers = containers::declared(&metadata).unwrap_or_default();
            written.remarks.push(EDITED.to_owned());
        }
        for container in &mut containers {
            containers::shorten(container, &scope.project);
        }
        Ok(written.map(|machine| Self { machine, containers }))
    }
}

/// Whether the metadata of a machine declare containers, in our way or in the one that died.
pub(super) fn runs_containers(metadata: &BTreeMap<String, String>) -> bool {
    containers::declared(metadata).is_some() || metadata.contains_key(konlet::DECLARATION)
}

/// What a machine yields, and where its containers answer.
static YIELDS: &[Yield] = &[
    yields::INTERNAL_IP,
    yields::EXTERNAL_IP,
    yields::ZONE_ROW,
    yields::DNS_NAME,
    super::yields::yields(
        yields::URL,
        "where its first published port answers from outside",
        Known::Declared,
    ),
];

impl ContainerVm {
    /// The address of the first port that is published.
    fn url(&self) -> Option<(&'static str, String)> {
        let port =
            self.containers.iter().flat_map(|container| &container.ports).find_map(PortMapping::host)?;
        let port = port
            .split('/')
            .next()
            .filter(|port| *port != "80")
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let address = Reference::to(FACTS.kind, self.machine.name.as_str(), yields::EXTERNAL_IP.name).token();
        Some((yields::URL, format!("http://{address}{port}")))
    }

    fn check_names(&self) -> Vec<Finding> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let names: BTreeSet<String> = self.containers.iter().map(containers::name).collect();
        for (i, container) in self.containers.iter().enumerate() {
            let at = Pointer::from("containers").child(i.to_string());
            let name = containers::name(container);
            if !seen.insert(name.clone()) {
                let problem = Problem::new("container-twice", format!("two containers are called `{name}`"));
                let help = format!("give one of them another name: `name: {name}-2`");
                found.push((at.clone(), problem.help(help)));
            }
            let waits = container.depends_on.iter().enumerate();
            for (j, first) in waits.filter(|(_, first)| !names.contains(first.as_str())) {
                let problem = Problem::new(
                    "no-such-container",
                    format!("no container of this machine is called `{first}`"),
                );
                let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                let place = at.child("dependsOn").child(j.to_string());
                found.push((place, problem.help(format!("the containers are {known}"))));
            }
            for (key, _) in container.env.iter().filter(|(_, value)| value.contains('\n')) {
                let problem =
                    Problem::new("env-line-break", "docker's environment files hold one line per variable");
                found.push((
                    at.child("env").child(key.as_str()),
                    problem.help("write it without line breaks"),
                ));
            }
        }
        found
    }
}
