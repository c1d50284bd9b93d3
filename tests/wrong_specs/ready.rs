//! `ready:` of machines: what can never come true is no way to wait.

use insta::assert_snapshot;

use crate::check::wrong;

fn vm(more: &str) -> String {
    format!("kind: Vm\nname: web\nmachineType: e2-medium\n{more}")
}

#[test]
fn ready_says_what_must_answer() {
    assert_snapshot!(wrong(&vm("ready: { within: 5m }")), @r"
    error[never-ready]: `ready` does not say what must answer
     --> spec.yaml:4:1
      |
    4 | ready: { within: 5m }
      | ^^^^^
      |
    help: write `ready: { http: { port: 8501 } }`, `{ tcp: 8501 }` or `{ startupScript: true }`

    1 error.
    ");
}

#[test]
fn a_machine_without_a_script_is_not_waited_for_by_its_script() {
    assert_snapshot!(wrong(&vm("ready: { startupScript: true }")), @r"
    error[never-ready]: the machine has no startup script that could end
     --> spec.yaml:4:25
      |
    4 | ready: { startupScript: true }
      |                         ^^^^
      |
    help: wait for what it serves: `ready: { http: { port: 8501 } }`

    1 error.
    ");
}

#[test]
fn nothing_answers_without_an_external_address() {
    assert_snapshot!(wrong(&vm("externalIp: false\nready: { http: { port: 8501 } }")), @r"
    error[never-ready]: without an external address nothing of it answers
     --> spec.yaml:5:10
      |
    5 | ready: { http: { port: 8501 } }
      |          ^^^^
      |
    help: give the machine an external address, or wait for its `startupScript`

    1 error.
    ");
}

#[test]
fn a_path_begins_with_a_slash() {
    assert_snapshot!(wrong(&vm("ready: { http: { port: 8501, path: healthz } }")), @r"
    error[never-ready]: a path begins with `/` and has no spaces
     --> spec.yaml:4:10
      |
    4 | ready: { http: { port: 8501, path: healthz } }
      |          ^^^^
      |
    help: write `path: /healthz`

    1 error.
    ");
}

#[test]
fn a_port_alone_is_no_page() {
    assert_snapshot!(wrong(&vm("ready: { http: 8501 }")), @r"
    error[wrong-type]: `http` must be a mapping, and is a number
     --> spec.yaml:4:16
      |
    4 | ready: { http: 8501 }
      |                ^^^^

    1 error.
    ");
}

#[test]
fn a_port_is_in_range_and_a_time_is_a_time() {
    assert_snapshot!(wrong(&vm("ready: { tcp: 0, within: soon }")), @r"
    error[out-of-range]: `tcp` must be 1 to 65535, and is 0
     --> spec.yaml:4:15
      |
    4 | ready: { tcp: 0, within: soon }
      |               ^

    error[bad-duration]: `soon` is not a duration
     --> spec.yaml:4:26
      |
    4 | ready: { tcp: 0, within: soon }
      |                          ^^^^ write `30d`, `12h`, `90m`, `1h 30m` or `2592000s`

    2 errors.
    ");
}
