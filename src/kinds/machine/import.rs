//! A live machine as a person would write it down: the words of gcloud for what the API spells out, and nothing that the API
//! itself would decide.
//! Pure.

use serde_json::{Value, json};

use super::observe::{self, reserved_address};
use super::{ExternalIp, Image, Machine, ProvisioningModel, decode};
use crate::kinds::{Observed, Reads, Scope, Written, import, service_account, wire};
use crate::spec::formats::{ApiRef, IpAddress, Scope as OauthScope, VmAccount};

/// The machine half of a live machine, without the metadata keys that the kind has fields for.
pub fn written<T: AsRef<Machine>>(
    live: &Observed<T>,
    own_keys: &[&str],
    reads: &Reads,
    scope: &Scope,
) -> Result<Written<Machine>, String> {
    let wire = &*live.wire;
    if let Some(group) = decode::metadata(wire).get("created-by") {
        return Err(format!("the instance group {} makes and deletes it", wire::last(group)));
    }
    let machine = live.spec.as_ref();
    if import::is_googles(machine.labels.as_ref()) {
        return Err(import::GOOGLES_OWN.to_owned());
    }
    let mut spec = machine.clone();
    spec.labels = import::labels(machine.labels.as_ref());
    spec.image = machine.image.as_ref().map(|image| written_image(image, scope));
    for key in own_keys.iter().chain(&[decode::SSH_KEYS]) {
        spec.metadata.iter_mut().for_each(|metadata| metadata.retain(|known, _| known.as_str() != *key));
    }
    // Google and gcloud write keys that end, for one login each; they are nobody's to keep.
    spec.ssh_keys.iter_mut().for_each(|keys| keys.retain(|key| !key.contains("google-ssh")));
    name_the_network(&mut spec);
    // Whether somebody chose it cannot be told from an address that the network gave.
    spec.internal_ip = None;
    if let Some(address) = reserved_address(wire, reads, scope) {
        spec.external_ip = Some(ExternalIp::Reserved(IpAddress::from_trusted(address)));
    }
    spec.service_account = machine.service_account.as_ref().map(|account| written_account(account, scope));
    spec.scopes = machine.scopes.as_ref().map(|all| all.iter().map(OauthScope::short).collect());
    if wire.pointer("/shieldedInstanceConfig").is_none() {
        spec.shielded = None;
    }
    let mut written = Written::of(spec).unsaid(unsaid(live, reads, scope));
    written.remarks.extend(remarks(machine, wire, reads, scope));
    Ok(written)
}

/// An image is best named by its family: a newer one is no difference, and old ones are deleted.
fn written_image(image: &Image, scope: &Scope) -> Image {
    let name = image.name.clone().filter(|_| image.family.is_none());
    let project = image.project.clone().filter(|project| *project != scope.project);
    Image { family: image.family.clone(), name, project }
}

/// A subnetwork says which network it is of, and the default network has one of its own name everywhere.
fn name_the_network(spec: &mut Machine) {
    let is_default = |reference: &ApiRef| reference.as_str() == "default";
    if spec.subnetwork.as_ref().is_some_and(|subnetwork| !is_default(subnetwork)) {
        spec.network = None;
    }
    if spec.network.as_ref().is_some_and(is_default) {
        (spec.network, spec.subnetwork) = (None, None);
    }
}

fn written_account(account: &VmAccount, scope: &Scope) -> VmAccount {
    let id = service_account::id_in_project(account.as_str(), &scope.project);
    id.map_or_else(|| account.clone(), VmAccount::from_trusted)
}

/// What the API gives a machine about which nothing is said. A spot machine can neither move nor be started again.
fn unsaid<T: AsRef<Machine>>(live: &Observed<T>, reads: &Reads, scope: &Scope) -> Value {
    let machine = live.spec.as_ref();
    let spot = machine.provisioning_model == Some(ProvisioningModel::Spot);
    json!({
        "zone": scope.zones.first(),
        "bootDisk.sizeGb": observe::image_size(&live.wire, reads, scope),
        "bootDisk.type": "pd-standard",
        "bootDisk.autoDelete": true,
        "networkTier": "PREMIUM",
        "canIpForward": false,
        "onHostMaintenance": if spot { "TERMINATE" } else { "MIGRATE" },
        "automaticRestart": !spot,
        "provisioningModel": "STANDARD",
        "instanceTerminationAction": "STOP",
        "shielded.secureBoot": false,
        "shielded.vtpm": true,
        "shielded.integrityMonitoring": true,
        "displayDevice": false,
        "deletionProtection": false,
        "desiredStatus": "RUNNING",
    })
}

fn remarks(machine: &Machine, wire: &Value, reads: &Reads, scope: &Scope) -> Vec<String> {
    let count = |pointer: &str| wire::list(wire, pointer).len();
    let gone = observe::is_image_gone(wire, reads, scope);
    let image = machine.image.as_ref().and_then(|image| image.name.as_ref());
    let disks =
        (count("/disks") > 1).then(|| "it has more disks; the spec describes the first only".to_owned());
    let cards = (count("/networkInterfaces") > 1)
        .then(|| "it has more network interfaces; the spec describes the first only".to_owned());
    let image = image.filter(|_| gone).map(|image| {
        format!("its image {image} is gone: it could not be made again, so name another family when it is")
    });
    disks.into_iter().chain(cards).chain(image).collect()
}
