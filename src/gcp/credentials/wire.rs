//! Asking a server for a token: one request with its retries. Asking twice does no harm, so whatever stumbles is asked again.
//! What was sent never comes back in an error: servers quote what they were given.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex_lite::Regex;
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::gcp::client::{local_http, real_http};
use crate::gcp::pace::Pace;
use crate::gcp::retry::{self, Again};

use super::error::{CredentialsError, Refused};

/// How often a server is asked in all.
const TRIES: u32 = 4;
const TIMEOUT: Duration = Duration::from_secs(20);
/// Longer words of a server are cut.
const LONGEST: usize = 300;
/// Shorter values are no secrets, and would blank out half of the text.
const SHORTEST: usize = 8;
const HIDDEN: &str = "(sensitive)";
/// JSON web tokens and Google's access tokens, whoever quotes them.
const TOKEN: &str = r"\bey[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)*|\bya29\.[A-Za-z0-9_.-]+|\b1//[A-Za-z0-9_-]+";

/// The way to servers that give tokens.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) pace: Arc<dyn Pace>,
    open: OnceLock<reqwest::Client>,
    secure: OnceLock<reqwest::Client>,
}

/// What is asked.
pub(super) struct Ask {
    /// What it is for, to begin an error with.
    pub(super) step: String,
    pub(super) url: Url,
    pub(super) headers: Vec<(String, SecretString)>,
    pub(super) payload: Payload,
    /// What must not come back in an error.
    pub(super) secrets: Vec<SecretString>,
    tries: u32,
    timeout: Duration,
}

/// The body of a request.
pub(super) enum Payload {
    None,
    Json(Value),
    Form(Vec<(&'static str, String)>),
}

/// An answer that is no error.
pub(super) struct Answer {
    pub(super) text: String,
    /// The server's clock, else ours: how long a token lasts is to be told by one clock.
    pub(super) date: Timestamp,
}

impl Ask {
    pub(super) fn new(step: impl Into<String>, url: Url, payload: Payload) -> Self {
        let (headers, secrets) = (Vec::new(), Vec::new());
        Self { step: step.into(), url, headers, payload, secrets, tries: TRIES, timeout: TIMEOUT }
    }

    pub(super) fn header(mut self, name: &str, value: SecretString) -> Self {
        // `Bearer TOKEN`: a server may quote either.
        let token = value.expose_secret().rsplit(' ').next().unwrap_or_default();
        self.secrets.extend([value.clone(), token.into()]);
        self.headers.push((name.to_owned(), value));
        self
    }

    pub(super) fn bearer(self, token: &SecretString) -> Self {
        self.header("authorization", format!("Bearer {}", token.expose_secret()).into())
    }

    pub(super) fn hiding(mut self, secret: &SecretString) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// Asks only once and not for long: for a server that is likely not there.
    pub(super) fn in_passing(mut self) -> Self {
        (self.tries, self.timeout) = (1, Duration::from_millis(1500));
        self
    }

    fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }

    pub(super) fn garbled(&self, why: impl Into<String>) -> CredentialsError {
        CredentialsError::Garbled { step: self.step.clone(), why: why.into() }
    }

    /// Words of a server without what it was given.
    fn safe(&self, text: &str) -> String {
        let mut safe = text.to_owned();
        for secret in self.secrets.iter().map(ExposeSecret::expose_secret).filter(|s| s.len() >= SHORTEST) {
            safe = safe.replace(secret, HIDDEN).replace(&encoded(secret), HIDDEN);
        }
        if let Ok(token) = Regex::new(TOKEN) {
            safe = token.replace_all(&safe, HIDDEN).into_owned();
        }
        safe.chars().take(LONGEST).collect()
    }
}

impl Wire {
    pub(super) fn new(pace: Arc<dyn Pace>) -> Self {
        Self { pace, open: OnceLock::new(), secure: OnceLock::new() }
    }

    /// Asks until there is an answer that is worth having.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, CredentialsError> {
        let mut attempt = 1;
        loop {
            let (error, told) = match self.once(ask).await {
                Ok(response) if response.status().is_success() => return read(ask, response).await,
                Ok(response) => {
                    let told = wait_told(&response);
                    (refused(ask, response).await, told)
                }
                Err(error) => (error, None),
            };
            if attempt >= ask.tries || !is_transient(&error) {
                return Err(error);
            }
            tracing::info!(step = ask.step, attempt, %error, "trying again");
            let wait = retry::wait(Again::Transient, attempt, self.pace.fraction());
            self.pace.sleep(told.unwrap_or(wait)).await;
            attempt += 1;
        }
    }

    async fn once(&self, ask: &Ask) -> Result<Response, CredentialsError> {
        let lost = |source: reqwest::Error| CredentialsError::NoAnswer {
            step: ask.step.clone(),
            host: ask.host(),
            source: Arc::new(source.without_url()),
        };
        let http = self.http(&ask.url).map_err(lost)?;
        let method = if matches!(ask.payload, Payload::None) { Method::GET } else { Method::POST };
        let mut request = http.request(method, ask.url.clone()).timeout(ask.timeout);
        for (name, value) in &ask.headers {
            request = request.header(name, value.expose_secret());
        }
        with_payload(request, &ask.payload).send().await.map_err(lost)
    }

    /// Plain http is this machine or the cloud beside it: no proxy, no certificates.
    fn http(&self, url: &Url) -> Result<reqwest::Client, reqwest::Error> {
        let plain = url.scheme() == "http";
        let slot = if plain { &self.open } else { &self.secure };
        if let Some(http) = slot.get() {
            return Ok(http.clone());
        }
        let made = if plain { local_http() } else { real_http() }?;
        Ok(slot.get_or_init(|| made).clone())
    }
}

/// A value of a form.
fn encoded(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

fn with_payload(request: RequestBuilder, payload: &Payload) -> RequestBuilder {
    match payload {
        Payload::None => request,
        Payload::Json(value) => request.json(value),
        Payload::Form(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect();
            request.header("content-type", "application/x-www-form-urlencoded").body(pairs.join("&"))
        }
    }
}

fn wait_told(response: &Response) -> Option<Duration> {
    let header = response.headers().get("retry-after")?.to_str().ok()?;
    header.trim().parse().ok().map(Duration::from_secs).map(retry::told)
}

async fn read(ask: &Ask, response: Response) -> Result<Answer, CredentialsError> {
    let date = response.headers().get("date").and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    let text = response.text().await.map_err(|_| ask.garbled("the answer broke off"))?;
    Ok(Answer { text, date: date.unwrap_or_else(Timestamp::now) })
}

/// Error bodies are OAuth's (`{"error": "invalid_grant", "error_description": …}`), Google's (`{"error": {…}}`), or neither.
async fn refused(ask: &Ask, response: Response) -> CredentialsError {
    let status = response.status().as_u16();
    let body = response.text().await.unwrap_or_default();
    let json: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str);
    let mut detail = json.pointer("/error/details").and_then(Value::as_array).into_iter().flatten();
    let reason = detail.find_map(|d| d.get("reason")?.as_str());
    let code = text("/error").or(reason).or_else(|| text("/error/status")).unwrap_or_default();
    let words = text("/error_description").or_else(|| text("/error/message")).or_else(|| text("/message"));
    CredentialsError::Refused(Box::new(Refused {
        step: ask.step.clone(),
        status,
        code: ask.safe(code),
        message: ask.safe(words.unwrap_or_default()),
        hint: String::new(),
    }))
}

fn is_transient(error: &CredentialsError) -> bool {
    match error {
        CredentialsError::NoAnswer { .. } => true,
        CredentialsError::Refused(refused) => {
            matches!(refused.status, 408 | 429 | 500 | 502 | 503 | 504)
        }
        _ => false,
    }
}
