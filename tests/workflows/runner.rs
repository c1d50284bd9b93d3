//! A runner: carries out the jobs of a workflow in order, each step as GitHub would, in a workspace of its own. What a step
//! `uses` is played by `actions.rs`; what it `run`s is run by bash.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::{Mapping, Value};
use tempfile::TempDir;

use super::coverage::Coverage;
use super::expression::Context;
use super::file::{self, Action, Job, Map, Step, Workflow};
use super::github::{Event, GitHub};

/// How a job or a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Result {
    Success,
    Failure,
    Skipped,
}

/// A workflow that has run.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// By `job` or `job/step`.
    results: BTreeMap<String, Result>,
    /// What each step has written, its commands included.
    said: BTreeMap<String, String>,
    /// Every job's summary, one behind the other.
    pub(crate) summary: String,
    pub(crate) coverage: Coverage,
}

impl Ended {
    /// How a job (`plan`) or a step of it (`plan/Comment`) ended.
    #[track_caller]
    pub(crate) fn result(&self, name: &str) -> Result {
        *self.results.get(name).unwrap_or_else(|| panic!("no {name} among {:?}", self.results.keys()))
    }

    /// Stops the test unless a job or a step ended so.
    #[track_caller]
    pub(crate) fn is(self, name: &str, result: Result) -> Self {
        assert_eq!(self.result(name), result, "{name}\n{:#?}", self.said);
        self
    }

    /// What a step has written.
    #[track_caller]
    pub(crate) fn said(&self, name: &str) -> &str {
        self.said.get(name).unwrap_or_else(|| panic!("no {name} among {:?}", self.said.keys()))
    }
}

/// Runs a workflow of the repository for an event.
pub(crate) fn run(github: &GitHub, workflow: &str, event: &Event) -> Ended {
    let file = format!(".github/workflows/{workflow}");
    let read: Workflow = file::read(&github.origin().join(&file));
    assert_eq!(read.permissions, Value::Mapping(Mapping::new()), "{workflow}: each job says what it may do");
    let mut ended = Ended::default();
    for (name, job) in &read.jobs {
        let mut context = event.context(github);
        context.set("github.token", token(job));
        let needed = job.needs.as_ref().map(|needed| ended.result(needed));
        context.failed = needed == Some(Result::Failure);
        let skipped =
            needed == Some(Result::Skipped) && !job.r#if.as_deref().unwrap_or("").contains("failure()");
        let runs = !skipped && context.holds(job.r#if.as_deref());
        let mut result = if runs { Result::Success } else { Result::Skipped };
        for row in matrix(job).into_iter().filter(|_| runs) {
            let mut context = context.clone();
            context.failed = false;
            for (key, value) in &row {
                context.set(&format!("matrix.{key}"), value);
            }
            let mut run = Run::new(github, &file, name, context, event);
            if !run.job(job, &mut ended) {
                result = Result::Failure;
            }
        }
        ended.results.insert(name.clone(), result);
    }
    ended
}

/// A token that says what it is good for, as in `ghs,contents:read,issues:write,`: what the fakes hold it to.
fn token(job: &Job) -> String {
    let right = |(name, access): (&Value, &Value)| format!("{}:{},", file::text(name), file::text(access));
    let rights: String = job.permissions.as_mapping().unwrap().iter().map(right).collect();
    format!("ghs,{rights}")
}

/// What a job runs with: the rows of its matrix, or nothing once.
fn matrix(job: &Job) -> Vec<Map<String>> {
    let Some(strategy) = &job.strategy else { return vec![Vec::new()] };
    let cell = |(key, value): (&Value, &Value)| (file::text(key), file::text(value));
    let row = |row: &Value| row.as_mapping().unwrap().iter().map(cell).collect();
    strategy.matrix.include.iter().map(row).collect()
}

/// One run of one job.
pub(crate) struct Run<'a> {
    pub(crate) github: &'a GitHub,
    pub(crate) event: &'a Event,
    file: String,
    name: String,
    pub(crate) context: Context,
    folder: TempDir,
    env: Map<String>,
    path: Vec<PathBuf>,
    /// The environment whose rules the job waits for.
    pub(crate) environment: Option<String>,
    arch: &'static str,
}

impl<'a> Run<'a> {
    fn new(github: &'a GitHub, file: &str, name: &str, mut context: Context, event: &'a Event) -> Self {
        let folder = TempDir::new().unwrap();
        for part in ["workspace", "temp", "files", "home"] {
            fs_err::create_dir(folder.path().join(part)).unwrap();
        }
        context.set("runner.temp", folder.path().join("temp").to_str().unwrap());
        let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflows/bin");
        let (file, name, env, path) = (file.to_owned(), name.to_owned(), Vec::new(), vec![bin]);
        Self { github, event, file, name, context, folder, env, path, environment: None, arch: "X64" }
    }

    /// Whether the job's token may do this, as in `issues:write`. Who may write may read.
    pub(crate) fn may(&self, right: &str) -> bool {
        let token = self.context.fill("${{ github.token }}");
        [right, &right.replace(":read", ":write")].iter().any(|right| token.contains(&format!(",{right},")))
    }

    /// The folder that the job works in.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Runs every step; whether the job succeeded.
    fn job(&mut self, job: &Job, ended: &mut Ended) -> bool {
        self.arch = match self.context.fill(&job.runs_on).strip_prefix("ubuntu-24.04") {
            Some("") => "X64",
            Some("-arm") => "ARM64",
            _ => "RISCV64",
        };
        self.env = filled(&self.context, &job.env);
        self.environment.clone_from(&job.environment);
        self.steps(&job.steps, ended);
        let summary = self.folder.path().join("files/GITHUB_STEP_SUMMARY");
        ended.summary += &fs_err::read_to_string(summary).unwrap_or_default();
        !self.context.failed
    }

    fn steps(&mut self, steps: &[Step], ended: &mut Ended) {
        for step in steps {
            let key = format!("{}/{}", self.name, step.name);
            let result = match () {
                () if !self.context.holds(step.r#if.as_deref()) => Result::Skipped,
                () if self.step(step, &key, ended) => Result::Success,
                () => Result::Failure,
            };
            self.context.failed |= result == Result::Failure;
            ended.results.insert(key, result);
        }
    }

    fn step(&mut self, step: &Step, key: &str, ended: &mut Ended) -> bool {
        if let Some(script) = &step.run {
            return self.script(step, script, key, ended);
        }
        let with: BTreeMap<String, String> = step
            .with
            .iter()
            .map(|(key, value)| (key.clone(), self.context.fill(&file::text(value))))
            .collect();
        let uses = step.uses.as_deref().unwrap();
        match uses.strip_prefix("./") {
            Some(folder) => self.action(folder, &with, ended),
            None => super::actions::play(self, uses, &with),
        }
    }

    /// The steps of an action of the repository, with its inputs in place of the workflow's names.
    fn action(&mut self, folder: &str, with: &BTreeMap<String, String>, ended: &mut Ended) -> bool {
        let file = format!("{folder}/action.yml");
        let action: Action = file::read(&self.workspace().join(&file));
        for (name, input) in &action.inputs {
            let value = with.get(name).unwrap_or(&input.default);
            self.context.set(&format!("inputs.{name}"), value);
        }
        assert!(with.keys().all(|given| action.inputs.iter().any(|(name, _)| name == given)), "{with:?}");
        let outside =
            (std::mem::replace(&mut self.file, file), std::mem::replace(&mut self.name, "action".to_owned()));
        self.steps(&action.runs.steps, ended);
        (self.file, self.name) = outside;
        !self.context.failed
    }

    /// Runs a script as the runner does: `bash -e`, or with pipefail where `shell: bash` is written.
    fn script(&mut self, step: &Step, script: &str, key: &str, ended: &mut Ended) -> bool {
        assert!(!script.contains("${{"), "{key}: an expression in a script is code that others can write");
        let files = self.folder.path().join("files");
        fs_err::write(files.join("script"), script).unwrap();
        fs_err::write(files.join("trace"), "").unwrap();
        let shell: &[&str] = match step.shell.as_deref() {
            None => &["-e"],
            Some("bash") => &["--noprofile", "--norc", "-eo", "pipefail"],
            Some(other) => panic!("{other}"),
        };
        let mut bash = Command::new("bash");
        bash.args(shell).arg(files.join("script")).current_dir(self.workspace()).env_clear();
        bash.envs(self.variables(&files)).envs(filled(&self.context, &step.env));
        let output = bash.output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        ended.coverage.trace(&self.file, key, &fs_err::read_to_string(files.join("trace")).unwrap());
        ended.said.insert(key.to_owned(), said);
        self.take(step, &files);
        output.status.success()
    }

    /// What the runner gives to every step.
    fn variables(&self, files: &Path) -> Map<String> {
        let file = |name: &str| (name.to_owned(), files.join(name).to_str().unwrap().to_owned());
        let (inherited, trace) = (std::env::var("PATH").unwrap(), files.join("trace"));
        let own = self.path.iter().map(|path| path.to_str().unwrap().to_owned());
        let path: Vec<String> = own.chain([inherited]).collect();
        let traced = format!(
            "exec 9>> '{}'\nBASH_XTRACEFD=9\nPS4='+$LINENO '\nunset BASH_ENV\nset -x\n",
            trace.display()
        );
        fs_err::write(files.join("BASH_ENV"), traced).unwrap();
        let mut all = self.env.clone();
        all.extend(self.event.environment(self.github));
        all.extend(
            ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "BASH_ENV"].map(file),
        );
        let own = [
            ("PATH", path.join(":")),
            ("HOME", self.folder.path().join("home").to_str().unwrap().to_owned()),
            ("GITHUB_WORKSPACE", self.workspace().to_str().unwrap().to_owned()),
            ("RUNNER_TEMP", self.folder.path().join("temp").to_str().unwrap().to_owned()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", self.arch.to_owned()),
        ];
        all.extend(own.map(|(name, value)| (name.to_owned(), value)));
        all
    }

    /// Takes over what a step has written into the runner's files.
    fn take(&mut self, step: &Step, files: &Path) {
        let lines = |name: &str| {
            let path = files.join(name);
            let text = fs_err::read_to_string(&path).unwrap_or_default();
            fs_err::write(path, "").unwrap();
            text.lines().map(str::to_owned).collect::<Vec<String>>()
        };
        for line in lines("GITHUB_OUTPUT") {
            let (name, value) = line.split_once('=').unwrap();
            let id = step.id.as_deref().expect("an output needs the step's id");
            self.context.set(&format!("steps.{id}.outputs.{name}"), value);
        }
        for line in lines("GITHUB_PATH") {
            self.path.insert(0, PathBuf::from(line));
        }
        assert!(lines("GITHUB_ENV").is_empty(), "no step hands on an environment");
    }
}

/// Variables with their expressions filled in.
fn filled(context: &Context, env: &Map<String>) -> Map<String> {
    env.iter().map(|(name, value)| (name.clone(), context.fill(value))).collect()
}
