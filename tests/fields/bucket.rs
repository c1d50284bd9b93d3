//! `Bucket`: settings by PATCH, files by upload, and what fixes a bucket for ever.

use super::table::{Row, Table, row};

pub(super) fn table() -> Table {
    Table {
        kind: "Bucket",
        base: "{kind: Bucket, name: PROJECT-box}",
        others: "{kind: Bucket, name: PROJECT-logs}",
        wire: "/storage/v1/b/PROJECT-box",
        rows: [fixed(), settings(), policies(), files()].concat(),
    }
}

fn fixed() -> Vec<Row> {
    let two = |a, b| -> &'static str {
        Box::leak(format!("{{location: EU, dataLocations: [{a}, {b}]}}").into_boxed_str())
    };
    vec![
        row("location", "location: europe-west1", "location: europe-west4").replaces("cannot be moved"),
        row("dataLocations", two("europe-west1", "europe-west4"), two("europe-west1", "europe-north1"))
            .replaces("the regions of a bucket cannot be changed"),
        row("hierarchicalNamespace", "", "hierarchicalNamespace: true").replaces("the namespace of a bucket"),
    ]
}

fn settings() -> Vec<Row> {
    const KEY: &str = "projects/PROJECT/locations/europe-west1/keyRings/r/cryptoKeys";
    let key =
        |k: &str| -> &'static str { Box::leak(format!("defaultKmsKeyName: {KEY}/{k}").into_boxed_str()) };
    vec![
        row("storageClass", "storageClass: STANDARD", "storageClass: NEARLINE")
            .wire("/storageClass", r#""NEARLINE""#),
        row("uniformAccess", "", "uniformAccess: false")
            .wire("/iamConfiguration/uniformBucketLevelAccess/enabled", "false"),
        row("publicAccessPrevention", "", "publicAccessPrevention: enforced")
            .wire("/iamConfiguration/publicAccessPrevention", r#""enforced""#)
            .wire("/iamConfiguration/uniformBucketLevelAccess/enabled", "true"),
        row("labels", "", "labels: {team: a}").paths(&["labels.team"]).wire("/labels/team", r#""a""#),
        row("labels", "labels: {team: a}", "").paths(&["labels.team"]).wire("/labels/team", "null"),
        row("versioning", "", "versioning: true").wire("/versioning/enabled", "true"),
        row("versioning", "versioning: true", "versioning: false").wire("/versioning/enabled", "false"),
        row("defaultEventBasedHold", "", "defaultEventBasedHold: true")
            .wire("/defaultEventBasedHold", "true"),
        row("requesterPays", "", "requesterPays: true").wire("/billing/requesterPays", "true"),
        row("rpo", "{location: EU, rpo: DEFAULT}", "{location: EU, rpo: ASYNC_TURBO}"),
        row("autoclass.enabled", "autoclass: {enabled: false}", "autoclass: {enabled: true}")
            .wire("/autoclass/enabled", "true"),
        row(
            "autoclass.terminalStorageClass",
            "autoclass: {enabled: true, terminalStorageClass: NEARLINE}",
            "autoclass: {enabled: true, terminalStorageClass: ARCHIVE}",
        )
        .wire("/autoclass/terminalStorageClass", r#""ARCHIVE""#),
        row("defaultKmsKeyName", key("a"), key("b")),
    ]
}

fn policies() -> Vec<Row> {
    const OLD: &str = "lifecycle: [{action: Delete, condition: {age: 30}}]";
    vec![
        row("lifecycle", "", OLD).wire("/lifecycle/rule/0/condition/age", "30"),
        row("lifecycle", OLD, "lifecycle: [{action: Delete, condition: {age: 0}}]")
            .paths(&["lifecycle[0].condition.age"])
            .wire("/lifecycle/rule/0/condition/age", "0"),
        row("lifecycle", OLD, "lifecycle: []").wire("/lifecycle", "null"),
        row("lifecycle", OLD, "").nothing(),
        row("softDelete", "softDelete: 7d", "softDelete: 14d")
            .wire("/softDeletePolicy/retentionDurationSeconds", r#""1209600""#),
        row("softDelete", "", "softDelete: 0s").wire("/softDeletePolicy/retentionDurationSeconds", r#""0""#),
        row("retentionPeriod", "", "retentionPeriod: 1d")
            .wire("/retentionPolicy/retentionPeriod", r#""86400""#),
        row("retentionPeriod", "retentionPeriod: 1d", "retentionPeriod: 0s").wire("/retentionPolicy", "null"),
        row("website", "", "website: {mainPageSuffix: index.html}").paths(&["website.mainPageSuffix"]),
        row("website", "website: {mainPageSuffix: a.html}", "website: {mainPageSuffix: ''}")
            .paths(&["website.mainPageSuffix"]),
        row("cors", "", "cors: [{origin: ['*'], method: [GET]}]"),
        row("cors", "cors: [{origin: ['*'], method: [GET]}]", "cors: [{origin: ['*'], method: [GET, PUT]}]")
            .paths(&["cors[0].method"]),
        row("cors", "cors: [{origin: ['*'], method: [GET]}]", "cors: []").wire("/cors", "null"),
        row("logging", "", "logging: {logBucket: PROJECT-logs}").paths(&["logging.logBucket"]),
        row(
            "logging",
            "logging: {logBucket: PROJECT-logs, logObjectPrefix: a}",
            "logging: {logBucket: PROJECT-logs, logObjectPrefix: b}",
        )
        .paths(&["logging.logObjectPrefix"]),
    ]
}

fn files() -> Vec<Row> {
    const A: &str = "files: [{from: a.txt}]";
    const BOTH: &str = "files: [{from: a.txt}, {from: b.txt}]";
    const TXT: &str = "objects[\"a.txt\"]";
    vec![
        row("objects", "", A).paths(&[TXT]),
        row("objects", A, BOTH).paths(&["objects[\"b.txt\"]"]),
        row("objects", BOTH, A).paths(&["objects[\"b.txt\"]"]),
        row("objects", A, "").paths(&[TXT]),
        row("objects", A, A).file("a.txt", "other").paths(&[TXT]),
        row("objects", A, "files: [{from: a.txt, contentType: text/html}]").paths(&[TXT]),
        row("objects", "files: [{from: a.txt, cacheControl: no-store}]", A).paths(&[TXT]),
        row("objects", A, "files: [{from: a.txt, to: c.txt}]").paths(&[TXT, "objects[\"c.txt\"]"]),
        row("onDestroy", "onDestroy: refuse", "onDestroy: empty").nothing(),
    ]
}

#[test]
fn every_managed_field_is_tested() {
    table().covers_every_field();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_takes_what_the_api_says_and_arrives() {
    table().run().await;
}
