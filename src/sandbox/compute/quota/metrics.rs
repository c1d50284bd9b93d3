//! The metrics that regions and projects list, with the limits of a fresh project whose billing is in order.

/// Regional metrics.
pub(super) const REGION: [(&str, u32); 40] = [
    ("CPUS", 24),
    ("DISKS_TOTAL_GB", 4_096),
    ("STATIC_ADDRESSES", 8),
    ("IN_USE_ADDRESSES", 8),
    ("SSD_TOTAL_GB", 500),
    ("LOCAL_SSD_TOTAL_GB", 6_000),
    ("INSTANCE_GROUPS", 100),
    ("INSTANCE_GROUP_MANAGERS", 50),
    ("INSTANCES", 24),
    ("AUTOSCALERS", 50),
    ("REGIONAL_AUTOSCALERS", 20),
    ("REGIONAL_INSTANCE_GROUP_MANAGERS", 20),
    ("PREEMPTIBLE_CPUS", 0),
    ("NVIDIA_P100_GPUS", 1),
    ("PREEMPTIBLE_LOCAL_SSD_GB", 0),
    ("PREEMPTIBLE_NVIDIA_P100_GPUS", 0),
    ("NVIDIA_V100_GPUS", 1),
    ("NVIDIA_P4_GPUS", 1),
    ("PREEMPTIBLE_NVIDIA_V100_GPUS", 0),
    ("PREEMPTIBLE_NVIDIA_P4_GPUS", 0),
    ("NVIDIA_T4_GPUS", 1),
    ("PREEMPTIBLE_NVIDIA_T4_GPUS", 0),
    ("INTERNAL_ADDRESSES", 200),
    ("COMMITMENTS", 0),
    ("C2_CPUS", 8),
    ("N2_CPUS", 24),
    ("N2D_CPUS", 24),
    ("RESERVATIONS", 100),
    ("AFFINITY_GROUPS", 10),
    ("RESOURCE_POLICIES", 10),
    ("IN_USE_SNAPSHOT_SCHEDULES", 1_000),
    ("NVIDIA_A100_GPUS", 0),
    ("A2_CPUS", 0),
    ("PREEMPTIBLE_NVIDIA_A100_GPUS", 0),
    ("T2D_CPUS", 8),
    ("C3_CPUS", 8),
    ("NVIDIA_L4_GPUS", 1),
    ("PREEMPTIBLE_NVIDIA_L4_GPUS", 0),
    ("HDB_TOTAL_GB", 500),
    ("VPN_GATEWAYS", 5),
];

/// Metrics of the whole project.
pub(super) const PROJECT: [(&str, u32); 30] = [
    ("SNAPSHOTS", 1_000),
    ("NETWORKS", 5),
    ("FIREWALLS", 100),
    ("IMAGES", 100),
    ("STATIC_ADDRESSES", 8),
    ("ROUTES", 200),
    ("FORWARDING_RULES", 15),
    ("TARGET_POOLS", 50),
    ("HEALTH_CHECKS", 50),
    ("IN_USE_ADDRESSES", 8),
    ("TARGET_INSTANCES", 50),
    ("TARGET_HTTP_PROXIES", 10),
    ("URL_MAPS", 10),
    ("BACKEND_SERVICES", 50),
    ("INSTANCE_TEMPLATES", 100),
    ("TARGET_VPN_GATEWAYS", 5),
    ("VPN_TUNNELS", 10),
    ("BACKEND_BUCKETS", 3),
    ("ROUTERS", 10),
    ("TARGET_SSL_PROXIES", 10),
    ("TARGET_HTTPS_PROXIES", 10),
    ("SSL_CERTIFICATES", 10),
    ("SUBNETWORKS", 100),
    ("TARGET_TCP_PROXIES", 10),
    ("CPUS_ALL_REGIONS", 32),
    ("SECURITY_POLICIES", 0),
    ("XPN_SERVICE_PROJECTS", 1_000),
    ("GLOBAL_INTERNAL_ADDRESSES", 5_000),
    ("MACHINE_IMAGES", 100),
    ("GPUS_ALL_REGIONS", 1),
];

/// Metrics that are enforced in a region but not listed there: their limit is for each machine family.
pub(super) const UNLISTED: [(&str, u32); 1] = [(super::super::machines::PER_FAMILY, 24)];

/// The limit of a fresh project, in a region or (empty) of the whole project. None for what is no metric there.
pub(super) fn fresh(region: &str, metric: &str) -> Option<u32> {
    let listed: &[(&str, u32)] = if region.is_empty() { &PROJECT } else { &REGION };
    let unlisted = UNLISTED.iter().filter(|_| !region.is_empty());
    listed.iter().chain(unlisted).find(|(name, _)| *name == metric).map(|(_, limit)| *limit)
}
