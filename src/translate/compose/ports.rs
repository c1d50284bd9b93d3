//! Published ports: every way that compose writes them. Pure.

use serde_json::{Value, json};

use super::service::Container;
use super::{list, raw, turn_to};
use crate::spec::Problem;
use crate::spec::node::{Entry, Node, NodeValue};
use crate::translate::desk::Desk;

/// A published port: the address, the port of the machine, that of the container, the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Port {
    address: String,
    host: String,
    inside: String,
    protocol: String,
}

pub(super) fn ports(entry: &Entry, container: &mut Container, desk: &mut Desk<'_>) {
    let mut all = Vec::new();
    for node in list(&entry.value) {
        for port in read(node) {
            turn_to(node.span, desk);
            all.push(json!(mapping(&port, desk)));
            container.open.extend(opened(&port, node, desk));
        }
    }
    container.fields.insert("ports".to_owned(), Value::Array(all));
}

fn read(node: &Node) -> Vec<Port> {
    if let NodeValue::Map(_) = node.value {
        let part = |key: &str| node.entry(key).map(|entry| raw(&entry.value)).unwrap_or_default();
        let (inside, host) = (part("target"), part("published"));
        let host = if host.is_empty() { inside.clone() } else { host };
        return ranges(Port { address: part("host_ip"), host, inside, protocol: part("protocol") });
    }
    let text = raw(node);
    // A variable has colons of its own: `${PORT:-8000}:8000`.
    let (text, protocol) =
        text.rsplit_once('/').map_or((text.as_str(), ""), |(text, protocol)| (text, protocol));
    let parts = split(text);
    let port = |address: &str, host: &str, inside: &str| Port {
        address: address.to_owned(),
        host: host.to_owned(),
        inside: inside.to_owned(),
        protocol: protocol.to_owned(),
    };
    ranges(match parts.as_slice() {
        [one] => port("", one, one),
        [host, inside] => port("", host, inside),
        [.., address, host, inside] => port(address, if host.is_empty() { inside } else { host }, inside),
        [] => return Vec::new(),
    })
}

/// Parts between colons outside of braces.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let colon = move |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ':' && depth == 0
    };
    text.split(colon).collect()
}

/// `3000-3002:4000-4002` is three ports.
fn ranges(port: Port) -> Vec<Port> {
    let range = |text: &str| {
        let (from, to) = text.split_once('-')?;
        Some(from.parse::<u16>().ok()?..=to.parse::<u16>().ok()?)
    };
    let (Some(host), Some(inside)) = (range(&port.host), range(&port.inside)) else { return vec![port] };
    let pairs = host.zip(inside);
    pairs
        .map(|(host, inside)| Port { host: host.to_string(), inside: inside.to_string(), ..port.clone() })
        .collect()
}

fn mapping(port: &Port, desk: &mut Desk<'_>) -> String {
    let address = if port.address.is_empty() { String::new() } else { format!("{}:", port.address) };
    let protocol = if matches!(port.protocol.as_str(), "" | "tcp") {
        String::new()
    } else {
        format!("/{}", port.protocol)
    };
    let (host, inside) = (desk.value(&port.host, "port"), desk.value(&port.inside, "port"));
    format!("{address}{host}:{inside}{protocol}")
}

/// What the machine lets in: nothing for a port that only its own programs reach.
fn opened(port: &Port, node: &Node, desk: &mut Desk<'_>) -> Option<String> {
    if port.address.starts_with("127.") || port.address == "localhost" {
        let problem =
            Problem::new("stays-inside", format!("port {} is published to the machine alone", port.host));
        desk.warn_at(
            node.span,
            problem
                .label("no rule opens it")
                .help(format!("reach it by a tunnel: `tunnels: [{}]`", port.host)),
        );
        return None;
    }
    let protocol = if port.protocol.is_empty() { "tcp" } else { &port.protocol };
    Some(format!("{protocol}:{}", desk.value(&port.host, "port")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{SourceId, Sources, yaml};

    fn shown(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let id: SourceId = sources.add("a", text);
        let (nodes, _) = yaml::documents(id, text);
        let ports = read(&nodes[0].entries()[0].value);
        ports.iter().map(|p| format!("{} {} {} {}", p.address, p.host, p.inside, p.protocol)).collect()
    }

    #[test]
    fn ports_are_read_in_every_form() {
        let rows: &[(&str, &[&str])] = &[
            ("a: 8000", &[" 8000 8000 "]),
            ("a: '80:8080'", &[" 80 8080 "]),
            ("a: '53:53/udp'", &[" 53 53 udp"]),
            ("a: '127.0.0.1:80:8080'", &["127.0.0.1 80 8080 "]),
            ("a: '${P:-80}:8080'", &[" ${P:-80} 8080 "]),
            ("a: '30-31:40-41'", &[" 30 40 ", " 31 41 "]),
            ("a: {target: 80, published: '8080', protocol: tcp}", &[" 8080 80 tcp"]),
        ];
        for (text, wanted) in rows {
            assert_eq!(shown(text), *wanted, "{text}");
        }
    }
}
