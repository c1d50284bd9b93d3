//! What is said when a token server says no, and what is never said.

use super::*;

/// GitHub's login, whose server at this path answers so.
async fn refusing(path: &'static str, status: u16, body: Value) -> Place {
    let answer = google(3600);
    Place::answering(
        move |seen| {
            if seen.line.ends_with(path) { Reply::ok(&body).status(status) } else { answer(seen) }
        },
    )
    .await
}

fn google_error(status: u16, reason: &str, message: &str) -> Value {
    json!({"error": {"code": status, "message": message, "status": "PERMISSION_DENIED",
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]}})
}

#[tokio::test]
async fn every_step_of_a_keyless_login_says_what_is_missing() {
    let denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
    let rows = [
        ("/idtoken", 403, json!({"message": "no"}), "permissions: id-token: write"),
        (
            "/v1/token",
            400,
            json!({"error": "unauthorized_client", "error_description": "rejected by the attribute condition."}),
            "does not admit this repository or branch",
        ),
        ("/v1/token", 400, json!({"error": "invalid_target"}), "the provider github does not exist"),
        (
            ":generateAccessToken",
            403,
            google_error(403, "IAM_PERMISSION_DENIED", denied),
            "gcloud iam service-accounts add-iam-policy-binding deploy@course-1.iam.gserviceaccount.com \
             --role=roles/iam.workloadIdentityUser",
        ),
        (
            ":generateAccessToken",
            403,
            google_error(403, "SERVICE_DISABLED", "off"),
            "gcloud services enable iamcredentials.googleapis.com --project=course-1",
        ),
    ];
    for (path, status, body, wanted) in rows {
        let place = refusing(path, status, body).await;
        let file = place.write("file.json", &place.github());
        let pairs =
            [(FILE, file.as_str()), ("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "school/course")];
        let told = error(&place.credentials(place.settings(&pairs))).await;
        assert!(told.contains(wanted), "{told}");
        assert!(
            told.starts_with(&format!("credentials: external account of {FILE} ({file}), as ")),
            "{told}"
        );
        assert_eq!(place.fake.count(path), 1, "a refusal is not tried again");
    }
}

#[tokio::test]
async fn a_login_that_was_revoked_and_a_key_that_was_deleted_say_so() {
    let body = json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."});
    let place = refusing("/token", 400, body).await;
    let told = error(&place.of_file(&place.login())).await;
    assert!(told.contains("run `gcloud auth application-default login`"), "{told}");
    let told = error(&place.of_file(&place.key())).await;
    assert!(told.contains("gcloud iam service-accounts keys list --iam-account=deploy@"), "{told}");
}

#[tokio::test]
async fn a_person_who_may_not_act_as_an_account_is_told_the_role() {
    let place = refusing(":generateAccessToken", 403, google_error(403, "IAM_PERMISSION_DENIED", "no")).await;
    let given = [("GOOGLE_OAUTH_ACCESS_TOKEN", "given")];
    let told = error(&place.credentials(place.settings(&given).impersonating(Some(DEPLOY)))).await;
    assert!(told.contains("--role=roles/iam.serviceAccountTokenCreator"), "{told}");
    assert!(told.contains("(--impersonate-service-account): acting as deploy@"), "{told}");
}

#[tokio::test]
async fn no_server_makes_us_print_what_it_was_sent() {
    let quoting = |seen: &Seen| {
        // Long words are cut, so the token is to come first.
        let token = seen.json()["subjectToken"].as_str().map_or_else(|| seen.text(), str::to_owned);
        let sent = format!("{} {token}", seen.header("authorization"));
        let body =
            json!({"error": format!("invalid_{sent}"), "error_description": format!("cannot read {sent}")});
        Reply::ok(&body).status(400)
    };
    let place = Place::answering(quoting).await;
    let mut by_file = place.github();
    let path = place.folder.path().join("subject");
    fs_err::write(&path, "opaque+subject/token").unwrap();
    by_file["credential_source"] = json!({"file": path});
    // A form quotes it encoded.
    let mut login = place.login();
    login["client_secret"] = "d-FL95/Q19q7MQ".into();
    let secrets = [ASKING, SUBJECT, "opaque", "0refresh", "d-FL95", "eyJ", "given-token"];
    let acting = place.settings(&[("GOOGLE_OAUTH_ACCESS_TOKEN", "given-token")]).impersonating(Some(DEPLOY));
    let mut all = vec![place.credentials(acting)];
    all.extend([place.github(), by_file, login, place.key()].map(|file| place.of_file(&file)));
    for credentials in all {
        let error = token(&credentials).await.unwrap_err();
        let shown = format!("{} {error:?} {credentials:?}", crate::gcp::error::told(&error));
        assert!(shown.contains("cannot read"), "{shown}");
        for secret in secrets {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_token_is_an_error_and_not_quoted() {
    for path in ["/idtoken", "/v1/token", ":generateAccessToken"] {
        let place =
            refusing(path, 200, json!({"value": "", "access_tokn": "ya29.secret", "x": "hunter22"})).await;
        let told = error(&place.of_file(&place.github())).await;
        assert!(told.contains("token") && !told.contains("hunter22") && !told.contains("ya29"), "{told}");
    }
}

#[tokio::test]
async fn a_pass_is_never_shown() {
    let place = Place::new().await;
    let credentials = place.of_file(&place.login());
    let pass = credentials.pass().await.unwrap().unwrap();
    assert!(!format!("{pass:?} {credentials:?}").contains("bought"));
}
