//! `forEach` and `when`: what they cannot go over, names that are not there, and mistakes that belong to one row.

use insta::assert_snapshot;

use crate::check::{right, wrong, wrong_class};

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

#[test]
fn when_that_is_no_answer() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        when: student.team
        name: be-{{ student.login }}
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @r#"
    error[wrong-type]: `when` must be true or false, and is a text
     --> spec.yaml:3:7
      |
    3 | when: student.team
      |       ^^^^^^^^^^^^
      |
    help: compare it with something: `when: student.team == "owl"`

    1 error.
    "#);
}

#[test]
fn when_with_an_unknown_name() {
    let spec = r#"
        kind: Bucket
        forEach: { student: roster }
        when: studnt.team == "owl"
        name: be-{{ student.login }}
    "#;
    assert_snapshot!(wrong_class(CLASS, spec), @r#"
    error[undefined-variable]: `studnt.team` is not defined
     --> spec.yaml:3:7
      |
    3 | when: studnt.team == "owl"
      |       ^^^^^^^^^^^
      |
    help: did you mean `student.team`?
      |
    3 | when: student.team == "owl"
      |           +

    1 error.
    "#);
}

#[test]
fn when_of_an_empty_cell() {
    let spec = r#"
        kind: Bucket
        forEach: { student: roster }
        when: student.gpu == "yes"
        name: be-{{ student.login }}
    "#;
    assert_snapshot!(wrong_class("login,gpu\nann,yes\nbob,\n", spec), @r#"
    error[empty-cell]: this cell of the column `gpu` is empty
     --> roster.csv:3:6
      |
    3 | bob,
      |     ^ nothing is here
      |
     ::: spec.yaml:3:7
      |
    3 | when: student.gpu == "yes"
      |       -------------------- and it is used here
      |
    help: fill it in; or say with `default(…)` what stands for it, or leave the row out with `when:`

    1 error.
    "#);
}

#[test]
fn when_in_half_an_expression() {
    let spec = r#"
        kind: Bucket
        forEach: { student: roster }
        when: "{{ student.team }} == 'owl'"
        name: be-{{ student.login }}
    "#;
    assert_snapshot!(wrong_class(CLASS, spec), @r#"
    error[expression]: text and expressions are mixed here, which gives a text
     --> spec.yaml:3:8
      |
    3 | when: "{{ student.team }} == 'owl'"
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: write one expression, without braces: `student.team == "owl"`

    1 error.
    "#);
}

#[test]
fn variable_that_is_taken() {
    let spec = "
        kind: Bucket
        forEach: { vars: roster }
        name: be-{{ vars.login }}
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[bad-variable]: `vars` cannot be a variable of `forEach`: every spec has it already
     --> spec.yaml:2:12
      |
    2 | forEach: { vars: roster }
      |            ^^^^
      |
    help: call it after one of many: `student`, `team`, `port`

    1 error.
    ");
}

#[test]
fn variable_that_cannot_be_said() {
    let spec = "
        kind: Bucket
        forEach: { the-student: roster }
        name: be
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[bad-variable]: `the-student` cannot be a variable: an expression could not name it
     --> spec.yaml:2:12
      |
    2 | forEach: { the-student: roster }
      |            ^^^^^^^^^^^
      |
    help: use letters, digits and `_`, and no word of the language

    1 error.
    ");
}

#[test]
fn misspelt_for_each_is_read_all_the_same() {
    let spec = "
        kind: Bucket
        for_each: { student: roster }
        name: be-{{ student.login }}
    ";
    assert_snapshot!(wrong_class(CLASS, spec), @"
    error[unknown-field]: there is no field `for_each`
     --> spec.yaml:2:1
      |
    2 | for_each: { student: roster }
      | ^^^^^^^^
      |
    help: did you mean `forEach`?
      |
    2 - for_each: { student: roster }
    2 + forEach: { student: roster }
      |

    1 error.
    ");
}

#[test]
fn roster_that_the_course_does_not_have() {
    let spec = "
        kind: Bucket
        forEach: { student: roster }
        name: be-{{ student.login }}
    ";
    assert_snapshot!(wrong(spec), @"
    error[undefined-variable]: `roster` is not defined
     --> spec.yaml:2:21
      |
    2 | forEach: { student: roster }
      |                     ^^^^^^
      |
    help: the Course has no roster: add `roster: roster.csv` to it, with the file in the course folder

    1 error.
    ");
}

#[test]
fn for_each_of_a_text() {
    let spec = "
        kind: Bucket
        forEach: { team: vars.team }
        name: be-{{ team }}
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `forEach` goes over lists, and a text is none
     --> spec.yaml:2:18
      |
    2 | forEach: { team: vars.team }
      |                  ^^^^^^^^^
      |
    help: write `roster`, a list such as `[a, b]`, or the name of one: `vars.teams`

    1 error.
    ");
}

#[test]
fn for_each_of_nothing() {
    let spec = "
        kind: Bucket
        forEach: roster
        name: be-{{ student.login }}
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `forEach` names a variable and what it goes over
     --> spec.yaml:2:1
      |
    2 | forEach: roster
      | ^^^^^^^
      |
    help: write `forEach: { student: roster }`

    1 error.
    ");
}

#[test]
fn for_each_of_a_number() {
    let spec = "
        kind: Bucket
        forEach: { n: 3 }
        name: be-{{ n }}
    ";
    assert_snapshot!(wrong(spec), @"
    error[wrong-type]: `forEach` goes over lists, and this is none
     --> spec.yaml:2:15
      |
    2 | forEach: { n: 3 }
      |               ^
      |
    help: write `roster`, a list such as `[a, b]`, or the name of one: `vars.teams`

    1 error.
    ");
}

#[test]
fn entry_that_is_wrong_is_shown() {
    let spec = "
        kind: Bucket
        forEach: { team: [owl, Cat] }
        name: be-{{ team }}
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-bucket-name]: `be-Cat` is not a name of a bucket
     --> spec.yaml:3:7
      |
    2 | forEach: { team: [owl, Cat] }
      |                        --- for this entry
    3 | name: be-{{ team }}
      |       ^^^^^^^^^^^^^ `C` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
    help: mend the expression, or the value it names

    1 error.
    ");
}

#[test]
fn lists_products_and_answers_that_are_right() {
    let rows = [
        "forEach: { team: vars.mascots }\nname: be-{{ team }}",
        "forEach: { team: '{{ vars.mascots }}', n: [1, 2] }\nname: be-{{ team }}-{{ n }}",
        "forEach: { disk: vars.disk }\nname: be-{{ disk.key | lower }}-{{ disk.value }}",
        "forEach: { team: { owl: [ann, bob] }, login: team.value }\nname: be-{{ team.key }}-{{ login }}",
        "forEach: { n: range(3) }\nwhen: n != 1\nname: be-{{ n }}",
        "when: vars.size > 60\nname: Not A Bucket",
        "when: false\nname: '{{ vars.nothing }}'",
        "forEach: { team: [] }\nname: '{{ vars.nothing }}'",
    ];
    for row in rows {
        right(&format!("kind: Bucket\n{row}\n"));
    }
}
