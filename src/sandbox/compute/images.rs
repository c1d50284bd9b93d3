//! Public images. A few projects with the families of November 2026; families of earlier years are gone, as
//! they are from Google's.

use serde_json::{Value, json};

use super::fingerprint;
use super::listing::{self, Collection};
use super::place::{self, Place};
use super::value::{set, text};
use crate::sandbox::call::Call;
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

const IMAGES: Collection = Collection { name: "images", singular: "image" };

/// One image.
#[derive(Clone, Copy, Debug)]
struct Image {
    project: &'static str,
    family: &'static str,
    name: &'static str,
    /// The date of its making, `YYYY-MM-DD`.
    made: &'static str,
    size_gb: u32,
    license: &'static str,
    /// A newer image of the family is there.
    is_deprecated: bool,
}

const fn image(
    (project, license): (&'static str, &'static str),
    family: &'static str,
    name: &'static str,
    made: &'static str,
    size_gb: u32,
) -> Image {
    Image { project, family, name, made, size_gb, license, is_deprecated: false }
}

const fn old(image: Image) -> Image {
    Image { is_deprecated: true, ..image }
}

const DEBIAN: (&str, &str) = ("debian-cloud", "debian");
const UBUNTU: (&str, &str) = ("ubuntu-os-cloud", "ubuntu");
const COS: (&str, &str) = ("cos-cloud", "cos");
const LEARNING: (&str, &str) = ("deeplearning-platform-release", "deeplearning");

#[rustfmt::skip]
const CATALOG: [Image; 19] = [
    image(DEBIAN, "debian-12", "debian-12-bookworm-v20261014", "2026-10-14", 10),
    old(image(DEBIAN, "debian-12", "debian-12-bookworm-v20260909", "2026-09-09", 10)),
    image(DEBIAN, "debian-13", "debian-13-trixie-v20261014", "2026-10-14", 10),
    image(UBUNTU, "ubuntu-2204-lts", "ubuntu-2204-jammy-v20261020", "2026-10-20", 10),
    image(UBUNTU, "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20261020", "2026-10-20", 10),
    old(image(UBUNTU, "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20260915", "2026-09-15", 10)),
    image(UBUNTU, "ubuntu-minimal-2404-lts-amd64", "ubuntu-minimal-2404-noble-amd64-v20261020", "2026-10-20", 10),
    image(COS, "cos-stable", "cos-stable-125-19216-104-25", "2026-10-26", 10),
    old(image(COS, "cos-stable", "cos-stable-121-18867-199-38", "2026-03-02", 10)),
    image(COS, "cos-117-lts", "cos-117-18613-339-80", "2026-10-12", 10),
    image(COS, "cos-121-lts", "cos-121-18867-294-55", "2026-10-19", 10),
    image(COS, "cos-125-lts", "cos-125-19216-104-25", "2026-10-26", 10),
    image(COS, "cos-beta", "cos-beta-129-19506-0-41", "2026-10-26", 10),
    image(LEARNING, "common-cpu", "common-cpu-v20261009-ubuntu-2204-py310", "2026-10-09", 50),
    old(image(LEARNING, "common-cpu", "common-cpu-v20250325-ubuntu-2204-py310", "2025-03-25", 50)),
    image(LEARNING, "common-cpu-ubuntu-2204-py310", "common-cpu-v20261009-ubuntu-2204", "2026-10-09", 50),
    image(LEARNING, "common-cu128-ubuntu-2204-nvidia-570", "common-cu128-v20261009-ubuntu-2204-nvidia-570", "2026-10-09", 50),
    image(LEARNING, "pytorch-latest-cpu", "pytorch-latest-cpu-v20261009-ubuntu-2204-py310", "2026-10-09", 50),
    image(LEARNING, "pytorch-latest-gpu", "pytorch-latest-gpu-v20261009-ubuntu-2204-py310", "2026-10-09", 50),
];

/// Whether the project publishes images for everybody.
pub(in crate::sandbox) fn is_public_project(project: &str) -> bool {
    CATALOG.iter().any(|image| image.project == project)
}

/// Serves one call.
pub(super) fn handle(call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let project = call.param("project")?;
    if call.method == "compute.imageFamilyViews.get" {
        let family = call.param("family")?;
        let path = format!("projects/{project}/zones/{}/imageFamilyViews/{family}", call.param("zone")?);
        return newest(project, family)
            .map(|image| json!({ "image": image }))
            .ok_or_else(|| place::not_found(&path));
    }
    match action {
        "list" => {
            let all = CATALOG.iter().filter(|image| image.project == project).map(resource).collect();
            listing::listed(call, IMAGES, &format!("projects/{project}/global"), all)
        }
        "get" => {
            let name = call.param("image")?;
            let path = format!("projects/{project}/global/images/{name}");
            by_name(project, name).ok_or_else(|| place::not_found(&path))
        }
        "getFromFamily" => {
            let family = call.param("family")?;
            let path = format!("projects/{project}/global/images/family/{family}");
            newest(project, family).ok_or_else(|| place::not_found(&path))
        }
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn by_name(project: &str, name: &str) -> Option<Value> {
    CATALOG.iter().find(|image| image.project == project && image.name == name).map(resource)
}

/// The newest image of a family that is not deprecated.
fn newest(project: &str, family: &str) -> Option<Value> {
    let of_family =
        |image: &&Image| image.project == project && image.family == family && !image.is_deprecated;
    CATALOG.iter().filter(of_family).max_by_key(|image| image.made).map(resource)
}

/// The image that a disk's `sourceImage` means: an image, a family, or a view of a family.
pub(super) fn resolve(state: &State, place: &Place, reference: &str) -> Result<Value, ApiError> {
    let path = place.global().resolve(state, reference, IMAGES.name);
    let parts: Vec<&str> = path.split('/').collect();
    let found = match parts.as_slice() {
        ["projects", project, "global", "images", "family", family]
        | ["projects", project, "zones", _, "imageFamilyViews", family] => newest(project, family),
        ["projects", project, "global", "images", name] => by_name(project, name),
        _ => None,
    };
    found.ok_or_else(|| place::not_found(&path))
}

fn resource(image: &Image) -> Value {
    let path = format!("projects/{}/global/images/{}", image.project, image.name);
    let features = ["UEFI_COMPATIBLE", "VIRTIO_SCSI_MULTIQUEUE", "GVNIC", "SEV_CAPABLE"];
    let license = format!("projects/{}/global/licenses/{}", image.project, license(image));
    let mut resource = json!({
        "kind": "compute#image",
        "id": new_project::seeded_id(&path),
        "creationTimestamp": format!("{}T09:00:00.000-08:00", image.made),
        "name": image.name,
        "description": format!("{}, built on {}", image.family, image.made),
        "sourceType": "RAW",
        "status": "READY",
        "archiveSizeBytes": (u64::from(image.size_gb) * 130_000_000).to_string(),
        "diskSizeGb": image.size_gb.to_string(),
        "licenses": [place::link(&license)],
        "family": image.family,
        "selfLink": place::link(&path),
        "labelFingerprint": fingerprint::of(&Value::Null),
        "guestOsFeatures": features.map(|feature| json!({ "type": feature })),
        "storageLocations": ["us", "eu", "asia"],
        "architecture": "X86_64",
    });
    if image.is_deprecated
        && let Some(next) = newest(image.project, image.family)
    {
        let replacement = text(&next, "selfLink");
        set(&mut resource, "deprecated", json!({ "state": "DEPRECATED", "replacement": replacement }));
    }
    resource
}

fn license(image: &Image) -> String {
    let version = image.family.trim_start_matches(image.license).trim_start_matches('-');
    format!("{}-{version}", image.license)
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
        for reference in ["projects/cos-cloud/global/images/family/cos-109-lts", "global/images/mine"] {
            assert_eq!(resolve(&State::default(), &place, reference).map_err(|e| e.code).err(), Some(404));
        }
    }
}
