//! What comes of the faults that strike one call, and the bodies of answers that only faults give.

use axum::body::Bytes;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::file::{ErrorAnswer, Failure, ForeignWrite, Garbage, Moment};
use super::rule::What;
use super::subject::Subject;
use crate::sandbox::error::{ApiError, Style};

/// What comes of all faults that strike one call.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Blow {
    /// How long the call waits first.
    pub(in crate::sandbox) latency: SignedDuration,
    /// What somebody else writes before it.
    pub(in crate::sandbox) foreign: Vec<ForeignWrite>,
    /// How it ends, if not as it should.
    pub(in crate::sandbox) end: Option<End>,
}

/// How a call ends.
#[derive(Clone, Debug)]
pub(in crate::sandbox) enum End {
    /// With that answer.
    Answer(Wrong),
    /// With an error that the service gives by itself at other times.
    Refusal(ApiError),
    /// With the error of an API that the project has not enabled.
    Disabled(String),
    /// With a closed connection.
    Drop(Moment),
    /// Not at all.
    Hang(Moment),
    /// With its answer spoilt.
    Garbage(Garbage),
    /// With an operation that fails.
    Operation(Failure),
}

/// An answer in place of the right one.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Wrong(ErrorAnswer);

impl Blow {
    /// Adds what a fault does; `youth` is what it finds too young.
    pub(super) fn add(&mut self, what: &What, youth: &str, subject: &Subject) {
        match what {
            What::Latency(time) => self.latency = self.latency.saturating_add(time.0),
            What::ForeignWrite(write) => self.foreign.push(write.clone()),
            other => self.end = End::of(other, youth, subject),
        }
    }
}

impl End {
    fn of(what: &What, youth: &str, subject: &Subject) -> Option<Self> {
        Some(match what {
            What::Status(status) => Self::Answer(Wrong(status.clone())),
            What::Drop(moment) => Self::Drop(*moment),
            What::Hang(moment) => Self::Hang(*moment),
            What::Garbage(Garbage::Html502) => Self::Answer(Wrong(ErrorAnswer::html(502))),
            What::Garbage(garbage) => Self::Garbage(*garbage),
            What::Operation(failure) => Self::Operation(failure.clone()),
            What::NotReady(_) => Self::Disabled(youth.to_owned()),
            What::Flicker(flicker) => Self::Refusal(missing(subject, flicker.status)),
            What::UnknownMember(_) => {
                Self::Refusal(ApiError::invalid(format!("Service account {youth} does not exist.")))
            }
            What::Latency(_) | What::ForeignWrite(_) => return None,
        })
    }
}

/// What a service says of a resource that it does not see.
fn missing(subject: &Subject, status: u16) -> ApiError {
    let path = &subject.resource;
    let service = subject.method.id.split('.').next().unwrap_or_default();
    if status == 403 {
        let asked = subject.method.id.replace(".projects.", ".").replace(".locations.", ".");
        return ApiError::permission_denied(match service {
            "storage" => format!("Caller does not have {asked} access to the resource, or it may not exist."),
            _ => format!("Permission '{asked}' denied on resource (or it may not exist)."),
        });
    }
    ApiError::not_found(match service {
        "compute" => format!("The resource '{path}' was not found"),
        "storage" if path.contains("/o/") => {
            format!("No such object: {}", path.trim_start_matches("b/").replacen("/o/", "/", 1))
        }
        "storage" => "The specified bucket does not exist.".to_owned(),
        "iam" => "Unknown service account".to_owned(),
        _ => "Requested entity was not found.".to_owned(),
    })
}

impl ErrorAnswer {
    fn html(code: u16) -> Self {
        Self {
            code,
            reason: None,
            status: None,
            message: None,
            retry_after: None,
            error_info: None,
            effect: false,
            html: true,
        }
    }
}

/// Code, reason, canonical status and text that go together.
const KNOWN: [(u16, &str, &str, &str); 12] = [
    (400, "badRequest", "INVALID_ARGUMENT", "Bad Request"),
    (401, "authError", "UNAUTHENTICATED", "Request had invalid authentication credentials."),
    (403, "forbidden", "PERMISSION_DENIED", "The caller does not have permission"),
    (404, "notFound", "NOT_FOUND", "Requested entity was not found."),
    (408, "requestTimeout", "DEADLINE_EXCEEDED", "The request timed out."),
    (409, "aborted", "ABORTED", "The operation was aborted."),
    (412, "conditionNotMet", "FAILED_PRECONDITION", "Precondition check failed."),
    (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED", "Rate Limit Exceeded"),
    (500, "internalError", "INTERNAL", "Internal error encountered."),
    (502, "backendError", "UNAVAILABLE", "Bad Gateway"),
    (503, "backendError", "UNAVAILABLE", "The service is currently unavailable."),
    (504, "backendError", "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
];

impl Wrong {
    /// Whether the call has its effect all the same.
    pub(in crate::sandbox) fn has_effect(&self) -> bool {
        self.0.effect
    }

    /// The HTTP status.
    pub(in crate::sandbox) fn code(&self) -> u16 {
        self.0.code
    }

    /// The headers beside the type of the content.
    pub(in crate::sandbox) fn headers(&self) -> Vec<(&'static str, String)> {
        self.0.retry_after.iter().map(|seconds| ("retry-after", seconds.to_string())).collect()
    }

    /// The JSON body in the style of the service; null where the body is a page.
    pub(in crate::sandbox) fn body(&self, style: Style) -> Value {
        let wanted = &self.0;
        if wanted.html {
            return Value::Null;
        }
        let general = if wanted.code < 500 { 400 } else { 500 };
        let known = |code| KNOWN.iter().find(|(known, ..)| *known == code);
        let (_, reason, status, message) =
            known(wanted.code).or(known(general)).copied().unwrap_or((0, "", "", ""));
        let message = wanted.message.as_deref().unwrap_or(message);
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(wanted.code));
        error.insert("message".to_owned(), json!(message));
        if style != Style::Statuses || wanted.reason.is_some() {
            let reason = wanted.reason.as_deref().unwrap_or(reason);
            let domain = if reason.ends_with("LimitExceeded") { "usageLimits" } else { "global" };
            let one = json!({ "message": message, "domain": domain, "reason": reason });
            error.insert("errors".to_owned(), json!([one]));
        }
        if style != Style::Reasons || wanted.status.is_some() || wanted.error_info.is_some() {
            error.insert("status".to_owned(), json!(wanted.status.as_deref().unwrap_or(status)));
        }
        if let Some(info) = &wanted.error_info {
            let detail = json!({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": info.reason,
                "domain": info.domain.as_deref().unwrap_or("googleapis.com"),
                "metadata": info.metadata,
            });
            error.insert("details".to_owned(), json!([detail]));
        }
        json!({ "error": error })
    }

    /// The page that Google's front end answers when nobody behind it does.
    pub(in crate::sandbox) fn page(&self) -> String {
        let code = self.0.code;
        format!(
            "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Error {code} (Server Error)!!1</title>\n\
             <p><b>{code}.</b> <ins>That\u{2019}s an error.</ins>\n<p>The server encountered a temporary error and could \
             not complete your request. <ins>That\u{2019}s all we know.</ins>\n"
        )
    }
}

/// The body of the right answer, spoilt, and its type if that is another one.
pub(in crate::sandbox) fn garbled(garbage: Garbage, body: &Bytes) -> (Bytes, Option<&'static str>) {
    match garbage {
        Garbage::EmptyBody => (Bytes::new(), None),
        Garbage::TruncatedJson => (body.slice(..body.len() / 2), None),
        Garbage::WrongContentType | Garbage::Html502 => (body.clone(), Some("text/html; charset=UTF-8")),
    }
}
