//! Containers of a machine as cloud-init: one systemd unit each, on a network of their own where they find each other by name.
//! Pure text. The first lines of the text hold the containers as JSON, so that what runs can be compared field by field.
//!
//! Facts of Container-Optimized OS that shape it: `/etc` is lost at every boot and cloud-init runs at every boot, so everything is
//! written anew and must be repeatable; `/` is read-only and root's home with it, so docker's log-in needs a `HOME` under
//! `/var/lib`; `%` is special in units; docker's env files know no quotes and no line breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret_env::{self, SecretEnv};
use crate::spec::formats::{ContainerImage, ContainerName, EnvName, PortMapping, VolumeMount};
use crate::spec::reference;

/// A container that runs on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Container {
    /// Name, by which the others on the machine reach it. Default: the last part of the image's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<ContainerName>,
    /// Image to run: `europe-docker.pkg.dev/PROJECT/REGISTRY/IMAGE:TAG`, or any public one, such as `nginx:1`.
    pub image: ContainerImage,
    /// Ports of the machine that lead to ports of the container: `8501` for the same on both, `80:8080`, `53:53/udp`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortMapping>,
    /// Environment variables: `{ LOG_LEVEL: debug }`. A value whose name says that it is a secret is never shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "env-name" }))]
    pub env: BTreeMap<EnvName, String>,
    /// Environment variables whose values are secrets of Secret Manager: `{ DB_PASSWORD: { secret: db-password } }`. The machine reads
    /// them with its own account at every start of the container; their values are in no spec, plan, metadata or log.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "env-name" }))]
    pub secret_env: SecretEnv,
    /// What runs instead of the image's entry point: `[python, -m, app]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Arguments for the command or for the image's entry point: `[--port, "80"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Folders of the machine inside the container: `/var/lib/data:/data`, `/mnt/disks/x:/x:ro`. `/var` and `/mnt/disks` can be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<VolumeMount>,
    /// When it is started again after it ended: `always` (default), `on-failure` or `never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
    /// Whether it may do everything the machine may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// Names of containers of this machine that are started first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<ContainerName>,
}

/// When a container is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Whenever it ended.
    Always,
    /// When it ended with an error.
    OnFailure,
    /// Not before the next boot.
    Never,
}

/// The metadata key that cloud-init reads.
pub const USER_DATA: &str = "user-data";
const HEADER: &str = "# provost-containers: ";
const NETWORK: &str = "provost";
const NETWORK_UNIT: &str = "provost-network.service";

/// The name of a container: its own, or the last part of its image's.
pub fn name(container: &Container) -> String {
    container.name.as_ref().map_or_else(|| container.image.short_name().to_owned(), ToString::to_string)
}

/// The containers of live metadata: None when there are none of ours. A text that is not what we would write for
/// them (somebody edited it) gives no containers, and so shows as a difference.
pub fn in_metadata(metadata: &BTreeMap<String, String>) -> Option<Vec<Container>> {
    let containers = declared(metadata)?;
    let edited = metadata.get(USER_DATA).is_none_or(|text| *text != render(&containers));
    Some(if edited { Vec::new() } else { containers })
}

/// The containers that our text of live metadata names, whatever became of the rest of it.
pub fn declared(metadata: &BTreeMap<String, String>) -> Option<Vec<Container>> {
    let declared = metadata.get(USER_DATA)?.lines().find_map(|line| line.strip_prefix(HEADER))?;
    Some(serde_json::from_str(declared).unwrap_or_default())
}

/// A container as a person would write it: without what follows from the rest.
pub fn shorten(container: &mut Container, project: &str) {
    secret_env::shorten(&mut container.secret_env, project);
    container.name = container.name.take().filter(|name| name.as_str() != container.image.short_name());
    container.ports = container.ports.iter().map(PortMapping::short).collect();
    container.restart = container.restart.filter(|restart| *restart != Restart::Always);
}

/// One form for what can be written in several ways. `project` is that of secrets by their ids alone.
pub fn normalise(containers: &mut [Container], project: &str) {
    for container in containers {
        secret_env::normalise(&mut container.secret_env, project);
        container.name = ContainerName::try_from(name(container)).ok();
        container.ports = container.ports.iter().map(PortMapping::canonical).collect();
        container.ports.sort();
        container.restart.get_or_insert(Restart::Always);
        container.privileged = container.privileged.filter(|on| *on);
    }
}

/// The cloud-init text.
pub fn render(containers: &[Container]) -> String {
    let declared = serde_json::to_string(containers).unwrap_or_default();
    let mut text = format!("#cloud-config\n{HEADER}{declared}\nwrite_files:\n");
    file(&mut text, &format!("/etc/systemd/system/{NETWORK_UNIT}"), "0644", &network_unit());
    if containers.iter().any(|container| !container.secret_env.is_empty()) {
        file(&mut text, secret_env::SCRIPT_PATH, "0755", secret_env::SCRIPT);
    }
    for container in containers {
        let name = name(container);
        file(&mut text, &format!("/etc/systemd/system/{name}.service"), "0644", &unit(container));
        file(&mut text, &env_path(&name), "0600", &env_file(container));
    }
    text.push_str("runcmd:\n- systemctl daemon-reload\n");
    let _ = writeln!(text, "- systemctl start {NETWORK_UNIT}");
    for container in containers {
        let _ = writeln!(text, "- systemctl start --no-block {}.service", name(container));
    }
    text
}

/// A file in `write_files`. The literal block keeps every line as it is; an empty one keeps no indent.
fn file(text: &mut String, path: &str, mode: &str, content: &str) {
    let _ = write!(text, "- path: {path}\n  permissions: \"{mode}\"\n  owner: root\n  content: |\n");
    for line in content.lines() {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "    {line}") };
    }
    if content.is_empty() {
        text.push_str("    # empty\n");
    }
}

fn network_unit() -> String {
    format!(
        "[Unit]\nDescription=Network of the containers\nWants=docker.socket\nAfter=docker.socket\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c '/usr/bin/docker network inspect {NETWORK} || /usr/bin/docker network create {NETWORK}'\n"
    )
}

fn env_path(name: &str) -> String {
    format!("/var/lib/provost/{name}/env")
}

fn unit(container: &Container) -> String {
    let name = name(container);
    let home = format!("/var/lib/provost/{name}");
    let mut after = format!("gcr-online.target docker.socket {NETWORK_UNIT}");
    for first in &container.depends_on {
        let _ = write!(after, " {first}.service");
    }
    let mut unit = format!(
        "[Unit]\nDescription=Container {name}\nRequires={NETWORK_UNIT}\nWants={after}\nAfter={after}\n[Service]\nEnvironment=HOME={home}\nExecStartPre=/bin/mkdir -p {home}\n"
    );
    if let Some(host) = container.image.google_registry() {
        let _ = writeln!(
            unit,
            "ExecStartPre=/usr/bin/docker-credential-gcr configure-docker --registries={host}"
        );
    }
    let _ = writeln!(unit, "ExecStartPre=-/usr/bin/docker rm -f {name}");
    let _ = writeln!(unit, "ExecStart={}", run(container, &name));
    let _ = writeln!(unit, "ExecStop=/usr/bin/docker stop -t 10 {name}");
    let _ = writeln!(unit, "Restart={}", restart(container));
    unit.push_str("RestartSec=5\n");
    unit
}

/// The image is pulled at every start, so that a tag that moved is followed by a restart.
fn run(container: &Container, name: &str) -> String {
    let secrets = &container.secret_env;
    let mut words = if secrets.is_empty() { Vec::new() } else { secret_env::before(secrets) };
    words.extend(["/usr/bin/docker".to_owned(), "run".to_owned()]);
    words.push(format!("--name={name}"));
    words.push(format!("--hostname={name}"));
    words.push(format!("--network={NETWORK}"));
    words.push("--pull=always".to_owned());
    words.push(format!("--env-file={}", env_path(name)));
    // Without a value: docker takes it out of its own environment.
    words.extend(secrets.keys().map(|name| format!("--env={name}")));
    words.extend(container.ports.iter().flat_map(|port| ["-p".to_owned(), port.to_string()]));
    words.extend(container.volumes.iter().flat_map(|volume| ["-v".to_owned(), quoted(volume.as_str())]));
    if container.privileged == Some(true) {
        words.push("--privileged".to_owned());
    }
    if let Some(entry) = container.command.first() {
        words.push(format!("--entrypoint={}", quoted(entry)));
    }
    words.push(container.image.to_string());
    words.extend(container.command.iter().skip(1).chain(&container.args).map(|word| quoted(word)));
    words.join(" ")
}

/// A word of a unit's command line: quoted, with what systemd would expand written twice.
fn quoted(word: &str) -> String {
    // An address that is known later needs no quotes either.
    let sample = reference::filled(word, &|_| Some("0".to_owned()));
    let plain =
        !sample.is_empty() && sample.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c));
    if plain {
        return word.to_owned();
    }
    let escaped = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn restart(container: &Container) -> &'static str {
    match container.restart {
        Some(Restart::Never) => "no",
        Some(Restart::OnFailure) => "on-failure",
        Some(Restart::Always) | None => "always",
    }
}

fn env_file(container: &Container) -> String {
    let line = |(name, value): (&EnvName, &String)| format!("{name}={value}\n");
    container.env.iter().map(line).collect()
}

/// The TCP ports of the machine by which others reach the containers. Those of its own loopback are nobody else's.
pub fn published(containers: &[Container]) -> Vec<u16> {
    let hosts = containers.iter().flat_map(|container| &container.ports).filter_map(PortMapping::host);
    let ports = hosts.filter_map(|host| {
        let (place, protocol) = host.rsplit_once('/')?;
        let (address, port) = place.rsplit_once(':').unwrap_or(("", place));
        let open = protocol == "tcp" && !address.starts_with("127.") && address != "localhost";
        open.then(|| port.parse().ok())?
    });
    ports.collect::<BTreeSet<u16>>().into_iter().collect()
}

/// Ports of the machine that more than one container wants, each with the number of the one that wants it too.
pub fn port_clashes(containers: &[Container]) -> BTreeSet<(usize, String)> {
    let mut seen = BTreeSet::new();
    let ports =
        containers.iter().enumerate().flat_map(|(i, c)| c.ports.iter().map(move |port| (i, port.host())));
    ports.filter_map(|(i, port)| Some((i, port?))).filter(|(_, port)| !seen.insert(port.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(json: &str) -> Container {
        let mut containers = [serde_json::from_str(json).expect("a container")];
        normalise(&mut containers, "p");
        let [container] = containers;
        container
    }

    #[test]
    fn a_container_is_a_unit_that_logs_in_pulls_and_restarts() {
        let image = "europe-docker.pkg.dev/p/be/streamlit:1.0";
        let app =
            container(&format!(r#"{{"image": "{image}", "ports": ["8501"], "env": {{"USER": "owl"}}}}"#));
        insta::assert_snapshot!(unit(&app), @r"
        [Unit]
        Description=Container streamlit
        Requires=provost-network.service
        Wants=gcr-online.target docker.socket provost-network.service
        After=gcr-online.target docker.socket provost-network.service
        [Service]
        Environment=HOME=/var/lib/provost/streamlit
        ExecStartPre=/bin/mkdir -p /var/lib/provost/streamlit
        ExecStartPre=/usr/bin/docker-credential-gcr configure-docker --registries=europe-docker.pkg.dev
        ExecStartPre=-/usr/bin/docker rm -f streamlit
        ExecStart=/usr/bin/docker run --name=streamlit --hostname=streamlit --network=provost --pull=always --env-file=/var/lib/provost/streamlit/env -p 8501:8501 europe-docker.pkg.dev/p/be/streamlit:1.0
        ExecStop=/usr/bin/docker stop -t 10 streamlit
        Restart=always
        RestartSec=5
        ");
    }

    #[test]
    fn a_container_with_secrets_is_started_by_the_script_that_reads_them() {
        let app = container(r#"{"image": "nginx:1", "secretEnv": {"KEY": {"secret": "x", "version": 3}}}"#);
        let unit = unit(&app);
        let start = unit.lines().find(|line| line.starts_with("ExecStart="));
        insta::assert_snapshot!(start.unwrap_or_default(), @"ExecStart=/bin/bash /var/lib/provost-with-secrets KEY=projects/p/secrets/x/versions/3 -- /usr/bin/docker run --name=nginx --hostname=nginx --network=provost --pull=always --env-file=/var/lib/provost/nginx/env --env=KEY nginx:1");
        let text = render(std::slice::from_ref(&app));
        assert!(text.contains(&format!("- path: {}\n", secret_env::SCRIPT_PATH)), "{text}");
        assert!(!render(&[container(r#"{"image": "nginx:1"}"#)]).contains(secret_env::SCRIPT_PATH));
        assert_eq!(in_metadata(&BTreeMap::from([(USER_DATA.to_owned(), text)])), Some(vec![app]));
    }

    #[test]
    fn what_was_rendered_is_read_back() {
        let app = container(
            r#"{"image": "nginx:1", "env": {"A": "100%"}, "command": ["sh", "-c", "echo \"$HOME\""]}"#,
        );
        let metadata = BTreeMap::from([(USER_DATA.to_owned(), render(std::slice::from_ref(&app)))]);
        assert_eq!(in_metadata(&metadata), Some(vec![app]));
    }

    #[test]
    fn an_edited_text_is_not_taken_for_ours() {
        let app = container(r#"{"image": "nginx:1"}"#);
        let edited = render(&[app]).replace("RestartSec=5", "RestartSec=50");
        assert_eq!(in_metadata(&BTreeMap::from([(USER_DATA.to_owned(), edited)])), Some(Vec::new()));
    }

    #[test]
    fn words_that_systemd_would_expand_are_quoted() {
        assert_eq!(quoted("a b%c$d"), "\"a b%%c$$d\"");
        assert_eq!(quoted("--port=80"), "--port=80");
    }

    #[test]
    fn two_containers_on_one_port_clash() {
        let app = container(r#"{"image": "a:1", "ports": ["80:80"]}"#);
        let other = container(r#"{"image": "b:1", "ports": ["80:8080"]}"#);
        assert_eq!(port_clashes(&[app, other]).len(), 1);
    }
}
