//! `gcloud compute instances …` and `compute ssh`: machines, with containers and without. Pure.

use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{self, Arguments, Does, Flag, Tables, flag};
use super::{container, image};
use crate::kinds::dead::{self, Sort};
use crate::kinds::{ContainerVm, Resource, Vm};
use crate::spec::Problem;

/// Flags of machines with containers and without.
pub(super) const COMMON: &[Flag] = &[
    flag("zone", Does::Special(zone)),
    flag("machine-type", Does::Last("machineType")),
    flag("image-project", Does::Text("image.project")),
    flag("image-family", Does::Special(image::family)),
    flag("image", Does::Special(image::named)),
    flag("create-disk", Does::Special(boot_disk)),
    flag("boot-disk-size", Does::Size("bootDisk.sizeGb")),
    flag("boot-disk-type", Does::Last("bootDisk.type")),
    flag("boot-disk-auto-delete", Does::Switch("bootDisk.autoDelete", true)),
    flag("no-boot-disk-auto-delete", Does::Switch("bootDisk.autoDelete", false)),
    flag("boot-disk-device-name", Does::Nothing),
    flag("description", Does::Text("description")),
    flag("labels", Does::Special(labels)),
    flag("tags", Does::List("tags")),
    flag("metadata", Does::Special(metadata)),
    flag("metadata-from-file", Does::Special(metadata_from_file)),
    flag("network-interface", Does::Special(interface)),
    flag("network", Does::Last("network")),
    flag("subnet", Does::Last("subnetwork")),
    flag("subnetwork", Does::Last("subnetwork")),
    flag("private-network-ip", Does::Text("internalIp")),
    flag("address", Does::Text("externalIp")),
    flag("no-address", Does::Switch("externalIp", false)),
    flag("network-tier", Does::Upper("networkTier")),
    flag("can-ip-forward", Does::Switch("canIpForward", true)),
    flag("service-account", Does::Text("serviceAccount")),
    flag("no-service-account", Does::Fixed("serviceAccount", "none")),
    flag("scopes", Does::List("scopes")),
    flag("no-scopes", Does::SpecialSwitch(|draft, _, _| draft.put("scopes", json!([])))),
    flag("maintenance-policy", Does::Upper("onHostMaintenance")),
    flag("restart-on-failure", Does::Switch("automaticRestart", true)),
    flag("no-restart-on-failure", Does::Switch("automaticRestart", false)),
    flag("provisioning-model", Does::Upper("provisioningModel")),
    flag("preemptible", Does::Fixed("provisioningModel", "SPOT")),
    flag("instance-termination-action", Does::Upper("instanceTerminationAction")),
    flag("min-cpu-platform", Does::Text("minCpuPlatform")),
    flag("accelerator", Does::Special(accelerator)),
    flag("shielded-secure-boot", Does::Switch("shielded.secureBoot", true)),
    flag("no-shielded-secure-boot", Does::Switch("shielded.secureBoot", false)),
    flag("shielded-vtpm", Does::Switch("shielded.vtpm", true)),
    flag("no-shielded-vtpm", Does::Switch("shielded.vtpm", false)),
    flag("shielded-integrity-monitoring", Does::Switch("shielded.integrityMonitoring", true)),
    flag("no-shielded-integrity-monitoring", Does::Switch("shielded.integrityMonitoring", false)),
    flag("enable-display-device", Does::Switch("displayDevice", true)),
    flag("hostname", Does::Text("hostname")),
    flag("deletion-protection", Does::Switch("deletionProtection", true)),
    flag("no-deletion-protection", Does::Switch("deletionProtection", false)),
    flag("reservation-affinity", Does::Nothing),
    flag("key-revocation-action-type", Does::Nothing),
    flag("threads-per-core", Does::Unlike("a machine has the threads of its type")),
    flag("custom-cpu", Does::Unlike("write the machine type in one word: `machineType: e2-custom-2-4096`")),
    flag(
        "custom-memory",
        Does::Unlike("write the machine type in one word: `machineType: e2-custom-2-4096`"),
    ),
    flag(
        "custom-vm-type",
        Does::Unlike("write the machine type in one word: `machineType: e2-custom-2-4096`"),
    ),
    flag(
        "disk",
        Does::Unlike("a machine of a course has its boot disk; make that larger: `bootDisk: { sizeGb: 50 }`"),
    ),
    flag(
        "local-ssd",
        Does::Unlike("a machine of a course has its boot disk; make that larger: `bootDisk: { sizeGb: 50 }`"),
    ),
];

/// Flags of machines without containers that have nothing to say.
pub(super) const FLAGS: &[Flag] =
    &[flag("confidential-compute", Does::Unlike("machines of a course are plain ones"))];

/// Flags of `create-with-container`.
pub(super) const CONTAINER: &[Flag] = container::FLAGS;

/// Flags of commands that add to a machine.
pub(super) const LABELS: &[Flag] =
    &[flag("zone", Does::Nothing), flag("tags", Does::List("tags")), flag("labels", Does::Map("labels"))];

/// Flags of `compute ssh`.
pub(super) const SSH: &[Flag] = &[
    flag("zone", Does::Nothing),
    flag("command", Does::Nothing),
    flag("ssh-flag", Does::Nothing),
    flag("ssh-key-file", Does::Nothing),
    flag("tunnel-through-iap", Does::NothingSwitch),
    flag("internal-ip", Does::NothingSwitch),
];

/// What gcloud takes when nothing is said.
const MACHINE_TYPE: &str = "n1-standard-1";

pub(super) fn create(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    all(Vm::FACTS.kind, arguments, tables, desk)
}

pub(super) fn create_with_container(
    arguments: &Arguments,
    tables: Tables,
    desk: &mut Desk<'_>,
) -> Vec<Draft> {
    let mut drafts = all(ContainerVm::FACTS.kind, arguments, tables, desk);
    for draft in &mut drafts {
        container::finish(draft, desk);
    }
    drafts
}

fn all(kind: &'static str, arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    let names = arguments.names.iter();
    names.map(|name| machine(kind, name, arguments, tables, desk)).collect()
}

fn machine(
    kind: &'static str,
    name: &str,
    arguments: &Arguments,
    tables: Tables,
    desk: &mut Desk<'_>,
) -> Draft {
    let mut draft = Draft::new(kind, &desk.value(name, "name"), desk.place());
    arguments.fill(&mut draft, tables, desk);
    if draft.get("machineType").is_none() {
        draft.put("machineType", json!(MACHINE_TYPE));
    }
    image::living(&mut draft, desk);
    draft
}

/// What another command adds to a machine: joined with it later, by its name.
pub(super) fn more(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    let Some(name) = arguments.names.first() else { return Vec::new() };
    let mut draft = Draft::new(Vm::FACTS.kind, &desk.value(name, "name"), desk.place());
    arguments.fill(&mut draft, tables, desk);
    vec![draft]
}

/// Ports that are forwarded are the machine's tunnels.
pub(super) fn ssh(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    arguments.tell_unknown(tables, desk);
    let forwards = || arguments.rest.iter().filter(|word| !matches!(word.as_str(), "-L" | "-N" | "-f"));
    let ports: Vec<u16> =
        forwards().filter_map(|word| flags::last(word).rsplit(':').next()?.parse().ok()).collect();
    if ports.len() < forwards().count() {
        let problem = Problem::new("not-translated", "what is forwarded here is no number");
        desk.warn(
            "-L",
            problem
                .label("it is left out")
                .help("write the ports into the machine's spec: `tunnels: [8080, 8081]`"),
        );
    } else if let Some(target) = arguments.names.first().filter(|_| !ports.is_empty()) {
        let name = target.rsplit('@').next().unwrap_or(target);
        let name = desk.value(name, "name");
        let place = desk.place();
        desk.tunnels.push((name, ports, place));
    } else {
        let problem =
            Problem::new("not-a-resource", "`gcloud compute ssh` makes no resource").label("it is left out");
        desk.warn("", problem);
    }
    Vec::new()
}

fn zone(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let zone = desk.value(flags::last(raw), "zone");
    draft.put("zone", json!(zone));
    if !raw.contains('$') {
        desk.zones.push(flags::last(raw).to_owned());
    }
}

/// The console labels what it makes; those labels are Google's own.
fn labels(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    for (key, value) in flags::pairs(raw) {
        if key.starts_with("goog") {
            let problem = Problem::new("not-translated", format!("the label `{key}` is Google's own"));
            desk.warn(key, problem.label("it is left out"));
        } else {
            draft.put("labels", json!({ key: desk.value(value, "labels") }));
        }
    }
}

fn metadata(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let pairs: Vec<(&str, &str)> = flags::pairs(raw).collect();
    for (key, value) in pairs {
        let script = key == "startup-script" && draft.kind == Vm::FACTS.kind;
        if let Some(dead) = dead::find(Sort::MetadataKey, "", key) {
            let problem = Problem::new("dead-metadata", format!("the metadata `{key}` cannot be relied on"));
            desk.warn(key, problem.label(dead.why).help(format!("declare {} instead", dead.instead)));
        } else if script {
            draft.put("startupScript", json!(desk.value(value, "startupScript")));
        } else if key == "ssh-keys" {
            let keys: Value = value.lines().map(|line| json!(desk.value(line, "sshKeys"))).collect();
            draft.put("sshKeys", keys);
        } else {
            draft.put("metadata", json!({ key: desk.value(value, "metadata") }));
        }
    }
}

fn metadata_from_file(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    for (key, file) in flags::pairs(raw) {
        if key == "startup-script" && draft.kind == Vm::FACTS.kind && !file.contains('$') {
            draft.put("startupScript", json!({ "file": file }));
            let problem = Problem::new("file-needed", format!("the startup script is the file `{file}`"));
            desk.warn(file, problem.help("put it into the course folder, at this path"));
        } else {
            let problem = Problem::new("not-translated", format!("the metadata `{key}` comes from a file"));
            desk.warn(key, problem.label("it is left out").help("write the text under `metadata:`"));
        }
    }
}

/// `count=1,type=nvidia-tesla-t4`.
fn accelerator(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let mut card = Map::from_iter([("type".to_owned(), json!("")), ("count".to_owned(), json!(1))]);
    for (key, value) in flags::pairs(raw) {
        let number = value.parse::<u64>().map(|count| json!(count));
        let value = number.unwrap_or_else(|_| json!(desk.value(flags::last(value), "guestAccelerators")));
        card.insert(key.to_owned(), value);
    }
    draft.put("guestAccelerators", json!([card]));
    if draft.get("onHostMaintenance").is_none() {
        draft.put("onHostMaintenance", json!("TERMINATE"));
    }
}

/// Keys of `--network-interface` and `--create-disk`, by the fields that they fill.
type Keys = &'static [(&'static str, Does)];

const INTERFACE: Keys = &[
    ("network", Does::Last("network")),
    ("subnet", Does::Last("subnetwork")),
    ("private-network-ip", Does::Text("internalIp")),
    ("address", Does::Text("externalIp")),
    ("no-address", Does::Switch("externalIp", false)),
    ("network-tier", Does::Upper("networkTier")),
    ("nic-type", Does::Upper("nicType")),
    ("stack-type", Does::Nothing),
];

const DISK: Keys = &[
    ("boot", Does::Nothing),
    ("mode", Does::Nothing),
    ("device-name", Does::Nothing),
    ("name", Does::Nothing),
    ("image-project", Does::Text("image.project")),
    ("image-family", Does::Special(image::family)),
    ("image", Does::Special(image::named)),
    ("size", Does::Size("bootDisk.sizeGb")),
    ("type", Does::Last("bootDisk.type")),
    (
        "auto-delete",
        Does::Special(|draft, raw, _| draft.put("bootDisk.autoDelete", json!(raw == "yes" || raw == "true"))),
    ),
];

fn interface(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    parts(INTERFACE, draft, raw, desk);
}

/// The console writes the boot disk so; any other is left out.
fn boot_disk(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    if flags::pairs(raw).any(|(key, value)| key == "boot" && matches!(value, "yes" | "true")) {
        parts(DISK, draft, raw, desk);
        return;
    }
    let problem = Problem::new("not-translated", "a second disk has no field").label("it is left out");
    desk.warn("create-disk", problem.help("make the boot disk larger: `bootDisk: { sizeGb: 50 }`"));
}

fn parts(keys: Keys, draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    for (key, value) in flags::pairs(raw) {
        match keys.iter().find(|(name, _)| *name == key) {
            Some((name, does)) => flags::apply(flag(name, *does), value, draft, desk),
            None => desk.unknown("the part", key, keys.iter().map(|(name, _)| *name)),
        }
    }
}
