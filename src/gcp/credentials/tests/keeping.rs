//! How long a token is kept, who renews it, and who waits.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::*;

/// How often tokens were bought.
fn bought(place: &Place) -> usize {
    place.fake.count(" /token")
}

#[tokio::test]
async fn fifty_calls_at_once_ask_once() {
    let place = Place::new().await;
    let credentials = place.of_file(&place.login());
    let given = at_once(&credentials, 50).await;
    assert!(given.iter().all(|token| token.as_ref().unwrap() == "bought-1"));
    assert_eq!(bought(&place), 1);
}

#[tokio::test]
async fn a_token_is_renewed_a_minute_before_it_ends_and_not_sooner() {
    let place = Place::new().await;
    let credentials = place.of_file(&place.login());
    assert_eq!(token(&credentials).await.unwrap(), "bought-1");
    place.later(3600 - 61).await;
    assert_eq!(token(&credentials).await.unwrap(), "bought-1");
    place.later(1).await;
    assert_eq!(token(&credentials).await.unwrap(), "bought-2");
    assert_eq!(bought(&place), 2);
}

#[tokio::test]
async fn the_end_of_an_impersonated_token_is_told_by_the_servers_own_clock() {
    let place = Place::new().await;
    let credentials = place.of_file(&place.github());
    token(&credentials).await.unwrap();
    place.later(3600 - 70).await;
    token(&credentials).await.unwrap();
    assert_eq!(place.fake.count(":generateAccessToken"), 1);
    place.later(20).await;
    token(&credentials).await.unwrap();
    assert_eq!(place.fake.count(":generateAccessToken"), 2);
    assert_eq!(place.fake.count("/idtoken"), 2, "ID tokens live for minutes: each exchange takes its own");
}

#[tokio::test]
async fn while_one_call_renews_the_others_go_on_with_the_old_token() {
    let gate = Arc::new(Semaphore::new(1));
    let (behind, answer) = (Arc::clone(&gate), google(3600));
    let place = Place::answering(move |seen| answer(seen).behind(&behind)).await;
    let credentials = place.of_file(&place.login());
    token(&credentials).await.unwrap();
    place.later(3600 - 30).await;
    let renewing = credentials.clone();
    let renewing = tokio::spawn(async move { token(&renewing).await.unwrap() });
    place.fake.until(" /token", 2).await;
    let others = at_once(&credentials, 50).await;
    assert!(others.iter().all(|token| token.as_ref().unwrap() == "bought-1"));
    gate.add_permits(1);
    assert_eq!(renewing.await.unwrap(), "bought-2");
    assert_eq!(token(&credentials).await.unwrap(), "bought-2");
    assert_eq!(bought(&place), 2);
}

/// Google, until it is told to fail.
async fn failing(status: u16) -> (Place, Arc<Mutex<bool>>) {
    let down = Arc::new(Mutex::new(false));
    let (fails, answer) = (Arc::clone(&down), google(3600));
    let place = Place::answering(move |seen| {
        if *fails.lock().unwrap() {
            Reply::ok(&json!({"error": "invalid_grant"})).status(status)
        } else {
            answer(seen)
        }
    });
    (place.await, down)
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_old_token_as_long_as_it_lasts() {
    let (place, down) = failing(400).await;
    let credentials = place.of_file(&place.login());
    token(&credentials).await.unwrap();
    *down.lock().unwrap() = true;
    place.later(3600 - 30).await;
    assert_eq!(token(&credentials).await.unwrap(), "bought-1");
    place.later(30).await;
    assert!(error(&credentials).await.contains("gcloud auth application-default login"));
    *down.lock().unwrap() = false;
    assert_eq!(token(&credentials).await.unwrap(), "bought-2");
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_waited_for_it_and_asked_for_once() {
    let gate = Arc::new(Semaphore::new(0));
    let behind = Arc::clone(&gate);
    let refusal = move || Reply::ok(&json!({"error": "invalid_grant"})).status(400);
    let place = Place::answering(move |_| refusal().behind(&behind)).await;
    let credentials = place.of_file(&place.login());
    let calls = tokio::spawn({
        let credentials = credentials.clone();
        async move { at_once(&credentials, 50).await }
    });
    place.fake.until(" /token", 1).await;
    // All fifty are spawned before the first answer; those that came too late to wait would ask again.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(50);
    assert!(calls.await.unwrap().iter().all(Result::is_err));
    assert_eq!(bought(&place), 1);
}

#[tokio::test]
async fn a_server_that_stumbles_is_asked_four_times_with_growing_waits() {
    for status in [429, 500, 503] {
        let (place, down) = failing(status).await;
        *down.lock().unwrap() = true;
        error(&place.of_file(&place.login())).await;
        assert_eq!(bought(&place), 4, "{status}");
        assert_eq!(place.fake.pace.slept(), [1, 2, 4].map(Duration::from_secs), "{status}");
    }
}

#[tokio::test]
async fn a_server_that_says_when_is_believed_and_one_that_recovers_is_enough() {
    let busy = Reply::empty(429).header("retry-after", "7");
    let given = Reply::ok(&json!({"access_token": "late", "expires_in": 60}));
    let script = Mutex::new(vec![given, busy]);
    let place = Place::answering(move |_| script.lock().unwrap().pop().unwrap()).await;
    assert_eq!(token(&place.of_file(&place.login())).await.unwrap(), "late");
    assert_eq!(place.fake.pace.slept(), [Duration::from_secs(7)]);
}
