//! Fields: unknown ones, missing ones, empty ones.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn unknown_field_offers_the_nearest_one() {
    let spec = "
        kind: FirewallRule
        name: web
        alow: [tcp:80]
    ";
    assert_snapshot!(wrong(spec), @"
    error[unknown-field]: `FirewallRule` has no field `alow`
     --> spec.yaml:3:1
      |
    3 | alow: [tcp:80]
      | ^^^^
      |
    help: did you mean `allow`?
      |
    3 | allow: [tcp:80]
      |   +

    1 error.
    ");
}

#[test]
fn unknown_field_that_is_like_none_lists_them() {
    let spec = "
        kind: ApiServices
        name: apis
        services: [compute.googleapis.com]
        colour: red
    ";
    assert_snapshot!(wrong(spec), @r"
    error[unknown-field]: `ApiServices` has no field `colour`
     --> spec.yaml:4:1
      |
    4 | colour: red
      | ^^^^^^
      |
    help: its fields are `name`, `services`, `onDestroy`, `expires`, `project`

    1 error.
    ");
}

#[test]
fn unknown_field_of_a_large_kind_names_the_schema() {
    let spec = "
        kind: Bucket
        name: my-files
        flavour: red
    ";
    assert_snapshot!(wrong(spec), @r"
    error[unknown-field]: `Bucket` has no field `flavour`
     --> spec.yaml:3:1
      |
    3 | flavour: red
      | ^^^^^^^
      |
    help: `provost schema Bucket` describes the 24 fields it has

    1 error.
    ");
}

#[test]
fn field_of_an_inner_mapping_is_shown_its_home() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        sizeGb: 20
    ";
    assert_snapshot!(wrong(spec), @"
    error[unknown-field]: `Vm` has no field `sizeGb`
     --> spec.yaml:4:1
      |
    4 | sizeGb: 20
      | ^^^^^^
      |
    help: `sizeGb` belongs under `bootDisk:`

    1 error.
    ");
}

#[test]
fn unknown_field_of_an_inner_mapping() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        bootDisk: { size: 20 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[unknown-field]: `bootDisk` has no field `size`
     --> spec.yaml:4:13
      |
    4 | bootDisk: { size: 20 }
      |             ^^^^
      |
    help: did you mean `sizeGb`?
      |
    4 | bootDisk: { sizeGb: 20 }
      |                 ++

    1 error.
    ");
}

#[test]
fn field_that_only_provost_writes_is_unknown() {
    let spec = "
        kind: Bucket
        name: my-files
        objects: {}
    ";
    assert_snapshot!(wrong(spec), @r"
    error[unknown-field]: `Bucket` has no field `objects`
     --> spec.yaml:3:1
      |
    3 | objects: {}
      | ^^^^^^^
      |
    help: `provost schema Bucket` describes the 24 fields it has

    1 error.
    ");
}

#[test]
fn missing_fields_are_shown_by_example() {
    let spec = "
        kind: Vm
        zone: europe-west1-b
    ";
    assert_snapshot!(wrong(spec), @"
    error[missing-field]: `name` is missing
     --> spec.yaml:1:7
      |
    1 | kind: Vm
      |       ^^
      |
    help: add it: `name: web-1`

    error[missing-field]: `machineType` is missing
     --> spec.yaml:1:7
      |
    1 | kind: Vm
      |       ^^
      |
    help: add it: `machineType: e2-medium`

    2 errors.
    ");
}

#[test]
fn missing_field_of_an_inner_mapping() {
    let spec = "
        kind: Bucket
        name: my-files
        logging: { logObjectPrefix: x }
    ";
    assert_snapshot!(wrong(spec), @"
    error[missing-field]: `logBucket` is missing
     --> spec.yaml:3:1
      |
    3 | logging: { logObjectPrefix: x }
      | ^^^^^^^
      |
    help: add it: `logBucket: my-project-files`

    1 error.
    ");
}

#[test]
fn missing_field_of_an_entry_points_at_the_entry() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - image: nginx
        - ports: [80]
    ";
    assert_snapshot!(wrong(spec), @"
    error[missing-field]: `image` is missing
     --> spec.yaml:6:3
      |
    6 | - ports: [80]
      |   ^^^^^
      |
    help: add it: `image: europe-docker.pkg.dev/my-project/docker/app:1.0`

    1 error.
    ");
}

#[test]
fn empty_value_is_no_omission() {
    let spec = "
        kind: Bucket
        name: my-files
        location:
    ";
    assert_snapshot!(wrong(spec), @"
    error[empty-value]: `location` has no value
     --> spec.yaml:3:1
      |
    3 | location:
      | ^^^^^^^^
      |
    help: write a value, or remove the line: what is omitted is not managed

    1 error.
    ");
}

#[test]
fn null_is_no_value() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: { team: ~ }
    ";
    assert_snapshot!(wrong(spec), @"
    error[empty-value]: `team` has no value
     --> spec.yaml:3:17
      |
    3 | labels: { team: ~ }
      |                 ^
      |
    help: write a value, or remove the line: what is omitted is not managed

    1 error.
    ");
}
