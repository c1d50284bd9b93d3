//! Credentials: where the token of a call comes from, and who pays for it. A token is never printed, never kept longer than it is
//! valid, and never sent to a server that a file of credentials has no business to name.
//!
//! In this order: a given token; the file that `GOOGLE_APPLICATION_CREDENTIALS` names, else that of the application default login
//! (external accounts, impersonated accounts, keys, people); the metadata server; gcloud. The first that is there is used, or is
//! an error: a broken file is never passed over. On top of any of them, `--impersonate-service-account`.

mod address;
mod caller;
mod error;
mod external;
mod file;
mod find;
mod gcloud;
mod hints;
mod impersonation;
mod keep;
mod key;
mod metadata;
mod quota;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod user;
mod wire;

use std::sync::Arc;

use secrecy::SecretString;

use super::error::Refusal;
use super::pace::{Pace, RealPace};
use keep::Keep;

pub use caller::Caller;
pub use error::{CredentialsError, Refused, Tried};
pub use impersonation::accounts;
pub use settings::Settings;

/// Where tokens come from.
#[derive(Clone)]
pub enum Credentials {
    /// Nobody asks: the server is on this machine.
    None,
    /// Whatever the settings lead to, looked for at the first call.
    Sought(Arc<Keep>),
}

/// What a call carries to be let in.
#[derive(Clone, Debug)]
pub struct Pass {
    /// A token that is valid now.
    pub token: SecretString,
    /// The project to charge the call to.
    pub quota_project: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("no credentials"),
            Self::Sought(keep) => keep.fmt(f),
        }
    }
}

/// Whether the caller may not charge the project that was named. Cloud Storage says so in words only.
fn cannot_charge(refusal: &Refusal) -> bool {
    refusal.reason == "USER_PROJECT_DENIED" || refusal.message.contains("serviceusage.services.use")
}

impl Credentials {
    /// The credentials that these settings lead to. Nothing is looked up before the first call.
    pub fn of(settings: Settings) -> Self {
        Self::paced(settings, Arc::new(RealPace::new()))
    }

    /// The same with another clock, other waits and other chance.
    pub fn paced(settings: Settings, pace: Arc<dyn Pace>) -> Self {
        Self::Sought(Arc::new(Keep::new(settings, pace)))
    }

    /// What lets a call in; None where nobody asks.
    pub async fn pass(&self) -> Result<Option<Pass>, CredentialsError> {
        match self {
            Self::None => Ok(None),
            Self::Sought(keep) => keep.pass().await.map(Some),
        }
    }

    /// Who the calls so far were made as.
    pub fn caller(&self) -> Caller {
        match self {
            Self::None => Caller::Nobody,
            Self::Sought(keep) => keep.caller(),
        }
    }

    /// Whether a call that was refused with this pass may be let in with another one. A token that did not work is forgotten: gcloud
    /// and the metadata server hand out tokens that others may have revoked. A quota project that the caller may not
    /// charge is named no more.
    pub fn mends(&self, pass: &Pass, refusal: &Refusal) -> bool {
        let Self::Sought(keep) = self else { return false };
        match refusal.status {
            401 => keep.forget(&pass.token),
            403 if cannot_charge(refusal) => pass.quota_project.is_some() && keep.charge_nobody(),
            _ => false,
        }
    }
}
