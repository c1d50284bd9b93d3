//! Containers that run on a machine.

use insta::assert_snapshot;

use crate::check::{right, wrong};

#[test]
fn container_machine_has_containers() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers: []
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: `containers` must not be empty
     --> spec.yaml:4:1
      |
    4 | containers: []
      | ^^^^^^^^^^

    1 error.
    ");
}

#[test]
fn image_has_no_scheme() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - image: https://quay.io/app:1
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-image]: `https://quay.io/app:1` is not an image
     --> spec.yaml:5:10
      |
    5 | - image: https://quay.io/app:1
      |          ^^^^^^^^^^^^^^^^^^^^^ an image has no `https://`
      |
    help: write `quay.io/app:1`
      |
    5 - - image: https://quay.io/app:1
    5 + - image: quay.io/app:1
      |

    1 error.
    ");
}

#[test]
fn image_is_lower_case() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - image: Nginx:1
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-image]: `Nginx:1` is not an image
     --> spec.yaml:5:10
      |
    5 | - image: Nginx:1
      |          ^^^^^^^ its name has lower-case letters, digits, `.`, `_`, `-` and `/`
      |
    help: write `nginx:1`
      |
    5 - - image: Nginx:1
    5 + - image: nginx:1
      |

    1 error.
    ");
}

#[test]
fn two_containers_have_two_names() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - image: nginx:1
        - image: nginx:2
    ";
    assert_snapshot!(wrong(spec), @"
    error[container-twice]: two containers are called `nginx`
     --> spec.yaml:6:3
      |
    6 | - image: nginx:2
      |   ^^^^^
      |
    help: give one of them another name: `name: nginx-2`

    1 error.
    ");
}

#[test]
fn two_containers_have_two_ports() {
    let spec = r#"
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { name: a, image: nginx, ports: ["80:80"] }
        - { name: b, image: nginx, ports: ["80:8080"] }
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[port-twice]: two containers want port 80/tcp of the machine
     --> spec.yaml:6:28
      |
    6 | - { name: b, image: nginx, ports: ["80:8080"] }
      |                            ^^^^^
      |
    help: lead another port of the machine to one of them, as in `8081:80`

    1 error.
    "#);
}

#[test]
fn port_may_be_a_number() {
    let spec = r#"
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { image: nginx, ports: [8501, "80:8080"] }
    "#;
    right(spec);
}

#[test]
fn port_of_a_container_is_at_most_65535() {
    let spec = r#"
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { image: nginx, ports: [85010, "80:http"] }
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[out-of-range]: an entry of `ports` must be 1 to 65535, and is 85010
     --> spec.yaml:5:27
      |
    5 | - { image: nginx, ports: [85010, "80:http"] }
      |                           ^^^^^

    error[bad-port]: `80:http` is not a port
     --> spec.yaml:5:34
      |
    5 | - { image: nginx, ports: [85010, "80:http"] }
      |                                  ^^^^^^^^^ write `MACHINE:CONTAINER`, ports from 1 to 65535

    2 errors.
    "#);
}

#[test]
fn container_waits_for_one_that_exists() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { image: nginx, dependsOn: [db] }
    ";
    assert_snapshot!(wrong(spec), @"
    error[no-such-container]: no container of this machine is called `db`
     --> spec.yaml:5:31
      |
    5 | - { image: nginx, dependsOn: [db] }
      |                               ^^
      |
    help: the containers are `nginx`

    1 error.
    ");
}

#[test]
fn variable_of_a_container_is_one_line() {
    let spec = r#"
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - image: nginx
          env:
            KEY: "a\nb"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[env-line-break]: docker's environment files hold one line per variable
     --> spec.yaml:7:10
      |
    7 |     KEY: "a\nb"
      |          ^^^^^^
      |
    help: write it without line breaks

    1 error.
    "#);
}

#[test]
fn variable_of_a_container_is_a_text() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { image: nginx, env: { PORT: 8080 } }
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[wrong-type]: `PORT` must be a text, and is a number
     --> spec.yaml:5:32
      |
    5 | - { image: nginx, env: { PORT: 8080 } }
      |                                ^^^^
      |
    help: put quotes around it
      |
    5 - - { image: nginx, env: { PORT: 8080 } }
    5 + - { image: nginx, env: { PORT: "8080" } }
      |

    1 error.
    "#);
}

#[test]
fn volume_has_two_folders() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers:
        - { image: nginx, volumes: [data] }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-volume]: `data` is not a volume
     --> spec.yaml:5:29
      |
    5 | - { image: nginx, volumes: [data] }
      |                             ^^^^ write `/FOLDER/OF/MACHINE:/FOLDER/INSIDE`, with `:ro` to forbid writing

    1 error.
    ");
}

#[test]
fn user_data_is_made_from_the_containers() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers: [{ image: nginx }]
        metadata: { user-data: x }
    ";
    assert_snapshot!(wrong(spec), @"
    error[metadata-key]: `user-data` cannot be set as metadata
     --> spec.yaml:5:13
      |
    5 | metadata: { user-data: x }
      |             ^^^^^^^^^ it is made from `containers`
      |
    help: remove it

    1 error.
    ");
}

#[test]
fn restart_is_a_known_word() {
    let spec = "
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers: [{ image: nginx, restart: unless-stopped }]
    ";
    assert_snapshot!(wrong(spec), @"
    error[not-one-of]: `restart` must be one of `always`, `on-failure`, `never`, and is `unless-stopped`
     --> spec.yaml:4:39
      |
    4 | containers: [{ image: nginx, restart: unless-stopped }]
      |                                       ^^^^^^^^^^^^^^

    1 error.
    ");
}
