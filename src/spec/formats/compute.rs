//! What Compute Engine names: machine and disk types, zones and regions, references, metadata keys.

use super::{refuse, text_format};
use crate::spec::{Problem, suggest};

text_format!(
    /// A machine type: `n1-standard-1`, a custom one, or a reference to one.
    MachineType, "machine-type", machine_type, "e2-medium");
text_format!(
    /// A disk type: `pd-standard`, or a reference to one.
    DiskType, "disk-type", disk_type, "pd-standard");
text_format!(
    /// A type of graphics card: `nvidia-tesla-t4`.
    AcceleratorType, "accelerator-type", accelerator_type, "nvidia-tesla-t4");
text_format!(
    /// A region: `europe-west1`.
    Region, "region", region, "europe-west1");
text_format!(
    /// A zone: `europe-west1-b`.
    Zone, "zone", zone, "europe-west1-b");
text_format!(
    /// A network or subnetwork: its name, a partial path or the whole URL.
    ApiRef, "api-ref", api_ref, "default");
text_format!(
    /// The key of a metadata item.
    MetadataKey, "metadata-key", metadata_key, "enable-oslogin");
text_format!(
    /// A full host name.
    Hostname, "hostname", hostname, "a.example.edu");

fn last(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

impl MachineType {
    /// The bare name.
    pub fn short(&self) -> String {
        last(self.as_str()).to_lowercase()
    }
}

impl DiskType {
    /// The bare name.
    pub fn short(&self) -> &str {
        last(self.as_str())
    }
}

impl ApiRef {
    /// The bare name.
    pub fn last_segment(&self) -> &str {
        last(self.as_str())
    }
}

/// Series with the shapes that each has, to tell a slip from a type that is new.
const SERIES: &[(&str, &[&str])] = &[
    ("e2", &["micro", "small", "medium", "standard", "highmem", "highcpu", "custom"]),
    ("f1", &["micro"]),
    ("g1", &["small"]),
    ("n1", &["standard", "highmem", "highcpu", "megamem", "ultramem", "custom"]),
    ("n2", &["standard", "highmem", "highcpu", "custom"]),
    ("n2d", &["standard", "highmem", "highcpu", "custom"]),
    ("n4", &["standard", "highmem", "highcpu", "custom"]),
    ("n4a", &["standard", "highmem", "highcpu", "custom"]),
    ("n4d", &["standard", "highmem", "highcpu", "custom"]),
    ("t2a", &["standard"]),
    ("t2d", &["standard"]),
    ("c2", &["standard"]),
    ("c2d", &["standard", "highmem", "highcpu"]),
    ("c3", &["standard", "highmem", "highcpu"]),
    ("c3d", &["standard", "highmem", "highcpu"]),
    ("c4", &["standard", "highmem", "highcpu"]),
    ("c4a", &["standard", "highmem", "highcpu"]),
    ("c4d", &["standard", "highmem", "highcpu"]),
    ("m1", &["megamem", "ultramem"]),
    ("m2", &["megamem", "ultramem", "hypermem"]),
    ("m3", &["megamem", "ultramem"]),
    ("m4", &["megamem", "ultramem", "hypermem"]),
    ("a2", &["highgpu", "megagpu", "ultragpu"]),
    ("a3", &["highgpu", "megagpu", "ultragpu", "edgegpu"]),
    ("a4", &["highgpu"]),
    ("g2", &["standard", "custom"]),
    ("g4", &["standard"]),
    ("h3", &["standard"]),
    ("h4d", &["standard", "highmem"]),
    ("z3", &["highmem"]),
];

/// Types people ask for, offered when a name is a near miss.
const COMMON: &[&str] = &[
    "e2-micro",
    "e2-small",
    "e2-medium",
    "e2-standard-2",
    "e2-standard-4",
    "e2-standard-8",
    "e2-highmem-2",
    "e2-highcpu-2",
    "n1-standard-1",
    "n1-standard-2",
    "n1-standard-4",
    "n1-standard-8",
    "n1-highmem-2",
    "n2-standard-2",
    "n2-standard-4",
    "n2d-standard-2",
    "c3-standard-4",
    "t2d-standard-1",
    "g2-standard-4",
    "f1-micro",
    "g1-small",
];

pub(super) fn machine_type(text: &str) -> Result<(), Problem> {
    let what = "a machine type";
    if let Some((path, _)) = text.rsplit_once('/').filter(|(path, _)| !path.ends_with("machineTypes")) {
        return Err(refuse(
            "bad-machine-type",
            text,
            what,
            format!("`{path}` does not end with `machineTypes`"),
        )
        .help("write the bare name: `e2-medium`"));
    }
    let name = last(text);
    let known = known_shape(name);
    if known {
        return Ok(());
    }
    let problem = refuse("bad-machine-type", text, what, "there is no such series and shape");
    Err(match suggest::nearest(name, COMMON.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(text.replace(name, near)),
        None => problem.help("a type is `SERIES-SHAPE-CPUS`, `e2-medium`, or `SERIES-custom-CPUS-MEGABYTES`"),
    })
}

fn known_shape(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let numbers = |parts: &[&str]| parts.iter().all(|p| p.parse::<u32>().is_ok_and(|n| n > 0));
    match parts.as_slice() {
        ["custom", cpus, memory] | ["custom", cpus, memory, "ext"] => numbers(&[cpus, memory]),
        [series, "custom", size @ ..] => has(series, "custom") && custom_size(size),
        ["e2" | "f1", "micro"] | ["e2" | "g1", "small"] | ["e2", "medium"] => true,
        [series, shape, cpus] => {
            has(series, shape) && !matches!(*shape, "micro" | "small" | "medium" | "custom") && size(cpus)
        }
        [series, shape, cpus, extra] => {
            has(series, shape)
                && size(cpus)
                && matches!(*extra, "lssd" | "metal" | "nolssd" | "highlssd" | "standardlssd")
        }
        _ => false,
    }
}

fn custom_size(parts: &[&str]) -> bool {
    let number = |p: &&str| p.parse::<u32>().is_ok_and(|n| n > 0);
    match parts {
        ["micro" | "small" | "medium", memory] => number(memory),
        [cpus, memory] | [cpus, memory, "ext"] => number(cpus) && number(memory),
        _ => false,
    }
}

/// A number of processors, or of graphics cards (`8g`).
fn size(text: &str) -> bool {
    text.trim_end_matches('g').parse::<u32>().is_ok_and(|n| n > 0)
}

fn has(series: &str, shape: &str) -> bool {
    SERIES.iter().any(|(name, shapes)| *name == series && shapes.contains(&shape))
}

const DISKS: &[&str] = &[
    "pd-standard",
    "pd-balanced",
    "pd-ssd",
    "pd-extreme",
    "hyperdisk-balanced",
    "hyperdisk-extreme",
    "hyperdisk-throughput",
    "hyperdisk-ml",
    "hyperdisk-balanced-high-availability",
];

pub(super) fn disk_type(text: &str) -> Result<(), Problem> {
    let name = last(text);
    if DISKS.contains(&name) {
        return Ok(());
    }
    let problem = refuse("bad-disk-type", text, "a disk type", "there is no such type");
    Err(match suggest::nearest(name, DISKS.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None => problem.help(format!("the types are {}", DISKS.join(", "))),
    })
}

pub(super) fn accelerator_type(text: &str) -> Result<(), Problem> {
    let right = last(text).starts_with("nvidia-") || last(text).starts_with("ct");
    if right {
        Ok(())
    } else {
        Err(refuse("bad-accelerator", text, "a type of graphics card", "write it like `nvidia-tesla-t4`"))
    }
}

/// `europe-west1`: a continent, a direction, a number.
fn is_region(text: &str) -> bool {
    let Some((continent, place)) = text.split_once('-') else {
        return false;
    };
    let direction = place.trim_end_matches(|c: char| c.is_ascii_digit());
    let directions =
        ["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];
    let continents = ["africa", "asia", "australia", "europe", "me", "northamerica", "southamerica", "us"];
    continents.contains(&continent) && directions.contains(&direction) && direction.len() < place.len()
}

pub(super) fn region(text: &str) -> Result<(), Problem> {
    if is_region(text) {
        return Ok(());
    }
    let problem = refuse("bad-region", text, "a region", "write it like `europe-west1`");
    let better = text.rsplit_once('-').map(|(region, _)| region).filter(|region| is_region(region));
    Err(match better {
        Some(better) => problem.help(format!("`{text}` is a zone of the region `{better}`")).replace(better),
        None if is_region(&text.to_lowercase()) => {
            problem.help("write it in lower case").replace(text.to_lowercase())
        }
        None => problem,
    })
}

pub(super) fn zone(text: &str) -> Result<(), Problem> {
    let parts = text.rsplit_once('-');
    if parts.is_some_and(|(region, letter)| is_region(region) && matches!(letter.as_bytes(), [b'a'..=b'z'])) {
        return Ok(());
    }
    let problem = refuse("bad-zone", text, "a zone", "write it like `europe-west1-b`");
    Err(if is_region(text) {
        problem
            .help(format!("`{text}` is a region: add the letter of a zone, `{text}-b`"))
            .replace(format!("{text}-b"))
    } else {
        problem
    })
}

pub(super) fn api_ref(text: &str) -> Result<(), Problem> {
    super::names::resource_name(last(text)).map_err(|mut problem| {
        problem.message = format!("`{text}` names no resource of the API");
        match problem.replacement.clone() {
            Some(better) => problem.help(format!("write `{better}`")),
            None => problem.help("write the bare name: `default`"),
        }
    })
}

pub(super) fn metadata_key(text: &str) -> Result<(), Problem> {
    let right = (1..=128).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if right {
        Ok(())
    } else {
        Err(refuse("bad-metadata-key", text, "a metadata key", "1 to 128 letters, digits, `-` and `_`"))
    }
}

pub(super) fn hostname(text: &str) -> Result<(), Problem> {
    let label = |l: &str| super::names::resource_name(l).is_ok();
    let right = text.split('.').count() >= 2 && text.split('.').all(label) && text.len() <= 253;
    if right {
        Ok(())
    } else {
        Err(refuse("bad-hostname", text, "a full host name", "write it like `a.example.edu`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_types_come_bare_custom_or_as_references() {
        let right = [
            "n1-standard-1",
            "e2-medium",
            "e2-custom-2-4096",
            "custom-4-8192",
            "e2-custom-small-2048",
            "n2-custom-2-4096-ext",
            "a2-highgpu-1g",
            "c4-standard-4-lssd",
            "zones/europe-west1-b/machineTypes/n1-standard-1",
            "https://www.googleapis.com/compute/v1/projects/p/zones/z/machineTypes/e2-micro",
        ];
        for text in right {
            assert!(machine_type(text).is_ok(), "{text}");
        }
        for text in ["n1-standrad-1", "e2-large", "medium", "n1-standard", "n1-standard-0", "x9-standard-1"] {
            assert!(machine_type(text).is_err(), "{text}");
        }
        let fix = machine_type("n1-standrad-1").err().and_then(|p| p.replacement);
        assert_eq!(fix.as_deref(), Some("n1-standard-1"));
    }

    #[test]
    fn a_zone_and_a_region_are_told_apart() {
        let fix = |result: Result<(), Problem>| result.err().and_then(|p| p.replacement);
        assert_eq!(fix(region("europe-west1-b")).as_deref(), Some("europe-west1"));
        assert_eq!(fix(zone("europe-west1")).as_deref(), Some("europe-west1-b"));
        assert!(zone("europe-west4-a").is_ok() && region("me-central2").is_ok());
    }
}
