//! What the environment and the command line say about credentials. Nothing is opened and nobody is asked here.
//! Pure: the environment is given as a function.

use std::path::PathBuf;

use reqwest::Url;
use secrecy::SecretString;

use crate::gcp::endpoint::{self, EndpointError};

use super::quota::Quota;

/// Variables that hold a token, in the order in which they are looked at.
pub(super) const TOKENS: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];
/// The variable that names a file of credentials.
pub(super) const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// Variables that name the service account to act as, in the order in which they are looked at.
const IMPERSONATE: [&str; 2] =
    ["GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT"];
const ENDPOINT: &str = "PROVOST_ENDPOINT_IAMCREDENTIALS";
const IAM_CREDENTIALS: &str = "https://iamcredentials.googleapis.com/";
const METADATA: &str = "metadata.google.internal";

/// Where credentials are looked for, and as whom they are used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A token that was given, with the variable that held it.
    pub(super) token: Option<(&'static str, SecretString)>,
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names.
    pub(super) file: Option<String>,
    /// Where `gcloud auth application-default login` leaves its file.
    pub(super) login: Option<PathBuf>,
    /// The host of the metadata server; None where it is not to be asked.
    pub(super) metadata: Option<String>,
    /// The gcloud program; None where it is not installed.
    pub(super) gcloud: Option<PathBuf>,
    /// The service account to act as.
    pub(super) impersonate: Option<Chain>,
    /// Where the IAM credentials API is.
    pub(super) iam_credentials: String,
    pub(super) quota: Quota,
    /// The course's project, which pays for the calls of people.
    pub(super) project: Option<String>,
    pub(super) ci: Ci,
}

/// A service account to act as, and those on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// The flag or variable that named it.
    pub(super) from: &'static str,
    /// E-mail addresses as gcloud lists them: delegates in order, the account itself last.
    pub(super) accounts: String,
}

/// What a job on GitHub says of itself, for hints.
#[derive(Clone, Debug, Default)]
pub(super) struct Ci {
    pub(super) github: bool,
    /// Whether the job may ask for an ID token.
    pub(super) id_token: bool,
    /// `OWNER/REPOSITORY`.
    pub(super) repository: Option<String>,
}

impl Settings {
    /// What the environment says. An empty variable is as good as none.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EndpointError> {
        let env =
            |name: &str| lookup(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let iam = env(ENDPOINT).map(|text| endpoint::parse(ENDPOINT, &text)).transpose()?;
        let chain = |from| env(from).map(|accounts| Chain { from, accounts });
        let unasked = env("NO_GCE_CHECK").is_some_and(|value| value == "true");
        Ok(Self {
            token: TOKENS.into_iter().find_map(|name| Some((name, env(name)?.into()))),
            file: env(FILE),
            login: login(&env),
            metadata: (!unasked).then(|| env("GCE_METADATA_HOST").unwrap_or_else(|| METADATA.to_owned())),
            gcloud: env("PATH").and_then(|path| gcloud(&path)),
            impersonate: IMPERSONATE.into_iter().find_map(chain),
            iam_credentials: iam.map_or_else(|| IAM_CREDENTIALS.to_owned(), Url::into),
            quota: Quota::from_env(&env),
            project: None,
            ci: Ci {
                github: env("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
                id_token: env("ACTIONS_ID_TOKEN_REQUEST_URL").is_some(),
                repository: env("GITHUB_REPOSITORY"),
            },
        })
    }

    /// Acts as a service account, whatever the environment says: e-mail addresses as gcloud lists them.
    #[must_use]
    pub fn impersonating(mut self, accounts: Option<&str>) -> Self {
        let chain =
            |accounts: &str| Chain { from: "--impersonate-service-account", accounts: accounts.to_owned() };
        self.impersonate = accounts.map(chain).or(self.impersonate);
        self
    }

    /// The project that pays for the calls of people, unless something else is said.
    #[must_use]
    pub fn for_project(mut self, project: &str) -> Self {
        self.project = Some(project.to_owned());
        self
    }
}

/// The file of `gcloud auth application-default login`.
fn login(env: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = env("CLOUDSDK_CONFIG").map(PathBuf::from);
    let folder =
        folder.or_else(|| Some(PathBuf::from(env("APPDATA")?).join("gcloud")).filter(|_| cfg!(windows)));
    let folder = folder.or_else(|| Some(PathBuf::from(env("HOME")?).join(".config").join("gcloud")));
    Some(folder?.join("application_default_credentials.json"))
}

fn gcloud(path: &str) -> Option<PathBuf> {
    let name = if cfg!(windows) { "gcloud.cmd" } else { "gcloud" };
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        Settings::from_env(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
            .unwrap()
    }

    #[test]
    fn the_first_variable_that_says_something_counts() {
        let both = settings(&[(TOKENS[0], " "), (TOKENS[1], "ya29.b\n")]);
        let (variable, token) = both.token.unwrap();
        assert_eq!((variable, token.expose_secret()), (TOKENS[1], "ya29.b"));
        let both = settings(&[(IMPERSONATE[1], "b@x"), (IMPERSONATE[0], "a@x")]);
        assert_eq!(both.impersonate.clone().unwrap().accounts, "a@x");
        assert_eq!(both.impersonating(Some("c@x")).impersonate.unwrap().accounts, "c@x");
    }

    #[test]
    fn the_login_is_where_gcloud_keeps_it() {
        let at = |pairs: &[(&str, &str)]| settings(pairs).login;
        let file = "application_default_credentials.json";
        assert_eq!(at(&[("HOME", "/h")]), Some(format!("/h/.config/gcloud/{file}").into()));
        assert_eq!(at(&[("HOME", "/h"), ("CLOUDSDK_CONFIG", "/c")]), Some(format!("/c/{file}").into()));
        assert_eq!(at(&[]), None);
    }

    #[test]
    fn the_iam_credentials_api_is_never_asked_in_the_clear() {
        let with = |url: &str| Settings::from_env(|name| (name == ENDPOINT).then(|| url.to_owned()));
        assert!(with("http://10.0.0.1/").is_err());
        assert!(with("http://127.0.0.1:8080").is_ok());
        assert_eq!(settings(&[]).iam_credentials, IAM_CREDENTIALS);
    }
}
