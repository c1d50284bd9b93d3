//! Lost answers: a creation that was carried out although its answer never came. The next try finds the name taken; whether
//! by our own work is told by what we wrote: the mark, or the content's digest. Compute needs none of this, it has request ids.
//! Pure.

use serde_json::{Value, json};

use super::error::ApiError;
use super::request::{Body, Request, Service, Verb, segment};
use super::upload::md5_of;

/// Where a creation's work would be, and what of it is ours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Twin {
    /// Reads it.
    pub(super) read: Request,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    /// The members that carry a mark, as they were sent.
    Mark(Value),
    /// Base64 MD5 of the content.
    Content(String),
    /// What was sent.
    Members(Value),
}

/// What a creation would have made; None for requests that create nothing, or nothing that can be told apart.
pub(super) fn twin(request: &Request) -> Option<Twin> {
    if request.verb == Verb::Patch {
        return patched(request);
    }
    if request.verb != Verb::Post {
        return None;
    }
    let query = |name: &str| request.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let at = |path: String| Request::get(request.service, path);
    match (request.service, &request.body) {
        (Service::Storage, Body::File(file)) => {
            Some(content(at(format!("{}/{}", request.path, segment(query("name")?))), file.md5.clone()))
        }
        (Service::Storage, Body::Text { text, .. }) => {
            let md5 = md5_of(text.as_bytes());
            Some(content(at(format!("{}/{}", request.path, segment(query("name")?))), md5))
        }
        (Service::Storage, Body::Json(text)) if request.path == "b" => {
            let body: Value = serde_json::from_str(text).ok()?;
            let name = segment(body.get("name")?.as_str()?);
            marked(at(format!("b/{name}")), &body)
        }
        (Service::ArtifactRegistry, Body::Json(text)) if request.path.ends_with("/repositories") => {
            let body: Value = serde_json::from_str(text).ok()?;
            marked(at(format!("{}/{}", request.path, segment(query("repositoryId")?))), &body)
        }
        (Service::Run, Body::Json(text)) if request.path.ends_with("/services") => {
            let body: Value = serde_json::from_str(text).ok()?;
            marked(at(format!("{}/{}", request.path, segment(query("serviceId")?))), &body)
        }
        (Service::Iam, Body::Json(text)) if request.path.ends_with("/serviceAccounts") => {
            let body: Value = serde_json::from_str(text).ok()?;
            let project = request.path.strip_prefix("v1/projects/")?.split('/').next()?;
            let host =
                project.split_once(':').map_or(project.to_owned(), |(domain, id)| format!("{id}.{domain}"));
            let email = format!("{}@{host}.iam.gserviceaccount.com", body.get("accountId")?.as_str()?);
            marked(at(format!("{}/{email}", request.path)), body.get("serviceAccount")?)
        }
        (Service::Iam, Body::Json(text)) if request.path.ends_with("/workloadIdentityPools") => {
            let body: Value = serde_json::from_str(text).ok()?;
            marked(at(format!("{}/{}", request.path, query("workloadIdentityPoolId")?)), &body)
        }
        (Service::Iam, Body::Json(text)) if request.path.ends_with("/providers") => {
            let sent = serde_json::from_str(text).ok()?;
            let read = at(format!("{}/{}", request.path, query("workloadIdentityPoolProviderId")?));
            Some(Twin { read, wanted: Wanted::Members(sent) })
        }
        _ => None,
    }
}

/// A change of a bucket under a precondition: the second try finds the first one's work in its way.
fn patched(request: &Request) -> Option<Twin> {
    let guarded = request.query.iter().any(|(name, _)| name == "ifMetagenerationMatch");
    let Body::Json(text) = &request.body else { return None };
    let sent = serde_json::from_str(text).ok()?;
    let read = Request::get(request.service, request.path.clone()).query("projection", "noAcl");
    (guarded && request.service == Service::Storage).then(|| Twin { read, wanted: Wanted::Members(sent) })
}

/// Whether what was sent is what is there: null is absent, and what was not sent may be anything.
fn holds(live: Option<&Value>, sent: &Value) -> bool {
    match sent {
        Value::Null => live.is_none_or(Value::is_null),
        Value::Object(members) => members.iter().all(|(k, v)| holds(live.and_then(|l| l.get(k)), v)),
        sent => live == Some(sent),
    }
}

fn content(read: Request, md5: String) -> Twin {
    Twin { read: read.fields("generation,md5Hash"), wanted: Wanted::Content(md5) }
}

fn marked(read: Request, body: &Value) -> Option<Twin> {
    let carriers =
        ["labels", "description"].iter().filter_map(|key| Some(((*key).to_owned(), body.get(key)?.clone())));
    let mark: serde_json::Map<String, Value> = carriers.collect();
    (!mark.is_empty()).then(|| Twin { read, wanted: Wanted::Mark(Value::Object(mark)) })
}

impl Twin {
    /// Whether what is there is what the request would have made. A deleted pool still has its id and its mark.
    pub(super) fn is_ours(&self, live: &Value) -> bool {
        if live.get("state").and_then(Value::as_str) == Some("DELETED") {
            return false;
        }
        match &self.wanted {
            Wanted::Members(sent) => holds(Some(live), sent),
            Wanted::Content(md5) => live.get("md5Hash").and_then(Value::as_str) == Some(md5),
            Wanted::Mark(mark) => {
                mark.as_object().is_some_and(|m| m.iter().all(|(k, v)| live.get(k) == Some(v)))
            }
        }
    }

    /// The answer that was lost. Registries, services and pools are made by an operation, which is done when they are there.
    pub(super) fn answer(&self, live: Value) -> Value {
        let operated = matches!(self.read.service, Service::ArtifactRegistry | Service::Run)
            || self.read.path.contains("/workloadIdentityPools/");
        if operated { json!({"done": true, "response": live}) } else { live }
    }
}

/// Whether an error says that the place is taken.
pub(super) fn is_taken(error: &ApiError) -> bool {
    error.refusal().is_some_and(|r| r.status == 412 || (r.status == 409 && !error.is_race()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(service: Service, path: &str, body: &Value) -> Request {
        Request::new(Verb::Post, service, path).json(body)
    }

    fn pool() -> Request {
        let path = "v1/projects/p/locations/global/workloadIdentityPools";
        let request = post(Service::Iam, path, &json!({"description": "[provost c]"}));
        request.query("workloadIdentityPoolId", "github")
    }

    #[test]
    fn a_pool_that_was_deleted_is_not_the_one_that_was_made() {
        let twin = twin(&pool()).expect("a twin");
        let live = |state: &str| json!({"description": "[provost c]", "state": state});
        assert!(twin.is_ours(&live("ACTIVE")));
        assert!(!twin.is_ours(&live("DELETED")));
    }

    #[test]
    fn a_twin_is_read_where_the_creation_would_have_put_it() {
        let labels = json!({"managed-by": "provost"});
        let account = json!({"accountId": "ci", "serviceAccount": {"description": "[provost c]"}});
        let repository = post(
            Service::ArtifactRegistry,
            "v1/projects/p/locations/l/repositories",
            &json!({"labels": labels}),
        );
        let rows = [
            (post(Service::Storage, "b", &json!({"name": "x", "labels": labels})), "b/x"),
            (repository.query("repositoryId", "be"), "v1/projects/p/locations/l/repositories/be"),
            (
                post(Service::Iam, "v1/projects/p/serviceAccounts", &account),
                "v1/projects/p/serviceAccounts/ci@p.iam.gserviceaccount.com",
            ),
            (pool(), "v1/projects/p/locations/global/workloadIdentityPools/github"),
        ];
        for (request, path) in rows {
            assert_eq!(twin(&request).map(|t| t.read.path).as_deref(), Some(path), "{request}");
        }
    }

    #[test]
    fn only_what_bears_what_we_wrote_is_ours() {
        let labels = json!({"managed-by": "provost", "provost-course": "c"});
        let twin =
            twin(&post(Service::Storage, "b", &json!({"name": "x", "labels": labels}))).expect("a twin");
        assert!(twin.is_ours(&json!({"name": "x", "location": "EU", "labels": labels})));
        assert!(
            !twin.is_ours(
                &json!({"name": "x", "labels": {"managed-by": "provost", "provost-course": "other"}})
            )
        );
        assert!(!twin.is_ours(&json!({"name": "x"})));
    }

    #[test]
    fn a_change_of_a_bucket_is_known_again_by_what_it_sent() {
        let body = json!({"labels": {"team": "owls", "old": null}, "lifecycle": {"rule": []}});
        let patch = Request::new(Verb::Patch, Service::Storage, "b/x").json(&body);
        assert_eq!(twin(&patch), None, "without a precondition the second try does no harm");
        let twin = twin(&patch.query("ifMetagenerationMatch", "7")).expect("a twin");
        let live = |team: &str| json!({"labels": {"team": team, "theirs": "x"}, "lifecycle": {"rule": []}});
        assert!(twin.is_ours(&live("owls")));
        assert!(!twin.is_ours(&live("cats")));
        assert!(!twin.is_ours(&json!({"labels": {"team": "owls", "old": "y"}, "lifecycle": {"rule": []}})));
    }

    #[test]
    fn what_carries_no_mark_has_no_twin() {
        assert_eq!(twin(&post(Service::Storage, "b", &json!({"name": "x"}))), None);
        assert_eq!(
            twin(&post(Service::ServiceUsage, "v1/projects/p/services:batchEnable", &json!({}))),
            None
        );
    }
}
