//! Time, injected: handlers see one instant per request, and only a wait lets time pass.

#[cfg(test)]
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Where the sandbox takes its time from.
#[derive(Clone, Debug)]
pub(super) enum Clock {
    /// The machine's clock, or one that is ahead of it.
    Real {
        /// By how much.
        ahead: SignedDuration,
    },
    /// A clock that moves only when told to, or when somebody waits.
    #[cfg(test)]
    Fixed(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands still at `at`.
    #[cfg(test)]
    pub(super) fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    /// The present.
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Real { ahead } => {
                let now = Timestamp::now();
                now.checked_add(*ahead).unwrap_or(now)
            }
            #[cfg(test)]
            Self::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Lets time pass. A fixed clock is moved instead of waiting.
    pub(super) async fn wait(&self, time: SignedDuration) {
        match self {
            Self::Real { .. } => tokio::time::sleep(Duration::try_from(time).unwrap_or_default()).await,
            #[cfg(test)]
            Self::Fixed(at) => {
                let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
                *at = at.checked_add(time).unwrap_or(*at);
            }
        }
    }
}
