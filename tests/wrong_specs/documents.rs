//! Documents: their kinds, their addresses, and many mistakes at once.

use insta::assert_snapshot;

use crate::check::{wrong, wrong_folder};

#[test]
fn unknown_kind_offers_the_nearest_one() {
    let spec = "
        kind: FirewalRule
        name: open-80
    ";
    assert_snapshot!(wrong(spec), @"
    error[unknown-kind]: there is no kind `FirewalRule`
     --> spec.yaml:1:7
      |
    1 | kind: FirewalRule
      |       ^^^^^^^^^^^
      |
    help: did you mean `FirewallRule`?
      |
    1 | kind: FirewallRule
      |              +

    1 error.
    ");
}

#[test]
fn kind_that_is_like_none_lists_them() {
    let spec = "
        kind: Database
        name: x
    ";
    assert_snapshot!(wrong(spec), @"
    error[unknown-kind]: there is no kind `Database`
     --> spec.yaml:1:7
      |
    1 | kind: Database
      |       ^^^^^^^^
      |
    help: the kinds are Course, ApiServices, ServiceAccount, WorkloadIdentity, IamGrant, Bucket, Registry, FirewallRule, Vm, ContainerVm

    1 error.
    ");
}

#[test]
fn document_without_a_kind_lists_them() {
    let spec = "
        name: open-80
        allow: [tcp:80]
    ";
    assert_snapshot!(wrong(spec), @"
    error[missing-kind]: this document has no `kind`
     --> spec.yaml:1:1
      |
    1 | name: open-80
      | ^^^^
      |
    help: add `kind:` with one of Course, ApiServices, ServiceAccount, WorkloadIdentity, IamGrant, Bucket, Registry, FirewallRule, Vm, ContainerVm

    1 error.
    ");
}

#[test]
fn empty_kind_is_named() {
    let spec = "
        kind:
        name: x
    ";
    assert_snapshot!(wrong(spec), @"
    error[unknown-kind]: `kind` does not say which kind this is
     --> spec.yaml:1:1
      |
    1 | kind:
      | ^^^^
      |
    help: the kinds are Course, ApiServices, ServiceAccount, WorkloadIdentity, IamGrant, Bucket, Registry, FirewallRule, Vm, ContainerVm

    1 error.
    ");
}

#[test]
fn document_is_a_mapping() {
    let spec = "
        - kind: Vm
        - name: x
    ";
    assert_snapshot!(wrong(spec), @"
    error[not-a-mapping]: a document is a mapping that begins with its `kind`
     --> spec.yaml:1:1
      |
    1 | - kind: Vm
      | ^ this is a list
      |
    help: begin it with `kind: Vm` or another kind

    1 error.
    ");
}

#[test]
fn colon_without_space_makes_no_mapping() {
    let spec = "
        kind:Vm
        name:x
    ";
    assert_snapshot!(wrong(spec), @"
    error[not-a-mapping]: a document is a mapping that begins with its `kind`
     --> spec.yaml:1:1
      |
    1 | / kind:Vm
    2 | | name:x
      | |______^ this is not `key: value`
      |
    help: write a space after each colon

    1 error.
    ");
}

#[test]
fn duplicate_address_points_at_both() {
    let spec = "
        kind: FirewallRule
        name: open-80
        allow: [tcp:80]
        ---
        kind: FirewallRule
        name: open-80
        allow: [tcp:8080]
    ";
    assert_snapshot!(wrong(spec), @"
    error[duplicate-address]: FirewallRule/open-80 is declared twice
     --> spec.yaml:6:7
      |
    2 | name: open-80
      |       ------- the first one
    ...
    6 | name: open-80
      |       ^^^^^^^
      |
    help: give one of them another name

    1 error.
    ");
}

#[test]
fn mistakes_of_all_files_and_documents_are_found_in_one_run() {
    let found = wrong_folder(&[
        (
            "a.yaml",
            "
            kind: Course
            name: be-cloud
            project: my-project
            regoin: europe-west1
            ---
            kind: Buckt
            name: x
        ",
        ),
        (
            "b.yaml",
            r#"
            kind: FirewallRule
            name: open-80
            allow: [tcp:80
            ---
            kind: FirewallRule
            name: Open-81
            allow: ["8501"]
            colour: red
        "#,
        ),
    ]);
    assert_snapshot!(found, @r#"
    error[unknown-field]: `Course` has no field `regoin`
     --> a.yaml:4:1
      |
    4 | regoin: europe-west1
      | ^^^^^^
      |
    help: did you mean `region`?
      |
    4 - regoin: europe-west1
    4 + region: europe-west1
      |

    error[unknown-kind]: there is no kind `Buckt`
     --> a.yaml:6:7
      |
    6 | kind: Buckt
      |       ^^^^^
      |
    help: did you mean `Bucket`?
      |
    6 | kind: Bucket
      |           +

    error[yaml-syntax]: `[` is not closed
     --> b.yaml:3:8
      |
    3 | allow: [tcp:80
      |        ^ it opens here
      |
    help: close it with `]`

    error[bad-name]: `Open-81` is not a name Compute Engine takes
     --> b.yaml:6:7
      |
    6 | name: Open-81
      |       ^^^^^^^ `O` is not allowed: lower-case letters, digits and hyphens only
      |
    help: write `open-81`
      |
    6 - name: Open-81
    6 + name: open-81
      |

    error[bad-port]: `8501` is not traffic
     --> b.yaml:7:9
      |
    7 | allow: ["8501"]
      |         ^^^^^^ which protocol?
      |
    help: write `tcp:8501`
      |
    7 - allow: ["8501"]
    7 + allow: [tcp:8501]
      |

    error[unknown-field]: `FirewallRule` has no field `colour`
     --> b.yaml:8:1
      |
    8 | colour: red
      | ^^^^^^
      |
    help: `provost schema FirewallRule` describes the 17 fields it has

    6 errors in 2 files.
    "#);
}

#[test]
fn rules_over_fields_are_judged_beside_mistakes_in_others() {
    let spec = "
        kind: FirewallRule
        name: Open
        allow: [tcp:80]
        deny: [tcp:81]
        colour: red
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `Open` is not a name Compute Engine takes
     --> spec.yaml:2:7
      |
    2 | name: Open
      |       ^^^^ `O` is not allowed: lower-case letters, digits and hyphens only
      |
    help: write `open`
      |
    2 - name: Open
    2 + name: open
      |

    error[firewall-rule]: a rule either allows or denies
     --> spec.yaml:4:1
      |
    4 | deny: [tcp:81]
      | ^^^^
      |
    help: make two rules of it

    error[unknown-field]: `FirewallRule` has no field `colour`
     --> spec.yaml:5:1
      |
    5 | colour: red
      | ^^^^^^
      |
    help: `provost schema FirewallRule` describes the 17 fields it has

    3 errors.
    ");
}
