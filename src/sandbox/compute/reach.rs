//! What a machine answers to somebody out in the world who knocks at its external address. There is no network here and nothing
//! runs on a machine, so this is read off what is stored: whether it is up, whether a firewall rule lets the world in, and which
//! ports its scripts and containers would open.

use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use regex_lite::Regex;
use serde_json::Value;

use super::instances;
use super::value::{flag, list, number, text};
use crate::sandbox::store::State;

/// Where whoever knocks is, in a range that no machine of the world has (RFC 5737).
const SOMEBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));
/// What every image listens at.
const SSH: u16 = 22;

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Knock {
    /// Somebody listens.
    Open,
    /// The machine is there, and nobody listens.
    Refused,
    /// Nothing comes back.
    Silent,
}

impl Knock {
    /// As it is answered.
    pub(in crate::sandbox) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Silent => "silent",
        }
    }
}

/// Knocks at a port of an address. A machine listens once it has booted.
pub(in crate::sandbox) fn knock(
    state: &State,
    address: &str,
    port: u16,
    now: Timestamp,
    boot: SignedDuration,
) -> Knock {
    let machines = state.below("compute/projects/").filter(|(path, _)| path.contains("/instances/"));
    let at = |vm: &Value| connections(vm).any(|connection| text(connection, "natIP") == address);
    let Some((path, vm)) = machines.into_iter().find(|(_, vm)| at(vm)) else { return Knock::Silent };
    if !instances::is_up(vm, now) || !lets_in(state, path, vm, port) {
        return Knock::Silent;
    }
    let open = instances::has_booted(vm, now, boot) && (port == SSH || listens(vm, port));
    if open { Knock::Open } else { Knock::Refused }
}

fn connections(vm: &Value) -> impl Iterator<Item = &Value> {
    list(vm, "networkInterfaces").iter().flat_map(|card| list(card, "accessConfigs"))
}

/// Whether the first of the rules that match lets somebody in. Without one, nobody is.
fn lets_in(state: &State, path: &str, vm: &Value, port: u16) -> bool {
    let project = path.split('/').nth(2).unwrap_or_default();
    let rules = state.below(&format!("compute/projects/{project}/global/firewalls/")).map(|(_, rule)| rule);
    let mut matching: Vec<&Value> = rules.filter(|rule| concerns(rule, vm, port)).collect();
    // Of two rules of one priority, the one that denies counts.
    matching.sort_by_key(|rule| (number(rule, "priority").unwrap_or(1_000), list(rule, "denied").is_empty()));
    matching.first().is_some_and(|rule| list(rule, "denied").is_empty())
}

fn concerns(rule: &Value, vm: &Value, port: u16) -> bool {
    let ingress = text(rule, "direction") != "EGRESS" && !flag(rule, "disabled");
    let network = text(rule, "network");
    let there = list(vm, "networkInterfaces").iter().any(|card| text(card, "network") == network);
    ingress && there && from_somebody(rule) && is_target(rule, vm) && carries(rule, port)
}

fn from_somebody(rule: &Value) -> bool {
    let ranges = list(rule, "sourceRanges").iter().filter_map(Value::as_str);
    ranges.filter_map(|range| range.parse::<IpNet>().ok()).any(|range| range.contains(&SOMEBODY))
}

fn is_target(rule: &Value, vm: &Value) -> bool {
    let (tags, accounts) = (list(rule, "targetTags"), list(rule, "targetServiceAccounts"));
    let tagged =
        || tags.iter().any(|tag| list(vm.get("tags").unwrap_or(&Value::Null), "items").contains(tag));
    let acts = || {
        list(vm, "serviceAccounts")
            .iter()
            .any(|acts| acts.get("email").is_some_and(|email| accounts.contains(email)))
    };
    (tags.is_empty() && accounts.is_empty()) || tagged() || acts()
}

fn carries(rule: &Value, port: u16) -> bool {
    let traffic = list(rule, "allowed").iter().chain(list(rule, "denied"));
    traffic.into_iter().any(|one| {
        let ports = list(one, "ports");
        let tcp = matches!(text(one, "IPProtocol"), "tcp" | "6" | "all");
        tcp && (ports.is_empty() || ports.iter().filter_map(Value::as_str).any(|range| spans(range, port)))
    })
}

fn spans(range: &str, port: u16) -> bool {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last) = (first.trim().parse::<u16>(), last.trim().parse::<u16>());
    first.is_ok_and(|first| first <= port) && last.is_ok_and(|last| port <= last)
}

/// Ways in which scripts and units say which port of the machine they open; the address before it, and the port.
const WAYS: [&str; 3] = [
    r"(?:-p|--publish)[ =](?:([0-9.]+):)?([0-9]+):[0-9]+",
    r"--(?:server\.)?port[ =]()([0-9]+)",
    r"-m http\.server ()([0-9]+)",
];

static OPENING: LazyLock<Vec<Regex>> =
    LazyLock::new(|| WAYS.iter().filter_map(|way| Regex::new(way).ok()).collect());

/// Whether a script or a container of the machine would listen at the port.
fn listens(vm: &Value, port: u16) -> bool {
    let items = list(vm.get("metadata").unwrap_or(&Value::Null), "items");
    let scripts = items.iter().filter(|item| ["user-data", "startup-script"].contains(&text(item, "key")));
    scripts.into_iter().any(|item| OPENING.iter().any(|way| opens(way, text(item, "value"), port)))
}

fn opens(way: &Regex, script: &str, port: u16) -> bool {
    let group = |found: &regex_lite::Captures<'_>, at| found.get(at).map_or("", |m| m.as_str()).to_owned();
    way.captures_iter(script).any(|found| {
        !group(&found, 1).starts_with("127.") && group(&found, 2).parse::<u16>().is_ok_and(|one| one == port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_containers_say_which_ports_they_open() {
        let cases = [
            ("ExecStart=/usr/bin/docker run --name=a -p 8501:8501 image", 8501, true),
            ("docker run -d --publish=80:8080 image", 80, true),
            ("docker run -d --publish=80:8080 image", 8080, false),
            ("docker run -p 127.0.0.1:8080:80 image", 8080, false),
            ("docker run -p 0.0.0.0:8080:80 image", 8080, true),
            ("jupyter lab --port=8888 &", 8888, true),
            ("streamlit run app.py --server.port 8501", 8501, true),
            ("python3 -m http.server 8081", 8081, true),
            ("apt-get install -y nginx", 80, false),
        ];
        for (script, port, open) in cases {
            assert_eq!(OPENING.iter().any(|way| opens(way, script, port)), open, "{script}");
        }
    }

    #[test]
    fn ports_are_single_or_a_range() {
        assert!(spans("8000-9000", 8501) && spans("80", 80));
        assert!(!spans("8000-9000", 80) && !spans("80", 8080) && !spans("x", 80));
    }
}
