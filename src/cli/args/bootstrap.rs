//! What can be typed to make a repository ready.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, project, told};
use crate::spec::formats::{GithubRepository, ProjectId};

#[derive(Debug, Args)]
pub(in crate::cli) struct BootstrapArgs {
    #[command(subcommand)]
    pub(in crate::cli) host: Host,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Host {
    /// For a repository on GitHub: specs of its keyless login, and its workflows
    Github(GithubArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GithubArgs {
    /// The repository whose workflows log in, in the very case in which GitHub shows it
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub(in crate::cli) repo: GithubRepository,
    /// Id of the Google Cloud project
    #[arg(long, value_name = "ID", value_parser = project)]
    pub(in crate::cli) project: ProjectId,
    /// Write the specs and the workflows below this folder, the repository's own; without it the specs go to stdout
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Write over files that exist
    #[arg(long, requires = "out")]
    pub(in crate::cli) force: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
}

fn repository(text: &str) -> Result<GithubRepository, String> {
    GithubRepository::try_from(text).map_err(told)
}
