//! `provost import`: what a project holds, as specs that plan empty, whoever made it.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod courses;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{APIS, COURSE, Cloud, PROJECT, Room, Said, program, run};

/// An import of a room's project with these flags.
fn import(room: &Room, project: &str, flags: &[&str]) -> Said {
    let sandbox = format!("--sandbox={}", room.state().display());
    run(program(&["import", "--project", project, &sandbox]).args(flags))
}

/// A command on an imported folder.
fn on(room: &Room, command: &str, folder: &Path, flags: &[&str]) -> Said {
    let sandbox = format!("--sandbox={}", room.state().display());
    run(program(&[command, folder.to_str().unwrap(), &sandbox]).args(flags))
}

const ZONE: &str = "/compute/v1/projects/be-cloud-2526/zones/europe-west1-b";

/// A machine as gcloud makes it, with these members besides.
fn machine(name: &str, image: &str, more: &Value) -> Value {
    let mut body = json!({
        "name": name,
        "machineType": "zones/europe-west1-b/machineTypes/e2-medium",
        "disks": [{ "boot": true, "autoDelete": true, "initializeParams": { "sourceImage": image } }],
        "networkInterfaces": [{ "network": "global/networks/default", "accessConfigs": [{ "type": "ONE_TO_ONE_NAT" }] }],
        "serviceAccounts": [{ "email": "default", "scopes": ["https://www.googleapis.com/auth/devstorage.read_write"] }],
    });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

const DEBIAN: &str = "projects/debian-cloud/global/images/family/debian-12";
const COS: &str = "projects/cos-cloud/global/images/family/cos-stable";

/// A class as its instructor makes it in the console and with gcloud.
async fn by_hand(cloud: &Cloud) {
    cloud.enable(&["compute", "iam"]).await;
    let script = json!({ "items": [{ "key": "startup-script", "value": "docker ps --format '{{.Names}}'\nexport API_KEY=abcd1234\n" }] });
    let student = json!({ "metadata": script, "tags": { "items": ["web"] }, "labels": { "team": "owl", "goog-ops-agent-policy": "v2" } });
    cloud.post(&format!("{ZONE}/instances"), &machine("be-owl", DEBIAN, &student)).await;
    let rule = json!({
        "name": "open-8501", "description": "Streamlit", "sourceRanges": ["0.0.0.0/0"], "targetTags": ["web"],
        "allowed": [{ "IPProtocol": "tcp", "ports": ["8501"] }],
    });
    cloud.post("/compute/v1/projects/be-cloud-2526/global/firewalls", &rule).await;
    let bucket = json!({ "name": "be-cloud-2526-files", "location": "europe-west1", "versioning": { "enabled": true } });
    cloud.post("/storage/v1/b?project=be-cloud-2526", &bucket).await;
    let account = json!({ "accountId": "ci-bot", "serviceAccount": { "displayName": "CI" } });
    cloud.post("/v1/projects/be-cloud-2526/serviceAccounts", &account).await;
    cloud.grant("roles/compute.viewer", "user:ana.silva@x.edu").await;
    cloud.grant("roles/storage.objectViewer", "user:ana.silva@x.edu").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_by_hand_is_written_as_a_person_would() {
    let room = Room::with(COURSE);
    let cloud = room.cloud().await;
    by_hand(&cloud).await;
    let said = import(&room, PROJECT, &["--name", "be-cloud"]).code(0);
    insta::assert_snapshot!(said.out, @r"
    # yaml-language-server: $schema=https://raw.githubusercontent.com/provost-sh/provost/main/schemas/provost.json
    kind: Course
    name: be-cloud
    project: be-cloud-2526
    region: europe-west1
    zones:
    - europe-west1-b
    # Secrets, which an import does not write. Give each a value under `vars:`.
    #   api_key: for Vm/be-owl startupScript
    ---
    kind: ApiServices
    name: apis
    services:
    - compute.googleapis.com
    - iam.googleapis.com
    ---
    kind: ServiceAccount
    name: ci-bot
    displayName: CI
    ---
    kind: IamGrant
    name: ana.silva
    on: project
    roles:
    - roles/compute.viewer
    - roles/storage.objectViewer
    members:
    - user:ana.silva@x.edu
    ---
    kind: Bucket
    name: be-cloud-2526-files
    uniformAccess: false
    versioning: true
    ---
    kind: FirewallRule
    name: open-8501
    description: Streamlit
    allow:
    - tcp:8501
    targetTags:
    - web
    ---
    kind: Vm
    name: be-owl
    machineType: e2-medium
    image:
      family: debian-12
      project: debian-cloud
    labels:
      team: owl
    tags:
    - web
    scopes:
    - storage-rw
    startupScript: |
      {% raw %}docker ps --format '{{.Names}}'
      export API_KEY={% endraw %}{{ vars.api_key }}
    ");
    insta::assert_snapshot!(said.err, @r"
    be-cloud-2526 holds 1 ApiServices, 1 ServiceAccount, 1 IamGrant, 1 Bucket, 1 FirewallRule, 1 Vm
      not imported: IamGrant/owner: owners are invited in the console, and no course takes them away: roles/owner for user:owner@example.edu on the project
      12 things that are Google's own are left out
      not written, as it looks like a secret: `vars.api_key`, for Vm/be-owl startupScript
    Next:
      give the secrets a value under `vars:` of course.yaml, or import `--with-secrets`
      provost plan FOLDER --adopt all
      provost apply FOLDER --adopt all
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_by_hand_is_adopted_and_plans_empty() {
    let room = Room::with(COURSE);
    by_hand(&room.cloud().await).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("imported");
    import(&room, PROJECT, &["--name", "be-cloud", "--out", folder.to_str().unwrap(), "--with-secrets"])
        .code(0);
    on(&room, "plan", &folder, &[]).code(4);
    let plan = on(&room, "plan", &folder, &["--adopt", "all", "--format", "json"]).code(0).json();
    let actions: Vec<&str> =
        plan["changes"].as_array().unwrap().iter().map(|c| c["action"].as_str().unwrap()).collect();
    assert!(actions.iter().all(|action| ["adopt", "none"].contains(action)), "{plan:#}");
    on(&room, "apply", &folder, &["--adopt", "all", "--yes"]).code(0);
    on(&room, "plan", &folder, &["--detailed-exitcode"]).code(0);
    let again = import(&room, PROJECT, &["--name", "be-cloud"]).code(0);
    assert!(again.err.contains("provost plan FOLDER\n"), "{}", again.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_of_the_dead_agent_become_a_container_vm() {
    let room = Room::with(COURSE);
    let cloud = room.cloud().await;
    cloud.enable(&["compute"]).await;
    let text = "spec:\n  containers:\n  - {name: demo, image: 'nginx:1', env: [{name: USER, value: owl}]}\n  restartPolicy: Always\n";
    let declared = json!({
        "metadata": { "items": [{ "key": "gce-container-declaration", "value": text }, { "key": "google-logging-enabled", "value": "true" }] },
        "labels": { "container-vm": "cos-stable-121-18867-90-59" },
    });
    cloud.post(&format!("{ZONE}/instances"), &machine("demo", COS, &declared)).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("imported");
    let said = import(&room, PROJECT, &["--out", folder.to_str().unwrap()]).code(0);
    assert!(
        said.out.contains("ContainerVm/demo: its containers are started by an agent that Google shuts down"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("ContainerVm/demo: a plan is not empty: it changes containers"),
        "{}",
        said.out
    );
    on(&room, "apply", &folder, &["--adopt", "all", "--yes"]).code(0);
    on(&room, "plan", &folder, &["--detailed-exitcode"]).code(0);
    let machine = room.resource("/instances/demo");
    let keys: Vec<&str> = machine["metadata"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["key"].as_str().unwrap())
        .collect();
    assert!(keys.contains(&"user-data") && !keys.contains(&"gce-container-declaration"), "{keys:?}");
}

#[test]
fn what_another_course_owns_is_left_out_and_named() {
    let room = Room::with(&format!("{COURSE}{APIS}---\nkind: Bucket\nname: be-cloud-2526-files\n"));
    room.apply();
    let said = import(&room, PROJECT, &["--name", "other", "--kinds", "Bucket,ApiServices"]).code(0);
    assert!(
        said.err.contains("take out what is another course's (be-cloud) before you adopt them"),
        "{}",
        said.err
    );
    assert!(!said.out.contains("kind: Bucket"), "{}", said.out);
    assert!(
        said.err.contains("it belongs to the course be-cloud: import that one with `--name be-cloud`"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("Bucket/be-cloud-2526-provost: Provost keeps its inventories in it"),
        "{}",
        said.err
    );
}

#[test]
fn nothing_is_written_over_without_force() {
    let room = Room::with(&format!("{COURSE}---\nkind: Bucket\nname: be-cloud-2526-files\n"));
    room.apply();
    room.write("bucket.yaml", "# mine\n");
    let refused = import(&room, PROJECT, &["--name", "be-cloud", "--out", room.course()]).code(64);
    assert!(
        refused.err.contains("nothing was written:") && refused.err.contains("bucket.yaml"),
        "{}",
        refused.err
    );
    assert_eq!(room.read("bucket.yaml"), "# mine\n");
    import(&room, PROJECT, &["--name", "be-cloud", "--out", room.course(), "--force"]).code(0);
    room.converged();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_a_variable_that_must_be_given() {
    let room = Room::with(COURSE);
    let cloud = room.cloud().await;
    cloud.enable(&["compute"]).await;
    let secret = json!({ "metadata": { "items": [{ "key": "db-password", "value": "hunter22" }, { "key": "url", "value": "postgres://u:hunter22@db" }] } });
    cloud.post(&format!("{ZONE}/instances"), &machine("web", DEBIAN, &secret)).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("imported");
    let said = import(&room, PROJECT, &["--out", folder.to_str().unwrap()]).code(0);
    assert!(said.out.contains("`vars.db_password`, for Vm/web metadata db-password"), "{}", said.out);
    let written = fs_err::read_to_string(folder.join("vm.yaml")).unwrap();
    assert!(!written.contains("hunter22") && written.contains("{{ vars.db_password }}"), "{written}");
    let wrong = on(&room, "plan", &folder, &[]).code(1);
    assert!(wrong.err.contains("`vars.db_password` is not defined"), "{}", wrong.err);
    let course = folder.join("course.yaml");
    let text = fs_err::read_to_string(&course).unwrap() + "vars: { db_password: hunter22 }\n";
    fs_err::write(course, text).unwrap();
    let plan = on(&room, "plan", &folder, &["--adopt", "all", "--format", "json"]).code(0).json();
    assert_eq!(plan["changes"][0]["action"], "adopt");
    let refused = import(&room, PROJECT, &["--with-secrets"]).code(64);
    assert!(refused.err.contains("add `--out FOLDER`"), "{}", refused.err);
}

#[test]
fn one_resource_can_be_named_and_must_be_there() {
    let room = Room::with(&format!(
        "{COURSE}---\nkind: Bucket\nname: be-cloud-2526-files\n---\nkind: Bucket\nname: be-cloud-2526-more\n"
    ));
    room.apply();
    let one =
        import(&room, PROJECT, &["--name", "be-cloud", "Bucket/be-cloud-2526-more", "--format", "json"])
            .code(0)
            .json();
    let addresses: Vec<&Value> = one["resources"].as_array().unwrap().iter().map(|r| &r["address"]).collect();
    assert_eq!(addresses, ["Bucket/be-cloud-2526-more"]);
    let none = import(&room, PROJECT, &["Bucket/none"]).code(64);
    assert!(none.err.contains("be-cloud-2526 holds no Bucket/none"), "{}", none.err);
    let kind = import(&room, PROJECT, &["--kinds", "Buckt"]).code(64);
    assert!(kind.err.contains("there is no kind `Buckt`; did you mean `Bucket`?"), "{}", kind.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_live_side_knows_is_told() {
    let room = Room::with(COURSE);
    let cloud = room.cloud().await;
    cloud.enable(&["compute"]).await;
    let addresses = "/compute/v1/projects/be-cloud-2526/regions/europe-west1/addresses";
    cloud.post(addresses, &json!({ "name": "door", "address": "34.77.1.2" })).await;
    let nic = json!([{ "network": "global/networks/default", "accessConfigs": [{ "type": "ONE_TO_ONE_NAT", "natIP": "34.77.1.2" }] }]);
    cloud
        .post(&format!("{ZONE}/instances"), &machine("door", DEBIAN, &json!({ "networkInterfaces": nic })))
        .await;
    let member = json!({ "metadata": { "items": [{ "key": "created-by", "value": "projects/1/zones/z/instanceGroupManagers/crowd" }] } });
    cloud.post(&format!("{ZONE}/instances"), &machine("crowd-1", DEBIAN, &member)).await;
    let spot = json!({ "scheduling": { "provisioningModel": "SPOT", "instanceTerminationAction": "STOP", "automaticRestart": false, "onHostMaintenance": "TERMINATE" } });
    cloud.post(&format!("{ZONE}/instances"), &machine("cheap", DEBIAN, &spot)).await;
    cloud.post(&format!("{ZONE}/instances/cheap/stop"), &Value::Null).await;
    let said = import(&room, PROJECT, &["--kinds", "Vm"]).code(0);
    insta::assert_snapshot!(said.out, @r"
    # yaml-language-server: $schema=https://raw.githubusercontent.com/provost-sh/provost/main/schemas/provost.json
    kind: Course
    name: be-cloud-2526
    project: be-cloud-2526
    region: europe-west1
    zones:
    - europe-west1-b
    ---
    kind: Vm
    name: cheap
    machineType: e2-medium
    image:
      family: debian-12
      project: debian-cloud
    scopes:
    - storage-rw
    provisioningModel: SPOT
    desiredStatus: TERMINATED
    ---
    kind: Vm
    name: door
    machineType: e2-medium
    image:
      family: debian-12
      project: debian-cloud
    externalIp: 34.77.1.2
    scopes:
    - storage-rw
    ");
    assert!(
        said.err.contains("not imported: Vm/crowd-1: the instance group crowd makes and deletes it"),
        "{}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_are_one_for_each_member_place_and_condition() {
    let room = Room::with(COURSE);
    let cloud = room.cloud().await;
    cloud.enable(&["iam"]).await;
    cloud
        .post(
            "/storage/v1/b?project=be-cloud-2526",
            &json!({ "name": "be-cloud-2526-files", "location": "EU" }),
        )
        .await;
    let path = "/storage/v1/b/be-cloud-2526-files/iam";
    let mut policy = cloud.get(path).await;
    let bindings = policy["bindings"].as_array_mut().unwrap();
    bindings.push(json!({ "role": "roles/storage.objectViewer", "members": ["allUsers", "user:ana@x.edu"] }));
    cloud.call(reqwest::Method::PUT, path, &policy).await;
    let path = "/v3/projects/be-cloud-2526";
    let mut policy = cloud
        .post(&format!("{path}:getIamPolicy"), &json!({ "options": { "requestedPolicyVersion": 3 } }))
        .await;
    policy["version"] = json!(3);
    let term = json!({ "title": "term", "expression": "request.time < timestamp(\"2027-07-01T00:00:00Z\")" });
    let bindings = policy["bindings"].as_array_mut().unwrap();
    bindings.push(json!({ "role": "roles/run.admin", "members": ["user:ana@x.edu"] }));
    bindings.push(json!({ "role": "roles/compute.viewer", "members": ["user:ana@x.edu", "user:bob@x.edu"] }));
    bindings.push(json!({ "role": "roles/storage.admin", "members": ["user:ana@x.edu"], "condition": term }));
    cloud.post(&format!("{path}:setIamPolicy"), &json!({ "policy": policy })).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("imported");
    import(&room, PROJECT, &["--out", folder.to_str().unwrap()]).code(0);
    insta::assert_snapshot!(fs_err::read_to_string(folder.join("iam-grant.yaml")).unwrap(), @r#"
    # yaml-language-server: $schema=https://raw.githubusercontent.com/provost-sh/provost/main/schemas/provost.json
    kind: IamGrant
    name: ana
    on: project
    roles:
    - roles/compute.viewer
    - roles/run.admin
    members:
    - user:ana@x.edu
    ---
    kind: IamGrant
    name: bob
    on: project
    roles:
    - roles/compute.viewer
    members:
    - user:bob@x.edu
    ---
    kind: IamGrant
    name: ana-term
    on: project
    roles:
    - roles/storage.admin
    members:
    - user:ana@x.edu
    condition:
      title: term
      expression: request.time < timestamp("2027-07-01T00:00:00Z")
    ---
    kind: IamGrant
    name: everybody-on-be-cloud-2526-files
    on:
      bucket: be-cloud-2526-files
    roles:
    - roles/storage.objectViewer
    members:
    - allUsers
    ---
    kind: IamGrant
    name: ana-on-be-cloud-2526-files
    on:
      bucket: be-cloud-2526-files
    roles:
    - roles/storage.objectViewer
    members:
    - user:ana@x.edu
    "#);
    on(&room, "apply", &folder, &["--adopt", "all", "--yes"]).code(0);
    on(&room, "plan", &folder, &["--detailed-exitcode"]).code(0);
}

#[test]
fn what_may_not_be_read_is_told_and_the_rest_is_imported() {
    let room = Room::with(&format!("{COURSE}---\nkind: Bucket\nname: be-cloud-2526-files\n"));
    room.apply();
    room.write(
        "faults.yaml",
        "faults: [{ method: storage.buckets.getIamPolicy, status: { code: 403, reason: forbidden } }]\n",
    );
    let faults = format!("{}/faults.yaml", room.course());
    let said = import(&room, PROJECT, &["--name", "be-cloud", "--faults", &faults]).code(0);
    assert!(said.out.contains("name: be-cloud-2526-files"), "{}", said.out);
    assert!(
        said.err.contains("could not be read:") && said.err.contains("be-cloud-2526-files"),
        "{}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_whose_text_was_edited_are_those_that_were_declared() {
    let vm = "---\nkind: ContainerVm\nname: web\nmachineType: e2-medium\ncontainers: [{ image: 'nginx:1', ports: [80] }]\n";
    let room = Room::with(&format!("{COURSE}{APIS}{vm}"));
    room.apply();
    let cloud = room.cloud().await;
    let mut metadata = cloud.get(&format!("{ZONE}/instances/web")).await["metadata"].clone();
    for item in metadata["items"].as_array_mut().unwrap() {
        item["value"] = json!(item["value"].as_str().unwrap().replace("RestartSec=5", "RestartSec=50"));
    }
    cloud.post(&format!("{ZONE}/instances/web/setMetadata"), &metadata).await;
    let said = import(&room, PROJECT, &["--name", "be-cloud", "ContainerVm/web"]).code(0);
    assert!(said.out.contains("- image: nginx:1\n  ports:\n  - '80'"), "{}", said.out);
    assert!(said.err.contains("ContainerVm/web: its cloud-init was edited by hand"), "{}", said.err);
}
