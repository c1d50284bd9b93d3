//! Machine types: the families that are in use, by the rule that makes their names, and custom ones.

/// CPU platforms of every zone.
pub(super) const CPU_PLATFORMS: [&str; 6] = [
    "Intel Ice Lake",
    "Intel Cascade Lake",
    "Intel Skylake",
    "Intel Broadwell",
    "Intel Haswell",
    "AMD Milan",
];

/// One machine type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// Virtual CPUs.
    pub(super) cpus: u32,
    /// Memory.
    pub(super) memory_mb: u32,
    /// Whether it has a share of a core only.
    pub(super) is_shared: bool,
}

/// Family, shape, memory per CPU, and the numbers of CPUs offered.
const SHAPES: [(&str, &str, u32, &[u32]); 16] = [
    ("e2", "standard", 4_096, &[2, 4, 8, 16, 32]),
    ("e2", "highmem", 8_192, &[2, 4, 8, 16]),
    ("e2", "highcpu", 1_024, &[2, 4, 8, 16, 32]),
    ("n1", "standard", 3_840, &[1, 2, 4, 8, 16, 32, 64, 96]),
    ("n1", "highmem", 6_656, &[2, 4, 8, 16, 32, 64, 96]),
    ("n1", "highcpu", 922, &[2, 4, 8, 16, 32, 64, 96]),
    ("n2", "standard", 4_096, &[2, 4, 8, 16, 32, 48, 64, 80, 96, 128]),
    ("n2", "highmem", 8_192, &[2, 4, 8, 16, 32, 48, 64, 80, 96, 128]),
    ("n2", "highcpu", 1_024, &[2, 4, 8, 16, 32, 48, 64, 80, 96]),
    ("n2d", "standard", 4_096, &[2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224]),
    ("n4", "standard", 4_096, &[2, 4, 8, 16, 32, 48, 64, 80]),
    ("c2", "standard", 4_096, &[4, 8, 16, 30, 60]),
    ("c3", "standard", 4_096, &[4, 8, 22, 44, 88, 176]),
    ("c4", "standard", 3_840, &[2, 4, 8, 16, 24, 32, 48, 96]),
    ("t2d", "standard", 4_096, &[1, 2, 4, 8, 16, 32, 48, 60]),
    ("g2", "standard", 4_096, &[4, 8, 12, 16, 24, 32, 48, 96]),
];

/// Types outside of the rule: name, CPUs, memory, shared core.
const SINGLE: [(&str, u32, u32, bool); 8] = [
    ("e2-micro", 2, 1_024, true),
    ("e2-small", 2, 2_048, true),
    ("e2-medium", 2, 4_096, true),
    ("f1-micro", 1, 614, true),
    ("g1-small", 1, 1_740, true),
    ("a2-highgpu-1g", 12, 87_040, false),
    ("a2-highgpu-2g", 24, 174_080, false),
    ("a2-highgpu-4g", 48, 348_160, false),
];

/// The machine type of that name.
pub(super) fn find(name: &str) -> Option<Machine> {
    let single = SINGLE.iter().find(|(known, ..)| *known == name);
    if let Some((_, cpus, memory_mb, is_shared)) = single {
        return Some(Machine { cpus: *cpus, memory_mb: *memory_mb, is_shared: *is_shared });
    }
    shaped(name).or_else(|| custom(name))
}

fn shaped(name: &str) -> Option<Machine> {
    let (series, cpus) = name.rsplit_once('-')?;
    let cpus: u32 = cpus.parse().ok()?;
    let fits = |(family, shape, _, sizes): &&(&str, &str, u32, &[u32])| {
        series.strip_prefix(family).and_then(|rest| rest.strip_prefix('-')) == Some(*shape)
            && sizes.contains(&cpus)
    };
    let (_, _, memory, _) = SHAPES.iter().find(fits)?;
    Some(Machine { cpus, memory_mb: memory * cpus, is_shared: false })
}

/// `custom-4-8192` (N1) and `FAMILY-custom-4-8192`: CPUs are 1 or even, memory is a multiple of 256 MB.
fn custom(name: &str) -> Option<Machine> {
    let name = name.strip_suffix("-ext").unwrap_or(name);
    let (family, size) = match name.strip_prefix("custom-") {
        Some(size) => ("n1", size),
        None => name.split_once("-custom-")?,
    };
    let (cpus, memory) = size.split_once('-')?;
    let (cpus, memory_mb): (u32, u32) = (cpus.parse().ok()?, memory.parse().ok()?);
    let is_offered = ["e2", "n1", "n2", "n2d", "n4"].contains(&family);
    let fits =
        (cpus == 1 || cpus % 2 == 0) && (1..=128).contains(&cpus) && memory_mb >= 256 && memory_mb % 256 == 0;
    (is_offered && fits).then_some(Machine { cpus, memory_mb, is_shared: false })
}

/// Every name but the custom ones.
pub(super) fn names() -> Vec<String> {
    let shaped = SHAPES.iter().flat_map(|(family, shape, _, sizes)| {
        sizes.iter().map(move |cpus| format!("{family}-{shape}-{cpus}"))
    });
    shaped.chain(SINGLE.iter().map(|(name, ..)| (*name).to_owned())).collect()
}

impl Machine {
    /// Google's description.
    pub(super) fn description(self) -> String {
        let memory = f64::from(self.memory_mb) / 1_024.0;
        format!("{} vCPU{}, {memory} GB RAM", self.cpus, if self.cpus == 1 { "" } else { "s" })
    }
}

/// The platform an instance of that type runs on.
pub(super) fn platform(name: &str) -> &'static str {
    match family(name) {
        "e2" => "Intel Broadwell",
        "n2" | "c2" | "g2" | "a2" => "Intel Cascade Lake",
        "n2d" | "t2d" => "AMD Milan",
        "c3" => "Intel Sapphire Rapids",
        "n4" | "c4" => "Intel Emerald Rapids",
        _ => "Intel Haswell",
    }
}

/// The family of a machine type. The small and custom types of the first generation are of `n1`.
pub(super) fn family(name: &str) -> &str {
    match name.split('-').next().unwrap_or_default() {
        "custom" | "f1" | "g1" => "n1",
        family => family,
    }
}

/// Whether there is such a family.
pub(in crate::sandbox) fn is_family(name: &str) -> bool {
    SHAPES.iter().any(|(family, ..)| *family == name) || name == "a2"
}

/// The quota that the CPUs of a family count against. Families that came after 2023 share one metric, with a limit
/// for each (<https://cloud.google.com/compute/resource-usage#cpu_quota>).
pub(super) fn metric(family: &str) -> &'static str {
    match family {
        "n2" => "N2_CPUS",
        "n2d" => "N2D_CPUS",
        "c2" => "C2_CPUS",
        "c3" => "C3_CPUS",
        "t2d" => "T2D_CPUS",
        "a2" => "A2_CPUS",
        "c4" | "n4" => PER_FAMILY,
        _ => "CPUS",
    }
}

/// The metric whose limit is for each family.
pub(super) const PER_FAMILY: &str = "CPUS_PER_VM_FAMILY";

/// The accelerators that come with a machine type.
pub(super) fn bundled(name: &str) -> Option<(&'static str, u32)> {
    let cards =
        |table: &[(&str, u32)]| table.iter().find(|(known, _)| *known == name).map(|(_, cards)| *cards);
    match family(name) {
        "g2" => cards(&G2_CARDS).or(Some(1)).map(|cards| ("nvidia-l4", cards)),
        "a2" => cards(&A2_CARDS).map(|cards| ("nvidia-tesla-a100", cards)),
        _ => None,
    }
}

const G2_CARDS: [(&str, u32); 3] = [("g2-standard-24", 2), ("g2-standard-48", 4), ("g2-standard-96", 8)];
const A2_CARDS: [(&str, u32); 3] = [("a2-highgpu-1g", 1), ("a2-highgpu-2g", 2), ("a2-highgpu-4g", 4)];

/// Whether instances of that type boot from a hyperdisk unless told otherwise.
pub(super) fn wants_hyperdisk(name: &str) -> bool {
    ["n4-", "c4-"].iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_name() {
        for (name, size) in [
            ("n1-standard-1", Some((1, 3_840))),
            ("e2-medium", Some((2, 4_096))),
            ("n1-highmem-2", Some((2, 13_312))),
            ("custom-4-8192", Some((4, 8_192))),
            ("e2-custom-2-4096", Some((2, 4_096))),
            ("n1-standard-3", None),
            ("custom-3-8192", None),
            ("e2-standard-0", None),
            ("z9-standard-2", None),
        ] {
            assert_eq!(find(name).map(|machine| (machine.cpus, machine.memory_mb)), size, "{name}");
        }
    }

    #[test]
    fn every_listed_type_is_found() {
        assert!(names().iter().all(|name| find(name).is_some()));
    }
}
