//! A person's login, as `gcloud auth application-default login` leaves it: a refresh token, good until it is revoked.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::error::CredentialsError;
use super::hints;
use super::source::Fresh;
use super::wire::{Ask, Payload, Wire};

/// What a file of type `authorized_user` says.
#[derive(Debug)]
pub(super) struct User {
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) refresh_token: SecretString,
    pub(super) token_uri: Url,
}

/// The answer of Google's token endpoint, to people and to keys.
#[derive(Deserialize)]
pub(super) struct Given {
    access_token: String,
    expires_in: Option<u64>,
}

impl User {
    pub(super) async fn fetch(&self, wire: &Wire) -> Result<Fresh, CredentialsError> {
        let form = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", self.client_id.clone()),
            ("client_secret", self.client_secret.expose_secret().to_owned()),
            ("refresh_token", self.refresh_token.expose_secret().to_owned()),
        ];
        let ask = Ask::new("the refresh of the login", self.token_uri.clone(), Payload::Form(form));
        let ask = ask.hiding(&self.client_secret).hiding(&self.refresh_token);
        given(wire, &ask).await.map_err(|error| error.hinted(hints::login))
    }
}

/// Asks a token endpoint.
pub(super) async fn given(wire: &Wire, ask: &Ask) -> Result<Fresh, CredentialsError> {
    let answer = wire.ask(ask).await?;
    let given: Result<Given, _> = serde_json::from_str(&answer.text);
    let given = given.map_err(|_| ask.garbled("the answer holds no access token"))?;
    Ok(Fresh::lasting(given.access_token, given.expires_in))
}
