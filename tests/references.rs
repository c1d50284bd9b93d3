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
    assert!(
        out.contains("peer: 'backend.(known after apply: ContainerVm/backend.zone).c.be-cloud-2526.internal"),
        "{out}"
    );
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
    let log = room.run("destroy", &["--yes"]).code(0).err;
    let at = |line: &str| {
        log.lines().position(|told| told.trim() == line).unwrap_or_else(|| panic!("{line}: {log}"))
    };
    for (first, then) in [
        ("FirewallRule/from-frontend", "ContainerVm/frontend"),
        ("ContainerVm/frontend", "ContainerVm/backend"),
    ] {
        assert!(at(&format!("done delete {first}")) < at(&format!("delete {then}…")), "{log}");
    }
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

/// A machine that another one names.
fn pair(first: &str, named: &str) -> Room {
    let machine =
        |name: &str, more: &str| format!("---\nkind: Vm\nname: {name}\nmachineType: e2-small\n{more}");
    let other = machine(
        "other",
        &format!("expires: never\nmetadata: {{ peer: \"{{{{ ref('Vm/one').{named} }}}}\" }}\n"),
    );
    Room::with(&format!("{COURSE}{APIS}{}{other}", machine("one", first)))
}

fn peer(room: &Room) -> String {
    let instance = room.resource("/instances/other");
    instance["metadata"]["items"][0]["value"].as_str().unwrap().to_owned()
}

#[test]
fn what_names_a_machine_that_rests_is_left_as_it_is() {
    let room = pair("", "externalIp");
    room.apply();
    let before = peer(&room);
    room.run("pause", &["--yes", "--only", "one"]).code(0);
    let said = room.apply();
    assert!(said.out.contains("warning[no-value] Vm/other: it is left as it is"), "{}", said.out);
    assert_eq!(peer(&room), before);
    room.run("resume", &["--yes"]).code(0);
    room.apply();
    assert_ne!(peer(&room), before, "an address ends with the run of its machine");
    room.converged();
}

#[test]
fn what_names_a_machine_that_goes_does_not_hold_its_deletion_back() {
    let room = pair("expires: 2026-12-18T18:00:00Z\n", "externalIp");
    room.run("apply", &["--yes", "--at", "2026-12-01T00:00:00Z"]).code(0);
    let before = peer(&room);
    room.run("apply", &["--yes", "--at", "2026-12-19T00:00:00Z"]).code(0);
    assert!(room.find("/instances/one").is_none());
    assert_eq!(peer(&room), before);
    room.run("apply", &["--yes", "--at", "2026-12-20T00:00:00Z"]).code(0);
}

#[test]
fn a_machine_without_an_address_cannot_be_named_by_it() {
    let room = pair("externalIp: false\n", "externalIp");
    let said = support::provost(&["validate", room.course()]).code(1);
    assert!(said.err.contains("Vm/one has no `externalIp`"), "{}", said.err);
}

#[test]
fn what_must_be_known_before_cannot_be_a_result() {
    let vm = "---\nkind: Vm\nname: a\nmachineType: e2-small\n---\n";
    let ip = "{{ ref('Vm/a').internalIp }}";
    for document in [
        format!("kind: Vm\nname: b\nmachineType: \"{ip}\"\n"),
        format!("kind: Vm\nname: b\nmachineType: e2-small\nproject: \"{ip}\"\n"),
        format!("kind: Vm\nname: b\nmachineType: e2-small\nlabels: {{ x: \"{ip}\" }}\n"),
        format!("kind: FirewallRule\nname: b\nallow: [\"tcp:{ip}\"]\n"),
        format!(
            "kind: IamGrant\nname: b\non: {{ vm: \"{ip}\" }}\nroles: [roles/viewer]\nmembers: [\"user:a@x.edu\"]\n"
        ),
        format!(
            "kind: IamGrant\nname: b\non: project\nroles: [roles/compute.viewer]\nmembers: [\"user:{ip}\"]\n"
        ),
    ] {
        let said = refused(&format!("{vm}{document}"));
        assert!(said.contains("reference-too-early"), "{document}{said}");
    }
}

#[test]
fn a_strange_character_is_no_reference() {
    let said = refused(
        "---\nkind: Vm\nname: a\nmachineType: e2-small\ndescription: \"\u{e0f0}Vm/b.zone\u{e0f1}\"\n",
    );
    assert!(said.contains("strange-character"), "{said}");
}

#[test]
fn values_are_compared_as_they_are_written_once_they_are_known() {
    let room = Room::with(&format!(
        "{COURSE}{APIS}---
kind: Vm
name: one
machineType: e2-small
---
kind: FirewallRule
name: from-one
allow: [tcp:80]
sourceRanges: [\"35.235.240.0/20\", \"{{{{ ref('Vm/one').internalIp }}}}\"]
---
kind: ContainerVm
name: two
machineType: e2-small
containers:
  - image: nginx:1
    command: [serve, \"{{{{ ref('Vm/one').internalIp }}}}\"]
    args: [\"--peer={{{{ ref('Vm/one').dnsName }}}}\"]
"
    ));
    room.apply();
    room.converged();
}
