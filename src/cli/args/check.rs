//! What can be typed about the preflight.

use clap::Args;

use super::{ReportFormat, TargetArgs};
use crate::preflight::Depth;

/// What is held against the project before anything is changed.
#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Do not ask beforehand whether it fits, and go on with what would be refused for it
    #[arg(long)]
    pub(in crate::cli) no_preflight: bool,
}

impl CheckArgs {
    /// How far to look, if at all.
    pub(in crate::cli) fn depth(self, depth: Depth) -> Option<Depth> {
        (!self.no_preflight).then_some(depth)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PreflightArgs {
    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,
    /// How it is told
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(in crate::cli) format: ReportFormat,
}
