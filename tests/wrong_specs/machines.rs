//! Machines, and the containers that run on them.

use insta::assert_snapshot;

use crate::check::{wrong, wrong_folder};

#[test]
fn machine_type_that_is_nearly_one() {
    let spec = "
        kind: Vm
        name: web
        machineType: n1-standrad-1
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-machine-type]: `n1-standrad-1` is not a machine type
     --> spec.yaml:3:14
      |
    3 | machineType: n1-standrad-1
      |              ^^^^^^^^^^^^^ there is no such series and shape
      |
    help: did you mean `n1-standard-1`?
      |
    3 - machineType: n1-standrad-1
    3 + machineType: n1-standard-1
      |

    1 error.
    ");
}

#[test]
fn machine_type_that_is_none() {
    let spec = "
        kind: Vm
        name: web
        machineType: big
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-machine-type]: `big` is not a machine type
     --> spec.yaml:3:14
      |
    3 | machineType: big
      |              ^^^ there is no such series and shape
      |
    help: a type is `SERIES-SHAPE-CPUS`, `e2-medium`, or `SERIES-custom-CPUS-MEGABYTES`

    1 error.
    ");
}

#[test]
fn machine_type_is_a_reference_to_one() {
    let spec = "
        kind: Vm
        name: web
        machineType: zones/europe-west1-b/disks/e2-medium
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-machine-type]: `zones/europe-west1-b/disks/e2-medium` is not a machine type
     --> spec.yaml:3:14
      |
    3 | machineType: zones/europe-west1-b/disks/e2-medium
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `zones/europe-west1-b/disks` does not end with `machineTypes`
      |
    help: write the bare name: `e2-medium`

    1 error.
    ");
}

#[test]
fn custom_machine_type_has_memory() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-custom-2
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-machine-type]: `e2-custom-2` is not a machine type
     --> spec.yaml:3:14
      |
    3 | machineType: e2-custom-2
      |              ^^^^^^^^^^^ there is no such series and shape
      |
    help: a type is `SERIES-SHAPE-CPUS`, `e2-medium`, or `SERIES-custom-CPUS-MEGABYTES`

    1 error.
    ");
}

#[test]
fn disk_type_that_is_nearly_one() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        bootDisk: { type: pd-sdd }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-disk-type]: `pd-sdd` is not a disk type
     --> spec.yaml:4:19
      |
    4 | bootDisk: { type: pd-sdd }
      |                   ^^^^^^ there is no such type
      |
    help: did you mean `pd-ssd`?
      |
    4 - bootDisk: { type: pd-sdd }
    4 + bootDisk: { type: pd-ssd }
      |

    1 error.
    ");
}

#[test]
fn disk_size_has_a_unit_of_gigabytes() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        bootDisk: { sizeGb: 500MB }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-size]: `500MB` is not a size of a disk
     --> spec.yaml:4:21
      |
    4 | bootDisk: { sizeGb: 500MB }
      |                     ^^^^^ write a number of GB: `50`, `50GB` or `1TB`

    1 error.
    ");
}

#[test]
fn zone_is_no_region() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        zone: europe-west1
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-zone]: `europe-west1` is not a zone
     --> spec.yaml:4:7
      |
    4 | zone: europe-west1
      |       ^^^^^^^^^^^^ write it like `europe-west1-b`
      |
    help: `europe-west1` is a region: add the letter of a zone, `europe-west1-b`
      |
    4 | zone: europe-west1-b
      |                   ++

    1 error.
    ");
}

#[test]
fn zone_that_is_none() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        zone: paris
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-zone]: `paris` is not a zone
     --> spec.yaml:4:7
      |
    4 | zone: paris
      |       ^^^^^ write it like `europe-west1-b`

    1 error.
    ");
}

#[test]
fn graphics_card_has_a_type() {
    let spec = "
        kind: Vm
        name: web
        machineType: n1-standard-1
        onHostMaintenance: TERMINATE
        guestAccelerators: [{ type: t4, count: 1 }]
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-accelerator]: `t4` is not a type of graphics card
     --> spec.yaml:5:29
      |
    5 | guestAccelerators: [{ type: t4, count: 1 }]
      |                             ^^ write it like `nvidia-tesla-t4`
      |
    help: write `nvidia-tesla-t4`
      |
    5 | guestAccelerators: [{ type: nvidia-tesla-t4, count: 1 }]
      |                             +++++++++++++

    1 error.
    ");
}

#[test]
fn machine_with_graphics_cards_cannot_migrate() {
    let spec = "
        kind: Vm
        name: web
        machineType: n1-standard-1
        guestAccelerators: [{ type: nvidia-tesla-t4, count: 1 }]
    ";
    assert_snapshot!(wrong(spec), @"
    error[machine-rule]: a machine with graphics cards cannot migrate
     --> spec.yaml:4:1
      |
    4 | guestAccelerators: [{ type: nvidia-tesla-t4, count: 1 }]
      | ^^^^^^^^^^^^^^^^^
      |
    help: add `onHostMaintenance: TERMINATE`

    1 error.
    ");
}

#[test]
fn spot_machine_cannot_migrate() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        provisioningModel: SPOT
        onHostMaintenance: MIGRATE
        automaticRestart: true
    ";
    assert_snapshot!(wrong(spec), @"
    error[machine-rule]: a `SPOT` machine cannot migrate
     --> spec.yaml:5:20
      |
    5 | onHostMaintenance: MIGRATE
      |                    ^^^^^^^
      |
    help: write `onHostMaintenance: TERMINATE`, or leave it out

    error[machine-rule]: a `SPOT` machine is not started again by Google
     --> spec.yaml:6:19
      |
    6 | automaticRestart: true
      |                   ^^^^
      |
    help: leave it out

    2 errors.
    ");
}

#[test]
fn only_machines_that_may_be_taken_away_say_how() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        instanceTerminationAction: STOP
    ";
    assert_snapshot!(wrong(spec), @"
    error[machine-rule]: only `SPOT` machines and those that expire are taken away
     --> spec.yaml:4:28
      |
    4 | instanceTerminationAction: STOP
      |                            ^^^^
      |
    help: remove it, or add `provisioningModel: SPOT`, or say when it `expires`

    1 error.
    ");
}

#[test]
fn image_has_one_name() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        image: { family: debian-12, name: debian-12-v20260101 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[machine-rule]: an image is named by `family` or by `name`, not by both
     --> spec.yaml:4:1
      |
    4 | image: { family: debian-12, name: debian-12-v20260101 }
      | ^^^^^
      |
    help: remove one of them

    1 error.
    ");
}

#[test]
fn image_has_a_name() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        image: { project: debian-cloud }
    ";
    assert_snapshot!(wrong(spec), @"
    error[machine-rule]: the image has neither `family` nor `name`
     --> spec.yaml:4:1
      |
    4 | image: { project: debian-cloud }
      | ^^^^^
      |
    help: add `family: debian-12`

    1 error.
    ");
}

#[test]
fn machine_without_an_account_has_no_scopes() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        serviceAccount: none
        scopes: [storage-ro]
    ";
    assert_snapshot!(wrong(spec), @"
    error[machine-rule]: without a service account there is nothing to ask scopes for
     --> spec.yaml:5:1
      |
    5 | scopes: [storage-ro]
      | ^^^^^^
      |
    help: remove the scopes, or name an account

    1 error.
    ");
}

#[test]
fn metadata_that_has_a_field_of_its_own() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        metadata:
          ssh-keys: x
          startup-script: y
          gce-container-declaration: z
    ";
    assert_snapshot!(wrong(spec), @"
    error[metadata-key]: `ssh-keys` cannot be set as metadata
     --> spec.yaml:5:3
      |
    5 |   ssh-keys: x
      |   ^^^^^^^^ gcloud and the console write it too
      |
    help: list your keys under `sshKeys:`

    error[metadata-key]: `startup-script` cannot be set as metadata
     --> spec.yaml:6:3
      |
    6 |   startup-script: y
      |   ^^^^^^^^^^^^^^ it has a field of its own
      |
    help: use `startupScript:`

    error[metadata-key]: `gce-container-declaration` cannot be set as metadata
     --> spec.yaml:7:3
      |
    7 |   gce-container-declaration: z
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^ the agent that read it is shut down
      |
    help: declare a `ContainerVm` instead

    3 errors.
    ");
}

#[test]
fn script_that_is_not_there() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        startupScript: { file: set-up.sh }
    ";
    assert_snapshot!(wrong(spec), @"
    error[file-not-found]: there is no text file `set-up.sh` in the course folder
     --> spec.yaml:4:24
      |
    4 | startupScript: { file: set-up.sh }
      |                        ^^^^^^^^^
      |
    help: paths are relative to the course folder; scripts are UTF-8 text of at most 256 KB

    1 error.
    ");
}

#[test]
fn machine_has_a_zone() {
    let found = wrong_folder(&[(
        "course.yaml",
        "
            kind: Course
            name: be-cloud
            project: my-project
            ---
            kind: Vm
            name: web
            machineType: e2-medium
        ",
    )]);
    assert_snapshot!(found, @"
    error[machine-rule]: neither the machine nor the course names a zone
     --> course.yaml:5:1
      |
    5 | kind: Vm
      | ^^^^
      |
    help: add `zone: europe-west1-b`, or `zones:` to the Course

    1 error.
    ");
}

#[test]
fn machine_of_two_kinds_is_one_too_many() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        ---
        kind: ContainerVm
        name: web
        machineType: e2-medium
        containers: [{ image: nginx }]
    ";
    assert_snapshot!(wrong(spec), @"
    error[declared-twice]: Vm/web and ContainerVm/web both declare the machine web
     --> spec.yaml:6:7
      |
    2 | name: web
      |       --- first declared here
    ...
    6 | name: web
      |       ^^^ declared here again
      |
    help: remove it from one of the two

    1 error.
    ");
}

#[test]
fn external_address_is_one_or_none() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        externalIp: maybe
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-address]: `maybe` is not an address
     --> spec.yaml:4:13
      |
    4 | externalIp: maybe
      |             ^^^^^ write it like `10.0.0.2`

    1 error.
    ");
}

#[test]
fn tunnel_is_a_port() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-medium
        tunnels: [80800]
    ";
    assert_snapshot!(wrong(spec), @"
    error[out-of-range]: an entry of `tunnels` must be 1 to 65535, and is 80800
     --> spec.yaml:4:11
      |
    4 | tunnels: [80800]
      |           ^^^^^

    1 error.
    ");
}
