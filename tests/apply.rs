//! Applying: what goes on when a step fails, what a plan refuses that is no longer true, what others write meanwhile, and what
//! remains of a run that was stopped or cut off.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use provost::apply::{Event, Outcome};
use provost::diff::Intent;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use world::proxy::{Proxy, Silence};
use world::{Cloud, World, words};

const RULE: &str = "/compute/v1/projects/PROJECT/global/firewalls/web";
const VM: &str = "/compute/v1/projects/PROJECT/zones/europe-west1-b/instances";
const ACCOUNTS: &str = "/v1/projects/PROJECT/serviceAccounts";

fn ended<'a>(outcome: &'a [String], address: &str) -> &'a str {
    let found = outcome.iter().find(|line| line.contains(&format!("{address}:")));
    found.unwrap_or_else(|| panic!("{address} is not in {outcome:#?}")).split_once(": ").unwrap().1
}

#[tokio::test]
async fn what_needs_a_failed_step_is_held_back_and_the_rest_goes_on() {
    let cloud = Cloud::new().await;
    let world = cloud.project("class-2526").await;
    // The name of a bucket is taken in the whole world, which no plan can see.
    let other = cloud.project("another-school").await;
    other.post("/storage/v1/b?project=PROJECT", &json!({"name": "taken-box"})).await;
    let specs = "
{kind: Bucket, name: taken-box}
---
{kind: IamGrant, name: read, on: {bucket: taken-box}, roles: [roles/storage.objectViewer], members: ['user:ana@x.edu']}
---
{kind: FirewallRule, name: web, allow: [tcp:80]}
---
{kind: IamGrant, name: view, on: project, roles: [roles/viewer], members: ['user:ana@x.edu']}
";
    let outcome = world.apply(specs).await;
    let told = words(&outcome);
    assert!(ended(&told, "Bucket/taken-box").starts_with("failed"), "{told:?}");
    assert!(ended(&told, "IamGrant/read").starts_with("held back by"), "{told:?}");
    assert_eq!(ended(&told, "FirewallRule/web"), "done");
    assert_eq!(ended(&told, "IamGrant/view"), "done");
    assert!(outcome.changed_anything() && !outcome.is_complete() && !outcome.is_stale());
    let known: Vec<String> = world.inventory(specs).await.entries.keys().map(ToString::to_string).collect();
    assert_eq!(known, ["FirewallRule/web", "IamGrant/view"]);
    // What failed is still to do, and nothing else.
    let left = world.plan(specs).await;
    assert_eq!(left.steps.len(), 2, "{left:#?}");
    other.call(Method::DELETE, "/storage/v1/b/taken-box", None).await;
    world.converge(specs).await;
}

/// Plans a change from one spec to another, lets somebody else do something, and applies.
async fn meanwhile<F: Future<Output = ()>>(
    before: &str,
    after: &str,
    somebody: impl FnOnce(World) -> F,
) -> (World, Outcome) {
    let world = World::new().await;
    world.converge(before).await;
    let planned = world.plan_for(after, &Intent::default()).await;
    somebody(world.clone()).await;
    let outcome = world.carry_out(&planned).await;
    (world, outcome)
}

async fn by_hand(world: &World, method: Method, path: &str, body: &Value) {
    let (status, answer) = world.call(method, path, Some(body)).await;
    assert!(status < 300, "{answer}");
}

#[tokio::test]
async fn a_rule_that_changed_since_the_plan_is_left_alone() {
    let rule = |port: u32| format!("{{kind: FirewallRule, name: web, allow: [tcp:{port}]}}");
    let (world, outcome) = meanwhile(&rule(80), &rule(443), |world| async move {
        by_hand(&world, Method::PATCH, RULE, &json!({"sourceRanges": ["10.0.0.0/8"]})).await;
    })
    .await;
    assert!(outcome.is_stale() && !outcome.changed_anything(), "{:?}", words(&outcome));
    let live = world.get(RULE).await;
    assert_eq!(
        (&live["sourceRanges"][0], &live["allowed"][0]["ports"][0]),
        (&json!("10.0.0.0/8"), &json!("80"))
    );
    assert!(words(&outcome)[0].contains("/sourceRanges was"), "{:?}", words(&outcome));
    world.converge(&rule(443)).await;
}

#[tokio::test]
async fn a_machine_made_anew_since_the_plan_is_left_alone() {
    let vm = |kind: &str| format!("{{kind: Vm, name: m, machineType: {kind}}}");
    let anew = |world: World| async move {
        by_hand(&world, Method::DELETE, &format!("{VM}/m"), &Value::Null).await;
        let body = json!({"name": "m", "machineType": "zones/europe-west1-b/machineTypes/e2-medium",
            "disks": [{"boot": true, "initializeParams": {"sourceImage": "projects/debian-cloud/global/images/family/debian-12"}}],
            "networkInterfaces": [{}], "labels": {"managed-by": "provost", "provost-course": "be-2526"}});
        by_hand(&world, Method::POST, VM, &body).await;
    };
    let (world, outcome) = meanwhile(&vm("e2-medium"), &vm("e2-small"), anew).await;
    assert!(outcome.is_stale(), "{:?}", words(&outcome));
    assert_eq!(world.get(&format!("{VM}/m")).await["status"], "RUNNING", "it was not stopped");
    let (world, outcome) =
        meanwhile(&vm("e2-medium"), "{kind: FirewallRule, name: x, allow: [icmp]}", anew).await;
    assert!(outcome.is_stale(), "{:?}", words(&outcome));
    assert_eq!(world.get(&format!("{VM}/m")).await["status"], "RUNNING", "it was not deleted");
}

#[tokio::test]
async fn an_account_made_anew_since_the_plan_is_left_alone() {
    let account = |text: &str| format!("{{kind: ServiceAccount, name: ci-bot, displayName: {text}}}");
    let email = "ci-bot@PROJECT.iam.gserviceaccount.com";
    let (world, outcome) = meanwhile(&account("one"), &account("two"), |world| async move {
        by_hand(&world, Method::DELETE, &format!("{ACCOUNTS}/{email}"), &Value::Null).await;
        let body = json!({"accountId": "ci-bot", "serviceAccount": {"displayName": "theirs"}});
        by_hand(&world, Method::POST, ACCOUNTS, &body).await;
    })
    .await;
    assert!(outcome.is_stale(), "{:?}", words(&outcome));
    assert_eq!(world.get(&format!("{ACCOUNTS}/{email}")).await["displayName"], "theirs");
}

#[tokio::test]
async fn a_bucket_that_changed_since_the_plan_is_left_alone() {
    let bucket = |on: bool| format!("{{kind: Bucket, name: PROJECT-box, versioning: {on}}}");
    let (world, outcome) = meanwhile(&bucket(false), &bucket(true), |world| async move {
        by_hand(&world, Method::PATCH, "/storage/v1/b/PROJECT-box", &json!({"labels": {"theirs": "1"}}))
            .await;
    })
    .await;
    assert!(outcome.is_stale(), "{:?}", words(&outcome));
    world.converge(&bucket(true)).await;
    let live = world.get("/storage/v1/b/PROJECT-box").await;
    assert_eq!((&live["labels"]["theirs"], &live["versioning"]["enabled"]), (&json!("1"), &json!(true)));
}

#[tokio::test]
async fn keys_that_gcloud_writes_between_plan_and_apply_survive() {
    let vm = |value: &str| {
        format!(
            "{{kind: Vm, name: m, machineType: e2-medium, metadata: {{a: '{value}'}}, labels: {{a: '{value}'}}, tags: [t{value}]}}"
        )
    };
    let (world, outcome) = meanwhile(&vm("1"), &vm("2"), |world| async move {
        let live = world.get(&format!("{VM}/m")).await;
        let mut items = live["metadata"]["items"].as_array().cloned().unwrap();
        items.push(json!({"key": "ssh-keys", "value": "ana:ssh-ed25519 AAAA ana"}));
        let body = json!({"fingerprint": live["metadata"]["fingerprint"], "items": items});
        by_hand(&world, Method::POST, &format!("{VM}/m/setMetadata"), &body).await;
        let mut labels = live["labels"].clone();
        labels["theirs"] = json!("1");
        let body = json!({"labelFingerprint": live["labelFingerprint"], "labels": labels});
        by_hand(&world, Method::POST, &format!("{VM}/m/setLabels"), &body).await;
    })
    .await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
    let live = world.get(&format!("{VM}/m")).await;
    let items = live["metadata"]["items"].to_string();
    assert!(items.contains("ana:ssh-ed25519") && items.contains(r#""value":"2""#), "{items}");
    assert_eq!((&live["labels"]["theirs"], &live["labels"]["a"]), (&json!("1"), &json!("2")));
    assert!(world.plan(&vm("2")).await.is_converged());
}

fn course(name: &str, grants: usize) -> String {
    let mut specs = format!("kind: Course\nname: {name}\nproject: PROJECT\ninventory: {name}.json\n");
    for i in 0..grants {
        let _ = write!(
            specs,
            "---\n{{kind: IamGrant, name: g{i}, on: {{bucket: PROJECT-box}}, roles: [roles/storage.objectViewer], members: ['user:{name}-{i}@x.edu']}}\n"
        );
    }
    specs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_one_policy_lose_nothing() {
    let world = World::new().await;
    world.post("/storage/v1/b?project=PROJECT", &json!({"name": "class-2526-box", "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": true}}})).await;
    let names = ["one", "two", "three", "four"];
    let mut plans = Vec::new();
    for name in names {
        plans.push((name, world.plan_for(&course(name, 10), &Intent::default()).await));
    }
    let runs = plans.into_iter().map(|(name, planned)| {
        let world = world.clone();
        tokio::spawn(async move { (name, world.carry_out(&planned).await) })
    });
    for run in runs.collect::<Vec<_>>() {
        let (name, outcome) = run.await.unwrap();
        assert!(outcome.is_complete(), "{name}: {:?}", words(&outcome));
    }
    let policy = world.get("/storage/v1/b/PROJECT-box/iam").await.to_string();
    for name in names {
        assert!((0..10).all(|i| policy.contains(&format!("user:{name}-{i}@x.edu"))), "{name}: {policy}");
        assert!(world.plan(&course(name, 10)).await.is_converged(), "{name}");
    }
}

const CHAIN: &str = "
{kind: ServiceAccount, name: ci-bot}
---
{kind: Vm, name: m, machineType: e2-medium, serviceAccount: ci-bot}
---
{kind: IamGrant, name: g, on: {vm: m}, roles: [roles/compute.instanceAdmin.v1], members: ['user:ana@x.edu']}
";

/// Stops a run, as often as said, when its second step begins.
async fn stopped(times: u8) -> (World, Vec<String>) {
    let world = World::new().await;
    let planned = world.plan_for(CHAIN, &Intent::default()).await;
    let (ask, stop) = watch::channel(0);
    let hear = move |event| {
        if event == Event::Started(1) {
            ask.send_replace(times);
        }
    };
    let outcome = world.carry_out_until(&planned, stop, hear).await;
    assert!(!outcome.is_complete());
    let told = words(&outcome);
    (world, told)
}

#[tokio::test]
async fn asked_once_a_run_ends_what_it_began() {
    let (world, told) = stopped(1).await;
    let ends: Vec<&str> = told.iter().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(ends, ["done", "done", "not begun"]);
    assert_eq!(world.inventory(CHAIN).await.entries.len(), 2);
    world.converge(CHAIN).await;
}

#[tokio::test]
async fn asked_twice_a_run_leaves_what_it_began_and_the_next_one_finishes_it() {
    let (world, told) = stopped(2).await;
    let ends: Vec<&str> = told.iter().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(ends, ["done", "interrupted", "not begun"]);
    world.converge(CHAIN).await;
    assert_eq!(world.inventory(CHAIN).await.entries.len(), 3);
}

#[tokio::test]
async fn an_inventory_that_another_run_wrote_since_the_plan_is_refused() {
    for inventory in ["", "inventory: inventory.json\n"] {
        let world = World::new().await;
        let specs = |name: &str| {
            format!(
                "kind: Course\nname: be-2526\nproject: PROJECT\nregion: europe-west1\n{inventory}---\n{{kind: FirewallRule, name: {name}, allow: [tcp:80]}}"
            )
        };
        let slow = world.plan_for(&specs("web"), &Intent::default()).await;
        world.converge(&specs("ssh")).await;
        let outcome = world.carry_out(&slow).await;
        assert!(outcome.is_stale() && !outcome.changed_anything(), "{:?}", words(&outcome));
        assert_eq!(world.call(Method::GET, RULE, None).await.0, 404, "nothing was begun");
    }
}

const BEFORE: &str = "
{kind: Bucket, name: PROJECT-data, files: [{from: a.txt}]}
---
{kind: Registry, name: images, description: one, labels: {a: x}}
---
{kind: ServiceAccount, name: ci-bot}
---
{kind: FirewallRule, name: web, allow: [tcp:80]}
---
{kind: FirewallRule, name: old, allow: [tcp:22]}
---
{kind: Vm, name: m, machineType: e2-medium, metadata: {a: x}}
---
{kind: ContainerVm, name: app, machineType: e2-medium, containers: [{image: nginx:1}]}
---
{kind: IamGrant, name: team, on: project, roles: [roles/viewer], members: ['user:ana@x.edu', 'user:bob@x.edu']}
---
{kind: IamGrant, name: read, on: {bucket: PROJECT-data}, roles: [roles/storage.objectViewer], members: ['user:ana@x.edu']}
";
/// Every way of changing something: in place, with a stop, by replacement, by moving, and by deletion.
const AFTER: &str = "
{kind: Bucket, name: PROJECT-data, versioning: true, files: [{from: b.txt}]}
---
{kind: Registry, name: images, description: two, labels: {b: y}}
---
{kind: ServiceAccount, name: ci-bot, displayName: CI, disabled: true}
---
{kind: FirewallRule, name: web, direction: EGRESS, allow: [tcp:80]}
---
{kind: Vm, name: m, machineType: e2-small, metadata: {b: y}}
---
{kind: ContainerVm, name: app, machineType: e2-medium, containers: [{image: nginx:2}]}
---
{kind: IamGrant, name: team, on: project, roles: [roles/viewer], members: ['user:bob@x.edu', 'user:cleo@x.edu']}
---
{kind: IamGrant, name: read, on: {registry: images}, roles: [roles/artifactregistry.reader], members: ['user:ana@x.edu']}
";

fn in_a_bucket(specs: &str) -> String {
    let head =
        "kind: Course\nname: be-2526\nproject: PROJECT\nregion: europe-west1\nzones: [europe-west1-b]\n---";
    format!("{head}{specs}")
}

/// Cuts a run off after so many of its calls, and runs it again. Says whether it was cut off at all.
async fn cut_off(cloud: &Cloud, after: usize) -> bool {
    let world = cloud.project(&format!("cut-off-{after:03}")).await;
    world.file("a.txt", "one");
    world.file("b.txt", "two");
    let (before, wanted) = (in_a_bucket(BEFORE), in_a_bucket(AFTER));
    let outcome = world.apply(&before).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
    let planned = world.plan_for(&wanted, &Intent::default()).await;
    let proxy = Proxy::before(&cloud.url(), Silence::With(after)).await;
    let through = world.through(&proxy.url);
    let cut = tokio::select! {
        outcome = through.carry_out(&planned) => {
            assert!(outcome.is_complete(), "{:?}", words(&outcome));
            false
        }
        () = proxy.silent() => true,
    };
    let second = Proxy::before(&cloud.url(), Silence::Never).await;
    world.through(&second.url).converge(&wanted).await;
    let reset = |line: &String| line.ends_with("instances/app/reset");
    let booted = proxy.lines().iter().take(after).any(reset) || second.lines().iter().any(reset);
    assert!(booted || !cut, "after {after} calls: the containers are not the new ones");
    let entries = world.inventory(&wanted).await.entries;
    let known: BTreeSet<String> = entries.keys().map(ToString::to_string).collect();
    let bucket = format!("Bucket/{}-data", world.project);
    let all = [
        bucket.as_str(),
        "Registry/images",
        "ServiceAccount/ci-bot",
        "FirewallRule/web",
        "Vm/m",
        "ContainerVm/app",
        "IamGrant/team",
        "IamGrant/read",
    ];
    assert_eq!(known, all.into_iter().map(str::to_owned).collect(), "after {after} calls");
    assert!(entries.values().all(|entry| !entry.pending), "after {after} calls");
    let policy = world.post("/v1/projects/PROJECT:getIamPolicy", &json!({})).await.1.to_string();
    assert!(!policy.contains("ana@x.edu") && policy.contains("cleo@x.edu"), "after {after} calls: {policy}");
    assert_eq!(world.get(&format!("{VM}/m")).await["status"], "RUNNING", "after {after} calls");
    let policy = world.get("/storage/v1/b/PROJECT-data/iam").await.to_string();
    assert!(!policy.contains("ana@x.edu"), "after {after} calls: {policy}");
    cut
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_cut_off_at_any_call_is_finished_by_the_next_run() {
    let runs = [0, 1].map(|part| {
        tokio::spawn(async move {
            let mut cloud = Cloud::new().await;
            for after in (part..).step_by(2) {
                if after % 16 < 2 {
                    cloud = Cloud::new().await;
                }
                if !cut_off(&cloud, after).await {
                    return after;
                }
            }
            0
        })
    });
    for run in runs {
        let calls = run.await.expect("every cut is mended");
        assert!(calls > 20, "the change takes {calls} calls only");
    }
}
