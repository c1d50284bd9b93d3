//! Changes of the machine half, for `Vm` and `ContainerVm` alike. What each takes is from the API's own rules
//! (which calls want a stopped instance); see the table in `kinds::machine::fields`.

use super::table::{Row, row};

pub(crate) const WIRE: &str = "/compute/v1/projects/PROJECT/zones/europe-west1-b/instances/m";
/// The account that machines may act as.
pub(crate) const OTHERS: &str = "{kind: ServiceAccount, name: class-bot}";

/// The rows of the machine half.
pub(crate) fn rows() -> Vec<Row> {
    [identity(), keyed(), in_place(), network(), stopped(), fixed(), power(), unmanaged()].concat()
}

fn identity() -> Vec<Row> {
    vec![
        row("zone", "zone: europe-west1-b", "zone: europe-west1-c")
            .replaces("cannot be moved to another zone"),
        row(
            "image",
            "image: {family: debian-12, project: debian-cloud}",
            "image: {family: debian-13, project: debian-cloud}",
        )
        .replaces("keeps the image")
        .paths(&["image.family"]),
        row(
            "image",
            "image: {name: debian-12-bookworm-v20261014, project: debian-cloud}",
            "image: {name: debian-12-bookworm-v20260909, project: debian-cloud}",
        )
        .replaces("keeps the image")
        .paths(&["image.name"]),
        row("hostname", "hostname: a.example.edu", "hostname: b.example.edu").replaces("keeps its host name"),
    ]
}

fn keyed() -> Vec<Row> {
    const KEY: &str = "sshKeys: ['ana:ssh-ed25519 AAAA ana']";
    vec![
        row("labels", "", "labels: {team: a}").paths(&["labels.team"]).wire("/labels/team", r#""a""#),
        row("labels", "labels: {team: a}", "labels: {team: b}")
            .paths(&["labels.team"])
            .wire("/labels/team", r#""b""#),
        row("labels", "labels: {team: a}", "").paths(&["labels.team"]).wire("/labels/team", "null"),
        row("tags", "tags: [web]", "tags: [web, ssh]").wire("/tags/items", r#"["ssh", "web"]"#),
        row("tags", "tags: [web, ssh]", "tags: [ssh]").wire("/tags/items", r#"["ssh"]"#),
        row("tags", "tags: [web]", "").wire("/tags/items", "null"),
        row("metadata", "", "metadata: {enable-oslogin: 'TRUE'}").paths(&["metadata.enable-oslogin"]),
        row("metadata", "metadata: {a: '1', b: '2'}", "metadata: {a: '3'}")
            .paths(&["metadata.a", "metadata.b"]),
        row("metadata", "metadata: {a: '1'}", "").paths(&["metadata.a"]),
        row("sshKeys", "", KEY),
        row("sshKeys", KEY, "sshKeys: ['bob:ssh-ed25519 BBBB bob']"),
        row("sshKeys", KEY, ""),
    ]
}

fn in_place() -> Vec<Row> {
    vec![
        row("bootDisk.sizeGb", "bootDisk: {sizeGb: 20}", "bootDisk: {sizeGb: 30}"),
        row("bootDisk.sizeGb", "bootDisk: {sizeGb: 30}", "bootDisk: {sizeGb: 20}")
            .replaces("a disk cannot shrink"),
        row("bootDisk.type", "bootDisk: {type: pd-standard}", "bootDisk: {type: pd-ssd}")
            .replaces("the type of a disk cannot be changed"),
        row("bootDisk.autoDelete", "bootDisk: {autoDelete: true}", "bootDisk: {autoDelete: false}")
            .wire("/disks/0/autoDelete", "false"),
        row("deletionProtection", "", "deletionProtection: true").wire("/deletionProtection", "true"),
        row("deletionProtection", "deletionProtection: true", "deletionProtection: false")
            .wire("/deletionProtection", "false"),
        row("description", "description: one", "description: two").wire("/description", r#""two""#),
        row("description", "description: one", "description: ''").wire("/description", "null"),
        row("canIpForward", "", "canIpForward: true").wire("/canIpForward", "true"),
        row("onHostMaintenance", "onHostMaintenance: MIGRATE", "onHostMaintenance: TERMINATE")
            .wire("/scheduling/onHostMaintenance", r#""TERMINATE""#)
            .wire("/scheduling/automaticRestart", "true"),
        row("automaticRestart", "", "automaticRestart: false")
            .wire("/scheduling/automaticRestart", "false")
            .wire("/scheduling/onHostMaintenance", r#""MIGRATE""#),
        row(
            "instanceTerminationAction",
            "{provisioningModel: SPOT, instanceTerminationAction: STOP}",
            "{provisioningModel: SPOT, instanceTerminationAction: DELETE}",
        )
        .wire("/scheduling/instanceTerminationAction", r#""DELETE""#),
    ]
}

fn network() -> Vec<Row> {
    vec![
        row("network", "", "network: lab").lab().stops(),
        row("subnetwork", "subnetwork: default", "subnetwork: lab").lab().stops(),
        row("externalIp", "", "externalIp: false").wire("/networkInterfaces/0/accessConfigs", "null"),
        row("externalIp", "externalIp: false", "externalIp: true")
            .wire("/networkInterfaces/0/accessConfigs/0/networkTier", r#""PREMIUM""#),
        row("networkTier", "networkTier: PREMIUM", "networkTier: STANDARD")
            .wire("/networkInterfaces/0/accessConfigs/0/networkTier", r#""STANDARD""#),
        row("internalIp", "internalIp: 10.132.0.10", "internalIp: 10.132.0.11")
            .replaces("keeps its internal address"),
        row("nicType", "nicType: VIRTIO_NET", "nicType: GVNIC").replaces("keeps its network card"),
    ]
}

fn stopped() -> Vec<Row> {
    let shielded = |field, after| row(field, "", after).stops().wire("/status", r#""RUNNING""#);
    vec![
        row("machineType", "", "machineType: n1-standard-2").stops().wire("/status", r#""RUNNING""#),
        row("serviceAccount", "scopes: [storage-rw]", "{serviceAccount: class-bot, scopes: [cloud-platform]}")
            .stops()
            .paths(&["serviceAccount", "scopes"])
            .wire("/serviceAccounts/0/email", r#""class-bot@PROJECT.iam.gserviceaccount.com""#),
        row("serviceAccount", "", "serviceAccount: none")
            .stops()
            .paths(&["serviceAccount", "scopes"])
            .wire("/serviceAccounts", "null"),
        row("scopes", "scopes: [storage-rw]", "scopes: [storage-ro, logging-write]").stops().wire(
            "/serviceAccounts/0/scopes",
            r#"["https://www.googleapis.com/auth/devstorage.read_only", "https://www.googleapis.com/auth/logging.write"]"#,
        ),
        row("minCpuPlatform", "", "minCpuPlatform: Intel Skylake").stops().wire("/minCpuPlatform", r#""Intel Skylake""#),
        row("minCpuPlatform", "minCpuPlatform: Intel Skylake", "minCpuPlatform: automatic")
            .stops()
            .wire("/minCpuPlatform", "null"),
        shielded("shielded.secureBoot", "shielded: {secureBoot: true}"),
        row(
            "shielded.vtpm",
            "shielded: {vtpm: true, integrityMonitoring: false}",
            "shielded: {vtpm: false, integrityMonitoring: false}",
        )
        .stops(),
        shielded("shielded.integrityMonitoring", "shielded: {integrityMonitoring: false}"),
        shielded("displayDevice", "displayDevice: true"),
        row("expires", "expires: 12h", "expires: 1d")
            .stops()
            .wire("/scheduling/maxRunDuration/seconds", r#""86400""#)
            .wire("/status", r#""RUNNING""#),
        row("expires", "", "expires: 12h")
            .stops()
            .paths(&["instanceTerminationAction", "expires"])
            .wire("/scheduling/instanceTerminationAction", r#""STOP""#),
        row("expires", "expires: 12h", "expires: never")
            .stops()
            .wire("/scheduling/maxRunDuration", "null")
            .wire("/scheduling/instanceTerminationAction", "null"),
    ]
}

fn fixed() -> Vec<Row> {
    vec![
        row("provisioningModel", "provisioningModel: STANDARD", "provisioningModel: SPOT")
            .replaces("is fixed when it is made"),
        row(
            "guestAccelerators",
            "{onHostMaintenance: TERMINATE, guestAccelerators: [{type: nvidia-tesla-t4, count: 1}]}",
            "{onHostMaintenance: TERMINATE, guestAccelerators: [{type: nvidia-tesla-p100, count: 1}]}",
        )
        .replaces("graphics cards are fixed")
        .paths(&["guestAccelerators[0].type"]),
        row(
            "guestAccelerators",
            "{onHostMaintenance: TERMINATE, guestAccelerators: [{type: nvidia-tesla-t4, count: 1}]}",
            "{onHostMaintenance: TERMINATE, guestAccelerators: []}",
        )
        .replaces("graphics cards are fixed"),
    ]
}

fn power() -> Vec<Row> {
    vec![
        row("desiredStatus", "desiredStatus: RUNNING", "desiredStatus: TERMINATED")
            .wire("/status", r#""TERMINATED""#),
        row("desiredStatus", "desiredStatus: TERMINATED", "desiredStatus: RUNNING")
            .wire("/status", r#""RUNNING""#),
        row(
            "desiredStatus",
            "desiredStatus: TERMINATED",
            "{desiredStatus: RUNNING, machineType: n1-standard-2}",
        )
        .stops()
        .paths(&["desiredStatus", "machineType"])
        .wire("/status", r#""RUNNING""#),
        row(
            "desiredStatus",
            "desiredStatus: RUNNING",
            "{desiredStatus: TERMINATED, machineType: n1-standard-2}",
        )
        .stops()
        .paths(&["desiredStatus", "machineType"])
        .wire("/status", r#""TERMINATED""#),
        row(
            "machineType",
            "desiredStatus: TERMINATED",
            "{desiredStatus: TERMINATED, machineType: n1-standard-2}",
        )
        .stops()
        .wire("/status", r#""TERMINATED""#),
    ]
}

fn unmanaged() -> Vec<Row> {
    vec![
        row("tunnels", "tunnels: [8080]", "tunnels: [8081, 8082]").nothing(),
        row("ready", "ready: {tcp: 22}", "ready: {http: {port: 8501}, within: 5m}").nothing(),
        row("bootDisk.sizeGb", "bootDisk: {sizeGb: 30}", "").nothing(),
        row("description", "description: one", "").nothing().wire("/description", r#""one""#),
        row("desiredStatus", "desiredStatus: TERMINATED", "").nothing().wire("/status", r#""TERMINATED""#),
    ]
}
