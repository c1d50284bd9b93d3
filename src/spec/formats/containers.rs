//! What docker names: images, containers, variables, ports, volumes.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{refuse, text_format};
use crate::spec::Problem;

text_format!(
    /// An image of a container.
    ContainerImage, "container-image", image, "europe-docker.pkg.dev/my-project/docker/app:1.0");
text_format!(
    /// The name of a container, by which others reach it.
    ContainerName, "container-name", container_name, "yolo");
text_format!(
    /// The name of an environment variable.
    EnvName, "env-name", env_name, "OAUTH2_ISSUER");
/// A port of the machine that leads to one of the container: `8501:8501`, or one number for both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PortMapping(String);
text_format!(
    /// A folder of the machine inside the container: `/var/lib/data:/data`.
    VolumeMount, "volume-mount", volume_mount, "/var/lib/data:/data");

impl ContainerImage {
    /// The host of the registry, where the image names one.
    fn host(&self) -> Option<&str> {
        let (first, _) = self.as_str().split_once('/')?;
        (first.contains(['.', ':']) || first == "localhost").then_some(first)
    }

    /// The host, if it is Google's and wants a log-in.
    pub fn google_registry(&self) -> Option<&str> {
        self.host().filter(|h| h.ends_with("-docker.pkg.dev") || *h == "gcr.io" || h.ends_with(".gcr.io"))
    }

    /// The project and the repository of it that hold it: `docker` of `europe-docker.pkg.dev/PROJECT/docker/app`.
    pub fn registry(&self) -> Option<(&str, &str)> {
        let mut parts = self.as_str().split('/');
        let host = parts.next()?;
        let project = parts.next()?;
        match host {
            "gcr.io" | "us.gcr.io" | "eu.gcr.io" | "asia.gcr.io" => Some((project, host)),
            _ if host.ends_with("-docker.pkg.dev") => Some((project, parts.next()?)),
            _ => None,
        }
    }

    /// The last part of the name, without tag and digest.
    pub fn short_name(&self) -> &str {
        let last = self.as_str().rsplit('/').next().unwrap_or_default();
        last.split(['@', ':']).next().unwrap_or(last)
    }
}

impl<'de> Deserialize<'de> for PortMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value.as_str().map(str::to_owned).or_else(|| Some(value.as_u64()?.to_string()));
        text.map(Self).ok_or_else(|| serde::de::Error::custom("a port like `8501` or `8501:8501`"))
    }
}

impl fmt::Display for PortMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for PortMapping {
    fn schema_name() -> Cow<'static, str> {
        "PortMapping".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "string", "format": "port-mapping", "examples": ["8501:8501"]},
            {"type": "integer", "minimum": 1, "maximum": 65535}
        ]})
    }
}

impl PortMapping {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text that is not checked: written by an API, or made here.
    pub fn from_trusted(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// `HOST:CONTAINER`, with address and protocol where they are stated.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let text = self.as_str().strip_suffix("/tcp").unwrap_or(self.as_str());
        let (ports, protocol) =
            text.split_once('/').map_or((text, String::new()), |(p, proto)| (p, format!("/{proto}")));
        Self::from_trusted(if ports.contains(':') {
            format!("{ports}{protocol}")
        } else {
            format!("{ports}:{ports}{protocol}")
        })
    }

    /// One number where both ports are the same.
    #[must_use]
    pub fn short(&self) -> Self {
        let canonical = self.canonical();
        let (ports, protocol) = canonical.as_str().split_once('/').unwrap_or((canonical.as_str(), ""));
        match ports.split_once(':') {
            Some((host, container)) if host == container && protocol.is_empty() => Self::from_trusted(host),
            _ => canonical,
        }
    }

    /// The port of the machine, with address and protocol where they are stated.
    pub fn host(&self) -> Option<String> {
        let canonical = self.canonical();
        let (ports, protocol) = canonical.as_str().split_once('/').unwrap_or((canonical.as_str(), "tcp"));
        let (host, _) = ports.rsplit_once(':')?;
        Some(format!("{host}/{protocol}"))
    }
}

pub(super) fn image(text: &str) -> Result<(), Problem> {
    let what = "an image";
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(refuse("bad-image", text, what, "an image is written without spaces"));
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        let better = text.split("://").nth(1).unwrap_or_default();
        return Err(refuse("bad-image", text, what, "an image has no `https://`")
            .help(format!("write `{better}`"))
            .replace(better));
    }
    let (name, digest) = text.split_once('@').map_or((text, None), |(n, d)| (n, Some(d)));
    if digest.is_some_and(|d| !d.starts_with("sha256:") || d.len() != 71) {
        return Err(refuse("bad-image", text, what, "a digest is `@sha256:` and 64 hexadecimal digits"));
    }
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = match name.get(slash..).and_then(|last| last.split_once(':')) {
        Some((last, tag)) => (format!("{}{last}", name.get(..slash).unwrap_or_default()), Some(tag)),
        None => (name.to_owned(), None),
    };
    let word = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if tag.is_some_and(|tag| !word(tag) || tag.len() > 128) {
        return Err(refuse("bad-image", text, what, "a tag has letters, digits, `.`, `_` and `-`"));
    }
    let mut parts = path.split('/');
    let first = parts.next().unwrap_or_default();
    let host = path.contains('/') && first.contains(['.', ':']);
    let named = |p: &str| word(p) && !p.chars().any(|c| c.is_ascii_uppercase());
    let right = (host || named(first)) && parts.clone().all(named);
    if right {
        return Ok(());
    }
    let better = format!("{}{}", path.to_lowercase(), text.get(path.len()..).unwrap_or_default());
    let problem =
        refuse("bad-image", text, what, "its name has lower-case letters, digits, `.`, `_`, `-` and `/`");
    Err(if better == text { problem } else { problem.help(format!("write `{better}`")).replace(better) })
}

pub(super) fn container_name(text: &str) -> Result<(), Problem> {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let right =
        first && text.len() <= 63 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if right {
        Ok(())
    } else {
        Err(refuse(
            "bad-name",
            text,
            "a name of a container",
            "letters, digits, `_`, `.` and `-`, a letter or digit first, at most 63",
        ))
    }
}

pub(super) fn env_name(text: &str) -> Result<(), Problem> {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let right = first && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if right {
        Ok(())
    } else {
        Err(refuse("bad-env-name", text, "a name of a variable", "letters, digits and `_`, no digit first"))
    }
}

pub(super) fn port_mapping(text: &str) -> Result<(), Problem> {
    let (ports, protocol) = text.split_once('/').map_or((text, None), |(p, proto)| (p, Some(proto)));
    if protocol.is_some_and(|p| !matches!(p, "tcp" | "udp" | "sctp")) {
        return Err(refuse("bad-port", text, "a port", "the protocol is `tcp`, `udp` or `sctp`"));
    }
    let port = |p: &str| p.parse::<u16>().is_ok_and(|n| n > 0);
    let right = match ports.split(':').collect::<Vec<_>>().as_slice() {
        [one] => port(one),
        [host, container] => port(host) && port(container),
        [address, host, container] => {
            address.parse::<std::net::Ipv4Addr>().is_ok() && port(host) && port(container)
        }
        _ => false,
    };
    if right {
        Ok(())
    } else {
        Err(refuse("bad-port", text, "a port", "write `MACHINE:CONTAINER`, ports from 1 to 65535"))
    }
}

pub(super) fn volume_mount(text: &str) -> Result<(), Problem> {
    let absolute = |p: &str| p.starts_with('/') && !p.split('/').any(|part| part == "..");
    let right = match text.split(':').collect::<Vec<_>>().as_slice() {
        [host, inside] | [host, inside, "ro" | "rw"] => absolute(host) && absolute(inside),
        _ => false,
    };
    if right {
        Ok(())
    } else {
        Err(refuse(
            "bad-volume",
            text,
            "a volume",
            "write `/FOLDER/OF/MACHINE:/FOLDER/INSIDE`, with `:ro` to forbid writing",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_name_host_path_tag_and_digest() {
        let digest = format!("nginx@sha256:{}", "a".repeat(64));
        for right in
            ["nginx", "nginx:1", "quay.io/gthomas59800/mlops:1.0.0", "localhost:5000/a/b", digest.as_str()]
        {
            assert!(image(right).is_ok(), "{right}");
        }
        for wrong in ["", "Nginx", "a b", "https://quay.io/a", "nginx@sha256:12", "a:b:c"] {
            assert!(image(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_image_of_the_projects_own_registry_names_it() {
        let image = |text: &str| ContainerImage::from_trusted(text);
        assert_eq!(image("europe-docker.pkg.dev/p/be/app:1").registry(), Some(("p", "be")));
        assert_eq!(image("eu.gcr.io/p/app:1").registry(), Some(("p", "eu.gcr.io")));
        assert_eq!(image("quay.io/p/be/app").registry(), None);
        assert_eq!(ContainerImage::from_trusted("quay.io/x/app:1").short_name(), "app");
    }

    #[test]
    fn ports_compare_in_one_form() {
        let canonical = |text: &str| PortMapping::from_trusted(text).canonical().to_string();
        assert_eq!(canonical("8501"), "8501:8501");
        assert_eq!(canonical("80:8080/tcp"), "80:8080");
        assert_eq!(canonical("53/udp"), "53:53/udp");
        assert!(port_mapping("0:80").is_err() && port_mapping("80:70000").is_err());
    }
}
