//! What `settings.yaml` says: what a scenario takes for granted, what its recorder left out, and which differences are
//! borne, each with its reason. Data only.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// All of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Members whose values nobody can foretell; only their types are compared.
    pub(crate) free: Vec<Free>,
    /// Texts to replace wherever they stand in any recording.
    pub(crate) rename: BTreeMap<String, String>,
    /// Scenarios that are not replayed at all.
    pub(crate) skipped: BTreeMap<String, String>,
    /// What the replay of a scenario needs to be told.
    pub(crate) scenarios: BTreeMap<String, Setting>,
    /// Differences that are borne.
    pub(crate) tolerated: Vec<Tolerated>,
}

/// Members of one nature.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Free {
    pub(crate) members: Vec<String>,
    why: String,
}

/// One scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Setting {
    /// Texts to replace wherever they stand in the recording.
    pub(crate) rename: BTreeMap<String, String>,
    /// The APIs that are enabled beforehand; none named: those of every service.
    pub(crate) apis: Option<Vec<String>>,
    /// Trouble that the sandbox makes, as in a file of faults.
    pub(crate) faults: Vec<Value>,
    /// Calls that are made beforehand.
    pub(crate) first: Vec<First>,
    /// Before an exchange: what the answers of these exchanges show is made so.
    pub(crate) exists: BTreeMap<usize, Vec<usize>>,
    /// From an exchange on: what a placeholder stands for.
    pub(crate) names: BTreeMap<usize, BTreeMap<String, String>>,
    /// What the recorder left out of a request, or garbled.
    pub(crate) send: BTreeMap<usize, Send>,
    /// Exchanges whose method the sandbox does not have.
    pub(crate) unserved: BTreeMap<usize, String>,
}

/// A call of our own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct First {
    pub(crate) post: String,
    #[serde(default)]
    pub(crate) body: Value,
    /// Texts of the recording that stand for what the answer has at a pointer; as many parts of a path as the text has.
    #[serde(default)]
    pub(crate) gives: BTreeMap<String, String>,
}

/// Additions to a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Send {
    /// Added to the query.
    pub(crate) query: String,
    /// Members of the body that are those of the recorded answer.
    pub(crate) like_answer: Vec<String>,
    /// The body; `${live:/POINTER}` is a value of the resource as the sandbox has it.
    pub(crate) body: Option<Value>,
    /// Values at pointers of the recorded body.
    pub(crate) set: BTreeMap<String, Value>,
    pub(crate) why: String,
}

/// A difference that is borne.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tolerated {
    /// Ids, or their beginnings with `*`.
    pub(crate) scenarios: Vec<String>,
    /// Exchanges; none named: all.
    #[serde(default)]
    pub(crate) at: Vec<usize>,
    /// Ends of the paths of the members that differ; `*` is any one member.
    pub(crate) fields: Vec<String>,
    why: String,
}

impl Settings {
    /// The settings of these tests.
    pub(crate) fn load() -> Self {
        serde_yaml::from_str(include_str!("settings.yaml")).unwrap()
    }

    /// Every reason that is given.
    pub(crate) fn reasons(&self) -> Vec<&str> {
        let scenarios = || self.scenarios.values();
        let free = self.free.iter().map(|free| &free.why);
        let sent = scenarios().flat_map(|one| one.send.values().map(|send| &send.why));
        let unserved = scenarios().flat_map(|one| one.unserved.values());
        let borne = self.tolerated.iter().map(|one| &one.why);
        let all = free.chain(self.skipped.values()).chain(sent).chain(unserved).chain(borne);
        all.map(String::as_str).collect()
    }

    /// Whether only the type of a member is compared.
    pub(crate) fn is_free(&self, member: &str) -> bool {
        self.free.iter().any(|free| free.members.iter().any(|name| name == member))
    }
}

impl Tolerated {
    /// Whether a difference at that path is meant.
    pub(crate) fn covers(&self, scenario: &str, exchange: usize, path: &[String]) -> bool {
        self.scenarios.iter().any(|name| fits(scenario, name))
            && (self.at.is_empty() || self.at.contains(&exchange))
            && self.fields.iter().any(|field| is_at_or_below(path, field))
    }
}

/// A name, or its beginning with `*`.
fn fits(name: &str, wanted: &str) -> bool {
    wanted.strip_suffix('*').map_or(name == wanted, |start| name.starts_with(start))
}

fn is_at_or_below(path: &[String], field: &str) -> bool {
    let field: Vec<&str> = field.split('.').collect();
    path.windows(field.len()).any(|part| part.iter().zip(&field).all(|(at, want)| fits(at, want)))
}
