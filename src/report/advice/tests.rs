//! Every error that has an advice, with the words a teacher reads.

use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::gcp::{Request, Service, Verb};

fn known() -> Known {
    let families =
        ["debian-11", "debian-12", "debian-13", "ubuntu-2404-lts-amd64"].map(str::to_owned).to_vec();
    Known { project: "class".to_owned(), families: BTreeMap::from([("debian-cloud".to_owned(), families)]) }
}

fn told(error: &ApiError) -> String {
    let Some(Advice { what, help }) = advice(error, &known()) else { return "no advice".to_owned() };
    help.iter().fold(what, |mut text, line| {
        let _ = write!(text, "\n  {line}");
        text
    })
}

fn refused(verb: Verb, service: Service, path: &str, status: u16, error: &Value) -> String {
    let request = Request::new(verb, service, path);
    let body = json!({ "error": error }).to_string();
    told(&ApiError::Refused(Box::new(Refusal::read(&request, status, &body))))
}

fn ended(code: &str, message: &str, info: &[(&str, &str)]) -> String {
    let info = info.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let what = "POST compute/projects/class/zones/europe-west1-b/instances".to_owned();
    told(&ApiError::Operation { what, codes: vec![code.to_owned()], message: message.to_owned(), info })
}

fn reason(reason: &str, message: &str) -> Value {
    json!({"message": message, "errors": [{"reason": reason}]})
}

const INSTANCES: &str = "projects/class/zones/europe-west1-b/instances";

#[test]
fn an_api_that_is_off_is_named_with_what_to_declare() {
    let info = json!({"reason": "SERVICE_DISABLED", "metadata": {"service": "compute.googleapis.com", "consumer": "projects/1234567"}});
    let error =
        json!({"message": "Compute Engine API has not been used in project 32555940559", "details": [info]});
    assert_snapshot!(refused(Verb::Get, Service::Compute, INSTANCES, 403, &error), @r"
    the API compute.googleapis.com is off in class
      declare it: `kind: ApiServices` with `services: [compute.googleapis.com]`
      or turn it on at once: gcloud services enable compute.googleapis.com --project class
    ");
}

#[test]
fn calls_charged_to_googles_own_client_say_nothing_of_the_course() {
    let info = json!({"reason": "SERVICE_DISABLED", "metadata": {"service": "iam.googleapis.com", "consumer": "projects/764086051850"}});
    let error = json!({"message": "IAM API has not been used in project 764086051850", "details": [info]});
    assert_snapshot!(refused(Verb::Get, Service::Iam, "v1/projects/class/serviceAccounts", 403, &error), @r"
    your calls are charged to no project of yours
      gcloud auth application-default set-quota-project class
      or for this run: GOOGLE_CLOUD_QUOTA_PROJECT=class
    ");
}

#[test]
fn what_there_may_be_at_most_and_what_may_not_be_public_is_told() {
    let most = json!({"message": "Maximum number of service accounts on project reached.", "status": "RESOURCE_EXHAUSTED"});
    assert_snapshot!(refused(Verb::Post, Service::Iam, "v1/projects/class/serviceAccounts", 429, &most), @r"
    the quota service accounts is used up: this asks for more
      ask for more: https://console.cloud.google.com/iam-admin/quotas?project=class
      or declare fewer or smaller machines, or some of them in another region
    ");
    let public = "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.";
    assert_snapshot!(refused(Verb::Put, Service::Storage, "b/x/iam", 412, &reason("conditionNotMet", public)), @r"
    the organisation's policy storage.publicAccessPrevention forbids it in class
      grant nothing to allUsers and allAuthenticatedUsers
      what it says: gcloud org-policies describe storage.publicAccessPrevention --project class
    ");
    let policy = json!({"message": "Policy update access denied.", "status": "PERMISSION_DENIED"});
    assert_snapshot!(refused(Verb::Post, Service::ResourceManager, "v1/projects/class:setIamPolicy", 403, &policy), @r"
    the permission resourcemanager.projects.setIamPolicy is missing on class
      roles/resourcemanager.projectIamAdmin has it; an owner types: gcloud projects add-iam-policy-binding class --member user:YOU --role roles/resourcemanager.projectIamAdmin
    ");
}

#[test]
fn a_missing_permission_is_named_with_what_it_is_on_and_the_role_that_has_it() {
    let required = "Required 'compute.instances.create' permission for 'projects/class/zones/europe-west1-b/instances/x'";
    assert_snapshot!(refused(Verb::Post, Service::Compute, INSTANCES, 403, &reason("forbidden", required)), @r"
    the permission compute.instances.create is missing on projects/class/zones/europe-west1-b/instances/x
      roles/compute.instanceAdmin.v1 has it; an owner types: gcloud projects add-iam-policy-binding class --member user:YOU --role roles/compute.instanceAdmin.v1
    ");
    let storage = "ta@example.edu does not have storage.buckets.create access to the Google Cloud project. Permission 'storage.buckets.create' denied on resource (or it may not exist).";
    assert_snapshot!(refused(Verb::Post, Service::Storage, "b", 403, &reason("forbidden", storage)), @r"
    the permission storage.buckets.create is missing on class
      roles/storage.admin has it; an owner types: gcloud projects add-iam-policy-binding class --member user:YOU --role roles/storage.admin
    ");
    let info = json!({"reason": "IAM_PERMISSION_DENIED", "metadata": {"permission": "artifactregistry.repositories.create", "resource": "projects/class/locations/europe"}});
    let error = json!({"message": "denied", "status": "PERMISSION_DENIED", "details": [info]});
    let path = "v1/projects/class/locations/europe/repositories";
    assert_snapshot!(refused(Verb::Post, Service::ArtifactRegistry, path, 403, &error), @r"
    the permission artifactregistry.repositories.create is missing on projects/class/locations/europe
      roles/artifactregistry.admin has it; an owner types: gcloud projects add-iam-policy-binding class --member user:YOU --role roles/artifactregistry.admin
    ");
}

#[test]
fn an_account_that_machines_may_not_run_as_is_named() {
    let message = "The user does not have access to service account 'vm@class.iam.gserviceaccount.com'. Ask a project owner.";
    assert_snapshot!(refused(Verb::Post, Service::Compute, INSTANCES, 400, &reason("invalid", message)), @r"
    you may not let machines run as vm@class.iam.gserviceaccount.com: iam.serviceAccounts.actAs is missing
      an owner types: gcloud iam service-accounts add-iam-policy-binding vm@class.iam.gserviceaccount.com --project class --member user:YOU --role roles/iam.serviceAccountUser
    ");
}

#[test]
fn a_quota_is_named_with_its_limit_and_place() {
    let info = [("metricName", "compute.googleapis.com/cpus"), ("region", "europe-west1"), ("limit", "24")];
    let message = "Quota 'CPUS' exceeded.  Limit: 24.0 in region europe-west1.";
    let of_info = ended("QUOTA_EXCEEDED", "", &info);
    assert_eq!(of_info, ended("QUOTA_EXCEEDED", message, &[]), "said by words or by members");
    assert_snapshot!(of_info, @r"
    the quota CPUS of 24 in europe-west1 is used up: this asks for more
      ask for more: https://console.cloud.google.com/iam-admin/quotas?project=class
      or declare fewer or smaller machines, or some of them in another region
    ");
    let daily = "Quota exceeded for quota metric 'Queries' and limit 'Queries per day'";
    assert_snapshot!(refused(Verb::Post, Service::Compute, INSTANCES, 403, &reason("rateLimitExceeded", daily)), @r"
    today's quota is used up; it is given anew at midnight in California
      ask for more: https://console.cloud.google.com/iam-admin/quotas?project=class
    ");
}

#[test]
fn a_zone_without_room_is_told_with_zones_that_have_some() {
    let info = [
        ("vmType", "n1-standard-1"),
        ("zone", "europe-west1-b"),
        ("zonesAvailable", "europe-west1-c,europe-west1-d"),
    ];
    assert_snapshot!(ended("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "no room", &info), @r"
    Google has no room for n1-standard-1 in europe-west1-b at the moment
      zones with room: europe-west1-c, europe-west1-d; name one as `zone:`
    ");
    assert_snapshot!(ended("ZONE_RESOURCE_POOL_EXHAUSTED", "no room", &[]), @r"
    Google has no room in europe-west1-b at the moment
      name another zone as `zone:`, or another machine type
    ");
}

#[test]
fn a_policy_of_the_organisation_is_named() {
    let ip = "Constraint constraints/compute.vmExternalIpAccess violated for project class. Add instance x to the constraint to use external IP.";
    assert_snapshot!(refused(Verb::Post, Service::Compute, INSTANCES, 412, &reason("conditionNotMet", ip)), @r"
    the organisation's policy compute.vmExternalIpAccess forbids it in class
      set `externalIp: false` on the machines
      what it says: gcloud org-policies describe compute.vmExternalIpAccess --project class
    ");
    let domain = "One or more users named in the policy do not belong to a permitted customer.";
    let error = json!({"message": domain, "status": "FAILED_PRECONDITION"});
    assert_snapshot!(refused(Verb::Post, Service::ResourceManager, "v1/projects/class:setIamPolicy", 400, &error), @r"
    the organisation's policy iam.allowedPolicyMemberDomains forbids it in class
      grant to members of the organisation's own domains only
      what it says: gcloud org-policies describe iam.allowedPolicyMemberDomains --project class
    ");
}

#[test]
fn a_project_without_a_bill_and_one_that_is_not_there_are_told_apart() {
    let billing = json!({"message": "Billing account for project '1' is not found. Billing must be enabled for activation of service(s)", "status": "FAILED_PRECONDITION"});
    assert_snapshot!(refused(Verb::Post, Service::ServiceUsage, "v1/projects/class/services:batchEnable", 400, &billing), @r"
    no bill can be sent for class: billing is off
      gcloud billing projects link class --billing-account ACCOUNT
      the accounts you may use: gcloud billing accounts list
    ");
    let denied = json!({"message": "The caller does not have permission", "status": "PERMISSION_DENIED"});
    assert_snapshot!(refused(Verb::Get, Service::ResourceManager, "v1/projects/clas", 403, &denied), @r"
    there is no project clas, or you may not see it
      the projects you may see: gcloud projects list; compare with `project:` of the course
      who you are: gcloud auth list
    ");
}

#[test]
fn an_image_that_is_gone_is_told_with_the_nearest_that_exist() {
    let gone = "The resource 'projects/debian-cloud/global/images/family/debian-10' was not found";
    assert_snapshot!(refused(Verb::Post, Service::Compute, INSTANCES, 404, &reason("notFound", gone)), @r"
    the project debian-cloud has no image debian-10 any more, or never had
      the nearest families that exist: debian-11, debian-12, debian-13
      all: gcloud compute images list --project debian-cloud --no-standard-images
    ");
    let other = "The resource 'projects/ml-images/global/images/family/common-cu110' was not found";
    assert_snapshot!(refused(Verb::Post, Service::Compute, INSTANCES, 404, &reason("notFound", other)), @r"
    the project ml-images has no image common-cu110 any more, or never had
      what it has: gcloud compute images list --project ml-images --no-standard-images
    ");
}

#[test]
fn names_taken_and_credentials_that_ended_are_told() {
    assert_snapshot!(refused(Verb::Post, Service::Storage, "b", 409, &reason("conflict", "not available")), @r"
    another project has a bucket of this name: bucket names are one namespace for all of Google
      begin it with the project's id, which is nobody else's
    ");
    assert_snapshot!(refused(Verb::Delete, Service::Storage, "b/x", 409, &reason("conflict", "not empty")), @r"
    the bucket is not empty: something was put into it after the plan was made
      run the command again to see what is in it
    ");
    assert_snapshot!(refused(Verb::Get, Service::Storage, "b", 401, &reason("authError", "Invalid Credentials")), @r"
    Google does not accept the credentials: they are expired or revoked
      log in again: gcloud auth application-default login
      if GOOGLE_OAUTH_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN is set, renew it or unset it
    ");
}

#[test]
fn what_says_enough_itself_has_no_advice() {
    let invalid =
        reason("invalid", "Invalid value for field 'resource.machineType': 'zones/z/machineTypes/n9'");
    assert_eq!(refused(Verb::Post, Service::Compute, INSTANCES, 400, &invalid), "no advice");
    assert_eq!(
        refused(Verb::Get, Service::Compute, INSTANCES, 503, &reason("backendError", "x")),
        "no advice"
    );
}
