//! `FirewallRule`: a rule is managed whole, so that leaving a field out gives it its default back.

use super::table::{Table, row};

pub(super) fn table() -> Table {
    let source = "sourceServiceAccounts: [a@x.iam.gserviceaccount.com]";
    let target = "targetServiceAccounts: [a@x.iam.gserviceaccount.com]";
    let egress = "{direction: EGRESS, destinationRanges: [10.0.0.0/8]}";
    Table {
        kind: "FirewallRule",
        base: "{kind: FirewallRule, name: web, allow: [tcp:80]}",
        others: "",
        wire: "/compute/v1/projects/PROJECT/global/firewalls/web",
        rows: vec![
            row("description", "description: one", "description: two")
                .wire("/description", r#""two [provost be-2526]""#),
            row("description", "description: one", "description: ''")
                .wire("/description", r#""[provost be-2526]""#),
            row("description", "description: one", "").nothing(),
            row("direction", "", "direction: EGRESS")
                .replaces("the direction of a rule cannot be changed")
                .paths(&["direction", "sourceRanges", "destinationRanges"]),
            row("priority", "", "priority: 0").wire("/priority", "0"),
            row("priority", "priority: 900", "").wire("/priority", "1000"),
            row("allow", "", "allow: [tcp:80, udp:53]"),
            row("allow", "", "allow: [icmp]").wire("/allowed", r#"[{"IPProtocol": "icmp"}]"#),
            row("deny", "", "{allow: null, deny: [tcp:80]}")
                .paths(&["allow", "deny"])
                .wire("/allowed", "null")
                .wire("/denied", r#"[{"IPProtocol": "tcp", "ports": ["80"]}]"#),
            row("deny", "{allow: null, deny: [all]}", "").paths(&["allow", "deny"]).wire("/denied", "null"),
            row("sourceRanges", "", "sourceRanges: [10.0.0.0/8]").wire("/sourceRanges", r#"["10.0.0.0/8"]"#),
            row("sourceRanges", "sourceRanges: [10.0.0.0/8]", "").wire("/sourceRanges", r#"["0.0.0.0/0"]"#),
            row("destinationRanges", egress, "direction: EGRESS")
                .wire("/destinationRanges", r#"["0.0.0.0/0"]"#),
            row("sourceTags", "sourceTags: [a]", "sourceTags: [a, b]").wire("/sourceTags", r#"["a", "b"]"#),
            row("sourceTags", "sourceTags: [a]", "")
                .paths(&["sourceTags", "sourceRanges"])
                .wire("/sourceTags", "null"),
            row("sourceRanges", "sourceRanges: []", "").nothing().wire("/sourceRanges", r#"["0.0.0.0/0"]"#),
            row("sourceTags", "sourceTags: []", "").nothing(),
            row("destinationRanges", "{direction: EGRESS, destinationRanges: []}", "direction: EGRESS")
                .nothing(),
            row(
                "targetServiceAccounts",
                "{sourceTags: [], targetServiceAccounts: [a@x.iam.gserviceaccount.com]}",
                "",
            )
            .wire("/targetServiceAccounts", "null"),
            row("targetTags", "", "targetTags: [web]").wire("/targetTags", r#"["web"]"#),
            row("targetTags", "targetTags: [web]", "").wire("/targetTags", "null"),
            row("sourceServiceAccounts", "", source).paths(&["sourceServiceAccounts", "sourceRanges"]),
            row("targetServiceAccounts", target, "").wire("/targetServiceAccounts", "null"),
            row("disabled", "", "disabled: true").wire("/disabled", "true"),
            row("disabled", "disabled: true", "").wire("/disabled", "false"),
            row("logConfig", "", "logConfig: {enable: true}").paths(&["logConfig.enable"]),
            row(
                "logConfig",
                "logConfig: {enable: true, metadata: EXCLUDE_ALL_METADATA}",
                "logConfig: {enable: true, metadata: INCLUDE_ALL_METADATA}",
            )
            .paths(&["logConfig.metadata"]),
            row("logConfig", "logConfig: {enable: true}", "").paths(&["logConfig.enable"]),
            row("network", "", "network: lab").lab().replaces("a rule cannot be moved to another network"),
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
