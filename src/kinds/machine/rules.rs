//! Rules over several fields of a machine, and what a machine needs to be there first.
//! Pure.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::{ExternalIp, Machine, MaintenancePolicy, ProvisioningModel, decode};
use crate::kinds::{Finding, Need, Scope, service_account};
use crate::spec::formats::End;
use crate::spec::{Pointer, Problem, Spread};

/// How long Google lets a run be limited to, in seconds (<https://cloud.google.com/compute/docs/instances/limit-vm-runtime>).
pub const RUNS: RangeInclusive<u64> = 30..=120 * 86_400;

/// What the shape of a machine cannot say. `reserved` are metadata keys that have a field of their own.
pub fn check(machine: &Machine, reserved: &[&str], scope: &Scope) -> Vec<Finding> {
    let mut found = metadata_keys(machine, reserved);
    found.extend(zones(machine, scope));
    let mut wrong = |field, wrong, message, help| found.extend(rule(field, wrong, message, help));
    let spot = machine.provisioning_model == Some(ProvisioningModel::Spot);
    let migrates = machine.on_host_maintenance == Some(MaintenancePolicy::Migrate);
    let image = machine.image.clone().unwrap_or_default();
    let none = machine.service_account.as_ref().is_some_and(|a| a.as_str() == "none");
    let cards = machine.guest_accelerators.as_ref().is_some_and(|c| !c.is_empty());
    let cannot_migrate = "write `onHostMaintenance: TERMINATE`, or leave it out";
    wrong(
        "image",
        image.family.is_some() && image.name.is_some(),
        "an image is named by `family` or by `name`, not by both",
        "remove one of them",
    );
    wrong(
        "image",
        machine.image.is_some() && image.family.is_none() && image.name.is_none(),
        "the image has neither `family` nor `name`",
        "add `family: debian-12`",
    );
    wrong("onHostMaintenance", spot && migrates, "a `SPOT` machine cannot migrate", cannot_migrate);
    wrong(
        "automaticRestart",
        spot && machine.automatic_restart == Some(true),
        "a `SPOT` machine is not started again by Google",
        "leave it out",
    );
    wrong(
        "instanceTerminationAction",
        machine.instance_termination_action.is_some() && !spot && !expires(machine, scope),
        "only `SPOT` machines and those that expire are taken away",
        "remove it, or add `provisioningModel: SPOT`, or say when it `expires`",
    );
    wrong(
        "guestAccelerators",
        cards && machine.on_host_maintenance != Some(MaintenancePolicy::Terminate),
        "a machine with graphics cards cannot migrate",
        "add `onHostMaintenance: TERMINATE`",
    );
    wrong(
        "networkTier",
        machine.network_tier.is_some() && machine.external_ip == Some(ExternalIp::Any(false)),
        "without an external address there is no external network",
        "remove it, or give the machine an external address",
    );
    wrong(
        "scopes",
        none && machine.scopes.as_ref().is_some_and(|s| !s.is_empty()),
        "without a service account there is nothing to ask scopes for",
        "remove the scopes, or name an account",
    );
    found
}

/// A rule that is broken.
fn rule(field: &str, wrong: bool, message: &str, help: &str) -> Option<Finding> {
    wrong.then(|| (Pointer::from(field), Problem::new("machine-rule", message).help(help)))
}

/// Where it may be made.
fn zones(machine: &Machine, scope: &Scope) -> Vec<Finding> {
    let places = machine.choices(scope).places.len();
    let found = [
        rule(
            "",
            places == 0,
            "neither the machine nor the course names a zone",
            "add `zone: europe-west1-b`, or `zones:` to the Course",
        ),
        rule(
            "zones",
            machine.zone.is_some() && machine.zones.is_some(),
            "a machine has one `zone` or a choice of `zones`, not both",
            "remove one of them",
        ),
        rule(
            "spread",
            matches!(machine.spread, Some(Spread::Over(over)) if over > places),
            "it is shared over more zones than there are",
            "name more `zones`, here or in the Course, or write `spread: true` for all there are",
        ),
    ];
    found.into_iter().flatten().collect()
}

/// Whether it has an end, once what the course decides is filled in.
fn expires(machine: &Machine, scope: &Scope) -> bool {
    match &machine.expires {
        Some(expires) => expires.end() != Some(End::Never),
        None => scope.session.is_some(),
    }
}

fn metadata_keys(machine: &Machine, reserved: &[&str]) -> Vec<Finding> {
    let keys = machine.metadata.iter().flat_map(|m| m.keys());
    let problem = |key: &str| {
        let at = Pointer::from("metadata").child(key);
        let (why, help) = match key {
            decode::SSH_KEYS => ("gcloud and the console write it too", "list your keys under `sshKeys:`"),
            "gce-container-declaration" => {
                ("the agent that read it is shut down", "declare a `ContainerVm` instead")
            }
            "startup-script" if reserved.contains(&key) => {
                ("it has a field of its own", "use `startupScript:`")
            }
            "user-data" if reserved.contains(&key) => ("it is made from `containers`", "remove it"),
            _ => return None,
        };
        let problem = Problem::new("metadata-key", format!("`{key}` cannot be set as metadata"));
        Some((at, problem.label(why).help(help).about_key()))
    };
    keys.filter_map(|key| problem(key.as_str())).collect()
}

/// A file that a spec names and the course folder does not hold.
pub fn no_such_file(path: &str) -> Problem {
    Problem::new("file-not-found", format!("there is no text file `{path}` in the course folder"))
        .help("paths are relative to the course folder; scripts are UTF-8 text of at most 256 KB")
}

/// The account a machine runs as.
pub fn needs(machine: &Machine, scope: &Scope) -> Vec<Need> {
    let account = machine.service_account.as_ref().map(ToString::to_string).unwrap_or_default();
    service_account::of_course(&account, scope).map(Need::Resource).into_iter().collect()
}

/// The metadata items that a machine's spec states itself.
pub fn metadata(machine: &Machine) -> Map<String, Value> {
    let stated = machine.metadata.iter().flatten().map(|(key, text)| (key.to_string(), json!(text)));
    let keys: BTreeSet<&String> = machine.ssh_keys.iter().flatten().collect();
    let lines: Vec<&str> = keys.into_iter().map(String::as_str).collect();
    let keys = (!lines.is_empty()).then(|| (decode::SSH_KEYS.to_owned(), json!(lines.join("\n"))));
    stated.chain(keys).collect()
}
