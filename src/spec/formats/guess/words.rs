//! Words that people use for what has another name here. Data only.

type Words = &'static [(&'static str, &'static str)];

const PORTS: Words = &[
    ("http", "80"),
    ("https", "443"),
    ("mysql", "3306"),
    ("postgres", "5432"),
    ("rdp", "3389"),
    ("ssh", "22"),
    ("streamlit", "8501"),
    ("jupyter", "8888"),
];

const TRAFFIC: Words = &[
    ("any", "all"),
    ("*", "all"),
    ("ping", "icmp"),
    ("http", "tcp:80"),
    ("https", "tcp:443"),
    ("rdp", "tcp:3389"),
    ("ssh", "tcp:22"),
    ("streamlit", "tcp:8501"),
    ("jupyter", "tcp:8888"),
];

const RANGES: Words = &[
    ("any", "0.0.0.0/0"),
    ("*", "0.0.0.0/0"),
    ("all", "0.0.0.0/0"),
    ("0.0.0.0", "0.0.0.0/0"),
    ("::", "::/0"),
];

const ROLES: Words = &[("owner", "roles/owner"), ("editor", "roles/editor"), ("viewer", "roles/viewer")];

/// Nothing here widens access: `everyone` has two possible meanings, and is left to the person who wrote it.
const MEMBERS: Words = &[("allusers", "allUsers"), ("allauthenticatedusers", "allAuthenticatedUsers")];

const SERVICES: Words = &[
    ("artifact registry", "artifactregistry.googleapis.com"),
    ("cloud build", "cloudbuild.googleapis.com"),
    ("cloud resource manager", "cloudresourcemanager.googleapis.com"),
    ("cloud run", "run.googleapis.com"),
    ("cloud storage", "storage.googleapis.com"),
    ("cloudrun", "run.googleapis.com"),
    ("compute engine", "compute.googleapis.com"),
    ("gce", "compute.googleapis.com"),
    ("gcr", "artifactregistry.googleapis.com"),
    ("gcs", "storage.googleapis.com"),
    ("secret manager", "secretmanager.googleapis.com"),
    ("vertex ai", "aiplatform.googleapis.com"),
];

const DISKS: Words = &[
    ("hdd", "pd-standard"),
    ("pd std", "pd-standard"),
    ("ssd", "pd-ssd"),
    ("standard", "pd-standard"),
    ("balanced", "pd-balanced"),
];

const CARDS: Words = &[
    ("a100", "nvidia-tesla-a100"),
    ("h100", "nvidia-h100-80gb"),
    ("k80", "nvidia-tesla-k80"),
    ("l4", "nvidia-l4"),
    ("p100", "nvidia-tesla-p100"),
    ("p4", "nvidia-tesla-p4"),
    ("t4", "nvidia-tesla-t4"),
    ("v100", "nvidia-tesla-v100"),
];

const SCOPES: Words = &[
    ("devstorage.full control", "storage-full"),
    ("devstorage.read only", "storage-ro"),
    ("devstorage.read write", "storage-rw"),
    ("logging.write", "logging-write"),
    ("monitoring.write", "monitoring-write"),
    ("compute.readonly", "compute-ro"),
];

/// The first two are what old buckets call it.
const CLASSES: Words = &[
    ("multi regional", "STANDARD"),
    ("regional", "STANDARD"),
    ("archival", "ARCHIVE"),
    ("cold", "COLDLINE"),
    ("near", "NEARLINE"),
];

const LOCATIONS: Words = &[("usa", "us"), ("europa", "europe"), ("multi region", "eu")];

/// What a text stands for, taken as a word.
pub(super) fn of(format: &str, text: &str) -> Option<String> {
    let words = match format {
        "traffic" => TRAFFIC,
        "cidr" => RANGES,
        "role" => ROLES,
        "member" => MEMBERS,
        "service-name" => SERVICES,
        "disk-type" => DISKS,
        "accelerator-type" => CARDS,
        "oauth-scope" => SCOPES,
        "storage-class" => CLASSES,
        "location" => LOCATIONS,
        _ => return None,
    };
    let text = text.to_lowercase().replace(['-', '_'], " ");
    let text = text.trim_start_matches("roles/");
    look_up(words, text).map(str::to_owned)
}

/// The port of a protocol that has a well-known one.
pub(super) fn port(word: &str) -> Option<&'static str> {
    look_up(PORTS, word)
}

fn look_up(words: Words, text: &str) -> Option<&'static str> {
    words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning)
}
