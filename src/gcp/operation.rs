//! Operations: work that goes on after its request was answered, waited for as each API wants.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::call::{Send, Wait};
use super::client::Client;
use super::error::{ApiError, texts};
use super::exchange::garbled;
use super::lost;
use super::request::{Request, Service, Verb};
use super::retry::{self, ACCOUNT, Again};

/// The first and the longest pause between two looks at an operation. Each is a quarter longer than the one before, so that the
/// end is seen when at most a quarter more than the operation's own time has passed.
const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(2);
/// How often an operation that nobody knows is asked for again.
const UNKNOWN: u32 = 4;
/// How many reads in a row must find what was just made, and how long after each other.
const GOOD_READS: u32 = 3;
const BETWEEN_READS: Duration = Duration::from_millis(500);
const NO_OPERATION: &str = "the answer names no operation";

impl Client {
    /// Sends a mutation and waits until its work is done. Gives the last answer.
    pub async fn carry_out(&self, send: &Send) -> Result<Value, ApiError> {
        match self.through(&send.request, send.wait).await {
            Err(error) if send.absent_is_done && (error.is_not_found() || error.is_off()) => Ok(Value::Null),
            done => done,
        }
    }

    /// Sends and settles, and begins anew where the operation came to nothing for no fault of anybody's.
    pub async fn through(&self, request: &Request, wait: Wait) -> Result<Value, ApiError> {
        let mut attempt = 1;
        loop {
            let answer = self.send(request).await?;
            let error = match self.settle(request, wait, answer).await {
                Err(error) => error,
                done => return done,
            };
            let Some(why) = retry::operation_again(&error).filter(|_| attempt < retry::TRIES) else {
                return Err(error);
            };
            tracing::info!(%request, attempt, why = why.waits_for(), "beginning anew");
            self.tell(why.waits_for());
            self.back_off(why, attempt).await;
            attempt += 1;
        }
    }

    /// Waits for the operation that an answer names.
    pub async fn settle(&self, request: &Request, wait: Wait, answer: Value) -> Result<Value, ApiError> {
        match wait {
            Wait::Answer => Ok(answer),
            Wait::Compute => self.compute(request, answer).await,
            Wait::LongRunning => self.long_running(request, answer).await,
            Wait::Known => self.known(request).await.map(|()| answer),
        }
    }

    async fn compute(&self, request: &Request, mut operation: Value) -> Result<Value, ApiError> {
        let until = self.pace().elapsed() + self.timeouts.operation;
        for look in 0_u32.. {
            if operation.get("status").and_then(Value::as_str) == Some("DONE") {
                return done(request, operation, "/error/errors");
            }
            if self.pace().elapsed() >= until {
                break;
            }
            // `wait` waits on the other side, two minutes at the most; a server that answers at once is not pressed.
            self.between(look.saturating_sub(1)).await;
            let path = compute_path(request, &operation).ok_or_else(|| garbled(request, NO_OPERATION))?;
            operation =
                self.look(&Request::new(Verb::Post, Service::Compute, format!("{path}/wait"))).await?;
        }
        Err(timed_out(request))
    }

    async fn long_running(&self, request: &Request, mut operation: Value) -> Result<Value, ApiError> {
        let until = self.pace().elapsed() + self.timeouts.operation;
        for look in 0_u32.. {
            // `operations/noop.DONE_OPERATION` is done from the start and cannot be asked about.
            if operation.get("done").and_then(Value::as_bool) == Some(true) {
                return done(request, operation, "/error").and_then(|operation| came_up(request, operation));
            }
            if self.pace().elapsed() >= until {
                break;
            }
            let name = operation
                .get("name")
                .and_then(Value::as_str)
                .ok_or_else(|| garbled(request, NO_OPERATION))?;
            // An operation is asked for in the version of its API that began it.
            let version = request.path.split('/').next().unwrap_or_default();
            let path = format!("{version}/{name}");
            self.between(look).await;
            operation = self.look(&Request::get(request.service, path)).await?;
        }
        Err(timed_out(request))
    }

    /// Reads what a request made until three reads in a row find it.
    async fn known(&self, request: &Request) -> Result<(), ApiError> {
        let Some(twin) = lost::twin(request) else { return Ok(()) };
        let until = self.pace().elapsed() + ACCOUNT.bound;
        let mut found = 0;
        while found < GOOD_READS {
            let missing = match self.send(&twin.read).await {
                Ok(_) => None,
                Err(error) if retry::not_yet(&error).is_some() => Some(error),
                Err(error) => return Err(error),
            };
            match missing {
                None => found += 1,
                Some(error) if self.pace().elapsed() >= until => return Err(error),
                Some(_) => {
                    found = 0;
                    self.tell(ACCOUNT.what);
                }
            }
            self.let_settle(BETWEEN_READS).await;
        }
        Ok(())
    }

    /// The pause before look number `look` + 1.
    async fn between(&self, look: u32) {
        let longer = |pause: Duration| (pause + pause / 4).min(LATE);
        if let Some(times) = look.checked_sub(1) {
            self.pause((0..times).fold(SOON, |pause, _| longer(pause))).await;
        }
    }

    /// Looks at an operation. One that has just begun may not be known everywhere yet.
    async fn look(&self, request: &Request) -> Result<Value, ApiError> {
        let mut attempt = 1;
        loop {
            match self.send(request).await {
                Err(error) if error.is_not_found() && attempt < UNKNOWN => {
                    self.back_off(Again::NotYet, attempt).await;
                }
                // That nobody knows the operation does not say that its work is done.
                Err(error) if error.is_not_found() => return Err(unknown(request, &error)),
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
    let info = errors.iter().flat_map(|e| info(e)).collect();
    Err(ApiError::Operation { what: request.to_string(), codes, message: messages.join("; "), info })
}

/// An operation may end well, and what it made not work: Cloud Run says so in a condition. What is deleted need not have worked.
fn came_up(request: &Request, operation: Value) -> Result<Value, ApiError> {
    let text = |member: &str| {
        let at = operation.pointer(&format!("/response/terminalCondition/{member}"));
        at.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if text("state") != "CONDITION_FAILED" || request.verb == Verb::Delete {
        return Ok(operation);
    }
    let (codes, message) = (vec![text("reason")], text("message"));
    Err(ApiError::Operation { what: request.to_string(), codes, message, info: BTreeMap::default() })
}

/// What an error says besides its words: compute in `errorDetails`, the other services in `details`.
fn info(error: &Value) -> Vec<(String, String)> {
    let list = |key: &str| error.get(key).and_then(Value::as_array).into_iter().flatten();
    let places = ["/errorInfo/metadatas", "/quotaInfo", "/quotaInfo/dimensions", "/metadata"];
    let details = list("errorDetails").chain(list("details"));
    details.flat_map(|d| places.into_iter().filter_map(|at| d.pointer(at))).flat_map(texts).collect()
}

fn unknown(request: &Request, error: &ApiError) -> ApiError {
    let (codes, message) = (vec!["OPERATION_UNKNOWN".to_owned()], error.to_string());
    ApiError::Operation { what: request.to_string(), codes, message, info: BTreeMap::default() }
}

fn timed_out(request: &Request) -> ApiError {
    let message =
        "it was still running when Provost stopped waiting; run the command again to see".to_owned();
    let codes = vec!["TIMEOUT".to_owned()];
    ApiError::Operation { what: request.to_string(), codes, message, info: BTreeMap::default() }
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
    fn an_operation_whose_service_does_not_serve_is_an_error() {
        let request = Request::get(Service::Run, "x");
        let ended = |state: &str| {
            let condition = json!({"state": state, "message": "Image not found."});
            came_up(&request, json!({"done": true, "response": {"terminalCondition": condition}}))
        };
        let deleted = Request::new(Verb::Delete, Service::Run, "x");
        let failed = json!({"response": {"terminalCondition": {"state": "CONDITION_FAILED"}}});
        assert!(came_up(&deleted, failed).is_ok());
        assert!(ended("CONDITION_SUCCEEDED").is_ok());
        assert!(ended("CONDITION_FAILED").is_err_and(|error| error.to_string().contains("Image not found.")));
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
