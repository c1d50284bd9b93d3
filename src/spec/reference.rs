//! References: a text of a spec that names what another resource yields, and has no value before that is known.
//! Pure. What a kind yields, and when it is known, is the kind's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::address::Address;

/// One thing that another resource yields: `ref("Vm/backend").internalIp`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The resource.
    pub address: Address,
    /// What of it.
    pub name: String,
}

/// Characters of Unicode's private use: no text of a person, a script or an API has them by chance.
const OPEN: char = '\u{e0f0}';
const CLOSE: char = '\u{e0f1}';

impl Reference {
    /// A reference to what a resource yields.
    pub fn to(kind: &str, resource: &str, name: &str) -> Self {
        Self { address: Address::new(kind, resource), name: name.to_owned() }
    }

    /// As it stands in a text until its value is known.
    pub fn token(&self) -> String {
        format!("{OPEN}{self}{CLOSE}")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.address, self.name)
    }
}

/// A text that is no reference.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no reference: it reads `Kind/name.result`")]
pub struct NoReference(String);

impl FromStr for Reference {
    type Err = NoReference;

    /// Names of resources have dots (buckets), those of results have none.
    fn from_str(text: &str) -> Result<Self, NoReference> {
        let wrong = || NoReference(text.to_owned());
        let (address, name) = text.rsplit_once('.').ok_or_else(wrong)?;
        let address = address.parse().map_err(|_| wrong())?;
        Ok(Self { address, name: name.to_owned() })
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether a text holds a reference.
pub fn is_in(text: &str) -> bool {
    text.contains(OPEN)
}

/// Where a text has one of the two characters by itself: whoever writes them could pass something off for a reference.
pub fn stray(text: &str) -> Option<usize> {
    text.find([OPEN, CLOSE])
}

/// The references of a text.
pub fn all(text: &str) -> Vec<Reference> {
    let parts = text.split(OPEN).skip(1);
    parts.filter_map(|part| part.split_once(CLOSE)?.0.parse().ok()).collect()
}

/// The references anywhere in a value.
pub fn anywhere(value: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(value, &mut |text| found.extend(all(text)));
    found.sort();
    found.dedup();
    found
}

fn walk(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) if is_in(text) => each(text),
        Value::Array(list) => list.iter().for_each(|value| walk(value, each)),
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            if is_in(key) {
                each(key);
            }
            walk(value, each);
        }),
        _ => {}
    }
}

/// A text with the values of its references; those without a value stay. Values may hold references themselves.
pub fn filled(text: &str, value: &impl Fn(&Reference) -> Option<String>) -> String {
    let mut parts = text.split(OPEN);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((token, rest)) = part.split_once(CLOSE) else {
            whole.push(OPEN);
            whole.push_str(part);
            continue;
        };
        match token.parse().ok().and_then(|reference| value(&reference)) {
            Some(known) => whole.push_str(&known),
            None => whole.extend([OPEN.to_string(), token.to_owned(), CLOSE.to_string()]),
        }
        whole.push_str(rest);
    }
    whole
}

/// A value with the values of its references.
pub fn fill(value: &mut Value, known: &impl Fn(&Reference) -> Option<String>) {
    match value {
        Value::String(text) if is_in(text) => *text = filled(text, known),
        Value::Array(list) => list.iter_mut().for_each(|value| fill(value, known)),
        Value::Object(map) => map.values_mut().for_each(|value| fill(value, known)),
        _ => {}
    }
}

/// A text as a person reads it: what is not known yet says so.
pub fn shown(text: &str) -> String {
    filled(text, &|reference| Some(format!("(known after apply: {reference})")))
}

/// A value as a person reads it.
pub fn show(value: &mut Value) {
    fill(value, &|reference| Some(format!("(known after apply: {reference})")));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_survives_in_any_text_until_its_value_is_known() {
        let ip = Reference::to("Bucket", "a.example.edu", "url");
        let text = format!("curl {}/x {}", ip.token(), Reference::to("Vm", "b", "zone").token());
        assert_eq!(all(&text).first(), Some(&ip));
        let known = filled(&text, &|r| (r.name == "url").then(|| "gs://a".to_owned()));
        assert_eq!(shown(&known), "curl gs://a/x (known after apply: Vm/b.zone)");
        assert_eq!(filled("plain", &|_| None), "plain");
    }

    #[test]
    fn references_are_found_anywhere_in_a_value_each_once() {
        let token = Reference::to("Vm", "b", "zone").token();
        let value = json!({"a": [token, {"b": format!("x{token}")}], "c": 1});
        assert_eq!(anywhere(&value), [Reference::to("Vm", "b", "zone")]);
    }
}
