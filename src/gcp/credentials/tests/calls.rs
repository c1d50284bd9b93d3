//! What calls carry, and what becomes of a call whose token or quota project is refused.

use std::net::SocketAddr;
use std::sync::Mutex;

use super::*;
use crate::gcp::error::Refusal;
use crate::gcp::{Client, Endpoints, Request, Service};

/// A server that is somebody's cloud: not on this machine by its name, so that it is sent tokens.
const ELSEWHERE: &str = "cloud.test";

pub(super) fn refusal(status: u16, reason: &str) -> Refusal {
    let body = json!({"error": {"errors": [{"reason": reason}]}}).to_string();
    Refusal::read(&read(), status, &body)
}

fn read() -> Request {
    Request::get(Service::Compute, "projects/course-1")
}

/// A client of a server elsewhere.
fn client(cloud: &Fake, credentials: Credentials) -> Client {
    let address: SocketAddr = cloud.root.trim_start_matches("http://").parse().unwrap();
    let endpoints = Endpoints::elsewhere(&format!("http://{ELSEWHERE}:{}", address.port()));
    let mut client = Client::new(endpoints, credentials, "".into()).unwrap().with_pace(cloud.pace.clone());
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).resolve(ELSEWHERE, address);
    client.http = http.build().unwrap();
    client
}

/// The tokens and quota projects that a server was sent.
fn carried(cloud: &Fake) -> Vec<(String, String)> {
    let header = |seen: &Seen, name| seen.header(name).to_owned();
    let seen = cloud.seen();
    seen.iter().map(|seen| (header(seen, "authorization"), header(seen, "x-goog-user-project"))).collect()
}

/// The same for comparison.
fn pairs(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(token, project)| (format!("Bearer {token}"), (*project).to_owned())).collect()
}

/// Answers from the front of a list, then that all is well.
fn first(replies: Vec<Reply>) -> impl Fn(&Seen) -> Reply + Send + Sync {
    let replies = Mutex::new(replies.into_iter());
    move |_| replies.lock().unwrap().next().unwrap_or_else(|| Reply::ok(&json!({})))
}

fn unauthorized() -> Reply {
    Reply::error(401, "authError", "Invalid Credentials")
}

#[tokio::test]
async fn a_call_carries_the_token_and_a_persons_also_the_quota_project() {
    let place = Place::new().await;
    let (mut bare, quota) = (place.login(), "mine");
    bare.as_object_mut().unwrap().remove("quota_project_id");
    let rows = [
        (place.login(), "bought-1", quota),
        (bare, "bought-2", "course-1"),
        (place.key(), "bought-3", ""),
        (place.github(), "acting-5", ""),
    ];
    for (file, token, project) in rows {
        let cloud = Fake::answering(first(vec![])).await;
        client(&cloud, place.of_file(&file)).send(&read()).await.unwrap();
        assert_eq!(carried(&cloud), pairs(&[(token, project)]));
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_the_call_made_again() {
    let place = Place::new().await;
    let cloud = Fake::answering(first(vec![unauthorized()])).await;
    let client = client(&cloud, place.of_file(&place.key()));
    client.send(&read()).await.unwrap();
    client.send(&read()).await.unwrap();
    assert_eq!(carried(&cloud), pairs(&[("bought-1", ""), ("bought-2", ""), ("bought-2", "")]));
}

#[tokio::test]
async fn a_call_that_is_refused_twice_is_an_error() {
    let place = Place::new().await;
    let cloud = Fake::answering(|_| unauthorized()).await;
    let error = client(&cloud, place.of_file(&place.key())).send(&read()).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().status, 401);
    assert_eq!(carried(&cloud), pairs(&[("bought-1", ""), ("bought-2", "")]));
}

#[tokio::test]
async fn a_given_token_that_is_refused_is_all_there_is() {
    let place = Place::new().await;
    let cloud = Fake::answering(|_| unauthorized()).await;
    let given = place.settings(&[("GOOGLE_OAUTH_ACCESS_TOKEN", "given")]);
    client(&cloud, place.credentials(given)).send(&read()).await.unwrap_err();
    assert_eq!(carried(&cloud), pairs(&[("given", "")]));
}

#[tokio::test]
async fn one_token_refused_to_many_calls_is_renewed_once() {
    let place = Place::new().await;
    let stale = |seen: &Seen| {
        let old = seen.header("authorization").ends_with("bought-1");
        if old { unauthorized() } else { Reply::ok(&json!({})) }
    };
    let cloud = Fake::answering(stale).await;
    let client = client(&cloud, place.of_file(&place.key()));
    let calls = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.send(&read()).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(place.fake.count(" /token"), 2);
}

#[tokio::test]
async fn a_quota_project_that_may_not_be_charged_is_named_no_more() {
    let place = Place::new().await;
    let cloud = Fake::answering(first(vec![Reply::error(403, "USER_PROJECT_DENIED", "no")])).await;
    let client = client(&cloud, place.of_file(&place.login()));
    client.send(&read()).await.unwrap();
    client.send(&read()).await.unwrap();
    assert_eq!(carried(&cloud), pairs(&[("bought-1", "mine"), ("bought-1", ""), ("bought-1", "")]));
}

#[tokio::test]
async fn another_refusal_is_no_matter_of_the_quota_project() {
    let place = Place::new().await;
    let cloud = Fake::answering(|_| Reply::error(403, "forbidden", "no")).await;
    client(&cloud, place.of_file(&place.login())).send(&read()).await.unwrap_err();
    assert_eq!(carried(&cloud), pairs(&[("bought-1", "mine")]));
}

#[tokio::test]
async fn a_server_on_this_machine_gets_no_token_and_none_is_looked_for() {
    let place = Place::new().await;
    let cloud = Fake::answering(first(vec![])).await;
    let broken = place.settings(&[(FILE, "/nowhere.json")]);
    let endpoints = Endpoints::under(&cloud.root).unwrap();
    let client = Client::new(endpoints, place.credentials(broken), "".into()).unwrap();
    client.send(&read()).await.unwrap();
    assert_eq!(carried(&cloud), [(String::new(), String::new())]);
}
