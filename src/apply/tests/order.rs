//! Which steps run, which are held back, and what stopping does.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{Bench, plan, step, words};
use crate::apply::Event;
use crate::gcp::fake::{Fake, Reply};
use crate::inventory::lease::tests::lease;
use crate::inventory::{Attempt, Lock};

fn fine() -> Reply {
    Reply::ok(&json!({}))
}

/// Refuses `/v1/bad`, takes everything else.
async fn one_bad() -> Fake {
    Fake::answering(|seen| {
        if seen.line.ends_with("/bad") { Reply::error(400, "invalid", "bad spec") } else { fine() }
    })
    .await
}

/// Answers when the gate lets it.
async fn gated() -> (Fake, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    (Fake::answering(move |_| fine().behind(&held)).await, gate)
}

#[tokio::test]
async fn a_step_begins_only_after_those_before_it_are_done() {
    let fake = Fake::scripted(vec![fine()]).await;
    let bench = Bench::new(&fake).await;
    let outcome =
        bench.apply(&plan(vec![step(0, "a", &[]), step(1, "b", &[0]), step(2, "c", &[0, 1])])).await;
    assert!(outcome.is_complete());
    assert_eq!(fake.lines(), ["POST /v1/a", "POST /v1/b", "POST /v1/c"]);
    assert_eq!(bench.inventory(), ["Thing/a", "Thing/b", "Thing/c"]);
}

#[tokio::test]
async fn a_failed_step_holds_back_its_dependents_and_only_them() {
    let bench = Bench::new(&one_bad().await).await;
    let steps = vec![
        step(0, "bad", &[]),
        step(1, "b", &[0]),
        step(2, "c", &[1]),
        step(3, "d", &[]),
        step(4, "e", &[3]),
    ];
    let outcome = bench.apply(&plan(steps)).await;
    let failed = "failed: POST serviceusage/v1/bad: 400 invalid: bad spec";
    assert_eq!(words(&outcome), [failed, "held back by 0", "held back by 0", "done", "done"]);
    assert_eq!(bench.inventory(), ["Thing/d", "Thing/e"]);
    assert!(outcome.changed_anything() && !outcome.is_complete());
    assert!(bench.events().contains(&Event::HeldBack(2)));
}

#[tokio::test]
async fn no_more_steps_run_at_once_than_allowed() {
    let (fake, gate) = gated().await;
    let mut bench = Bench::new(&fake).await;
    bench.run.parallel = 2;
    let plan = plan((0..5).map(|id| step(id, "x", &[])).collect());
    let run = bench.run.clone();
    let applied = tokio::spawn(async move { crate::apply::apply(&run, &plan).await });
    fake.until("/x", 2).await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.events().iter().filter(|event| matches!(event, Event::Started(_))).count(), 2);
    gate.add_permits(100);
    assert!(applied.await.unwrap().is_complete());
}

#[tokio::test]
async fn asked_once_to_stop_what_runs_is_finished_and_recorded_and_nothing_is_begun() {
    let (fake, gate) = gated().await;
    let bench = Bench::new(&fake).await;
    let plan = plan(vec![step(0, "a", &[]), step(1, "b", &[0])]);
    let run = bench.run.clone();
    let applied = tokio::spawn(async move { crate::apply::apply(&run, &plan).await });
    fake.until("/a", 1).await;
    bench.stop.send(1).unwrap();
    gate.add_permits(100);
    assert_eq!(words(&applied.await.unwrap()), ["done", "not begun"]);
    assert_eq!(bench.inventory(), ["Thing/a"]);
    assert_eq!(fake.lines(), ["POST /v1/a"]);
}

#[tokio::test]
async fn a_run_that_lost_its_lock_ends_what_runs_and_begins_and_records_nothing_more() {
    let (fake, gate) = gated().await;
    let mut bench = Bench::new(&fake).await;
    let lock = Lock::of(&bench.store(&fake), Timestamp::UNIX_EPOCH);
    let Attempt::Taken(hold, _) = lock.take(&lease("r", Timestamp::UNIX_EPOCH)).await.unwrap() else {
        panic!()
    };
    bench.run.recorder = bench.run.recorder.under(hold.clone());
    let run = bench.run.clone();
    let plan = plan(vec![step(0, "a", &[]), step(1, "b", &[0])]);
    let applied = tokio::spawn(async move { crate::apply::apply(&run, &plan).await });
    fake.until("/a", 1).await;
    lock.remove(&lock.look().await.unwrap().unwrap()).await.unwrap();
    assert!(!hold.renew().await);
    gate.add_permits(100);
    let outcome = applied.await.unwrap();
    assert_eq!(words(&outcome), ["done", "not begun"]);
    assert!(outcome.inventory.as_ref().is_some_and(crate::inventory::StoreError::is_raced));
    assert!(outcome.changed_anything() && !outcome.is_complete(), "exit 3");
    assert_eq!(bench.inventory(), [] as [&str; 0], "whoever took over may be writing it");
}

#[tokio::test]
async fn asked_twice_to_stop_what_runs_is_left_and_what_is_done_is_recorded() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let fake =
        Fake::answering(move |seen| if seen.line.ends_with("/slow") { fine().behind(&held) } else { fine() })
            .await;
    let bench = Bench::new(&fake).await;
    let steps = vec![step(0, "slow", &[]), step(1, "b", &[]), step(2, "c", &[0])];
    let (run, plan) = (bench.run.clone(), plan(steps));
    let applied = tokio::spawn(async move { crate::apply::apply(&run, &plan).await });
    fake.until("/slow", 1).await;
    while !bench.events().contains(&Event::Done(1)) {
        tokio::task::yield_now().await;
    }
    bench.stop.send(2).unwrap();
    let outcome = applied.await.unwrap();
    assert_eq!(words(&outcome), ["interrupted", "done", "not begun"]);
    assert_eq!(bench.inventory(), ["Thing/b"]);
    assert!(outcome.changed_anything());
}

#[tokio::test]
async fn a_run_that_nobody_can_stop_any_more_goes_on() {
    let fake = Fake::scripted(vec![fine()]).await;
    let bench = Bench::new(&fake).await;
    let Bench { run, stop, folder: _folder, .. } = bench;
    drop(stop);
    let outcome = crate::apply::apply(&run, &plan(vec![step(0, "a", &[]), step(1, "b", &[0])])).await;
    assert!(outcome.is_complete());
}

#[tokio::test]
async fn an_inventory_that_cannot_be_written_stops_the_run() {
    let fake = Fake::scripted(vec![fine()]).await;
    let bench = Bench::new(&fake).await;
    fs_err::write(bench.file().join("inventory.json"), "another run's").unwrap();
    let mut first = step(0, "a", &[]);
    first.intent = true;
    let outcome = bench.apply(&plan(vec![first, step(1, "b", &[0]), step(2, "c", &[])])).await;
    assert!(outcome.inventory.as_ref().is_some_and(crate::inventory::StoreError::is_raced));
    assert!(
        words(&outcome)[0].starts_with("failed: another run changed the inventory"),
        "{:?}",
        words(&outcome)
    );
    assert_eq!(words(&outcome)[1], "held back by 0");
    assert_eq!(fake.count("/v1/a"), 0, "what could not be recorded was not begun");
    assert_eq!(fs_err::read_to_string(bench.file().join("inventory.json")).unwrap(), "another run's");
}

#[tokio::test]
async fn a_plan_of_corrections_alone_is_written_down() {
    let fake = Fake::scripted(vec![fine()]).await;
    let bench = Bench::new(&fake).await;
    let mut plan = plan(Vec::new());
    plan.records = step(0, "lost", &[]).records;
    assert!(bench.apply(&plan).await.is_complete());
    assert_eq!(bench.inventory(), ["Thing/lost"]);
    assert_eq!(bench.events(), [Event::InventoryWritten]);
}
