//! Reading machines: two aggregated lists for all of them, and one image each only where a family's name is not in the image's.
//! Pure.

use std::collections::HashMap;

use serde_json::Value;

use super::{ExternalIp, Machine, decode};
use crate::gcp::{Read, Request, Service};
use crate::kinds::{Ask, Observation, Observed, Reads, Scope, mark, wire};
use crate::spec::formats::{End, Expires, IpAddress};

const INSTANCE: &str = "id,name,zone,status,machineType,description,labels,tags,metadata,canIpForward,networkInterfaces(network,subnetwork,networkIP,nicType,name,fingerprint,accessConfigs),disks(boot,autoDelete,deviceName,source,diskSizeGb),serviceAccounts,scheduling,minCpuPlatform,guestAccelerators,shieldedInstanceConfig,displayDevice,hostname,deletionProtection";
const DISK: &str = "name,zone,type,sizeGb,sourceImage";

/// All machines of the project.
pub fn instances(scope: &Scope) -> Read {
    let path = format!("projects/{}/aggregated/instances", scope.project);
    let request = Request::get(Service::Compute, path).query("maxResults", "500");
    Read::aggregated(request.fields(&format!("items/*/instances({INSTANCE}),nextPageToken")), "instances")
}

/// All disks of the project.
pub fn disks(scope: &Scope) -> Read {
    let path = format!("projects/{}/aggregated/disks", scope.project);
    let request = Request::get(Service::Compute, path).query("maxResults", "500");
    Read::aggregated(request.fields(&format!("items/*/disks({DISK}),nextPageToken")), "disks")
}

fn image(reference: &str) -> Read {
    Read::document(
        Request::get(Service::Compute, wire::relative(reference).to_owned()).fields("name,family,diskSizeGb"),
    )
}

/// What is read for every machine.
pub fn reads(scope: &Scope) -> Vec<Read> {
    vec![instances(scope), disks(scope)]
}

/// All reserved addresses of the project: what tells them from passing ones.
fn addresses(scope: &Scope) -> Read {
    let path = format!("projects/{}/aggregated/addresses", scope.project);
    let request = Request::get(Service::Compute, path).query("maxResults", "500");
    Read::aggregated(request.fields("items/*/addresses(address),nextPageToken"), "addresses")
}

/// What an import reads: machines, disks, addresses, and the image of each machine once.
pub fn import_reads(reads: &Reads, scope: &Scope) -> Vec<Read> {
    let index = Disks::of(reads, scope);
    let known = reads.items(&instances(scope)).iter();
    let images =
        known.filter_map(|instance| Some(image(&wire::text(index.boot(instance)?, "/sourceImage")?)));
    [instances(scope), disks(scope), addresses(scope)].into_iter().chain(images).collect()
}

/// The external address of a machine, if it is a reserved one.
pub fn reserved_address(instance: &Value, reads: &Reads, scope: &Scope) -> Option<String> {
    let address = wire::text(instance, "/networkInterfaces/0/accessConfigs/0/natIP")?;
    let mut reserved = reads.items(&addresses(scope)).iter();
    reserved.any(|known| wire::text(known, "/address").as_ref() == Some(&address)).then_some(address)
}

/// The image that the machine's boot disk was made from: its path, and what was read of it.
fn image_of<'a>(instance: &Value, reads: &'a Reads, scope: &Scope) -> Option<(String, Option<&'a Value>)> {
    let attached = wire::text(decode::boot(instance)?, "/source")?;
    let (zone, name) = (wire::text(instance, "/zone")?, wire::last(&attached));
    let mut disks = reads.items(&disks(scope)).iter();
    let here = |disk: &&Value| {
        let in_zone = wire::text(disk, "/zone").is_some_and(|place| wire::last(&place) == wire::last(&zone));
        disk.get("name").is_some_and(|known| known == name) && in_zone
    };
    let source = wire::text(disks.find(here)?, "/sourceImage")?;
    let document = reads.document(&image(&source));
    Some((source, document))
}

/// The size that a machine's boot disk has by itself: that of its image.
pub fn image_size(instance: &Value, reads: &Reads, scope: &Scope) -> Option<u64> {
    wire::number(image_of(instance, reads, scope)?.1?, "/diskSizeGb")
}

/// Whether the image of a machine was looked for and is not there any more.
pub fn is_image_gone(instance: &Value, reads: &Reads, scope: &Scope) -> bool {
    let found = image_of(instance, reads, scope);
    found.is_some_and(|(source, document)| document.is_none() && reads.has(&image(&source)))
}

/// The images of machines whose family cannot be told from the image's name: `cos-stable` makes `cos-121-…`.
pub fn more_reads<T: AsRef<Machine>>(
    asks: &[Ask<T>],
    default: &str,
    reads: &Reads,
    scope: &Scope,
) -> Vec<Read> {
    let index = Disks::of(reads, scope);
    let mut sources: HashMap<String, Vec<String>> = HashMap::new();
    for instance in reads.items(&instances(scope)) {
        let source = index.boot(instance).and_then(|disk| wire::text(disk, "/sourceImage"));
        if let (Some(name), Some(source)) = (wire::text(instance, "/name"), source) {
            sources.entry(name).or_default().push(source);
        }
    }
    let images = asks.iter().flat_map(|ask| {
        let wanted = ask.desired.as_ref().and_then(|desired| desired.as_ref().image.as_ref());
        let family = wanted.and_then(|image| image.family.as_ref()).map_or(default, |family| family.as_str());
        let named = wanted.is_some_and(|image| image.name.is_some());
        let unclear = move |source: &&String| !named && !wire::last(source).starts_with(family);
        sources.get(&ask.name).into_iter().flatten().filter(unclear).map(|source| image(source))
    });
    images.collect()
}

struct Disks<'a>(HashMap<(String, String), &'a Value>);

impl<'a> Disks<'a> {
    fn of(reads: &'a Reads, scope: &Scope) -> Self {
        let key =
            |d: &Value| Some((wire::last(&wire::text(d, "/zone")?).to_owned(), wire::text(d, "/name")?));
        Self(reads.items(&disks(scope)).iter().filter_map(|d| Some((key(d)?, d))).collect())
    }

    fn boot(&self, instance: &Value) -> Option<&'a Value> {
        let zone = wire::text(instance, "/zone")?;
        let source = wire::text(decode::boot(instance)?, "/source")?;
        self.0.get(&(wire::last(&zone).to_owned(), wire::last(&source).to_owned())).copied()
    }
}

/// Machines in the shape of their kind. `shape` makes the kind's spec of the machine half and the instance; an instance of ours
/// that is the other kind's answers None.
pub fn observe<T: Clone + AsRef<Machine> + AsMut<Machine>>(
    asks: &[Ask<T>],
    reads: &Reads,
    scope: &Scope,
    shape: impl Fn(Machine, &Value) -> Option<T>,
) -> Observation<T> {
    let index = Disks::of(reads, scope);
    let one = |instance: &Value| {
        let disk = index.boot(instance);
        let family = disk.and_then(|d| family(d, reads));
        let machine = decode::machine(instance, disk, family.as_deref())?;
        let (name, resource) = (machine.name.to_string(), machine.resource("", scope));
        let external_address = wire::text(instance, "/networkInterfaces/0/accessConfigs/0/natIP");
        let status = wire::text(instance, "/status");
        let locked = machine.deletion_protection == Some(true);
        let spec = shape(machine, instance)?;
        let mark = mark::in_labels(instance);
        let protected = locked.then_some("deletion protection is on");
        Some((
            name,
            Observed {
                protected,
                external_address,
                status,
                ..Observed::new(resource, spec, instance.clone(), mark)
            },
        ))
    };
    let mut seen = wire::by_name(asks, reads.items(&instances(scope)).iter().filter_map(one).collect());
    for (ask, found) in asks.iter().zip(&mut seen.found) {
        if let (Some(desired), Some(live)) = (&ask.desired, found) {
            align(live.spec.as_mut(), desired.as_ref(), &live.wire);
        }
    }
    seen
}

/// The family of a disk's image, if it was read.
fn family(disk: &Value, reads: &Reads) -> Option<String> {
    let source = wire::text(disk, "/sourceImage")?;
    wire::text(reads.document(&image(&source))?, "/family")
}

/// Takes from the live machine what only it can know: where it is.
pub fn complete(desired: &mut Machine, live: &Machine) {
    if desired.zone.is_none() {
        desired.zone.clone_from(&live.zone);
    }
}

/// Writes the live side as the spec writes it where both mean the same: an image of the wanted family, a reserved address, no end.
fn align(live: &mut Machine, desired: &Machine, instance: &Value) {
    if let (Some(want), Some(there)) = (&desired.image, &live.image)
        && same_image(want, there)
    {
        live.image = Some(want.clone());
    }
    if live.expires.is_none() && desired.expires.as_ref().and_then(Expires::end) == Some(End::Never) {
        live.expires.clone_from(&desired.expires);
    }
    let address = wire::text(instance, "/networkInterfaces/0/accessConfigs/0/natIP");
    if let (Some(ExternalIp::Reserved(_)), Some(address)) = (&desired.external_ip, address) {
        live.external_ip = Some(ExternalIp::Reserved(IpAddress::from_trusted(address)));
    }
}

/// A newer image of the same family is no difference, and neither is a family that nobody can tell any more.
fn same_image(want: &super::Image, there: &super::Image) -> bool {
    let project = want.project.is_none() || want.project == there.project;
    let name = want.name.is_none() || want.name == there.name;
    let family = match (&want.family, &there.family, &there.name) {
        (Some(want), Some(family), _) => want == family,
        (Some(want), None, Some(name)) => name.as_str().starts_with(want.as_str()),
        _ => true,
    };
    project && name && family
}
