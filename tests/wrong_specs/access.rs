//! Grants, accounts and APIs.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn api_in_two_lists_is_one_too_many() {
    let spec = "
        kind: ApiServices
        name: apis
        services: [compute.googleapis.com]
        ---
        kind: ApiServices
        name: more
        services: [compute.googleapis.com]
    ";
    assert_snapshot!(wrong(spec), @"
    error[declared-twice]: ApiServices/apis and ApiServices/more both declare the API compute.googleapis.com
     --> spec.yaml:6:7
      |
    2 | name: apis
      |       ---- first declared here
    ...
    6 | name: more
      |       ^^^^ declared here again
      |
    help: remove it from one of the two

    1 error.
    ");
}

#[test]
fn api_has_its_full_name() {
    let spec = "
        kind: ApiServices
        name: apis
        services: [Compute, https://storage.googleapis.com]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-service]: `Compute` is not the full name of an API
     --> spec.yaml:3:12
      |
    3 | services: [Compute, https://storage.googleapis.com]
      |            ^^^^^^^ names of APIs end with `.googleapis.com`
      |
    help: write `compute.googleapis.com`
      |
    3 - services: [Compute, https://storage.googleapis.com]
    3 + services: [compute.googleapis.com, https://storage.googleapis.com]
      |

    error[bad-service]: `https://storage.googleapis.com` is not the full name of an API
     --> spec.yaml:3:21
      |
    3 | services: [Compute, https://storage.googleapis.com]
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is a name, not an address
      |
    help: write `storage.googleapis.com`
      |
    3 - services: [Compute, https://storage.googleapis.com]
    3 + services: [Compute, storage.googleapis.com]
      |

    2 errors.
    ");
}

#[test]
fn scope_that_is_nearly_one() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        scopes: [storage-wr]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-scope]: `storage-wr` is not a scope
     --> spec.yaml:4:10
      |
    4 | scopes: [storage-wr]
      |          ^^^^^^^^^^ it is neither one of gcloud's names nor a URL
      |
    help: did you mean `storage-rw`?
      |
    4 - scopes: [storage-wr]
    4 + scopes: [storage-rw]
      |

    1 error.
    ");
}

#[test]
fn scope_that_is_none() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        scopes: [everything]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-scope]: `everything` is not a scope
     --> spec.yaml:4:10
      |
    4 | scopes: [everything]
      |          ^^^^^^^^^^ it is neither one of gcloud's names nor a URL
      |
    help: common ones are `storage-ro`, `storage-rw`, `logging-write`, `cloud-platform`

    1 error.
    ");
}

#[test]
fn account_of_a_machine_has_a_form() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        serviceAccount: CI Bot
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-account]: `CI Bot` is not an account
     --> spec.yaml:4:17
      |
    4 | serviceAccount: CI Bot
      |                 ^^^^^^ write an id of this project, an address, `default` or `none`

    1 error.
    ");
}

#[test]
fn description_leaves_room_for_the_mark() {
    let found = wrong(&format!("kind: ServiceAccount\nname: ci-bot\ndescription: {}\n", "x".repeat(250)));
    assert_snapshot!(found, @"
    error[too-long]: with the mark of the course the description has 269 bytes, and the API takes 256
     --> spec.yaml:3:14
      |
    3 | ...n: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: shorten it to 237 bytes

    1 error.
    ");
}
