//! Texts that are no YAML, or not the YAML that was meant.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn tab_is_no_indentation() {
    let spec = "
        kind: Vm
        bootDisk:
        	sizeGb: 20
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: a tab stands where YAML wants spaces
     --> spec.yaml:3:1
      |
    3 |     sizeGb: 20
      | ^^^^ this is a tab
      |
    help: indent with spaces
      |
    3 |   sizeGb: 20
      | ++

    1 error.
    ");
}

#[test]
fn bracket_that_is_not_closed_is_shown_where_it_opens() {
    let spec = "
        kind: FirewallRule
        allow: [tcp:80, tcp:443
        name: web
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: `[` is not closed
     --> spec.yaml:2:8
      |
    2 | allow: [tcp:80, tcp:443
      |        ^ it opens here
      |
    help: close it with `]`

    1 error.
    ");
}

#[test]
fn brace_that_is_not_closed_is_shown_where_it_opens() {
    let spec = "
        kind: Vm
        image: { family: debian-12
        name: web
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: `{` is not closed
     --> spec.yaml:2:8
      |
    2 | image: { family: debian-12
      |        ^ it opens here
      |
    help: close it with `}`

    1 error.
    ");
}

#[test]
fn bracket_that_closes_nothing() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: ]
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: `]` closes nothing
     --> spec.yaml:3:8
      |
    3 | allow: ]
      |        ^ no bracket is open here
      |
    help: remove it, or put quotes around the text it belongs to

    1 error.
    ");
}

#[test]
fn line_that_fits_no_indentation() {
    let spec = "
        kind: Vm
        bootDisk:
            sizeGb: 20
          type: pd-ssd
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: this line does not fit the indentation around it
     --> spec.yaml:4:3
      |
    4 |   type: pd-ssd
      |   ^^^^^^^^^^^^ no key above begins in this column
      |
    help: indent it exactly like the keys it stands beside

    1 error.
    ");
}

#[test]
fn line_that_is_no_key() {
    let spec = "
        kind: Vm
        name: web
        machineType
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: this line is not `key: value`
     --> spec.yaml:3:1
      |
    3 | machineType
      | ^^^^^^^^^^^ a key ends with `:` and a space
      |
    help: add the value, or indent the line if it continues the text above

    1 error.
    ");
}

#[test]
fn key_without_a_space_after_its_colon() {
    let spec = "
        kind: Vm
        name: web
        machineType:e2-medium
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: this line is not `key: value`
     --> spec.yaml:3:1
      |
    3 | machineType:e2-medium
      | ^^^^^^^^^^^^^^^^^^^^^ a key ends with `:` and a space
      |
    help: write a space after the colon
      |
    3 | machineType: e2-medium
      |             +

    1 error.
    ");
}

#[test]
fn list_begins_on_its_own_line() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: - tcp:80
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: a list with `-` cannot begin on the line of its key
     --> spec.yaml:3:8
      |
    3 | allow: - tcp:80
      |        ^ the list begins here
      |
    help: put every `- …` on a line of its own, or write `[a, b]`

    1 error.
    ");
}

#[test]
fn list_and_keys_do_not_mix() {
    let spec = "
        kind: FirewallRule
        allow:
        - tcp:80
        tcp:81
        name: web
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: this line is not `key: value`
     --> spec.yaml:4:1
      |
    4 | tcp:81
      | ^^^^^^ a key ends with `:` and a space
      |
    help: write a space after the colon
      |
    4 | tcp: 81
      |     +

    1 error.
    ");
}

#[test]
fn merge_takes_a_mapping() {
    let spec = "
        kind: Bucket
        <<: 3
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: `<<` takes a mapping
     --> spec.yaml:2:5
      |
    2 | <<: 3
      |     ^ this is none
      |
    help: name an anchor of a mapping: `<<: *defaults`

    1 error.
    ");
}

#[test]
fn mapping_is_no_key() {
    let spec = "
        kind: Bucket
        {a: b}: c
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: a key must be a plain text
     --> spec.yaml:2:1
      |
    2 | {a: b}: c
      | ^ YAML takes this for a key
      |
    help: put quotes around it if it is a text

    1 error.
    ");
}

#[test]
fn duplicate_key_points_at_both() {
    let spec = "
        kind: Bucket
        name: my-files
        location: EU
        location: US
    ";
    assert_snapshot!(wrong(spec), @"
    error[duplicate-key]: `location` stands twice
     --> spec.yaml:4:1
      |
    3 | location: EU
      | -------- the first one
    4 | location: US
      | ^^^^^^^^ the second one
      |
    help: remove one of the two

    1 error.
    ");
}

#[test]
fn duplicate_key_is_found_at_every_depth() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: { team: owl, team: cat }
    ";
    assert_snapshot!(wrong(spec), @"
    error[duplicate-key]: `team` stands twice
     --> spec.yaml:3:22
      |
    3 | labels: { team: owl, team: cat }
      |           ----       ^^^^ the second one
      |           |
      |           the first one
      |
    help: remove one of the two

    1 error.
    ");
}
