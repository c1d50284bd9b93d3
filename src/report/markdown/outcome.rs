//! What became of a plan: how much is done, what is not and why, what was made elsewhere.

use std::collections::BTreeMap;

use super::escape::{code, text};
use super::findings::help_line;
use super::fit::{Item, Rank, Section};
use crate::report::advice::Advice;
use crate::report::json::{ElsewhereOutput, OutcomeOutput, ReadyOutput, StepOutput, StepState};

/// The states of steps that are not done, with their words.
const UNDONE: [(StepState, &str); 4] = [
    (StepState::Failed, "failed"),
    (StepState::HeldBack, "held back"),
    (StepState::Interrupted, "left in the middle"),
    (StepState::NotBegun, "not begun"),
];

/// The line that counts.
pub(super) fn summary(outcome: &OutcomeOutput) -> String {
    let all = outcome.steps.len();
    if all == 0 && outcome.inventory.is_none() {
        return String::new();
    }
    let undone = UNDONE.iter().map(|(state, word)| (outcome.count(*state), word));
    let undone = undone.filter(|(count, _)| *count > 0).map(|(count, word)| format!(", {count} {word}"));
    let undone = undone.collect::<Vec<_>>().concat();
    format!("**{} of {all} steps done{undone}.**\n\n", outcome.count(StepState::Done))
}

/// What there is to say of steps, advice, places and machines.
pub(super) fn sections(outcome: &OutcomeOutput, ready: &[(String, ReadyOutput)]) -> Vec<Section> {
    let section = |rank, head: &str, items| Section { rank, head: format!("#### {head}\n\n"), items };
    vec![
        section(Rank::Grave, "Not done", undone(outcome)),
        section(Rank::Grave, "What to do", advised(outcome)),
        section(Rank::Warned, "Not ready", waiting(ready)),
        section(Rank::Noted, "Made elsewhere than planned first", elsewhere(&outcome.elsewhere)),
    ]
}

fn item(counted: &'static str, brief: String) -> Item {
    Item { counted, brief, full: None }
}

fn undone(outcome: &OutcomeOutput) -> Vec<Item> {
    let of_state = |(state, word): &(StepState, &'static str)| {
        let steps = outcome.steps.iter().filter(|step| step.state == *state);
        steps.map(|step| item(word, line(step, word))).collect::<Vec<_>>()
    };
    let inventory = outcome.inventory.iter();
    let inventory =
        inventory.map(|why| item("failed", format!("- **failed** the inventory: {}\n", text(why))));
    UNDONE.iter().flat_map(of_state).chain(inventory).collect()
}

fn line(step: &StepOutput, word: &str) -> String {
    let what = text(step.step.as_deref().unwrap_or_default());
    let why = match (&step.advice, &step.why) {
        (Some(advice), _) => format!(": {}", text(&advice.what)),
        (None, Some(step)) if word == "held back" => format!(", because this failed: {}", text(step)),
        (None, Some(why)) => format!(": {}", text(why)),
        (None, None) => String::new(),
    };
    format!("- **{word}** {what}{why}\n")
}

/// Every advice once, however many steps it is for.
fn advised(outcome: &OutcomeOutput) -> Vec<Item> {
    let mut steps: BTreeMap<&Advice, usize> = BTreeMap::new();
    for advice in outcome.steps.iter().filter_map(|step| step.advice.as_ref()) {
        *steps.entry(advice).or_default() += 1;
    }
    let brief = |(advice, count): (&Advice, usize)| {
        let count = if count > 1 { format!(" ({count} steps)") } else { String::new() };
        let help: String = advice.help.iter().map(|line| help_line(line)).collect();
        item("advised", format!("- {}{count}\n{help}", text(&advice.what)))
    };
    steps.into_iter().map(brief).collect()
}

fn elsewhere(all: &[ElsewhereOutput]) -> Vec<Item> {
    let line = |one: &ElsewhereOutput| {
        let full: Vec<String> =
            one.full.iter().map(|full| format!("{}: {}", code(&full.place), text(&full.why))).collect();
        format!("- {} in {} ({})\n", code(&one.address), code(&one.place), full.join("; "))
    };
    all.iter().map(|one| item("elsewhere", line(one))).collect()
}

fn waiting(ready: &[(String, ReadyOutput)]) -> Vec<Item> {
    let late = ready.iter().filter(|(_, one)| !one.ready);
    late.map(|(address, one)| {
        item("not ready", format!("- **{}** {}: {}\n", one.state, code(address), text(&one.why)))
    })
    .collect()
}
