//! Ends: when a resource is to be gone, and who sees to it.
//! Pure. What a kind has Google do at that time is in the kind's file; whether the time has come is decided by `diff`.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::Value;

use super::contract::Finding;
use super::scope::Scope;
use crate::spec::formats::{End, Expires};
use crate::spec::{Pointer, Problem};

/// Who ends a resource when its time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Google does, at that very time.
    Google,
    /// Google does, over the days that follow.
    Slowly(String),
    /// Nobody but `provost destroy --expired`: Google has no way.
    Nobody,
    /// Google could, but not with what the spec says.
    Hindered {
        /// What it says, and why that does not end.
        why: String,
        /// What to write instead.
        help: String,
    },
}

/// What a spec says of its end that cannot be. `runs` is how long each run of the kind may be limited to, in seconds.
pub fn check(stated: Option<&Expires>, runs: Option<RangeInclusive<u64>>, scope: &Scope) -> Option<Finding> {
    let (message, help) = match (stated?.end()?, runs) {
        (End::Session, _) if scope.session.is_none() => (
            "the course has no session",
            "add `session: { ends: 2026-12-18T18:00:00+01:00 }` to the Course, or write the time here",
        ),
        (End::After(_), None) => {
            ("only a machine has runs whose length can be limited", "write `session` or a point in time")
        }
        (End::After(length), Some(runs)) if !runs.contains(&length.seconds()) => {
            ("Google limits a run to between 30 seconds and 120 days", "write a length such as `12h`")
        }
        _ => return None,
    };
    Some((Pointer::from("expires"), Problem::new("expiry", message).help(help)))
}

/// Brings what a spec says of its end into its one form: the session's end becomes a time.
pub fn settle(stated: &mut Option<Expires>, with_session: bool, scope: &Scope) {
    let session = scope.session.map(|window| window.ends);
    let by_default = with_session && session.is_some();
    let end = stated.as_ref().and_then(Expires::end).or(by_default.then_some(End::Session));
    *stated = end.map(|end| match (end, session) {
        (End::Session, Some(time)) => Expires::of(End::At(time)),
        (end, _) => Expires::of(end),
    });
}

/// When a settled spec is over. A machine whose runs are limited is over with the session.
pub fn over(spec: &Value, scope: &Scope) -> Option<Timestamp> {
    let expires = Expires::from_trusted(spec.get("expires")?.as_str()?);
    match expires.end()? {
        End::At(time) => Some(time),
        End::After(_) | End::Session => scope.session.map(|window| window.ends),
        End::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::session::Window;

    const END: &str = "2026-12-18T17:00:00Z";

    fn scope(session: bool) -> Scope {
        let window = Window { starts: None, ends: END.parse().unwrap() };
        Scope { session: session.then_some(window), ..Scope::default() }
    }

    #[test]
    fn what_is_of_the_session_ends_with_it_unless_it_says_otherwise() {
        let rows = [
            (None, true, true, Some(END)),
            (None, true, false, None),
            (None, false, true, None),
            (Some("session"), false, true, Some(END)),
            (Some("never"), true, true, Some("never")),
            (Some("2026-12-01T00:00:00+01:00"), true, true, Some("2026-11-30T23:00:00Z")),
            (Some("12h"), true, true, Some("43200s")),
        ];
        for (stated, by_default, session, settled) in rows {
            let mut slot = stated.map(Expires::from_trusted);
            settle(&mut slot, by_default, &scope(session));
            assert_eq!(slot.as_ref().map(Expires::as_str), settled, "{stated:?}");
            let again = slot.clone();
            settle(&mut slot, by_default, &scope(session));
            assert_eq!(slot, again);
        }
    }

    #[test]
    fn a_limit_of_runs_is_over_with_the_session() {
        let over = |expires: &str, session| over(&json!({ "expires": expires }), &scope(session));
        assert_eq!(over("43200s", true), END.parse().ok());
        assert_eq!(over("43200s", false), None);
        assert_eq!(over("never", true), None);
        assert_eq!(over(END, false), END.parse().ok());
    }

    #[test]
    fn an_end_that_cannot_be_is_told() {
        let rows = [
            ("session", None, false, "the course has no session"),
            ("12h", None, true, "only a machine has runs whose length can be limited"),
            ("10s", Some(30..=99), true, "Google limits a run to between 30 seconds and 120 days"),
        ];
        for (text, runs, session, message) in rows {
            let found = check(Some(&Expires::from_trusted(text)), runs, &scope(session));
            assert_eq!(found.map(|(_, problem)| problem.message).as_deref(), Some(message));
        }
        assert_eq!(check(Some(&Expires::from_trusted("session")), None, &scope(true)), None);
    }
}
