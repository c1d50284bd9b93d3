//! A sweep after gcloud: what people make with it in a project goes, and the project is as it was.

use super::ground::{Gcloud, members};

/// What lists of gcloud say of a project.
const LISTS: [(&str, &str); 12] = [
    ("compute instances list", "name"),
    ("compute disks list", "name"),
    ("compute addresses list", "name"),
    ("compute snapshots list", "name"),
    ("compute images list --no-standard-images", "name"),
    ("compute firewall-rules list", "name"),
    ("compute networks list", "name"),
    ("compute networks subnets list", "selfLink"),
    ("storage buckets list", "name"),
    ("artifacts repositories list", "name"),
    ("iam service-accounts list", "email"),
    ("services list --enabled", "config.name"),
];
const COURSE: &str = "kind: Course
name: be-sweep
project: be-sweep
region: europe-west1
zones: [europe-west1-b]
keep: ['Vm/demo-*', 'user:prof@x.edu']
";
const OWN: &str = "---
kind: Vm
name: lab
machineType: e2-small
";

fn holds(gcloud: &Gcloud) -> Vec<(&'static str, Vec<String>)> {
    let policy = gcloud.json("projects get-iam-policy be-sweep");
    let roles = ["roles/owner", "roles/editor", "roles/viewer", "roles/storage.admin"];
    let granted = roles.map(|role| (role, members(&policy, role)));
    let listed = LISTS.map(|(list, field)| (list, sorted(gcloud.each(list, field))));
    listed.into_iter().chain(granted).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn by_hand(gcloud: &Gcloud) {
    for line in [
        "compute disks create data --size=10GB",
        "compute instances create owl --disk=name=data,auto-delete=no",
        "compute disks create lost --size=10GB",
        "compute addresses create spare --region=europe-west1",
        "compute snapshots create before --source-disk=data --source-disk-zone=europe-west1-b",
        "compute images create golden --source-disk=lost --source-disk-zone=europe-west1-b",
        "compute firewall-rules create open-8501 --allow=tcp:8501",
        "compute networks create side --subnet-mode=custom",
        "compute networks subnets create side-b --network=side --range=10.9.0.0/24 --region=europe-west1",
        "compute firewall-rules create side-ssh --network=side --allow=tcp:22",
        "storage buckets create gs://be-sweep-scratch --location=eu",
        "artifacts repositories create mine --repository-format=docker --location=europe-west1",
        "iam service-accounts create helper",
        "projects add-iam-policy-binding be-sweep --member=user:friend@x.edu --role=roles/viewer",
        "projects add-iam-policy-binding be-sweep --role=roles/storage.admin \
         --member=serviceAccount:helper@be-sweep.iam.gserviceaccount.com",
    ] {
        gcloud.ok(line);
    }
    gcloud.ground.write("notes.txt", "words");
    gcloud.ok("storage cp notes.txt gs://be-sweep-scratch/notes.txt");
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn after_destroy_and_sweep_a_project_is_as_it_was_but_for_what_is_kept() {
    let services = ["compute", "artifactregistry", "iam"];
    let Some(gcloud) = Gcloud::with("be-sweep", &services) else { return };
    gcloud.ok("compute instances create demo-1");
    gcloud.ok("projects add-iam-policy-binding be-sweep --member=user:prof@x.edu --role=roles/viewer");
    let before = holds(&gcloud);
    by_hand(&gcloud);
    let provost = |arguments: &[&str]| gcloud.ground.provost(arguments);
    gcloud.ground.write("course/course.yaml", &format!("{COURSE}{OWN}"));
    provost(&["apply", "course", "--yes"]).code(0);
    provost(&["destroy", "course", "--yes"]).code(0);
    provost(&["sweep", "course", "--delete", "--yes-delete-in", "be-sweep"]).code(0);
    provost(&["history", "course", "--delete", "--yes"]).code(0);
    assert_eq!(holds(&gcloud), before);
}
