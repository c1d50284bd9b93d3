//! What can be typed about the loop.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::{CheckArgs, Command, Format, TargetArgs, pause};

#[derive(Debug, Args)]
pub(in crate::cli) struct ReconcileArgs {
    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,
    /// The time from one round to the next; after failures it doubles, up to an hour
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = pause)]
    pub(in crate::cli) every: Duration,
    /// Change nothing: only tell what drifted and what there would be to do
    #[arg(long)]
    pub(in crate::cli) report_only: bool,
    /// Address for `/healthz`, `/readyz` and `/metrics`: loopback only
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464")]
    pub(in crate::cli) listen: SocketAddr,
    /// Ask the loop that listens there whether it lives, and exit with 0 if it does: for a container's health check
    #[arg(long)]
    pub(in crate::cli) check: bool,
    #[command(flatten)]
    pub(in crate::cli) preflight: CheckArgs,
    /// Steps at once
    #[arg(long, value_name = "N", default_value_t = crate::apply::PARALLEL)]
    pub(in crate::cli) parallel: usize,
    /// How the log is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
}

impl Command {
    /// How the log is written of a command that keeps one.
    pub(in crate::cli) fn log(&self) -> Option<Format> {
        match self {
            Self::Reconcile(args) if !args.check => Some(args.format),
            _ => None,
        }
    }
}
