//! `forEach` and `when` themselves: what they cannot go over, variables that cannot be, answers that are none.

use insta::assert_snapshot;

use crate::check::{right, wrong, wrong_class};

const CLASS: &str = "login,email,team\nann,ann@x.edu,owl\nbob,bob@x.edu,cat\neve,eve@x.edu,cat\n";

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
