//! What the command line says of credentials: which are used, why there are none, and never a token.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use serde_json::{Value, json};
use support::{APIS, COURSE, Room, Said, program, run};
use tempfile::TempDir;

const DEPLOY: &str = "deploy@be-cloud-2526.iam.gserviceaccount.com";
/// What no run may print.
const SECRETS: [&str; 4] = ["asking-token", "subject-token", "federated-token", "1//refresh"];

/// An environment without any credentials, and a project that nobody reaches.
fn bare(command: &str, flags: &[&str]) -> (Room, assert_cmd::Command) {
    let room = Room::with(&format!("{COURSE}{APIS}"));
    let mut program = program(&[command, room.course()]);
    program.args(flags).env("PROVOST_ENDPOINT", "https://cloud.invalid/");
    let home = room.state().parent().unwrap().to_owned();
    for name in ["PATH", "CLOUDSDK_CONFIG", "GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_URL"] {
        program.env_remove(name);
    }
    program.env("HOME", home).env("NO_GCE_CHECK", "true");
    (room, program)
}

/// Plans with a file of credentials.
fn with_file(flags: &[&str], file: &Value) -> Said {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("credentials.json");
    fs_err::write(&path, file.to_string()).unwrap();
    let (_room, mut command) = bare("plan", flags);
    let said = run(command.env("GOOGLE_APPLICATION_CREDENTIALS", path));
    for secret in SECRETS {
        assert!(!said.all().contains(secret), "{said:?}");
    }
    said
}

/// GitHub, the Security Token Service and the IAM credentials API, the last of which refuses.
async fn servers() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let answer = |request: Request| async move {
        let (status, body) = match request.uri().path() {
            "/idtoken" => (StatusCode::OK, json!({"value": "subject-token"})),
            "/v1/token" => (StatusCode::OK, json!({"access_token": "federated-token", "expires_in": 3600})),
            _ => (StatusCode::FORBIDDEN, json!({"error": {"message": "denied to federated-token"}})),
        };
        (status, body.to_string())
    };
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    root
}

/// The file of GitHub's login action.
fn github(root: &str) -> Value {
    json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p/providers/github",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{root}/v1/token"),
        "credential_source": {
            "url": format!("{root}/idtoken?audience=x"),
            "headers": {"Authorization": "Bearer asking-token"},
            "format": {"type": "json", "subject_token_field_name": "value"},
        },
        "service_account_impersonation_url":
            format!("{root}/v1/projects/-/serviceAccounts/{DEPLOY}:generateAccessToken"),
    })
}

#[test]
fn without_credentials_a_run_fails_before_any_change_and_says_what_was_tried() {
    let (_room, mut command) = bare("plan", &[]);
    let said = run(&mut command).code(1);
    for part in
        ["GOOGLE_APPLICATION_CREDENTIALS: not set", "gcloud: not installed", "application-default login"]
    {
        assert!(said.err.contains(part), "{said:?}");
    }
    assert_eq!(said.err.matches("there are no credentials").count(), 1, "{said:?}");
}

#[test]
fn a_job_on_github_without_id_tokens_is_told_the_permission() {
    let (_room, mut command) = bare("status", &[]);
    let said = run(command.env("GITHUB_ACTIONS", "true")).code(1);
    assert!(said.err.contains("id-token: write"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verbose_names_the_credentials_and_a_refusal_names_them_too() {
    let file = github(&servers().await);
    let name = format!(", as {DEPLOY}");
    let said = with_file(&["-v"], &file).code(1);
    let named = "INFO credentials: external account of GOOGLE_APPLICATION_CREDENTIALS (";
    assert!(said.err.contains(named) && said.err.contains(&name), "{said:?}");
    assert!(said.err.contains("roles/iam.workloadIdentityUser"), "{said:?}");
    let said = with_file(&[], &file).code(1);
    assert!(!said.err.contains("INFO") && said.err.contains("denied to (sensitive)"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn acting_as_an_account_is_asked_for_by_flag_and_named() {
    let flag = ["-vv", "--impersonate-service-account", DEPLOY, "--yes"];
    let (_room, mut command) = bare("apply", &flag);
    let server = servers().await;
    command
        .env("GOOGLE_OAUTH_ACCESS_TOKEN", "federated-token")
        .env("PROVOST_ENDPOINT_IAMCREDENTIALS", server);
    let said = run(&mut command).code(1);
    let name = format!("GOOGLE_OAUTH_ACCESS_TOKEN, acting as {DEPLOY} (--impersonate-service-account)");
    assert!(said.err.contains(&name) && said.err.contains("serviceAccountTokenCreator"), "{said:?}");
    assert!(!said.all().contains("federated-token"), "{said:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn gcloud_is_asked_for_its_own_account_and_not_for_the_one_to_act_as() {
    let (_room, mut command) = bare("plan", &["-v"]);
    command.env("PATH", concat!(env!("CARGO_MANIFEST_DIR"), "/src/gcp/credentials/tests"));
    command.env("PROVOST_ENDPOINT_IAMCREDENTIALS", servers().await);
    let said = run(command.env("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT", DEPLOY)).code(1);
    let name = format!("account of gcloud, as teacher@example.edu, acting as {DEPLOY}");
    assert!(said.err.contains(&name) && said.err.contains("denied to"), "{said:?}");
    assert!(!said.all().contains("of-gcloud"), "{said:?}");
}

#[test]
fn an_account_that_is_no_address_is_wrong_usage() {
    let (_room, mut command) = bare("plan", &["--impersonate-service-account", "deploy"]);
    let said = run(&mut command).code(64);
    assert!(said.err.contains("`deploy` is no e-mail address of a service account"), "{said:?}");
}

#[test]
fn a_token_is_not_sent_over_an_open_line() {
    let mut file = github("https://sts.googleapis.com");
    file["token_url"] = "http://sts.googleapis.com/v1/token".into();
    let said = with_file(&[], &file).code(1);
    assert!(said.err.contains("`token_url` leads to http://sts.googleapis.com"), "{said:?}");
    let (_room, mut command) = bare("plan", &[]);
    let said = run(command.env("PROVOST_ENDPOINT_IAMCREDENTIALS", "http://10.0.0.1/")).code(1);
    assert!(said.err.contains("PROVOST_ENDPOINT_IAMCREDENTIALS is plain http"), "{said:?}");
}

#[test]
fn the_sandbox_asks_for_no_credentials_and_none_are_looked_for() {
    let room = Room::with(&format!("{COURSE}{APIS}"));
    let mut command = room.command("plan", &["-v"]);
    let said = run(command.env("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")).code(0);
    assert!(!said.err.contains("credentials"), "{said:?}");
}
