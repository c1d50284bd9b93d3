//! Sessions and ends that cannot be.

use insta::assert_snapshot;

use super::check::{right, wrong, wrong_course, wrong_folder};

#[test]
fn session_that_ends_before_it_starts() {
    let found = wrong_course(
        "
        kind: Course
        name: be-cloud
        project: my-project
        session: { starts: 2026-12-18T18:00:00Z, ends: 2026-12-18T18:00:00+01:00 }
    ",
    );
    assert_snapshot!(found, @r"
    error[session-order]: the session ends before it starts
     --> course.yaml:4:48
      |
    4 | session: { starts: 2026-12-18T18:00:00Z, ends: 2026-12-18T18:00:00+01:00 }
      |                                                ^^^^^^^^^^^^^^^^^^^^^^^^^ not after `starts`
      |
    help: a session runs from `starts` to `ends`: mend one of the two

    1 error.
    ");
}

#[test]
fn time_without_offset() {
    let found = wrong_course(
        "
        kind: Course
        name: be-cloud
        project: my-project
        session: { ends: 2026-12-18 18:00:00 }
    ",
    );
    assert_snapshot!(found, @r"
    error[bad-time]: `2026-12-18 18:00:00` is not a point in time
     --> course.yaml:4:18
      |
    4 | session: { ends: 2026-12-18 18:00:00 }
      |                  ^^^^^^^^^^^^^^^^^^^ it lacks the offset from UTC: `Z`, or `+01:00` for winter in Paris

    1 error.
    ");
}

#[test]
fn end_with_a_session_that_is_not_there() {
    let spec = "
        kind: FirewallRule
        name: web
        allow: [tcp:80]
        expires: session
    ";
    assert_snapshot!(wrong(spec), @r"
    error[expiry]: the course has no session
     --> spec.yaml:4:10
      |
    4 | expires: session
      |          ^^^^^^^
      |
    help: add `session: { ends: 2026-12-18T18:00:00+01:00 }` to the Course, or write the time here

    1 error.
    ");
}

#[test]
fn length_of_a_run_of_what_does_not_run() {
    let spec = "
        kind: IamGrant
        name: ann
        on: project
        roles: [roles/compute.viewer]
        members: ['user:ann@x.edu']
        expires: 12h
    ";
    assert_snapshot!(wrong(spec), @r"
    error[expiry]: only a machine has runs whose length can be limited
     --> spec.yaml:6:10
      |
    6 | expires: 12h
      |          ^^^
      |
    help: write `session` or a point in time

    1 error.
    ");
}

#[test]
fn run_that_is_too_long() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-small
        expires: 200d
    ";
    assert_snapshot!(wrong(spec), @r"
    error[expiry]: Google limits a run to between 30 seconds and 120 days
     --> spec.yaml:4:10
      |
    4 | expires: 200d
      |          ^^^^
      |
    help: write a length such as `12h`

    1 error.
    ");
}

#[test]
fn end_that_is_no_end() {
    let spec = "
        kind: Vm
        name: web
        machineType: e2-small
        expires: tomorrow
    ";
    assert_snapshot!(wrong(spec), @r"
    error[bad-expiry]: `tomorrow` is not an end
     --> spec.yaml:4:10
      |
    4 | expires: tomorrow
      |          ^^^^^^^^ write `session`, `never`, a time like `2026-12-18T18:00:00+01:00`, or `12h` for each run of a machine

    1 error.
    ");
}

#[test]
fn bucket_that_ends_and_stays() {
    let spec = "
        kind: Bucket
        name: my-project-files
        expires: 2026-12-18T18:00:00+01:00
        onDestroy: keep
    ";
    assert_snapshot!(wrong(spec), @r"
    error[expiry]: a bucket that ends loses what it holds
     --> spec.yaml:4:12
      |
    4 | onDestroy: keep
      |            ^^^^
      |
    help: remove `expires`, or write `onDestroy: empty`

    1 error.
    ");
}

#[test]
fn machine_of_a_session_that_never_ends_is_not_taken_away() {
    let course = "
        kind: Course
        name: be-cloud
        project: my-project
        zones: [europe-west1-b]
        session: { ends: 2026-12-18T18:00:00+01:00 }
    ";
    let spec = "
        kind: Vm
        name: web
        machineType: e2-small
        instanceTerminationAction: DELETE
        expires: never
    ";
    assert_snapshot!(wrong_folder(&[("course.yaml", course), ("spec.yaml", spec)]), @r"
    error[machine-rule]: only `SPOT` machines and those that expire are taken away
     --> spec.yaml:4:28
      |
    4 | instanceTerminationAction: DELETE
      |                            ^^^^^^
      |
    help: remove it, or add `provisioningModel: SPOT`, or say when it `expires`

    1 error.
    ");
}

#[test]
fn ends_that_can_be() {
    for expires in ["never", "12h", "1d 12h", "2026-12-18T18:00:00+01:00", "2026-12-18T17:00:00Z"] {
        right(&format!("kind: Vm\nname: web\nmachineType: e2-small\nexpires: {expires}\n"));
    }
}
