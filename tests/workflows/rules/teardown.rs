//! What goes when it is over.

use crate::workflows::coverage::Coverage;
use crate::workflows::runner::Result;
use crate::workflows::world::{RULE, World, course};

pub(crate) async fn what_is_over_is_deleted() -> Coverage {
    let lasting = RULE.replace("8501", "8502");
    let mut world = World::applied(&course(&format!("{RULE}{lasting}"))).await;
    world.github.commit(&course(&format!("{RULE}expires: 2020-01-01T00:00:00Z\n{lasting}")));
    let night = world.github.event("schedule");
    world.run("teardown.yml", &night).is("teardown", Result::Success);
    assert!(world.room.find("global/firewalls/open-8501").is_none());
    world.room.resource("global/firewalls/open-8502");
    // Nobody has to be awake: it is not the environment that asks for a review.
    assert!(world.github.noted("logins").ends_with("apply@x.iam.gserviceaccount.com in teardown\n"));
    world.coverage()
}
