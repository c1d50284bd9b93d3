//! Names: each API has rules of its own.

use insta::assert_snapshot;

use crate::check::wrong;

#[test]
fn name_of_compute_engine_is_lower_case() {
    let spec = "
        kind: FirewallRule
        name: Open_8501
        allow: [tcp:8501]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `Open_8501` is not a name Compute Engine takes
     --> spec.yaml:2:7
      |
    2 | name: Open_8501
      |       ^^^^^^^^^ `O` is not allowed: lower-case letters, digits and hyphens only
      |
    help: write `open-8501`
      |
    2 - name: Open_8501
    2 + name: open-8501
      |

    1 error.
    ");
}

#[test]
fn name_of_compute_engine_begins_with_a_letter() {
    let spec = "
        kind: FirewallRule
        name: 8501-open
        allow: [tcp:8501]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `8501-open` is not a name Compute Engine takes
     --> spec.yaml:2:7
      |
    2 | name: 8501-open
      |       ^^^^^^^^^ it must begin with a letter

    1 error.
    ");
}

#[test]
fn name_of_compute_engine_has_63_characters() {
    let found = wrong(&format!("kind: FirewallRule\nname: {}\nallow: [tcp:80]\n", "x".repeat(64)));
    assert_snapshot!(found, @"
    error[bad-name]: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` is not a name Compute Engine takes
     --> spec.yaml:2:7
      |
    2 | name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it has 64 characters, and 63 is the limit
      |
    help: write `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`
      |
    2 - name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    2 + name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      |

    1 error.
    ");
}

#[test]
fn name_is_not_empty() {
    let spec = r#"
        kind: FirewallRule
        name: ""
        allow: [tcp:80]
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[bad-name]: an empty text is not a name Compute Engine takes
     --> spec.yaml:2:7
      |
    2 | name: ""
      |       ^^ write a name

    1 error.
    "#);
}

#[test]
fn id_of_a_service_account_has_6_characters() {
    let spec = "
        kind: ServiceAccount
        name: bot
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `bot` is not an id of a service account
     --> spec.yaml:2:7
      |
    2 | name: bot
      |       ^^^ it has 3 characters, and 6 is the least

    1 error.
    ");
}

#[test]
fn name_of_a_bucket_is_lower_case() {
    let spec = "
        kind: Bucket
        name: My Files
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-bucket-name]: `My Files` is not a name of a bucket
     --> spec.yaml:2:7
      |
    2 | name: My Files
      |       ^^^^^^^^ `M` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
    help: write `my-files`
      |
    2 - name: My Files
    2 + name: my-files
      |

    1 error.
    ");
}

#[test]
fn name_of_a_bucket_has_no_scheme() {
    let spec = "
        kind: Bucket
        name: gs://my-files
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-bucket-name]: `gs://my-files` is not a name of a bucket
     --> spec.yaml:2:7
      |
    2 | name: gs://my-files
      |       ^^^^^^^^^^^^^ `:` is not allowed: lower-case letters, digits, `-`, `_` and `.` only
      |
    help: write `my-files`
      |
    2 - name: gs://my-files
    2 + name: my-files
      |

    1 error.
    ");
}

#[test]
fn name_of_a_bucket_is_no_address() {
    let spec = "
        kind: Bucket
        name: 10.0.0.1
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-bucket-name]: `10.0.0.1` is not a name of a bucket
     --> spec.yaml:2:7
      |
    2 | name: 10.0.0.1
      |       ^^^^^^^^ it must not look like an address

    1 error.
    ");
}

#[test]
fn name_of_a_bucket_is_not_googles() {
    let spec = "
        kind: Bucket
        name: my-google-files
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-bucket-name]: `my-google-files` is not a name of a bucket
     --> spec.yaml:2:7
      |
    2 | name: my-google-files
      |       ^^^^^^^^^^^^^^^ Google keeps its own name for itself

    1 error.
    ");
}

#[test]
fn id_of_a_repository_has_no_dots() {
    let spec = "
        kind: Registry
        name: my.images
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `my.images` is not an id of a repository
     --> spec.yaml:2:7
      |
    2 | name: my.images
      |       ^^^^^^^^^ `.` is not allowed: lower-case letters, digits and hyphens only
      |
    help: write `my-images`
      |
    2 - name: my.images
    2 + name: my-images
      |

    1 error.
    ");
}

#[test]
fn name_within_the_course_has_no_spaces() {
    let spec = "
        kind: IamGrant
        name: all students
        on: project
        roles: [roles/viewer]
        members: [group:students@school.edu]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `all students` is not a name
     --> spec.yaml:2:7
      |
    2 | name: all students
      |       ^^^^^^^^^^^^ spaces are not allowed: letters, digits and `-_.@+` only

    1 error.
    ");
}

#[test]
fn name_of_a_container_has_no_slash() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { name: a/b, image: nginx }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `a/b` is not a name of a container
     --> spec.yaml:5:11
      |
    5 | - { name: a/b, image: nginx }
      |           ^^^ letters, digits, `_`, `.` and `-`, a letter or digit first, at most 63

    1 error.
    ");
}

#[test]
fn name_of_a_variable_has_no_hyphen() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { image: nginx, env: { LOG-LEVEL: debug } }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-env-name]: `LOG-LEVEL` is not a name of a variable
     --> spec.yaml:5:26
      |
    5 | - { image: nginx, env: { LOG-LEVEL: debug } }
      |                          ^^^^^^^^^ letters, digits and `_`, no digit first
      |
    help: write `LOG_LEVEL`
      |
    5 - - { image: nginx, env: { LOG-LEVEL: debug } }
    5 + - { image: nginx, env: { LOG_LEVEL: debug } }
      |

    1 error.
    ");
}

#[test]
fn label_key_is_lower_case() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: { Team: owl }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-label]: `Team` is not a key of a label
     --> spec.yaml:3:11
      |
    3 | labels: { Team: owl }
      |           ^^^^ `T` is not allowed: lower-case letters, digits, `-` and `_` only
      |
    help: write `team`
      |
    3 - labels: { Team: owl }
    3 + labels: { team: owl }
      |

    1 error.
    ");
}

#[test]
fn label_key_begins_with_a_letter() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: { 1st: owl }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-label]: `1st` is not a key of a label
     --> spec.yaml:3:11
      |
    3 | labels: { 1st: owl }
      |           ^^^ it must begin with a lower-case letter

    1 error.
    ");
}

#[test]
fn label_value_has_no_spaces() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: { team: The Owls }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-label]: `The Owls` is not a value of a label
     --> spec.yaml:3:17
      |
    3 | labels: { team: The Owls }
      |                 ^^^^^^^^ `T` is not allowed: lower-case letters, digits, `-` and `_` only
      |
    help: write `the-owls`
      |
    3 - labels: { team: The Owls }
    3 + labels: { team: the-owls }
      |

    1 error.
    ");
}

#[test]
fn label_of_provost_is_its_own() {
    let spec = "
        kind: Bucket
        name: my-files
        labels: { managed-by: me, provost-course: mine }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-label]: `managed-by` is not a label of yours
     --> spec.yaml:3:11
      |
    3 | labels: { managed-by: me, provost-course: mine }
      |           ^^^^^^^^^^ Provost writes it itself, as its mark
      |
    help: remove it

    error[bad-label]: `provost-course` is not a label of yours
     --> spec.yaml:3:27
      |
    3 | labels: { managed-by: me, provost-course: mine }
      |                           ^^^^^^^^^^^^^^ Provost writes it itself, as its mark
      |
    help: remove it

    2 errors.
    ");
}

#[test]
fn label_of_google_is_its_own() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        labels: { goog-team: owl }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-label]: `goog-team` is not a label of yours
     --> spec.yaml:4:11
      |
    4 | labels: { goog-team: owl }
      |           ^^^^^^^^^ `goog-` is reserved for Google
      |
    help: choose another key

    1 error.
    ");
}

#[test]
fn network_tag_is_lower_case() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        tags: [HTTP_Server]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-tag]: `HTTP_Server` is not a network tag
     --> spec.yaml:4:8
      |
    4 | tags: [HTTP_Server]
      |        ^^^^^^^^^^^ `H` is not allowed: lower-case letters, digits and hyphens only
      |
    help: write `http-server`
      |
    4 - tags: [HTTP_Server]
    4 + tags: [http-server]
      |

    1 error.
    ");
}

#[test]
fn metadata_key_has_no_spaces() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        metadata: { my key: x }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-metadata-key]: `my key` is not a metadata key
     --> spec.yaml:4:13
      |
    4 | metadata: { my key: x }
      |             ^^^^^^ 1 to 128 letters, digits, `-` and `_`
      |
    help: write `my-key`
      |
    4 - metadata: { my key: x }
    4 + metadata: { my-key: x }
      |

    1 error.
    ");
}

#[test]
fn host_name_has_a_domain() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        hostname: web
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-hostname]: `web` is not a full host name
     --> spec.yaml:4:11
      |
    4 | hostname: web
      |           ^^^ write it like `a.example.edu`

    1 error.
    ");
}

#[test]
fn network_is_named_and_not_described() {
    let spec = "
        kind: FirewallRule
        name: web
        network: My Network
        allow: [tcp:80]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-name]: `My Network` names no resource of the API
     --> spec.yaml:3:10
      |
    3 | network: My Network
      |          ^^^^^^^^^^ `M` is not allowed: lower-case letters, digits and hyphens only
      |
    help: write `my-network`
      |
    3 - network: My Network
    3 + network: my-network
      |

    1 error.
    ");
}
