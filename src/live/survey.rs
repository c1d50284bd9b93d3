//! The survey of a project for an import: everything of some kinds, whoever made it. What may not be looked at is told, and the
//! rest is read all the same.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{LiveError, PARALLEL, ROUNDS, fetch};
use crate::gcp::{ApiError, Client, Read};
use crate::import::asks;
use crate::inventory::Record;
use crate::kinds::import::Content;
use crate::kinds::{Kind, Reads, Scope};

/// What was read.
#[derive(Debug, Default)]
pub struct Survey {
    /// The answers.
    pub reads: Reads,
    /// What could not be read for want of a permission.
    pub unread: Vec<ApiError>,
}

/// Reads what the kinds want for an import, until nothing is missing.
pub async fn survey(
    client: &Client,
    kinds: &[&'static dyn Kind],
    record: &Record,
    scope: &Scope,
) -> Result<Survey, LiveError> {
    let mut survey = Survey::default();
    for _ in 0..ROUNDS {
        let mut wanted = BTreeSet::new();
        for kind in kinds {
            wanted.extend(kind.import_reads(&asks(*kind, record), &survey.reads, scope)?);
        }
        wanted.retain(|read| !survey.reads.has(read));
        if wanted.is_empty() {
            return Ok(survey);
        }
        survey.read(client, wanted).await?;
    }
    Err(LiveError::Restless)
}

/// The files that specs name, with their paths in the course folder.
pub async fn contents(client: &Client, wanted: &[Content]) -> Result<Vec<(String, Vec<u8>)>, ApiError> {
    let fetched = stream::iter(wanted).map(async |content| {
        let bytes = client.download(&content.request).await?;
        Ok((content.path.clone(), bytes))
    });
    fetched.buffered(PARALLEL).try_collect().await
}

impl Survey {
    async fn read(&mut self, client: &Client, wanted: BTreeSet<Read>) -> Result<(), LiveError> {
        let mut failed = Vec::new();
        for (read, answer) in fetch(client, wanted).await {
            let items = match answer {
                Ok(items) => items,
                Err(error) if error.is_service_disabled() => Vec::new(),
                Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
                    self.unread.push(error);
                    Vec::new()
                }
                Err(error) => {
                    failed.push(error);
                    Vec::new()
                }
            };
            self.reads.insert(read, items);
        }
        if failed.is_empty() { Ok(()) } else { Err(LiveError::Unread(failed)) }
    }
}
