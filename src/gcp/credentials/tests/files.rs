//! Files that are refused, each with what to do instead.

use super::super::file;
use super::super::settings::Ci;
use super::*;

fn refused(file: &Value) -> String {
    file::read(&file.to_string(), &Ci::default()).map(|held| held.source.title()).unwrap_err()
}

#[tokio::test]
async fn sources_that_are_not_served_say_what_serves_instead() {
    let place = Place::new().await;
    let rows = [
        (json!({"executable": {"command": "/bin/token"}}), "runs a program", "`credential_source.file`"),
        (json!({"environment_id": "aws1", "region_url": "x"}), "AWS", "GOOGLE_OAUTH_ACCESS_TOKEN"),
        (
            json!({"certificate": {"use_default_certificate_config": true}}),
            "certificate",
            "GOOGLE_OAUTH_ACCESS_TOKEN",
        ),
        (json!({}), "neither `file` nor `url`", "login action"),
        (json!({"file": "x", "format": {"type": "json"}}), "lacks", "subject_token_field_name"),
        (json!({"file": "x", "format": {"type": "xml"}}), "xml", "neither text nor json"),
    ];
    for (source, what, instead) in rows {
        let mut file = place.github();
        file["credential_source"] = source;
        let why = refused(&file);
        assert!(why.contains(what) && why.contains(instead), "{why}");
    }
}

#[tokio::test]
async fn unknown_types_and_missing_fields_are_named() {
    let place = Place::new().await;
    let workforce = refused(&json!({"type": "external_account_authorized_user"}));
    assert!(
        workforce.contains("`external_account_authorized_user`; known are external_account"),
        "{workforce}"
    );
    assert!(refused(&json!({})).contains("no `type`"));
    let mut nested = json!({"type": "impersonated_service_account", "source_credentials": place.login()});
    nested["service_account_impersonation_url"] = "https://iamcredentials.googleapis.com/v1/x".into();
    assert!(refused(&nested).contains("does not end in EMAIL:generateAccessToken"));
    nested["source_credentials"] = nested.clone();
    assert!(refused(&nested).contains("`source_credentials`: its type is `impersonated_service_account`"));
    for (file, field) in
        [(place.login(), "refresh_token"), (place.key(), "client_email"), (place.github(), "audience")]
    {
        let mut without = file.clone();
        without.as_object_mut().unwrap().remove(field);
        let why = refused(&without);
        assert_eq!(why, format!("its type is {}, and `{field}` is missing", file["type"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn a_file_cannot_send_tokens_anywhere_but_to_google() {
    let place = Place::new().await;
    let rows = [
        (place.github(), "token_url"),
        (place.github(), "service_account_impersonation_url"),
        (place.login(), "token_uri"),
        (place.key(), "token_uri"),
    ];
    for (file, field) in rows {
        for url in ["http://sts.googleapis.com/v1/token", "https://sts.example.edu/v1/token"] {
            let mut file = file.clone();
            file[field] = url.into();
            let why = refused(&file);
            assert!(why.contains(&format!("`{field}` leads to")) && why.contains("googleapis.com"), "{why}");
        }
    }
    let mut file = place.github();
    file["credential_source"]["url"] = "http://tokens.example.edu/".into();
    assert!(refused(&file).contains("plain http on tokens.example.edu"));
}

#[tokio::test]
async fn a_field_of_the_wrong_shape_is_refused_without_its_value() {
    let place = Place::new().await;
    let mut key = place.key();
    key["private_key"] = "-----BEGIN hunter22".into();
    assert!(refused(&key).contains("`private_key` is no RSA key"));
    assert!(!refused(&key).contains("hunter22"));
    let mut login = place.login();
    login["refresh_token"] = json!({"value": "hunter22"});
    let mut named = place.github();
    named["credential_source"] = "hunter22".into();
    for file in [login, named] {
        assert!(!refused(&file).contains("hunter22"), "{}", refused(&file));
    }
}

#[tokio::test]
async fn what_was_read_is_never_shown() {
    let place = Place::new().await;
    for file in [place.github(), place.login(), place.key()] {
        let shown = format!("{:?}", file::read(&file.to_string(), &Ci::default()).unwrap());
        for secret in [ASKING, "0refresh", "d-FL95", "PRIVATE", "MII"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
