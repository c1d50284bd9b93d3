//! The budgets: what a plan, an apply and a start may cost, and whether they do.

use std::time::Duration;

use crate::course::ON_PROJECT;
use crate::measure::{Measured, Starts};

/// A budget and what was measured.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    /// What is limited.
    pub(crate) what: String,
    /// The limit, for a person.
    pub(crate) limit: String,
    /// What was measured, for a person.
    pub(crate) measured: String,
    /// Whether the second is within the first.
    pub(crate) holds: bool,
    /// Of a time, which differs from machine to machine: what was measured, in budgets.
    pub(crate) times_over: Option<f64>,
}

impl Budget {
    /// Whether it holds on a machine that takes `slack` times as long as the one the budgets were written for.
    pub(crate) fn holds_with(&self, slack: f64) -> bool {
        self.times_over.map_or(self.holds, |over| over <= slack)
    }
}

/// A class of this size has budgets of its own.
const CLASS: usize = 60;

/// All budgets that the measured sizes have.
pub(crate) fn judge(all: &[Measured], starts: &Starts) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = all.iter().flat_map(of_course).collect();
    budgets.push(time("`provost --help`".to_owned(), starts.help, 20));
    budgets.push(time("`provost validate` of the class of 60".to_owned(), starts.validate, 50));
    budgets
}

fn of_course(measured: &Measured) -> Vec<Budget> {
    let mut budgets = Vec::new();
    let plans = [("first plan", &measured.first), ("plan of what is there", &measured.again)];
    for (name, run) in plans {
        let name = format!("{}: {name}", measured.size);
        if measured.size == CLASS {
            budgets.push(count(format!("{name}, calls"), run.traffic.calls(), 12));
            budgets.push(count(format!("{name}, round trips deep"), run.depth, 3));
        }
        // A tenth of a second for a thousand resources, a second for ten thousand; the like for memory.
        let (cpu, memory) = if measured.mix.resources() > 1_000 { (1_000, 200) } else { (100, 50) };
        budgets.push(time(format!("{name}, CPU"), run.used.cpu, cpu));
        budgets.push(memory_of(format!("{name}, peak memory"), run.used.peak, memory));
    }
    let (read, _) = measured.first.policy();
    let (_, written) = measured.apply.policy();
    let what = format!(
        "{}: {} grants on one project, reads of a plan",
        measured.size,
        measured.mix.grants.min(ON_PROJECT)
    );
    budgets.push(count(what, read, 1));
    budgets.push(count(format!("{}: the same, writes of an apply", measured.size), written, 1));
    if measured.size == CLASS {
        budgets.push(Budget {
            what: format!("{}: apply, divided by its longest chain of operations", measured.size),
            limit: "1.25".to_owned(),
            measured: format!("{:.2}", measured.length.ratio),
            holds: measured.length.ratio <= 1.25,
            times_over: None,
        });
    }
    budgets
}

fn count(what: String, measured: usize, limit: usize) -> Budget {
    Budget {
        what,
        limit: limit.to_string(),
        measured: measured.to_string(),
        holds: measured <= limit,
        times_over: None,
    }
}

fn time(what: String, measured: Duration, limit: u64) -> Budget {
    let over = measured.as_secs_f64() / Duration::from_millis(limit).as_secs_f64();
    let measured = format!("{} ms*", measured.as_millis());
    Budget { what, limit: format!("{limit} ms"), measured, holds: over <= 1.0, times_over: Some(over) }
}

fn memory_of(what: String, kib: u64, limit: u64) -> Budget {
    let holds = kib <= limit * 1024;
    Budget {
        what,
        limit: format!("{limit} MiB"),
        measured: format!("{} MiB*", kib.div_ceil(1024)),
        holds,
        times_over: None,
    }
}
