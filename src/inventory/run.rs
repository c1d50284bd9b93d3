//! The record of a run: who changed the course, when, from what, and what became of every step. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lease::Who;

/// Version of the record's format.
pub const VERSION: u32 = 1;

/// One run that changed something, or set out to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    /// Format of this document.
    pub version: u32,
    /// Its name: the time at which it began and some letters, so that names sort by time.
    pub id: String,
    /// The course.
    pub course: String,
    /// Its project.
    pub project: String,
    /// The environment that was laid over the course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What was done: `apply`, `destroy`.
    pub doing: String,
    /// Whose run it was.
    #[serde(flatten)]
    pub who: Who,
    /// The version of Provost.
    pub provost: String,
    /// The commit of the course folder, with `-dirty` behind it where the folder had changes since; None outside of git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Digest of the plan's steps.
    pub plan: String,
    /// How many resources the plan makes, changes and deletes, by action.
    pub summary: std::collections::BTreeMap<String, usize>,
    /// Rules that somebody insisted against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// What became of the steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepEnd>,
    /// Why the inventory could not be written to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<String>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepEnd {
    /// What it does.
    pub step: String,
    /// `done`, `failed`, `heldBack`, `interrupted` or `notBegun`.
    pub state: String,
    /// Why it is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// It holds the lock of its course.
    Running,
    /// It did all it set out to do.
    Done,
    /// Some of its steps failed or were left.
    Partly,
    /// It failed, or was refused, before it changed anything.
    Failed,
    /// It never said how it ended: it was killed, or its machine was.
    Interrupted,
}

impl RunRecord {
    /// A run that begins: its name is made of the time and of chance.
    pub fn id(started: Timestamp, chance: &str) -> String {
        let letters: String = chance.chars().filter(char::is_ascii_alphanumeric).take(6).collect();
        format!("{}-{letters}", started.strftime("%Y%m%dT%H%M%S.%3fZ"))
    }

    /// How it stands, if this run has the lock.
    pub fn state(&self, holder: Option<&str>) -> RunState {
        match self.exit {
            Some(0) => RunState::Done,
            Some(3) => RunState::Partly,
            Some(_) => RunState::Failed,
            None if holder == Some(self.id.as_str()) => RunState::Running,
            None => RunState::Interrupted,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn names_of_runs_sort_by_time() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let ids = [
            RunRecord::id(time("2026-11-21T15:31:04.9Z"), "zzzz-zzzz"),
            RunRecord::id(time("2026-11-21T15:31:04.95Z"), "0a1b2c3d-4e"),
            RunRecord::id(time("2026-12-01T00:00:00Z"), "00000000"),
        ];
        assert_eq!(ids[1], "20261121T153104.950Z-0a1b2c");
        assert!(ids.is_sorted(), "{ids:?}");
    }

    #[test]
    fn a_run_without_an_end_is_running_while_it_has_the_lock_and_interrupted_without() {
        let mut run = sample();
        let rows = [
            (None, Some("r"), RunState::Running),
            (None, Some("other"), RunState::Interrupted),
            (None, None, RunState::Interrupted),
            (Some(0), Some("r"), RunState::Done),
            (Some(3), None, RunState::Partly),
            (Some(4), None, RunState::Failed),
            (Some(1), None, RunState::Failed),
        ];
        for (exit, holder, state) in rows {
            run.exit = exit;
            assert_eq!(run.state(holder), state, "{exit:?} {holder:?}");
        }
    }

    pub(crate) fn sample() -> RunRecord {
        let who = Who { owner: "ana".to_owned(), host: "laptop".to_owned(), url: None };
        let text = |text: &str| text.to_owned();
        RunRecord {
            version: VERSION,
            id: text("r"),
            course: text("be"),
            project: text("class-2526"),
            environment: None,
            doing: text("apply"),
            who,
            provost: text("0.1.0"),
            commit: None,
            plan: text("sha256:00"),
            summary: std::iter::once((text("create"), 2)).collect(),
            overrides: Vec::new(),
            started: "2026-11-21T15:31:04Z".parse().unwrap(),
            ended: None,
            exit: None,
            steps: Vec::new(),
            inventory: None,
        }
    }
}
