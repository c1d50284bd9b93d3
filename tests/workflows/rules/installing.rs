//! What `.github/actions/provost` puts on the PATH, and what it does not.

use crate::workflows::coverage::Coverage;
use crate::workflows::runner::Result;
use crate::workflows::world::{World, course};

/// Installs for a nightly run, which must fail with these words.
fn refused(world: &mut World, words: &str) {
    let event = world.github.event("schedule");
    let ended = world.run("drift.yml", &event).is("drift", Result::Failure);
    assert!(ended.said("action/Fetch and check").contains(words), "{}", ended.said("action/Fetch and check"));
    assert_eq!(ended.result("drift/Look for drift"), Result::Skipped);
}

pub(crate) async fn a_release_is_installed_after_its_checks() -> Coverage {
    let mut world = World::with(&course("")).await;
    let event = world.github.event("schedule");
    let ended = world.run("drift.yml", &event).is("drift", Result::Success);
    assert!(ended.said("action/Fetch and check").contains("provost-x86_64-unknown-linux-musl.tar.gz: OK"));
    world.coverage()
}

pub(crate) async fn an_archive_that_is_not_the_released_one_is_refused() -> Coverage {
    let mut world = World::with(&course("")).await;
    let archive = world.github.state().join("releases/latest/provost-x86_64-unknown-linux-musl.tar.gz");
    fs_err::write(archive, "something else").unwrap();
    refused(&mut world, "provost-x86_64-unknown-linux-musl.tar.gz: FAILED");
    world.coverage()
}

pub(crate) async fn an_archive_that_the_release_did_not_build_is_refused() -> Coverage {
    let mut world = World::with(&course("")).await;
    fs_err::write(world.github.state().join("attested"), "").unwrap();
    refused(&mut world, "no attestation");
    world.coverage()
}

pub(crate) async fn a_machine_without_a_release_is_told() -> Coverage {
    let mut world = World::with(&course("")).await;
    world.github.rewrite("drift.yml", "runs-on: ubuntu-24.04", "runs-on: ubuntu-24.04-riscv");
    refused(&mut world, "::error title=provost::No release is made for Linux on RISCV");
    world.coverage()
}

pub(crate) async fn a_binary_that_is_there_needs_no_release() -> Coverage {
    let mut world = World::with(&course("")).await;
    let built = world.github.built();
    let (version, path) = ("version: ${{ vars.PROVOST_VERSION }}", format!("path: {}", built.display()));
    world.github.rewrite("drift.yml", version, &path);
    fs_err::remove_dir_all(world.github.state().join("releases")).unwrap();
    let event = world.github.event("schedule");
    let ended = world.run("drift.yml", &event).is("drift", Result::Success);
    assert_eq!(ended.result("action/Fetch and check"), Result::Skipped);
    world.coverage()
}
