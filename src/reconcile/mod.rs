//! The rounds of `provost reconcile` as values: how one ended, what comes next and when, whether the loop lives, and what is
//! counted of it. Pure: the time and the chance of a wait come in, and nothing here reads, applies or sleeps.

mod metrics;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Nothing was left to do.
    Converged,
    /// There is something to do, and it is only reported.
    Reported,
    /// Everything that was to be done is done.
    Applied,
    /// Some steps failed, or were stopped.
    Partly,
    /// The plan may not be applied as it is.
    Refused,
    /// Another run holds the course, or was faster.
    Held,
    /// The specs are wrong.
    Broken,
    /// The project could not be read or changed.
    Failed,
    /// It was asked to stop before it changed anything.
    Stopped,
}

impl Ended {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Converged,
        Self::Reported,
        Self::Applied,
        Self::Partly,
        Self::Refused,
        Self::Held,
        Self::Broken,
        Self::Failed,
        Self::Stopped,
    ];

    /// The name in metrics and in the log.
    pub fn key(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Reported => "reported",
            Self::Applied => "applied",
            Self::Partly => "partly",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::Broken => "broken",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the next round waits longer.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Partly | Self::Refused | Self::Held | Self::Broken | Self::Failed)
    }
}

/// What one round has seen and done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// How it ended.
    pub ended: Ended,
    /// What the plan was about, where there was one.
    pub planned: Option<Planned>,
    /// Steps that were carried out.
    pub applied: usize,
    /// The commit that the folder stood at, where it is one of git.
    pub commit: Option<String>,
}

/// What a plan was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Resources of the course.
    pub resources: usize,
    /// Those among them that drifted.
    pub drift: usize,
}

impl Round {
    /// A round without a plan.
    pub fn without_plan(ended: Ended) -> Self {
        Self { ended, planned: None, applied: 0, commit: None }
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A round.
    Round,
    /// A look whether the folder has changed: a mended spec need not wait for the end of a back-off.
    Look,
    /// Nothing for this long.
    Wait(Duration),
}

/// A back-off grows up to this, or to the interval if that is longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// The part of a back-off that chance may take off, so that several loops do not come back together.
const JITTER: f64 = 0.25;
/// Intervals that may pass without a sign of life.
const MISSED: i32 = 3;
/// How long a round may take before the loop counts as stuck: an operation has half an hour, and a plan may have several in a row.
const STUCK: SignedDuration = SignedDuration::from_hours(2);

/// The rounds so far, and when the next one is due.
#[derive(Clone, Debug)]
pub struct Rounds {
    every: SignedDuration,
    phase: Phase,
    failures: u32,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    UnderWay { since: Timestamp },
    Waiting { due: Timestamp, beat: Timestamp },
}

/// What is counted.
#[derive(Clone, Debug, Default)]
struct Tally {
    rounds: BTreeMap<Ended, u64>,
    planned: Option<Planned>,
    applied: u64,
    drifted: u64,
    last_success: Option<Timestamp>,
    took: SignedDuration,
    last: SignedDuration,
    commit: Option<String>,
    ready: bool,
}

impl Rounds {
    /// Rounds at this interval, the first one at once.
    pub fn new(every: Duration, now: Timestamp) -> Self {
        let every = SignedDuration::try_from(every).unwrap_or(LONGEST);
        let phase = Phase::Waiting { due: now, beat: now };
        Self { every, phase, failures: 0, tally: Tally::default() }
    }

    /// What is to be done at that time.
    pub fn next(&self, now: Timestamp) -> Next {
        let Phase::Waiting { due, beat } = self.phase else { return Next::Round };
        let look = after(beat, self.every);
        // A clock that was set back would let everything wait for it.
        if now >= due || now < beat {
            Next::Round
        } else if now >= look {
            Next::Look
        } else {
            Next::Wait(due.min(look).duration_since(now).unsigned_abs())
        }
    }

    /// A round begins.
    pub fn begin(&mut self, now: Timestamp) {
        self.phase = Phase::UnderWay { since: now };
    }

    /// A round ended. After a failure the next one waits, twice as long each time; `chance`, from 0 to 1, shortens that a little.
    /// Gives how long it is until the next round.
    pub fn end(&mut self, round: &Round, now: Timestamp, chance: f64) -> Duration {
        let began = match self.phase {
            Phase::UnderWay { since } => since.min(now),
            Phase::Waiting { .. } => now,
        };
        self.tally.count(round, now, now.duration_since(began));
        self.failures = if round.ended.is_failure() { self.failures.saturating_add(1) } else { 0 };
        let due = match self.failures {
            0 => after(began, self.every).max(now),
            failures => after(now, back_off(self.every, failures, chance)),
        };
        self.phase = Phase::Waiting { due, beat: now };
        due.duration_since(now).unsigned_abs()
    }

    /// Somebody looked at the folder. If it has changed, the next round is due.
    pub fn looked(&mut self, changed: bool, now: Timestamp) {
        if let Phase::Waiting { due, beat } = &mut self.phase {
            *beat = now;
            if changed {
                *due = now;
            }
        }
    }

    /// Whether the loop goes on: it was heard of within three intervals, or carries out a round that is not stuck.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let silence = self.every.saturating_mul(MISSED);
        match self.phase {
            Phase::UnderWay { since } => now.duration_since(since) <= silence.max(STUCK),
            Phase::Waiting { beat, .. } => now.duration_since(beat) <= silence,
        }
    }

    /// Whether a plan has succeeded yet.
    pub fn is_ready(&self) -> bool {
        self.tally.ready
    }

    /// Everything that is counted, as Prometheus reads it.
    pub fn metrics(&self) -> String {
        metrics::text(&self.tally, self.failures)
    }
}

impl Tally {
    fn count(&mut self, round: &Round, now: Timestamp, took: SignedDuration) {
        *self.rounds.entry(round.ended).or_default() += 1;
        self.applied = self.applied.saturating_add(number(round.applied));
        self.took = self.took.saturating_add(took);
        self.last = took;
        if let Some(planned) = round.planned {
            self.planned = Some(planned);
            self.drifted = self.drifted.saturating_add(number(planned.drift));
            self.ready |= round.ended != Ended::Refused;
        }
        if matches!(round.ended, Ended::Converged | Ended::Reported | Ended::Applied) {
            self.last_success = Some(now);
        }
        if round.commit.is_some() {
            self.commit.clone_from(&round.commit);
        }
    }
}

/// The wait after so many failures in a row.
fn back_off(every: SignedDuration, failures: u32, chance: f64) -> SignedDuration {
    let doubled = 1_i32.checked_shl(failures.saturating_sub(1).min(30)).unwrap_or(i32::MAX);
    let whole = every.saturating_mul(doubled).min(LONGEST.max(every));
    let share = 1.0 - JITTER * chance.clamp(0.0, 1.0);
    SignedDuration::try_from_secs_f64(whole.as_secs_f64() * share).unwrap_or(whole)
}

fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
