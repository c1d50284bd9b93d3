//! The binary: hands over to the command line and exits with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    provost::cli::run(std::env::args_os())
}
