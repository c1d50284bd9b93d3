//! Uploads: the form of both kinds, and that nothing is sent but what the plan saw.

use serde_json::json;
use tempfile::TempDir;

use crate::gcp::fake::{Fake, Reply, Seen};
use crate::gcp::upload::md5_of;
use crate::gcp::{ApiError, FileBody, Request, Service, Verb};

const MIB: usize = 1 << 20;

fn folder(content: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("app.py"), content).unwrap();
    folder
}

fn upload(content: &[u8]) -> Request {
    let file = FileBody {
        path: "app.py".to_owned(),
        md5: md5_of(content),
        size: u64::try_from(content.len()).unwrap(),
        content_type: "text/x-python".to_owned(),
        metadata: json!({"name": "be/app.py", "metadata": {"a": "b"}}).to_string(),
    };
    Request::new(Verb::Post, Service::Storage, "b/x/o")
        .query("name", "be/app.py")
        .query("ifGenerationMatch", "0")
        .file(file)
}

#[tokio::test]
async fn a_small_file_is_one_request_of_two_parts() {
    let content = b"print('hi')\n";
    let fake = Fake::scripted(vec![Reply::ok(&json!({"generation": "1"}))]).await;
    let folder = folder(content);
    fake.client_in(folder.path().into()).send(&upload(content)).await.unwrap();
    let seen = fake.seen().remove(0);
    assert_eq!(seen.line, "POST /upload/storage/v1/b/x/o");
    assert_eq!(seen.query, "name=be%2Fapp.py&ifGenerationMatch=0&uploadType=multipart");
    let boundary =
        seen.header("content-type").strip_prefix("multipart/related; boundary=").unwrap().to_owned();
    let metadata = json!({
        "name": "be/app.py", "metadata": {"a": "b"}, "contentType": "text/x-python", "md5Hash": md5_of(content),
    });
    let wanted = format!(
        "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{metadata}\r\n--{boundary}\r\n\
         Content-Type: text/x-python\r\n\r\nprint('hi')\n\r\n--{boundary}--\r\n"
    );
    assert_eq!(seen.text(), wanted);
}

#[tokio::test]
async fn a_file_that_changed_since_the_plan_is_not_sent() {
    let fake = Fake::scripted(vec![Reply::empty(200)]).await;
    for (planned, there) in [(&b"aaaa"[..], &b"aaab"[..]), (b"aaaa", b"aaaaa"), (b"", b"a")] {
        let folder = folder(there);
        let error = fake.client_in(folder.path().into()).send(&upload(planned)).await.unwrap_err();
        assert!(matches!(error, ApiError::FileChanged { .. }), "{error}");
    }
    assert_eq!(fake.seen().len(), 0);
}

/// A session that has kept `kept` bytes of every chunk but the last.
fn session(seen: &Seen, total: usize, kept: usize) -> Reply {
    let range = seen.header("content-range");
    if seen.line.starts_with("POST") {
        return Reply::empty(200).header("location", format!("http://{}/session", seen.header("host")));
    }
    let spans = range.trim_start_matches("bytes ").split('/').next().unwrap();
    let Some((start, end)) = spans.split_once('-') else {
        return Reply::empty(308);
    };
    let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
    if end + 1 == total {
        return Reply::ok(&json!({"generation": "1"}));
    }
    Reply::empty(308).header("range", format!("bytes=0-{}", start + kept - 1))
}

#[tokio::test]
async fn a_large_file_goes_in_chunks_from_where_the_session_has_got_to() {
    let content: Vec<u8> = (0..17 * MIB).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let total = content.len();
    let fake = Fake::answering(move |seen| session(seen, total, 6 * MIB)).await;
    let folder = folder(&content);
    fake.client_in(folder.path().into()).send(&upload(&content)).await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].asks("uploadType"), Some("resumable"));
    assert_eq!(seen[0].header("x-upload-content-length"), total.to_string());
    assert_eq!(seen[0].json()["md5Hash"], md5_of(&content));
    let chunks: Vec<&str> = seen[1..].iter().map(|s| s.header("content-range")).collect();
    let at = |from: usize, to: usize| format!("bytes {from}-{}/{total}", to - 1);
    assert_eq!(chunks, [at(0, 8 * MIB), at(6 * MIB, 14 * MIB), at(12 * MIB, total)]);
    assert!(seen[2].body == content[6 * MIB..14 * MIB]);
}

#[tokio::test]
async fn after_a_stumble_the_session_is_asked_what_it_has() {
    let content = vec![7_u8; 9 * MIB];
    let total = content.len();
    let steps = std::sync::atomic::AtomicUsize::new(0);
    let fake = Fake::answering(move |seen| match steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Reply::empty(200).header("location", format!("http://{}/session", seen.header("host"))),
        1 => Reply::error(503, "backendError", "down"),
        2 => Reply::empty(308).header("range", format!("bytes=0-{}", 8 * MIB - 1)),
        _ => Reply::ok(&json!({"generation": "1"})),
    })
    .await;
    let folder = folder(&content);
    fake.client_in(folder.path().into()).send(&upload(&content)).await.unwrap();
    let ranges: Vec<String> = fake.seen()[2..].iter().map(|s| s.header("content-range").to_owned()).collect();
    assert_eq!(ranges, [format!("bytes */{total}"), format!("bytes {}-{}/{total}", 8 * MIB, total - 1)]);
}

#[tokio::test]
async fn a_session_that_makes_no_headway_is_given_up() {
    let content = vec![7_u8; 9 * MIB];
    let fake = Fake::answering(|seen| match seen.line.as_str() {
        "PUT /session" => Reply::empty(308),
        _ => Reply::empty(200).header("location", format!("http://{}/session", seen.header("host"))),
    })
    .await;
    let folder = folder(&content);
    let error = fake.client_in(folder.path().into()).send(&upload(&content)).await.unwrap_err();
    assert!(error.to_string().contains("no headway"), "{error}");
    assert_eq!(fake.count("/session"), 5);
}

#[tokio::test]
async fn an_upload_is_not_led_to_another_host() {
    let content = vec![7_u8; 9 * MIB];
    let fake =
        Fake::scripted(vec![Reply::empty(200).header("location", "https://storage.example.edu/session")])
            .await;
    let folder = folder(&content);
    let error = fake.client_in(folder.path().into()).send(&upload(&content)).await.unwrap_err();
    assert!(matches!(error, ApiError::Garbled { .. }), "{error}");
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn a_lost_upload_is_found_again_by_its_digest() {
    let content = b"x";
    let down = Reply::error(503, "backendError", "down");
    let stale = Reply::error(412, "conditionNotMet", "stale");
    let there = Reply::ok(&json!({"generation": "7", "md5Hash": md5_of(content)}));
    let fake = Fake::scripted(vec![down, stale, there]).await;
    let folder = folder(content);
    let answer = fake.client_in(folder.path().into()).send(&upload(content)).await.unwrap();
    assert_eq!(answer["generation"], "7");
    assert_eq!(fake.lines()[2], "GET /storage/v1/b/x/o/be%2Fapp.py");
}
