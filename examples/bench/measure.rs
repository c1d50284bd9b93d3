//! The runs of one course: planned with nothing there, applied, planned again with everything there; each through a proxy of its own.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use provost::sandbox::{self, Running};

use crate::chain;
use crate::client::{self, Used};
use crate::course::{self, Mix, PROJECT};
use crate::proxy::{Proxy, Traffic};

/// How to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// What each answer takes longer in the runs with latency.
    pub(crate) latency: Duration,
    /// What each operation takes in the run that is compared with its longest chain.
    pub(crate) operation: Duration,
    /// How often each plan is run.
    pub(crate) runs: usize,
}

/// One command: without latency, and how long and how deep with it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) used: Used,
    pub(crate) traffic: Traffic,
    pub(crate) with_latency: Duration,
    /// Round trips. Without latency, calls that could run side by side often end before the next one begins.
    pub(crate) depth: usize,
}

/// An apply whose operations take time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    /// Operations of the plan of which each waits for the one before.
    pub(crate) chain: u32,
    /// Operations in all.
    pub(crate) operations: u32,
    /// The apply's time, divided by what the chain takes.
    pub(crate) ratio: f64,
}

/// Everything about one course.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) size: usize,
    pub(crate) mix: Mix,
    pub(crate) first: Run,
    pub(crate) apply: Run,
    pub(crate) again: Run,
    pub(crate) length: Length,
}

/// How long a start of the program takes that talks to nobody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Starts {
    pub(crate) help: Duration,
    pub(crate) validate: Duration,
}

/// Measures a course of so many resources.
pub(crate) async fn course(size: usize, setup: &Setup) -> anyhow::Result<Measured> {
    let mix = Mix::of(size);
    let folder = tempfile::tempdir()?;
    mix.write(folder.path())?;
    let (cloud, slow) = (cloud(Duration::ZERO).await?, cloud(Duration::ZERO).await?);
    let plan = ["plan", utf8(folder.path())?];
    let apply = ["apply", utf8(folder.path())?, "--yes"];
    let again = ["plan", utf8(folder.path())?, "--detailed-exitcode"];
    let first = run(&cloud, &slow, &plan, setup.runs, setup).await?;
    let apply = run(&cloud, &slow, &apply, 1, setup).await?;
    let again = run(&cloud, &slow, &again, setup.runs, setup).await?;
    let length = length(folder.path(), setup).await?;
    Ok(Measured { size, mix, first, apply, again, length })
}

/// `--help`, and `validate` of the class of 60.
pub(crate) fn starts(runs: usize) -> anyhow::Result<Starts> {
    let folder = tempfile::tempdir()?;
    Mix::of(60).write(folder.path())?;
    let least = |arguments: &[&str]| -> anyhow::Result<Duration> {
        let all = (0..runs.max(5)).map(|_| Ok(client::run(None, arguments)?.wall));
        all.collect::<anyhow::Result<Vec<_>>>()?.into_iter().min().context("no run")
    };
    Ok(Starts { help: least(&["--help"])?, validate: least(&["validate", utf8(folder.path())?])? })
}

/// The same command several times on one cloud without latency, and once on the other with it.
async fn run(
    cloud: &Running,
    slow: &Running,
    arguments: &[&str],
    runs: usize,
    setup: &Setup,
) -> anyhow::Result<Run> {
    let (mut used, traffic) = once(cloud, arguments, Duration::ZERO).await?;
    for _ in 1..runs {
        used = used.least(once(cloud, arguments, Duration::ZERO).await?.0);
    }
    let (with_latency, at_leisure) = once(slow, arguments, setup.latency).await?;
    Ok(Run { used, traffic, with_latency: with_latency.wall, depth: at_leisure.depth() })
}

async fn once(cloud: &Running, arguments: &[&str], latency: Duration) -> anyhow::Result<(Used, Traffic)> {
    let proxy = Proxy::before(&cloud.url(), latency).await?;
    let used = client::run(Some(&proxy.url), arguments)?;
    Ok((used, proxy.traffic()))
}

/// Applies the course where operations take time, and compares with what the plan's own order makes necessary.
async fn length(folder: &Path, setup: &Setup) -> anyhow::Result<Length> {
    let cloud = cloud(setup.operation).await?;
    let (chain, operations) = chain::longest(&cloud.url(), folder).await?;
    let (used, _) = once(&cloud, &["apply", utf8(folder)?, "--yes"], Duration::ZERO).await?;
    let ratio = used.wall.as_secs_f64() / (setup.operation * chain).as_secs_f64();
    Ok(Length { chain, operations, ratio })
}

async fn cloud(operation_time: Duration) -> anyhow::Result<Running> {
    Ok(sandbox::start(course::cloud(operation_time)).await?)
}

fn utf8(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("the temporary folder has a name that is no text")
}

impl Run {
    /// How often the project's policy was read and written.
    pub(crate) fn policy(&self) -> (usize, usize) {
        let count = |method: &str| self.traffic.count(&format!("POST /v1/projects/{PROJECT}:{method}"));
        (count("getIamPolicy"), count("setIamPolicy"))
    }
}
