//! The declaration of `gcloud compute instances create-with-container`: read to be replaced, and never written.
//! Pure text. The agent that reads it (konlet) is being shut down: nobody may count on it after any update of the image.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::containers::{Container, Restart};
use crate::spec::formats::{ContainerImage, ContainerName, EnvName, VolumeMount};

/// The metadata key.
pub(super) const DECLARATION: &str = "gce-container-declaration";

/// What is said of every machine that has one.
pub(super) const WHY: &str = "its containers are started by an agent that Google shuts down (create-with-container): an \
                              apply starts them by cloud-init and restarts the machine";

/// What a declaration amounts to.
pub(super) struct Declared {
    pub(super) containers: Vec<Container>,
    pub(super) remarks: Vec<String>,
}

/// The agent takes unknown fields in its stride, and so does this.
#[derive(Deserialize)]
struct Declaration {
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    containers: Vec<Konlet>,
    #[serde(default)]
    volumes: Vec<Volume>,
    restart_policy: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Konlet {
    name: Option<String>,
    image: String,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Vec<Variable>,
    #[serde(default)]
    security_context: Security,
    #[serde(default)]
    volume_mounts: Vec<Mount>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Default, Deserialize)]
struct Security {
    #[serde(default)]
    privileged: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mount {
    name: String,
    #[serde(rename = "mountPath")]
    path: String,
    #[serde(default)]
    read_only: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    name: String,
    host_path: Option<HostPath>,
}

#[derive(Deserialize)]
struct HostPath {
    path: String,
}

/// Reads the declaration of a machine.
pub(super) fn containers(text: &str) -> Result<Declared, String> {
    let declaration: Declaration =
        serde_yaml::from_str(text).map_err(|error| format!("its `{DECLARATION}` cannot be read: {error}"))?;
    let Spec { containers, volumes, restart_policy } = declaration.spec;
    let restart = match restart_policy.as_deref() {
        Some("OnFailure") => Some(Restart::OnFailure),
        Some("Never") => Some(Restart::Never),
        _ => None,
    };
    let mut remarks = vec![
        "the agent let its container use the machine's own network: name the ports that lead to it under `ports:`"
            .to_owned(),
    ];
    let mut read = Vec::new();
    for konlet in containers {
        let (container, lost) = container(konlet, &volumes, restart);
        read.push(container);
        remarks.extend(
            lost.into_iter().map(|path| format!("what is mounted at {path} is no folder of the machine")),
        );
    }
    Ok(Declared { containers: read, remarks })
}

/// A container, and the paths at which something is mounted that a spec cannot name.
fn container(konlet: Konlet, volumes: &[Volume], restart: Option<Restart>) -> (Container, Vec<String>) {
    let mut lost = Vec::new();
    let mut mounts = Vec::new();
    for mount in konlet.volume_mounts {
        let source = volumes.iter().find(|volume| volume.name == mount.name);
        match source.and_then(|volume| volume.host_path.as_ref()) {
            Some(HostPath { path }) => {
                let mode = if mount.read_only { ":ro" } else { "" };
                mounts.push(VolumeMount::from_trusted(format!("{path}:{}{mode}", mount.path)));
            }
            None => lost.push(mount.path),
        }
    }
    let env = konlet.env.into_iter().map(|v| (EnvName::from_trusted(v.name), v.value));
    let container = Container {
        name: konlet.name.and_then(|name| ContainerName::try_from(name).ok()),
        image: ContainerImage::from_trusted(konlet.image),
        ports: Vec::new(),
        env: env.collect::<BTreeMap<_, _>>(),
        secret_env: BTreeMap::new(),
        command: konlet.command,
        args: konlet.args,
        volumes: mounts,
        restart,
        privileged: konlet.security_context.privileged.then_some(true),
        depends_on: Vec::new(),
    };
    (container, lost)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "# DISCLAIMER\nspec:\n  containers:\n  - name: streamlit-demo\n    image: 'europe-docker.pkg.dev/p/be/streamlit:1.0'\n    env: [{name: USER, value: owl}]\n    securityContext: {privileged: false}\n    stdin: false\n    tty: false\n    volumeMounts:\n    - {name: host, mountPath: /data, readOnly: true}\n    - {name: memory, mountPath: /tmp/x}\n  volumes:\n  - {name: host, hostPath: {path: /mnt/x}}\n  - {name: memory, emptyDir: {medium: Memory}}\n  restartPolicy: OnFailure\n";

    #[test]
    fn a_declaration_becomes_a_container_and_says_what_is_lost() {
        let declared = containers(TEXT).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(
            json!(declared.containers),
            json!([{
                "name": "streamlit-demo", "image": "europe-docker.pkg.dev/p/be/streamlit:1.0", "env": {"USER": "owl"},
                "volumes": ["/mnt/x:/data:ro"], "restart": "on-failure",
            }])
        );
        assert!(declared.remarks.iter().any(|remark| remark.contains("/tmp/x")), "{:?}", declared.remarks);
    }

    #[test]
    fn a_text_that_declares_nothing_is_said_to_be_unreadable() {
        assert!(containers("spec: 5").is_err());
    }
}
