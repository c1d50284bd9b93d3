//! Permissions: what a request takes, by its verb and path. Data, from the reference of each method and
//! <https://cloud.google.com/iam/docs/permissions-reference>. Reads are not here: the plan has made them.

use serde_json::Value;

use crate::gcp::{Body, Request, Service, Verb};
use crate::spec::reference;

/// Where a permission is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// The project: without it the call fails.
    Project,
    /// The thing itself, which may grant what the project does not.
    Itself,
}

/// A permission, and the member of the body with which it is needed (empty: always).
type Need = (&'static str, &'static str);

/// Requests of one form. `*` is any segment of a path, `{}` one that the permission repeats.
struct Row(Service, Verb, &'static str, On, &'static [Need]);

use On::{Itself, Project};
use Service::{ArtifactRegistry, Compute, Iam, ResourceManager, Run, SecretManager, ServiceUsage, Storage};
use Verb::{Delete, Patch, Post, Put};

const MADE: &[Need] = &[
    ("compute.instances.create", ""),
    ("compute.disks.create", ""),
    ("compute.instances.setMetadata", "/metadata"),
    ("compute.instances.setTags", "/tags"),
    ("compute.instances.setLabels", "/labels"),
    ("compute.instances.setServiceAccount", "/serviceAccounts/0"),
];
/// A network may be another project's, and an account has a policy of its own.
const MADE_WITH: &[Need] = &[
    ("compute.subnetworks.use", ""),
    ("compute.subnetworks.useExternalIp", "/networkInterfaces/0/accessConfigs/0"),
    ("iam.serviceAccounts.actAs", "/serviceAccounts/0"),
];

const POOLS: &str = "v1/projects/*/locations/*/workloadIdentityPools";
const POOL: &str = "v1/projects/*/locations/*/workloadIdentityPools/*";
const PROVIDERS: &str = "v1/projects/*/locations/*/workloadIdentityPools/*/providers";
const PROVIDER: &str = "v1/projects/*/locations/*/workloadIdentityPools/*/providers/*";
/// Who opens a service to everybody changes who may call it, and a revision acts as its account.
const SERVED: &[Need] = &[
    ("run.services.setIamPolicy", "/invokerIamDisabled"),
    ("iam.serviceAccounts.actAs", "/template/serviceAccount"),
];

const ROWS: &[Row] = &[
    Row(Compute, Post, "projects/*/zones/*/instances", Project, MADE),
    Row(Compute, Post, "projects/*/zones/*/instances", Itself, MADE_WITH),
    Row(Compute, Post, "projects/*/zones/*/instances/*/{}", Itself, &[("compute.instances.{}", "")]),
    Row(Compute, Patch, "projects/*/zones/*/instances/*/{}", Itself, &[("compute.instances.{}", "")]),
    Row(Compute, Put, "projects/*/zones/*/instances/*", Itself, &[("compute.instances.update", "")]),
    Row(Compute, Delete, "projects/*/zones/*/instances/*", Itself, &[("compute.instances.delete", "")]),
    Row(Compute, Post, "projects/*/zones/*/disks/*/{}", Itself, &[("compute.disks.{}", "")]),
    Row(
        Compute,
        Post,
        "projects/*/global/firewalls",
        Project,
        &[("compute.firewalls.create", ""), ("compute.networks.updatePolicy", "")],
    ),
    Row(
        Compute,
        Put,
        "projects/*/global/firewalls/*",
        Project,
        &[("compute.firewalls.update", ""), ("compute.networks.updatePolicy", "")],
    ),
    Row(Compute, Patch, "projects/*/global/firewalls/*", Project, &[("compute.firewalls.update", "")]),
    Row(
        Compute,
        Delete,
        "projects/*/global/firewalls/*",
        Project,
        &[("compute.firewalls.delete", ""), ("compute.networks.updatePolicy", "")],
    ),
    Row(
        ResourceManager,
        Post,
        "v1/projects/*/setIamPolicy",
        Project,
        &[("resourcemanager.projects.setIamPolicy", "")],
    ),
    Row(
        ServiceUsage,
        Post,
        "v1/projects/*/services/batchEnable",
        Project,
        &[("serviceusage.services.enable", "")],
    ),
    Row(ServiceUsage, Post, "v1/projects/*/services/*/{}", Project, &[("serviceusage.services.{}", "")]),
    Row(Iam, Post, "v1/projects/*/serviceAccounts", Project, &[("iam.serviceAccounts.create", "")]),
    Row(Iam, Patch, "v1/projects/*/serviceAccounts/*", Itself, &[("iam.serviceAccounts.update", "")]),
    Row(Iam, Delete, "v1/projects/*/serviceAccounts/*", Itself, &[("iam.serviceAccounts.delete", "")]),
    Row(Iam, Post, "v1/projects/*/serviceAccounts/*/{}", Itself, &[("iam.serviceAccounts.{}", "")]),
    Row(Iam, Post, POOLS, Project, &[("iam.workloadIdentityPools.create", "")]),
    Row(Iam, Patch, POOL, Project, &[("iam.workloadIdentityPools.update", "")]),
    Row(Iam, Delete, POOL, Project, &[("iam.workloadIdentityPools.delete", "")]),
    Row(
        Iam,
        Post,
        "v1/projects/*/locations/*/workloadIdentityPools/*/undelete",
        Project,
        &[("iam.workloadIdentityPools.undelete", "")],
    ),
    Row(Iam, Post, PROVIDERS, Project, &[("iam.workloadIdentityPoolProviders.create", "")]),
    Row(Iam, Patch, PROVIDER, Project, &[("iam.workloadIdentityPoolProviders.update", "")]),
    Row(Iam, Delete, PROVIDER, Project, &[("iam.workloadIdentityPoolProviders.delete", "")]),
    Row(
        Iam,
        Post,
        "v1/projects/*/locations/*/workloadIdentityPools/*/providers/*/undelete",
        Project,
        &[("iam.workloadIdentityPoolProviders.undelete", "")],
    ),
    Row(Storage, Post, "b", Project, &[("storage.buckets.create", "")]),
    Row(Storage, Patch, "b/*", Itself, &[("storage.buckets.update", "")]),
    Row(Storage, Delete, "b/*", Itself, &[("storage.buckets.delete", "")]),
    Row(Storage, Put, "b/*/iam", Itself, &[("storage.buckets.setIamPolicy", "")]),
    Row(Storage, Post, "b/*/o", Itself, &[("storage.objects.create", "")]),
    Row(Storage, Patch, "b/*/o/*", Itself, &[("storage.objects.update", "")]),
    Row(Storage, Delete, "b/*/o/*", Itself, &[("storage.objects.delete", "")]),
    Row(
        ArtifactRegistry,
        Post,
        "v1/projects/*/locations/*/repositories",
        Project,
        &[("artifactregistry.repositories.create", "")],
    ),
    Row(
        ArtifactRegistry,
        Patch,
        "v1/projects/*/locations/*/repositories/*",
        Itself,
        &[("artifactregistry.repositories.update", "")],
    ),
    Row(
        ArtifactRegistry,
        Delete,
        "v1/projects/*/locations/*/repositories/*",
        Itself,
        &[("artifactregistry.repositories.delete", "")],
    ),
    Row(
        ArtifactRegistry,
        Post,
        "v1/projects/*/locations/*/repositories/*/{}",
        Itself,
        &[("artifactregistry.repositories.{}", "")],
    ),
    Row(SecretManager, Post, "v1/projects/*/secrets/*/{}", Itself, &[("secretmanager.secrets.{}", "")]),
    Row(Run, Post, "v2/projects/*/locations/*/services", Project, &[("run.services.create", "")]),
    Row(Run, Post, "v2/projects/*/locations/*/services", Itself, SERVED),
    Row(Run, Patch, "v2/projects/*/locations/*/services/*", Itself, &[("run.services.update", "")]),
    Row(Run, Patch, "v2/projects/*/locations/*/services/*", Itself, SERVED),
    Row(Run, Delete, "v2/projects/*/locations/*/services/*", Itself, &[("run.services.delete", "")]),
    Row(Run, Post, "v2/projects/*/locations/*/services/*/{}", Itself, &[("run.services.{}", "")]),
];

/// The permissions that a request takes.
pub(super) fn of(request: &Request) -> Vec<(String, On)> {
    // A place that is not known yet is one segment, like any other.
    let whole = reference::filled(&request.path, &|_| Some("later".to_owned()));
    let path: Vec<&str> = whole.split(['/', ':']).collect();
    let rows =
        ROWS.iter().filter(|Row(service, verb, ..)| *service == request.service && *verb == request.verb);
    let mut body: Option<Value> = None;
    let mut needed = Vec::new();
    for Row(_, _, pattern, on, needs) in rows {
        let Some(named) = fits(pattern, &path) else { continue };
        for (permission, member) in *needs {
            // Only where it matters: bodies are large.
            let stated =
                member.is_empty() || body.get_or_insert_with(|| content(request)).pointer(member).is_some();
            if stated {
                needed.push((permission.replace("{}", named), *on));
            }
        }
    }
    needed
}

fn content(request: &Request) -> Value {
    match &request.body {
        Body::Json(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// Whether a path has this form; gives the segment at `{}`.
fn fits<'a>(pattern: &str, path: &[&'a str]) -> Option<&'a str> {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let mut named = "";
    let same = pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(wanted, segment)| {
            if *wanted == "{}" {
                named = segment;
            }
            matches!(*wanted, "*" | "{}") || wanted == segment
        });
    same.then_some(named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(verb: Verb, service: Service, path: &str, body: &Value) -> Vec<String> {
        of(&Request::new(verb, service, path).json(body))
            .into_iter()
            .map(|(permission, _)| permission)
            .collect()
    }

    #[test]
    fn a_permission_follows_from_verb_and_path() {
        let none = json!({});
        for (verb, service, path, permission) in [
            (Post, Compute, "projects/p/zones/z/instances/x/setLabels", "compute.instances.setLabels"),
            (Post, Compute, "projects/p/zones/z/instances/x/stop", "compute.instances.stop"),
            (
                Patch,
                Compute,
                "projects/p/zones/z/instances/x/updateDisplayDevice",
                "compute.instances.updateDisplayDevice",
            ),
            (Delete, Compute, "projects/p/zones/z/instances/x", "compute.instances.delete"),
            (Post, Compute, "projects/p/zones/z/disks/x/resize", "compute.disks.resize"),
            (Post, ResourceManager, "v1/projects/p:setIamPolicy", "resourcemanager.projects.setIamPolicy"),
            (Post, ServiceUsage, "v1/projects/p/services:batchEnable", "serviceusage.services.enable"),
            (
                Post,
                ServiceUsage,
                "v1/projects/p/services/x.googleapis.com:disable",
                "serviceusage.services.disable",
            ),
            (Post, Iam, "v1/projects/p/serviceAccounts/a@p:setIamPolicy", "iam.serviceAccounts.setIamPolicy"),
            (
                Post,
                Iam,
                "v1/projects/p/locations/global/workloadIdentityPools/x:undelete",
                "iam.workloadIdentityPools.undelete",
            ),
            (
                Post,
                Iam,
                "v1/projects/p/locations/global/workloadIdentityPools/x/providers",
                "iam.workloadIdentityPoolProviders.create",
            ),
            (Patch, Run, "v2/projects/p/locations/l/services/api", "run.services.update"),
            (Put, Storage, "b/x/iam", "storage.buckets.setIamPolicy"),
            (
                Post,
                SecretManager,
                "v1/projects/p/secrets/x:setIamPolicy",
                "secretmanager.secrets.setIamPolicy",
            ),
            (Delete, Storage, "b/x/o/be%2Fcat", "storage.objects.delete"),
        ] {
            assert_eq!(told(verb, service, path, &none), [permission], "{path}");
        }
    }

    #[test]
    fn a_machine_takes_what_its_body_makes_needed() {
        let path = "projects/p/zones/z/instances";
        let bare = told(Post, Compute, path, &json!({"name": "x"}));
        assert_eq!(bare, ["compute.instances.create", "compute.disks.create", "compute.subnetworks.use"]);
        let rich = json!({"labels": {}, "serviceAccounts": [{"email": "default"}]});
        assert!(told(Post, Compute, path, &rich).contains(&"iam.serviceAccounts.actAs".to_owned()));
    }
}
