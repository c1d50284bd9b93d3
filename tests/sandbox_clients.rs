//! What Google's own clients ask of the sandbox beyond the description of the API, in plain REST as they ask it.
//! The clients themselves run in `clients.rs`, where they are installed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use reqwest::Method;
use rest::{Cloud, PROJECT, raw};
use serde_json::{Value, json};

const NUMBERS: &str = "$alt=json;enum-encoding%3Dint";

/// Sends a batch and gives its answers, each with its head.
async fn batch(cloud: &Cloud, api: &str, parts: &[(&str, String)]) -> (u16, Vec<(String, Value)>) {
    let part = |(id, text): &(&str, String)| {
        format!(
            "--==x==\nContent-Type: application/http\nMIME-Version: 1.0\nContent-Transfer-Encoding: binary\nContent-ID: <{id}>\n\n{text}\n"
        )
    };
    let body = parts.iter().map(part).collect::<String>() + "--==x==--";
    let request = cloud.request(Method::POST, &format!("/batch/{api}"));
    let request = request.header("content-type", "multipart/mixed; boundary=\"==x==\"").body(body);
    let (status, headers, text) = raw(request).await;
    let kind = headers["content-type"].to_str().unwrap().to_owned();
    let Some((_, boundary)) = kind.split_once("boundary=") else {
        return (status, vec![(String::new(), serde_json::from_str(&text).unwrap())]);
    };
    let boundary = format!("--{boundary}");
    let answers = text.split(&boundary).filter(|part| part.contains("HTTP/1.1"));
    let read = |part: &str| {
        let (head, body) = part.rsplit_once("\r\n\r\n").unwrap();
        (head.to_owned(), serde_json::from_str(body.trim()).unwrap_or_default())
    };
    (status, answers.map(read).collect())
}

#[tokio::test]
async fn a_batch_is_answered_part_by_part_in_its_order() {
    let cloud = Cloud::with(&["compute"]).await;
    let url = cloud.url("/compute/v1/projects");
    let rule = json!({ "name": "open", "allowed": [{ "IPProtocol": "icmp" }] });
    let insert = format!(
        "POST {url}/{PROJECT}/global/firewalls?alt=json HTTP/1.1\nContent-Type: application/json\nHost: 127.0.0.1\n\n{rule}"
    );
    let missing = format!("GET {url}/{PROJECT}/global/firewalls/absent HTTP/1.1\nHost: 127.0.0.1\n");
    let (status, answers) = batch(&cloud, "compute/v1", &[("id+0", insert), ("id+1", missing)]).await;
    assert_eq!((status, answers.len()), (200, 2));
    assert!(
        answers[0].0.contains("Content-ID: <response-id+0>\r\n\r\nHTTP/1.1 200 OK\r\n"),
        "{}",
        answers[0].0
    );
    assert_eq!(answers[0].1["kind"], "compute#operation");
    assert!(answers[1].0.contains("<response-id+1>\r\n\r\nHTTP/1.1 404 Not Found"), "{}", answers[1].0);
    assert_eq!(answers[1].1["error"]["code"], 404);
    let path = format!("/compute/v1/projects/{PROJECT}/global/firewalls/open");
    assert_eq!(cloud.get(&path).await.0, 200);
}

#[tokio::test]
async fn the_parts_of_a_batch_may_wait_for_operations() {
    let cloud = Cloud::with(&["compute"]).await;
    let path = format!("/compute/v1/projects/{PROJECT}/global/firewalls");
    let (_, begun) =
        cloud.post(&path, &json!({ "name": "open", "allowed": [{ "IPProtocol": "all" }] })).await;
    let operation = begun["selfLink"].as_str().unwrap().replace("https://www.googleapis.com", "");
    let (_, answers) =
        batch(&cloud, "compute/v1", &[("w+0", format!("POST {operation}/wait HTTP/1.1"))]).await;
    assert_eq!(answers[0].1["status"], "DONE");
}

#[tokio::test]
async fn a_part_without_content_is_answered_without() {
    let cloud = rest::cloud_with_bucket(json!({})).await;
    cloud.upload("box-of-things", "a", "", "x").await;
    let path = format!("{}/o/a", rest::BUCKET);
    let (status, answers) =
        batch(&cloud, "storage/v1", &[("d", format!("DELETE {path} HTTP/1.1\nHost: x\n\n"))]).await;
    assert_eq!(status, 200);
    assert!(answers[0].0.contains("HTTP/1.1 204 No Content"), "{}", answers[0].0);
    assert_eq!(cloud.get(&path).await.0, 404);
}

#[tokio::test]
async fn what_is_no_batch_is_400() {
    let cloud = Cloud::with(&[]).await;
    let request = cloud.request(Method::POST, "/batch/compute/v1").body("x");
    assert_eq!(raw(request).await.0, 400);
    let (status, _) = batch(&cloud, "compute/v1", &[("x", "nonsense".to_owned())]).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn enums_come_and_go_by_number_where_a_library_asks() {
    let cloud = Cloud::with(&["artifactregistry"]).await;
    let parent = format!("/v1/projects/{PROJECT}/locations/europe-west1");
    let rule = json!({ "id": "old", "action": 1, "condition": { "tagState": 2, "olderThan": "86400s" } });
    let body = json!({ "format": 8, "mode": 1, "cleanupPolicies": { "old": rule } });
    let (status, begun) =
        cloud.post(&format!("{parent}/repositories?repositoryId=wheels&{NUMBERS}"), &body).await;
    assert_eq!(status, 200, "{begun}");
    let operation = format!("/v1/{}", begun["name"].as_str().unwrap());
    let (_, ended) = cloud.get(&format!("{operation}?{NUMBERS}")).await;
    assert_eq!(ended["response"]["format"], 8);
    let path = format!("{parent}/repositories/wheels");
    let (_, named) = cloud.get(&path).await;
    assert_eq!((&named["format"], &named["mode"]), (&json!("PYTHON"), &json!("STANDARD_REPOSITORY")));
    assert_eq!(named["cleanupPolicies"]["old"]["condition"]["tagState"], "UNTAGGED");
    let (_, numbered) = cloud.get(&format!("{path}?{NUMBERS}")).await;
    assert_eq!((&numbered["format"], &numbered["mode"]), (&json!(8), &json!(1)));
    assert_eq!(numbered["cleanupPolicies"]["old"]["action"], 1);
    let (_, listed) = cloud.get(&format!("{parent}/repositories?{NUMBERS}")).await;
    assert_eq!(listed["repositories"][0]["format"], 8);
}

#[tokio::test]
async fn a_service_is_enabled_by_number_too() {
    let cloud = Cloud::with(&["run"]).await;
    let path = format!("/v1/projects/{PROJECT}/services/run.googleapis.com");
    assert_eq!(cloud.get(&format!("{path}?{NUMBERS}")).await.1["state"], 2);
    let (status, answer) =
        cloud.post(&format!("{path}:disable?{NUMBERS}"), &json!({ "checkIfServiceHasUsage": 1 })).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(cloud.get(&format!("{path}?{NUMBERS}")).await.1["state"], 1);
    assert_eq!(cloud.get(&path).await.1["state"], "DISABLED");
}

#[tokio::test]
async fn compute_names_its_enums_whatever_is_asked() {
    let cloud = Cloud::with(&["compute"]).await;
    let path = format!("/compute/v1/projects/{PROJECT}/zones/europe-west1-b?{NUMBERS}");
    assert_eq!(cloud.get(&path).await.1["status"], "UP");
}

#[tokio::test]
async fn projects_are_found_by_filter_and_by_query() {
    let cloud = Cloud::with(&["iam"]).await;
    for (path, found) in [
        ("/v1/projects?filter=lifecycleState%3AACTIVE".to_owned(), true),
        ("/v1/projects?filter=lifecycleState%3AACTIVE+AND+projectId%3Abe-*".to_owned(), true),
        (format!("/v3/projects:search?query=id%3A{PROJECT}"), true),
        ("/v3/projects:search?query=id%3Aelse".to_owned(), false),
    ] {
        let (status, body) = cloud.get(&path).await;
        assert_eq!((status, body["projects"][0]["projectId"] == PROJECT), (200, found), "{path}: {body}");
    }
}

#[tokio::test]
async fn the_places_of_artifact_registry_are_listed_in_the_version_that_gcloud_asks() {
    let cloud = Cloud::with(&["artifactregistry"]).await;
    let (status, body) =
        cloud.get(&format!("/v1beta2/projects/{PROJECT}/locations?alt=json&pageSize=100")).await;
    assert_eq!(status, 200, "{body}");
    let mut ids = body["locations"].as_array().unwrap().iter().map(|place| &place["locationId"]);
    assert!(ids.any(|id| id == "europe-west1"));
}

#[tokio::test]
async fn operations_of_all_scopes_are_in_one_list() {
    let cloud = Cloud::with(&["compute"]).await;
    let root = format!("/compute/v1/projects/{PROJECT}");
    let rule = json!({ "name": "open", "allowed": [{ "IPProtocol": "all" }] });
    cloud.post(&format!("{root}/global/firewalls"), &rule).await;
    cloud.post(&format!("{root}/zones/europe-west1-b/disks"), &json!({ "name": "d", "sizeGb": "10" })).await;
    let (status, body) = cloud.get(&format!("{root}/aggregated/operations?includeAllScopes=True")).await;
    assert_eq!(status, 200, "{body}");
    for scope in ["global", "zones/europe-west1-b"] {
        assert_eq!(body["items"][scope]["operations"][0]["operationType"], "insert", "{scope}");
    }
    assert_eq!(body["items"]["regions/europe-west1"]["warning"]["code"], "NO_RESULTS_ON_PAGE");
}

/// gcloud asks for the images of all public projects in one batch, and gives up where one of them is refused.
#[tokio::test]
async fn the_images_of_every_public_project_may_be_listed_by_anybody() {
    let cloud = Cloud::with(&[]).await;
    for (project, has_some) in [("debian-cloud", true), ("rhel-cloud", false), ("windows-cloud", false)] {
        let path = format!("/compute/v1/projects/{project}/global/images?alt=json&maxResults=500");
        let (status, body) = cloud.get(&path).await;
        assert_eq!((status, body["items"].is_array()), (200, has_some), "{project}: {body}");
    }
}
