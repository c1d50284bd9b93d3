//! What happens on a push to the default branch, and by hand.

use serde_json::{Value, json};

use crate::workflows::coverage::Coverage;
use crate::workflows::github::Event;
use crate::workflows::runner::Result;
use crate::workflows::world::{RULE, World, course};

const FIREWALL: &str = "global/firewalls/open-8501";
const APPLY: &str = "apply/Apply the reviewed plan";
const REFUSE: &str = "apply/Refuse what nobody has reviewed";

/// A course without the rule, and the push of a pull request that brings it.
async fn merged() -> (World, Event, Event) {
    let mut world = World::applied(&course("")).await;
    let proposal = world.github.propose(&course(RULE));
    world.plan(&proposal);
    let push = world.github.merge(&proposal);
    (world, proposal, push)
}

pub(crate) async fn the_reviewed_plan_is_applied_and_the_second_time_it_is_stale() -> Coverage {
    let (mut world, proposal, push) = merged().await;
    assert_ne!(proposal.sha, push.sha);
    world.run("apply.yml", &push).is("plan", Result::Skipped).is("apply", Result::Success);
    world.room.resource(FIREWALL);
    assert!(world.github.noted("logins").ends_with("apply@x.iam.gserviceaccount.com in production\n"));

    let ended = world.run("apply.yml", &push).is(APPLY, Result::Failure).is("apply", Result::Failure);
    let said = ended.said(APPLY);
    assert!(said.contains("::error title=Refused::") && said.contains("plans afresh"), "{said}");
    world.coverage()
}

pub(crate) async fn a_push_without_a_review_applies_nothing() -> Coverage {
    let mut world = World::applied(&course("")).await;
    world.github.commit(&course(RULE));
    let push = world.github.event("push");
    let ended = world.run("apply.yml", &push).is(REFUSE, Result::Failure);
    assert!(ended.said(REFUSE).contains("::error title=No reviewed plan::"), "{}", ended.said(REFUSE));
    assert_eq!(ended.result(APPLY), Result::Skipped);
    assert!(world.room.find(FIREWALL).is_none());
    world.coverage()
}

pub(crate) async fn a_push_that_changes_nothing_passes() -> Coverage {
    let mut world = World::applied(&course("")).await;
    world.github.commit(&format!("# Said better.\n{}", course("")));
    let push = world.github.event("push");
    world.run("apply.yml", &push).is(REFUSE, Result::Success).is("apply", Result::Success);
    world.coverage()
}

pub(crate) async fn a_plan_of_a_fork_is_nobodys_review() -> Coverage {
    let (mut world, mut proposal, push) = merged().await;
    "eve/course".clone_into(&mut proposal.from);
    fs_err::write(world.github.state().join("runs.json"), "[]").unwrap();
    world.github.add("runs", proposal.ran());
    world.run("apply.yml", &push).is(REFUSE, Result::Failure).is(APPLY, Result::Skipped);
    assert!(world.room.find(FIREWALL).is_none());
    world.coverage()
}

pub(crate) async fn a_plan_that_is_gone_is_told() -> Coverage {
    let (mut world, _, push) = merged().await;
    fs_err::remove_dir_all(world.github.state().join("artifacts")).unwrap();
    let ended = world.run("apply.yml", &push).is("apply", Result::Failure);
    assert!(ended.said("apply/Fetch the plan").contains("::error title=No plan::"));
    assert_eq!(ended.result("apply/Log in"), Result::Skipped);
    world.coverage()
}

pub(crate) async fn a_plan_that_was_asked_for_more_is_refused() -> Coverage {
    let (mut world, _, push) = merged().await;
    let plan = world.github.state().join("artifacts/7/provost-plan/plan.json");
    let made: Value = serde_json::from_slice(&fs_err::read(&plan).unwrap()).unwrap();
    for (part, more) in
        [("intent", json!({ "destroy": true })), ("source", json!({ "folder": "course", "vars": ["x=1"] }))]
    {
        let mut forged = made.clone();
        forged[part] = more;
        fs_err::write(&plan, forged.to_string()).unwrap();
        let ended = world.run("apply.yml", &push).is("apply/Fetch the plan", Result::Failure);
        assert!(ended.said("apply/Fetch the plan").contains("::error title=Another plan::"));
        assert_eq!(ended.result("apply/Log in"), Result::Skipped);
    }
    world.coverage()
}

pub(crate) async fn by_hand_it_plans_afresh() -> Coverage {
    let mut world = World::applied(&course("")).await;
    world.github.commit(&course(RULE));
    let by_hand = world.github.event("workflow_dispatch");
    world.run("apply.yml", &by_hand).is("plan", Result::Success).is("apply", Result::Success);
    world.room.resource(FIREWALL);
    let mut elsewhere = by_hand;
    "proposal".clone_into(&mut elsewhere.ref_name);
    world.run("apply.yml", &elsewhere).is("apply", Result::Skipped);
    world.coverage()
}
