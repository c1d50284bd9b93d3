//! A live instance in the shape of a spec. Type, size and image come from its disk: the instance never tells them.
//! Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Accelerator, BootDisk, ExternalIp, Image, Machine, MaintenancePolicy, PowerState, ProvisioningModel,
    Shielded,
};
use crate::kinds::wire;
use crate::spec::formats::{
    AcceleratorType, ApiRef, DiskType, Duration, End, Expires, IpAddress, LabelKey, LabelValue, MachineType,
    MetadataKey, ResourceName, Scope as OauthScope, SizeGb, VmAccount, Zone,
};

/// The metadata key that holds ssh keys, one a line.
pub const SSH_KEYS: &str = "ssh-keys";

/// The machine half of an instance. `disk` is its boot disk, `family` what is known of its image's family.
pub fn machine(instance: &Value, disk: Option<&Value>, family: Option<&str>) -> Option<Machine> {
    let nic = instance.pointer("/networkInterfaces/0").unwrap_or(&Value::Null);
    let metadata = metadata(instance);
    let labels = wire::map(instance, "/labels").into_iter();
    Some(Machine {
        name: ResourceName::try_from(wire::text(instance, "/name")?).ok()?,
        zone: Zone::try_from(wire::last(&wire::text(instance, "/zone")?)).ok(),
        machine_type: MachineType::from_trusted(wire::last(&wire::text_or_empty(instance, "/machineType"))),
        image: disk.and_then(|disk| image(disk, family)),
        boot_disk: Some(boot_disk(instance, disk)),
        description: Some(wire::text_or_empty(instance, "/description")),
        labels: Some(labels.map(|(k, v)| (LabelKey::from_trusted(k), LabelValue::from_trusted(v))).collect()),
        tags: Some(wire::formatted(wire::texts(instance, "/tags/items"))),
        ssh_keys: Some(lines(metadata.get(SSH_KEYS))),
        metadata: Some(metadata.into_iter().map(|(k, v)| (MetadataKey::from_trusted(k), v)).collect()),
        network: wire::text(nic, "/network").map(|n| ApiRef::from_trusted(wire::last(&n))),
        subnetwork: wire::text(nic, "/subnetwork").map(|n| ApiRef::from_trusted(wire::last(&n))),
        internal_ip: wire::text(nic, "/networkIP").map(IpAddress::from_trusted),
        external_ip: Some(ExternalIp::Any(!wire::list(nic, "/accessConfigs").is_empty())),
        network_tier: wire::member(nic, "/accessConfigs/0/networkTier"),
        nic_type: wire::member(nic, "/nicType"),
        can_ip_forward: Some(wire::flag(instance, "/canIpForward")),
        service_account: Some(account(instance)),
        scopes: Some(scopes(instance)),
        on_host_maintenance: wire::member(instance, "/scheduling/onHostMaintenance")
            .or(Some(MaintenancePolicy::Migrate)),
        automatic_restart: wire::member(instance, "/scheduling/automaticRestart").or(Some(true)),
        provisioning_model: wire::member(instance, "/scheduling/provisioningModel")
            .or(Some(ProvisioningModel::Standard)),
        instance_termination_action: wire::member(instance, "/scheduling/instanceTerminationAction"),
        min_cpu_platform: Some(wire::text_or_empty(instance, "/minCpuPlatform")),
        guest_accelerators: Some(accelerators(instance)),
        shielded: Some(shielded(instance)),
        display_device: Some(wire::flag(instance, "/displayDevice/enableDisplay")),
        hostname: wire::member(instance, "/hostname"),
        deletion_protection: Some(wire::flag(instance, "/deletionProtection")),
        desired_status: Some(if stopped(instance) { PowerState::Terminated } else { PowerState::Running }),
        zones: None,
        spread: None,
        expires: expires(instance),
        tunnels: None,
        ready: None,
    })
}

/// When Google takes it away; None for never.
fn expires(instance: &Value) -> Option<Expires> {
    let time = wire::text(instance, "/scheduling/terminationTime").and_then(|time| time.parse().ok());
    let seconds = wire::number(instance, "/scheduling/maxRunDuration/seconds");
    let length = || seconds.map(Duration::from_seconds);
    time.map(End::At).or_else(|| length().map(End::After)).map(Expires::of)
}

/// The metadata items by key.
pub fn metadata(instance: &Value) -> BTreeMap<String, String> {
    let items = wire::list(instance, "/metadata/items").iter();
    items.filter_map(|item| Some((wire::text(item, "/key")?, wire::text_or_empty(item, "/value")))).collect()
}

/// Whether a machine is stopped or stopping.
pub fn stopped(instance: &Value) -> bool {
    matches!(
        wire::text_or_empty(instance, "/status").as_str(),
        "TERMINATED" | "STOPPING" | "STOPPED" | "PENDING_STOP"
    )
}

/// Whether a machine runs or is about to.
pub fn runs(instance: &Value) -> bool {
    matches!(
        wire::text_or_empty(instance, "/status").as_str(),
        "RUNNING" | "STAGING" | "PROVISIONING" | "REPAIRING"
    )
}

/// Lines of a text, as a sorted set.
fn lines(text: Option<&String>) -> Vec<String> {
    let mut lines: Vec<String> = text
        .map(String::as_str)
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

/// The disk records the concrete image; the family is what its name or its own record says.
fn image(disk: &Value, family: Option<&str>) -> Option<Image> {
    let source = wire::text(disk, "/sourceImage")?;
    let mut parts = wire::relative(&source).split('/');
    let project = parts.nth(1).map(str::to_owned);
    let name = ResourceName::try_from(wire::last(&source)).ok();
    Some(Image { family: family.and_then(|f| ResourceName::try_from(f).ok()), name, project })
}

fn boot_disk(instance: &Value, disk: Option<&Value>) -> BootDisk {
    let attached = boot(instance).unwrap_or(&Value::Null);
    let size =
        disk.and_then(|d| wire::number(d, "/sizeGb")).or_else(|| wire::number(attached, "/diskSizeGb"));
    let kind = disk.and_then(|d| wire::text(d, "/type"));
    BootDisk {
        size_gb: size.map(SizeGb::from_gb),
        disk_type: kind.map(|kind| DiskType::from_trusted(wire::last(&kind))),
        auto_delete: Some(wire::flag(attached, "/autoDelete")),
    }
}

/// The attachment of the boot disk.
pub fn boot(instance: &Value) -> Option<&Value> {
    wire::list(instance, "/disks").iter().find(|disk| wire::flag(disk, "/boot"))
}

/// `NUMBER-compute@developer.gserviceaccount.com` is what the API makes of `default`.
fn account(instance: &Value) -> VmAccount {
    let email = wire::text_or_empty(instance, "/serviceAccounts/0/email");
    let default = email.strip_suffix("-compute@developer.gserviceaccount.com");
    let default = default.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    match email.as_str() {
        "" => VmAccount::from_trusted("none"),
        _ if default => VmAccount::from_trusted("default"),
        email => VmAccount::from_trusted(email),
    }
}

fn scopes(instance: &Value) -> Vec<OauthScope> {
    let mut scopes: Vec<OauthScope> = wire::texts(instance, "/serviceAccounts/0/scopes")
        .into_iter()
        .map(OauthScope::from_trusted)
        .collect();
    scopes.sort();
    scopes
}

fn accelerators(instance: &Value) -> Vec<Accelerator> {
    let card = |card: &Value| Accelerator {
        accelerator_type: AcceleratorType::from_trusted(wire::last(&wire::text_or_empty(
            card,
            "/acceleratorType",
        ))),
        count: wire::number(card, "/acceleratorCount")
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or_default(),
    };
    wire::list(instance, "/guestAccelerators").iter().map(card).collect()
}

fn shielded(instance: &Value) -> Shielded {
    let flag = |name: &str| Some(wire::flag(instance, &format!("/shieldedInstanceConfig/{name}")));
    Shielded {
        secure_boot: flag("enableSecureBoot"),
        vtpm: flag("enableVtpm"),
        integrity_monitoring: flag("enableIntegrityMonitoring"),
    }
}
