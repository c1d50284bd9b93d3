//! Mistakes in the policy itself: a pattern that means nothing would forbid everything.

use insta::assert_snapshot;

use super::check::wrong_course;

#[test]
fn rules_and_patterns_that_mean_nothing() {
    let found = wrong_course(
        "
        kind: Course
        name: be-cloud
        project: my-project
        policy:
          machineType: [e2-*]
          roles: [owner]
          images: [debian-12]
          openPorts: [8501]
          memberDomains: [ann@example.edu]
          machines: many
    ",
    );
    assert_snapshot!(found, @r"
    error[unknown-field]: `policy` has no field `machineType`
     --> course.yaml:5:3
      |
    5 |   machineType: [e2-*]
      |   ^^^^^^^^^^^
      |
    help: did you mean `machineTypes`?
      |
    5 |   machineTypes: [e2-*]
      |              +

    error[bad-role]: `owner` is not a role
     --> course.yaml:6:11
      |
    6 |   roles: [owner]
      |           ^^^^^ roles begin with `roles/`
      |
    help: write `roles/owner`
      |
    6 |   roles: [roles/owner]
      |           ++++++

    error[bad-pattern]: `debian-12` is not an image
     --> course.yaml:7:12
      |
    7 |   images: [debian-12]
      |            ^^^^^^^^^ it does not say whose it is
      |
    help: write `debian-cloud/debian-12`, `debian-cloud/*` or `europe-docker.pkg.dev/my-project/*`

    error[wrong-type]: `8501` is not traffic
     --> course.yaml:8:15
      |
    8 |   openPorts: [8501]
      |               ^^^^ which protocol?
      |
    help: write `tcp:8501`
      |
    8 |   openPorts: [tcp:8501]
      |               ++++

    error[bad-pattern]: `ann@example.edu` is not a domain
     --> course.yaml:9:19
      |
    9 |   memberDomains: [ann@example.edu]
      |                   ^^^^^^^^^^^^^^^ a domain looks like `example.edu`
      |
    help: write `example.edu`
      |
    9 -   memberDomains: [ann@example.edu]
    9 +   memberDomains: [example.edu]
      |

    error[wrong-type]: `machines` must be a whole number, and is a text
      --> course.yaml:10:13
       |
    10 |   machines: many
       |             ^^^^

    6 errors.
    ");
}
