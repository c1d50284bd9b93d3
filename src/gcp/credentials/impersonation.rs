//! Impersonation: a token of a service account, given to somebody who may act as it.

use jiff::Timestamp;
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use crate::gcp::request::segment;

use super::address;
use super::error::CredentialsError;
use super::hints::{self, Caller};
use super::settings::Ci;
use super::source::{Fresh, SCOPE};
use super::wire::{Ask, Payload, Wire};

/// Longer takes a policy of the organisation.
const LIFETIME: u64 = 3600;
const METHOD: &str = ":generateAccessToken";

/// A service account to act as.
#[derive(Debug)]
pub(super) struct Impersonation {
    url: Url,
    pub(super) account: String,
    delegates: Vec<String>,
    lifetime: u64,
    /// Who acts, for the hint of how to be allowed to.
    caller: Caller,
    ci: Ci,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generated {
    access_token: String,
    expire_time: Timestamp,
}

impl Impersonation {
    /// What a file says: the whole address of the method.
    pub(super) fn at(url: &str, caller: Caller, ci: &Ci) -> Result<Self, String> {
        let field = "service_account_impersonation_url";
        let url = address::google(field, url)?;
        let account = account(&url).ok_or_else(|| format!("`{field}` does not end in EMAIL{METHOD}"))?;
        let (delegates, ci) = (Vec::new(), ci.clone());
        Ok(Self { url, account, delegates, lifetime: LIFETIME, caller, ci })
    }

    /// What gcloud's flag says: the delegates in order, the account last.
    pub(super) fn of(accounts: &str, root: &str, caller: Caller, ci: &Ci) -> Result<Self, String> {
        let accounts = self::accounts(accounts)?;
        let mut emails: Vec<&str> = accounts.split(',').collect();
        let account = emails.pop().unwrap_or_default();
        let root = root.trim_end_matches('/');
        let url = format!("{root}/v1/projects/-/serviceAccounts/{}{METHOD}", segment(account));
        Ok(Self::at(&url, caller, ci)?.through(emails.into_iter().map(str::to_owned).collect()))
    }

    pub(super) fn through(self, delegates: Vec<String>) -> Self {
        Self { delegates, ..self }
    }

    pub(super) fn lasting(self, seconds: Option<u64>) -> Self {
        Self { lifetime: seconds.unwrap_or(LIFETIME), ..self }
    }

    pub(super) async fn fetch(&self, wire: &Wire, base: &SecretString) -> Result<Fresh, CredentialsError> {
        let full = |name: &String| {
            if name.contains('/') { name.clone() } else { format!("projects/-/serviceAccounts/{name}") }
        };
        let body = json!({
            "scope": [SCOPE],
            "lifetime": format!("{}s", self.lifetime),
            "delegates": self.delegates.iter().map(full).collect::<Vec<_>>(),
        });
        let step = format!("acting as {}", self.account);
        let ask = Ask::new(step, self.url.clone(), Payload::Json(body)).bearer(base);
        let answer = wire.ask(&ask).await;
        let hint = |r: &_| hints::impersonation(r, &self.account, &self.caller, &self.ci);
        let answer = answer.map_err(|error| error.hinted(hint))?;
        let read: Result<Generated, _> = serde_json::from_str(&answer.text);
        let read = read.map_err(|_| ask.garbled("the answer holds no access token"))?;
        let left = read.expire_time.duration_since(answer.date).as_secs();
        Ok(Fresh::lasting(read.access_token, Some(u64::try_from(left).unwrap_or(0))))
    }
}

/// E-mail addresses with commas between, as gcloud takes them.
pub fn accounts(text: &str) -> Result<String, String> {
    let emails: Vec<&str> = text.split(',').map(str::trim).collect();
    match emails.iter().find(|email| !is_email(email)) {
        Some(wrong) => Err(format!("`{wrong}` is no e-mail address of a service account")),
        None => Ok(emails.join(",")),
    }
}

/// The account in the address of the method.
fn account(url: &Url) -> Option<String> {
    let last = url.path().rsplit('/').next()?.strip_suffix(METHOD)?;
    let email = percent_encoding::percent_decode_str(last).decode_utf8().ok()?;
    (!email.is_empty()).then(|| email.into_owned())
}

fn is_email(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.@:".contains(c);
    let halves = text.split_once('@');
    halves.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
        && text.chars().all(known)
}
