//! Errors as Google's services word them: status, reason and the two shapes of body.

use serde_json::{Map, Value, json};

/// The families of error bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Compute and Storage: `errors[].reason`, no `status`.
    Reasons,
    /// The one-platform services: `status` and `details`.
    Statuses,
    /// IAM: `status` and `errors[].reason` beside it.
    Both,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ApiError {
    /// HTTP status.
    pub(super) code: u16,
    /// The text for people.
    pub(super) message: String,
    /// `errors[].reason`.
    pub(super) reason: Option<&'static str>,
    /// `errors[].domain`.
    pub(super) domain: &'static str,
    /// The canonical status.
    pub(super) status: Option<&'static str>,
    /// `google.rpc` details.
    pub(super) details: Vec<Value>,
}

impl ApiError {
    fn new(code: u16, reason: &'static str, status: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            reason: Some(reason),
            domain: "global",
            status: Some(status),
            details: Vec::new(),
        }
    }

    /// 400: a value is wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid", "INVALID_ARGUMENT", message)
    }

    /// 400: the request itself is malformed.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "badRequest", "INVALID_ARGUMENT", message)
    }

    /// 400: something must be given.
    pub(super) fn required(message: impl Into<String>) -> Self {
        Self::new(400, "required", "INVALID_ARGUMENT", message)
    }

    /// 400: right in itself, wrong in this state.
    pub(super) fn failed_precondition(message: impl Into<String>) -> Self {
        Self::new(400, "failedPrecondition", "FAILED_PRECONDITION", message)
    }

    /// 400: somebody else holds the resource.
    pub(super) fn in_use(message: impl Into<String>) -> Self {
        Self::new(400, "resourceInUseByAnotherResource", "FAILED_PRECONDITION", message)
    }

    /// 400: something is still under way on the resource.
    pub(super) fn not_ready(path: &str) -> Self {
        let text = format!("The resource '{path}' is not ready");
        Self::new(400, "resourceNotReady", "FAILED_PRECONDITION", text)
    }

    /// 403 as the one-platform services say it.
    pub(super) fn permission_denied(message: impl Into<String>) -> Self {
        Self::new(403, "forbidden", "PERMISSION_DENIED", message)
    }

    /// 403 as Storage says it.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::permission_denied(message)
    }

    /// 403 of Compute: a quota that is looked at before anything begins.
    pub(super) fn quota_exceeded(message: impl Into<String>) -> Self {
        Self { domain: "usageLimits", ..Self::new(403, "quotaExceeded", "PERMISSION_DENIED", message) }
    }

    /// 404.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "notFound", "NOT_FOUND", message)
    }

    /// 409: the name is taken.
    pub(super) fn already_exists(message: impl Into<String>) -> Self {
        Self::new(409, "alreadyExists", "ALREADY_EXISTS", message)
    }

    /// 409 as Storage says it.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "conflict", "ABORTED", message)
    }

    /// 409: somebody else wrote in between.
    pub(super) fn aborted(message: impl Into<String>) -> Self {
        Self::new(409, "aborted", "ABORTED", message)
    }

    /// 412 with the text of Storage's preconditions.
    pub(super) fn condition_not_met() -> Self {
        Self::stale("At least one of the pre-conditions you specified did not hold.")
    }

    /// 412 with a text of its own, for Compute's fingerprints.
    pub(super) fn stale(message: impl Into<String>) -> Self {
        Self::new(412, "conditionNotMet", "FAILED_PRECONDITION", message)
    }

    /// 429: a limit on numbers, not on speed.
    pub(super) fn exhausted(message: impl Into<String>) -> Self {
        Self::new(429, "rateLimitExceeded", "RESOURCE_EXHAUSTED", message)
    }

    /// 304: the reader has the current version. It has no body.
    pub(super) fn not_modified() -> Self {
        Self::new(304, "notModified", "OK", "Not Modified")
    }

    /// 500: a mistake of the sandbox itself.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "internalError", "INTERNAL", message)
    }

    /// 501: Google has this method, the sandbox does not.
    pub(super) fn not_served(method: &str) -> Self {
        Self::new(501, "notImplemented", "UNIMPLEMENTED", format!("The sandbox does not serve {method}."))
    }

    /// 403 of a service that the project has not enabled.
    pub(super) fn service_disabled(service: &str, title: &str, number: &str) -> Self {
        let url =
            format!("https://console.developers.google.com/apis/api/{service}/overview?project={number}");
        let message = format!(
            "{title} has not been used in project {number} before or it is disabled. Enable it by visiting {url} \
             then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our \
             systems and retry."
        );
        let metadata = json!({
            "service": service, "serviceTitle": title, "consumer": format!("projects/{number}"),
            "containerInfo": number, "activationUrl": url,
        });
        let mut error = Self::new(403, "accessNotConfigured", "PERMISSION_DENIED", message);
        error.domain = "usageLimits";
        error.details = vec![error_info("SERVICE_DISABLED", &metadata)];
        error
    }

    /// The body of the answer in the style of the service.
    pub(super) fn body(&self, style: Style) -> Value {
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(self.code));
        error.insert("message".to_owned(), json!(self.message));
        let shows_status = style != Style::Reasons || !self.details.is_empty();
        if let Some(status) = self.status.filter(|_| shows_status) {
            error.insert("status".to_owned(), json!(status));
        }
        if let Some(reason) = self.reason.filter(|_| style != Style::Statuses || self.domain != "global") {
            error.insert("errors".to_owned(), json!([self.one(reason)]));
        }
        if !self.details.is_empty() {
            error.insert("details".to_owned(), json!(self.details));
        }
        json!({ "error": error })
    }

    /// One of `errors[]`. A failed precondition names the header, whether one was sent or not.
    fn one(&self, reason: &str) -> Value {
        let mut one = json!({ "message": self.message, "domain": self.domain, "reason": reason });
        if let Some(members) = one.as_object_mut().filter(|_| self.code == 412) {
            members.insert("locationType".to_owned(), json!("header"));
            members.insert("location".to_owned(), json!("If-Match"));
        }
        one
    }
}

/// A `google.rpc.ErrorInfo` detail.
pub(super) fn error_info(reason: &str, metadata: &Value) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason, "domain": "googleapis.com", "metadata": metadata,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_of_services_has_its_own_body() {
        let error = ApiError::not_found("no");
        let one = json!({ "message": "no", "domain": "global", "reason": "notFound" });
        let reasons = json!({ "error": { "code": 404, "message": "no", "errors": [one.clone()] } });
        let statuses = json!({ "error": { "code": 404, "message": "no", "status": "NOT_FOUND" } });
        assert_eq!(error.body(Style::Reasons), reasons);
        assert_eq!(error.body(Style::Statuses), statuses);
        let both =
            json!({ "error": { "code": 404, "message": "no", "status": "NOT_FOUND", "errors": [one] } });
        assert_eq!(error.body(Style::Both), both);
    }

    #[test]
    fn a_failed_precondition_names_the_header() {
        let body = ApiError::condition_not_met().body(Style::Reasons);
        assert_eq!(body["error"]["errors"][0]["locationType"], "header");
        assert_eq!(body["error"]["errors"][0]["location"], "If-Match");
    }

    #[test]
    fn a_disabled_service_is_named_in_both_forms() {
        let body = ApiError::service_disabled("iam.googleapis.com", "IAM API", "7").body(Style::Statuses);
        assert_eq!(body["error"]["details"][0]["metadata"]["consumer"], "projects/7");
        assert_eq!(body["error"]["errors"][0]["reason"], "accessNotConfigured");
        assert_eq!(body["error"]["status"], "PERMISSION_DENIED");
    }
}
