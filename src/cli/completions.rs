//! `provost completions`: what a shell needs to complete commands and flags.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::exit::Exit;
use super::printer::Printer;

pub(super) fn run(args: &CompletionsArgs, printer: &Printer) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "provost", &mut script);
    printer.out(&String::from_utf8_lossy(&script));
    Exit::Done
}
