//! One HTTP exchange: a request goes out with its token, an answer comes back as JSON or as a typed error.
//! Nothing is tried again here but a call whose token was refused, or whose quota project was.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::client::Client;
use super::credentials::Pass;
use super::error::{ApiError, Refusal};
use super::request::{Body, Request, Verb};

/// How long an answer may take.
const CALL: Duration = Duration::from_mins(1);
/// `wait` of compute answers after two minutes at the latest, and a chunk of a file may travel as long.
const LONG_CALL: Duration = Duration::from_secs(150);
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
        let timeout = if upload || request.path.ends_with("/wait") { LONG_CALL } else { CALL };
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
        let response = {
            let _turn = self.in_flight.acquire().await;
            builder.send().await.map_err(|source| transport(request, source))?
        };
        let status = response.status();
        tracing::debug!(%request, status = status.as_u16(), "answered");
        if status.is_success() || status.as_u16() == INCOMPLETE {
            return Ok(response);
        }
        Err(refusal(request, response).await)
    }
}

async fn refusal(request: &Request, response: Response) -> ApiError {
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let retry_after = header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    let request_id = header("x-goog-request-id").or_else(|| header("x-guploader-uploadid"));
    let status = response.status().as_u16();
    let body = response.text().await.unwrap_or_default();
    let refusal = Refusal::read(request, status, &body);
    ApiError::Refused(Box::new(Refusal { request_id, retry_after, ..refusal }))
}

/// The JSON of an answer; an empty one is null.
pub(super) async fn json(request: &Request, response: Response) -> Result<Value, ApiError> {
    let text = response.text().await.map_err(|source| transport(request, source))?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).map_err(|error| garbled(request, &error.to_string()))
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

fn transport(request: &Request, source: reqwest::Error) -> ApiError {
    let service = request.service.api().trim_end_matches(".googleapis.com");
    ApiError::Transport {
        verb: request.verb,
        service,
        path: request.path.clone(),
        source: source.without_url(),
    }
}
