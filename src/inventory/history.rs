//! The history of a course: a document for each run that changed it, beside the inventory. Nothing is forgotten by itself: an audit
//! that does is none, and a run takes some KB.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use super::error::StoreError;
use super::place::{Place, Version};
use super::run::RunRecord;
use super::store::Store;

/// Records read or deleted at once.
const PARALLEL: usize = 8;

/// Where the history of a course is kept.
#[derive(Clone, Debug)]
pub struct History {
    folder: Place,
}

/// A run in a list: its name, and the version of its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The run's name.
    pub id: String,
    version: Version,
}

impl History {
    /// The history of the course that has this store.
    pub fn of(store: &Store) -> Self {
        Self { folder: store.place().beside("runs") }
    }

    /// Where it is, for a person.
    pub fn shown(&self) -> String {
        self.folder.shown()
    }

    fn at(&self, id: &str) -> Place {
        self.folder.inside(&format!("{id}.json"))
    }

    /// Writes down that a run begins.
    pub async fn begin(&self, run: &RunRecord) -> Result<Version, StoreError> {
        self.at(&run.id).write(text(run), &Version::default()).await
    }

    /// Writes down how it ended.
    pub async fn end(&self, run: &RunRecord, begun: &Version) -> Result<(), StoreError> {
        self.at(&run.id).write(text(run), begun).await.map(drop)
    }

    /// The runs, the latest first.
    pub async fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let named = |(name, version): (String, Version)| {
            Some(Listed { id: name.strip_suffix(".json")?.to_owned(), version })
        };
        let mut runs: Vec<Listed> = self.folder.list().await?.into_iter().filter_map(named).collect();
        runs.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(runs)
    }

    /// The records of these runs, in their order. One that was deleted meanwhile is left out.
    pub async fn read(&self, runs: &[Listed]) -> Result<Vec<RunRecord>, StoreError> {
        let places: Vec<Place> = runs.iter().map(|run| self.at(&run.id)).collect();
        let found = stream::iter(places).map(|place| async move {
            match place.content(RUN).await? {
                Some(text) => serde_json::from_value(text).map(Some).map_err(|e| place.unreadable(RUN, e)),
                None => Ok(None),
            }
        });
        let found: Vec<Option<RunRecord>> = found.buffered(PARALLEL).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Deletes the records of these runs, and with the last ones of a project their bucket.
    pub async fn delete(&self, runs: &[Listed]) -> Result<(), StoreError> {
        let places: Vec<(Place, &Version)> =
            runs.iter().map(|run| (self.at(&run.id), &run.version)).collect();
        let gone = stream::iter(places).map(|(place, version)| async move { place.delete(version).await });
        gone.buffer_unordered(PARALLEL).try_collect::<()>().await?;
        if self.folder.list().await?.is_empty() { self.folder.clear().await } else { Ok(()) }
    }
}

/// What it is, for an error.
const RUN: &str = "record of a run";

fn text(run: &RunRecord) -> String {
    format!("{:#}\n", json!(run))
}
