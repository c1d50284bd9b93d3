//! Ranges, traffic, and what goes together in a firewall rule.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn length_of_a_range_is_at_most_32() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        sourceRanges: [10.0.0.0/33]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-cidr]: `10.0.0.0/33` is not a range of addresses
     --> spec.yaml:4:16
      |
    4 | sourceRanges: [10.0.0.0/33]
      |                ^^^^^^^^^^^ the length must be 0 to 32

    1 error.
    ");
}

#[test]
fn bits_after_the_length_are_not_set() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        sourceRanges: [10.1.2.3/8]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-cidr]: `10.1.2.3/8` is not a range of addresses
     --> spec.yaml:4:16
      |
    4 | sourceRanges: [10.1.2.3/8]
      |                ^^^^^^^^^^ bits after the length are set, and the API refuses that
      |
    help: write `10.0.0.0/8` for the range, or `10.1.2.3` for the one address
      |
    4 - sourceRanges: [10.1.2.3/8]
    4 + sourceRanges: [10.0.0.0/8]
      |

    1 error.
    ");
}

#[test]
fn range_has_a_slash() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        sourceRanges: [everywhere]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-cidr]: `everywhere` is not a range of addresses
     --> spec.yaml:4:16
      |
    4 | sourceRanges: [everywhere]
      |                ^^^^^^^^^^ a range is written `ADDRESS/LENGTH`
      |
    help: `0.0.0.0/0` is the whole world

    1 error.
    ");
}

#[test]
fn range_begins_with_an_address() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        sourceRanges: [10.0.0/24]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-cidr]: `10.0.0/24` is not a range of addresses
     --> spec.yaml:4:16
      |
    4 | sourceRanges: [10.0.0/24]
      |                ^^^^^^^^^ `10.0.0` is no address
      |
    help: write `10.0.0.0/24`
      |
    4 | sourceRanges: [10.0.0.0/24]
      |                      ++

    1 error.
    ");
}

#[test]
fn families_of_addresses_do_not_mix() {
    let spec = r#"
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        sourceRanges: [10.0.0.0/8, "2001:db8::/32"]
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[firewall-rule]: one rule has either IPv4 or IPv6 ranges
     --> spec.yaml:4:1
      |
    4 | sourceRanges: [10.0.0.0/8, "2001:db8::/32"]
      | ^^^^^^^^^^^^
      |
    help: make two rules of it

    1 error.
    "#);
}

#[test]
fn port_without_a_protocol() {
    let spec = r#"
        kind: FirewallRule
        name: web
        allow: ["8501"]
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[bad-port]: `8501` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: ["8501"]
      |         ^^^^^^ which protocol?
      |
    help: write `tcp:8501`
      |
    3 - allow: ["8501"]
    3 + allow: [tcp:8501]
      |

    1 error.
    "#);
}

#[test]
fn port_as_a_number() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [8501]
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `8501` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: [8501]
      |         ^^^^ which protocol?
      |
    help: write `tcp:8501`
      |
    3 | allow: [tcp:8501]
      |         ++++

    1 error.
    ");
}

#[test]
fn protocol_comes_first() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [8080/tcp]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-port]: `8080/tcp` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: [8080/tcp]
      |         ^^^^^^^^ the protocol comes first
      |
    help: write `tcp:8080`
      |
    3 - allow: [8080/tcp]
    3 + allow: [tcp:8080]
      |

    1 error.
    ");
}

#[test]
fn range_of_ports_runs_forwards() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:9000-8000]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-port]: `tcp:9000-8000` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: [tcp:9000-8000]
      |         ^^^^^^^^^^^^^ the range `9000-8000` runs backwards
      |
    help: write `tcp:8000-9000`
      |
    3 - allow: [tcp:9000-8000]
    3 + allow: [tcp:8000-9000]
      |

    1 error.
    ");
}

#[test]
fn port_is_at_most_65535() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80800]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-port]: `tcp:80800` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: [tcp:80800]
      |         ^^^^^^^^^ `80800` is no port: ports are 0 to 65535

    1 error.
    ");
}

#[test]
fn port_is_not_empty() {
    let spec = r#"
        kind: FirewallRule
        name: web
        allow: ["tcp:"]
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[bad-port]: `tcp:` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: ["tcp:"]
      |         ^^^^^^ a port is missing
      |
    help: write one, as in `tcp:80`, or leave out the `:` for all ports

    1 error.
    "#);
}

#[test]
fn protocol_without_ports() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [icmp:8]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-port]: `icmp:8` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: [icmp:8]
      |         ^^^^^^ icmp has no ports
      |
    help: write `icmp`
      |
    3 - allow: [icmp:8]
    3 + allow: [icmp]
      |

    1 error.
    ");
}

#[test]
fn protocol_that_is_nearly_one() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tpc:22]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-protocol]: `tpc:22` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: [tpc:22]
      |         ^^^^^^ there is no protocol `tpc`
      |
    help: did you mean `tcp`?
      |
    3 - allow: [tpc:22]
    3 + allow: [tcp:22]
      |

    1 error.
    ");
}

#[test]
fn protocol_that_is_none() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [http]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-protocol]: `http` is not traffic
     --> spec.yaml:3:9
      |
    3 | allow: [http]
      |         ^^^^ there is no protocol `http`
      |
    help: write `tcp:80`
      |
    3 - allow: [http]
    3 + allow: [tcp:80]
      |

    1 error.
    ");
}

#[test]
fn rule_lets_through_or_keeps_out() {
    let spec = "
        kind: FirewallRule
        name: web
        sourceTags: [a]
    ";
    assert_snapshot!(wrong(spec), @"
    error[firewall-rule]: a rule needs `allow` or `deny`
     --> spec.yaml:1:1
      |
    1 | kind: FirewallRule
      | ^^^^
      |
    help: write what it lets through: `allow: [tcp:8501]`

    1 error.
    ");
}

#[test]
fn rule_does_not_do_both() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        deny: [tcp:81]
    ";
    assert_snapshot!(wrong(spec), @"
    error[firewall-rule]: a rule either allows or denies
     --> spec.yaml:4:1
      |
    4 | deny: [tcp:81]
      | ^^^^
      |
    help: make two rules of it

    1 error.
    ");
}

#[test]
fn rule_for_outgoing_traffic_has_no_source_tags() {
    let spec = "
        kind: FirewallRule
        name: web
        direction: EGRESS
        allow: [tcp:80]
        sourceTags: [web]
    ";
    assert_snapshot!(wrong(spec), @"
    error[firewall-rule]: only `INGRESS` rules have source tags
     --> spec.yaml:5:1
      |
    5 | sourceTags: [web]
      | ^^^^^^^^^^
      |
    help: name where it goes by `destinationRanges`

    1 error.
    ");
}

#[test]
fn tags_and_service_accounts_do_not_mix() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        targetTags: [web]
        sourceServiceAccounts: [ci-bot@my-project.iam.gserviceaccount.com]
    ";
    assert_snapshot!(wrong(spec), @"
    error[firewall-rule]: a rule names machines by tags or by service accounts, not by both
     --> spec.yaml:5:1
      |
    5 | sourceServiceAccounts: [ci-bot@my-project.iam.gserviceaccount.com]
      | ^^^^^^^^^^^^^^^^^^^^^
      |
    help: choose one of the two for sources and targets alike

    1 error.
    ");
}

#[test]
fn service_account_of_a_rule_is_an_address() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        targetServiceAccounts: [ci-bot]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-email]: `ci-bot` is not an email address
     --> spec.yaml:4:25
      |
    4 | targetServiceAccounts: [ci-bot]
      |                         ^^^^^^ write it like `name@example.edu`

    1 error.
    ");
}

#[test]
fn internal_address_is_one() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        internalIp: 10.0.0.300
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-address]: `10.0.0.300` is not an address
     --> spec.yaml:4:13
      |
    4 | internalIp: 10.0.0.300
      |             ^^^^^^^^^^ write it like `10.0.0.2`

    1 error.
    ");
}
