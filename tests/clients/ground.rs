//! Where a client runs: a sandbox (its own, or the one that `PROVOST_CLIENTS_ENDPOINT` names, with a judge in
//! between), a folder of its own, and the environment that leads it there and asks for no credentials.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{self, Said};

/// The zone that gcloud and the scripts work in.
pub(crate) const ZONE: &str = "europe-west1-b";

/// A sandbox, a project in it and a folder for one test.
pub(crate) struct Ground {
    /// The project. Tests may share a sandbox, never a project.
    pub(crate) project: &'static str,
    /// The root of all services.
    pub(crate) endpoint: String,
    folder: TempDir,
    own: Option<Child>,
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some(server) = &mut self.own {
            // It may have ended by itself; nothing is left to do then.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Ground {
    /// The project in the sandbox at hand, with these services enabled.
    pub(crate) fn with(project: &'static str, services: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let ground = match std::env::var("PROVOST_CLIENTS_ENDPOINT") {
            Ok(endpoint) if !endpoint.is_empty() => Self { project, endpoint, folder, own: None },
            _ => {
                let (own, endpoint) = serve(&folder.path().join("state.json"));
                Self { project, endpoint, folder, own: Some(own) }
            }
        };
        ground.enable(services);
        ground
    }

    fn enable(&self, services: &[&str]) {
        if services.is_empty() {
            return;
        }
        let names: Vec<String> = services.iter().map(|name| format!("  - {name}.googleapis.com\n")).collect();
        let course = format!(
            "kind: Course\nname: ground\nproject: {}\ninventory: {}\n---\nkind: ApiServices\nname: apis\nservices:\n{}",
            self.project,
            self.path("ground.json").display(),
            names.concat()
        );
        self.write("ground/course.yaml", &course);
        self.provost(&["apply", "ground", "--yes"]).code(0);
    }

    /// A path in the folder.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    /// Reads a file of the folder.
    pub(crate) fn read(&self, file: &str) -> String {
        fs_err::read_to_string(self.path(file)).unwrap()
    }

    /// Runs Provost in the folder against the sandbox.
    pub(crate) fn provost(&self, arguments: &[&str]) -> Said {
        let mut command = support::program(arguments);
        command.current_dir(self.folder.path()).env("PROVOST_ENDPOINT", &self.endpoint);
        support::run(command.env("GOOGLE_OAUTH_ACCESS_TOKEN", "none"))
    }

    /// A client of Google's in the folder, led to the sandbox.
    pub(crate) fn client(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if ["CLOUDSDK_", "GOOGLE_", "BOTO"].iter().any(|p| name.to_string_lossy().starts_with(p)) {
                command.env_remove(&name);
            }
        }
        let root = &self.endpoint;
        let overridden = "CLOUDSDK_API_ENDPOINT_OVERRIDES";
        for service in ["IAM", "CLOUDRESOURCEMANAGER", "SERVICEUSAGE", "ARTIFACTREGISTRY"] {
            command.env(format!("{overridden}_{service}"), format!("{root}/"));
        }
        command.current_dir(self.folder.path()).envs([
            (format!("{overridden}_COMPUTE"), format!("{root}/compute/v1/")),
            (format!("{overridden}_STORAGE"), format!("{root}/storage/v1/")),
        ]);
        command.env("CLOUDSDK_CONFIG", self.path("gcloud")).envs([
            ("CLOUDSDK_CORE_PROJECT", self.project),
            ("CLOUDSDK_COMPUTE_ZONE", ZONE),
            ("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true"),
            ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1"),
            ("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true"),
            ("CLOUDSDK_CORE_PASS_CREDENTIALS_TO_GSUTIL", "false"),
            ("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "true"),
            ("CLOUDSDK_CORE_CHECK_GCE_METADATA", "false"),
            ("NO_GCE_CHECK", "true"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("NO_PROXY", "127.0.0.1"),
        ]);
        command
    }
}

/// A sandbox in a process of its own, and its address.
fn serve(state: &Path) -> (Child, String) {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("provost"));
    command.args(["sandbox", "serve", "--state"]).arg(state).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let address = first_line(&mut child);
    (child, address)
}

/// What a server says first: where it listens.
pub(crate) fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

/// Says, past the test's captured output, why a test did nothing.
pub(crate) fn skip(what: &str) {
    std::io::stderr().write_all(format!("{what}: skipped\n").as_bytes()).unwrap();
}

/// A program on the path; says so when it is not there.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// gcloud in a project.
pub(crate) struct Gcloud {
    pub(crate) ground: Ground,
    program: PathBuf,
}

impl Gcloud {
    /// gcloud in the project of a sandbox, if it is installed.
    pub(crate) fn with(project: &'static str, services: &[&str]) -> Option<Self> {
        let program = installed("gcloud")?;
        Some(Self { ground: Ground::with(project, services), program })
    }

    fn run(&self, line: &str, more: &[&str]) -> Said {
        let mut command = self.ground.client(&self.program);
        support::run(command.args(line.split_whitespace()).args(more))
    }

    /// What a command says that must succeed; the line is split at spaces.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        let said = self.run(line, &[]);
        assert_eq!(said.code, 0, "gcloud {line}\n{}", said.all());
        assert!(!said.err.contains("did not succeed"), "gcloud {line}\n{}", said.err);
        said.out
    }

    /// The JSON that a command prints.
    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        let said = self.run(line, &["--format=json"]);
        assert_eq!(said.code, 0, "gcloud {line}\n{}", said.all());
        said.json()
    }

    /// One word per line that a command prints of a field.
    #[track_caller]
    pub(crate) fn each(&self, line: &str, field: &str) -> Vec<String> {
        let said = self.run(line, &[&format!("--format=value({field})")]);
        assert_eq!(said.code, 0, "gcloud {line}\n{}", said.all());
        said.out.lines().map(str::to_owned).collect()
    }

    /// Stops the test unless the command fails with this text.
    #[track_caller]
    pub(crate) fn refused(&self, line: &str, text: &str) {
        let said = self.run(line, &[]);
        assert!(said.code != 0 && said.err.contains(text), "gcloud {line}\n{}", said.all());
    }
}

/// The members of a role in a policy as gcloud prints it.
pub(crate) fn members(policy: &Value, role: &str) -> Vec<String> {
    let bindings = policy["bindings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = bindings.iter().filter(|binding| binding["role"] == role);
    let members = found.flat_map(|binding| binding["members"].as_array().unwrap());
    members.map(|member| member.as_str().unwrap().to_owned()).collect()
}

/// The commands that the table of the README says are run, such as `compute instances create`.
pub(crate) fn commands(readme: &str) -> Vec<String> {
    let (_, after) = readme.split_once("Google's own clients").unwrap();
    let rows = after.lines().filter_map(|line| line.strip_prefix("| `g"));
    let words = rows.filter_map(|row| {
        let (group, verbs) = row.split_once("` | ")?;
        Some((group.split_once(' ').map_or("", |(_, group)| group).to_owned(), verbs.to_owned()))
    });
    words
        .flat_map(|(group, verbs)| {
            let verbs: Vec<String> = verbs.trim_end_matches(" |").split(", ").map(str::to_owned).collect();
            verbs.into_iter().map(move |verb| format!("{group} {verb}").trim().to_owned())
        })
        .collect()
}
