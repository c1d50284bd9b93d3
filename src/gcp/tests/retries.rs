//! What is tried again, how often, after how long, and what a read makes of pages.

use std::time::Duration;

use serde_json::{Value, json};

use crate::gcp::fake::{Fake, Reply};
use crate::gcp::{ApiError, Client, Credentials, Endpoints, Read, Request, Send, Service, Verb};

fn down() -> Reply {
    Reply::error(503, "backendError", "try again")
}

fn insert() -> Request {
    Request::new(Verb::Post, Service::Compute, "projects/p/global/firewalls").json(&json!({"name": "x"}))
}

fn account() -> Request {
    let account = json!({"accountId": "ci", "serviceAccount": {"description": "[provost c]"}});
    Request::new(Verb::Post, Service::Iam, "v1/projects/p/serviceAccounts").json(&account)
}

#[tokio::test]
async fn a_server_that_stays_down_is_asked_six_times() {
    let fake = Fake::scripted(vec![down()]).await;
    let error = fake.client().send(&Request::get(Service::Compute, "projects/p")).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().status, 503);
    assert_eq!(fake.seen().len(), 6);
    let first = *fake.pace.slept().first().unwrap();
    let slept: Vec<u128> =
        fake.pace.slept().iter().map(|time| time.as_micros() / first.as_micros()).collect();
    assert_eq!(slept, [1, 2, 4, 8, 16]);
}

#[tokio::test]
async fn the_server_says_when_to_come_back() {
    let busy = Reply::error(429, "rateLimitExceeded", "slow down").header("retry-after", "7");
    let fake = Fake::scripted(vec![busy, Reply::ok(&json!({}))]).await;
    fake.client().send(&Request::get(Service::Storage, "b")).await.unwrap();
    assert_eq!(fake.pace.slept(), [Duration::from_secs(7)]);
}

#[tokio::test]
async fn one_logical_mutation_of_compute_keeps_its_request_id() {
    let fake = Fake::scripted(vec![down(), down(), Reply::ok(&json!({}))]).await;
    let client = fake.client();
    client.send(&insert()).await.unwrap();
    client.send(&insert()).await.unwrap();
    let ids: Vec<String> = fake.seen().iter().map(|s| s.asks("requestId").unwrap().to_owned()).collect();
    assert!(ids[..3].iter().all(|id| *id == ids[0]));
    assert_ne!(ids[3], ids[0]);
}

#[tokio::test]
async fn only_mutations_of_compute_carry_a_request_id() {
    let fake = Fake::scripted(vec![Reply::ok(&json!({}))]).await;
    let client = fake.client();
    let rows = [
        (Request::new(Verb::Delete, Service::Compute, "projects/p/global/firewalls/x"), true),
        (Request::get(Service::Compute, "projects/p"), false),
        (Request::new(Verb::Post, Service::Compute, "projects/p/global/operations/o/wait"), false),
        (Request::new(Verb::Post, Service::Compute, "projects/p/zones/z/instances/i/setIamPolicy"), false),
        (Request::new(Verb::Post, Service::Storage, "b"), false),
    ];
    for (request, wanted) in rows {
        client.send(&request).await.unwrap();
        assert_eq!(fake.seen().last().unwrap().asks("requestId").is_some(), wanted, "{request}");
    }
}

#[tokio::test]
async fn a_creation_that_nobody_could_tell_from_anothers_is_not_repeated() {
    let fake = Fake::scripted(vec![down(), Reply::ok(&json!({}))]).await;
    let nameless = Request::new(Verb::Post, Service::Storage, "b").json(&json!({"name": "x"}));
    assert!(fake.client().send(&nameless).await.is_err());
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn a_lost_creation_is_found_again_by_its_mark() {
    let taken = Reply::error(409, "alreadyExists", "taken");
    for (description, found) in [("[provost c]", true), ("somebody's", false)] {
        let there = Reply::ok(&json!({"email": "ci@p", "description": description}));
        let fake = Fake::scripted(vec![down(), taken.clone(), there]).await;
        let answer = fake.client().send(&account()).await;
        assert_eq!(answer.is_ok(), found, "{description}");
        assert_eq!(fake.count("/v1/projects/p/serviceAccounts/ci@p.iam.gserviceaccount.com"), 1);
    }
}

#[tokio::test]
async fn a_lost_creation_that_goes_by_an_operation_is_done_when_it_is_found() {
    let labels = json!({"managed-by": "provost", "provost-course": "c"});
    let path = "v1/projects/p/locations/l/repositories";
    let create = Request::new(Verb::Post, Service::ArtifactRegistry, path).query("repositoryId", "be");
    let create = Send::long_running(create.json(&json!({ "labels": labels })));
    let there = Reply::ok(&json!({"name": format!("{path}/be"), "labels": labels}));
    let fake = Fake::scripted(vec![down(), Reply::error(409, "ALREADY_EXISTS", "taken"), there]).await;
    fake.client().carry_out(&create).await.unwrap();
    assert_eq!(fake.seen().len(), 3, "there is no operation to wait for");
}

#[tokio::test]
async fn a_name_that_was_taken_from_the_start_is_an_error() {
    let fake = Fake::scripted(vec![Reply::error(409, "alreadyExists", "taken")]).await;
    let error = fake.client().send(&account()).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn nobody_there_is_told_with_its_cause_and_without_the_query() {
    let endpoints = Endpoints::under("http://127.0.0.1:1").unwrap();
    let client = Client::new(endpoints, Credentials::None, "".into()).unwrap();
    let client = client.with_pace(std::sync::Arc::new(crate::gcp::pace::fast::FastPace::default()));
    let request = Request::get(Service::Storage, "b").query("secret", "1");
    let error = client.send(&request).await.unwrap_err();
    assert!(matches!(error, ApiError::Transport { .. }));
    let told = crate::gcp::error::told(&error);
    assert!(
        told.starts_with("GET storage/b: no answer from the server") && !told.contains("secret"),
        "{told}"
    );
}

#[tokio::test]
async fn an_error_keeps_what_google_wants_to_hear_of_it() {
    let refused = Reply::error(403, "forbidden", "no").header("x-guploader-uploadid", "id-1");
    let fake = Fake::scripted(vec![refused]).await;
    let error = fake.client().send(&insert()).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.request_id.as_deref(), Some("id-1"));
    assert_eq!(error.to_string(), "POST compute/projects/p/global/firewalls: 403 forbidden: no");
}

#[tokio::test]
async fn every_page_of_a_list_is_read() {
    let fake = Fake::answering(|seen| match seen.asks("pageToken") {
        None => Reply::ok(&json!({"items": [1, 2], "nextPageToken": "a/b"})),
        // A page may be empty and still not be the last.
        Some("a%2Fb") => Reply::ok(&json!({"nextPageToken": "c"})),
        _ => Reply::ok(&json!({"items": [3]})),
    })
    .await;
    let read = Read::list(Request::get(Service::Storage, "b/x/o").fields("items,nextPageToken"), "items");
    assert_eq!(fake.client().read(&read).await.unwrap(), [json!(1), json!(2), json!(3)]);
    assert!(fake.seen().iter().all(|s| s.asks("fields").is_some()));
}

#[tokio::test]
async fn an_aggregated_list_gives_the_members_of_every_scope() {
    let page = json!({"items": {"zones/a": {"instances": [1]}, "zones/b": {"warning": {}}, "zones/c": {"instances": [2]}}});
    let fake = Fake::scripted(vec![Reply::ok(&page)]).await;
    let read = Read::aggregated(Request::get(Service::Compute, "x"), "instances");
    assert_eq!(fake.client().read(&read).await.unwrap(), [json!(1), json!(2)]);
}

#[tokio::test]
async fn what_could_not_be_reached_is_unknown_and_not_absent() {
    for key in ["unreachable", "unreachables"] {
        let fake = Fake::scripted(vec![Reply::ok(&json!({"items": [], key: ["zones/a"]}))]).await;
        let error = fake.client().read(&Read::list(Request::get(Service::Compute, "x"), "items")).await;
        assert!(matches!(error, Err(ApiError::Partial { .. })), "{key}");
    }
}

#[tokio::test]
async fn what_does_not_exist_has_no_items() {
    let fake = Fake::scripted(vec![Reply::error(404, "notFound", "gone")]).await;
    let request = Request::get(Service::Storage, "b/x/o");
    for read in [Read::document(request.clone()), Read::list(request, "items")] {
        assert_eq!(fake.client().read(&read).await.unwrap(), Vec::<Value>::new());
    }
}

#[tokio::test]
async fn a_list_that_disappears_between_its_pages_is_an_error() {
    let page = Reply::ok(&json!({"items": [1], "nextPageToken": "t"}));
    let fake = Fake::scripted(vec![page, Reply::error(404, "notFound", "gone")]).await;
    let read = Read::list(Request::get(Service::Storage, "b/x/o"), "items");
    assert!(fake.client().read(&read).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_answer_that_broke_off_is_asked_for_again_where_that_does_no_harm() {
    let broken = Reply::garbage("{\"name\": \"x");
    let fake = Fake::scripted(vec![broken.clone(), Reply::ok(&json!({"name": "x"}))]).await;
    fake.client().send(&insert()).await.unwrap();
    assert_eq!(fake.seen().len(), 2);
    let fake = Fake::scripted(vec![broken]).await;
    let nameless = Request::new(Verb::Post, Service::Storage, "b").json(&json!({"name": "x"}));
    assert!(matches!(fake.client().send(&nameless).await, Err(ApiError::Unreadable { .. })));
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn requests_keep_to_googles_rate_limits() {
    let fake = Fake::scripted(vec![Reply::ok(&json!({}))]).await;
    let client = fake.client().with_limits();
    for _ in 0..3 {
        client.send(&Request::new(Verb::Post, Service::Storage, "b")).await.unwrap();
    }
    assert_eq!(fake.pace.slept(), [Duration::from_secs(2); 2]);
}

#[tokio::test]
async fn a_quota_that_is_used_up_holds_back_all_that_falls_under_it() {
    let busy = Reply::error(429, "rateLimitExceeded", "slow down").header("retry-after", "40");
    let fake = Fake::scripted(vec![busy, Reply::ok(&json!({}))]).await;
    let client = fake.client().with_limits();
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = std::sync::Arc::clone(&told);
    let telling = client.clone().telling(move |what| heard.lock().unwrap().push(what));
    let read = Request::get(Service::ServiceUsage, "v1/projects/p/services");
    telling.send(&read).await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["the quota of the next minute"]);
    client.send(&read).await.unwrap();
    assert_eq!(fake.pace.slept().iter().sum::<Duration>().as_millis(), 40_500, "the rate goes on from there");
}
