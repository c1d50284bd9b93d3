//! The Python libraries, by the scripts in `python/`: each creates, reads, changes, lists and deletes, and stops
//! where an answer is not what its library must make of it.

use std::path::PathBuf;
use std::process::Command;

use super::ground::{Ground, skip};
use crate::support;

/// The Python that has the libraries: `PROVOST_CLIENTS_PYTHON`, or the one on the path.
pub(super) fn python() -> Option<PathBuf> {
    let named = std::env::var_os("PROVOST_CLIENTS_PYTHON").filter(|name| !name.is_empty());
    let program = PathBuf::from(named.unwrap_or_else(|| "python3".into()));
    let libraries = "import googleapiclient, google.cloud.artifactregistry, google.cloud.compute, \
         google.cloud.resourcemanager, google.cloud.run_v2, google.cloud.service_usage, google.cloud.storage";
    let has_them = Command::new(&program).args(["-c", libraries]).output();
    if has_them.is_ok_and(|output| output.status.success()) {
        return Some(program);
    }
    skip("Google's Python libraries are not installed");
    None
}

/// Where a script is.
pub(super) fn script(name: &str) -> String {
    format!("{}/tests/clients/python/{name}.py", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a script in a project, which must go through.
pub(super) fn run(ground: &Ground, python: &std::path::Path, name: &str) {
    let mut command = ground.client(python);
    command.args([script(name).as_str(), &ground.endpoint, ground.project]);
    support::run(&mut command).code(0);
}

fn runs(name: &str, project: &'static str, services: &[&str]) {
    if let Some(python) = python() {
        run(&Ground::with(project, services), &python, name);
    }
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn google_cloud_service_usage_switches_services() {
    runs("services", "be-python-services", &[]);
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn google_cloud_resource_manager_reads_and_grants() {
    runs("projects", "be-python-projects", &[]);
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn google_cloud_run_deploys_services() {
    runs("run", "be-python-run", &["run"]);
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn google_cloud_artifact_registry_keeps_repositories() {
    runs("registry", "be-python-registry", &["artifactregistry"]);
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn google_cloud_storage_keeps_buckets_and_objects() {
    runs("buckets", "be-python-buckets", &[]);
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn google_cloud_compute_keeps_rules_and_machines() {
    runs("machines", "be-python-machines", &["compute"]);
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn google_api_python_client_keeps_service_accounts() {
    runs("accounts", "be-python-accounts", &["iam", "compute"]);
}
