//! Addresses, ranges and traffic.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{refuse, text_format};
use crate::spec::Problem;

text_format!(
    /// A range of addresses: `10.0.0.0/8`. A single address stands for itself.
    Cidr, "cidr", cidr, "10.0.0.0/8");
text_format!(
    /// An address.
    IpAddress, "ip-address", ip_address, "10.0.0.2");
text_format!(
    /// Traffic by protocol and ports: `tcp:8501`, `tcp:80,443`, `udp:5000-5010`, `icmp`, `all`.
    AllowRule, "traffic", traffic, "tcp:8501");

impl Cidr {
    /// The range as the API writes it; a single address as a range of one.
    pub fn canonical(&self) -> String {
        let text = self.as_str();
        match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
            (Ok(net), _) => net.to_string(),
            (_, Ok(address)) => IpNet::from(address).to_string(),
            _ => text.to_owned(),
        }
    }
}

impl AllowRule {
    /// The protocol in lower case, and its ports; none means all.
    pub fn parts(&self) -> (String, Vec<String>) {
        let (protocol, ports) = self.as_str().split_once(':').unwrap_or((self.as_str(), ""));
        let ports = ports.split(',').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned);
        (protocol.trim().to_lowercase(), ports.collect())
    }
}

pub(super) fn cidr(text: &str) -> Result<(), Problem> {
    let what = "a range of addresses";
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => {
            return Err(refuse("bad-cidr", text, what, "alone it is one address that no machine has"));
        }
        Ok(_) => return Ok(()),
        Err(_) => {}
    }
    let Some((address, length)) = text.split_once('/') else {
        return Err(refuse("bad-cidr", text, what, "a range is written `ADDRESS/LENGTH`")
            .help("`0.0.0.0/0` is the whole world"));
    };
    let Ok(ip) = address.parse::<IpAddr>() else {
        return Err(refuse("bad-cidr", text, what, format!("`{address}` is no address")));
    };
    let most = if ip.is_ipv4() { 32 } else { 128 };
    match length.parse::<u8>() {
        Ok(length) if length <= most => {}
        _ => {
            return Err(refuse("bad-cidr", text, what, format!("the length must be 0 to {most}")));
        }
    }
    let net: IpNet = text.parse().map_err(|_| refuse("bad-cidr", text, what, "it cannot be read"))?;
    let network = net.trunc().to_string();
    if network == net.to_string() {
        return Ok(());
    }
    let problem = refuse("bad-cidr", text, what, "bits after the length are set, and the API refuses that");
    Err(problem
        .help(format!("write `{network}` for the range, or `{ip}` for the one address"))
        .replace(network))
}

pub(super) fn ip_address(text: &str) -> Result<(), Problem> {
    let right = text.parse::<IpAddr>().is_ok();
    if right { Ok(()) } else { Err(refuse("bad-address", text, "an address", "write it like `10.0.0.2`")) }
}

const PROTOCOLS: [&str; 8] = ["tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip", "all"];

/// Protocols that people name by number; any other bare number is a port whose protocol was forgotten.
const NUMBERED: [&str; 8] = ["4", "41", "47", "58", "89", "103", "112", "132"];

pub(super) fn traffic(text: &str) -> Result<(), Problem> {
    let what = "traffic";
    let (protocol, ports) = text.split_once(':').map_or((text, None), |(p, ports)| (p, Some(ports)));
    if let Some((port, swapped)) = text.split_once('/').filter(|(_, p)| PROTOCOLS.contains(p)) {
        let better = format!("{swapped}:{port}");
        let problem = refuse("bad-port", text, what, "the protocol comes first");
        return Err(problem.help(format!("write `{better}`")).replace(better));
    }
    if ports.is_none() && port_number(text).is_some() && !NUMBERED.contains(&text) {
        let better = format!("tcp:{text}");
        let problem = refuse("bad-port", text, what, "which protocol?");
        return Err(problem.help(format!("write `{better}`")).replace(better));
    }
    let known = PROTOCOLS.contains(&protocol.to_lowercase().as_str()) || NUMBERED.contains(&protocol);
    if !known {
        let problem = refuse("bad-protocol", text, what, format!("there is no protocol `{protocol}`"));
        let near = crate::spec::suggest::nearest(protocol, PROTOCOLS.into_iter());
        return Err(match near {
            Some(near) => {
                problem.help(format!("did you mean `{near}`?")).replace(text.replacen(protocol, near, 1))
            }
            None => problem.help(format!("the protocols are {}, or a number to 255", PROTOCOLS.join(", "))),
        });
    }
    let Some(ports) = ports else { return Ok(()) };
    if !matches!(protocol.to_lowercase().as_str(), "tcp" | "udp" | "sctp" | "132") {
        return Err(refuse("bad-port", text, what, format!("{protocol} has no ports"))
            .help(format!("write `{protocol}`"))
            .replace(protocol));
    }
    ports.split(',').try_for_each(|range| port_range(text, range.trim()))
}

fn port_number(text: &str) -> Option<u16> {
    text.parse().ok()
}

fn port_range(text: &str, range: &str) -> Result<(), Problem> {
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    match (port_number(low), port_number(high)) {
        (Some(low), Some(high)) if low <= high => Ok(()),
        (Some(_), Some(_)) => {
            let better = text.replace(range, &format!("{high}-{low}"));
            let problem = refuse("bad-port", text, "traffic", format!("the range `{range}` runs backwards"));
            Err(problem.help(format!("write `{better}`")).replace(better))
        }
        _ if range.is_empty() => Err(refuse("bad-port", text, "traffic", "a port is missing")
            .help("write one, as in `tcp:80`, or leave out the `:` for all ports")),
        _ => Err(refuse("bad-port", text, "traffic", format!("`{range}` is no port: ports are 0 to 65535"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_addresses_compare_in_one_form() {
        let canonical = |text: &str| Cidr::try_from(text).map(|c| c.canonical()).ok();
        assert_eq!(canonical("1.2.3.4").as_deref(), Some("1.2.3.4/32"));
        assert_eq!(canonical("10.0.0.0/8").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(canonical("2001:DB8::/32").as_deref(), Some("2001:db8::/32"));
        assert_eq!(canonical("10.0.0.1/8"), None);
        assert_eq!(canonical("10.0.0.0/33"), None);
    }

    #[test]
    fn traffic_is_a_protocol_with_ports_where_it_has_any() {
        for right in ["tcp:22", "TCP:80,443", "udp:5000-5010", "icmp", "all", "47", "tcp"] {
            assert!(traffic(right).is_ok(), "{right}");
        }
        for wrong in ["8501", "8080/tcp", "tpc:22", "tcp:70000", "tcp:90-80", "icmp:8", "tcp:", ""] {
            assert!(traffic(wrong).is_err(), "{wrong}");
        }
    }
}
