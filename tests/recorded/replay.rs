//! Replaying a scenario into a sandbox: every recorded request is sent, every recorded answer compared.

use std::fmt::Write as _;

use provost::sandbox::{Faults, Options};
use reqwest::Method;
use serde_json::{Value, json};

use super::compare::{Difference, differences};
use super::made;
use super::names::Names;
use super::scenario::{Exchange, Scenario};
use super::settings::{Send, Setting, Settings};
use crate::rest::{Cloud, PROJECT, raw};

/// What became of one exchange.
pub(crate) struct Line {
    pub(crate) scenario: String,
    pub(crate) exchange: usize,
    request: String,
    pub(crate) found: Found,
    /// How many differences are borne.
    pub(crate) borne: usize,
}

/// How the answer compares.
pub(crate) enum Found {
    /// The sandbox has no such method, as the settings say.
    Unserved,
    /// These differences; none: it is as recorded.
    Differences(Vec<Difference>),
}

impl Line {
    /// The line as a row of a table, and its differences below it.
    pub(crate) fn told(&self) -> String {
        let verdict = match &self.found {
            Found::Unserved => "not served".to_owned(),
            Found::Differences(found) if found.is_empty() && self.borne == 0 => "as recorded".to_owned(),
            Found::Differences(found) if found.is_empty() => format!("{} borne", self.borne),
            Found::Differences(found) => format!("{} differences", found.len()),
        };
        let mut told = format!("{:<42} {:>2} {verdict:<15} {}", self.scenario, self.exchange, self.request);
        if let Found::Differences(found) = &self.found {
            for one in found {
                write!(told, "\n    {one}").unwrap();
            }
        }
        told
    }
}

/// Sends a scenario to a sandbox of its own.
pub(crate) async fn replay(scenario: &Scenario, setting: &Setting, settings: &Settings) -> Vec<Line> {
    let renamed =
        setting.rename.iter().chain(&settings.rename).map(|(from, to)| (from.as_str(), to.as_str()));
    let scenario = scenario.renamed(renamed);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let every = ["compute", "iam", "artifactregistry", "run"].map(str::to_owned).to_vec();
    let apis = setting.apis.clone().unwrap_or(every);
    let apis: Vec<&str> = apis.iter().map(String::as_str).collect();
    let faults = Names::new(PROJECT, "").filled(&json!({ "faults": setting.faults }));
    let faults = Faults::parse(&faults.to_string()).unwrap();
    let cloud =
        Cloud::start(&apis, Options { state: Some(state.clone()), faults, ..Options::default() }).await;
    let project = cloud.get(&format!("/v1/projects/{PROJECT}")).await.1;
    let mut names = Names::new(PROJECT, project["projectNumber"].as_str().unwrap());
    for first in &setting.first {
        let answer = made::sent(&cloud, &names.fill(&first.post), &names.filled(&first.body)).await;
        for (recorded, pointer) in &first.gives {
            let given = answer.pointer(pointer).unwrap().as_str().unwrap();
            let parts: Vec<&str> = given.split('/').rev().take(recorded.split('/').count()).collect();
            names.same(recorded, &parts.into_iter().rev().collect::<Vec<_>>().join("/"));
        }
    }
    let mut lines = Vec::new();
    for (place, exchange) in scenario.exchanges.iter().enumerate() {
        for (placeholder, value) in setting.names.get(&place).into_iter().flatten() {
            names.set(placeholder, value);
        }
        for shown in setting.exists.get(&place).into_iter().flatten() {
            let shown = &scenario.exchanges[*shown];
            made::so(&cloud, &state, &names.fill(&shown.url), &names.filled(&shown.response_body)).await;
        }
        let send = setting.send.get(&place);
        let unserved = setting.unserved.contains_key(&place);
        let complete =
            exchange.request_body_recorded || exchange.method == "DELETE" || send.is_some() || unserved;
        assert!(complete, "{} {place}: the settings do not say what was sent", scenario.id);
        let (request, status, given) =
            sent(&cloud, &names, exchange, &send.cloned().unwrap_or_default()).await;
        let found = if unserved {
            assert!(is_unserved(status, &given), "{} {place} is served: {given}", scenario.id);
            Found::Unserved
        } else {
            names.learn(exchange, &given);
            Found::Differences(compared(settings, &names, exchange, status, &given))
        };
        lines.push(Line { scenario: scenario.id.clone(), exchange: place, request, found, borne: 0 });
    }
    lines
}

fn compared(
    settings: &Settings,
    names: &Names,
    exchange: &Exchange,
    status: u16,
    given: &Value,
) -> Vec<Difference> {
    if status != exchange.status {
        let what = format!("{status}, recorded {}: {given}", exchange.status);
        return vec![Difference::new(&["status".to_owned()], what)];
    }
    if !exchange.response_body_recorded {
        return Vec::new();
    }
    differences(settings, &names.filled(&exchange.response_body), given)
}

/// Whether the sandbox says that it does not have the method.
fn is_unserved(status: u16, given: &Value) -> bool {
    let text = given["error"]["message"].as_str().unwrap_or_default();
    status == 501 || (status == 404 && text.starts_with("The requested URL"))
}

/// Sends a recorded request, as often as it was; gives the last answer.
async fn sent(cloud: &Cloud, names: &Names, exchange: &Exchange, send: &Send) -> (String, u16, Value) {
    let path = path(&names.fill(&exchange.url), &send.query);
    let body = body(cloud, names, exchange, send, &path).await;
    let mut answer = (0, Value::Null);
    for _ in 0..exchange.repeat {
        let request = cloud.request(Method::from_bytes(exchange.method.as_bytes()).unwrap(), &path);
        let request = match multipart(&body) {
            Some(text) => request.header("content-type", "multipart/related; boundary=part").body(text),
            None if body.is_null() => request,
            None => request.json(&body),
        };
        let (status, _, text) = raw(request).await;
        answer = (status, serde_json::from_str(&text).unwrap_or(Value::String(text)));
    }
    let given = if answer.1 == json!("") { Value::Null } else { answer.1 };
    (format!("{} {path}", exchange.method), answer.0, given)
}

/// What of a URL the sandbox serves under one root.
fn path(url: &str, query: &str) -> String {
    let rest = url.strip_prefix("https://").unwrap();
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let joint = if query.is_empty() {
        ""
    } else if path.contains('?') {
        "&"
    } else {
        "?"
    };
    format!("{path}{joint}{query}")
}

async fn body(cloud: &Cloud, names: &Names, exchange: &Exchange, send: &Send, path: &str) -> Value {
    let mut body = send.body.clone().unwrap_or_else(|| exchange.request_body.clone());
    for member in &send.like_answer {
        if body.is_null() {
            body = json!({});
        }
        body[member] = exchange.response_body[member].clone();
    }
    for (pointer, value) in &send.set {
        let (holder, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(holder).unwrap()[member] = value.clone();
    }
    let body = names.body(&body);
    if body.to_string().contains("${live:") { with_live(cloud, &body, path).await } else { body }
}

/// Puts values of the live resource where `${live:/POINTER}` stands.
async fn with_live(cloud: &Cloud, body: &Value, path: &str) -> Value {
    let path = path.split('?').next().unwrap();
    let is_action = ["set", "resize", "start", "stop"]
        .iter()
        .any(|verb| path.rsplit('/').next().is_some_and(|last| last.starts_with(verb)));
    let resource = if is_action { path.rsplit_once('/').unwrap().0 } else { path };
    let live = cloud.get(resource).await.1;
    let text = |text: &str| {
        let pointer = text.strip_prefix("${live:").and_then(|rest| rest.strip_suffix('}'));
        pointer.map_or_else(|| json!(text), |pointer| live.pointer(pointer).cloned().unwrap_or_default())
    };
    replaced(body, &text)
}

fn replaced(value: &Value, text: &dyn Fn(&str) -> Value) -> Value {
    match value {
        Value::String(one) => text(one),
        Value::Array(list) => list.iter().map(|one| replaced(one, text)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), replaced(v, text))).collect(),
        other => other.clone(),
    }
}

/// An upload of metadata and content, which recordings keep as a list.
fn multipart(body: &Value) -> Option<String> {
    let parts = body.get("_multipart")?.as_array()?;
    let (metadata, content) = (parts.first()?, parts.get(1)?.as_str()?);
    let media = metadata["contentType"].as_str()?;
    Some(format!(
        "--part\r\ncontent-type: application/json\r\n\r\n{metadata}\r\n--part\r\ncontent-type: {media}\r\n\r\n\
         {content}\r\n--part--"
    ))
}
