//! Expressions: names that are not there, and values that do not fit.

use insta::assert_snapshot;

use crate::check::{right, wrong};

#[test]
fn undefined_variable_offers_the_nearest_one() {
    let spec = "
        kind: Bucket
        name: my-files-{{ vars.mascot }}
    ";
    assert_snapshot!(wrong(spec), @"
    error[undefined-variable]: `vars.mascot` is not defined
     --> spec.yaml:2:19
      |
    2 | name: my-files-{{ vars.mascot }}
      |                   ^^^^^^^^^^^
      |
    help: did you mean `vars.mascots`?
      |
    2 | name: my-files-{{ vars.mascots }}
      |                              +

    1 error.
    ");
}

#[test]
fn undefined_variable_lists_what_there_is() {
    let spec = r#"
        kind: Bucket
        name: "{{ vars.colour }}"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[undefined-variable]: `vars.colour` is not defined
     --> spec.yaml:2:11
      |
    2 | name: "{{ vars.colour }}"
      |           ^^^^^^^^^^^
      |
    help: there are `vars.mascots`, `vars.size`, `vars.team`, `vars.disk`

    1 error.
    "#);
}

#[test]
fn name_without_its_root_is_found() {
    let spec = r#"
        kind: Bucket
        name: "{{ project }}-files"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[undefined-variable]: `project` is not defined
     --> spec.yaml:2:11
      |
    2 | name: "{{ project }}-files"
      |           ^^^^^^^
      |
    help: did you mean `course.project`?
      |
    2 | name: "{{ course.project }}-files"
      |           +++++++

    1 error.
    "#);
}

#[test]
fn root_that_is_none() {
    let spec = r#"
        kind: Bucket
        name: my-files
        labels: { team: "{{ student.team }}" }
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[undefined-variable]: `student.team` is not defined
     --> spec.yaml:3:21
      |
    3 | labels: { team: "{{ student.team }}" }
      |                     ^^^^^^^^^^^^
      |
    help: names begin with `vars` or `course`

    1 error.
    "#);
}

#[test]
fn name_inside_a_variable_is_found() {
    let spec = r#"
        kind: Vm
        name: web
        machineType: e2-medium
        bootDisk: { sizeGb: "{{ vars.disk.size }}" }
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[undefined-variable]: `vars.disk.size` is not defined
     --> spec.yaml:4:25
      |
    4 | bootDisk: { sizeGb: "{{ vars.disk.size }}" }
      |                         ^^^^^^^^^^^^^^
      |
    help: did you mean `vars.disk.sizeGb`?
      |
    4 | bootDisk: { sizeGb: "{{ vars.disk.sizeGb }}" }
      |                                       ++

    1 error.
    "#);
}

#[test]
fn name_inside_a_script_is_underlined() {
    let spec = r#"
        kind: Vm
        name: web
        machineType: e2-medium
        startupScript: |
          #!/bin/sh
          echo "{{ vars.nobody }}"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[undefined-variable]: `vars.nobody` is not defined
     --> spec.yaml:6:12
      |
    6 |   echo "{{ vars.nobody }}"
      |            ^^^^^^^^^^^
      |
    help: there are `vars.mascots`, `vars.size`, `vars.team`, `vars.disk`

    1 error.
    "#);
}

#[test]
fn broken_expression_is_underlined() {
    let spec = r#"
        kind: Bucket
        name: "my-{{ vars. }}-files"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[expression]: the expression cannot be read
     --> spec.yaml:2:11
      |
    2 | name: "my-{{ vars. }}-files"
      |           ^^^^^^^^^^^ it ends too early
      |
    help: an expression looks like `{{ vars.name }}`; `{% raw %}…{% endraw %}` keeps braces as they are

    1 error.
    "#);
}

#[test]
fn expression_that_is_not_closed() {
    let spec = r#"
        kind: Bucket
        name: "my-{{ vars.size -files"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[expression]: `{{` is not closed
     --> spec.yaml:2:11
      |
    2 | name: "my-{{ vars.size -files"
      |           ^^^^^^^^^^^^^^^^^^^ it opens here
      |
    help: close the expression with `}}`

    1 error.
    "#);
}

#[test]
fn filter_that_is_none() {
    let spec = r#"
        kind: Bucket
        name: "my-{{ vars.size | shout }}"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[expression]: there is no filter `shout`
     --> spec.yaml:2:11
      |
    2 | name: "my-{{ vars.size | shout }}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: common filters are `slug`, `short(20)`, `hash`, `lower`, `upper`, `replace`, `join`, `first`, `default`

    1 error.
    "#);
}

#[test]
fn function_that_is_none() {
    let spec = r#"
        kind: Bucket
        name: "my-{{ lookup('x') }}"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[expression]: there is no function `lookup`
     --> spec.yaml:2:11
      |
    2 | name: "my-{{ lookup('x') }}"
      |           ^^^^^^^^^^^^^^^^^
      |
    help: names of values are written without brackets

    1 error.
    "#);
}

#[test]
fn expression_of_the_wrong_type() {
    let spec = r#"
        kind: FirewallRule
        name: web
        allow: "{{ vars.size }}"
        disabled: "{{ vars.size }}"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[wrong-type]: `allow` must be a list, and is a number
     --> spec.yaml:3:8
      |
    3 | allow: "{{ vars.size }}"
      |        ^^^^^^^^^^^^^^^^^ the expression gives it
      |
    help: mend the expression, or the value it names

    error[wrong-type]: `disabled` must be `true` or `false`, and is a number
     --> spec.yaml:4:11
      |
    4 | disabled: "{{ vars.size }}"
      |           ^^^^^^^^^^^^^^^^^ the expression gives it
      |
    help: mend the expression, or the value it names

    2 errors.
    "#);
}

#[test]
fn expression_that_breaks_a_rule_of_names() {
    let spec = r#"
        kind: Bucket
        name: my-files
        labels: { team: "{{ vars.team }}" }
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[bad-label]: `Team A` is not a value of a label
     --> spec.yaml:3:17
      |
    3 | labels: { team: "{{ vars.team }}" }
      |                 ^^^^^^^^^^^^^^^^^ `T` is not allowed: lower-case letters, digits, `-` and `_` only
      |
    help: mend the expression, or the value it names

    1 error.
    "#);
}

#[test]
fn list_is_no_part_of_a_text() {
    let spec = "
        kind: Bucket
        name: my-files-{{ vars.mascots }}
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[expression]: a list cannot stand inside a text
     --> spec.yaml:2:16
      |
    2 | name: my-files-{{ vars.mascots }}
      |                ^^^^^^^^^^^^^^^^^^ this gives more than one value
      |
    help: choose one of them, `{{ vars.x[0] }}`, or join them, `{{ vars.x | join("-") }}`

    1 error.
    "#);
}

#[test]
fn sum_of_a_text_and_a_number() {
    let spec = r#"
        kind: Bucket
        name: "my-files-{{ vars.team + 1 }}"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[expression]: the expression has no value
     --> spec.yaml:2:17
      |
    2 | name: "my-files-{{ vars.team + 1 }}"
      |                 ^^^^^^^^^^^^^^^^^^^ tried to use + operator on unsupported types string and number
      |
    help: join texts with `~`: `{{ vars.a ~ 1 }}`

    1 error.
    "#);
}

#[test]
fn expression_that_runs_too_long() {
    let spec = r#"
        kind: Bucket
        name: my-files
        defaultKmsKeyName: "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[expression]: the expression takes too many steps
     --> spec.yaml:3:21
      |
    3 | defaultKmsKeyName: "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^ it runs too long

    1 error.
    "#);
}

#[test]
fn unknown_value_does_not_hide_other_mistakes() {
    let spec = "
        kind: FirewallRule
        name: web-{{ vars.x }}
        alow: [tcp:80]
        direction: EGRES
    ";
    assert_snapshot!(wrong(spec), @"
    error[undefined-variable]: `vars.x` is not defined
     --> spec.yaml:2:14
      |
    2 | name: web-{{ vars.x }}
      |              ^^^^^^
      |
    help: there are `vars.mascots`, `vars.size`, `vars.team`, `vars.disk`

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

    error[not-one-of]: `direction` must be `INGRESS` or `EGRESS`, and is `EGRES`
     --> spec.yaml:4:12
      |
    4 | direction: EGRES
      |            ^^^^^
      |
    help: did you mean `EGRESS`?
      |
    4 | direction: EGRESS
      |                 +

    3 errors.
    ");
}

#[test]
fn expression_may_give_a_number_or_a_list() {
    let spec = r#"
        kind: Vm
        name: web
        machineType: e2-medium
        bootDisk: "{{ vars.disk }}"
        tags: "{{ vars.mascots }}"
    "#;
    right(spec);
}
