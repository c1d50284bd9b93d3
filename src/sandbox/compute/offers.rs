//! What is offered where: machine families and accelerators by zone, after Google's tables of November 2026
//! (<https://cloud.google.com/compute/docs/regions-zones>, <https://cloud.google.com/compute/docs/gpus/gpu-regions-zones>),
//! kept to what courses use.

use super::machines;
use super::regions::{letter_of, region_of};

/// Regions with the letters of their zones; `*` are all.
type Places = &'static [(&'static str, &'static str)];

/// Regions that opened after the first generation was no longer built.
const WITHOUT_N1: [&str; 11] = [
    "africa-south1",
    "europe-north2",
    "europe-southwest1",
    "europe-west10",
    "europe-west12",
    "europe-west8",
    "europe-west9",
    "me-central1",
    "me-central2",
    "northamerica-south1",
    "us-south1",
];

/// Families that are in these zones only. `n1` is wherever it is not excluded; families not named here are everywhere.
#[rustfmt::skip]
const FAMILIES: [(&str, Places); 8] = [
    ("a2", &[("asia-northeast1", "ac"), ("asia-southeast1", "bc"), ("europe-west4", "ab"), ("us-central1", "*"),
        ("us-east1", "b"), ("us-west1", "b"), ("us-west3", "b"), ("us-west4", "b")]),
    ("c2", &[("asia-east1", "*"), ("asia-east2", "*"), ("asia-northeast1", "*"), ("asia-south1", "*"),
        ("asia-southeast1", "*"), ("australia-southeast1", "*"), ("europe-central2", "*"), ("europe-north1", "*"),
        ("europe-west1", "*"), ("europe-west2", "*"), ("europe-west3", "*"), ("europe-west4", "*"),
        ("europe-west6", "*"), ("northamerica-northeast1", "*"), ("southamerica-east1", "*"), ("us-central1", "*"),
        ("us-east1", "*"), ("us-east4", "*"), ("us-west1", "*"), ("us-west2", "*")]),
    ("c3", &[("asia-southeast1", "*"), ("europe-west1", "bc"), ("europe-west2", "ac"), ("europe-west3", "bc"),
        ("europe-west4", "*"), ("europe-west9", "*"), ("us-central1", "abc"), ("us-east1", "*"), ("us-east4", "*"),
        ("us-east5", "*"), ("us-west1", "ab")]),
    ("c4", &[("asia-southeast1", "*"), ("europe-west1", "bc"), ("europe-west3", "*"), ("europe-west4", "*"),
        ("us-central1", "abc"), ("us-east1", "*"), ("us-east4", "*"), ("us-east5", "*"), ("us-west1", "ab")]),
    ("g2", L4),
    ("n2d", &[("asia-east1", "*"), ("asia-east2", "*"), ("asia-northeast1", "*"), ("asia-south1", "*"),
        ("asia-southeast1", "*"), ("australia-southeast1", "*"), ("europe-central2", "*"), ("europe-north1", "*"),
        ("europe-southwest1", "*"), ("europe-west1", "*"), ("europe-west2", "*"), ("europe-west3", "*"),
        ("europe-west4", "*"), ("europe-west6", "*"), ("europe-west8", "*"), ("europe-west9", "*"),
        ("northamerica-northeast1", "*"), ("southamerica-east1", "*"), ("us-central1", "*"), ("us-east1", "*"),
        ("us-east4", "*"), ("us-east5", "*"), ("us-south1", "*"), ("us-west1", "*"), ("us-west2", "*"),
        ("us-west4", "*")]),
    ("n4", &[("asia-southeast1", "*"), ("europe-west1", "bc"), ("europe-west3", "bc"), ("europe-west4", "*"),
        ("europe-west9", "ac"), ("us-central1", "*"), ("us-east1", "*"), ("us-east4", "*"), ("us-east5", "*"),
        ("us-west1", "*")]),
    ("t2d", &[("asia-east1", "*"), ("asia-northeast1", "*"), ("asia-south1", "*"), ("asia-southeast1", "*"),
        ("australia-southeast1", "*"), ("europe-west1", "*"), ("europe-west2", "*"), ("europe-west3", "*"),
        ("europe-west4", "*"), ("europe-west6", "ab"), ("us-central1", "*"), ("us-east1", "*"), ("us-east4", "*"),
        ("us-west1", "*"), ("us-west2", "*")]),
];

const L4: Places = &[
    ("asia-east1", "*"),
    ("asia-northeast1", "*"),
    ("asia-south1", "*"),
    ("asia-southeast1", "*"),
    ("europe-west1", "bc"),
    ("europe-west2", "ab"),
    ("europe-west3", "ab"),
    ("europe-west4", "*"),
    ("europe-west6", "bc"),
    ("us-central1", "abc"),
    ("us-east1", "*"),
    ("us-east4", "ac"),
    ("us-west1", "*"),
    ("us-west4", "ac"),
];

/// One type of accelerator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accelerator {
    /// Its name, such as `nvidia-tesla-t4`.
    pub(super) name: &'static str,
    /// Google's description.
    pub(super) description: &'static str,
    /// How many one machine can have.
    pub(super) most: u32,
    /// The quota it counts against, and the one for machines that may be taken away.
    pub(super) metrics: (&'static str, &'static str),
    /// The family that it comes with and cannot be added to another.
    family: Option<&'static str>,
    places: Places,
}

#[rustfmt::skip]
const ACCELERATORS: [Accelerator; 6] = [
    Accelerator {
        name: "nvidia-l4", description: "NVIDIA L4", most: 8,
        metrics: ("NVIDIA_L4_GPUS", "PREEMPTIBLE_NVIDIA_L4_GPUS"), family: Some("g2"), places: L4,
    },
    Accelerator {
        name: "nvidia-tesla-a100", description: "NVIDIA A100 40GB", most: 16,
        metrics: ("NVIDIA_A100_GPUS", "PREEMPTIBLE_NVIDIA_A100_GPUS"), family: Some("a2"),
        places: &[("asia-northeast1", "ac"), ("asia-southeast1", "bc"), ("europe-west4", "ab"), ("us-central1", "*"),
            ("us-east1", "b"), ("us-west1", "b"), ("us-west3", "b"), ("us-west4", "b")],
    },
    Accelerator {
        name: "nvidia-tesla-p100", description: "NVIDIA Tesla P100", most: 4,
        metrics: ("NVIDIA_P100_GPUS", "PREEMPTIBLE_NVIDIA_P100_GPUS"), family: None,
        places: &[("asia-east1", "ac"), ("australia-southeast1", "c"), ("europe-west1", "bd"), ("europe-west4", "a"),
            ("us-central1", "cf"), ("us-east1", "bc"), ("us-west1", "ab")],
    },
    Accelerator {
        name: "nvidia-tesla-p4", description: "NVIDIA Tesla P4", most: 4,
        metrics: ("NVIDIA_P4_GPUS", "PREEMPTIBLE_NVIDIA_P4_GPUS"), family: None,
        places: &[("asia-southeast1", "bc"), ("australia-southeast1", "ab"), ("europe-west4", "bc"),
            ("northamerica-northeast1", "*"), ("us-central1", "ac"), ("us-east4", "*"), ("us-west2", "bc")],
    },
    Accelerator {
        name: "nvidia-tesla-t4", description: "NVIDIA T4", most: 4,
        metrics: ("NVIDIA_T4_GPUS", "PREEMPTIBLE_NVIDIA_T4_GPUS"), family: None,
        places: &[("asia-east1", "ac"), ("asia-east2", "ac"), ("asia-northeast1", "ac"), ("asia-northeast3", "bc"),
            ("asia-south1", "ab"), ("asia-southeast1", "*"), ("asia-southeast2", "ab"), ("australia-southeast1", "ac"),
            ("europe-central2", "bc"), ("europe-west1", "*"), ("europe-west2", "ab"), ("europe-west3", "b"),
            ("europe-west4", "*"), ("me-west1", "bc"), ("northamerica-northeast1", "c"), ("southamerica-east1", "ac"),
            ("us-central1", "*"), ("us-east1", "cd"), ("us-east4", "*"), ("us-west1", "ab"), ("us-west2", "bc"),
            ("us-west3", "b"), ("us-west4", "ab")],
    },
    Accelerator {
        name: "nvidia-tesla-v100", description: "NVIDIA V100", most: 8,
        metrics: ("NVIDIA_V100_GPUS", "PREEMPTIBLE_NVIDIA_V100_GPUS"), family: None,
        places: &[("asia-east1", "c"), ("europe-west4", "*"), ("us-central1", "*"), ("us-east1", "c"), ("us-west1", "ab")],
    },
];

fn are_in(places: Places, zone: &str) -> bool {
    let here = places.iter().find(|(region, _)| *region == region_of(zone));
    here.is_some_and(|(_, letters)| {
        *letters == "*" || letter_of(zone).is_some_and(|letter| letters.contains(letter))
    })
}

/// Whether the zone has machines of that family.
pub(super) fn has_family(zone: &str, family: &str) -> bool {
    if family == "n1" {
        return !WITHOUT_N1.contains(&region_of(zone));
    }
    FAMILIES.iter().find(|(name, _)| *name == family).is_none_or(|(_, places)| are_in(places, zone))
}

/// The machine type of that name, if the zone has it.
pub(super) fn machine(zone: &str, name: &str) -> Option<machines::Machine> {
    machines::find(name).filter(|_| has_family(zone, machines::family(name)))
}

/// Every accelerator of a zone.
pub(super) fn accelerators(zone: &str) -> impl Iterator<Item = Accelerator> + use<'_> {
    ACCELERATORS.into_iter().filter(move |one| are_in(one.places, zone))
}

/// The accelerator of that name, wherever it is.
pub(super) fn accelerator(name: &str) -> Option<Accelerator> {
    ACCELERATORS.into_iter().find(|one| one.name == name)
}

/// Whether there is such an accelerator anywhere.
pub(in crate::sandbox) fn is_accelerator(name: &str) -> bool {
    accelerator(name).is_some()
}

impl Accelerator {
    /// Whether a machine of that family can have it. Families that come with accelerators take no others.
    pub(super) fn fits(&self, family: &str) -> bool {
        self.family.map_or(family == "n1", |own| own == family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::compute::regions;

    #[test]
    fn families_are_where_google_has_them() {
        for (zone, family, here) in [
            ("europe-west1-b", "n1", true),
            ("europe-west1-d", "c3", false),
            ("europe-west1-b", "c3", true),
            ("europe-west3-a", "c3", false),
            ("europe-west8-a", "n1", false),
            ("europe-west9-a", "n1", false),
            ("europe-west9-a", "e2", true),
            ("europe-west9-b", "n4", false),
            ("europe-west9-a", "c2", false),
            ("europe-west4-a", "a2", true),
            ("europe-west4-c", "a2", false),
            ("europe-west2-b", "a2", false),
            ("us-central1-f", "c3", false),
            ("us-central1-f", "t2d", true),
            ("africa-south1-a", "n2", true),
        ] {
            assert_eq!(has_family(zone, family), here, "{family} in {zone}");
        }
    }

    #[test]
    fn accelerators_are_in_some_zones_only() {
        let names = |zone: &'static str| accelerators(zone).map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names("europe-west1-b"), ["nvidia-l4", "nvidia-tesla-p100", "nvidia-tesla-t4"]);
        assert_eq!(names("europe-west1-d"), ["nvidia-tesla-p100", "nvidia-tesla-t4"]);
        assert!(names("europe-west9-a").is_empty());
        assert!(names("europe-west4-a").contains(&"nvidia-tesla-a100"));
    }

    #[test]
    fn the_tables_name_places_that_exist() {
        let tables =
            FAMILIES.iter().map(|(_, places)| places).chain(ACCELERATORS.iter().map(|one| &one.places));
        for (region, letters) in tables.copied().flatten() {
            assert!(regions::has_region(region), "{region}");
            for letter in letters.chars().filter(|letter| *letter != '*') {
                assert!(regions::has_zone(&format!("{region}-{letter}")), "{region}-{letter}");
            }
        }
    }
}
