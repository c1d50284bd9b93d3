//! The contract of every kind: its table against Google's own description of the resource, against its spec, and against
//! the calls it makes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use provost::gcp::upload::md5_of;
use provost::kinds::checked::Checked;
use provost::kinds::{
    Class, FieldChange, FieldPath, Files, How, Kind, KindRegistry, LocalFile, Observed, Scope, schema,
};
use provost::spec::{folder, load};
use serde_json::{Value, json};

/// What the sandbox is built with: Google's description of each service.
const SURFACES: [(&str, &str); 7] = [
    ("artifactregistry", include_str!("../src/sandbox/surface/artifactregistry.v1.json")),
    ("cloudresourcemanager", include_str!("../src/sandbox/surface/cloudresourcemanager.v1.json")),
    ("compute", include_str!("../src/sandbox/surface/compute.v1.json")),
    ("iam", include_str!("../src/sandbox/surface/iam.v1.json")),
    ("run", include_str!("../src/sandbox/surface/run.v2.json")),
    ("serviceusage", include_str!("../src/sandbox/surface/serviceusage.v1.json")),
    ("storage", include_str!("../src/sandbox/surface/storage.v1.json")),
];
/// Rows that stand for no member of the resource: the objects of a bucket are resources of their own.
const PSEUDO: [(&str, &str); 1] = [("Bucket", "objects")];
/// Managed values that are made from other fields of the spec, and so are not in its schema.
const DERIVED: [(&str, &str); 6] = [
    ("Bucket", "objects"),
    ("IamGrant", "grants"),
    ("RunService", "serving"),
    ("RunService", "traffic"),
    ("WorkloadIdentity", "state"),
    ("WorkloadIdentity", "providerState"),
];
/// Resources that a kind reads together with its own: a member of its wire document, and what that is to the API.
const PARTS: [(&str, &str, &str); 1] = [("WorkloadIdentity", "provider", "WorkloadIdentityPoolProvider")];
/// The table of machines is shared: each of the two kinds has a field that the other has not.
const OTHER_MACHINE: [(&str, &str); 2] = [("Vm", "containers"), ("ContainerVm", "startupScript")];

/// The schemas of the service that a kind's wire resource belongs to, and that resource's name.
fn surface(kind: &dyn Kind) -> (BTreeMap<String, Value>, &'static str) {
    let (service, resource) = kind.facts().wire.split_once('.').unwrap();
    let (_, text) = SURFACES.iter().find(|(name, _)| *name == service).unwrap();
    let mut surface: Value = serde_json::from_str(text).unwrap();
    for (_, member, part) in PARTS.iter().filter(|(of, ..)| *of == kind.facts().kind) {
        surface["schemas"][resource]["properties"][member] = json!({ "$ref": part });
    }
    (serde_json::from_value(surface["schemas"].clone()).unwrap(), resource)
}

/// The members of a schema, behind references and lists, by the name under which a row knows them (`disks[]`).
fn members<'a>(schemas: &'a BTreeMap<String, Value>, schema: &'a Value) -> BTreeMap<String, &'a Value> {
    let schema = schema["$ref"].as_str().map_or(schema, |name| &schemas[name]);
    let named = |(name, member): (&String, &'a Value)| match member.get("items") {
        Some(items) if items.get("$ref").is_some() || items.get("properties").is_some() => {
            (format!("{name}[]"), items)
        }
        _ => (name.clone(), member),
    };
    schema["properties"].as_object().into_iter().flatten().map(named).collect()
}

struct Walk<'a> {
    schemas: &'a BTreeMap<String, Value>,
    rows: BTreeSet<&'static str>,
    wrong: Vec<String>,
}

impl Walk<'_> {
    /// Classifies everything below a path. `covered`: whether a row above speaks for what no row names.
    fn below(&mut self, path: &str, schema: &Value, covered: bool) {
        for (name, member) in members(self.schemas, schema) {
            let path = if path.is_empty() { name } else { format!("{path}.{name}") };
            let deeper = self.rows.iter().any(|row| row.starts_with(&format!("{path}.")));
            // A list is named with and without its brackets.
            let own = self.rows.contains(path.as_str()) || self.rows.contains(path.trim_end_matches("[]"));
            if deeper {
                self.below(&path, member, covered || own);
            } else if !own && !covered {
                self.wrong.push(path);
            }
        }
    }
}

fn every_kind() -> Vec<&'static dyn Kind> {
    KindRegistry::standard().iter().collect()
}

#[test]
fn every_member_of_a_resource_is_classified() {
    for kind in every_kind() {
        let (schemas, resource) = surface(kind);
        let rows = kind.facts().fields.iter().map(|field| field.wire).collect();
        let mut walk = Walk { schemas: &schemas, rows, wrong: Vec::new() };
        walk.below("", &schemas[resource], false);
        assert_eq!(walk.wrong, [] as [&str; 0], "{} does not say what these are", kind.facts().kind);
    }
}

#[test]
fn every_row_names_a_member_that_the_api_has() {
    for kind in every_kind() {
        let (schemas, resource) = surface(kind);
        let facts = kind.facts();
        for row in facts.fields.iter().filter(|row| !PSEUDO.contains(&(facts.kind, row.wire))) {
            let mut at = &schemas[resource];
            for part in row.wire.split('.') {
                let all = members(&schemas, at);
                let found = all.get(part).or_else(|| all.get(&format!("{part}[]")));
                at = found.unwrap_or_else(|| panic!("{}: the API has no {}", facts.kind, row.wire));
            }
        }
    }
}

#[test]
fn no_member_is_classified_twice() {
    for kind in every_kind() {
        let mut seen: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
        for row in kind.facts().fields {
            seen.entry(row.wire).or_default().push(managed(row));
        }
        for (wire, specs) in seen {
            // Several fields of the spec may share a member: all metadata is one list.
            let distinct: BTreeSet<Option<&str>> = specs.iter().copied().collect();
            let fine = specs.len() == 1 || (distinct.len() == specs.len() && !specs.contains(&None));
            assert!(fine, "{} classifies {wire} twice", kind.facts().kind);
        }
    }
}

#[test]
fn every_field_of_a_spec_is_managed_local_or_the_name() {
    for kind in every_kind() {
        let facts = kind.facts();
        let published = schema::published(facts.kind, &schema::strict(kind));
        let managed: BTreeSet<&str> = facts.fields.iter().filter_map(managed).collect();
        for (name, field) in published["properties"].as_object().unwrap() {
            let own = managed.contains(name.as_str()) || facts.local.contains(&name.as_str());
            let parts: Vec<&str> =
                managed.iter().filter_map(|spec| spec.strip_prefix(&format!("{name}."))).collect();
            let of_every_kind = ["kind", "name", "forEach", "when", schema::PROJECT];
            let known = own || !parts.is_empty() || of_every_kind.contains(&name.as_str());
            assert!(known, "{} does not manage {name}", facts.kind);
            if !own && !parts.is_empty() {
                let fields = fields_of(&published, field);
                let missing: Vec<&String> = fields.iter().filter(|f| !parts.contains(&f.as_str())).collect();
                assert!(missing.is_empty(), "{} does not manage {missing:?} of {name}", facts.kind);
            }
        }
        let all = published["properties"].as_object().unwrap();
        for spec in managed {
            let root = spec.split('.').next().unwrap();
            let excused =
                DERIVED.contains(&(facts.kind, root)) || OTHER_MACHINE.contains(&(facts.kind, root));
            assert!(all.contains_key(root) || excused, "no spec of {} has {spec}", facts.kind);
        }
    }
}

fn managed(field: &provost::kinds::Field) -> Option<&'static str> {
    if let Class::Managed { spec, .. } = field.class { Some(spec) } else { None }
}

/// The names of the fields of an object in a published schema.
fn fields_of(schema: &Value, field: &Value) -> Vec<String> {
    let reference = field["$ref"].as_str().or_else(|| field["allOf"][0]["$ref"].as_str());
    let target = reference.and_then(|r| schema.pointer(r.trim_start_matches('#'))).unwrap_or(field);
    target["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

#[test]
fn keyed_whole_and_local_fields_are_fields_of_the_spec() {
    for kind in every_kind() {
        let (facts, schema) = (kind.facts(), schema::strict(kind));
        for path in facts.keyed.iter().chain(facts.whole).chain(facts.local) {
            let root = path.split('.').next().unwrap();
            let known = schema["properties"].get(root).is_some() || DERIVED.contains(&(facts.kind, path));
            assert!(known, "no spec of {} has {path}", facts.kind);
        }
    }
}

fn scope() -> Scope {
    let file = LocalFile { md5: md5_of(b"x"), size: 1, text: Some("x".into()) };
    Scope {
        course: "be".into(),
        project: "class-2526".into(),
        region: Some("europe-west1".into()),
        zones: vec!["europe-west1-b".into()],
        files: Files(BTreeMap::from([("a.txt".to_owned(), file)])),
        ..Scope::default()
    }
}

/// A spec of the kind with every field whose call needs a value, in forms that are not the normal ones.
fn sample(kind: &str) -> Value {
    let machine = json!({"name": "m", "machineType": "N1-standard-1", "tags": ["b", "a"], "desiredStatus": "TERMINATED",
        "bootDisk": {"sizeGb": "50GB", "autoDelete": true}, "scopes": ["storage-rw", "logging-write"], "network": "global/networks/x",
        "shielded": {"vtpm": true}, "onHostMaintenance": "MIGRATE", "minCpuPlatform": "automatic"});
    let with = |key: &str, value: Value| {
        let mut spec = machine.clone();
        spec[key] = value;
        spec
    };
    match kind {
        "ApiServices" => json!({"name": "apis", "services": ["run.googleapis.com", "iam.googleapis.com"]}),
        "ServiceAccount" => json!({"name": "ci-bot", "displayName": "CI", "description": "x"}),
        "WorkloadIdentity" => json!({"name": "github", "repository": "a/b", "description": "x"}),
        "IamGrant" => {
            json!({"name": "g", "on": "project", "roles": ["roles/viewer"], "members": ["user:B@x.edu", "user:a@x.edu"]})
        }
        "Bucket" => {
            json!({"name": "box", "location": "eu", "softDelete": "30d", "files": [{"from": "a.txt"}]})
        }
        "Registry" => {
            json!({"name": "images", "location": "EU", "cleanupPolicies": {"old": {"action": "DELETE", "condition": {"olderThan": "30d"}}}})
        }
        "FirewallRule" => {
            json!({"name": "web", "description": "x", "allow": ["TCP:80,443"], "sourceRanges": ["1.2.3.4"]})
        }
        "Vm" => with("startupScript", json!({"file": "a.txt"})),
        "ContainerVm" => with("containers", json!([{"image": "nginx:1", "ports": ["80"]}])),
        "RunService" => {
            json!({"name": "api", "image": "nginx:1", "cpu": 1, "memory": "1024Mi", "timeout": "5m", "public": true, "ingress": "all",
                "description": "x", "serviceAccount": "runner", "secretEnv": {"TOKEN": {"secret": "t"}}})
        }
        other => panic!("no sample of {other}"),
    }
}

fn wire(kind: &str) -> Value {
    let on = "projects/p/zones/europe-west1-b/disks/m";
    match kind {
        "Vm" | "ContainerVm" => {
            json!({"id": "1", "status": "RUNNING", "disks": [{"boot": true, "source": on, "deviceName": "d"}]})
        }
        _ => json!({"metageneration": "1"}),
    }
}

/// A change of a field, in the form that the comparison gives it.
fn change_of(spec: &str) -> FieldChange {
    let path = FieldPath(spec.split('.').map(str::to_owned).collect());
    let (before, after) = (json!(["x"]), json!(["run.googleapis.com"]));
    match spec {
        "objects" => FieldChange { path: path.child("a.txt"), before: Value::Null, after: json!({}) },
        "labels" | "metadata" => {
            FieldChange { path: path.child("k"), before: Value::Null, after: json!("v") }
        }
        _ => FieldChange { path, before, after },
    }
}

#[test]
fn every_way_of_changing_a_field_is_a_call() {
    for kind in every_kind() {
        let (facts, scope) = (kind.facts(), scope());
        let desired = kind.desire(&sample(facts.kind), &scope).unwrap();
        let live = Observed::new(desired.resource.clone(), desired.value.clone(), wire(facts.kind), None);
        for row in facts.fields {
            let (Some(via), Some(spec)) = (row.via(), managed(row)) else { continue };
            // What differs in a grant is told by its roles and members, not by the change.
            let mut live = live.clone();
            if facts.kind == "IamGrant" {
                live.spec["grants"] = json!([]);
            }
            let changes = [change_of(spec)];
            let calls = kind.change(via, &desired.value, &live, &changes, &scope).unwrap();
            assert!(!calls.is_empty(), "{}: {via} changes nothing", facts.kind);
        }
    }
}

#[test]
fn what_is_filled_in_and_normalised_stays_as_it_is() {
    for kind in every_kind() {
        let once = kind.desire(&sample(kind.facts().kind), &scope()).unwrap();
        let twice = kind.desire(&once.value, &scope()).unwrap();
        assert_eq!(once.value, twice.value);
        assert_ne!(once.value, sample(kind.facts().kind), "the sample is in normal form already");
    }
}

#[test]
fn every_resource_of_the_courses_is_in_its_normal_form() {
    let registry = KindRegistry::standard();
    let mut count = 0;
    for course in fs_err::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs")).unwrap() {
        let path = course.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let (root, texts) = load::texts(&path).unwrap();
        let folder = folder::read(texts, &registry.names(), &schema::strict_course());
        let mut files = Files::default();
        load::files(&root, &folder.specs, |file| {
            let text = String::from_utf8(file.content.clone()).ok();
            files.0.insert(file.path, LocalFile { md5: md5_of(&file.content), size: 1, text });
        })
        .unwrap();
        let checked = Checked::of(&registry, folder, files);
        assert!(checked.is_sound(), "{}: {:?}", path.display(), checked.diagnostics);
        for resource in &checked.desired {
            let again = resource.kind.desire(&resource.resolved.value, &checked.scope).unwrap();
            assert_eq!(again.value, resource.resolved.value, "{}", resource.address);
            count += 1;
        }
    }
    assert!(count > 20, "{count} resources");
}

/// Every field of a schema, with its place and what is said about it.
fn documented(at: &str, schema: &Value, found: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        let about = field["description"].as_str().unwrap_or_default();
        if about.is_empty() || !about.trim_end().ends_with(['.', ')']) {
            found.push(format!("{at}: `{about}`"));
        }
        documented(&at, field, found);
    }
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            documented(&format!("{at}[]"), &schema[inner], found);
        }
    }
    for (name, definition) in schema["definitions"].as_object().into_iter().flatten() {
        documented(name, definition, found);
    }
}

#[test]
fn every_field_says_what_it_is_and_every_refusal_why() {
    for kind in every_kind() {
        let (facts, mut found) = (kind.facts(), Vec::new());
        documented(facts.kind, &schema::strict(kind), &mut found);
        assert_eq!(found, [] as [&str; 0], "not documented");
        for row in facts.fields {
            let (Class::Ignored(why) | Class::Managed { how: How::Replace(why) | How::Grow(_, why), .. }) =
                row.class
            else {
                continue;
            };
            assert!(why.len() > 10 && !why.ends_with('.'), "{} {}: `{why}`", facts.kind, row.wire);
        }
    }
}
