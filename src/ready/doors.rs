//! Why nothing of the world gets in at a port of a machine: what its firewall rules say. Only asked once nothing answered.
//! Pure.

use ipnet::IpNet;

use crate::kinds::FirewallRule;
use crate::kinds::firewall_rule::Direction;

/// What firewall rules know a machine by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    /// The network, by name.
    pub network: String,
    /// Its network tags.
    pub tags: Vec<String>,
    /// The service account that it acts as.
    pub account: Option<String>,
}

/// Why a port is closed to the world; None if a rule opens it.
pub fn closed(rules: &[FirewallRule], door: &Door, port: u16) -> Option<String> {
    let mut matching: Vec<&FirewallRule> = rules.iter().filter(|rule| concerns(rule, door, port)).collect();
    // Of two rules of one priority, the one that denies counts.
    matching.sort_by_key(|rule| (rule.priority.unwrap_or(1000), !denies(rule)));
    let mut some = Vec::new();
    for rule in matching {
        match (denies(rule), from_everywhere(rule)) {
            (true, true) => return Some(format!("the firewall rule {} keeps tcp:{port} out", rule.name)),
            (false, true) => return None,
            (false, false) if from_outside(rule) => some.push(rule.name.to_string()),
            _ => {}
        }
    }
    Some(match some.as_slice() {
        [] => format!("no firewall rule lets tcp:{port} in"),
        some => format!("tcp:{port} is let in from some addresses only ({})", some.join(", ")),
    })
}

fn concerns(rule: &FirewallRule, door: &Door, port: u16) -> bool {
    let ingress = rule.direction != Some(Direction::Egress) && rule.disabled != Some(true);
    let network = rule.network.as_ref().map_or("default", |network| network.last_segment());
    ingress && network == door.network && is_target(rule, door) && carries(rule, port)
}

fn is_target(rule: &FirewallRule, door: &Door) -> bool {
    let tags = rule.target_tags.as_deref().unwrap_or_default();
    let accounts = rule.target_service_accounts.as_deref().unwrap_or_default();
    let tagged = || tags.iter().any(|tag| door.tags.iter().any(|has| has == tag.as_str()));
    let acts = || accounts.iter().any(|account| door.account.as_deref() == Some(account.as_str()));
    (tags.is_empty() && accounts.is_empty()) || tagged() || acts()
}

fn denies(rule: &FirewallRule) -> bool {
    rule.deny.as_ref().is_some_and(|deny| !deny.is_empty())
}

fn from_everywhere(rule: &FirewallRule) -> bool {
    rule.source_ranges.iter().flatten().any(|range| range.as_str() == "0.0.0.0/0")
}

/// Whether any of it comes from outside of the network.
fn from_outside(rule: &FirewallRule) -> bool {
    let ranges = rule.source_ranges.iter().flatten().filter_map(|range| range.as_str().parse::<IpNet>().ok());
    ranges.into_iter().any(|range| match range {
        IpNet::V4(range) => !range.network().is_private(),
        IpNet::V6(range) => !range.network().is_unique_local(),
    })
}

fn carries(rule: &FirewallRule, port: u16) -> bool {
    let traffic = rule.allow.iter().flatten().chain(rule.deny.iter().flatten());
    traffic.into_iter().any(|traffic| {
        let (protocol, ports) = traffic.parts();
        let tcp = matches!(protocol.as_str(), "tcp" | "6" | "all");
        tcp && (ports.is_empty() || ports.iter().any(|range| spans(range, port)))
    })
}

fn spans(range: &str, port: u16) -> bool {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let within = |first: u16, last: u16| (first..=last).contains(&port);
    first.parse().ok().zip(last.parse().ok()).is_some_and(|(first, last)| within(first, last))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(fields: &serde_json::Value) -> FirewallRule {
        let mut rule = json!({"name": "r", "sourceRanges": ["0.0.0.0/0"]});
        rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(rule).unwrap()
    }

    #[test]
    fn the_first_rule_that_matches_says_whether_the_world_gets_in() {
        let open = json!({"allow": ["tcp:8000-9000"]});
        let none = "no firewall rule lets tcp:8501 in";
        let cases = [
            (vec![], none),
            (vec![open.clone()], ""),
            (vec![json!({"allow": ["tcp"]})], ""),
            (vec![json!({"allow": ["all"]})], ""),
            (vec![json!({"allow": ["tcp:80"]})], none),
            (vec![json!({"allow": ["udp:8501"]})], none),
            (vec![json!({"allow": ["tcp:8501"], "direction": "EGRESS"})], none),
            (vec![json!({"allow": ["tcp:8501"], "disabled": true})], none),
            (vec![json!({"allow": ["tcp:8501"], "network": "lab"})], none),
            (vec![json!({"allow": ["tcp:8501"], "targetTags": ["web"]})], ""),
            (vec![json!({"allow": ["tcp:8501"], "targetTags": ["other"]})], none),
            (
                vec![json!({"allow": ["tcp:8501"], "sourceRanges": ["198.51.100.0/24"]})],
                "tcp:8501 is let in from some addresses only (r)",
            ),
            (vec![json!({"allow": ["tcp:8501"], "sourceRanges": ["10.0.0.0/8"]})], none),
            (vec![open, json!({"deny": ["all"], "priority": 900})], "the firewall rule r keeps tcp:8501 out"),
        ];
        let door = Door { network: "default".to_owned(), tags: vec!["web".to_owned()], account: None };
        for (rules, why) in cases {
            let rules: Vec<FirewallRule> = rules.iter().map(rule).collect();
            assert_eq!(closed(&rules, &door, 8501).unwrap_or_default(), why, "{rules:?}");
        }
    }
}
