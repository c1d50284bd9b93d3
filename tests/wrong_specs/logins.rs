//! Logins from outside.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn repository_is_an_owner_and_a_name() {
    let spec = "
        kind: WorkloadIdentity
        name: github
        repository: https://github.com/my-school/be-cloud
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-repository]: `https://github.com/my-school/be-cloud` is not a repository on GitHub
     --> spec.yaml:3:13
      |
    3 | repository: https://github.com/my-school/be-cloud
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is written as `OWNER/NAME`
      |
    help: write `my-school/be-cloud`
      |
    3 - repository: https://github.com/my-school/be-cloud
    3 + repository: my-school/be-cloud
      |

    1 error.
    ");
}

#[test]
fn id_of_a_pool_has_four_characters_and_is_not_googles() {
    let spec = "
        kind: WorkloadIdentity
        name: gcp-ci
        repository: my-school/be-cloud
        provider: { id: ci }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `gcp-ci` is not an id of a pool or provider
     --> spec.yaml:2:7
      |
    2 | name: gcp-ci
      |       ^^^^^^ ids that begin with `gcp-` are Google's own

    error[bad-name]: `ci` is not an id of a pool or provider
     --> spec.yaml:4:17
      |
    4 | provider: { id: ci }
      |                 ^^ it has 2 characters, and 4 to 32 are allowed

    2 errors.
    ");
}

#[test]
fn mapping_says_what_the_subject_is() {
    let spec = "
        kind: WorkloadIdentity
        name: github
        repository: my-school/be-cloud
        provider:
          issuer: token.actions.githubusercontent.com
          attributeMapping: { attribute.ref: assertion.ref }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-issuer]: an issuer is an address that begins with `https://`
     --> spec.yaml:5:11
      |
    5 |   issuer: token.actions.githubusercontent.com
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: GitHub's own is https://token.actions.githubusercontent.com

    error[no-subject]: a mapping says what the subject is, and this one does not
     --> spec.yaml:6:3
      |
    6 |   attributeMapping: { attribute.ref: assertion.ref }
      |   ^^^^^^^^^^^^^^^^
      |
    help: add `google.subject: assertion.sub`

    2 errors.
    ");
}

#[test]
fn only_members_from_outside_may_follow_from_what_is_known_later() {
    let spec = "
        kind: WorkloadIdentity
        name: github
        repository: my-school/be-cloud
        ---
        kind: IamGrant
        name: g
        on: project
        roles: [roles/viewer]
        members: [\"user:{{ ref('WorkloadIdentity/github').pool }}\"]
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[reference-too-early]: `WorkloadIdentity/github.pool` is known after apply, and this must be known before
     --> spec.yaml:9:11
      |
    9 | members: ["user:{{ ref('WorkloadIdentity/github').pool }}"]
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the expression gives it
      |
    help: mend the expression, or the value it names

    1 error.
    "#);
}
