//! The lock: one run at a time changes a course. Taken by creating an object that must not be there, renewed and released by its
//! generation, so that no two runs can have it, whatever their clocks say.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::error::StoreError;
use super::lease::{Lease, RENEWAL, SURE, TERM};
use super::place::{Place, Version};
use super::store::Store;
use crate::gcp::Pace;

/// Where the lease of a course is kept.
#[derive(Clone, Debug)]
pub struct Lock {
    place: Place,
    /// What time it was, and when by the client's own clock: what counts where no server dates anything.
    now: (Timestamp, Duration),
}

/// A lease that is there.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it says.
    pub lease: Lease,
    /// Whether it may be taken over.
    pub over: bool,
    version: Version,
}

/// What came of an attempt to take the lock.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours. If it was somebody's who let it run out, with what they said.
    Taken(Hold, Option<Box<Lease>>),
    /// Somebody has it.
    Busy(Box<Found>),
}

/// How often an attempt begins anew when the lock changes hands while it looks.
const LOOKS: usize = 5;

impl Lock {
    /// The lock of the course that has this store, at this time.
    pub fn of(store: &Store, now: Timestamp) -> Self {
        let now = (now, store.pace().elapsed());
        Self { place: store.place().beside("lock.json"), now }
    }

    /// Where it is, for a person.
    pub fn shown(&self) -> String {
        self.place.shown()
    }

    fn pace(&self) -> &Arc<dyn Pace> {
        self.place.client().pace()
    }

    /// The time that counts here.
    pub fn time(&self) -> Timestamp {
        self.place.time().unwrap_or_else(|| {
            let (then, at) = self.now;
            let since =
                SignedDuration::try_from(self.pace().elapsed().saturating_sub(at)).unwrap_or_default();
            then.checked_add(since).unwrap_or(then)
        })
    }

    /// Who has it; None where nobody does.
    pub async fn look(&self) -> Result<Option<Found>, StoreError> {
        for _ in 0..LOOKS {
            let Some(stamp) = self.place.stamp().await? else { return Ok(None) };
            let Some(content) = self.place.content(LEASE).await? else { continue };
            let lease: Lease =
                serde_json::from_value(content).map_err(|e| self.place.unreadable(LEASE, e))?;
            let over = lease.is_over(stamp.written, self.time());
            return Ok(Some(Found { lease, over, version: stamp.version }));
        }
        Err(self.place.raced())
    }

    /// Takes it for this run if it is free or over. `mine` says who asks; its times are filled in here.
    pub async fn take(&self, mine: &Lease) -> Result<Attempt, StoreError> {
        // Free is what it mostly is, and then one call suffices.
        let mut over: Option<Found> = None;
        for _ in 0..LOOKS {
            let version = over.as_ref().map(|found| found.version.clone()).unwrap_or_default();
            match self.write(mine, &version).await {
                Ok(hold) => return Ok(Attempt::Taken(hold, over.map(|found| Box::new(found.lease)))),
                Err(error) if !error.is_raced() => return Err(error),
                Err(_) => {}
            }
            over = match self.look().await? {
                Some(found) if !found.over => return Ok(Attempt::Busy(Box::new(found))),
                found => found,
            };
        }
        Err(self.place.raced())
    }

    async fn write(&self, mine: &Lease, over: &Version) -> Result<Hold, StoreError> {
        let (began, now) = (self.pace().elapsed(), self.time());
        let lease = Lease { acquired: now, ..mine.renewed_at(now) };
        let version = self.place.write(text(&lease), over).await?;
        Ok(Hold(Arc::new(Shared {
            lock: self.clone(),
            lease,
            version: tokio::sync::Mutex::new(Some(version)),
            renewed: Mutex::new(began),
            lost: OnceLock::new(),
        })))
    }

    /// Takes a lease away from whoever has it, if it still is as it was found: a run that lives renews it.
    pub async fn remove(&self, found: &Found) -> Result<(), StoreError> {
        self.place.delete(&found.version).await
    }
}

/// What it is, for an error.
const LEASE: &str = "lock";

fn text(lease: &Lease) -> String {
    format!("{:#}\n", json!(lease))
}

/// The lock in the hands of this run. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hold(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    lock: Lock,
    lease: Lease,
    /// None once it was given back.
    version: tokio::sync::Mutex<Option<Version>>,
    /// When the last renewal that succeeded was begun, by the client's own clock: the server dates it later, never earlier.
    renewed: Mutex<Duration>,
    lost: OnceLock<&'static str>,
}

impl Hold {
    /// The lease as it was taken.
    pub fn lease(&self) -> &Lease {
        &self.0.lease
    }

    /// The time that counts where it is kept.
    pub fn time(&self) -> Timestamp {
        self.0.lock.time()
    }

    /// How the lock was lost, if it was: nothing more may be begun then.
    pub fn lost(&self) -> Option<StoreError> {
        let renewed = *self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        let late = self.0.lock.pace().elapsed().saturating_sub(renewed) >= TERM;
        let why = self.0.lost.get().copied().or(late.then_some("it could not be renewed in time"))?;
        Some(StoreError::LockLost { place: self.0.lock.shown(), why })
    }

    /// Renews it from time to time until it is given back or lost. A task of its own, which ends by itself.
    pub fn keep(&self) {
        let hold = self.clone();
        tokio::spawn(async move {
            loop {
                hold.0.lock.pace().sleep(RENEWAL).await;
                if !hold.renew().await {
                    break;
                }
            }
        });
    }

    /// Makes sure that nobody has taken the lock away, before something is begun.
    pub async fn confirm(&self) -> Result<(), StoreError> {
        self.renew_after(SURE).await;
        self.lost().map_or(Ok(()), Err)
    }

    /// Renews it once. False when there is nothing to renew any more.
    pub async fn renew(&self) -> bool {
        self.renew_after(Duration::ZERO).await
    }

    /// The same, unless it was renewed so short a time ago.
    async fn renew_after(&self, least: Duration) -> bool {
        let mut version = self.0.version.lock().await;
        let renewed = *self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.lock.pace().elapsed().saturating_sub(renewed) < least {
            return true;
        }
        let Some(seen) = version.clone().filter(|_| self.lost().is_none()) else { return false };
        let (began, now) = (self.0.lock.pace().elapsed(), self.0.lock.time());
        match self.0.lock.place.write(text(&self.0.lease.renewed_at(now)), &seen).await {
            Ok(newer) => {
                *version = Some(newer);
                *self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner) = began;
                true
            }
            Err(error) if error.is_raced() => {
                // The first reason stays.
                let _ = self.0.lost.set("another run took it over, or somebody unlocked the course");
                false
            }
            // It may succeed the next time; if it does not until the term is over, the lease is lost by that.
            Err(error) => {
                tracing::info!(error = crate::gcp::error::told(&error), "the lock was not renewed");
                true
            }
        }
    }

    /// Gives it back. One that was lost is somebody else's and stays.
    pub async fn release(&self) -> Result<(), StoreError> {
        // Waits for a renewal that is under way: its version would not be known otherwise.
        let version = self.0.version.lock().await.take();
        match version {
            Some(version) => match self.0.lock.place.delete(&version).await {
                Err(error) if error.is_raced() => Ok(()),
                other => other,
            },
            None => Ok(()),
        }
    }
}
