//! Sending: a request goes out in its turn, and again where that is worth it. What is worth it is decided in `retry`.

use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::error::{ApiError, Refusal};
use super::lost;
use super::request::{Request, Service, Verb};
use super::retry::{self, ACCOUNT, Again};

impl Client {
    /// Sends a request; an empty answer is null. Failures worth it are tried again. A creation whose answer was lost and
    /// that finds its own work at the next try gives what it made.
    pub async fn send(&self, request: &Request) -> Result<Value, ApiError> {
        let request = self.with_request_id(request);
        let mut attempt = 1;
        let mut lost = false;
        loop {
            self.take_turn(&request).await;
            let error = match self.once(&request).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if lost && let Some(made) = self.made_before(&request, &error).await {
                return Ok(made);
            }
            let Some(why) = retry::again(&request, &error).filter(|_| attempt < retry::TRIES) else {
                trace(&request, &error);
                return Err(error);
            };
            lost |= why == Again::Transient;
            tracing::info!(%request, attempt, why = why.waits_for(), "trying again");
            self.wait_after(&request, &error, why, attempt).await;
            attempt += 1;
        }
    }

    /// Waits before another try: as long as the server says, else as long as the reason suggests. After a quota answer
    /// whatever falls under the same quota waits as well.
    async fn wait_after(&self, request: &Request, error: &ApiError, why: Again, attempt: u32) {
        let told = error.refusal().and_then(|refusal| refusal.retry_after).map(retry::told);
        // A server that says "at once" is not pressed either.
        let told = told.map(|time| time.max(retry::wait(Again::Transient, attempt, self.pace().fraction())));
        let time = told.unwrap_or_else(|| retry::wait(why, attempt, self.pace().fraction()));
        if why == Again::Quota {
            let (now, a_minute) = (self.pace().elapsed(), error.refusal().and_then(Refusal::a_minute));
            self.with_gates(|gates| gates.refused(request, now, time, a_minute));
        }
        if told.is_some() || time > Duration::from_secs(1) {
            self.tell(why.waits_for());
        }
        match told {
            Some(time) => self.pause(time).await,
            None => self.let_settle(time).await,
        }
    }

    /// What an earlier try of this creation made, when this one found its place taken.
    async fn made_before(&self, request: &Request, error: &ApiError) -> Option<Value> {
        let twin = lost::twin(request).filter(|_| lost::is_taken(error))?;
        let until = self.pace().elapsed() + ACCOUNT.bound;
        loop {
            match Box::pin(self.send(&twin.read)).await {
                Ok(found) => return twin.is_ours(&found).then(|| twin.answer(found)),
                // The name is taken, and whoever has it is not seen everywhere yet.
                Err(error) if retry::not_yet(&error).is_some() && self.pace().elapsed() < until => {
                    self.tell(ACCOUNT.what);
                    self.back_off(Again::NotYet, 1).await;
                }
                Err(_) => return None,
            }
        }
    }

    /// One logical mutation of compute has one id, whatever happens to its answer.
    pub(super) fn with_request_id(&self, request: &Request) -> Request {
        let unnumbered = ["getIamPolicy", "setIamPolicy", "testIamPermissions", "/wait"];
        let mutates = request.verb != Verb::Get && !unnumbered.iter().any(|end| request.path.ends_with(end));
        if request.service == Service::Compute && mutates {
            return request.clone().query("requestId", self.pace().uuid());
        }
        request.clone()
    }
}

/// What Google wants to hear of a failure. That something is not there, or an API off, is an answer to most who ask.
fn trace(request: &Request, error: &ApiError) {
    let failed = |refusal: &&Refusal| refusal.status != 404 && !error.is_service_disabled();
    if let Some(refusal) = error.refusal().filter(failed) {
        // Not its words: they may quote what was sent.
        let Refusal { status, reason, request_id, .. } = refusal;
        tracing::info!(%request, status, reason, request_id, "refused");
    }
}
