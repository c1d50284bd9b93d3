//! `ServiceAccount`, `ApiServices` and `IamGrant`: who may do what, and which APIs are on.

use super::table::{Table, row};

pub(super) fn accounts() -> Table {
    Table {
        kind: "ServiceAccount",
        base: "{kind: ServiceAccount, name: ci-bot}",
        others: "",
        wire: "/v1/projects/PROJECT/serviceAccounts/ci-bot@PROJECT.iam.gserviceaccount.com",
        rows: vec![
            row("displayName", "", "displayName: CI").wire("/displayName", r#""CI""#),
            row("displayName", "displayName: CI", "displayName: ''").wire("/displayName", "null"),
            row("description", "description: one", "description: two")
                .wire("/description", r#""two [provost be-2526]""#),
            row("description", "description: one", "description: ''")
                .wire("/description", r#""[provost be-2526]""#),
            row("description", "description: one", "").nothing(),
            row("disabled", "", "disabled: true").wire("/disabled", "true"),
            row("disabled", "disabled: true", "disabled: false").wire("/disabled", "null"),
            row("disabled", "displayName: A", "{displayName: B, description: two, disabled: true}")
                .paths(&["disabled", "displayName", "description"])
                .wire("/disabled", "true")
                .wire("/displayName", r#""B""#),
        ],
    }
}

pub(super) fn apis() -> Table {
    Table {
        kind: "ApiServices",
        base: "{kind: ApiServices, name: apis, services: [cloudbuild.googleapis.com]}",
        others: "",
        wire: "/v1/projects/PROJECT/services/pubsub.googleapis.com",
        rows: vec![
            row("services", "", "services: [cloudbuild.googleapis.com, pubsub.googleapis.com]")
                .wire("/state", r#""ENABLED""#),
            row("services", "services: [cloudbuild.googleapis.com, pubsub.googleapis.com]", "")
                .wire("/state", r#""DISABLED""#),
            row(
                "services",
                "{services: [cloudbuild.googleapis.com, pubsub.googleapis.com], onDestroy: keep}",
                "onDestroy: keep",
            )
            .ours()
            .wire("/state", r#""ENABLED""#),
            row("onDestroy", "onDestroy: disable", "onDestroy: keep").nothing(),
        ],
    }
}

pub(super) fn grants() -> Table {
    const TWO: &str = "members: ['user:ana@x.edu', 'user:bob@x.edu']";
    const ROLES: &str = "roles: [roles/viewer, roles/storage.admin]";
    const EARLY: &str =
        "condition: {title: t, expression: 'request.time < timestamp(\"2027-01-01T00:00:00Z\")'}";
    const LATE: &str =
        "condition: {title: t, expression: 'request.time < timestamp(\"2027-07-01T00:00:00Z\")'}";
    let narrow = |condition: &str| -> &'static str {
        Box::leak(format!("{{roles: [roles/storage.admin], {condition}}}").into_boxed_str())
    };
    Table {
        kind: "IamGrant",
        base: "{kind: IamGrant, name: ana, on: project, roles: [roles/storage.admin], members: ['user:ana@x.edu']}",
        others: "{kind: Bucket, name: PROJECT-one}\n---\n{kind: Bucket, name: PROJECT-two}",
        wire: "/storage/v1/b/PROJECT-two/iam",
        rows: vec![
            row("grants", "", TWO).paths(&["grants[0].members"]),
            row("grants", TWO, "").paths(&["grants[0].members"]),
            row("grants", "", ROLES),
            row("grants", ROLES, ""),
            row("grants", "", "exclusive: true").nothing(),
            row("condition", narrow(EARLY), narrow(LATE))
                .replaces("the condition is part of a grant's identity")
                .paths(&["condition.expression"]),
            row("condition", "", narrow(EARLY))
                .replaces("the condition is part of a grant's identity")
                .paths(&["condition.title", "condition.expression"]),
            row("condition", narrow(EARLY), "").replaces("the condition is part of a grant's identity"),
            row("on", "on: {bucket: PROJECT-one}", "on: {bucket: PROJECT-two}")
                .replaces("a grant on another resource is another grant")
                .paths(&["on.bucket"])
                .wire("/bindings/0/members/0", r#""user:ana@x.edu""#),
            row("on", "on: project", "on: {bucket: PROJECT-two}")
                .replaces("a grant on another resource is another grant")
                .paths(&["on.bucket"]),
        ],
    }
}

#[test]
fn every_managed_field_is_tested() {
    for table in [accounts(), apis(), grants()] {
        table.covers_every_field();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_an_account_arrives() {
    accounts().run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_a_list_of_apis_arrives() {
    apis().run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_a_grant_arrives() {
    grants().run().await;
}
