//! The account that is active in gcloud, asked of the program itself. It takes a second, so it is the last that is tried.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::error::CredentialsError;
use super::source::Fresh;

const STEP: &str = "a token of gcloud";
/// Acting as a service account is our business: gcloud would do it a second time.
const OURS: &str = "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT";

/// gcloud, with the account that it has.
#[derive(Debug)]
pub(super) struct Gcloud {
    program: PathBuf,
    pub(super) account: Option<String>,
}

/// What `gcloud config config-helper` says: made for other programs, it tells how long the token lasts.
#[derive(Deserialize)]
struct Told {
    credential: Credential,
    #[serde(default)]
    configuration: Value,
}

#[derive(Deserialize)]
struct Credential {
    access_token: String,
    token_expiry: Option<Timestamp>,
}

impl Gcloud {
    /// gcloud, if somebody is logged in to it, with a first token.
    pub(super) async fn seek(program: &Path) -> Result<(Self, Fresh), CredentialsError> {
        let told = ask(program, false).await?;
        let property = |pointer: &str| told.configuration.pointer(pointer).and_then(Value::as_str);
        let account = property("/properties/auth/impersonate_service_account")
            .or_else(|| property("/properties/core/account"))
            .map(str::to_owned);
        Ok((Self { program: program.to_owned(), account }, told.fresh()))
    }

    /// A token. `refused`: gcloud believes in the last one, and must not give it again.
    pub(super) async fn fetch(&self, refused: bool) -> Result<Fresh, CredentialsError> {
        Ok(ask(&self.program, refused).await?.fresh())
    }

    pub(super) fn is_service_account(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.ends_with(".gserviceaccount.com"))
    }
}

impl Told {
    fn fresh(self) -> Fresh {
        let left = |end: Timestamp| end.duration_since(Timestamp::now()).as_secs();
        let seconds = self.credential.token_expiry.map(|end| u64::try_from(left(end)).unwrap_or(0));
        Fresh::lasting(self.credential.access_token, seconds)
    }
}

async fn ask(program: &Path, refused: bool) -> Result<Told, CredentialsError> {
    let age = if refused { "--force-auth-refresh" } else { "--min-expiry=10m" };
    let mut command = Command::new(program);
    command.args(["config", "config-helper", "--format=json", "--quiet", age]);
    command.env_remove(OURS).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let garbled = |why: String| CredentialsError::Garbled { step: STEP.to_owned(), why };
    let output = output.map_err(|_| garbled("gcloud was interrupted".to_owned()))?;
    let output = output.map_err(|error| garbled(error.to_string()))?;
    if !output.status.success() {
        return Err(garbled(complaint(&String::from_utf8_lossy(&output.stderr))));
    }
    serde_json::from_slice(&output.stdout).map_err(|_| garbled("gcloud gave none".to_owned()))
}

/// The first line of what gcloud complains about: the rest is advice on gcloud.
fn complaint(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| line.starts_with("ERROR"));
    let line = line.and_then(|line| line.split_once(") ")).map(|(_, words)| words);
    line.unwrap_or("gcloud failed").to_owned()
}
