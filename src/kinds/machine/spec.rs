//! The machine half of a spec: what a person can say about a virtual machine.
//! Only types and their one normal form; nothing here knows the wire.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::ready::Ready;
use super::yields::ZONE;
use crate::kinds::{Choices, Scope};
use crate::spec::formats::{
    AcceleratorType, ApiRef, DiskType, End, Expires, Hostname, IpAddress, LabelKey, LabelValue, MachineType,
    MetadataKey, NetworkTag, ResourceName, Scope as OauthScope, SizeGb, VmAccount, Zone,
};
use crate::spec::{Address, Reference, Spread};

/// A virtual machine, without what it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// Name of the machine, unique in the project: lower-case letters, digits and hyphens.
    pub name: ResourceName,
    /// Zone: `europe-west1-b`. Default: the first of `zones` that has room; a machine that exists stays where it is. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Zones that would do, in order of preference: `[europe-west1-b, europe-west1-c]`. Default: the course's. A machine that finds no
    /// room in one is made in the next, and stays there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub zones: Option<Vec<Zone>>,
    /// Over how many of the zones machines are shared: `true` for all, `2` for the first two, `false` for the first one that has room.
    /// Default: as the course says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
    /// Machine type: `n1-standard-1`, `e2-medium`, `e2-custom-2-4096`. Changing it stops the machine.
    pub machine_type: MachineType,
    /// Image of the boot disk. Cannot be changed; a newer image of the same family is no difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The disk the machine starts from: size, type, and whether it is deleted with the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_disk: Option<BootDisk>,
    /// What the machine is for, as people read it in the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub description: Option<String>,
    /// Labels; the course's own are added. Labels written by others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "label-key" }))]
    pub labels: Option<BTreeMap<LabelKey, LabelValue>>,
    /// Network tags, by which firewall rules find the machine. Tags written by others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub tags: Option<Vec<NetworkTag>>,
    /// Metadata. Keys written by others (`ssh-keys`, keys of agents) stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "metadata-key" }))]
    pub metadata: Option<BTreeMap<MetadataKey, String>>,
    /// Public ssh keys as `USER:ssh-ed25519 AAAA…`. Keys that gcloud and the console add stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_keys: Option<Vec<String>>,
    /// The network. Default: `default`, or that of the subnetwork. Changing it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<ApiRef>,
    /// The subnetwork, where the network has none of its own for the region. Changing it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnetwork: Option<ApiRef>,
    /// A fixed internal address. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_ip: Option<IpAddress>,
    /// `true` (default) for an external address while it runs, `false` for none, or a reserved address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ip: Option<ExternalIp>,
    /// Quality of the external network: `PREMIUM` or `STANDARD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_tier: Option<NetworkTier>,
    /// Virtual network card: `GVNIC` or `VIRTIO_NET`. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nic_type: Option<NicType>,
    /// Whether it may send packets with addresses that are not its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_ip_forward: Option<bool>,
    /// The service account programs on it act as: an id of this project, an address, `default` (default) or `none`.
    /// Changing it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<VmAccount>,
    /// What its programs may ask for, by gcloud's names (`storage-rw`, `cloud-platform`) or URLs. Changing it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<OauthScope>>,
    /// What happens when Google's hardware needs care: `MIGRATE` or `TERMINATE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_host_maintenance: Option<MaintenancePolicy>,
    /// Whether Google starts it again after a crash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic_restart: Option<bool>,
    /// `STANDARD`, or `SPOT`: cheaper, and taken away when Google needs it. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_model: Option<ProvisioningModel>,
    /// What taking it away means, for a `SPOT` machine and for one that expires: `STOP` (default), which keeps its disk, or `DELETE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_termination_action: Option<TerminationAction>,
    /// The oldest processor it accepts: `Intel Skylake`. Changing it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_cpu_platform: Option<String>,
    /// Graphics cards; the machine must then have `onHostMaintenance: TERMINATE`. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_accelerators: Option<Vec<Accelerator>>,
    /// Protection of the boot process. Changing it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shielded: Option<Shielded>,
    /// Whether it has a virtual display. Changing it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_device: Option<bool>,
    /// Full host name within its own network: `a.example.edu`. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Hostname>,
    /// Whether deleting it is refused, by Google and by Provost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// `RUNNING` or `TERMINATED` (stopped). Omitted: left as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_status: Option<PowerState>,
    /// When Google takes it away: `session` (default in a course with a session), `never`, a point in time, or the length of each of
    /// its runs: `12h`. Changing it stops the machine. Once over, `provost destroy --expired` deletes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// Ports of the machine that its ssh line forwards to the student's own: `[8080, 8081]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = 1)))]
    pub tunnels: Option<Vec<u16>>,
    /// When it is ready for people: what `status --watch` and `apply --wait-ready` wait for. `{ http: { port: 8501 } }`,
    /// `{ tcp: 8501 }`, `{ startupScript: true }`, or several of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
}

/// Where the boot disk's content comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// The newest image of this family: `debian-12`. Either this or `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<ResourceName>,
    /// One image by name. Either this or `family`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<ResourceName>,
    /// The project that publishes it: `debian-cloud`, `deeplearning-platform-release`. Default: this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

/// The disk a machine starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BootDisk {
    /// Size in GB, at least that of the image. It can grow while the machine runs; a smaller one is another machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_gb: Option<SizeGb>,
    /// `pd-standard`, `pd-balanced`, `pd-ssd`, `hyperdisk-balanced`. Cannot be changed.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub disk_type: Option<DiskType>,
    /// Whether it is deleted with the machine. Default: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_delete: Option<bool>,
}

/// The external address of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExternalIp {
    /// One as long as it runs, or none.
    Any(bool),
    /// A reserved one.
    Reserved(IpAddress),
}

impl JsonSchema for ExternalIp {
    fn schema_name() -> Cow<'static, str> {
        "ExternalIp".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "boolean"}, IpAddress::json_schema(generator)]})
    }
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $wire:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$about])* #[serde(rename = $wire)] $variant),+ }
    };
}

words! {
    /// Quality of the external network.
    NetworkTier {
        /// Google's own network.
        Premium = "PREMIUM",
        /// The public internet.
        Standard = "STANDARD",
    }
}
words! {
    /// Virtual network card.
    NicType {
        /// Google's own.
        Gvnic = "GVNIC",
        /// The common one.
        VirtioNet = "VIRTIO_NET",
    }
}
words! {
    /// What happens on maintenance of the host.
    MaintenancePolicy {
        /// It moves to another host while it runs.
        Migrate = "MIGRATE",
        /// It stops.
        Terminate = "TERMINATE",
    }
}
words! {
    /// How a machine gets its capacity.
    ProvisioningModel {
        /// For as long as it runs.
        Standard = "STANDARD",
        /// Until Google needs it.
        Spot = "SPOT",
    }
}
words! {
    /// What taking a machine away means.
    TerminationAction {
        /// It stops.
        Stop = "STOP",
        /// It is deleted.
        Delete = "DELETE",
    }
}
words! {
    /// Whether a machine runs.
    PowerState {
        /// It runs.
        Running = "RUNNING",
        /// It is stopped.
        Terminated = "TERMINATED",
    }
}

/// Graphics cards of one type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accelerator {
    /// Type of the graphics cards: `nvidia-tesla-t4`, `nvidia-l4`.
    #[serde(rename = "type")]
    pub accelerator_type: AcceleratorType,
    /// How many graphics cards of this type: 1, 2, 4, 8 or 16, as the type allows.
    #[schemars(range(min = 1, max = 16))]
    pub count: u32,
}

/// Protection of the boot process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shielded {
    /// Whether only signed boot components are started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_boot: Option<bool>,
    /// Whether it has a virtual trusted platform module (vTPM).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vtpm: Option<bool>,
    /// Whether each boot is compared with a known good one. Needs `vtpm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity_monitoring: Option<bool>,
}

impl Machine {
    /// Fills in what the course and the documented defaults decide at creation.
    pub fn fill(&mut self, scope: &Scope, default_scopes: &[&str]) {
        let labels = self.labels.get_or_insert_default();
        for (key, value) in scope.marked_labels() {
            labels.entry(LabelKey::from_trusted(key)).or_insert(LabelValue::from_trusted(value));
        }
        if self.is_limited() {
            self.instance_termination_action.get_or_insert(TerminationAction::Stop);
        }
        self.external_ip.get_or_insert(ExternalIp::Any(true));
        let account = self.service_account.get_or_insert_with(|| VmAccount::from_trusted("default"));
        let none = account.as_str() == "none";
        let defaults = || default_scopes.iter().map(|s| OauthScope::from_trusted(*s)).collect();
        self.scopes.get_or_insert_with(|| if none { Vec::new() } else { defaults() });
    }

    /// One form for what can be written in several ways.
    pub fn normalise(&mut self, scope: &Scope) {
        self.machine_type = MachineType::from_trusted(self.machine_type.short());
        for reference in [&mut self.network, &mut self.subnetwork].into_iter().flatten() {
            *reference = ApiRef::from_trusted(reference.last_segment());
        }
        if let Some(disk) = self.boot_disk.as_mut() {
            disk.disk_type = disk.disk_type.as_ref().map(|t| DiskType::from_trusted(t.short()));
            disk.size_gb = disk.size_gb.as_ref().map(SizeGb::canonical);
        }
        self.service_account = self.service_account.as_ref().map(|account| account.canonical(&scope.project));
        if let Some(scopes) = &mut self.scopes {
            *scopes =
                sorted(scopes.iter().flat_map(OauthScope::urls).map(OauthScope::from_trusted).collect());
        }
        if let Some(tags) = &mut self.tags {
            *tags = sorted(std::mem::take(tags));
        }
        if let Some(keys) = &mut self.ssh_keys {
            *keys = sorted(keys.iter().map(|key| key.trim().to_owned()).collect());
        }
        self.min_cpu_platform = self
            .min_cpu_platform
            .take()
            .map(|p| if p.eq_ignore_ascii_case("automatic") { String::new() } else { p });
    }

    /// Whether Google is told to take it away.
    pub fn is_limited(&self) -> bool {
        matches!(self.expires.as_ref().and_then(Expires::end), Some(End::At(_) | End::After(_)))
    }

    /// The zones that would do.
    pub fn choices(&self, scope: &Scope) -> Choices {
        let places: Vec<String> = match (&self.zone, &self.zones) {
            (Some(zone), _) => vec![zone.to_string()],
            (None, Some(zones)) => zones.iter().map(ToString::to_string).collect(),
            (None, None) => scope.zones.clone(),
        };
        let spread = self.spread.unwrap_or(scope.spread).over(places.len());
        Choices { places, spread }
    }

    /// The zones in which this plan tries to make it, the best first.
    pub fn tried(&self, kind: &str, scope: &Scope) -> Vec<String> {
        let decided =
            scope.choices.get(&Address::new(kind, self.name.as_str())).filter(|_| self.zone.is_none());
        decided.cloned().unwrap_or_else(|| self.choices(scope).places)
    }

    /// The zone it is in or will be in; a reference to it where that is decided when it is made.
    pub fn zone(&self, kind: &str, scope: &Scope) -> String {
        match self.choices(scope).places.as_slice() {
            [] => String::new(),
            [zone] => zone.clone(),
            _ => Reference::to(kind, self.name.as_str(), ZONE).token(),
        }
    }

    /// Where it is or will be.
    pub fn resource(&self, kind: &str, scope: &Scope) -> String {
        format!("projects/{}/zones/{}/instances/{}", scope.project, self.zone(kind, scope), self.name)
    }
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list.dedup();
    list
}
