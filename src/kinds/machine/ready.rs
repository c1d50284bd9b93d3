//! `ready:` of a machine: what must answer before people can use it. Data and its rules; the asking is done elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Machine, PowerState};
use crate::kinds::{Finding, Reachable};
use crate::spec::formats::Duration;
use crate::spec::{Pointer, Problem};

/// When a machine is ready for people: when everything that is named here is so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ready {
    /// A web page that answers at the external address, without an error: `{ port: 8501 }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
    /// A TCP port that takes connections at the external address: `8501`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub tcp: Option<u16>,
    /// Whether the startup script must have ended well, which the machine's console tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_script: Option<bool>,
    /// How long it may take before it is given up: `10m` (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
}

/// A web page of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Http {
    /// The port: `8501`.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// The path that is asked for: `/healthz`. Default: `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub path: Option<String>,
}

/// How long a machine may take to be ready, unless it says otherwise, in seconds.
const WITHIN: u64 = 600;

impl Ready {
    /// Whether the end of the startup script is waited for.
    pub fn waits_for_script(&self) -> bool {
        self.startup_script == Some(true)
    }

    /// How long it may take, in seconds.
    pub fn within(&self) -> u64 {
        self.within.map_or(WITHIN, |within| within.seconds())
    }
}

impl Http {
    /// The path, with its slash.
    pub fn path(&self) -> &str {
        self.path.as_deref().unwrap_or("/")
    }
}

impl Machine {
    /// How it is reached, as far as the machine half knows.
    pub fn reachable(&self) -> Reachable {
        Reachable {
            tunnels: self.tunnels.clone().unwrap_or_default(),
            published: Vec::new(),
            ready: self.ready.clone(),
            rests: self.desired_status == Some(PowerState::Terminated),
            network: self.network.as_ref().map_or("default", |network| network.last_segment()).to_owned(),
            tags: self.tags.iter().flatten().map(ToString::to_string).collect(),
            account: self.service_account.as_ref().map(ToString::to_string),
        }
    }
}

/// What can never become true of a machine. `script`: whether it has a startup script of its own field.
pub fn check(machine: &Machine, script: bool) -> Vec<Finding> {
    let Some(ready) = &machine.ready else { return Vec::new() };
    let mut found = Vec::new();
    let mut wrong = |field: Option<&str>, wrong: bool, message: &str, help: &str| {
        if wrong {
            let at = Pointer::from("ready");
            let at = field.map_or(at.clone(), |field| at.child(field));
            found.push((at, Problem::new("never-ready", message).help(help)));
        }
    };
    let asks = [ready.http.is_some(), ready.tcp.is_some(), ready.waits_for_script()];
    let outside = machine.external_ip == Some(super::ExternalIp::Any(false));
    let keys = || machine.metadata.iter().flat_map(|metadata| metadata.keys());
    let script = script || keys().any(|key| key.as_str().starts_with("startup-script"));
    let unreached = "without an external address nothing of it answers";
    let outside_help = "give the machine an external address, or wait for its `startupScript`";
    wrong(
        None,
        asks.iter().all(|asked| !asked),
        "`ready` does not say what must answer",
        "write `ready: { http: { port: 8501 } }`, `{ tcp: 8501 }` or `{ startupScript: true }`",
    );
    let path = ready.http.as_ref().map_or("/", Http::path);
    wrong(
        Some("http"),
        !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c.is_control()),
        "a path begins with `/` and has no spaces",
        "write `path: /healthz`",
    );
    wrong(Some("http"), outside && ready.http.is_some(), unreached, outside_help);
    wrong(Some("tcp"), outside && ready.tcp.is_some(), unreached, outside_help);
    wrong(
        Some("startupScript"),
        ready.waits_for_script() && !script,
        "the machine has no startup script that could end",
        "wait for what it serves: `ready: { http: { port: 8501 } }`",
    );
    found
}
