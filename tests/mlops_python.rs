//! The environments of one course, as `specs/mlops-python` has them: what they share lives once, none takes anything from another,
//! and its workflow rolls one after the other. Every script of the workflow is run by bash, with docker, gh and provost played.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "mlops_python/workflow.rs"]
mod workflow;

mod support;

use std::path::{Path, PathBuf};

use serde_json::json;
use support::{Cloud, Room, Said};
use workflow::Repository;

const PROJECT: &str = "mlops-python-2526";
const ENVIRONMENTS: [&str; 3] = ["development", "preproduction", "production"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/mlops-python")
}

/// What a person does once: the shared part, and a secret for each environment.
async fn shared() -> Room {
    let room = Room::of(&folder());
    room.apply();
    let cloud = room.cloud().await;
    for environment in ENVIRONMENTS {
        secret(&cloud, environment).await;
    }
    room
}

async fn secret(cloud: &Cloud, environment: &str) {
    let secrets = format!("/v1/projects/{PROJECT}/secrets");
    let id = format!("oauth2-client-secret-{environment}");
    cloud.post(&format!("{secrets}?secretId={id}"), &json!({"replication": {"automatic": {}}})).await;
    cloud.post(&format!("{secrets}/{id}:addVersion"), &json!({"payload": {"data": "b25l"}})).await;
}

fn on(room: &Room, command: &str, environment: &str, flags: &[&str]) -> Said {
    room.run(command, &[&["-e", environment], flags].concat())
}

/// What a plan would do, by the kind and the name of each resource.
fn pending(plan: &Said) -> Vec<String> {
    let changes = plan.json()["changes"].as_array().unwrap().clone();
    let pending = changes.iter().filter(|change| change["action"] != "none");
    pending.map(|c| format!("{} {}", c["action"].as_str().unwrap(), c["address"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn environments_live_side_by_side_and_none_takes_anything_from_another() {
    let room = shared().await;
    for environment in ENVIRONMENTS {
        let plan = on(&room, "plan", environment, &["--format", "json"]).code(0);
        let made = pending(&plan);
        assert!(
            made.iter().all(|one| one.starts_with("create ") && one.ends_with(&format!("-{environment}"))),
            "{made:?}"
        );
        assert_eq!(made.len(), 5, "{made:?}");
        on(&room, "apply", environment, &["--yes"]).code(0);
    }
    for environment in ENVIRONMENTS {
        on(&room, "plan", environment, &["--detailed-exitcode"]).code(0);
        let machine = room.resource(&format!("instances/api-{environment}"));
        assert_eq!(machine["labels"]["provost-course"], format!("mlops-python-{environment}"));
        assert_eq!(
            machine["serviceAccounts"][0]["email"],
            format!("api-{environment}@{PROJECT}.iam.gserviceaccount.com")
        );
        let policy = room.resource(&format!(
            "policies/secretmanager/projects/{PROJECT}/secrets/oauth2-client-secret-{environment}"
        ));
        let readers = json!([format!("serviceAccount:api-{environment}@{PROJECT}.iam.gserviceaccount.com")]);
        assert_eq!(policy["bindings"][0]["members"], readers, "no environment reads the secret of another");
    }
    room.converged();
    on(&room, "destroy", "development", &["--yes"]).code(0);
    assert!(room.find("instances/api-development").is_none());
    room.converged();
    for environment in ["preproduction", "production"] {
        on(&room, "plan", environment, &["--detailed-exitcode"]).code(0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_image_restarts_the_machine_of_its_environment_alone() {
    let room = shared().await;
    on(&room, "apply", "development", &["--yes"]).code(0);
    on(&room, "apply", "production", &["--yes"]).code(0);
    let image =
        format!("image=europe-west9-docker.pkg.dev/{PROJECT}/mlops-python/api@sha256:{}", "a".repeat(64));
    let plan = on(&room, "plan", "development", &["--var", &image, "--format", "json"]).code(0);
    assert_eq!(pending(&plan).len(), 1, "{:?}", pending(&plan));
    on(&room, "apply", "development", &["--var", &image, "--yes"]).code(0);
    let text = room.resource("instances/api-development")["metadata"].to_string();
    assert!(text.contains("@sha256:aaaa"), "{text}");
    on(&room, "plan", "production", &["--detailed-exitcode"]).code(0);
}

#[test]
fn local_needs_nothing_but_the_sandbox() {
    let room = Room::of(&folder()).always(&["-e", "local"]);
    room.apply();
    room.converged();
    room.run("destroy", &["--yes"]).code(0);
}

#[test]
fn every_environment_is_sound_and_nothing_in_it_is_unwise() {
    for environment in ENVIRONMENTS.into_iter().chain(["local"]) {
        let course = folder();
        support::provost(&["validate", course.to_str().unwrap(), "-e", environment, "--strict"]).code(0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_rolls_development_and_each_further_step_copies_what_runs() {
    let room = shared().await;
    for environment in ENVIRONMENTS {
        on(&room, "apply", environment, &["--yes"]).code(0);
    }
    let mut repository = Repository::of(&folder(), &room);
    let image = repository.image();
    assert!(image.ends_with(&format!("api@sha256:{}", "d".repeat(64))), "{image}");
    assert_eq!(repository.noted("password"), "ya29.pushes");
    repository.roll("development", &image).unwrap();
    repository.roll("preproduction", "").unwrap();
    let now: Vec<bool> = ENVIRONMENTS.iter().map(|one| runs(&room, one, &image)).collect();
    assert_eq!(now, [true, true, false]);
    repository.roll("production", "").unwrap();
    assert!(runs(&room, "production", &image));
    repository.roll("production", "").unwrap();
    assert_eq!(
        repository.commits(),
        [
            "Roll production to sha256:ddd",
            "Roll preproduction to sha256:ddd",
            "Roll development to sha256:ddd",
            "Begin",
        ]
    );
    assert_eq!(repository.never_run(), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_rolled_that_has_no_digest() {
    let room = shared().await;
    let mut repository = Repository::of(&folder(), &room);
    let said = repository.roll("production", "").unwrap_err();
    assert!(said.contains("release to the environment before production first"), "{said}");
    assert_eq!(repository.commits(), ["Begin"]);
}

/// Whether the machine of an environment runs an image.
fn runs(room: &Room, environment: &str, image: &str) -> bool {
    room.resource(&format!("instances/api-{environment}"))["metadata"].to_string().contains(image)
}
