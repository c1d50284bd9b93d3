//! The client in a process of its own: this program again, which runs `provost`'s command line and reports what that took.
//! CPU and memory are told by the process about itself, so that nothing of the sandbox or the proxy is counted.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// As first argument: what follows is where to report, and a command line of `provost`.
const MARK: &str = "--as-client";

/// What a run of the client took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// CPU time of all its threads.
    pub(crate) cpu: Duration,
    /// The most memory it held, in KiB.
    pub(crate) peak: u64,
}

#[derive(Serialize, Deserialize)]
struct Report {
    cpu: Duration,
    peak: u64,
}

/// Runs a command line of `provost` if this process is one of ours.
pub(crate) fn as_client(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let program = arguments.next()?;
    arguments.next().filter(|first| first == MARK)?;
    let report = arguments.next()?;
    let code = provost::cli::run(std::iter::once(program).chain(arguments));
    let told = own().and_then(|own| Ok(fs_err::write(Path::new(&report), serde_json::to_vec(&own)?)?));
    Some(told.map_or(ExitCode::FAILURE, |()| code))
}

fn own() -> anyhow::Result<Report> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let cpu = Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?);
    let status = fs_err::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.context("no VmHWM in /proc/self/status")?;
    Ok(Report { cpu, peak: peak.trim().trim_end_matches("kB").trim().parse()? })
}

/// Runs `provost` with these arguments against a server, and expects that it ends well.
pub(crate) fn run(endpoint: Option<&str>, arguments: &[&str]) -> anyhow::Result<Used> {
    let report = tempfile::NamedTempFile::new()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(MARK).arg(report.path()).args(arguments);
    command.env_remove("PROVOST_ENDPOINT").env("NO_COLOR", "1");
    command.envs(endpoint.map(|url| ("PROVOST_ENDPOINT", url)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let began = Instant::now();
    let output = command.spawn()?.wait_with_output()?;
    let wall = began.elapsed();
    ensure!(
        output.status.success(),
        "provost {} ended with {}:\n{}",
        arguments.join(" "),
        output.status,
        complaints(&String::from_utf8_lossy(&output.stderr))
    );
    let Report { cpu, peak } = serde_json::from_slice(&fs_err::read(report.path())?)?;
    Ok(Used { wall, cpu, peak })
}

/// The lines of stderr that tell of trouble, as many as a person reads.
fn complaints(said: &str) -> String {
    let trouble = said.lines().filter(|line| line.contains("failed") || line.contains("error"));
    trouble.take(5).collect::<Vec<_>>().join("\n")
}

impl Used {
    /// The least of both, figure by figure.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
            peak: self.peak.min(other.peak),
        }
    }
}
