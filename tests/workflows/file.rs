//! Workflow and action files as they are written. What this does not know of GitHub's language fails to be read, so that no
//! workflow says something that the tests pass over.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_yaml::Value;

/// What is written as a map whose order counts.
pub(crate) type Map<T> = Vec<(String, T)>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workflow {
    #[serde(rename = "name")]
    _name: String,
    /// Held by hand, as the tests say themselves what has happened.
    #[serde(rename = "on")]
    _on: Value,
    pub(crate) permissions: Value,
    #[serde(rename = "concurrency")]
    _concurrency: Value,
    #[serde(with = "ordered")]
    pub(crate) jobs: Map<Job>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Job {
    #[serde(rename = "name")]
    _name: String,
    pub(crate) needs: Option<String>,
    pub(crate) r#if: Option<String>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) runs_on: String,
    #[serde(rename = "timeout-minutes")]
    _timeout_minutes: u32,
    pub(crate) environment: Option<String>,
    pub(crate) permissions: Value,
    #[serde(default, with = "ordered")]
    pub(crate) env: Map<String>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Strategy {
    pub(crate) matrix: Matrix,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Matrix {
    pub(crate) include: Vec<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) r#if: Option<String>,
    pub(crate) uses: Option<String>,
    #[serde(default, with = "ordered")]
    pub(crate) with: Map<Value>,
    #[serde(default, with = "ordered")]
    pub(crate) env: Map<String>,
    pub(crate) shell: Option<String>,
    pub(crate) run: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "description")]
    _description: String,
    #[serde(with = "ordered")]
    pub(crate) inputs: Map<Input>,
    #[serde(rename = "outputs")]
    _outputs: Value,
    pub(crate) runs: Runs,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    #[serde(rename = "description")]
    _description: String,
    #[serde(rename = "required")]
    _required: bool,
    pub(crate) default: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Runs {
    #[serde(rename = "using")]
    _using: String,
    pub(crate) steps: Vec<Step>,
}

/// Reads a file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs_err::read_to_string(path).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A value as GitHub hands it to an action or an environment: always text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        other => panic!("{other:?} is no text"),
    }
}

/// Maps in the order they are written in.
mod ordered {
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Deserializer};
    use serde_yaml::{Mapping, Value};

    pub(super) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<super::Map<T>, D::Error> {
        let entry = |(key, value): (Value, Value)| {
            Ok((super::text(&key), serde_yaml::from_value(value).map_err(serde::de::Error::custom)?))
        };
        Mapping::deserialize(from)?.into_iter().map(entry).collect()
    }
}
