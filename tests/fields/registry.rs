//! `Registry`: most of it by PATCH with a mask, labels by a read and a write.

use super::table::{Table, row};

pub(super) fn table() -> Table {
    const OLD: &str = "cleanupPolicies: {old: {action: DELETE, condition: {olderThan: 30d}}}";
    const KEY: &str = "kmsKeyName: projects/PROJECT/locations/europe-west1/keyRings/r/cryptoKeys/k";
    Table {
        kind: "Registry",
        base: "{kind: Registry, name: images}",
        others: "",
        wire: "/v1/projects/PROJECT/locations/europe-west1/repositories/images",
        rows: vec![
            row("location", "location: europe-west1", "location: europe-west4").replaces("cannot be moved"),
            row("format", "format: DOCKER", "format: PYTHON").replaces("the format of a repository"),
            row("mode", "", "mode: STANDARD_REPOSITORY").nothing(),
            row("kmsKeyName", "", KEY).replaces("the key of a repository"),
            row("description", "description: one", "description: two").wire("/description", r#""two""#),
            row("description", "description: one", "description: ''").wire("/description", "null"),
            row("description", "description: one", "").nothing(),
            row("labels", "", "labels: {team: a}").paths(&["labels.team"]).wire("/labels/team", r#""a""#),
            row("labels", "labels: {team: a}", "").paths(&["labels.team"]).wire("/labels/team", "null"),
            row("labels", "{description: one, labels: {team: a}}", "{description: two, labels: {team: b}}")
                .paths(&["description", "labels.team"])
                .wire("/description", r#""two""#)
                .wire("/labels/team", r#""b""#),
            row("immutableTags", "", "immutableTags: true").wire("/dockerConfig/immutableTags", "true"),
            row("immutableTags", "immutableTags: true", "immutableTags: false"),
            row("cleanupPolicyDryRun", "", "cleanupPolicyDryRun: true").wire("/cleanupPolicyDryRun", "true"),
            row("cleanupPolicies", "", OLD).paths(&["cleanupPolicies.old"]),
            row(
                "cleanupPolicies",
                OLD,
                "cleanupPolicies: {old: {action: DELETE, condition: {olderThan: 60d}}}",
            )
            .paths(&["cleanupPolicies.old.condition.olderThan"])
            .wire("/cleanupPolicies/old/condition/olderThan", r#""5184000s""#),
            row("cleanupPolicies", OLD, "cleanupPolicies: {}")
                .paths(&["cleanupPolicies.old"])
                .wire("/cleanupPolicies", "null"),
            row(
                "cleanupPolicies",
                OLD,
                "cleanupPolicies: {keep: {action: KEEP, mostRecentVersions: {keepCount: 5}}}",
            )
            .paths(&["cleanupPolicies.old", "cleanupPolicies.keep"])
            .wire("/cleanupPolicies/old", "null"),
            row("cleanupPolicies", OLD, "").nothing(),
            row("vulnerabilityScanning", "", "vulnerabilityScanning: DISABLED")
                .wire("/vulnerabilityScanningConfig/enablementConfig", r#""DISABLED""#),
        ],
    }
}

#[test]
fn every_managed_field_is_tested() {
    table().covers_every_field();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_takes_what_the_api_says_and_arrives() {
    table().run().await;
}
