//! The published schemas: current, valid draft-07, worth hovering over, and of one meaning with the shape check.
//! An independent validator judges them; nothing here trusts our own reading of a schema but where the two are compared.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use provost::kinds::{Checked, Files, KindRegistry, schema};
use provost::sandbox::Faults;
use provost::spec::{ExpandedSpec, SourceId, Span, check_shape, folder, load, yaml};
use serde_json::{Map, Value, json};

const EXPRESSION: &str = "{{ vars.x }}";

fn all() -> Vec<(String, Value)> {
    schema::all(&KindRegistry::standard())
}

/// These, that of overlays, and those that are no spec's.
fn published() -> Vec<(String, Value)> {
    let mut all = all();
    all.push(("overlay.json".to_owned(), schema::overlay(&KindRegistry::standard())));
    all.push(("faults.json".to_owned(), Faults::schema()));
    all.extend(provost::report::json::schemas());
    all.push(("plan-file.json".to_owned(), provost::saved::schema()));
    all
}

fn validators() -> BTreeMap<String, Validator> {
    let validator = |schema: &Value| jsonschema::draft7::new(schema).expect("a valid schema");
    all()
        .iter()
        .map(|(file, schema)| (file.trim_end_matches(".json").to_owned(), validator(schema)))
        .collect()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents of every YAML file of the fixtures and the worked courses, without what is laid over them.
fn documents() -> Vec<(PathBuf, Value)> {
    let (_, documents) = everything().into_iter().partition(is_laid_over);
    documents
}

fn is_laid_over((path, _): &(PathBuf, Value)) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("overlays"))
}

fn everything() -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for root in ["tests/fixtures", "specs"] {
        collect(&repository().join(root), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Value)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            let text = std::fs::read_to_string(&path).expect("a text");
            let nodes = yaml::documents(SourceId(0), &text).0;
            let values: Vec<Value> = nodes.iter().map(provost::spec::node::Node::to_value).collect();
            found.extend(
                values.into_iter().filter(|v| v.get("kind").is_some()).map(|value| (path.clone(), value)),
            );
        }
    }
}

/// The specs of the rich fixture with every expression expanded.
fn expanded() -> Vec<ExpandedSpec> {
    let registry = KindRegistry::standard();
    let (_, texts) = load::texts(&repository().join("tests/fixtures/rich")).expect("a folder");
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    assert_eq!(folder.diagnostics, []);
    folder.specs
}

#[test]
fn checked_in_schemas_are_the_generated_ones() {
    let folder = repository().join("schemas");
    let there: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let wanted: BTreeSet<String> = published().into_iter().map(|(file, _)| file).collect();
    assert_eq!(there, wanted);
    for (file, schema) in published() {
        let text = std::fs::read_to_string(folder.join(&file)).expect("a text");
        assert!(text == format!("{schema:#}\n"), "{file}: run `provost schema --out schemas`");
    }
}

#[test]
fn every_schema_is_draft_07_and_names_no_format_of_ours() {
    for (file, schema) in published() {
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#", "{file}");
        assert!(jsonschema::draft7::meta::is_valid(&schema), "{file}");
        walk(&schema, &mut |node| {
            let format = node.get("format").and_then(Value::as_str);
            assert_eq!(format, None, "{file}: {node}");
        });
    }
}

#[test]
fn valid_documents_are_valid_to_their_own_schema_and_to_that_of_a_file() {
    let validators = validators();
    let documents = documents();
    assert!(documents.len() > 10);
    for (path, document) in documents {
        let kind = document["kind"].as_str().expect("a kind");
        for name in [kind, "provost"] {
            let errors: Vec<String> = validators[name]
                .iter_errors(&document)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{} by {name}", path.display());
        }
    }
}

#[test]
fn wrong_documents_are_refused() {
    let validators = validators();
    let rows = [
        json!({}),
        json!({"kind": "Database", "name": "x"}),
        json!({"kind": "Course", "name": "x"}),
        json!({"kind": "Course", "name": "x", "project": "p", "zones": "{{ vars.zones }}"}),
        json!({"kind": "FirewallRule", "name": "x", "alow": []}),
        json!({"kind": "FirewallRule", "name": "x", "priority": 70000}),
        json!({"kind": "FirewallRule", "name": "x", "priority": "high"}),
        json!({"kind": "FirewallRule", "name": "x", "direction": "UP"}),
        json!({"kind": "FirewallRule", "name": null}),
        json!({"kind": "Vm", "name": "x"}),
        json!({"kind": "Vm", "name": "x", "machineType": "e2-medium", "sizeGb": 5}),
        json!({"kind": "Vm", "name": "x", "machineType": "e2-medium", "bootDisk": {"sizeGb": 5}}),
        json!({"kind": "ContainerVm", "name": "x", "machineType": "e2-medium"}),
        json!({"kind": "ContainerVm", "name": "x", "machineType": "e2-medium", "containers": []}),
        json!({"kind": "ContainerVm", "name": "x", "machineType": "e2-medium", "containers": [{}]}),
        json!({"kind": "IamGrant", "name": "x", "on": {"bucket": "a", "vm": "b"}, "roles": ["r"], "members": ["m"]}),
        json!({"kind": "IamGrant", "name": "x", "on": "project", "roles": [], "members": ["m"]}),
        json!({"kind": "IamGrant", "name": "x", "on": "project", "roles": ["r"], "members": ["m"], "grants": []}),
        json!({"kind": "Bucket", "name": "x", "objects": {}}),
        json!({"kind": "Bucket", "name": "x", "lifecycle": [{"action": "Delete", "condition": {}}]}),
        json!({"kind": "Registry", "name": "x", "format": "dockr"}),
        json!({"kind": "ApiServices", "name": "x", "services": "compute.googleapis.com"}),
        json!({"kind": "ServiceAccount", "name": "x", "disabled": "yes"}),
    ];
    for row in rows {
        assert!(!validators["provost"].is_valid(&row), "{row}");
        if let Some(own) = row["kind"].as_str().and_then(|kind| validators.get(kind)) {
            assert!(!own.is_valid(&row), "{row}");
        }
    }
}

#[test]
fn every_field_says_what_it_is() {
    for (file, schema) in published() {
        walk(&schema, &mut |node| {
            for (name, field) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
                // In a condition of `if` a property is a test and not a field.
                if field.as_object().is_some_and(|field| field.keys().all(|key| key == "const")) {
                    continue;
                }
                let about = field.get("description").and_then(Value::as_str).unwrap_or_default();
                assert!(about.split_whitespace().count() >= 3, "{file}: `{name}` says `{about}`");
                assert!(about.ends_with(['.', ')', '`']), "{file}: `{name}` says `{about}`");
            }
        });
    }
}

#[test]
fn every_format_has_an_example_that_keeps_it() {
    let registry = KindRegistry::standard();
    let strict = registry.iter().map(schema::strict).chain([schema::strict_course()]);
    for schema in strict {
        walk(&schema, &mut |node| {
            let Some(format) = node.get("format").and_then(Value::as_str) else { return };
            let Some(example) = node.pointer("/examples/0").and_then(Value::as_str) else {
                // Keys of maps are shown by the example of the map's field.
                assert!(
                    node.get("type") == Some(&json!("string"))
                        && node.as_object().is_some_and(|n| n.len() == 2)
                );
                return;
            };
            assert_eq!(provost::spec::formats::check(format, example), Some(Ok(())), "{format}");
        });
    }
}

#[test]
fn required_fields_are_those_without_which_nothing_can_be_made() {
    let required = |schema: &Value| {
        let names = schema["required"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    let single = all().into_iter().filter(|(file, _)| file != "provost.json");
    let rows: Vec<String> = single
        .map(|(file, schema)| {
            assert_eq!(schema["additionalProperties"], json!(false), "{file}");
            assert_eq!(schema["type"], "object", "{file}");
            format!("{file}: {}", required(&schema))
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    Course.json: kind name project
    ApiServices.json: kind name services
    ServiceAccount.json: kind name
    WorkloadIdentity.json: kind name repository
    IamGrant.json: kind name on roles members
    Bucket.json: kind name
    Registry.json: kind name
    FirewallRule.json: kind name
    Vm.json: kind name machineType
    ContainerVm.json: kind name machineType containers
    RunService.json: kind name image
    ");
}

#[test]
fn fields_that_only_provost_writes_are_not_published() {
    for (file, schema) in all() {
        walk(&schema, &mut |node| {
            for internal in ["grants", "objects"] {
                assert!(node.pointer(&format!("/properties/{internal}")).is_none(), "{file}: {internal}");
            }
        });
    }
}

#[test]
fn an_expression_may_stand_for_any_value_of_a_resource() {
    let validators = validators();
    for (path, document) in documents().into_iter().filter(|(_, d)| d["kind"] != "Course") {
        for at in
            pointers(&document).into_iter().filter(|at| !matches!(at.as_str(), "" | "/kind" | "/forEach"))
        {
            let mut changed = document.clone();
            *changed.pointer_mut(&at).expect("a value") = json!(EXPRESSION);
            assert!(validators["provost"].is_valid(&changed), "{} {at}", path.display());
        }
    }
}

/// Every change of one value of every document: what the two say must be the same, but for the rules of formats, which
/// the published schemas leave out.
#[test]
fn the_shape_check_and_the_published_schema_mean_the_same() {
    let validators = validators();
    let registry = KindRegistry::standard();
    let mut changes = 0;
    for spec in expanded() {
        let strict = schema::strict(registry.find(&spec.kind).expect("a kind"));
        for variant in pointers(&spec.value).iter().flat_map(|at| variants(&spec.value, at)) {
            let ours = accepts(&strict, &spec.kind, &variant);
            let mut document = variant.clone();
            document.as_object_mut().map(|map| map.insert("kind".to_owned(), json!(spec.kind)));
            assert_eq!(ours, validators[&spec.kind].is_valid(&document), "{document:#}");
            changes += 1;
        }
    }
    assert!(changes > 1000, "{changes}");
}

/// A document without a value, with its key renamed, and with values of other types in its place.
fn variants(document: &Value, at: &str) -> Vec<Value> {
    let Some((parent, last)) = at.rsplit_once('/') else { return Vec::new() };
    let others =
        [json!(null), json!(true), json!(3), json!(-1), json!(1.5), json!("word"), json!([]), json!({})];
    let mut found: Vec<Value> = Vec::new();
    for other in others.into_iter().chain([json!([{}]), json!({"x": 1})]) {
        let mut changed = document.clone();
        *changed.pointer_mut(at).expect("a value") = other;
        found.push(changed);
    }
    let mut without = document.clone();
    match without.pointer_mut(parent).expect("a value") {
        Value::Object(map) => {
            let value = map.shift_remove(last).expect("a member");
            found.push(without.clone());
            if let Some(Value::Object(map)) = without.pointer_mut(parent) {
                map.insert(format!("{last}X"), value);
            }
        }
        Value::Array(entries) => drop(entries.remove(last.parse().expect("an index"))),
        _ => {}
    }
    found.push(without);
    found
}

fn accepts(strict: &Value, kind: &str, value: &Value) -> bool {
    let nowhere = Span { source: SourceId(0), start: 0, end: 0 };
    let spec = ExpandedSpec {
        kind: kind.to_owned(),
        name: String::new(),
        value: value.clone(),
        spans: provost::spec::SpanMap::default(),
        kind_span: nowhere,
        made_of: Vec::new(),
        of_whom: Vec::new(),
    };
    let of_a_format = |code: &str| code.starts_with("bad-") || code == "reference-too-early";
    check_shape(strict, &spec).into_diagnostics().iter().all(|found| of_a_format(found.code))
}

fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut below = |key: &str, value: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        found.extend(pointers(value).into_iter().map(|rest| format!("/{key}{rest}")));
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, value)| below(&i.to_string(), value)),
        _ => {}
    }
    found
}

/// Every object of a schema that is not itself a map of names.
fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(map) => {
            visit(value);
            for (key, value) in map {
                let named = matches!(key.as_str(), "properties" | "definitions" | "patternProperties");
                let none = Map::new();
                let members = value.as_object().filter(|_| named).unwrap_or(&none);
                members.values().for_each(|member| walk(member, visit));
                if !named {
                    walk(value, visit);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| walk(value, visit)),
        _ => {}
    }
}

#[test]
fn the_rich_fixture_is_a_sound_course() {
    let registry = KindRegistry::standard();
    let (root, sources) = load::texts(&repository().join("tests/fixtures/rich")).expect("a folder");
    let folder = folder::read(sources, &registry.names(), &schema::strict_course());
    let mut files = Files::default();
    load::files(&root, &folder.specs, |file| {
        let text = String::from_utf8(file.content).ok();
        let local = provost::kinds::LocalFile { md5: String::new(), size: 0, text };
        files.0.insert(file.path, local);
    })
    .expect("files");
    let checked = Checked::of(&registry, folder, files);
    assert_eq!(checked.diagnostics, []);
    let kinds: BTreeSet<&str> = checked.desired.iter().map(|d| d.address.kind.as_str()).collect();
    assert_eq!(kinds, registry.names().into_iter().collect());
}

#[test]
fn an_overlay_may_say_little_remove_and_add_but_knows_the_fields() {
    let validator = jsonschema::draft7::new(&schema::overlay(&KindRegistry::standard())).expect("a schema");
    for (path, document) in everything().into_iter().filter(is_laid_over) {
        assert!(validator.is_valid(&document), "{}", path.display());
    }
    let fine = [
        json!({"kind": "Course", "name": "next", "region": null, "vars": {"x": null}, "labels": {"a": null}}),
        json!({"kind": "Vm", "name": "vm-{{ student.login }}", "bootDisk": {"sizeGb": null}, "forEach": null}),
        json!({"kind": "Vm", "name": "x", "remove": true}),
        json!({"kind": "IamGrant", "name": "x", "on": {"bucket": "b"}, "project": "{{ x }}"}),
    ];
    let wrong = [
        json!({"name": "x"}),
        json!({"kind": null}),
        json!({"kind": "Vm", "name": "x", "remove": false}),
        json!({"kind": "Vm", "name": "x", "bootDisk": {"size": 3}}),
        json!({"kind": "Course", "regon": "x"}),
    ];
    let refused = fine.iter().filter(|document| !validator.is_valid(document));
    assert_eq!(refused.collect::<Vec<_>>(), [] as [&Value; 0]);
    let passed = wrong.iter().filter(|document| validator.is_valid(document));
    assert_eq!(passed.collect::<Vec<_>>(), [] as [&Value; 0]);
}
