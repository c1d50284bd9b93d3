//! Buckets and registries: `gcloud storage buckets …`, `gcloud artifacts repositories …`. Pure.

use serde_json::json;

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{Arguments, Does, Flag, Tables, flag};
use crate::kinds::{Bucket, Registry, Resource};

/// Flags of buckets.
pub(super) const FLAGS: &[Flag] = &[
    flag("location", Does::Text("location")),
    flag("default-storage-class", Does::Upper("storageClass")),
    flag("uniform-bucket-level-access", Does::Switch("uniformAccess", true)),
    flag("no-uniform-bucket-level-access", Does::Switch("uniformAccess", false)),
    flag("public-access-prevention", Does::Fixed("publicAccessPrevention", "enforced")),
    flag("no-public-access-prevention", Does::Fixed("publicAccessPrevention", "inherited")),
    flag("versioning", Does::Switch("versioning", true)),
    flag("no-versioning", Does::Switch("versioning", false)),
    flag("soft-delete-duration", Does::Text("softDelete")),
    flag("clear-soft-delete", Does::Fixed("softDelete", "0s")),
    flag("retention-period", Does::Text("retentionPeriod")),
    flag("default-encryption-key", Does::Text("defaultKmsKeyName")),
    flag("enable-autoclass", Does::Switch("autoclass.enabled", true)),
    flag("enable-hierarchical-namespace", Does::Switch("hierarchicalNamespace", true)),
    flag("placement", Does::List("dataLocations")),
    flag("recovery-point-objective", Does::Upper("rpo")),
    flag("rpo", Does::Upper("rpo")),
    flag("update-labels", Does::Map("labels")),
    flag("lifecycle-file", Does::Unlike("write its rules under `lifecycle:`")),
    flag("cors-file", Does::Unlike("write its rules under `cors:`")),
];

/// Flags of registries.
pub(super) const REGISTRY: &[Flag] = &[
    flag("location", Does::Text("location")),
    flag("repository-format", Does::Upper("format")),
    flag("description", Does::Text("description")),
    flag("labels", Does::Map("labels")),
    flag("immutable-tags", Does::Switch("immutableTags", true)),
    flag("kms-key", Does::Text("kmsKeyName")),
    flag("disable-vulnerability-scanning", Does::Fixed("vulnerabilityScanning", "DISABLED")),
    flag("allow-vulnerability-scanning", Does::Fixed("vulnerabilityScanning", "INHERITED")),
    flag("mode", Does::Special(mode)),
];

pub(super) fn create(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    arguments.names.iter().map(|name| bucket(name, arguments, tables, desk)).collect()
}

/// A bucket of a URL. Names of buckets are one namespace for all of Google: what holds the place of one begins with the project.
pub(super) fn bucket(url: &str, arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Draft {
    let raw = url.trim_start_matches("gs://").trim_end_matches('/');
    let sample = format!("{}-bucket", desk.course_project());
    let name = desk.sampled(raw, &sample);
    let mut draft = Draft::new(Bucket::FACTS.kind, &name, desk.place());
    arguments.fill(&mut draft, tables, desk);
    draft
}

pub(super) fn registry(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    let Some(name) = arguments.names.first() else { return Vec::new() };
    let mut draft = Draft::new(Registry::FACTS.kind, &desk.value(name, "name"), desk.place());
    arguments.fill(&mut draft, tables, desk);
    vec![draft]
}

/// `standard-repository`, as the API writes it.
fn mode(draft: &mut Draft, raw: &str, _: &mut Desk<'_>) {
    draft.put("mode", json!(raw.to_uppercase().replace('-', "_")));
}
