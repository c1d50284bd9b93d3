//! Rosters: tables that are none, cells that cannot be what they should be, and cells that are empty where they are used.

use insta::assert_snapshot;

use crate::check::{wrong_class, wrong_course, wrong_folder};

const VM: &str = "
        kind: Vm
        forEach: { student: roster }
        name: vm-{{ student.login }}
        machineType: e2-medium
    ";
const GRANT: &str = r#"
        kind: IamGrant
        forEach: { student: roster }
        name: student-{{ student.login }}
        on: project
        roles: [roles/viewer]
        members: ["user:{{ student.email }}"]
    "#;

/// Names are in lower case: the two would be one machine.
#[test]
fn login_that_is_there_twice() {
    let roster = "
        login,email
        ann,ann@x.edu
        bob,bob@x.edu
        Ann,ann2@x.edu
    ";
    assert_snapshot!(wrong_class(roster, VM), @"
    error[duplicate-login]: `Ann` is in the roster twice
     --> roster.csv:4:1
      |
    2 | ann,ann@x.edu
      | --- the first one
    3 | bob,bob@x.edu
    4 | Ann,ann2@x.edu
      | ^^^ the same login again
      |
    help: remove one of the two rows, or give one of them another login

    1 error.
    ");
}

/// The spec that uses it is not blamed as well.
#[test]
fn address_that_is_none() {
    let roster = "
        login;E-mail
        ann;ann@x.edu
        bob;bob at x.edu
    ";
    assert_snapshot!(wrong_class(roster, &GRANT.replace("student.email", "student['E-mail']")), @"
    error[bad-email]: `bob at x.edu` is not an email address
     --> roster.csv:3:5
      |
    3 | bob;bob at x.edu
      |     ^^^^^^^^^^^^ write it like `name@example.edu`

    1 error.
    ");
}

#[test]
fn empty_cell_that_is_used() {
    let roster = "
        login,email,team
        ann,ann@x.edu,owl
        bob,,owl
    ";
    assert_snapshot!(wrong_class(roster, GRANT), @r#"
    error[empty-cell]: this cell of the column `email` is empty
     --> roster.csv:3:5
      |
    3 | bob,,owl
      |     ^ nothing is here
      |
     ::: spec.yaml:6:17
      |
    6 | members: ["user:{{ student.email }}"]
      |                 ------------------- and it is used here
      |
    help: fill it in; or say with `default(…)` what stands for it, or leave the row out with `when:`

    1 error.
    "#);
}

#[test]
fn empty_cell_that_is_used_in_every_row() {
    let roster = "
        login,email,team
        ann,,owl
        bob,,owl
    ";
    assert_snapshot!(wrong_class(roster, GRANT), @r#"
    error[empty-cell]: this cell of the column `email` is empty
     --> roster.csv:2:5
      |
    2 | ann,,owl
      |     ^ nothing is here
      |
     ::: spec.yaml:6:17
      |
    6 | members: ["user:{{ student.email }}"]
      |                 ------------------- and it is used here
      |
    help: fill it in; or say with `default(…)` what stands for it, or leave the row out with `when:`

    error[empty-cell]: this cell of the column `email` is empty
     --> roster.csv:3:5
      |
    3 | bob,,owl
      |     ^ nothing is here
      |
     ::: spec.yaml:6:17
      |
    6 | members: ["user:{{ student.email }}"]
      |                 ------------------- and it is used here
      |
    help: fill it in; or say with `default(…)` what stands for it, or leave the row out with `when:`

    2 errors.
    "#);
}

#[test]
fn row_that_ends_early() {
    let roster = "
        login,email
        ann,ann@x.edu
        bob
    ";
    assert_snapshot!(wrong_class(roster, GRANT), @r#"
    error[empty-cell]: this cell of the column `email` is empty
     --> roster.csv:3:4
      |
    3 | bob
      |    ^ nothing is here
      |
     ::: spec.yaml:6:17
      |
    6 | members: ["user:{{ student.email }}"]
      |                 ------------------- and it is used here
      |
    help: fill it in; or say with `default(…)` what stands for it, or leave the row out with `when:`

    1 error.
    "#);
}

#[test]
fn row_with_a_cell_too_many() {
    let roster = "
        login,name,email
        ann,Lee, Ann,ann@x.edu
        bob,Bob,bob@x.edu
    ";
    assert_snapshot!(wrong_class(roster, VM), @r#"
    error[too-many-cells]: this row has more cells than the roster has columns, which are 3
     --> roster.csv:2:14
      |
    2 | ann,Lee, Ann,ann@x.edu
      |              ^^^^^^^^^ no column has a name for this cell
      |
    help: put quotes around a cell that holds what separates cells: `"Lovelace, Ada"`

    1 error.
    "#);
}

#[test]
fn quote_that_is_not_closed() {
    let roster = r#"
        login,name
        ann,"Lee
        bob,Bob
    "#;
    assert_snapshot!(wrong_class(roster, VM), @r#"
    error[open-quote]: a quote of the roster is not closed: `"` is missing at the end of the cell
     --> roster.csv:2:5
      |
    2 | ann,"Lee
      |     ^ it opens here, and everything after it belongs to this cell
      |
    help: end the cell with `"`, or remove this one; a quote inside of a cell is written twice

    1 error.
    "#);
}

#[test]
fn header_that_is_missing() {
    let roster = "
        ann,ann@x.edu
        bob,bob@x.edu
    ";
    assert_snapshot!(wrong_class(roster, VM), @"
    error[no-header]: the first row of the roster does not name its columns
     --> roster.csv:1:5
      |
    1 | ann,ann@x.edu
      |     ^^^^^^^^^ this is an address
      |
    help: begin with a row such as `login,email,team`

    1 error.
    ");
}

#[test]
fn column_that_is_there_twice() {
    let roster = "
        login,email,email
        ann,ann@x.edu,
    ";
    assert_snapshot!(wrong_class(roster, GRANT), @"
    error[duplicate-column]: two columns of the roster are called `email`
     --> roster.csv:1:13
      |
    1 | login,email,email
      |       ----- ^^^^^
      |       |
      |       the first one
      |
    help: give one of them another name

    1 error.
    ");
}

#[test]
fn table_without_a_row() {
    assert_snapshot!(wrong_class("\n\n", VM), @"
    error[empty-roster]: the roster is empty
     --> roster.csv:1:1
      |
    1 |
      | ^
      |
    help: its first row names the columns: `login,email,team`

    1 error.
    ");
}

#[test]
fn table_that_is_not_utf_8() {
    assert_snapshot!(wrong_class("login,name\neloise,\u{fffd}lo\u{fffd}se\n", VM), @"
    error[not-utf-8]: the roster is not a table in UTF-8
     --> roster.csv:2:8
      |
    2 | eloise,�lo�se
      |        ^ these bytes are no character
      |
    help: export the sheet as CSV; in Excel the format is called `CSV UTF-8`

    1 error.
    ");
}

#[test]
fn table_that_is_not_there() {
    let course = "kind: Course\nname: be-cloud\nproject: my-project\nroster: students.csv\n";
    assert_snapshot!(wrong_course(course), @"
    error[missing-file]: there is no table `students.csv` in the course folder
     --> course.yaml:4:9
      |
    4 | roster: students.csv
      |         ^^^^^^^^^^^^
      |
    help: export the sheet of the class as CSV into the course folder

    1 error.
    ");
}

#[test]
fn file_of_yaml_is_no_table() {
    let course = "kind: Course\nname: be-cloud\nproject: my-project\nroster: students.yaml\n";
    assert_snapshot!(wrong_course(course), @"
    error[missing-file]: there is no table `students.yaml` in the course folder
     --> course.yaml:4:9
      |
    4 | roster: students.yaml
      |         ^^^^^^^^^^^^^
      |
    help: name a CSV file, or write the rows here: `roster: [{ login: ann, team: owl }]`

    1 error.
    ");
}

#[test]
fn something_else_than_a_roster() {
    let course = "kind: Course\nname: be-cloud\nproject: my-project\nroster: { login: ann }\n";
    assert_snapshot!(wrong_course(course), @"
    error[wrong-type]: `roster` must be a text like `roster.csv` or a list, and is a mapping
     --> course.yaml:4:1
      |
    4 | roster: { login: ann }
      | ^^^^^^

    1 error.
    ");
}

#[test]
fn rows_in_the_course_are_checked_like_those_of_a_table() {
    let course = "
        kind: Course
        name: be-cloud
        project: my-project
        region: europe-west1
        roster:
          - { login: ann, email: ann@x.edu }
          - { login: bob, email: bob@x }
          - { login: ann, email: ann@y.edu }
          - { login: eve }
    ";
    assert_snapshot!(wrong_folder(&[("course.yaml", course), ("spec.yaml", GRANT)]), @r#"
    error[bad-email]: `bob@x` is not an email address
     --> course.yaml:7:26
      |
    7 |   - { login: bob, email: bob@x }
      |                          ^^^^^ write it like `name@example.edu`

    error[duplicate-login]: `ann` is in the roster twice
     --> course.yaml:8:14
      |
    6 |   - { login: ann, email: ann@x.edu }
      |              --- the first one
    7 |   - { login: bob, email: bob@x }
    8 |   - { login: ann, email: ann@y.edu }
      |              ^^^ the same login again
      |
    help: remove one of the two rows, or give one of them another login

    error[empty-cell]: this cell of the column `email` is empty
     --> course.yaml:9:7
      |
    9 |   - { login: eve }
      |       ^^^^^ nothing is here
      |
     ::: spec.yaml:6:17
      |
    6 | members: ["user:{{ student.email }}"]
      |                 ------------------- and it is used here
      |
    help: fill it in; or say with `default(…)` what stands for it, or leave the row out with `when:`

    3 errors.
    "#);
}
