//! The disks of an instance. What a disk is made from is kept by the disk, never by the instance.

use serde_json::{Value, json};

use super::super::place;
use super::super::rules::{self, invalid};
use super::super::value::{copy, flag, list, list_mut, set, text};
use super::super::{disks, machines};
use super::Subject;
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;

/// The disks that were made or attached, by path, as they were before: none for one that was not there.
pub(super) type Before = Vec<(String, Option<Value>)>;

/// The disks that were made, as they are.
pub(super) fn made(world: &World<'_>, before: &Before) -> Vec<Value> {
    let made = before.iter().filter(|(_, disk)| disk.is_none());
    made.filter_map(|(path, _)| place::stored(world.state, path).cloned()).collect()
}

/// Takes back what [`new_disks`] did.
pub(super) fn undo(world: &mut World<'_>, before: Before) {
    for (path, disk) in before {
        match disk {
            Some(disk) => {
                world.state.resources.insert(place::key(&path), disk);
            }
            None => disks::forget(world.state, &path),
        }
    }
}

/// Makes and attaches the disks of a new instance; the first is the boot disk.
pub(super) fn new_disks(
    world: &mut World<'_>,
    one: &mut Subject,
    given: &[Value],
) -> Result<Before, ApiError> {
    if given.is_empty() {
        return Err(invalid("resource.disks", "", "No disks are specified."));
    }
    let mut before = Before::new();
    for (at, disk) in given.iter().enumerate() {
        let is_boot = flag(disk, "boot");
        if is_boot != (at == 0) {
            let text = if at == 0 {
                "Boot disk must be the first disk attached to the instance."
            } else {
                "Only one boot disk may be attached."
            };
            return Err(invalid(&format!("resource.disks[{at}].boot"), &is_boot.to_string(), text));
        }
        before.extend(add(world, one, disk, &format!("resource.disks[{at}]"))?);
    }
    Ok(before)
}

/// Attaches one more disk, making it if need be. Gives what the disk was before; local disks are no resources.
fn add(
    world: &mut World<'_>,
    one: &mut Subject,
    given: &Value,
    field: &str,
) -> Result<Option<(String, Option<Value>)>, ApiError> {
    let mut before = None;
    let index = list(&one.vm, "disks").len();
    let device = match text(given, "deviceName") {
        "" => format!("persistent-disk-{index}"),
        name => name.to_owned(),
    };
    if list(&one.vm, "disks").iter().any(|disk| text(disk, "deviceName") == device) {
        return Err(invalid(&format!("{field}.deviceName"), &device, "The device name is already in use."));
    }
    let mut attached = json!({
        "kind": "compute#attachedDisk",
        "type": "PERSISTENT",
        "mode": "READ_WRITE",
        "deviceName": device,
        "index": index,
        "boot": flag(given, "boot"),
        "autoDelete": flag(given, "autoDelete"),
        "interface": "SCSI",
    });
    copy(&mut attached, given, &["mode", "interface", "diskEncryptionKey"]);
    if text(given, "type") == "SCRATCH" {
        set(&mut attached, "type", "SCRATCH");
        set(&mut attached, "diskSizeGb", "375");
    } else {
        let (disk, is_made) = source(world, one, given, (&device, index), field)?;
        let path = place::relative(text(&disk, "selfLink")).unwrap_or_default().to_owned();
        set(&mut attached, "source", text(&disk, "selfLink"));
        set(&mut attached, "diskSizeGb", text(&disk, "sizeGb"));
        copy(&mut attached, &disk, &["licenses", "guestOsFeatures", "architecture"]);
        let user = place::link(&one.path);
        disks::set_user(world, &path, Some(&user));
        before = Some((path, Some(disk).filter(|_| !is_made)));
    }
    if let Some(disks) = list_mut(&mut one.vm, "disks") {
        disks.push(attached);
    }
    Ok(before)
}

/// The disk to attach, and whether it is new: the one named, or one made from `initializeParams`.
fn source(
    world: &mut World<'_>,
    one: &Subject,
    given: &Value,
    (device, index): (&str, usize),
    field: &str,
) -> Result<(Value, bool), ApiError> {
    let reference = text(given, "source");
    if !reference.is_empty() {
        let path = disks::path_of(world.state, &one.place, reference);
        let disk = place::find(world.state, &path)?;
        if text(&disk, "zone") != text(&one.vm, "zone") {
            let why = "The disk must be in the zone of the instance.";
            return Err(invalid(&format!("{field}.source"), reference, why));
        }
        disks::check_unused(&disk)?;
        return Ok((disk, false));
    }
    let Some(parameters) = given.get("initializeParams").filter(|parameters| parameters.is_object()) else {
        let why = "Either a source or initialize parameters must be specified.";
        return Err(invalid(&format!("{field}.source"), "", why));
    };
    if let Some(left) = leftover(world, one, parameters)? {
        return Ok((left, false));
    }
    make(world, one, given, parameters, (device, index), field).map(|disk| (disk, true))
}

/// A disk of the asked name that is there already is attached instead of a new one.
fn leftover(world: &World<'_>, one: &Subject, parameters: &Value) -> Result<Option<Value>, ApiError> {
    let name = text(parameters, "diskName");
    let path = disks::path_of(world.state, &one.place, name);
    let Some(disk) = place::stored(world.state, &path).filter(|_| !name.is_empty()) else {
        return Ok(None);
    };
    disks::check_unused(disk)?;
    Ok(Some(disk.clone()))
}

fn make(
    world: &mut World<'_>,
    one: &Subject,
    given: &Value,
    parameters: &Value,
    (device, index): (&str, usize),
    field: &str,
) -> Result<Value, ApiError> {
    let own = text(&one.vm, "name");
    let name = match text(parameters, "diskName") {
        "" if index == 0 => own.to_owned(),
        "" if rules::is_name(device) && device != format!("persistent-disk-{index}") => device.to_owned(),
        "" => format!("{own}-{index}"),
        name => name.to_owned(),
    };
    let mut fields = parameters.clone();
    set(&mut fields, "type", text(parameters, "diskType"));
    let size = parameters.get("diskSizeGb").or_else(|| given.get("diskSizeGb")).cloned();
    set(&mut fields, "sizeGb", size);
    let hyperdisk = machines::wants_hyperdisk(place::name_of(text(&one.vm, "machineType")));
    let wanted = disks::Wanted {
        name: &name,
        fields: &fields,
        default_type: if hyperdisk { "hyperdisk-balanced" } else { "pd-standard" },
        field: &format!("{field}.initializeParams"),
        size_field: "diskSizeGb",
    };
    disks::create(world, &one.place.clone(), wanted)
}

pub(super) fn attach(world: &mut World<'_>, call: &Call<'_>, one: &mut Subject) -> Result<(), ApiError> {
    if flag(&call.body, "boot") && list(&one.vm, "disks").iter().any(|disk| flag(disk, "boot")) {
        return Err(invalid("resource.boot", "true", "Only one boot disk may be attached."));
    }
    if text(&call.body, "source").is_empty() {
        return Err(invalid("resource.source", "", "The source of the disk must be specified."));
    }
    add(world, one, &call.body, "resource").map(|_| ())
}

pub(super) fn detach(world: &mut World<'_>, call: &Call<'_>, one: &mut Subject) -> Result<(), ApiError> {
    let device = call.query.get("deviceName").unwrap_or_default();
    let at = position(&one.vm, device)?;
    let Some(disks) = list_mut(&mut one.vm, "disks") else {
        return Ok(());
    };
    let disk = disks.get(at).cloned().unwrap_or_default();
    if flag(&disk, "boot") && super::read::status(&one.vm, world.now) != "TERMINATED" {
        return Err(ApiError::bad_request("The boot disk cannot be detached from a running instance."));
    }
    if let Some(disks) = list_mut(&mut one.vm, "disks") {
        disks.remove(at);
    }
    let path = disks::path_of(world.state, &one.place, text(&disk, "source"));
    disks::set_user(world, &path, None);
    Ok(())
}

pub(super) fn set_auto_delete(call: &Call<'_>, vm: &mut Value) -> Result<(), ApiError> {
    let at = position(vm, call.query.get("deviceName").unwrap_or_default())?;
    let wanted = call.query.flag("autoDelete");
    if let Some(disk) = list_mut(vm, "disks").and_then(|disks| disks.get_mut(at)) {
        set(disk, "autoDelete", wanted);
    }
    Ok(())
}

fn position(vm: &Value, device: &str) -> Result<usize, ApiError> {
    let found = list(vm, "disks").iter().position(|disk| text(disk, "deviceName") == device);
    found.ok_or_else(|| invalid("deviceName", device, "No attached disk found with that device name."))
}
