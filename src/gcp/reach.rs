//! Whether a machine answers at an address: a web page, or a port. Asked from here, without any token; where the services are
//! a stand-in on this machine, it knows what its machines would answer, and is asked instead.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;

use super::client::Client;
use super::request::Service;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The external address.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The path of a web page; None to ask for a connection only.
    pub path: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It took the connection.
    Open,
    /// A web server answered with this status.
    Http(u16),
    /// The machine is there, and nothing listens at the port.
    Refused,
    /// Nothing came back: nobody is there, or a firewall keeps us out.
    Silent,
    /// Something else, in words.
    Other(String),
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where the sandbox tells what its machines answer.
const STAND_IN: &str = "sandbox/reach";

impl Client {
    /// Asks at an address.
    pub async fn reach(&self, target: &Target) -> Reached {
        match (self.endpoints.beside(Service::Compute, STAND_IN), &target.path) {
            (Some(url), _) => self.reach_in_stand_in(url, target).await,
            (None, Some(path)) => self.reach_page(target, path).await,
            (None, None) => reach_port(target).await,
        }
    }

    async fn reach_page(&self, target: &Target, path: &str) -> Reached {
        let url = format!("http://{}:{}{path}", target.address, target.port);
        match self.http.get(url).timeout(PATIENCE).send().await {
            Ok(answer) => Reached::Http(answer.status().as_u16()),
            Err(error) if error.is_timeout() => Reached::Silent,
            Err(error) => refused(&error),
        }
    }

    async fn reach_in_stand_in(&self, url: reqwest::Url, target: &Target) -> Reached {
        let asked = [("address", target.address.clone()), ("port", target.port.to_string())];
        let answer = match self.http.get(url).query(&asked).timeout(PATIENCE).send().await {
            Ok(answer) => answer.json::<Value>().await.unwrap_or_default(),
            Err(error) => return Reached::Other(super::error::told(&error)),
        };
        match (answer.get("answer").and_then(Value::as_str), &target.path) {
            (Some("open"), Some(_)) => Reached::Http(200),
            (Some("open"), None) => Reached::Open,
            (Some("refused"), _) => Reached::Refused,
            (Some("silent"), _) => Reached::Silent,
            _ => Reached::Other("this server does not know what its machines answer".to_owned()),
        }
    }
}

async fn reach_port(target: &Target) -> Reached {
    let connecting = TcpStream::connect(format!("{}:{}", target.address, target.port));
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(_)) => Reached::Open,
        Ok(Err(error)) => of_kind(&error).unwrap_or_else(|| Reached::Other(error.to_string())),
        Err(_) => Reached::Silent,
    }
}

/// The error of the connection is somewhere below.
fn refused(error: &reqwest::Error) -> Reached {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if let Some(known) = error.downcast_ref::<std::io::Error>().and_then(of_kind) {
            return known;
        }
        cause = error.source();
    }
    Reached::Other(super::error::told(error))
}

fn of_kind(error: &std::io::Error) -> Option<Reached> {
    match error.kind() {
        ErrorKind::ConnectionRefused => Some(Reached::Refused),
        ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Some(Reached::Silent)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::gcp::fake::{Fake, Reply};
    use crate::gcp::{Credentials, Endpoints};

    /// A client of the real cloud, which asks addresses itself.
    fn client() -> Client {
        let google = Endpoints::from_env(|_| None).unwrap();
        Client::new(google, Credentials::None, PathBuf::new()).unwrap()
    }

    fn target(root: &str, path: Option<&str>) -> Target {
        let (address, port) = root.trim_start_matches("http://").split_once(':').unwrap();
        let path = path.map(str::to_owned);
        Target { address: address.to_owned(), port: port.parse().unwrap(), path }
    }

    #[tokio::test]
    async fn a_page_answers_with_its_status_and_a_port_by_taking_the_connection() {
        let fake = Fake::scripted(vec![Reply::ok(&json!({})), Reply::empty(502)]).await;
        let page = target(&fake.root, Some("/healthz"));
        assert_eq!(client().reach(&page).await, Reached::Http(200));
        assert_eq!(client().reach(&page).await, Reached::Http(502));
        assert_eq!(fake.lines(), ["GET /healthz", "GET /healthz"]);
        assert_eq!(fake.seen()[0].header("authorization"), "");
        assert_eq!(client().reach(&target(&fake.root, None)).await, Reached::Open);
    }

    #[tokio::test]
    async fn where_nothing_listens_the_connection_is_refused() {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        for path in [None, Some("/")] {
            assert_eq!(client().reach(&target(&free.to_string(), path)).await, Reached::Refused);
        }
    }

    #[tokio::test]
    async fn a_stand_in_is_asked_in_place_of_its_machines() {
        let fake = Fake::scripted(vec![
            Reply::ok(&json!({"answer": "open"})),
            Reply::ok(&json!({"answer": "refused"})),
            Reply::ok(&json!({"answer": "silent"})),
            Reply::empty(404),
        ])
        .await;
        let page = Target { address: "203.0.113.9".to_owned(), port: 80, path: Some("/".to_owned()) };
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(fake.client().reach(&page).await);
        }
        assert_eq!(seen[..3], [Reached::Http(200), Reached::Refused, Reached::Silent]);
        assert!(matches!(seen[3], Reached::Other(_)));
        assert_eq!(fake.lines()[0], "GET /sandbox/reach");
    }
}
