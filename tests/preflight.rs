//! Will it fit? A plan is held against the project before anything is changed.
#![expect(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use support::{APIS, COURSE, Room, Said};

const VM: &str = "---
kind: Vm
forEach: { student: roster }
name: be-{{ student.login }}
machineType: n1-standard-1
bootDisk: { sizeGb: 50 }
";

/// Room for sixty.
const PLENTY: &str = "{ quotas: { europe-west1: { CPUS: 60, INSTANCES: 60, IN_USE_ADDRESSES: 60 }, global: { CPUS_ALL_REGIONS: 60 } } }";

/// A course whose APIs are on, with a roster of so many.
async fn class(students: usize, specs: &str, limits: &str) -> Room {
    let rows: Vec<String> = (1..=students).map(|i| format!("{{ login: s{i:02} }}")).collect();
    let room = Room::with(&format!("{COURSE}roster: [{}]\n{APIS}{specs}", rows.join(", ")));
    weather(&room, &format!("limits: {limits}\n"));
    room.cloud().await.enable(&["compute"]).await;
    room
}

fn weather(room: &Room, text: &str) {
    room.write("weather/faults.yaml", text);
}

fn run(room: &Room, command: &str, flags: &[&str]) -> Said {
    let faults = format!("{}/weather/faults.yaml", room.course());
    room.run(command, &[&["--faults", &faults], flags].concat())
}

/// What a plan's report says, and nothing else.
fn report(said: &Said) -> String {
    let begins = |line: &&str| ["refused[", "warning[", "note["].iter().any(|word| line.starts_with(word));
    let lines = said.out.lines().skip_while(|line| !begins(line));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn machines(room: &Room) -> usize {
    room.resources().keys().filter(|path| path.contains("/instances/")).count()
}

/// The calls of a command, by service and path.
fn calls(room: &Room, command: &str, flags: &[&str]) -> Vec<String> {
    let log = format!("{}/log", room.course());
    run(room, command, &[flags, &["--log-file", &log]].concat());
    let lines = room.read("log");
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let field = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let calls = lines.filter(|line| field(line, "message") == "answered");
    calls.map(|line| format!("{} {}", field(&line, "service"), field(&line, "path"))).collect()
}

#[tokio::test]
async fn a_class_of_sixty_does_not_fit_into_a_fresh_project_and_is_told_what_to_ask_for() {
    let room = class(60, VM, "{}").await;
    assert_snapshot!(run(&room, "preflight", &[]).code(4).out, @r"
    Preflight of be-cloud in be-cloud-2526

     WHERE          QUOTA              NEED   FREE  LIMIT
     europe-west1   CPUS                 60     24     24  too little
     europe-west1   DISKS_TOTAL_GB    3,000  4,096  4,096  fits
     europe-west1   INSTANCES            60     24     24  too little
     europe-west1   IN_USE_ADDRESSES     60      8      8  too little
     be-cloud-2526  CPUS_ALL_REGIONS     60     32     32  too little

    refused[quota] 60 × n1-standard-1 need 60 CPUs, 60 machines and 60 external addresses in europe-west1; 24, 24 and 8 are free: 8 fit
        help: ask for CPUS 60, INSTANCES 60 and IN_USE_ADDRESSES 60 in europe-west1: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526
    refused[quota] 60 × n1-standard-1 need 60 CPUs in all regions of be-cloud-2526 together; 32 are free: 8 fit
        help: ask for CPUS_ALL_REGIONS 60: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526

    To ask Google for more:
      gcloud quotas preferences create --service=compute.googleapis.com --project=be-cloud-2526 --quota-id=CPUS-per-project-region --dimensions=region=europe-west1 --preferred-value=60 --email=YOU
      gcloud quotas preferences create --service=compute.googleapis.com --project=be-cloud-2526 --quota-id=INSTANCES-per-project-region --dimensions=region=europe-west1 --preferred-value=60 --email=YOU
      gcloud quotas preferences create --service=compute.googleapis.com --project=be-cloud-2526 --quota-id=IN-USE-ADDRESSES-per-project-region --dimensions=region=europe-west1 --preferred-value=60 --email=YOU
      gcloud quotas preferences create --service=compute.googleapis.com --project=be-cloud-2526 --quota-id=CPUS-ALL-REGIONS-per-project --preferred-value=60 --email=YOU

    Not known beforehand: whether somebody pays the bill, what policies of the organisation forbid, and whether a zone has room at the moment.
    It does not fit.
    ");
    assert_snapshot!(report(&run(&room, "plan", &[]).code(4)), @r"
    refused[quota] 60 × n1-standard-1 need 60 CPUs, 60 machines and 60 external addresses in europe-west1; 24, 24 and 8 are free: 8 fit
        help: ask for CPUS 60, INSTANCES 60 and IN_USE_ADDRESSES 60 in europe-west1: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526
    refused[quota] 60 × n1-standard-1 need 60 CPUs in all regions of be-cloud-2526 together; 32 are free: 8 fit
        help: ask for CPUS_ALL_REGIONS 60: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526
    ");
}

#[tokio::test]
async fn nothing_is_made_of_what_does_not_fit_unless_somebody_insists() {
    let room = class(10, VM, "{}").await;
    let refused = run(&room, "apply", &["--yes"]).code(4);
    assert!(report(&refused).contains("8 are free: 8 fit"), "{}", refused.out);
    assert!(refused.err.contains("With `--no-preflight` it is tried all the same"), "{}", refused.err);
    assert_eq!(machines(&room), 0);
    run(&room, "apply", &["--yes", "--no-preflight"]).code(3);
    assert_eq!(machines(&room), 8);
}

#[tokio::test]
async fn what_fits_is_applied_and_what_is_applied_is_not_asked_about() {
    let room = class(60, VM, PLENTY).await;
    let fits = run(&room, "preflight", &[]).code(0);
    assert_snapshot!(fits.out, @r"
    Preflight of be-cloud in be-cloud-2526

     WHERE          QUOTA              NEED   FREE  LIMIT
     europe-west1   CPUS                 60     60     60  fits
     europe-west1   DISKS_TOTAL_GB    3,000  4,096  4,096  fits
     europe-west1   INSTANCES            60     60     60  fits
     europe-west1   IN_USE_ADDRESSES     60     60     60  fits
     be-cloud-2526  CPUS_ALL_REGIONS     60     60     60  fits

    Not known beforehand: whether somebody pays the bill, what policies of the organisation forbid, and whether a zone has room at the moment.
    As far as can be told, it fits.
    ");
    run(&room, "apply", &["--yes"]).code(0);
    assert_eq!(machines(&room), 60);
    let reads = calls(&room, "plan", &[]);
    assert!(
        reads.iter().all(|call| !call.contains("regions") && !call.contains("machineTypes")),
        "{reads:#?}"
    );
    assert_snapshot!(run(&room, "preflight", &[]).code(0).out, @r"
    Preflight of be-cloud in be-cloud-2526

    Nothing is to be made or changed: nothing is needed.
    ");
}

#[tokio::test]
async fn a_plan_of_a_class_asks_no_more_than_twelve_times() {
    let more = "---\nkind: FirewallRule\nname: web\nallow: [tcp:80]\n---\nkind: Bucket\nname: be-cloud-2526-x\nlocation: europe-west1\n\
        ---\nkind: Registry\nname: be\nlocation: europe-west1\nformat: DOCKER\n\
        ---\nkind: IamGrant\nname: all\non: project\nroles: [roles/viewer]\nmembers: ['user:a@x.edu']\n";
    let room = class(
        60,
        &format!("{VM}image: {{ family: common-cpu, project: deeplearning-platform-release }}\n{more}"),
        PLENTY,
    )
    .await;
    let mut asked = calls(&room, "plan", &[]);
    asked.sort();
    assert_snapshot!(asked.join("\n"), @r"
    artifactregistry.googleapis.com v1/projects/be-cloud-2526/locations/europe-west1/repositories
    cloudresourcemanager.googleapis.com v1/projects/be-cloud-2526:getIamPolicy
    compute.googleapis.com projects/be-cloud-2526
    compute.googleapis.com projects/be-cloud-2526/aggregated/disks
    compute.googleapis.com projects/be-cloud-2526/aggregated/instances
    compute.googleapis.com projects/be-cloud-2526/aggregated/machineTypes
    compute.googleapis.com projects/be-cloud-2526/global/firewalls
    compute.googleapis.com projects/be-cloud-2526/regions
    compute.googleapis.com projects/deeplearning-platform-release/global/images/family/common-cpu
    serviceusage.googleapis.com v1/projects/be-cloud-2526/services
    storage.googleapis.com b
    storage.googleapis.com b/be-cloud-2526-provost/o/be-cloud%2Finventory.json
    ");
    assert!(asked.len() <= 12, "{}", asked.len());
}

#[tokio::test]
async fn machines_of_several_regions_are_counted_over_all_of_them() {
    let zones = "[europe-west1-b, europe-west4-a]";
    for (students, code) in [(12, 0), (20, 4)] {
        let room = class(students, VM, "{}").await;
        let course = room.read("course.yaml").replace("[europe-west1-b]", zones);
        room.write("course.yaml", &course);
        let said = run(&room, "plan", &[]).code(code);
        match code {
            0 => {
                assert_snapshot!(report(&said), @"note[quota-elsewhere] the quotas of europe-west1 do not reach for 12 × n1-standard-1: 4 of them go to europe-west4");
            }
            _ => assert_snapshot!(report(&said), @r"
            refused[quota] 12 × n1-standard-1 need 12 external addresses in europe-west1; 8 are free: 8 fit
                help: ask for IN_USE_ADDRESSES 12 in europe-west1: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526
            note[quota-elsewhere] the quotas of europe-west1 do not reach for 20 × n1-standard-1: 8 of them go to europe-west4
            "),
        }
    }
}

/// A machine with other fields.
fn odd(fields: &str) -> String {
    format!("---\nkind: Vm\nname: box\n{fields}\n")
}

#[tokio::test]
async fn what_does_not_exist_is_refused_with_what_does() {
    let rule = "---\nkind: FirewallRule\nname: web\nallow: [tcp:80]\nnetwork: lab\n".to_owned();
    let rows = [
        odd("machineType: c3-standard-4\nzone: europe-west1-d"),
        odd("machineType: n1-standard-3"),
        odd("machineType: n1-custom-3-8192"),
        odd("machineType: n1-standard-1\nimage: { family: debian-10, project: debian-cloud }"),
        odd("machineType: n1-standard-1\nnetwork: lab"),
        odd("machineType: n1-standard-1\nbootDisk: { type: hyperdisk-extreme }"),
        odd(
            "machineType: n1-standard-1\nonHostMaintenance: TERMINATE\nguestAccelerators: [{ type: nvidia-tesla-v100, count: 1 }]",
        ),
        rule,
    ];
    let mut told = Vec::new();
    for specs in rows {
        let room = class(0, &specs, "{}").await;
        told.push(report(&run(&room, "plan", &[]).code(4)));
    }
    assert_snapshot!(told.join("\n"), @r"
    refused[not-offered] Vm/box: europe-west1-d has no machine type c3-standard-4
        help: zones that have it: europe-west1-b, europe-west1-c, asia-southeast1-a and asia-southeast1-b
    refused[not-offered] Vm/box: europe-west1-b has no machine type n1-standard-3
        help: the nearest that it has: n1-standard-32, n1-standard-1, n1-standard-2
    refused[not-offered] Vm/box: europe-west1-b has no machine type n1-custom-3-8192
        help: a custom type has 1 or an even number of CPUs, and as much memory as suits them, in steps of 256 MB
    refused[no-image] Vm/box: the project debian-cloud has no image debian-10 any more, or never had
        help: the nearest families that exist: debian-11, debian-12, debian-13; all: gcloud compute images list --project debian-cloud --no-standard-images
    refused[no-network] Vm/box: there is no network lab in be-cloud-2526
        help: make it: gcloud compute networks create lab --project be-cloud-2526 --subnet-mode auto
    refused[not-offered] Vm/box: europe-west1-b has no disk type hyperdisk-extreme
        help: the nearest that it has: hyperdisk-throughput, hyperdisk-balanced, pd-extreme
    refused[not-offered] Vm/box: europe-west1-b has no accelerator nvidia-tesla-v100
        help: zones that have it: asia-east1-c, europe-west4-a, europe-west4-b and europe-west4-c
    refused[no-network] FirewallRule/web: there is no network lab in be-cloud-2526
        help: make it: gcloud compute networks create lab --project be-cloud-2526 --subnet-mode auto
    ");
}

#[tokio::test]
async fn whoever_applies_needs_the_permissions_and_whoever_plans_does_not() {
    let lacks = "{ missingPermissions: [compute.instances.create, compute.firewalls.create, iam.serviceAccounts.actAs] }";
    let specs = format!(
        "{}serviceAccount: default\nscopes: [storage-rw]\n---\nkind: FirewallRule\nname: web\nallow: [tcp:80]\n",
        odd("machineType: n1-standard-1")
    );
    let room = class(0, &specs, lacks).await;
    assert_eq!(report(&run(&room, "plan", &[]).code(0)), "");
    assert_snapshot!(report(&run(&room, "apply", &["--yes"]).code(4)), @r"
    refused[permission] you have none of these on be-cloud-2526: compute.firewalls.create, compute.instances.create
        help: an owner types, for each of roles/compute.instanceAdmin.v1 and roles/compute.securityAdmin: gcloud projects add-iam-policy-binding be-cloud-2526 --member user:YOU --role ROLE
    warning[permission] you do not have iam.serviceAccounts.actAs on be-cloud-2526: this fails unless it is granted on what is changed
        help: an owner types: gcloud projects add-iam-policy-binding be-cloud-2526 --member user:YOU --role roles/iam.serviceAccountUser
    ");
    run(&room, "preflight", &[]).code(4);
    run(&room, "apply", &["--yes", "--no-preflight"]).code(0);
}

#[tokio::test]
async fn what_may_not_be_read_is_not_checked_and_no_failure() {
    let room = class(1, VM, "{}").await;
    weather(
        &room,
        "faults:\n- { method: compute.regions.list, status: { code: 403, reason: forbidden, message: \"Required 'compute.regions.list' permission\" } }\n",
    );
    assert_snapshot!(report(&run(&room, "plan", &[]).code(0)), @r"
    note[not-checked] the quotas of regions in be-cloud-2526 could not be checked: the permission compute.regions.list is missing on be-cloud-2526
        help: roles/compute.viewer has it; an owner types: gcloud projects add-iam-policy-binding be-cloud-2526 --member user:YOU --role roles/compute.viewer
    ");
    run(&room, "apply", &["--yes"]).code(0);
}

#[tokio::test]
async fn a_project_whose_api_is_off_says_that_nothing_can_be_told() {
    let room = Room::with(&format!("{COURSE}{APIS}{}", odd("machineType: n1-standard-1")));
    assert_snapshot!(report(&room.run("plan", &[]).code(0)), @r"
    note[not-checked] whether the machines fit into be-cloud-2526 cannot be told before compute.googleapis.com is on
        help: to know beforehand, turn it on: `gcloud services enable compute.googleapis.com --project be-cloud-2526`
    ");
}

#[tokio::test]
async fn what_goes_makes_room_for_what_comes_and_what_starts_needs_it() {
    let limits = "{ quotas: { europe-west1: { CPUS: 8, IN_USE_ADDRESSES: 8 } } }";
    let room = class(8, VM, limits).await;
    run(&room, "apply", &["--yes"]).code(0);
    let course = room.read("course.yaml");
    // Another image replaces all of them: eight go, eight come.
    room.write("course.yaml", &format!("{course}image: {{ family: debian-11, project: debian-cloud }}\n"));
    run(&room, "plan", &[]).code(0);
    // Twice the CPUs in place.
    room.write("course.yaml", &course.replace("n1-standard-1", "n1-standard-2"));
    assert_snapshot!(report(&run(&room, "plan", &[]).code(4)), @r"
    refused[quota] 8 × n1-standard-2 need another 8 CPUs in europe-west1; none is free: none fits
        help: ask for CPUS 16 in europe-west1: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526
    ");
    room.write("course.yaml", &format!("{course}desiredStatus: TERMINATED\n"));
    run(&room, "apply", &["--yes"]).code(0);
    weather(&room, "limits: { quotas: { europe-west1: { CPUS: 5, IN_USE_ADDRESSES: 8 } } }\n");
    room.write("course.yaml", &format!("{course}desiredStatus: RUNNING\n"));
    assert_snapshot!(report(&run(&room, "plan", &[]).code(4)), @r"
    refused[quota] 8 × n1-standard-1 need another 8 CPUs in europe-west1; 5 are free: 5 fit
        help: ask for CPUS 8 in europe-west1: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526
    ");
}

#[tokio::test]
async fn programs_get_numbers() {
    let room = class(10, VM, "{}").await;
    let said = run(&room, "preflight", &["--format", "json"]).code(4).json();
    assert_eq!(said["fits"], false);
    let short: Vec<&Value> =
        said["quotas"].as_array().unwrap().iter().filter(|quota| quota["fits"] == false).collect();
    assert_eq!(
        short,
        [&json!({
            "project": "be-cloud-2526", "region": "europe-west1", "metric": "IN_USE_ADDRESSES",
            "need": 10, "usage": 0, "limit": 8, "free": 8, "fits": false,
        })]
    );
}

#[tokio::test]
async fn every_project_is_asked_for_itself() {
    let elsewhere = "---\nkind: Vm\nname: far\nproject: be-team-owl\nmachineType: n1-standard-1\n";
    let apis =
        "---\nkind: ApiServices\nname: owls\nproject: be-team-owl\nservices: [compute.googleapis.com]\n";
    let room = class(10, &format!("{VM}{apis}{elsewhere}"), "{}").await;
    assert_snapshot!(report(&run(&room, "plan", &[]).code(4)), @r"
    refused[quota] 10 × n1-standard-1 need 10 external addresses in europe-west1; 8 are free: 8 fit
        help: ask for IN_USE_ADDRESSES 10 in europe-west1: https://console.cloud.google.com/iam-admin/quotas?project=be-cloud-2526
    note[not-checked] whether the machines fit into be-team-owl cannot be told before compute.googleapis.com is on
        help: to know beforehand, turn it on: `gcloud services enable compute.googleapis.com --project be-team-owl`
    ");
}

#[tokio::test]
async fn a_zone_that_comes_second_and_lacks_the_type_is_warned_of() {
    let room = class(1, &VM.replace("n1-standard-1", "c3-standard-4"), "{}").await;
    let course = room.read("course.yaml").replace("[europe-west1-b]", "[europe-west1-b, europe-west1-d]");
    room.write("course.yaml", &course);
    assert_snapshot!(report(&run(&room, "plan", &[]).code(0)), @r"
    warning[not-offered] Vm/be-s01: europe-west1-d has no machine type c3-standard-4, and machines may come to it
        help: zones that have it: europe-west1-b, europe-west1-c, asia-southeast1-a and asia-southeast1-b
    ");
}
