//! The course document itself, and documents without a home.

use insta::assert_snapshot;

use crate::check::{wrong_course, wrong_folder};

#[test]
fn unknown_field_of_the_course_offers_the_nearest_one() {
    let spec = "
        kind: Course
        name: be-cloud
        projcet: my-project
    ";
    assert_snapshot!(wrong_course(spec), @"
    error[unknown-field]: `Course` has no field `projcet`
     --> course.yaml:3:1
      |
    3 | projcet: my-project
      | ^^^^^^^
      |
    help: did you mean `project`?
      |
    3 - projcet: my-project
    3 + project: my-project
      |

    1 error.
    ");
}

#[test]
fn missing_project_is_shown_by_example() {
    let spec = "
        kind: Course
        name: be-cloud
    ";
    assert_snapshot!(wrong_course(spec), @"
    error[missing-field]: `project` is missing
     --> course.yaml:1:7
      |
    1 | kind: Course
      |       ^^^^^^
      |
    help: add it: `project: my-project`

    1 error.
    ");
}

#[test]
fn project_number_is_no_project_id() {
    let spec = "
        kind: Course
        name: be-cloud
        project: 481407481407
    ";
    assert_snapshot!(wrong_course(spec), @"
    error[wrong-type]: `481407481407` is not an id of a project
     --> course.yaml:3:10
      |
    3 | project: 481407481407
      |          ^^^^^^^^^^^^ it must begin with a letter
      |
    help: use the project's id, not its name or number: `gcloud projects list` shows it

    1 error.
    ");
}

#[test]
fn course_name_must_fit_a_label() {
    let spec = "
        kind: Course
        name: BE Cloud 25/26
        project: my-project
    ";
    assert_snapshot!(wrong_course(spec), @"
    error[bad-name]: `BE Cloud 25/26` is not a name of a course
     --> course.yaml:2:7
      |
    2 | name: BE Cloud 25/26
      |       ^^^^^^^^^^^^^^ `B` is not allowed: lower-case letters, digits, `-` and `_` only; it is also the value of a label
      |
    help: write `be-cloud-25-26`
      |
    2 - name: BE Cloud 25/26
    2 + name: be-cloud-25-26
      |

    1 error.
    ");
}

#[test]
fn region_of_the_course_is_no_zone() {
    let spec = "
        kind: Course
        name: be-cloud
        project: my-project
        region: europe-west1-b
        zones: [europe-west1]
    ";
    assert_snapshot!(wrong_course(spec), @"
    error[bad-region]: `europe-west1-b` is not a region
     --> course.yaml:4:9
      |
    4 | region: europe-west1-b
      |         ^^^^^^^^^^^^^^ write it like `europe-west1`
      |
    help: `europe-west1-b` is a zone of the region `europe-west1`
      |
    4 - region: europe-west1-b
    4 + region: europe-west1
      |

    error[bad-zone]: `europe-west1` is not a zone
     --> course.yaml:5:9
      |
    5 | zones: [europe-west1]
      |         ^^^^^^^^^^^^ write it like `europe-west1-b`
      |
    help: `europe-west1` is a region: add the letter of a zone, `europe-west1-b`
      |
    5 | zones: [europe-west1-b]
      |                     ++

    2 errors.
    ");
}

#[test]
fn zones_are_a_list() {
    let spec = "
        kind: Course
        name: be-cloud
        project: my-project
        zones: europe-west1-b
    ";
    assert_snapshot!(wrong_course(spec), @"
    error[wrong-type]: `zones` must be a list, and is a text
     --> course.yaml:4:8
      |
    4 | zones: europe-west1-b
      |        ^^^^^^^^^^^^^^
      |
    help: write a list
      |
    4 - zones: europe-west1-b
    4 + zones: [europe-west1-b]
      |

    1 error.
    ");
}

#[test]
fn label_of_the_course_is_lower_case() {
    let spec = "
        kind: Course
        name: be-cloud
        project: my-project
        labels: { Owner: Ann Lee, managed-by: me, goog-x: y }
    ";
    assert_snapshot!(wrong_course(spec), @"
    error[bad-label]: `Owner` is not a key of a label
     --> course.yaml:4:11
      |
    4 | labels: { Owner: Ann Lee, managed-by: me, goog-x: y }
      |           ^^^^^ `O` is not allowed: lower-case letters, digits, `-` and `_` only
      |
    help: write `owner`
      |
    4 - labels: { Owner: Ann Lee, managed-by: me, goog-x: y }
    4 + labels: { owner: Ann Lee, managed-by: me, goog-x: y }
      |

    error[bad-label]: `Ann Lee` is not a value of a label
     --> course.yaml:4:18
      |
    4 | labels: { Owner: Ann Lee, managed-by: me, goog-x: y }
      |                  ^^^^^^^ `A` is not allowed: lower-case letters, digits, `-` and `_` only
      |
    help: write `ann-lee`
      |
    4 - labels: { Owner: Ann Lee, managed-by: me, goog-x: y }
    4 + labels: { Owner: ann-lee, managed-by: me, goog-x: y }
      |

    error[bad-label]: `managed-by` is not a label of yours
     --> course.yaml:4:27
      |
    4 | labels: { Owner: Ann Lee, managed-by: me, goog-x: y }
      |                           ^^^^^^^^^^ Provost writes it itself, as its mark
      |
    help: remove it

    error[bad-label]: `goog-x` is not a label of yours
     --> course.yaml:4:43
      |
    4 | labels: { Owner: Ann Lee, managed-by: me, goog-x: y }
      |                                           ^^^^^^ `goog-` is reserved for Google
      |
    help: choose another key

    4 errors.
    ");
}

#[test]
fn empty_inventory_is_no_place() {
    let spec = r#"
        kind: Course
        name: be-cloud
        project: my-project
        inventory: ""
    "#;
    assert_snapshot!(wrong_course(spec), @r#"
    error[out-of-range]: `inventory` must not be empty
     --> course.yaml:4:12
      |
    4 | inventory: ""
      |            ^^

    1 error.
    "#);
}

#[test]
fn folder_without_a_course_says_what_to_add() {
    let found = wrong_folder(&[(
        "spec.yaml",
        "
            kind: FirewallRule
            name: open-80
            allow: [tcp:80]
        ",
    )]);
    assert_snapshot!(found, @"
    error[no-course]: no document of the folder describes the course
     |
    help: add one: `kind: Course` with `name:` and `project:`

    1 error.
    ");
}

#[test]
fn two_courses_point_at_each_other() {
    let found = wrong_folder(&[
        (
            "a.yaml",
            "
            kind: Course
            name: one
            project: my-project
        ",
        ),
        (
            "b.yaml",
            "
            kind: Course
            name: two
            project: my-project
        ",
        ),
    ]);
    assert_snapshot!(found, @"
    error[two-courses]: a folder describes one course
     --> b.yaml:1:7
      |
    1 | kind: Course
      |       ^^^^^^
      |
     ::: a.yaml:1:7
      |
    1 | kind: Course
      |       ------ the first one
      |
    help: move the other to a folder of its own

    1 error.
    ");
}
