//! `provost sandbox serve`: the embedded Google Cloud over HTTP, for other tools and several commands.

use std::time::Duration;

use crate::sandbox::{self, Options};

use super::args::{SandboxArgs, SandboxCommand, ServeArgs};
use super::exit::Exit;
use super::printer::Printer;

pub(super) async fn run(args: &SandboxArgs, printer: &Printer) -> anyhow::Result<Exit> {
    match &args.command {
        SandboxCommand::Serve(args) => serve(args, printer).await,
    }
}

async fn serve(args: &ServeArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let options = Options {
        listen: args.listen,
        state: Some(args.state.clone()),
        operation_time: Duration::from_millis(args.operation_ms),
        ..Options::default()
    };
    let running = sandbox::start(options).await?;
    printer.out(&format!("{}\n", running.url()));
    printer.note(&format!(
        "the sandbox keeps its state in {}; PROVOST_ENDPOINT={} leads here; Ctrl-C ends it\n",
        args.state.display(),
        running.url()
    ));
    interrupted().await;
    running.shutdown().await?;
    Ok(Exit::Done)
}

/// Waits for Ctrl-C or the signal by which services are stopped.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
