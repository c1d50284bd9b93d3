//! One look at every machine that is waited for: its console, its ports, its pages. Several at once, as each may take seconds.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::OnceCell;

use super::standing::{Awaited, Seen, Standing, Standings};
use super::{doors, serial};
use crate::gcp::error::told;
use crate::gcp::reach::{Reached, Target};
use crate::gcp::{Client, Read, Request, Service};
use crate::kinds::{FirewallRule, Reads, Resource as _, Scope};

/// Machines that are asked at once.
const PARALLEL: usize = 16;
/// The first status of HTTP that says that something is wrong.
const WRONG: u16 = 400;

struct Look<'a> {
    client: &'a Client,
    scope: &'a Scope,
    /// The firewall rules of the project, read when the first machine is silent.
    rules: OnceCell<Vec<FirewallRule>>,
}

/// Asks every machine once.
pub async fn look(client: &Client, awaited: &[Awaited], scope: &Scope) -> Standings {
    let look = &Look { client, scope, rules: OnceCell::new() };
    let all = stream::iter(awaited).map(|one| async move {
        let standing = look.at(one).await;
        (one.address.clone(), Seen { standing, within: Duration::from_secs(one.ready.within()) })
    });
    all.buffer_unordered(PARALLEL).collect().await
}

impl Look<'_> {
    /// The first thing that is not so yet says how the machine stands.
    async fn at(&self, one: &Awaited) -> Standing {
        match one.status.as_deref() {
            None => return Standing::Waiting("it does not exist".to_owned()),
            Some("RUNNING") => {}
            Some(status) => return Standing::Waiting(format!("it is {status}")),
        }
        if one.ready.waits_for_script() {
            let standing = self.script(one).await;
            if standing != Standing::Ready {
                return standing;
            }
        }
        let page = one.ready.http.as_ref().map(|http| (http.port, Some(http.path().to_owned())));
        let doors = one.ready.tcp.map(|port| (port, None)).into_iter().chain(page);
        for (port, path) in doors {
            if let Some(why) = self.unreached(one, port, path).await {
                return Standing::Waiting(why);
            }
        }
        Standing::Ready
    }

    async fn script(&self, one: &Awaited) -> Standing {
        let request = Request::get(Service::Compute, format!("{}/serialPort", one.resource));
        let read = Read::document(request.query("port", "1").fields("contents"));
        match self.client.read(&read).await {
            Ok(answer) => {
                let contents = answer.first().and_then(|answer| answer.get("contents")?.as_str());
                serial::script(contents.unwrap_or_default())
            }
            Err(error) => Standing::Waiting(format!("its console cannot be read: {}", told(&error))),
        }
    }

    /// Why a port or page does not answer; None when it does.
    async fn unreached(&self, one: &Awaited, port: u16, path: Option<String>) -> Option<String> {
        let Some(address) = one.ip.clone() else { return Some("it has no external address".to_owned()) };
        let shown = path.as_ref().map(|path| format!("http://{address}:{port}{path}"));
        let target = Target { address: address.clone(), port, path };
        match self.client.reach(&target).await {
            Reached::Open => None,
            Reached::Http(status) if status < WRONG => None,
            Reached::Http(status) => Some(format!("HTTP {status} from {}", shown.unwrap_or_default())),
            Reached::Refused => Some(format!("connection refused: nothing listens at port {port} yet")),
            Reached::Silent => Some(self.silent(one, &address, port).await),
            Reached::Other(why) => Some(why),
        }
    }

    async fn silent(&self, one: &Awaited, address: &str, port: u16) -> String {
        let rules = self.rules.get_or_try_init(|| self.read_rules()).await;
        let closed = rules.ok().and_then(|rules| doors::closed(rules, &one.door, port));
        closed.unwrap_or_else(|| format!("nothing answers at {address}:{port}"))
    }

    async fn read_rules(&self) -> Result<Vec<FirewallRule>, crate::gcp::ApiError> {
        let mut reads = Reads::default();
        for read in FirewallRule::collections(self.scope) {
            let items = self.client.read(&read).await?;
            reads.insert(read, items);
        }
        let seen = FirewallRule::observe(&[], &reads, self.scope);
        Ok(seen.others.into_iter().map(|(_, live)| live.spec).collect())
    }
}
