//! The figures as Markdown tables.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use crate::budget::Budget;
use crate::measure::{Measured, Run};

/// Between these a Markdown file quotes the tables.
const MARKS: [&str; 2] = ["<!-- measured -->\n", "<!-- /measured -->"];

/// Puts the tables between the marks of a file.
pub(crate) fn write(file: &Path, tables: &str) -> anyhow::Result<()> {
    let [begin, end] = MARKS;
    let text = fs_err::read_to_string(file)?;
    let (before, rest) = text.split_once(begin).context("the file has no mark where the tables begin")?;
    let (_, after) = rest.split_once(end).context("the file has no mark where the tables end")?;
    Ok(fs_err::write(file, format!("{before}{begin}{tables}{end}{after}"))?)
}

/// One row per course and command. What differs from machine to machine bears a star.
pub(crate) fn runs(all: &[Measured], latency_ms: u64) -> String {
    let mut text = format!(
        "| course | command | calls | sent | received | deep | time* | at {latency_ms} ms* | CPU* | peak* |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    for measured in all {
        let rows =
            [("first plan", &measured.first), ("apply", &measured.apply), ("plan again", &measured.again)];
        for (name, run) in rows {
            text.push_str(&row(measured, name, run));
        }
    }
    text.push('\n');
    for measured in all {
        let (mix, length) = (measured.mix, measured.length);
        let _ = writeln!(
            text,
            "- {}: {} resources ({} machines, {} grants, {} rules, {} buckets, {} registries, 6 services). {} operations, of \
             which {} in a row at most; an apply takes {:.2} × as long as those.",
            measured.size,
            mix.resources(),
            mix.machines,
            mix.grants,
            mix.rules,
            mix.buckets,
            mix.registries,
            length.operations,
            length.chain,
            length.ratio
        );
    }
    text
}

fn row(measured: &Measured, name: &str, run: &Run) -> String {
    let (sent, received) = run.traffic.bytes();
    format!(
        "| {} | {name} | {} | {} | {} | {} | {} | {} | {} | {} MiB |\n",
        measured.size,
        run.traffic.calls(),
        bytes(sent),
        bytes(received),
        run.depth,
        time(run.used.wall),
        time(run.with_latency),
        time(run.used.cpu),
        run.used.peak.div_ceil(1024)
    )
}

/// Every budget, and whether it holds.
pub(crate) fn budgets(budgets: &[Budget]) -> String {
    let mut text = "| budget | at most | measured | |\n|---|--:|--:|---|\n".to_owned();
    for Budget { what, limit, measured, holds, .. } in budgets {
        let _ =
            writeln!(text, "| {what} | {limit} | {measured} | {} |", if *holds { "holds" } else { "MISSED" });
    }
    text
}

fn bytes(count: usize) -> String {
    if count < 10_000 { format!("{count} B") } else { format!("{} kB", count.div_ceil(1000)) }
}

fn time(time: Duration) -> String {
    let millis = time.as_millis();
    if millis < 10_000 { format!("{millis} ms") } else { format!("{} s", time.as_secs()) }
}
