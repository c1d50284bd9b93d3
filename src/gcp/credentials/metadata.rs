//! The metadata server: on Google's own machines it gives tokens of the service account that is attached to them.

use reqwest::Url;
use secrecy::SecretString;

use super::error::CredentialsError;
use super::source::Fresh;
use super::user;
use super::wire::{Ask, Payload, Wire};

/// The metadata server of this machine.
#[derive(Debug)]
pub(super) struct Metadata {
    url: Url,
}

impl Metadata {
    /// The server on this host; None if that is no host.
    pub(super) fn on(host: &str) -> Option<Self> {
        let path = "computeMetadata/v1/instance/service-accounts/default/token";
        Url::parse(&format!("http://{host}/{path}")).ok().map(|url| Self { url })
    }

    fn ask(&self) -> Ask {
        let ask = Ask::new("a token of the metadata server", self.url.clone(), Payload::None);
        // Without it the server refuses, so that no page in a browser can ask.
        ask.header("metadata-flavor", SecretString::from("Google"))
    }

    pub(super) async fn fetch(&self, wire: &Wire) -> Result<Fresh, CredentialsError> {
        user::given(wire, &self.ask()).await
    }

    /// A token if the server is there: on other machines nobody answers.
    pub(super) async fn seek(&self, wire: &Wire) -> Result<Fresh, CredentialsError> {
        user::given(wire, &self.ask().in_passing()).await
    }
}
