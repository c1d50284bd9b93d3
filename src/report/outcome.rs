//! Outcomes as text and JSON: what was done, what failed and why, what was held back, and what to do next.
//! Pure. Secrets are hidden by whoever prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::advice::{Advice, Known, advice};
use super::json::{self, OutcomeOutput, StepState};
use super::outputs;
use crate::apply::{Outcome, StepError, StepResult};
use crate::gcp::ApiError;
use crate::gcp::error::told;
use crate::inventory::StepEnd;
use crate::plan::{Action, Change, Plan};

/// An outcome for a person.
pub fn text(plan: &Plan, outcome: &Outcome, known: &Known) -> String {
    let done = outcome.results.iter().filter(|r| matches!(r, StepResult::Done)).count();
    let mut text = String::new();
    if outcome.results.is_empty() && outcome.inventory.is_none() {
        return text;
    }
    let _ = writeln!(text, "\n{done} of {} steps done.", outcome.results.len());
    for (id, result) in outcome.results.iter().enumerate() {
        let what = outcome.titles.get(id).map_or("", String::as_str);
        match result {
            StepResult::Done => {}
            StepResult::Failed(error) => {
                let _ = writeln!(text, "  failed: {what}: {}", why(error, known));
            }
            StepResult::HeldBack(by) => {
                let cause = outcome.titles.get(*by).map_or("", String::as_str);
                let _ = writeln!(text, "  held back: {what}, because this failed: {cause}");
            }
            StepResult::Interrupted => drop(writeln!(text, "  left in the middle: {what}")),
            StepResult::NotBegun => drop(writeln!(text, "  not begun: {what}")),
        }
    }
    text.push_str(&elsewhere(outcome));
    if let Some(error) = &outcome.inventory {
        let _ = writeln!(text, "  the inventory: {}", told(error));
    }
    text.push_str(&advised(outcome, known));
    if !outcome.is_complete() {
        let _ = writeln!(text, "Run the command again to finish what is left of {}.", plan.course);
    }
    text
}

/// What was made elsewhere than planned first: one line for each place and its reason, however many they are.
fn elsewhere(outcome: &Outcome) -> String {
    let mut moved: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for detour in &outcome.detours {
        let full: Vec<String> = detour.full.iter().map(|(place, why)| format!("{place}: {why}")).collect();
        moved.entry((&detour.place, full.join("; "))).or_default().push(detour.address.to_string());
    }
    moved.into_iter().fold(String::new(), |mut text, ((place, why), addresses)| {
        let more = addresses.len().saturating_sub(NAMED);
        let named = addresses.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let named = if more == 0 { named } else { format!("{named} and {more} more") };
        let _ = writeln!(text, "  in {place} instead ({why}): {named}");
        text
    })
}

/// How many of several alike are named.
const NAMED: usize = 3;

/// Why a step failed: in a teacher's words if there are any, else in the API's.
fn why(error: &StepError, known: &Known) -> String {
    if let StepError::NoRoom { .. } = error {
        return error.to_string();
    }
    let advice = error.api().and_then(|error| advice(error, known));
    advice.map_or_else(|| told(error), |advice| advice.what)
}

/// What to do about the failures: every advice once, however many steps it is for.
fn advised(outcome: &Outcome, known: &Known) -> String {
    let mut steps: BTreeMap<Advice, usize> = BTreeMap::new();
    for error in failures(outcome) {
        if let Some(advice) = advice(error, known) {
            *steps.entry(advice).or_default() += 1;
        }
    }
    steps.into_iter().fold(String::new(), |mut text, (advice, count)| {
        let count = if count > 1 { format!(" ({count} steps)") } else { String::new() };
        let _ = writeln!(text, "\n{}{count}", advice.what);
        for line in advice.help {
            let _ = writeln!(text, "    help: {line}");
        }
        text
    })
}

/// The errors of the API that made steps fail.
pub fn failures(outcome: &Outcome) -> impl Iterator<Item = &ApiError> {
    outcome.results.iter().filter_map(|result| match result {
        StepResult::Failed(error) => error.api(),
        _ => None,
    })
}

/// What became of every step, for the record of a run. Errors are told as the API words them.
pub fn ends(outcome: &Outcome) -> Vec<StepEnd> {
    let end = |(id, result): (usize, &StepResult)| {
        let (state, why) = StepState::of(outcome, result);
        let step = outcome.titles.get(id).cloned().unwrap_or_default();
        StepEnd { step, state: state.key().to_owned(), why }
    };
    outcome.results.iter().enumerate().map(end).collect()
}

/// An outcome for a program.
pub fn json(outcome: &Outcome, known: &Known) -> Value {
    json::value(&OutcomeOutput::of(outcome, known, str::to_owned))
}

/// What to do next, after everything is done: see it, reach it, take it down.
pub fn next_steps(plan: &Plan, course: &str) -> String {
    let mut text = format!("\nNext:\n  provost status {course}    see everything, with addresses\n");
    let _ = writeln!(
        text,
        "  provost outputs {course}    what to hand out: a line, addresses and URLs for everybody"
    );
    let machines =
        plan.changes.iter().filter(|c| c.action != Action::Delete && c.after.get("machineType").is_some());
    let machines: Vec<_> = machines.collect();
    for machine in machines.iter().take(MACHINES) {
        let _ = writeln!(text, "  {}", ssh(machine));
    }
    if machines.len() > MACHINES {
        let _ = writeln!(text, "  … and {} machines more", machines.len() - MACHINES);
    }
    let _ = writeln!(text, "  provost destroy {course}    take all of it down again");
    text
}

/// Machines whose line is printed; a class has sixty.
const MACHINES: usize = 5;

/// The line that leads to a machine, with its tunnels.
pub fn ssh(machine: &Change) -> String {
    let ports = machine.after.get("tunnels").and_then(Value::as_array).into_iter().flatten();
    let ports: Vec<u16> = ports.filter_map(|port| port.as_u64()?.try_into().ok()).collect();
    outputs::ssh::line(&machine.resource, &machine.address.name, None, &ports)
}
