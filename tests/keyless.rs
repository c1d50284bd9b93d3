//! Keyless login as its users set it up: the bootstrap of a repository, and the login that it declares.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::{PROJECT, Room, provost};

const REPOSITORY: &str = "my-school/be-cloud";
const APPLIES: &str = "serviceAccounts/provost-apply@be-cloud-2526.iam.gserviceaccount.com";
const PLANS: &str = "serviceAccounts/provost-plan@be-cloud-2526.iam.gserviceaccount.com";

fn bootstrap(more: &[&str]) -> support::Said {
    let own = ["bootstrap", "github", "--repo", REPOSITORY, "--project", PROJECT];
    provost(&own.iter().chain(more).copied().collect::<Vec<_>>())
}

/// A room with the login course of the repository.
fn login() -> Room {
    Room::with(&bootstrap(&[]).code(0).out)
}

fn pool(room: &Room) -> Value {
    room.resource("locations/global/workloadIdentityPools/github")
}

/// Who may act as an account.
fn who_acts_as(room: &Room, account: &str) -> Vec<Value> {
    let policy = room.find(account).map(|_| room.resources()).unwrap();
    let key =
        policy.keys().find(|key| key.starts_with("policies/") && key.ends_with(account)).unwrap().clone();
    let binding = &policy[&key]["bindings"][0];
    assert_eq!(binding["role"], "roles/iam.workloadIdentityUser");
    binding["members"].as_array().unwrap().clone()
}

#[test]
fn the_bootstrap_of_a_repository_is_valid_and_nothing_in_it_is_unwise() {
    let room = login();
    provost(&["validate", room.course(), "--strict"]).code(0);
}

#[test]
fn the_login_is_applied_plans_empty_goes_and_comes_back() {
    let room = login();
    room.apply();
    room.converged();
    assert_eq!(pool(&room)["description"], "Lets the workflows of one repository in. [provost github-login]");
    room.run("destroy", &["--yes"]).code(0);
    assert_eq!(pool(&room)["state"], "DELETED");
    assert_eq!(room.find(APPLIES), None);
    // The id stays taken for thirty days: what is there is brought back, and the plan says so.
    let plan = room.run("plan", &[]).code(0).out;
    assert!(plan.contains("- state: DELETED\n    + state: ACTIVE"), "{plan}");
    room.apply();
    room.converged();
    assert_eq!(pool(&room)["state"], "ACTIVE");
}

#[test]
fn only_protected_environments_of_the_repository_may_change_the_project() {
    let room = login();
    room.apply();
    let pool = pool(&room)["name"].as_str().unwrap().to_owned();
    assert!(!pool.contains(PROJECT), "{pool} bears the number");
    let principal = format!("principal://iam.googleapis.com/{pool}/subject/repo:{REPOSITORY}:environment");
    let environments = [json!(format!("{principal}:production")), json!(format!("{principal}:teardown"))];
    assert_eq!(who_acts_as(&room, APPLIES), environments);
    let everybody = format!("principalSet://iam.googleapis.com/{pool}/attribute.repository/{REPOSITORY}");
    assert_eq!(who_acts_as(&room, PLANS), [json!(everybody)]);
    let provider = room.resource("workloadIdentityPools/github/providers/github");
    assert_eq!(provider["attributeCondition"], format!("assertion.repository == '{REPOSITORY}'"));
}

#[test]
fn what_the_workflows_name_to_log_in_is_handed_out_once_it_is_there() {
    let room = login();
    assert_eq!(room.run("outputs", &["--format", "json"]).code(0).json()["shared"]["logins"], Value::Null);
    room.apply();
    let provider = format!("{}/providers/github", pool(&room)["name"].as_str().unwrap());
    let outputs = room.run("outputs", &["--format", "json"]).code(0).json();
    assert_eq!(outputs["shared"]["logins"], json!([provider]));
    for format in ["table", "markdown", "html"] {
        let page = room.run("outputs", &["--format", format]).code(0).out.replace("&#x2f;", "/");
        assert!(page.contains(&provider), "{format}: {page}");
    }
}

#[test]
fn a_condition_that_was_opened_by_hand_is_drift_and_is_closed_again() {
    let room = login();
    room.apply();
    let mut state: Value = serde_json::from_slice(&fs_err::read(room.state()).unwrap()).unwrap();
    let key = room.resources().into_keys().find(|key| key.ends_with("github/providers/github")).unwrap();
    state["resources"][&key]["attributeCondition"] = json!("assertion.actor != ''");
    fs_err::write(room.state(), state.to_string()).unwrap();
    let plan = room.run("plan", &["--detailed-exitcode"]).code(2).out;
    assert!(plan.contains("drift: it was changed outside Provost"), "{plan}");
    assert!(
        plan.contains("- attributeCondition: assertion.actor != ''")
            || plan.contains("-   attributeCondition"),
        "{plan}"
    );
    room.apply();
    room.converged();
    assert_eq!(
        room.resource("github/providers/github")["attributeCondition"],
        format!("assertion.repository == '{REPOSITORY}'")
    );
}

#[test]
fn a_login_that_anybody_passes_is_warned_of_where_it_is_written() {
    let room = Room::with(&format!(
        "{}---\nkind: WorkloadIdentity\nname: github\nrepository: a/b\nprovider:\n  attributeCondition: assertion.ref == 'refs/heads/main'\n",
        support::COURSE
    ));
    let told = provost(&["validate", room.course()]).code(0).all();
    assert!(told.contains("warning[open-login]") && told.contains("course.yaml:11:"), "{told}");
    assert!(told.contains("assertion.repository == 'a/b'"), "{told}");
}

#[test]
fn a_bootstrap_is_written_below_the_repository_and_never_over_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let told = bootstrap(&["--out", out]).code(0).out;
    for line in [
        "gh variable set PROVOST_SERVICE_ACCOUNT --repo my-school/be-cloud --body provost-apply@be-cloud-2526.iam.gserviceaccount.com",
        "gh variable set PROVOST_PLAN_SERVICE_ACCOUNT --repo my-school/be-cloud --body provost-plan@",
        "gh variable set PROVOST_WORKLOAD_IDENTITY_PROVIDER",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let login = folder.path().join("login/course.yaml");
    assert_eq!(fs_err::read_to_string(&login).unwrap(), bootstrap(&[]).code(0).out);
    fs_err::write(&login, "mine").unwrap();
    let refused = bootstrap(&["--out", out]).code(64).err;
    assert!(refused.contains("nothing was written") && refused.contains("login/course.yaml"), "{refused}");
    assert_eq!(fs_err::read_to_string(&login).unwrap(), "mine");
    bootstrap(&["--out", out, "--force"]).code(0);
    assert_ne!(fs_err::read_to_string(&login).unwrap(), "mine");
}

#[test]
fn the_workflows_come_with_it_as_they_are_here() {
    let folder = tempfile::tempdir().unwrap();
    bootstrap(&["--out", folder.path().to_str().unwrap()]).code(0);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in [
        "actions/provost/action.yml",
        "workflows/plan.yml",
        "workflows/apply.yml",
        "workflows/drift.yml",
        "workflows/teardown.yml",
    ] {
        let file = std::path::Path::new(".github").join(file);
        let (written, here) = (folder.path().join(&file), root.join(&file));
        assert_eq!(fs_err::read_to_string(written).unwrap(), fs_err::read_to_string(here).unwrap());
    }
}

#[test]
fn programs_are_told_every_file_and_variable() {
    let told = bootstrap(&["--format", "json"]).code(0).json();
    assert_eq!(
        told["variables"]["PROVOST_SERVICE_ACCOUNT"],
        "provost-apply@be-cloud-2526.iam.gserviceaccount.com"
    );
    assert_eq!(told["files"]["login/course.yaml"].as_str().unwrap(), bootstrap(&[]).code(0).out);
}

#[test]
fn a_repository_that_is_none_is_refused_with_what_is_meant() {
    let said =
        provost(&["bootstrap", "github", "--repo", "https://github.com/a/b.git", "--project", PROJECT])
            .code(64);
    assert!(said.err.contains("write `a/b`"), "{}", said.err);
}
