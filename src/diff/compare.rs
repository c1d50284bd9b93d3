//! Comparison of a desired value with a live one, by one recipe for every kind: only what desired states counts, absent
//! equals empty, keyed maps and sets are compared member by member.
//! Pure. Both sides come in normalised.

use serde_json::{Map, Value};

use crate::kinds::{Facts, FieldChange, FieldPath, Owned};

/// The fields in which the live value is not what is desired.
pub fn compare(facts: &Facts, desired: &Value, live: &Value, owned: &Owned) -> Vec<FieldChange> {
    let mut comparison = Comparison { facts, owned, found: Vec::new() };
    comparison.walk(&FieldPath::default(), desired, live);
    comparison.forgotten(desired, live);
    comparison.found
}

struct Comparison<'a> {
    facts: &'a Facts,
    owned: &'a Owned,
    found: Vec<FieldChange>,
}

impl Comparison<'_> {
    fn walk(&mut self, path: &FieldPath, desired: &Value, live: &Value) {
        let dotted = path.0.join(".");
        if self.facts.local.contains(&dotted.as_str()) {
            return;
        }
        let keyed = self.facts.keyed.contains(&dotted.as_str());
        match desired {
            Value::Array(want) if keyed => self.set(path, &dotted, want, live),
            Value::Object(want) if keyed => self.map(path, &dotted, want, live),
            Value::Object(_) if self.facts.whole.contains(&dotted.as_str()) => {
                let there = if live.is_null() { &Value::Object(Map::new()) } else { live };
                describe(path, desired, there, &mut self.found);
            }
            Value::Object(want) => {
                for (key, value) in want {
                    self.walk(&path.child(key), value, live.get(key).unwrap_or(&Value::Null));
                }
            }
            _ if same(desired, live) => {}
            _ => describe(path, desired, live, &mut self.found),
        }
    }

    fn map(&mut self, path: &FieldPath, facet: &str, want: &Map<String, Value>, live: &Value) {
        for (key, value) in want {
            let before = live.get(key).unwrap_or(&Value::Null);
            if value != before {
                self.push(path.child(key), before.clone(), value.clone());
            }
        }
        let gone = self.owned.keys(facet).filter(|key| !want.contains_key(*key));
        for key in gone {
            if let Some(before) = live.get(key) {
                self.found.push(FieldChange {
                    path: path.child(key),
                    before: before.clone(),
                    after: Value::Null,
                });
            }
        }
    }

    /// Only members that are desired or once were ours are shown; members of others are neither before nor after.
    fn set(&mut self, path: &FieldPath, facet: &str, want: &[Value], live: &Value) {
        let ours = |m: &&Value| want.contains(m) || m.as_str().is_some_and(|m| self.owned.has(facet, m));
        let before: Vec<Value> = live.as_array().into_iter().flatten().filter(ours).cloned().collect();
        if want.len() != before.len() || want.iter().any(|m| !before.contains(m)) {
            self.push(path.clone(), Value::Array(before), Value::Array(want.to_vec()));
        }
    }

    /// Keyed fields that the spec no longer has at all, but of which keys are ours.
    fn forgotten(&mut self, desired: &Value, live: &Value) {
        for facet in self.facts.keyed {
            let pointer = format!("/{}", facet.replace('.', "/"));
            if desired.pointer(&pointer).is_some() || self.owned.keys(facet).next().is_none() {
                continue;
            }
            let path = FieldPath(facet.split('.').map(str::to_owned).collect());
            match live.pointer(&pointer) {
                Some(there @ Value::Array(_)) => self.set(&path, facet, &[], there),
                Some(there @ Value::Object(_)) => self.map(&path, facet, &Map::new(), there),
                _ => {}
            }
        }
    }

    fn push(&mut self, path: FieldPath, before: Value, after: Value) {
        self.found.push(FieldChange { path, before, after });
    }
}

/// The leaves in which two values differ: what was, and what is.
pub fn leaves(was: &Value, is: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    describe(&FieldPath::default(), is, was, &mut found);
    found.retain(|change| !same(&change.after, &change.before));
    found
}

/// Whether two values mean the same: absent equals empty, as the APIs omit what is zero.
fn same(desired: &Value, live: &Value) -> bool {
    desired == live || (is_empty(desired) && is_empty(live))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Names the leaves that differ inside lists of equal length, so that a reader sees `containers[0].image`.
fn describe(path: &FieldPath, desired: &Value, live: &Value, found: &mut Vec<FieldChange>) {
    match (desired, live) {
        (Value::Array(want), Value::Array(there)) if want.len() == there.len() && of_objects(want) => {
            for (i, (w, t)) in want.iter().zip(there).enumerate() {
                describe(&path.child(i.to_string()), w, t, found);
            }
        }
        (Value::Object(want), Value::Object(there)) => {
            let keys = want.keys().chain(there.keys().filter(|key| !want.contains_key(*key)));
            for key in keys {
                let side = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                describe(&path.child(key), &side(want), &side(there), found);
            }
        }
        _ if desired == live => {}
        _ => found.push(FieldChange { path: path.clone(), before: live.clone(), after: desired.clone() }),
    }
}

fn of_objects(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(Value::is_object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gcp::Service;
    use crate::kinds::MarkPlace;

    const FACTS: Facts = Facts {
        kind: "Toy",
        service: Service::Compute,
        wire: "compute.Toy",
        mark: MarkPlace::Labels,
        fields: &[],
        keyed: &["labels", "tags"],
        whole: &["policies"],
        local: &["tunnels"],
    };

    fn paths(desired: &Value, live: &Value, owned: &Owned) -> Vec<String> {
        let shown = |c: FieldChange| format!("{}: {} -> {}", c.path, c.before, c.after);
        compare(&FACTS, desired, live, owned).into_iter().map(shown).collect()
    }

    #[test]
    fn what_the_spec_omits_is_not_compared() {
        assert!(paths(&json!({"a": 1}), &json!({"a": 1, "b": 2}), &Owned::default()).is_empty());
    }

    #[test]
    fn absent_equals_empty_but_zero_is_a_value() {
        assert!(paths(&json!({"a": false, "b": "", "c": []}), &json!({}), &Owned::default()).is_empty());
        assert_eq!(paths(&json!({"priority": 0}), &json!({}), &Owned::default()), ["priority: null -> 0"]);
    }

    #[test]
    fn labels_of_others_are_no_drift_and_ours_go_when_the_spec_drops_them() {
        let mut owned = Owned::default();
        owned.insert("labels", "old");
        let live = json!({"labels": {"goog-x": "1", "old": "1", "team": "a"}});
        assert_eq!(
            paths(&json!({"labels": {"team": "b"}}), &live, &owned),
            ["labels.team: \"a\" -> \"b\"", "labels.old: \"1\" -> null"]
        );
        assert_eq!(paths(&json!({}), &live, &owned), ["labels.old: \"1\" -> null"]);
    }

    #[test]
    fn a_set_shows_only_members_that_are_ours_to_change() {
        let live = json!({"tags": ["theirs", "web"]});
        assert!(paths(&json!({"tags": ["web"]}), &live, &Owned::default()).is_empty());
        assert_eq!(
            paths(&json!({"tags": ["ssh", "web"]}), &live, &Owned::default()),
            ["tags: [\"web\"] -> [\"ssh\",\"web\"]"]
        );
    }

    #[test]
    fn what_the_spec_leaves_out_of_a_whole_map_goes() {
        let live = json!({"policies": {"a": {"age": 1, "tag": "x"}, "b": {"age": 2}}});
        assert_eq!(
            paths(&json!({"policies": {"a": {"age": 1}}}), &live, &Owned::default()),
            ["policies.a.tag: \"x\" -> null", "policies.b: {\"age\":2} -> null"]
        );
        assert!(paths(&json!({"policies": {}}), &json!({}), &Owned::default()).is_empty());
        assert!(paths(&json!({}), &live, &Owned::default()).is_empty());
    }

    #[test]
    fn a_list_is_compared_whole_and_described_by_its_leaves() {
        let desired = json!({"containers": [{"image": "a:2"}]});
        let live = json!({"containers": [{"image": "a:1", "env": {"X": "1"}}]});
        assert_eq!(
            paths(&desired, &live, &Owned::default()),
            ["containers[0].image: \"a:1\" -> \"a:2\"", "containers[0].env: {\"X\":\"1\"} -> null"]
        );
    }

    #[test]
    fn local_fields_are_never_compared() {
        assert!(paths(&json!({"tunnels": [8080]}), &json!({}), &Owned::default()).is_empty());
    }
}
