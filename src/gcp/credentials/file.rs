//! Files of credentials: what each `type` holds, and which are refused with what to do instead.
//! Nothing of a file is quoted in an error but the names of its fields.

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::address;
use super::external::{External, Format, Subject};
use super::hints::Caller;
use super::impersonation::Impersonation;
use super::key::Key;
use super::settings::Ci;
use super::source::Source;
use super::user::User;

/// Google's token endpoint for people and keys.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const READABLE: &str = "external_account, impersonated_service_account, service_account, authorized_user";
/// A way that serves everybody.
const BY_HAND: &str =
    "set GOOGLE_OAUTH_ACCESS_TOKEN=\"$(gcloud auth application-default print-access-token)\"";

/// Credentials as a file holds them.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) source: Source,
    pub(super) quota_project: Option<String>,
}

#[derive(Deserialize)]
struct UserFile {
    client_id: String,
    client_secret: String,
    refresh_token: String,
    token_uri: Option<String>,
}

#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    #[serde(rename = "private_key")]
    _private_key: String,
    token_uri: Option<String>,
}

#[derive(Deserialize)]
struct ImpersonatedFile {
    service_account_impersonation_url: String,
    source_credentials: Value,
    #[serde(default)]
    delegates: Vec<String>,
}

#[derive(Deserialize)]
struct ExternalFile {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: Map<String, Value>,
    service_account_impersonation_url: Option<String>,
    service_account_impersonation: Option<Lifetime>,
    workforce_pool_user_project: Option<String>,
}

#[derive(Deserialize)]
struct Lifetime {
    token_lifetime_seconds: Option<u64>,
}

/// Reads a file of credentials; an error says why it is of no use.
pub(super) fn read(text: &str, ci: &Ci) -> Result<Held, String> {
    let file: Value = serde_json::from_str(text).map_err(|_| "it is not JSON".to_owned())?;
    let quota_project = file.get("quota_project_id").and_then(Value::as_str).map(str::to_owned);
    let source = match kind(&file)? {
        "impersonated_service_account" => impersonated(file, ci)?,
        _ => direct(file, ci)?,
    };
    Ok(Held { source, quota_project })
}

fn kind(file: &Value) -> Result<&str, String> {
    file.get("type").and_then(Value::as_str).ok_or_else(|| format!("it has no `type`; known are {READABLE}"))
}

/// Whatever needs no other credentials.
fn direct(file: Value, ci: &Ci) -> Result<Source, String> {
    match kind(&file)? {
        "external_account" => Ok(Source::External(Box::new(external(file, ci)?))),
        "service_account" => Ok(Source::Key(Box::new(key(file)?))),
        "authorized_user" => Ok(Source::User(user(file)?)),
        other => Err(format!("its type is `{other}`; known are {READABLE}; instead, {BY_HAND}")),
    }
}

fn impersonated(file: Value, ci: &Ci) -> Result<Source, String> {
    let file: ImpersonatedFile = shaped(file, "impersonated_service_account")?;
    let base =
        direct(file.source_credentials, ci).map_err(|why| format!("its `source_credentials`: {why}"))?;
    let impersonation = Impersonation::at(&file.service_account_impersonation_url, caller(&base), ci)?;
    Ok(Source::Impersonated(Box::new(base), impersonation.through(file.delegates)))
}

/// Who acts, when a source is used to act as somebody else.
pub(super) fn caller(source: &Source) -> Caller {
    match source {
        Source::External(external) if external.impersonation.is_none() => {
            Caller::Federated(external.audience.clone())
        }
        Source::Gcloud(gcloud) if !gcloud.is_service_account() => Caller::Person,
        _ => source.account().map_or(Caller::Person, |email| Caller::Account(email.to_owned())),
    }
}

fn user(file: Value) -> Result<User, String> {
    let file: UserFile = shaped(file, "authorized_user")?;
    Ok(User {
        client_id: file.client_id,
        client_secret: file.client_secret.into(),
        refresh_token: file.refresh_token.into(),
        token_uri: address::google("token_uri", file.token_uri.as_deref().unwrap_or(TOKEN_URI))?,
    })
}

fn key(file: Value) -> Result<Key, String> {
    let known: KeyFile = shaped(file.clone(), "service_account")?;
    let token_uri = address::google("token_uri", known.token_uri.as_deref().unwrap_or(TOKEN_URI))?;
    Key::new(known.client_email, token_uri, file)
}

fn external(file: Value, ci: &Ci) -> Result<External, String> {
    let file: ExternalFile = shaped(file, "external_account")?;
    let (subject, format) = subject(&file.credential_source)?;
    let token_url = address::google("token_url", &file.token_url)?;
    let caller = Caller::Federated(file.audience.clone());
    let lifetime = file.service_account_impersonation.and_then(|lifetime| lifetime.token_lifetime_seconds);
    let url = file.service_account_impersonation_url;
    let impersonation =
        url.map(|url| Ok::<_, String>(Impersonation::at(&url, caller, ci)?.lasting(lifetime)));
    Ok(External {
        audience: file.audience,
        subject_type: file.subject_token_type,
        token_url,
        subject,
        format,
        impersonation: impersonation.transpose()?,
        workforce_project: file.workforce_pool_user_project,
        ci: ci.clone(),
    })
}

fn subject(source: &Map<String, Value>) -> Result<(Subject, Format), String> {
    let refused = |what: &str, instead: &str| Err(format!("its `credential_source` {what}; {instead}"));
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    if source.contains_key("executable") {
        let instead = "let the program write its token to a file and name that in `credential_source.file`";
        return refused("runs a program, which Provost does not do", instead);
    }
    if source.contains_key("environment_id") {
        return refused("is that of AWS, which Provost does not sign for", &format!("instead, {BY_HAND}"));
    }
    if source.contains_key("certificate") {
        return refused("is a certificate, which Provost does not present", &format!("instead, {BY_HAND}"));
    }
    let format = format(source.get("format"))?;
    match (text("file"), text("url")) {
        (Some(path), _) => Ok((Subject::File(path.to_owned()), format)),
        (_, Some(url)) => {
            let url = address::issuer("credential_source.url", url)?;
            Ok((Subject::Url { url, headers: headers(source.get("headers")) }, format))
        }
        _ => refused("names neither `file` nor `url`", "write it anew with the login action or gcloud"),
    }
}

fn headers(headers: Option<&Value>) -> Vec<(String, SecretString)> {
    let all = headers.and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.into()))).collect()
}

fn format(format: Option<&Value>) -> Result<Format, String> {
    let text = |name: &str| format.and_then(|format| format.get(name)).and_then(Value::as_str);
    match (text("type"), text("subject_token_field_name")) {
        (None | Some("text"), _) => Ok(Format::Text),
        (Some("json"), Some(field)) => Ok(Format::Json(field.to_owned())),
        (Some("json"), None) => {
            Err("its `credential_source.format` lacks `subject_token_field_name`".to_owned())
        }
        (Some(other), _) => {
            Err(format!("its `credential_source.format` is `{other}`, neither text nor json"))
        }
    }
}

/// A file in its shape. Only what serde says of a missing field is passed on: other messages quote values.
fn shaped<T: DeserializeOwned>(file: Value, kind: &str) -> Result<T, String> {
    serde_json::from_value(file).map_err(|error| {
        let words = error.to_string();
        let missing = words.strip_prefix("missing field ").and_then(|rest| rest.split(' ').next());
        missing.map_or_else(
            || format!("a field is not of the shape that the type {kind} has"),
            |field| format!("its type is {kind}, and {field} is missing"),
        )
    })
}
