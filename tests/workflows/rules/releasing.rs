//! What a tag makes.

use crate::workflows::coverage::Coverage;
use crate::workflows::runner::Result;
use crate::workflows::world::{World, course};

pub(crate) async fn what_is_released_can_be_installed() -> Coverage {
    let mut world = World::with(&course("")).await;
    world.github.forget_release();
    let tag = world.github.tag("v0.1.0");
    let ended = world.run("release.yml", &tag).is("binary", Result::Success).is("publish", Result::Success);
    assert_eq!((ended.result("image"), ended.result("index")), (Result::Success, Result::Success));

    let mut files: Vec<_> = fs_err::read_dir(world.github.state().join("releases/v0.1.0"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort_unstable();
    let [arm, intel] = ["aarch64", "x86_64"].map(|arch| format!("provost-{arch}-unknown-linux-musl.tar.gz"));
    assert_eq!(files, ["SHA256SUMS", &arm, &intel, "provost.cdx.json"]);
    assert!(world.github.noted("attested").contains("sha256:0123456789abcdef ghcr.io/school/course"));
    let joined = "--tag ghcr.io/school/course:0.1.0 --tag ghcr.io/school/course:latest \
                  ghcr.io/school/course:0.1.0-amd64 ghcr.io/school/course:0.1.0-arm64";
    assert!(world.github.noted("calls").contains(joined), "{}", world.github.noted("calls"));

    for runner in ["ubuntu-24.04", "ubuntu-24.04-arm"] {
        world.github.rewrite("drift.yml", "runs-on: ubuntu-24.04", &format!("runs-on: {runner}"));
        let night = world.github.event("schedule");
        world
            .run("drift.yml", &night)
            .is("action/Fetch and check", Result::Success)
            .is("drift", Result::Success);
    }
    world.coverage()
}

pub(crate) async fn a_tag_that_is_not_the_version_is_refused() -> Coverage {
    let mut world = World::with(&course("")).await;
    let tag = world.github.tag("v9.9.9");
    let ended = world.run("release.yml", &tag).is("binary", Result::Failure).is("publish", Result::Skipped);
    let said = ended.said("binary/Hold the tag against the version");
    assert!(said.contains("The tag v9.9.9 is not the version 0.1.0"), "{said}");
    assert_eq!(ended.result("image"), Result::Skipped);
    world.coverage()
}
