//! The fields of a service: what the server fills in, and what it says of how the service does.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{mask, revision, rules};
use crate::sandbox::call::World;
use crate::sandbox::error::ApiError;
use crate::sandbox::serviceusage::lro;
use crate::sandbox::{new_project, policy};

/// Who calls: the sandbox knows nobody else.
const CALLER: &str = "owner@example.edu";
/// How long Google keeps what was deleted.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What the server says of how a service does.
const STATUS: [&str; 8] = [
    "conditions",
    "latestCreatedRevision",
    "latestReadyRevision",
    "observedGeneration",
    "terminalCondition",
    "trafficStatuses",
    "uri",
    "urls",
];

/// A new service.
pub(super) fn created(world: &mut World<'_>, name: &str, body: &Value) -> Result<Value, ApiError> {
    let mut fields = Map::new();
    fields.insert("name".to_owned(), json!(name));
    fields.insert("uid".to_owned(), json!(lro::uuid(world)));
    fields.insert("createTime".to_owned(), json!(stamp(world.now)));
    fields.insert("creator".to_owned(), json!(CALLER));
    let all = mask::WRITABLE.map(str::to_owned);
    mask::apply(&mut fields, body, &all);
    finished(world, fields, None, true)
}

/// A service after a change. Another template is another revision.
pub(super) fn patched(
    world: &mut World<'_>,
    before: &Value,
    body: &Value,
    paths: &[String],
    force: bool,
) -> Result<Value, ApiError> {
    let mut fields = before.as_object().cloned().unwrap_or_default();
    mask::apply(&mut fields, body, paths);
    finished(world, fields, Some(before), force)
}

fn finished(
    world: &mut World<'_>,
    fields: Map<String, Value>,
    before: Option<&Value>,
    force: bool,
) -> Result<Value, ApiError> {
    let name = fields.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut service = pruned(Value::Object(fields));
    fill(&mut service, &new_project::default_account(world.state, project_of(&name)));
    rules::check(world, &service)?;
    let generation = count(&mut service);
    let stamp = stamp(world.now);
    let etag = policy::hex_digest(format!("{name} {generation} {stamp}").as_bytes());
    put(&mut service, "updateTime", json!(stamp));
    put(&mut service, "lastModifier", json!(CALLER));
    put(&mut service, "etag", json!(format!("\"{}\"", etag.get(..24).unwrap_or_default())));
    if force || before.and_then(|b| b.get("template")) != service.get("template") {
        revise(world, &mut service, &name);
    }
    let statuses = service.get("traffic").cloned().unwrap_or_default();
    put(&mut service, "trafficStatuses", statuses);
    Ok(service)
}

/// Counts a change.
fn count(service: &mut Value) -> u64 {
    let before = service.get("generation").and_then(Value::as_str).and_then(|text| text.parse::<u64>().ok());
    let generation = before.unwrap_or(0) + 1;
    put(service, "generation", json!(generation.to_string()));
    put(service, "observedGeneration", json!(generation.to_string()));
    generation
}

/// Makes a revision, and says how that went.
fn revise(world: &mut World<'_>, service: &mut Value, name: &str) {
    let id = name.rsplit('/').next().unwrap_or_default();
    let before = service.get("latestCreatedRevision").and_then(Value::as_str).map(str::to_owned);
    let named = service.pointer("/template/revision").and_then(Value::as_str).map(str::to_owned);
    let revision = named.unwrap_or_else(|| revision::next_name(id, before.as_deref(), world.next_id()));
    let trouble = revision::trouble(world.state, service, &revision);
    let path = json!(format!("{name}/revisions/{revision}"));
    put(service, "latestCreatedRevision", path.clone());
    if trouble.is_none() {
        put(service, "latestReadyRevision", path);
        let number = new_project::number_of(world.state, project_of(name));
        let [by_number, by_hash] = revision::addresses(name, &number);
        put(service, "uri", json!(by_hash));
        put(service, "urls", json!([by_number, by_hash]));
    }
    let now = stamp(world.now);
    let state = if trouble.is_some() { "CONDITION_FAILED" } else { "CONDITION_SUCCEEDED" };
    let condition = |kind: &str| match &trouble {
        Some(trouble) => {
            json!({ "type": kind, "state": state, "message": trouble.message, "reason": trouble.reason, "lastTransitionTime": now })
        }
        None => json!({ "type": kind, "state": state, "lastTransitionTime": now }),
    };
    put(service, "terminalCondition", condition("Ready"));
    put(service, "conditions", json!([condition("RoutesReady"), condition("ConfigurationsReady")]));
}

/// The service as the first answer of its operation shows it: what is wanted, and of how it does what was true before.
pub(super) fn reconciling(service: &Value, before: Option<&Value>) -> Value {
    let mut shown = service.clone();
    for member in STATUS {
        let seen = before.and_then(|before| before.get(member)).cloned();
        match (seen, shown.as_object_mut()) {
            (Some(seen), _) => put(&mut shown, member, seen),
            (None, Some(fields)) => drop(fields.shift_remove(member)),
            (None, None) => {}
        }
    }
    default(&mut shown, "terminalCondition", json!({}));
    if let Some(condition) = shown.get_mut("terminalCondition") {
        put(condition, "state", json!("CONDITION_PENDING"));
    }
    put(&mut shown, "reconciling", json!(true));
    shown
}

/// The service as the operation of its deletion shows it.
pub(super) fn deleted(mut service: Value, now: Timestamp) -> Value {
    count(&mut service);
    put(&mut service, "deleteTime", json!(stamp(now)));
    put(&mut service, "expireTime", json!(stamp(now.checked_add(KEPT).unwrap_or(now))));
    service
}

/// What the server fills in where a service is silent.
fn fill(service: &mut Value, account: &str) {
    default(service, "ingress", json!("INGRESS_TRAFFIC_ALL"));
    default(service, "launchStage", json!("GA"));
    let latest = json!([{ "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100 }]);
    default(service, "traffic", latest);
    let Some(template) = service.get_mut("template") else { return };
    default(template, "timeout", json!("300s"));
    default(template, "serviceAccount", json!(account));
    default(template, "scaling", json!({}));
    if let Some(scaling) = template.get_mut("scaling") {
        default(scaling, "maxInstanceCount", json!(100));
    }
    if let Some(container) = template.pointer_mut("/containers/0") {
        fill_container(container);
    }
    let cpu = template.pointer("/containers/0/resources/limits/cpu").and_then(Value::as_str);
    let shared = cpu.and_then(rules::milli).is_some_and(|milli| milli < 1000);
    default(template, "maxInstanceRequestConcurrency", json!(if shared { 1 } else { 80 }));
}

/// CPU is for requests alone only where nothing is said of resources at all.
fn fill_container(container: &mut Value) {
    default(container, "resources", json!({ "cpuIdle": true }));
    if let Some(resources) = container.get_mut("resources") {
        default(resources, "limits", json!({}));
        if let Some(limits) = resources.get_mut("limits") {
            default(limits, "cpu", json!("1000m"));
            default(limits, "memory", json!("512Mi"));
        }
    }
    default(container, "ports", json!([{ "containerPort": 8080 }]));
    if let Some(port) = container.pointer_mut("/ports/0") {
        default(port, "name", json!("http1"));
    }
    let port = container.pointer("/ports/0/containerPort").cloned().unwrap_or(json!(8080));
    let probe = json!({ "timeoutSeconds": 240, "periodSeconds": 240, "failureThreshold": 1, "tcpSocket": { "port": port } });
    default(container, "startupProbe", probe);
}

fn put(value: &mut Value, field: &str, member: Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert(field.to_owned(), member);
    }
}

fn default(value: &mut Value, field: &str, member: Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.entry(field.to_owned()).or_insert(member);
    }
}

/// One-platform services omit what is zero: what is false, empty or 0 was never there. A message that is there and has nothing
/// in it stays.
fn pruned(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(key, value)| !is_zero(key, value));
            Value::Object(kept.map(|(key, value)| (key, pruned(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(pruned).collect(),
        other => other,
    }
}

fn is_zero(key: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => {
            map.is_empty() && ["labels", "annotations", "limits", "resources"].contains(&key)
        }
        Value::Bool(true) => false,
    }
}

fn project_of(name: &str) -> &str {
    name.split('/').nth(1).unwrap_or_default()
}

fn stamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_for_requests_alone_unless_resources_are_stated_without_saying_so() {
        let filled = |mut container: Value| {
            fill_container(&mut container);
            container.pointer("/resources/cpuIdle").cloned()
        };
        assert_eq!(filled(json!({"image": "a"})), Some(json!(true)));
        assert_eq!(filled(json!({"image": "a", "resources": {"limits": {"memory": "1Gi"}}})), None);
    }

    #[test]
    fn what_is_zero_was_never_there() {
        let sent = json!({"labels": {}, "invokerIamDisabled": false, "template": {"scaling": {"minInstanceCount": 0}}});
        assert_eq!(pruned(sent), json!({"template": {"scaling": {}}}));
    }
}
