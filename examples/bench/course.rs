//! Course folders of any size: the kinds of a real class in the proportions of one, 60 machines and 360 grants to 5 firewall
//! rules, a bucket and a registry.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use provost::sandbox::{Limits, Options};

/// The project of every course.
pub(crate) const PROJECT: &str = "class-of-bench";

/// Quotas that a school asks for before a course of ten thousand resources.
const QUOTAS: [(&str, &str); 6] = [
    ("europe-west1", "CPUS"),
    ("europe-west1", "INSTANCES"),
    ("europe-west1", "IN_USE_ADDRESSES"),
    ("europe-west1", "DISKS_TOTAL_GB"),
    ("global", "CPUS_ALL_REGIONS"),
    ("global", "FIREWALLS"),
];
/// The most grants on the project: one policy holds 1,500 members. The rest is on buckets and registries.
pub(crate) const ON_PROJECT: usize = 1_400;
/// Documents of one file: a file has one MiB at most.
const PER_FILE: usize = 1_500;

const PROJECT_ROLES: [&str; 6] = [
    "roles/compute.instanceAdmin.v1",
    "roles/storage.objectAdmin",
    "roles/artifactregistry.writer",
    "roles/run.developer",
    "roles/iam.serviceAccountUser",
    "roles/serviceusage.serviceUsageConsumer",
];
const BUCKET_ROLE: &str = "roles/storage.objectViewer";
const REGISTRY_ROLE: &str = "roles/artifactregistry.reader";

const HEAD: &str = "\
kind: Course
name: bench
project: class-of-bench
region: europe-west1
zones: [europe-west1-b, europe-west1-c]
labels: { course: bench }
vars: { family: common-cpu, disk: 50 }
---
kind: ApiServices
name: apis
services:
  - compute.googleapis.com
  - storage.googleapis.com
  - artifactregistry.googleapis.com
  - run.googleapis.com
  - cloudbuild.googleapis.com
  - iam.googleapis.com
";

/// A cloud in memory that has room for every course.
pub(crate) fn cloud(operation_time: Duration) -> Options {
    let mut limits = Limits::default();
    for (place, metric) in QUOTAS {
        limits.quotas.entry(place.to_owned()).or_default().insert(metric.to_owned(), 1_000_000);
    }
    Options { operation_time, limits, ..Options::default() }
}

/// How many there are of each kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mix {
    pub(crate) machines: usize,
    pub(crate) grants: usize,
    pub(crate) rules: usize,
    pub(crate) buckets: usize,
    pub(crate) registries: usize,
}

impl Mix {
    /// The mix of a course of so many resources; 60 is a class of 60 machines.
    pub(crate) fn of(size: usize) -> Self {
        if size == 60 {
            return Self { machines: 60, grants: 360, rules: 5, buckets: 1, registries: 1 };
        }
        let of_427 = |share: usize| (size * share / 427).max(1);
        let (machines, rules, buckets) = (of_427(60), of_427(5), of_427(1));
        let grants = size.saturating_sub(1 + machines + rules + 2 * buckets);
        Self { machines, grants, rules, buckets, registries: buckets }
    }

    /// All resources together; the enabled services are one.
    pub(crate) fn resources(self) -> usize {
        1 + self.machines + self.grants + self.rules + self.buckets + self.registries
    }

    /// Writes the course into a folder.
    pub(crate) fn write(self, folder: &Path) -> anyhow::Result<()> {
        fs_err::create_dir_all(folder)?;
        fs_err::write(folder.join("course.yaml"), HEAD)?;
        let all: Vec<String> = (0..self.machines)
            .map(machine)
            .chain((0..self.grants).map(|i| self.grant(i)))
            .chain((0..self.rules).map(rule))
            .chain((0..self.buckets).map(bucket))
            .chain((0..self.registries).map(registry))
            .collect();
        for (i, documents) in all.chunks(PER_FILE).enumerate() {
            fs_err::write(folder.join(format!("part-{i}.yaml")), documents.join("---\n"))?;
        }
        Ok(())
    }

    /// Six grants to each student.
    fn grant(self, i: usize) -> String {
        let (student, which) = (i / PROJECT_ROLES.len(), i % PROJECT_ROLES.len());
        let places = self.buckets + self.registries;
        let (on, role) = match i % places {
            _ if i < ON_PROJECT => {
                ("project".to_owned(), PROJECT_ROLES.get(which).copied().unwrap_or_default())
            }
            place if place < self.buckets => (format!("{{ bucket: {} }}", bucket_name(place)), BUCKET_ROLE),
            place => (format!("{{ registry: images-{} }}", place - self.buckets), REGISTRY_ROLE),
        };
        format!(
            "kind: IamGrant\nname: student-{student:05}-{which}\non: {on}\nroles: [{role}]\n\
             members: [\"user:student-{student:05}@school.example\"]\n"
        )
    }
}

fn machine(i: usize) -> String {
    let zone = if i.is_multiple_of(2) { "b" } else { "c" };
    let mut text = format!("kind: Vm\nname: machine-{i:05}\ndescription: Machine of student {i}\n");
    let _ = write!(
        text,
        "machineType: n1-standard-1\nzone: europe-west1-{zone}\n\
         image: {{ family: \"{{{{ vars.family }}}}\", project: deeplearning-platform-release }}\n\
         bootDisk: {{ sizeGb: \"{{{{ vars.disk }}}}\", type: pd-standard }}\nonHostMaintenance: TERMINATE\n\
         scopes: [storage-rw]\nlabels: {{ team: team-{} }}\ntags: [web]\ntunnels: [8080, 8081]\n",
        i % 12
    );
    text
}

fn rule(i: usize) -> String {
    format!(
        "kind: FirewallRule\nname: open-{i:04}\nallow: [\"tcp:{}\"]\nsourceRanges: [0.0.0.0/0]\ntargetTags: [web]\n",
        8_000 + i
    )
}

fn bucket_name(i: usize) -> String {
    format!("{PROJECT}-data-{i}")
}

fn bucket(i: usize) -> String {
    format!("kind: Bucket\nname: {}\nlocation: europe-west1\nuniformAccess: true\n", bucket_name(i))
}

fn registry(i: usize) -> String {
    format!("kind: Registry\nname: images-{i}\nlocation: europe-west1\nformat: DOCKER\n")
}
