//! Whole courses and the least of each kind: applied, imported, and planned again to nothing.

use std::path::Path;

use crate::support::{COURSE, PROJECT, Room};
use crate::{import, on};
use serde_json::{Value, json};

/// A worked course is applied, and its import plans empty: every resource keeps its address.
fn comes_back(course: &str, name: &str, project: &str) {
    comes_back_from(
        &Room::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(course)),
        name,
        project,
    );
}

fn comes_back_from(room: &Room, name: &str, project: &str) {
    room.apply();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("imported");
    let said =
        import(room, project, &["--name", name, "--out", folder.to_str().unwrap(), "--with-secrets"]).code(0);
    assert!(
        said.out.ends_with(&format!(
            "provost plan {} --sandbox={}\n",
            folder.display(),
            room.state().display()
        )),
        "{}",
        said.out
    );
    on(room, "validate", &folder, &[]);
    let plan = on(room, "plan", &folder, &["--detailed-exitcode"]);
    plan.code(0);
}

#[test]
fn isae_cloud_docker_comes_back() {
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/isae-cloud-docker");
    let granted = course.join("sandbox/granted.yaml");
    let room = Room::of(&course).always(&["--faults", granted.to_str().unwrap()]);
    comes_back_from(&room, "isae-cloud-docker", "isae-sdd-481407");
}

#[test]
fn dtu_mlops_comes_back() {
    comes_back("dtu-mlops", "dtu-mlops", "dtu-mlops-2026");
}

#[test]
fn virtualdata_comes_back() {
    comes_back("virtualdata", "virtualdata", "virtualdata-i2i");
}

#[test]
fn yolo_deploy_comes_back() {
    comes_back("yolo-deploy", "yolo-deploy", "third-ridge-138414");
}

#[test]
fn mlops_python_comes_back() {
    comes_back("mlops-python", "mlops-python", "mlops-python-2526");
}

/// The least that can be said of each kind, as JSON: what an import of it says again.
const LEAST: [&str; 9] = [
    r#"{"kind": "ApiServices", "name": "apis", "services": ["artifactregistry.googleapis.com", "compute.googleapis.com", "iam.googleapis.com", "run.googleapis.com"]}"#,
    r#"{"kind": "ServiceAccount", "name": "ci-bot"}"#,
    r#"{"kind": "IamGrant", "name": "ci", "on": {"serviceAccount": "ci-bot"}, "roles": ["roles/iam.serviceAccountUser"], "members": ["user:ana@x.edu"]}"#,
    r#"{"kind": "Bucket", "name": "be-cloud-2526-files"}"#,
    r#"{"kind": "Registry", "name": "images"}"#,
    r#"{"kind": "FirewallRule", "name": "web", "allow": ["tcp:80"]}"#,
    r#"{"kind": "Vm", "name": "box", "machineType": "e2-medium", "image": {"family": "debian-12", "project": "debian-cloud"}}"#,
    r#"{"kind": "ContainerVm", "name": "pair", "machineType": "e2-medium", "containers": [{"image": "nginx:1"}]}"#,
    r#"{"kind": "RunService", "name": "api", "image": "nginx:1"}"#,
];

#[test]
fn what_says_the_least_comes_back_as_it_was() {
    let room = Room::with(&format!("{COURSE}---\n{}\n", LEAST.join("\n---\n")));
    room.apply();
    let said = import(&room, PROJECT, &["--name", "be-cloud", "--format", "json"]).code(0).json();
    let kind = |address: &Value| address.as_str().unwrap().split('/').next().unwrap().to_owned();
    let written: Vec<Value> = said["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| {
            let mut spec = resource["spec"].clone();
            spec["kind"] = json!(kind(&resource["address"]));
            spec
        })
        .collect();
    let least: Vec<Value> = LEAST.iter().map(|spec| serde_json::from_str(spec).unwrap()).collect();
    assert_eq!(written, least);
    assert_eq!(
        said["course"],
        json!({ "name": "be-cloud", "project": PROJECT, "region": "europe-west1", "zones": ["europe-west1-b"] })
    );
}
