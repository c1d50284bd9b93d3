//! External accounts: keyless login. An ID token of another provider (GitHub's, for a job) is exchanged at Google's Security Token
//! Service for a federated token, and that, where the file says so, for one of a service account.
//! Fetches what files and servers hold; runs no program.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::CredentialsError;
use super::hints;
use super::impersonation::Impersonation;
use super::settings::Ci;
use super::source::{Fresh, SCOPE};
use super::wire::{Ask, Payload, Wire};

/// What a file of type `external_account` says.
#[derive(Debug)]
pub(super) struct External {
    /// The provider that is to admit us: `//iam.googleapis.com/projects/N/…/providers/NAME`.
    pub(super) audience: String,
    pub(super) subject_type: String,
    /// The Security Token Service.
    pub(super) token_url: Url,
    pub(super) subject: Subject,
    pub(super) format: Format,
    pub(super) impersonation: Option<Impersonation>,
    /// The project that pays for identities of a workforce pool.
    pub(super) workforce_project: Option<String>,
    pub(super) ci: Ci,
}

/// Where the ID token is.
#[derive(Debug)]
pub(super) enum Subject {
    File(String),
    Url { url: Url, headers: Vec<(String, SecretString)> },
}

/// How it is written there.
#[derive(Debug)]
pub(super) enum Format {
    Text,
    /// In this field of a JSON object.
    Json(String),
}

#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
    expires_in: Option<u64>,
}

impl External {
    pub(super) async fn fetch(&self, wire: &Wire) -> Result<Fresh, CredentialsError> {
        let subject = self.subject(wire).await?;
        let federated = self.exchange(wire, &subject).await?;
        match &self.impersonation {
            Some(impersonation) => impersonation.fetch(wire, &federated.token).await,
            None => Ok(federated),
        }
    }

    /// The ID token. It lives for minutes, so it is read anew for every exchange.
    async fn subject(&self, wire: &Wire) -> Result<SecretString, CredentialsError> {
        match &self.subject {
            Subject::File(path) => {
                let read = fs_err::read_to_string(path).map_err(|error| CredentialsError::Unusable {
                    what: "the ID token that `credential_source.file` names".to_owned(),
                    why: error.to_string(),
                });
                self.format.read(&read?).map_err(|why| CredentialsError::Garbled { step: path.clone(), why })
            }
            Subject::Url { url, headers } => {
                let mut ask = Ask::new("the ID token of the credential source", url.clone(), Payload::None);
                for (name, value) in headers {
                    ask = ask.header(name, value.clone());
                }
                let answer = wire.ask(&ask).await;
                let answer = answer.map_err(|e| e.hinted(|r| hints::id_token(r, url, &self.ci)))?;
                self.format.read(&answer.text).map_err(|why| ask.garbled(why))
            }
        }
    }

    async fn exchange(&self, wire: &Wire, subject: &SecretString) -> Result<Fresh, CredentialsError> {
        let mut body = json!({
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": self.audience,
            "scope": SCOPE,
            "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "subjectToken": subject.expose_secret(),
            "subjectTokenType": self.subject_type,
        });
        if let (Some(project), Some(body)) = (&self.workforce_project, body.as_object_mut()) {
            body.insert("options".to_owned(), json!({ "userProject": project }).to_string().into());
        }
        let step = "the exchange of the ID token for a federated token";
        let ask = Ask::new(step, self.token_url.clone(), Payload::Json(body)).hiding(subject);
        let answer = wire.ask(&ask).await;
        let answer = answer.map_err(|e| e.hinted(|r| hints::exchange(r, &self.audience)))?;
        let read: Result<Exchanged, _> = serde_json::from_str(&answer.text);
        let read = read.map_err(|_| ask.garbled("the answer holds no access token"))?;
        Ok(Fresh::lasting(read.access_token, read.expires_in))
    }
}

impl Format {
    fn read(&self, text: &str) -> Result<SecretString, String> {
        let token = match self {
            Self::Text => text.trim().to_owned(),
            Self::Json(field) => {
                let json: Value =
                    serde_json::from_str(text).map_err(|_| "the answer is not JSON".to_owned())?;
                let token = json.get(field).and_then(Value::as_str);
                token.ok_or_else(|| format!("the answer has no text in `{field}`"))?.trim().to_owned()
            }
        };
        if token.is_empty() { Err("the token is empty".to_owned()) } else { Ok(token.into()) }
    }
}
