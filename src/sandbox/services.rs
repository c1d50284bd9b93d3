//! The services of the sandbox: which method ids are whose, and who may be called at all.

use std::collections::BTreeSet;

use super::call::{Answer, Call, Handler, World};
use super::error::{ApiError, Style};
use super::store::State;
use super::{
    artifactregistry, compute, iam, new_project, resourcemanager, run, secretmanager, serviceusage, storage,
};

/// One service.
pub(super) struct Service {
    prefix: &'static str,
    /// Its name in Service Usage.
    api: &'static str,
    title: &'static str,
    /// How it words errors.
    pub(super) style: Style,
    handle: Handler,
}

#[rustfmt::skip]
const SERVICES: [Service; 8] = [
    Service { prefix: "compute.", api: "compute.googleapis.com", title: "Compute Engine API", style: Style::Reasons, handle: compute::handle },
    Service { prefix: "storage.", api: "storage.googleapis.com", title: "Cloud Storage API", style: Style::Reasons, handle: storage::handle },
    Service { prefix: "artifactregistry.", api: "artifactregistry.googleapis.com", title: "Artifact Registry API", style: Style::Statuses, handle: artifactregistry::handle },
    Service { prefix: "cloudresourcemanager.", api: "cloudresourcemanager.googleapis.com", title: "Cloud Resource Manager API", style: Style::Statuses, handle: resourcemanager::handle },
    Service { prefix: "serviceusage.", api: "serviceusage.googleapis.com", title: "Service Usage API", style: Style::Statuses, handle: serviceusage::handle },
    Service { prefix: "iam.", api: "iam.googleapis.com", title: "Identity and Access Management (IAM) API", style: Style::Both, handle: iam::handle },
    Service { prefix: "secretmanager.", api: "secretmanager.googleapis.com", title: "Secret Manager API", style: Style::Statuses, handle: secretmanager::handle },
    Service { prefix: "run.", api: "run.googleapis.com", title: "Cloud Run Admin API", style: Style::Statuses, handle: run::handle },
];

/// It is never disabled here: it is the way to enable anything.
const SERVICE_USAGE: &str = "serviceusage.googleapis.com";

/// The service that a method id belongs to.
pub(super) fn of(method: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| method.starts_with(service.prefix))
}

/// The API that a method id belongs to, by its name in Service Usage.
pub(super) fn api_of(method: &str) -> Option<&'static str> {
    of(method).map(|service| service.api)
}

/// Whether calls of that method are refused where the project has not enabled its API.
pub(super) fn can_be_disabled(method: &str) -> bool {
    api_of(method).is_some_and(|api| api != SERVICE_USAGE)
}

/// The refusal of a method's API in a project that has not enabled it.
pub(super) fn disabled(method: &str, state: &State, project: &str) -> Option<ApiError> {
    let service = of(method)?;
    let number = new_project::number_of(state, project);
    Some(ApiError::service_disabled(service.api, service.title, &number))
}

/// The APIs that the project has enabled.
pub(super) fn enabled(state: &State, project: &str) -> BTreeSet<String> {
    let prefix = format!("serviceusage/projects/{project}/services/");
    let keys = state.below(&prefix).filter_map(|(key, _)| key.strip_prefix(&prefix));
    keys.map(str::to_owned).collect()
}

/// Serves the call, if its project has enabled the service.
pub(super) fn dispatch(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    let service = of(call.method).ok_or_else(|| ApiError::not_served(call.method))?;
    if let Some(project) = new_project::consumer(call)
        && !is_enabled(world, service.api, project)
    {
        let refusal = disabled(call.method, world.state, project);
        return Err(refusal.unwrap_or_else(|| ApiError::not_served(call.method)));
    }
    (service.handle)(world, call)
}

/// Service Usage itself answers whether it is enabled or not: it is the way to enable anything.
fn is_enabled(world: &World<'_>, api: &str, project: &str) -> bool {
    let unknown = !world.state.resources.contains_key(&format!("projects/{project}"));
    unknown
        || api == SERVICE_USAGE
        || world.state.resources.contains_key(&format!("serviceusage/projects/{project}/services/{api}"))
}

/// Whether the call may change the state. Google uses POST for some reads.
pub(super) fn is_write(verb: &str, method: &str) -> bool {
    let action = method.rsplit('.').next().unwrap_or_default();
    verb != "GET" && !matches!(action, "getIamPolicy" | "testIamPermissions" | "wait" | "getAncestry")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_the_form_of_a_post_are_reads() {
        for (verb, method, write) in [
            ("GET", "compute.instances.list", false),
            ("POST", "compute.zoneOperations.wait", false),
            ("POST", "cloudresourcemanager.projects.getIamPolicy", false),
            ("POST", "cloudresourcemanager.projects.setIamPolicy", true),
            ("DELETE", "storage.buckets.delete", true),
        ] {
            assert_eq!(is_write(verb, method), write, "{verb} {method}");
        }
    }
}
