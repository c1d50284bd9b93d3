//! A service of a compose file as a container: a table of its keys. Pure.

use serde_json::{Map, Value, json};

use super::{environment, left_out, list, ports, raw, text, turn_to, volumes};
use crate::spec::Problem;
use crate::spec::node::{Entry, Node, NodeValue};
use crate::translate::desk::Desk;
use crate::translate::image;

/// A container in the making: its fields, and the traffic that it wants let in.
#[derive(Debug, Default)]
pub(super) struct Container {
    pub(super) fields: Map<String, Value>,
    pub(super) open: Vec<String>,
}

type Key = fn(&Entry, &mut Container, &mut Desk<'_>);

/// What each key does.
const KEYS: &[(&str, Key)] = &[
    ("image", |entry, container, desk| {
        turn_to(entry.value.span, desk);
        let image = image::of_container(&raw(&entry.value), desk);
        container.fields.insert("image".to_owned(), json!(image));
    }),
    ("ports", ports::ports),
    ("environment", environment::environment),
    ("entrypoint", |entry, container, desk| words(entry, "command", container, desk)),
    ("command", |entry, container, desk| words(entry, "args", container, desk)),
    ("volumes", volumes::volumes),
    ("restart", restart),
    ("privileged", |entry, container, _| {
        let on = entry.value.value == NodeValue::Bool(true);
        on.then(|| container.fields.insert("privileged".to_owned(), json!(true)));
    }),
    ("depends_on", depends_on),
];

/// Keys that a machine in the cloud has no need of.
const QUIET: [&str; 9] = [
    "build",
    "expose",
    "hostname",
    "container_name",
    "stdin_open",
    "tty",
    "labels",
    "logging",
    "pull_policy",
];

/// Keys that have something else in their place.
const UNLIKE: [(&str, &str); 6] = [
    ("env_file", "write its lines under `env:` of the container; the file stays on your own machine"),
    (
        "network_mode",
        "the containers share a network of their own: publish what the machine should offer with `ports:`",
    ),
    ("networks", "all containers of a machine share one network, and find each other by name"),
    ("healthcheck", "`restart` starts a container again after it ended"),
    ("deploy", "the machine type decides what the containers have; several machines are a `forEach:`"),
    ("secrets", "a program on the machine reads secrets with the machine's service account"),
];

/// The container of a service, and what it wants let in.
pub(super) fn container(entry: &Entry, desk: &mut Desk<'_>) -> (Value, Vec<String>) {
    let mut container = Container::default();
    container.fields.insert("name".to_owned(), json!(entry.key));
    for key in entry.value.entries() {
        match KEYS.iter().find(|(name, _)| *name == key.key) {
            Some((_, does)) => does(key, &mut container, desk),
            None if QUIET.contains(&key.key.as_str()) || key.key.starts_with("x-") => {}
            None => {
                let help = UNLIKE.iter().find(|(name, _)| *name == key.key).map_or("", |(_, help)| help);
                left_out(key, help, desk);
            }
        }
    }
    names(entry, desk);
    if !container.fields.contains_key("image") {
        built(entry, &mut container, desk);
    }
    (Value::Object(container.fields), container.open)
}

/// An image that compose builds on the spot has to be pushed for a machine to have it.
fn built(entry: &Entry, container: &mut Container, desk: &mut Desk<'_>) {
    let zone = desk.options.zones.first().map_or("europe", String::as_str);
    let location =
        zone.split('-').next().filter(|place| ["europe", "us", "asia"].contains(place)).unwrap_or("europe");
    let (project, registry) = (desk.course_project(), desk.options.registry.clone());
    let image = format!("{location}-docker.pkg.dev/{project}/{registry}/{}:1.0", entry.key);
    let build = entry.value.entry("build");
    let context =
        build.map(|build| build.value.entry("context").map_or_else(|| raw(&build.value), |c| raw(&c.value)));
    let context = context.filter(|text| !text.is_empty()).unwrap_or_else(|| ".".to_owned());
    let span = build.map_or(entry.key_span, |build| build.key_span);
    let problem = Problem::new(
        "image-to-push",
        format!("a machine cannot build `{}`: its image is taken to be `{image}`", entry.key),
    );
    desk.warn_at(
        span,
        problem.help(format!(
            "build and push it first: `docker build -t {image} {context} && docker push {image}`"
        )),
    );
    container.fields.insert("image".to_owned(), json!(image));
}

/// Others reach a container by the name of its service.
fn names(entry: &Entry, desk: &mut Desk<'_>) {
    for key in ["hostname", "container_name"] {
        let Some(other) = entry.value.entry(key).filter(|other| raw(&other.value) != entry.key) else {
            continue;
        };
        let problem =
            Problem::new("one-name", format!("the container is called `{}`, as its service is", entry.key));
        let problem = problem.label("it has this one name");
        desk.warn_at(other.key_span, problem.help(format!("write `{}` where others reach it", entry.key)));
    }
}

/// A command: a list of words, or one text that is split as a shell does.
fn words(entry: &Entry, field: &str, container: &mut Container, desk: &mut Desk<'_>) {
    let words: Vec<String> = match &entry.value.value {
        NodeValue::List(list) => list.iter().map(raw).collect(),
        _ => shlex::split(&raw(&entry.value)).unwrap_or_else(|| vec![raw(&entry.value)]),
    };
    turn_to(entry.value.span, desk);
    let words: Vec<String> = words.iter().map(|word| desk.value(word, field)).collect();
    container.fields.insert(field.to_owned(), json!(words));
}

/// `unless-stopped` is `always`: nobody stops a container of a machine by hand.
fn restart(entry: &Entry, container: &mut Container, desk: &mut Desk<'_>) {
    let policy = raw(&entry.value);
    let policy = policy.split(':').next().unwrap_or_default();
    let restart = match policy {
        "no" | "false" => "never",
        "on-failure" => "on-failure",
        "always" | "unless-stopped" => "always",
        _ => return left_out(entry, "restart is `always`, `on-failure` or `no`", desk),
    };
    container.fields.insert("restart".to_owned(), json!(restart));
}

fn depends_on(entry: &Entry, container: &mut Container, desk: &mut Desk<'_>) {
    let names: Vec<String> = match &entry.value.value {
        NodeValue::Map(entries) => entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => list(&entry.value).iter().map(|node: &Node| text(node, "dependsOn", desk)).collect(),
    };
    for waits in entry.value.entries().iter().filter_map(|entry| entry.value.entry("condition")) {
        if raw(&waits.value) != "service_started" {
            let problem = Problem::new(
                "order-only",
                "a container that is waited for is started first, not waited for until it is healthy",
            );
            desk.warn_at(
                waits.value.span,
                problem.help(
                    "let the program try again until the other answers; it is started again when it ends",
                ),
            );
        }
    }
    container.fields.insert("dependsOn".to_owned(), json!(names));
}
