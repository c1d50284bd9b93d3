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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::drift::{Drifted, Site, What};
    use crate::gcp::Service;
    use crate::gcp::fake::{Fake, Reply};
    use crate::spec::Address;

    fn gone(kind: &str, service: Service) -> Drifted {
        let site = Site {
            project: "class-2526".to_owned(),
            service,
            resource: "projects/class-2526/zones/z/instances/x".to_owned(),
            calls: BTreeSet::from(["delete"]),
            changed: None,
        };
        let address = Address::new(kind, "x");
        Drifted {
            address,
            project: None,
            what: What::Deleted,
            fields: Vec::new(),
            spec_changed: false,
            trace: None,
            site,
        }
    }

    #[tokio::test]
    async fn drift_without_compute_costs_no_call() {
        let fake = Fake::answering(|_| Reply::ok(&json!({}))).await;
        for resources in [vec![], vec![gone("Bucket", Service::Storage)]] {
            let mut drift = Drift { resources, ..Drift::default() };
            trace(&fake.client(), &mut drift).await;
        }
        assert!(fake.seen().is_empty());
    }

    #[tokio::test]
    async fn operations_that_may_not_be_read_are_told_and_drift_stays() {
        let fake = Fake::answering(|_| {
            Reply::error(403, "forbidden", "Required 'compute.globalOperations.list' permission")
        });
        let mut drift = Drift {
            resources: vec![gone("Vm", Service::Compute), gone("Vm", Service::Compute)],
            ..Drift::default()
        };
        let fake = fake.await;
        trace(&fake.client(), &mut drift).await;
        assert_eq!((drift.resources.len(), fake.seen().len()), (2, 1));
        let [why] = &*drift.unread else { panic!("{:?}", drift.unread) };
        assert!(why.contains("compute.globalOperations.list"), "{why}");
    }
}
