//! Firewall rules. No labels, no fingerprint: the last write wins.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::listing::{self, Collection};
use super::place::{self, Place, Scope};
use super::rules::{self, invalid};
use super::value::{copy, default, list, merge, number, set, text, unset};
use super::{mutation, quota};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

const FIREWALLS: Collection = Collection { name: "firewalls", singular: "firewall" };
/// What a client may set, in the order of an answer.
const FIELDS: [&str; 14] = [
    "description",
    "network",
    "priority",
    "sourceRanges",
    "destinationRanges",
    "sourceTags",
    "targetTags",
    "sourceServiceAccounts",
    "targetServiceAccounts",
    "allowed",
    "denied",
    "direction",
    "logConfig",
    "disabled",
];
const PORT_PROTOCOLS: [&str; 6] = ["tcp", "udp", "sctp", "6", "17", "132"];
const PROTOCOLS: [&str; 8] = ["tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip", "all"];

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "list" => listing::answer(call, &place, FIREWALLS, listing::stored(world, &place, FIREWALLS)),
        "insert" => insert(world, call, &place),
        "get" => place::find(world.state, &named(call, &place)?),
        "patch" | "update" => change(world, call, &place, action == "patch"),
        "delete" => {
            let path = named(call, &place)?;
            let rule = place::find(world.state, &path)?;
            world.state.resources.remove(&place::key(&path));
            Ok(mutation::begin(world, call, &place, &rule))
        }
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn named(call: &Call<'_>, place: &Place) -> Result<String, ApiError> {
    Ok(place.of_resource(FIREWALLS.name, call.param("firewall")?))
}

fn insert(world: &mut World<'_>, call: &Call<'_>, place: &Place) -> Result<Value, ApiError> {
    let name = rules::name(&call.body)?;
    let path = place.of_resource(FIREWALLS.name, name);
    place::check_free(world.state, &path)?;
    let head = head(&world.next_id().to_string(), name, world.now);
    let rule = completed(world.state, place, head, &call.body)?;
    quota::check(world, &place.project, &rule)?;
    world.state.resources.insert(place::key(&path), rule.clone());
    Ok(mutation::begin(world, call, place, &rule))
}

fn head(id: &str, name: &str, now: Timestamp) -> Value {
    json!({ "kind": "compute#firewall", "id": id, "creationTimestamp": mutation::stamp(now), "name": name })
}

/// PATCH merges into the rule; PUT replaces it, and what it omits goes back to the default.
fn change(world: &mut World<'_>, call: &Call<'_>, place: &Place, merges: bool) -> Result<Value, ApiError> {
    let path = named(call, place)?;
    let before = place::find(world.state, &path)?;
    let given = text(&call.body, "name");
    if !given.is_empty() && given != text(&before, "name") {
        return Err(invalid("resource.name", given, "The name of a firewall cannot be changed."));
    }
    let mut wanted = if merges { before.clone() } else { json!({}) };
    merge(&mut wanted, &call.body);
    let mut head = json!({});
    copy(&mut head, &before, &["kind", "id", "creationTimestamp", "name"]);
    let rule = completed(world.state, place, head, &wanted)?;
    for (field, what) in [("network", "network"), ("direction", "direction")] {
        if text(&rule, field) != text(&before, field) {
            let why = format!("The {what} of a firewall cannot be changed.");
            return Err(invalid(&format!("resource.{field}"), text(&rule, field), &why));
        }
    }
    world.state.resources.insert(place::key(&path), rule.clone());
    Ok(mutation::begin(world, call, place, &rule))
}

/// A rule with the server's defaults, checked.
fn completed(state: &State, place: &Place, mut rule: Value, given: &Value) -> Result<Value, ApiError> {
    copy(&mut rule, given, &FIELDS);
    default(&mut rule, "description", "");
    default(&mut rule, "priority", 1_000);
    default(&mut rule, "direction", "INGRESS");
    default(&mut rule, "disabled", false);
    default(&mut rule, "logConfig", json!({ "enable": false }));
    let network = network(state, place, text(&rule, "network"))?;
    set(&mut rule, "network", place::link(&network));
    for field in FIELDS {
        if rule.get(field).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            unset(&mut rule, field);
        }
    }
    default_ranges(&mut rule);
    check(&rule)?;
    let path = place.of_resource(FIREWALLS.name, text(&rule, "name"));
    set(&mut rule, "selfLink", place::link(&path));
    Ok(rule)
}

fn network(state: &State, place: &Place, given: &str) -> Result<String, ApiError> {
    let given = if given.is_empty() { "global/networks/default" } else { given };
    let path = place.resolve(state, given, "networks");
    match place::stored(state, &path) {
        Some(_) => Ok(path),
        None => Err(invalid("resource.network", given, "The referenced network resource cannot be found.")),
    }
}

/// Without a source an ingress rule is for everybody; without a destination an egress rule is for everywhere.
fn default_ranges(rule: &mut Value) {
    let has = |rule: &Value, field: &str| !list(rule, field).is_empty();
    let ingress = text(rule, "direction") != "EGRESS";
    if ingress
        && !has(rule, "sourceRanges")
        && !has(rule, "sourceTags")
        && !has(rule, "sourceServiceAccounts")
    {
        set(rule, "sourceRanges", json!(["0.0.0.0/0"]));
    }
    if !ingress && !has(rule, "destinationRanges") {
        set(rule, "destinationRanges", json!(["0.0.0.0/0"]));
    }
}

fn check(rule: &Value) -> Result<(), ApiError> {
    let priority = number(rule, "priority").unwrap_or(-1);
    if !(0..=65_535).contains(&priority) {
        return Err(invalid("resource.priority", &priority.to_string(), "Must be between 0 and 65535."));
    }
    if text(rule, "description").len() > 2_048 {
        return Err(invalid("resource.description", "", "Must be at most 2048 characters long."));
    }
    match (list(rule, "allowed"), list(rule, "denied")) {
        ([], []) => {
            return Err(ApiError::required(
                "Firewall must specify at least one of allowed or denied protocols.",
            ));
        }
        (allowed, []) => protocols(allowed, "allowed")?,
        ([], denied) => protocols(denied, "denied")?,
        _ => {
            return Err(invalid(
                "resource.denied",
                "",
                "Firewall cannot have both allowed and denied specified.",
            ));
        }
    }
    check_sides(rule)?;
    ranges(rule, "sourceRanges")?;
    ranges(rule, "destinationRanges")?;
    rules::tags(list(rule, "sourceTags"), "resource.sourceTags")?;
    rules::tags(list(rule, "targetTags"), "resource.targetTags")
}

fn check_sides(rule: &Value) -> Result<(), ApiError> {
    let has = |field: &str| !list(rule, field).is_empty();
    if text(rule, "direction") == "EGRESS" && (has("sourceTags") || has("sourceServiceAccounts")) {
        return Err(invalid(
            "resource.sourceTags",
            "",
            "Source tags and accounts may not be specified for EGRESS.",
        ));
    }
    let accounts = has("sourceServiceAccounts") || has("targetServiceAccounts");
    if accounts && (has("sourceTags") || has("targetTags")) {
        return Err(invalid(
            "resource.targetTags",
            "",
            "Tags and service accounts cannot be combined in one firewall.",
        ));
    }
    let logs = rule.get("logConfig").unwrap_or(&Value::Null);
    if !text(logs, "metadata").is_empty() && !super::value::flag(logs, "enable") {
        return Err(invalid(
            "resource.logConfig.metadata",
            text(logs, "metadata"),
            "Logging is not enabled.",
        ));
    }
    Ok(())
}

fn protocols(entries: &[Value], field: &str) -> Result<(), ApiError> {
    for (at, entry) in entries.iter().enumerate() {
        let protocol = text(entry, "IPProtocol").to_lowercase();
        let known = PROTOCOLS.contains(&protocol.as_str()) || protocol.parse::<u8>().is_ok();
        if !known {
            let field = format!("resource.{field}[{at}].IPProtocol");
            return Err(invalid(
                &field,
                &protocol,
                "Must be a known protocol name or an IP protocol number.",
            ));
        }
        let field = format!("resource.{field}[{at}].ports");
        let ports = list(entry, "ports");
        if !ports.is_empty() && !PORT_PROTOCOLS.contains(&protocol.as_str()) {
            return Err(invalid(&field, "", &format!("Ports may not be specified for protocol {protocol}.")));
        }
        for (at, port) in ports.iter().filter_map(Value::as_str).enumerate() {
            if !is_port_range(port) {
                let why = "Must be an integer or a range between 0 and 65535.";
                return Err(invalid(&format!("{field}[{at}]"), port, why));
            }
        }
    }
    Ok(())
}

fn is_port_range(text: &str) -> bool {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    matches!((first.parse::<u16>(), last.parse::<u16>()), (Ok(first), Ok(last)) if first <= last)
}

/// CIDR ranges or single addresses, of one IP version.
fn ranges(rule: &Value, field: &str) -> Result<(), ApiError> {
    let given: Vec<&str> = list(rule, field).iter().filter_map(Value::as_str).collect();
    for (at, range) in given.iter().enumerate() {
        let fits = range.parse::<ipnet::IpNet>().is_ok() || range.parse::<std::net::IpAddr>().is_ok();
        if !fits {
            return Err(invalid(
                &format!("resource.{field}[{at}]"),
                range,
                "Must be a valid CIDR address range.",
            ));
        }
    }
    if given.iter().any(|range| range.contains(':')) && given.iter().any(|range| !range.contains(':')) {
        return Err(invalid(&format!("resource.{field}"), "", "IPv4 and IPv6 ranges cannot be mixed."));
    }
    Ok(())
}

/// Puts the four rules of an auto-mode default network.
pub(super) fn seed(state: &mut State, project: &str, now: Timestamp) {
    let place = Place { project: project.to_owned(), scope: Scope::Global };
    let everybody = json!(["0.0.0.0/0"]);
    let internal = json!([
        { "IPProtocol": "tcp", "ports": ["0-65535"] }, { "IPProtocol": "udp", "ports": ["0-65535"] }, { "IPProtocol": "icmp" },
    ]);
    let tcp = |port: &str| json!([{ "IPProtocol": "tcp", "ports": [port] }]);
    for (name, ranges, allowed, what) in [
        ("internal", json!(["10.128.0.0/9"]), internal, "internal traffic on the default network"),
        ("ssh", everybody.clone(), tcp("22"), "SSH from anywhere"),
        ("rdp", everybody.clone(), tcp("3389"), "RDP from anywhere"),
        ("icmp", everybody, json!([{ "IPProtocol": "icmp" }]), "ICMP from anywhere"),
    ] {
        let name = format!("default-allow-{name}");
        let path = place.of_resource(FIREWALLS.name, &name);
        let given = json!({
            "description": format!("Allow {what}"), "priority": 65_534, "sourceRanges": ranges, "allowed": allowed,
        });
        let head = head(&new_project::seeded_id(&path), &name, now);
        if let Ok(rule) = completed(state, &place, head, &given) {
            state.resources.insert(place::key(&path), rule);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(given: &Value) -> Result<Value, ApiError> {
        let mut state = State::default();
        super::super::seed(&mut state, "my-course", Timestamp::UNIX_EPOCH);
        let place = Place { project: "my-course".to_owned(), scope: Scope::Global };
        completed(&state, &place, head("1", "x", Timestamp::UNIX_EPOCH), given)
    }

    #[test]
    fn exactly_one_of_allowed_and_denied_is_given() {
        let entry = json!([{ "IPProtocol": "tcp", "ports": ["22"] }]);
        assert!(rule(&json!({ "allowed": entry })).is_ok());
        assert!(rule(&json!({ "denied": entry, "allowed": [] })).is_ok());
        assert!(rule(&json!({ "allowed": entry, "denied": entry })).is_err());
        assert!(rule(&json!({})).is_err());
    }

    #[test]
    fn ingress_without_a_source_is_for_everybody() {
        let entry = json!([{ "IPProtocol": "icmp" }]);
        assert_eq!(rule(&json!({ "allowed": entry })).unwrap()["sourceRanges"], json!(["0.0.0.0/0"]));
        let tagged = rule(&json!({ "allowed": entry, "sourceTags": ["a"] })).unwrap();
        assert_eq!(tagged.get("sourceRanges"), None);
    }

    #[test]
    fn what_no_firewall_can_do_is_400() {
        let tcp = json!([{ "IPProtocol": "tcp" }]);
        for given in [
            json!({ "allowed": [{ "IPProtocol": "icmp", "ports": ["1"] }] }),
            json!({ "allowed": [{ "IPProtocol": "tcp", "ports": ["70000"] }] }),
            json!({ "allowed": [{ "IPProtocol": "tcp", "ports": ["9-1"] }] }),
            json!({ "allowed": [{ "IPProtocol": "smtp" }] }),
            json!({ "allowed": tcp, "priority": 65_536 }),
            json!({ "allowed": tcp, "sourceRanges": ["10.0.0.0/99"] }),
            json!({ "allowed": tcp, "sourceRanges": ["10.0.0.0/8", "::/0"] }),
            json!({ "allowed": tcp, "network": "global/networks/none" }),
            json!({ "allowed": tcp, "targetTags": ["a"], "sourceServiceAccounts": ["a@b"] }),
            json!({ "allowed": tcp, "direction": "EGRESS", "sourceTags": ["a"] }),
        ] {
            assert_eq!(rule(&given).map_err(|error| error.code).err(), Some(400), "{given}");
        }
    }
}
