//! What plans need, by hand-made requests and answers: every row a request, and the quotas that it takes of.

use serde_json::{Value, json};

use super::*;
use crate::gcp::{Call, Choice, FirstOf, Request, Send, Service, Verb};
use crate::plan::{Step, Weight};
use crate::spec::Address;

const MACHINES: &str = "projects/p/zones/europe-west1-b/instances";

fn plan(calls: Vec<Vec<Call>>) -> Plan {
    let step = |(id, calls): (usize, Vec<Call>)| Step {
        id,
        doing: "create".to_owned(),
        addresses: vec![Address::new("Vm", format!("m{id}"))],
        calls,
        after: Vec::new(),
        records: Vec::new(),
        intent: false,
        learns: Vec::new(),
    };
    let steps = calls.into_iter().enumerate().map(step).collect();
    Plan {
        course: "c".to_owned(),
        project: "p".to_owned(),
        changes: Vec::new(),
        steps,
        records: Vec::new(),
        report: Vec::new(),
        overrides: Vec::new(),
    }
}

fn send(verb: Verb, path: &str, body: &Value) -> Call {
    Call::Send(Send::compute(Request::new(verb, Service::Compute, path).json(body)))
}

/// The answer that a project of these quotas and machines gives to a read.
fn answer(read: &Read, quotas: &Value) -> Vec<Value> {
    let path = read.request.path.as_str();
    let of = |place: &str| -> Vec<Value> {
        let listed = quotas[place].as_object().into_iter().flatten();
        listed.map(|(metric, limit)| json!({"metric": metric, "limit": limit, "usage": 0.0})).collect()
    };
    match path {
        "projects/p" => vec![json!({ "quotas": of("global") })],
        "projects/p/regions" => ["europe-west1", "europe-west4"]
            .map(|region| json!({"name": region, "quotas": of(region)}))
            .to_vec(),
        "projects/p/aggregated/machineTypes" => {
            let types =
                [("n1-standard-1", 1), ("n1-standard-4", 4), ("n2-standard-2", 2), ("a2-highgpu-1g", 12)];
            let zones = ["europe-west1-b", "europe-west1-c", "europe-west4-a"];
            let cards = json!([{"guestAcceleratorType": "nvidia-tesla-a100", "guestAcceleratorCount": 1}]);
            let one = |zone: &str, (name, cpus): (&str, u32)| {
                let cards = if name.starts_with("a2") { cards.clone() } else { json!([]) };
                json!({"name": name, "zone": zone, "guestCpus": cpus, "accelerators": cards})
            };
            zones.into_iter().flat_map(|zone| types.map(|kind| one(zone, kind))).collect()
        }
        path if path.contains("/images/") => vec![json!({"name": "debian", "diskSizeGb": "12"})],
        _ => vec![json!({"name": "there"})],
    }
}

/// What was read of a live project for the plan: a machine that runs and one that rests.
fn live() -> Reads {
    let machine = |name: &str, status: &str| {
        json!({"name": name, "zone": "zones/europe-west1-b", "status": status,
            "machineType": "zones/europe-west1-b/machineTypes/n1-standard-4",
            "networkInterfaces": [{"network": "projects/p/global/networks/default", "accessConfigs": [{"name": "nat"}]}],
            "disks": [{"boot": true, "autoDelete": true, "source": format!("projects/p/zones/europe-west1-b/disks/{name}")}]})
    };
    let disk = |name: &str| json!({"name": name, "zone": "zones/europe-west1-b", "type": "x/pd-standard", "sizeGb": "50"});
    let list = |collection: &'static str| {
        Read::aggregated(
            Request::get(Service::Compute, format!("projects/p/aggregated/{collection}")),
            collection,
        )
    };
    let mut reads = Reads::default();
    reads.insert(list("instances"), vec![machine("runs", "RUNNING"), machine("rests", "TERMINATED")]);
    reads.insert(list("disks"), vec![disk("runs"), disk("rests")]);
    reads
}

/// What is found of a plan in a project of these quotas.
fn found(calls: Vec<Vec<Call>>, quotas: &Value) -> Preflight {
    let plan = plan(calls);
    let case = Case::of(&plan, Depth::Project);
    let (mut reads, disabled, unread) = (live(), ApisByProject::new(), BTreeMap::new());
    for _ in 0..2 {
        let known = Known { reads: &reads, disabled: &disabled, unread: &unread };
        for (read, _) in case.wants(known) {
            let items = answer(&read, quotas);
            reads.insert(read, items);
        }
    }
    case.judge(Known { reads: &reads, disabled: &disabled, unread: &unread })
}

/// Quotas without end, so that every one that is touched is seen.
fn endless() -> Value {
    let regional: serde_json::Map<String, Value> = [
        "CPUS",
        "N2_CPUS",
        "A2_CPUS",
        "INSTANCES",
        "IN_USE_ADDRESSES",
        "DISKS_TOTAL_GB",
        "SSD_TOTAL_GB",
        "LOCAL_SSD_TOTAL_GB",
        "NVIDIA_T4_GPUS",
        "NVIDIA_A100_GPUS",
        "PREEMPTIBLE_CPUS",
    ]
    .map(|metric| (metric.to_owned(), json!(1000.0)))
    .into_iter()
    .collect();
    json!({ "europe-west1": regional, "global": {"CPUS_ALL_REGIONS": 1000.0, "GPUS_ALL_REGIONS": 1000.0, "FIREWALLS": 1000.0} })
}

fn taken(calls: Vec<Call>) -> String {
    let quotas = found(vec![calls], &endless()).quotas;
    let told: Vec<String> = quotas.iter().map(|quota| format!("{} {}", quota.metric, quota.need)).collect();
    told.join(", ")
}

fn machine(more: &Value) -> Value {
    let mut body = json!({
        "machineType": "zones/z/machineTypes/n1-standard-4",
        "disks": [{"boot": true, "initializeParams": {"sourceImage": "projects/debian-cloud/global/images/family/debian-12"}}],
        "networkInterfaces": [{"network": "projects/p/global/networks/default"}],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

#[test]
fn a_new_machine_takes_by_what_its_request_says() {
    let base = "CPUS 4, DISKS_TOTAL_GB 12, INSTANCES 1, CPUS_ALL_REGIONS 4";
    for (more, wanted) in [
        (json!({}), base),
        (
            json!({"networkInterfaces": [{"accessConfigs": [{"type": "ONE_TO_ONE_NAT"}]}]}),
            "CPUS 4, DISKS_TOTAL_GB 12, INSTANCES 1, IN_USE_ADDRESSES 1, CPUS_ALL_REGIONS 4",
        ),
        (
            json!({"machineType": "zones/z/machineTypes/n2-standard-2"}),
            "DISKS_TOTAL_GB 12, INSTANCES 1, N2_CPUS 2, CPUS_ALL_REGIONS 2",
        ),
        (
            json!({"disks": [{"initializeParams": {"diskType": "zones/z/diskTypes/pd-ssd", "diskSizeGb": "80"}}, {"type": "SCRATCH"}]}),
            "CPUS 4, INSTANCES 1, LOCAL_SSD_TOTAL_GB 375, SSD_TOTAL_GB 80, CPUS_ALL_REGIONS 4",
        ),
        (
            json!({"guestAccelerators": [{"acceleratorType": "zones/z/acceleratorTypes/nvidia-tesla-t4", "acceleratorCount": 2}]}),
            "CPUS 4, DISKS_TOTAL_GB 12, INSTANCES 1, NVIDIA_T4_GPUS 2, CPUS_ALL_REGIONS 4, GPUS_ALL_REGIONS 2",
        ),
        (
            json!({"machineType": "zones/z/machineTypes/a2-highgpu-1g"}),
            "A2_CPUS 12, DISKS_TOTAL_GB 12, INSTANCES 1, NVIDIA_A100_GPUS 1, CPUS_ALL_REGIONS 12, GPUS_ALL_REGIONS 1",
        ),
        (
            json!({"scheduling": {"provisioningModel": "SPOT"}}),
            "DISKS_TOTAL_GB 12, INSTANCES 1, PREEMPTIBLE_CPUS 4, CPUS_ALL_REGIONS 4",
        ),
    ] {
        assert_eq!(taken(vec![send(Verb::Post, MACHINES, &machine(&more))]), wanted, "{more}");
    }
}

#[test]
fn a_change_takes_the_difference() {
    let none = json!({});
    let on = |name: &str, method: &str, body: &Value| {
        send(Verb::Post, &format!("{MACHINES}/{name}/{method}"), body)
    };
    let bigger = json!({"machineType": "zones/z/machineTypes/n1-standard-1"});
    let rule = json!({"network": "projects/p/global/networks/default"});
    // A deletion gives back only what something else can take.
    let firewall = || send(Verb::Post, "projects/p/global/firewalls", &rule);
    let goes = send(Verb::Delete, &format!("{MACHINES}/runs"), &none);
    let grows = json!({"sizeGb": "80"});
    for (calls, wanted) in [
        (vec![on("rests", "start", &none)], "CPUS 4, IN_USE_ADDRESSES 1, CPUS_ALL_REGIONS 4"),
        (vec![on("rests", "setMachineType", &bigger)], ""),
        (
            vec![
                on("runs", "stop", &none),
                on("runs", "setMachineType", &bigger),
                on("runs", "start", &none),
            ],
            "CPUS -3, CPUS_ALL_REGIONS -3",
        ),
        (vec![on("rests", "addAccessConfig", &none)], "IN_USE_ADDRESSES 1"),
        (vec![firewall()], "FIREWALLS 1"),
        (
            vec![goes, firewall(), on("rests", "start", &none)],
            "DISKS_TOTAL_GB -50, INSTANCES -1, FIREWALLS 1",
        ),
        (
            vec![send(Verb::Post, "projects/p/zones/europe-west1-b/disks/runs/resize", &grows)],
            "DISKS_TOTAL_GB 30",
        ),
    ] {
        assert_eq!(taken(calls), wanted);
    }
}

#[test]
fn a_machine_goes_to_the_first_region_whose_quotas_reach() {
    let choice = |place: &str| Choice {
        place: place.to_owned(),
        region: place.trim_end_matches(['-', 'a', 'b', 'c']).to_owned(),
        send: Send::compute(
            Request::new(Verb::Post, Service::Compute, format!("projects/p/zones/{place}/instances"))
                .json(&machine(&json!({}))),
        ),
    };
    let first = || {
        let choices = vec![choice("europe-west1-b"), choice("europe-west1-c"), choice("europe-west4-a")];
        Call::FirstOf(FirstOf { place: "Vm/x.zone".to_owned(), choices })
    };
    let quotas = json!({"europe-west1": {"CPUS": 8.0}, "europe-west4": {"CPUS": 4.0}, "global": {"CPUS_ALL_REGIONS": 24.0}});
    let messages = |count: usize| {
        let found = found((0..count).map(|_| vec![first()]).collect(), &quotas);
        found.findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(messages(2), "");
    insta::assert_snapshot!(messages(3), @"the quotas of europe-west1 do not reach for 3 × n1-standard-4: 1 of them goes to europe-west4");
    insta::assert_snapshot!(messages(5), @r"
    4 × n1-standard-4 need 16 CPUs in europe-west1; 8 are free: 2 fit
    the quotas of europe-west1 do not reach for 5 × n1-standard-4: 1 of them goes to europe-west4
    ");
}

#[test]
fn families_with_limits_of_their_own_are_said_to_be_unknown() {
    let n4 = json!({"machineType": "zones/z/machineTypes/n4-standard-2", "disks": []});
    let found = found(vec![vec![send(Verb::Post, MACHINES, &machine(&n4))]], &endless());
    let mut notes = found.findings.iter().filter(|finding| finding.severity == Weight::Note);
    assert!(notes.next_back().is_some_and(|note| note.message.starts_with("CPUs of n4 machines")));
}

#[test]
fn a_plan_that_takes_nothing_asks_nothing() {
    let goes = plan(vec![vec![send(Verb::Delete, &format!("{MACHINES}/runs"), &json!({}))]]);
    let (reads, disabled, unread) = (live(), ApisByProject::new(), BTreeMap::new());
    let known = Known { reads: &reads, disabled: &disabled, unread: &unread };
    assert!(Case::of(&goes, Depth::Project).wants(known).is_empty());
}
