//! `Bucket`: a Cloud Storage bucket and the files uploaded to it.
//!
//! Oddities of the API: the name is global; location and classes come back upper-case; a label is removed by null; PATCH and
//! DELETE take the metageneration as precondition; an empty lifecycle disappears; `bucketPolicyOnly` mirrors uniform access;
//! a bucket is deleted only when it is empty, noncurrent versions included; numbers of 64 bits are text.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bucket_files::{self, FileSource, Files};
use super::bucket_lifecycle::{self, LifecycleRule};
use super::contract::{Ask, Facts, Finding, MarkPlace, Observation, Observed, OnDestroy, Resource, Update};
use super::ending::Ending;
use super::field::{Class, How, field, managed};
use super::governed::{Governed, Governs};
use super::handout::Handout;
use super::reads::Reads;
use super::yields::{Known, Yield, yields};
use super::{Scope, Written, ageing, bucket_end, bucket_objects, bucket_patch, bucket_wire, mark, wire};
use crate::gcp::call::Send;
use crate::gcp::{Call, Read, Request, Service, Verb, segment};
use crate::spec::formats::{BucketName, Duration, Expires, LabelKey, LabelValue, Location, StorageClass};
use crate::spec::{Pointer, Problem};

/// A bucket for a course's files, and files of the course folder that are uploaded to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bucket {
    /// Name of the bucket, unique in the whole world: 3 to 63 lower-case letters, digits, `-`, `_`, `.`.
    pub name: BucketName,
    /// Region (`europe-west9`), dual-region or multi-region (`EU`, `US`, `ASIA`). Default: the course's region. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Class of new objects: `STANDARD`, `NEARLINE`, `COLDLINE`, `ARCHIVE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<StorageClass>,
    /// Whether access is by IAM alone. Default: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniform_access: Option<bool>,
    /// `enforced` keeps the public out whatever is granted; `inherited` leaves it to the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_access_prevention: Option<PublicAccess>,
    /// Labels; the course's own are added. Labels written by others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "label-key" }))]
    pub labels: Option<BTreeMap<LabelKey, LabelValue>>,
    /// Whether replaced and deleted objects are kept as noncurrent versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versioning: Option<bool>,
    /// Rules that delete or move objects by age or state. The list is managed whole; `[]` removes all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub lifecycle: Option<Vec<LifecycleRule>>,
    /// How long deleted objects can be restored: `0s` for never, else `7d` to `90d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_delete: Option<Duration>,
    /// How long an object must be kept before it can be deleted. `0s` removes the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_period: Option<Duration>,
    /// Whether every new object is held until the hold is released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_event_based_hold: Option<bool>,
    /// Whether the project of whoever reads pays for the traffic, and not this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_pays: Option<bool>,
    /// The pages served when the bucket is a web site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<Website>,
    /// Which web pages of other sites may read it. The list is managed whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Vec<Cors>>,
    /// The bucket that receives the logs of access to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Key of your own that encrypts new objects: `projects/P/locations/L/keyRings/R/cryptoKeys/K`. Default: one of Google's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_kms_key_name: Option<String>,
    /// Replication speed of a dual- or multi-region: `DEFAULT` or `ASYNC_TURBO`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpo: Option<Rpo>,
    /// Whether objects move between classes by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoclass: Option<Autoclass>,
    /// Whether folders are real folders. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hierarchical_namespace: Option<bool>,
    /// The two regions of a dual-region. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 2))]
    pub data_locations: Option<Vec<Location>>,
    /// Files of the course folder to upload. Objects that others put there are left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileSource>>,
    /// What happens to a bucket with content when it is to go: `refuse` (default) does nothing and says how much it holds,
    /// `empty` (default with `expires`) deletes the content, `keep` leaves the bucket in place and stops managing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_destroy: Option<BucketEnd>,
    /// When it ends: `session`, `never` (default) or a point in time. Google then deletes its objects by their age, as a rule that Provost
    /// adds to `lifecycle` says, and `provost destroy --expired` deletes it with what it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// The files above, by object name, with the digests of their contents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub objects: Option<Files>,
}

/// Whether the public can be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PublicAccess {
    /// Never.
    Enforced,
    /// As the organisation says.
    Inherited,
}

/// What becomes of a bucket in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BucketEnd {
    /// A bucket with content is not deleted.
    Refuse,
    /// The content is deleted with it.
    Empty,
    /// It stays.
    Keep,
}

/// The pages of a web site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Website {
    /// The page that is served for a folder: `index.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_page_suffix: Option<String>,
    /// The page that is served for what does not exist: `404.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_found_page: Option<String>,
}

/// A rule for web pages of other sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cors {
    /// The sites whose pages may read it: `https://example.edu`, or `*` for all.
    #[serde(default)]
    pub origin: Vec<String>,
    /// The HTTP methods they may use: `[GET, HEAD]`.
    #[serde(default)]
    pub method: Vec<String>,
    /// The headers of an answer that a page may read: `[Content-Type]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_header: Vec<String>,
    /// How many seconds a browser may remember the answer to its question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
}

/// Where access logs go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Logging {
    /// The bucket that receives the logs; Google must be allowed to write to it.
    pub log_bucket: BucketName,
    /// What the names of the logs begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_object_prefix: Option<String>,
}

/// Replication speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rpo {
    /// Within hours.
    Default,
    /// Within 15 minutes.
    AsyncTurbo,
}

/// Moving objects between classes by their use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Autoclass {
    /// Whether objects move to colder classes by themselves when nobody reads them.
    pub enabled: bool,
    /// The coldest class: `NEARLINE` (default) or `ARCHIVE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal_storage_class: Option<StorageClass>,
}

const PATCH: How = How::InPlace("patch");

static FACTS: Facts = Facts {
    kind: "Bucket",
    service: Service::Storage,
    wire: "storage.Bucket",
    mark: MarkPlace::Labels,
    fields: &[
        field("name", Class::Identity),
        managed("location", "location", How::Replace("a bucket cannot be moved to another location")),
        managed(
            "customPlacementConfig.dataLocations",
            "dataLocations",
            How::Replace("the regions of a bucket cannot be changed"),
        ),
        managed(
            "hierarchicalNamespace.enabled",
            "hierarchicalNamespace",
            How::Replace("the namespace of a bucket cannot be changed"),
        ),
        managed("storageClass", "storageClass", PATCH),
        managed("iamConfiguration.uniformBucketLevelAccess.enabled", "uniformAccess", PATCH),
        field("iamConfiguration.uniformBucketLevelAccess.lockedTime", Class::OutputOnly),
        field(
            "iamConfiguration.bucketPolicyOnly",
            Class::Ignored("the old name of uniform access, kept equal by the server"),
        ),
        managed("iamConfiguration.publicAccessPrevention", "publicAccessPrevention", PATCH),
        managed("labels", "labels", PATCH),
        managed("versioning.enabled", "versioning", PATCH),
        managed("lifecycle", "lifecycle", PATCH),
        managed("softDeletePolicy.retentionDurationSeconds", "softDelete", PATCH),
        field("softDeletePolicy.effectiveTime", Class::OutputOnly),
        field("softDeletePolicy.hardDeletePause", Class::OutputOnly),
        managed("retentionPolicy.retentionPeriod", "retentionPeriod", PATCH),
        field("retentionPolicy.effectiveTime", Class::OutputOnly),
        field("retentionPolicy.isLocked", Class::Ignored("locking is for ever, and no course needs it")),
        managed("defaultEventBasedHold", "defaultEventBasedHold", PATCH),
        managed("billing.requesterPays", "requesterPays", PATCH),
        managed("website", "website", PATCH),
        managed("cors", "cors", PATCH),
        managed("logging", "logging", PATCH),
        managed("encryption.defaultKmsKeyName", "defaultKmsKeyName", PATCH),
        field("encryption.customerManagedEncryptionEnforcementConfig", Class::ServerDefault),
        field("encryption.customerSuppliedEncryptionEnforcementConfig", Class::ServerDefault),
        field("encryption.googleManagedEncryptionEnforcementConfig", Class::ServerDefault),
        managed("rpo", "rpo", PATCH),
        managed("autoclass.enabled", "autoclass.enabled", PATCH),
        managed("autoclass.terminalStorageClass", "autoclass.terminalStorageClass", PATCH),
        field("autoclass.terminalStorageClassUpdateTime", Class::OutputOnly),
        field("autoclass.toggleTime", Class::OutputOnly),
        field("acl", Class::Ignored("access is by IAM; lists of single permissions are the old way")),
        field(
            "defaultObjectAcl",
            Class::Ignored("access is by IAM; lists of single permissions are the old way"),
        ),
        field("ipFilter", Class::Ignored("no course filters addresses on a bucket")),
        field(
            "objectRetention",
            Class::Ignored("retention of single objects is set by those who write them"),
        ),
        field("metageneration", Class::Guard),
        field("etag", Class::Guard),
        field("id", Class::OutputOnly),
        field("kind", Class::OutputOnly),
        field("selfLink", Class::OutputOnly),
        field("projectNumber", Class::OutputOnly),
        field("generation", Class::OutputOnly),
        field("locationType", Class::OutputOnly),
        field("owner", Class::OutputOnly),
        field("satisfiesPZS", Class::OutputOnly),
        field("satisfiesPZI", Class::OutputOnly),
        field("timeCreated", Class::OutputOnly),
        field("updated", Class::OutputOnly),
        field("softDeleteTime", Class::OutputOnly),
        field("hardDeleteTime", Class::OutputOnly),
        managed("objects", "objects", How::InPlace("objects")),
    ],
    keyed: &["labels", "objects"],
    whole: &[],
    local: &["files", "onDestroy", "expires"],
};

const MASK: &str = "name,location,storageClass,labels,versioning,lifecycle,iamConfiguration,softDeletePolicy,retentionPolicy,defaultEventBasedHold,billing,website,cors,logging,encryption,rpo,autoclass,hierarchicalNamespace,customPlacementConfig,metageneration,timeCreated,updated";

impl Resource for Bucket {
    const FACTS: &'static Facts = &FACTS;
    const YIELDS: &'static [Yield] =
        &[yields("name", "its name", Known::Declared), yields("url", "its `gs://` address", Known::Declared)];

    fn declares(&self, _scope: &Scope) -> Vec<(&'static str, String)> {
        vec![("name", self.name.to_string()), ("url", format!("gs://{}", self.name))]
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let mut found = bucket_lifecycle::check(self.lifecycle.as_deref().unwrap_or_default());
        found.extend(bucket_end::check(self));
        found.extend(bucket_files::check(self.files.as_deref().unwrap_or_default(), scope));
        if self.location.is_none() && scope.region.is_none() {
            let problem =
                Problem::new("missing-location", "neither the bucket nor the course says where it is");
            found.push((
                Pointer::default(),
                problem.help("add `location: europe-west1`, or `region:` to the Course"),
            ));
        }
        let seconds = self.soft_delete.as_ref().map_or(0, Duration::seconds);
        if seconds != 0 && !(WEEK..=90 * DAY).contains(&seconds) {
            let problem = Problem::new("soft-delete", "the API takes 0, or 7 to 90 days");
            found.push((Pointer::from("softDelete"), problem.help("write `0s`, or `7d` to `90d`")));
        }
        found
    }

    fn governed(&self, scope: &Scope) -> Vec<Governs> {
        let place = self.location.as_ref().map(ToString::to_string).or_else(|| scope.region.clone());
        place.map(|place| ("location".into(), Governed::Place(place))).into_iter().collect()
    }

    fn fill(&mut self, scope: &Scope) {
        if let (None, Some(region)) = (&self.location, &scope.region) {
            self.location = Some(Location::from_trusted(region.as_str()));
        }
        self.uniform_access.get_or_insert(true);
        self.objects = self.files.as_ref().map(|sources| bucket_files::objects(sources, scope));
        let labels = self.labels.get_or_insert_default();
        for (key, value) in scope.marked_labels() {
            labels.entry(LabelKey::from_trusted(key)).or_insert(LabelValue::from_trusted(value));
        }
        bucket_end::label(self);
    }

    fn complete(&mut self, live: &Observed<Self>, _scope: &Scope) {
        bucket_end::complete(self, live);
    }

    fn ending(&self, _scope: &Scope) -> Ending {
        Ending::Slowly(ageing::told("objects", "bucket"))
    }

    fn normalise(&mut self, _scope: &Scope) {
        self.location = self.location.as_ref().map(|l| Location::from_trusted(l.as_str().to_uppercase()));
        self.storage_class = self.storage_class.as_ref().map(StorageClass::canonical);
        if let Some(rules) = &mut self.lifecycle {
            bucket_lifecycle::normalise(rules);
        }
        self.soft_delete = self.soft_delete.as_ref().map(Duration::canonical);
        self.retention_period = self.retention_period.as_ref().map(Duration::canonical);
        if let Some(regions) = &mut self.data_locations {
            *regions = regions.iter().map(|l| Location::from_trusted(l.as_str().to_uppercase())).collect();
            regions.sort();
        }
        if let Some(class) = self.autoclass.as_mut().and_then(|a| a.terminal_storage_class.as_mut()) {
            *class = class.canonical();
        }
    }

    fn claims(&self, _scope: &Scope) -> Vec<String> {
        Vec::new()
    }

    fn on_destroy(&self) -> OnDestroy {
        match self.on_destroy {
            Some(BucketEnd::Empty) => OnDestroy::Empty,
            Some(BucketEnd::Keep) => OnDestroy::Keep,
            None if bucket_end::empties(self) => OnDestroy::Empty,
            Some(BucketEnd::Refuse) | None => OnDestroy::Delete,
        }
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.expires)
    }

    fn handout(&self, _scope: &Scope) -> Handout {
        Handout::Bucket(format!("gs://{}", self.name))
    }

    fn resource(&self, _scope: &Scope) -> String {
        format!("b/{}", self.name)
    }

    fn reads(ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        let mut reads = vec![all(scope)];
        let wanted = ask.desired.as_ref().and_then(|d| d.objects.clone()).unwrap_or_default();
        if ask.leaving {
            reads.push(bucket_files::read_all(&ask.name));
        } else {
            reads.extend(bucket_files::read(
                &ask.name,
                &wanted,
                ask.owned.keys("objects").map(str::to_owned),
            ));
        }
        reads
    }

    /// What a bucket holds must be known before it is replaced.
    fn more_reads(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        bucket_objects::of_replaced(asks, reads.items(&all(scope)))
    }

    fn collections(scope: &Scope) -> Vec<Read> {
        vec![all(scope)]
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let buckets = reads.items(&all(scope)).iter();
        let listed: Vec<(String, Observed<Self>)> = buckets.filter_map(|b| observe(b, scope)).collect();
        let mut seen = wire::by_name(asks, listed);
        for (ask, live) in asks.iter().zip(&mut seen.found) {
            if let Some(live) = live {
                bucket_objects::look_inside(ask, live, reads);
            }
        }
        seen
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        let request = Request::new(Verb::Post, Service::Storage, "b")
            .query("project", scope.project.as_str())
            .query("projection", "noAcl")
            .json(&bucket_end::for_new(self, scope).encode());
        let mut calls = vec![Call::Send(Send::answered(request))];
        let uploads = self
            .objects
            .iter()
            .flatten()
            .filter_map(|(name, object)| bucket_objects::upload(self, name, object, scope, None));
        let uploads: Vec<Send> = uploads.collect();
        if !uploads.is_empty() {
            calls.push(Call::Each(uploads));
        }
        calls
    }

    fn change(via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        if via == "objects" {
            bucket_objects::calls(update, scope)
        } else {
            vec![bucket_patch::patch(update)]
        }
    }

    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        let bucket = live.spec.name.as_str();
        let versions = wire::list(&live.wire, "/objects").iter();
        let deletions =
            versions.filter_map(|o| Some((wire::text(o, "/name")?, wire::text(o, "/generation")?)));
        let deletions: Vec<Send> =
            deletions.map(|(name, g)| bucket_files::delete(bucket, &name, &g, true)).collect();
        let mut calls = Vec::new();
        if !deletions.is_empty() {
            calls.push(Call::Each(deletions));
        }
        // Not bound to the metageneration: grants on the bucket are taken back in the same run and move it. The bucket
        // must be empty, which is the precondition that matters.
        let request = Request::new(Verb::Delete, Service::Storage, format!("b/{}", segment(bucket)));
        calls.push(Call::Send(Send::answered(request).absent_is_done()));
        calls
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        vec![bucket_patch::release(live)]
    }

    fn written(live: &Observed<Self>, _reads: &Reads, _scope: &Scope) -> Result<Written<Self>, String> {
        bucket_wire::written(live)
    }
}

const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;

fn all(scope: &Scope) -> Read {
    let request = Request::get(Service::Storage, "b")
        .query("project", scope.project.as_str())
        .query("maxResults", "1000")
        .query("projection", "noAcl");
    Read::list(request.fields(&format!("items({MASK}),nextPageToken")), "items")
}

fn observe(bucket: &Value, scope: &Scope) -> Option<(String, Observed<Bucket>)> {
    let name = wire::text(bucket, "/name")?;
    let mut spec = bucket_wire::decode(bucket, &name)?;
    spec.normalise(scope);
    let mark = mark::in_labels(bucket);
    let resource = format!("b/{name}");
    Some((name, Observed::new(resource, spec, bucket.clone(), mark)))
}
