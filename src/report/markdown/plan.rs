//! A plan as a comment: what it comes to, what forbids it, what is lost, and then everything.

use super::Paper;
use super::about::{counted, summary};
use super::escape::code;
use super::fit::{Item, Rank, Section, fit};
use super::{change, findings, outcome};
use crate::plan::{Action, Change, Plan, Weight};
use crate::report::json::{OutcomeOutput, ReadyOutput};

impl Paper<'_> {
    /// A plan.
    pub fn plan(&self, plan: &Plan) -> String {
        let opening =
            format!("{}{}{}", self.marker(&plan.course), self.heading("Plan for", plan), summary(plan));
        fit(&opening, &sections(plan), self.room)
    }

    /// A plan and what became of it; `ready` is how the machines stand that were waited for.
    pub fn outcome(&self, plan: &Plan, outcome: &OutcomeOutput, ready: &[(String, ReadyOutput)]) -> String {
        let mut opening = self.marker(&plan.course);
        opening.push_str(&self.heading("Outcome for", plan));
        opening.push_str(&outcome::summary(outcome));
        opening.push_str(&summary(plan));
        let mut all = outcome::sections(outcome, ready);
        all.extend(sections(plan));
        fit(&opening, &all, self.room)
    }

    pub(super) fn heading(&self, what: &str, plan: &Plan) -> String {
        format!("### {what} {} in {}\n\n", self.course(&plan.course), code(&plan.project))
    }
}

/// The sections of a plan in the order in which they are read.
fn sections(plan: &Plan) -> Vec<Section> {
    vec![
        findings::section(plan, Weight::Refusal),
        lost(plan),
        findings::section(plan, Weight::Warning),
        changes(plan),
        findings::section(plan, Weight::Note),
    ]
}

/// What is destroyed, whether or not something else takes its place: never folded.
fn lost(plan: &Plan) -> Section {
    let lost = plan.changes.iter().filter(|change| matches!(change.action, Action::Delete | Action::Replace));
    let item =
        |change: &Change| Item { counted: counted(change.action), brief: change::line(change), full: None };
    Section {
        rank: Rank::Lost,
        head: "#### Destroyed or replaced\n\n".to_owned(),
        items: lost.map(item).collect(),
    }
}

/// Everything else that is done, each resource in a fold of its own. What is only deleted is above.
fn changes(plan: &Plan) -> Section {
    let changed =
        plan.changes.iter().filter(|change| !matches!(change.action, Action::Delete | Action::None));
    let items = changed.map(change::item).collect();
    Section { rank: Rank::Listed, head: "#### Changes\n\n".to_owned(), items }
}
