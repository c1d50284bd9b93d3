//! Operations: waited for where they live, and told with their own words when they end badly.

use std::time::Duration;

use serde_json::{Value, json};

use crate::gcp::fake::{Fake, Reply};
use crate::gcp::{ApiError, Request, Send, Service, Verb};

fn insert() -> Send {
    Send::compute(Request::new(Verb::Post, Service::Compute, "projects/p/zones/a/instances"))
}

fn running() -> Reply {
    Reply::ok(&json!({"name": "o", "zone": "https://x/projects/p/zones/a", "status": "RUNNING"}))
}

fn registry(verb: Verb) -> Send {
    Send::long_running(Request::new(
        verb,
        Service::ArtifactRegistry,
        "v1/projects/p/locations/l/repositories/r",
    ))
}

#[tokio::test]
async fn a_compute_operation_is_waited_for_until_it_is_done() {
    let done = Reply::ok(&json!({"name": "o", "status": "DONE"}));
    let fake = Fake::scripted(vec![running(), running(), done]).await;
    fake.client().carry_out(&insert()).await.unwrap();
    let wait = "POST /compute/v1/projects/p/zones/a/operations/o/wait";
    assert_eq!(fake.lines()[1..], [wait, wait]);
    assert_eq!(fake.pace.slept(), Vec::<Duration>::new(), "`wait` waits on the other side");
}

#[tokio::test]
async fn an_operation_that_ends_badly_is_told_with_its_codes() {
    let errors = json!([{"code": "ZONE_RESOURCE_POOL_EXHAUSTED", "message": "no room in zone a"}]);
    let done = Reply::ok(&json!({"name": "o", "status": "DONE", "error": {"errors": errors}}));
    let fake = Fake::scripted(vec![running(), done]).await;
    match fake.client().carry_out(&insert()).await {
        Err(ApiError::Operation { what, codes, message, .. }) => {
            assert_eq!(codes, ["ZONE_RESOURCE_POOL_EXHAUSTED"]);
            assert_eq!(
                (what.as_str(), message.as_str()),
                ("POST compute/projects/p/zones/a/instances", "no room in zone a")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_operation_not_known_yet_is_asked_for_again() {
    let unknown = Reply::error(404, "notFound", "no such operation");
    let done = Reply::ok(&json!({"status": "DONE"}));
    let fake = Fake::scripted(vec![running(), unknown, done]).await;
    fake.client().carry_out(&insert()).await.unwrap();
    assert_eq!(fake.seen().len(), 3);
}

#[tokio::test]
async fn a_long_running_operation_is_looked_at_at_once_and_then_ever_less_often() {
    let name = "projects/p/locations/l/operations/o";
    let going = Reply::ok(&json!({ "name": name }));
    let done = Reply::ok(&json!({"name": name, "done": true, "response": {}}));
    let mut replies = vec![going; 9];
    replies.push(done);
    let fake = Fake::scripted(replies).await;
    fake.client().carry_out(&registry(Verb::Post)).await.unwrap();
    assert_eq!(fake.lines()[1], format!("GET /v1/{name}"));
    let slept: Vec<u128> = fake.pace.slept().iter().map(Duration::as_millis).collect();
    assert_eq!(slept, [50, 62, 78, 97, 122, 152, 190, 238]);
}

#[tokio::test]
async fn an_operation_done_from_the_start_is_never_asked_about() {
    let fake =
        Fake::scripted(vec![Reply::ok(&json!({"name": "operations/noop.DONE_OPERATION", "done": true}))])
            .await;
    fake.client().carry_out(&registry(Verb::Post)).await.unwrap();
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_that_names_no_operation_is_an_error() {
    let fake = Fake::scripted(vec![Reply::ok(&json!({"something": "else"}))]).await;
    for send in [insert(), registry(Verb::Post)] {
        assert!(matches!(fake.client().carry_out(&send).await, Err(ApiError::Garbled { .. })));
    }
}

#[tokio::test]
async fn a_deletion_of_what_is_gone_is_done_however_it_is_told() {
    let name = "projects/p/locations/l/operations/o";
    let told: [Value; 2] = [
        json!({"name": name, "done": true, "error": {"code": 5, "message": "gone"}}),
        json!({"error": {"code": 404}}),
    ];
    for (status, body) in [200, 404].into_iter().zip(told) {
        let reply = if status == 200 { Reply::ok(&body) } else { Reply::error(404, "notFound", "gone") };
        let fake = Fake::scripted(vec![reply]).await;
        let delete = registry(Verb::Delete);
        assert!(fake.client().carry_out(&delete).await.unwrap_err().is_not_found());
        fake.client().carry_out(&delete.absent_is_done()).await.unwrap();
    }
}

#[tokio::test]
async fn an_operation_that_came_to_nothing_for_nobodys_fault_is_begun_anew() {
    let ended = |code: &str| {
        Reply::ok(
            &json!({"name": "o", "status": "DONE", "error": {"errors": [{"code": code, "message": "no"}]}}),
        )
    };
    let done = Reply::ok(&json!({"name": "o", "status": "DONE"}));
    for (code, calls) in [("RESOURCE_NOT_READY", 2), ("QUOTA_EXCEEDED", 1)] {
        let fake = Fake::scripted(vec![ended(code), done.clone()]).await;
        assert_eq!(fake.client().carry_out(&insert()).await.is_ok(), calls == 2, "{code}");
        assert_eq!(fake.seen().len(), calls, "{code}");
    }
}

#[tokio::test]
async fn an_operation_without_an_end_is_given_up_at_its_bound() {
    let begun = json!({"name": "projects/p/locations/l/operations/o"});
    let fake = Fake::scripted(vec![Reply::ok(&begun)]).await;
    let timeouts = crate::gcp::Timeouts { operation: Duration::from_mins(1), ..Default::default() };
    let error = fake.client().with_timeouts(timeouts).carry_out(&registry(Verb::Post)).await.unwrap_err();
    assert!(matches!(&error, ApiError::Operation { codes, .. } if codes == &["TIMEOUT"]), "{error}");
    let waited: Duration = fake.pace.slept().iter().sum();
    assert!((60..63).contains(&waited.as_secs()), "{waited:?}");
}

#[tokio::test]
async fn a_new_account_is_known_when_three_reads_in_a_row_find_it() {
    let account = json!({"accountId": "ci", "serviceAccount": {"description": "[provost c]"}});
    let create = Request::new(Verb::Post, Service::Iam, "v1/projects/p/serviceAccounts").json(&account);
    let (there, gone) = (Reply::ok(&json!({"email": "ci"})), Reply::error(404, "notFound", "unknown"));
    let flicker = vec![there.clone(), gone.clone(), there.clone(), there.clone(), gone, there];
    let fake = Fake::scripted(flicker).await;
    fake.client().carry_out(&Send::known(create)).await.unwrap();
    assert_eq!(fake.seen().len(), 8, "the creation, and reads until three found it");
}
