//! What can be typed about commands and files that are made specs of.

use std::path::PathBuf;

use clap::Args;

use super::Format;

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct TranslationArgs {
    /// Name of the course
    #[arg(long, default_value = "my-course")]
    pub(in crate::cli) name: String,
    /// Id of the Google Cloud project [default: the one that is named]
    #[arg(long)]
    pub(in crate::cli) project: Option<String>,
    /// Zone of the course; several times in order of preference [default: those that are named]
    #[arg(long, value_name = "ZONE")]
    pub(in crate::cli) zone: Vec<String>,
    /// Registry of the course that images are taken from when theirs is gone, or is none
    #[arg(long, default_value = "docker")]
    pub(in crate::cli) registry: String,
    /// Leave out the Course, the APIs and the registry that nobody named: the specs are for a course that exists
    #[arg(long)]
    pub(in crate::cli) without_course: bool,
    /// How the specs are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FromGcloudArgs {
    /// Commands, each in quotes, or `-` to read a script from standard input
    ///
    /// Understood are `gcloud compute instances create` and `create-with-container`, `compute firewall-rules create`, `compute ssh`
    /// with tunnels, `services enable`, `iam service-accounts create`, `storage buckets create` and `update`, `artifacts
    /// repositories create`, `add-iam-policy-binding` of all of them and of projects, `gsutil mb`, `iam ch` and `versioning set`.
    #[arg(required_unless_present = "file")]
    pub(in crate::cli) commands: Vec<String>,
    /// Read a script of commands from FILE
    #[arg(long, value_name = "FILE", conflicts_with = "commands")]
    pub(in crate::cli) file: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) translation: TranslationArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FromComposeArgs {
    /// The compose file, or `-` to read it from standard input
    #[arg(default_value = "docker-compose.yml")]
    pub(in crate::cli) file: PathBuf,
    /// Name of the machine that runs the containers
    #[arg(long, value_name = "NAME", default_value = "compose")]
    pub(in crate::cli) machine: String,
    /// Type of the machine
    #[arg(long, value_name = "TYPE", default_value = "e2-medium")]
    pub(in crate::cli) machine_type: String,
    /// Size of its boot disk, which holds the images, in GB
    #[arg(long, value_name = "GB", default_value_t = 20, value_parser = clap::value_parser!(u32).range(10..=65536))]
    pub(in crate::cli) boot_disk_size: u32,
    #[command(flatten)]
    pub(in crate::cli) translation: TranslationArgs,
}
