//! What belongs to a course besides its folder: overlays and included files.

use insta::assert_snapshot;
use provost::spec::{Role, Text};

use crate::check::{wrong_overlay, wrong_texts};

const RULE: &str = "
    kind: FirewallRule
    name: open-{{ vars.size }}
    allow: [tcp:80]
    ---
    kind: FirewallRule
    name: plain
    allow: [tcp:81]
";

#[test]
fn a_value_of_an_overlay_is_blamed_in_the_overlay() {
    let overlay = "
        kind: FirewallRule
        name: open-{{ vars.size }}
        allow: [tcp:800000]
        ---
        kind: Course
        region: europe
    ";
    assert_snapshot!(wrong_overlay(RULE, overlay), @"
    error[bad-port]: `tcp:800000` is not traffic
     --> overlays/next.yaml:3:9
      |
    3 | allow: [tcp:800000]
      |         ^^^^^^^^^^ `800000` is no port: ports are 0 to 65535

    error[bad-region]: `europe` is not a region
     --> overlays/next.yaml:6:9
      |
    6 | region: europe
      |         ^^^^^^ write it like `europe-west1`

    2 errors.
    ");
}

#[test]
fn what_an_overlay_removes_must_be_there() {
    let overlay = "
        kind: FirewallRule
        name: open-{{ vars.sizes }}
        remove: true
        ---
        kind: FirewallRule
        name: quite-another-one
        remove: true
        ---
        kind: Bucket
        name: files
        remove: true
        ---
        kind: FirewallRule
        name: plain
        prioritty: null
    ";
    assert_snapshot!(wrong_overlay(RULE, overlay), @"
    error[nothing-to-remove]: the folder declares no FirewallRule/open-{{ vars.sizes }}
     --> overlays/next.yaml:2:7
      |
    2 | name: open-{{ vars.sizes }}
      |       ^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `open-{{ vars.size }}`?
      |
    2 - name: open-{{ vars.sizes }}
    2 + name: open-{{ vars.size }}
      |

    error[nothing-to-remove]: the folder declares no FirewallRule/quite-another-one
     --> overlays/next.yaml:6:7
      |
    6 | name: quite-another-one
      |       ^^^^^^^^^^^^^^^^^
      |
    help: names are compared as they are written: `open-{{ vars.size }}`, `plain`

    error[nothing-to-remove]: the folder declares no Bucket/files
      --> overlays/next.yaml:10:7
       |
    10 | name: files
       |       ^^^^^
       |
    help: it declares no Bucket at all

    error[nothing-to-remove]: there is no `prioritty` to remove
      --> overlays/next.yaml:15:1
       |
    15 | prioritty: null
       | ^^^^^^^^^ an empty value removes
       |
    help: write a value, or take the line out

    4 errors.
    ");
}

#[test]
fn a_removal_says_nothing_else() {
    let overlay = "
        kind: FirewallRule
        name: plain
        remove: true
        allow: [tcp:1]
        ---
        kind: FirewallRule
        name: open-{{ vars.size }}
        remove: yes
        ---
        kind: Course
        remove: true
    ";
    assert_snapshot!(wrong_overlay(RULE, overlay), @"
    error[removed-with-fields]: `allow` says nothing about what is removed
     --> overlays/next.yaml:4:1
      |
    4 | allow: [tcp:1]
      | ^^^^^
      |
    help: keep `kind`, `name` and `remove: true`, and nothing else

    error[wrong-type]: `remove` is `true`, or not there at all
     --> overlays/next.yaml:8:1
      |
    8 | remove: yes
      | ^^^^^^
      |
    help: take the line out to change the resource instead

    error[course-removed]: a course cannot be removed from itself
      --> overlays/next.yaml:11:1
       |
    11 | remove: true
       | ^^^^^^
       |
    help: `provost destroy` takes everything down

    3 errors.
    ");
}

#[test]
fn an_overlay_cannot_choose_between_documents_of_one_name() {
    let twice = "
        kind: FirewallRule
        name: same
        when: \"1 == 1\"
        allow: [tcp:80]
        ---
        kind: FirewallRule
        name: same
        when: \"1 == 2\"
        allow: [tcp:81]
    ";
    let overlay = "
        kind: FirewallRule
        name: same
        priority: 10
    ";
    assert_snapshot!(wrong_overlay(twice, overlay), @"
    error[ambiguous-overlay]: several documents of the folder are FirewallRule/same
     --> overlays/next.yaml:2:7
      |
    2 | name: same
      |       ^^^^ which of them is changed?
      |
     ::: spec.yaml:2:7
      |
    2 | name: same
      |       ---- the first one
      |
    help: give them names of their own

    1 error.
    ");
}

#[test]
fn removal_is_for_overlays() {
    let spec = "
        kind: FirewallRule
        name: plain
        allow: [tcp:80]
        remove: true
    ";
    assert_snapshot!(crate::check::wrong(spec), @r"
    error[unknown-field]: `FirewallRule` has no field `remove`
     --> spec.yaml:4:1
      |
    4 | remove: true
      | ^^^^^^
      |
    help: `provost schema FirewallRule` describes the 17 fields it has

    1 error.
    ");
}

#[test]
fn includes_lead_somewhere_new_and_bring_no_second_course() {
    let course = "kind: Course\nname: be-cloud\nproject: my-project\ninclude: [../common/rules.yaml, ../absent, ., 3]\n";
    let texts = vec![
        Text::new("course.yaml", course.replace(", 3", ""), Role::Specs),
        Text::new(
            "../common/rules.yaml",
            "kind: Course\nname: other\nproject: my-project\n---\nkind: FirewallRule\nname: x\nallow: [tcp:99999]\n",
            Role::Included("../common/rules.yaml".to_owned()),
        ),
        Text::new("course.yaml", "", Role::Again(".".to_owned())),
    ];
    assert_snapshot!(wrong_texts(&texts), @"
    error[missing-include]: there is no `../absent` with specs in it
     --> course.yaml:4:33
      |
    4 | include: [../common/rules.yaml, ../absent, .]
      |                                 ^^^^^^^^^
      |
    help: name a YAML file, or a folder that holds some, from the course folder on: `../common/rules.yaml`

    error[included-twice]: what `.` names belongs to the course already
     --> course.yaml:4:44
      |
    4 | include: [../common/rules.yaml, ../absent, .]
      |                                            ^
      |
    help: remove it: the YAML files of the course folder are part of it, and others need only be named once

    error[course-included]: a file that is included cannot describe a course
     --> ../common/rules.yaml:1:7
      |
    1 | kind: Course
      |       ^^^^^^
      |
    help: keep the Course in the course folder, and what the environments change in `overlays/`

    error[bad-port]: `tcp:99999` is not traffic
     --> ../common/rules.yaml:7:9
      |
    7 | allow: [tcp:99999]
      |         ^^^^^^^^^ `99999` is no port: ports are 0 to 65535

    4 errors in 2 files.
    ");
    assert_snapshot!(wrong_texts(&vec![Text::new("course.yaml", course, Role::Specs)]), @r#"
    error[missing-include]: there is no `../common/rules.yaml` with specs in it
     --> course.yaml:4:11
      |
    4 | include: [../common/rules.yaml, ../absent, ., 3]
      |           ^^^^^^^^^^^^^^^^^^^^
      |
    help: name a YAML file, or a folder that holds some, from the course folder on: `../common/rules.yaml`

    error[missing-include]: there is no `../absent` with specs in it
     --> course.yaml:4:33
      |
    4 | include: [../common/rules.yaml, ../absent, ., 3]
      |                                 ^^^^^^^^^
      |
    help: name a YAML file, or a folder that holds some, from the course folder on: `../common/rules.yaml`

    error[missing-include]: there is no `.` with specs in it
     --> course.yaml:4:44
      |
    4 | include: [../common/rules.yaml, ../absent, ., 3]
      |                                            ^
      |
    help: name a YAML file, or a folder that holds some, from the course folder on: `../common/rules.yaml`

    error[wrong-type]: an entry of `include` must be a text like `../common/rules.yaml`, and is a number
     --> course.yaml:4:47
      |
    4 | include: [../common/rules.yaml, ../absent, ., 3]
      |                                               ^
      |
    help: put quotes around it
      |
    4 - include: [../common/rules.yaml, ../absent, ., 3]
    4 + include: [../common/rules.yaml, ../absent, ., "3"]
      |

    4 errors.
    "#);
}
