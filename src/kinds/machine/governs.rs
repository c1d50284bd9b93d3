//! What of a machine a policy may limit: its type, where it may be made, what it starts from, its disk, and that it is one.
//! Pure.

use super::{Image, Machine};
use crate::kinds::Scope;
use crate::kinds::governed::{Governed, Governs};
use crate::spec::Pointer;

/// The size of a disk that no spec states: that of most public images.
const USUAL_GB: u64 = 10;

/// All of it.
pub(in crate::kinds) fn governed(machine: &Machine, scope: &Scope) -> Vec<Governs> {
    let machine_type = ("machineType".into(), Governed::MachineType(machine.machine_type.short()));
    let image = machine.image.as_ref().and_then(|image| boot_image(image, scope));
    let disk = machine.boot_disk.as_ref().and_then(|disk| disk.size_gb);
    let disk = disk.map_or(USUAL_GB, |size| size.gb());
    let whole = [("bootDisk".into(), Governed::DiskGb(disk)), (Pointer::default(), Governed::Machine)];
    let places = machine.choices(scope).places.into_iter();
    let places = places.map(|zone| (places_at(machine), Governed::Place(zone)));
    [machine_type].into_iter().chain(image).chain(whole).chain(places).collect()
}

fn boot_image(image: &Image, scope: &Scope) -> Option<Governs> {
    let (field, name) = match (&image.family, &image.name) {
        (Some(family), _) => ("family", family),
        (None, Some(name)) => ("name", name),
        (None, None) => return None,
    };
    let project = image.project.as_deref().unwrap_or(&scope.project);
    Some((Pointer::from("image").child(field), Governed::Image(format!("{project}/{name}"))))
}

/// Where a spec says in which zones a machine may be; the course's own are said by nobody here.
fn places_at(machine: &Machine) -> Pointer {
    match (&machine.zone, &machine.zones) {
        (Some(_), _) => "zone".into(),
        (None, Some(_)) => "zones".into(),
        (None, None) => Pointer::default(),
    }
}
