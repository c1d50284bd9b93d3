//! The sandbox's objects over HTTP: uploads, preconditions, versions, lists, copies.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use reqwest::Method;
use rest::{BUCKET, cloud_with_bucket, message, raw, reason, reply};
use serde_json::{Value, json};

#[tokio::test]
async fn an_uploaded_object_has_the_checksums_of_its_content() {
    let cloud = cloud_with_bucket(json!({})).await;
    let (status, object) = cloud.upload("box-of-things", "dir%2Fhello.txt", "", "hello world").await;
    assert_eq!(status, 200, "{object}");
    assert_eq!(
        (&object["md5Hash"], &object["crc32c"]),
        (&json!("XrY7u+Ae7tCTyyK7j1rNww=="), &json!("yZRlqg=="))
    );
    assert_eq!((&object["size"], &object["contentType"]), (&json!("11"), &json!("text/plain")));
    let (status, headers, text) =
        raw(cloud.request(Method::GET, &format!("{BUCKET}/o/dir%2Fhello.txt?alt=media"))).await;
    assert_eq!(
        (status, text.as_str(), &headers["content-type"]),
        (200, "hello world", &"text/plain".parse().unwrap())
    );
    let link = object["mediaLink"].as_str().unwrap();
    assert_eq!(raw(cloud.request(Method::GET, link)).await.2, "hello world");
    let ranged = cloud.request(Method::GET, link).header("range", "bytes=6-");
    let (status, headers, text) = raw(ranged).await;
    assert_eq!(
        (status, text.as_str(), &headers["content-range"]),
        (206, "world", &"bytes 6-10/11".parse().unwrap())
    );
}

#[tokio::test]
async fn a_multipart_upload_carries_metadata_and_its_checksum_is_checked() {
    let cloud = cloud_with_bucket(json!({})).await;
    let path = "/upload/storage/v1/b/box-of-things/o?uploadType=multipart";
    let send = |md5: &str| {
        let metadata = json!({ "name": "m", "metadata": { "k": "v" }, "md5Hash": md5 });
        let body = format!(
            "--XX\r\ncontent-type: application/json\r\n\r\n{metadata}\r\n--XX\r\ncontent-type: text/css\r\n\r\nhello \
             world\r\n--XX--"
        );
        reply(
            cloud
                .request(Method::POST, path)
                .header("content-type", "multipart/related; boundary=XX")
                .body(body),
        )
    };
    let (status, answer) = send("sQqNsWTgdUEFt6mb5y4/5Q==").await;
    assert_eq!((status, reason(&answer)), (400, "invalid"));
    let (status, object) = send("XrY7u+Ae7tCTyyK7j1rNww==").await;
    assert_eq!(
        (status, &object["metadata"], &object["contentType"]),
        (200, &json!({ "k": "v" }), &json!("text/css"))
    );
}

#[tokio::test]
async fn a_resumable_upload_continues_where_it_stopped() {
    let cloud = cloud_with_bucket(json!({})).await;
    let open = "/upload/storage/v1/b/box-of-things/o?uploadType=resumable&name=big&ifGenerationMatch=0";
    let (status, headers, _) =
        raw(cloud.request(Method::POST, open).json(&json!({ "contentType": "a/b" }))).await;
    assert_eq!(status, 200);
    let session = headers["location"].to_str().unwrap().to_owned();
    let chunk = "x".repeat(256 * 1024);
    let send = |range: String, body: String| {
        raw(cloud.request(Method::PUT, &session).header("content-range", range).body(body))
    };
    let (status, headers, _) = send("bytes */*".to_owned(), String::new()).await;
    assert_eq!((status, headers.get("range")), (308, None));
    let (status, headers, _) = send("bytes 0-262143/262147".to_owned(), chunk).await;
    assert_eq!((status, &headers["range"]), (308, &"bytes=0-262143".parse().unwrap()));
    let (status, headers, _) = send("bytes */262147".to_owned(), String::new()).await;
    assert_eq!((status, &headers["range"]), (308, &"bytes=0-262143".parse().unwrap()));
    for _ in 0..2 {
        let (status, _, text) = send("bytes 262144-262146/262147".to_owned(), "end".to_owned()).await;
        let object: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &object["size"], &object["contentType"]), (200, &json!("262147"), &json!("a/b")));
    }
    assert_eq!(raw(cloud.request(Method::POST, open).json(&json!({}))).await.0, 412);
}

#[tokio::test]
async fn generation_zero_means_create_only() {
    let cloud = cloud_with_bucket(json!({})).await;
    let (status, first) = cloud.upload("box-of-things", "o", "&ifGenerationMatch=0", "1").await;
    assert_eq!(status, 200);
    let (status, answer) = cloud.upload("box-of-things", "o", "&ifGenerationMatch=0", "2").await;
    assert_eq!((status, reason(&answer)), (412, "conditionNotMet"));
    assert_eq!(cloud.upload("box-of-things", "o", "&ifGenerationMatch=-999", "2").await.0, 412);
    let this = format!("&ifGenerationMatch={}", first["generation"].as_str().unwrap());
    let (status, second) = cloud.upload("box-of-things", "o", &this, "2").await;
    assert_eq!(status, 200);
    assert_ne!(first["generation"], second["generation"]);
    assert_eq!(cloud.upload("box-of-things", "o", &this, "3").await.0, 412);
    assert_eq!(cloud.delete(&format!("{BUCKET}/o/o?{}", &this[1..])).await.0, 412);
}

#[tokio::test]
async fn missing_objects_and_buckets_are_404_in_googles_words() {
    let cloud = cloud_with_bucket(json!({})).await;
    let (status, answer) = cloud.delete(&format!("{BUCKET}/o/none")).await;
    assert_eq!((status, message(&answer)), (404, "No such object: box-of-things/none"));
    let (status, answer) = cloud.get("/storage/v1/b/no-such-bucket/o").await;
    assert_eq!((status, message(&answer)), (404, "The specified bucket does not exist."));
    assert_eq!(cloud.upload("no-such-bucket", "a", "", "x").await.0, 404);
}

#[tokio::test]
async fn a_delimiter_folds_names_and_pages_count_prefixes_too() {
    let cloud = cloud_with_bucket(json!({})).await;
    let names = ["a", "b%2F1", "b%2F2", "c", "d%2F1"];
    for name in names {
        assert_eq!(cloud.upload("box-of-things", name, "", "x").await.0, 200);
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let (_, page) = cloud.get(&format!("{BUCKET}/o?delimiter=/&maxResults=2&pageToken={token}")).await;
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let prefixes = page["prefixes"].as_array().cloned().unwrap_or_default();
        assert!(items.len() + prefixes.len() <= 2);
        seen.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        seen.extend(prefixes.iter().map(|prefix| prefix.as_str().unwrap().to_owned()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["a", "b/", "c", "d/"]);
    let (_, list) = cloud.get(&format!("{BUCKET}/o?prefix=b/&startOffset=b/2")).await;
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["name"]), (1, &json!("b/2")));
    assert_eq!(cloud.get(&format!("{BUCKET}/o?prefix=z")).await.1, json!({ "kind": "storage#objects" }));
}

#[tokio::test]
async fn versioning_keeps_what_is_overwritten() {
    let cloud = cloud_with_bucket(json!({ "versioning": { "enabled": true } })).await;
    let (_, first) = cloud.upload("box-of-things", "o", "", "one").await;
    cloud.upload("box-of-things", "o", "", "two").await;
    let (_, all) = cloud.get(&format!("{BUCKET}/o?versions=true")).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert!(all["items"][0]["timeDeleted"].is_string() && all["items"][1].get("timeDeleted").is_none());
    assert_eq!(cloud.get(&format!("{BUCKET}/o")).await.1["items"].as_array().unwrap().len(), 1);
    let old = format!("{BUCKET}/o/o?alt=media&generation={}", first["generation"].as_str().unwrap());
    assert_eq!(raw(cloud.request(Method::GET, &old)).await.2, "one");
}

#[tokio::test]
async fn metadata_is_patched_without_touching_the_content() {
    let cloud = cloud_with_bucket(json!({})).await;
    let (_, before) = cloud.upload("box-of-things", "o", "", "one").await;
    let path = format!("{BUCKET}/o/o");
    cloud.patch(&path, &json!({ "metadata": { "a": "1", "b": "2" }, "cacheControl": "no-store" })).await;
    let (_, after) = cloud.patch(&path, &json!({ "metadata": { "a": null } })).await;
    assert_eq!((&after["metadata"], &after["cacheControl"]), (&json!({ "b": "2" }), &json!("no-store")));
    assert_eq!((&after["generation"], &after["metageneration"]), (&before["generation"], &json!("3")));
    assert_eq!(cloud.patch(&format!("{path}?ifMetagenerationMatch=1"), &json!({})).await.0, 412);
}

#[tokio::test]
async fn composing_joins_contents_and_drops_the_md5() {
    let cloud = cloud_with_bucket(json!({})).await;
    for (name, content) in [("a", "hello "), ("b", "world")] {
        cloud.upload("box-of-things", name, "", content).await;
    }
    let body = json!({ "sourceObjects": [{ "name": "a" }, { "name": "b" }], "destination": { "contentType": "x/y" } });
    let (status, object) = cloud.post(&format!("{BUCKET}/o/ab/compose"), &body).await;
    assert_eq!((status, object.get("md5Hash"), &object["componentCount"]), (200, None, &json!(2)));
    assert_eq!((&object["crc32c"], &object["contentType"]), (&json!("yZRlqg=="), &json!("x/y")));
    let missing = json!({ "sourceObjects": [{ "name": "none" }] });
    assert_eq!(cloud.post(&format!("{BUCKET}/o/x/compose"), &missing).await.0, 404);
    assert_eq!(cloud.post(&format!("{BUCKET}/o/x/compose"), &json!({ "sourceObjects": [] })).await.0, 400);
}

#[tokio::test]
async fn a_rewrite_copies_metadata_unless_some_is_given() {
    let cloud = cloud_with_bucket(json!({})).await;
    cloud.upload("box-of-things", "a", "", "hello world").await;
    let path = format!("{BUCKET}/o/a/rewriteTo/b/box-of-things/o/b");
    assert_eq!(cloud.post(&format!("{path}?ifGenerationMatch=-999"), &json!({})).await.0, 412);
    assert_eq!(cloud.post(&format!("{path}?sourceGeneration=9999999"), &json!({})).await.0, 404);
    let (status, answer) = cloud.post(&format!("{path}?ifGenerationMatch=0"), &json!({})).await;
    assert_eq!(
        (status, &answer["kind"], &answer["done"]),
        (200, &json!("storage#rewriteResponse"), &json!(true))
    );
    assert_eq!(
        (&answer["objectSize"], &answer["resource"]["contentType"]),
        (&json!("11"), &json!("text/plain"))
    );
    let copy = format!("{BUCKET}/o/a/copyTo/b/box-of-things/o/c");
    let (_, object) = cloud.post(&copy, &json!({ "contentType": "x/y" })).await;
    assert_eq!((&object["name"], &object["contentType"]), (&json!("c"), &json!("x/y")));
}
