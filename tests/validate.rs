//! `provost validate` as a command: what it writes where, and how it exits.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

fn validate(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("provost").expect("a program");
    for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    let output = command.current_dir(folder).args(["validate", "."]).args(arguments).output().expect("a run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("a text");
    (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
}

const COURSE: &str = "kind: Course\nname: be-cloud\nproject: my-project\n";

#[test]
fn a_sound_course_is_said_to_be_one() {
    let rich = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rich");
    let told = "be-cloud is valid: 15 resources in the project my-project.\n".to_owned();
    assert_eq!(validate(&rich, &[]), (0, told, String::new()));
    assert_eq!(validate(&rich, &["--format", "json"]), (0, "[]\n".to_owned(), String::new()));
}

#[test]
fn bytes_that_are_no_utf_8_are_found_where_they_stand() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("course.yaml"), COURSE).expect("a file");
    std::fs::write(folder.path().join("latin.yaml"), b"kind: Bucket\nname: caf\xe9\n").expect("a file");
    let (code, out, told) = validate(folder.path(), &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    insta::assert_snapshot!(told, @"
    error[not-utf-8]: the file is not written in UTF-8
     --> latin.yaml:2:10
      |
    2 | name: caf�
      |          ^ these bytes are no character
      |
    help: save it as UTF-8 in your editor

    1 error.
    ");
}

#[test]
fn programs_are_given_the_place_and_the_replacement() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("{COURSE}---\nkind: FirewallRule\nname: web\nalow: [tcp:80]\n");
    std::fs::write(folder.path().join("course.yaml"), text).expect("a file");
    let (code, out, told) = validate(folder.path(), &["--format", "json"]);
    assert_eq!((code, told.as_str()), (1, ""));
    let found: Value = serde_json::from_str(&out).expect("JSON");
    let wanted = json!([{
        "severity": "error",
        "code": "unknown-field",
        "message": "`FirewallRule` has no field `alow`",
        "label": "",
        "help": ["did you mean `allow`?"],
        "replacement": "allow",
        "file": "course.yaml",
        "line": 7, "column": 1, "endLine": 7, "endColumn": 5,
        "related": [],
    }]);
    assert_eq!(found, wanted);
}
