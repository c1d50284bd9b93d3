//! Measures what a plan and an apply cost: calls, bytes, depth, time, CPU and memory of the client alone, as a Markdown table.
//! The sandbox and a recording proxy run in this process; the client is this program again, in a process of its own.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of its own, which prints")]

mod budget;
mod chain;
mod client;
mod course;
mod measure;
mod proxy;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use measure::{Measured, Setup};

/// What a plan and an apply of Provost cost.
#[derive(Debug, Parser)]
struct Options {
    /// Resources of each course; 60 is a class of 60 machines with all that belongs to it
    #[arg(long, value_delimiter = ',', default_value = "60,1000,10000")]
    sizes: Vec<usize>,
    /// What each answer takes longer in the runs with latency, in milliseconds
    #[arg(long, default_value_t = 100)]
    latency_ms: u64,
    /// How long each operation takes where the length of an apply is compared with its longest chain, in milliseconds
    #[arg(long, default_value_t = 2000)]
    operation_ms: u64,
    /// How often each plan is run; the least of each figure counts
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Exit with 1 when a budget is missed
    #[arg(long)]
    check: bool,
    /// How many times as long this machine may take: with `--check`, only times beyond that are missed
    #[arg(long, default_value_t = 1.0)]
    slack: f64,
    /// Write the tables between the marks of this Markdown file as well
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    if let Some(code) = client::as_client(std::env::args_os()) {
        return code;
    }
    let options = Options::parse();
    match measured(&options) {
        Ok(missed) if options.check && missed > 0 => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, prints, and gives the number of budgets that are missed.
fn measured(options: &Options) -> anyhow::Result<usize> {
    let setup = Setup {
        latency: Duration::from_millis(options.latency_ms),
        operation: Duration::from_millis(options.operation_ms),
        runs: options.runs.max(1),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut all: Vec<Measured> = Vec::new();
    for size in &options.sizes {
        eprintln!("measuring {size}");
        all.push(runtime.block_on(measure::course(*size, &setup))?);
    }
    let starts = measure::starts(setup.runs)?;
    let budgets = budget::judge(&all, &starts);
    let text = format!("{}\n{}", table::runs(&all, options.latency_ms), table::budgets(&budgets));
    println!("{text}");
    if let Some(file) = &options.write {
        table::write(file, &text)?;
    }
    Ok(budgets.iter().filter(|budget| !budget.holds_with(options.slack)).count())
}
