//! What can go wrong between us and Google's APIs, as types that keep verb, resource, status, reason and request id.
//! No policy: what is tried again is decided in `retry`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::request::{Request, Service, Verb};

/// The projects of `gcloud auth login` and of `gcloud auth application-default login`.
const CLIENTS: [&str; 2] = ["projects/32555940559", "projects/764086051850"];

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The server answered with an error.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// No answer came.
    #[error("{verb} {service}/{path}: no answer from the server")]
    Transport {
        /// The verb.
        verb: Verb,
        /// The service's short name.
        service: &'static str,
        /// The path.
        path: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The answer was not what the API promises.
    #[error("{what} cannot be read: {why}")]
    Garbled {
        /// The request.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The answer is no JSON: it broke off, or something in between answered instead.
    #[error("the answer to {what} cannot be read")]
    Unreadable {
        /// The request.
        what: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// An operation that was accepted ended in an error.
    #[error("{what} failed: {message}")]
    Operation {
        /// The request that began it.
        what: String,
        /// Codes of the API (`ZONE_RESOURCE_POOL_EXHAUSTED`).
        codes: Vec<String>,
        /// The API's own words.
        message: String,
        /// What the API says besides: zones with room, the quota that is used up.
        info: BTreeMap<String, String>,
    },
    /// Some of a list could not be reached: what is missing in it is unknown, not absent.
    #[error("{what} left out {unreachable}, so what exists there is unknown")]
    Partial {
        /// The request.
        what: String,
        /// The places that did not answer.
        unreachable: String,
    },
    /// No credentials, or none that work.
    #[error(transparent)]
    Credentials(#[from] super::credentials::CredentialsError),
    /// A file to upload is not what the plan saw.
    #[error("the file {path} changed since the plan was made")]
    FileChanged {
        /// The file.
        path: String,
    },
    /// A file to upload cannot be read.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

/// An error answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}: {status} {reason}: {message}")]
pub struct Refusal {
    /// The request, without its body.
    pub what: String,
    /// The service.
    pub service: Service,
    /// HTTP status.
    pub status: u16,
    /// The machine-readable reason: of `errors[]`, else of `ErrorInfo`, else the status word.
    pub reason: String,
    /// The API's own words.
    pub message: String,
    /// `x-goog-request-id` and its like, to quote to Google.
    pub request_id: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The metadata of `ErrorInfo`: the API that is off, the permission that is missing, the quota that is used up.
    pub info: BTreeMap<String, String>,
}

impl Refusal {
    /// Reads an error answer; bodies may be JSON of several shapes, HTML, or empty.
    pub fn read(request: &Request, status: u16, body: &str) -> Self {
        let json: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let error = json.get("error").unwrap_or(&json);
        let text = |pointer: &str| error.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let details = || error.get("details").and_then(Value::as_array).into_iter().flatten();
        let info = details().find_map(|d| d.get("reason")?.as_str()).map(str::to_owned);
        let reason =
            info.or_else(|| text("/errors/0/reason")).or_else(|| text("/status")).unwrap_or_default();
        let plain = body.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('<'));
        let message = text("/message").or_else(|| plain.map(str::to_owned)).unwrap_or_default();
        Self {
            what: request.to_string(),
            service: request.service,
            status,
            reason,
            message,
            request_id: None,
            retry_after: None,
            info: details().filter_map(|d| d.get("metadata")).flat_map(texts).collect(),
        }
    }

    /// Whether the call was charged to the project of Google's own login clients, which says nothing of the course's project.
    pub fn is_of_a_client(&self) -> bool {
        self.info.get("consumer").is_some_and(|consumer| CLIENTS.contains(&consumer.as_str()))
    }

    /// How often a minute the server allows what it refused for its frequency, if it says so.
    pub fn a_minute(&self) -> Option<u32> {
        let of_a_minute = self.info.get("quota_unit").is_none_or(|unit| unit.starts_with("1/min"));
        self.info.get("quota_limit_value").filter(|_| of_a_minute)?.parse().ok()
    }
}

impl ApiError {
    /// The error answer, if that is what it is.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the thing is not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.status == 404,
            // 5 is `NOT_FOUND` in the operations of all services but compute.
            Self::Operation { codes, .. } => {
                codes.iter().any(|code| code == "RESOURCE_NOT_FOUND" || code == "5")
            }
            _ => false,
        }
    }

    /// Whether an API that should be turned off is off already.
    pub fn is_off(&self) -> bool {
        let off = |r: &&Refusal| r.what.ends_with(":disable") && r.message.contains("is not enabled");
        self.refusal().filter(off).is_some_and(|r| r.status == 400)
    }

    /// Whether others write the same document at the same time: the whole read-modify-write is to be done again.
    pub fn is_race(&self) -> bool {
        self.is_contended() || self.is_precondition()
    }

    /// Whether the server asks to begin anew, because several wrote at once.
    pub fn is_contended(&self) -> bool {
        self.refusal().is_some_and(|r| r.status == 409 && matches!(r.reason.as_str(), "aborted" | "ABORTED"))
    }

    /// Whether a fingerprint, etag or generation that was sent is no longer the live one. Other 412 are refusals of an
    /// organisation's rules, which no second try changes; some give the same reason and name the constraint.
    pub fn is_precondition(&self) -> bool {
        match self {
            Self::Refused(r) => {
                let reason = matches!(r.reason.as_str(), "conditionNotMet" | "CONDITION_NOT_MET" | "");
                let rule = ["constraints/", "public access prevention"].iter().any(|t| r.message.contains(t));
                r.status == 412 && reason && !rule
            }
            Self::Operation { codes, .. } => codes.iter().any(|code| code == "CONDITION_NOT_MET"),
            _ => false,
        }
    }

    /// Whether a name is taken.
    pub fn is_conflict(&self) -> bool {
        self.refusal().is_some_and(|r| r.status == 409) && !self.is_contended()
    }

    /// Whether the service's API is off in the project.
    pub fn is_service_disabled(&self) -> bool {
        let off = |r: &&Refusal| matches!(r.reason.as_str(), "SERVICE_DISABLED" | "accessNotConfigured");
        self.refusal().filter(off).is_some_and(|r| !r.is_of_a_client())
    }

    /// The API that is off, by the server's own words, else that of the service which was asked.
    pub fn disabled_api(&self) -> Option<&str> {
        let refusal = self.refusal().filter(|_| self.is_service_disabled())?;
        Some(refusal.info.get("service").map_or_else(|| refusal.service.api(), String::as_str))
    }
}

/// The members of a JSON object, numbers as they are written.
pub(super) fn texts(object: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = object.as_object().into_iter().flatten();
    members.filter(|(_, value)| !value.is_object()).map(|(key, value)| (key.clone(), text(value))).collect()
}

/// An error and its causes in one line.
pub fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> (String, String) {
        let refusal = Refusal::read(&Request::get(Service::Compute, "x"), status, body);
        (refusal.reason, refusal.message)
    }

    #[test]
    fn every_shape_of_error_body_is_read() {
        let shapes = [
            (
                r#"{"error":{"code":404,"message":"gone","errors":[{"reason":"notFound"}]}}"#,
                "notFound",
                "gone",
            ),
            (r#"{"error":{"code":404,"message":"gone","status":"NOT_FOUND"}}"#, "NOT_FOUND", "gone"),
            (
                r#"{"error":{"message":"off","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}"#,
                "SERVICE_DISABLED",
                "off",
            ),
            ("<html>\nBad Gateway\n</html>", "", "Bad Gateway"),
            ("", "", ""),
        ];
        for (body, reason, message) in shapes {
            assert_eq!(read(404, body), (reason.to_owned(), message.to_owned()), "{body}");
        }
    }

    fn refused(status: u16, error: &Value) -> ApiError {
        let body = serde_json::json!({ "error": error }).to_string();
        ApiError::Refused(Box::new(Refusal::read(&Request::get(Service::Compute, "x"), status, &body)))
    }

    #[test]
    fn the_api_that_is_off_is_the_one_the_server_names() {
        let info = serde_json::json!({"details": [
            {"reason": "SERVICE_DISABLED", "metadata": {"service": "iam.googleapis.com"}}
        ]});
        assert_eq!(refused(403, &info).disabled_api(), Some("iam.googleapis.com"));
        let old = serde_json::json!({"errors": [{"reason": "accessNotConfigured"}]});
        assert_eq!(refused(403, &old).disabled_api(), Some("compute.googleapis.com"));
        assert_eq!(
            refused(403, &serde_json::json!({"errors": [{"reason": "forbidden"}]})).disabled_api(),
            None
        );
    }

    #[test]
    fn a_rule_of_the_organisation_is_no_race() {
        let reason = |status, reason: &str| {
            refused(status, &serde_json::json!({"errors": [{"reason": reason}]})).is_race()
        };
        assert!(reason(412, "conditionNotMet"));
        assert!(reason(409, "aborted"));
        assert!(!reason(412, "orgPolicyViolation"));
        let words = "Constraint constraints/compute.vmExternalIpAccess violated for project p.";
        let named = serde_json::json!({"message": words, "errors": [{"reason": "conditionNotMet"}]});
        assert!(!refused(412, &named).is_race());
        assert!(!reason(409, "alreadyExists"));
    }
}
