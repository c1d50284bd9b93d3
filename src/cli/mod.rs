//! The command line: one file per command. The only place that prints, asks, reads the environment or exits.

mod apply;
mod args;
mod bootstrap;
mod commit;
mod completions;
mod confirm;
mod connection;
mod course;
mod destroy;
mod drift;
mod exit;
mod from;
mod github;
mod held;
mod history;
mod import;
mod init;
mod outputs;
mod plan;
mod power;
mod preflight;
mod printer;
mod progress;
mod reconcile;
mod sandbox;
mod saved;
mod schema;
mod signal;
mod status;
mod sweep;
mod told;
mod trace;
mod unlock;
mod validate;
mod wait;
mod who;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command};
use exit::Exit;
use printer::Printer;

/// Runs a command line and gives the exit code of design section 6.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut printer = Printer::new();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, &printer).into(),
    };
    let guarded = printer.is_read_by_github();
    if let Err(error) = trace::begin(cli.verbose, cli.log_file.as_deref(), cli.command.log(), guarded) {
        printer.error(&error.into());
        return Exit::Usage.into();
    }
    let exit = match runtime(&cli.command) {
        Ok(runtime) => runtime.block_on(dispatch(cli.command, &mut printer)),
        Err(error) => Err(error.into()),
    };
    let exit = exit.unwrap_or_else(|error| {
        printer.error(&error);
        Exit::of(&error)
    });
    printer.close();
    exit.into()
}

/// Help and version, which were asked for, or what is wrong with a command line: other people's words as well.
fn unparsed(error: &clap::Error, printer: &Printer) -> Exit {
    let text = error.render().ansi().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        printer.out(&text);
        return Exit::Done;
    }
    printer.note(&text);
    Exit::Usage
}

/// What runs for long runs small: one thread is enough for what mostly waits, and each has memory of its own.
fn runtime(command: &Command) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = match command {
        Command::Reconcile(_) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

async fn dispatch(command: Command, printer: &mut Printer) -> anyhow::Result<Exit> {
    match command {
        Command::Init(args) => init::run(&args, printer),
        Command::Bootstrap(args) => bootstrap::run(&args, printer),
        Command::Validate(args) => validate::run(&args, printer),
        Command::Plan(args) => plan::run(&args, printer).await,
        Command::Preflight(args) => preflight::run(&args, printer).await,
        Command::Apply(args) => Box::pin(apply::run(&args, printer)).await,
        Command::Destroy(args) => destroy::run(&args, printer).await,
        Command::Pause(args) => power::run(&args, false, printer).await,
        Command::Resume(args) => power::run(&args, true, printer).await,
        Command::Reconcile(args) => reconcile::run(&args, printer).await,
        Command::Status(args) => status::run(&args, printer).await,
        Command::Import(args) => import::run(&args, printer).await,
        Command::Sweep(args) => sweep::run(&args, printer).await,
        Command::Outputs(args) => outputs::run(&args, printer).await,
        Command::FromGcloud(args) => from::gcloud(&args, printer),
        Command::FromCompose(args) => from::compose(&args, printer),
        Command::Schema(args) => schema::run(&args, printer),
        Command::Sandbox(args) => sandbox::run(&args, printer).await,
        Command::Unlock(args) => unlock::run(&args, printer).await,
        Command::History(args) => history::run(&args, printer).await,
        Command::Completions(args) => Ok(completions::run(&args, printer)),
    }
}
