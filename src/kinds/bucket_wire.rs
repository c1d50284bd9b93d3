//! A bucket on the wire: what a spec states of it as the API's document, and a live document in the shape of a spec.
//! Pure. Which call carries it is decided in `bucket`.

use serde_json::{Map, Value, json};

use super::bucket::{Autoclass, Bucket, PublicAccess, Rpo, Website};
use super::{Observed, Written, bucket_files, bucket_lifecycle, import, wire};
use crate::spec::formats::{BucketName, Duration, LabelKey, LabelValue, Location, StorageClass};

impl Bucket {
    /// The bucket on the wire: only what the spec states. A zero duration clears its policy.
    pub(super) fn encode(&self) -> Value {
        let mut body = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(key.to_owned(), value);
            }
        };
        put("name", Some(json!(self.name)));
        put("location", self.location.as_ref().map(|v| json!(v)));
        put("storageClass", self.storage_class.as_ref().map(|v| json!(v)));
        put("labels", self.labels.as_ref().map(|v| json!(v)));
        put("versioning", self.versioning.map(|on| json!({"enabled": on})));
        put("lifecycle", self.lifecycle.as_deref().map(bucket_lifecycle::encode));
        put("iamConfiguration", self.encode_access());
        let seconds = |d: &Duration| d.seconds().to_string();
        put(
            "softDeletePolicy",
            self.soft_delete.as_ref().map(|d| json!({"retentionDurationSeconds": seconds(d)})),
        );
        put(
            "retentionPolicy",
            self.retention_period.as_ref().map(|d| match d.seconds() {
                0 => Value::Null,
                period => json!({"retentionPeriod": period.to_string()}),
            }),
        );
        put("defaultEventBasedHold", self.default_event_based_hold.map(|on| json!(on)));
        put("billing", self.requester_pays.map(|on| json!({"requesterPays": on})));
        put("website", self.website.as_ref().map(|v| json!(v)));
        put("cors", self.cors.as_ref().map(|v| json!(v)));
        put("logging", self.logging.as_ref().map(|v| json!(v)));
        put("encryption", self.default_kms_key_name.as_ref().map(|key| json!({"defaultKmsKeyName": key})));
        put("rpo", self.rpo.map(|v| json!(v)));
        put("autoclass", self.autoclass.as_ref().map(|v| json!(v)));
        put("hierarchicalNamespace", self.hierarchical_namespace.map(|on| json!({"enabled": on})));
        put("customPlacementConfig", self.data_locations.as_ref().map(|v| json!({"dataLocations": v})));
        Value::Object(body)
    }

    fn encode_access(&self) -> Option<Value> {
        let uniform = self.uniform_access.map(|on| ("uniformBucketLevelAccess", json!({"enabled": on})));
        let public = self.public_access_prevention.map(|p| ("publicAccessPrevention", json!(p)));
        let members: Map<String, Value> =
            uniform.into_iter().chain(public).map(|(k, v)| (k.to_owned(), v)).collect();
        (!members.is_empty()).then_some(Value::Object(members))
    }
}

/// A live bucket, complete: absent members have the value the API means by leaving them out.
pub(super) fn decode(bucket: &Value, name: &str) -> Option<Bucket> {
    let labels = wire::map(bucket, "/labels").into_iter();
    let seconds = |pointer: &str| Duration::from_seconds(wire::number(bucket, pointer).unwrap_or_default());
    Some(Bucket {
        expires: None,
        name: BucketName::try_from(name).ok()?,
        location: wire::text(bucket, "/location").map(Location::from_trusted),
        storage_class: wire::text(bucket, "/storageClass").map(StorageClass::from_trusted),
        uniform_access: Some(wire::flag(bucket, "/iamConfiguration/uniformBucketLevelAccess/enabled")),
        public_access_prevention: Some(
            match wire::text(bucket, "/iamConfiguration/publicAccessPrevention").as_deref() {
                Some("enforced") => PublicAccess::Enforced,
                _ => PublicAccess::Inherited,
            },
        ),
        labels: Some(labels.map(|(k, v)| (LabelKey::from_trusted(k), LabelValue::from_trusted(v))).collect()),
        versioning: Some(wire::flag(bucket, "/versioning/enabled")),
        lifecycle: Some(bucket_lifecycle::decode(bucket)),
        soft_delete: Some(seconds("/softDeletePolicy/retentionDurationSeconds")),
        retention_period: Some(seconds("/retentionPolicy/retentionPeriod")),
        default_event_based_hold: Some(wire::flag(bucket, "/defaultEventBasedHold")),
        requester_pays: Some(wire::flag(bucket, "/billing/requesterPays")),
        website: wire::member(bucket, "/website").or_else(|| Some(Website::default())),
        cors: wire::member(bucket, "/cors").or_else(|| Some(Vec::new())),
        logging: wire::member(bucket, "/logging"),
        default_kms_key_name: wire::text(bucket, "/encryption/defaultKmsKeyName"),
        rpo: wire::member(bucket, "/rpo").or(Some(Rpo::Default)),
        autoclass: Some(decode_autoclass(bucket)),
        hierarchical_namespace: Some(wire::flag(bucket, "/hierarchicalNamespace/enabled")),
        data_locations: Some(wire::formatted(wire::texts(bucket, "/customPlacementConfig/dataLocations"))),
        files: None,
        on_destroy: None,
        objects: None,
    })
}

fn decode_autoclass(bucket: &Value) -> Autoclass {
    let terminal_storage_class =
        wire::text(bucket, "/autoclass/terminalStorageClass").map(StorageClass::from_trusted);
    Autoclass { enabled: wire::flag(bucket, "/autoclass/enabled"), terminal_storage_class }
}

/// A live bucket as a person would write it down. Of its objects, those that the course uploaded are a part of it; what others
/// put there is theirs.
pub(super) fn written(live: &Observed<Bucket>) -> Result<Written<Bucket>, String> {
    if wire::text(&live.wire, "/labels/provost-purpose").is_some() {
        return Err("Provost keeps its inventories in it".to_owned());
    }
    if is_googles(live.spec.name.as_str()) || import::is_googles(live.spec.labels.as_ref()) {
        return Err(import::GOOGLES_OWN.to_owned());
    }
    let (files, contents) = bucket_files::sources(live.spec.name.as_str(), live.spec.objects.as_ref());
    let spec = Bucket {
        location: import::place(live.spec.location.as_ref()),
        labels: import::labels(live.spec.labels.as_ref()),
        data_locations: live.spec.data_locations.as_ref().map(|all| places(all)),
        files,
        objects: None,
        ..live.spec.clone()
    };
    Ok(Written { contents, ..Written::of(spec).unsaid(unsaid()) })
}

fn places(all: &[Location]) -> Vec<Location> {
    all.iter().filter_map(|location| import::place(Some(location))).collect()
}

/// What the API gives a bucket about which nothing is said.
fn unsaid() -> Value {
    json!({
        "storageClass": "STANDARD",
        "publicAccessPrevention": PublicAccess::Inherited,
        "versioning": false,
        "softDelete": Duration::from_seconds(604_800),
        "retentionPeriod": Duration::from_seconds(0),
        "defaultEventBasedHold": false,
        "requesterPays": false,
        "rpo": Rpo::Default,
        "autoclass": {"enabled": false},
        "autoclass.terminalStorageClass": "NEARLINE",
        "hierarchicalNamespace": false,
    })
}

/// Buckets that App Engine, Cloud Build, Cloud Functions, Cloud Run and Dataproc make for themselves.
fn is_googles(name: &str) -> bool {
    name.ends_with(".appspot.com")
        || name.ends_with("_cloudbuild")
        || ["gcf-sources-", "gcf-v2-", "run-sources-", "dataproc-staging-", "dataproc-temp-"]
            .iter()
            .any(|begin| name.starts_with(begin))
}
