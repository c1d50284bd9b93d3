//! `gcloud run deploy`: a service of Cloud Run. Pure.

use serde_json::{Value, json};

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{self, Arguments, Does, Flag, Tables, flag};
use super::image;
use crate::kinds::{Resource, RunService};
use crate::spec::Problem;

const NO_NETWORK: &str = "a service of a course reaches the internet, and no network of the project";
const NO_VOLUMES: &str = "a service keeps nothing between requests; a Bucket does";

/// Flags of services.
pub(super) const FLAGS: &[Flag] = &[
    flag(
        "image",
        Does::Special(|draft, raw, desk| {
            let image = image::of_container(raw, desk);
            draft.put("image", json!(image));
        }),
    ),
    flag("region", Does::Text("region")),
    flag("platform", Does::Nothing),
    flag("port", Does::Special(port)),
    flag("allow-unauthenticated", Does::Switch("public", true)),
    flag("no-allow-unauthenticated", Does::Switch("public", false)),
    flag("no-invoker-iam-check", Does::Switch("public", true)),
    flag("invoker-iam-check", Does::Switch("public", false)),
    flag("memory", Does::Text("memory")),
    flag("cpu", Does::Text("cpu")),
    flag("cpu-boost", Does::Switch("startupCpuBoost", true)),
    flag("no-cpu-boost", Does::Switch("startupCpuBoost", false)),
    flag("cpu-throttling", Does::Switch("cpuIdle", true)),
    flag("no-cpu-throttling", Does::Switch("cpuIdle", false)),
    flag("concurrency", Does::Number("concurrency")),
    flag("timeout", Does::Text("timeout")),
    flag("min-instances", Does::Number("minInstances")),
    flag("max-instances", Does::Number("maxInstances")),
    flag("min", Does::Number("minInstances")),
    flag("max", Does::Number("maxInstances")),
    flag("service-account", Does::Text("serviceAccount")),
    flag("set-env-vars", Does::Map("env")),
    flag("update-env-vars", Does::Map("env")),
    flag("env-vars-file", Does::Unlike("write its lines under `env:`")),
    flag("set-secrets", Does::Special(secrets)),
    flag("update-secrets", Does::Special(secrets)),
    flag("ingress", Does::Text("ingress")),
    flag("command", Does::List("command")),
    flag("args", Does::List("args")),
    flag("labels", Does::Map("labels")),
    flag("update-labels", Does::Map("labels")),
    flag("description", Does::Text("description")),
    flag("tag", Does::Nothing),
    flag("revision-suffix", Does::Nothing),
    flag("execution-environment", Does::Nothing),
    flag("no-use-http2", Does::NothingSwitch),
    flag("deploy-health-check", Does::NothingSwitch),
    flag("source", Does::Unlike("build and push the image, and name it: `image: …`")),
    flag("add-cloudsql-instances", Does::Unlike(NO_NETWORK)),
    flag("vpc-connector", Does::Unlike(NO_NETWORK)),
    flag("network", Does::Unlike(NO_NETWORK)),
    flag("subnet", Does::Unlike(NO_NETWORK)),
    flag("add-volume", Does::Unlike(NO_VOLUMES)),
    flag("add-volume-mount", Does::Unlike(NO_VOLUMES)),
];

pub(super) fn deploy(arguments: &Arguments, tables: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    let mut draft = Draft::new(RunService::FACTS.kind, "", desk.place());
    let named = arguments.names.first().map(|name| desk.value(name, "name"));
    arguments.fill(&mut draft, tables, desk);
    let last =
        draft.text("image").map(|image| flags::last(image).split([':', '@']).next().unwrap_or_default());
    let Some(name) = named.or_else(|| last.map(str::to_owned)) else {
        let problem =
            Problem::new("not-translated", "`gcloud run deploy` names neither a service nor an image");
        desk.warn("deploy", problem.label("it is left out"));
        return Vec::new();
    };
    draft.put("name", json!(name));
    vec![draft]
}

/// `default` is the port that nobody has to name.
fn port(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    if raw != "default" {
        let port = desk.number(raw, "port");
        draft.put("port", port);
    }
}

/// `NAME=secret:version`; a path in place of the name is a file, which a service of a course has none of.
fn secrets(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let pairs: Vec<(String, String)> =
        flags::pairs(raw).map(|(name, secret)| (name.to_owned(), secret.to_owned())).collect();
    for (name, secret) in pairs {
        if name.starts_with('/') {
            let problem =
                Problem::new("not-translated", format!("`{name}` would be a file that holds a secret"));
            desk.warn(
                &name,
                problem
                    .label("it is left out")
                    .help("name a variable: `secretEnv: { TOKEN: { secret: … } }`"),
            );
            continue;
        }
        let (secret, version) = secret.rsplit_once(':').unwrap_or((secret.as_str(), "latest"));
        let mut key = json!({ "secret": desk.value(secret, "secret") });
        if let (Value::Object(key), false) = (&mut key, version == "latest") {
            key.insert("version".to_owned(), json!(desk.value(version, "version")));
        }
        draft.put("secretEnv", json!({ name: key }));
    }
}
