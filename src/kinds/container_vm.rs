//! `ContainerVm`: a machine with Container-Optimized OS that runs containers.
//!
//! The machine half, with the oddities of its API, is in `machine`; the cloud-init that starts the containers is in `containers`.
//! New `user-data` takes effect at the next boot, so a change of containers restarts the machine.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Scope;
use super::containers::{self, Container, USER_DATA};
use super::contract::{Ask, Facts, Finding, MarkPlace, Need, Observation, Observed, Resource, Update};
use super::lint::{self, Lint};
use super::machine::{Machine, calls, decode, encode, fields, observe, rules};
use super::reads::Reads;
use crate::gcp::{Call, Read, Service};
use crate::spec::{Address, Pointer, Problem};

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

    fn name(&self) -> &str {
        self.machine.name.as_str()
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let mut found = rules::check(&self.machine, &[USER_DATA], scope);
        found.extend(self.check_names());
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
        lint::machine::machine(&self.machine).into_iter().chain(containers).collect()
    }

    fn fill(&mut self, scope: &Scope) {
        self.machine.fill(scope, DEFAULT_SCOPES);
    }

    fn normalise(&mut self, scope: &Scope) {
        self.machine.normalise(scope);
        containers::normalise(&mut self.containers);
    }

    fn complete(&mut self, live: &Observed<Self>, _scope: &Scope) {
        observe::complete(&mut self.machine, &live.spec.machine);
    }

    fn needs(&self, scope: &Scope) -> Vec<Need> {
        let registries = self.containers.iter().filter_map(|c| c.image.registry_of(&scope.project));
        let registries = registries.map(|id| Need::Resource(Address::new("Registry", id)));
        rules::needs(&self.machine, scope).into_iter().chain(registries).collect()
    }

    fn claims(&self, _scope: &Scope) -> Vec<String> {
        vec![format!("the machine {}", self.machine.name)]
    }

    fn resource(&self, scope: &Scope) -> String {
        self.machine.resource(scope)
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
        let body: Value = encode::instance(&self.machine, DEFAULT_IMAGE, &items, scope);
        calls::insert(&self.machine, &body, scope)
    }

    fn change(via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        let text = || (USER_DATA, Some(containers::render(&update.desired.containers)));
        let change = calls::Change {
            desired: &update.desired.machine,
            live: &update.live.spec.machine,
            wire: &update.live.wire,
            resource: &update.live.resource,
            fields: update.fields,
            generated: update.changes("containers").then(text).into_iter().collect(),
        };
        change.calls(via, scope)
    }

    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        calls::delete(&live.resource, &live.wire)
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        calls::release(&live.resource)
    }
}

impl ContainerVm {
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
