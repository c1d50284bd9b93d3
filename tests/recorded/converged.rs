//! Live answers as resources of a course: which documents of a recording are whose, and the specs that describe them.

use serde_json::{Map, Value, json};

use super::course::{self, Live};
use super::names::Names;
use super::scenario::{Exchange, Scenario};
use super::settings::Settings;
use crate::rest::PROJECT;

/// The project's number in answers; any will do.
const NUMBER: &str = "844086526282";

/// A scenario with its placeholders filled in.
pub(crate) fn filled(scenario: &Scenario, settings: &Settings) -> Scenario {
    let own = settings.scenarios.get(&scenario.id).into_iter().flat_map(|setting| &setting.rename);
    let renamed = own.chain(&settings.rename).map(|(from, to)| (from.as_str(), to.as_str()));
    let scenario = scenario.renamed(renamed);
    let names = Names::new(PROJECT, NUMBER);
    let one = |exchange: &Exchange| Exchange {
        url: names.fill(&exchange.url),
        request_body: names.filled(&exchange.request_body),
        response_body: names.filled(&exchange.response_body),
        ..exchange.clone()
    };
    Scenario { id: scenario.id.clone(), exchanges: scenario.exchanges.iter().map(one).collect() }
}

/// A resource in an answer.
pub(crate) struct Found {
    pub(crate) kind: &'static str,
    collection: &'static str,
    name: String,
    resource: String,
    pub(crate) document: Value,
}

/// Every resource of our kinds in the answers to reads.
pub(crate) fn resources(scenario: &Scenario) -> Vec<Found> {
    let reads = scenario.exchanges.iter().filter(|e| e.method == "GET" && e.status == 200);
    let mut found = Vec::new();
    for exchange in reads {
        collect(&exchange.response_body, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<Found>) {
    if let Some(one) = recognised(value) {
        found.push(one);
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|one| collect(one, found)),
        Value::Object(map) => map.values().for_each(|one| collect(one, found)),
        _ => {}
    }
}

fn recognised(document: &Value) -> Option<Found> {
    let text = |member: &str| document.get(member).and_then(Value::as_str).unwrap_or_default();
    let path = || text("selfLink").split("/compute/v1/").nth(1).unwrap_or_default().to_owned();
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    let (kind, collection, name, resource) = match text("kind") {
        "compute#instance" => ("Vm", "instances", text("name").to_owned(), path()),
        "compute#firewall" => ("FirewallRule", "firewalls", text("name").to_owned(), path()),
        "storage#bucket" => ("Bucket", "b", text("name").to_owned(), format!("b/{}", text("name"))),
        "" if text("name").contains("/repositories/") && document.get("format").is_some() => {
            ("Registry", "repositories", last(text("name")), text("name").to_owned())
        }
        "" if text("name").contains("/locations/") && document.get("template").is_some() => {
            ("RunService", "services", last(text("name")), text("name").to_owned())
        }
        "" if text("email").ends_with(".iam.gserviceaccount.com") && document.get("etag").is_some() => {
            let id = text("email").split('@').next().unwrap_or_default().to_owned();
            ("ServiceAccount", "serviceAccounts", id, text("name").to_owned())
        }
        _ => return None,
    };
    Some(Found { kind, collection, name, resource, document: document.clone() })
}

/// Every disk in an answer: what machines do not tell of theirs.
pub(crate) fn disks(scenario: &Scenario) -> Vec<Value> {
    fn collect(value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Object(map) if map.get("kind").is_some_and(|kind| kind == "compute#disk") => {
                found.push(value.clone());
            }
            Value::Object(map) => map.values().for_each(|one| collect(one, found)),
            Value::Array(list) => list.iter().for_each(|one| collect(one, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    scenario.exchanges.iter().for_each(|exchange| collect(&exchange.response_body, &mut found));
    found
}

impl Found {
    /// The answer as the live side of a course that owns the resource.
    pub(crate) fn live(&self, disks: &[Value]) -> Live {
        let mut live = Live::of(self.collection, course::marked(self.kind, vec![self.document.clone()]));
        live.held.push(("disks", disks.to_vec()));
        if let Some(location) =
            self.resource.split("/locations/").nth(1).and_then(|rest| rest.split('/').next())
        {
            live.held.push(("locations", vec![json!({ "locationId": location })]));
            // The list of v1 over all regions, which tells those that have services.
            let labels = json!({ "cloud.googleapis.com/location": location });
            live.held.insert(0, ("-/services", vec![json!({ "metadata": { "labels": labels } })]));
        }
        live
    }

    /// The spec that the answer amounts to.
    pub(crate) fn spec(&self, live: &Live) -> Value {
        course::spec_of(self.kind, &self.name, &self.resource, live)
    }

    /// How it is called in messages.
    pub(crate) fn address(&self) -> String {
        course::address(self.kind, &self.name)
    }

    /// Whether it is the resource of that kind and name.
    pub(crate) fn is(&self, spec: &Value) -> bool {
        spec["kind"] == self.kind && spec["name"] == json!(self.name)
    }
}

/// The spec of what a request creates, if it creates one of our kinds: what its sender asked for, in our words.
pub(crate) fn requested(exchange: &Exchange) -> Option<Value> {
    let body = exchange.request_body.as_object()?;
    let (path, query) = exchange.url.split_once('?').unwrap_or((&exchange.url, ""));
    if exchange.method != "POST" || exchange.status != 200 {
        return None;
    }
    let mut spec = match path.rsplit('/').next()? {
        "serviceAccounts" => {
            let account = &body["serviceAccount"];
            json!({ "kind": "ServiceAccount", "name": body["accountId"], "displayName": account["displayName"],
                "description": account["description"] })
        }
        "b" => json!({
            "kind": "Bucket", "name": body["name"], "location": body.get("location").unwrap_or(&json!("US")),
            "storageClass": body["storageClass"], "labels": body["labels"], "autoclass": body.get("autoclass"),
            "uniformAccess": body["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"],
        }),
        "repositories" => {
            let id = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("repositoryId=").or(pair.strip_prefix("repository_id=")));
            let location = path.split("/locations/").nth(1)?.split('/').next()?;
            json!({ "kind": "Registry", "name": id, "location": location, "format": body["format"],
                "labels": body.get("labels"), "description": body.get("description") })
        }
        "services" if path.contains("/locations/") => {
            let id = query.split('&').find_map(|pair| pair.strip_prefix("serviceId="));
            let region = path.split("/locations/").nth(1)?.split('/').next()?;
            let container = &body["template"]["containers"][0];
            let env = container["env"].as_array().into_iter().flatten();
            let env: Map<String, Value> = env
                .filter_map(|one| Some((one["name"].as_str()?.to_owned(), one["value"].clone())))
                .collect();
            json!({ "kind": "RunService", "name": id, "region": region, "image": container["image"], "env": env,
                "labels": body.get("labels"), "maxInstances": body["template"]["scaling"]["maxInstanceCount"] })
        }
        _ => return None,
    };
    spec.as_object_mut()?.retain(|_, value| !value.is_null());
    Some(spec)
}

/// The policy in an answer with the collection under which a grant reads it, and the resource that it hangs on.
pub(crate) fn policy(exchange: &Exchange) -> Option<(Live, Value)> {
    let policy = &exchange.response_body;
    policy.get("bindings").filter(|_| exchange.status == 200)?;
    let path = exchange.url.split('?').next()?;
    if path.ends_with(":getIamPolicy") || path.ends_with(":setIamPolicy") {
        return Some((Live::of("getIamPolicy", vec![policy.clone()]), json!("project")));
    }
    let bucket = path.strip_suffix("/iam")?.rsplit('/').next()?;
    Some((Live::of("iam", vec![policy.clone()]), json!({ "bucket": bucket })))
}

/// The APIs that an answer shows to be on, as the live side, and the spec that asks for them.
pub(crate) fn services(exchange: &Exchange) -> Option<(Live, Value)> {
    let answer = &exchange.response_body;
    let shown = answer.get("services").or(answer.pointer("/response/services"))?.as_array()?;
    let on = shown.iter().filter(|one| one["name"].as_str().is_some_and(|name| name.contains("/services/")));
    let on: Vec<Value> = on.cloned().collect();
    let ids = on.iter().map(|one| one["name"].as_str().unwrap().rsplit('/').next().unwrap());
    let spec = json!({ "kind": "ApiServices", "name": "apis", "services": ids.collect::<Vec<_>>() });
    Some((Live::of("services", on), spec))
}

/// An object as the live side, in a bucket that was not recorded, and the spec that uploads a file as it.
pub(crate) fn object(exchange: &Exchange) -> Option<(Live, Value)> {
    let object = &exchange.response_body;
    object.get("kind").filter(|kind| **kind == "storage#object")?;
    let bucket = json!({
        "name": object["bucket"], "location": "US-CENTRAL1",
        "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": true } },
    });
    let mut live = Live::of("b", course::marked("Bucket", vec![bucket]));
    live.held.push(("o", vec![object.clone()]));
    let size = object["size"].as_str()?.parse().ok()?;
    live.file = Some(("page.txt".to_owned(), object["md5Hash"].as_str()?.to_owned(), size));
    let file = json!({ "from": "page.txt", "to": object["name"], "contentType": object["contentType"] });
    let spec =
        json!({ "kind": "Bucket", "name": object["bucket"], "location": "us-central1", "files": [file] });
    Some((live, spec))
}

/// One grant for every binding that a person may declare: the roles of service agents are Google's to give.
pub(crate) fn grants(policy: &Value, on: &Value) -> Vec<Value> {
    let bindings = policy["bindings"].as_array().unwrap().iter().enumerate();
    let grant = |(place, binding): (usize, &Value)| {
        let members = binding["members"].as_array().unwrap().iter();
        // A deleted account can be granted nothing, and an owner is invited: no spec names them.
        let members: Vec<&Value> =
            members.filter(|member| is_grantable(&binding["role"], member.as_str().unwrap())).collect();
        let mut spec = json!({
            "kind": "IamGrant", "name": format!("grant-{place}"), "on": on, "roles": [binding["role"]],
            "members": members,
        });
        if let Some(condition) = binding.get("condition") {
            spec["condition"] = condition.clone();
        }
        let is_googles = binding["role"].as_str().unwrap().to_lowercase().ends_with("serviceagent");
        (!members.is_empty() && !is_googles).then_some(spec)
    };
    bindings.filter_map(grant).collect()
}

fn is_grantable(role: &Value, member: &str) -> bool {
    !member.starts_with("deleted:") && (role != "roles/owner" || !member.starts_with("user:"))
}
