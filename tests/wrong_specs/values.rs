//! Types, omissions and limits: what every kind has in common.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn number_for_a_text_gets_quotes() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: { year: 2526 }
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[wrong-type]: `year` must be a text like `owl`, and is a number
     --> spec.yaml:3:17
      |
    3 | labels: { year: 2526 }
      |                 ^^^^
      |
    help: put quotes around it
      |
    3 - labels: { year: 2526 }
    3 + labels: { year: "2526" }
      |

    1 error.
    "#);
}

#[test]
fn truth_for_a_text_gets_quotes() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        metadata: { serial-port-enable: true }
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[wrong-type]: `serial-port-enable` must be a text, and is `true`
     --> spec.yaml:4:33
      |
    4 | metadata: { serial-port-enable: true }
      |                                 ^^^^
      |
    help: put quotes around it
      |
    4 - metadata: { serial-port-enable: true }
    4 + metadata: { serial-port-enable: "true" }
      |

    1 error.
    "#);
}

#[test]
fn text_for_a_number_loses_its_quotes() {
    let spec = r#"
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        priority: "900"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[wrong-type]: `priority` must be a whole number, and is a text
     --> spec.yaml:4:11
      |
    4 | priority: "900"
      |           ^^^^^
      |
    help: write it without quotes
      |
    4 - priority: "900"
    4 + priority: 900
      |

    1 error.
    "#);
}

#[test]
fn number_with_underscores_is_a_text_to_us() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        priority: 1_000
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `priority` must be a whole number, and is a text
     --> spec.yaml:4:11
      |
    4 | priority: 1_000
      |           ^^^^^
      |
    help: write it without `_`
      |
    4 - priority: 1_000
    4 + priority: 1000
      |

    1 error.
    ");
}

#[test]
fn fraction_for_a_whole_number() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        priority: 10.5
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `priority` must be a whole number, and is a fraction
     --> spec.yaml:4:11
      |
    4 | priority: 10.5
      |           ^^^^

    1 error.
    ");
}

#[test]
fn word_for_a_truth_becomes_one() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        disabled: yes
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `disabled` must be `true` or `false`, and is a text
     --> spec.yaml:4:11
      |
    4 | disabled: yes
      |           ^^^
      |
    help: YAML's words for this are `true` and `false`
      |
    4 - disabled: yes
    4 + disabled: true
      |

    1 error.
    ");
}

#[test]
fn number_for_a_truth() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        disabled: 1
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `disabled` must be `true` or `false`, and is a number
     --> spec.yaml:4:11
      |
    4 | disabled: 1
      |           ^

    1 error.
    ");
}

#[test]
fn text_for_a_list_becomes_one() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: tcp:80,443
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[wrong-type]: `allow` must be a list, and is a text
     --> spec.yaml:3:8
      |
    3 | allow: tcp:80,443
      |        ^^^^^^^^^^
      |
    help: write a list
      |
    3 - allow: tcp:80,443
    3 + allow: ["tcp:80,443"]
      |

    1 error.
    "#);
}

#[test]
fn list_for_a_text() {
    let spec = "
        kind: FirewallRule
        name: [web]
        allow: [tcp:80]
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `name` must be a text like `web-1`, and is a list
     --> spec.yaml:2:1
      |
    2 | name: [web]
      | ^^^^

    1 error.
    ");
}

#[test]
fn mapping_for_a_text() {
    let spec = "
        kind: FirewallRule
        name: { first: web }
        allow: [tcp:80]
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `name` must be a text like `web-1`, and is a mapping
     --> spec.yaml:2:1
      |
    2 | name: { first: web }
      | ^^^^

    1 error.
    ");
}

#[test]
fn mapping_for_a_list() {
    let spec = "
        kind: Bucket
        name: my-files
        files: { from: site }
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `files` must be a list, and is a mapping
     --> spec.yaml:3:1
      |
    3 | files: { from: site }
      | ^^^^^
      |
    help: write a list: begin each entry with `- `

    1 error.
    ");
}

#[test]
fn list_for_a_mapping() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: [team]
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `labels` must be a mapping, and is a list
     --> spec.yaml:3:1
      |
    3 | labels: [team]
      | ^^^^^^
      |
    help: write `key: value` on each line, without `-`

    1 error.
    ");
}

#[test]
fn text_for_a_mapping() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        image: debian-12
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `image` must be a mapping, and is a text
     --> spec.yaml:4:8
      |
    4 | image: debian-12
      |        ^^^^^^^^^
      |
    help: name its fields, such as `image: { family: debian-12 }`

    1 error.
    ");
}

#[test]
fn number_below_the_least() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        bootDisk: { sizeGb: 5 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: `sizeGb` must be 10 to 65536, and is 5
     --> spec.yaml:4:21
      |
    4 | bootDisk: { sizeGb: 5 }
      |                     ^

    1 error.
    ");
}

#[test]
fn number_above_the_most() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        priority: 70000
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: `priority` must be 0 to 65535, and is 70000
     --> spec.yaml:4:11
      |
    4 | priority: 70000
      |           ^^^^^

    1 error.
    ");
}

#[test]
fn negative_number() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: Delete
          condition: { age: -1 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: `age` must be at least 0, and is -1
     --> spec.yaml:5:21
      |
    5 |   condition: { age: -1 }
      |                     ^^

    1 error.
    ");
}

#[test]
fn number_that_no_api_can_hold() {
    let spec = "
        kind: Bucket
        name: my-files
        cors:
        - maxAgeSeconds: 99999999999
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: `maxAgeSeconds` must be 0 to 4294967295, and is 99999999999
     --> spec.yaml:4:18
      |
    4 | - maxAgeSeconds: 99999999999
      |                  ^^^^^^^^^^^

    1 error.
    ");
}

#[test]
fn list_that_must_not_be_empty() {
    let spec = "
        kind: ApiServices
        name: apis
        services: []
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: `services` must not be empty
     --> spec.yaml:3:1
      |
    3 | services: []
      | ^^^^^^^^

    1 error.
    ");
}

#[test]
fn list_of_an_exact_length() {
    let spec = "
        kind: Bucket
        name: my-files
        dataLocations: [europe-west1]
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: `dataLocations` must have exactly 2 entries, and has 1 entry
     --> spec.yaml:3:1
      |
    3 | dataLocations: [europe-west1]
      | ^^^^^^^^^^^^^

    1 error.
    ");
}

#[test]
fn text_that_is_too_long() {
    let found = wrong(&format!("kind: ServiceAccount\nname: ci-bot\ndisplayName: {}\n", "x".repeat(101)));
    assert_snapshot!(found, @"
    error[out-of-range]: `displayName` must have at most 100 characters, and has 101 characters
     --> spec.yaml:3:14
      |
    3 | displayName: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 error.
    ");
}

#[test]
fn word_that_is_none_of_a_closed_list() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        direction: egres
    ";
    assert_snapshot!(wrong(spec), @"
    error[not-one-of]: `direction` must be `INGRESS` or `EGRESS`, and is `egres`
     --> spec.yaml:4:12
      |
    4 | direction: egres
      |            ^^^^^
      |
    help: did you mean `EGRESS`?
      |
    4 - direction: egres
    4 + direction: EGRESS
      |

    1 error.
    ");
}

#[test]
fn number_where_a_word_stands() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        direction: 1
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `direction` must be a text, and is a number
     --> spec.yaml:4:12
      |
    4 | direction: 1
      |            ^
      |
    help: write `INGRESS` or `EGRESS`

    1 error.
    ");
}
