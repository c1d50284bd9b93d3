//! The template of revisions: what is declared, laid over what is there. Everything that no spec can say stays as somebody set it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::spec::RunService;
use crate::kinds::secret_env::{SecretEnv, SecretRef};
use crate::kinds::{Scope, wire};
use crate::spec::formats::{Cpu, EnvName, SecretName};

/// The container that is asked: the one with a port, else the first.
pub(super) fn main(template: &Value) -> Option<&Value> {
    let containers = wire::list(template, "/containers");
    containers.iter().find(|c| !wire::list(c, "/ports").is_empty()).or(containers.first())
}

/// A template of this spec; `live` is null for a service that is to be made.
pub(super) fn laid_over(live: &Value, spec: &RunService, scope: &Scope) -> Value {
    let mut template = live.as_object().cloned().unwrap_or_default();
    // A name would be that of the revision that is there.
    template.shift_remove("revision");
    let mut containers = wire::list(live, "/containers").to_vec();
    let at = containers.iter().position(|c| Some(c) == main(live)).unwrap_or(0);
    let container = container(containers.get(at).unwrap_or(&Value::Null), spec, scope);
    match containers.get_mut(at) {
        Some(there) => *there = container,
        None => containers.push(container),
    }
    template.insert("containers".to_owned(), Value::Array(containers));
    set(&mut template, "maxInstanceRequestConcurrency", spec.concurrency.map(|n| json!(n)));
    set(&mut template, "timeout", spec.timeout.map(|time| json!(time)));
    let limits = [("minInstanceCount", spec.min_instances), ("maxInstanceCount", spec.max_instances)];
    for (member, count) in limits.into_iter().filter_map(|(member, count)| Some((member, count?))) {
        put_below(&mut template, "scaling", member, json!(count));
    }
    match spec.service_account.as_ref().map(|account| account.canonical(&scope.project)) {
        // The server knows the number by which the default account is called.
        Some(account) if account.as_str() == "default" => drop(template.shift_remove("serviceAccount")),
        account => set(&mut template, "serviceAccount", account.map(|account| json!(account))),
    }
    Value::Object(template)
}

fn container(live: &Value, spec: &RunService, scope: &Scope) -> Value {
    let mut container = live.as_object().cloned().unwrap_or_default();
    container.insert("image".to_owned(), json!(spec.image));
    set(&mut container, "command", spec.command.as_ref().map(|words| json!(words)));
    set(&mut container, "args", spec.args.as_ref().map(|words| json!(words)));
    if spec.env.is_some() || spec.secret_env.is_some() {
        container.insert("env".to_owned(), env(live, spec, scope));
    }
    set_port(&mut container, live, spec.port);
    for (member, limit) in [("cpu", spec.cpu.map(Cpu::wire)), ("memory", spec.memory.map(|m| m.to_string()))]
    {
        if let Some(limit) = limit {
            put_limit(&mut container, member, limit);
        }
    }
    for (member, on) in [("cpuIdle", spec.cpu_idle), ("startupCpuBoost", spec.startup_cpu_boost)] {
        if let Some(on) = on {
            put_below(&mut container, "resources", member, json!(on));
        }
    }
    Value::Object(container)
}

/// The probe that the server made asks the port that there was, and would never find the new one.
fn set_port(container: &mut Map<String, Value>, live: &Value, port: Option<u16>) {
    let Some(port) = port else { return };
    let before = wire::number(live, "/ports/0/containerPort");
    if before == Some(u64::from(port)) {
        return;
    }
    let mut named = live.pointer("/ports/0").cloned().unwrap_or_else(|| json!({}));
    if let Some(member) = named.as_object_mut() {
        member.insert("containerPort".to_owned(), json!(port));
    }
    container.insert("ports".to_owned(), json!([named]));
    let probed = container.get_mut("startupProbe").and_then(|probe| probe.pointer_mut("/tcpSocket/port"));
    if let Some(probed) = probed.filter(|probed| probed.as_u64() == before) {
        *probed = json!(port);
    }
}

/// All variables, sorted: those that are stated, and of a sort that is not stated those that are there.
fn env(live: &Value, spec: &RunService, scope: &Scope) -> Value {
    let plain = spec.env.clone().unwrap_or_else(|| env_of(live));
    let secret = spec.secret_env.clone().unwrap_or_else(|| secrets_of(live));
    let plain = plain.into_iter().map(|(name, value)| json!({"name": name, "value": value}));
    let secret = secret.into_iter().map(|(name, secret)| {
        json!({"name": name, "valueSource": {"secretKeyRef": key_ref(&secret, &scope.project)}})
    });
    plain.chain(secret).collect()
}

/// v2 takes the id alone of a secret of the service's own project, the full name of another's, and the version apart from both.
fn key_ref(secret: &SecretRef, project: &str) -> Value {
    let (name, version) = secret.parts(project);
    json!({"secret": SecretName::from_trusted(name).near(project), "version": version})
}

/// The variables of a container that say their value.
pub(super) fn env_of(container: &Value) -> BTreeMap<EnvName, String> {
    let plain = wire::list(container, "/env").iter().filter(|one| one.get("valueSource").is_none());
    plain.filter_map(|one| Some((name_of(one)?, wire::text_or_empty(one, "/value")))).collect()
}

/// Those that name a secret.
pub(super) fn secrets_of(container: &Value) -> SecretEnv {
    let all = wire::list(container, "/env").iter();
    all.filter_map(|one| Some((name_of(one)?, wire::member(one, "/valueSource/secretKeyRef")?))).collect()
}

fn name_of(one: &Value) -> Option<EnvName> {
    wire::text(one, "/name").map(EnvName::from_trusted)
}

fn set(map: &mut Map<String, Value>, member: &str, value: Option<Value>) {
    if let Some(value) = value {
        map.insert(member.to_owned(), value);
    }
}

fn put_below(map: &mut Map<String, Value>, member: &str, key: &str, value: Value) {
    let below = map.entry(member.to_owned()).or_insert_with(|| json!({}));
    if let Some(below) = below.as_object_mut() {
        below.insert(key.to_owned(), value);
    }
}

fn put_limit(container: &mut Map<String, Value>, member: &str, limit: String) {
    let resources = container.entry("resources".to_owned()).or_insert_with(|| json!({}));
    if let Some(resources) = resources.as_object_mut() {
        put_below(resources, "limits", member, Value::String(limit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Resource as _, secret_env};

    fn spec(text: Value) -> RunService {
        let mut spec = text;
        for (key, value) in [("name", "api"), ("image", "nginx:2")] {
            spec.as_object_mut().unwrap().entry(key).or_insert(json!(value));
        }
        serde_json::from_value(spec).unwrap()
    }

    fn live() -> Value {
        json!({
            "revision": "api-00001-abc", "timeout": "300s", "serviceAccount": "1-compute@developer.gserviceaccount.com",
            "containers": [
                {"image": "proxy:1"},
                {"image": "nginx:1", "ports": [{"name": "h2c", "containerPort": 8080}], "volumeMounts": [{"name": "v"}],
                 "startupProbe": {"tcpSocket": {"port": 8080}},
                 "env": [{"name": "A", "value": "b"}, {"name": "T", "valueSource": {"secretKeyRef": {"secret": "t", "version": "1"}}}]}
            ],
        })
    }

    #[test]
    fn what_no_spec_says_stays_and_a_revision_gets_a_new_name() {
        let laid = laid_over(&live(), &spec(json!({"memory": "1Gi"})), &Scope::default());
        assert_eq!(laid.get("revision"), None);
        assert_eq!(laid["containers"][0], live()["containers"][0]);
        let container = &laid["containers"][1];
        assert_eq!(
            (&container["image"], &container["env"]),
            (&json!("nginx:2"), &live()["containers"][1]["env"])
        );
        assert_eq!(container["resources"]["limits"], json!({"memory": "1Gi"}));
        assert_eq!(container["volumeMounts"], json!([{"name": "v"}]));
    }

    #[test]
    fn stated_variables_replace_those_of_their_sort_only() {
        let laid = laid_over(&live(), &spec(json!({"env": {"B": "c"}})), &Scope::default());
        let names = |template: &Value| -> Vec<String> {
            wire::list(&template["containers"][1], "/env")
                .iter()
                .filter_map(|one| wire::text(one, "/name"))
                .collect()
        };
        assert_eq!(names(&laid), ["B", "T"]);
        let none = laid_over(&live(), &spec(json!({"env": {}, "secretEnv": {}})), &Scope::default());
        assert_eq!(names(&none), [] as [&str; 0]);
    }

    #[test]
    fn a_secret_is_named_by_its_id_where_it_is_the_services_own_and_its_version_apart() {
        let scope = Scope { project: "p".into(), ..Scope::default() };
        for (written, wire) in [
            (json!({"secret": "x"}), json!({"secret": "x", "version": "latest"})),
            (json!({"secret": "x", "version": 3}), json!({"secret": "x", "version": "3"})),
            (json!({"secret": "projects/p/secrets/x/versions/3"}), json!({"secret": "x", "version": "3"})),
            (
                json!({"secret": "projects/q/secrets/x/versions/prod"}),
                json!({"secret": "projects/q/secrets/x", "version": "prod"}),
            ),
        ] {
            let mut spec = spec(json!({"secretEnv": {"KEY": written}}));
            spec.normalise(&scope);
            let laid = laid_over(&Value::Null, &spec, &scope);
            assert_eq!(laid["containers"][0]["env"][0]["valueSource"]["secretKeyRef"], wire);
            let mut read = secrets_of(&laid["containers"][0]);
            secret_env::normalise(&mut read, "p");
            assert_eq!(Some(read), spec.secret_env, "{wire} is no difference");
        }
    }

    #[test]
    fn the_servers_own_probe_follows_the_port() {
        let laid = laid_over(&live(), &spec(json!({"port": 5000})), &Scope::default());
        let container = &laid["containers"][1];
        assert_eq!(container["ports"], json!([{"name": "h2c", "containerPort": 5000}]));
        assert_eq!(container["startupProbe"]["tcpSocket"]["port"], 5000);
    }

    #[test]
    fn the_default_account_is_left_to_the_server() {
        let laid = laid_over(&live(), &spec(json!({"serviceAccount": "default"})), &Scope::default());
        assert_eq!(laid.get("serviceAccount"), None);
    }
}
