//! The lock: who gets it, who loses it, and what a run may still do then.

use super::*;
use crate::inventory::lease::TERM;
use crate::inventory::lease::tests::{at, lease};
use crate::inventory::{Attempt, Hold, Lock};

const LOCK: &str = "be/lock.json";

fn lock(fake: &Fake, second: i64) -> Lock {
    Lock::of(&store(fake), at(second))
}

/// A folder's lock, which has no server to ask for the time.
fn file_lock(fake: &Fake, folder: &Path, second: i64) -> Lock {
    Lock::of(&Store::new(fake.client(), &course(Some("be.json")), folder), at(second))
}

async fn take(lock: &Lock, run: &str) -> Hold {
    match lock.take(&lease(run, at(0))).await.unwrap() {
        Attempt::Taken(hold, _) => hold,
        Attempt::Busy(found) => panic!("{found:?}"),
    }
}

async fn holder(lock: &Lock) -> Option<String> {
    lock.look().await.unwrap().map(|found| found.lease.run)
}

#[tokio::test]
async fn a_free_lock_takes_one_call_and_giving_it_back_another() {
    let (fake, cloud) = cloud(None).await;
    cloud.lock().unwrap().bucket = true;
    let hold = take(&lock(&fake, 0), "mine").await;
    hold.release().await.unwrap();
    assert_eq!(fake.lines().len(), 2, "{:?}", fake.lines());
    assert!(cloud.lock().unwrap().objects.is_empty());
}

#[tokio::test]
async fn of_two_who_want_it_one_gets_it_in_a_bucket_and_in_a_folder() {
    let (fake, cloud) = cloud(None).await;
    let folder = tempfile::tempdir().unwrap();
    cloud.lock().unwrap().updated = Timestamp::now();
    for lock in [lock(&fake, 0), file_lock(&fake, folder.path(), 0)] {
        let hold = take(&lock, "first").await;
        let Attempt::Busy(found) = lock.take(&lease("second", at(0))).await.unwrap() else { panic!() };
        assert_eq!((found.lease.run.as_str(), found.over), ("first", false));
        hold.release().await.unwrap();
        assert_eq!(holder(&lock).await, None);
        take(&lock, "second").await;
        assert_eq!(holder(&lock).await.as_deref(), Some("second"));
    }
    assert!(folder.path().join("be.lock.json").exists());
}

#[tokio::test]
async fn a_lock_that_ran_out_is_taken_over_with_the_name_of_who_had_it() {
    let (fake, cloud) = cloud(None).await;
    let folder = tempfile::tempdir().unwrap();
    // By the server's clock, whatever the lease says of its own.
    cloud.lock().unwrap().updated = Timestamp::UNIX_EPOCH;
    for (before, after) in [
        (lock(&fake, 0), lock(&fake, 0)),
        (file_lock(&fake, folder.path(), 0), file_lock(&fake, folder.path(), 90)),
    ] {
        let dead = take(&before, "dead").await;
        let Attempt::Taken(hold, from) = after.take(&lease("mine", at(0))).await.unwrap() else { panic!() };
        assert_eq!(from.unwrap().run, "dead");
        assert!(!dead.renew().await, "it is somebody else's");
        assert!(dead.lost().unwrap().is_raced() && hold.lost().is_none());
        dead.release().await.unwrap();
        assert_eq!(holder(&after).await.as_deref(), Some("mine"), "what was lost is not given back");
    }
}

#[tokio::test]
async fn a_renewal_moves_the_lock_and_what_was_seen_of_it_removes_it_no_more() {
    let (fake, cloud) = cloud(None).await;
    let lock = lock(&fake, 0);
    let hold = take(&lock, "mine").await;
    let seen = lock.look().await.unwrap().unwrap();
    assert!(hold.renew().await);
    assert!(lock.remove(&seen).await.unwrap_err().is_raced(), "its run lives");
    let seen = lock.look().await.unwrap().unwrap();
    lock.remove(&seen).await.unwrap();
    assert!(!cloud.lock().unwrap().objects.contains_key(LOCK));
    assert!(!hold.renew().await && hold.lost().is_some(), "unlocked, it is lost");
}

#[tokio::test]
async fn a_lock_that_cannot_be_renewed_is_lost_when_its_term_is_over() {
    let (down, state) = (Arc::new(Mutex::new(false)), Arc::new(Mutex::new(Cloud::default())));
    let (is_down, there) = (Arc::clone(&down), Arc::clone(&state));
    let fake = Fake::answering(move |seen| {
        if *is_down.lock().unwrap() {
            Reply::error(403, "forbidden", "no")
        } else {
            there.lock().unwrap().answer(seen)
        }
    })
    .await;
    let client = fake.client();
    let hold =
        take(&Lock::of(&Store::new(client.clone(), &course(None), Path::new("")), at(0)), "mine").await;
    *down.lock().unwrap() = true;
    client.pause(TERM / 2).await;
    assert!(hold.renew().await && hold.lost().is_none(), "it may succeed the next time");
    client.pause(TERM / 2).await;
    assert!(!hold.renew().await);
    let told = hold.lost().unwrap().to_string();
    assert!(told.contains("could not be renewed in time"), "{told}");
}

#[tokio::test]
async fn a_run_that_lost_its_lock_writes_nothing_more() {
    let (fake, cloud) = cloud(None).await;
    let lock = lock(&fake, 0);
    let hold = take(&lock, "mine").await;
    let recorder = Recorder::new(open(&fake).await, empty()).under(hold.clone());
    recorder.intend(&[edit("a")]).await.unwrap();
    let seen = lock.look().await.unwrap().unwrap();
    lock.remove(&seen).await.unwrap();
    hold.renew().await;
    assert!(recorder.is_broken());
    recorder.intend(&[edit("b")]).await.unwrap_err();
    recorder.note(&[edit("c")]);
    assert!(recorder.flush().await.unwrap_err().is_raced());
    assert_eq!(kept(&cloud), ["Vm/a"]);
}
