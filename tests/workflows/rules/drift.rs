//! What happens at night.

use serde_json::{Value, json};

use crate::support::PROJECT;
use crate::workflows::coverage::Coverage;
use crate::workflows::runner::Result;
use crate::workflows::world::{RULE, World, course};

/// Lets a range in that the course does not name, as somebody does in the console.
async fn open(world: &World, range: &str) {
    let path = format!("/compute/v1/projects/{PROJECT}/global/firewalls/open-8501");
    world.cloud.patch(&path, &json!({ "sourceRanges": [range] })).await;
}

fn issue(world: &World) -> Value {
    let issues = world.github.list("issues");
    assert_eq!(issues.len(), 1, "{issues:?}");
    issues[0].clone()
}

pub(crate) async fn one_issue_is_opened_kept_and_closed() -> Coverage {
    let mut world = World::applied(&course(RULE)).await;
    let night = world.github.event("schedule");
    world.run("drift.yml", &night).is("drift", Result::Success);
    assert!(world.github.list("issues").is_empty());

    open(&world, "0.0.0.0/0").await;
    world.run("drift.yml", &night).is("drift", Result::Success);
    let opened = issue(&world);
    assert_eq!(opened["title"], "Drift in course");
    let body = opened["body"].as_str().unwrap();
    assert!(body.starts_with("<!-- provost: be-cloud -->\n") && body.contains("0.0.0.0/0"), "{body}");

    open(&world, "192.168.0.0/16").await;
    world.run("drift.yml", &night).is("drift", Result::Success);
    let kept = issue(&world);
    assert!(kept["body"].as_str().unwrap().contains("192.168.0.0/16"), "{kept}");
    assert_eq!(kept["state"], "open");

    open(&world, "10.0.0.0/8").await;
    world.run("drift.yml", &night).is("drift/Close the issue", Result::Success);
    assert_eq!(issue(&world)["state"], "closed");
    assert!(!world.github.noted("logins").ends_with("apply@x.iam.gserviceaccount.com in production\n"));
    world.coverage()
}

pub(crate) async fn what_cannot_be_planned_fails() -> Coverage {
    let mut world = World::with("kind: Course\nname: 7\n").await;
    let night = world.github.event("schedule");
    let ended = world.run("drift.yml", &night).is("drift/Look for drift", Result::Failure);
    assert_eq!(ended.result("drift/Find the issue"), Result::Skipped);
    assert!(world.github.list("issues").is_empty());
    world.coverage()
}
