//! APIs that are on without a spec: told, and left. They cost nothing, and turning one off takes what it made out of sight.

use super::owners::Owners;
use super::{Found, Removal, Rules, Verdict};
use crate::gcp::Read;
use crate::kinds::{Reads, Scope, api_services, wire};
use crate::spec::Address;

/// What an API is called.
const KIND: &str = "Api";
/// What Google turns on in every project that the console makes.
const USUAL: [&str; 23] = [
    "analyticshub",
    "bigquery",
    "bigqueryconnection",
    "bigquerydatapolicy",
    "bigquerydatatransfer",
    "bigquerymigration",
    "bigqueryreservation",
    "bigquerystorage",
    "cloudapis",
    "cloudresourcemanager",
    "cloudtrace",
    "dataform",
    "dataplex",
    "datastore",
    "logging",
    "monitoring",
    "servicemanagement",
    "serviceusage",
    "sql-component",
    "storage-api",
    "storage-component",
    "storage",
    "telemetry",
];

/// The APIs that are on.
pub(super) fn read(scope: &Scope) -> Read {
    api_services::enabled(scope)
}

/// Those that no spec turned on, and that are not on everywhere.
pub(super) fn found(rules: &Rules<'_>, reads: &Reads, owners: &Owners) -> Vec<Found> {
    let on = reads.items(&read(rules.scope)).iter().filter_map(|api| wire::text(api, "/name"));
    let usual = |api: &str| api.strip_suffix(".googleapis.com").is_some_and(|name| USUAL.contains(&name));
    on.filter(|place| !usual(wire::last(place))).map(|place| one(place, owners)).collect()
}

fn one(place: String, owners: &Owners) -> Found {
    let api = wire::last(&place).to_owned();
    let reason = match owners.of_api(&api) {
        Some(course) => format!("it belongs to the course {course}"),
        None => "on without a spec, which costs nothing: `gcloud services disable` turns one off".to_owned(),
    };
    Found {
        address: Address::new(KIND, api),
        place,
        created: None,
        creator: None,
        details: "an API that is on".to_owned(),
        verdict: Verdict::Leave,
        reason,
        protected: None,
        removal: Removal::Never,
        after: Vec::new(),
    }
}
