//! What is written for others than the person at the terminal: Markdown, JSON by its schemas, and what GitHub reads.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;

use insta::assert_snapshot;
use jsonschema::Validator;
use serde_json::{Value, json};
use support::{APIS, COURSE, Room, Said, provost, run};

const RULE: &str = "---\nkind: FirewallRule\nname: web\nallow: [tcp:80]\n";
const GRANT: &str = "---
kind: IamGrant
name: view
on: project
roles: [roles/viewer]
members: [user:ann@x.edu]
expires: 2099-01-01T00:00:00Z
";
const WRONG: &str = "---\nkind: FirewallRule\nname: web\nalow: [tcp:80]\n";

fn room(documents: &str) -> Room {
    Room::with(&format!("{COURSE}{APIS}{documents}"))
}

fn vm(name: &str, more: &str) -> String {
    format!("---\nkind: Vm\nname: {name}\nmachineType: e2-small\n{more}")
}

/// A command as a step of one of GitHub's jobs, whose repository is the course folder.
fn on_github(room: &Room, command: &str, flags: &[&str]) -> Said {
    let mut command = room.command(command, flags);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", room.course());
    run(command.env("GITHUB_STEP_SUMMARY", summary(room)))
}

fn summary(room: &Room) -> PathBuf {
    room.state().with_file_name("summary.md")
}

/// `validate` has no cloud.
fn validated(room: &Room, flags: &[&str]) -> Said {
    let mut command = support::program(&["validate", room.course()]);
    command.args(flags).env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", room.course());
    run(command.env("GITHUB_STEP_SUMMARY", summary(room)))
}

/// The lines that the runner would take for commands.
fn commands(said: &Said) -> Vec<&str> {
    let lines = said.out.lines().chain(said.err.lines());
    lines.filter(|line| line.trim_start().starts_with("::") || line.contains("##[")).collect()
}

#[test]
fn a_plan_in_markdown_is_a_comment_under_a_pull_request() {
    let room = room(&format!("{RULE}{}{}", vm("old", ""), vm("moved", "zone: europe-west1-b\n")));
    room.apply();
    let changed = RULE.replace("80", "8080") + &vm("moved", "zone: europe-west1-c\n") + &vm("new", "");
    room.write("course.yaml", &format!("{COURSE}{APIS}{changed}"));
    room.write("overlays/dev.yaml", "kind: Course\nlabels: { a: b }\n");
    assert_snapshot!(room.run("plan", &["--format", "markdown", "-e", "dev"]).code(0).out, @r"
<!-- provost: be-cloud/dev -->
### Plan for `be-cloud` (`dev`) in `be-cloud-2526`

**Plan: 1 to create, 1 to update in place, 1 to replace, 1 to delete**, 1 unchanged.

#### Destroyed or replaced

- **replace** `Vm/moved`: zone: a machine cannot be moved to another zone; the spec changed
- **delete** `Vm/old`: no spec declares it any more

#### Changes

<details><summary><code>~</code> update in place <code>FirewallRule/web</code>: the spec changed</summary>

```diff
  direction: INGRESS
  priority: 1000
  allow:
- - tcp:80
+ - tcp:8080
  deny: []
  sourceRanges:
  - 0.0.0.0/0
```

</details>

<details><summary><code>±</code> replace <code>Vm/moved</code>: zone: a machine cannot be moved to another zone; the spec changed</summary>

```diff
  name: moved
- zone: europe-west1-b
+ zone: europe-west1-c
  machineType: e2-small
  labels:
+   a: b
    managed-by: provost
    provost-course: be-cloud
  externalIp: true
```

</details>

<details><summary><code>+</code> create <code>Vm/new</code>: it does not exist</summary>

```diff
+ name: new
+ machineType: e2-small
+ labels:
+   a: b
+   managed-by: provost
+   provost-course: be-cloud
+ externalIp: true
+ serviceAccount: default
+ scopes:
+ - https://www.googleapis.com/auth/devstorage.read_only
+ - https://www.googleapis.com/auth/logging.write
+ - https://www.googleapis.com/auth/monitoring.write
+ - https://www.googleapis.com/auth/pubsub
+ - https://www.googleapis.com/auth/service.management.readonly
+ - https://www.googleapis.com/auth/servicecontrol
+ - https://www.googleapis.com/auth/trace.append
```

</details>
");
}

#[test]
fn every_command_with_a_report_writes_markdown_under_the_same_first_line() {
    let room = room(RULE);
    let first = |said: Said| said.code(0).out.lines().next().map(str::to_owned);
    let marker = Some("<!-- provost: be-cloud -->".to_owned());
    let markdown = ["--format", "markdown"];
    assert_eq!(first(provost(&["validate", room.course(), "--format", "markdown"])), marker);
    assert_eq!(first(room.run("preflight", &markdown)), marker);
    assert_eq!(first(room.run("plan", &markdown)), marker);
    let said = room.run("apply", &[&markdown[..], &["--yes"]].concat());
    assert!(
        said.out.contains("### Outcome for `be-cloud` in `be-cloud-2526`\n\n**2 of 2 steps done.**"),
        "{said:?}"
    );
    assert_eq!(first(said), marker);
    let said = room.run("destroy", &[&markdown[..], &["--yes"]].concat());
    assert!(said.out.contains("- **delete** `FirewallRule/web`: "), "{said:?}");
    assert_eq!(first(said), marker);
    for command in ["sweep", "import"] {
        assert_eq!(room.run(command, &markdown).code, 64, "{command}");
    }
}

#[test]
fn a_course_that_is_not_valid_is_said_to_be_so_in_the_same_comment() {
    let room = room(WRONG);
    let mut told = BTreeSet::new();
    for command in ["validate", "plan", "apply", "preflight"] {
        let said = match command {
            "validate" => provost(&["validate", room.course(), "--format", "markdown"]),
            _ => room.run(command, &["--format", "markdown"]),
        };
        told.insert(said.code(1).out.replace(room.course(), "specs"));
    }
    let told: Vec<String> = told.into_iter().collect();
    assert_snapshot!(told.join("\n---\n"), @r"
<!-- provost: be-cloud -->
### `be-cloud` is not valid

**1 error**

#### Errors

- **unknown-field** at `specs/course.yaml:13:1`: `FirewallRule` has no field `alow`
  - help: did you mean `allow`?
");
}

#[test]
fn a_step_that_fails_is_told_with_what_to_do() {
    let room = room(&vm("a", ""));
    room.write("faults.yaml.txt", "faults: [{ method: compute.instances.insert, status: { code: 400 } }]\n");
    let faults = format!("{}/faults.yaml.txt", room.course());
    let said = on_github(&room, "apply", &["--yes", "--format", "markdown", "--faults", &faults]).code(3);
    assert!(said.out.contains("**1 of 2 steps done, 1 failed.**"), "{said:?}");
    assert!(said.out.contains("- **failed** create Vm/a: "), "{said:?}");
    let told = commands(&said);
    assert!(
        told[0].starts_with(
            "::error file=course.yaml,line=12,endLine=12,col=7,endColumn=8,title=step-failed::create Vm/a: "
        ),
        "{told:?}"
    );
    assert_eq!(told.len(), 1, "{told:?}");
}

/// A schema in which nothing else may stand than what it names, which is more than it promises.
fn tight(name: &str) -> Validator {
    let mut schema = provost(&["schema", name]).code(0).json();
    tighten(&mut schema);
    jsonschema::draft7::new(&schema).unwrap()
}

fn tighten(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(tighten);
            if map.contains_key("properties") {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(tighten),
        _ => {}
    }
}

#[track_caller]
fn keeps(schema: &Validator, output: &Value) {
    let errors: Vec<String> =
        schema.iter_errors(output).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new(), "{output:#}");
}

#[test]
fn what_is_written_as_json_is_what_its_schema_explains_and_nothing_else() {
    let json = ["--format", "json"];
    let (plan, outcome, found) = (tight("plan-output"), tight("outcome-output"), tight("diagnostics-output"));
    let room = room(&format!("{RULE}{}", vm("a", "") + GRANT));
    keeps(&plan, &room.run("plan", &json).code(0).json());
    room.write(
        "weather/faults.txt",
        "faults: [{ method: compute.instances.insert, times: 1, status: { code: 400 } }]\n",
    );
    let faults = format!("{}/weather/faults.txt", room.course());
    keeps(&outcome, &room.run("apply", &["--format", "json", "--yes", "--faults", &faults]).code(3).json());
    keeps(&outcome, &room.run("apply", &["--format", "json", "--yes", "--wait-ready"]).code(0).json());
    room.write("course.yaml", &format!("{COURSE}{APIS}{}", RULE.replace("80", "443")));
    keeps(&plan, &room.run("plan", &json).code(0).json());
    keeps(&outcome, &room.run("destroy", &["--format", "json", "--yes"]).code(0).json());
    let refused = Room::with(&format!("{COURSE}---\nkind: ServiceAccount\nname: robot-one\n"));
    keeps(&plan, &refused.run("plan", &json).code(4).json());
    keeps(&outcome, &refused.run("apply", &json).code(4).json());
    let twice = Room::with(&format!("{COURSE}{RULE}{RULE}{WRONG}"));
    keeps(&found, &provost(&["validate", twice.course(), "--format", "json"]).code(1).json());
}

#[test]
fn a_schema_refuses_an_output_without_what_is_promised() {
    let room = room(RULE);
    let output = room.run("plan", &["--format", "json"]).code(0).json();
    for key in ["course", "project", "summary", "changes", "report"] {
        let mut less = output.clone();
        less.as_object_mut().unwrap().shift_remove(key);
        assert!(!tight("plan-output").is_valid(&less), "{key}");
    }
}

#[test]
fn findings_are_annotated_at_their_lines_and_stdout_stays_clean() {
    let room = room(WRONG);
    let said = validated(&room, &["--format", "json"]).code(1);
    assert_eq!(said.json()[0]["code"], "unknown-field");
    assert_eq!(
        said.err,
        "::error file=course.yaml,line=13,endLine=13,col=1,endColumn=5,title=unknown-field::`FirewallRule` has no field `alow`%0A\
         help: did you mean `allow`?\n"
    );
    let planned = on_github(&room, "plan", &[]).code(1);
    assert_eq!(commands(&planned), commands(&said));
    assert!(commands(&room.run("plan", &[])).is_empty());
}

#[test]
fn what_a_plan_says_of_a_resource_is_annotated_where_it_is_declared() {
    let room = Room::with(&format!("{COURSE}---\nkind: ServiceAccount\nname: robot-one\n"));
    let told = on_github(&room, "plan", &[]).code(4);
    let told = commands(&told);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("::error file=course.yaml,line=8,endLine=8,col=7,endColumn=16,title="),
        "{told:?}"
    );
    let warned = Room::with(&format!("{COURSE}{APIS}---\nkind: FirewallRule\nname: ssh\nallow: [tcp:22]\n"));
    let told = on_github(&warned, "plan", &[]).code(0);
    assert!(commands(&told)[0].starts_with("::warning file=course.yaml,line=13,"), "{told:?}");
}

#[test]
fn what_github_would_not_count_is_told_in_one() {
    let many: String = (0..30).map(|i| WRONG.replace("web", &format!("web-{i}"))).collect();
    let said = validated(&room(&many), &[]).code(1);
    let told = commands(&said);
    assert_eq!(told.len(), 10);
    assert_eq!(told[9], "::error title=provost::21 more errors are in the log of this step");
}

#[test]
fn no_text_of_others_is_a_command() {
    let script =
        |last: &str| format!("startupScript: |\n  ::error::smuggled\n  ##[add-mask]x\n  echo {last}\n");
    let room = room(&vm("a", &script("one")));
    on_github(&room, "apply", &["--yes"]).code(0);
    room.write("course.yaml", &format!("{COURSE}{APIS}{}", vm("a", &script("two"))));
    for format in ["text", "json", "markdown"] {
        let said = on_github(&room, "plan", &["--format", format]).code(0);
        assert!(said.out.contains("smuggled") && commands(&said).is_empty(), "{said:?}");
        if format == "json" {
            assert!(said.json()["changes"][1].to_string().contains("##[add-mask]x"));
        }
    }
    let said = on_github(&room, "plan", &["--env", "x\n::error::smuggled"]);
    assert!(commands(&said).iter().all(|line| line.starts_with("::error title=provost::")), "{said:?}");
    assert!(!said.err.contains("\n::error::smuggled"), "{said:?}");
    assert!(room.run("plan", &[]).out.contains("  ::error::smuggled\n"), "elsewhere nothing is changed");
}

#[test]
fn the_summary_of_a_job_takes_what_every_command_says() {
    let room = room(RULE);
    validated(&room, &[]).code(0);
    on_github(&room, "plan", &[]).code(0);
    on_github(&room, "apply", &["--yes"]).code(0);
    on_github(&room, "destroy", &["--yes"]).code(0);
    let text = fs_err::read_to_string(summary(&room)).unwrap();
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("### ")).collect();
    assert_snapshot!(headings.join("\n"), @r"
### `be-cloud` is valid
### Plan for `be-cloud` in `be-cloud-2526`
### Outcome for `be-cloud` in `be-cloud-2526`
### Outcome for `be-cloud` in `be-cloud-2526`
");
}

#[test]
fn a_summary_that_cannot_be_written_is_a_warning() {
    let room = room(RULE);
    let mut command = room.command("plan", &[]);
    let said = run(command.env("GITHUB_STEP_SUMMARY", "/nowhere/at/all")).code(0);
    assert!(said.err.starts_with("warning: the summary of the job is not written: "), "{said:?}");
}

#[test]
fn no_secret_is_in_a_comment_a_summary_or_an_annotation() {
    let room = room(&vm("a", "metadata: { DB_PASSWORD: 'hunter_22*', note: 'it is hunter_22*' }\n"));
    let faults = format!("{}/faults.txt", room.course());
    room.write(
        "faults.txt",
        "faults: [{ method: compute.instances.insert, status: { code: 400, message: 'no hunter_22*' } }]\n",
    );
    let flags = ["--yes", "--format", "markdown", "--faults", &faults];
    let said = on_github(&room, "apply", &flags).code(3);
    let everything = format!("{}{}", said.all(), fs_err::read_to_string(summary(&room)).unwrap());
    assert!(everything.contains("no (sensitive)"), "{everything}");
    assert!(!everything.contains("hunter"), "{everything}");
}
