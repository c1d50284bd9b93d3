//! A key of a service account: a statement signed with it buys a token. The signature is that of `gcp_auth`; the exchange is ours,
//! so that its retries, its proxy and its errors are those of all credentials.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gcp_auth::CustomServiceAccount;
use jiff::Timestamp;
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::error::CredentialsError;
use super::hints;
use super::source::{Fresh, SCOPE};
use super::user;
use super::wire::{Ask, Payload, Wire};

/// How long a statement may be used: an hour is the most that Google accepts, and clocks differ.
const LIFE: i64 = 3600 - 30;

/// What a file of type `service_account` says.
pub(super) struct Key {
    pub(super) account: String,
    /// The key's id.
    id: Option<String>,
    signer: CustomServiceAccount,
    token_uri: Url,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Key {
    /// The key in a file whose fields were found to be there.
    pub(super) fn new(account: String, token_uri: Url, mut file: Value) -> Result<Self, String> {
        let id = file.get("private_key_id").and_then(Value::as_str).map(str::to_owned);
        if let Some(file) = file.as_object_mut() {
            file.insert("token_uri".to_owned(), token_uri.as_str().into());
        }
        // The cause is left out: it may quote the key.
        let signer = CustomServiceAccount::from_json(&file.to_string())
            .map_err(|_| "its `private_key` is no RSA key in PKCS #8; make another key".to_owned())?;
        Ok(Self { account, id, signer, token_uri })
    }

    pub(super) async fn fetch(&self, wire: &Wire) -> Result<Fresh, CredentialsError> {
        let statement = self.statement(Timestamp::now().as_second())?;
        let form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
            ("assertion", statement.clone()),
        ];
        let step = format!("a token for the key of {}", self.account);
        let ask = Ask::new(step, self.token_uri.clone(), Payload::Form(form));
        let ask = ask.hiding(&SecretString::from(statement));
        user::given(wire, &ask).await.map_err(|error| error.hinted(|r| hints::key(r, &self.account)))
    }

    /// "I am this account", signed: a JSON web token.
    fn statement(&self, now: i64) -> Result<String, CredentialsError> {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let (Some(id), Some(header)) = (&self.id, header.as_object_mut()) {
            header.insert("kid".to_owned(), id.as_str().into());
        }
        let claims = json!({
            "iss": self.account,
            "aud": self.token_uri.as_str(),
            "scope": SCOPE,
            "iat": now,
            "exp": now + LIFE,
        });
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.signer.signer().sign(signed.as_bytes());
        let signature = signature.map_err(|_| CredentialsError::Garbled {
            step: format!("the key of {}", self.account),
            why: "it cannot sign".to_owned(),
        })?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}
