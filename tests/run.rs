//! Services of Cloud Run, from the spec to what people open: by the built program on the sandbox.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use serde_json::json;
use support::{COURSE, PROJECT, Room, Said, provost};

const SERVICES: &str = "services: [run.googleapis.com, artifactregistry.googleapis.com, iam.googleapis.com, storage.googleapis.com, secretmanager.googleapis.com]";

const API: &str = "---
kind: RunService
name: api
image: nginx:1
public: true
serviceAccount: api-runner
env: { LOG_LEVEL: debug }
secretEnv: { API_TOKEN: { secret: token-of-api } }
---
kind: ServiceAccount
name: api-runner
";

const WEB: &str = "---
kind: RunService
name: web
image: nginx:1
env: { API: '{{ ref(\"RunService/api\").uri }}' }
";

const PATH: &str = "/v2/projects/be-cloud-2526/locations/europe-west1/services/api";

fn room(specs: &str) -> Room {
    Room::with(&format!("{COURSE}---\nkind: ApiServices\nname: apis\n{SERVICES}\n{specs}"))
}

/// What a plan does with the service, and why.
fn planned(room: &Room) -> String {
    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    let changes = plan["changes"].as_array().unwrap().clone();
    let api = changes.iter().find(|change| change["address"] == "RunService/api").unwrap();
    let paths = api["fields"].as_array().into_iter().flatten().map(|field| field["path"].as_str().unwrap());
    format!("{} {}", api["action"].as_str().unwrap(), paths.collect::<Vec<_>>().join(" "))
}

fn uri(room: &Room, name: &str) -> String {
    room.resource(&format!("services/{name}"))["uri"].as_str().unwrap().to_owned()
}

#[test]
fn a_service_is_made_named_by_others_handed_out_and_destroyed() {
    let room = room(&format!("{WEB}{API}"));
    let said = room.run("plan", &[]).code(0);
    assert!(said.out.contains("token-of-api"), "the name of a secret is none: {}", said.out);
    room.apply();
    room.converged();
    let env = room.resource("services/web")["template"]["containers"][0]["env"].clone();
    assert_eq!(env, json!([{ "name": "API", "value": uri(&room, "api") }]));
    let api = room.resource("services/api");
    assert_eq!((&api["invokerIamDisabled"], &api["labels"]["managed-by"]), (&json!(true), &json!("provost")));
    let outputs = room.run("outputs", &[]).code(0).out;
    for name in ["api", "web"] {
        assert!(outputs.contains(&format!("  {}\n", uri(&room, name))), "{outputs}");
    }
    let status = room.run("status", &[]).code(0).out;
    assert!(status.contains(&uri(&room, "api")), "{status}");
    room.run("destroy", &["--yes"]).code(0);
    assert_eq!(room.find("services/api"), None);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_told_before_a_revision_fails_for_it() {
    let room = room(API);
    let cloud = room.cloud().await;
    cloud.enable(&["run", "secretmanager"]).await;
    drop(cloud);
    let told = |room: &Room| {
        let said = room.run("plan", &[]).code(0).out;
        let lines = said.lines().filter(|line| line.starts_with("warning["));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(told(&room), @"warning[secret-not-there] RunService/api: there is no secret token-of-api in be-cloud-2526, or it has no version: its revision will not come to serve");
    let cloud = room.cloud().await;
    let secrets = "/v1/projects/be-cloud-2526/secrets";
    cloud.post(&format!("{secrets}?secretId=token-of-api"), &json!({"replication": {"automatic": {}}})).await;
    let payload = json!({"payload": {"data": "eA=="}});
    cloud.post(&format!("{secrets}/token-of-api:addVersion"), &payload).await;
    drop(cloud);
    assert_eq!(told(&room), "");
    room.apply();
    room.converged();
    let course = room.read("course.yaml");
    let named = "secret: projects/be-cloud-2526/secrets/token-of-api/versions/2";
    room.write("course.yaml", &course.replace("secret: token-of-api", named));
    assert_snapshot!(told(&room), @"warning[secret-not-there] RunService/api: there is no version 2 of a secret token-of-api in be-cloud-2526: its revision will not come to serve");
}

#[test]
fn another_image_is_another_revision_and_nothing_else() {
    let room = room(API);
    room.apply();
    let before = room.resource("services/api");
    room.write("course.yaml", &room.read("course.yaml").replace("nginx:1", "nginx:2"));
    assert_eq!(planned(&room), "update image");
    room.apply();
    room.converged();
    let after = room.resource("services/api");
    assert_eq!(after["uri"], before["uri"]);
    assert_ne!(after["latestReadyRevision"], before["latestReadyRevision"]);
    assert_eq!(after["template"]["containers"][0]["env"], before["template"]["containers"][0]["env"]);
}

#[test]
fn a_service_that_does_not_come_to_serve_fails_with_googles_words_and_the_next_apply_mends_it() {
    let image = "europe-west1-docker.pkg.dev/be-cloud-2526/be/api:1";
    let specs = API.replace("nginx:1", image);
    let room = room(&specs);
    let said = room.run("apply", &["--yes"]).code(3);
    assert!(said.all().contains(&format!("Image '{image}' not found.")), "{}", said.all());
    assert_eq!(planned(&room), "update serving");
    let course = room.read("course.yaml");
    room.write("course.yaml", &format!("{course}---\nkind: Registry\nname: be\n"));
    room.apply();
    room.converged();
    assert!(uri(&room, "api").starts_with("https://api-"));
}

#[tokio::test]
async fn what_somebody_changed_by_hand_is_named_and_taken_back() {
    let room = room(API);
    room.apply();
    let cloud = room.cloud().await;
    let mut api = cloud.get(PATH).await;
    let revision = api["latestReadyRevision"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    api["template"]["containers"][0]["env"][0]["value"] = json!("trace");
    api["template"]["containers"].as_array_mut().unwrap()[0]["resources"]["limits"]["memory"] = json!("2Gi");
    api["traffic"] =
        json!([{ "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": revision, "percent": 100 }]);
    cloud.patch(&format!("{PATH}?updateMask=template,traffic"), &api).await;
    drop(cloud);
    assert_eq!(planned(&room), "update env.LOG_LEVEL traffic");
    room.apply();
    room.converged();
    let api = room.resource("services/api");
    assert_eq!(api["traffic"][0]["type"], "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST");
    let limits = &api["template"]["containers"][0]["resources"]["limits"];
    assert_eq!(limits["memory"], "2Gi", "what the spec does not say stays");
}

#[tokio::test]
async fn an_unmarked_service_is_a_conflict_that_can_be_adopted_and_released() {
    let room = room(API);
    let cloud = room.cloud().await;
    cloud.enable(&["run"]).await;
    let parent = PATH.trim_end_matches("/api");
    let body = json!({ "template": { "containers": [{ "image": "nginx:1" }] }, "labels": { "team": "owl" } });
    cloud.post(&format!("{parent}?serviceId=api"), &body).await;
    drop(cloud);
    let said = room.run("apply", &["--yes"]).code(4);
    assert!(said.all().contains("--adopt RunService/api"), "{}", said.all());
    room.run("apply", &["--yes", "--adopt", "RunService/api"]).code(0);
    assert_eq!(room.resource("services/api")["labels"]["team"], "owl");
    room.write("course.yaml", &format!("{COURSE}---\nkind: ApiServices\nname: apis\n{SERVICES}\n"));
    room.run("apply", &["--yes", "--release", "RunService/api", "--release", "ServiceAccount/api-runner"])
        .code(0);
    assert_eq!(room.resource("services/api")["labels"], json!({ "team": "owl" }));
}

#[tokio::test]
async fn services_of_every_region_are_imported_and_swept() {
    let room = Room::with(COURSE);
    let cloud = room.cloud().await;
    cloud.enable(&["run", "storage", "compute", "iam", "artifactregistry"]).await;
    let body = json!({ "template": { "containers": [{ "image": "nginx:1" }], "scaling": { "maxInstanceCount": 2 } } });
    let far = PATH.replace("europe-west1", "us-central1");
    cloud.post(&format!("{}?serviceId=api", far.trim_end_matches("/api")), &body).await;
    drop(cloud);
    let sandbox = format!("--sandbox={}", room.state().display());
    let imported = provost(&["import", "RunService/api", "--project", PROJECT, &sandbox]).code(0).out;
    let service = imported.split("---\n").find(|document| document.contains("RunService"));
    assert_snapshot!(service.unwrap().trim(), @r"
    kind: RunService
    name: api
    region: us-central1
    image: nginx:1
    maxInstances: 2
    ");
    let listed = room.run("sweep", &["--format", "json"]).code(0).json();
    let row =
        listed["found"].as_array().unwrap().iter().find(|row| row["address"] == "RunService/api").unwrap();
    assert_eq!((&row["verdict"], &row["details"]), (&json!("remove"), &json!("nginx:1, us-central1")));
    room.run("sweep", &["--delete", "--yes-delete-in", PROJECT]).code(0);
    assert_eq!(room.find("services/api"), None);
}

fn wrong(spec: &str) -> String {
    let room = room(&format!("---\nkind: RunService\nname: api\nimage: nginx:1\n{spec}\n"));
    let Said { out, err, .. } = provost(&["validate", room.course()]).code(1);
    let text = format!("{out}{err}");
    let lines = text.lines().filter(|line| line.contains("error") || line.trim_start().starts_with("help"));
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_cloud_run_would_refuse_is_found_offline() {
    let all = [
        "cpu: 3",
        "cpu: 0.5",
        "cpu: 4",
        "memory: 512",
        "memory: 8500Mi",
        "timeout: 2h",
        "env: { PORT: \"80\" }",
        "env: { A: b }\nsecretEnv: { A: { secret: s } }",
        "minInstances: 3\nmaxInstances: 2",
        "serviceAccount: none",
        "ingress: everybody",
        "port: 0",
    ];
    assert_snapshot!(all.map(wrong).join("\n"), @r"
    error[bad-cpu]: Cloud Run has no instances with 3 CPUs
    help: write 1, 2, 4, 6 or 8, or a part of one from 0.08
    1 error.
    error[part-of-a-cpu]: an instance with a part of a CPU answers one request at a time
    help: add `concurrency: 1`, or give it a whole CPU
    1 error.
    error[too-little-memory]: 4 CPUs need 2Gi of memory at least
    help: add `memory: 2Gi`
    1 error.
    error[wrong-type]: `512` is not a size of memory that Cloud Run has
    help: write `512Mi`
    1 error.
    error[too-few-cpus]: more than 8Gi of memory needs 4 CPUs at least
    help: add `cpu: 4`
    1 error.
    error[bad-timeout]: a request of 7200 seconds is outside of 1 second to 1 hour
    help: write a time such as `5m`
    1 error.
    error[env-reserved]: Cloud Run sets `PORT` itself
    help: say `port:` of the service instead
    1 error.
    error[env-twice]: `A` stands in `env` and in `secretEnv`
    help: remove it from one of the two
    1 error.
    error[more-than-most]: 3 instances are kept where there may be 2 at most
    help: raise `maxInstances`
    1 error.
    error[no-account]: a service acts as some account always
    help: name a `ServiceAccount` that has no roles, or write `default`
    1 error.
    error[not-one-of]: `ingress` must be one of `all`, `internal`, `internal-and-cloud-load-balancing`, `none`, and is `everybody`
    1 error.
    error[out-of-range]: `port` must be 1 to 65535, and is 0
    1 error.
    ");
}

#[test]
fn what_is_unwise_in_a_service_is_a_warning() {
    let room = room("---\nkind: RunService\nname: api\nimage: eu.gcr.io/be-cloud-2526/api:1\npublic: true\n");
    let said = provost(&["validate", room.course()]).code(0).all();
    for code in ["public-default-account", "dead-registry"] {
        assert!(said.contains(code), "{said}");
    }
}

#[test]
fn gcloud_run_deploy_becomes_a_spec() {
    let command = "gcloud run deploy api --image europe-west1-docker.pkg.dev/be-cloud-2526/be/api:1 --port 8501 \
        --allow-unauthenticated --region europe-west1 --platform managed --memory 1Gi --cpu 2 --max-instances=3 \
        --set-env-vars A=b,C=d --set-secrets TOKEN=api-token:latest,KEY=api-key:3 --service-account robot-account \
        --timeout 300 --no-cpu-throttling --ingress all --source .";
    let said = provost(&["from-gcloud", "--project", "be-cloud-2526", command]).code(0);
    assert!(said.err.contains("the flag `--source` has no field"), "{}", said.err);
    let service = said.out.split("---\n").find(|document| document.contains("RunService")).unwrap();
    assert_snapshot!(service.trim(), @r"
    kind: RunService
    name: api
    image: europe-west1-docker.pkg.dev/be-cloud-2526/be/api:1
    region: europe-west1
    port: 8501
    public: true
    memory: 1Gi
    cpu: '2'
    cpuIdle: false
    timeout: '300'
    maxInstances: 3
    serviceAccount: robot-account
    env:
      A: b
      C: d
    secretEnv:
      TOKEN:
        secret: api-token
      KEY:
        secret: api-key
        version: '3'
    ingress: all
    ");
    assert!(said.out.contains("run.googleapis.com") && said.out.contains("kind: Registry"), "{}", said.out);
    let room = Room::with(&said.out);
    provost(&["validate", room.course()]).code(0);
}
