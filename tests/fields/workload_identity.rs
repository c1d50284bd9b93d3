//! `WorkloadIdentity`: a pool and its provider, each changed by its own PATCH; the provider's id by another provider.

use super::table::{Row, Table, row};

const POOL: &str = "/v1/projects/PROJECT/locations/global/workloadIdentityPools/github";
const PROVIDER: &str = "/v1/projects/PROJECT/locations/global/workloadIdentityPools/github/providers/github";

fn table(wire: &'static str, rows: Vec<Row>) -> Table {
    let base = "{kind: WorkloadIdentity, name: github, repository: my-school/be-cloud}";
    Table { kind: "WorkloadIdentity", base, others: "", wire, rows }
}

/// Both halves, where it does not matter which of them a row looks at.
pub(super) fn whole() -> Table {
    table(POOL, pool().into_iter().chain(provider()).collect())
}

fn pool() -> Vec<Row> {
    vec![
        row("displayName", "displayName: One", "displayName: Two").wire("/displayName", r#""Two""#),
        row("displayName", "displayName: One", "displayName: ''").wire("/displayName", "null"),
        row("displayName", "displayName: One", "").nothing(),
        row("description", "description: one", "description: two")
            .wire("/description", r#""two [provost be-2526]""#),
        row("description", "description: one", "").nothing(),
        row("disabled", "", "disabled: true").wire("/disabled", "true"),
        row("disabled", "disabled: true", "disabled: false").wire("/disabled", "null"),
    ]
}

fn provider() -> Vec<Row> {
    let condition = "provider.attributeCondition";
    vec![
        row("repository", "", "repository: my-school/other")
            .paths(&[condition])
            .wire("/attributeCondition", r#""assertion.repository == 'my-school/other'""#),
        row(
            condition,
            "",
            "provider: {attributeCondition: \"assertion.repository == 'a/b' && assertion.ref == 'refs/heads/x'\"}",
        )
        .paths(&[condition])
        .wire("/attributeCondition", r#""assertion.repository == 'a/b' && assertion.ref == 'refs/heads/x'""#),
        row("provider.displayName", "", "provider: {displayName: Actions}")
            .wire("/displayName", r#""Actions""#),
        row("provider.description", "", "provider: {description: Who may in}")
            .wire("/description", r#""Who may in""#),
        row("provider.disabled", "", "provider: {disabled: true}").wire("/disabled", "true"),
        row("provider.disabled", "provider: {disabled: true}", "").nothing(),
        row("provider.issuer", "", "provider: {issuer: https://github.example.edu/_services/token}")
            .wire("/oidc/issuerUri", r#""https://github.example.edu/_services/token""#),
        row("provider.allowedAudiences", "", "provider: {allowedAudiences: [b, a]}").wire(
            "/oidc",
            r#"{"issuerUri": "https://token.actions.githubusercontent.com", "allowedAudiences": ["a", "b"]}"#,
        ),
        row(
            "provider.allowedAudiences",
            "provider: {allowedAudiences: [a]}",
            "provider: {allowedAudiences: []}",
        ),
        row(
            "provider.attributeMapping",
            "provider: {attributeMapping: {google.subject: assertion.sub, attribute.actor: assertion.actor}}",
            "provider: {attributeMapping: {google.subject: assertion.sub, attribute.ref: assertion.ref}}",
        )
        .paths(&[
            "provider.attributeMapping[\"attribute.actor\"]",
            "provider.attributeMapping[\"attribute.ref\"]",
        ])
        .wire(
            "/attributeMapping",
            r#"{"google.subject": "assertion.sub", "attribute.ref": "assertion.ref"}"#,
        ),
        row("provider.id", "provider: {id: former}", "").wire("/state", r#""ACTIVE""#),
    ]
}

#[test]
fn every_managed_field_is_tested() {
    whole().covers_every_field();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_takes_what_the_api_says_and_arrives() {
    table(POOL, pool()).run().await;
    table(PROVIDER, provider()).run().await;
}
