//! A machine that boots: the files of its cloud-init in a folder, and the start line of a container run by bash. Docker writes
//! down what it is given, sleep waits until it is woken, and the metadata server gives tokens once it has refused so many.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_yaml::Value as Yaml;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::{Cloud, Room};

/// Docker: what it is given, and what it would hand on of its environment.
const DOCKER: &str = "#!/bin/bash
shift
printf '%s' \"$*\" > ROOT/arguments
mkdir -p ROOT/env
for word in \"$@\"; do
  case $word in
    --env=*) name=${word#--env=}; printf '%s' \"${!name}\" > \"ROOT/env/$name\" ;;
  esac
done
";
/// Sleep: tells for how long, and waits to be woken.
const SLEEP: &str = "#!/bin/bash
printf '%s\\n' \"$1\" > ROOT/asleep
read -r _ < ROOT/wake
";

/// A machine.
pub(crate) struct Booted {
    root: TempDir,
    units: BTreeMap<String, String>,
    server: JoinHandle<()>,
}

impl Drop for Booted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Booted {
    /// The machine of that name; its metadata server refuses the first tokens.
    pub(crate) fn on(room: &Room, cloud: &Cloud, name: &str, token: &str, refused: usize) -> Self {
        let home = TempDir::new().unwrap();
        let (server, metadata) = metadata_server(token.to_owned(), refused);
        let machine = room.resource(&format!("instances/{name}"));
        let items = machine["metadata"]["items"].as_array().unwrap();
        let text = items.iter().find(|item| item["key"] == "user-data").unwrap()["value"].as_str().unwrap();
        let here = home.path().to_str().unwrap();
        let text = text
            .replace("http://metadata.google.internal", &metadata)
            .replace("https://secretmanager.googleapis.com", &cloud.url())
            .replace("console=/dev/console", &format!("console={here}/console"))
            .replace("/usr/bin/docker", &format!("{here}/bin/docker"))
            .replace("/var/lib/", &format!("{here}/var/lib/"));
        let units = write_files(home.path(), &text);
        for (file, content) in [("bin/docker", DOCKER), ("bin/sleep", SLEEP)] {
            program(&home.path().join(file), &content.replace("ROOT", here));
        }
        for pipe in ["asleep", "wake"] {
            assert!(Command::new("mkfifo").arg(home.path().join(pipe)).status().unwrap().success());
        }
        Self { root: home, units, server }
    }

    /// Starts a container, and waits for the end of what starts it.
    pub(crate) async fn start(&self, container: &str) -> Output {
        self.begin(container).await.unwrap()
    }

    /// Starts a container.
    pub(crate) fn begin(&self, container: &str) -> JoinHandle<Output> {
        let unit = &self.units[container];
        let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        let words = shlex::split(line).unwrap();
        let path = format!("{}/bin:{}", self.root.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("PATH", path);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    }

    /// Waits until the script goes to sleep for so many seconds, and wakes it unless it is the last time.
    pub(crate) async fn sleeps(&self, seconds: &str) {
        let pipe = self.root.path().join("asleep");
        let told = tokio::task::spawn_blocking(move || fs_err::read_to_string(pipe).unwrap()).await.unwrap();
        assert_eq!(told.trim(), seconds);
        if seconds == "1" {
            self.wakes().await;
        }
    }

    /// Wakes it.
    pub(crate) async fn wakes(&self) {
        let pipe = self.root.path().join("wake");
        tokio::task::spawn_blocking(move || fs_err::write(pipe, "\n").unwrap()).await.unwrap();
    }

    /// A file that was written on the machine.
    pub(crate) fn read(&self, file: &str) -> String {
        fs_err::read_to_string(self.root.path().join(file)).unwrap()
    }

    /// The files of the machine that hold a text, but for those in which docker wrote down what it got.
    pub(crate) fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let mut folders = vec![self.root.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).unwrap().map(Result::unwrap) {
                let (path, kind) = (entry.path(), entry.file_type().unwrap());
                if kind.is_dir() && !path.ends_with("env") {
                    folders.push(path);
                } else if kind.is_file() && fs_err::read_to_string(&path).unwrap().contains(text) {
                    found.push(path);
                }
            }
        }
        found
    }
}

/// Writes what cloud-init would, below a folder; gives the units by the names of their containers.
fn write_files(root: &Path, user_data: &str) -> BTreeMap<String, String> {
    let cloud_init: Yaml = serde_yaml::from_str(user_data).unwrap();
    let mut units = BTreeMap::new();
    for file in cloud_init["write_files"].as_sequence().unwrap() {
        let path = Path::new(file["path"].as_str().unwrap());
        let content = file["content"].as_str().unwrap().to_owned();
        if path.extension().is_some_and(|e| e == "service") {
            units.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), content);
        } else {
            assert!(path.starts_with(root), "{}", path.display());
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, content).unwrap();
        }
    }
    units
}

fn program(path: &Path, text: &str) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
}

/// A metadata server, and its address.
fn metadata_server(token: String, refused: usize) -> (JoinHandle<()>, String) {
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = move |headers: HeaderMap| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let flavour = headers.get("metadata-flavor").is_some_and(|flavour| flavour == "Google");
        let body = format!("{{\"access_token\":\"{token}\",\"expires_in\":3599,\"token_type\":\"Bearer\"}}");
        async move {
            match flavour {
                false => (StatusCode::FORBIDDEN, String::new()),
                true if number < refused => (StatusCode::SERVICE_UNAVAILABLE, "not yet".to_owned()),
                true => (StatusCode::OK, body),
            }
        }
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router =
        Router::new().route("/computeMetadata/v1/instance/service-accounts/default/token", get(answer));
    let server = tokio::spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, router).await.unwrap();
    });
    (server, address)
}
