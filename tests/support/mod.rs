//! A course folder, a sandbox and the built program, for tests that run it as its users do.
//! Speaks plain REST to the sandbox: what the program wrote is not checked with its own client.
#![allow(dead_code, reason = "every test file uses its own part; which, differs from file to file")]

pub(crate) mod rounds;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use provost::sandbox::{Options, Running, start};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The project of the small courses that tests write.
pub(crate) const PROJECT: &str = "be-cloud-2526";

/// The document every small course begins with.
pub(crate) const COURSE: &str = "kind: Course
name: be-cloud
project: be-cloud-2526
region: europe-west1
zones: [europe-west1-b]
";

/// The APIs that most small courses need.
pub(crate) const APIS: &str = "---
kind: ApiServices
name: apis
services: [compute.googleapis.com, storage.googleapis.com]
";

/// What a run of the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Stops the test unless the run ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The JSON on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Everything it wrote.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// The program with these arguments, in an environment that leads nowhere.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("provost"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if [
            "PROVOST_",
            "GOOGLE_",
            "CLOUDSDK_",
            "CLICOLOR",
            "NO_COLOR",
            "FORCE_COLOR",
            "GITHUB_",
            "CI_",
            "RUNNER_",
        ]
        .iter()
        .any(|p| text.starts_with(p))
        {
            command.env_remove(&name);
        }
    }
    command.args(arguments);
    command
}

/// Runs git in a folder, apart from whatever this machine's user has configured, and gives what it says.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = std::process::Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=Ann", "-c", "user.email=ann@x.edu"]).args(arguments);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = git.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The same command for tests that run it beside others, or kill it.
pub(crate) fn process(command: &Command) -> std::process::Command {
    let mut process = std::process::Command::new(command.get_program());
    process.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => process.env(name, value),
            None => process.env_remove(name),
        };
    }
    process
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program with these arguments.
pub(crate) fn provost(arguments: &[&str]) -> Said {
    run(&mut program(arguments))
}

/// A course folder and the state of a sandbox, both gone with the test.
#[derive(Debug)]
pub(crate) struct Room {
    folder: TempDir,
    course: PathBuf,
    /// Flags that every command gets.
    flags: Vec<String>,
}

impl Room {
    /// A room for a folder that exists already.
    pub(crate) fn of(course: &Path) -> Self {
        Self { folder: TempDir::new().unwrap(), course: course.to_owned(), flags: Vec::new() }
    }

    /// The same, with flags for every command.
    pub(crate) fn always(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self
    }

    /// A room with a course of this text.
    pub(crate) fn with(text: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let course = folder.path().join("course");
        let room = Self { folder, course, flags: Vec::new() };
        room.write("course.yaml", text);
        room
    }

    /// Writes a file of the course folder.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.course.join(file);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    /// Reads a file of the course folder.
    #[track_caller]
    pub(crate) fn read(&self, file: &str) -> String {
        fs_err::read_to_string(self.course.join(file)).unwrap()
    }

    /// Deletes a file of the course folder.
    #[track_caller]
    pub(crate) fn remove(&self, file: &str) {
        fs_err::remove_file(self.course.join(file)).unwrap();
    }

    /// The course folder.
    pub(crate) fn course(&self) -> &str {
        self.course.to_str().unwrap()
    }

    /// The file that keeps the sandbox's state.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("sandbox.json")
    }

    /// A command on the course and its sandbox, to be completed by the test.
    pub(crate) fn command(&self, command: &str, flags: &[&str]) -> Command {
        let sandbox = format!("--sandbox={}", self.state().display());
        let mut command = program(&[command, self.course(), &sandbox]);
        command.args(&self.flags).args(flags);
        command
    }

    /// Runs a command on the course and its sandbox.
    pub(crate) fn run(&self, command: &str, flags: &[&str]) -> Said {
        run(&mut self.command(command, flags))
    }

    /// Applies the course, which must succeed.
    #[track_caller]
    pub(crate) fn apply(&self) -> Said {
        self.run("apply", &["--yes"]).code(0)
    }

    /// Stops the test unless the project holds what the specs say.
    #[track_caller]
    pub(crate) fn converged(&self) {
        self.run("plan", &["--detailed-exitcode"]).code(0);
    }

    /// Everything in the sandbox, by path.
    pub(crate) fn resources(&self) -> BTreeMap<String, Value> {
        let text = fs_err::read(self.state()).unwrap();
        let mut state: Value = serde_json::from_slice(&text).unwrap();
        serde_json::from_value(state["resources"].take()).unwrap()
    }

    /// The resource whose path ends so.
    #[track_caller]
    pub(crate) fn resource(&self, end: &str) -> Value {
        let found = self.find(end);
        found.unwrap_or_else(|| panic!("no {end} among {:?}", self.resources().keys()))
    }

    /// The resource whose path ends so, if there is one.
    pub(crate) fn find(&self, end: &str) -> Option<Value> {
        self.resources().into_iter().find(|(path, _)| path.ends_with(end)).map(|(_, resource)| resource)
    }

    /// What an object says that Provost keeps in the project's bucket, if there is one: an inventory, a lock, the record of a run.
    pub(crate) fn document(&self, object: &str) -> Option<Value> {
        use base64::Engine as _;
        let place = format!("/b/{PROJECT}-provost/o/{object}#");
        let (_, found) = self.resources().into_iter().find(|(path, _)| path.contains(&place))?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(found["content"].as_str()?).unwrap();
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    /// Who has a role on the project.
    pub(crate) fn members(&self, role: &str) -> Vec<Value> {
        let policy = self.resource(&format!("policies/projects/{PROJECT}"));
        let binding = policy["bindings"].as_array().unwrap().iter().find(|b| b["role"] == role).cloned();
        binding.map(|b| b["members"].as_array().unwrap().clone()).unwrap_or_default()
    }

    /// A server on the same state, for changes that nobody declared.
    pub(crate) async fn cloud(&self) -> Cloud {
        Cloud::on(self.state()).await
    }
}

/// A sandbox in this process.
#[derive(Debug)]
pub(crate) struct Cloud {
    running: Running,
    client: Client,
}

impl Cloud {
    async fn on(state: PathBuf) -> Self {
        // A second installation in the same process is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options { state: Some(state), ..Options::default() };
        let running = start(options).await.unwrap();
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { running, client }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        self.running.url()
    }

    /// One call, which must succeed; operations are waited for.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let answer = self.send(method, path, body).await;
        let Some(link) = answer["selfLink"].as_str().filter(|link| link.contains("/operations/")) else {
            return answer;
        };
        let wait = format!("{}/wait", link.replace("https://www.googleapis.com", ""));
        let ended = self.send(Method::POST, &wait, &Value::Null).await;
        assert!(ended["error"].is_null(), "{path}: {ended}");
        ended
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Value {
        let mut request = self.client.request(method, format!("{}{path}", self.url()));
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Value {
        self.call(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Value {
        self.call(Method::DELETE, path, &Value::Null).await
    }

    /// Enables APIs of the project.
    pub(crate) async fn enable(&self, services: &[&str]) {
        for service in services {
            let path = format!("/v1/projects/{PROJECT}/services/{service}.googleapis.com:enable");
            self.post(&path, &Value::Null).await;
        }
    }

    /// Adds a member to a role of the project, as the console does.
    pub(crate) async fn grant(&self, role: &str, member: &str) {
        let path = format!("/v3/projects/{PROJECT}");
        let mut policy = self.post(&format!("{path}:getIamPolicy"), &json!({})).await;
        let bindings = policy["bindings"].as_array_mut().unwrap();
        match bindings.iter_mut().find(|b| b["role"] == role) {
            Some(binding) => binding["members"].as_array_mut().unwrap().push(json!(member)),
            None => bindings.push(json!({ "role": role, "members": [member] })),
        }
        self.post(&format!("{path}:setIamPolicy"), &json!({ "policy": policy })).await;
    }

    /// Uploads an object.
    pub(crate) async fn upload(&self, bucket: &str, name: &str, content: &str) {
        let url = format!("{}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}", self.url());
        let request = self.client.post(url).header("content-type", "text/plain").body(content.to_owned());
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
    }
}
