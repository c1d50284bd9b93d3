//! The kinds of credentials, and one way to get a token from each. Nothing is kept here: whoever asks, pays.

use std::time::Duration;

use secrecy::SecretString;

use super::error::CredentialsError;
use super::external::External;
use super::gcloud::Gcloud;
use super::impersonation::Impersonation;
use super::key::Key;
use super::metadata::Metadata;
use super::user::User;
use super::wire::Wire;

/// The scope under which every method Provost uses is allowed.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// How long a token lasts where nobody says.
const USUAL: Duration = Duration::from_hours(1);

/// A token that was just given.
pub(super) struct Fresh {
    pub(super) token: SecretString,
    /// How long it lasts from the moment it was asked for; None for as long as it works.
    pub(super) life: Option<Duration>,
}

impl Fresh {
    /// A token with the seconds that its giver promises.
    pub(super) fn lasting(token: String, seconds: Option<u64>) -> Self {
        Self { token: token.into(), life: Some(seconds.map_or(USUAL, Duration::from_secs)) }
    }
}

/// Where tokens come from.
#[derive(Debug)]
pub(super) enum Source {
    /// A token that was given.
    Given(SecretString),
    /// A federated identity: keyless login.
    External(Box<External>),
    /// A person's login.
    User(User),
    /// A key of a service account.
    Key(Box<Key>),
    /// The service account of the machine.
    Metadata(Metadata),
    /// The account that is active in gcloud.
    Gcloud(Gcloud),
    /// A service account that another source may act as.
    Impersonated(Box<Source>, Impersonation),
}

impl Source {
    /// What it is, as people call it.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Given(_) => "access token",
            Self::External(_) => "external account",
            Self::User(_) => "user login",
            Self::Key(_) => "service account key",
            Self::Metadata(_) => "service account",
            Self::Gcloud(_) => "account",
            Self::Impersonated(..) => "impersonated service account",
        }
    }

    /// Who it makes us, if the credentials say.
    pub(super) fn account(&self) -> Option<&str> {
        match self {
            Self::Given(_) | Self::User(_) | Self::Metadata(_) => None,
            Self::External(external) => external.impersonation.as_ref().map(|i| i.account.as_str()),
            Self::Key(key) => Some(&key.account),
            Self::Gcloud(gcloud) => gcloud.account.as_deref(),
            Self::Impersonated(_, impersonation) => Some(&impersonation.account),
        }
    }

    /// Whether calls are those of a person, whose quota has to be charged to a project.
    pub(super) fn is_person(&self) -> bool {
        match self {
            Self::User(_) => true,
            Self::Gcloud(gcloud) => !gcloud.is_service_account(),
            _ => false,
        }
    }

    /// Whether it gives another token when one is refused.
    pub(super) fn is_renewable(&self) -> bool {
        !matches!(self, Self::Given(_))
    }

    /// Asks for a token. `refused`: the last one did not work although it should have lasted.
    pub(super) async fn fetch(&self, wire: &Wire, refused: bool) -> Result<Fresh, CredentialsError> {
        match self {
            Self::Given(token) => Ok(Fresh { token: token.clone(), life: None }),
            Self::External(external) => external.fetch(wire).await,
            Self::User(user) => user.fetch(wire).await,
            Self::Key(key) => key.fetch(wire).await,
            Self::Metadata(metadata) => metadata.fetch(wire).await,
            Self::Gcloud(gcloud) => gcloud.fetch(refused).await,
            Self::Impersonated(base, impersonation) => {
                let base = Box::pin(base.fetch(wire, refused)).await?;
                impersonation.fetch(wire, &base.token).await
            }
        }
    }
}
