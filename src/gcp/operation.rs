//! Operations: work that goes on after its request was answered, waited for as each API wants.

use std::time::Duration;

use serde_json::Value;

use super::call::{Send, Wait};
use super::client::Client;
use super::error::ApiError;
use super::exchange::garbled;
use super::request::{Request, Service, Verb};
use super::retry::Again;

/// The first and the longest pause between two looks at an operation. Each is a quarter longer than the one before, so that the
/// end is seen when at most a quarter more than the operation's own time has passed.
const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(2);
/// How often an operation is looked at before it is given up: with `wait`, two minutes each.
const WAITS: u32 = 30;
const POLLS: u32 = 900;
/// How often an operation that nobody knows is asked for again.
const UNKNOWN: u32 = 4;
const NO_OPERATION: &str = "the answer names no operation";

impl Client {
    /// Sends a mutation and waits until its work is done. Gives the last answer.
    pub async fn carry_out(&self, send: &Send) -> Result<Value, ApiError> {
        let done = match self.send(&send.request).await {
            Ok(answer) => self.settle(&send.request, send.wait, answer).await,
            refused => refused,
        };
        match done {
            Err(error) if send.absent_is_done && error.is_not_found() => Ok(Value::Null),
            done => done,
        }
    }

    /// Waits for the operation that an answer names.
    pub async fn settle(&self, request: &Request, wait: Wait, answer: Value) -> Result<Value, ApiError> {
        match wait {
            Wait::Answer => Ok(answer),
            Wait::Compute => self.compute(request, answer).await,
            Wait::LongRunning => self.long_running(request, answer).await,
        }
    }

    async fn compute(&self, request: &Request, mut operation: Value) -> Result<Value, ApiError> {
        for _ in 0..WAITS {
            if operation.get("status").and_then(Value::as_str) == Some("DONE") {
                return done(request, operation, "/error/errors");
            }
            let path = compute_path(request, &operation).ok_or_else(|| garbled(request, NO_OPERATION))?;
            operation =
                self.look(&Request::new(Verb::Post, Service::Compute, format!("{path}/wait"))).await?;
        }
        Err(timed_out(request))
    }

    async fn long_running(&self, request: &Request, mut operation: Value) -> Result<Value, ApiError> {
        let mut pause = SOON;
        for poll in 0..POLLS {
            // `operations/noop.DONE_OPERATION` is done from the start and cannot be asked about.
            if operation.get("done").and_then(Value::as_bool) == Some(true) {
                return done(request, operation, "/error");
            }
            let name = operation
                .get("name")
                .and_then(Value::as_str)
                .ok_or_else(|| garbled(request, NO_OPERATION))?;
            let path = format!("v1/{name}");
            if poll > 0 {
                self.pause(pause).await;
                pause = (pause + pause / 4).min(LATE);
            }
            operation = self.look(&Request::get(request.service, path)).await?;
        }
        Err(timed_out(request))
    }

    /// Looks at an operation. One that has just begun may not be known everywhere yet.
    async fn look(&self, request: &Request) -> Result<Value, ApiError> {
        let mut attempt = 1;
        loop {
            match self.send(request).await {
                Err(error) if error.is_not_found() && attempt < UNKNOWN => {
                    self.back_off(Again::NotYet, attempt).await;
                }
                looked => return looked,
            }
            attempt += 1;
        }
    }
}

/// Where an operation lives: its zone, its region, or the whole project.
fn compute_path(request: &Request, operation: &Value) -> Option<String> {
    let name = operation.get("name")?.as_str()?;
    let project = request.path.strip_prefix("projects/")?.split('/').next()?;
    let place = |key: &str| operation.get(key).and_then(Value::as_str).and_then(|url| url.rsplit('/').next());
    let scope = match (place("zone"), place("region")) {
        (Some(zone), _) => format!("zones/{zone}"),
        (None, Some(region)) => format!("regions/{region}"),
        (None, None) => "global".to_owned(),
    };
    Some(format!("projects/{project}/{scope}/operations/{name}"))
}

fn done(request: &Request, operation: Value, at: &str) -> Result<Value, ApiError> {
    let Some(error) = operation.pointer(at).filter(|e| !e.is_null()) else {
        return Ok(operation);
    };
    let errors: Vec<&Value> = error.as_array().map_or_else(|| vec![error], |list| list.iter().collect());
    let text =
        |e: &Value, key: &str| e.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    let codes = errors.iter().filter_map(|e| text(e, "code")).collect();
    let messages: Vec<String> = errors.iter().filter_map(|e| text(e, "message")).collect();
    Err(ApiError::Operation { what: request.to_string(), codes, message: messages.join("; ") })
}

fn timed_out(request: &Request) -> ApiError {
    let message =
        "it was still running when Provost stopped waiting; run the command again to see".to_owned();
    ApiError::Operation { what: request.to_string(), codes: vec!["TIMEOUT".to_owned()], message }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_is_waited_for_where_it_lives() {
        let request = Request::new(Verb::Post, Service::Compute, "projects/p/zones/a/instances");
        let path = |operation: Value| compute_path(&request, &operation).unwrap_or_default();
        assert_eq!(
            path(json!({"name": "o", "zone": "https://x/projects/p/zones/a"})),
            "projects/p/zones/a/operations/o"
        );
        assert_eq!(
            path(json!({"name": "o", "region": "https://x/projects/p/regions/r"})),
            "projects/p/regions/r/operations/o"
        );
        assert_eq!(path(json!({"name": "o"})), "projects/p/global/operations/o");
    }

    #[test]
    fn an_operation_that_ends_in_errors_is_an_error_with_its_codes() {
        let request = Request::get(Service::Compute, "x");
        let ended = json!({"error": {"errors": [{"code": "QUOTA_EXCEEDED", "message": "no room"}]}});
        match done(&request, ended, "/error/errors") {
            Err(ApiError::Operation { codes, message, .. }) => {
                assert_eq!((codes, message), (vec!["QUOTA_EXCEEDED".to_owned()], "no room".to_owned()));
            }
            other => panic!("{other:?}"),
        }
    }
}
