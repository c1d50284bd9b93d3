//! Why there is no token, in words that name what was tried and what mends it. No text here ever holds a token.

use std::sync::Arc;

/// No token could be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing that was tried served.
    #[error("there are no credentials for Google Cloud; tried:{}\n{mend}", listed(.tried))]
    Nothing {
        /// What was tried, in order, each with why it did not serve.
        tried: Vec<Tried>,
        /// What to do.
        mend: String,
    },
    /// A setting or a file of credentials is of no use.
    #[error("{what} cannot be used: {why}")]
    Unusable {
        /// The file or the variable.
        what: String,
        /// Why, and what to do instead.
        why: String,
    },
    /// A server said no.
    #[error("{0}")]
    Refused(Box<Refused>),
    /// A server did not answer.
    #[error("{step}: no answer from {host}")]
    NoAnswer {
        /// What was asked for.
        step: String,
        /// Who was asked.
        host: String,
        /// Why.
        #[source]
        source: Arc<reqwest::Error>,
    },
    /// A source gave something else than a token.
    #[error("{step}: {why}")]
    Garbled {
        /// What was asked for.
        step: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// Credentials that were found do not work.
    #[error("credentials: {name}: {cause}")]
    Failed {
        /// The credentials, as `-v` names them.
        name: String,
        /// Why.
        #[source]
        cause: Box<CredentialsError>,
    },
}

/// A source that did not serve.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The variable, file or server.
    pub what: String,
    /// Why it did not serve.
    pub why: String,
}

/// A refusal of a server that gives tokens.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{step} was refused: {status} {code}{}{}", after(": ", .message), after("; ", .hint))]
pub struct Refused {
    /// What was asked for.
    pub step: String,
    /// HTTP status.
    pub status: u16,
    /// The OAuth error (`unauthorized_client`), else the reason of Google's error body.
    pub code: String,
    /// The server's own words, without tokens.
    pub message: String,
    /// What mends it; empty if nobody knows.
    pub hint: String,
}

fn listed(tried: &[Tried]) -> String {
    tried.iter().fold(String::new(), |text, tried| format!("{text}\n  {}: {}", tried.what, tried.why))
}

fn after(sign: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{sign}{text}") }
}

impl CredentialsError {
    /// The refusal, if that is what it is.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Failed { cause, .. } => cause.refused(),
            _ => None,
        }
    }

    /// The same error with what mends it.
    pub(super) fn hinted(mut self, hint: impl FnOnce(&Refused) -> String) -> Self {
        if let Self::Refused(refused) = &mut self {
            refused.hint = hint(refused);
        }
        self
    }

    /// The same error, of credentials with this name.
    pub(super) fn of(self, name: &str) -> Self {
        Self::Failed { name: name.to_owned(), cause: Box::new(self) }
    }
}
