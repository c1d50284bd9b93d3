//! Asking before anything is changed: once for everything, and once more where much goes. Without a terminal nothing is asked, and
//! `--yes` is needed.

use crate::diff::Intent;
use crate::plan::{Action, Plan};
use crate::spec::Policy;

use super::args::RunArgs;
use super::exit::Refusal;
use super::printer::{self, Printer};

pub(super) fn confirm(args: &RunArgs, intent: &Intent, printer: &Printer) -> Result<(), Refusal> {
    if args.yes {
        return Ok(());
    }
    if !printer::somebody_there() {
        return Err(Refusal::Usage(
            "nobody is there to ask: add `--yes` to go on without a question".to_owned(),
        ));
    }
    let deletes = intent.destroy || intent.expired;
    let question = if deletes { "Delete all of this?" } else { "Do this?" };
    if printer.confirm(question) { Ok(()) } else { Err(Refusal::NotConfirmed("you did not say yes")) }
}

/// How many deletions are many, where no policy says.
const MANY: usize = 10;

/// How many resources go, and how many are many, if they are more than that.
pub(super) fn is_much(plan: &Plan, policy: &Policy) -> Option<(usize, usize)> {
    let goes = plan.count(Action::Delete) + plan.count(Action::Replace);
    let many = policy.deletions_per_apply.map_or(MANY, |most| usize::try_from(most).unwrap_or(MANY));
    (goes > many).then_some((goes, many))
}

/// Asks once more where much goes: a yes is typed by habit, and a number is not.
pub(super) fn confirm_again(
    args: &RunArgs,
    plan: &Plan,
    policy: &Policy,
    printer: &Printer,
) -> Result<(), Refusal> {
    let Some((goes, many)) = is_much(plan, policy).filter(|_| !args.yes) else { return Ok(()) };
    let question = format!("{goes} resources are deleted or replaced, more than {many}.");
    if printer.asks_for(&question, &goes.to_string()) {
        Ok(())
    } else {
        Err(Refusal::NotConfirmed("you did not type their number"))
    }
}
