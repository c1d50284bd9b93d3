//! Where credentials are looked for, in which order, and what is said when they are nowhere.

use super::*;

#[tokio::test]
async fn the_first_place_that_has_credentials_is_used_and_named() {
    let place = Place::new().await;
    let file = place.write("github.json", &place.github());
    place.write("application_default_credentials.json", &place.login());
    let (folder, root) = (place.folder.path().to_str().unwrap(), &place.fake.root);
    let host = root.trim_start_matches("http://");
    let login = format!("user login of {folder}/application_default_credentials.json");
    let rows = [
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "a", "access token of GOOGLE_OAUTH_ACCESS_TOKEN".to_owned()),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN", "b", "access token of CLOUDSDK_AUTH_ACCESS_TOKEN".to_owned()),
        (FILE, &file, format!("external account of {FILE} ({file}), as {DEPLOY}")),
        ("CLOUDSDK_CONFIG", folder, login),
        ("GCE_METADATA_HOST", host, format!("service account of the metadata server ({host})")),
    ];
    for at in 0..rows.len() {
        let pairs: Vec<(&str, &str)> = rows[at..].iter().map(|(name, value, _)| (*name, *value)).collect();
        let credentials = place.credentials(place.settings(&pairs));
        assert_eq!(format!("{credentials:?}"), "credentials to be found");
        token(&credentials).await.unwrap();
        assert_eq!(format!("{credentials:?}"), rows[at].2);
    }
}

#[tokio::test]
async fn acting_as_an_account_is_named_with_what_asked_for_it() {
    let place = Place::new().await;
    let given = ("GOOGLE_OAUTH_ACCESS_TOKEN", "a");
    let variable = ("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT", DEPLOY);
    let credentials = place.credentials(place.settings(&[given, variable]));
    token(&credentials).await.unwrap();
    let name = format!("access token of GOOGLE_OAUTH_ACCESS_TOKEN, acting as {DEPLOY} ({})", variable.0);
    assert_eq!(format!("{credentials:?}"), name);
}

#[tokio::test]
async fn without_credentials_every_place_is_told_with_its_reason_and_what_to_do() {
    let place = Place::new().await;
    let told = error(&place.credentials(place.settings(&[("CLOUDSDK_CONFIG", "/nowhere")]))).await;
    insta::assert_snapshot!(told, @r"
    there are no credentials for Google Cloud; tried:
      GOOGLE_OAUTH_ACCESS_TOKEN, CLOUDSDK_AUTH_ACCESS_TOKEN: not set
      GOOGLE_APPLICATION_CREDENTIALS: not set
      /nowhere/application_default_credentials.json: no such file
      the metadata server: not asked, as NO_GCE_CHECK says
      gcloud: not installed
    Log in with `gcloud auth application-default login`; in CI, with its login action (google-github-actions/auth)
    ");
}

#[tokio::test]
async fn a_metadata_server_that_is_not_there_is_asked_once() {
    let place = Place::answering(|_| Reply::empty(503)).await;
    let host = place.fake.root.trim_start_matches("http://").to_owned();
    let told = error(&place.credentials(place.settings(&[("GCE_METADATA_HOST", &host)]))).await;
    assert!(told.contains("the metadata server: it answered 503"), "{told}");
    assert_eq!(place.fake.seen().len(), 1);
}

#[tokio::test]
async fn a_file_that_was_named_and_is_broken_is_not_passed_over() {
    let place = Place::new().await;
    let broken = place.write("broken.json", &json!({"type": "authorized_user"}));
    let host = place.fake.root.trim_start_matches("http://").to_owned();
    let rest = ("GCE_METADATA_HOST", host.as_str());
    let told = error(&place.credentials(place.settings(&[(FILE, &broken), rest]))).await;
    let why = "cannot be used: its type is authorized_user, and `client_id` is missing";
    assert_eq!(told, format!("{FILE} ({broken}) {why}"));
    let told = error(&place.credentials(place.settings(&[(FILE, "/nowhere.json"), rest]))).await;
    assert!(told.contains("/nowhere.json") && told.contains("cannot be used"), "{told}");
    assert!(place.fake.seen().is_empty());
}

#[tokio::test]
async fn a_variable_that_holds_the_credentials_themselves_is_refused_and_not_shown() {
    let place = Place::new().await;
    let told = error(&place.credentials(place.settings(&[(FILE, &place.key().to_string())]))).await;
    assert_eq!(
        told,
        format!(
            "{FILE} cannot be used: it holds JSON, not the path of a file; write that to a file and name it"
        )
    );
}
