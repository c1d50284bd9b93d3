//! Public images: a few projects with the families of November 2026. Families of earlier years have lost their
//! images to a state in which no family leads to them, as Google's have.

use serde_json::{Value, json};

use super::super::fingerprint;
use super::super::place;
use super::super::value::{set, text};
use crate::sandbox::new_project;

/// How far an image is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    /// Usable by name, but no family leads to it.
    Deprecated,
    /// Listed, and of no use.
    Obsolete,
}

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
    state: State,
}

const fn image(
    (project, license): (&'static str, &'static str),
    family: &'static str,
    name: &'static str,
    made: &'static str,
    size_gb: u32,
) -> Image {
    Image { project, family, name, made, size_gb, license, state: State::Active }
}

const fn old(image: Image) -> Image {
    Image { state: State::Deprecated, ..image }
}

const fn dead(image: Image) -> Image {
    Image { state: State::Obsolete, ..image }
}

const DEBIAN: (&str, &str) = ("debian-cloud", "debian");
const UBUNTU: (&str, &str) = ("ubuntu-os-cloud", "ubuntu");
const COS: (&str, &str) = ("cos-cloud", "cos");
const LEARNING: (&str, &str) = ("deeplearning-platform-release", "deeplearning");
const ML: (&str, &str) = ("ml-images", "deeplearning");

#[rustfmt::skip]
const CATALOG: [Image; 30] = [
    old(image(DEBIAN, "debian-10", "debian-10-buster-v20240617", "2024-06-17", 10)),
    image(DEBIAN, "debian-11", "debian-11-bullseye-v20260812", "2026-08-12", 10),
    old(image(DEBIAN, "debian-11", "debian-11-bullseye-v20260709", "2026-07-09", 10)),
    image(DEBIAN, "debian-12", "debian-12-bookworm-v20261014", "2026-10-14", 10),
    old(image(DEBIAN, "debian-12", "debian-12-bookworm-v20260909", "2026-09-09", 10)),
    image(DEBIAN, "debian-13", "debian-13-trixie-v20261014", "2026-10-14", 10),
    image(UBUNTU, "ubuntu-2204-lts", "ubuntu-2204-jammy-v20261020", "2026-10-20", 10),
    image(UBUNTU, "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20261020", "2026-10-20", 10),
    old(image(UBUNTU, "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20260915", "2026-09-15", 10)),
    image(UBUNTU, "ubuntu-minimal-2404-lts-amd64", "ubuntu-minimal-2404-noble-amd64-v20261020", "2026-10-20", 10),
    old(image(UBUNTU, "ubuntu-2004-lts", "ubuntu-2004-focal-v20250606", "2025-06-06", 10)),
    old(image(UBUNTU, "ubuntu-2204-lts", "ubuntu-2204-jammy-v20260918", "2026-09-18", 10)),
    image(COS, "cos-stable", "cos-stable-125-19216-104-25", "2026-10-26", 10),
    old(image(COS, "cos-stable", "cos-stable-121-18867-199-38", "2026-03-02", 10)),
    dead(image(COS, "cos-109-lts", "cos-109-17800-570-50", "2025-09-08", 10)),
    old(image(COS, "cos-113-lts", "cos-113-18244-521-91", "2026-08-31", 10)),
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
    old(image(LEARNING, "common-cpu-debian-11-py310", "common-cpu-v20250325-debian-11-py310", "2025-03-25", 50)),
    dead(image(LEARNING, "common-cpu-notebooks", "common-cpu-notebooks-v20230615-debian-10", "2023-06-15", 100)),
    dead(image(LEARNING, "tf-latest-cpu", "tf-latest-cpu-v20230925-debian-11-py310", "2023-09-25", 50)),
    old(image(ML, "common-dl-gpu-debian-11-py310", "c0-deeplearning-common-gpu-v20241224-debian-11-py310", "2024-12-24", 50)),
];

/// Other projects whose images `gcloud compute images list` asks for; none of them are kept here.
const EMPTY: [&str; 14] = [
    "centos-cloud",
    "fedora-coreos-cloud",
    "opensuse-cloud",
    "oracle-linux-cloud",
    "rhel-cloud",
    "rhel-sap-cloud",
    "rocky-linux-accelerator-cloud",
    "rocky-linux-cloud",
    "suse-cloud",
    "suse-sap-cloud",
    "ubuntu-os-accelerator-images",
    "ubuntu-os-pro-cloud",
    "windows-cloud",
    "windows-sql-cloud",
];

/// Whether the project publishes images for everybody.
pub(in crate::sandbox) fn is_public_project(project: &str) -> bool {
    EMPTY.contains(&project) || CATALOG.iter().any(|image| image.project == project)
}

/// Every image of a project.
pub(super) fn all(project: &str) -> impl Iterator<Item = Value> + use<'_> {
    CATALOG.iter().filter(move |image| image.project == project).map(resource)
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
    if image.state != State::Active {
        set(&mut resource, "deprecated", deprecation(image));
    }
    resource
}

/// The state, with what to use instead while the family has anything.
fn deprecation(image: &Image) -> Value {
    let is_next = |other: &&Image| {
        other.project == image.project && other.family == image.family && other.state == State::Active
    };
    let state = if image.state == State::Obsolete { "OBSOLETE" } else { "DEPRECATED" };
    let mut status = json!({ "state": state });
    if let Some(next) = CATALOG.iter().find(is_next) {
        set(&mut status, "replacement", text(&resource(next), "selfLink"));
    }
    status
}

fn license(image: &Image) -> String {
    let version = image.family.trim_start_matches(image.license).trim_start_matches('-');
    format!("{}-{version}", image.license)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_a_family_has_at_most_one_current_image() {
        let names: BTreeSet<_> = CATALOG.iter().map(|image| (image.project, image.name)).collect();
        assert_eq!(names.len(), CATALOG.len());
        let current: Vec<_> = CATALOG.iter().filter(|image| image.state == State::Active).collect();
        let families: BTreeSet<_> = current.iter().map(|image| (image.project, image.family)).collect();
        assert_eq!(families.len(), current.len());
    }
}
