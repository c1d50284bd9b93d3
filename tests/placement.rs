//! Where machines go: the first zone that has room, shared over several if asked, and where they are they stay.
#![expect(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use insta::assert_snapshot;
use support::{APIS, COURSE, Room, Said};

const ZONES: &str = "[europe-west1-b, europe-west1-c, europe-west1-d]";

/// A class of so many machines in zones of choice, and the room that there is.
fn class(machines: usize, zones: &str, more: &str, limits: &str) -> Room {
    let course = COURSE.replace("[europe-west1-b]", zones);
    let rows: Vec<String> = (1..=machines).map(|i| format!("{{ login: s{i:02} }}")).collect();
    let vm = "---\nkind: Vm\nforEach: { student: roster }\nname: be-{{ student.login }}\nmachineType: n1-standard-1\n";
    let room = Room::with(&format!("{course}roster: [{}]\n{more}{APIS}{vm}", rows.join(", ")));
    room.write("weather/faults.yaml", &format!("limits: {limits}\n"));
    room
}

fn run(room: &Room, command: &str, flags: &[&str]) -> Said {
    let faults = format!("{}/weather/faults.yaml", room.course());
    room.run(command, &[&["--faults", &faults], flags].concat())
}

/// How many machines are in each zone.
fn where_they_are(room: &Room) -> BTreeMap<String, usize> {
    let mut zones = BTreeMap::new();
    for path in room.resources().keys().filter(|path| path.contains("/instances/")) {
        let zone = path.split("/zones/").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
        *zones.entry(zone.to_owned()).or_default() += 1;
    }
    zones
}

const PLENTY: &str = "quotas: { europe-west1: { CPUS: 200, INSTANCES: 200, IN_USE_ADDRESSES: 200 }, global: { CPUS_ALL_REGIONS: 200 } }";

#[test]
fn sixty_machines_find_their_places_in_one_apply_when_zones_are_full() {
    let capacity = "capacity: { europe-west1-b: { vms: 10 }, europe-west1-c: { vms: 20 } }";
    let room = class(60, ZONES, "", &format!("{{ {PLENTY}, {capacity} }}"));
    let said = run(&room, "apply", &["--yes"]).code(0);
    assert_eq!(where_they_are(&room).into_values().collect::<Vec<_>>(), [10, 20, 30]);
    let told: Vec<&str> = said.out.lines().filter(|line| line.contains("instead")).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    run(&room, "plan", &["--detailed-exitcode"]).code(0);
}

#[test]
fn the_zones_that_google_names_as_better_are_tried_first() {
    let capacity = "capacity: { europe-west1-b: { vms: 0 }, europe-west1-c: { vms: 0 } }";
    let room = class(1, ZONES, "", &format!("{{ {capacity} }}"));
    let said = run(&room, "apply", &["--yes"]).code(0);
    assert_snapshot!(said.out.lines().find(|line| line.contains("instead")).unwrap(), @"  in europe-west1-d instead (europe-west1-b: no room for n1-standard-1): Vm/be-s01");
    run(&room, "plan", &["--detailed-exitcode"]).code(0);
}

#[test]
fn a_quota_of_a_region_is_passed_by_in_another_region() {
    let zones = "[europe-west1-b, europe-west1-c, europe-west4-a]";
    let room = class(3, zones, "", "{ quotas: { europe-west1: { INSTANCES: 1 } } }");
    let said = run(&room, "apply", &["--yes"]).code(0);
    // Which of them was first is chance.
    let told = said.out.lines().find(|line| line.contains("instead")).and_then(|line| line.rsplit_once(": "));
    assert_snapshot!(told.unwrap().0, @"  in europe-west4-a instead (europe-west1-b: a quota of the region is used up)");
    assert_eq!(where_they_are(&room).into_values().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn when_no_zone_has_room_it_says_which_were_tried() {
    let capacity =
        "capacity: { europe-west1-b: { vms: 0 }, europe-west1-c: { vms: 0 }, europe-west1-d: { vms: 0 } }";
    let room = class(1, ZONES, "", &format!("{{ {capacity} }}"));
    let said = run(&room, "apply", &["--yes"]).code(3);
    assert_snapshot!(said.out.lines().skip_while(|line| !line.contains("steps done")).collect::<Vec<_>>().join("\n"), @r"
    1 of 2 steps done.
      failed: create Vm/be-s01: no room in any of europe-west1-b, europe-west1-c, europe-west1-d

    Google has no room for n1-standard-1 in europe-west1-d at the moment
        help: name another zone as `zone:`, or another machine type
    Run the command again to finish what is left of be-cloud.
    ");
}

#[test]
fn shared_machines_are_counted_with_those_that_exist() {
    let room = class(3, ZONES, "spread: 2\n", "{}");
    run(&room, "apply", &["--yes"]).code(0);
    assert_eq!(where_they_are(&room).into_values().collect::<Vec<_>>(), [2, 1]);
    let more = room.read("course.yaml").replace("{ login: s01 }", "{ login: s01 }, { login: a01 }");
    room.write("course.yaml", &more);
    run(&room, "apply", &["--yes"]).code(0);
    assert_eq!(where_they_are(&room).into_values().collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn a_machine_stays_where_it_is_whatever_is_preferred_later() {
    let room = class(2, ZONES, "", "{}");
    run(&room, "apply", &["--yes"]).code(0);
    let turned = room.read("course.yaml").replace(ZONES, "[europe-west4-a, europe-west1-c]");
    room.write("course.yaml", &turned);
    run(&room, "plan", &["--detailed-exitcode"]).code(0);
}

#[test]
fn a_grant_finds_the_machine_where_it_landed() {
    let capacity = "{ capacity: { europe-west1-b: { vms: 0 } } }";
    let room = class(1, ZONES, "", capacity);
    let grant = "---\nkind: IamGrant\nname: on-it\non: { vm: be-s01 }\nroles: [roles/compute.osLogin]\nmembers: [\"user:a@x.edu\"]\n";
    room.write("grant.yaml", grant.trim_start_matches("---\n"));
    run(&room, "apply", &["--yes"]).code(0);
    let landed = where_they_are(&room).into_keys().next().unwrap();
    let policies: Vec<String> = room
        .resources()
        .into_keys()
        .filter(|path| path.contains("policies/") && path.contains("be-s01"))
        .collect();
    assert!(policies.iter().all(|path| path.contains(&landed)) && !policies.is_empty(), "{policies:?}");
    run(&room, "plan", &["--detailed-exitcode"]).code(0);
    run(&room, "destroy", &["--yes"]).code(0);
    assert!(where_they_are(&room).is_empty());
}

#[test]
fn a_machine_that_is_stopped_at_once_is_stopped_where_it_landed() {
    let room = class(1, ZONES, "", "{ capacity: { europe-west1-b: { vms: 0 } } }");
    let stopped = room
        .read("course.yaml")
        .replace("machineType: n1-standard-1", "machineType: n1-standard-1\ndesiredStatus: TERMINATED");
    room.write("course.yaml", &stopped);
    run(&room, "apply", &["--yes"]).code(0);
    assert_eq!(room.resource("/instances/be-s01")["status"], "TERMINATED");
    run(&room, "plan", &["--detailed-exitcode"]).code(0);
}

#[test]
fn a_machine_that_is_made_anew_goes_where_there_is_room_and_its_grants_with_it() {
    let room = class(1, ZONES, "", "{}");
    let grant = "kind: IamGrant\nname: on-it\non: { vm: be-s01 }\nroles: [roles/compute.osLogin]\nmembers: [\"user:a@x.edu\"]\n";
    room.write("grant.yaml", grant);
    run(&room, "apply", &["--yes"]).code(0);
    room.write("weather/faults.yaml", "limits: { capacity: { europe-west1-b: { vms: 0 } } }\n");
    let other =
        room.read("course.yaml").replace("n1-standard-1", "n1-standard-1\nbootDisk: { type: pd-ssd }");
    room.write("course.yaml", &other);
    run(&room, "apply", &["--yes"]).code(0);
    assert!(!where_they_are(&room).contains_key("europe-west1-b"), "{:?}", where_they_are(&room));
    run(&room, "plan", &["--detailed-exitcode"]).code(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_grant_on_a_machine_of_an_open_zone_is_seen_without_an_inventory() {
    let room = class(1, ZONES, "", "{ capacity: { europe-west1-b: { vms: 0 } } }");
    run(&room, "apply", &["--yes"]).code(0);
    let landed = where_they_are(&room).into_keys().next().unwrap();
    let cloud = room.cloud().await;
    let machine = format!("/compute/v1/projects/be-cloud-2526/zones/{landed}/instances/be-s01");
    let binding = serde_json::json!({ "role": "roles/compute.osLogin", "members": ["user:prof@x.edu"] });
    let policy = serde_json::json!({ "policy": { "bindings": [binding] } });
    cloud.post(&format!("{machine}/setIamPolicy"), &policy).await;
    cloud.delete("/storage/v1/b/be-cloud-2526-provost/o/be-cloud%2Finventory.json").await;
    drop(cloud);
    let grant = "kind: IamGrant\nname: prof\non: { vm: be-s01 }\nroles: [roles/compute.osLogin]\nmembers: [\"user:prof@x.edu\"]\n";
    room.write("grant.yaml", grant);
    let said = run(&room, "plan", &[]);
    assert!(said.out.contains("conflict"), "{}", said.all());
}
