//! `Registry`: an Artifact Registry repository.
//!
//! Oddities of the API: create and delete answer an operation that is polled, PATCH is synchronous and takes its mask in
//! the query; there is no etag, so a guard re-reads before each write; `labels` and `cleanupPolicies` are replaced whole;
//! durations come back in seconds; repositories are listed per location, and `-` is not documented.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::cleanup::{self, CleanupPolicy};
use super::contract::{Ask, Facts, Finding, MarkPlace, Observation, Observed, Resource, Update};
use super::ending::Ending;
use super::field::{Class, How, field, managed, map_edit};
use super::governed::{Governed, Governs};
use super::handout::Handout;
use super::reads::Reads;
use super::yields::{Known, Yield, yields};
use super::{Scope, Written, ageing, import, mark, wire};
use crate::gcp::call::{Edit, Guard, Send, Wait};
use crate::gcp::{Call, Read, Request, Service, Splice, Verb};
use crate::spec::formats::{Expires, LabelKey, LabelValue, Location, RegistryId};
use crate::spec::{Pointer, Problem};

/// A repository for container images and packages: `LOCATION-docker.pkg.dev/PROJECT/NAME`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registry {
    /// Id of the repository. `gcr.io`, `us.gcr.io`, `eu.gcr.io` and `asia.gcr.io` serve the old addresses.
    pub name: RegistryId,
    /// Region (`europe-west1`) or multi-region (`europe`, `us`, `asia`). Default: the course's region. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What it holds. Default: `DOCKER`. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// What it does: `STANDARD_REPOSITORY` (default) holds what is pushed to it. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Key that encrypts it: `projects/P/locations/L/keyRings/R/cryptoKeys/K`. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_name: Option<String>,
    /// What the repository is for, as people read it in the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,
    /// Labels; the course's own are added. Labels written by others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "label-key" }))]
    pub labels: Option<BTreeMap<LabelKey, LabelValue>>,
    /// Whether a tag, once pushed, can no longer be moved to another image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_tags: Option<bool>,
    /// Whether cleanup policies only log what they would delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleanup_policy_dry_run: Option<bool>,
    /// Rules by id that delete old versions or keep recent ones. The list is managed whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleanup_policies: Option<BTreeMap<String, CleanupPolicy>>,
    /// Vulnerability scanning: `INHERITED` from the project, or `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vulnerability_scanning: Option<Scanning>,
    /// When it ends: `session`, `never` (default) or a point in time. Google then deletes its versions by their age, as a policy that
    /// Provost adds to `cleanupPolicies` says, and `provost destroy --expired` deletes it with its images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
}

/// What a repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Format {
    /// Container images.
    #[serde(alias = "docker")]
    Docker,
    /// Java packages.
    #[serde(alias = "maven")]
    Maven,
    /// Node packages.
    #[serde(alias = "npm")]
    Npm,
    /// Python packages.
    #[serde(alias = "python")]
    Python,
    /// Debian packages.
    #[serde(alias = "apt")]
    Apt,
    /// RPM packages.
    #[serde(alias = "yum")]
    Yum,
    /// Go modules.
    #[serde(alias = "go")]
    Go,
    /// Kubeflow pipelines.
    #[serde(alias = "kfp")]
    Kfp,
    /// Files of any kind.
    #[serde(alias = "generic")]
    Generic,
    /// Ruby gems.
    #[serde(alias = "ruby")]
    Ruby,
}

impl JsonSchema for Format {
    fn schema_name() -> Cow<'static, str> {
        "Format".into()
    }

    /// The API's words, and gcloud's, which are the same in lower case.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = ["DOCKER", "MAVEN", "NPM", "PYTHON", "APT", "YUM", "GO", "KFP", "GENERIC", "RUBY"];
        let lower = words.map(str::to_lowercase);
        let all: Vec<&str> = words.into_iter().chain(lower.iter().map(String::as_str)).collect();
        json_schema!({"type": "string", "enum": all})
    }
}

/// What a repository does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// It holds what is pushed to it.
    #[serde(rename = "STANDARD_REPOSITORY")]
    Standard,
}

/// Vulnerability scanning of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Scanning {
    /// As the project says.
    Inherited,
    /// Off.
    Disabled,
}

static FACTS: Facts = Facts {
    kind: "Registry",
    service: Service::ArtifactRegistry,
    wire: "artifactregistry.Repository",
    mark: MarkPlace::Labels,
    fields: &[
        managed("name", "location", How::Replace("a repository cannot be moved to another location")),
        managed("format", "format", How::Replace("the format of a repository cannot be changed")),
        managed("mode", "mode", How::Replace("the mode of a repository cannot be changed")),
        managed("kmsKeyName", "kmsKeyName", How::Replace("the key of a repository cannot be changed")),
        managed("description", "description", How::InPlace("patch")),
        managed("labels", "labels", How::InPlace("labels")),
        managed("dockerConfig.immutableTags", "immutableTags", How::InPlace("patch")),
        managed("cleanupPolicyDryRun", "cleanupPolicyDryRun", How::InPlace("patch")),
        managed("cleanupPolicies", "cleanupPolicies", How::InPlace("patch")),
        managed(
            "vulnerabilityScanningConfig.enablementConfig",
            "vulnerabilityScanning",
            How::InPlace("patch"),
        ),
        field("vulnerabilityScanningConfig.enablementState", Class::OutputOnly),
        field("vulnerabilityScanningConfig.enablementStateReason", Class::OutputOnly),
        field("vulnerabilityScanningConfig.lastEnableTime", Class::OutputOnly),
        field("mavenConfig", Class::Ignored("no course holds Maven snapshots")),
        field("virtualRepositoryConfig", Class::Ignored("only standard repositories are managed")),
        field("remoteRepositoryConfig", Class::Ignored("only standard repositories are managed")),
        field("platformLogsConfig", Class::ServerDefault),
        field("disallowUnspecifiedMode", Class::Ignored("the mode is always sent")),
        field("createTime", Class::OutputOnly),
        field("updateTime", Class::OutputOnly),
        field("sizeBytes", Class::OutputOnly),
        field("satisfiesPzs", Class::OutputOnly),
        field("satisfiesPzi", Class::OutputOnly),
        field("registryUri", Class::OutputOnly),
    ],
    keyed: &["labels"],
    whole: &["cleanupPolicies"],
    local: &["expires"],
};

const MASK: &str = "name,format,mode,kmsKeyName,description,labels,dockerConfig,cleanupPolicyDryRun,cleanupPolicies,vulnerabilityScanningConfig/enablementConfig,createTime,updateTime";

impl Resource for Registry {
    const FACTS: &'static Facts = &FACTS;
    const YIELDS: &'static [Yield] =
        &[yields("imagePath", "what names of images in it begin with", Known::Declared)];

    fn declares(&self, scope: &Scope) -> Vec<(&'static str, String)> {
        vec![("imagePath", self.image_path(scope))]
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn check(&self, scope: &Scope) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.location.is_none() && scope.region.is_none() {
            let problem =
                Problem::new("missing-location", "neither the registry nor the course says where it is");
            found.push((
                Pointer::default(),
                problem.help("add `location: europe-west1`, or `region:` to the Course"),
            ));
        }
        for (id, policy) in self.cleanup_policies.iter().flatten() {
            found.extend(cleanup::check(id, policy));
        }
        if self.immutable_tags.is_some() && !matches!(self.format, None | Some(Format::Docker)) {
            let problem =
                Problem::new("docker-only", "only Docker repositories have tags that can be immutable");
            found.push((Pointer::from("immutableTags"), problem.help("remove it")));
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
        self.format.get_or_insert(Format::Docker);
        self.mode.get_or_insert(Mode::Standard);
        let labels = self.labels.get_or_insert_default();
        for (key, value) in scope.marked_labels() {
            labels.entry(LabelKey::from_trusted(key)).or_insert(LabelValue::from_trusted(value));
        }
    }

    fn normalise(&mut self, _scope: &Scope) {
        self.location =
            self.location.as_ref().map(|l| Location::from_trusted(multi_region(&l.as_str().to_lowercase())));
        for policy in self.cleanup_policies.iter_mut().flat_map(|p| p.values_mut()) {
            cleanup::normalise(policy);
        }
    }

    fn complete(&mut self, live: &Observed<Self>, _scope: &Scope) {
        let there = live.spec.cleanup_policies.clone().unwrap_or_default();
        let made = wire::text(&live.wire, "/createTime").and_then(|time| time.parse().ok());
        let wanted = self.end().zip(made).map(|(end, made)| ageing::days(made, end));
        cleanup::complete(&mut self.cleanup_policies, &there, wanted);
    }

    fn ending(&self, _scope: &Scope) -> Ending {
        Ending::Slowly(ageing::told("images", "registry"))
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.expires)
    }

    /// Where things are pushed to.
    fn handout(&self, scope: &Scope) -> Handout {
        Handout::Registry(self.image_path(scope))
    }

    fn resource(&self, scope: &Scope) -> String {
        let location = self.location.as_ref().map_or("", |l| l.as_str());
        format!("projects/{}/locations/{location}/repositories/{}", scope.project, self.name)
    }

    fn reads(ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        let declared = ask.desired.as_ref().and_then(|d| d.location.as_ref()).map(|l| l.as_str().to_owned());
        let recorded = ask.resource.as_deref().and_then(location_of).map(str::to_owned);
        declared.into_iter().chain(recorded).map(|location| all(&location, scope)).collect()
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let mut wanted: Vec<Read> = asks.iter().flat_map(|ask| Self::reads(ask, scope)).collect();
        wanted.sort();
        wanted.dedup();
        let listed = wanted.iter().flat_map(|read| reads.items(read)).filter_map(|r| observe(r, scope));
        wire::by_name(asks, listed.collect())
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        let resource = self.resource(scope);
        let parent = resource.rsplit_once('/').map_or("", |(parent, _)| parent);
        let request = Request::new(Verb::Post, Service::ArtifactRegistry, format!("v1/{parent}"))
            .query("repositoryId", self.name.as_str())
            .json(&self.for_new(scope).encode());
        vec![Call::Send(Send::long_running(request))]
    }

    fn change(via: &str, update: &Update<'_, Self>, _scope: &Scope) -> Vec<Call> {
        let work = if via == "labels" { label_edit(update) } else { patch(update) };
        vec![guard(update.live), work]
    }

    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        let request = Request::new(Verb::Delete, Service::ArtifactRegistry, format!("v1/{}", live.resource));
        vec![guard(live), Call::Send(Send::long_running(request).absent_is_done())]
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        let unset = vec![mark::MANAGED_BY.to_owned(), mark::COURSE.to_owned()];
        let mut calls = vec![edit_labels(&live.resource, Map::new(), unset)];
        calls.extend(unend(live));
        calls
    }

    /// Repositories are listed per location, and there is no list of those that hold some.
    fn import_reads(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        let places = locations(reads, scope);
        let known = asks.iter().flat_map(|ask| Self::reads(ask, scope));
        let everywhere = places.iter().map(|location| all(location, scope));
        std::iter::once(all_locations(scope)).chain(everywhere).chain(known).collect()
    }

    fn imports(_asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<Self>)> {
        let lists = locations(reads, scope).into_iter().map(|location| all(&location, scope));
        lists.flat_map(|list| reads.items(&list).iter().filter_map(|r| observe(r, scope))).collect()
    }

    fn written(live: &Observed<Self>, _reads: &Reads, _scope: &Scope) -> Result<Written<Self>, String> {
        if import::is_googles(live.spec.labels.as_ref()) {
            return Err(import::GOOGLES_OWN.to_owned());
        }
        if let Some(mode) = wire::text(&live.wire, "/mode").filter(|mode| mode != "STANDARD_REPOSITORY") {
            return Err(format!("no spec can say that it is a {mode}"));
        }
        let labels = import::labels(live.spec.labels.as_ref());
        let unsaid = json!({
            "immutableTags": false, "cleanupPolicyDryRun": false, "vulnerabilityScanning": Scanning::Inherited,
        });
        Ok(Written::of(Self { labels, ..live.spec.clone() }).unsaid(unsaid))
    }
}

impl Registry {
    /// What names of images in it begin with. A repository called like a host of Container Registry answers under that host.
    fn image_path(&self, scope: &Scope) -> String {
        let (project, name) = (&scope.project, self.name.as_str());
        if name.ends_with("gcr.io") {
            return format!("{name}/{project}");
        }
        let location = self.location.as_ref().map_or("", |l| l.as_str());
        let format = serde_json::to_value(self.format.unwrap_or(Format::Docker)).unwrap_or_default();
        let format = format.as_str().unwrap_or_default().to_lowercase();
        format!("{location}-{format}.pkg.dev/{project}/{name}")
    }

    fn end(&self) -> Option<Timestamp> {
        self.expires.as_ref()?.at()
    }

    /// A repository to be made, with the policy by which it empties.
    fn for_new(&self, scope: &Scope) -> Self {
        let mut new = self.clone();
        let wanted = self.end().map(|end| ageing::days(scope.now, end));
        cleanup::complete(&mut new.cleanup_policies, &BTreeMap::new(), wanted);
        new
    }

    fn encode(&self) -> Value {
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| {
            if !value.is_null() {
                body.insert(key.to_owned(), value);
            }
        };
        put("format", json!(self.format));
        put("mode", json!(self.mode));
        put("kmsKeyName", json!(self.kms_key_name));
        put("description", json!(self.description));
        put("labels", json!(self.labels));
        put("cleanupPolicyDryRun", json!(self.cleanup_policy_dry_run));
        put("cleanupPolicies", cleanup::encode(self.cleanup_policies.as_ref()));
        put("dockerConfig", self.immutable_tags.map_or(Value::Null, |on| json!({"immutableTags": on})));
        put(
            "vulnerabilityScanningConfig",
            self.vulnerability_scanning.map_or(Value::Null, |s| json!({"enablementConfig": s})),
        );
        Value::Object(body)
    }
}

/// `eu` and `us`, as other services write them, mean the multi-regions this API calls `europe` and `us`.
fn multi_region(location: &str) -> &str {
    match location {
        "eu" => "europe",
        other => other,
    }
}

fn location_of(resource: &str) -> Option<&str> {
    resource.split('/').nth(3)
}

fn all(location: &str, scope: &Scope) -> Read {
    let path = format!("v1/projects/{}/locations/{location}/repositories", scope.project);
    let request = Request::get(Service::ArtifactRegistry, path).query("pageSize", "1000");
    Read::list(request.fields(&format!("repositories({MASK}),nextPageToken")), "repositories")
}

fn all_locations(scope: &Scope) -> Read {
    let path = format!("v1/projects/{}/locations", scope.project);
    let request = Request::get(Service::ArtifactRegistry, path).query("pageSize", "100");
    Read::list(request.fields("locations/locationId,nextPageToken"), "locations")
}

fn locations(reads: &Reads, scope: &Scope) -> Vec<String> {
    let known = reads.items(&all_locations(scope)).iter();
    known.filter_map(|location| wire::text(location, "/locationId")).collect()
}

fn guard(live: &Observed<Registry>) -> Call {
    let read = Request::get(Service::ArtifactRegistry, format!("v1/{}", live.resource)).fields(MASK);
    let seen = [
        "/createTime",
        "/description",
        "/cleanupPolicies",
        "/cleanupPolicyDryRun",
        "/dockerConfig",
        "/vulnerabilityScanningConfig",
    ];
    Call::Guard(Guard::over(read, &live.wire, &seen))
}

fn observe(repository: &Value, scope: &Scope) -> Option<(String, Observed<Registry>)> {
    let resource = wire::text(repository, "/name")?;
    let name = wire::last(&resource).to_owned();
    let mut spec = decode(repository, &name, location_of(&resource)?)?;
    spec.normalise(scope);
    let mark = mark::in_labels(repository);
    Some((name, Observed::new(resource, spec, repository.clone(), mark)))
}

fn decode(repository: &Value, name: &str, location: &str) -> Option<Registry> {
    let labels = wire::map(repository, "/labels").into_iter();
    Some(Registry {
        expires: None,
        name: RegistryId::try_from(name).ok()?,
        location: Some(Location::from_trusted(location)),
        format: wire::member(repository, "/format"),
        mode: Some(Mode::Standard),
        kms_key_name: wire::text(repository, "/kmsKeyName"),
        description: Some(wire::text_or_empty(repository, "/description")),
        labels: Some(labels.map(|(k, v)| (LabelKey::from_trusted(k), LabelValue::from_trusted(v))).collect()),
        immutable_tags: Some(wire::flag(repository, "/dockerConfig/immutableTags")),
        cleanup_policy_dry_run: Some(wire::flag(repository, "/cleanupPolicyDryRun")),
        cleanup_policies: Some(cleanup::decode(repository)),
        vulnerability_scanning: wire::member(repository, "/vulnerabilityScanningConfig/enablementConfig")
            .or(Some(Scanning::Inherited)),
    })
}

fn patch(update: &Update<'_, Registry>) -> Call {
    let encoded = update.desired.encode();
    let members = [
        ("description", "description"),
        ("immutableTags", "dockerConfig"),
        ("cleanupPolicyDryRun", "cleanupPolicyDryRun"),
        ("cleanupPolicies", "cleanupPolicies"),
        ("vulnerabilityScanning", "vulnerabilityScanningConfig"),
    ];
    let changed: Vec<&str> =
        members.iter().filter(|(spec, _)| update.changes(spec)).map(|(_, wire)| *wire).collect();
    let body: Map<String, Value> =
        changed.iter().filter_map(|key| Some(((*key).to_owned(), encoded.get(*key)?.clone()))).collect();
    let request =
        Request::new(Verb::Patch, Service::ArtifactRegistry, format!("v1/{}", update.live.resource))
            .query("updateMask", changed.join(","))
            .json(&Value::Object(body));
    Call::Send(Send::answered(request))
}

fn label_edit(update: &Update<'_, Registry>) -> Call {
    let (set, unset) = map_edit(update.fields, "labels");
    edit_labels(&update.live.resource, set, unset)
}

/// Takes off the policy by which it would empty.
fn unend(live: &Observed<Registry>) -> Option<Call> {
    let mut policies = live.spec.cleanup_policies.clone()?;
    policies.remove(cleanup::END)?;
    let request = Request::new(Verb::Patch, Service::ArtifactRegistry, format!("v1/{}", live.resource))
        .query("updateMask", "cleanupPolicies")
        .json(&json!({"cleanupPolicies": cleanup::encode(Some(&policies))}));
    Some(Call::Send(Send::answered(request)))
}

/// The mask `labels` replaces the whole map, so the labels of others are read and written back.
fn edit_labels(resource: &str, set: Map<String, Value>, unset: Vec<String>) -> Call {
    let path = format!("v1/{resource}");
    Call::Edit(Edit {
        read: Request::get(Service::ArtifactRegistry, path.clone()).fields("labels"),
        write: Request::new(Verb::Patch, Service::ArtifactRegistry, path).query("updateMask", "labels"),
        splices: vec![Splice::Map { from: "/labels".into(), to: "/labels".into(), set, unset }],
        skip_if_same: false,
        wait: Wait::Answer,
        fuse: None,
    })
}
