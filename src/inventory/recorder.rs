//! The recorder: keeps the inventory in step with an apply. Edits that come while a write is under way go into the next one.
//! A write that has begun ends, whatever becomes of the step that caused it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::error::StoreError;
use super::lock::Hold;
use super::record::{Record, RecordEdit};
use super::store::Store;

/// A record that is written as it changes. Cheap to clone; made and used inside a tokio runtime.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    noted: Mutex<Noted>,
    written: tokio::sync::Mutex<Written>,
    /// The first write that failed: nothing is written after it but the last attempt at the end.
    broken: OnceLock<Arc<StoreError>>,
    listener: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// The lock under which the run is.
    hold: OnceLock<Hold>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("broken", &self.broken).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Noted {
    record: Record,
    version: u64,
}

#[derive(Debug)]
struct Written {
    store: Store,
    version: u64,
    last: Option<Duration>,
}

impl Recorder {
    /// A recorder over a store that is open for writing.
    pub fn new(store: Store, record: Record) -> Self {
        Self(Arc::new(Shared {
            noted: Mutex::new(Noted { record, version: 0 }),
            written: tokio::sync::Mutex::new(Written { store, version: 0, last: None }),
            broken: OnceLock::new(),
            listener: OnceLock::new(),
            hold: OnceLock::new(),
        }))
    }

    /// The same recorder under the lock of its course: when that is lost, nothing is written any more.
    #[must_use]
    pub fn under(self, hold: Hold) -> Self {
        // A run takes the lock once.
        let _ = self.0.hold.set(hold);
        self
    }

    /// Calls this after every write. The first listener stays.
    pub fn on_written(&self, listener: impl Fn() + Send + Sync + 'static) {
        // A second listener has nothing to hear that the first does not.
        let _ = self.0.listener.set(Box::new(listener));
    }

    /// Whether a write failed or the lock was lost: what is done from then on would not be recorded.
    pub fn is_broken(&self) -> bool {
        self.0.broken.get().is_some() || self.lost().is_some()
    }

    /// Makes sure, before a step is begun, that the run still has the lock of its course.
    pub async fn confirm(&self) -> Result<(), StoreError> {
        match self.0.hold.get() {
            Some(hold) => hold.confirm().await,
            None => Ok(()),
        }
    }

    fn lost(&self) -> Option<StoreError> {
        self.0.hold.get().and_then(Hold::lost)
    }

    /// Notes what a step is about to make ours, and returns when it is written.
    pub async fn intend(&self, edits: &[RecordEdit]) -> Result<(), StoreError> {
        match self.change(edits, Record::intend) {
            Some(version) => self.write(version).await,
            None => Ok(()),
        }
    }

    /// Notes what a step has done, and has it written soon.
    pub fn note(&self, edits: &[RecordEdit]) {
        if let Some(version) = self.change(edits, Record::apply) {
            // Its failure is kept, and told at the end.
            drop(self.begin(version));
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version that has these edits, if they change anything.
    fn change(&self, edits: &[RecordEdit], change: fn(&mut Record, &RecordEdit) -> bool) -> Option<u64> {
        let mut noted = self.noted();
        let changed = edits.iter().filter(|edit| change(&mut noted.record, edit)).count();
        noted.version += u64::from(changed > 0);
        (changed > 0).then_some(noted.version)
    }

    async fn write(&self, version: u64) -> Result<(), StoreError> {
        let written = self.begin(version).await;
        written.unwrap_or_else(|error| Err(StoreError::File(std::io::Error::other(error))))
    }

    /// A task of its own: a step that is left in the middle must not take a write with it, whose generation we would not know.
    fn begin(&self, version: u64) -> tokio::task::JoinHandle<Result<(), StoreError>> {
        let recorder = self.clone();
        tokio::spawn(async move { recorder.written(version).await })
    }

    /// Waits until a version is in the store. Whoever gets the store writes for all who wait.
    async fn written(&self, version: u64) -> Result<(), StoreError> {
        let mut written = self.0.written.lock().await;
        if written.version >= version {
            return Ok(());
        }
        if let Some(broken) = self.0.broken.get() {
            return Err(StoreError::Earlier(Arc::clone(broken)));
        }
        self.save(&mut written).await.map_err(|error| self.broken(error))
    }

    /// Keeps the first failure, and gives it.
    fn broken(&self, error: StoreError) -> StoreError {
        let error = Arc::new(error);
        StoreError::Earlier(Arc::clone(self.0.broken.get_or_init(|| error)))
    }

    /// Writes all that is noted by the time the store takes another write.
    async fn save(&self, written: &mut Written) -> Result<(), StoreError> {
        let pace = Arc::clone(written.store.pace());
        let since = written.last.map(|last| pace.elapsed().saturating_sub(last));
        if let Some(rest) = since.and_then(|since| written.store.spacing().checked_sub(since)) {
            pace.sleep(rest).await;
        }
        // A write would stand in the way of the run that has taken over. What is done is found again by its mark, or as pending.
        if let Some(lost) = self.lost() {
            return Err(lost);
        }
        let (record, version) = {
            let noted = self.noted();
            (noted.record.clone(), noted.version)
        };
        written.store.save(&record).await?;
        (written.version, written.last) = (version, Some(pace.elapsed()));
        if let Some(listener) = self.0.listener.get() {
            listener();
        }
        Ok(())
    }

    /// Returns when all that is noted is written. After a failure it is tried once more, so that as much as possible is
    /// known to the next run, unless another run has written meanwhile. Gives the first failure all the same.
    pub async fn flush(&self) -> Result<(), StoreError> {
        if let Some(lost) = self.lost() {
            return Err(self.broken(lost));
        }
        let Some(broken) = self.0.broken.get() else {
            let version = self.noted().version;
            return self.write(version).await;
        };
        if !broken.is_raced() {
            let mut written = self.0.written.lock().await;
            // Its failure is the one that is told already.
            let _ = self.save(&mut written).await;
        }
        Err(StoreError::Earlier(Arc::clone(broken)))
    }

    /// Ends the run: what is noted is written, and an inventory that names nothing any more is removed.
    /// Gives the record as it stands.
    pub async fn close(self) -> Result<Record, StoreError> {
        self.flush().await?;
        let record = self.noted().record.clone();
        if record.entries.is_empty() {
            self.0.written.lock().await.store.remove().await?;
        }
        Ok(record)
    }
}
