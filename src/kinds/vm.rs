//! `Vm`: a virtual machine with an image of its author's choice.
//!
//! The machine half, with the oddities of its API, is in `machine`; this kind adds the startup script, which is metadata of
//! a name of its own and runs as root at every boot, so that a change takes effect at the next one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::contract::{Ask, Facts, Finding, MarkPlace, Need, Observation, Observed, Resource, Update};
use super::lint::{self, Lint};
use super::machine::{Machine, calls, decode, encode, fields, observe, rules};
use super::reads::Reads;
use super::{Scope, containers};
use crate::gcp::{Call, Read, Service};
use crate::spec::Pointer;

/// A virtual machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("additionalProperties" = false))]
pub struct Vm {
    #[serde(flatten)]
    machine: Machine,
    /// A script that runs as root at every boot: the text itself, or `{ file: setup.sh }` of the course folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    startup_script: Option<Script>,
}

/// A text, or the file that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Script {
    /// The text itself.
    Text(String),
    /// A file of the course folder.
    File(ScriptFile),
}

/// A file of the course folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptFile {
    /// Its path, relative to the course folder.
    #[schemars(length(min = 1))]
    pub file: String,
}

static FACTS: Facts = Facts {
    kind: "Vm",
    service: Service::Compute,
    wire: "compute.Instance",
    mark: MarkPlace::Labels,
    fields: fields::FIELDS,
    keyed: fields::KEYED,
    whole: &[],
    local: fields::LOCAL,
};

/// What gcloud gives a machine when nothing is said.
const DEFAULT_SCOPES: &[&str] = &["default"];

/// The metadata key of the startup script.
const STARTUP_SCRIPT: &str = "startup-script";

impl AsRef<Machine> for Vm {
    fn as_ref(&self) -> &Machine {
        &self.machine
    }
}

impl AsMut<Machine> for Vm {
    fn as_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }
}

impl Resource for Vm {
    const FACTS: &'static Facts = &FACTS;

    fn name(&self) -> &str {
        self.machine.name.as_str()
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let mut found = rules::check(&self.machine, &[STARTUP_SCRIPT], scope);
        if let Some(Script::File(script)) = &self.startup_script
            && script.text(scope).is_none()
        {
            found.push((Pointer::from("startupScript").child("file"), rules::no_such_file(&script.file)));
        }
        found
    }

    fn lint(&self, _scope: &Scope) -> Vec<Lint> {
        lint::machine::machine(&self.machine)
    }

    fn fill(&mut self, scope: &Scope) {
        self.machine.fill(scope, DEFAULT_SCOPES);
        if let Some(Script::File(script)) = &self.startup_script {
            self.startup_script = script.text(scope).map(|text| Script::Text(text.to_owned()));
        }
    }

    fn normalise(&mut self, scope: &Scope) {
        self.machine.normalise(scope);
    }

    fn complete(&mut self, live: &Observed<Self>, _scope: &Scope) {
        observe::complete(&mut self.machine, &live.spec.machine);
    }

    fn needs(&self, scope: &Scope) -> Vec<Need> {
        rules::needs(&self.machine, scope)
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
        observe::more_reads(asks, encode::DEFAULT_IMAGE.1, reads, scope)
    }

    fn collections(scope: &Scope) -> Vec<Read> {
        observe::reads(scope)
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        observe::observe(asks, reads, scope, |machine, instance| {
            let metadata = decode::metadata(instance);
            let other_kind =
                containers::in_metadata(&metadata).is_some() && super::mark::in_labels(instance).is_some();
            let script = metadata.get(STARTUP_SCRIPT).cloned().unwrap_or_default();
            (!other_kind).then_some(Self { machine, startup_script: Some(Script::Text(script)) })
        })
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        let mut items = rules::metadata(&self.machine);
        if let Some(text) = self.script() {
            items.insert(STARTUP_SCRIPT.to_owned(), json!(text));
        }
        let body = encode::instance(&self.machine, encode::DEFAULT_IMAGE, &items, scope);
        calls::insert(&self.machine, &body, scope)
    }

    fn change(via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        let script = update.changes("startupScript").then(|| (STARTUP_SCRIPT, update.desired.script()));
        let change = calls::Change {
            desired: &update.desired.machine,
            live: &update.live.spec.machine,
            wire: &update.live.wire,
            resource: &update.live.resource,
            fields: update.fields,
            generated: script.into_iter().collect(),
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

impl Vm {
    fn script(&self) -> Option<String> {
        match &self.startup_script {
            Some(Script::Text(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }
}

impl ScriptFile {
    fn text<'a>(&self, scope: &'a Scope) -> Option<&'a str> {
        scope.files.0.get(self.file.trim_start_matches("./"))?.text.as_deref()
    }
}
