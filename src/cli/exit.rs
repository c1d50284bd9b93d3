//! Exit codes: promised to scripts, so they are named here and nowhere else.

use std::process::ExitCode;

use crate::inventory::StoreError;
use crate::live::LiveError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed before anything was changed.
    Failed = 1,
    /// Changes are pending (`plan --detailed-exitcode`).
    Pending = 2,
    /// Some steps failed, the rest is done and recorded.
    Partly = 3,
    /// Refused: a stale plan, a conflict, a lock.
    Refused = 4,
    /// Wrong usage.
    Usage = 64,
}

/// An error that has an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// Nobody said yes.
    #[error("nothing was changed: {0}")]
    NotConfirmed(&'static str),
    /// The command line means another project than the one that was read.
    #[error("nothing was changed: `--yes-delete-in {named}` does not name {project}, which this is about")]
    OtherProject {
        /// What was typed.
        named: String,
        /// What it is about.
        project: String,
    },
    /// The course holds more than the project that would be written down: its specs would take the rest for undeclared.
    #[error(
        "the course {course} has resources in {others} as well, and an import reads one project: its specs would delete what is there. \
         Import under another name with `--name`, which leaves what bears this course's mark alone"
    )]
    SeveralProjects {
        /// The course.
        course: String,
        /// Its other projects.
        others: String,
    },
    /// Another run has the lock of the course.
    #[error("{0}")]
    Locked(String),
    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),
}

impl Exit {
    /// The code of an error.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        let raced = |e: &StoreError| {
            e.is_raced() || matches!(e, StoreError::Foreign { .. } | StoreError::OtherProject { .. })
        };
        let live = error.downcast_ref::<LiveError>();
        match (error.downcast_ref::<Refusal>(), error.downcast_ref::<StoreError>(), live) {
            (
                Some(
                    Refusal::NotConfirmed(_)
                    | Refusal::OtherProject { .. }
                    | Refusal::SeveralProjects { .. }
                    | Refusal::Locked(_),
                ),
                ..,
            ) => Self::Refused,
            (Some(Refusal::Usage(_)), ..) => Self::Usage,
            (_, Some(store), _) if raced(store) => Self::Refused,
            (.., Some(LiveError::Inventory(store))) if raced(store) => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
