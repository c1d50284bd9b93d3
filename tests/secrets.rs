//! Secrets of containers: named in the spec, held by Secret Manager, read by the machine at boot, and seen by nobody on the way.
//! The machine's start line and script are taken from the sandbox and run by bash, with docker, sleep and the metadata server
//! played by the test, and Secret Manager by the sandbox.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "secrets/machine.rs"]
mod machine;
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use insta::assert_snapshot;
use machine::Booted;
use serde_json::json;
use support::{COURSE, Cloud, Room, Said, provost};

/// Everything that an env file, a shell or systemd would spoil.
const VALUE: &str = "line 1\n  'quoted' \"twice\" $HOME `id` %n \\ é #\nEND=1\n\n";
const TOKEN: &str = "ya29.token-of-the-machine";

const SPECS: &str = "---
kind: ApiServices
name: apis
services: [compute.googleapis.com, iam.googleapis.com, secretmanager.googleapis.com]
---
kind: ServiceAccount
name: web-app
---
kind: IamGrant
name: web-app-reads-db
on: { secret: db-password }
roles: [roles/secretmanager.secretAccessor]
members: [\"serviceAccount:web-app@be-cloud-2526.iam.gserviceaccount.com\"]
---
kind: ContainerVm
name: web
machineType: e2-small
serviceAccount: web-app
containers:
- name: api
  image: nginx:1
  env: { LOG_LEVEL: debug }
  secretEnv: { DB_PASSWORD: { secret: db-password }, PINNED: { secret: projects/be-cloud-2526/secrets/db-password/versions/1 } }
";

const SECRETS: &str = "/v1/projects/be-cloud-2526/secrets";

fn room() -> Room {
    Room::with(&format!("{COURSE}{SPECS}"))
}

async fn secret(cloud: &Cloud, id: &str) {
    cloud.enable(&["secretmanager"]).await;
    cloud.post(&format!("{SECRETS}?secretId={id}"), &json!({"replication": {"automatic": {}}})).await;
}

async fn version(cloud: &Cloud, id: &str, value: &str) {
    let body = json!({"payload": {"data": BASE64.encode(value)}});
    cloud.post(&format!("{SECRETS}/{id}:addVersion"), &body).await;
}

/// A course that is applied, in a project that has its secret.
async fn applied() -> Room {
    let room = room();
    let cloud = room.cloud().await;
    secret(&cloud, "db-password").await;
    version(&cloud, "db-password", VALUE).await;
    drop(cloud);
    room.apply();
    room.converged();
    room
}

/// What a plan's report says.
fn report(said: &Said) -> String {
    let begins = |line: &&str| ["refused[", "warning[", "note["].iter().any(|word| line.starts_with(word));
    let lines = said.out.lines().skip_while(|line| !begins(line));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_reaches_its_container_as_it_is_and_nobody_else() {
    let room = applied().await;
    let cloud = room.cloud().await;
    let booted = Booted::on(&room, &cloud, "web", TOKEN, 0);
    let ran = booted.start("api").await;
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(booted.read("env/DB_PASSWORD"), VALUE);
    assert_eq!(booted.read("env/PINNED"), VALUE);
    let arguments = booted.read("arguments");
    assert!(arguments.contains("--env=DB_PASSWORD --env=PINNED "), "{arguments}");
    assert!(arguments.ends_with("nginx:1"), "{arguments}");
    let told = format!(
        "{arguments}{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
    for part in ["line 1", "quoted", TOKEN] {
        assert!(!told.contains(part), "{told}");
        assert!(booted.files_with(part).is_empty(), "{part}: {:?}", booted.files_with(part));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_waits_for_token_and_secret_and_says_so_on_the_console() {
    let room = room();
    let cloud = room.cloud().await;
    secret(&cloud, "db-password").await;
    drop(cloud);
    room.apply();
    let cloud = room.cloud().await;
    let booted = Booted::on(&room, &cloud, "web", TOKEN, 1);
    let run = booted.begin("api");
    booted.sleeps("1").await;
    booted.sleeps("2").await;
    version(&cloud, "db-password", VALUE).await;
    booted.wakes().await;
    let ran = run.await.unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(booted.read("env/DB_PASSWORD"), VALUE);
    let number = room.resources()["projects/be-cloud-2526"]["projectNumber"].as_str().unwrap().to_owned();
    let console = booted.read("console").replace(&number, "NUMBER");
    assert_snapshot!(console, @r"
    provost: DB_PASSWORD waits for projects/be-cloud-2526/secrets/db-password/versions/latest: the machine has no access token (503); next try in 1 s
    provost: DB_PASSWORD waits for projects/be-cloud-2526/secrets/db-password/versions/latest: 404 Secret [projects/NUMBER/secrets/db-password] not found or has no versions.; next try in 2 s
    ");
    assert_eq!(String::from_utf8_lossy(&ran.stderr).replace(&number, "NUMBER"), console);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_plans_logs_and_the_inventory_name_the_secret_and_never_hold_it() {
    let room = applied().await;
    let machine = room.resource("instances/web").to_string();
    assert!(
        machine.contains("DB_PASSWORD=projects/be-cloud-2526/secrets/db-password/versions/latest"),
        "{machine}"
    );
    let log = format!("{}/log", room.course());
    room.write("course.yaml", &format!("{COURSE}{SPECS}").replace("nginx:1", "nginx:2"));
    let said = room.run("plan", &["-vv", "--log-file", &log]).code(0);
    let plan = room.run("plan", &["--format", "json"]).code(0);
    assert!(!machine.contains("line 1") && !machine.contains(&BASE64.encode(VALUE)), "{machine}");
    for text in [said.all(), plan.all(), room.read("log")] {
        assert!(!text.contains("line 1") && !text.contains(&BASE64.encode(VALUE)), "{text}");
        assert!(!text.contains(":access"), "nobody but the machine reads it: {text}");
    }
    room.write(
        "course.yaml",
        &format!("{COURSE}{SPECS}").replace("secrets/db-password/versions/1", "secrets/other/versions/2"),
    );
    let plan = room.run("plan", &[]).code(0).out;
    assert!(
        plan.contains("db-password") && plan.contains("projects/be-cloud-2526/secrets/other"),
        "names are no secrets: {plan}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_secret_restarts_the_machine_and_a_grant_on_it_goes_with_its_spec() {
    let room = applied().await;
    let readers = |room: &Room| {
        room.resource("policies/secretmanager/projects/be-cloud-2526/secrets/db-password")["bindings"].clone()
    };
    let accessor = json!([{"role": "roles/secretmanager.secretAccessor", "members": ["serviceAccount:web-app@be-cloud-2526.iam.gserviceaccount.com"]}]);
    assert_eq!(readers(&room), accessor);
    room.write(
        "course.yaml",
        &format!("{COURSE}{SPECS}")
            .replace("{ secret: db-password }, PINNED", "{ secret: db-password, version: 1 }, PINNED"),
    );
    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    assert_eq!(
        plan["changes"].as_array().unwrap().iter().filter(|c| c["action"] != "none").count(),
        1,
        "{plan}"
    );
    let text = room.apply().all();
    assert!(text.contains("ContainerVm/web"), "{text}");
    room.converged();
    room.run("destroy", &["--yes"]).code(0);
    assert_eq!(readers(&room), json!([]));
    assert!(room.find("secrets/db-password").is_some(), "a secret is nobody's but who made it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_gives_back_the_names() {
    let room = applied().await;
    let sandbox = format!("--sandbox={}", room.state().display());
    let said = provost(&["import", "--project", support::PROJECT, "--name", "be-cloud", &sandbox]).code(0);
    let specs = &said.out;
    assert!(
        specs.contains("secretEnv:") && specs.contains("secret: db-password") && !specs.contains("line 1"),
        "{specs}"
    );
    assert!(specs.contains("on:\n  secret: db-password"), "{specs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_not_there_is_told_before_anything_is_made() {
    let room =
        Room::with(&format!("{COURSE}{}", SPECS.replace("kind: IamGrant", "kind: IamGrant\nwhen: false")));
    assert_snapshot!(report(&room.run("plan", &[]).code(0)), @r"
    note[not-checked] whether the secrets of be-cloud-2526 are there cannot be told before secretmanager.googleapis.com is on
        help: to make them beforehand: `gcloud services enable secretmanager.googleapis.com --project be-cloud-2526`
    note[not-checked] whether the machines fit into be-cloud-2526 cannot be told before compute.googleapis.com is on
        help: to know beforehand, turn it on: `gcloud services enable compute.googleapis.com --project be-cloud-2526`
    ");
    let cloud = room.cloud().await;
    cloud.enable(&["secretmanager"]).await;
    drop(cloud);
    assert_snapshot!(report(&room.run("plan", &[]).code(0)), @r"
    warning[secret-not-there] ContainerVm/web: there is no version 1 of a secret db-password in be-cloud-2526: its containers will wait for it
        help: type its value into `gcloud secrets create db-password --project be-cloud-2526 --data-file=-`; a further one into `gcloud secrets versions add`
    warning[secret-not-there] ContainerVm/web: there is no secret db-password in be-cloud-2526, or it has no version: its containers will wait for it
        help: type its value into `gcloud secrets create db-password --project be-cloud-2526 --data-file=-`; a further one into `gcloud secrets versions add`
    note[not-checked] whether the machines fit into be-cloud-2526 cannot be told before compute.googleapis.com is on
        help: to know beforehand, turn it on: `gcloud services enable compute.googleapis.com --project be-cloud-2526`
    ");
    let cloud = room.cloud().await;
    secret(&cloud, "db-password").await;
    version(&cloud, "db-password", VALUE).await;
    cloud.post(&format!("{SECRETS}/db-password/versions/1:disable"), &json!({})).await;
    drop(cloud);
    assert_snapshot!(report(&room.run("plan", &[]).code(0)), @r"
    warning[secret-closed] ContainerVm/web: version 1 of the secret db-password in be-cloud-2526 is disabled: its containers will wait for it
        help: its versions: gcloud secrets versions list db-password --project be-cloud-2526
    warning[secret-closed] ContainerVm/web: version latest of the secret db-password in be-cloud-2526 is disabled: its containers will wait for it
        help: its versions: gcloud secrets versions list db-password --project be-cloud-2526
    note[not-checked] whether the machines fit into be-cloud-2526 cannot be told before compute.googleapis.com is on
        help: to know beforehand, turn it on: `gcloud services enable compute.googleapis.com --project be-cloud-2526`
    ");
}
