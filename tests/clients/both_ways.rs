//! What gcloud made, Provost sees and takes over; what Provost made, gcloud and the Python libraries describe.

use serde_json::json;

use super::ground::{Gcloud, Ground, members};
use super::python;

/// What the commands of `by_hand` make.
const SPECS: &str = "kind: Course
name: be-both
project: be-both-ways
region: europe-west1
zones: [europe-west1-b]
---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
sourceRanges: [0.0.0.0/0]
---
kind: Vm
name: owl
machineType: n1-standard-1
image: { family: common-cpu, project: deeplearning-platform-release }
bootDisk: { sizeGb: 50, type: pd-standard }
onHostMaintenance: TERMINATE
scopes: [storage-rw]
---
kind: Bucket
name: be-both-ways-box
location: europe-west1
uniformAccess: true
---
kind: Registry
name: docker
location: europe-west1
format: DOCKER
---
kind: ServiceAccount
name: builder
displayName: Builder
";
const ADDRESSES: [&str; 5] = [
    "FirewallRule/open-8501",
    "Vm/owl",
    "Bucket/be-both-ways-box",
    "Registry/docker",
    "ServiceAccount/builder",
];

fn by_hand(gcloud: &Gcloud) {
    gcloud.ok("compute firewall-rules create open-8501 --allow=tcp:8501 --source-ranges=0.0.0.0/0");
    gcloud.ok(
        "compute instances create owl --image-family=common-cpu --image-project=deeplearning-platform-release \
         --maintenance-policy=TERMINATE --scopes=storage-rw --machine-type=n1-standard-1 --boot-disk-size=50GB \
         --boot-disk-type=pd-standard",
    );
    gcloud.ok(
        "storage buckets create gs://be-both-ways-box --location=europe-west1 --uniform-bucket-level-access",
    );
    gcloud.ok("artifacts repositories create docker --repository-format=docker --location=europe-west1");
    gcloud.ok("iam service-accounts create builder --display-name=Builder");
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn what_gcloud_made_is_a_conflict_until_it_is_adopted() {
    let services = ["compute", "artifactregistry", "iam"];
    let Some(gcloud) = Gcloud::with("be-both-ways", &services) else { return };
    by_hand(&gcloud);
    gcloud.ground.write("course/course.yaml", SPECS);
    let provost = |arguments: &[&str]| gcloud.ground.provost(arguments);
    let status = provost(&["status", "course"]).code(0).out;
    assert_eq!(status.matches("not ours").count(), ADDRESSES.len(), "{status}");
    let refused = provost(&["plan", "course"]).code(4).all();
    let mut apply = vec!["apply", "course", "--yes"];
    for address in ADDRESSES {
        assert!(refused.contains(&format!("take it over with `--adopt {address}`")), "{refused}");
        apply.extend(["--adopt", address]);
    }
    provost(&apply).code(0);
    provost(&["plan", "course", "--detailed-exitcode"]).code(0);
    let vm = gcloud.json("compute instances describe owl");
    assert_eq!(vm["labels"], json!({ "managed-by": "provost", "provost-course": "be-both" }));
    let rule = gcloud.json("compute firewall-rules describe open-8501");
    assert_eq!(rule["description"], "[provost be-both]");
}

/// Provost and gcloud take turns: drift that gcloud makes is seen and mended, what it adds beside is left.
#[test]
#[ignore = "slow: .ci/clients runs it"]
fn what_gcloud_changes_is_drift() {
    let Some(gcloud) = Gcloud::with("be-drift", &["compute"]) else { return };
    let (course, _) = SPECS.split_once("---\nkind: Bucket").unwrap();
    gcloud.ground.write("course/course.yaml", &course.replace("be-both-ways", "be-drift"));
    let provost = |arguments: &[&str]| gcloud.ground.provost(arguments);
    provost(&["apply", "course", "--yes"]).code(0);
    gcloud.ok("compute instances add-labels owl --labels=team=owl");
    gcloud.ok("compute instances add-metadata owl --metadata=ssh-keys=student");
    provost(&["plan", "course", "--detailed-exitcode"]).code(0);
    gcloud.ok("compute firewall-rules update open-8501 --rules=tcp:22");
    gcloud.ok("compute instances stop owl");
    gcloud.ok("compute instances set-machine-type owl --machine-type=n1-standard-2");
    provost(&["plan", "course", "--detailed-exitcode"]).code(2);
    provost(&["apply", "course", "--yes"]).code(0);
    let rule = gcloud.json("compute firewall-rules describe open-8501");
    assert_eq!(rule["allowed"], json!([{ "IPProtocol": "tcp", "ports": ["8501"] }]));
    let vm = gcloud.json("compute instances describe owl");
    assert!(vm["machineType"].as_str().unwrap().ends_with("/n1-standard-1"), "{vm}");
    assert_eq!(
        (&vm["labels"]["team"], &vm["metadata"]["items"][0]["key"]),
        (&"owl".into(), &"ssh-keys".into())
    );
}

fn course(ground: &Ground) {
    let folder = format!("{}/specs/isae-cloud-docker", env!("CARGO_MANIFEST_DIR"));
    ground.provost(&["apply", &folder, "-e", "rehearsal", "--yes"]).code(0);
    ground.provost(&["plan", &folder, "-e", "rehearsal", "--detailed-exitcode"]).code(0);
}

fn clear(ground: &Ground) {
    let folder = format!("{}/specs/isae-cloud-docker", env!("CARGO_MANIFEST_DIR"));
    ground.provost(&["destroy", &folder, "-e", "rehearsal", "--yes"]).code(0);
    ground.provost(&["history", &folder, "-e", "rehearsal", "--delete", "--yes"]).code(0);
}

/// One test, because both clients look at the one project that the course names.
#[test]
#[ignore = "slow: .ci/clients runs it"]
fn a_course_that_provost_made_is_described_by_googles_clients() {
    if let Some(gcloud) = Gcloud::with("isae-sdd-481407", &[]) {
        course(&gcloud.ground);
        described_by_gcloud(&gcloud);
        clear(&gcloud.ground);
        assert!(gcloud.each("storage buckets list", "name").is_empty());
    }
    if let Some(python) = python::python() {
        let ground = Ground::with("isae-sdd-481407", &[]);
        course(&ground);
        python::run(&ground, &python, "course");
        clear(&ground);
    }
}

fn described_by_gcloud(gcloud: &Gcloud) {
    let mark = json!({ "course": "be-cloud", "edition": "2026", "managed-by": "provost", "provost-course": "isae-cloud-docker" });
    let bucket = gcloud.json("storage buckets describe gs://isae-sdd-481407-be");
    assert_eq!((&bucket["labels"], &bucket["location"]), (&mark, &"EUROPE-WEST9".into()));
    assert_eq!(
        (&bucket["uniform_bucket_level_access"], &bucket["public_access_prevention"]),
        (&true.into(), &"inherited".into())
    );
    let policy = gcloud.json("storage buckets get-iam-policy gs://isae-sdd-481407-be");
    assert_eq!(members(&policy, "roles/storage.objectViewer"), ["allUsers"]);
    assert!(gcloud.ok("storage cat gs://isae-sdd-481407-be/be/owl/app.py").contains("import"));
    let registry = gcloud.json("artifacts repositories describe be --location=europe");
    assert_eq!((&registry["labels"], &registry["format"]), (&mark, &"DOCKER".into()));
    assert_eq!(
        registry["cleanupPolicies"]["drop-old"]["condition"],
        json!({ "olderThan": "2592000s", "tagState": "ANY" })
    );
    let policy = gcloud.json("projects get-iam-policy isae-sdd-481407");
    let testers =
        ["alice.martin", "bruno.leroy", "chloe.petit"].map(|name| format!("user:{name}@student.example.edu"));
    assert_eq!(members(&policy, "roles/compute.instanceAdmin.v1"), testers);
    let rule = gcloud.json("compute firewall-rules describe open-8501");
    assert_eq!(rule["description"], "[provost isae-cloud-docker]");
    assert_eq!(rule["sourceRanges"], json!(["0.0.0.0/0"]));
    let vm = gcloud.json("compute instances describe be-cloud-mascot-owls-alice");
    assert_eq!((&vm["labels"]["team"], &vm["status"]), (&"owls".into(), &"RUNNING".into()));
    assert_eq!(
        vm["serviceAccounts"][0]["scopes"],
        json!(["https://www.googleapis.com/auth/devstorage.read_write"])
    );
    assert_eq!(
        (&vm["scheduling"]["onHostMaintenance"], &vm["disks"][0]["diskSizeGb"]),
        (&"TERMINATE".into(), &"50".into())
    );
    let demo = gcloud.json("compute instances describe streamlit-demo");
    assert_eq!(demo["labels"], mark);
    let enabled = gcloud.each("services list --enabled", "config.name");
    assert!(enabled.iter().any(|name| name == "run.googleapis.com"), "{enabled:?}");
}
