//! Reading a project for a sweep: rounds of reads until the survey wants nothing any more.

use super::{LiveError, ROUNDS, Seen};
use crate::gcp::{Client, Service};
use crate::inventory::StoreError;
use crate::sweep::{self, Rules, Survey, UnreadableInventory};

/// A sweep that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The project could not be read.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// An inventory could not be read.
    #[error(transparent)]
    Inventory(#[from] UnreadableInventory),
    /// The course's own inventory could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Inventories are objects, and their API is off.
    #[error(
        "Cloud Storage is off in {0}, so it cannot be read what courses own: `gcloud services enable storage.googleapis.com --project {0}`"
    )]
    Off(String),
}

/// Reads a project, and judges what is there. The rules learn from the first calls who makes them.
pub async fn survey(client: &Client, rules: &mut Rules<'_>) -> Result<Survey, SweepError> {
    let mut seen = Seen::default();
    for _ in 0..ROUNDS {
        let wanted = sweep::wanted(rules, &seen.reads)?;
        if wanted.is_empty() {
            return Ok(sweep::survey(rules, &seen.reads)?);
        }
        let project = &rules.scope.project;
        let wanted = wanted.into_iter().map(|read| (read, project.clone())).collect();
        seen.read(client, wanted).await?;
        if seen.disabled.get(project).is_some_and(|off| off.contains(Service::Storage.api())) {
            return Err(SweepError::Off(rules.scope.project.clone()));
        }
        rules.caller = client.caller();
    }
    Err(LiveError::Restless.into())
}
