//! What a machine yields to other specs.
//! Data, and what follows from the spec alone.

use super::{ExternalIp, Machine};
use crate::kinds::Scope;
use crate::kinds::yields::{Known, Yield, yields};
use crate::spec::Reference;

/// The name of the result that stands for a machine's zone until it is decided.
pub const ZONE: &str = "zone";

/// The name of the result that says where a machine's containers answer.
pub const URL: &str = "url";

/// Its address inside the network.
pub const INTERNAL_IP: Yield = Yield {
    moved_by: &["network", "subnetwork"],
    ..yields("internalIp", "its address inside the network", Known::Live("/networkInterfaces/0/networkIP"))
};
/// Its address from outside: another one after each stop, unless it is reserved.
pub const EXTERNAL_IP: Yield = Yield {
    moved_by: &["externalIp", "networkTier"],
    ..yields(
        "externalIp",
        "its address from outside, as long as it runs",
        Known::Running("/networkInterfaces/0/accessConfigs/0/natIP"),
    )
};
/// Its zone.
pub const ZONE_ROW: Yield = yields(ZONE, "the zone it is in", Known::Live("/zone"));
/// Its name inside the network (facts of the API: zonal DNS).
pub const DNS_NAME: Yield =
    yields("dnsName", "its name inside the network, `NAME.ZONE.c.PROJECT.internal`", Known::Declared);

/// The table of a machine.
pub static YIELDS: &[Yield] = &[INTERNAL_IP, EXTERNAL_IP, ZONE_ROW, DNS_NAME];

/// The results that a spec states.
pub fn declares(kind: &str, machine: &Machine, scope: &Scope) -> Vec<(&'static str, String)> {
    // A machine that exists may be elsewhere than its course prefers by now.
    let stated = machine.zone.as_ref().map(ToString::to_string);
    let zone = stated.unwrap_or_else(|| Reference::to(kind, machine.name.as_str(), ZONE).token());
    let dns = format!("{}.{zone}.c.{}.internal", machine.name, scope.project);
    let mut declared = vec![(DNS_NAME.name, dns)];
    if machine.zone.is_some() {
        declared.push((ZONE, zone));
    }
    declared.extend(machine.internal_ip.as_ref().map(|ip| (INTERNAL_IP.name, ip.to_string())));
    if let Some(ExternalIp::Reserved(ip)) = &machine.external_ip {
        declared.push((EXTERNAL_IP.name, ip.to_string()));
    }
    declared
}

/// Why a machine does not yield a result.
pub fn lacks(machine: &Machine, result: &str) -> Option<&'static str> {
    let outside = result == EXTERNAL_IP.name || result == URL;
    let none = machine.external_ip == Some(ExternalIp::Any(false));
    (outside && none).then_some("it has no external address: its spec says `externalIp: false`")
}
