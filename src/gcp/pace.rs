//! Pace: how long a wait takes, what time it is and what chance says. The seam by which tests wait for nothing.
//! No policy: how long to wait is decided in `retry` and by those who wait.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use super::chance::Chance;

/// A wait that is under way.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The clock, the waits and the randomness of a client.
pub trait Pace: Debug + Send + Sync {
    /// Waits.
    fn sleep(&self, time: Duration) -> Wait;
    /// The time since some fixed moment.
    fn elapsed(&self) -> Duration;
    /// A number from 0 to 1.
    fn fraction(&self) -> f64;
    /// A version 4 UUID, never the same twice.
    fn uuid(&self) -> String;
}

/// Waits as long as it takes.
#[derive(Clone, Debug)]
pub struct RealPace {
    began: Instant,
    chance: Chance,
}

impl RealPace {
    /// A clock that starts at zero.
    pub fn new() -> Self {
        Self { began: Instant::now(), chance: Chance::new() }
    }
}

impl Default for RealPace {
    fn default() -> Self {
        Self::new()
    }
}

impl Pace for RealPace {
    fn sleep(&self, time: Duration) -> Wait {
        Box::pin(tokio::time::sleep(time))
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn fraction(&self) -> f64 {
        self.chance.fraction()
    }

    fn uuid(&self) -> String {
        self.chance.uuid()
    }
}

#[cfg(test)]
pub(crate) mod fast {
    //! A pace for tests: waits are noted and take no time.

    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{Duration, Pace, Wait};

    #[derive(Debug, Default)]
    pub(crate) struct FastPace {
        slept: Mutex<Vec<Duration>>,
        ids: AtomicU64,
    }

    impl FastPace {
        /// Every wait so far.
        pub(crate) fn slept(&self) -> Vec<Duration> {
            self.slept.lock().unwrap().clone()
        }
    }

    impl Pace for FastPace {
        fn sleep(&self, time: Duration) -> Wait {
            self.slept.lock().unwrap().push(time);
            Box::pin(tokio::task::yield_now())
        }

        fn elapsed(&self) -> Duration {
            self.slept.lock().unwrap().iter().sum()
        }

        fn fraction(&self) -> f64 {
            1.0
        }

        fn uuid(&self) -> String {
            format!("00000000-0000-4000-8000-{:012}", self.ids.fetch_add(1, Ordering::Relaxed) + 1)
        }
    }
}
