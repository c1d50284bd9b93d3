//! Commands and compose files as specs: what comes out validates, applies, and leaves nothing to do; what is left out is told.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Room, Said, program, provost, run};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/commands").join(name)
}

/// The specs of commands.
#[track_caller]
fn specs(commands: &str) -> Said {
    provost(&["from-gcloud", "--project", "be-cloud-2526", commands]).code(0)
}

/// Specs as JSON: the document of a kind, the first if there are several.
#[track_caller]
fn one(commands: &str, kind: &str) -> Value {
    let said =
        provost(&["from-gcloud", "--format", "json", "--project", "be-cloud-2526", commands]).code(0).json();
    let all = said["specs"].as_array().unwrap().clone();
    all.into_iter().find(|spec| spec["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {said:#}"))
}

/// The codes of what is said about commands.
fn codes(commands: &str) -> Vec<String> {
    let said = provost(&["from-gcloud", "--format", "json", "--project", "be-cloud-2526", commands]).json();
    let found = said["diagnostics"].as_array().unwrap().clone();
    found.iter().map(|one| format!("{} {}", one["line"], one["code"].as_str().unwrap())).collect()
}

/// Stops the test unless specs are valid, can be applied, and leave nothing to do.
#[track_caller]
fn applies(text: &str) -> Room {
    let room = Room::with(text);
    let said = provost(&["validate", room.course()]);
    assert_eq!(said.code, 0, "{}\n{text}", said.all());
    room.apply();
    room.converged();
    room
}

#[test]
fn the_commands_of_a_course_become_specs_that_apply() {
    for name in ["isae.sh", "dtu.sh", "yolo.sh", "mlops.sh", "console.sh"] {
        let said = provost(&["from-gcloud", "--file", fixture(name).to_str().unwrap()]).code(0);
        applies(&said.out);
    }
}

#[test]
fn a_compose_file_becomes_a_machine_and_a_rule() {
    let file = fixture("docker-compose.yml");
    let flags = ["--project", "third-ridge-138414", "--machine", "yolo"];
    let mut command = program(&["from-compose", file.to_str().unwrap()]);
    let said = run(command.args(flags)).code(0);
    let room = applies(&said.out);
    let rule = room.resource("firewalls/open-yolo");
    assert_eq!(rule["targetTags"], serde_json::json!(["yolo"]));
    assert_eq!(rule["allowed"][0]["ports"], serde_json::json!(["8000", "8501"]));
    assert!(room.find("repositories/docker").is_some(), "the registry of the images is declared");
    let vm = room.resource("instances/yolo");
    let data =
        vm["metadata"]["items"].as_array().unwrap().iter().find(|item| item["key"] == "user-data").unwrap();
    let data = data["value"].as_str().unwrap();
    for word in [
        "-p 8000:8000",
        "-p 8501:8501",
        "--name=streamlit",
        "europe-docker.pkg.dev/third-ridge-138414/docker/yolo-v5:1.2",
    ] {
        assert!(data.contains(word), "{word} is not in\n{data}");
    }
}

#[test]
fn every_key_of_a_compose_file_is_taken_or_told() {
    let file = fixture("everything.yml");
    let said = provost(&["from-compose", file.to_str().unwrap(), "--project", "be-cloud-2526"]).code(0);
    applies(&said.out);
    let text = fs_err::read_to_string(&file).unwrap();
    let told = text.lines().filter_map(|line| line.split_once("# told: "));
    for (line, code) in told {
        let number = text.lines().position(|other| other.starts_with(line)).unwrap() + 1;
        let place = format!("everything.yml:{number}:");
        assert!(
            said.err.contains(&place) && said.err.contains(&format!("[{code}]")),
            "{place} {code}\n{}",
            said.err
        );
    }
    let vars = said
        .out
        .lines()
        .skip_while(|line| *line != "vars:")
        .skip(1)
        .take_while(|line| line.starts_with("  "));
    assert_eq!(vars.map(str::trim).collect::<Vec<_>>(), ["tag: '1.5'", "api_token: api-token", "user: user"]);
}

#[test]
fn every_flag_is_taken_or_told() {
    let vm = "gcloud compute instances create a --zone=europe-west1-b";
    assert_eq!(codes(&format!("{vm} --machine-typ=x")), ["1 not-translated"]);
    assert_eq!(codes(&format!("{vm} --disk=name=x")), ["1 not-translated"]);
    assert_eq!(codes(&format!("{vm} --quiet --format=json --async --verbosity debug")), [] as [&str; 0]);
    let said = provost(&["from-gcloud", &format!("{vm} --machine-typ=x")]).code(0);
    assert!(said.err.contains("did you mean `machine-type`?"), "{}", said.err);
}

#[test]
fn flags_are_written_with_a_sign_between_or_a_space() {
    let one_way = "gcloud compute instances create a b --zone=europe-west1-b --tags=x,y --labels=k=v --scopes=storage-rw --no-address";
    let other = "gcloud --quiet compute --project p-1234 instances create a b --zone europe-west1-b --tags x,y --labels k=v --scopes storage-rw --no-address";
    assert_eq!(one(one_way, "Vm"), one(other, "Vm"));
    assert_eq!(specs(other).out.matches("kind: Vm").count(), 2);
}

#[test]
fn what_cannot_be_understood_is_told_with_its_line() {
    let script = "for i in 1 2 3; do\n  gcloud compute instances create vm-$i\ndone\ngcloud compute foo bar\ngcloud services enable compute.googleapis.com\ngsutil cp a gs://b\nls";
    assert_eq!(
        codes(script),
        ["1 not-understood", "4 not-translated", "6 not-a-resource", "7 not-a-resource"]
    );
}

#[test]
fn what_is_added_to_a_machine_of_others_is_told() {
    let add = "gcloud compute instances add-tags a --tags=web";
    let made = one(
        &format!("{add}\ngcloud compute instances create-with-container a --container-image=nginx:1"),
        "ContainerVm",
    );
    assert_eq!(made["tags"], serde_json::json!(["web"]));
    let ssh = "gcloud compute ssh b -- -L 8080:localhost:8080 -N";
    for alone in [add, ssh] {
        assert_eq!(codes(alone), ["null nothing-translated", "1 not-a-resource"], "{alone}");
    }
}

#[test]
fn a_script_without_anything_for_a_spec_fails() {
    let said = provost(&["from-gcloud", "ls -l"]).code(1);
    assert!(said.out.is_empty() && said.err.contains("nothing-translated"), "{}", said.all());
    let said = provost(&["from-gcloud", "gcloud services enable 'x"]).code(1);
    assert!(said.err.contains("a quote is not closed"), "{}", said.err);
}

#[test]
fn grants_of_one_member_come_together_and_conditions_stay_apart() {
    let grant = "gcloud projects add-iam-policy-binding be-cloud-2526 --member=user:Ann.Lee@x.edu";
    let condition =
        "--condition=expression='request.time < timestamp(\"2027-01-01T00:00:00Z\")',title=course";
    let commands = format!(
        "{grant} --role=roles/viewer\n{grant} --role=roles/run.admin --condition=None\n{grant} --role=roles/storage.admin {condition}"
    );
    let said = specs(&commands);
    assert_eq!(said.out.matches("kind: IamGrant").count(), 2, "{}", said.out);
    let room = applies(&said.out);
    assert_eq!(room.members("roles/run.admin"), ["user:Ann.Lee@x.edu".to_lowercase()]);
}

#[test]
fn commands_of_gsutil_make_buckets_and_let_people_in() {
    let commands = "gsutil -m mb -l europe-west1 -c nearline -b on gs://be-cloud-2526-a gs://be-cloud-2526-b\ngsutil versioning set on gs://be-cloud-2526-a\ngsutil iam ch allUsers:objectViewer user:ann@x.edu:objectAdmin,legacyBucketReader gs://be-cloud-2526-a";
    let room = applies(&specs(commands).out);
    let bucket = room.resources()["storage/b/be-cloud-2526-a"]["bucket"].clone();
    assert_eq!(
        (&bucket["storageClass"], &bucket["versioning"]["enabled"]),
        (&"NEARLINE".into(), &true.into())
    );
    assert!(room.find("storage/b/be-cloud-2526-b").is_some());
}

#[test]
fn a_script_is_read_from_standard_input() {
    let mut command = program(&["from-gcloud", "-", "--without-course", "--project", "be-cloud-2526"]);
    let said = run(command.write_stdin("gcloud services enable run.googleapis.com\n")).code(0);
    assert!(!said.out.contains("kind: Course") && said.out.contains("run.googleapis.com"), "{}", said.out);
}

/// Commands of gcloud and gsutil and compose files that stand in a document, in blocks between fences.
fn in_document(text: &str) -> (String, Vec<String>) {
    let (mut script, mut files) = (String::new(), Vec::new());
    let plain = text.lines().map(|line| if line.trim_start().starts_with("```") { "```" } else { line });
    let joined: Vec<&str> = plain.collect();
    for (i, block) in joined.join("\n").split("```").enumerate() {
        if i % 2 == 1 && block.contains("services:") {
            files.push(block.to_owned());
        } else if i % 2 == 1 && ["gcloud ", "gsutil "].iter().any(|word| block.contains(word)) {
            script.push_str(block);
            script.push('\n');
        }
    }
    (script, files)
}

#[test]
#[ignore = "needs the documents of courses"]
fn what_course_documents_have_people_type_becomes_specs_that_apply() {
    let folder = std::env::var_os("SEEDS").unwrap();
    let (mut scripts, mut composed) = (0, 0);
    for entry in fs_err::read_dir(folder).unwrap() {
        let text = fs_err::read_to_string(entry.unwrap().path()).unwrap();
        let (script, files) = in_document(&text);
        if !script.is_empty() {
            let mut command = program(&["from-gcloud", "-"]);
            applies(&run(command.write_stdin(script)).code(0).out);
            scripts += 1;
        }
        for file in files {
            let mut command = program(&["from-compose", "-"]);
            applies(&run(command.write_stdin(file)).code(0).out);
            composed += 1;
        }
    }
    assert!(scripts >= 3 && composed >= 1, "{scripts} scripts, {composed} compose files");
}

#[test]
fn the_application_of_yolo_deploy_is_made_of_its_compose_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/yolo-deploy");
    let mut command = program(&[
        "from-compose",
        "--without-course",
        "--project",
        "third-ridge-138414",
        "--registry",
        "deployment",
    ]);
    command.args(["--machine", "yolo-compose", "--machine-type", "n1-standard-2"]);
    let said = run(command.arg(folder.join("docker-compose.yml"))).code(0);
    let written = fs_err::read_to_string(folder.join("application.yaml")).unwrap();
    let documents =
        |text: &str| text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    assert_eq!(documents(&written), documents(&said.out), "make it anew as its README says");
}
