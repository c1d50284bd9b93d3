//! What a plan was made from: of every resource the live values that matter to it, and of the inventory a digest of each entry.
//! Pure. What counts is what comparison counts: the same recipe, so that nothing a plan follows from goes unseen.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Seen;
use crate::inventory::Record;
use crate::kinds::desired::digest;
use crate::kinds::{Facts, KindRegistry, Owned};
use crate::plan::{Change, Plan};
use crate::report::Secrets;
use crate::spec::Address;

/// Digests of what the inventory says of each resource.
pub(super) fn inventory(record: &Record) -> BTreeMap<Address, String> {
    record.entries.iter().map(|(address, entry)| (address.clone(), digest(&json!(entry)))).collect()
}

/// What is live of every resource of a plan, without secrets.
pub(super) fn seen(plan: &Plan, record: &Record, registry: &KindRegistry, secrets: &Secrets) -> Vec<Seen> {
    let of = |change: &Change| {
        let kind = registry.find(&change.address.kind)?;
        let entry = record.entries.get(&change.address).filter(|entry| entry.project == change.project);
        let nothing = Owned::default();
        let recipe = Recipe { facts: kind.facts(), owned: entry.map_or(&nothing, |entry| &entry.owns) };
        let live = recipe.kept(&change.after, &change.before);
        Some(Seen {
            address: change.address.clone(),
            project: change.project.clone(),
            goes: change.after.is_null(),
            live: secrets.hide_value("", &live),
        })
    };
    plan.changes.iter().filter_map(of).collect()
}

struct Recipe<'a> {
    facts: &'a Facts,
    owned: &'a Owned,
}

impl Recipe<'_> {
    /// What matters of a live value; null where there is none.
    fn kept(&self, desired: &Value, live: &Value) -> Value {
        match (desired, live) {
            (_, Value::Null) => Value::Null,
            // What goes is stated by nobody: everything of it counts.
            (Value::Null, live) => self.part("", None, live),
            (desired, live) => {
                let mut kept = self.part("", Some(desired), live);
                self.forgotten(&mut kept, live);
                kept
            }
        }
    }

    /// The live side of what is stated, or all of it. A field that is stated and not there is null, so that it is seen to come.
    fn part(&self, path: &str, stated: Option<&Value>, live: &Value) -> Value {
        if self.facts.keyed.contains(&path) {
            return self.members(path, stated, live);
        }
        match stated.unwrap_or(live) {
            Value::Object(fields) if !self.facts.whole.contains(&path) => {
                let under =
                    |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                let fields = fields.iter().map(|(key, value)| (key, under(key), value));
                let fields = fields.filter(|(_, path, _)| !self.facts.local.contains(&path.as_str()));
                let kept = fields.map(|(key, path, value)| {
                    let live = live.get(key).unwrap_or(&Value::Null);
                    (key.clone(), self.part(&path, stated.map(|_| value), live))
                });
                Value::Object(kept.collect())
            }
            _ => live.clone(),
        }
    }

    /// The members of a map or a set that are stated, or ours since an earlier apply; those of others move as they like.
    fn members(&self, facet: &str, stated: Option<&Value>, live: &Value) -> Value {
        if let (Some(Value::Array(_)), _) | (_, Value::Array(_)) = (stated, live) {
            let stated = stated.and_then(Value::as_array);
            let ours = |member: &&Value| {
                let owned = member.as_str().is_some_and(|member| self.owned.has(facet, member));
                owned || stated.is_some_and(|stated| stated.contains(member))
            };
            return live.as_array().into_iter().flatten().filter(ours).cloned().collect();
        }
        let stated = stated.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let keys = stated.map(String::as_str).chain(self.owned.keys(facet));
        keys.map(|key| (key.to_owned(), live.get(key).cloned().unwrap_or(Value::Null))).collect()
    }

    /// Maps and sets that the spec no longer has at all, but of which members are ours.
    fn forgotten(&self, kept: &mut Value, live: &Value) {
        for facet in self.facts.keyed {
            let pointer = format!("/{}", facet.replace('.', "/"));
            if self.owned.keys(facet).next().is_none() || kept.pointer(&pointer).is_some() {
                continue;
            }
            let there = live.pointer(&pointer).map_or(Value::Null, |there| self.members(facet, None, there));
            if let Some(fields) = kept.as_object_mut() {
                fields.insert((*facet).to_owned(), there);
            }
        }
    }
}

#[cfg(test)]
mod tests {
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

    fn kept(desired: &Value, owned: &[(&str, &str)]) -> Value {
        let mut ours = Owned::default();
        for (facet, key) in owned {
            ours.insert(facet, *key);
        }
        let live = json!({
            "size": 1, "disk": {"type": "ssd", "gb": 10}, "labels": {"a": "1", "theirs": "2"}, "tags": ["web", "theirs"],
            "policies": {"x": 1, "y": 2},
        });
        Recipe { facts: &FACTS, owned: &ours }.kept(desired, &live)
    }

    #[test]
    fn of_what_stays_only_what_is_stated_or_ours_counts() {
        let stated = json!({"size": 2, "disk": {"gb": 20}, "more": 1, "tunnels": [1], "labels": {"a": "2", "new": "3"}});
        assert_eq!(
            kept(&stated, &[]),
            json!({"size": 1, "disk": {"gb": 10}, "more": null, "labels": {"a": "1", "new": null}})
        );
        assert_eq!(kept(&json!({"tags": ["web", "ssh"]}), &[]), json!({"tags": ["web"]}));
        assert_eq!(
            kept(&json!({}), &[("labels", "a"), ("tags", "web")]),
            json!({"labels": {"a": "1"}, "tags": ["web"]})
        );
        assert_eq!(kept(&json!({"policies": {}}), &[]), json!({"policies": {"x": 1, "y": 2}}));
    }

    #[test]
    fn of_what_goes_everything_counts_but_what_others_put_in() {
        assert_eq!(
            kept(&Value::Null, &[("labels", "a")]),
            json!({"size": 1, "disk": {"type": "ssd", "gb": 10}, "labels": {"a": "1"}, "tags": [], "policies": {"x": 1, "y": 2}})
        );
    }
}
