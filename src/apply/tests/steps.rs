//! What a single step does: guards, edits, waits, and what the inventory knows when.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, calls, plan, step, words};
use crate::apply::Event;
use crate::gcp::call::{Edit, Guard, Wait};
use crate::gcp::fake::{Fake, Reply, Seen};
use crate::gcp::policy::Tuple;
use crate::gcp::{Call, Request, Send, Service, Splice, Verb};

fn fine() -> Reply {
    Reply::ok(&json!({}))
}

fn delete() -> Call {
    let request = Request::new(Verb::Delete, Service::Storage, "b/x").query("ifMetagenerationMatch", "3");
    Call::Send(Send::answered(request).absent_is_done())
}

fn guard(seen: Value) -> Call {
    Call::Guard(Guard { read: Request::get(Service::Storage, "b/x"), seen: vec![("/id".to_owned(), seen)] })
}

fn grants(names: &[&str]) -> Call {
    let grant = |name: &&str| Tuple {
        role: "roles/viewer".to_owned(),
        member: format!("user:{name}"),
        condition: None,
    };
    let splice = Splice::Policy {
        to: "/policy".to_owned(),
        add: names.iter().map(grant).collect(),
        remove: Vec::new(),
    };
    let policy =
        |verb: &str| Request::new(Verb::Post, Service::ResourceManager, format!("v1/projects/p:{verb}"));
    let mask = Splice::Set { to: "/updateMask".to_owned(), value: json!("bindings,etag") };
    Call::Edit(Edit {
        read: policy("getIamPolicy"),
        write: policy("setIamPolicy"),
        splices: vec![splice, mask],
        skip_if_same: true,
        wait: Wait::Answer,
        fuse: Some("p".to_owned()),
    })
}

/// A policy whose etag moves with every read; the first `races` writes lose.
async fn policy(races: usize, live: Value) -> Fake {
    let writes = AtomicUsize::new(0);
    Fake::answering(move |seen| {
        if seen.line.ends_with("getIamPolicy") {
            Reply::ok(&live)
        } else if writes.fetch_add(1, Ordering::Relaxed) < races {
            Reply::error(409, "aborted", "concurrent changes")
        } else {
            fine()
        }
    })
    .await
}

fn writes(fake: &Fake) -> Vec<Seen> {
    fake.seen().into_iter().filter(|seen| seen.line.ends_with("setIamPolicy")).collect()
}

#[tokio::test]
async fn a_guard_that_no_longer_holds_makes_the_plan_stale_and_changes_nothing() {
    let fake = Fake::scripted(vec![Reply::ok(&json!({"id": "2"}))]).await;
    let bench = Bench::new(&fake).await;
    let outcome = bench.apply(&plan(vec![calls(0, "x", &[], vec![guard(json!("1")), delete()])])).await;
    assert_eq!(words(&outcome), [r#"failed: it changed since the plan was made: /id was "1", and is "2""#]);
    assert!(outcome.is_stale() && !outcome.changed_anything());
    assert_eq!(fake.lines(), ["GET /storage/v1/b/x"]);
}

#[tokio::test]
async fn a_precondition_that_fails_makes_the_plan_stale() {
    let fake = Fake::scripted(vec![Reply::error(412, "conditionNotMet", "metageneration moved")]).await;
    let outcome = Bench::new(&fake).await.apply(&plan(vec![calls(0, "x", &[], vec![delete()])])).await;
    assert!(outcome.is_stale() && !outcome.changed_anything(), "{:?}", words(&outcome));
}

#[tokio::test]
async fn what_is_gone_already_is_deleted() {
    let fake = Fake::scripted(vec![Reply::error(404, "notFound", "gone")]).await;
    let bench = Bench::new(&fake).await;
    let outcome = bench.apply(&plan(vec![calls(0, "x", &[], vec![guard(json!("1")), delete()])])).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
}

#[tokio::test]
async fn all_grants_of_a_policy_are_one_read_and_one_write() {
    let fake = policy(0, json!({"etag": "e", "bindings": []})).await;
    let outcome =
        Bench::new(&fake).await.apply(&plan(vec![calls(0, "x", &[], vec![grants(&["a@x", "b@x"])])])).await;
    assert!(outcome.is_complete());
    assert_eq!(fake.seen().len(), 2);
    let wanted = json!({"version": 3, "etag": "e", "bindings": [
        {"role": "roles/viewer", "members": ["user:a@x", "user:b@x"]}
    ]});
    assert_eq!(writes(&fake)[0].json(), json!({"policy": wanted, "updateMask": "bindings,etag"}));
}

#[tokio::test]
async fn a_policy_that_grants_it_already_is_not_written() {
    let bindings = json!([{"role": "roles/viewer", "members": ["user:other@x", "user:a@x"]}]);
    let fake = policy(0, json!({"version": 1, "etag": "e", "bindings": bindings})).await;
    let outcome =
        Bench::new(&fake).await.apply(&plan(vec![calls(0, "x", &[], vec![grants(&["a@x"])])])).await;
    assert!(outcome.is_complete());
    assert_eq!(writes(&fake).len(), 0);
}

#[tokio::test]
async fn an_edit_that_loses_a_race_reads_again() {
    let fake = policy(3, json!({"etag": "e"})).await;
    let outcome =
        Bench::new(&fake).await.apply(&plan(vec![calls(0, "x", &[], vec![grants(&["a@x"])])])).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
    assert_eq!(fake.count("getIamPolicy"), 4);
    assert_eq!(fake.pace.slept().len(), 3);
}

#[tokio::test]
async fn an_edit_that_keeps_losing_gives_up_after_ten_rounds() {
    let fake = policy(usize::MAX, json!({"etag": "e"})).await;
    let outcome =
        Bench::new(&fake).await.apply(&plan(vec![calls(0, "x", &[], vec![grants(&["a@x"])])])).await;
    assert!(
        words(&outcome)[0].starts_with("failed: others keep changing the same document"),
        "{:?}",
        words(&outcome)
    );
    assert_eq!(writes(&fake).len(), 10);
    assert!(!outcome.is_stale());
}

#[tokio::test]
async fn a_stale_fingerprint_is_read_again_as_well() {
    let calls_seen = AtomicUsize::new(0);
    let fake = Fake::answering(move |seen| {
        if seen.line.starts_with("GET") {
            let moved = calls_seen.fetch_add(1, Ordering::Relaxed).to_string();
            Reply::ok(&json!({ "labelFingerprint": moved }))
        } else if seen.json()["labelFingerprint"] == "0" {
            Reply::error(412, "conditionNotMet", "stale")
        } else {
            Reply::ok(&json!({"name": "o", "status": "DONE"}))
        }
    })
    .await;
    let at = "projects/p/zones/z/instances/i";
    let fingerprint = "/labelFingerprint".to_owned();
    let edit = Edit {
        read: Request::get(Service::Compute, at),
        write: Request::new(Verb::Post, Service::Compute, format!("{at}/setLabels")),
        splices: vec![Splice::Copy { from: fingerprint.clone(), to: fingerprint }],
        skip_if_same: false,
        wait: Wait::Compute,
        fuse: None,
    };
    let outcome =
        Bench::new(&fake).await.apply(&plan(vec![calls(0, "x", &[], vec![Call::Edit(edit)])])).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
    let ids: Vec<_> = fake.seen().iter().filter_map(|s| s.asks("requestId").map(str::to_owned)).collect();
    assert_ne!(ids[0], ids[1], "another body is another mutation");
}

#[tokio::test]
async fn what_this_run_has_just_made_is_waited_for_within_bounds() {
    let off = || Reply::error(403, "accessNotConfigured", "not enabled");
    let tries = AtomicUsize::new(0);
    let fake = Fake::answering(move |seen| {
        if seen.line.ends_with("/b") && tries.fetch_add(1, Ordering::Relaxed) < 3 { off() } else { fine() }
    })
    .await;
    let bench = Bench::new(&fake).await;
    let outcome = bench.apply(&plan(vec![step(0, "a", &[]), step(1, "b", &[0])])).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
    let waits =
        bench.events().into_iter().filter(|event| *event == Event::Waiting(1, "the API to be ready")).count();
    assert_eq!((fake.count("/b"), waits), (4, 1));

    let fake = Fake::answering(move |seen| if seen.line.ends_with("/b") { off() } else { fine() }).await;
    let outcome = Bench::new(&fake).await.apply(&plan(vec![step(0, "a", &[]), step(1, "b", &[0])])).await;
    assert!(words(&outcome)[1].starts_with("failed:"));
    // Five minutes of the cloud, a twentieth of that on this machine.
    assert_eq!(fake.pace.slept().iter().sum::<Duration>(), Duration::from_secs(15));
}

#[tokio::test]
async fn what_nobody_in_this_run_has_made_is_not_waited_for() {
    let fake = Fake::scripted(vec![Reply::error(403, "accessNotConfigured", "not enabled")]).await;
    let outcome = Bench::new(&fake).await.apply(&plan(vec![step(0, "a", &[])])).await;
    assert!(words(&outcome)[0].starts_with("failed:"));
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn the_old_name_may_take_a_moment_to_be_free() {
    let tries = AtomicUsize::new(0);
    let fake = Fake::answering(move |seen| {
        if seen.line.ends_with("/x") && tries.fetch_add(1, Ordering::Relaxed) == 1 {
            Reply::error(409, "conflict", "name taken")
        } else {
            fine()
        }
    })
    .await;
    let outcome = Bench::new(&fake).await.apply(&plan(vec![step(0, "x", &[]), step(1, "x", &[0])])).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));

    let taken = Reply::error(409, "conflict", "name taken");
    let fake =
        Fake::answering(move |seen| if seen.line.ends_with("/y") { taken.clone() } else { fine() }).await;
    let outcome = Bench::new(&fake).await.apply(&plan(vec![step(0, "x", &[]), step(1, "y", &[0])])).await;
    assert!(words(&outcome)[1].starts_with("failed:"), "another name is not replaced");
    assert_eq!(fake.count("/y"), 1);
}

#[tokio::test]
async fn the_inventory_knows_of_the_unmarkable_before_the_first_call() {
    let there: std::sync::Arc<std::sync::OnceLock<std::path::PathBuf>> = std::sync::Arc::default();
    let at = std::sync::Arc::clone(&there);
    let fake = Fake::answering(move |_| {
        let text = fs_err::read_to_string(at.get().unwrap()).unwrap_or_default();
        if text.contains("\"pending\": true") {
            Reply::error(400, "invalid", "no")
        } else {
            Reply::empty(500)
        }
    })
    .await;
    let bench = Bench::new(&fake).await;
    there.set(bench.file().join("inventory.json")).unwrap();
    let mut first = step(0, "a", &[]);
    first.intent = true;
    let outcome = bench.apply(&plan(vec![first])).await;
    assert!(words(&outcome)[0].contains("400 invalid"), "{:?}", words(&outcome));
    assert_eq!(
        bench.inventory(),
        ["Thing/a?"],
        "a failed step leaves the intent: something may have been made"
    );
}

#[tokio::test]
async fn of_independent_requests_all_are_tried_and_the_first_failure_is_told() {
    let fake = Fake::answering(|seen| {
        if seen.line.ends_with("/1") { Reply::error(403, "forbidden", "no") } else { fine() }
    })
    .await;
    let request =
        |i: usize| Send::answered(Request::new(Verb::Delete, Service::Storage, format!("b/x/o/{i}")));
    let each = Call::Each((0..40).map(request).collect());
    let outcome = Bench::new(&fake).await.apply(&plan(vec![calls(0, "x", &[], vec![each])])).await;
    assert_eq!(words(&outcome), ["failed: DELETE storage/b/x/o/1: 403 forbidden: no"]);
    assert_eq!(fake.seen().len(), 40);
}
