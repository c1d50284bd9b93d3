//! Recorded scenarios: exchanges with Google's servers in the order in which they took place. Reading them, nothing else.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// The folder of recordings: `RECORDED`, or `../shared/recorded` beside the project.
pub(crate) fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recorded");
    std::env::var_os("RECORDED").map_or_else(beside, PathBuf::from)
}

/// One request and its answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) request_body: Value,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) response_body: Value,
    #[serde(default = "yes")]
    pub(crate) request_body_recorded: bool,
    #[serde(default = "yes")]
    pub(crate) response_body_recorded: bool,
    /// How many equal exchanges in a row this one stands for.
    #[serde(default = "one")]
    pub(crate) repeat: usize,
}

/// Exchanges that belong together.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) id: String,
    pub(crate) exchanges: Vec<Exchange>,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

impl Scenario {
    /// The scenario with texts replaced wherever they stand: recorders leave names that no server takes.
    pub(crate) fn renamed<'a>(&self, names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let names: Vec<(&str, &str)> = names.into_iter().collect();
        let text = |text: &str| names.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        let value = |value: &Value| serde_json::from_str(&text(&value.to_string())).unwrap();
        let one = |exchange: &Exchange| Exchange {
            url: text(&exchange.url),
            request_body: value(&exchange.request_body),
            response_body: value(&exchange.response_body),
            ..exchange.clone()
        };
        Self { id: self.id.clone(), exchanges: self.exchanges.iter().map(one).collect() }
    }
}

/// Every scenario of the folder, by id.
pub(crate) fn all(folder: &Path) -> Vec<Scenario> {
    let files = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|file| file.extension().is_some_and(|kind| kind == "json") && !file.ends_with("INDEX.json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no recordings", folder.display());
    files.iter().map(|file| serde_json::from_slice(&fs_err::read(file).unwrap()).unwrap()).collect()
}
