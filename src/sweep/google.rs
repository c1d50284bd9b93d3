//! What is Google's own in a project: made by its services for themselves, or with every project. It is never swept.

use serde_json::Value;

use super::catalog::{Collection, Listed};
use super::creator;
use crate::kinds::{Scope, wire};

/// Rules that Google makes with the network `default`.
const DEFAULT_RULES: [&str; 4] =
    ["default-allow-icmp", "default-allow-internal", "default-allow-rdp", "default-allow-ssh"];
/// Buckets that services make for themselves: what a name begins with or ends with, and whose it is.
const BUCKETS: [(&str, &str, &str); 12] = [
    ("", ".appspot.com", "App Engine or the old Container Registry"),
    ("gcf-sources-", "", "Cloud Functions"),
    ("gcf-v2-", "", "Cloud Functions"),
    ("run-sources-", "", "Cloud Run"),
    ("", "_cloudbuild", "Cloud Build"),
    ("", ".cloudbuild-logs.googleusercontent.com", "Cloud Build"),
    ("dataproc-staging-", "", "Dataproc"),
    ("dataproc-temp-", "", "Dataproc"),
    ("dataflow-staging-", "", "Dataflow"),
    ("cloud-ai-platform-", "", "Vertex AI"),
    ("firebaseapphosting-sources-", "", "Firebase"),
    ("", ".firebasestorage.app", "Firebase"),
];
/// Repositories that services make for themselves.
const REPOSITORIES: [(&str, &str); 2] =
    [("gcf-artifacts", "Cloud Functions"), ("firebaseapphosting-images", "Firebase")];
/// What addresses are for that services reserve.
const PURPOSES: [&str; 3] = ["NAT_AUTO", "VPC_PEERING", "IPSEC_INTERCONNECT"];

/// Why a thing is Google's own, if it is.
pub(super) fn own(row: &Collection, item: &Value, scope: &Scope) -> Option<String> {
    let name = wire::text_or_empty(item, "/name");
    by_label(item).or_else(|| match row.listed {
        Listed::Buckets => bucket(&name, item, scope),
        Listed::Accounts => account(item),
        Listed::Repositories => repository(wire::last(&name)),
        Listed::Pools => name.ends_with(".svc.id.goog").then(|| "Google's own: Kubernetes Engine".to_owned()),
        Listed::Services => None,
        Listed::Everywhere(_) | Listed::Global => compute(&name, item),
    })
}

/// Labels that begin with `goog-` are set by Google's services, but for those by which tools tell that they were used.
fn by_label(item: &Value) -> Option<String> {
    let labels = wire::map(item, "/labels");
    let theirs = labels.keys().find(|key| key.starts_with("goog-") && !creator::is_tool(key))?;
    Some(format!("Google manages it: it has the label {theirs}"))
}

fn bucket(name: &str, item: &Value, scope: &Scope) -> Option<String> {
    let inventory = wire::text_or_empty(item, "/labels/provost-purpose") == "inventory";
    if inventory || name == format!("{}-provost", scope.project) {
        return Some("it holds the inventories of Provost".to_owned());
    }
    let row = BUCKETS.iter().find(|(from, to, _)| name.starts_with(from) && name.ends_with(to))?;
    Some(format!("Google's own: {}", row.2))
}

fn repository(name: &str) -> Option<String> {
    let row = REPOSITORIES.iter().find(|(known, _)| *known == name)?;
    Some(format!("Google's own: {}", row.1))
}

/// Accounts that people make are addressed by the project's id; the default ones are not.
fn account(item: &Value) -> Option<String> {
    let email = wire::text_or_empty(item, "/email");
    let made = email.ends_with(".iam.gserviceaccount.com");
    (!made).then(|| "Google's own: a default account".to_owned())
}

fn compute(name: &str, item: &Value) -> Option<String> {
    let network = wire::text_or_empty(item, "/network");
    let is_rule = item.get("allowed").is_some() || item.get("denied").is_some();
    if is_rule && wire::last(&network) == "default" && DEFAULT_RULES.contains(&name) {
        return Some("Google makes it with the network default".to_owned());
    }
    if is_rule && (name.starts_with("gke-") || name.starts_with("k8s-")) {
        return Some("Google's own: Kubernetes Engine".to_owned());
    }
    if name == "default" && item.get("autoCreateSubnetworks").is_some() {
        return Some("Google makes it with the project".to_owned());
    }
    if PURPOSES.contains(&wire::text_or_empty(item, "/purpose").as_str()) {
        return Some("Google's own: reserved by a service".to_owned());
    }
    group(item)
}

/// A machine of a group would be made again at once.
fn group(item: &Value) -> Option<String> {
    let items = wire::list(item, "/metadata/items");
    let by = items.iter().find(|item| wire::text_or_empty(item, "/key") == "created-by")?;
    let by = wire::text(by, "/value").filter(|by| by.contains("/instanceGroupManagers/"))?;
    Some(format!("the instance group {} would make it again: delete that", wire::last(&by)))
}

/// Whether a subnetwork was made with its network, and goes with it.
pub(super) fn goes_with_network(item: &Value, networks: &[&Value]) -> bool {
    let link = wire::text_or_empty(item, "/network");
    let network = networks.iter().find(|n| wire::text_or_empty(n, "/selfLink") == link);
    let auto = network.is_some_and(|network| wire::flag(network, "/autoCreateSubnetworks"));
    auto && wire::text_or_empty(item, "/name") == wire::last(&link)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sweep::catalog::CATALOG;

    fn owned(kind: &str, item: &Value) -> bool {
        let scope = Scope { project: "be-cloud".to_owned(), ..Scope::default() };
        let row = CATALOG.iter().find(|row| row.kind == kind).unwrap();
        own(row, item, &scope).is_some()
    }

    #[test]
    fn what_google_makes_is_known_by_name_label_or_address() {
        let by_group = json!({"name": "x", "metadata": {"items": [
            {"key": "created-by", "value": "projects/1/zones/z/instanceGroupManagers/web"}]}});
        for (kind, item, google) in [
            ("Bucket", json!({"name": "gcf-sources-1-europe-west1"}), true),
            ("Bucket", json!({"name": "staging.be-cloud.appspot.com"}), true),
            ("Bucket", json!({"name": "be-cloud-provost"}), true),
            ("Bucket", json!({"name": "be-cloud-data"}), false),
            ("Vm", json!({"name": "x", "labels": {"goog-gke-node": ""}}), true),
            ("Vm", json!({"name": "x", "labels": {"goog-ec-src": "vm_add-gcloud"}}), false),
            ("Vm", by_group, true),
            (
                "FirewallRule",
                json!({"name": "default-allow-ssh", "allowed": [], "network": "n/default"}),
                true,
            ),
            ("FirewallRule", json!({"name": "default-allow-ssh", "allowed": [], "network": "n/lab"}), false),
            (
                "FirewallRule",
                json!({"name": "default-allow-http", "allowed": [], "network": "n/default"}),
                false,
            ),
            ("Network", json!({"name": "default", "autoCreateSubnetworks": true}), true),
            ("ServiceAccount", json!({"email": "1-compute@developer.gserviceaccount.com"}), true),
            ("ServiceAccount", json!({"email": "ci@be-cloud.iam.gserviceaccount.com"}), false),
            ("Address", json!({"name": "nat", "purpose": "NAT_AUTO"}), true),
        ] {
            assert_eq!(owned(kind, &item), google, "{item}");
        }
    }
}
