//! A machine on the wire: the body of `instances.insert`.
//! Pure. Only what the spec states, plus what the API needs to make a machine at all.

use serde_json::{Map, Value, json};

use super::{ExternalIp, Image, Machine, ProvisioningModel};
use crate::kinds::{Scope, service_account};
use crate::spec::formats::{End, Expires};

/// The image of a machine whose spec names none: the default of the courses' command line.
pub const DEFAULT_IMAGE: (&str, &str) = ("debian-cloud", "debian-12");

/// The body that makes a machine with these metadata items.
pub fn instance(
    machine: &Machine,
    zone: &str,
    image: (&str, &str),
    items: &Map<String, Value>,
    scope: &Scope,
) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            body.insert(key.to_owned(), value);
        }
    };
    put("name", json!(machine.name));
    put("machineType", json!(format!("zones/{zone}/machineTypes/{}", machine.machine_type)));
    put("description", json!(machine.description));
    put("labels", json!(machine.labels));
    put("tags", machine.tags.as_ref().map_or(Value::Null, |tags| json!({"items": tags})));
    put("metadata", metadata(items));
    put("disks", json!([boot_disk(machine, image, zone, scope)]));
    put("networkInterfaces", json!([interface(machine, zone, scope)]));
    put("serviceAccounts", accounts(machine, scope));
    put("scheduling", whole_scheduling(machine));
    put("canIpForward", json!(machine.can_ip_forward));
    put("deletionProtection", json!(machine.deletion_protection));
    put("minCpuPlatform", json!(machine.min_cpu_platform.as_ref().filter(|p| !p.is_empty())));
    put("hostname", json!(machine.hostname));
    put("shieldedInstanceConfig", shielded(machine));
    put("displayDevice", machine.display_device.map_or(Value::Null, |on| json!({"enableDisplay": on})));
    put("guestAccelerators", accelerators(machine, zone));
    Value::Object(body)
}

/// Metadata as the API keeps it: a list of items.
pub fn metadata(items: &Map<String, Value>) -> Value {
    if items.is_empty() {
        return Value::Null;
    }
    let items: Vec<Value> = items.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({"items": items})
}

/// The reference of an image; a family is resolved by the API to its newest member.
pub fn image_path(image: Option<&Image>, default: (&str, &str), scope: &Scope) -> String {
    let Some(image) = image else {
        let (project, family) = default;
        return format!("projects/{project}/global/images/family/{family}");
    };
    let project = image.project.as_deref().unwrap_or(&scope.project);
    match (&image.name, &image.family) {
        (Some(name), _) => format!("projects/{project}/global/images/{name}"),
        (None, Some(family)) => format!("projects/{project}/global/images/family/{family}"),
        (None, None) => format!("projects/{project}/global/images/family/{}", default.1),
    }
}

fn boot_disk(machine: &Machine, image: (&str, &str), zone: &str, scope: &Scope) -> Value {
    let disk = machine.boot_disk.clone().unwrap_or_default();
    let mut params = json!({"sourceImage": image_path(machine.image.as_ref(), image, scope), "labels": scope.marked_labels()});
    if let Some(map) = params.as_object_mut() {
        if let Some(size) = &disk.size_gb {
            map.insert("diskSizeGb".to_owned(), json!(size.gb().to_string()));
        }
        // A bare type name is refused for single machines.
        if let Some(kind) = &disk.disk_type {
            map.insert("diskType".to_owned(), json!(format!("zones/{zone}/diskTypes/{kind}")));
        }
    }
    json!({
        "boot": true,
        "autoDelete": disk.auto_delete.unwrap_or(true),
        "type": "PERSISTENT",
        "mode": "READ_WRITE",
        "initializeParams": params,
    })
}

fn interface(machine: &Machine, zone: &str, scope: &Scope) -> Value {
    let mut nic = network(machine, zone, scope);
    let mut put = |key: &str, value: Value| {
        if let (Some(map), false) = (nic.as_object_mut(), value.is_null()) {
            map.insert(key.to_owned(), value);
        }
    };
    put("networkIP", json!(machine.internal_ip));
    put("nicType", json!(machine.nic_type));
    put("accessConfigs", access_config(machine).map_or(Value::Null, |config| json!([config])));
    nic
}

/// The network of a machine: a subnetwork alone is enough, and neither means the default network.
pub fn network(machine: &Machine, zone: &str, scope: &Scope) -> Value {
    let region = region(zone);
    let project = &scope.project;
    match (&machine.network, &machine.subnetwork) {
        (_, Some(subnetwork)) => {
            json!({"subnetwork": format!("projects/{project}/regions/{region}/subnetworks/{subnetwork}")})
        }
        (network, None) => {
            let network = network.as_ref().map_or("default", |n| n.as_str());
            json!({"network": format!("projects/{project}/global/networks/{network}")})
        }
    }
}

/// The region of a zone.
pub fn region(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

/// How a machine is reached from outside, if it is.
pub fn access_config(machine: &Machine) -> Option<Value> {
    let mut config = json!({"type": "ONE_TO_ONE_NAT", "name": "external-nat"});
    let map = config.as_object_mut()?;
    match machine.external_ip.as_ref().unwrap_or(&ExternalIp::Any(true)) {
        ExternalIp::Any(false) => return None,
        ExternalIp::Any(true) => {}
        ExternalIp::Reserved(address) => {
            map.insert("natIP".to_owned(), json!(address));
        }
    }
    if let Some(tier) = machine.network_tier {
        map.insert("networkTier".to_owned(), json!(tier));
    }
    Some(config)
}

/// The address of the machine's account; none for `none`.
pub fn account_email(machine: &Machine, scope: &Scope) -> Option<String> {
    match machine.service_account.as_ref()?.as_str() {
        "none" => None,
        "default" => Some("default".to_owned()),
        email if email.contains('@') => Some(email.to_owned()),
        id => Some(service_account::email(id, &scope.project)),
    }
}

fn accounts(machine: &Machine, scope: &Scope) -> Value {
    match account_email(machine, scope) {
        Some(email) => json!([{"email": email, "scopes": machine.scopes.clone().unwrap_or_default()}]),
        None => Value::Null,
    }
}

/// Scheduling as stated; a spot machine cannot migrate nor restart by itself, and the API wants to hear it.
pub fn scheduling(machine: &Machine) -> Value {
    let spot = machine.provisioning_model == Some(ProvisioningModel::Spot);
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            body.insert(key.to_owned(), value);
        }
    };
    put("onHostMaintenance", json!(machine.on_host_maintenance));
    put("automaticRestart", json!(machine.automatic_restart));
    put("provisioningModel", json!(machine.provisioning_model));
    put("instanceTerminationAction", json!(machine.instance_termination_action));
    if spot {
        put("onHostMaintenance", json!("TERMINATE"));
        put("automaticRestart", json!(false));
        put(
            "instanceTerminationAction",
            json!(machine.instance_termination_action.unwrap_or(super::TerminationAction::Stop)),
        );
    }
    if body.is_empty() { Value::Null } else { Value::Object(body) }
}

fn whole_scheduling(machine: &Machine) -> Value {
    let mut body = scheduling(machine).as_object().cloned().unwrap_or_default();
    body.extend(run_limit(machine).into_iter().filter(|(_, value)| !value.is_null()));
    if body.is_empty() { Value::Null } else { Value::Object(body) }
}

/// When Google takes the machine away: at a time or after a length of its run, never both; null for what does not hold.
pub fn run_limit(machine: &Machine) -> Map<String, Value> {
    let (time, length) = match machine.expires.as_ref().and_then(Expires::end) {
        Some(End::At(time)) => (json!(time.to_string()), Value::Null),
        Some(End::After(length)) => (Value::Null, json!({"seconds": length.seconds().to_string()})),
        _ => (Value::Null, Value::Null),
    };
    let mut body = Map::new();
    body.insert("terminationTime".to_owned(), time);
    body.insert("maxRunDuration".to_owned(), length);
    body
}

/// Protection of the boot process as stated.
pub fn shielded(machine: &Machine) -> Value {
    let Some(shielded) = &machine.shielded else {
        return Value::Null;
    };
    let members = [
        ("enableSecureBoot", shielded.secure_boot),
        ("enableVtpm", shielded.vtpm),
        ("enableIntegrityMonitoring", shielded.integrity_monitoring),
    ];
    let stated = members.into_iter().filter_map(|(key, on)| Some((key.to_owned(), json!(on?))));
    Value::Object(stated.collect())
}

fn accelerators(machine: &Machine, zone: &str) -> Value {
    let Some(cards) = &machine.guest_accelerators else {
        return Value::Null;
    };
    let card = |card: &super::Accelerator| {
        json!({
            "acceleratorType": format!("zones/{zone}/acceleratorTypes/{}", card.accelerator_type),
            "acceleratorCount": card.count,
        })
    };
    cards.iter().map(card).collect()
}
