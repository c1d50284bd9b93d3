//! What is tried again, how often and after how long. The table of the APIs' errors is here and nowhere else.
//! Pure: waiting is the business of the client, chance is given.

use std::time::Duration;

use super::error::{ApiError, Refusal};
use super::lost;
use super::request::{Request, Service, Verb};

/// How often a call is tried in all.
pub const TRIES: u32 = 6;
/// The first and the longest wait.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(32);
/// Quotas count by the minute.
const QUOTA: Duration = Duration::from_mins(1);

/// Why a call, or an operation, is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The server or the way to it stumbled.
    Transient,
    /// Too many calls this minute.
    Quota,
    /// Something that was just made is not usable yet.
    NotYet,
}

impl Again {
    /// What the wait is for, to complete "waiting for".
    pub fn waits_for(self) -> &'static str {
        match self {
            Self::Transient => "the server to answer",
            Self::Quota => "the quota of the next minute",
            Self::NotYet => "what is under way to end",
        }
    }
}

/// Whether a failed call is worth another try.
pub fn again(request: &Request, error: &ApiError) -> Option<Again> {
    let harmless = is_repeatable(request);
    match error {
        // Without a connection nothing was done yet.
        ApiError::Transport { source, .. } => (harmless || source.is_connect()).then_some(Again::Transient),
        ApiError::Unreadable { .. } => harmless.then_some(Again::Transient),
        ApiError::Refused(refusal) => refused(refusal, harmless),
        _ => None,
    }
}

/// Whether an operation that ended in an error is worth beginning anew: nothing came of it, and nobody is to blame.
pub fn operation_again(error: &ApiError) -> Option<Again> {
    let ApiError::Operation { codes, message, .. } = error else { return None };
    let is = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(&code.as_str()));
    match () {
        () if is(&["RESOURCE_NOT_READY"]) => Some(Again::NotYet),
        () if is(&["CONCURRENT_OPERATIONS_QUOTA_EXCEEDED", "RATE_LIMIT_EXCEEDED"]) => Some(Again::Quota),
        // 13 and 14 are `INTERNAL` and `UNAVAILABLE` of long-running operations; 160009 is Service Usage's own.
        () if is(&["13", "14"]) || message.contains("160009") => Some(Again::Transient),
        () => None,
    }
}

/// Whether doing it twice is the same as doing it once: reads, whole replacements, deletions, whatever carries a request id or
/// a precondition, and creations whose work can be told from that of others afterwards.
pub fn is_repeatable(request: &Request) -> bool {
    // Policies carry an etag, and a switch that is on can be switched on again.
    let ends = [
        "getIamPolicy",
        "setIamPolicy",
        "testIamPermissions",
        "/wait",
        ":enable",
        ":disable",
        ":batchEnable",
    ];
    let numbered = request.query.iter().any(|(name, _)| name == "requestId" || name.starts_with("if"));
    request.verb != Verb::Post
        || numbered
        || ends.iter().any(|end| request.path.ends_with(end))
        || lost::twin(request).is_some()
}

/// Whether the server or the way to it stumbled.
pub fn is_transient(error: &ApiError) -> bool {
    match error {
        ApiError::Transport { .. } | ApiError::Unreadable { .. } => true,
        ApiError::Refused(refusal) => refused(refusal, true).is_some(),
        _ => false,
    }
}

fn refused(refusal: &Refusal, harmless: bool) -> Option<Again> {
    let says = |text: &str| refusal.message.contains(text);
    // What there may be at most does not come back with the next minute.
    if says("Maximum number of") || refusal.reason == "quotaExceeded" {
        return None;
    }
    match (refusal.status, refusal.reason.as_str()) {
        // A per-day quota will not come back within any wait.
        (
            403 | 429,
            "rateLimitExceeded" | "userRateLimitExceeded" | "RATE_LIMIT_EXCEEDED" | "RESOURCE_EXHAUSTED",
        ) => (!says("per day")).then_some(Again::Quota),
        // Operations take their time to end, as minutes do.
        (429, _) | (403, "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED") => Some(Again::Quota),
        (400, "resourceNotReady") | (409, "operationInProgress") => Some(Again::NotYet),
        (400, _) if says("Another activation or deactivation is in progress") => Some(Again::NotYet),
        // Service Usage says so of itself, not of a precondition of ours: it knows none.
        (400 | 412, _) if refusal.service == Service::ServiceUsage && says("Precondition check failed") => {
            Some(Again::NotYet)
        }
        (408 | 500 | 502 | 503 | 504, _) if harmless => Some(Again::Transient),
        _ => None,
    }
}

/// Something that a step may wait for after its own run has made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotYet {
    /// What is waited for, to complete "waiting for".
    pub what: &'static str,
    /// How long it may take at most.
    pub bound: Duration,
}

const API: NotYet = NotYet { what: "the API to be ready", bound: Duration::from_mins(5) };
const MEMBER: NotYet = NotYet { what: "the member to be known", bound: Duration::from_mins(2) };
/// A new service account is seen here and there at first.
pub const ACCOUNT: NotYet =
    NotYet { what: "the service account to be known everywhere", bound: Duration::from_mins(2) };
const AGENT: NotYet = NotYet { what: "the project's own accounts to exist", bound: Duration::from_mins(2) };
const GRANT: NotYet = NotYet { what: "the new grants to take effect", bound: Duration::from_mins(7) };
const USER: NotYet = NotYet { what: "what uses it to be gone", bound: Duration::from_mins(2) };
const BUCKET: NotYet = NotYet { what: "the bucket to be known", bound: Duration::from_secs(30) };
const REGISTRY: NotYet = NotYet { what: "the registry to be known", bound: Duration::from_secs(30) };

/// What an error waits for, if what it misses may have been made moments ago.
pub fn not_yet(error: &ApiError) -> Option<NotYet> {
    if let ApiError::Operation { codes, message, .. } = error {
        let denied = codes.iter().any(|code| code == "SERVICE_ACCOUNT_ACCESS_DENIED");
        return denied.then_some(ACCOUNT).or_else(|| agent(message));
    }
    let refusal = error.refusal()?;
    if error.is_service_disabled() {
        return Some(API);
    }
    let what = refusal.what.as_str();
    let policy = what.contains("etIamPolicy") || what.ends_with("/iam");
    match (refusal.status, refusal.service) {
        (400, _) if policy && misses_an_account(&refusal.message) => Some(MEMBER),
        (400, Service::Compute) if refusal.reason == "resourceInUseByAnotherResource" => Some(USER),
        (400 | 404, Service::Compute) => agent(&refusal.message),
        (403 | 404, Service::Iam) if what.contains("serviceAccounts/") => Some(ACCOUNT),
        (404, Service::Storage) if what.starts_with("POST") || policy => Some(BUCKET),
        // What acts as an account that is not known everywhere is told that it may not.
        (403, Service::Run) if refusal.message.contains("iam.serviceaccounts.actAs") => Some(ACCOUNT),
        (404, Service::ArtifactRegistry) if policy => Some(REGISTRY),
        _ => None,
    }
}

/// A new service account is no member that policies know yet. A person who does not exist is a slip of the pen.
fn misses_an_account(message: &str) -> bool {
    let account =
        message.contains("gserviceaccount.com") || message.to_lowercase().contains("service account");
    account && message.contains("does not exist")
}

/// The default service account is made some time after the API was enabled, and every account is known late.
fn agent(message: &str) -> Option<NotYet> {
    let message = message.to_lowercase();
    let about = message.contains("service account") || message.contains("serviceaccounts/");
    (about && (message.contains("does not exist") || message.contains("not found"))).then_some(AGENT)
}

/// What a refusal waits for in a run that has just granted roles: they take effect after two minutes, or seven.
pub fn not_yet_granted(error: &ApiError) -> Option<NotYet> {
    if let ApiError::Operation { codes, .. } = error {
        let denied = ["SERVICE_ACCOUNT_ACCESS_DENIED", "PERMISSIONS_ERROR"];
        return codes.iter().any(|code| denied.contains(&code.as_str())).then_some(GRANT);
    }
    let denied = ["forbidden", "insufficientPermissions", "PERMISSION_DENIED", "IAM_PERMISSION_DENIED"];
    error.refusal().filter(|r| r.status == 403 && denied.contains(&r.reason.as_str())).map(|_| GRANT)
}

/// How long to wait because the server said so. It is believed, within reason.
pub fn told(time: Duration) -> Duration {
    time.min(QUOTA)
}

/// How long to wait before try number `attempt` + 1. `chance` is a number from 0 to 1.
pub fn wait(why: Again, attempt: u32, chance: f64) -> Duration {
    match why {
        Again::Quota => QUOTA.mul_f64(0.5 + chance / 2.0),
        Again::Transient | Again::NotYet => {
            let ceiling = FIRST.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(LONGEST);
            ceiling.mul_f64(chance)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gcp::Service;

    fn error(verb: Verb, status: u16, reason: &str, message: &str) -> (Request, ApiError) {
        let request = Request::new(verb, Service::Compute, "x");
        let body =
            serde_json::json!({"error": {"message": message, "errors": [{"reason": reason}]}}).to_string();
        let refusal = Refusal::read(&request, status, &body);
        (request, ApiError::Refused(Box::new(refusal)))
    }

    #[test]
    fn the_table_of_errors_says_what_is_tried_again() {
        let rows = [
            (Verb::Get, 503, "backendError", "", Some(Again::Transient)),
            (Verb::Delete, 502, "", "", Some(Again::Transient)),
            (Verb::Post, 503, "backendError", "", None),
            (Verb::Post, 429, "rateLimitExceeded", "", Some(Again::Quota)),
            (Verb::Post, 429, "", "", Some(Again::Quota)),
            (Verb::Post, 403, "rateLimitExceeded", "limit 'Queries per day'", None),
            (Verb::Get, 403, "forbidden", "", None),
            (Verb::Post, 400, "resourceNotReady", "", Some(Again::NotYet)),
            (Verb::Post, 409, "alreadyExists", "", None),
            (Verb::Put, 412, "conditionNotMet", "", None),
        ];
        for (verb, status, reason, message, wanted) in rows {
            let (request, error) = error(verb, status, reason, message);
            assert_eq!(again(&request, &error), wanted, "{verb} {status} {reason} {message}");
        }
    }

    #[test]
    fn only_what_does_no_harm_twice_is_repeated_after_a_lost_answer() {
        let post = |service, path: &str| Request::new(Verb::Post, service, path);
        let rows = [
            (post(Service::Compute, "projects/p/global/firewalls").query("requestId", "1"), true),
            (post(Service::Compute, "projects/p/global/firewalls"), false),
            (post(Service::ResourceManager, "v1/projects/p:setIamPolicy"), true),
            (post(Service::ServiceUsage, "v1/projects/p/services:batchEnable"), true),
            (post(Service::Storage, "b").json(&serde_json::json!({"name": "x"})), false),
            (post(Service::Storage, "b").json(&serde_json::json!({"name": "x", "labels": {"a": "b"}})), true),
            (Request::new(Verb::Patch, Service::Storage, "b/x"), true),
        ];
        for (request, wanted) in rows {
            assert_eq!(is_repeatable(&request), wanted, "{request}");
        }
    }

    #[test]
    fn what_was_just_made_is_waited_for_within_its_own_bound() {
        let refused = |service, path: &str, status, reason: &str, message: &str| {
            let request = Request::new(Verb::Post, service, path);
            let body = serde_json::json!({"error": {"message": message, "errors": [{"reason": reason}]}})
                .to_string();
            not_yet(&ApiError::Refused(Box::new(Refusal::read(&request, status, &body))))
        };
        let policy = "v1/projects/p:setIamPolicy";
        let gone = "Service account x does not exist.";
        assert_eq!(refused(Service::Compute, "x", 403, "accessNotConfigured", ""), Some(API));
        assert_eq!(refused(Service::ResourceManager, policy, 400, "badRequest", gone), Some(MEMBER));
        assert_eq!(refused(Service::ResourceManager, policy, 400, "badRequest", "bad condition"), None);
        let person = "User ann@x.edu does not exist.";
        assert_eq!(refused(Service::ResourceManager, policy, 400, "badRequest", person), None);
        assert_eq!(refused(Service::Storage, "b/x/o", 404, "notFound", ""), Some(BUCKET));
        assert_eq!(refused(Service::Compute, "x", 404, "notFound", ""), None);
    }

    #[test]
    fn waits_grow_to_a_ceiling_and_a_server_that_says_when_is_believed_within_reason() {
        let seconds = |attempt| wait(Again::Transient, attempt, 1.0).as_secs();
        assert_eq!([1, 2, 3, 6, 20].map(seconds), [1, 2, 4, 32, 32]);
        assert_eq!(wait(Again::Transient, 3, 0.25).as_secs(), 1);
        assert!(wait(Again::Quota, 1, 0.0).as_secs() >= 30);
        assert_eq!([7, 86_400].map(|s| told(Duration::from_secs(s)).as_secs()), [7, 60]);
    }
}
