//! The workflows and the action, as GitHub would run them: every line of every script is run by bash, in a repository with a
//! history, with the built program on the sandbox. GitHub, and what builds and pushes, are played by `workflows/bin`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;
#[path = "workflows/mod.rs"]
mod workflows;

use std::path::Path;

use tokio::sync::OnceCell;
use workflows::coverage::Coverage;
use workflows::rules::{applying, drift, installing, planning, releasing, teardown};

/// Every rule as a test of its own, run once, and all of them for what they have run.
macro_rules! rules {
    ($($module:ident::$rule:ident)*) => {
        mod once {
            use super::{Coverage, OnceCell, applying, drift, installing, planning, releasing, teardown};

            $(pub(crate) async fn $rule() -> Coverage {
                static ONCE: OnceCell<Coverage> = OnceCell::const_new();
                ONCE.get_or_init($module::$rule).await.clone()
            })*
        }

        $(#[tokio::test(flavor = "multi_thread")]
        async fn $rule() {
            once::$rule().await;
        })*

        async fn all() -> Coverage {
            let mut coverage = Coverage::default();
            $(coverage.add(once::$rule().await);)*
            coverage
        }
    };
}

rules! {
    installing::a_release_is_installed_after_its_checks
    installing::an_archive_that_is_not_the_released_one_is_refused
    installing::an_archive_that_the_release_did_not_build_is_refused
    installing::a_machine_without_a_release_is_told
    installing::a_binary_that_is_there_needs_no_release
    planning::the_comment_is_made_once_and_then_kept_up_to_date
    planning::a_fork_is_only_validated
    planning::an_unsound_course_is_not_planned
    planning::a_refused_plan_is_told_and_not_kept
    planning::without_a_course_nothing_runs
    applying::the_reviewed_plan_is_applied_and_the_second_time_it_is_stale
    applying::a_push_without_a_review_applies_nothing
    applying::a_push_that_changes_nothing_passes
    applying::a_plan_of_a_fork_is_nobodys_review
    applying::a_plan_that_is_gone_is_told
    applying::a_plan_that_was_asked_for_more_is_refused
    applying::by_hand_it_plans_afresh
    drift::one_issue_is_opened_kept_and_closed
    drift::what_cannot_be_planned_fails
    teardown::what_is_over_is_deleted
    releasing::what_is_released_can_be_installed
    releasing::a_tag_that_is_not_the_version_is_refused
}

const FILES: &[&str] = &[
    ".github/actions/provost/action.yml",
    ".github/workflows/apply.yml",
    ".github/workflows/drift.yml",
    ".github/workflows/plan.yml",
    ".github/workflows/release.yml",
    ".github/workflows/teardown.yml",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_every_script_has_run() {
    let missing = all().await.missing(Path::new(env!("CARGO_MANIFEST_DIR")), FILES);
    assert!(missing.is_empty(), "never run:\n{}", missing.join("\n"));
}
