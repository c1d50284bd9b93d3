//! Making in a sandbox, by plain REST, what a recorded answer shows: the state that a scenario takes for granted.

use std::path::Path;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::rest::{Cloud, PROJECT, reply};

/// Makes what the answer to that URL shows, as far as callers can.
/// The answer to setting a policy names accounts, and these are made; the one to reading it is the policy.
pub(crate) async fn so(cloud: &Cloud, state: &Path, url: &str, answer: &Value) {
    if url.contains(":setIamPolicy") {
        return members(cloud, answer).await;
    }
    if url.contains(":getIamPolicy") {
        return project_policy(state, answer);
    }
    if answer["kind"] == "storage#policy" {
        return bucket_policy(cloud, url, answer).await;
    }
    for resource in resources(answer) {
        one(cloud, url, &resource).await;
    }
}

/// The resources of an answer: itself, the items of a list, or those of every scope.
fn resources(answer: &Value) -> Vec<Value> {
    let answer = &whole(answer);
    let lists = ["items", "accounts", "repositories", "services", "firewalls"];
    let Some(held) = lists.iter().find_map(|member| answer.get(member)) else { return vec![answer.clone()] };
    let scopes = held.as_object().into_iter().flat_map(Map::values);
    let in_scopes = scopes.filter_map(Value::as_object).flat_map(Map::values).filter_map(Value::as_array);
    let all = held.as_array().into_iter().chain(in_scopes).flatten();
    all.cloned().collect()
}

/// The answer without the places where the recorder shortened it.
fn whole(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().filter(|one| one.get("_trimmed").is_none()).map(whole).collect(),
        Value::Object(map) => map.iter().map(|(member, value)| (member.clone(), whole(value))).collect(),
        other => other.clone(),
    }
}

async fn one(cloud: &Cloud, url: &str, resource: &Value) {
    let name = resource["name"].as_str().unwrap_or_default();
    match resource["kind"].as_str().unwrap_or_default() {
        "compute#firewall" => firewall(cloud, resource).await,
        "compute#instance" => instance(cloud, resource).await,
        "compute#disk" => disk(cloud, resource).await,
        "compute#image" => image(cloud, resource).await,
        "compute#network" => network(cloud, resource).await,
        "compute#subnetwork" => subnetwork(cloud, resource).await,
        "storage#bucket" => bucket(cloud, resource).await,
        "storage#object" => object(cloud, resource).await,
        _ if url.contains("/services") => service(cloud, name).await,
        _ if name.contains("/repositories/") => repository(cloud, resource).await,
        _ if resource.get("projectNumber").is_some() => project(cloud, resource).await,
        _ if resource.get("email").is_some() => account(cloud, resource).await,
        kind => panic!("nothing makes {kind} {name} of {url}"),
    }
}

/// A call that has to succeed; what is there already is fine. Uploads carry a text.
pub(crate) async fn sent(cloud: &Cloud, path: &str, body: &Value) -> Value {
    let request = cloud.request(Method::POST, path);
    let request = match body {
        Value::Null => request,
        Value::String(text) => request.header("content-type", "text/plain").body(text.clone()),
        body => request.json(body),
    };
    let (status, answer) = reply(request).await;
    assert!(matches!(status, 200 | 409), "{path}: {status} {answer}\n{body}");
    answer
}

async fn send(cloud: &Cloud, path: &str, body: &Value) {
    sent(cloud, path, body).await;
}

/// The members of a resource that callers choose.
fn chosen(resource: &Value, members: &[&str]) -> Value {
    let all = resource.as_object().unwrap().iter();
    let kept = all.filter(|(member, _)| members.contains(&member.as_str()));
    Value::Object(kept.map(|(member, value)| (member.clone(), value.clone())).collect())
}

fn last<'a>(resource: &'a Value, member: &str) -> &'a str {
    resource[member].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default()
}

async fn firewall(cloud: &Cloud, resource: &Value) {
    let given = ["id", "creationTimestamp", "selfLink", "kind"];
    let members: Vec<&str> = resource.as_object().unwrap().keys().map(String::as_str).collect();
    let members: Vec<&str> = members.into_iter().filter(|member| !given.contains(member)).collect();
    let path = format!("/compute/v1/projects/{PROJECT}/global/firewalls");
    send(cloud, &path, &chosen(resource, &members)).await;
}

/// The disk that it was made from, and the image.
async fn image(cloud: &Cloud, resource: &Value) {
    let source = resource["sourceDisk"].as_str().unwrap();
    let zone = source.split("/zones/").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    let made = json!({
        "kind": "compute#disk", "name": last(resource, "sourceDisk"), "zone": zone, "sizeGb": resource["diskSizeGb"],
        "sourceImage": "",
    });
    disk(cloud, &made).await;
    let members = ["name", "description", "family", "labels", "sourceDisk", "licenses", "guestOsFeatures"];
    let mut body = chosen(resource, &members);
    body["storageLocations"] = resource.get("storageLocations").cloned().unwrap_or(json!(["us"]));
    send(cloud, &format!("/compute/v1/projects/{PROJECT}/global/images"), &body).await;
}

async fn network(cloud: &Cloud, resource: &Value) {
    let body = chosen(resource, &["name", "description", "autoCreateSubnetworks", "routingConfig", "mtu"]);
    send(cloud, &format!("/compute/v1/projects/{PROJECT}/global/networks"), &body).await;
}

async fn subnetwork(cloud: &Cloud, resource: &Value) {
    let body = chosen(resource, &["name", "network", "ipCidrRange", "privateIpGoogleAccess"]);
    let region = last(resource, "region");
    send(cloud, &format!("/compute/v1/projects/{PROJECT}/regions/{region}/subnetworks"), &body).await;
}

async fn disk(cloud: &Cloud, resource: &Value) {
    let mut body = chosen(resource, &["name", "sizeGb", "type", "labels", "description"]);
    if resource["sourceImage"].is_string() {
        body["sourceImage"] = json!("projects/debian-cloud/global/images/family/debian-12");
    }
    send(cloud, &format!("/compute/v1/projects/{PROJECT}/zones/{}/disks", last(resource, "zone")), &body)
        .await;
}

async fn instance(cloud: &Cloud, resource: &Value) {
    let mut body = chosen(
        resource,
        &[
            "name",
            "description",
            "tags",
            "machineType",
            "canIpForward",
            "serviceAccounts",
            "scheduling",
            "labels",
            "deletionProtection",
            "displayDevice",
            "shieldedInstanceConfig",
            "metadata",
            "reservationAffinity",
            "confidentialInstanceConfig",
        ],
    );
    let disks = resource["disks"].as_array().unwrap().iter().map(|disk| {
        let mut attached = chosen(disk, &["type", "mode", "deviceName", "boot", "autoDelete", "interface"]);
        let mut contents = json!({ "diskName": last(disk, "source") });
        if disk["boot"] == true {
            contents["sourceImage"] = json!("projects/debian-cloud/global/images/family/debian-12");
        }
        attached["initializeParams"] = contents;
        attached
    });
    body["disks"] = disks.collect();
    let nics = resource["networkInterfaces"].as_array().unwrap().iter().map(|nic| {
        let mut nic = chosen(nic, &["network", "subnetwork", "accessConfigs"]);
        for access in nic["accessConfigs"].as_array_mut().into_iter().flatten() {
            access.as_object_mut().unwrap().remove("natIP");
        }
        nic
    });
    body["networkInterfaces"] = nics.collect();
    let path = format!("/compute/v1/projects/{PROJECT}/zones/{}/instances", last(resource, "zone"));
    send(cloud, &path, &body).await;
    if resource["status"] == "TERMINATED" {
        send(cloud, &format!("{path}/{}/stop", resource["name"].as_str().unwrap()), &Value::Null).await;
    }
}

async fn bucket(cloud: &Cloud, resource: &Value) {
    let mut body =
        chosen(resource, &["name", "location", "storageClass", "labels", "lifecycle", "versioning"]);
    let uniform = resource["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"] == true;
    body["iamConfiguration"] = json!({ "uniformBucketLevelAccess": { "enabled": uniform } });
    send(cloud, &format!("/storage/v1/b?project={PROJECT}&projection=full"), &body).await;
}

/// Its bucket, and the object with its metadata; the content cannot be told.
async fn object(cloud: &Cloud, resource: &Value) {
    let (bucket, name) = (resource["bucket"].as_str().unwrap(), resource["name"].as_str().unwrap());
    let class =
        json!({ "name": bucket, "storageClass": resource["storageClass"], "location": "us-central1" });
    send(cloud, &format!("/storage/v1/b?project={PROJECT}"), &class).await;
    let size: usize = resource["size"].as_str().unwrap().parse().unwrap();
    assert_eq!(cloud.upload(bucket, name, "", &"x".repeat(size)).await.0, 200);
    let members = [
        "contentType",
        "contentEncoding",
        "contentDisposition",
        "contentLanguage",
        "cacheControl",
        "metadata",
    ];
    let path = format!("/storage/v1/b/{bucket}/o/{name}");
    assert_eq!(cloud.patch(&path, &chosen(resource, &members)).await.0, 200);
}

async fn project(cloud: &Cloud, resource: &Value) {
    let path = format!("/v1/projects/{PROJECT}");
    let mut body = cloud.get(&path).await.1;
    for member in ["name", "labels", "parent"] {
        body[member] = resource[member].clone();
    }
    let (status, answer) = cloud.put(&path, &body).await;
    assert_eq!(status, 200, "{answer}");
}

async fn service(cloud: &Cloud, name: &str) {
    let id = name.rsplit('/').next().unwrap();
    send(cloud, &format!("/v1/projects/{PROJECT}/services/{id}:enable"), &json!({})).await;
}

async fn repository(cloud: &Cloud, resource: &Value) {
    let name = resource["name"].as_str().unwrap();
    let (parent, id) = name.rsplit_once('/').unwrap();
    let body = chosen(resource, &["format", "mode", "description", "labels"]);
    send(cloud, &format!("/v1/{parent}?repositoryId={id}"), &body).await;
}

async fn account(cloud: &Cloud, resource: &Value) {
    let email = resource["email"].as_str().unwrap();
    let id = email.split('@').next().unwrap();
    let body =
        json!({ "accountId": id, "serviceAccount": chosen(resource, &["displayName", "description"]) });
    let path = format!("/v1/projects/{PROJECT}/serviceAccounts");
    send(cloud, &path, &body).await;
    if resource["disabled"] == true {
        send(cloud, &format!("{path}/{email}:disable"), &json!({})).await;
    }
}

/// The accounts of this project that a policy names: without them it is refused.
async fn members(cloud: &Cloud, policy: &Value) {
    let bindings = policy["bindings"].as_array().into_iter().flatten();
    let members = bindings.flat_map(|binding| binding["members"].as_array().unwrap());
    for member in members.filter_map(Value::as_str) {
        let email = member.strip_prefix("serviceAccount:");
        let own = email.filter(|email| email.ends_with(&format!("@{PROJECT}.iam.gserviceaccount.com")));
        if let Some(email) = own {
            account(cloud, &json!({ "email": email })).await;
        }
    }
}

/// Written into the state: a policy that grew over years holds members that nobody could add any more.
fn project_policy(state: &Path, policy: &Value) {
    let mut all: Value = serde_json::from_slice(&fs_err::read(state).unwrap()).unwrap();
    let held = &mut all["resources"][format!("policies/projects/{PROJECT}")];
    let etag = held["etag"].clone();
    *held = chosen(policy, &["bindings", "auditConfigs"]);
    held["etag"] = etag;
    // A file of another length and number is read again.
    let file = tempfile::NamedTempFile::new_in(state.parent().unwrap()).unwrap();
    fs_err::write(file.path(), all.to_string()).unwrap();
    file.persist(state).unwrap();
}

async fn bucket_policy(cloud: &Cloud, url: &str, policy: &Value) {
    members(cloud, policy).await;
    let path = url.strip_prefix("https://storage.googleapis.com").unwrap();
    let (status, answer) = cloud.put(path, &chosen(policy, &["bindings", "version"])).await;
    assert_eq!(status, 200, "{answer}");
}
