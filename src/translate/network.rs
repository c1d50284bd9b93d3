//! `gcloud compute firewall-rules create`. Pure.

use serde_json::json;

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{Arguments, Does, Flag, Tables, flag};
use crate::kinds::{FirewallRule, Resource};

/// Flags of firewall rules.
pub(super) const FLAGS: &[Flag] = &[
    flag("description", Does::Text("description")),
    flag("network", Does::Last("network")),
    flag("direction", Does::Special(direction)),
    flag("priority", Does::Number("priority")),
    flag("allow", Does::List("allow")),
    flag("action", Does::Nothing),
    flag("rules", Does::List("rules")),
    flag("source-ranges", Does::List("sourceRanges")),
    flag("destination-ranges", Does::List("destinationRanges")),
    flag("source-tags", Does::List("sourceTags")),
    flag("target-tags", Does::List("targetTags")),
    flag("source-service-accounts", Does::List("sourceServiceAccounts")),
    flag("target-service-accounts", Does::List("targetServiceAccounts")),
    flag("disabled", Does::Switch("disabled", true)),
    flag("no-disabled", Does::Switch("disabled", false)),
    flag("enable-logging", Does::Switch("logConfig.enable", true)),
    flag("no-enable-logging", Does::Switch("logConfig.enable", false)),
    flag("logging-metadata", Does::Special(logging_metadata)),
];

pub(super) fn create(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    let Some(name) = arguments.names.first() else { return Vec::new() };
    let mut draft = Draft::new(FirewallRule::FACTS.kind, &desk.value(name, "name"), desk.place());
    arguments.fill(&mut draft, tables, desk);
    let denies = arguments.value("action").is_some_and(|action| action.eq_ignore_ascii_case("deny"));
    if let Some(rules) = draft.take("rules") {
        draft.put(if denies { "deny" } else { "allow" }, rules);
    }
    vec![draft]
}

/// gcloud takes `IN` and `OUT` as well.
fn direction(draft: &mut Draft, raw: &str, _: &mut Desk<'_>) {
    let egress = raw.to_uppercase().starts_with(['E', 'O']);
    draft.put("direction", json!(if egress { "EGRESS" } else { "INGRESS" }));
}

fn logging_metadata(draft: &mut Draft, raw: &str, _: &mut Desk<'_>) {
    let all = raw.to_lowercase().starts_with("include");
    draft.put("logConfig.metadata", json!(if all { "INCLUDE_ALL_METADATA" } else { "EXCLUDE_ALL_METADATA" }));
}
