//! Firewall rules that the inventory knows, as the API shows them: which of the differences are drift, and who did it.

use std::collections::BTreeMap;
use std::slice::from_ref;

use serde_json::{Value, json};

use super::{Drift, What, attribute, drift, operations};
use crate::diff::{self, Intent};
use crate::inventory::{Entry, Record};
use crate::kinds::{Files, KindRegistry, Owned, Reads, Scope, desire, schema};
use crate::spec::{Address, folder};

const COURSE: &str =
    "kind: Course\nname: be\nproject: class-2526\nregion: europe-west1\nzones: [europe-west1-b]\n";
const AT: &str = "projects/class-2526/global/firewalls/ssh";

fn spec(port: u16) -> String {
    format!("kind: FirewallRule\nname: ssh\nallow: [tcp:{port}]\nsourceRanges: [10.0.0.0/8]\n")
}

/// The rule as the API shows it.
fn wire(port: u16, mark: &str) -> Value {
    json!({
        "id": "1", "name": "ssh", "description": mark, "direction": "INGRESS", "priority": 1000,
        "network": "https://www.googleapis.com/compute/v1/projects/class-2526/global/networks/default",
        "allowed": [{"IPProtocol": "tcp", "ports": [port.to_string()]}],
        "sourceRanges": ["10.0.0.0/8"], "disabled": false, "logConfig": {"enable": false},
    })
}

/// The entry of a rule that was applied from this spec.
fn applied(specs: &str) -> Entry {
    let (_, _, desired) = course(specs);
    Entry { resource: AT.to_owned(), digest: Some(desired[0].digest.clone()), ..Entry::default() }
}

fn course(specs: &str) -> (KindRegistry, Scope, Vec<crate::kinds::Desired>) {
    let registry = KindRegistry::standard();
    let texts = vec![("c.yaml".to_owned(), format!("{COURSE}---\n{specs}"))];
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    assert!(folder.diagnostics.is_empty(), "{:?}", folder.diagnostics);
    let scope = Scope::of(&folder.course.unwrap(), Files::default());
    let desired = desire(&registry, &folder.specs, &scope).unwrap();
    (registry, scope, desired)
}

/// The drift of a course of these specs with this inventory in a project that holds these rules.
fn of(specs: &str, entry: Option<Entry>, live: &[Value], intent: &Intent) -> Drift {
    let (registry, scope, desired) = course(specs);
    let address = Address::new("FirewallRule", "ssh");
    let mut record = Record::empty("be", "class-2526");
    record.entries.extend(entry.map(|entry| (address, entry)));
    let asks = diff::asks(&registry, &desired, &record, intent);
    let mut items = Vec::new();
    for asks in asks.iter().filter(|asks| !asks.asks.is_empty()) {
        let mut reads = Reads::default();
        for read in asks.asks.iter().flat_map(|ask| asks.kind.reads(ask, &scope).unwrap()) {
            reads.insert(read, live.to_vec());
        }
        let seen = asks.kind.observe(&asks.asks, &reads, &scope).unwrap();
        items.extend(diff::diff(asks, seen, intent, &scope).unwrap());
    }
    drift(&items, intent)
}

fn told(drift: &Drift) -> Vec<String> {
    let fields =
        |one: &super::Drifted| one.fields.iter().map(|f| f.path.to_string()).collect::<Vec<_>>().join(",");
    let drifted =
        drift.resources.iter().map(|one| format!("{} {}", one.what.key(), fields(one)).trim().to_owned());
    drifted.chain(drift.untold.iter().map(|address| format!("untold {address}"))).collect()
}

#[test]
fn a_difference_is_drift_if_the_spec_is_the_one_that_was_applied_last() {
    let none = Intent::default();
    let ours = wire(2222, "[provost be]");
    assert_eq!(told(&of(&spec(22), Some(applied(&spec(22))), from_ref(&ours), &none)), ["changed allow"]);
    assert_eq!(told(&of(&spec(2222), Some(applied(&spec(2222))), from_ref(&ours), &none)), [] as [&str; 0]);
    // Both have moved, or the spec alone: the inventory holds no values that would tell.
    let untold = of(&spec(22), Some(applied(&spec(443))), &[ours], &none);
    assert_eq!(told(&untold), ["untold FirewallRule/ssh"]);
    assert!(untold.is_empty());
}

#[test]
fn what_was_made_and_is_gone_is_drift_and_what_is_still_to_be_made_is_none() {
    let none = Intent::default();
    assert_eq!(told(&of(&spec(22), Some(applied(&spec(22))), &[], &none)), ["deleted"]);
    let pending = Entry { pending: true, ..applied(&spec(22)) };
    assert_eq!(told(&of(&spec(22), Some(pending), &[], &none)), [] as [&str; 0]);
    assert_eq!(told(&of(&spec(22), None, &[], &none)), [] as [&str; 0]);
}

#[test]
fn what_bears_our_mark_and_is_in_no_inventory_is_drift_declared_or_not() {
    let lost = [wire(22, "[provost be]")];
    assert_eq!(told(&of(&spec(22), None, &lost, &Intent::default())), ["unrecorded"]);
    let other = spec(22).replace("ssh", "web");
    assert_eq!(told(&of(&other, None, &lost, &Intent::default())), ["unrecorded"]);
    assert_eq!(told(&of(&spec(22), None, &[wire(22, "by hand")], &Intent::default())), [] as [&str; 0]);
}

#[test]
fn what_another_course_has_taken_is_drift() {
    let taken = of(&spec(22), Some(applied(&spec(22))), &[wire(22, "[provost other]")], &Intent::default());
    assert_eq!(taken.resources[0].what, What::Taken("it belongs to the course other".to_owned()));
}

#[test]
fn removed_specs_and_a_destroy_are_no_drift() {
    let (entry, live) = (applied(&spec(22)), [wire(2222, "[provost be]")]);
    assert_eq!(told(&of("", Some(entry.clone()), &live, &Intent::default())), [] as [&str; 0]);
    let destroy = Intent { destroy: true, ..Intent::default() };
    assert_eq!(told(&of(&spec(22), Some(entry), &live, &destroy)), [] as [&str; 0]);
}

#[test]
fn a_member_that_is_declared_and_was_taken_away_is_drift_even_if_the_spec_has_changed() {
    let bucket = "kind: Bucket\nname: class-2526-data\nlabels: { team: owl }\nstorageClass: NEARLINE\n";
    let (registry, scope, desired) = course(bucket);
    let mut owns = Owned::default();
    owns.insert("labels", "team");
    let place = desired[0].resolved.resource.clone();
    let entry = Entry { resource: place, digest: Some("older".to_owned()), owns, ..Entry::default() };
    let entries = BTreeMap::from([(desired[0].address.clone(), entry)]);
    let record = Record { entries, ..Record::empty("be", "class-2526") };
    let live = json!({"name": "class-2526-data", "location": "EUROPE-WEST1", "storageClass": "STANDARD", "updated": "2026-10-01T10:00:00.000Z",
        "labels": {"managed-by": "provost", "provost-course": "be"}, "metageneration": "3"});
    let none = Intent::default();
    let asks = diff::asks(&registry, &desired, &record, &none);
    let mut reads = Reads::default();
    for read in asks[0].kind.reads(&asks[0].asks[0], &scope).unwrap() {
        reads.insert(read, vec![live.clone()]);
    }
    let seen = asks[0].kind.observe(&asks[0].asks, &reads, &scope).unwrap();
    let mut found = drift(&diff::diff(&asks[0], seen, &none, &scope).unwrap(), &none);
    assert_eq!(told(&found), ["changed labels.team"]);
    assert!(found.resources[0].spec_changed);
    assert!(operations(&found).is_empty());
    attribute(&mut found, "class-2526", &[]);
    let trace = found.resources[0].trace.clone().unwrap();
    assert_eq!((trace.user, trace.at.to_string()), (None, "2026-10-01T10:00:00Z".to_owned()));
}

fn operation(kind: &str, user: &str, hour: u8) -> Value {
    json!({"operationType": kind, "user": user, "insertTime": format!("2026-10-01T{hour:02}:00:00.000-07:00"),
        "targetLink": format!("https://www.googleapis.com/compute/v1/{AT}")})
}

fn traced(operations: &[Value]) -> Option<(String, String)> {
    let live = [wire(2222, "[provost be]")];
    let mut found = of(&spec(22), Some(applied(&spec(22))), &live, &Intent::default());
    attribute(&mut found, "class-2526", operations);
    let trace = found.resources[0].trace.clone()?;
    Some((trace.operation?, trace.user?))
}

#[test]
fn the_last_operation_that_makes_such_a_change_is_told_or_else_the_last_on_the_resource() {
    let of = |kind: &str, user: &str| Some((kind.to_owned(), user.to_owned()));
    let made = operation("insert", "ci", 1);
    let update = operation("update", "ann", 2);
    let patch = operation("patch", "bob", 3);
    assert_eq!(traced(&[update.clone(), made.clone(), patch.clone()]), of("update", "ann"));
    assert_eq!(traced(&[made.clone(), patch.clone()]), of("patch", "bob"));
    assert_eq!(traced(from_ref(&made)), None);
    let mut refused = update;
    refused["error"] = json!({"errors": [{"code": "RESOURCE_NOT_READY"}]});
    let mut elsewhere = patch;
    elsewhere["targetLink"] =
        json!("https://www.googleapis.com/compute/v1/projects/other/global/firewalls/ssh");
    assert_eq!(traced(&[made, refused, elsewhere]), None);
}

#[test]
fn operations_are_read_once_for_a_project_and_only_if_something_of_compute_drifted() {
    let live = [wire(2222, "[provost be]")];
    let found = of(&spec(22), Some(applied(&spec(22))), &live, &Intent::default());
    let reads = operations(&found);
    assert_eq!(reads.len(), 1);
    let filter = &reads["class-2526"].request.query[0];
    assert_eq!(*filter, ("filter".to_owned(), format!("(targetLink:\"{AT}\")")));
    assert!(operations(&of(&spec(2222), Some(applied(&spec(2222))), &live, &Intent::default())).is_empty());
}
