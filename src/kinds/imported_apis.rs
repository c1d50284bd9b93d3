//! Which enabled APIs a person would have listed: those that are neither on in every project nor brought along by another.
//! Data and one rule over it.

use std::collections::BTreeSet;

use super::api_services::ApiServices;
use super::contract::{Ask, Observed, Resource};
use super::{Scope, wire};
use crate::spec::formats::SpecName;

/// What Google enables in a project that is made in the console.
const ON_BY_DEFAULT: [&str; 23] = [
    "analyticshub.googleapis.com",
    "bigquery.googleapis.com",
    "bigqueryconnection.googleapis.com",
    "bigquerydatapolicy.googleapis.com",
    "bigquerydatatransfer.googleapis.com",
    "bigquerymigration.googleapis.com",
    "bigqueryreservation.googleapis.com",
    "bigquerystorage.googleapis.com",
    "cloudapis.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudtrace.googleapis.com",
    "dataform.googleapis.com",
    "dataplex.googleapis.com",
    "datastore.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "servicemanagement.googleapis.com",
    "serviceusage.googleapis.com",
    "sql-component.googleapis.com",
    "storage-api.googleapis.com",
    "storage-component.googleapis.com",
    "storage.googleapis.com",
    "telemetry.googleapis.com",
];

/// APIs that come with others, each with those that bring it.
const BROUGHT_BY: &[(&str, &[&str])] = &[
    ("oslogin.googleapis.com", &["compute.googleapis.com"]),
    ("iamcredentials.googleapis.com", &["iam.googleapis.com"]),
    ("workflowexecutions.googleapis.com", &["workflows.googleapis.com"]),
    ("containerregistry.googleapis.com", &["container.googleapis.com"]),
];

/// The name of a list of APIs that nobody has named yet.
const NAME: &str = "apis";

/// The lists of an import: what the inventory knows under its name, and everything else that somebody turned on in the first.
pub(super) fn lists(
    asks: &[Ask<ApiServices>],
    on: &BTreeSet<String>,
    scope: &Scope,
) -> Vec<(String, Observed<ApiServices>)> {
    let ours: BTreeSet<&str> = asks.iter().flat_map(|ask| ask.owned.keys("services")).collect();
    let mut rest: Vec<String> =
        on.iter().filter(|api| is_chosen(api, on) && !ours.contains(api.as_str())).cloned().collect();
    let mut lists: Vec<(String, Vec<String>)> = Vec::new();
    for ask in asks {
        let owned = ask.owned.keys("services").filter(|api| on.contains(*api)).map(str::to_owned);
        lists.push((ask.name.clone(), owned.chain(std::mem::take(&mut rest)).collect()));
    }
    lists.push((NAME.to_owned(), rest));
    lists.into_iter().filter_map(|(name, services)| list(name, services, scope)).collect()
}

fn list(name: String, services: Vec<String>, scope: &Scope) -> Option<(String, Observed<ApiServices>)> {
    if services.is_empty() {
        return None;
    }
    let wire = serde_json::json!({"services": services});
    let mut spec = ApiServices {
        name: SpecName::from_trusted(name.as_str()),
        services: wire::formatted(services),
        on_destroy: None,
        expires: None,
    };
    spec.normalise(scope);
    let resource = spec.resource(scope);
    Some((name, Observed::new(resource, spec, wire, None)))
}

fn is_chosen(api: &str, on: &BTreeSet<String>) -> bool {
    let brought = BROUGHT_BY.iter().find(|(brought, _)| *brought == api).map_or(&[][..], |(_, by)| *by);
    !ON_BY_DEFAULT.contains(&api) && !brought.iter().any(|by| on.contains(*by))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(names: &[&str]) -> Vec<String> {
        let on = names.iter().map(|name| format!("{name}.googleapis.com")).collect();
        let lists = lists(&[], &on, &Scope::default());
        lists.into_iter().flat_map(|(_, live)| live.spec.services).map(|api| api.to_string()).collect()
    }

    #[test]
    fn what_is_on_anyway_or_comes_along_is_not_listed() {
        assert_eq!(services(&["storage", "compute", "oslogin"]), ["compute.googleapis.com"]);
        assert_eq!(services(&["oslogin"]), ["oslogin.googleapis.com"]);
        assert!(services(&["storage", "logging"]).is_empty());
    }
}
