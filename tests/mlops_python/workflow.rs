//! The workflow of the course: its scripts run by bash in a clone of a repository, one job at a time, as GitHub would run them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_yaml::Value as Yaml;
use tempfile::TempDir;

use crate::support::Room;

const DOCKER: &str = "#!/bin/bash
case $1 in
  login) cat > STATE/password ;;
  build | push) ;;
  image) printf '%s@sha256:%s\\n' \"${5%:*}\" \"$(printf 'd%.0s' {1..64})\" ;;
  *) exit 64 ;;
esac
";
/// Replaces a file of the branch, if it is still the one that the caller knows.
const GH: &str = "#!/bin/bash
set -euo pipefail
[ -n \"$GH_TOKEN\" ] && [ \"$1 $2 $3\" = 'api --method PUT' ]
file=${4#repos/school/api/contents/}
shift 5
declare -A field
while [ \"$#\" -gt 0 ]; do field[${2%%=*}]=${2#*=}; shift 2; done
cd STATE/origin
[ \"$(git rev-parse \"${field[branch]}:$file\")\" = \"${field[sha]}\" ]
printf '%s' \"${field[content]}\" | base64 -d > \"$file\"
git -c user.name=bot -c user.email=bot@x.edu commit --quiet --message \"${field[message]}\" -- \"$file\"
";
/// The program, on the sandbox for what takes one.
const PROVOST: &str = "#!/bin/bash
[ \"$1\" = validate ] && exec 'PROGRAM' \"$@\"
exec 'PROGRAM' \"$1\" \"$2\" '--sandbox=SANDBOX' \"${@:3}\"
";

/// The folder of the course as a repository of its own.
pub(crate) struct Repository {
    state: TempDir,
    workflow: Yaml,
    ran: BTreeSet<String>,
}

type Env<'a> = BTreeMap<&'a str, String>;

impl Repository {
    /// The repository of a course, whose project is in a room's sandbox.
    pub(crate) fn of(course: &Path, room: &Room) -> Self {
        let state = TempDir::new().unwrap();
        let at = state.path().to_str().unwrap();
        let workflow = fs_err::read_to_string(course.join(".github/workflows/release.yml")).unwrap();
        let program = assert_cmd::cargo::cargo_bin!("provost").display().to_string();
        let provost = PROVOST.replace("PROGRAM", &program).replace("SANDBOX", room.state().to_str().unwrap());
        for (name, text) in [("docker", DOCKER), ("gh", GH), ("provost", &provost)] {
            let path = state.path().join("bin").join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(&path, text.replace("STATE", at)).unwrap();
            assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
        }
        let origin = state.path().join("origin");
        assert!(Command::new("cp").arg("-r").arg(course).arg(&origin).status().unwrap().success());
        git(&origin, &["init", "--quiet", "--initial-branch=main"]);
        git(&origin, &["add", "--all"]);
        git(&origin, &["commit", "--quiet", "--message", "Begin"]);
        Self { state, workflow: serde_yaml::from_str(&workflow).unwrap(), ran: BTreeSet::new() }
    }

    /// Runs the job that builds and pushes; the image it gives on.
    pub(crate) fn image(&mut self) -> String {
        let env = Env::from([("TOKEN", "ya29.pushes".to_owned())]);
        self.job("image", &env).unwrap();
        let output = self.noted("output");
        output.trim().strip_prefix("image=").unwrap().to_owned()
    }

    /// Runs the job that rolls an environment; what it said if it failed.
    pub(crate) fn roll(&mut self, environment: &str, pushed: &str) -> Result<(), String> {
        let env = Env::from([
            ("ENVIRONMENT", environment.to_owned()),
            ("PUSHED", pushed.to_owned()),
            ("GH_TOKEN", "ghs".to_owned()),
        ]);
        self.job("roll", &env)
    }

    fn job(&mut self, job: &str, given: &Env<'_>) -> Result<(), String> {
        let clone = TempDir::new().unwrap();
        git(clone.path(), &["clone", "--quiet", self.state.path().join("origin").to_str().unwrap(), "."]);
        let job_env = self.workflow["jobs"][job]["env"].clone();
        for step in self.workflow["jobs"][job]["steps"].as_sequence().unwrap().clone() {
            let Some(script) = step["run"].as_str() else { continue };
            assert!(!script.contains("${{"), "an expression in a script is code that others can write");
            self.ran.insert(script.to_owned());
            let mut bash = Command::new("bash");
            bash.arg("-e").arg("-c").arg(script).current_dir(clone.path()).env_clear();
            for env in [&job_env, &step["env"]] {
                bash.envs(declared(env, given));
            }
            let output = bash.envs(self.of_github()).output().unwrap();
            if !output.status.success() {
                return Err([output.stdout, output.stderr]
                    .map(|said| String::from_utf8(said).unwrap())
                    .concat());
            }
        }
        Ok(())
    }

    /// What GitHub gives to every step.
    fn of_github(&self) -> BTreeMap<&'static str, String> {
        let at = |name: &str| self.state.path().join(name).to_str().unwrap().to_owned();
        let path = format!("{}:{}", at("bin"), std::env::var("PATH").unwrap());
        BTreeMap::from([
            ("PATH", path),
            ("HOME", at("home")),
            ("GITHUB_OUTPUT", at("output")),
            ("GITHUB_SHA", "f".repeat(40)),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("GITHUB_REPOSITORY", "school/api".to_owned()),
            ("GITHUB_REF_NAME", "main".to_owned()),
        ])
    }

    /// A file that the played programs have written.
    pub(crate) fn noted(&self, file: &str) -> String {
        fs_err::read_to_string(self.state.path().join(file)).unwrap()
    }

    /// What was committed, the latest first, each digest cut short.
    pub(crate) fn commits(&self) -> Vec<String> {
        let log = git(&self.state.path().join("origin"), &["log", "--format=%s"]);
        log.lines()
            .map(|line| line.split_once(":d").map_or(line.to_owned(), |(head, _)| format!("{head}:ddd")))
            .collect()
    }

    /// The scripts that have not run.
    pub(crate) fn never_run(&self) -> Vec<String> {
        let jobs = self.workflow["jobs"].as_mapping().unwrap().values();
        let steps = jobs.flat_map(|job| job["steps"].as_sequence().unwrap());
        let scripts = steps.filter_map(|step| step["run"].as_str()).map(str::to_owned);
        scripts.filter(|script| !self.ran.contains(script)).collect()
    }
}

/// The variables that a job or a step declares; those with an expression have the value that the test gives.
fn declared(env: &Yaml, given: &Env<'_>) -> BTreeMap<String, String> {
    let Some(env) = env.as_mapping() else { return BTreeMap::new() };
    env.iter()
        .map(|(name, value)| {
            let (name, text) = (name.as_str().unwrap(), value.as_str().unwrap());
            let value = if text.contains("${{") { given[name].clone() } else { text.to_owned() };
            (name.to_owned(), value)
        })
        .collect()
}

/// Runs git, apart from whatever this machine's user has configured.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=Ann", "-c", "user.email=ann@x.edu"]).args(arguments);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = git.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
