//! Requests to Google's APIs as values: what a plan carries and what the client sends.
//! Pure. Nothing here opens a connection, reads a file or knows what an answer means.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The services Provost speaks to. Their base addresses belong to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// Compute Engine v1.
    Compute,
    /// Cloud Storage JSON v1.
    Storage,
    /// Artifact Registry v1.
    ArtifactRegistry,
    /// Resource Manager v1: the project and its IAM policy.
    ResourceManager,
    /// IAM v1: service accounts.
    Iam,
    /// Service Usage v1.
    ServiceUsage,
    /// Secret Manager v1: whether secrets are there, and who may read them. Never what they hold.
    SecretManager,
    /// Cloud Run v2.
    Run,
}

impl Service {
    /// The name under which the API is enabled in a project.
    pub fn api(self) -> &'static str {
        match self {
            Self::Compute => "compute.googleapis.com",
            Self::Storage => "storage.googleapis.com",
            Self::ArtifactRegistry => "artifactregistry.googleapis.com",
            Self::ResourceManager => "cloudresourcemanager.googleapis.com",
            Self::Iam => "iam.googleapis.com",
            Self::ServiceUsage => "serviceusage.googleapis.com",
            Self::SecretManager => "secretmanager.googleapis.com",
            Self::Run => "run.googleapis.com",
        }
    }

    /// The path of a request about a resource, from the path by which the inventory knows it: the version of Compute and of
    /// Storage is part of their base.
    pub fn path(self, resource: &str) -> String {
        match self {
            Self::Compute | Self::Storage => resource.to_owned(),
            Self::Run => format!("v2/{resource}"),
            _ => format!("v1/{resource}"),
        }
    }
}

/// HTTP verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the verbs are their own documentation")]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        })
    }
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// A JSON document. Kept as text, so that requests can be keys; written as the document that it is.
    Json(
        #[serde(serialize_with = "as_document", deserialize_with = "as_text")]
        #[schemars(with = "Value")]
        String,
    ),
    /// A text to store as an object: the inventory.
    Text {
        /// Content type of the object.
        content_type: String,
        /// Content of the object.
        text: String,
    },
    /// An object's metadata and content, read from the course folder when the request is sent.
    File(FileBody),
}

fn as_document<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<Value>(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
}

fn as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|document| document.to_string())
}

/// A file to upload, named by what the plan saw of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileBody {
    /// Path of the file, relative to the course folder.
    pub path: String,
    /// Base64 MD5 of the content the plan was made from; another content is refused when it is sent.
    pub md5: String,
    /// Size in bytes.
    pub size: u64,
    /// Content type of the object.
    pub content_type: String,
    /// The object's metadata (JSON), the first part of a multipart or resumable upload.
    pub metadata: String,
}

/// One HTTP request: verb, service, path under the service's base, query and body.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The verb of HTTP.
    pub verb: Verb,
    /// The service it goes to.
    pub service: Service,
    /// Path below the service's base, percent-encoded, without a leading slash.
    pub path: String,
    /// Query parameters in the order they are sent, not encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// What it carries.
    #[serde(default)]
    pub body: Body,
}

impl Request {
    /// A request without query and body.
    pub fn new(verb: Verb, service: Service, path: impl Into<String>) -> Self {
        Self { verb, service, path: path.into(), query: Vec::new(), body: Body::None }
    }

    /// A GET.
    pub fn get(service: Service, path: impl Into<String>) -> Self {
        Self::new(Verb::Get, service, path)
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Asks for a partial response: every read names the fields it uses.
    #[must_use]
    pub fn fields(self, mask: &str) -> Self {
        self.query("fields", mask)
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Body::Json(body.to_string());
        self
    }

    /// Sets a file to upload as the body.
    #[must_use]
    pub fn file(mut self, file: FileBody) -> Self {
        self.body = Body::File(file);
        self
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.verb, self.service.api().trim_end_matches(".googleapis.com"), self.path)
    }
}

/// Encodes one path segment: everything but unreserved characters, so that `be/cat/app.py` is one segment.
pub fn segment(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');
    utf8_percent_encode(text, KEPT).to_string()
}

/// One read of a collection or of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Read {
    /// The request for the first page.
    pub request: Request,
    /// Where the answer holds its items.
    pub shape: Shape,
}

/// How an answer holds its items.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// One document; a missing one is no item.
    Document,
    /// A page of a list under this member, continued by `nextPageToken`.
    List(&'static str),
    /// A page of an aggregated list: `items` maps scopes to lists under this member.
    Aggregated(&'static str),
}

impl Read {
    /// A read of one document.
    pub fn document(request: Request) -> Self {
        Self { request, shape: Shape::Document }
    }

    /// A read of every page of a list.
    pub fn list(request: Request, member: &'static str) -> Self {
        Self { request, shape: Shape::List(member) }
    }

    /// A read of every page of an aggregated list.
    pub fn aggregated(request: Request, member: &'static str) -> Self {
        Self { request, shape: Shape::Aggregated(member) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_segment_keeps_no_slash() {
        assert_eq!(segment("be/cat dog.py"), "be%2Fcat%20dog.py");
        assert_eq!(segment("ci@p.iam.gserviceaccount.com"), "ci@p.iam.gserviceaccount.com");
    }

    #[test]
    fn a_body_is_written_as_the_document_that_it_is() {
        let body = serde_json::json!({"z": 1, "a": "x"});
        let request = Request::new(Verb::Post, Service::Compute, "x").json(&body);
        let written = serde_json::to_value(&request).unwrap();
        assert_eq!(written.pointer("/body/json"), Some(&body));
        assert_eq!(serde_json::from_value::<Request>(written).unwrap(), request);
    }

    #[test]
    fn a_request_names_itself_without_its_body() {
        let request = Request::get(Service::Compute, "projects/p/global/firewalls").fields("items(name)");
        assert_eq!(request.to_string(), "GET compute/projects/p/global/firewalls");
    }
}
