//! What can be typed about locks and histories.

use clap::{Args, Subcommand};

use super::{Format, TargetArgs};

#[derive(Debug, Args)]
pub(in crate::cli) struct UnlockArgs {
    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub(in crate::cli) yes: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct HistoryArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<HistoryCommand>,
    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,
    /// At most so many runs, the latest ones
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(in crate::cli) limit: usize,
    /// Delete the history, and with the last one of a project the bucket of its inventories
    #[arg(long, conflicts_with = "limit")]
    pub(in crate::cli) delete: bool,
    /// Delete all but the latest N runs
    #[arg(long, value_name = "N", requires = "delete", default_value_t = 0)]
    pub(in crate::cli) keep: usize,
    /// Do not ask
    #[arg(long, short = 'y', requires = "delete")]
    pub(in crate::cli) yes: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HistoryCommand {
    /// Show all that is known of one run
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The run, or the beginning of its name, or `latest`
    pub(in crate::cli) run: String,
    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
}
