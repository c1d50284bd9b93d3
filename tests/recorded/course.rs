//! A course over recorded answers: specs as somebody would write them, and the plan that follows from what Google answered.
//! The library's own pure way, without a server.

use provost::diff::{self, Intent};
use provost::gcp::Read;
use provost::inventory::{Entry, Record};
use provost::kinds::{
    Ask, Desired, Files, KindRegistry, LocalFile, MarkPlace, Owned, Reads, Scope, desire, mark, schema,
};
use provost::plan::{self, Plan};
use provost::spec::{Address, folder};
use serde_json::{Map, Value, json};

use crate::rest::PROJECT;

/// The course of every recorded answer.
pub(crate) const COURSE: &str = "be-2526";

/// What Google answered: documents by the collection that they belong to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    /// The last part of a collection's path (`instances`, `disks`, `b`), and what it holds.
    pub(crate) held: Vec<(&'static str, Vec<Value>)>,
    /// A file of the course folder, with its content's MD5 and size.
    pub(crate) file: Option<(String, String, u64)>,
}

impl Live {
    /// One collection.
    pub(crate) fn of(collection: &'static str, held: Vec<Value>) -> Self {
        Self { held: vec![(collection, held)], file: None }
    }

    pub(crate) fn answer(&self, read: &Read) -> Vec<Value> {
        let path = read.request.path.as_str();
        let belongs = |collection: &str| {
            path == collection
                || path.ends_with(&format!("/{collection}"))
                || path.ends_with(&format!(":{collection}"))
        };
        self.held.iter().find(|(name, _)| belongs(name)).map(|(_, held)| held.clone()).unwrap_or_default()
    }

    fn scope(&self) -> Scope {
        let mut files = Files::default();
        if let Some((path, md5, size)) = &self.file {
            files.0.insert(path.clone(), LocalFile { md5: md5.clone(), size: *size, text: None });
        }
        Scope {
            course: COURSE.to_owned(),
            project: PROJECT.to_owned(),
            region: Some("europe-west1".to_owned()),
            zones: vec!["europe-west1-b".to_owned()],
            files,
            ..Scope::default()
        }
    }
}

/// The answers with the mark of the course on every document: these are its own.
pub(crate) fn marked(kind: &str, mut held: Vec<Value>) -> Vec<Value> {
    let registry = KindRegistry::standard();
    for one in &mut held {
        match registry.find(kind).unwrap().facts().mark {
            MarkPlace::Labels => {
                one["labels"][mark::MANAGED_BY] = json!(mark::PROVOST);
                one["labels"][mark::COURSE] = json!(COURSE);
            }
            MarkPlace::Description => {
                let text = one["description"].as_str().unwrap_or_default().to_owned();
                one["description"] = json!(mark::tagged(&text, COURSE));
            }
            MarkPlace::Inventory => {}
        }
    }
    held
}

/// The spec that says what a live resource is: what the kind reads of it, without the mark and without what is empty.
pub(crate) fn spec_of(kind: &str, name: &str, resource: &str, live: &Live) -> Value {
    let scope = live.scope();
    let kind = KindRegistry::standard().find(kind).unwrap();
    let ask = Ask {
        name: name.to_owned(),
        desired: None,
        resource: Some(resource.to_owned()),
        owned: Owned::default().into(),
        leaving: false,
    };
    let mut reads = Reads::default();
    for read in kind.reads(&ask, &scope).unwrap().into_iter().chain(kind.collections(&scope)) {
        let held = live.answer(&read);
        reads.insert(read, held);
    }
    let seen = kind.observe(&[ask], &reads, &scope).unwrap();
    let found = seen.found.into_iter().next().flatten();
    let found = found.unwrap_or_else(|| panic!("{} {name} cannot be read: {live:?}", kind.facts().kind));
    let mut spec = json!({ "kind": kind.facts().kind });
    let fields = found.spec.as_object().unwrap().iter();
    let stated = fields.filter_map(|(field, value)| Some((field.clone(), written(field, value)?)));
    spec.as_object_mut().unwrap().extend(stated.collect::<Map<String, Value>>());
    spec
}

/// A field as somebody would write it; nothing where there is nothing to say.
fn written(field: &str, value: &Value) -> Option<Value> {
    let value = match value {
        Value::String(text) if field == "description" => json!(mark::untagged(text).0),
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !is_left_out(field, key));
            let members = kept.filter_map(|(key, value)| Some((key.clone(), written(key, value)?)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    };
    let empty = value.is_null()
        || value.as_str() == Some("")
        || value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(Map::is_empty);
    (!empty).then_some(value)
}

/// Marks, labels that tools set, and keys that have a field of their own.
fn is_left_out(field: &str, key: &str) -> bool {
    match field {
        "labels" => [mark::MANAGED_BY, mark::COURSE].contains(&key) || key.starts_with("goog-"),
        "metadata" => key == "ssh-keys",
        _ => false,
    }
}

/// The plan of these specs over what Google answered, with everything in the inventory.
pub(crate) fn plan(specs: &[Value], live: &Live) -> Plan {
    let registry = KindRegistry::standard();
    let scope = live.scope();
    let desired = desired(&registry, specs, &scope);
    let mut record = Record::empty(COURSE, PROJECT);
    for one in &desired {
        let owns = one.kind.owns(&one.resolved.value, None, &Owned::default()).unwrap();
        let entry = Entry { resource: one.resolved.resource.clone(), owns, ..Entry::default() };
        record.entries.insert(one.address.clone(), entry);
    }
    let intent = Intent::default();
    let mut items = Vec::new();
    let asks = diff::asks(&registry, &desired, &record, &intent);
    for of_kind in &asks {
        let mut reads = Reads::default();
        let mut wanted: Vec<Read> =
            of_kind.asks.iter().flat_map(|ask| of_kind.kind.reads(ask, &scope).unwrap()).collect();
        while let Some(read) = wanted.pop() {
            let held = live.answer(&read);
            reads.insert(read, held);
            if wanted.is_empty() {
                wanted = of_kind.kind.more_reads(&of_kind.asks, &reads, &scope).unwrap();
                wanted.retain(|read| !reads.has(read));
            }
        }
        let seen = of_kind.kind.observe(&of_kind.asks, &reads, &scope).unwrap();
        items.extend(diff::diff(of_kind, seen, &intent, &scope).unwrap());
    }
    plan::build(plan::Input {
        scope: &scope,
        items,
        intent: &intent,
        disabled: std::collections::BTreeMap::new(),
    })
    .unwrap()
}

fn desired(registry: &KindRegistry, specs: &[Value], scope: &Scope) -> Vec<Desired> {
    let head = json!({
        "kind": "Course", "name": COURSE, "project": PROJECT, "region": scope.region, "zones": scope.zones,
    });
    let documents = std::iter::once(&head).chain(specs).map(|one| serde_yaml::to_string(one).unwrap());
    let text = documents.collect::<Vec<_>>().join("---\n");
    let texts = vec![("course.yaml".to_owned(), text.clone())];
    let read = folder::read(texts, &registry.names(), &schema::strict_course());
    assert!(read.diagnostics.is_empty(), "{:#?}\n{text}", read.diagnostics);
    desire(registry, &read.specs, scope).unwrap_or_else(|wrong| panic!("{wrong:#?}\n{text}"))
}

/// What a plan would change, in words; nothing when it is empty.
pub(crate) fn changes(plan: &Plan) -> Vec<String> {
    let done = plan.changes.iter().filter(|change| change.action != plan::Action::None);
    let told = done.map(|change| format!("{:?} {}: {:?}", change.action, change.address, change.fields));
    let report = plan.report.iter().map(|finding| format!("{finding:?}"));
    told.chain(report).chain(plan.steps.iter().map(plan::Step::title)).collect()
}

/// An address, for messages.
pub(crate) fn address(kind: &str, name: &str) -> String {
    Address::new(kind, name).to_string()
}
