//! Advice on what is not allowed: APIs that are off, permissions, accounts, policies of the organisation, bills.

use super::{Advice, Case, first};
use crate::gcp::error::Refusal;

/// Which role has a permission: the narrowest usual one. The longest prefix decides.
const ROLES: [(&str, &str); 25] = [
    ("artifactregistry.", "roles/artifactregistry.admin"),
    ("billing.resourceAssociations.", "roles/billing.user"),
    ("compute.", "roles/compute.admin"),
    ("compute.firewalls.", "roles/compute.securityAdmin"),
    ("compute.networks.updatePolicy", "roles/compute.securityAdmin"),
    ("compute.disks.", "roles/compute.instanceAdmin.v1"),
    ("compute.images.", "roles/compute.imageUser"),
    ("compute.instances.", "roles/compute.instanceAdmin.v1"),
    ("compute.subnetworks.", "roles/compute.instanceAdmin.v1"),
    ("compute.zones.", "roles/compute.viewer"),
    ("compute.regions.", "roles/compute.viewer"),
    ("iam.", "roles/iam.serviceAccountAdmin"),
    ("iam.serviceAccounts.actAs", "roles/iam.serviceAccountUser"),
    ("iam.serviceAccounts.getAccessToken", "roles/iam.serviceAccountTokenCreator"),
    ("iam.workloadIdentityPool", "roles/iam.workloadIdentityPoolAdmin"),
    ("resourcemanager.projects.get", "roles/browser"),
    ("resourcemanager.projects.getIamPolicy", "roles/resourcemanager.projectIamAdmin"),
    ("resourcemanager.projects.setIamPolicy", "roles/resourcemanager.projectIamAdmin"),
    ("secretmanager.", "roles/secretmanager.admin"),
    ("run.", "roles/run.developer"),
    ("run.services.setIamPolicy", "roles/run.admin"),
    ("serviceusage.services.use", "roles/serviceusage.serviceUsageConsumer"),
    ("serviceusage.", "roles/serviceusage.serviceUsageAdmin"),
    ("storage.", "roles/storage.admin"),
    ("storage.objects.", "roles/storage.objectAdmin"),
];

/// What a constraint is about, and what a course can do about it.
const CONSTRAINTS: [(&str, &str); 8] = [
    ("compute.vmExternalIpAccess", "set `externalIp: false` on the machines"),
    ("compute.requireShieldedVm", "choose an image that boots securely, such as family debian-12"),
    ("gcp.resourceLocations", "choose a location that the organisation allows"),
    ("iam.allowedPolicyMemberDomains", "grant to members of the organisation's own domains only"),
    ("iam.disableServiceAccountCreation", "ask for an account, and name it instead of declaring one"),
    ("run.managed.requireInvokerIam", "leave out `public: true` of the service, and grant roles/run.invoker"),
    ("storage.publicAccessPrevention", "grant nothing to allUsers and allAuthenticatedUsers"),
    ("storage.uniformBucketLevelAccess", "set `uniformBucketLevelAccess: true` on the bucket"),
];

/// An API that is off.
pub(super) fn disabled(api: &str, project: &str) -> Advice {
    Advice::new(format!("the API {api} is off in {project}"))
        .help(format!("declare it: `kind: ApiServices` with `services: [{api}]`"))
        .help(format!("or turn it on at once: gcloud services enable {api} --project {project}"))
}

/// A person's calls are charged to the project of Google's own login client, where the API is off.
pub(super) fn uncharged(refusal: &Refusal, project: &str) -> Option<Advice> {
    refusal.is_of_a_client().then(|| {
        Advice::new("your calls are charged to no project of yours")
            .help(format!("gcloud auth application-default set-quota-project {project}"))
            .help(format!("or for this run: GOOGLE_CLOUD_QUOTA_PROJECT={project}"))
    })
}

pub(super) fn billing(case: &Case<'_>) -> Option<Advice> {
    let Case { said, project } = case;
    let reasons =
        ["UREQ_PROJECT_BILLING_NOT_FOUND", "BILLING_DISABLED", "accountDisabled", "billingNotEnabled"];
    let says = said.says("billing")
        && ["disabled", "not found", "must be enabled", "closed"].iter().any(|t| said.says(t));
    (said.is(&reasons) || says).then(|| {
        Advice::new(format!("no bill can be sent for {project}: billing is off"))
            .help(format!("gcloud billing projects link {project} --billing-account ACCOUNT"))
            .help("the accounts you may use: gcloud billing accounts list")
    })
}

pub(super) fn org_policy(case: &Case<'_>) -> Option<Advice> {
    let Case { said, project } = case;
    let named = || first(r"constraints/([A-Za-z0-9.]+[A-Za-z0-9])", said.message);
    let named = said.info("customConstraints").map(str::to_owned).or_else(named);
    let domains = || said.says("permitted customer").then(|| "iam.allowedPolicyMemberDomains".to_owned());
    let public =
        || said.says("public access prevention").then(|| "storage.publicAccessPrevention".to_owned());
    let constraint = named.or_else(domains).or_else(public)?;
    let known = CONSTRAINTS.iter().find(|(name, _)| *name == constraint).map(|(_, help)| *help);
    let advice = Advice::new(format!("the organisation's policy {constraint} forbids it in {project}"));
    let advice = known.into_iter().fold(advice, Advice::help);
    Some(advice.help(format!("what it says: gcloud org-policies describe {constraint} --project {project}")))
}

pub(super) fn expired(case: &Case<'_>) -> Option<Advice> {
    (case.said.status == 401).then(|| {
        Advice::new("Google does not accept the credentials: they are expired or revoked")
            .help("log in again: gcloud auth application-default login")
            .help("if GOOGLE_OAUTH_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN is set, renew it or unset it")
    })
}

/// A machine may not run as an account.
pub(super) fn account(case: &Case<'_>) -> Option<Advice> {
    let Case { said, project } = case;
    let denied =
        said.is(&["SERVICE_ACCOUNT_ACCESS_DENIED"]) || said.says("does not have access to service account");
    let account = first(r"([A-Za-z0-9-]+@[A-Za-z0-9.-]+gserviceaccount\.com)", said.message);
    let account = account.unwrap_or_else(|| "ACCOUNT".to_owned());
    denied.then(|| {
        Advice::new(format!("you may not let machines run as {account}: iam.serviceAccounts.actAs is missing"))
            .help(format!(
                "an owner types: gcloud iam service-accounts add-iam-policy-binding {account} --project {project} \
                 --member user:YOU --role roles/iam.serviceAccountUser"
            ))
    })
}

pub(super) fn denied(case: &Case<'_>) -> Option<Advice> {
    let Case { said, project } = case;
    if said.status != 403 && !said.is(&["PERMISSIONS_ERROR"]) {
        return None;
    }
    let unknown = ["CONSUMER_INVALID", "projectNotFound"];
    if said.is(&unknown) || said.says("not found and cannot be used") || said.says("has been deleted") {
        return Some(no_project(project));
    }
    match permission(case) {
        Some(permission) => Some(missing(case, &permission)),
        None if said.what.ends_with(":setIamPolicy") => {
            Some(missing(case, "resourcemanager.projects.setIamPolicy"))
        }
        // Resource Manager answers the same to those who may not see a project and for projects that do not exist.
        None if said.what.contains("cloudresourcemanager/") => Some(no_project(project)),
        None => None,
    }
}

fn no_project(project: &str) -> Advice {
    Advice::new(format!("there is no project {project}, or you may not see it"))
        .help("the projects you may see: gcloud projects list; compare with `project:` of the course")
        .help("who you are: gcloud auth list")
}

fn missing(case: &Case<'_>, permission: &str) -> Advice {
    let Case { said, project } = case;
    let named = said.info("resource").map(str::to_owned);
    let on = named.or_else(|| first(r"for '([^']+)'", said.message)).unwrap_or_else(|| project.clone());
    let advice = Advice::new(format!("the permission {permission} is missing on {on}"));
    match role(permission) {
        None => advice.help(format!("which roles have it: gcloud iam roles list --filter includedPermissions:{permission}")),
        Some(role) => advice.help(format!(
            "{role} has it; an owner types: gcloud projects add-iam-policy-binding {project} --member user:YOU --role {role}"
        )),
    }
}

fn permission(case: &Case<'_>) -> Option<String> {
    let Case { said, .. } = case;
    let service =
        "(?:artifactregistry|billing|compute|iam|resourcemanager|run|secretmanager|serviceusage|storage)";
    let pattern = format!(r"\b({service}\.[a-zA-Z]+\.[a-zA-Z]+)\b");
    let of_words = || first(&pattern, said.message).filter(|found| found.rsplit('.').next() != Some("com"));
    said.info("permission").map(str::to_owned).or_else(of_words)
}

/// The narrowest usual role that has a permission.
pub fn role(permission: &str) -> Option<&'static str> {
    let fits = ROLES.iter().filter(|(prefix, _)| permission.starts_with(prefix));
    fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, role)| *role)
}
