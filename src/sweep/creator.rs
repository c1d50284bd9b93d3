//! Who made a thing: what the project tells of it. Compute remembers for some days who began which operation; labels and ssh
//! keys say the rest, and often nothing does.

use std::collections::HashMap;

use serde_json::Value;

use crate::gcp::{Read, Request, Service};
use crate::kinds::{Reads, Scope, wire};

/// Labels by which people name themselves.
const NAMED: [&str; 7] = ["owner", "creator", "created-by", "student", "login", "user", "author"];
/// Labels by which tools do. They own nothing: what they made is the person's who ran them.
const TOOLS: [(&str, &str); 3] = [
    ("goog-terraform-provisioned", "Terraform"),
    ("goog-ops-agent-policy", "the console"),
    ("goog-ec-src", ""),
];

/// The creations that Compute remembers.
pub(super) fn read(scope: &Scope) -> Read {
    let path = format!("projects/{}/aggregated/operations", scope.project);
    let request = Request::get(Service::Compute, path)
        .query("filter", "operationType=insert")
        .query("maxResults", "500");
    Read::aggregated(
        request.fields("items/*/operations(operationType,targetId,user),nextPageToken"),
        "operations",
    )
}

/// Who created what, by the id of what was created.
pub(super) struct Creators<'a>(HashMap<&'a str, &'a str>);

impl<'a> Creators<'a> {
    pub(super) fn of(reads: &'a Reads, scope: &Scope) -> Self {
        let member = |operation: &'a Value, key: &str| operation.get(key).and_then(Value::as_str);
        let known = reads.items(&read(scope)).iter();
        Self(known.filter_map(|o| Some((member(o, "targetId")?, member(o, "user")?))).collect())
    }

    /// Who made a thing, and with what.
    pub(super) fn of_item(&self, item: &Value) -> Option<String> {
        let labels = wire::map(item, "/labels");
        let remembered = item.get("id").and_then(Value::as_str).and_then(|id| self.0.get(id));
        let person = remembered.map(|user| (*user).to_owned());
        let person = person.or_else(|| NAMED.iter().find_map(|key| labels.get(*key).cloned()));
        let person = person.or_else(|| ssh_user(item).map(|user| format!("ssh key of {user}")));
        let tool = TOOLS.iter().find_map(|(key, tool)| labels.get(*key).map(|value| named(tool, value)));
        match (person, tool) {
            (Some(person), Some(tool)) => Some(format!("{person} with {tool}")),
            (person, tool) => person.or(tool),
        }
    }
}

/// `goog-ec-src: vm_add-gcloud` says by its value which tool it was.
fn named(tool: &str, value: &str) -> String {
    let said = value.rsplit('-').next().unwrap_or(value);
    if tool.is_empty() { said.to_owned() } else { tool.to_owned() }
}

/// Whether a label only says which tool was used.
pub(super) fn is_tool(label: &str) -> bool {
    TOOLS.iter().any(|(key, _)| *key == label)
}

/// The first who may log in to a machine: gcloud puts the key of whoever does there.
fn ssh_user(item: &Value) -> Option<String> {
    let keys =
        wire::list(item, "/metadata/items").iter().find(|i| wire::text_or_empty(i, "/key") == "ssh-keys")?;
    let first = wire::text(keys, "/value")?;
    let (user, _) = first.lines().next()?.split_once(':')?;
    Some(user.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made_by(item: &Value) -> Option<String> {
        Creators(HashMap::from([("7", "alice@x.edu")])).of_item(item)
    }

    #[test]
    fn what_compute_remembers_comes_before_what_labels_and_keys_say() {
        let keys =
            json!({"items": [{"key": "ssh-keys", "value": "bob:ssh-rsa AAAA bob@laptop\ncat:ssh-rsa B"}]});
        let labels = json!({"owner": "carol", "goog-ec-src": "vm_add-gcloud"});
        let rows = [
            (json!({"id": "7", "labels": labels, "metadata": keys}), Some("alice@x.edu with gcloud")),
            (json!({"id": "8", "labels": labels, "metadata": keys}), Some("carol with gcloud")),
            (json!({"id": "8", "metadata": keys}), Some("ssh key of bob")),
            (json!({"labels": {"goog-terraform-provisioned": "true"}}), Some("Terraform")),
            (json!({"name": "x"}), None),
        ];
        for (item, creator) in rows {
            assert_eq!(made_by(&item).as_deref(), creator, "{item}");
        }
    }
}
