//! What happens on a pull request.

use serde_json::json;

use crate::workflows::coverage::Coverage;
use crate::workflows::runner::Result;
use crate::workflows::world::{RULE, World, course};

/// The texts of the comments that the workflow has made.
fn comments(world: &World) -> Vec<String> {
    let ours = |comment: &serde_json::Value| comment["user"]["login"] == "github-actions[bot]";
    let body = |comment: serde_json::Value| comment["body"].as_str().unwrap().to_owned();
    world.github.list("comments").into_iter().filter(ours).map(body).collect()
}

pub(crate) async fn the_comment_is_made_once_and_then_kept_up_to_date() -> Coverage {
    let mut world = World::with(&course("")).await;
    let event = world.github.propose(&course(RULE));
    world.plan(&event);
    let first = comments(&world);
    assert_eq!(first.len(), 1);
    assert!(first[0].starts_with("<!-- provost: be-cloud -->\n"), "{}", first[0]);
    assert!(first[0].contains("FirewallRule/open-8501"), "{}", first[0]);
    assert!(first[0].contains(&event.head) && first[0].contains("actions/runs/7"), "{}", first[0]);

    // What others write is theirs, even if it begins as ours does.
    let other = json!({ "id": 1, "user": { "login": "eve" }, "body": first[0] });
    world.github.add("comments", other.clone());
    let event = world.github.propose(&course(&RULE.replace("8501", "8502")));
    world.plan(&event);
    let second = comments(&world);
    assert_eq!(second.len(), 1);
    assert!(second[0].contains("FirewallRule/open-8502") && second[0].contains(&event.head), "{}", second[0]);
    assert!(world.github.list("comments").contains(&other));
    assert!(world.github.state().join("artifacts/7/provost-plan/plan.json").is_file());
    assert_eq!(world.github.noted("logins"), "plan@x.iam.gserviceaccount.com\n".repeat(2));
    world.coverage()
}

pub(crate) async fn a_fork_is_only_validated() -> Coverage {
    let mut world = World::with(&course("")).await;
    let mut event = world.github.propose(&course(RULE));
    "eve/course".clone_into(&mut event.from);
    let ended = world.run("plan.yml", &event).is("validate", Result::Success).is("plan", Result::Skipped);
    assert!(
        ended.said("validate/Check every spec").contains("is valid"),
        "{}",
        ended.said("validate/Check every spec")
    );
    assert_eq!(world.github.noted("logins"), "");
    world.coverage()
}

pub(crate) async fn an_unsound_course_is_not_planned() -> Coverage {
    let mut world = World::with(&course("")).await;
    let event = world.github.propose(&course(&RULE.replace("allow:", "alow:")));
    let ended = world.run("plan.yml", &event).is("validate", Result::Failure).is("plan", Result::Skipped);
    assert!(
        ended.said("validate/Check every spec").contains("alow"),
        "{}",
        ended.said("validate/Check every spec")
    );
    world.coverage()
}

pub(crate) async fn a_refused_plan_is_told_and_not_kept() -> Coverage {
    let mut world = World::with(&course("")).await;
    // What exists and bears no mark is a conflict.
    let path = format!("/compute/v1/projects/{}/global/firewalls", crate::support::PROJECT);
    world.cloud.enable(&["compute"]).await;
    world.cloud.post(&path, &json!({ "name": "open-8501", "allowed": [{ "IPProtocol": "tcp" }] })).await;
    let event = world.github.propose(&course(RULE));
    let ended = world.run("plan.yml", &event).is("plan/Plan", Result::Failure).is("plan", Result::Failure);
    assert_eq!(ended.result("plan/Keep the plan"), Result::Skipped);
    assert!(comments(&world)[0].contains("FirewallRule/open-8501"), "{:?}", comments(&world));
    world.coverage()
}

pub(crate) async fn without_a_course_nothing_runs() -> Coverage {
    let mut world = World::with(&course("")).await;
    world.github.set("PROVOST_COURSE", "");
    let event = world.github.propose(&course(RULE));
    world.run("plan.yml", &event).is("validate", Result::Skipped).is("plan", Result::Skipped);
    for workflow in ["apply.yml", "drift.yml", "teardown.yml"] {
        let event = world.github.event("workflow_dispatch");
        let job = workflow.trim_end_matches(".yml");
        world.run(workflow, &event).is(job, Result::Skipped);
    }
    world.coverage()
}
