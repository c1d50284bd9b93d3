//! References between resources: what one yields, filled into another, offline where it can be known and by the run where not.
#![expect(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use support::{APIS, COURSE, Room};

const SPECS: &str = r#"---
kind: ContainerVm
name: backend
machineType: e2-small
containers: [{ image: "nginx:1", ports: ["8000:80"] }]
---
kind: ContainerVm
name: frontend
machineType: e2-small
containers:
  - image: "nginx:1"
    env:
      BACKEND: "http://{{ ref('ContainerVm/backend').internalIp }}:8000"
      PUBLIC: "{{ ref('ContainerVm/backend').url }}"
---
kind: FirewallRule
name: from-frontend
allow: [tcp:8000]
sourceRanges: ["{{ ref('ContainerVm/frontend').internalIp }}/32"]
---
kind: ServiceAccount
name: teller
---
kind: Bucket
name: be-cloud-2526-data
---
kind: IamGrant
name: robot-reads
on: { bucket: be-cloud-2526-data }
roles: [roles/storage.objectViewer]
members: ["{{ ref('ServiceAccount/teller').member }}"]
---
kind: Vm
name: worker
machineType: e2-small
serviceAccount: "{{ ref('ServiceAccount/teller').email }}"
metadata: { data: "{{ ref('Bucket/be-cloud-2526-data').url }}/in", peer: "{{ ref('ContainerVm/backend').dnsName }}" }
"#;

fn room() -> Room {
    let apis = APIS.replace("storage.googleapis.com]", "storage.googleapis.com, iam.googleapis.com]");
    Room::with(&format!("{COURSE}{apis}{SPECS}"))
}

fn user_data(room: &Room, machine: &str) -> String {
    let instance = room.resource(&format!("/instances/{machine}"));
    let items = instance["metadata"]["items"].as_array().unwrap();
    items.iter().find(|item| item["key"] == "user-data").unwrap()["value"].as_str().unwrap().to_owned()
}

fn address(room: &Room, machine: &str) -> String {
    let instance = room.resource(&format!("/instances/{machine}"));
    instance["networkInterfaces"][0]["networkIP"].as_str().unwrap().to_owned()
}

#[test]
fn a_plan_says_what_is_known_after_apply_only() {
    let out = room().run("plan", &[]).code(0).out;
    assert!(
        out.contains("BACKEND: 'http://(known after apply: ContainerVm/backend.internalIp):8000"),
        "{out}"
    );
    assert!(
        out.contains("PUBLIC: 'http://(known after apply: ContainerVm/backend.externalIp):8000"),
        "{out}"
    );
    assert!(out.contains("serviceAccount:teller@be-cloud-2526.iam.gserviceaccount.com"), "{out}");
    assert!(out.contains("data: gs://be-cloud-2526-data/in"), "{out}");
    assert!(out.contains("peer: backend.europe-west1-b.c.be-cloud-2526.internal"), "{out}");
}

#[test]
fn apply_fills_in_what_it_has_made_and_the_next_plan_is_empty() {
    let room = room();
    room.apply();
    let backend = address(&room, "backend");
    assert!(user_data(&room, "frontend").contains(&format!("BACKEND=http://{backend}:8000")));
    let frontend = address(&room, "frontend");
    let rule = room.resource("/firewalls/from-frontend");
    assert_eq!(rule["sourceRanges"][0], format!("{frontend}/32"));
    room.converged();
}

#[test]
fn what_names_a_replaced_machine_changes_with_it() {
    let room = room();
    room.apply();
    let specs = room.read("course.yaml").replacen(
        "name: backend\nmachineType: e2-small\n",
        "name: backend\nmachineType: e2-small\nbootDisk: { type: pd-ssd }\n",
        1,
    );
    room.write("course.yaml", &specs);
    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    let changes = plan["changes"].as_array().unwrap().iter().filter(|change| change["action"] != "none");
    let lines =
        changes.map(|change| format!("{} {}: {}", change["action"], change["address"], change["reason"]));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n").replace('"', ""), @r"
    replace ContainerVm/backend: bootDisk.type: the type of a disk cannot be changed; the spec changed
    updateWithStop ContainerVm/frontend: ContainerVm/backend.externalIp will be another: ContainerVm/backend changes as well
    ");
    room.apply();
    assert!(
        user_data(&room, "frontend").contains(&format!("BACKEND=http://{}:8000", address(&room, "backend")))
    );
    room.converged();
}

#[test]
fn what_is_named_goes_after_what_names_it() {
    let room = room();
    room.apply();
    room.run("destroy", &["--yes"]).code(0);
    assert!(room.find("/instances/backend").is_none() && room.find("/firewalls/from-frontend").is_none());
}

fn refused(documents: &str) -> String {
    let room = Room::with(&format!("{COURSE}{documents}"));
    let said = support::provost(&["validate", room.course()]);
    assert_eq!(said.code, 1, "{}", said.all());
    let said = said.all().replace(room.course(), "");
    let lines = said.lines().filter(|line| {
        line.starts_with("error") || line.trim_start().starts_with("= help") || line.contains("help:")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn references_that_lead_nowhere_are_found_offline() {
    let vm = "---\nkind: Vm\nname: a\nmachineType: e2-small\nmetadata: { peer: \"{{ TEXT }}\" }\n";
    let vm = |text: &str| vm.replace("TEXT", text);
    assert_snapshot!(refused(&vm("ref('Vm/b').zone")), @r"
    error[no-such-resource]: no spec declares Vm/b
    help: did you mean `Vm/a`?
    ");
    assert_snapshot!(refused(&vm("ref('Vm/a').ip")), @r"
    error[reference-cycle]: Vm/a names its own result `ip`
    help: state the value, or have the machine find it out at boot
    ");
    assert_snapshot!(refused(&vm("ref('Vm/a').internalIp | upper")), @r#"
    error[reference-changed]: `Vm/a.internalIp` is known after apply, so no filter or operator can work on it
    help: write it as it is, with text around it: `"http://{{ ref('Vm/a').internalIp }}:80"`
    "#);
    assert_snapshot!(refused(&vm("ref('a').internalIp")), @"error[expression]: the expression has no value");
}

#[test]
fn a_ring_of_references_is_printed() {
    let vm = |name: &str, peer: &str| {
        format!(
            "---\nkind: Vm\nname: {name}\nmachineType: e2-small\nmetadata: {{ peer: \"{{{{ ref('Vm/{peer}').internalIp }}}}\" }}\n"
        )
    };
    assert_snapshot!(refused(&format!("{}{}{}", vm("a", "b"), vm("b", "c"), vm("c", "a"))), @r"
    error[reference-cycle]: these need each other: Vm/a → Vm/b → Vm/c → Vm/a
    help: one of them must do without the other: state its value, or make it in a second apply
    ");
    assert_snapshot!(refused(&vm("a", "a")), @r"
    error[reference-cycle]: Vm/a names its own result `internalIp`
    help: state the value, or have the machine find it out at boot
    ");
}

#[test]
fn which_resources_there_are_cannot_follow_from_what_is_known_later() {
    let vm = "---\nkind: Vm\nname: a\nmachineType: e2-small\n---\nkind: Vm\n";
    assert_snapshot!(refused(&format!("{vm}name: \"{{{{ ref('Vm/a').zone }}}}-x\"\nmachineType: e2-small\n")), @r"
    error[reference-too-early]: a name cannot follow from `Vm/a.zone`
    help: make it of `vars`, `roster` and `course`
    ");
    assert_snapshot!(refused(&format!("{vm}name: b\nwhen: ref('Vm/a').zone == 'x'\nmachineType: e2-small\n")), @r"
    error[reference-too-early]: which resources there are cannot follow from `Vm/a.zone`, which is known after apply
    help: decide by `vars`, `roster` and `course`
    ");
}
