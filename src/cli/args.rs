//! What can be typed: commands and their flags, with the help that explains them.

mod bootstrap;
mod check;
mod lock;
mod policy;
mod reconcile;
mod translation;

pub(super) use bootstrap::{BootstrapArgs, GithubArgs, Host};
pub(super) use check::{CheckArgs, PreflightArgs};
pub(super) use lock::{HistoryArgs, HistoryCommand, ShowArgs, UnlockArgs};
pub(super) use policy::PolicyArgs;
pub(super) use reconcile::ReconcileArgs;
pub(super) use translation::{FromComposeArgs, FromGcloudArgs, TranslationArgs};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::Timestamp;

use crate::spec::address::NoAddress;
use crate::spec::formats::{self, KeepPattern, ProjectId};
use crate::spec::{Address, Problem};

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
    /// Make a repository ready to plan and apply: specs of its keyless login, and its workflows
    Bootstrap(BootstrapArgs),
    /// Check every spec of a course folder, offline
    Validate(ValidateArgs),
    /// Show what apply would do, and why
    Plan(PlanArgs),
    /// Tell whether it fits: quotas, machine types, images, networks, permissions
    Preflight(PreflightArgs),
    /// Make the project hold what the specs say
    Apply(ApplyArgs),
    /// Delete everything the course owns, or what of it is over
    Destroy(DestroyArgs),
    /// Stop the machines of the course until `resume`
    Pause(PowerArgs),
    /// Start the machines of the course again
    Resume(PowerArgs),
    /// Keep the project as the specs say, round after round, until interrupted
    Reconcile(ReconcileArgs),
    /// Show every resource of the course and how it is
    Status(StatusArgs),
    /// Write down what a project holds as specs
    Import(ImportArgs),
    /// Find what no spec owns, and delete it on demand
    Sweep(SweepArgs),
    /// Hand out how to reach everything: a line, addresses and URLs for each student and machine
    Outputs(OutputsArgs),
    /// Make specs of gcloud and gsutil commands
    FromGcloud(FromGcloudArgs),
    /// Make specs of a docker compose file
    FromCompose(FromComposeArgs),
    /// Print a JSON Schema of specs, or write all of them to a folder
    Schema(SchemaArgs),
    /// Take the lock of a course away from a run that is dead
    Unlock(UnlockArgs),
    /// Show who changed the course, when, and what became of it
    History(HistoryArgs),
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
    /// Lay `overlays/NAME.yaml` of the course folder over the course: a term, a rehearsal, another project
    #[arg(short = 'e', long = "env", value_name = "NAME")]
    pub(super) environment: Option<String>,
    /// Set one of the Course's `vars`, above what the environment says: `--var machines.size=3`
    #[arg(long = "var", value_name = "KEY=VALUE", value_parser = setting)]
    pub(super) vars: Vec<String>,
}

/// A value for one of `vars`.
fn setting(text: &str) -> Result<String, &'static str> {
    match text.split_once('=') {
        Some((key, _)) if !key.is_empty() => Ok(text.to_owned()),
        _ => Err("write it as `machines.size=3`"),
    }
}

#[derive(Clone, Debug, Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    pub(super) course: CourseArgs,
    #[command(flatten)]
    pub(super) cloud: CloudArgs,
}

/// Which cloud, and as whom.
#[derive(Clone, Debug, Args)]
pub(super) struct CloudArgs {
    /// Run against the embedded Google Cloud, its state kept in FILE
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ".provost/sandbox.json")]
    pub(super) sandbox: Option<PathBuf>,
    /// What goes wrong in the sandbox, and how long its operations take (`provost schema faults`)
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    pub(super) faults: Option<PathBuf>,
    /// Let it be this time in the sandbox, as in `2026-12-19T00:00:00Z`: what a course does when its session is over
    #[arg(long, value_name = "TIME", requires = "sandbox")]
    pub(super) at: Option<Timestamp>,
    /// Act as this service account, on top of whatever credentials are found
    ///
    /// Also `GOOGLE_IMPERSONATE_SERVICE_ACCOUNT`. It takes roles/iam.serviceAccountTokenCreator on the account. Several, with
    /// commas between, are a chain of delegates whose last one is acted as. The sandbox asks nobody who they are.
    #[arg(long, value_name = "EMAIL", value_parser = crate::gcp::credentials::accounts)]
    pub(super) impersonate_service_account: Option<String>,
}

impl CloudArgs {
    /// A folder and this cloud as they are typed behind a command.
    pub(super) fn on(&self, folder: &str) -> String {
        match &self.sandbox {
            None => match &self.impersonate_service_account {
                None => folder.to_owned(),
                Some(account) => format!("{folder} --impersonate-service-account {account}"),
            },
            Some(file) if file.as_os_str() == ".provost/sandbox.json" => format!("{folder} --sandbox"),
            Some(file) => format!("{folder} --sandbox={}", file.display()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// How plans, outcomes and findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    Text,
    /// For programs: `provost schema plan-output`, `outcome-output` and `diagnostics-output` explain it
    Json,
    /// For a comment under a pull request
    #[value(alias = "md")]
    Markdown,
}

#[derive(Clone, Debug, Args)]
pub(super) struct OwnershipArgs {
    /// Take over a resource that exists and carries no mark; `all` takes over every one that is declared
    #[arg(long, value_name = "KIND/NAME")]
    pub(super) adopt: Vec<Adopt>,
    /// Leave a resource in place and stop managing it
    #[arg(long, value_name = "KIND/NAME")]
    pub(super) release: Vec<Address>,
}

/// What is taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Adopt {
    /// Everything that is declared.
    All,
    /// One resource.
    One(Address),
}

impl std::str::FromStr for Adopt {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if text == "all" { Ok(Self::All) } else { text.parse().map(Self::One) }
    }
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Only these resources; everything when none is named
    #[arg(value_name = "KIND/NAME")]
    pub(super) addresses: Vec<Address>,
    /// Id of the Google Cloud project [default: that of `CLOUDSDK_CORE_PROJECT` or `GOOGLE_CLOUD_PROJECT`]
    #[arg(long, value_name = "ID")]
    pub(super) project: Option<String>,
    /// Name of the course that the specs are for [default: the project's id]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Write the specs to this folder, a file for each kind; without it they go to stdout
    #[arg(long, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
    /// Write over files that exist
    #[arg(long, requires = "out")]
    pub(super) force: bool,
    /// Only these kinds, with commas between
    #[arg(long, value_name = "KIND", value_delimiter = ',', conflicts_with = "addresses")]
    pub(super) kinds: Vec<String>,
    /// Write values whose names say that they are secrets, too
    #[arg(long)]
    pub(super) with_secrets: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) cloud: CloudArgs,
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
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(super) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) ownership: OwnershipArgs,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) check: CheckArgs,
    /// How the plan is written
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(super) format: ReportFormat,
    /// Plan the destruction of everything the course owns
    #[arg(long)]
    pub(super) destroy: bool,
    /// Only tell what was changed outside Provost since the last apply: fields, deletions, by whom and when
    #[arg(long, conflicts_with_all = ["destroy", "adopt", "release", "overrides", "no_preflight", "out"])]
    pub(super) drift: bool,
    /// Exit with 2 when changes are pending; with `--drift`, when there is drift
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Write the whole plan to FILE, for `provost apply FILE` to do exactly that or refuse
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(super) struct RunArgs {
    /// Do not ask
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
    /// Steps at once
    #[arg(long, value_name = "N", default_value_t = crate::apply::PARALLEL)]
    pub(super) parallel: usize,
    /// How long to wait while another run has the lock of the course, as in `10m`
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = time)]
    pub(super) lock_timeout: Duration,
    /// How the plan and the outcome are written
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(super) format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(mut_arg("every", |arg| arg.requires("wait_ready")), mut_arg("timeout", |arg| arg.requires("wait_ready")))]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) ownership: OwnershipArgs,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) check: CheckArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// Then wait until everything that declares `ready:` is ready
    #[arg(long)]
    pub(super) wait_ready: bool,
    #[command(flatten)]
    pub(super) patience: PatienceArgs,
}

#[derive(Debug, Args)]
pub(super) struct DestroyArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// Only what has expired, such as everything of a session that is over: for a scheduled job
    #[arg(long)]
    pub(super) expired: bool,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct PowerArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Only machines of this name or address; `*` is any text. May be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(super) only: Vec<String>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
#[command(mut_arg("every", |arg| arg.requires("watch")), mut_arg("timeout", |arg| arg.requires("watch")))]
pub(super) struct StatusArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// How it is written
    #[arg(long, value_enum, default_value_t = SheetFormat::Table)]
    pub(super) format: SheetFormat,
    /// Look again and again until everything that declares `ready:` is ready
    #[arg(long)]
    pub(super) watch: bool,
    #[command(flatten)]
    pub(super) patience: PatienceArgs,
}

/// How often to look, and for how long.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct PatienceArgs {
    /// The time between two looks at what is not ready yet
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = pause)]
    pub(super) every: Duration,
    /// How long any machine may take [default: what `ready.within` of each says, or 10m]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) timeout: Option<Duration>,
}

/// A length of time as specs have it.
fn time(text: &str) -> Result<Duration, String> {
    let time = formats::Duration::try_from(text);
    time.map(|time| Duration::from_secs(time.seconds())).map_err(|_| "write `30s`, `10m` or `1h`".to_owned())
}

/// A length of time that is not zero.
fn pause(text: &str) -> Result<Duration, String> {
    time(text).and_then(|time| if time.is_zero() { Err("write at least `1s`".to_owned()) } else { Ok(time) })
}

/// How tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SheetFormat {
    /// For people at a terminal
    #[value(alias = "text")]
    Table,
    /// For spreadsheets and mail merges
    Csv,
    /// For programs
    Json,
    /// To paste into a chat or a wiki
    #[value(alias = "md")]
    Markdown,
    /// One page to project or to send, searchable by name
    Html,
}

#[derive(Debug, Args)]
pub(super) struct OutputsArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// How it is written [default: what FILE is called like, or table]
    #[arg(long, value_enum)]
    pub(super) format: Option<SheetFormat>,
    /// Write it to FILE
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Sweep this project without a course folder
    #[arg(long, value_name = "ID", conflicts_with = "folder", value_parser = project)]
    pub(super) project: Option<ProjectId>,
    /// Leave what fits this pattern, besides those of `keep:` in the Course: `Vm/demo-*`, `user:prof@example.edu`
    #[arg(long, value_name = "PATTERN", value_parser = keep)]
    pub(super) keep: Vec<KeepPattern>,
    /// Leave what is younger: `2d`, `12h`
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(super) older_than: Option<formats::Duration>,
    /// Delete what no spec owns, after a question
    #[arg(long)]
    pub(super) delete: bool,
    /// Do not ask, if this is the project
    #[arg(long, value_name = "PROJECT", requires = "delete")]
    pub(super) yes_delete_in: Option<String>,
    /// Steps at once
    #[arg(long, value_name = "N", default_value_t = crate::apply::PARALLEL)]
    pub(super) parallel: usize,
    /// How the list and the outcome are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

fn project(text: &str) -> Result<ProjectId, String> {
    ProjectId::try_from(text).map_err(told)
}

fn keep(text: &str) -> Result<KeepPattern, String> {
    KeepPattern::try_from(text).map_err(told)
}

fn age(text: &str) -> Result<formats::Duration, String> {
    formats::Duration::try_from(text).map_err(told)
}

/// What is wrong with a text, in a line.
fn told(problem: Problem) -> String {
    let Problem { message, help, .. } = problem;
    help.map_or(message.clone(), |help| format!("{message}: {help}"))
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// A kind, `overlay`, `faults`, `plan-file`, `plan-output`, `outcome-output`, `diagnostics-output`, or nothing for the schema of a
    /// whole file
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
