//! `provost sandbox serve`: the embedded Google Cloud over HTTP, for other tools and several commands.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use crate::sandbox::{self, Faults, Options};

use super::args::{SandboxArgs, SandboxCommand, ServeArgs};
use super::exit::Exit;
use super::printer::Printer;
use super::signal;

pub(super) async fn run(args: &SandboxArgs, printer: &Printer) -> anyhow::Result<Exit> {
    match &args.command {
        SandboxCommand::Serve(args) => serve(args, printer).await,
    }
}

async fn serve(args: &ServeArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let faults = faults(args.faults.as_deref())?;
    let options = Options {
        listen: args.listen,
        state: Some(args.state.clone()),
        operation_time: Duration::from_millis(args.operation_ms),
        limits: faults.limits().clone(),
        faults,
        ..Options::default()
    };
    let running = sandbox::start(options).await?;
    printer.out(&format!("{}\n", running.url()));
    printer.note(&format!(
        "the sandbox keeps its state in {}; PROVOST_ENDPOINT={} leads here; Ctrl-C ends it\n",
        args.state.display(),
        running.url()
    ));
    signal::interrupted().await;
    for (at, strikes) in running.strikes().iter().enumerate() {
        printer.note(&format!("fault {} struck {strikes} times\n", at + 1));
    }
    running.shutdown().await?;
    Ok(Exit::Done)
}

/// The faults of that file; none without one.
pub(super) fn faults(file: Option<&Path>) -> anyhow::Result<Faults> {
    let Some(file) = file else { return Ok(Faults::default()) };
    let text = fs_err::read_to_string(file).context("the faults cannot be read")?;
    Faults::parse(&text).map_err(|error| anyhow!("{}:{error}", file.display()))
}
