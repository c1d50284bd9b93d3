//! What a project holds before anybody did anything, and how projects are known by id and by number.
//!
//! A project comes into being when it is first mentioned. Everything in it follows from its id, so that two
//! sandboxes agree.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::call::Call;
use super::compute;
use super::iam;
use super::policy::{self, Holder, HolderKind};
use super::store::State;

/// Who created the project.
const OWNER: &str = "user:owner@example.edu";

/// What Google enables in a project made in the console. Compute, Artifact Registry and IAM are not among them.
const ENABLED: [&str; 23] = [
    "analyticshub.googleapis.com",
    "bigquery.googleapis.com",
    "bigqueryconnection.googleapis.com",
    "bigquerydatapolicy.googleapis.com",
    "bigquerydatatransfer.googleapis.com",
    "bigquerymigration.googleapis.com",
    "bigqueryreservation.googleapis.com",
    "bigquerystorage.googleapis.com",
    "cloudapis.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudtrace.googleapis.com",
    "dataform.googleapis.com",
    "dataplex.googleapis.com",
    "datastore.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "servicemanagement.googleapis.com",
    "serviceusage.googleapis.com",
    "sql-component.googleapis.com",
    "storage-api.googleapis.com",
    "storage-component.googleapis.com",
    "storage.googleapis.com",
    "telemetry.googleapis.com",
];

/// The project that a call is charged to, as named in it. Calls that only look at public images have none.
pub(super) fn consumer<'a>(call: &'a Call<'_>) -> Option<&'a str> {
    let named = ["project", "projectsId", "projectId", "v1Id1"]
        .iter()
        .find_map(|name| call.path.get(*name))
        .map(String::as_str)
        .or_else(|| resource_manager_project(call))
        .or_else(|| call.query.get("project"))?;
    let public = call.method.starts_with("compute.image") && compute::is_public_project(named);
    (!public && is_project_id(named)).then_some(named)
}

fn resource_manager_project<'a>(call: &'a Call<'_>) -> Option<&'a str> {
    let is_project = call.method.starts_with("cloudresourcemanager.projects.");
    call.path.get("resource").filter(|_| is_project).map(String::as_str)
}

/// Replaces project numbers by ids wherever a call names its project, so that handlers see ids only.
pub(super) fn use_ids(state: &State, call: &mut Call<'_>) {
    let is_project = call.method.starts_with("cloudresourcemanager.projects.");
    for name in ["project", "projectsId", "projectId", "v1Id1", "resource"] {
        if name == "resource" && !is_project {
            continue;
        }
        if let Some(given) = call.path.get_mut(name) {
            *given = id_of(state, given);
        }
    }
}

/// Whether the text has the shape of a project id; numbers do not.
pub(super) fn is_project_id(text: &str) -> bool {
    (6..=30).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The id of a project named by id or by number. An unknown number stays as it is.
pub(super) fn id_of(state: &State, named: &str) -> String {
    id_of_number(state, named).unwrap_or_else(|| named.to_owned())
}

/// The id of the project with that number, if it is in the state.
pub(super) fn id_of_number(state: &State, number: &str) -> Option<String> {
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (_, project) = state
        .below("projects/")
        .find(|(_, project)| project.get("projectNumber").and_then(Value::as_str) == Some(number))?;
    project.get("projectId").and_then(Value::as_str).map(str::to_owned)
}

/// The number of a project: twelve digits that follow from the id.
pub(super) fn number_of(state: &State, project: &str) -> String {
    let stored = state.resources.get(&format!("projects/{project}"));
    match stored.and_then(|project| project.get("projectNumber")).and_then(Value::as_str) {
        Some(number) => number.to_owned(),
        None => (100_000_000_000 + hash(project) % 900_000_000_000).to_string(),
    }
}

/// The email of the account that instances use unless told otherwise.
pub(super) fn default_account(state: &State, project: &str) -> String {
    format!("{}-compute@developer.gserviceaccount.com", number_of(state, project))
}

/// A decimal id that follows from a path, for what Google made rather than the user.
pub(super) fn seeded_id(path: &str) -> String {
    (1_000_000_000_000_000_000 + hash(path) % 8_000_000_000_000_000_000).to_string()
}

fn hash(text: &str) -> u64 {
    Sha256::digest(text.as_bytes()).iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Whether the call mentions a project for the first time.
pub(super) fn is_new(state: &State, project: &str) -> bool {
    is_project_id(project) && !state.resources.contains_key(&format!("projects/{project}"))
}

/// Puts a new project into the state; one that is there stays as it is.
pub(super) fn ensure(state: &mut State, project: &str, now: Timestamp) {
    if !is_new(state, project) {
        return;
    }
    let number = number_of(state, project);
    let resource = json!({
        "projectNumber": number,
        "projectId": project,
        "lifecycleState": "ACTIVE",
        "name": project,
        "createTime": now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
    });
    state.resources.insert(format!("projects/{project}"), resource);
    for api in ENABLED {
        let key = format!("serviceusage/projects/{project}/services/{api}");
        state.resources.insert(key, json!({ "state": "ENABLED" }));
    }
    seed_access(state, project, &number);
    compute::seed(state, project, now);
}

fn seed_access(state: &mut State, project: &str, number: &str) {
    let email = default_account(state, project);
    let given = json!({ "displayName": "Compute Engine default service account" });
    let path = format!("iam/projects/{project}/serviceAccounts/{email}");
    let unique = format!("1{:020}", hash(&path) % 1_000_000_000_000_000_000);
    state.resources.insert(path, iam::account(project, &email, &unique, &given));
    let agent = |service: &str| format!("serviceAccount:service-{number}@{service}.iam.gserviceaccount.com");
    let bindings = json!([
        { "role": "roles/artifactregistry.serviceAgent", "members": [agent("gcp-sa-artifactregistry")] },
        { "role": "roles/compute.serviceAgent", "members": [agent("compute-system")] },
        { "role": "roles/editor", "members": [
            format!("serviceAccount:{email}"),
            format!("serviceAccount:{number}@cloudservices.gserviceaccount.com"),
        ] },
        { "role": "roles/owner", "members": [OWNER] },
        { "role": "roles/pubsub.serviceAgent", "members": [agent("gcp-sa-pubsub")] },
    ]);
    let holder = format!("projects/{project}");
    policy::seed(state, Holder { kind: HolderKind::Project, path: &holder }, &bindings);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sandboxes_agree_on_a_new_project() {
        let (mut one, mut two) = (State::default(), State::default());
        for state in [&mut one, &mut two] {
            ensure(state, "my-course", Timestamp::UNIX_EPOCH);
        }
        assert_eq!(one, two);
        assert_eq!(one.counter, 0);
    }

    #[test]
    fn a_project_is_known_by_its_number() {
        let mut state = State::default();
        ensure(&mut state, "my-course", Timestamp::UNIX_EPOCH);
        let number = number_of(&state, "my-course");
        assert_eq!(number.len(), 12);
        assert_eq!(id_of(&state, &number), "my-course");
    }

    #[test]
    fn compute_is_not_enabled_in_a_new_project() {
        assert!(ENABLED.is_sorted());
        assert!(!ENABLED.contains(&"compute.googleapis.com"));
    }
}
