//! Names: what the placeholders of a recording stand for, and what the sandbox calls what Google gave an id of its own.

use std::collections::BTreeMap;

use serde_json::Value;

use super::scenario::Exchange;

/// Members by which one answer hands the next request an id.
const IDS: [&str; 6] = ["id", "uniqueId", "generation", "nextPageToken", "targetId", "clientOperationId"];

/// Everything known so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Placeholders, without their braces.
    placeholders: BTreeMap<String, String>,
    /// Recorded ids and those of the sandbox.
    ids: BTreeMap<String, String>,
    /// The last etag and fingerprints the sandbox gave.
    guards: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn new(project: &str, number: &str) -> Self {
        let known = [("projectId", project), ("projectNumber", number), ("uniqueId", "abc1234")];
        let ids = ["diskID", "firewallID", "instanceID", "networkID", "addressID"];
        let made = ids.iter().map(|id| (*id, id.trim_end_matches("ID")));
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let placeholders = known
            .into_iter()
            .map(owned)
            .chain(made.map(|(name, value)| (name.to_owned(), format!("{value}-one"))));
        Self { placeholders: placeholders.collect(), ..Self::default() }
    }

    /// From here on a placeholder stands for this.
    pub(crate) fn set(&mut self, placeholder: &str, value: &str) {
        self.placeholders.insert(placeholder.to_owned(), value.to_owned());
    }

    /// A text with everything known filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (placeholder, value) in &self.placeholders {
            text = text.replace(&format!("${{{placeholder}}}"), value);
        }
        for (recorded, given) in &self.ids {
            text = text.replace(recorded.as_str(), given);
        }
        text
    }

    /// The same for a document.
    pub(crate) fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(list) => list.iter().map(|one| self.filled(one)).collect(),
            Value::Object(map) => map.iter().map(|(k, v)| (self.fill(k), self.filled(v))).collect(),
            other => other.clone(),
        }
    }

    /// A body as it is sent: with the etag that the sandbox gave last.
    pub(crate) fn body(&self, value: &Value) -> Value {
        let mut body = self.filled(value);
        for holder in ["", "/policy"] {
            for guard in ["etag", "fingerprint", "labelFingerprint"] {
                let last = self.guards.get(guard);
                let place = body.pointer_mut(&format!("{holder}/{guard}"));
                if let (Some(last), Some(Value::String(text))) = (last, place)
                    && !text.starts_with("${live:")
                {
                    text.clone_from(last);
                }
            }
        }
        body
    }

    /// Takes from an answer what later exchanges may name.
    pub(crate) fn learn(&mut self, exchange: &Exchange, given: &Value) {
        for guard in ["etag", "fingerprint", "labelFingerprint"] {
            if let Some(text) = given.get(guard).and_then(Value::as_str) {
                self.guards.insert(guard.to_owned(), text.to_owned());
            }
        }
        if let Some(name) = operation(given).filter(|_| exchange.method != "GET") {
            self.set("operationID", &name);
        }
        let recorded = exchange.response_body.clone();
        if let (Some(recorded), Some(given)) = (operation(&recorded), operation(given)) {
            self.same(&recorded, &given);
        }
        self.ids_of(&recorded, given);
        if let Some(key) = key_of(given) {
            self.set("serviceAccountKeyID", &key);
        }
    }

    /// A recorded text stands for this one.
    pub(crate) fn same(&mut self, recorded: &str, given: &str) {
        let scrubbed = recorded.contains("${") || recorded.len() < 5 || recorded.bytes().all(|b| b == b'0');
        if !scrubbed {
            self.ids.insert(recorded.to_owned(), given.to_owned());
        }
    }

    fn ids_of(&mut self, recorded: &Value, given: &Value) {
        let (Some(recorded), Some(given)) = (recorded.as_object(), given.as_object()) else { return };
        for (member, recorded) in recorded {
            match (recorded, given.get(member)) {
                (Value::String(recorded), Some(Value::String(given))) if IDS.contains(&member.as_str()) => {
                    self.same(recorded, given);
                }
                (recorded, Some(given)) => self.ids_of(recorded, given),
                _ => {}
            }
        }
    }
}

/// The last part of an operation's name.
fn operation(answer: &Value) -> Option<String> {
    let name = answer.get("name")?.as_str()?;
    let compute = answer.get("kind").is_some_and(|kind| kind == "compute#operation");
    (compute || name.contains("operations/")).then(|| name.rsplit('/').next().unwrap_or(name).to_owned())
}

fn key_of(answer: &Value) -> Option<String> {
    let name = answer.get("name")?.as_str()?;
    name.rsplit_once("/keys/").map(|(_, key)| key.to_owned())
}
