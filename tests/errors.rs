//! The table of errors and retries, row by row: each is waited out, or refused with what a teacher can do. The fault injector
//! of the sandbox makes the errors, a course meets them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use provost::diff::Intent;
use provost::gcp::Timeouts;
use provost::live::images;
use provost::report::outcome;
use world::{Cloud, World, words};

const RULE: &str = "kind: FirewallRule\nname: web\nallow: [tcp:80]\nsourceRanges: [10.0.0.0/8]\n";
const VM: &str =
    "kind: Vm\nname: box\nmachineType: n1-standard-1\nimage: { family: debian-12, project: debian-cloud }\n";
/// A machine that no other zone would do for.
const FIXED: &str = "kind: Vm\nname: box\nzone: europe-west1-b\nmachineType: n1-standard-1\nimage: { family: debian-12, project: debian-cloud }\n";
const BUCKET: &str = "kind: Bucket\nname: PROJECT-data\nlocation: EU\n";
const REGISTRY: &str = "kind: Registry\nname: be\nlocation: europe\nformat: DOCKER\n";
const APIS: &str = "kind: ApiServices\nname: apis\nservices: [run.googleapis.com, pubsub.googleapis.com]\n";
const GRANT: &str =
    "kind: IamGrant\nname: all\non: project\nroles: [roles/viewer]\nmembers: ['user:a@example.edu']\n";
const ACCOUNT: &str = "kind: ServiceAccount\nname: robot-ci\n---\nkind: IamGrant\nname: robot\non: project\n\
    roles: [roles/viewer]\nmembers: ['serviceAccount:robot-ci@PROJECT.iam.gserviceaccount.com']\n";

/// What becomes of a course that meets an error.
enum Then {
    /// It is waited out, and the course converges.
    Converges,
    /// It is refused at the first time, with these words among those for the teacher.
    Refused(&'static str),
}
use Then::{Converges, Refused};

/// A row of the table: what it is, the course, the fault, what becomes of it.
type Row = (&'static str, &'static str, &'static str, Then);

async fn meet((name, course, fault, then): Row) {
    let calm = Cloud::over(Some(tempfile::tempdir().unwrap())).await;
    let world = calm.project("class-2526").await;
    let (world, cloud) = world.in_bad_weather(&format!("faults:\n- {fault}\n"), Timeouts::default()).await;
    match then {
        Converges => {
            world.converge(course).await;
            assert!(cloud.strikes().iter().all(|count| *count > 0), "{name} never happened");
        }
        Refused(wanted) => {
            let told = refused(&world, course).await;
            assert!(told.contains(wanted), "{name}: {wanted:?} is not in\n{told}");
            assert_eq!(cloud.strikes(), [1], "{name} is not tried again");
        }
    }
}

/// Applies, expects that it fails, and gives what the command line would say.
async fn refused(world: &World, course: &str) -> String {
    let planned = world.plan_for(course, &Intent::default()).await;
    let outcome = world.carry_out(&planned).await;
    assert!(!outcome.is_complete(), "{:?}", words(&outcome));
    let known = images::known(&world.client, &world.project, outcome::failures(&outcome)).await;
    outcome::text(&planned.plan, &outcome, &known)
}

async fn all(rows: Vec<Row>) {
    for row in rows {
        meet(row).await;
    }
}

#[tokio::test]
async fn status_400() {
    all(vec![
        (
            "a wrong spec",
            RULE,
            "{method: compute.firewalls.insert, status: {code: 400, reason: invalid, message: 'Invalid value for field x'}}",
            Refused("Invalid value for field x"),
        ),
        (
            "a dependency that is still being made",
            RULE,
            "{method: compute.firewalls.insert, times: 2, status: {code: 400, reason: resourceNotReady}}",
            Converges,
        ),
        (
            "something in use that this run did not touch",
            RULE,
            "{method: compute.firewalls.insert, status: {code: 400, reason: resourceInUseByAnotherResource, message: 'is already being used by x'}}",
            Refused("is already being used by x"),
        ),
        (
            "a member made a moment ago",
            ACCOUNT,
            "{method: '*.setIamPolicy', unknownMember: {writes: 2}}",
            Converges,
        ),
        (
            "a member that nobody made",
            GRANT,
            "{method: '*.setIamPolicy', status: {code: 400, status: INVALID_ARGUMENT, message: 'User a@example.edu does not exist.'}}",
            Refused("User a@example.edu does not exist."),
        ),
        (
            "another activation",
            APIS,
            "{method: 'serviceusage.services.batchEnable', times: 2, status: {code: 400, status: FAILED_PRECONDITION, message: 'Another activation or deactivation is in progress for the project'}}",
            Converges,
        ),
        (
            "service usage's own precondition",
            APIS,
            "{method: 'serviceusage.services.batchEnable', times: 2, status: {code: 400, status: FAILED_PRECONDITION, message: 'Precondition check failed.'}}",
            Converges,
        ),
        (
            "no bill",
            APIS,
            "{method: 'serviceusage.services.batchEnable', status: {code: 400, status: FAILED_PRECONDITION, message: \"Billing account for project '1' is not found. Billing must be enabled for activation of service(s) 'run' to proceed.\", errorInfo: {reason: UREQ_PROJECT_BILLING_NOT_FOUND}}}",
            Refused("gcloud billing projects link class-2526"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn status_403() {
    all(vec![
        (
            "a missing permission",
            RULE,
            "{method: compute.firewalls.insert, status: {code: 403, reason: forbidden, message: \"Required 'compute.firewalls.create' permission for 'projects/class-2526/global/firewalls/web'\"}}",
            Refused("roles/compute.securityAdmin has it"),
        ),
        (
            "an API that is off",
            RULE,
            "{method: compute.firewalls.insert, status: {code: 403, reason: accessNotConfigured, errorInfo: {reason: SERVICE_DISABLED, metadata: {service: compute.googleapis.com}}}}",
            Refused("`kind: ApiServices` with `services: [compute.googleapis.com]`"),
        ),
        (
            "too many calls this minute",
            RULE,
            "{method: compute.firewalls.insert, times: 2, status: {code: 403, reason: rateLimitExceeded, message: \"Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'\"}}",
            Converges,
        ),
        (
            "too many calls this minute, by ErrorInfo",
            REGISTRY,
            "{method: artifactregistry.projects.locations.repositories.create, times: 2, status: {code: 403, status: PERMISSION_DENIED, errorInfo: {reason: RATE_LIMIT_EXCEEDED, metadata: {quota_limit_value: '600', quota_unit: '1/min/{project}'}}}}",
            Converges,
        ),
        (
            "too many calls today",
            RULE,
            "{method: compute.firewalls.insert, status: {code: 403, reason: rateLimitExceeded, message: \"Quota exceeded for limit 'Queries per day'\"}}",
            Refused("today's quota is used up"),
        ),
        (
            "too many operations at once",
            VM,
            "{method: compute.instances.insert, times: 2, status: {code: 403, errorInfo: {reason: CONCURRENT_OPERATIONS_QUOTA_EXCEEDED}}}",
            Converges,
        ),
        (
            "as many accounts as there may be",
            ACCOUNT,
            "{method: iam.projects.serviceAccounts.create, status: {code: 429, status: RESOURCE_EXHAUSTED, message: 'Maximum number of service accounts on project reached.'}}",
            Refused("iam-admin/quotas?project=class-2526"),
        ),
        (
            "a quota of resources",
            VM,
            "{method: compute.instances.insert, status: {code: 403, reason: quotaExceeded, message: \"Quota 'CPUS' exceeded.  Limit: 24.0 in region europe-west1.\"}}",
            Refused("the quota CPUS of 24 in europe-west1 is used up"),
        ),
        (
            "a policy that one may read and not write",
            GRANT,
            "{method: '*.setIamPolicy', status: {code: 403, status: PERMISSION_DENIED, message: 'The caller does not have permission'}}",
            Refused("the permission resourcemanager.projects.setIamPolicy is missing on class-2526"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn status_404() {
    let bucket = "kind: Bucket\nname: PROJECT-data\nlocation: EU\n---\nkind: IamGrant\nname: all\non: { bucket: PROJECT-data }\n\
        roles: [roles/storage.objectViewer]\nmembers: ['user:a@example.edu']\n";
    let registry = "kind: Registry\nname: be\nlocation: europe\nformat: DOCKER\n---\nkind: IamGrant\nname: all\n\
        on: { registry: be }\nroles: [roles/artifactregistry.reader]\nmembers: ['user:a@example.edu']\n";
    let gone = "kind: Vm\nname: box\nmachineType: n1-standard-1\nimage: { family: debian-1, project: debian-cloud }\n";
    all(vec![
        ("a bucket not seen yet", bucket, "{method: storage.buckets.getIamPolicy, times: 2, status: {code: 404}}", Converges),
        (
            "a registry not seen yet",
            registry,
            "{method: artifactregistry.projects.locations.repositories.getIamPolicy, times: 2, status: {code: 404}}",
            Converges,
        ),
        ("an account that flickers", ACCOUNT, "{method: iam.projects.serviceAccounts.get, flicker: {reads: 6, pattern: '+-'}}", Converges),
        ("an operation not known yet", VM, "{method: compute.zoneOperations.wait, times: 2, status: {code: 404}}", Converges),
        (
            "an image family that is gone",
            gone,
            "{method: compute.instances.insert, status: {code: 404, reason: notFound, message: \"The resource 'projects/debian-cloud/global/images/family/debian-1' was not found\"}}",
            Refused("the nearest families that exist: debian-1"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn status_409_and_412() {
    all(vec![
        (
            "a name that somebody has",
            RULE,
            "{method: compute.firewalls.insert, status: {code: 409, reason: alreadyExists, message: 'The resource already exists'}}",
            Refused("The resource already exists"),
        ),
        (
            "a bucket's name that somebody has",
            BUCKET,
            "{method: storage.buckets.insert, resource: '*-data', status: {code: 409, reason: conflict, message: 'The requested bucket name is not available.'}}",
            Refused("bucket names are one namespace for all of Google"),
        ),
        ("a race for a policy", GRANT, "{method: '*.setIamPolicy', times: 3, foreignWrite: {}}", Converges),
        ("a race without a foreign write", GRANT, "{method: '*.setIamPolicy', times: 3, status: {code: 409, reason: aborted, status: ABORTED}}", Converges),
        ("another operation", VM, "{method: compute.instances.insert, times: 2, status: {code: 409, reason: operationInProgress}}", Converges),
        (
            "a policy of the organisation",
            VM,
            "{method: compute.instances.insert, status: {code: 412, reason: conditionNotMet, message: 'Constraint constraints/compute.vmExternalIpAccess violated for project class-2526.'}}",
            Refused("set `externalIp: false` on the machines"),
        ),
    ])
    .await;
}

/// Takes a course down while one of its deletions meets an error. Gives what the command line would say.
async fn destroyed(course: &str, fault: &str) -> String {
    let calm = Cloud::over(Some(tempfile::tempdir().unwrap())).await;
    let world = calm.project("class-2526").await;
    world.converge(course).await;
    let faults = format!("faults:\n- {fault}\n");
    let (world, stormy) = world.in_bad_weather(&faults, Timeouts::default()).await;
    let intent = Intent { destroy: true, ..Intent::default() };
    let planned = world.plan_for(course, &intent).await;
    let outcome = world.carry_out(&planned).await;
    assert_eq!(stormy.strikes(), [1], "{fault}");
    let known = images::known(&world.client, &world.project, outcome::failures(&outcome)).await;
    outcome::text(&planned.plan, &outcome, &known)
}

#[tokio::test]
async fn what_is_gone_already_is_deleted_and_what_holds_something_is_not() {
    let gone =
        destroyed(RULE, "{method: compute.firewalls.delete, status: {code: 404, reason: notFound}}").await;
    assert!(!gone.contains("failed"), "{gone}");
    let conflict = "{code: 409, reason: conflict, message: 'The bucket you tried to delete is not empty.'}";
    let fault = format!("{{method: storage.buckets.delete, resource: '*-data', status: {conflict}}}");
    let full = destroyed(BUCKET, &fault).await;
    assert!(
        full.contains("the bucket is not empty: something was put into it after the plan was made"),
        "{full}"
    );
}

#[tokio::test]
async fn an_api_that_this_run_turned_on_may_take_its_time() {
    let cloud = Cloud::with_faults("faults:\n- {method: '*', notReady: {calls: 4}}\n").await;
    let world = cloud.bare_project("class-2526");
    let apis = "kind: ApiServices\nname: apis\nservices: [compute.googleapis.com]\n---\n";
    world.converge(&format!("{apis}{RULE}")).await;
    assert_eq!(cloud.strikes(), [4]);
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_no_stale_plan() {
    let fault = "faults:\n- {method: storage.buckets.patch, times: 1, drop: after}\n";
    let cloud = Cloud::with_faults(fault).await;
    let world = cloud.project("class-2526").await;
    world.converge(BUCKET).await;
    world.converge(&format!("{BUCKET}labels: {{ team: owls }}\n")).await;
    assert_eq!(cloud.strikes(), [1]);
}

#[tokio::test]
async fn a_moved_fingerprint_is_read_again() {
    let cloud =
        Cloud::with_faults("faults:\n- {method: compute.instances.setLabels, times: 1, foreignWrite: {}}\n")
            .await;
    let world = cloud.project("class-2526").await;
    world.converge(VM).await;
    world.converge(&format!("{VM}labels: {{ team: owls }}\n")).await;
    assert_eq!(cloud.strikes(), [1]);
}

#[tokio::test]
async fn status_429_and_5xx() {
    let mut rows: Vec<Row> = vec![
        (
            "too fast",
            BUCKET,
            "{method: 'storage.*', times: 1, each: true, status: {code: 429, reason: rateLimitExceeded}}",
            Converges,
        ),
        (
            "exhausted",
            APIS,
            "{method: 'serviceusage.*', times: 1, each: true, status: {code: 429, status: RESOURCE_EXHAUSTED, retryAfter: 1}}",
            Converges,
        ),
    ];
    let faults = [
        "{method: '*', times: 1, each: true, status: {code: 500, reason: internalError, status: INTERNAL}}",
        "{method: '*', times: 1, each: true, garbage: html502}",
        "{method: '*', times: 1, each: true, status: {code: 503, reason: backendError, status: UNAVAILABLE}}",
        "{method: '*', times: 1, each: true, status: {code: 504, effect: true}}",
    ];
    rows.extend(faults.map(|fault| ("a stumble", RULE, fault, Converges)));
    all(rows).await;
}

#[tokio::test]
async fn operations_that_end_in_errors() {
    all(vec![
        (
            "a zone without room",
            FIXED,
            "{method: compute.instances.insert, operation: {code: ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS, zonesAvailable: [europe-west1-c, europe-west1-d]}}",
            Refused("zones with room: europe-west1-c, europe-west1-d"),
        ),
        (
            "a quota",
            VM,
            "{method: compute.instances.insert, operation: {code: QUOTA_EXCEEDED, metric: CPUS, limit: 24}}",
            Refused("the quota CPUS of 24 in europe-west1 is used up"),
        ),
        ("a dependency", VM, "{method: compute.instances.insert, times: 1, operation: {code: RESOURCE_NOT_READY}}", Converges),
        (
            "an account that machines may not run as",
            VM,
            "{method: compute.instances.insert, operation: {code: SERVICE_ACCOUNT_ACCESS_DENIED, message: \"The user does not have access to service account 'x@class-2526.iam.gserviceaccount.com'.\"}}",
            Refused("roles/iam.serviceAccountUser"),
        ),
        ("an activation that stumbled", APIS, "{method: 'serviceusage.services.batchEnable', times: 1, operation: {code: '13', message: 'encountered internal error 160009 with failed services'}}", Converges),
    ])
    .await;
}
