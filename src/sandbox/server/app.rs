//! One request from its arrival to its answer: what faults do to it, the wait for an operation, and the transaction.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::wire::Cut;
use super::{request, response};
use crate::sandbox::call::{Answer, Call, World};
use crate::sandbox::clock::Clock;
use crate::sandbox::error::ApiError;
use crate::sandbox::faults::{self, Blow, End, Failure, ForeignWrite, Garbage, Injector, Moment, Subject};
use crate::sandbox::limits::Limits;
use crate::sandbox::store::{State, Store, StoreError};
use crate::sandbox::surface::{Match, Surface};
use crate::sandbox::{compute, new_project, operation, services};

/// A wait of Compute returns after this even if the operation runs on.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(2);

/// What all requests share.
#[derive(Debug)]
pub(super) struct App {
    pub(super) surface: Surface,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) operation_time: SignedDuration,
    pub(super) limits: Limits,
    pub(super) injector: Injector,
    /// Turns true when the sandbox is to end.
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) base: String,
}

/// Returns when the sandbox is to end. The sender is dropped together with `Running`, which ends everything anyway.
pub(super) async fn stop(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Serves a request.
pub(super) async fn serve(app: Arc<App>, raw: request::Raw, cut: &Cut) -> Response {
    let blow = app.blow(&raw);
    if blow.latency.is_positive() {
        app.clock.wait(blow.latency).await;
    }
    match &blow.end {
        Some(End::Drop(Moment::Before)) => return dropped(cut),
        Some(End::Hang(Moment::Before)) => return app.hang(cut).await,
        Some(End::Answer(wrong)) if !wrong.has_effect() => return response::wrong(wrong, app.method(&raw)),
        Some(End::Refusal(error)) => return response::refusal(error, app.method(&raw)),
        _ => (),
    }
    if let Some(key) = app.waits_for(&raw) {
        app.wait(&key).await;
    }
    let end = blow.end.clone();
    let (raw, shared) = (Arc::new(raw), Arc::clone(&app));
    let request = Arc::clone(&raw);
    // The store may wait for another process's lock, and syncs its file to disk.
    let answered = tokio::task::spawn_blocking(move || shared.answer(&request, &blow)).await;
    let answer =
        answered.unwrap_or_else(|_| response::refusal(&ApiError::internal("The sandbox failed."), ""));
    match end {
        Some(End::Drop(Moment::After)) => dropped(cut),
        Some(End::Hang(Moment::After)) => app.hang(cut).await,
        Some(End::Answer(wrong)) => response::wrong(&wrong, app.method(&raw)),
        Some(End::Garbage(garbage)) => garbled(garbage, answer).await,
        _ => answer,
    }
}

/// Closes the connection. What is returned is never sent.
fn dropped(cut: &Cut) -> Response {
    cut.now();
    Response::default()
}

async fn garbled(garbage: Garbage, answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let (bytes, content_type) = faults::garbled(garbage, &whole);
    if let Some(content_type) = content_type {
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Response::from_parts(parts, Body::from(bytes))
}

impl App {
    /// What faults do to the request. What is no call at all is refused without their help.
    fn blow(&self, raw: &request::Raw) -> Blow {
        if self.injector.is_idle() {
            return Blow::default();
        }
        let Some(found) = self.surface.find(raw.verb(), raw.path()) else { return Blow::default() };
        let Ok(mut call) = request::call(&found, raw, &self.base) else { return Blow::default() };
        // An unusable store is told of by the answer.
        let _ = self.store.read(|state| new_project::use_ids(state, &mut call));
        let subject = subject(&found, &call, raw);
        let mut blow = self.injector.strike(&subject, self.clock.now());
        if let Some(End::Disabled(project)) = &blow.end {
            let refusal = self.store.read(|state| services::disabled(call.method, state, project));
            blow.end = refusal.ok().flatten().map(End::Refusal);
        }
        blow
    }

    /// The method of the request; empty for none.
    fn method(&self, raw: &request::Raw) -> &str {
        self.surface.find(raw.verb(), raw.path()).map_or("", |found| found.id())
    }

    /// Returns when the client has left or the sandbox is to end.
    async fn hang(&self, cut: &Cut) -> Response {
        stop(self.stopped.clone()).await;
        dropped(cut)
    }

    /// The key of the operation that the request waits for.
    fn waits_for(&self, raw: &request::Raw) -> Option<String> {
        let found = self.surface.find(raw.verb(), raw.path())?;
        if !found.method.id.ends_with("Operations.wait") {
            return None;
        }
        let call = request::call(&found, raw, &self.base).ok()?;
        compute::operation_key(&call)
    }

    /// Waits until the operation is done, outside every lock. An unknown one is not waited for.
    async fn wait(&self, key: &str) {
        let ends = self.store.read(|state| state.operations.get(key).map(|operation| operation.ends));
        if let Ok(Some(ends)) = ends {
            let left = ends.duration_since(self.clock.now());
            if left.is_positive() {
                self.clock.wait(left.min(LONGEST_WAIT)).await;
            }
        }
    }

    /// What a machine answers to somebody who knocks: no call of Google's, so no fault strikes it.
    pub(super) fn knock(&self, address: &str, port: u16) -> Result<&'static str, ApiError> {
        let (now, boot) = (self.clock.now(), self.injector.boot_time());
        let knock = self.store.read(|state| compute::knock(state, address, port, now, boot));
        knock.map(compute::Knock::word).map_err(|error| unusable(&error))
    }

    fn answer(&self, raw: &request::Raw, blow: &Blow) -> Response {
        let Some(found) = self.surface.find(raw.verb(), raw.path()) else {
            return response::refusal(&no_method(raw), "");
        };
        let answer = request::call(&found, raw, &self.base).and_then(|mut call| {
            let mask = request::mask(&found, &call)?;
            let now = self.clock.now();
            self.make_project(&mut call, now)?;
            for wanted in &blow.foreign {
                self.write_foreign(&call, wanted, now)?;
            }
            let answer = match self.dispatch(&call, &found.method.verb, now, blow)? {
                Answer::Json(body) => Answer::Json(found.encoded(body, &call.query)),
                other => other,
            };
            if !self.injector.is_idle() {
                self.injector.learn(&subject(&found, &call, raw));
            }
            Ok((answer, mask))
        });
        match answer {
            Ok((answer, mask)) => response::answer(answer, mask.as_ref()),
            Err(error) => response::refusal(&error, &found.method.id),
        }
    }

    /// The first mention of a project makes it.
    fn make_project(&self, call: &mut Call<'_>, now: Timestamp) -> Result<(), ApiError> {
        let is_new = self.store.read(|state| {
            new_project::use_ids(state, call);
            new_project::consumer(call).is_some_and(|project| new_project::is_new(state, project))
        });
        if let (true, Some(project)) =
            (is_new.map_err(|error| unusable(&error))?, new_project::consumer(call))
        {
            let made: Result<Result<(), ApiError>, StoreError> = self.store.write(|state| {
                new_project::ensure(state, project, now);
                Ok(())
            });
            made.map_err(|error| unusable(&error))??;
        }
        Ok(())
    }

    /// Writes as somebody else, who has a transaction of his own. Where there is nothing to write yet, nothing is.
    fn write_foreign(&self, call: &Call<'_>, wanted: &ForeignWrite, now: Timestamp) -> Result<(), ApiError> {
        let written = self.store.write(|state| {
            operation::settle(state, now);
            faults::write_foreign(&mut self.world(state, call, now), call, wanted)
        });
        if let Err(error) = written.map_err(|error| unusable(&error))? {
            tracing::info!(method = call.method, error = error.message, "nobody could write in between");
        }
        Ok(())
    }

    fn world<'a>(&'a self, state: &'a mut State, call: &Call<'_>, now: Timestamp) -> World<'a> {
        let operation_time = self.injector.operation_time(call.method).unwrap_or(self.operation_time);
        let boot_time = self.injector.boot_time();
        World { state, now, operation_time, limits: &self.limits, boot_time }
    }

    /// Runs the call, in a transaction if it may change something.
    fn dispatch(&self, call: &Call<'_>, verb: &str, now: Timestamp, blow: &Blow) -> Result<Answer, ApiError> {
        let serve = |state: &mut State| {
            operation::settle(state, now);
            compute::settle(&mut self.world(state, call, now));
            match &blow.end {
                Some(End::Operation(failure)) => self.fail(state, call, now, failure),
                _ if self.injector.is_idle() => services::dispatch(&mut self.world(state, call, now), call),
                _ => self.watched(state, call, now),
            }
        };
        let outcome = if services::is_write(verb, call.method) {
            self.store.write(serve)
        } else {
            self.store.read(serve)
        };
        outcome.map_err(|error| unusable(&error))?
    }

    /// Serves the call and lets its operation fail.
    fn fail(
        &self,
        state: &mut State,
        call: &Call<'_>,
        now: Timestamp,
        failure: &Failure,
    ) -> Result<Answer, ApiError> {
        let before = state.clone();
        let mut world = self.world(state, call, now);
        let answer = services::dispatch(&mut world, call)?;
        if let Answer::Json(body) = &answer {
            faults::fail(&mut world, call, &before, body, failure);
        }
        Ok(answer)
    }

    /// Serves the call and takes note of the APIs that it enables.
    fn watched(&self, state: &mut State, call: &Call<'_>, now: Timestamp) -> Result<Answer, ApiError> {
        let project = new_project::consumer(call).filter(|_| call.method.starts_with("serviceusage."));
        let before = project.map(|project| services::enabled(state, project));
        let mut world = self.world(state, call, now);
        let since = now.checked_add(world.operation_time).unwrap_or(now);
        let answer = services::dispatch(&mut world, call)?;
        if let (Some(project), Some(before)) = (project, before) {
            for api in services::enabled(state, project).difference(&before) {
                self.injector.learn_enabled(project, api, since);
            }
        }
        Ok(answer)
    }
}

fn subject(found: &Match<'_>, call: &Call<'_>, raw: &request::Raw) -> Subject {
    let line = format!("{} {}", raw.verb(), raw.path());
    Subject::of(call, found.method.served(), &found.resource(&call.path), &line)
}

fn unusable(error: &StoreError) -> ApiError {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    ApiError::internal(format!("{error}{source}"))
}

fn no_method(raw: &request::Raw) -> ApiError {
    ApiError::not_found(format!("The requested URL {} was not found on this server.", raw.path()))
}
