//! Secrets of containers, and grants on secrets.

use insta::assert_snapshot;

use crate::check::{right, wrong};

/// A machine whose container has these lines, and these of its own.
fn machine(container: &str, more: &str) -> String {
    format!(
        "kind: ContainerVm\nname: web\nmachineType: e2-medium\n{more}containers:\n- image: nginx:1\n{container}"
    )
}

#[test]
fn a_variable_has_one_value() {
    let spec = machine("  env: { KEY: x }\n  secretEnv: { KEY: { secret: key } }\n", "");
    assert_snapshot!(wrong(&spec), @r"
    error[env-twice]: `KEY` stands in `env` and in `secretEnv`
     --> spec.yaml:7:16
      |
    7 |   secretEnv: { KEY: { secret: key } }
      |                ^^^
      |
    help: remove it from one of the two

    1 error.
    ");
}

#[test]
fn a_machine_asks_secret_manager_with_the_scope_of_everything() {
    let spec = machine("  secretEnv: { KEY: { secret: key } }\n", "scopes: [storage-rw]\n");
    assert_snapshot!(wrong(&spec), @r"
    error[secret-scope]: Secret Manager answers only tokens with the scope `cloud-platform`
     --> spec.yaml:4:1
      |
    4 | scopes: [storage-rw]
      | ^^^^^^ its containers would wait for their secrets for ever
      |
    help: write `scopes: [cloud-platform]`, or leave it out; what the account may do is up to its grants

    1 error.
    ");
    right(&spec.replace("storage-rw", "cloud-platform"));
}

#[test]
fn a_machine_without_an_account_reads_no_secrets() {
    let spec = machine("  secretEnv: { KEY: { secret: key } }\n", "serviceAccount: none\n");
    assert_snapshot!(wrong(&spec), @r"
    error[secret-without-account]: a machine without an account reads no secrets
     --> spec.yaml:4:17
      |
    4 | serviceAccount: none
      |                 ^^^^
      |
    help: name an account of its own: `serviceAccount: NAME`

    1 error.
    ");
}

#[test]
fn a_secret_is_named_by_its_id_or_in_full() {
    let spec = machine("  secretEnv: { KEY: { secret: key/versions/3 } }\n", "");
    assert_snapshot!(wrong(&spec), @r"
    error[bad-secret]: `key/versions/3` is not a secret
     --> spec.yaml:6:31
      |
    6 |   secretEnv: { KEY: { secret: key/versions/3 } }
      |                               ^^^^^^^^^^^^^^ write its id, or `projects/PROJECT/secrets/ID/versions/3`
      |
    help: name the secret, and keep its value in Secret Manager: `gcloud secrets create NAME --data-file=-`

    1 error.
    ");
    right(&spec.replace("key/versions/3", "projects/my-project/secrets/key/versions/3"));
}

#[test]
fn a_version_is_named_once() {
    let spec =
        machine("  secretEnv: { KEY: { secret: projects/p-1234/secrets/key/versions/3, version: 4 } }\n", "");
    assert_snapshot!(wrong(&spec), @r"
    error[version-twice]: the version is named twice
     --> spec.yaml:6:80
      |
    6 |   secretEnv: { KEY: { secret: projects/p-1234/secrets/key/versions/3, version: 4 } }
      |                                                                                ^
      |
    help: remove it here, or from the secret's name

    1 error.
    ");
}

#[test]
fn a_variable_that_starts_the_container_holds_no_secret() {
    let spec = machine("  secretEnv: { DOCKER_HOST: { secret: key } }\n", "");
    assert_snapshot!(wrong(&spec), @r"
    error[env-taken]: `DOCKER_HOST` cannot hold a secret
     --> spec.yaml:6:16
      |
    6 |   secretEnv: { DOCKER_HOST: { secret: key } }
      |                ^^^^^^^^^^^ what starts the container reads this variable itself
      |
    help: give the variable another name

    1 error.
    ");
}

#[test]
fn a_service_names_its_secrets_as_a_container_does() {
    let service = |env: &str| wrong(&format!("kind: RunService\nname: api\nimage: nginx:1\n{env}\n"));
    assert_snapshot!(service("secretEnv: { KEY: { secret: key/versions/3 } }"), @r"
    error[bad-secret]: `key/versions/3` is not a secret
     --> spec.yaml:4:29
      |
    4 | secretEnv: { KEY: { secret: key/versions/3 } }
      |                             ^^^^^^^^^^^^^^ write its id, or `projects/PROJECT/secrets/ID/versions/3`
      |
    help: name the secret, and keep its value in Secret Manager: `gcloud secrets create NAME --data-file=-`

    1 error.
    ");
    assert_snapshot!(service("secretEnv: { KEY: { secret: projects/p-1234/secrets/key/versions/3, version: 4 } }"), @r"
    error[version-twice]: the version is named twice
     --> spec.yaml:4:78
      |
    4 | secretEnv: { KEY: { secret: projects/p-1234/secrets/key/versions/3, version: 4 } }
      |                                                                              ^
      |
    help: remove it here, or from the secret's name

    1 error.
    ");
    assert_snapshot!(service("env: { KEY: x }\nsecretEnv: { KEY: { secret: key } }"), @r"
    error[env-twice]: `KEY` stands in `env` and in `secretEnv`
     --> spec.yaml:5:14
      |
    5 | secretEnv: { KEY: { secret: key } }
      |              ^^^
      |
    help: remove it from one of the two

    1 error.
    ");
}

#[test]
fn a_value_is_no_secret() {
    let spec = machine("  secretEnv: { KEY: hunter2 }\n", "");
    assert_snapshot!(wrong(&spec), @r"
    error[wrong-type]: `KEY` must be a mapping, and is a text
     --> spec.yaml:6:21
      |
    6 |   secretEnv: { KEY: hunter2 }
      |                     ^^^^^^^
      |
    help: name its fields, such as `KEY: { secret: hunter2 }`

    1 error.
    ");
}

#[test]
fn a_grant_names_a_secret_by_its_id() {
    let spec = "
        kind: IamGrant
        name: reader
        on: { secret: projects/my-project/secrets/key }
        roles: [roles/secretmanager.secretAccessor]
        members: ['user:ann@x.edu']
    ";
    assert_snapshot!(wrong(spec), @r"
    error[bad-secret]: `projects/my-project/secrets/key` is not the id of a secret
     --> spec.yaml:3:15
      |
    3 | on: { secret: projects/my-project/secrets/key }
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ letters, digits, `-` and `_`, at most 255; a secret of another project needs `project:` on the grant
      |
    help: write `key`
      |
    3 - on: { secret: projects/my-project/secrets/key }
    3 + on: { secret: key }
      |

    1 error.
    ");
}
