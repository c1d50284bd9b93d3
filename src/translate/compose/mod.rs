//! A compose file as one machine: its services are the containers, which reach each other by name, and the ports that they
//! publish are opened by a firewall rule. Pure.

mod environment;
mod ports;
mod service;
mod volumes;

use std::ops::Range;

use serde_json::{Value, json};

use super::desk::Desk;
use super::draft::Draft;
use super::variable::DOLLAR;
use crate::kinds::{ContainerVm, FirewallRule, Resource};
use crate::spec::node::{Entry, Node, NodeValue};
use crate::spec::{Problem, SourceId, Span, yaml};

/// Keys of the file that need nothing: the containers of a machine share one network.
const QUIET: [&str; 4] = ["version", "name", "services", "volumes"];

/// The specs of a compose file.
pub(super) fn drafts(source: SourceId, text: &str, desk: &mut Desk<'_>) -> Vec<Draft> {
    let (documents, found) = yaml::documents(source, text);
    desk.found.extend(found);
    let Some(root) = documents.into_iter().next() else { return Vec::new() };
    let Some(services) = root.entry("services") else {
        let problem = Problem::new("no-services", "the compose file has no `services:`");
        desk.found.push(problem.help("give the file that `docker compose up` reads").at(root.span));
        return Vec::new();
    };
    for entry in root.entries().iter().filter(|entry| !QUIET.contains(&entry.key.as_str())) {
        let sharing = "all containers of a machine share one network, and find each other by name";
        let help = if entry.key == "networks" { sharing } else { "say it in the services themselves" };
        if !entry.key.starts_with("x-") {
            left_out(entry, help, desk);
        }
    }
    machine(services, desk)
}

fn machine(services: &Entry, desk: &mut Desk<'_>) -> Vec<Draft> {
    let name = desk.options.machine.clone();
    let mut vm = Draft::new(ContainerVm::FACTS.kind, &name, services.key_span);
    vm.put("machineType", json!(desk.options.machine_type));
    vm.put("bootDisk.sizeGb", json!(desk.options.disk_gb));
    let mut open = Vec::new();
    let mut containers = Vec::new();
    for entry in services.value.entries() {
        let (container, opened) = service::container(entry, desk);
        containers.push(container);
        open.extend(opened);
    }
    if !open.is_empty() {
        vm.put("tags", json!([name]));
    }
    vm.put("containers", Value::Array(containers));
    let rule = (!open.is_empty()).then(|| rule(&name, &open, services.key_span));
    rule.into_iter().chain([vm]).collect()
}

/// Compose publishes a port on every address of its machine; in the cloud a rule has to let the traffic in.
fn rule(machine: &str, open: &[String], span: Span) -> Draft {
    let mut rule = Draft::new(FirewallRule::FACTS.kind, &format!("open-{machine}"), span);
    rule.put("description", json!(format!("Ports that the compose file of {machine} publishes")));
    rule.put("allow", json!(open));
    rule.put("sourceRanges", json!(["0.0.0.0/0"]));
    rule.put("targetTags", json!([machine]));
    rule
}

/// Warns that a key has no meaning on a machine.
fn left_out(entry: &Entry, help: &str, desk: &mut Desk<'_>) {
    let problem =
        Problem::new("not-translated", format!("`{}` is not translated", entry.key)).label("it is left out");
    desk.warn_at(entry.key_span, if help.is_empty() { problem } else { problem.help(help) });
}

/// Turns to the place of a value, so that what is said of it stands there.
fn turn_to(span: Span, desk: &mut Desk<'_>) {
    let range: Range<usize> = span.start..span.end;
    desk.turn_to(range);
}

/// The text of a scalar as a spec says it: numbers and switches as they were written.
fn text(node: &Node, field: &str, desk: &mut Desk<'_>) -> String {
    let raw = raw(node);
    turn_to(node.span, desk);
    desk.value(&raw, field)
}

/// The text of a scalar. `$$` is compose's way to write a dollar.
fn raw(node: &Node) -> String {
    let text = match &node.value {
        NodeValue::Text(text) => text.clone(),
        NodeValue::Number(number) => number.to_string(),
        NodeValue::Bool(on) => on.to_string(),
        _ => String::new(),
    };
    text.replace("$$", &DOLLAR.to_string())
}

/// The entries of a list; a scalar is a list of one.
fn list(node: &Node) -> &[Node] {
    match &node.value {
        NodeValue::List(list) => list,
        NodeValue::Null => &[],
        _ => std::slice::from_ref(node),
    }
}
