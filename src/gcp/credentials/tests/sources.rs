//! What each source sends, and what it makes of the answers.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn githubs_keyless_login_is_an_id_token_an_exchange_and_an_impersonation() {
    let place = Place::new().await;
    assert_eq!(token(&place.of_file(&place.github())).await.unwrap(), "acting-2");
    let seen = place.fake.seen();
    let acting = format!("POST /v1/projects/-/serviceAccounts/{DEPLOY}:generateAccessToken");
    assert_eq!(place.fake.lines(), ["GET /idtoken", "POST /v1/token", &acting]);
    assert_eq!(seen[0].header("authorization"), format!("Bearer {ASKING}"));
    assert!(seen[0].query.starts_with("api-version=2.0&audience=https%3A%2F%2F"), "{}", seen[0].query);
    assert_eq!(seen[1].header("authorization"), "", "the exchange needs none, and is refused with one");
    assert_eq!(
        seen[1].json(),
        json!({
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": AUDIENCE,
            "scope": "https://www.googleapis.com/auth/cloud-platform",
            "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "subjectToken": SUBJECT,
            "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
        })
    );
    assert_eq!(seen[2].header("authorization"), "Bearer federated-1");
    assert_eq!(
        seen[2].json(),
        json!({"scope": ["https://www.googleapis.com/auth/cloud-platform"], "lifetime": "3600s", "delegates": []})
    );
}

#[tokio::test]
async fn direct_federation_ends_with_the_exchange() {
    let place = Place::new().await;
    let mut file = place.github();
    file.as_object_mut().unwrap().remove("service_account_impersonation_url");
    assert_eq!(token(&place.of_file(&file)).await.unwrap(), "federated-1");
    assert_eq!(place.fake.lines(), ["GET /idtoken", "POST /v1/token"]);
}

#[tokio::test]
async fn an_id_token_is_read_from_a_file_in_either_format_and_the_lifetime_is_that_of_the_file() {
    let place = Place::new().await;
    let text = place.folder.path().join("text");
    fs_err::write(&text, format!("{SUBJECT}\n")).unwrap();
    let object = place.write("object", &json!({"id_token": SUBJECT}));
    let rows = [
        json!({"file": text}),
        json!({"file": text, "format": {"type": "text"}}),
        json!({"file": object, "format": {"type": "json", "subject_token_field_name": "id_token"}}),
    ];
    for source in rows {
        let mut file = place.github();
        file["credential_source"] = source.clone();
        file["service_account_impersonation"] = json!({"token_lifetime_seconds": 600});
        token(&place.of_file(&file)).await.unwrap();
        let seen = place.fake.seen();
        let [.., exchange, acting] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!(exchange.json()["subjectToken"], SUBJECT, "{source}");
        assert_eq!(acting.json()["lifetime"], "600s");
    }
}

#[tokio::test]
async fn a_person_of_a_workforce_pool_names_who_pays_for_the_exchange() {
    let place = Place::new().await;
    let mut file = place.github();
    file["workforce_pool_user_project"] = "payer".into();
    token(&place.of_file(&file)).await.unwrap();
    assert_eq!(place.fake.seen()[1].json()["options"], r#"{"userProject":"payer"}"#);
}

#[tokio::test]
async fn a_login_is_refreshed_with_what_its_file_says() {
    let place = Place::new().await;
    assert_eq!(token(&place.of_file(&place.login())).await.unwrap(), "bought-1");
    let seen = place.fake.seen();
    assert_eq!(seen[0].header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(
        seen[0].text(),
        "grant_type=refresh_token&client_id=764086051850.apps.googleusercontent.com\
         &client_secret=d-FL95Q19q7MQmFpd7hHD0Ty&refresh_token=1%2F%2F0refresh"
    );
}

#[tokio::test]
async fn a_key_states_who_it_is_for_an_hour_at_most() {
    use base64::Engine as _;
    let place = Place::new().await;
    assert_eq!(token(&place.of_file(&place.key())).await.unwrap(), "bought-1");
    let form = place.fake.seen()[0].text();
    let statement = form.split_once("&assertion=").unwrap().1;
    let part = |at: usize| {
        let text = statement.split('.').nth(at).unwrap();
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    let json = |at| serde_json::from_slice::<Value>(&part(at)).unwrap();
    assert_eq!(json(0), json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
    let claims = json(1);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!(DEPLOY), &json!(format!("{}/token", place.fake.root)))
    );
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((3000..=3600).contains(&life), "{life}");
    assert_eq!(part(2).len(), 256);
}

#[tokio::test]
async fn an_impersonated_account_is_reached_from_any_source_through_its_delegates() {
    let place = Place::new().await;
    let url = format!("{}/v1/projects/-/serviceAccounts/{DEPLOY}:generateAccessToken", place.fake.root);
    let mut federated = place.github();
    federated.as_object_mut().unwrap().remove("service_account_impersonation_url");
    for base in [place.login(), place.key(), federated] {
        let file = json!({
            "type": "impersonated_service_account",
            "service_account_impersonation_url": url,
            "delegates": ["a@x.iam.gserviceaccount.com", "projects/-/serviceAccounts/b@x.iam.gserviceaccount.com"],
            "source_credentials": base,
        });
        assert!(token(&place.of_file(&file)).await.unwrap().starts_with("acting-"));
        let delegates = place.fake.seen().last().unwrap().json()["delegates"].take();
        let full = ["a", "b"].map(|n| format!("projects/-/serviceAccounts/{n}@x.iam.gserviceaccount.com"));
        assert_eq!(delegates, json!(full));
    }
}

#[tokio::test]
async fn acting_as_an_account_goes_on_top_of_whatever_was_found() {
    let place = Place::new().await;
    let token_of = [("GOOGLE_OAUTH_ACCESS_TOKEN", "given")];
    let chain = format!("first@x.iam.gserviceaccount.com, {DEPLOY}");
    let settings = place.settings(&token_of).impersonating(Some(&chain));
    assert_eq!(token(&place.credentials(settings)).await.unwrap(), "acting-1");
    let seen = place.fake.seen();
    assert_eq!(seen[0].header("authorization"), "Bearer given");
    assert!(seen[0].line.ends_with(&format!("/{DEPLOY}:generateAccessToken")), "{}", seen[0].line);
    assert_eq!(
        seen[0].json()["delegates"],
        json!(["projects/-/serviceAccounts/first@x.iam.gserviceaccount.com"])
    );
}

#[tokio::test]
async fn the_metadata_server_is_asked_with_its_header() {
    let place = Place::new().await;
    let host = place.fake.root.trim_start_matches("http://").to_owned();
    let credentials = place.credentials(place.settings(&[("GCE_METADATA_HOST", &host)]));
    assert_eq!(token(&credentials).await.unwrap(), "attached-1");
    assert_eq!(place.fake.seen()[0].header("metadata-flavor"), "Google");
    assert_eq!(place.fake.seen().len(), 1, "finding it gave the token already");
    let acting = place.settings(&[("GCE_METADATA_HOST", &host)]).impersonating(Some(DEPLOY));
    assert!(token(&place.credentials(acting)).await.unwrap().starts_with("acting-"));
}

#[cfg(unix)]
#[tokio::test]
async fn gcloud_is_asked_for_another_token_than_the_one_that_was_refused() {
    let place = Place::new().await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/gcp/credentials/tests");
    let credentials = place.credentials(place.settings(&[("PATH", path)]));
    let pass = credentials.pass().await.unwrap().unwrap();
    assert_eq!(pass.token.expose_secret(), "of-gcloud--min-expiry=10m");
    assert_eq!(pass.quota_project.as_deref(), Some("course-1"), "a person's calls are charged to the course");
    assert_eq!(format!("{credentials:?}"), "account of gcloud, as teacher@example.edu");
    let refusal = calls::refusal(401, "authError");
    assert!(credentials.mends(&pass, &refusal));
    assert_eq!(token(&credentials).await.unwrap(), "of-gcloud--force-auth-refresh");
}
