//! Reading wire documents: small total functions over JSON, and what list-shaped kinds share in observing.
//! Pure. Knows no kind and no field by name.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::contract::{Ask, Observation, Observed};

/// A text member by JSON pointer.
pub fn text(wire: &Value, pointer: &str) -> Option<String> {
    wire.pointer(pointer)?.as_str().map(str::to_owned)
}

/// A text member; absent means empty.
pub fn text_or_empty(wire: &Value, pointer: &str) -> String {
    text(wire, pointer).unwrap_or_default()
}

/// A boolean member; absent means false.
pub fn flag(wire: &Value, pointer: &str) -> bool {
    wire.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// A whole number, written as a number (int32) or as text (int64).
pub fn number(wire: &Value, pointer: &str) -> Option<u64> {
    let member = wire.pointer(pointer)?;
    member.as_u64().or_else(|| member.as_str()?.parse().ok())
}

/// A list member; absent means empty.
pub fn list<'a>(wire: &'a Value, pointer: &str) -> &'a [Value] {
    wire.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of texts; absent means empty.
pub fn texts(wire: &Value, pointer: &str) -> Vec<String> {
    list(wire, pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A map of texts; absent means empty.
pub fn map(wire: &Value, pointer: &str) -> BTreeMap<String, String> {
    let members = wire.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    members.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// A typed member; absent or of another form means none.
pub fn member<T: serde::de::DeserializeOwned>(wire: &Value, pointer: &str) -> Option<T> {
    T::deserialize(wire.pointer(pointer)?).ok()
}

/// A reference from `projects/` on: hosts and API versions differ between what is sent and what comes back.
pub fn relative(reference: &str) -> &str {
    reference.find("projects/").map_or(reference, |at| reference.get(at..).unwrap_or(reference))
}

/// The last segment of a reference.
pub fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// Texts as formats. What an API wrote is taken as it is, even where a rule of ours would refuse it: it must not be lost
/// from comparison.
pub fn formatted<T: serde::de::DeserializeOwned>(texts: Vec<String>) -> Vec<T> {
    texts.into_iter().filter_map(|text| serde_json::from_value(Value::String(text)).ok()).collect()
}

/// Observes a kind whose collection lists every resource by name.
pub fn by_name<T: Clone>(asks: &[Ask<T>], all: Vec<(String, Observed<T>)>) -> Observation<T> {
    let mut listed: HashMap<String, Vec<Observed<T>>> = HashMap::new();
    for (name, observed) in all {
        listed.entry(name).or_default().push(observed);
    }
    let found = asks.iter().map(|ask| {
        let same_name = listed.remove(&ask.name).unwrap_or_default();
        pick(ask, same_name)
    });
    let found = found.collect();
    let others = listed.into_iter().flat_map(|(name, same)| same.into_iter().map(move |o| (name.clone(), o)));
    let mut others: Vec<(String, Observed<T>)> = others.collect();
    others.sort_by(|a, b| a.0.cmp(&b.0));
    Observation { found, others }
}

/// Several may bear one name in different places: the recorded one is meant, else the marked one, else the first.
fn pick<T>(ask: &Ask<T>, same_name: Vec<Observed<T>>) -> Option<Observed<T>> {
    let rank = |o: &Observed<T>| {
        let recorded = ask.resource.as_deref() == Some(o.resource.as_str());
        (!recorded, o.mark.is_none())
    };
    same_name.into_iter().min_by_key(rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_form_compare_from_projects_on() {
        let full = "https://www.googleapis.com/compute/v1/projects/p/global/networks/default";
        assert_eq!(relative(full), "projects/p/global/networks/default");
        assert_eq!(relative("global/networks/default"), "global/networks/default");
        assert_eq!(last(full), "default");
    }

    #[test]
    fn numbers_come_as_numbers_or_as_text() {
        let wire = serde_json::json!({"a": 5, "b": "6", "c": "x"});
        assert_eq!((number(&wire, "/a"), number(&wire, "/b"), number(&wire, "/c")), (Some(5), Some(6), None));
    }
}
