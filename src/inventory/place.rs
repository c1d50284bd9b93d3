//! A place: where a document of a course is kept, an object of a bucket or a file. Read, written and deleted under the version
//! that was seen, so that two runs never overwrite each other. Knows nothing of what the documents say.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::error::StoreError;
use super::{bucket, file};
use crate::gcp::{ApiError, Body, Client, Read, Request, Service, Verb, segment};
use crate::spec::InventoryPlace;

/// One version of a document: the generation of an object, or the text of a file. None where there is no document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Version(pub(super) Option<String>);

/// The version of a document that is there.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) version: Version,
    /// When it was written, by the server's clock. A file's own date is no such thing: it is this machine's.
    pub(super) written: Option<Timestamp>,
}

/// Where a document is kept.
#[derive(Clone, Debug)]
pub struct Place {
    client: Client,
    at: At,
    /// Whose bucket it is, if one has to be made.
    project: String,
    /// Where a bucket is made if there is none.
    location: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    Object { bucket: String, object: String },
    File(PathBuf),
}

/// How long a bucket just made may stay unknown, in seconds and tries.
const UNKNOWN: u32 = 10;
const MASK: &str = "generation,updated";

impl Place {
    /// The place of a course's inventory.
    pub(super) fn of(client: Client, course: &crate::spec::Course, folder: &Path) -> Self {
        let at = match course.inventory_place() {
            InventoryPlace::Object { bucket, object } => At::Object { bucket, object },
            InventoryPlace::File(path) => At::File(folder.join(path)),
        };
        let location =
            course.region.as_ref().map_or_else(|| "EU".to_owned(), |r| r.to_string().to_uppercase());
        Self { client, at, project: course.project.to_string(), location }
    }

    /// The place of what belongs to an inventory: beside one that is called so, and named after any other, as several may
    /// share a folder.
    pub(super) fn beside(&self, name: &str) -> Self {
        let at = match &self.at {
            At::Object { bucket, object } => {
                At::Object { bucket: bucket.clone(), object: beside(object, name, true) }
            }
            At::File(path) => At::File(PathBuf::from(beside(&path.to_string_lossy(), name, false))),
        };
        Self { at, ..self.clone() }
    }

    /// A document in the folder that this place is.
    pub(super) fn inside(&self, name: &str) -> Self {
        let at = match &self.at {
            At::Object { bucket, object } => {
                At::Object { bucket: bucket.clone(), object: format!("{object}/{name}") }
            }
            At::File(path) => At::File(path.join(name)),
        };
        Self { at, ..self.clone() }
    }

    /// Where it is, for a person.
    pub fn shown(&self) -> String {
        match &self.at {
            At::Object { bucket, object } => format!("gs://{bucket}/{object}"),
            At::File(path) => path.display().to_string(),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// How far apart writes must be: Cloud Storage takes one a second for one name.
    pub(super) fn spacing(&self) -> Duration {
        let real = !self.client.is_local() && matches!(self.at, At::Object { .. });
        Duration::from_secs(u64::from(real))
    }

    /// The time by which documents here are dated: the server's, as far as it has told. None for files.
    pub(super) fn time(&self) -> Option<Timestamp> {
        match &self.at {
            At::Object { .. } => self.client.storage_time(),
            At::File(_) => None,
        }
    }

    pub(super) fn raced(&self) -> StoreError {
        StoreError::Raced { place: self.shown() }
    }

    pub(super) fn unreadable(&self, what: &'static str, source: serde_json::Error) -> StoreError {
        StoreError::Unreadable { what, place: self.shown(), source }
    }

    fn api(&self, source: ApiError) -> StoreError {
        if source.is_precondition() { self.raced() } else { StoreError::Api { place: self.shown(), source } }
    }

    /// What it says; None where there is nothing. `what` it should be is for the error.
    pub(super) async fn content(&self, what: &'static str) -> Result<Option<Value>, StoreError> {
        match &self.at {
            At::Object { bucket, object } => {
                let request = Request::get(Service::Storage, path(bucket, object)).query("alt", "media");
                let found = self.client.read(&Read::document(request.fields("*"))).await;
                Ok(found.map_err(|e| self.api(e))?.into_iter().next())
            }
            At::File(path) => match file::read(path)? {
                Some(text) => serde_json::from_str(&text).map(Some).map_err(|e| self.unreadable(what, e)),
                None => Ok(None),
            },
        }
    }

    /// Its version; None where there is nothing.
    pub(super) async fn stamp(&self) -> Result<Option<Stamp>, StoreError> {
        match &self.at {
            At::Object { bucket, object } => {
                let request = Request::get(Service::Storage, path(bucket, object)).fields(MASK);
                let found = self.client.read(&Read::document(request)).await.map_err(|e| self.api(e))?;
                let written = |o: &Value| o.get("updated").and_then(Value::as_str)?.parse().ok();
                Ok(found.first().map(|o| Stamp { version: generation(o), written: written(o) }))
            }
            At::File(path) => {
                let text = file::read(path)?;
                Ok(text.map(|text| Stamp { version: Version(Some(text)), written: None }))
            }
        }
    }

    /// Writes it over the version that was seen; an error that is a race if there is another by then. Makes the bucket where
    /// there is none.
    pub(super) async fn write(&self, text: String, over: &Version) -> Result<Version, StoreError> {
        let (bucket, object) = match &self.at {
            At::File(path) => {
                let written = file::swap(path, over.0.as_deref(), Some(&text))?;
                return if written { Ok(Version(Some(text))) } else { Err(self.raced()) };
            }
            At::Object { bucket, object } => (bucket, object),
        };
        let mut request = Request::new(Verb::Post, Service::Storage, format!("b/{}/o", segment(bucket)))
            .query("name", object.as_str())
            .query("ifGenerationMatch", over.0.clone().unwrap_or_else(|| "0".to_owned()))
            .fields(MASK);
        request.body = Body::Text { content_type: "application/json".to_owned(), text };
        let mut attempt = 1;
        loop {
            match self.client.send(&request).await {
                Ok(answer) => return Ok(generation(&answer)),
                Err(error) if error.is_not_found() && attempt == 1 => {
                    let made = bucket::make(&self.client, bucket, &self.project, &self.location).await;
                    made.map_err(|e| self.api(e))?;
                }
                // It is there, and not known everywhere yet.
                Err(error) if error.is_not_found() && attempt < UNKNOWN => {
                    self.client.let_settle(Duration::from_secs(1)).await;
                }
                Err(error) => return Err(self.api(error)),
            }
            attempt += 1;
        }
    }

    /// Deletes the version that was seen; an error that is a race if there is another by then. What is gone is deleted.
    pub(super) async fn delete(&self, version: &Version) -> Result<(), StoreError> {
        let Some(seen) = &version.0 else { return Ok(()) };
        match &self.at {
            At::File(path) => {
                let gone = file::read(path)?.is_none() || file::swap(path, Some(seen), None)?;
                if gone { Ok(()) } else { Err(self.raced()) }
            }
            At::Object { bucket, object } => {
                let request = Request::new(Verb::Delete, Service::Storage, path(bucket, object))
                    .query("ifGenerationMatch", seen.as_str());
                match self.client.send(&request).await {
                    Err(error) if !error.is_not_found() => Err(self.api(error)),
                    _ => Ok(()),
                }
            }
        }
    }

    /// The names of the documents in the folder that this place is, with the versions that a deletion needs.
    pub(super) async fn list(&self) -> Result<Vec<(String, Version)>, StoreError> {
        match &self.at {
            At::File(path) => {
                let names = file::names(path)?.into_iter().map(|name| {
                    let text = file::read(&path.join(&name))?;
                    Ok((name, Version(text)))
                });
                names.collect()
            }
            At::Object { bucket, object } => {
                let folder = format!("{object}/");
                let request = Request::get(Service::Storage, format!("b/{}/o", segment(bucket)))
                    .query("prefix", folder.as_str())
                    .query("maxResults", "1000")
                    .fields("items(name,generation),nextPageToken");
                let found = self.client.read(&Read::list(request, "items")).await;
                let named = |o: &Value| {
                    Some((o.get("name")?.as_str()?.strip_prefix(&folder)?.to_owned(), generation(o)))
                };
                Ok(found.map_err(|e| self.api(e))?.iter().filter_map(named).collect())
            }
        }
    }

    /// Removes the bucket if nothing is left in it, or the folder. One that is not ours stays.
    pub(super) async fn clear(&self) -> Result<(), StoreError> {
        match &self.at {
            At::File(path) => match fs_err::remove_dir(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            },
            At::Object { bucket, .. } => {
                bucket::remove_if_empty(&self.client, bucket).await.map_err(|e| self.api(e))
            }
        }
    }
}

/// `be/inventory.json` has `be/lock.json` beside it, `be.json` has `be.lock.json`.
fn beside(path: &str, name: &str, shared: bool) -> String {
    let stem = path.strip_suffix(".json").unwrap_or(path);
    match stem
        .strip_suffix("inventory")
        .filter(|folder| shared && (folder.is_empty() || folder.ends_with('/')))
    {
        Some(folder) => format!("{folder}{name}"),
        None => format!("{stem}.{name}"),
    }
}

fn path(bucket: &str, object: &str) -> String {
    format!("b/{}/o/{}", segment(bucket), segment(object))
}

fn generation(object: &Value) -> Version {
    Version(object.get("generation").and_then(Value::as_str).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_an_inventory_is_named_after_it_unless_it_has_a_folder_of_its_own() {
        let rows = [
            ("be/inventory.json", true, "be/lock.json"),
            ("inventory.json", true, "lock.json"),
            ("my-inventory.json", true, "my-inventory.lock.json"),
            ("courses/be.json", true, "courses/be.lock.json"),
            ("/home/ana/be/inventory.json", false, "/home/ana/be/inventory.lock.json"),
            ("state", false, "state.lock.json"),
        ];
        for (path, shared, wanted) in rows {
            assert_eq!(beside(path, "lock.json", shared), wanted);
        }
    }
}
