//! The project that a resource of any kind may name.

use insta::assert_snapshot;

use crate::check::{right, wrong};

#[test]
fn a_project_is_named_by_its_id() {
    let spec = "
        kind: Bucket
        name: my-files
        location: EU
        project: My Project
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-project]: `My Project` is not an id of a project
     --> spec.yaml:4:10
      |
    4 | project: My Project
      |          ^^^^^^^^^^ `M` is not allowed: lower-case letters, digits and hyphens only
      |
    help: use the project's id, not its name or number: `gcloud projects list` shows it

    1 error.
    ");
}

#[test]
fn an_address_is_one_thing_in_whichever_project() {
    let spec = "
        kind: FirewallRule
        forEach: { project: [team-owl-2526, team-cat-2526] }
        name: open
        project: \"{{ project }}\"
        allow: [tcp:80]
    ";
    assert_snapshot!(wrong(spec), @"
    error[duplicate-address]: FirewallRule/open is declared twice
     --> spec.yaml:3:7
      |
    2 | forEach: { project: [team-owl-2526, team-cat-2526] }
      |                      -------------  ------------- the second one is made of this
      |                      |
      |                      the first one is made of this
    3 | name: open
      |       ^^^^ the same for several
      |
    help: put into the name what makes each of them another: `name: vm-{{ student.login }}`

    1 error.
    ");
}

#[test]
fn what_two_specs_declare_in_two_projects_is_not_declared_twice() {
    right(
        "
        kind: ApiServices
        name: one
        services: [compute.googleapis.com]
        ---
        kind: ApiServices
        name: two
        project: team-owl-2526
        services: [compute.googleapis.com]
    ",
    );
    let twice = "
        kind: ApiServices
        name: one
        project: team-owl-2526
        services: [compute.googleapis.com]
        ---
        kind: ApiServices
        name: two
        project: team-owl-2526
        services: [compute.googleapis.com]
    ";
    assert_snapshot!(wrong(twice), @"
    error[declared-twice]: ApiServices/one and ApiServices/two both declare the API compute.googleapis.com
     --> spec.yaml:7:7
      |
    2 | name: one
      |       --- first declared here
    ...
    7 | name: two
      |       ^^^ declared here again
      |
    help: remove it from one of the two

    1 error.
    ");
}
