//! What has to be read for a survey, round by round: what there is; the repositories of each location and the inventories; then
//! what is in that which goes, and who has access to that which stays.

use super::catalog::CATALOG;
use super::owners::{self, UnreadableInventory};
use super::{Rules, apis, contents, creator, grants, keys, survey};
use crate::gcp::{Read, Request, Service};
use crate::kinds::{Reads, Scope, run_service, wire};

/// The reads that are missing. None of them means that the survey is complete.
pub fn wanted(rules: &Rules<'_>, reads: &Reads) -> Result<Vec<Read>, UnreadableInventory> {
    let scope = rules.scope;
    let mut all = vec![
        places(scope),
        run_service::everywhere(scope),
        creator::read(scope),
        apis::read(scope),
        owners::inventories(scope),
    ];
    all.extend(grants::read(&grants::project(scope), scope));
    let places = Places::of(reads, scope);
    all.extend(CATALOG.iter().flat_map(|row| row.reads(scope, &places)));
    all.extend(owners::documents(reads, scope));
    all.retain(|read| !reads.has(read));
    if all.is_empty() {
        let things = survey::things(rules, reads)?;
        all.extend(contents::reads(&things));
        all.extend(keys::reads(&things));
        all.extend(grants::reads(&things, scope));
        all.retain(|read| !reads.has(read));
    }
    Ok(all)
}

/// Where Artifact Registry has repositories.
fn places(scope: &Scope) -> Read {
    let path = format!("v1/projects/{}/locations", scope.project);
    let request = Request::get(Service::ArtifactRegistry, path).query("pageSize", "100");
    Read::list(request.fields("locations(name),nextPageToken"), "locations")
}

/// Where there is something whose lists are per place: `projects/P/locations/L`.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Where Artifact Registry is.
    pub(super) registries: Vec<String>,
    /// Where services of Cloud Run are.
    pub(super) services: Vec<String>,
}

impl Places {
    /// The places that are known so far.
    pub(super) fn of(reads: &Reads, scope: &Scope) -> Self {
        let registries = reads.items(&places(scope)).iter();
        let regions = run_service::regions(reads, scope).into_iter();
        Self {
            registries: registries.filter_map(|location| wire::text(location, "/name")).collect(),
            services: regions
                .map(|region| format!("projects/{}/locations/{region}", scope.project))
                .collect(),
        }
    }
}
