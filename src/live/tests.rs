//! Reading and planning against a server that answers from a function.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{LiveError, Seen, World, plan};
use crate::diff::Intent;
use crate::gcp::fake::{Fake, Reply};
use crate::gcp::{Read, Request, Service, Verb};
use crate::inventory::{Entry, Record, RecordEdit, StoreError};
use crate::kinds::{Desired, Files, KindRegistry, Scope, desire, schema};
use crate::plan::{Action, Plan};
use crate::spec::{Address, folder};

const COURSE: &str =
    "kind: Course\nname: be\nproject: class-2526\nregion: europe-west1\nzones: [europe-west1-b]\n";

/// A course of these documents, with what it declares.
fn course(documents: &str) -> (KindRegistry, Scope, Vec<Desired>) {
    let registry = KindRegistry::standard();
    let text = format!("{COURSE}---\n{documents}");
    let folder = folder::read(vec![("c.yaml".to_owned(), text)], &registry.names(), &schema::strict_course());
    assert!(folder.diagnostics.is_empty(), "{:?}", folder.diagnostics);
    let scope = Scope::of(&folder.course.unwrap(), Files::default());
    let desired = desire(&registry, &folder.specs, &scope).unwrap();
    (registry, scope, desired)
}

async fn planned(fake: &Fake, documents: &str, record: Record) -> Result<Plan, LiveError> {
    let (registry, scope, desired) = course(documents);
    let world = World { registry: &registry, desired: &desired, intent: &Intent::default() };
    let record = async { Ok::<_, StoreError>(record) };
    plan(&fake.client(), world, &scope, record).await.map(|(plan, _)| plan)
}

fn nothing() -> Record {
    Record::empty("be", "class-2526")
}

fn rule(name: &str) -> String {
    format!("kind: FirewallRule\nname: {name}\nallow: [tcp:22]\nsourceRanges: [10.0.0.0/8]\n---\n")
}

fn vm(name: &str) -> String {
    format!(
        "kind: Vm\nname: {name}\nmachineType: n1-standard-1\nimage: {{ family: debian-12, project: debian-cloud }}\n---\n"
    )
}

fn grant(name: &str) -> String {
    format!(
        "kind: IamGrant\nname: {name}\non: project\nroles: [roles/viewer]\nmembers: ['user:{name}@x.edu']\n---\n"
    )
}

fn empty() -> Reply {
    Reply::ok(&json!({}))
}

#[tokio::test]
async fn a_class_is_read_with_one_call_per_collection() {
    let machines: String = (0..60).map(|i| vm(&format!("vm-{i}"))).collect();
    let grants: String = (0..60).map(|i| grant(&format!("student-{i}"))).collect();
    let rules: String = (0..5).map(|i| rule(&format!("rule-{i}"))).collect();
    let fake = Fake::scripted(vec![empty()]).await;
    let plan = planned(&fake, &format!("{machines}{grants}{rules}"), nothing()).await.unwrap();
    assert_eq!(plan.count(Action::Create), 125);
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    fake.lines().into_iter().for_each(|line| *calls.entry(line).or_default() += 1);
    insta::assert_json_snapshot!(calls, @r#"
    {
      "GET /compute/v1/projects/class-2526/aggregated/disks": 1,
      "GET /compute/v1/projects/class-2526/aggregated/instances": 1,
      "GET /compute/v1/projects/class-2526/global/firewalls": 1,
      "POST /v1/projects/class-2526:getIamPolicy": 1
    }
    "#);
}

#[tokio::test]
async fn every_project_of_a_course_is_read_with_one_call_per_collection() {
    let of = |i: usize, project: &str| {
        let all = [rule(&format!("r{i}")), vm(&format!("m{i}")), grant(&format!("g{i}"))];
        all.concat().replace("---\n", &format!("project: {project}\n---\n"))
    };
    let projects = ["class-2526", "team-owl-2526", "team-cat-2526"];
    let documents: String = projects.iter().cycle().take(30).enumerate().map(|(i, p)| of(i, p)).collect();
    let fake = Fake::scripted(vec![empty()]).await;
    let plan = planned(&fake, &documents, nothing()).await.unwrap();
    assert_eq!(plan.count(Action::Create), 90);
    for project in projects {
        let of_project = fake.lines().into_iter().filter(|line| line.contains(project));
        assert_eq!(of_project.count(), 4, "{project}");
    }
    let elsewhere = plan.changes.iter().filter(|change| change.project.is_some());
    assert_eq!(elsewhere.count(), 60);
}

#[tokio::test]
async fn the_inventory_and_the_project_are_read_side_by_side() {
    let fake = Fake::scripted(vec![empty()]).await;
    let (registry, scope, desired) = course(&rule("ssh"));
    let world = World { registry: &registry, desired: &desired, intent: &Intent::default() };
    let record = async {
        // Would never end if the project were read after the inventory.
        fake.until("/firewalls", 1).await;
        Ok::<_, StoreError>(nothing())
    };
    plan(&fake.client(), world, &scope, record).await.unwrap();
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn what_only_the_inventory_names_is_read_in_a_second_round() {
    let mut record = nothing();
    let address = Address { kind: "FirewallRule".to_owned(), name: "old".to_owned() };
    let resource = "projects/class-2526/global/firewalls/old".to_owned();
    record.apply(&RecordEdit::Put(address, Entry { resource, ..Entry::default() }));
    let fake = Fake::answering(|seen| {
        let old = json!({"name": "old", "description": "[provost be]", "selfLink": "projects/class-2526/global/firewalls/old",
            "network": "projects/class-2526/global/networks/default", "direction": "INGRESS", "priority": 1000,
            "allowed": [{"IPProtocol": "tcp"}], "sourceRanges": ["0.0.0.0/0"]});
        if seen.line.ends_with("/firewalls") { Reply::ok(&json!({"items": [old]})) } else { empty() }
    })
    .await;
    let plan = planned(&fake, &grant("a"), record).await.unwrap();
    assert_eq!((plan.count(Action::Delete), plan.count(Action::Create)), (1, 1));
    assert_eq!(fake.count("/firewalls"), 1);
}

#[tokio::test]
async fn nothing_exists_where_the_api_is_off() {
    let off = Reply::error(403, "accessNotConfigured", "not enabled");
    let fake =
        Fake::answering(move |seen| if seen.line.contains("/compute/") { off.clone() } else { empty() })
            .await;
    let api = "kind: ApiServices\nname: apis\nservices: [compute.googleapis.com]\n---\n";
    let plan_of = |documents: String| {
        let fake = fake.clone();
        async move { planned(&fake, &documents, nothing()).await.unwrap() }
    };
    let enabled = plan_of(format!("{api}{}", rule("ssh"))).await;
    assert!(!enabled.is_refused(), "{:?}", enabled.report);
    assert_eq!(enabled.count(Action::Create), 2);
    let refused = plan_of(rule("ssh")).await;
    assert_eq!(refused.report.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["api-not-enabled"]);
}

#[tokio::test]
async fn an_inventory_that_cannot_be_read_is_empty_for_a_plan_and_never_for_a_destroy() {
    let fake = Fake::scripted(vec![Reply::error(403, "accessNotConfigured", "not enabled")]).await;
    let (registry, scope, desired) = course(&rule("ssh"));
    for (destroy, planned) in [(false, true), (true, false)] {
        let intent = Intent { destroy, ..Intent::default() };
        let world = World { registry: &registry, desired: &desired, intent: &intent };
        let off = fake.client().read(&Read::document(Request::new(Verb::Get, Service::Storage, "b/x"))).await;
        let off = StoreError::Api { place: "gs://x".to_owned(), source: off.unwrap_err() };
        let plan = plan(&fake.client(), world, &scope, async { Err(off) }).await;
        assert_eq!(plan.is_ok(), planned, "destroy: {destroy}");
    }
}

#[tokio::test]
async fn everything_that_could_not_be_read_is_told_at_once() {
    let fake = Fake::scripted(vec![Reply::error(403, "forbidden", "no")]).await;
    let error = planned(&fake, &format!("{}{}", rule("ssh"), grant("a")), nothing()).await.unwrap_err();
    match &error {
        LiveError::Unread(errors) => assert_eq!(errors.len(), 2),
        other => panic!("{other}"),
    }
    assert!(error.to_string().contains("firewalls") && error.to_string().contains("getIamPolicy"), "{error}");
}

#[tokio::test]
async fn a_machine_whose_zone_did_not_answer_is_unknown() {
    let fake =
        Fake::scripted(vec![Reply::ok(&json!({"items": {}, "unreachables": ["zones/europe-west1-b"]}))])
            .await;
    let error = planned(&fake, &vm("a"), nothing()).await.unwrap_err();
    assert!(error.to_string().contains("unknown"), "{error}");
}

#[tokio::test]
async fn equal_reads_are_sent_once_and_never_more_than_eight_at_a_time() {
    let gate = Arc::new(Semaphore::new(0));
    let (arrived, ended, most) =
        (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (held, over, top) = (Arc::clone(&gate), Arc::clone(&ended), Arc::clone(&most));
    let fake = Fake::answering(move |_| {
        let here = arrived.fetch_add(1, Ordering::SeqCst) + 1;
        top.fetch_max(here - over.load(Ordering::SeqCst), Ordering::SeqCst);
        Reply::ok(&json!({"items": [1]})).behind(&held)
    })
    .await;
    let read = |i: usize| Read::list(Request::get(Service::Storage, format!("b/x{}/o", i % 20)), "items");
    let client = fake.client();
    let reading = tokio::spawn(async move {
        let mut seen = Seen::default();
        let wanted = (0..200).map(|i| (read(i), String::new())).collect();
        seen.read(&client, wanted).await.map(|()| seen)
    });
    for round in 0..20 {
        fake.until("/o", (round + 8).min(20)).await;
        ended.fetch_add(1, Ordering::SeqCst);
        gate.add_permits(1);
    }
    let seen = reading.await.unwrap().unwrap();
    assert_eq!(fake.seen().len(), 20);
    assert_eq!(most.load(Ordering::SeqCst), 8);
    assert_eq!(seen.reads.items(&read(7)), [Value::from(1)]);
}
