//! A kind is one file and one line: this file is a whole kind, and one line of it adds it to the registry.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use provost::diff::{self, Intent};
use provost::gcp::call::Send;
use provost::gcp::{Call, Read, Request, Service, Verb};
use provost::inventory::Record;
use provost::kinds::field::{field, managed};
use provost::kinds::{
    Ask, Class, Erased, Facts, Files, How, KindRegistry, MarkPlace, Need, Observation, Observed, Reads,
    Resource, Scope, Update, desire, schema,
};
use provost::plan::{self, Action, Plan};
use provost::spec::{Address, folder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A bell that rings at the end of a lesson.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bell {
    /// Name of the bell.
    name: String,
    /// How loud it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<u32>,
    /// What it is made of. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    metal: Option<String>,
    /// The bell it hangs beside, which is hung first.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<String>,
}

static FACTS: Facts = Facts {
    kind: "Bell",
    service: Service::Compute,
    wire: "compute.Bell",
    mark: MarkPlace::Labels,
    fields: &[
        field("name", Class::Identity),
        managed("volume", "volume", How::InPlace("tune")),
        managed("metal", "metal", How::Replace("bronze stays bronze")),
        managed("beside", "beside", How::InPlace("hang")),
    ],
    keyed: &[],
    whole: &[],
    local: &[],
};

fn all(scope: &Scope) -> Read {
    Read::list(Request::get(Service::Compute, format!("projects/{}/bells", scope.project)), "items")
}

fn send(verb: Verb, path: &str) -> Vec<Call> {
    vec![Call::Send(Send::compute(Request::new(verb, Service::Compute, path)))]
}

impl Resource for Bell {
    const FACTS: &'static Facts = &FACTS;

    fn name(&self) -> &str {
        &self.name
    }

    fn needs(&self, _: &Scope) -> Vec<Need> {
        self.beside.iter().map(|other| Need::Resource(Address::new("Bell", other))).collect()
    }

    fn resource(&self, scope: &Scope) -> String {
        format!("projects/{}/bells/{}", scope.project, self.name)
    }

    fn reads(_: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        vec![all(scope)]
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let find = |ask: &Ask<Self>| {
            let wire = reads.items(&all(scope)).iter().find(|bell| bell["name"] == ask.name.as_str())?;
            let spec: Self = serde_json::from_value(wire.clone()).ok()?;
            Some(Observed::new(spec.resource(scope), spec, wire.clone(), Some(scope.course.clone())))
        };
        Observation { found: asks.iter().map(find).collect(), others: Vec::new() }
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        send(Verb::Post, &self.resource(scope))
    }

    fn change(via: &str, update: &Update<'_, Self>, _: &Scope) -> Vec<Call> {
        send(Verb::Post, &format!("{}/{via}", update.live.resource))
    }

    fn delete(live: &Observed<Self>, _: &Ask<Self>, _: &Scope) -> Vec<Call> {
        send(Verb::Delete, &live.resource)
    }
}

fn registry() -> KindRegistry {
    static BELL: Erased<Bell> = Erased::new();
    KindRegistry::standard().with(&BELL)
}

/// The plan of a bell with this spec, in a project that holds these bells.
fn plan(spec: &Value, live: &[Value], intent: &Intent) -> Plan {
    plan_of(&spec.to_string(), live, intent)
}

/// The same for several specs as YAML documents.
fn plan_of(specs: &str, live: &[Value], intent: &Intent) -> Plan {
    let course = json!({"kind": "Course", "name": "school", "project": "school-of-bells"});
    let texts = vec![("a.yaml".to_owned(), format!("{course}\n---\n{specs}\n"))];
    let registry = registry();
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    assert!(folder.diagnostics.is_empty(), "{:?}", folder.diagnostics);
    let scope = Scope::of(&folder.course.expect("a course"), Files::default());
    let desired = desire(&registry, &folder.specs, &scope).unwrap_or_else(|found| panic!("{found:?}"));
    let record = Record::empty("school", "school-of-bells");
    let mut reads = Reads::default();
    reads.insert(all(&scope), live.to_vec());
    let mut items = Vec::new();
    let all = diff::asks(&registry, &desired, &record, intent);
    for asks in all.iter().filter(|k| !k.asks.is_empty()) {
        let seen = asks.kind.observe(&asks.asks, &reads, &scope).expect("an observation");
        items.extend(diff::diff(asks, seen, intent, &scope).expect("verdicts"));
    }
    let disabled = std::collections::BTreeMap::new();
    plan::build(plan::Input { scope: &scope, items, intent, disabled }).expect("a plan")
}

fn actions(plan: &Plan) -> Vec<(Action, String)> {
    plan.changes.iter().map(|c| (c.action, c.reason.clone())).collect()
}

fn calls(plan: &Plan) -> Vec<String> {
    let shown = |call: &Call| match call {
        Call::Send(send) => send.request.to_string(),
        _ => "another call".to_owned(),
    };
    plan.steps.iter().flat_map(|step| &step.calls).map(shown).collect()
}

fn bell(volume: u32, metal: &str) -> Value {
    json!({"kind": "Bell", "name": "big-ben", "volume": volume, "metal": metal})
}

fn live(volume: u32, metal: &str) -> Value {
    json!({"name": "big-ben", "volume": volume, "metal": metal})
}

#[test]
fn a_toy_kind_is_created_changed_replaced_and_deleted() {
    let at = "compute/projects/school-of-bells/bells/big-ben";
    let none = Intent::default();
    assert_eq!(calls(&plan(&bell(3, "bronze"), &[], &none)), [format!("POST {at}")]);
    assert_eq!(calls(&plan(&bell(3, "bronze"), &[live(3, "bronze")], &none)), Vec::<String>::new());
    assert_eq!(calls(&plan(&bell(4, "bronze"), &[live(3, "bronze")], &none)), [format!("POST {at}/tune")]);
    let replaced = plan(&bell(3, "iron"), &[live(3, "bronze")], &none);
    assert_eq!(actions(&replaced)[0].0, Action::Replace);
    assert!(actions(&replaced)[0].1.contains("bronze stays bronze"));
    assert_eq!(calls(&replaced), [format!("DELETE {at}"), format!("POST {at}")]);
    let destroy = Intent { destroy: true, ..Intent::default() };
    assert_eq!(calls(&plan(&bell(3, "bronze"), &[live(3, "bronze")], &destroy)), [format!("DELETE {at}")]);
}

#[test]
fn a_toy_kind_has_a_schema_and_its_mistakes_are_found() {
    let names: Vec<String> = schema::all(&registry()).into_iter().map(|(file, _)| file).collect();
    assert!(names.contains(&"Bell.json".to_owned()));
    let registry = registry();
    let texts = vec![("a.yaml".to_owned(), "kind: Bell\nname: x\nvolum: 3\n".to_owned())];
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    let found = desire(&registry, &folder.specs, &Scope::default()).expect_err("a mistake");
    assert_eq!(found[0].help, ["did you mean `volume`?"]);
}

#[test]
fn needs_of_a_toy_kind_are_edges_and_a_circle_of_them_is_refused() {
    let row = "{kind: Bell, name: a, beside: b}\n---\n{kind: Bell, name: b}";
    let plan = plan_of(row, &[], &Intent::default());
    let made: Vec<&str> = plan.steps.iter().map(|step| step.addresses[0].name.as_str()).collect();
    assert_eq!(made, ["b", "a"]);
    assert_eq!(plan.steps[1].after, [0]);
    let circle = row.replace("name: b}", "name: b, beside: a}");
    let plan = plan_of(&circle, &[], &Intent::default());
    assert!(plan.is_refused() && plan.steps.is_empty());
    let finding = &plan.report[0];
    assert_eq!(finding.code, "cycle");
    assert!(finding.message.contains("Bell/a") && finding.message.contains("Bell/b"), "{}", finding.message);
}
