//! A sandbox on a free port and a bare HTTP client for it: tests speak REST, not the crate's own client.
#![allow(dead_code, reason = "every test file uses its own part; which, differs from file to file")]

use provost::sandbox::{Faults, Limits, Options, Running, start};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// The project all tests work in.
pub(crate) const PROJECT: &str = "be-cloud-2526";

/// A running sandbox and a client.
pub(crate) struct Cloud {
    running: Running,
    client: Client,
}

/// A status with the body as JSON; null when empty or not JSON.
pub(crate) type Reply = (u16, Value);

impl Cloud {
    /// A new cloud in memory, with these services enabled in the project.
    pub(crate) async fn with(services: &[&str]) -> Self {
        Self::limited(services, Limits::default()).await
    }

    /// The same with these quotas and this room in the zones.
    pub(crate) async fn limited(services: &[&str], limits: Limits) -> Self {
        Self::start(services, Options { limits, ..Options::default() }).await
    }

    /// The same with these options.
    pub(crate) async fn start(services: &[&str], options: Options) -> Self {
        // A second installation in the same process is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = start(options).await.unwrap();
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let cloud = Self { running, client };
        for service in services {
            let path = format!("/v1/projects/{PROJECT}/services/{service}.googleapis.com:enable");
            assert_eq!(cloud.post(&path, &Value::Null).await.0, 200, "{service}");
        }
        cloud
    }

    /// The same with the faults of that text.
    pub(crate) async fn troubled(services: &[&str], faults: &str) -> Self {
        let faults = Faults::parse(faults).unwrap();
        Self::start(services, Options { faults, ..Options::default() }).await
    }

    /// The statuses of so many reads.
    pub(crate) async fn statuses(&self, path: &str, many: usize) -> Vec<u16> {
        let mut found = Vec::new();
        for _ in 0..many {
            found.push(self.get(path).await.0);
        }
        found
    }

    /// How often each fault has struck.
    pub(crate) fn strikes(&self) -> Vec<u64> {
        self.running.strikes()
    }

    /// Ends it as a user does.
    pub(crate) async fn shutdown(self) {
        self.running.shutdown().await.unwrap();
    }

    /// The address of a path; whole URLs stay as they are.
    pub(crate) fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.running.url()) }
    }

    /// A request to be completed by the test.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        reply(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        reply(with_body(self.request(Method::POST, path), body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        reply(with_body(self.request(Method::PUT, path), body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        reply(with_body(self.request(Method::PATCH, path), body)).await
    }

    /// Uploads content in one request, without metadata.
    pub(crate) async fn upload(&self, bucket: &str, name: &str, query: &str, content: &str) -> Reply {
        let path = format!("/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}{query}");
        let request = self.request(Method::POST, &path).header("content-type", "text/plain");
        reply(request.body(content.to_owned())).await
    }
}

fn with_body(request: RequestBuilder, body: &Value) -> RequestBuilder {
    if body.is_null() { request } else { request.json(body) }
}

/// Sends it and reads the answer as JSON.
pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    let (status, _, text) = raw(request).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Sends it and reads the answer as it is.
pub(crate) async fn raw(request: RequestBuilder) -> (u16, HeaderMap, String) {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.text().await.unwrap())
}

/// The first `errors[].reason`, or the canonical status where there is none.
pub(crate) fn reason(body: &Value) -> &str {
    let error = &body["error"];
    error["errors"][0]["reason"].as_str().or(error["status"].as_str()).unwrap_or_default()
}

/// The error's text.
pub(crate) fn message(body: &Value) -> &str {
    body["error"]["message"].as_str().unwrap_or_default()
}

/// The zone that tests of machines work in.
pub(crate) const ZONE: &str = "/compute/v1/projects/be-cloud-2526/zones/europe-west1-b";

/// The firewall rules of the project.
pub(crate) const FIREWALLS: &str = "/compute/v1/projects/be-cloud-2526/global/firewalls";

/// A small machine, as an insert sends it.
pub(crate) fn vm(name: &str) -> Value {
    let image = "projects/debian-cloud/global/images/family/debian-12";
    let disk = json!({ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": image } });
    json!({ "name": name, "machineType": "e2-small", "disks": [disk], "networkInterfaces": [{}] })
}

/// Where buckets are made.
pub(crate) fn buckets() -> String {
    format!("/storage/v1/b?project={PROJECT}")
}

/// The bucket that the storage tests work on.
pub(crate) const BUCKET: &str = "/storage/v1/b/box-of-things";

/// A cloud with that bucket.
pub(crate) async fn cloud_with_bucket(settings: Value) -> Cloud {
    let cloud = Cloud::with(&[]).await;
    let mut body = json!({ "name": "box-of-things" });
    body.as_object_mut().unwrap().extend(settings.as_object().cloned().unwrap_or_default());
    let (status, answer) = cloud.post(&format!("/storage/v1/b?project={PROJECT}"), &body).await;
    assert_eq!(status, 200, "{answer}");
    cloud
}
