//! The other side of a command: Google, a server that stands in for it, or the sandbox in this process.

use std::path::Path;

use jiff::Timestamp;

use crate::gcp::credentials::Settings;
use crate::gcp::{Client, Credentials, Endpoints};
use crate::sandbox::{self, Options, Running};

use super::args::{CloudArgs, TargetArgs};
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
    reach(&target.cloud, &loaded.scope.project, &loaded.root).await
}

/// Connects to what the command line and the environment name, for a project; files to upload are named from `root`.
pub(super) async fn reach(cloud: &CloudArgs, project: &str, root: &Path) -> anyhow::Result<Connection> {
    let lookup = |name: &str| std::env::var(name).ok();
    let sandbox = match &cloud.sandbox {
        Some(state) => Some(start(state, cloud).await?),
        None => None,
    };
    let endpoints = match &sandbox {
        Some(running) => Endpoints::under(&running.url())?,
        None => Endpoints::from_env(lookup)?,
    };
    let account = cloud.impersonate_service_account.as_deref();
    let settings = Settings::from_env(lookup)?.impersonating(account).for_project(project);
    let client = Client::new(endpoints, Credentials::of(settings), root.to_owned())?;
    Ok(Connection { client, sandbox, now: cloud.at.unwrap_or_else(Timestamp::now) })
}

async fn start(state: &Path, cloud: &CloudArgs) -> anyhow::Result<Running> {
    let faults = super::sandbox::faults(cloud.faults.as_deref())?;
    let limits = faults.limits().clone();
    let ahead = cloud.at.map(|at| at.duration_since(Timestamp::now())).unwrap_or_default();
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
