//! Guardrails: what the policy of a course lets a plan do, and what it takes to do it all the same.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use insta::assert_snapshot;
use serde_json::json;
use support::{APIS, COURSE, Room, provost};

/// A machine of a type, on a disk of so many GB.
fn vm(name: &str, machine: &str, disk: u32) -> String {
    format!(
        "---\nkind: Vm\nname: {name}\nmachineType: {machine}\nimage: {{ family: debian-12, project: debian-cloud }}\nbootDisk: {{ sizeGb: {disk} }}\n"
    )
}

fn grant(name: &str, role: &str, member: &str) -> String {
    format!("---\nkind: IamGrant\nname: {name}\non: project\nroles: [{role}]\nmembers: ['{member}']\n")
}

/// A course with a policy.
fn course(policy: &str, specs: &str) -> String {
    format!("{COURSE}policy: {policy}\n{APIS}{specs}")
}

/// The codes of the refusals of a plan.
fn refusals(room: &Room, flags: &[&str]) -> Vec<String> {
    let said = room.run("plan", &[&["--format", "json"], flags].concat()).json();
    let report = said["report"].as_array().unwrap().clone();
    let refused = report.iter().filter(|finding| finding["severity"] == "refusal");
    refused.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// Each rule with what keeps it and what breaks it.
fn rows() -> Vec<(&'static str, &'static str, String, String)> {
    let rule = |text: &str| format!("---\nkind: FirewallRule\nname: r\nallow: ['{text}']\n");
    let service = |line: &str| {
        let api = "---\nkind: ApiServices\nname: run\nservices: [run.googleapis.com]\n";
        format!("{api}---\nkind: RunService\nname: api\nimage: nginx\n{line}\n")
    };
    let bucket = |place: &str| format!("---\nkind: Bucket\nname: be-cloud-2526-data\nlocation: {place}\n");
    let container = |image: &str| {
        format!(
            "---\nkind: ContainerVm\nname: c\nmachineType: e2-small\ncontainers: [{{ image: {image} }}]\n"
        )
    };
    vec![
        ("machine-types", "{ machineTypes: [e2-*] }", vm("a", "e2-small", 10), vm("a", "n1-standard-1", 10)),
        ("regions", "{ regions: [europe-*, eu] }", bucket("EU"), bucket("US")),
        ("regions", "{ regions: [europe-west1] }", vm("a", "e2-small", 10), bucket("europe-west9")),
        ("images", "{ images: [debian-cloud/*] }", vm("a", "e2-small", 10), container("nginx")),
        ("images", "{ images: ['*', '!debian-cloud/debian-11'] }", vm("a", "e2-small", 10), {
            vm("a", "e2-small", 10).replace("debian-12", "debian-11")
        }),
        (
            "roles",
            "{ roles: ['roles/*', '!roles/editor'] }",
            grant("g", "roles/viewer", "user:ann@x.edu"),
            grant("g", "roles/editor", "user:ann@x.edu"),
        ),
        ("member-domains", "{ memberDomains: [x.edu] }", service("public: false"), service("public: true")),
        ("open-ports", "{ openPorts: [tcp:8000-9000] }", rule("tcp:8501"), rule("tcp:22")),
        (
            "member-domains",
            "{ memberDomains: [x.edu] }",
            grant("g", "roles/viewer", "user:ann@x.edu"),
            grant("g", "roles/viewer", "user:ann@gmail.com"),
        ),
        (
            "machines",
            "{ machines: 1 }",
            vm("a", "e2-small", 10),
            format!("{}{}", vm("a", "e2-small", 10), vm("b", "e2-small", 10)),
        ),
        ("disk-gb", "{ diskGb: 60 }", vm("a", "e2-small", 50), {
            format!("{}{}", vm("a", "e2-small", 50), vm("b", "e2-small", 50))
        }),
    ]
}

#[test]
fn a_plan_that_breaks_a_rule_is_refused_by_its_name() {
    for (rule, policy, keeps, breaks) in rows() {
        let room = Room::with(&course(policy, &keeps));
        assert_eq!(refusals(&room, &[]), [""; 0], "{policy} {keeps}");
        room.write("course.yaml", &course(policy, &breaks));
        assert_eq!(refusals(&room, &[]), [rule], "{policy} {breaks}");
        room.run("apply", &["--yes"]).code(4);
        assert!(
            !room.resources().keys().any(|path| path.contains("/instances/")),
            "{rule}: something was made"
        );
    }
}

#[test]
fn a_refusal_says_what_and_what_to_type() {
    let room = Room::with(&course("{ machineTypes: [e2-*] }", &vm("a", "n1-standard-1", 10)));
    let said = room.run("plan", &[]).code(4);
    let about = |line: &&str| line.contains("machine-types") || line.contains("help:");
    let refused: Vec<&str> = said.out.lines().filter(about).collect();
    assert_snapshot!(refused.join("\n"), @r"
    refused[machine-types] Vm/a: the policy does not allow the machine type n1-standard-1 (allowed: e2-*)
        help: change the spec, or `policy:` of the Course; `--override machine-types` lets it pass this once and is recorded
        help: to know beforehand, turn it on: `gcloud services enable compute.googleapis.com --project be-cloud-2526`
    ");
}

#[test]
fn validate_warns_at_the_place_in_the_spec() {
    let room =
        Room::with(&course("{ roles: ['!roles/editor'] }", &grant("g", "roles/editor", "user:ann@x.edu")));
    let said = provost(&["validate", room.course(), "--format", "json"]).code(0).json();
    let found: Vec<_> = said.as_array().unwrap().iter().map(|one| (&one["code"], &one["line"])).collect();
    assert!(found.contains(&(&json!("roles"), &json!(15))), "{found:?}");
    provost(&["validate", room.course(), "--strict"]).code(1);
}

#[test]
fn an_override_lets_one_rule_pass_and_is_recorded() {
    let room = Room::with(&course("{ machineTypes: [e2-*] }", &vm("a", "n1-standard-1", 10)));
    let said =
        room.run("apply", &["--yes", "--override", "machine-types", "--format", "json"]).code(0).json();
    assert_eq!(said["overrides"], json!(["machine-types"]));
    assert_eq!(said["report"][0]["severity"], "warning");
    // What is there already is told and refused no more: nothing is brought.
    let said = room.run("plan", &["--detailed-exitcode"]).code(0);
    assert!(
        said.out.contains("warning[machine-types]") && said.out.contains("it is there already"),
        "{}",
        said.out
    );
    let said = room.run("plan", &["--override", "roles"]).code(0);
    assert!(said.out.contains("note[idle-override]"), "{}", said.out);
}

#[test]
fn a_change_beside_what_breaks_a_rule_already_is_not_refused() {
    let spec = vm("a", "n1-standard-1", 10);
    let room = Room::with(&course("{}", &spec));
    room.apply();
    room.write(
        "course.yaml",
        &course("{ machineTypes: [e2-*] }", &format!("{spec}labels: {{ team: owl }}\n")),
    );
    room.apply();
    room.converged();
    room.write("course.yaml", &course("{ machineTypes: [e2-*] }", &vm("a", "n1-standard-2", 10)));
    assert_eq!(refusals(&room, &[]), ["machine-types"]);
}

#[test]
fn too_many_deletions_in_one_apply_are_refused_but_not_a_destroy() {
    let three: String = ["a", "b", "c"].map(|name| vm(name, "e2-small", 10)).concat();
    let room = Room::with(&course("{ deletionsPerApply: 2 }", &three));
    room.apply();
    room.write("course.yaml", &course("{ deletionsPerApply: 2 }", ""));
    assert_eq!(refusals(&room, &[]), ["deletions-per-apply"]);
    room.run("apply", &["--yes"]).code(4);
    room.write("course.yaml", &course("{ deletionsPerApply: 2 }", &vm("a", "e2-small", 10)));
    room.apply();
    room.write("course.yaml", &course("{ deletionsPerApply: 0 }", ""));
    room.run("apply", &["--yes", "--override", "deletions-per-apply"]).code(0);
    room.write("course.yaml", &course("{ deletionsPerApply: 0 }", &three));
    room.apply();
    room.run("destroy", &["--yes"]).code(0);
}

#[test]
fn a_rule_that_does_not_exist_is_wrong_usage() {
    let room = Room::with(&course("{}", ""));
    let said = room.run("plan", &["--override", "machine-type"]).code(64);
    assert!(said.err.contains("did you mean `machine-types`?"), "{}", said.err);
}
