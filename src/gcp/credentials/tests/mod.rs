//! Rules of credentials, against a server that stands in for GitHub's, Google's token servers and the metadata server.
//! The sources are given: neither the environment nor the metadata server of this machine is asked.

mod calls;
mod files;
mod keeping;
mod order;
mod refusals;
mod sources;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::settings::FILE;
use super::{Credentials, CredentialsError, Settings};
use crate::gcp::fake::{Fake, Reply, Seen};
use crate::gcp::pace::Pace as _;

const DEPLOY: &str = "deploy@course-1.iam.gserviceaccount.com";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/school/providers/github";
/// The token with which a job asks GitHub for an ID token, and that ID token.
const ASKING: &str = "eyJ0eXAiOiJKV1QifQ.asking.x";
const SUBJECT: &str = "eyJhbGciOiJSUzI1NiJ9.subject.y";

/// A server and a folder for files of credentials.
struct Place {
    fake: Fake,
    folder: TempDir,
}

/// Tokens with a number, so that one can be told from the next, that last this many seconds.
fn google(seconds: i64) -> impl Fn(&Seen) -> Reply + Send + Sync {
    let count = AtomicU64::new(0);
    move |seen| {
        let number = || count.fetch_add(1, Ordering::Relaxed) + 1;
        let given =
            |name: &str| json!({"access_token": format!("{name}-{}", number()), "expires_in": seconds});
        match seen.line.split_once(' ').map_or("", |(_, path)| path) {
            "/idtoken" => Reply::ok(&json!({"value": SUBJECT, "count": 1})),
            "/v1/token" => Reply::ok(&given("federated")),
            "/token" => Reply::ok(&given("bought")),
            path if path.starts_with("/computeMetadata/") => Reply::ok(&given("attached")),
            path if path.ends_with(":generateAccessToken") => {
                let end = Timestamp::now() + SignedDuration::from_secs(seconds);
                Reply::ok(&json!({"accessToken": format!("acting-{}", number()), "expireTime": end}))
            }
            _ => Reply::error(404, "notFound", "no such thing"),
        }
    }
}

impl Place {
    async fn new() -> Self {
        Self::answering(google(3600)).await
    }

    async fn answering(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self { fake: Fake::answering(answer).await, folder: TempDir::new().unwrap() }
    }

    /// The file as google-github-actions/auth writes it.
    fn github(&self) -> Value {
        let root = &self.fake.root;
        json!({
            "type": "external_account",
            "audience": AUDIENCE,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": format!("{root}/v1/token"),
            "credential_source": {
                "url": format!("{root}/idtoken?api-version=2.0&audience=https%3A%2F%2Fiam.googleapis.com%2Fprojects%2F7"),
                "headers": {"Authorization": format!("Bearer {ASKING}")},
                "format": {"type": "json", "subject_token_field_name": "value"},
            },
            "service_account_impersonation_url":
                format!("{root}/v1/projects/-/serviceAccounts/{DEPLOY}:generateAccessToken"),
        })
    }

    fn login(&self) -> Value {
        json!({
            "type": "authorized_user",
            "client_id": "764086051850.apps.googleusercontent.com",
            "client_secret": "d-FL95Q19q7MQmFpd7hHD0Ty",
            "refresh_token": "1//0refresh",
            "quota_project_id": "mine",
            "token_uri": format!("{}/token", self.fake.root),
        })
    }

    /// A key that belongs to nobody.
    fn key(&self) -> Value {
        let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
        json!({
            "type": "service_account",
            "project_id": "course-1",
            "private_key_id": "key-1",
            "private_key": format!("{begin}\n{}{end}\n", include_str!("key.txt")),
            "client_email": DEPLOY,
            "token_uri": format!("{}/token", self.fake.root),
        })
    }

    fn write(&self, name: &str, file: &Value) -> String {
        let path = self.folder.path().join(name);
        fs_err::write(&path, file.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Settings of an environment that holds only this, and where nothing else is to be found.
    fn settings(&self, pairs: &[(&str, &str)]) -> Settings {
        let root = self.fake.root.as_str();
        let find = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let settings = Settings::from_env(|name| match name {
            "PROVOST_ENDPOINT_IAMCREDENTIALS" => Some(root.to_owned()),
            "NO_GCE_CHECK" if find("GCE_METADATA_HOST").is_none() => Some("true".to_owned()),
            _ => find(name),
        });
        settings.unwrap().for_project("course-1")
    }

    fn credentials(&self, settings: Settings) -> Credentials {
        Credentials::paced(settings, self.fake.pace.clone())
    }

    /// Credentials of a file that the environment names.
    fn of_file(&self, file: &Value) -> Credentials {
        // A name of its own: it is read at the first call.
        let name = format!("{}.json", self.fake.pace.uuid());
        self.credentials(self.settings(&[(FILE, &self.write(&name, file))]))
    }

    /// Lets time pass.
    async fn later(&self, seconds: u64) {
        self.fake.pace.sleep(std::time::Duration::from_secs(seconds)).await;
    }
}

async fn token(credentials: &Credentials) -> Result<String, CredentialsError> {
    let pass = credentials.pass().await?.unwrap();
    Ok(pass.token.expose_secret().to_owned())
}

/// The error of credentials that do not work, as it is printed.
async fn error(credentials: &Credentials) -> String {
    crate::gcp::error::told(&token(credentials).await.unwrap_err())
}

/// As many calls at once.
async fn at_once(credentials: &Credentials, calls: usize) -> Vec<Result<String, CredentialsError>> {
    let credentials = Arc::new(credentials.clone());
    let ask = |_| {
        let credentials = Arc::clone(&credentials);
        tokio::spawn(async move { token(&credentials).await })
    };
    let tasks: Vec<_> = (0..calls).map(ask).collect();
    let mut given = Vec::new();
    for task in tasks {
        given.push(task.await.unwrap());
    }
    given
}
