//! Comparing an answer of the sandbox with the recorded one: at least the recorded members, of the recorded types, with the
//! recorded values where these can be foretold.

use std::fmt;

use serde_json::Value;

use super::settings::Settings;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where in the answer; `status` alone is the status line.
    pub(crate) path: Vec<String>,
    what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.what)
    }
}

impl Difference {
    pub(crate) fn new(path: &[String], what: impl Into<String>) -> Self {
        Self { path: path.to_vec(), what: what.into() }
    }
}

/// The members by which things in lists are told apart, where they have one.
const IDENTITIES: [&str; 8] = ["name", "entity", "role", "key", "metric", "logType", "service", "deviceName"];

/// What of the recorded answer the given one lacks or has otherwise.
pub(crate) fn differences(settings: &Settings, recorded: &Value, given: &Value) -> Vec<Difference> {
    let mut compared = Compared { settings, path: Vec::new(), found: Vec::new() };
    compared.value(recorded, given);
    compared.found
}

struct Compared<'a> {
    settings: &'a Settings,
    path: Vec<String>,
    found: Vec<Difference>,
}

impl Compared<'_> {
    fn differ(&mut self, what: String) {
        self.found.push(Difference::new(&self.path, what));
    }

    fn below(&mut self, member: &str, look: impl FnOnce(&mut Self)) {
        self.path.push(member.to_owned());
        look(self);
        self.path.pop();
    }

    fn value(&mut self, recorded: &Value, given: &Value) {
        match (recorded, given) {
            (Value::Object(recorded), Value::Object(given)) => {
                for (member, recorded) in recorded {
                    self.below(member, |at| match given.get(member) {
                        Some(given) => at.value(recorded, given),
                        None => at.differ(format!("missing, recorded {}", short(recorded))),
                    });
                }
            }
            (Value::Array(recorded), Value::Array(given)) => self.list(recorded, given),
            (Value::String(recorded), Value::String(given)) => {
                if !self.is_free() && !alike(recorded, given) {
                    self.differ(format!("{given:?}, recorded {recorded:?}"));
                }
            }
            (recorded, given) if type_of(recorded) != type_of(given) => {
                self.differ(format!("{}, recorded {}", short(given), short(recorded)));
            }
            (recorded, given) => {
                if !self.is_free() && recorded != given {
                    self.differ(format!("{}, recorded {}", short(given), short(recorded)));
                }
            }
        }
    }

    fn is_free(&self) -> bool {
        self.path
            .iter()
            .rev()
            .find(|part| part.parse::<usize>().is_err())
            .is_some_and(|m| self.settings.is_free(m))
    }

    /// A list of texts is a set and equal; of things, those recorded are there. `_trimmed` ends what was shortened.
    fn list(&mut self, recorded: &[Value], given: &[Value]) {
        let shortened = recorded.iter().any(|one| one.get("_trimmed").is_some());
        let recorded: Vec<&Value> = recorded.iter().filter(|one| one.get("_trimmed").is_none()).collect();
        if recorded.iter().all(|one| one.is_string()) && !self.is_free() {
            let lost: Vec<&&Value> = recorded.iter().filter(|one| !given.contains(one)).collect();
            let more: Vec<&Value> = given.iter().filter(|one| !recorded.contains(one)).collect();
            if !lost.is_empty() || (!shortened && !more.is_empty()) {
                self.differ(format!("lacks {}, has besides {}", short(&lost), short(&more)));
            }
            return;
        }
        for (place, one) in recorded.into_iter().enumerate() {
            let twin = identity(one).map_or_else(
                || given.get(place),
                |(member, name)| given.iter().find(|given| given.get(member) == Some(name)),
            );
            let name = identity(one).and_then(|(_, name)| name.as_str()).map(str::to_owned);
            self.below(&name.unwrap_or_else(|| place.to_string()), |at| match twin {
                Some(twin) => at.value(one, twin),
                None => at.differ("missing".to_owned()),
            });
        }
    }
}

fn identity(one: &Value) -> Option<(&'static str, &Value)> {
    IDENTITIES.iter().find_map(|member| Some((*member, one.get(member)?)))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Equal, or two moments, or two addresses.
fn alike(one: &str, other: &str) -> bool {
    one == other || (is_moment(one) && is_moment(other)) || (is_address(one) && is_address(other))
}

fn is_moment(text: &str) -> bool {
    let shape = text.bytes().take(11).map(|b| if b.is_ascii_digit() { b'0' } else { b });
    shape.eq(*b"0000-00-00T")
}

/// An address or a range of them.
fn is_address(text: &str) -> bool {
    text.split('/').next().unwrap_or_default().parse::<std::net::IpAddr>().is_ok()
}

fn short(value: impl serde::Serialize) -> String {
    let text = serde_json::to_string(&value).unwrap();
    if text.len() <= 120 { text } else { format!("{}…", text.chars().take(120).collect::<String>()) }
}
