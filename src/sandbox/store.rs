//! The state and where it lives: in memory, or in one JSON file that several processes may use at once.
//!
//! A write is a transaction: lock the file beside the state, reload if somebody else wrote, change, write a new
//! file over the old one, unlock. A change that fails, or changes nothing, writes nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::operation::Operation;
use super::shelf::Shelf;

/// Everything that exists in the sandbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// How many ids have been given.
    #[serde(default)]
    pub(super) counter: u64,
    /// Every resource by its path, such as `compute/projects/P/zones/Z/instances/x`.
    #[serde(default)]
    pub(super) resources: Shelf<Value>,
    /// Operations that may still be asked about.
    #[serde(default)]
    pub(super) operations: Shelf<Operation>,
}

impl State {
    /// The resources whose path starts with `prefix`, in order of path.
    pub(super) fn below<'a>(
        &'a self,
        prefix: &str,
    ) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        let prefix = prefix.to_owned();
        self.resources.range(prefix.clone()..).take_while(move |(path, _)| path.starts_with(&prefix))
    }

    /// Carries a change out. Gives its outcome, and whether anything is not as it was; an error leaves everything so.
    fn attempt<T, E>(&mut self, change: impl FnOnce(&mut Self) -> Result<T, E>) -> (Result<T, E>, bool) {
        let counter = self.counter;
        self.resources.begin();
        self.operations.begin();
        let outcome = change(self);
        let changed = self.counter != counter || self.resources.changed() || self.operations.changed();
        if outcome.is_err() {
            self.undo(counter);
        }
        (outcome, changed)
    }

    /// Takes back what was changed since the last attempt began.
    fn undo(&mut self, counter: u64) {
        self.counter = counter;
        self.resources.undo();
        self.operations.undo();
    }
}

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("the sandbox cannot use its state file")]
    Io(#[from] std::io::Error),
    /// The file is not a state.
    #[error("{} is not the state of a sandbox; delete it to start anew", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// What tells one version of the file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    node: u64,
    length: u64,
    modified: Option<SystemTime>,
}

#[derive(Debug, Default)]
struct Held {
    state: State,
    seen: Option<Stamp>,
}

/// The state with its file, if it has one.
#[derive(Debug)]
pub(super) struct Store {
    file: Option<PathBuf>,
    held: Mutex<Held>,
}

impl Store {
    /// A store on that file, or in memory. A file that is not there yet is an empty cloud.
    pub(super) fn open(file: Option<PathBuf>) -> Result<Self, StoreError> {
        if let Some(folder) =
            file.as_deref().and_then(Path::parent).filter(|path| !path.as_os_str().is_empty())
        {
            fs_err::create_dir_all(folder)?;
        }
        let store = Self { file, held: Mutex::default() };
        store.read(|_| ())?;
        Ok(store)
    }

    /// Looks at the present state. What `look` changes is not kept.
    pub(super) fn read<T>(&self, look: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.reload(&mut held)?;
        Ok(look(&mut held.state))
    }

    /// Changes the state. An error of `change` leaves it as it was.
    pub(super) fn write<T, E>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<Result<T, E>, StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = self.lock()?;
        self.reload(&mut held)?;
        let counter = held.state.counter;
        let (outcome, changed) = held.state.attempt(change);
        if outcome.is_ok()
            && changed
            && let Err(error) = self.save(&mut held)
        {
            held.state.undo(counter);
            return Err(error);
        }
        drop(lock);
        Ok(outcome)
    }

    /// Held until dropped. The state file itself is replaced at every write and cannot carry a lock.
    fn lock(&self) -> Result<Option<fs_err::File>, StoreError> {
        let Some(file) = &self.file else { return Ok(None) };
        let mut name = file.clone().into_os_string();
        name.push(".lock");
        let lock = fs_err::OpenOptions::new().create(true).append(true).open(PathBuf::from(name))?;
        lock.file().lock()?;
        Ok(Some(lock))
    }

    fn reload(&self, held: &mut Held) -> Result<(), StoreError> {
        let Some(path) = &self.file else { return Ok(()) };
        let stamp = stamp(path)?;
        if stamp.is_none() {
            *held = Held::default();
        } else if stamp != held.seen {
            let text = fs_err::read(path)?;
            let state = serde_json::from_slice(&text)
                .map_err(|source| StoreError::Format { path: path.clone(), source })?;
            *held = Held { state, seen: stamp };
        }
        Ok(())
    }

    fn save(&self, held: &mut Held) -> Result<(), StoreError> {
        let Some(path) = &self.file else { return Ok(()) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let text = serde_json::to_vec(&held.state)
            .map_err(|source| StoreError::Format { path: path.clone(), source })?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&text)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        held.seen = stamp(path)?;
        Ok(())
    }
}

fn stamp(path: &Path) -> Result<Option<Stamp>, StoreError> {
    match fs_err::metadata(path) {
        Ok(found) => {
            Ok(Some(Stamp { node: node(&found), length: found.len(), modified: found.modified().ok() }))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
fn node(found: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn node(_: &std::fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put(store: &Store, key: &str) {
        let done: Result<(), ()> = store
            .write(|state| {
                state.resources.insert(key.to_owned(), json!({}));
                Ok(())
            })
            .unwrap();
        assert_eq!(done, Ok(()));
    }

    fn keys(store: &Store) -> Vec<String> {
        store.read(|state| state.resources.keys().cloned().collect()).unwrap()
    }

    #[test]
    fn two_stores_on_one_file_see_each_others_writes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/folder/state.json");
        let (one, two) = (Store::open(Some(file.clone())).unwrap(), Store::open(Some(file)).unwrap());
        put(&one, "a");
        put(&two, "b");
        put(&one, "c");
        assert_eq!(keys(&two), ["a", "b", "c"]);
        assert_eq!(keys(&one), ["a", "b", "c"]);
    }

    #[test]
    fn a_failed_change_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let store = Store::open(Some(file.clone())).unwrap();
        let failed: Result<(), &str> = store
            .write(|state| {
                state.resources.insert("a".to_owned(), json!({}));
                Err("no")
            })
            .unwrap();
        assert_eq!(failed, Err("no"));
        assert!(keys(&store).is_empty());
        assert!(!file.exists());
    }

    #[test]
    fn a_change_of_nothing_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let store = Store::open(Some(file.clone())).unwrap();
        put(&store, "a");
        let before = stamp(&file).unwrap();
        put(&store, "a");
        assert_eq!(stamp(&file).unwrap(), before);
    }

    #[test]
    fn a_file_that_is_no_state_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        fs_err::write(&file, "not json").unwrap();
        assert!(matches!(Store::open(Some(file.clone())), Err(StoreError::Format { .. })));
        assert_eq!(fs_err::read_to_string(file).unwrap(), "not json");
    }
}
