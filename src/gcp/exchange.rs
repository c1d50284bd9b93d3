//! One HTTP exchange: a request goes out with its token, an answer comes back as JSON or as a typed error.
//! Nothing is tried again here but a call whose token was refused, or whose quota project was.

use std::time::Duration;

use jiff::{Timestamp, Zoned};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::client::Client;
use super::credentials::Pass;
use super::error::{ApiError, Refusal, told};
use super::limit::is_wait;
use super::request::{Body, Request, Service, Verb};

/// "Resume incomplete": an upload session that wants more.
pub(super) const INCOMPLETE: u16 = 308;

impl Client {
    /// Sends a request once.
    pub(super) async fn once(&self, request: &Request) -> Result<Value, ApiError> {
        match &request.body {
            Body::File(file) => return self.upload(request, file).await,
            Body::Text { content_type, text } => return self.upload_text(request, content_type, text).await,
            Body::None | Body::Json(_) => {}
        }
        let builder = self.builder(request)?;
        let builder = match &request.body {
            Body::Json(text) => builder.header("content-type", "application/json").body(text.clone()),
            // Verbs with a body but none to send: Google's front end wants to hear its length.
            _ if matches!(request.verb, Verb::Post | Verb::Put | Verb::Patch) => {
                builder.header("content-length", "0")
            }
            _ => builder,
        };
        let response = self.exchange(request, builder).await?;
        json(request, response).await
    }

    /// The request line, ready for a body. Contents go to the service's upload root.
    pub(super) fn builder(&self, request: &Request) -> Result<RequestBuilder, ApiError> {
        let upload = matches!(request.body, Body::Text { .. } | Body::File(_));
        let url = self.endpoints.url(request.service, &request.path, upload);
        let url = url.ok_or_else(|| garbled(request, "its path is no URL"))?;
        let slow = upload || is_wait(request);
        let timeout = if slow { self.timeouts.long_call } else { self.timeouts.call };
        Ok(self.http.request(method(request.verb), url).query(&request.query).timeout(timeout))
    }

    /// Sends and takes the answer apart: an error answer is an error. A refusal that another pass mends is tried once more.
    pub(super) async fn exchange(
        &self,
        request: &Request,
        builder: RequestBuilder,
    ) -> Result<Response, ApiError> {
        let again = builder.try_clone();
        let pass = self.pass(request).await?;
        let error = match self.passed(request, builder, pass.as_ref()).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let mends =
            |pass: &Pass| error.refusal().is_some_and(|refusal| self.credentials.mends(pass, refusal));
        match again.filter(|_| pass.as_ref().is_some_and(mends)) {
            Some(again) => self.passed(request, again, self.pass(request).await?.as_ref()).await,
            None => Err(error),
        }
    }

    /// A server on this machine is nobody's cloud: it must not see a token that opens one.
    async fn pass(&self, request: &Request) -> Result<Option<Pass>, ApiError> {
        let local = self.endpoints.is_local_for(request.service);
        Ok(if local { None } else { self.credentials.pass().await? })
    }

    async fn passed(
        &self,
        request: &Request,
        mut builder: RequestBuilder,
        pass: Option<&Pass>,
    ) -> Result<Response, ApiError> {
        if let Some(pass) = pass {
            builder = builder.bearer_auth(pass.token.expose_secret());
        }
        if let Some(project) = pass.and_then(|pass| pass.quota_project.as_ref()) {
            builder = builder.header("x-goog-user-project", project);
        }
        let response = self.traced(request, builder).await?;
        let status = response.status();
        if status.is_success() || status.as_u16() == INCOMPLETE {
            return Ok(response);
        }
        Err(refusal(request, response).await)
    }

    /// Sends in its turn, and leaves a trace of the call. Neither headers nor bodies are traced: both hold secrets.
    async fn traced(&self, request: &Request, builder: RequestBuilder) -> Result<Response, ApiError> {
        let _turn = if is_wait(request) { None } else { self.in_flight.acquire().await.ok() };
        let began = self.pace().elapsed();
        let sent = builder.send().await.map_err(|source| transport(request, source));
        let ms = u64::try_from(self.pace().elapsed().saturating_sub(began).as_millis()).unwrap_or(u64::MAX);
        let (verb, service, path) = (request.verb, request.service.api(), request.path.as_str());
        match &sent {
            Ok(response) => {
                if let Some(time) = date(response).filter(|_| request.service == Service::Storage) {
                    self.hear(time);
                }
                let (status, request_id) = (response.status().as_u16(), request_id(response));
                tracing::debug!(%verb, service, path, status, ms, request_id, "answered");
            }
            Err(error) => tracing::debug!(%verb, service, path, ms, error = told(error), "no answer"),
        }
        sent
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The server's own time.
fn date(response: &Response) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(header(response, "date")?).ok().map(|date| date.timestamp())
}

/// What Google finds a call again by.
fn request_id(response: &Response) -> Option<&str> {
    header(response, "x-goog-request-id").or_else(|| header(response, "x-guploader-uploadid"))
}

async fn refusal(request: &Request, response: Response) -> ApiError {
    let retry_after = retry_after(header(&response, "retry-after"), header(&response, "date"));
    let request_id = request_id(&response).map(str::to_owned);
    let status = response.status().as_u16();
    let body = response.text().await.unwrap_or_default();
    let refusal = Refusal::read(request, status, &body);
    ApiError::Refused(Box::new(Refusal { request_id, retry_after, ..refusal }))
}

/// `Retry-After` in seconds, or as a date, which is held against the server's own clock.
fn retry_after(text: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let text = text?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parse = |text: &str| jiff::fmt::rfc2822::parse(text).ok();
    let (then, now): (Zoned, Zoned) = (parse(text)?, parse(date?)?);
    Some(Duration::try_from(then.timestamp().duration_since(now.timestamp())).unwrap_or_default())
}

/// The JSON of an answer; null where the server says that there is none. An empty body otherwise is one that was lost.
pub(super) async fn json(request: &Request, response: Response) -> Result<Value, ApiError> {
    let nothing = response.status() == StatusCode::NO_CONTENT;
    let text = response.text().await.map_err(|source| transport(request, source))?;
    if nothing {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).map_err(|source| ApiError::Unreadable { what: request.to_string(), source })
}

pub(super) fn garbled(request: &Request, why: &str) -> ApiError {
    ApiError::Garbled { what: request.to_string(), why: why.to_owned() }
}

fn method(verb: Verb) -> Method {
    match verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Patch => Method::PATCH,
        Verb::Delete => Method::DELETE,
    }
}

pub(super) fn transport(request: &Request, source: reqwest::Error) -> ApiError {
    let service = request.service.api().trim_end_matches(".googleapis.com");
    ApiError::Transport {
        verb: request.verb,
        service,
        path: request.path.clone(),
        source: source.without_url(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_its_forms() {
        let date = Some("Sat, 21 Nov 2026 08:00:00 GMT");
        let rows = [
            (Some("7"), date, Some(7)),
            (Some("Sat, 21 Nov 2026 08:00:30 GMT"), date, Some(30)),
            (Some("Sat, 21 Nov 2026 07:00:00 GMT"), date, Some(0)),
            (Some("Sat, 21 Nov 2026 08:00:30 GMT"), None, None),
            (Some("soon"), date, None),
            (None, date, None),
        ];
        for (text, date, wanted) in rows {
            assert_eq!(retry_after(text, date).map(|time| time.as_secs()), wanted, "{text:?}");
        }
    }
}
