//! `FirewallRule`: a VPC firewall rule.
//!
//! Oddities of the API: no labels, no etag and no fingerprint, so the owner is a tag in the description and a guard re-reads
//! the rule before each write. PATCH cannot be trusted to clear a list or to switch between allow and deny; PUT replaces
//! the rule whole, which is safe because a rule is managed whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::{Ask, Facts, Finding, MarkPlace, Observation, Observed, Resource, Update};
use super::field::{Class, How, field, managed};
use super::governed::{self, Governed, Governs};
use super::lint::{self, Lint};
use super::reads::Reads;
use super::{Scope, Written, import, mark, wire};
use crate::gcp::call::{Guard, Send};
use crate::gcp::{Call, Read, Request, Service, Verb};
use crate::spec::formats::{AllowRule, ApiRef, Cidr, Email, Expires, NetworkTag, ResourceName};
use crate::spec::{Pointer, Problem};

/// A rule of the project's network: which traffic is let in or kept out.
///
/// A rule is managed whole: what its spec omits has the default stated here, so that nobody can widen it unnoticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirewallRule {
    /// Name of the rule, unique in the project: lower-case letters, digits and hyphens.
    pub name: ResourceName,
    /// What it is for. Provost appends its mark. Omitted: left as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The network. Default: `default`. Cannot be changed: the rule is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<ApiRef>,
    /// `INGRESS` (default) for traffic to machines, `EGRESS` for traffic from them. Cannot be changed: the rule is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Which rule counts when several match: 0 (first) to 65535 (last). Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65535))]
    pub priority: Option<u32>,
    /// What is let through: `tcp:8501`, `tcp:8000-9000`, `udp:53`, `icmp`, `all`. Either this or `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<AllowRule>>,
    /// What is kept out, in the same form. Either this or `allow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<AllowRule>>,
    /// Where traffic comes from, as CIDR ranges. Default for `INGRESS` without any source: `0.0.0.0/0`, the whole world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ranges: Option<Vec<Cidr>>,
    /// Where traffic goes, as CIDR ranges. Default for `EGRESS`: `0.0.0.0/0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_ranges: Option<Vec<Cidr>>,
    /// Machines traffic comes from, by network tag. Only for `INGRESS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_tags: Option<Vec<NetworkTag>>,
    /// Machines the rule is for, by network tag. Default: every machine of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_tags: Option<Vec<NetworkTag>>,
    /// Machines traffic comes from, by service account. Not together with tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    pub source_service_accounts: Option<Vec<Email>>,
    /// Machines the rule is for, by service account. Not together with tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    pub target_service_accounts: Option<Vec<Email>>,
    /// Whether the rule is switched off. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Logging of connections that match. Default: off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_config: Option<LogConfig>,
    /// When it ends: `session`, `never` (default) or a point in time. `provost destroy --expired` then deletes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
}

/// Which way the traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// To the machines.
    Ingress,
    /// From the machines.
    Egress,
}

/// Logging of a firewall rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogConfig {
    /// Whether connections that match the rule are logged.
    pub enable: bool,
    /// Whether metadata is logged with them; only when logging is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<LogMetadata>,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogMetadata {
    /// Everything.
    IncludeAllMetadata,
    /// Addresses and ports only.
    ExcludeAllMetadata,
}

const UPDATE: How = How::InPlace("update");

static FACTS: Facts = Facts {
    kind: "FirewallRule",
    service: Service::Compute,
    wire: "compute.Firewall",
    mark: MarkPlace::Description,
    fields: &[
        field("name", Class::Identity),
        managed("description", "description", UPDATE),
        managed("network", "network", How::Replace("a rule cannot be moved to another network")),
        managed("direction", "direction", How::Replace("the direction of a rule cannot be changed")),
        managed("priority", "priority", UPDATE),
        managed("allowed", "allow", UPDATE),
        managed("denied", "deny", UPDATE),
        managed("sourceRanges", "sourceRanges", UPDATE),
        managed("destinationRanges", "destinationRanges", UPDATE),
        managed("sourceTags", "sourceTags", UPDATE),
        managed("targetTags", "targetTags", UPDATE),
        managed("sourceServiceAccounts", "sourceServiceAccounts", UPDATE),
        managed("targetServiceAccounts", "targetServiceAccounts", UPDATE),
        managed("disabled", "disabled", UPDATE),
        managed("logConfig", "logConfig", UPDATE),
        field("params", Class::Ignored("resource manager tags are set at creation only and never returned")),
        field("id", Class::OutputOnly),
        field("creationTimestamp", Class::OutputOnly),
        field("selfLink", Class::OutputOnly),
        field("kind", Class::OutputOnly),
    ],
    keyed: &[],
    whole: &[],
    local: &["expires"],
};

const MASK: &str = "id,name,description,network,direction,priority,allowed,denied,sourceRanges,destinationRanges,sourceTags,targetTags,sourceServiceAccounts,targetServiceAccounts,disabled,logConfig";

impl Resource for FirewallRule {
    const FACTS: &'static Facts = &FACTS;

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn check(&self, _scope: &Scope) -> Vec<Finding> {
        let mut found = Vec::new();
        found.extend(self.check_rules());
        found.extend(self.check_sides());
        found
    }

    fn lint(&self, _scope: &Scope) -> Vec<Lint> {
        let open = self.lets_the_world_in().then_some(self.allow.as_deref()).flatten();
        open.map(lint::traffic::open_to_the_world).unwrap_or_default()
    }

    fn governed(&self, _scope: &Scope) -> Vec<Governs> {
        let open = self.allow.as_deref().filter(|_| self.lets_the_world_in()).unwrap_or_default();
        governed::each("allow", open, |rule| Governed::OpenPort(rule.clone()))
    }

    fn fill(&mut self, scope: &Scope) {
        let egress = self.direction == Some(Direction::Egress);
        self.network.get_or_insert_with(|| ApiRef::from_trusted("default"));
        self.direction.get_or_insert(Direction::Ingress);
        self.priority.get_or_insert(1000);
        self.allow.get_or_insert_default();
        self.deny.get_or_insert_default();
        // A side without anything on it, empty lists included, is the whole world: so the API stores it.
        let tagged = stated(self.source_tags.as_deref()) || stated(self.source_service_accounts.as_deref());
        let world = || Cidr::from_trusted("0.0.0.0/0");
        let sources = self.source_ranges.get_or_insert_default();
        if sources.is_empty() && !tagged && !egress {
            sources.push(world());
        }
        let destinations = self.destination_ranges.get_or_insert_default();
        if destinations.is_empty() && egress {
            destinations.push(world());
        }
        self.source_tags.get_or_insert_default();
        self.target_tags.get_or_insert_default();
        self.source_service_accounts.get_or_insert_default();
        self.target_service_accounts.get_or_insert_default();
        self.disabled.get_or_insert(false);
        self.log_config.get_or_insert_default();
        self.description = self.description.as_deref().map(|text| mark::tagged(text, &scope.course));
    }

    fn normalise(&mut self, _scope: &Scope) {
        self.network = self.network.as_ref().map(|n| ApiRef::from_trusted(n.last_segment()));
        for rules in [&mut self.allow, &mut self.deny].into_iter().flatten() {
            *rules = one_port_each(rules);
        }
        for ranges in [&mut self.source_ranges, &mut self.destination_ranges].into_iter().flatten() {
            *ranges = sorted(ranges.iter().map(|range| Cidr::from_trusted(range.canonical())).collect());
        }
        for tags in [&mut self.source_tags, &mut self.target_tags].into_iter().flatten() {
            *tags = sorted(std::mem::take(tags));
        }
        for accounts in
            [&mut self.source_service_accounts, &mut self.target_service_accounts].into_iter().flatten()
        {
            *accounts = sorted(std::mem::take(accounts));
        }
        if let Some(log) = &mut self.log_config {
            log.metadata = log.metadata.filter(|_| log.enable);
        }
    }

    fn complete(&mut self, live: &Observed<Self>, scope: &Scope) {
        if self.description.is_none() {
            let text = live.spec.description.as_deref().unwrap_or_default();
            self.description = Some(mark::tagged(text, &scope.course));
        }
        let logged = live.spec.log_config.as_ref().and_then(|log| log.metadata);
        if let Some(log) = self.log_config.as_mut().filter(|log| log.enable) {
            log.metadata = log.metadata.or(logged);
        }
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.expires)
    }

    fn resource(&self, scope: &Scope) -> String {
        path(&scope.project, self.name.as_str())
    }

    fn reads(_ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        vec![all(scope)]
    }

    fn collections(scope: &Scope) -> Vec<Read> {
        vec![all(scope)]
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let listed = reads.items(&all(scope)).iter().filter_map(|rule| observe(rule, scope));
        wire::by_name(asks, listed.collect())
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        let request = Request::new(
            Verb::Post,
            Service::Compute,
            format!("projects/{}/global/firewalls", scope.project),
        );
        vec![Call::Send(Send::compute(request.json(&self.encode(scope))))]
    }

    fn change(_via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        let request = Request::new(Verb::Put, Service::Compute, update.live.resource.clone());
        vec![guard(update.live), Call::Send(Send::compute(request.json(&update.desired.encode(scope))))]
    }

    fn delete(live: &Observed<Self>, _ask: &Ask<Self>, _scope: &Scope) -> Vec<Call> {
        let request = Request::new(Verb::Delete, Service::Compute, live.resource.clone());
        vec![guard(live), Call::Send(Send::compute(request).absent_is_done())]
    }

    fn release(live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        let text = live.spec.description.as_deref().map_or("", |d| mark::untagged(d).0);
        let request = Request::new(Verb::Patch, Service::Compute, live.resource.clone());
        vec![guard(live), Call::Send(Send::compute(request.json(&json!({"description": text}))))]
    }

    fn written(live: &Observed<Self>, _reads: &Reads, _scope: &Scope) -> Result<Written<Self>, String> {
        if live.spec.is_googles() {
            return Err(import::GOOGLES_OWN.to_owned());
        }
        let description = import::description(live.spec.description.as_deref());
        let spec = Self { description, ..live.spec.clone() };
        Ok(Written::of(spec).unsaid(json!({"logConfig.metadata": LogMetadata::IncludeAllMetadata})))
    }
}

impl FirewallRule {
    /// The rules that the default network comes with, which no rule of a person comes after, and those of Google's clusters.
    fn is_googles(&self) -> bool {
        let name = self.name.as_str();
        let last = self.priority == Some(65_534);
        let default = self.network.as_ref().is_some_and(|network| network.as_str() == "default");
        (default && last && name.starts_with("default-allow-"))
            || ["gke-", "k8s-"].iter().any(|begin| name.starts_with(begin))
    }

    /// Whether traffic from everywhere is meant, as written or by default.
    fn lets_the_world_in(&self) -> bool {
        let world = |range: &Cidr| matches!(range.as_str(), "0.0.0.0/0" | "::/0");
        let ranges = self.source_ranges.as_deref().unwrap_or_default();
        let tagged = stated(self.source_tags.as_deref()) || stated(self.source_service_accounts.as_deref());
        let from_anywhere = if ranges.is_empty() { !tagged } else { ranges.iter().any(world) };
        from_anywhere && self.direction != Some(Direction::Egress) && self.disabled != Some(true)
    }

    fn check_rules(&self) -> Option<Finding> {
        let (allow, deny) = (self.allow.iter().flatten().count(), self.deny.iter().flatten().count());
        let (at, message, help) = match (allow, deny) {
            (0, 0) => {
                ("", "a rule needs `allow` or `deny`", "write what it lets through: `allow: [tcp:8501]`")
            }
            (1.., 1..) => ("deny", "a rule either allows or denies", "make two rules of it"),
            _ => return None,
        };
        Some((Pointer::from(at), Problem::new("firewall-rule", message).help(help)))
    }

    fn check_sides(&self) -> Vec<Finding> {
        let egress = self.direction == Some(Direction::Egress);
        let (outgoing, split) = ("name where it goes by `destinationRanges`", "make two rules of it");
        let accounts = if self.source_service_accounts.is_some() {
            "sourceServiceAccounts"
        } else {
            "targetServiceAccounts"
        };
        let mixed = "one rule has either IPv4 or IPv6 ranges";
        let rows = [
            (
                "sourceTags",
                egress && stated(self.source_tags.as_deref()),
                "only `INGRESS` rules have source tags",
                outgoing,
            ),
            (
                "sourceServiceAccounts",
                egress && stated(self.source_service_accounts.as_deref()),
                "only `INGRESS` rules have source service accounts",
                outgoing,
            ),
            (
                accounts,
                self.mixes_tags_and_accounts(),
                "a rule names machines by tags or by service accounts, not by both",
                "choose one of the two for sources and targets alike",
            ),
            ("sourceRanges", mixes_families(self.source_ranges.as_deref()), mixed, split),
            ("destinationRanges", mixes_families(self.destination_ranges.as_deref()), mixed, split),
        ];
        let wrong = rows.into_iter().filter(|(_, wrong, ..)| *wrong);
        let finding =
            |(field, _, why, help)| (Pointer::from(field), Problem::new("firewall-rule", why).help(help));
        wrong.map(finding).collect()
    }

    /// An empty list states nothing.
    fn mixes_tags_and_accounts(&self) -> bool {
        let tags = stated(self.source_tags.as_deref()) || stated(self.target_tags.as_deref());
        let accounts = [&self.source_service_accounts, &self.target_service_accounts];
        tags && accounts.into_iter().any(|accounts| stated(accounts.as_deref()))
    }

    fn encode(&self, scope: &Scope) -> Value {
        let network = self.network.as_ref().map_or("default", |n| n.last_segment());
        let description = self.description.clone().unwrap_or_else(|| mark::tagged("", &scope.course));
        let mut body = json!({
            "name": self.name,
            "description": description,
            "network": format!("projects/{}/global/networks/{network}", scope.project),
            "direction": self.direction.unwrap_or(Direction::Ingress),
            "priority": self.priority.unwrap_or(1000),
            "disabled": self.disabled.unwrap_or_default(),
            "logConfig": self.log_config.clone().unwrap_or_default(),
        });
        let mut put = |key: &str, value: Value| {
            if let (Some(map), false) = (body.as_object_mut(), value.as_array().is_none_or(Vec::is_empty)) {
                map.insert(key.to_owned(), value);
            }
        };
        put("allowed", rules(self.allow.as_deref()));
        put("denied", rules(self.deny.as_deref()));
        put("sourceRanges", json!(self.source_ranges));
        put("destinationRanges", json!(self.destination_ranges));
        put("sourceTags", json!(self.source_tags));
        put("targetTags", json!(self.target_tags));
        put("sourceServiceAccounts", json!(self.source_service_accounts));
        put("targetServiceAccounts", json!(self.target_service_accounts));
        body
    }
}

fn path(project: &str, name: &str) -> String {
    format!("projects/{project}/global/firewalls/{name}")
}

fn all(scope: &Scope) -> Read {
    let request = Request::get(Service::Compute, format!("projects/{}/global/firewalls", scope.project));
    Read::list(request.fields(&format!("items({MASK}),nextPageToken")), "items")
}

/// The API has no precondition for rules: the whole rule must still be what the plan saw.
fn guard(live: &Observed<FirewallRule>) -> Call {
    let read = Request::get(Service::Compute, live.resource.clone()).fields(MASK);
    let members: Vec<String> = MASK.split(',').map(|m| format!("/{m}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    Call::Guard(Guard::over(read, &live.wire, &members))
}

fn observe(rule: &Value, scope: &Scope) -> Option<(String, Observed<FirewallRule>)> {
    let name = wire::text(rule, "/name")?;
    let description = wire::text_or_empty(rule, "/description");
    let mark = mark::untagged(&description).1.map(str::to_owned);
    let mut spec = decode(rule, &name, description)?;
    spec.normalise(scope);
    let resource = path(&scope.project, &name);
    Some((name, Observed::new(resource, spec, rule.clone(), mark)))
}

fn decode(rule: &Value, name: &str, description: String) -> Option<FirewallRule> {
    let member = |pointer: &str| rule.pointer(pointer).cloned().and_then(|v| serde_json::from_value(v).ok());
    let formatted = |pointer: &str| wire::texts(rule, pointer);
    Some(FirewallRule {
        expires: None,
        name: ResourceName::try_from(name).ok()?,
        description: Some(description),
        network: Some(ApiRef::from_trusted(
            wire::text(rule, "/network").as_deref().map_or("default", wire::last),
        )),
        direction: rule
            .pointer("/direction")
            .cloned()
            .and_then(|v| serde_json::from_value(v).ok())
            .or(Some(Direction::Ingress)),
        priority: Some(wire::number(rule, "/priority").and_then(|p| u32::try_from(p).ok()).unwrap_or(1000)),
        allow: Some(decode_rules(rule, "/allowed")),
        deny: Some(decode_rules(rule, "/denied")),
        source_ranges: Some(wire::formatted(formatted("/sourceRanges"))),
        destination_ranges: Some(wire::formatted(formatted("/destinationRanges"))),
        source_tags: Some(wire::formatted(formatted("/sourceTags"))),
        target_tags: Some(wire::formatted(formatted("/targetTags"))),
        source_service_accounts: Some(wire::formatted(formatted("/sourceServiceAccounts"))),
        target_service_accounts: Some(wire::formatted(formatted("/targetServiceAccounts"))),
        disabled: Some(wire::flag(rule, "/disabled")),
        log_config: Some(LogConfig {
            enable: wire::flag(rule, "/logConfig/enable"),
            metadata: member("/logConfig/metadata"),
        }),
    })
}

fn decode_rules(rule: &Value, pointer: &str) -> Vec<AllowRule> {
    let entry = |entry: &Value| {
        let protocol = wire::text_or_empty(entry, "/IPProtocol");
        let ports = wire::texts(entry, "/ports");
        if ports.is_empty() { protocol } else { format!("{protocol}:{}", ports.join(",")) }
    };
    wire::formatted(wire::list(rule, pointer).iter().map(entry).collect())
}

/// `tcp:80,443` and `tcp:80` with `tcp:443` let the same through: one port each, sorted, compares equal.
fn one_port_each(rules: &[AllowRule]) -> Vec<AllowRule> {
    let single = rules.iter().flat_map(|rule| {
        let (protocol, ports) = rule.parts();
        if ports.is_empty() {
            return vec![AllowRule::from_trusted(protocol)];
        }
        ports.iter().map(|port| AllowRule::from_trusted(format!("{protocol}:{port}"))).collect()
    });
    sorted(single.collect())
}

fn rules(rules: Option<&[AllowRule]>) -> Value {
    let mut entries: Vec<(String, Vec<String>)> = Vec::new();
    for rule in rules.into_iter().flatten() {
        let (protocol, ports) = rule.parts();
        match entries.iter_mut().find(|(known, _)| *known == protocol) {
            Some((_, known)) => known.extend(ports),
            None => entries.push((protocol, ports)),
        }
    }
    let entry = |(protocol, ports): (String, Vec<String>)| match ports.as_slice() {
        [] => json!({"IPProtocol": protocol}),
        _ => json!({"IPProtocol": protocol, "ports": ports}),
    };
    entries.into_iter().map(entry).collect()
}

fn stated<T>(list: Option<&[T]>) -> bool {
    list.is_some_and(|list| !list.is_empty())
}

fn mixes_families(ranges: Option<&[Cidr]>) -> bool {
    let six = ranges.into_iter().flatten().filter(|r| r.as_str().contains(':')).count();
    six > 0 && six < ranges.map_or(0, <[Cidr]>::len)
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list.dedup();
    list
}
