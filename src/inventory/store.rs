//! The inventory's store: an object of a bucket, or a file. Written with a precondition: two runs never overwrite each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::record::Record;
use crate::gcp::{ApiError, Body, Client, Pace, Read, Request, Service, Verb, segment};
use crate::kinds::mark;
use crate::spec::InventoryPlace;

/// The inventory could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A call failed.
    #[error("the inventory at {place} could not be reached")]
    Api {
        /// Where it is.
        place: String,
        /// Why.
        #[source]
        source: ApiError,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// It is no inventory.
    #[error("{place} is no inventory of this version of Provost")]
    Unreadable {
        /// Where it is.
        place: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It belongs to another course.
    #[error("{place} is the inventory of the course {course}; give this course another `inventory:`")]
    Foreign {
        /// Where it is.
        place: String,
        /// Whose it is.
        course: String,
    },
    /// It belongs to this course in another project.
    #[error(
        "{place} is the inventory of this course in the project {project}; destroy it there first, or give it another `inventory:` here"
    )]
    OtherProject {
        /// Where it is.
        place: String,
        /// The project that its entries are in.
        project: String,
    },
    /// Another run wrote it since it was read.
    #[error("another run changed the inventory at {place}; run this one again")]
    Raced {
        /// Where it is.
        place: String,
    },
    /// An earlier write of the same run failed.
    #[error(transparent)]
    Earlier(Arc<StoreError>),
}

impl StoreError {
    /// Whether another run was faster.
    pub fn is_raced(&self) -> bool {
        match self {
            Self::Raced { .. } => true,
            Self::Earlier(error) => error.is_raced(),
            _ => false,
        }
    }

    /// Whether it cannot be read because Cloud Storage is off in its project.
    pub fn is_service_disabled(&self) -> bool {
        matches!(self, Self::Api { source, .. } if source.is_service_disabled())
    }
}

/// Where a course's inventory is kept, and what its last write was.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    place: InventoryPlace,
    folder: PathBuf,
    project: String,
    /// Where a bucket for it is made if there is none.
    location: String,
    /// The generation that was read or written last; `0` when there is no object.
    generation: Option<String>,
    /// The text that a file held when it was read or written last; None when there was no file.
    text: Option<String>,
}

/// How long a bucket just made may stay unknown, in seconds and tries.
const UNKNOWN: u32 = 10;
const MASK: &str = "generation";

impl Store {
    /// The store of a course.
    pub fn new(client: Client, course: &crate::spec::Course, folder: &Path) -> Self {
        let location =
            course.region.as_ref().map_or_else(|| "EU".to_owned(), |r| r.to_string().to_uppercase());
        Self {
            client,
            place: course.inventory_place(),
            folder: folder.to_owned(),
            project: course.project.to_string(),
            location,
            generation: None,
            text: None,
        }
    }

    /// Where it is, for a person.
    pub fn shown(&self) -> String {
        match &self.place {
            InventoryPlace::Object { bucket, object } => format!("gs://{bucket}/{object}"),
            InventoryPlace::File(path) => self.folder.join(path).display().to_string(),
        }
    }

    fn api(&self, source: ApiError) -> StoreError {
        if source.is_precondition() {
            StoreError::Raced { place: self.shown() }
        } else {
            StoreError::Api { place: self.shown(), source }
        }
    }

    /// Reads the record; what does not exist yet is empty. That Cloud Storage is off is an error: it says nothing of the record.
    pub async fn load(&self, course: &str) -> Result<Record, StoreError> {
        let text = match &self.place {
            InventoryPlace::Object { bucket, object } => {
                let request = Request::get(Service::Storage, object_path(bucket, object))
                    .query("alt", "media")
                    .fields("*");
                let found = self.client.read(&Read::document(request)).await;
                found.map_err(|e| self.api(e))?.into_iter().next()
            }
            InventoryPlace::File(path) => match file(&self.folder.join(path))? {
                Some(text) => Some(serde_json::from_str(&text).map_err(|e| self.unreadable(e))?),
                None => None,
            },
        };
        self.record(text, course)
    }

    fn record(&self, text: Option<Value>, course: &str) -> Result<Record, StoreError> {
        let Some(text) = text else {
            return Ok(Record::empty(course, &self.project));
        };
        let record: Record = serde_json::from_value(text).map_err(|e| self.unreadable(e))?;
        match record {
            _ if record.course != course => {
                Err(StoreError::Foreign { place: self.shown(), course: record.course })
            }
            // What is there would be forgotten, or taken for something that is here.
            _ if record.project != self.project && !record.entries.is_empty() => {
                Err(StoreError::OtherProject { place: self.shown(), project: record.project })
            }
            record => Ok(record),
        }
    }

    fn unreadable(&self, source: serde_json::Error) -> StoreError {
        StoreError::Unreadable { place: self.shown(), source }
    }

    /// Takes hold of the object for writing: its generation, and a bucket for it. `record` is what was planned with; another
    /// content means that another run was faster.
    pub async fn open(&mut self, record: &Record) -> Result<(), StoreError> {
        match self.place.clone() {
            InventoryPlace::Object { bucket, object } => self.open_object(&bucket, &object).await?,
            InventoryPlace::File(path) => self.text = file(&self.folder.join(path))?,
        }
        if self.load(&record.course).await? == *record { Ok(()) } else { Err(self.raced()) }
    }

    async fn open_object(&mut self, bucket: &str, object: &str) -> Result<(), StoreError> {
        let known =
            Read::document(Request::get(Service::Storage, format!("b/{}", segment(bucket))).fields("name"));
        if self.client.read(&known).await.map_err(|e| self.api(e))?.is_empty() {
            self.create_bucket(bucket).await?;
        }
        let known = Read::document(Request::get(Service::Storage, object_path(bucket, object)).fields(MASK));
        let found = self.client.read(&known).await.map_err(|e| self.api(e))?;
        self.generation = Some(found.first().map_or_else(|| "0".to_owned(), generation));
        Ok(())
    }

    fn raced(&self) -> StoreError {
        StoreError::Raced { place: self.shown() }
    }

    async fn create_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let body = json!({
            "name": bucket,
            "location": self.location,
            "labels": {mark::MANAGED_BY: mark::PROVOST, "provost-purpose": "inventory"},
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": true}, "publicAccessPrevention": "enforced"},
        });
        let request = Request::new(Verb::Post, Service::Storage, "b")
            .query("project", self.project.as_str())
            .query("projection", "noAcl")
            .json(&body);
        match self.client.send(&request).await {
            // Another run of the project was faster: the bucket is there.
            Err(error) if error.is_conflict() => Ok(()),
            other => other.map(drop).map_err(|e| self.api(e)),
        }
    }

    /// Writes the record. Refuses when somebody else wrote since.
    pub async fn save(&mut self, record: &Record) -> Result<(), StoreError> {
        let text = format!("{:#}\n", json!(record));
        match self.place.clone() {
            InventoryPlace::File(path) => self.save_file(&self.folder.join(path), text),
            InventoryPlace::Object { bucket, object } => self.save_object(&bucket, object, text).await,
        }
    }

    fn save_file(&mut self, path: &Path, text: String) -> Result<(), StoreError> {
        if file(path)? != self.text {
            return Err(self.raced());
        }
        write(path, &text)?;
        self.text = Some(text);
        Ok(())
    }

    async fn save_object(&mut self, bucket: &str, object: String, text: String) -> Result<(), StoreError> {
        let mut request = Request::new(Verb::Post, Service::Storage, format!("b/{}/o", segment(bucket)))
            .query("name", object)
            .query("ifGenerationMatch", self.generation.clone().unwrap_or_else(|| "0".to_owned()))
            .fields(MASK);
        request.body = Body::Text { content_type: "application/json".to_owned(), text };
        let mut attempt = 1;
        loop {
            match self.client.send(&request).await {
                Ok(answer) => break self.generation = Some(generation(&answer)),
                Err(error) if error.is_not_found() && attempt < UNKNOWN => {
                    self.client.let_settle(Duration::from_secs(1)).await;
                }
                Err(error) => return Err(self.api(error)),
            }
            attempt += 1;
        }
        Ok(())
    }

    /// Removes an empty inventory, and the bucket with the last one of a project.
    pub async fn remove(&mut self) -> Result<(), StoreError> {
        match self.place.clone() {
            InventoryPlace::File(path) => match fs_err::remove_file(self.folder.join(path)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            },
            InventoryPlace::Object { bucket, object } => self.remove_object(&bucket, &object).await,
        }
    }

    async fn remove_object(&mut self, bucket: &str, object: &str) -> Result<(), StoreError> {
        let path = object_path(bucket, object);
        let generation = self.generation.take().unwrap_or_else(|| "0".to_owned());
        if generation != "0" {
            let request =
                Request::new(Verb::Delete, Service::Storage, path).query("ifGenerationMatch", generation);
            self.delete(&request).await?;
        }
        let path = format!("b/{}", segment(bucket));
        let ours = Read::document(Request::get(Service::Storage, path.clone()).fields("labels"));
        let labels = self.client.read(&ours).await.map_err(|e| self.api(e))?;
        let ours = labels
            .first()
            .is_some_and(|b| b.pointer("/labels/provost-purpose").is_some_and(|p| p == "inventory"));
        let rest = Request::get(Service::Storage, format!("{path}/o"))
            .query("versions", "true")
            .query("maxResults", "1");
        let rest = self.client.send(&rest.fields("items(name)")).await;
        let empty =
            rest.is_ok_and(|answer| answer.get("items").and_then(Value::as_array).is_none_or(Vec::is_empty));
        if ours && empty {
            self.delete(&Request::new(Verb::Delete, Service::Storage, path)).await?;
        }
        Ok(())
    }

    async fn delete(&self, request: &Request) -> Result<(), StoreError> {
        match self.client.send(request).await {
            Err(error) if !error.is_not_found() => Err(self.api(error)),
            _ => Ok(()),
        }
    }

    /// The clock of its client.
    pub fn pace(&self) -> &Arc<dyn Pace> {
        self.client.pace()
    }

    /// How far apart writes must be: Cloud Storage takes one a second for one name.
    pub fn spacing(&self) -> Duration {
        let real = !self.client.is_local() && matches!(self.place, InventoryPlace::Object { .. });
        Duration::from_secs(u64::from(real))
    }
}

fn file(path: &Path) -> Result<Option<String>, StoreError> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn object_path(bucket: &str, object: &str) -> String {
    format!("b/{}/o/{}", segment(bucket), segment(object))
}

fn generation(object: &Value) -> String {
    object.get("generation").and_then(Value::as_str).unwrap_or("0").to_owned()
}

/// Either the old text or the new one, whatever happens in between.
fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}
