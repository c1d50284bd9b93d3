//! The session: from when to when a course is held.
//! Data and its one rule; what ends with it is decided by the kinds.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::diagnostic::Problem;
use super::formats::DateTime;
use super::pointer::Pointer;

/// When a course begins and ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Session {
    /// When people's access begins, with its offset from UTC: `2026-09-07T08:00:00+02:00`. Default: as soon as it is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<DateTime>,
    /// When machines and people's access end, with its offset from UTC: `2026-12-18T18:00:00+01:00`.
    pub ends: DateTime,
}

/// A session as points in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub starts: Option<Timestamp>,
    /// When it ends.
    pub ends: Timestamp,
}

impl Session {
    /// Its two ends; None for texts that no check let through.
    pub fn window(&self) -> Option<Window> {
        Some(Window { starts: self.starts.as_ref().and_then(DateTime::at), ends: self.ends.at()? })
    }

    /// What its shape cannot say: an end before the beginning, with its place in the Course.
    pub fn check(&self) -> Option<(Pointer, Problem)> {
        let window = self.window()?;
        let turned = window.starts.is_some_and(|starts| starts >= window.ends);
        let problem = Problem::new("session-order", "the session ends before it starts")
            .label("not after `starts`")
            .help("a session runs from `starts` to `ends`: mend one of the two");
        turned.then(|| (Pointer::from("session").child("ends"), problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(starts: &str, ends: &str) -> Session {
        let time = |text: &str| DateTime::from_trusted(text);
        Session { starts: Some(starts).filter(|s| !s.is_empty()).map(time), ends: time(ends) }
    }

    #[test]
    fn a_session_ends_after_it_starts_whatever_the_offsets() {
        let rows = [
            ("", "2026-12-18T18:00:00+01:00", true),
            ("2026-12-18T17:00:00+01:00", "2026-12-18T18:00:00+01:00", true),
            ("2026-12-18T17:30:00Z", "2026-12-18T18:00:00+01:00", false),
            ("2026-12-18T17:00:00Z", "2026-12-18T18:00:00+01:00", false),
        ];
        for (starts, ends, right) in rows {
            assert_eq!(session(starts, ends).check().is_none(), right, "{starts} {ends}");
        }
    }
}
