//! The command line: one file per command. The only place that prints, asks, reads the environment or exits.

mod apply;
mod args;
mod commit;
mod completions;
mod connection;
mod course;
mod destroy;
mod exit;
mod from;
mod import;
mod init;
mod outputs;
mod plan;
mod power;
mod preflight;
mod printer;
mod progress;
mod sandbox;
mod saved;
mod schema;
mod status;
mod sweep;
mod trace;
mod validate;
mod wait;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command};
use exit::Exit;
use printer::Printer;

/// Runs a command line and gives the exit code of design section 6.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let _ = error.print();
            return if help { Exit::Done } else { Exit::Usage }.into();
        }
    };
    let mut printer = Printer::new();
    if let Err(error) = trace::begin(cli.verbose, cli.log_file.as_deref()) {
        printer.error(&error.into());
        return Exit::Usage.into();
    }
    let exit = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(dispatch(cli.command, &mut printer)),
        Err(error) => Err(error.into()),
    };
    exit.unwrap_or_else(|error| {
        printer.error(&error);
        Exit::of(&error)
    })
    .into()
}

async fn dispatch(command: Command, printer: &mut Printer) -> anyhow::Result<Exit> {
    match command {
        Command::Init(args) => init::run(&args, printer),
        Command::Validate(args) => validate::run(&args, printer),
        Command::Plan(args) => plan::run(&args, printer).await,
        Command::Preflight(args) => preflight::run(&args, printer).await,
        Command::Apply(args) => apply::run(&args, printer).await,
        Command::Destroy(args) => destroy::run(&args, printer).await,
        Command::Pause(args) => power::run(&args, false, printer).await,
        Command::Resume(args) => power::run(&args, true, printer).await,
        Command::Status(args) => status::run(&args, printer).await,
        Command::Import(args) => import::run(&args, printer).await,
        Command::Sweep(args) => sweep::run(&args, printer).await,
        Command::Outputs(args) => outputs::run(&args, printer).await,
        Command::FromGcloud(args) => from::gcloud(&args, printer),
        Command::FromCompose(args) => from::compose(&args, printer),
        Command::Schema(args) => schema::run(&args, printer),
        Command::Sandbox(args) => sandbox::run(&args, printer).await,
        Command::Completions(args) => Ok(completions::run(&args, printer)),
    }
}
