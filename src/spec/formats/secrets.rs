//! Secrets of Secret Manager, by name: what they hold is nowhere in a spec.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{refuse, text_format};
use crate::spec::Problem;

text_format!(
    /// A secret: its id in the project, or `projects/P/secrets/ID`, with `/versions/N` for one version of it.
    SecretName, "secret-name", secret_name, "db-password");
/// A version of a secret: `latest`, a number, or an alias.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SecretVersion(String);

/// The version that is meant where none is named.
pub const LATEST: &str = "latest";

impl SecretName {
    /// The full name of the secret without a version, as seen from a project, and the version that it names.
    pub fn parts(&self, project: &str) -> (String, Option<&str>) {
        let (secret, version) = match self.as_str().split_once("/versions/") {
            Some((secret, version)) => (secret, Some(version)),
            None => (self.as_str(), None),
        };
        let full = secret.contains('/');
        (if full { secret.to_owned() } else { format!("projects/{project}/secrets/{secret}") }, version)
    }

    /// The same without what a project adds by itself.
    #[must_use]
    pub fn near(&self, project: &str) -> Self {
        let id = self.as_str().strip_prefix(&format!("projects/{project}/secrets/"));
        Self::from_trusted(id.unwrap_or(self.as_str()))
    }
}

impl SecretVersion {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text that is not checked: written by an API, or made here.
    pub fn from_trusted(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl<'de> Deserialize<'de> for SecretVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value.as_str().map(str::to_owned).or_else(|| Some(value.as_u64()?.to_string()));
        text.map(Self).ok_or_else(|| serde::de::Error::custom("a version like `latest` or 3"))
    }
}

impl JsonSchema for SecretVersion {
    fn schema_name() -> Cow<'static, str> {
        "SecretVersion".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "string", "format": "secret-version", "examples": ["latest"]},
            {"type": "integer", "minimum": 1}
        ]})
    }
}

pub(super) fn secret_id(text: &str) -> Result<(), Problem> {
    if is_id(text) {
        return Ok(());
    }
    let problem = refuse(
        "bad-secret",
        text,
        "the id of a secret",
        "letters, digits, `-` and `_`, at most 255; a secret of another project needs `project:` on the grant",
    );
    let id = text.split('/').nth(3).filter(|id| is_id(id));
    Err(match id {
        Some(id) => problem.help(format!("write `{id}`")).replace(id),
        None => problem,
    })
}

fn is_id(text: &str) -> bool {
    let allowed = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    allowed && (1..=255).contains(&text.len())
}

pub(super) fn secret_name(text: &str) -> Result<(), Problem> {
    let project = |name: &str| super::names::project_id(name).is_ok() || is_number(name);
    let right = match text.split('/').collect::<Vec<_>>().as_slice() {
        [id] => is_id(id),
        ["projects", owner, "secrets", id] => project(owner) && is_id(id),
        ["projects", owner, "secrets", id, "versions", version] => {
            project(owner) && is_id(id) && secret_version(version).is_ok()
        }
        _ => false,
    };
    if right {
        return Ok(());
    }
    let problem =
        refuse("bad-secret", text, "a secret", "write its id, or `projects/PROJECT/secrets/ID/versions/3`");
    // What stands behind the name of a variable is taken for its value only too easily.
    Err(problem.help(
        "name the secret, and keep its value in Secret Manager: `gcloud secrets create NAME --data-file=-`",
    ))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn secret_version(text: &str) -> Result<(), Problem> {
    let number = is_number(text) && !text.starts_with('0');
    let alias = is_id(text) && text.len() <= 63 && text.starts_with(|c: char| c.is_ascii_alphabetic());
    if number || alias {
        return Ok(());
    }
    Err(refuse(
        "bad-secret-version",
        text,
        "a version of a secret",
        "write `latest`, a number such as 3, or an alias",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_an_id_or_a_full_name_with_or_without_a_version() {
        for right in
            ["x", "DB_password-2", "projects/my-project/secrets/x", "projects/123/secrets/x/versions/3"]
        {
            assert!(secret_name(right).is_ok(), "{right}");
        }
        for wrong in ["", "a b", "x/versions/3", "projects/my-project/x", "projects/P!/secrets/x", "hunter2!"]
        {
            assert!(secret_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_version_is_latest_a_number_or_an_alias() {
        assert!(["latest", "3", "prod"].iter().all(|right| secret_version(right).is_ok()));
        assert!(["", "0", "-1", "a b", "3rd"].iter().all(|wrong| secret_version(wrong).is_err()));
    }

    #[test]
    fn a_short_name_is_completed_by_its_project() {
        let parts = |text: &str| SecretName::from_trusted(text).parts("p").0;
        assert_eq!(parts("x"), "projects/p/secrets/x");
        assert_eq!(parts("projects/q/secrets/x/versions/3"), "projects/q/secrets/x");
        assert_eq!(SecretName::from_trusted("projects/p/secrets/x").near("p").as_str(), "x");
    }
}
