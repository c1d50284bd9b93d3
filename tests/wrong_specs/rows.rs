//! Mistakes of what `forEach` makes: columns that are not there, mistakes that belong to one row, names that several get.

use insta::assert_snapshot;

use crate::check::wrong_class;

const CLASS: &str = "login,email,team\nann,ann@x.edu,owl\nbob,bob@x.edu,cat\neve,eve@x.edu,cat\n";

/// It is wrong in every row, and told once.
#[test]
fn unknown_column_offers_the_nearest_one() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.lgin }}
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[undefined-variable]: the roster has no column `lgin`
     --> spec.yaml:3:13
      |
    3 | name: be-{{ student.lgin }}
      |             ^^^^^^^^^^^^
      |
    help: did you mean `student.login`?
      |
    3 | name: be-{{ student.login }}
      |                      +

    1 error.
    ");
}

#[test]
fn unknown_column_lists_what_there_is() {
    let spec = r#"
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.login }}
        labels: { size: "{{ student.machine }}" }
    "#;
    assert_snapshot!(wrong_class(CLASS, spec), @r#"
    error[undefined-variable]: the roster has no column `machine`
     --> spec.yaml:4:21
      |
    4 | labels: { size: "{{ student.machine }}" }
      |                     ^^^^^^^^^^^^^^^
      |
    help: there are `student.login`, `student.email`, `student.team`

    1 error.
    "#);
}

#[test]
fn unknown_column_of_the_whole_roster() {
    let spec = r#"
        kind: IamGrant
        name: all
        on: project
        roles: [roles/viewer]
        members: "{{ roster | map(attribute='emial') | list }}"
    "#;
    assert_snapshot!(wrong_class(CLASS, spec), @r#"
    error[undefined-variable]: the roster has no column `emial`
     --> spec.yaml:5:11
      |
    5 | members: "{{ roster | map(attribute='emial') | list }}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `email`?

    1 error.
    "#);
}

#[test]
fn mistake_without_an_expression_is_told_once() {
    let spec = "
        kind: Vm
        forEach: { student: roster }
        name: vm-{{ student.login }}
        machineTyp: e2-medium
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[unknown-field]: `Vm` has no field `machineTyp`
     --> spec.yaml:4:1
      |
    4 | machineTyp: e2-medium
      | ^^^^^^^^^^
      |
    help: did you mean `machineType`?
      |
    4 | machineType: e2-medium
      |           +

    1 error.
    ");
}

#[test]
fn value_that_is_wrong_in_one_row_shows_the_row() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.login }}
    ";
    assert_snapshot!(wrong_class("login\nann\nbob lee\n", spec), @"
    error[bad-bucket-name]: `be-bob lee` is not a name of a bucket
     --> spec.yaml:3:7
      |
    3 | name: be-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^ ` ` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
     ::: roster.csv:3:1
      |
    3 | bob lee
      | ------- for this row
      |
    help: mend the expression, or the value it names

    1 error.
    ");
}

#[test]
fn value_that_is_wrong_in_many_rows_is_told_for_some() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.login }}
    ";
    assert_snapshot!(wrong_class("login\nA\nB\nC\nD\nE\nF\nG\n", spec), @"
    error[bad-bucket-name]: `be-A` is not a name of a bucket
     --> spec.yaml:3:7
      |
    3 | name: be-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^ `A` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
     ::: roster.csv:2:1
      |
    2 | A
      | - for this row
      |
    help: mend the expression, or the value it names

    error[bad-bucket-name]: `be-B` is not a name of a bucket
     --> spec.yaml:3:7
      |
    3 | name: be-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^ `B` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
     ::: roster.csv:3:1
      |
    3 | B
      | - for this row
      |
    help: mend the expression, or the value it names

    error[bad-bucket-name]: `be-C` is not a name of a bucket
     --> spec.yaml:3:7
      |
    3 | name: be-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^ `C` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
     ::: roster.csv:4:1
      |
    4 | C
      | - for this row
      |
    help: mend the expression, or the value it names

    error[bad-bucket-name]: `be-D` is not a name of a bucket
     --> spec.yaml:3:7
      |
    3 | name: be-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^ `D` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
     ::: roster.csv:5:1
      |
    5 | D
      | - for this row
      |
    help: mend the expression, or the value it names

    error[bad-bucket-name]: `be-E` is not a name of a bucket
     --> spec.yaml:3:7
      |
    3 | name: be-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^ `E` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
     ::: roster.csv:6:1
      |
    6 | E
      | - for this row
      |
    help: mend the expression, or the value it names
    help: 2 more like this are not shown

    5 errors.
    ");
}

#[test]
fn expression_that_fails_in_one_row_shows_the_row() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.login | slug }}
    ";
    assert_snapshot!(wrong_class("login\nann\n--\n", spec), @"
    error[expression]: the expression has no value
     --> spec.yaml:3:10
      |
    3 | name: be-{{ student.login | slug }}
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^ `slug` leaves nothing of `--`: no letter of it can be in a name
      |
     ::: roster.csv:3:1
      |
    3 | --
      | -- for this row

    1 error.
    ");
}

#[test]
fn expression_that_fails_in_some_rows_shows_the_first() {
    let spec = r#"
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.login }}
        labels: { size: "s{{ 8 // (student.team | int) }}" }
    "#;
    assert_snapshot!(wrong_class("login,team\nann,0\nbob,4\neve,0\n", spec), @r#"
    error[expression]: the expression has no value
     --> spec.yaml:4:19
      |
    4 | labels: { size: "s{{ 8 // (student.team | int) }}" }
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unable to calculate 8 // 0
      |
     ::: roster.csv:2:1
      |
    2 | ann,0
      | ----- for this row, and 1 more

    1 error.
    "#);
}

/// Ann alone is an owl; the other two are named.
#[test]
fn two_rows_that_get_one_name() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.team }}
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[duplicate-address]: Bucket/be-cat is declared twice
     --> spec.yaml:3:7
      |
    3 | name: be-{{ student.team }}
      |       ^^^^^^^^^^^^^^^^^^^^^ the same for several
      |
     ::: roster.csv:3:1
      |
    3 | bob,bob@x.edu,cat
      | ----------------- the first one is made of this
      |
     ::: roster.csv:4:1
      |
    4 | eve,eve@x.edu,cat
      | ----------------- the second one is made of this
      |
    help: put into the name what makes each of them another: `name: vm-{{ student.login }}`

    1 error.
    ");
}

#[test]
fn name_that_says_nothing_of_its_row() {
    let spec = "
        kind: Bucket
        forEach: { student: roster, n: [1, 2] }
        name: be-{{ student.login }}
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[duplicate-address]: Bucket/be-ann is declared twice
     --> spec.yaml:3:7
      |
    2 | forEach: { student: roster, n: [1, 2] }
      |                                 -  - the second one is made of this
      |                                 |
      |                                 the first one is made of this
    3 | name: be-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^ the same for several
      |
    help: put into the name what makes each of them another: `name: vm-{{ student.login }}`

    1 error.
    ");
}

#[test]
fn copy_with_the_name_of_another_document() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.login }}
        ---
        kind: Bucket
        name: be-bob
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[duplicate-address]: Bucket/be-bob is declared twice
     --> spec.yaml:6:7
      |
    3 | name: be-{{ student.login }}
      |       ---------------------- the first one
    ...
    6 | name: be-bob
      |       ^^^^^^
      |
     ::: roster.csv:3:1
      |
    3 | bob,bob@x.edu,cat
      | ----------------- the first one is made of this
      |
    help: give one of them another name

    1 error.
    ");
}

#[test]
fn two_rows_that_declare_one_thing() {
    let spec = r#"
        kind: IamGrant
        forEach: { student: roster }
        name: student-{{ student.login }}
        on: project
        roles: [roles/viewer]
        members: ["user:{{ student.email }}"]
    "#;
    assert_snapshot!(wrong_class("login,email\nann,ann@x.edu\nbob,ann@x.edu\n", spec), @"
    error[declared-twice]: IamGrant/student-ann and IamGrant/student-bob both declare roles/viewer for user:ann@x.edu on the project
     --> spec.yaml:3:7
      |
    3 | name: student-{{ student.login }}
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |       |
      |       declared here again
      |       first declared here
      |
     ::: roster.csv:3:1
      |
    3 | bob,ann@x.edu
      | ------------- for this row
      |
    help: remove it from one of the two

    1 error.
    ");
}
