//! What can be typed: commands and their flags, with the help that explains them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::spec::Address;

/// A declarative reconciler for the cloud of one university course.
#[derive(Debug, Parser)]
#[command(name = "provost", version, about, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed before any change, 2 changes pending (plan --detailed-exitcode), \
                        3 partly applied, 4 refused, 64 wrong usage."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Tell which credentials are used and what is tried again; twice: tell every call
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Write a trace of every call to FILE, one JSON object a line; tokens and contents are left out
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) log_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a course folder with a first spec that is valid
    Init(InitArgs),
    /// Check every spec of a course folder, offline
    Validate(ValidateArgs),
    /// Show what apply would do, and why
    Plan(PlanArgs),
    /// Make the project hold what the specs say
    Apply(ApplyArgs),
    /// Delete everything the course owns
    Destroy(DestroyArgs),
    /// Show every resource of the course and how it is
    Status(StatusArgs),
    /// Make specs of gcloud and gsutil commands
    FromGcloud(FromGcloudArgs),
    /// Make specs of a docker compose file
    FromCompose(FromComposeArgs),
    /// Print a JSON Schema of specs, or write all of them to a folder
    Schema(SchemaArgs),
    /// The embedded Google Cloud
    Sandbox(SandboxArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
}

#[derive(Clone, Debug, Args)]
pub(super) struct CourseArgs {
    /// The course folder, or one YAML file
    #[arg(default_value = ".")]
    pub(super) folder: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    pub(super) course: CourseArgs,
    /// Run against the embedded Google Cloud, its state kept in FILE
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ".provost/sandbox.json")]
    pub(super) sandbox: Option<PathBuf>,
    /// What goes wrong in the sandbox, and how long its operations take (`provost schema faults`)
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    pub(super) faults: Option<PathBuf>,
    /// Act as this service account, on top of whatever credentials are found
    ///
    /// Also `GOOGLE_IMPERSONATE_SERVICE_ACCOUNT`. It takes roles/iam.serviceAccountTokenCreator on the account. Several, with
    /// commas between, are a chain of delegates whose last one is acted as. The sandbox asks nobody who they are.
    #[arg(long, value_name = "EMAIL", value_parser = crate::gcp::credentials::accounts)]
    pub(super) impersonate_service_account: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Clone, Debug, Args)]
pub(super) struct OwnershipArgs {
    /// Take over a resource that exists and carries no mark
    #[arg(long, value_name = "KIND/NAME")]
    pub(super) adopt: Vec<Address>,
    /// Leave a resource in place and stop managing it
    #[arg(long, value_name = "KIND/NAME")]
    pub(super) release: Vec<Address>,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder to make
    #[arg(default_value = ".")]
    pub(super) folder: PathBuf,
    /// Name of the course [default: the folder's]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Id of the Google Cloud project
    #[arg(long, default_value = "my-project-id")]
    pub(super) project: String,
}

#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    #[command(flatten)]
    pub(super) course: CourseArgs,
    /// Fail when there are warnings, too
    #[arg(long)]
    pub(super) strict: bool,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) ownership: OwnershipArgs,
    /// How the plan is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Plan the destruction of everything the course owns
    #[arg(long)]
    pub(super) destroy: bool,
    /// Exit with 2 when changes are pending
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct RunArgs {
    /// Do not ask
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
    /// Steps at once
    #[arg(long, value_name = "N", default_value_t = crate::apply::PARALLEL)]
    pub(super) parallel: usize,
    /// How the plan and the outcome are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) ownership: OwnershipArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct DestroyArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// A kind, `faults`, or nothing for the schema of a whole file
    pub(super) kind: Option<String>,
    /// Write every schema to this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "kind")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    #[command(subcommand)]
    pub(super) command: SandboxCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum SandboxCommand {
    /// Serve it over HTTP on this machine until interrupted
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address to listen on: loopback only
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,
    /// File that keeps the state
    #[arg(long, value_name = "FILE", default_value = ".provost/sandbox.json")]
    pub(super) state: PathBuf,
    /// How long operations take, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(super) operation_ms: u64,
    /// What goes wrong, how long which operations take, and how much there is (`provost schema faults`)
    #[arg(long, value_name = "FILE")]
    pub(super) faults: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: Shell,
}

#[derive(Clone, Debug, Args)]
pub(super) struct TranslationArgs {
    /// Name of the course
    #[arg(long, default_value = "my-course")]
    pub(super) name: String,
    /// Id of the Google Cloud project [default: the one that is named]
    #[arg(long)]
    pub(super) project: Option<String>,
    /// Zone of the course; several times in order of preference [default: those that are named]
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Vec<String>,
    /// Registry of the course that images are taken from when theirs is gone, or is none
    #[arg(long, default_value = "docker")]
    pub(super) registry: String,
    /// Leave out the Course, the APIs and the registry that nobody named: the specs are for a course that exists
    #[arg(long)]
    pub(super) without_course: bool,
    /// How the specs are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct FromGcloudArgs {
    /// Commands, each in quotes, or `-` to read a script from standard input
    ///
    /// Understood are `gcloud compute instances create` and `create-with-container`, `compute firewall-rules create`, `compute ssh`
    /// with tunnels, `services enable`, `iam service-accounts create`, `storage buckets create` and `update`, `artifacts
    /// repositories create`, `add-iam-policy-binding` of all of them and of projects, `gsutil mb`, `iam ch` and `versioning set`.
    #[arg(required_unless_present = "file")]
    pub(super) commands: Vec<String>,
    /// Read a script of commands from FILE
    #[arg(long, value_name = "FILE", conflicts_with = "commands")]
    pub(super) file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) translation: TranslationArgs,
}

#[derive(Debug, Args)]
pub(super) struct FromComposeArgs {
    /// The compose file, or `-` to read it from standard input
    #[arg(default_value = "docker-compose.yml")]
    pub(super) file: PathBuf,
    /// Name of the machine that runs the containers
    #[arg(long, value_name = "NAME", default_value = "compose")]
    pub(super) machine: String,
    /// Type of the machine
    #[arg(long, value_name = "TYPE", default_value = "e2-medium")]
    pub(super) machine_type: String,
    /// Size of its boot disk, which holds the images, in GB
    #[arg(long, value_name = "GB", default_value_t = 20, value_parser = clap::value_parser!(u32).range(10..=65536))]
    pub(super) boot_disk_size: u32,
    #[command(flatten)]
    pub(super) translation: TranslationArgs,
}
