//! `Vm`: a virtual machine with an image of its author's choice.
//!
//! The machine half, with the oddities of its API, is in `machine`; this kind adds the startup script, which is metadata of
//! a name of its own and runs as root at every boot, so that a change takes effect at the next one.

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::container_vm::runs_containers;
use super::contract::{
    Ask, Choices, Facts, Finding, MarkPlace, Need, Observation, Observed, Resource, Update,
};
use super::ending::Ending;
use super::governed::Governs;
use super::handout::Handout;
use super::lint::{self, Lint};
use super::machine::{
    Machine, calls, decode, encode, fields, governs, import, observe, ready, rules, yields,
};
use super::reads::Reads;
use super::yields::Yield;
use super::{Scope, Written, containers};
use crate::gcp::{Call, Read, Service};
use crate::spec::Pointer;
use crate::spec::formats::Expires;

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
    const YIELDS: &'static [Yield] = yields::YIELDS;
    const RUNS: Option<RangeInclusive<u64>> = Some(rules::RUNS);

    fn name(&self) -> &str {
        self.machine.name.as_str()
    }

    fn declares(&self, scope: &Scope) -> Vec<(&'static str, String)> {
        yields::declares(FACTS.kind, &self.machine, scope)
    }

    fn choices(&self, scope: &Scope) -> Choices {
        self.machine.choices(scope)
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let mut found = rules::check(&self.machine, &[STARTUP_SCRIPT], scope);
        found.extend(ready::check(&self.machine, self.script().is_some() || self.has_script_file()));
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

    fn governed(&self, scope: &Scope) -> Vec<Governs> {
        governs::governed(&self.machine, scope)
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

    fn reopen(&mut self, stated: &Self) {
        self.machine.zone.clone_from(&stated.machine.zone);
    }

    fn lacks(&self, result: &str) -> Option<&'static str> {
        yields::lacks(&self.machine, result)
    }

    fn needs(&self, scope: &Scope) -> Vec<Need> {
        rules::needs(&self.machine, scope)
    }

    fn handout(&self, _scope: &Scope) -> Handout {
        Handout::Machine(self.machine.reachable())
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
        let body = |zone: &str| encode::instance(&self.machine, zone, encode::DEFAULT_IMAGE, &items, scope);
        calls::insert(FACTS.kind, &self.machine, body, scope)
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

    fn import_reads(_asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        observe::import_reads(reads, scope)
    }

    /// Every machine but those whose containers are known, which are the other kind's.
    fn imports(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<Self>)> {
        let Observation { found, others } = Self::observe(asks, reads, scope);
        let known = asks.iter().zip(found).filter_map(|(ask, live)| Some((ask.name.clone(), live?)));
        known.chain(others).filter(|(_, live)| !runs_containers(&decode::metadata(&live.wire))).collect()
    }

    fn written(live: &Observed<Self>, reads: &Reads, scope: &Scope) -> Result<Written<Self>, String> {
        let written = import::written(live, &[STARTUP_SCRIPT], reads, scope)?;
        Ok(written.map(|machine| Self { machine, startup_script: live.spec.startup_script.clone() }))
    }
}

impl Vm {
    fn has_script_file(&self) -> bool {
        matches!(self.startup_script, Some(Script::File(_)))
    }

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
