//! The inventory's store: the record of a course in its place. Written over the version that was read: two runs never overwrite
//! each other.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::error::StoreError;
use super::place::{Place, Version};
use super::record::Record;
use crate::gcp::{Client, Pace};

/// Where a course's inventory is kept, and what its last write was.
#[derive(Clone, Debug)]
pub struct Store {
    place: Place,
    project: String,
    /// What was read or written last.
    version: Version,
}

impl Store {
    /// The store of a course.
    pub fn new(client: Client, course: &crate::spec::Course, folder: &Path) -> Self {
        let project = course.project.to_string();
        Self { place: Place::of(client, course, folder), project, version: Version::default() }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Reads the record; what does not exist yet is empty. That Cloud Storage is off is an error: it says nothing of the record.
    pub async fn load(&self, course: &str) -> Result<Record, StoreError> {
        let text = self.place.content(INVENTORY).await?;
        self.record(text, course)
    }

    fn record(&self, text: Option<Value>, course: &str) -> Result<Record, StoreError> {
        let Some(text) = text else {
            return Ok(Record::empty(course, &self.project));
        };
        let record: Record = serde_json::from_value(text).map_err(|e| self.place.unreadable(INVENTORY, e))?;
        let place = || self.place.shown();
        match record {
            _ if record.course != course => {
                Err(StoreError::Foreign { place: place(), course: record.course })
            }
            // What is there would be forgotten, or taken for something that is here.
            _ if record.project != self.project && !record.entries.is_empty() => {
                Err(StoreError::OtherProject { place: place(), project: record.project })
            }
            record => Ok(record),
        }
    }

    /// Takes hold of the inventory for writing: its version. `record` is what was planned with; another content means that another
    /// run was faster.
    pub async fn open(&mut self, record: &Record) -> Result<(), StoreError> {
        // Side by side: one that is written in between has another content, or its version is refused when it is written over.
        let (stamp, known) = tokio::join!(self.place.stamp(), self.load(&record.course));
        self.version = stamp?.map(|stamp| stamp.version).unwrap_or_default();
        if known? == *record { Ok(()) } else { Err(self.place.raced()) }
    }

    /// Writes the record. Refuses when somebody else wrote since.
    pub async fn save(&mut self, record: &Record) -> Result<(), StoreError> {
        self.version = self.place.write(format!("{:#}\n", json!(record)), &self.version).await?;
        Ok(())
    }

    /// Removes an empty inventory.
    pub async fn remove(&mut self) -> Result<(), StoreError> {
        let version = std::mem::take(&mut self.version);
        self.place.delete(&version).await
    }

    /// The clock of its client.
    pub fn pace(&self) -> &Arc<dyn Pace> {
        self.place.client().pace()
    }

    /// How far apart writes must be: Cloud Storage takes one a second for one name.
    pub fn spacing(&self) -> Duration {
        self.place.spacing()
    }
}

/// What it is, for an error.
const INVENTORY: &str = "inventory";
