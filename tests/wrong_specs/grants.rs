//! Grants: roles, members, and what they are on.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn role_begins_with_roles() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [storage.objectViewer]
        members: [group:students@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-role]: `storage.objectViewer` is not a role
     --> spec.yaml:4:9
      |
    4 | roles: [storage.objectViewer]
      |         ^^^^^^^^^^^^^^^^^^^^ roles begin with `roles/`
      |
    help: write `roles/storage.objectViewer`
      |
    4 | roles: [roles/storage.objectViewer]
      |         ++++++

    1 error.
    ");
}

#[test]
fn role_has_a_form() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [roles/a/b]
        members: [group:students@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-role]: `roles/a/b` is not a role
     --> spec.yaml:4:9
      |
    4 | roles: [roles/a/b]
      |         ^^^^^^^^^ write `roles/SERVICE.NAME`, or `projects/ID/roles/NAME` for one of your own

    1 error.
    ");
}

#[test]
fn member_says_what_it_is() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [roles/viewer]
        members: [ann@school.edu, ci-bot@my-project.iam.gserviceaccount.com]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-member]: `ann@school.edu` is not a member
     --> spec.yaml:5:11
      |
    5 | members: [ann@school.edu, ci-bot@my-project.iam.gserviceaccount.com]
      |           ^^^^^^^^^^^^^^ who is it: a user, a group, a service account?
      |
    help: write `user:ann@school.edu`
      |
    5 | members: [user:ann@school.edu, ci-bot@my-project.iam.gserviceaccount.com]
      |           +++++

    error[bad-member]: `ci-bot@my-project.iam.gserviceaccount.com` is not a member
     --> spec.yaml:5:27
      |
    5 | members: [ann@school.edu, ci-bot@my-project.iam.gserviceaccount.com]
      |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ who is it: a user, a group, a service account?
      |
    help: write `serviceAccount:ci-bot@my-project.iam.gserviceaccount.com`
      |
    5 | members: [ann@school.edu, serviceAccount:ci-bot@my-project.iam.gserviceaccount.com]
      |                           +++++++++++++++

    2 errors.
    ");
}

#[test]
fn member_of_a_type_that_is_nearly_one() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [roles/viewer]
        members: [users:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-member]: `users:ann@school.edu` is not a member
     --> spec.yaml:5:11
      |
    5 | members: [users:ann@school.edu]
      |           ^^^^^^^^^^^^^^^^^^^^ there are no members of type `users`
      |
    help: did you mean `user`?
      |
    5 - members: [users:ann@school.edu]
    5 + members: [user:ann@school.edu]
      |

    1 error.
    ");
}

#[test]
fn member_of_a_type_that_is_none() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [roles/viewer]
        members: [student:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-member]: `student:ann@school.edu` is not a member
     --> spec.yaml:5:11
      |
    5 | members: [student:ann@school.edu]
      |           ^^^^^^^^^^^^^^^^^^^^^^ there are no members of type `student`
      |
    help: the types are user, group, serviceAccount, domain, principal, principalSet

    1 error.
    ");
}

#[test]
fn member_has_an_address() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [roles/viewer]
        members: [user:ann]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-member]: `user:ann` is not a member
     --> spec.yaml:5:11
      |
    5 | members: [user:ann]
      |           ^^^^^^^^ an address looks like `name@example.edu`

    1 error.
    ");
}

#[test]
fn member_that_is_deleted() {
    let spec = r#"
        kind: IamGrant
        name: students
        on: project
        roles: [roles/viewer]
        members: ["deleted:user:ann@school.edu?uid=1"]
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[bad-member]: `deleted:user:ann@school.edu?uid=1` is not a member
     --> spec.yaml:5:11
      |
    5 | members: ["deleted:user:ann@school.edu?uid=1"]
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is deleted, and can only be taken away
      |
    help: remove it from the list

    1 error.
    "#);
}

#[test]
fn everybody_is_not_granted_a_project() {
    let spec = "
        kind: IamGrant
        name: public
        on: project
        roles: [roles/storage.objectViewer]
        members: [allUsers]
    ";
    assert_snapshot!(wrong(spec), @"
    error[member-not-grantable]: everybody cannot be granted a role on a project
     --> spec.yaml:5:11
      |
    5 | members: [allUsers]
      |           ^^^^^^^^
      |
    help: grant it on one bucket: `on: { bucket: NAME }`

    1 error.
    ");
}

#[test]
fn user_is_not_made_owner() {
    let spec = "
        kind: IamGrant
        name: owners
        on: project
        roles: [roles/owner]
        members: [user:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[member-not-grantable]: a user becomes owner by an invitation in the console only
     --> spec.yaml:5:11
      |
    5 | members: [user:ann@school.edu]
      |           ^^^^^^^^^^^^^^^^^^^
      |
    help: grant `roles/editor`, or invite them there

    1 error.
    ");
}

#[test]
fn basic_role_takes_no_condition() {
    let spec = r#"
        kind: IamGrant
        name: students
        on: project
        roles: [roles/editor]
        members: [user:ann@school.edu]
        condition: { title: term, expression: 'request.time < timestamp("2027-07-01T00:00:00Z")' }
    "#;
    assert_snapshot!(wrong(spec), @"
    error[role-not-grantable]: basic roles take no condition
     --> spec.yaml:4:9
      |
    4 | roles: [roles/editor]
      |         ^^^^^^^^^^^^
      |
    help: grant the narrow roles instead: `roles/compute.instanceAdmin.v1`, `roles/storage.objectAdmin`

    1 error.
    ");
}

#[test]
fn basic_role_is_for_the_project() {
    let spec = "
        kind: IamGrant
        name: students
        on: { bucket: my-files }
        roles: [roles/viewer]
        members: [user:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[role-not-grantable]: basic roles are granted on the project only
     --> spec.yaml:4:9
      |
    4 | roles: [roles/viewer]
      |         ^^^^^^^^^^^^
      |
    help: grant a role of the service, such as `roles/storage.objectViewer`

    1 error.
    ");
}

#[test]
fn role_of_a_service_agent_is_googles() {
    let spec = "
        kind: IamGrant
        name: agents
        on: project
        roles: [roles/compute.serviceAgent]
        members: [user:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[role-not-grantable]: service agent roles are Google's own
     --> spec.yaml:4:9
      |
    4 | roles: [roles/compute.serviceAgent]
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: remove it: Google grants it when the API is enabled

    1 error.
    ");
}

#[test]
fn grant_is_on_a_known_target() {
    let spec = "
        kind: IamGrant
        name: students
        on: projekt
        roles: [roles/viewer]
        members: [user:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[not-one-of]: `on` must be `project`, and is `projekt`
     --> spec.yaml:3:5
      |
    3 | on: projekt
      |     ^^^^^^^
      |
    help: did you mean `project`?
      |
    3 - on: projekt
    3 + on: project
      |

    1 error.
    ");
}

#[test]
fn grant_is_on_one_target() {
    let spec = "
        kind: IamGrant
        name: students
        on: { bucket: a, vm: b }
        roles: [roles/compute.viewer]
        members: [user:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @r"
    error[too-many-fields]: `on` takes only one field
     --> spec.yaml:3:1
      |
    3 | on: { bucket: a, vm: b }
      | ^^
      |
    help: keep one of `bucket`, `registry`, `serviceAccount`, `vm`, `secret`

    1 error.
    ");
}

#[test]
fn grant_is_on_something() {
    let spec = "
        kind: IamGrant
        name: students
        on: {}
        roles: [roles/compute.viewer]
        members: [user:ann@school.edu]
    ";
    assert_snapshot!(wrong(spec), @r"
    error[missing-field]: `on` must not be empty
     --> spec.yaml:3:1
      |
    3 | on: {}
      | ^^
      |
    help: write at least one of `bucket`, `registry`, `serviceAccount`, `vm`, `secret`

    1 error.
    ");
}

#[test]
fn grant_without_members() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [roles/compute.viewer]
    ";
    assert_snapshot!(wrong(spec), @"
    error[missing-field]: `members` is missing
     --> spec.yaml:1:7
      |
    1 | kind: IamGrant
      |       ^^^^^^^^
      |
    help: add it: `members: [user:student@example.edu]`

    1 error.
    ");
}

#[test]
fn two_grants_of_the_same_are_one_too_many() {
    let spec = "
        kind: IamGrant
        name: students
        on: project
        roles: [roles/compute.viewer]
        members: [user:ann@school.edu, user:bob@school.edu]
        ---
        kind: IamGrant
        name: teachers
        on: project
        roles: [roles/compute.viewer, roles/editor]
        members: [user:ann@school.edu, user:bob@school.edu]
    ";
    assert_snapshot!(wrong(spec), @r"
    error[declared-twice]: IamGrant/students and IamGrant/teachers both declare roles/compute.viewer for user:ann@school.edu on the project, and 1 more
     --> spec.yaml:8:7
      |
    2 | name: students
      |       -------- first declared here
    ...
    8 | name: teachers
      |       ^^^^^^^^ declared here again
      |
    help: remove it from one of the two

    warning[basic-role]: `roles/editor` lets people do nearly everything, and Google takes no end date for it
      --> spec.yaml:10:31
       |
    10 | roles: [roles/compute.viewer, roles/editor]
       |                               ^^^^^^^^^^^^ it stays until somebody takes it away
       |
    help: grant what the course needs: `roles/compute.instanceAdmin.v1`, `roles/storage.objectAdmin`, `roles/artifactregistry.writer`, `roles/iam.serviceAccountUser`

    1 error, 1 warning.
    ");
}
