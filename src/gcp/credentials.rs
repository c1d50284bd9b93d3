//! Credentials: where the token of a call comes from. A token is never printed and never kept longer than it is valid.

use std::sync::Arc;

use gcp_auth::TokenProvider;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

/// The scope under which every method Provost uses is allowed.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// Variables that hold a token, in the order in which they are looked at.
const VARIABLES: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

/// No token could be had.
#[derive(Debug, thiserror::Error)]
#[error(
    "there are no credentials for Google Cloud; tried {}, a service account key in GOOGLE_APPLICATION_CREDENTIALS, the \
     application default credentials, the metadata server and gcloud. Log in with `gcloud auth application-default login`",
    VARIABLES.join(", ")
)]
pub struct CredentialsError {
    #[source]
    source: gcp_auth::Error,
}

/// Where tokens come from.
#[derive(Clone)]
pub enum Credentials {
    /// Nobody asks: the server is on this machine.
    None,
    /// A token that was given.
    Token(SecretString),
    /// Whatever the machine offers, found at the first call.
    Found(Found),
}

/// The machine's own provider, once it has been looked for.
type Found = Arc<Mutex<Option<Arc<dyn TokenProvider>>>>;

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "no credentials",
            Self::Token(_) => "a given token",
            Self::Found(_) => "credentials of this machine",
        })
    }
}

impl Credentials {
    /// The credentials that the environment names, else those of the machine.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let given = VARIABLES.iter().find_map(|name| lookup(name).filter(|token| !token.is_empty()));
        given.map_or_else(|| Self::Found(Arc::default()), |token| Self::Token(token.into()))
    }

    /// A token that is valid now; None where nobody asks for one.
    pub async fn token(&self) -> Result<Option<SecretString>, CredentialsError> {
        match self {
            Self::None => Ok(None),
            Self::Token(token) => Ok(Some(token.expose_secret().into())),
            Self::Found(found) => {
                let wrong = |source| CredentialsError { source };
                let provider = provider(found).await.map_err(wrong)?;
                let token = provider.token(&[SCOPE]).await.map_err(wrong)?;
                Ok(Some(token.as_str().into()))
            }
        }
    }

    /// Forgets a token that a server refused; says whether another one can be had. gcloud hands out tokens whose end it does
    /// not tell, so that ours may have ended early. A given token is all there is.
    pub async fn renew(&self) -> bool {
        let Self::Found(found) = self else { return false };
        found.lock().await.take().is_some()
    }
}

/// The provider of this machine; looked for once, however many calls wait for it.
async fn provider(found: &Found) -> Result<Arc<dyn TokenProvider>, gcp_auth::Error> {
    let mut found = found.lock().await;
    match found.as_ref() {
        Some(provider) => Ok(Arc::clone(provider)),
        None => Ok(Arc::clone(found.insert(gcp_auth::provider().await?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let given = Credentials::from_env(|name| (name == VARIABLES[1]).then(|| "ya29.secret".to_owned()));
        assert!(matches!(given, Credentials::Token(_)));
        assert!(!format!("{given:?}").contains("secret"));
    }
}
