//! The other side of a command: Google, a server that stands in for it, or the sandbox in this process.

use std::path::Path;

use jiff::Timestamp;

use crate::gcp::credentials::Settings;
use crate::gcp::{Client, Credentials, Endpoints};
use crate::sandbox::{self, Options, Running};

use super::args::TargetArgs;
use super::course::Loaded;

/// A connection, and the sandbox it leads to, if it is in this process.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) sandbox: Option<Running>,
    /// The time there.
    pub(super) now: Timestamp,
}

/// Connects a course to what the command line and the environment name.
pub(super) async fn connect(target: &TargetArgs, loaded: &Loaded) -> anyhow::Result<Connection> {
    let lookup = |name: &str| std::env::var(name).ok();
    let sandbox = match &target.sandbox {
        Some(state) => Some(start(state, target).await?),
        None => None,
    };
    let endpoints = match &sandbox {
        Some(running) => Endpoints::under(&running.url())?,
        None => Endpoints::from_env(lookup)?,
    };
    let account = target.impersonate_service_account.as_deref();
    let settings = Settings::from_env(lookup)?.impersonating(account).for_project(&loaded.scope.project);
    let client = Client::new(endpoints, Credentials::of(settings), loaded.root.clone())?;
    Ok(Connection { client, sandbox, now: target.at.unwrap_or_else(Timestamp::now) })
}

async fn start(state: &Path, target: &TargetArgs) -> anyhow::Result<Running> {
    let faults = super::sandbox::faults(target.faults.as_deref())?;
    let limits = faults.limits().clone();
    let ahead = target.at.map(|at| at.duration_since(Timestamp::now())).unwrap_or_default();
    let options = Options { state: Some(state.to_owned()), limits, faults, ahead, ..Options::default() };
    Ok(sandbox::start(options).await?)
}

impl Connection {
    /// Lets the sandbox finish.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        if let Some(running) = self.sandbox {
            running.shutdown().await?;
        }
        Ok(())
    }
}
