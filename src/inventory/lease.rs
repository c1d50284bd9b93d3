//! The lease on a course: who changes it, since when, and until when nobody else may. Pure: taking it is the lock's business.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a lease lasts unless it is renewed. A run that was killed keeps others out for so long; an outage of the way to Cloud
/// Storage shorter than this, less one renewal, is survived.
pub const TERM: Duration = Duration::from_mins(1);
/// How often it is renewed: three times a term, so that two renewals may fail.
pub const RENEWAL: Duration = Duration::from_secs(20);
/// How long after a renewal a run is sure of its lock: what is begun later renews it first, and so learns whether somebody took it
/// away. Cloud Storage takes one write a second for one object.
pub const SURE: Duration = Duration::from_secs(1);
/// How much longer others wait: dates of answers have whole seconds, and an answer has its way to go.
const GRACE: SignedDuration = SignedDuration::from_secs(5);

/// Who runs something, and where to look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    /// A person's or a workflow's name for itself.
    pub owner: String,
    /// The machine it runs on.
    pub host: String,
    /// The page of the run, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.owner, self.host)?;
        self.url.iter().try_for_each(|url| write!(f, " ({url})"))
    }
}

/// A lease as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// The course.
    pub course: String,
    /// The run that has it, as the history names it.
    pub run: String,
    /// What it does: `apply`, `destroy`.
    pub doing: String,
    /// Whose run it is.
    #[serde(flatten)]
    pub who: Who,
    /// When it was taken.
    pub acquired: Timestamp,
    /// When it was renewed last.
    pub renewed: Timestamp,
    /// When it is over unless it is renewed again.
    pub expires: Timestamp,
}

impl Lease {
    /// The same, renewed at this time.
    #[must_use]
    pub fn renewed_at(&self, now: Timestamp) -> Self {
        let term = SignedDuration::try_from(TERM).unwrap_or_default();
        Self { renewed: now, expires: now.checked_add(term).unwrap_or(now), ..self.clone() }
    }

    /// Whether somebody else may take it.
    ///
    /// `written` is when the server says that the lease was written last, and `now` is that server's time as well: what a run's own
    /// clock says, right or wrong, then takes part in nothing but words. A file is dated by nobody but the runs themselves; there
    /// the times in the lease count, and clocks must agree within some seconds.
    pub fn is_over(&self, written: Option<Timestamp>, now: Timestamp) -> bool {
        let term = self.expires.duration_since(self.renewed);
        let since = now.duration_since(written.unwrap_or(self.renewed));
        since > term.saturating_add(GRACE)
    }

    /// Who does what, since when: `ana on laptop, apply since 2026-11-21T15:31:04Z`.
    pub fn told(&self) -> String {
        let (who, doing, since) = (&self.who, &self.doing, whole(self.acquired));
        format!("{who}, {doing} since {since}")
    }
}

/// A time to the second.
pub fn whole(time: Timestamp) -> Timestamp {
    time.round(jiff::Unit::Second).unwrap_or(time)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    pub(crate) fn lease(run: &str, now: Timestamp) -> Lease {
        let who = Who { owner: "ana".to_owned(), host: "laptop".to_owned(), url: None };
        let (course, doing) = ("be".to_owned(), "apply".to_owned());
        let lease =
            Lease { course, run: run.to_owned(), doing, who, acquired: now, renewed: now, expires: now };
        lease.renewed_at(now)
    }

    #[test]
    fn a_lease_is_over_a_term_and_some_seconds_after_its_last_renewal() {
        let rows = [
            // renewed by the owner's clock, written by the server's, now, over
            (0, None, 60, false),
            (0, None, 65, false),
            (0, None, 66, true),
            (0, Some(0), 66, true),
            // The owner's clock is a day behind, or ahead: nobody asks it.
            (-86_400, Some(0), 65, false),
            (86_400, Some(0), 66, true),
            // A server whose time goes back.
            (0, Some(100), 0, false),
        ];
        for (renewed, written, now, over) in rows {
            let lease = lease("r", at(0)).renewed_at(at(renewed));
            assert_eq!(lease.is_over(written.map(at), at(now)), over, "{renewed} {written:?} {now}");
        }
    }

    #[test]
    fn a_renewal_moves_the_end_and_nothing_else() {
        let (first, later) = (lease("r", at(0)), lease("r", at(0)).renewed_at(at(20)));
        assert_eq!((later.acquired, later.renewed, later.expires), (at(0), at(20), at(80)));
        assert_eq!(Lease { renewed: first.renewed, expires: first.expires, ..later }, first);
    }

    #[test]
    fn a_lease_reads_as_a_person_would_say_it() {
        let mut lease = lease("r", at(0));
        lease.who.url = Some("https://github.com/o/r/actions/runs/1".to_owned());
        insta::assert_snapshot!(lease.told(), @"ana on laptop (https://github.com/o/r/actions/runs/1), apply since 2026-11-18T11:06:40Z");
    }
}
