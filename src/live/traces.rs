//! Who changed what: one call for each project in which something of Compute drifted, and none where nothing did.
//! What cannot be read is told; drift is drift all the same.

use std::collections::BTreeSet;

use crate::drift::{self, Drift};
use crate::gcp::Client;
use crate::gcp::error::told;

/// Works in who changed what and when, as far as the APIs tell.
pub async fn trace(client: &Client, drift: &mut Drift) {
    let projects: BTreeSet<String> = drift.resources.iter().map(|one| one.site.project.clone()).collect();
    let mut reads = drift::operations(drift);
    for project in projects {
        let operations = match reads.remove(&project) {
            None => Vec::new(),
            Some(read) => client.read(&read).await.unwrap_or_else(|error| {
                drift.unread.push(told(&error));
                Vec::new()
            }),
        };
        drift::attribute(drift, &project, &operations);
    }
}
