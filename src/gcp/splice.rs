//! Splices: how the body of a read-modify-write is made from the document that was read.
//! Pure data and a pure function, so that a plan shows what will be written and a test needs no server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::policy::{self, Tuple};

/// One change between the document that was read and the body that is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Splice {
    /// Copies a member (JSON pointer, empty for the whole document) as it was read.
    Copy {
        /// Pointer into what was read.
        from: String,
        /// Pointer into the body.
        to: String,
    },
    /// Sets a member of the body.
    Set {
        /// Pointer into the body.
        to: String,
        /// The member's value.
        value: Value,
    },
    /// Merges a map of strings: keys of other writers survive.
    Map {
        /// Pointer to the map in what was read.
        from: String,
        /// Pointer into the body.
        to: String,
        /// Keys to write.
        set: Map<String, Value>,
        /// Keys to remove.
        unset: Vec<String>,
    },
    /// Merges compute metadata, a list of `{key, value}`: keys of other writers (`ssh-keys`) survive.
    Items {
        /// Pointer to the list in what was read.
        from: String,
        /// Pointer into the body.
        to: String,
        /// Keys to write.
        set: Map<String, Value>,
        /// Keys to remove.
        unset: Vec<String>,
    },
    /// Merges a list that is a set: members of other writers survive.
    Members {
        /// Pointer to the list in what was read.
        from: String,
        /// Pointer into the body.
        to: String,
        /// Members to add.
        add: Vec<String>,
        /// Members to remove.
        remove: Vec<String>,
    },
    /// Merges the lines of one metadata item that the body holds already: ssh keys of other writers survive.
    Lines {
        /// Pointer to the list of items in the body.
        list: String,
        /// The item's key.
        key: String,
        /// Lines to add.
        add: Vec<String>,
        /// Lines to remove.
        remove: Vec<String>,
    },
    /// Adds and removes members of an IAM policy; every binding of others survives.
    Policy {
        /// Pointer to the policy in the body: empty where the body is the policy.
        to: String,
        /// Grants to add.
        add: Vec<Tuple>,
        /// Grants to remove.
        remove: Vec<Tuple>,
    },
}

/// The body of a write, made from what was read.
pub fn splice(read: &Value, splices: &[Splice]) -> Value {
    let mut body = json!({});
    for splice in splices {
        apply(read, splice, &mut body);
    }
    body
}

fn apply(read: &Value, splice: &Splice, body: &mut Value) {
    let at = |pointer: &str| read.pointer(pointer).cloned();
    match splice {
        Splice::Copy { from, to } => {
            if let Some(value) = at(from) {
                place(body, to, value);
            }
        }
        Splice::Set { to, value } => place(body, to, value.clone()),
        Splice::Map { from, to, set, unset } => {
            let mut map = at(from).and_then(|v| v.as_object().cloned()).unwrap_or_default();
            map.retain(|key, _| !unset.contains(key));
            map.extend(set.clone());
            place(body, to, Value::Object(map));
        }
        Splice::Items { from, to, set, unset } => place(body, to, items(at(from).as_ref(), set, unset)),
        Splice::Members { from, to, add, remove } => place(body, to, members(at(from).as_ref(), add, remove)),
        Splice::Lines { list, key, add, remove } => lines(body, list, key, add, remove),
        Splice::Policy { to, add, remove } => place(body, to, policy::edited(read, add, remove)),
    }
}

fn items(read: Option<&Value>, set: &Map<String, Value>, unset: &[String]) -> Value {
    let key = |item: &Value| item.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let foreign = read.and_then(Value::as_array).into_iter().flatten();
    let kept = foreign.filter(|item| !set.contains_key(&key(item)) && !unset.contains(&key(item))).cloned();
    let ours = set.iter().map(|(key, value)| json!({"key": key, "value": value}));
    kept.chain(ours).collect()
}

fn members(read: Option<&Value>, add: &[String], remove: &[String]) -> Value {
    let live = read.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut all: Vec<String> = live.map(str::to_owned).filter(|m| !remove.contains(m)).collect();
    all.extend(add.iter().cloned());
    all.sort();
    all.dedup();
    json!(all)
}

fn lines(body: &mut Value, list: &str, key: &str, add: &[String], remove: &[String]) {
    let Some(Value::Array(items)) = body.pointer_mut(list) else {
        return;
    };
    let at = items.iter().position(|item| item.get("key").and_then(Value::as_str) == Some(key));
    let read = at.and_then(|at| items.get(at)?.get("value")?.as_str().map(str::to_owned)).unwrap_or_default();
    let mut kept: Vec<&str> = read.lines().filter(|line| !remove.iter().any(|r| r == line.trim())).collect();
    kept.extend(add.iter().map(String::as_str).filter(|new| !read.lines().any(|line| line.trim() == *new)));
    let item = json!({"key": key, "value": kept.join("\n")});
    match at.and_then(|at| items.get_mut(at)) {
        Some(_) if kept.is_empty() => {
            items.retain(|item| item.get("key").and_then(Value::as_str) != Some(key));
        }
        Some(there) => *there = item,
        None if kept.is_empty() => {}
        None => items.push(item),
    }
}

/// Puts a value at a pointer, making the objects on the way.
fn place(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for part in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        let Value::Object(map) = at else { return };
        at = map.entry(part).or_insert(Value::Null);
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_keys_of_others_survive_a_write() {
        let read = json!({"metadata": {"fingerprint": "f", "items": [{"key": "ssh-keys", "value": "k"}, {"key": "a", "value": "1"}]}});
        let set = Map::from_iter([("a".to_owned(), json!("2"))]);
        let body = splice(
            &read,
            &[
                Splice::Copy { from: "/metadata/fingerprint".into(), to: "/fingerprint".into() },
                Splice::Items {
                    from: "/metadata/items".into(),
                    to: "/items".into(),
                    set,
                    unset: vec!["b".into()],
                },
            ],
        );
        let items = json!([{"key": "ssh-keys", "value": "k"}, {"key": "a", "value": "2"}]);
        assert_eq!(body, json!({"fingerprint": "f", "items": items}));
    }

    #[test]
    fn ssh_keys_of_others_survive_a_change_of_ours() {
        let read = json!({"items": [{"key": "ssh-keys", "value": "theirs:k\nold:k"}]});
        let (from, to) = ("/items".to_owned(), "/items".to_owned());
        let keep = Splice::Items { from, to: to.clone(), set: Map::new(), unset: Vec::new() };
        let (add, remove) = (vec!["new:k".to_owned()], vec!["old:k".to_owned()]);
        let lines = Splice::Lines { list: to, key: "ssh-keys".into(), add, remove };
        let body = splice(&read, &[keep, lines]);
        assert_eq!(body, json!({"items": [{"key": "ssh-keys", "value": "theirs:k\nnew:k"}]}));
    }

    #[test]
    fn labels_of_others_survive_and_ours_can_go() {
        let read = json!({"labels": {"goog-x": "1", "old": "1"}});
        let set = Map::from_iter([("team".to_owned(), json!("a"))]);
        let map =
            Splice::Map { from: "/labels".into(), to: "/labels".into(), set, unset: vec!["old".into()] };
        assert_eq!(splice(&read, &[map]), json!({"labels": {"goog-x": "1", "team": "a"}}));
    }

    #[test]
    fn a_whole_document_can_be_copied_and_then_changed() {
        let read = json!({"name": "x", "description": "old", "fingerprint": "f"});
        let all = Splice::Copy { from: String::new(), to: String::new() };
        let set = Splice::Set { to: "/description".into(), value: json!("new") };
        assert_eq!(
            splice(&read, &[all, set]),
            json!({"name": "x", "description": "new", "fingerprint": "f"})
        );
    }

    #[test]
    fn a_set_gains_and_loses_only_what_is_named() {
        let read = json!({"tags": {"items": ["theirs", "old"]}});
        let set = Splice::Members {
            from: "/tags/items".into(),
            to: "/items".into(),
            add: vec!["new".into()],
            remove: vec!["old".into()],
        };
        assert_eq!(splice(&read, &[set]), json!({"items": ["new", "theirs"]}));
    }
}
