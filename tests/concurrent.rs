//! Several who write the same policies at the same time: two courses of one project, and somebody else. No grant is lost.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeSet;

use provost::diff::Intent;
use serde_json::{Value, json};
use world::{Cloud, World, words};

fn course(name: &str, project: &str, people: usize) -> String {
    let member = |i| format!("'user:{name}-{i}@example.edu'");
    let members: Vec<String> = (0..people).map(member).collect();
    let grants = |on: &str, role: &str, kind: &str| {
        format!(
            "---\nkind: IamGrant\nname: {kind}\non: {on}\nroles: [{role}]\nmembers: [{}]\n",
            members.join(", ")
        )
    };
    format!(
        "kind: Course\nname: {name}\nproject: {project}\nregion: europe-west1\nzones: [europe-west1-b]\n\
         inventory: {name}.json\n{}{}",
        grants("project", "roles/viewer", "see"),
        grants(&format!("{{ bucket: {project}-shared }}"), "roles/storage.objectViewer", "read"),
    )
}

/// Everybody who has a role on the project or on the shared bucket.
async fn everybody(world: &World) -> BTreeSet<String> {
    let project = world.post("/v1/projects/PROJECT:getIamPolicy", &json!({})).await.1;
    let bucket = world.get("/storage/v1/b/PROJECT-shared/iam").await;
    let members = |policy: &Value| {
        let bindings = policy.get("bindings").and_then(Value::as_array).cloned().unwrap_or_default();
        let members =
            bindings.into_iter().flat_map(|b| b.get("members").and_then(Value::as_array).cloned().unwrap());
        members.map(|m| m.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    members(&project).into_iter().chain(members(&bucket)).collect()
}

async fn project(faults: &str) -> (Cloud, World) {
    let cloud = Cloud::with_faults(faults).await;
    let world = cloud.project("class-2526").await;
    let made = world.post("/storage/v1/b?project=PROJECT", &json!({"name": "class-2526-shared"})).await;
    assert_eq!(made.0, 200);
    (cloud, world)
}

/// Plans both before either is applied, and applies both at once.
async fn both(world: &World, one: &str, other: &str) {
    let intent = Intent::default();
    let [first, second] = [one, other].map(|course| Box::pin(world.plan_for(course, &intent)));
    let (first, second) = tokio::join!(first, second);
    let (first, second) = tokio::join!(world.carry_out(&first), world.carry_out(&second));
    for outcome in [first, second] {
        assert!(outcome.is_complete(), "{:?}", words(&outcome));
    }
}

fn expected(names: &[&str], people: usize) -> BTreeSet<String> {
    let all = names.iter().flat_map(|name| (0..people).map(move |i| format!("user:{name}-{i}@example.edu")));
    all.collect()
}

#[tokio::test]
async fn two_courses_applied_at_once_lose_no_grant() {
    for round in 0..5 {
        let (_cloud, world) = project("faults: []\n").await;
        let before = everybody(&world).await;
        both(&world, &course("docker", "class-2526", 20), &course("mlops", "class-2526", 20)).await;
        let mut wanted = expected(&["docker", "mlops"], 20);
        wanted.extend(before);
        assert_eq!(everybody(&world).await, wanted, "round {round}");
    }
}

#[tokio::test]
async fn two_courses_and_somebody_else_lose_no_grant() {
    let faults = "faults:\n- {method: '*.setIamPolicy', times: 4, each: false, foreignWrite: {role: roles/browser, member: 'user:them@example.edu'}}\n";
    let (cloud, world) = project(faults).await;
    let before = everybody(&world).await;
    both(&world, &course("docker", "class-2526", 20), &course("mlops", "class-2526", 20)).await;
    let mut wanted = expected(&["docker", "mlops"], 20);
    wanted.extend(before);
    wanted.insert("user:them@example.edu".to_owned());
    assert_eq!(everybody(&world).await, wanted);
    assert_eq!(cloud.strikes(), [4]);
    for name in ["docker", "mlops"] {
        let plan = world.plan(&course(name, "class-2526", 20)).await;
        assert!(plan.is_converged(), "{}", world::shown(&plan));
    }
}

#[tokio::test]
async fn a_course_that_goes_takes_only_its_own_grants_although_somebody_writes_meanwhile() {
    let faults = "faults:\n- {method: '*.setIamPolicy', after: 2, times: 4, foreignWrite: {role: roles/browser, member: 'user:them@example.edu'}}\n";
    let (_cloud, world) = project(faults).await;
    let before = everybody(&world).await;
    both(&world, &course("docker", "class-2526", 5), &course("mlops", "class-2526", 5)).await;
    let outcome = world.destroy(&course("docker", "class-2526", 5)).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
    let mut wanted = expected(&["mlops"], 5);
    wanted.extend(before);
    wanted.insert("user:them@example.edu".to_owned());
    assert_eq!(everybody(&world).await, wanted);
}
