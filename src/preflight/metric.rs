//! Metrics: which quota a machine family, a disk type or an accelerator counts against. Data, from
//! <https://cloud.google.com/compute/resource-usage>. What a region lists decides where the table leaves it open.

/// Families whose CPUs have a limit for each family, which regions do not list.
const UNLISTED: [&str; 9] = ["n4", "n4d", "c4", "c4a", "c4d", "m4", "h4d", "x4", "a4"];
/// What disks of a type count against; other types have metrics that change from year to year.
const DISKS: [(&str, &str); 7] = [
    ("pd-standard", "DISKS_TOTAL_GB"),
    ("pd-balanced", "SSD_TOTAL_GB"),
    ("pd-ssd", "SSD_TOTAL_GB"),
    ("pd-extreme", "SSD_TOTAL_GB"),
    ("hyperdisk-balanced", "HDB_TOTAL_GB"),
    ("hyperdisk-extreme", "HDX_TOTAL_GB"),
    ("hyperdisk-throughput", "HDT_TOTAL_GB"),
];
/// Accelerators whose metric does not follow from their name.
const ACCELERATORS: [(&str, &str); 2] =
    [("nvidia-h100-80gb", "H100"), ("nvidia-h100-mega-80gb", "H100_MEGA")];

/// What machines may be for the API to count them among those of Spot.
pub(super) const SPOT_CPUS: &str = "PREEMPTIBLE_CPUS";

/// The family of a machine type. The small and custom types of the first generation are of `n1`.
pub(super) fn family(machine_type: &str) -> &str {
    match machine_type.split('-').next().unwrap_or_default() {
        "custom" | "f1" | "g1" => "n1",
        family => family,
    }
}

/// The metric of a family's CPUs in a region that lists these metrics. None where no region lists it.
pub(super) fn cpus(family: &str, listed: impl Fn(&str) -> bool) -> Option<String> {
    let own = format!("{}_CPUS", family.to_uppercase());
    match () {
        () if listed(&own) => Some(own),
        () if UNLISTED.contains(&family) => None,
        () => Some("CPUS".to_owned()),
    }
}

/// The metric of a disk type.
pub(super) fn disk(disk_type: &str) -> Option<&'static str> {
    DISKS.iter().find(|(name, _)| *name == disk_type).map(|(_, metric)| *metric)
}

/// The metric of an accelerator: `nvidia-tesla-t4` counts against `NVIDIA_T4_GPUS`.
pub(super) fn accelerator(kind: &str) -> String {
    let known = ACCELERATORS.iter().find(|(name, _)| *name == kind).map(|(_, name)| (*name).to_owned());
    let plain = || kind.trim_start_matches("nvidia-").trim_start_matches("tesla-");
    let name = known.unwrap_or_else(|| plain().to_uppercase().replace('-', "_"));
    format!("NVIDIA_{name}_GPUS")
}

/// What a person calls so many of a metric.
pub(super) fn named(metric: &str, amount: i64) -> String {
    let of = |one: &str, many: &str| if amount == 1 { one.to_owned() } else { many.to_owned() };
    let noun = match metric {
        "CPUS" | "CPUS_ALL_REGIONS" => of("CPU", "CPUs"),
        "GPUS_ALL_REGIONS" => of("GPU", "GPUs"),
        SPOT_CPUS => of("Spot CPU", "Spot CPUs"),
        "INSTANCES" => of("machine", "machines"),
        "IN_USE_ADDRESSES" => of("external address", "external addresses"),
        "FIREWALLS" => of("firewall rule", "firewall rules"),
        "DISKS_TOTAL_GB" => "GB of standard disk".to_owned(),
        "SSD_TOTAL_GB" => "GB of SSD disk".to_owned(),
        "LOCAL_SSD_TOTAL_GB" => "GB of local SSD".to_owned(),
        other => other_noun(other, amount),
    };
    format!("{} {noun}", super::words::number(amount))
}

/// `N2_CPUS` are N2 CPUs, `NVIDIA_T4_GPUS` are T4 GPUs; what the table does not know keeps its name.
fn other_noun(metric: &str, amount: i64) -> String {
    let many = if amount == 1 { "" } else { "s" };
    let plain = metric.strip_prefix("NVIDIA_").unwrap_or(metric);
    match plain.rsplit_once('_') {
        Some((what, "CPUS")) => format!("{} CPU{many}", what.replace('_', " ")),
        Some((what, "GPUS")) => format!("{} GPU{many}", what.replace('_', " ")),
        _ => metric.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_counts_where_the_region_lists_it_and_else_among_all() {
        let listed = |metric: &str| ["CPUS", "N2_CPUS", "C2_CPUS"].contains(&metric);
        for (machine, metric) in [
            ("n1-standard-1", Some("CPUS")),
            ("e2-medium", Some("CPUS")),
            ("custom-4-8192", Some("CPUS")),
            ("f1-micro", Some("CPUS")),
            ("g2-standard-4", Some("CPUS")),
            ("n2-standard-2", Some("N2_CPUS")),
            ("n2-custom-2-4096", Some("N2_CPUS")),
            ("c2-standard-4", Some("C2_CPUS")),
            ("n4-standard-2", None),
        ] {
            assert_eq!(cpus(family(machine), listed).as_deref(), metric, "{machine}");
        }
    }

    #[test]
    fn accelerators_and_disks_have_the_metrics_of_the_api() {
        for (kind, metric) in [
            ("nvidia-tesla-t4", "NVIDIA_T4_GPUS"),
            ("nvidia-l4", "NVIDIA_L4_GPUS"),
            ("nvidia-tesla-a100", "NVIDIA_A100_GPUS"),
            ("nvidia-a100-80gb", "NVIDIA_A100_80GB_GPUS"),
            ("nvidia-h100-80gb", "NVIDIA_H100_GPUS"),
        ] {
            assert_eq!(accelerator(kind), metric);
        }
        assert_eq!(disk("pd-balanced"), Some("SSD_TOTAL_GB"));
    }

    #[test]
    fn amounts_are_told_in_words_that_people_use() {
        for (metric, amount, told) in [
            ("CPUS", 60, "60 CPUs"),
            ("CPUS_ALL_REGIONS", 1, "1 CPU"),
            ("N2_CPUS", 2, "2 N2 CPUs"),
            ("NVIDIA_T4_GPUS", 1, "1 T4 GPU"),
            ("DISKS_TOTAL_GB", 3_000, "3,000 GB of standard disk"),
            ("IN_USE_ADDRESSES", 60, "60 external addresses"),
        ] {
            assert_eq!(named(metric, amount), told);
        }
    }
}
