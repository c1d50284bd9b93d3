//! Images: the public ones, and those that a project makes itself.

mod own;
mod public;

use serde_json::{Value, json};

use super::listing::{self, Collection};
use super::place::{self, Place};
use super::value::text;
use super::{labels, rules};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

pub(in crate::sandbox) use public::is_public_project;

const IMAGES: Collection = Collection { name: "images", singular: "image" };

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let project = call.param("project")?;
    if call.method == "compute.imageFamilyViews.get" {
        let family = call.param("family")?;
        let path = format!("projects/{project}/zones/{}/imageFamilyViews/{family}", call.param("zone")?);
        let found = newest(world.state, project, family).map(|image| json!({ "image": image }));
        return found.ok_or_else(|| place::not_found(&path));
    }
    let place = Place::of(call)?;
    match action {
        "list" => listing::answer(call, &place, IMAGES, all(world.state, project).collect()),
        "get" => {
            let name = call.param("image")?;
            let found = by_name(world.state, project, name);
            found.ok_or_else(|| place::not_found(&place.of_resource(IMAGES.name, name)))
        }
        "getFromFamily" => {
            let family = call.param("family")?;
            let found = newest(world.state, project, family);
            found.ok_or_else(|| place::not_found(&place.of_resource("images/family", family)))
        }
        _ if is_public_project(project) => Err(not_yours(call, project, action)),
        "insert" => own::insert(world, call, &place),
        "delete" => own::delete(world, call, &place),
        "deprecate" => own::deprecate(world, call, &place),
        "setLabels" => labels::replace(world, call, &place, IMAGES.name),
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// Everybody reads public images, nobody writes them.
fn not_yours(call: &Call<'_>, project: &str, action: &str) -> ApiError {
    let verb = if action == "insert" { "create" } else { action };
    let name = call.path.get("image").or(call.path.get("resource")).map(String::as_str);
    let name = name.unwrap_or_else(|| text(&call.body, "name"));
    ApiError::permission_denied(format!(
        "Required 'compute.images.{verb}' permission for 'projects/{project}/global/images/{name}'"
    ))
}

/// Every image of a project.
fn all(state: &State, project: &str) -> impl Iterator<Item = Value> {
    let prefix = place::key(&format!("projects/{project}/global/{}/", IMAGES.name));
    public::all(project).chain(state.below(&prefix).map(|(_, image)| image.clone()))
}

fn by_name(state: &State, project: &str, name: &str) -> Option<Value> {
    all(state, project).find(|image| text(image, "name") == name)
}

/// The newest image of a family that is not on its way out.
fn newest(state: &State, project: &str, family: &str) -> Option<Value> {
    let of_family = all(state, project).filter(|image| text(image, "family") == family);
    let current = of_family.filter(|image| image.get("deprecated").is_none());
    let age = |image: &Value| [text(image, "creationTimestamp").to_owned(), text(image, "id").to_owned()];
    current.max_by_key(age)
}

/// The image that a disk's `sourceImage` means: an image, a family, or a view of a family.
pub(super) fn resolve(state: &State, place: &Place, reference: &str) -> Result<Value, ApiError> {
    let path = place.global().resolve(state, reference, IMAGES.name);
    let parts: Vec<&str> = path.split('/').collect();
    let found = match parts.as_slice() {
        ["projects", project, "global", "images", "family", family]
        | ["projects", project, "zones", _, "imageFamilyViews", family] => newest(state, project, family),
        ["projects", project, "global", "images", name] => by_name(state, project, name),
        _ => None,
    };
    let image = found.ok_or_else(|| place::not_found(&path))?;
    let status = text(image.get("deprecated").unwrap_or(&Value::Null), "state");
    if ["OBSOLETE", "DELETED"].contains(&status) {
        let why = format!("The referenced image resource is {status} and cannot be used.");
        return Err(rules::invalid("sourceImage", reference, &why));
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::super::place::Scope;
    use super::*;

    #[test]
    fn a_family_means_its_newest_image() {
        let place =
            Place { project: "my-course".to_owned(), scope: Scope::Zone("europe-west1-b".to_owned()) };
        for reference in [
            "projects/debian-cloud/global/images/family/debian-12",
            "http://127.0.0.1:80/compute/v1/projects/debian-cloud/zones/-/imageFamilyViews/debian-12",
            "https://www.googleapis.com/compute/v1/projects/debian-cloud/global/images/debian-12-bookworm-v20261014",
        ] {
            let image = resolve(&State::default(), &place, reference).unwrap();
            assert_eq!(text(&image, "name"), "debian-12-bookworm-v20261014", "{reference}");
        }
    }

    #[test]
    fn families_of_earlier_years_are_gone() {
        let place = Place { project: "my-course".to_owned(), scope: Scope::Global };
        let family = |project: &str, name: &str| format!("projects/{project}/global/images/family/{name}");
        for reference in [
            family("cos-cloud", "cos-109-lts"),
            family("cos-cloud", "cos-113-lts"),
            family("debian-cloud", "debian-10"),
            family("ubuntu-os-cloud", "ubuntu-2004-lts"),
            family("ubuntu-os-cloud", "ubuntu-2404-lts"),
            family("deeplearning-platform-release", "tf-latest-cpu"),
            family("ml-images", "common-dl-gpu-debian-11-py310"),
            "global/images/mine".to_owned(),
        ] {
            let code = resolve(&State::default(), &place, &reference).map_err(|error| error.code).err();
            assert_eq!(code, Some(404), "{reference}");
        }
    }

    #[test]
    fn an_old_image_can_be_used_by_name_and_an_obsolete_one_cannot() {
        let place = Place { project: "my-course".to_owned(), scope: Scope::Global };
        for (name, code) in [("cos-113-18244-521-91", None), ("cos-109-17800-570-50", Some(400))] {
            let reference = format!("projects/cos-cloud/global/images/{name}");
            let found = resolve(&State::default(), &place, &reference);
            assert_eq!(found.map_err(|error| error.code).err(), code, "{name}");
        }
    }
}
