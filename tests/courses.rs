//! The worked courses: each is planned, applied, looked at and destroyed, and leaves a project as it was before.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;
use support::{Room, Said, program, provost, run};

fn folder(course: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(course)
}

/// What is left of a project that a course was in: everything but what Google keeps as well, and the history of its runs.
/// Generations and etags never go back, and a deleted account can be restored for a month.
fn remains(room: &Room) -> BTreeMap<String, Value> {
    let mut all = room.resources();
    all.retain(|path, _| path != "storage/lastGeneration" && !path.contains("/deleted/"));
    let history = |path: &str| path.ends_with("-provost") || path.contains("/runs/");
    all.retain(|path, _| !(path.contains("storage/b/") && history(path)));
    for (_, policy) in all.iter_mut().filter(|(path, _)| path.starts_with("policies/")) {
        policy.as_object_mut().unwrap().remove("etag");
    }
    all
}

fn states(status: &Said) -> Vec<String> {
    let rows = status.json()["resources"].as_array().unwrap().clone();
    rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
}

/// The class of sixty has a rehearsal, which a fresh project has room for.
const REHEARSAL: [&str; 2] = ["-e", "rehearsal"];

/// The life of a course, from the first plan to the end of the class.
fn lives(course: &str) {
    lives_on(course, &Room::of(&folder(course)));
}

fn lives_on(course: &str, room: &Room) {
    let first = room.run("plan", &["--detailed-exitcode", "--format", "json"]).code(2).json();
    let declared = first["changes"].as_array().unwrap().len();
    assert_eq!(first["summary"]["create"], declared, "{course}: everything is to be made");
    let before = remains(room);

    room.apply();
    room.converged();
    let status = room.run("status", &["--format", "json"]).code(0);
    assert_eq!(states(&status), vec!["ok"; declared], "{course}");
    room.run("status", &[]).code(0);

    room.run("destroy", &["--yes"]).code(0);
    let after = remains(room);
    let left: Vec<&String> =
        after.iter().filter(|(k, v)| before.get(*k) != Some(v)).map(|(k, _)| k).collect();
    assert!(left.is_empty(), "{course} left {left:?}");
    assert_eq!(after.len(), before.len(), "{course} took away what was there before");
    room.run("destroy", &["--yes"]).code(0);
}

#[test]
fn isae_cloud_docker_leaves_the_project_as_it_was() {
    lives_on("isae-cloud-docker", &Room::of(&folder("isae-cloud-docker")).always(&REHEARSAL));
}

#[test]
fn dtu_mlops_leaves_the_project_as_it_was() {
    lives("dtu-mlops");
}

#[test]
fn virtualdata_leaves_the_project_as_it_was() {
    lives("virtualdata");
}

#[test]
fn yolo_deploy_leaves_the_project_as_it_was() {
    lives("yolo-deploy");
}

#[test]
fn mlops_python_leaves_the_project_as_it_was() {
    lives("mlops-python");
}

#[test]
fn mlops_python_on_the_laptop_leaves_the_project_as_it_was() {
    lives_on("mlops-python", &Room::of(&folder("mlops-python")).always(&["-e", "local"]));
}

#[test]
fn every_folder_of_specs_is_a_course_of_these_tests() {
    let tests = include_str!("courses.rs");
    for entry in fs_err::read_dir(folder("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let lives = [format!("lives(\"{name}\")"), format!("lives_on(\"{name}\"")];
        assert!(lives.iter().any(|call| tests.contains(call)), "{name} is not tested");
    }
}

#[test]
fn every_course_names_its_schema_and_explains_itself() {
    for entry in fs_err::read_dir(folder("")).unwrap() {
        let course = entry.unwrap().path();
        assert!(course.join("README.md").is_file(), "{}", course.display());
        for file in fs_err::read_dir(&course).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|e| e == "yaml") {
                let text = fs_err::read_to_string(&file).unwrap();
                let line = "# yaml-language-server: $schema=../../schemas/provost.json\n";
                assert!(text.starts_with(line), "{}", file.display());
            }
        }
    }
}

#[test]
fn an_editor_finds_nothing_wrong_in_any_document() {
    let schema = provost(&["schema"]).code(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for entry in fs_err::read_dir(folder("")).unwrap() {
        for file in fs_err::read_dir(entry.unwrap().path()).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_none_or(|e| e != "yaml") {
                continue;
            }
            let text = fs_err::read_to_string(&file).unwrap();
            for document in serde_yaml::Deserializer::from_str(&text) {
                let document = Value::deserialize(document).unwrap();
                // What an expression stands for is known when it is expanded.
                let known = |value: &Value| value.as_str().is_none_or(|text| !text.starts_with("{{"));
                let errors = validator.iter_errors(&document).filter(|e| known(e.instance()));
                let wrong: Vec<String> = errors.map(|e| e.to_string()).collect();
                assert!(wrong.is_empty(), "{}: {wrong:?} in {document}", file.display());
            }
        }
    }
}

/// How many calls a plan takes, by its own log.
fn calls(room: &Room) -> usize {
    let log = room.run("plan", &["-vv"]).code(0).err;
    log.lines().filter(|line| line.contains("answered")).count()
}

#[test]
fn planning_a_class_takes_at_most_twelve_calls() {
    let course = folder("isae-cloud-docker");
    let granted = course.join("sandbox/granted.yaml");
    let room = Room::of(&course).always(&["--faults", granted.to_str().unwrap()]);
    let first = calls(&room);
    assert!((1..=12).contains(&first), "{first} calls for a first plan");
    room.apply();
    let again = calls(&room);
    assert!((1..=12).contains(&again), "{again} calls for a plan of what is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_course_lives_on_a_server_that_the_environment_names() {
    let course = folder("isae-cloud-docker");
    let room = Room::of(&course);
    let cloud = room.cloud().await;
    let on_server = |arguments: &[&str]| {
        let mut command = program(arguments);
        run(command.arg(&course).args(REHEARSAL).env("PROVOST_ENDPOINT", cloud.url()))
    };
    on_server(&["plan", "--detailed-exitcode"]).code(2);
    let before = remains(&room);
    on_server(&["apply", "--yes"]).code(0);
    on_server(&["plan", "--detailed-exitcode"]).code(0);
    on_server(&["status"]).code(0);
    on_server(&["destroy", "--yes"]).code(0);
    assert_eq!(remains(&room), before);
}
