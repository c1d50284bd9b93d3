//! One machine as it is handed out: how it is, and every way to it.
//! Pure.

use serde::Serialize;
use serde_json::Value;

use super::{Seen, ssh};
use crate::kinds::Reachable;
use crate::plan::{Change, Plan};
use crate::ready::Standing;
use crate::spec::reference;
use crate::spec::roster::Person;

/// A machine as it is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Its address in the specs.
    pub address: String,
    /// How it is, in a word: `ready`, `not ready`, `running`, `starting`, `stopped`, `missing`, `not ours`.
    pub state: String,
    /// Why it is not ready.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Its zone.
    pub zone: String,
    /// The address inside of its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_ip: Option<String>,
    /// The address by which the world reaches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ip: Option<String>,
    /// The line that leads to it, with its tunnels.
    pub ssh: String,
    /// What it serves.
    pub urls: Vec<String>,
    /// When it goes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

impl Machine {
    /// The machine of a change. `student` is whom the line is for.
    pub(super) fn of(change: &Change, reach: &Reachable, student: Option<&Person>, seen: Seen<'_>) -> Self {
        let user = student.and_then(|student| student.login.as_deref());
        let standing = seen.standings.get(&change.address).map(|seen| &seen.standing);
        let (state, why) = state(change, standing, seen.plan);
        let text = |of: &Value, field: &str| of.get(field).and_then(Value::as_str).map(str::to_owned);
        let zone = change.resource.split("/zones/").nth(1).and_then(|rest| rest.split('/').next());
        let zone = zone.filter(|zone| !reference::is_in(zone));
        Self {
            name: change.address.name.clone(),
            address: change.address.to_string(),
            state,
            why,
            zone: zone.unwrap_or_default().to_owned(),
            internal_ip: text(&change.before, "internalIp"),
            external_ip: change.address_of.clone(),
            ssh: ssh::line(&change.resource, &change.address.name, user, &reach.tunnels),
            urls: change.address_of.as_deref().map(|ip| urls(ip, reach)).unwrap_or_default(),
            expires: change.ends.map(|end| end.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        }
    }
}

/// How a machine is, in a word, and why it is not ready.
fn state(change: &Change, standing: Option<&Standing>, plan: &Plan) -> (String, String) {
    let conflict = |finding: &&crate::plan::Finding| {
        finding.code == "conflict" && finding.address.as_ref() == Some(&change.address)
    };
    let word = match (change.status.as_deref(), standing) {
        _ if plan.report.iter().any(|finding| conflict(&finding)) => "not ours",
        (None, _) if change.before.is_null() => "missing",
        (Some("RUNNING") | None, Some(Standing::Ready)) => "ready",
        (Some("RUNNING") | None, Some(Standing::Waiting(why) | Standing::Failed(why))) => {
            return ("not ready".to_owned(), why.clone());
        }
        (Some("RUNNING") | None, None) => "running",
        (Some("PROVISIONING" | "STAGING"), _) => "starting",
        (Some("TERMINATED" | "STOPPING" | "STOPPED" | "PENDING_STOP"), _) => "stopped",
        (Some(other), _) => return (other.to_lowercase(), String::new()),
    };
    (word.to_owned(), String::new())
}

/// Pages of a machine: the one by which it is known to be ready, and the ports that its containers publish. One that is
/// declared to be asked by TCP alone is no page.
fn urls(ip: &str, reach: &Reachable) -> Vec<String> {
    let page = reach.ready.as_ref().and_then(|ready| ready.http.as_ref());
    let plain = reach.ready.as_ref().and_then(|ready| ready.tcp);
    let known = |port: &&u16| page.is_none_or(|page| page.port != **port) && plain != Some(**port);
    let first = page.map(|page| url(ip, page.port, page.path()));
    first.into_iter().chain(reach.published.iter().filter(known).map(|port| url(ip, *port, "/"))).collect()
}

fn url(ip: &str, port: u16, path: &str) -> String {
    let path = if path == "/" { "" } else { path };
    match port {
        80 => format!("http://{ip}{path}"),
        443 => format!("https://{ip}{path}"),
        port => format!("http://{ip}:{port}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_those_of_published_ports_and_of_the_page_that_tells_readiness() {
        let reach = |published: &[u16], ready: Value| Reachable {
            tunnels: Vec::new(),
            published: published.to_vec(),
            ready: serde_json::from_value(ready).unwrap(),
            rests: false,
            network: String::new(),
            tags: Vec::new(),
            account: None,
        };
        let cases = [
            (reach(&[80, 443, 8501], Value::Null), "http://1.2.3.4 https://1.2.3.4 http://1.2.3.4:8501"),
            (
                reach(&[8000, 8501], serde_json::json!({"http": {"port": 8501, "path": "/app"}})),
                "http://1.2.3.4:8501/app http://1.2.3.4:8000",
            ),
            (reach(&[9092], serde_json::json!({"tcp": 9092})), ""),
            (reach(&[], Value::Null), ""),
        ];
        for (reach, shown) in cases {
            assert_eq!(urls("1.2.3.4", &reach).join(" "), shown);
        }
    }
}
