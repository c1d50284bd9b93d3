//! Warnings of `validate`, and of `plan`: what a spec may say and had better not. Nothing fails for one, but under `--strict`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use insta::assert_snapshot;
use support::{APIS, COURSE, Room, provost};

/// The codes of what is said about specs, with the text at their places.
fn said(specs: &str) -> Vec<String> {
    let room = Room::with(&format!("{COURSE}---\n{specs}"));
    let said = provost(&["validate", room.course(), "--format", "json"]).code(0);
    let lines: Vec<String> = room.read("course.yaml").lines().map(str::to_owned).collect();
    let found = said.json().as_array().unwrap().clone();
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap() - 1;
    let text = |one: &serde_json::Value| {
        let line = &lines[number(&one["line"])];
        line[number(&one["column"])..number(&one["endColumn"])].to_owned()
    };
    found.iter().map(|one| format!("{} {}", one["code"].as_str().unwrap(), text(one))).collect()
}

const VM: &str = "kind: Vm\nname: a\nmachineType: e2-medium\n";
const CONTAINER: &str = "kind: ContainerVm\nname: a\nmachineType: e2-medium\ncontainers: [";
const SECRET: &str = "kind: ContainerVm\nname: a\nmachineType: e2-medium\ncontainers: [{ image: a, secretEnv: { KEY: { secret: key } } }]";

const SERVICE: &str = "kind: RunService\nname: a\nimage: a\nsecretEnv: { KEY: { secret: key } }";

/// What lets an account read the secret `key`.
fn reads(on: &str, more: &str) -> String {
    let account = "serviceAccount:web-app@be-cloud-2526.iam.gserviceaccount.com";
    let roles = "roles: [roles/secretmanager.secretAccessor]";
    format!("---\nkind: IamGrant\nname: g\non: {on}\n{roles}\nmembers: [\"{account}\"]\n{more}")
}

#[test]
fn a_secret_that_the_course_grants_is_no_warning() {
    let condition =
        "condition: { title: t, expression: 'request.time < timestamp(\"2027-07-01T00:00:00Z\")' }\n";
    for (on, more, silent) in [
        ("{ secret: key }", "", true),
        ("project", "", true),
        ("{ secret: key }", condition, true),
        ("{ secret: key }", "project: other-1234\n", false),
        ("{ secret: key2 }", "", false),
    ] {
        for reader in [SECRET, SERVICE] {
            let spec = format!("{reader}\nserviceAccount: web-app\n{}", reads(on, more));
            assert_eq!(said(&spec).is_empty(), silent, "{spec}");
        }
    }
    for reader in [SECRET, SERVICE] {
        let elsewhere = reader.replace("secret: key ", "secret: projects/other-1234/secrets/key ");
        let grant = reads("{ secret: key }", "project: other-1234\n");
        assert!(said(&format!("{elsewhere}\nserviceAccount: web-app\n{grant}")).is_empty(), "{elsewhere}");
    }
}

#[test]
fn the_grant_that_is_missing_can_be_copied() {
    let room = Room::with(&format!("{COURSE}---\n{SECRET}\nserviceAccount: web-app\n"));
    let told = provost(&["validate", room.course()]).code(0).err.replace(room.course(), "COURSE");
    assert_snapshot!(told, @r#"
    warning[secret-not-granted]: no grant of the course lets web-app@be-cloud-2526.iam.gserviceaccount.com read the secret key
      --> COURSE/course.yaml:10:39
       |
    10 | containers: [{ image: a, secretEnv: { KEY: { secret: key } } }]
       |                                       ^^^ its container waits at boot until somebody grants it
       |
    help: add this, unless it is granted elsewhere:
          ---
          kind: IamGrant
          name: web-app-reads-key
          on: { secret: key }
          roles: [roles/secretmanager.secretAccessor]
          members: ["serviceAccount:web-app@be-cloud-2526.iam.gserviceaccount.com"]

    1 warning.
    "#);
}

#[test]
fn each_rule_says_what_it_is_about() {
    let grant = |on: &str, role: &str, member: &str| {
        format!("kind: IamGrant\nname: g\non: {on}\nroles: [{role}]\nmembers: ['{member}']\n")
    };
    let rule = "kind: FirewallRule\nname: r\n";
    let rows = [
        (format!("{VM}image: {{ family: debian-10, project: debian-cloud }}\n"), "dead-image debian-10"),
        (
            format!("{VM}image: {{ name: cos-stable-109-17800-66-27, project: cos-cloud }}\n"),
            "dead-image cos-stable-109-17800-66-27",
        ),
        (format!("{VM}metadata: {{ key: '-----BEGIN PRIVATE KEY-----' }}\n"), "key-in-spec kind"),
        (format!("{CONTAINER}{{ image: eu.gcr.io/other/app:1 }}]\n"), "dead-registry eu.gcr.io/other/app:1"),
        (format!("{CONTAINER}{{ image: a, env: {{ K: '{{\"private_key\": 1}}' }} }}]\n"), "key-in-spec kind"),
        (format!("{rule}allow: [tcp:80, tcp:22]\n"), "open-ssh tcp:22"),
        (format!("{rule}allow: [tcp:3000-4000]\nsourceRanges: [0.0.0.0/0]\n"), "open-rdp tcp:3000-4000"),
        (grant("project", "roles/editor", "user:ann@x.edu"), "basic-role roles/editor"),
        (grant("{ bucket: b }", "roles/storage.objectAdmin", "allUsers"), "public-write 'allUsers'"),
        (
            "kind: ApiServices\nname: a\nservices: [ml.googleapis.com]\n".to_owned(),
            "dead-api ml.googleapis.com",
        ),
        (format!("{SECRET}\n"), "secret-of-all KEY"),
        (format!("{SECRET}\nserviceAccount: web-app\n"), "secret-not-granted KEY"),
        (format!("{SERVICE}\n"), "secret-of-all KEY"),
        (format!("{SERVICE}\nserviceAccount: web-app\n"), "secret-not-granted KEY"),
    ];
    for (spec, wanted) in rows {
        assert_eq!(said(&spec), [wanted], "{spec}");
    }
}

#[test]
fn what_a_course_does_every_day_is_no_warning() {
    let grant = "kind: IamGrant\nname: g\non: { bucket: b }\nroles: [roles/storage.objectViewer]\nmembers: [allUsers]\n";
    let robot = "kind: IamGrant\nname: g\non: project\nroles: [roles/editor]\nmembers: ['serviceAccount:ci-bot@p-1234.iam.gserviceaccount.com']\n";
    let rule = "kind: FirewallRule\nname: r\n";
    let registry = "---\nkind: Registry\nname: eu.gcr.io\nlocation: europe\n";
    let rows = [
        grant.to_owned(),
        robot.to_owned(),
        format!("{rule}allow: [tcp:8501]\nsourceRanges: [0.0.0.0/0]\n"),
        format!("{rule}allow: [tcp:22]\nsourceRanges: [35.235.240.0/20]\n"),
        format!("{rule}allow: [tcp:22]\nsourceTags: [bastion]\n"),
        format!("{rule}deny: [tcp:22]\n"),
        format!("{rule}allow: [all]\ndirection: EGRESS\n"),
        format!("{VM}image: {{ family: common-cpu, project: deeplearning-platform-release }}\n"),
        format!("{CONTAINER}{{ image: eu.gcr.io/be-cloud-2526/app:1 }}]\n{registry}"),
    ];
    for spec in rows {
        assert_eq!(said(&spec), [] as [&str; 0], "{spec}");
    }
}

const OPEN: &str = "---\nkind: FirewallRule\nname: ssh\nallow: [tcp:22]\n";

#[test]
fn a_warning_shows_its_place_its_reason_and_what_to_do() {
    let room = Room::with(&format!("{COURSE}{OPEN}"));
    let told = provost(&["validate", room.course()]).code(0);
    assert_eq!(told.out, "be-cloud is valid: 1 resources in the project be-cloud-2526.\n");
    assert_snapshot!(told.err.replace(room.course(), "COURSE"), @r"
    warning[open-ssh]: `tcp:22` lets the whole world try to log in by ssh
     --> COURSE/course.yaml:9:9
      |
    9 | allow: [tcp:22]
      |         ^^^^^^ everybody on the internet can reach it
      |
    help: name the addresses of the class in `sourceRanges`; `gcloud compute ssh --tunnel-through-iap` needs `sourceRanges: [35.235.240.0/20]` only

    1 warning.
    ");
}

#[test]
fn a_warning_fails_only_a_strict_validation() {
    let room = Room::with(&format!("{COURSE}{APIS}{OPEN}"));
    provost(&["validate", room.course()]).code(0);
    provost(&["validate", room.course(), "--strict"]).code(1);
    let plan = room.run("plan", &["--format", "json"]).code(0);
    assert!(plan.err.contains("warning[open-ssh]"), "{}", plan.err);
    assert!(plan.json()["changes"].is_array(), "what programs read stays what it is");
    room.apply();
    provost(&[
        "validate",
        "--strict",
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rich").to_str().unwrap(),
    ])
    .code(0);
}

#[test]
fn a_warning_of_a_class_is_told_once() {
    let room = Room::with(&format!(
        "{COURSE}roster: [{{ login: ann }}, {{ login: bob }}]\n---\nkind: FirewallRule\nforEach: {{ student: roster }}\nname: ssh-{{{{ student.login }}}}\nallow: [tcp:22]\n"
    ));
    let told = provost(&["validate", room.course()]).code(0);
    assert!(told.err.ends_with("\n1 warning.\n"), "{}", told.err);
}

#[test]
fn a_private_key_is_not_shown_where_it_is_warned_of() {
    let room = Room::with(&format!(
        "{COURSE}---\n{VM}metadata:\n  key: |\n    -----BEGIN PRIVATE KEY-----\n    MIIEvQIBADAN\n"
    ));
    let told = provost(&["validate", room.course()]).code(0);
    assert!(
        told.err.contains("warning[key-in-spec]: a private key stands in `metadata.key`"),
        "{}",
        told.err
    );
    assert!(!told.err.contains("MIIEvQ") && !told.err.contains("BEGIN"), "{}", told.err);
}
