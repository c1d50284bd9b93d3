//! Lint of firewall rules: ways to log in that are open to the whole world.
//! Pure.

use super::Lint;
use crate::spec::formats::AllowRule;
use crate::spec::{Pointer, Problem};

/// Ports by which people log in: what they are, and what opens to nobody.
const LOG_INS: [(&str, u16, &str, &str); 2] = [
    (
        "open-ssh",
        22,
        "ssh",
        "`gcloud compute ssh --tunnel-through-iap` needs `sourceRanges: [35.235.240.0/20]` only",
    ),
    (
        "open-rdp",
        3389,
        "remote desktop",
        "`gcloud compute start-iap-tunnel` needs `sourceRanges: [35.235.240.0/20]` only",
    ),
];

/// What is said about traffic that everybody may send.
pub fn open_to_the_world(allow: &[AllowRule]) -> Vec<Lint> {
    LOG_INS.iter().filter_map(|log_in| log_in_open(allow, *log_in)).collect()
}

fn log_in_open(allow: &[AllowRule], log_in: (&'static str, u16, &str, &str)) -> Option<Lint> {
    let (code, port, what, help) = log_in;
    let opens = |rule: &AllowRule| opens(rule, port);
    let (i, rule) = allow.iter().enumerate().find(|(_, rule)| opens(rule))?;
    let problem = Problem::new(code, format!("`{rule}` lets the whole world try to log in by {what}"))
        .label("everybody on the internet can reach it")
        .help(format!("name the addresses of the class in `sourceRanges`; {help}"));
    Some(Lint::new(Pointer::from("allow").child(i.to_string()), problem))
}

fn opens(rule: &AllowRule, port: u16) -> bool {
    let (protocol, ports) = rule.parts();
    let within = |range: &String| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        from.parse::<u16>().is_ok_and(|from| from <= port) && to.parse::<u16>().is_ok_and(|to| port <= to)
    };
    protocol == "all" || (protocol == "tcp" && (ports.is_empty() || ports.iter().any(within)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_is_open_by_its_port_a_range_or_everything() {
        let codes = |text: &str| {
            let found = open_to_the_world(&[AllowRule::from_trusted(text)]);
            found.iter().map(|lint| lint.problem.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("tcp:22"), ["open-ssh"]);
        assert_eq!(codes("tcp:20-30,80"), ["open-ssh"]);
        assert_eq!(codes("tcp:3389"), ["open-rdp"]);
        assert_eq!(codes("tcp"), ["open-ssh", "open-rdp"]);
        assert_eq!(codes("all"), ["open-ssh", "open-rdp"]);
        for fine in ["tcp:8501", "tcp:80,443", "udp:22", "icmp", "tcp:23-3388"] {
            assert!(codes(fine).is_empty(), "{fine}");
        }
    }
}
