//! A preflight: whether the plan fits, the quotas that it touches, and what to type where one is too small.

use super::Paper;
use super::escape::{block, code};
use super::findings;
use super::fit::{Item, Rank, Section, fit};
use crate::plan::{Plan, Weight};
use crate::preflight::{Preflight, Quota, number};
use crate::report::preflight::{UNKNOWN, ask, place, verdict};

impl Paper<'_> {
    /// Whether a plan fits into its projects.
    pub fn preflight(&self, plan: &Plan, preflight: &Preflight) -> String {
        let marker = self.marker(&plan.course);
        let course = self.course(&plan.course);
        let heading = format!("### Preflight of {course} in {}\n\n", code(&plan.project));
        if plan.is_converged() {
            return format!("{marker}{heading}Nothing is to be made or changed: nothing is needed.\n");
        }
        let sections = [
            findings::section(plan, Weight::Refusal),
            findings::section(plan, Weight::Warning),
            quotas(&preflight.quotas),
            asks(&preflight.quotas),
            findings::section(plan, Weight::Note),
        ];
        let opening = format!("{marker}{heading}**{}** {UNKNOWN}\n", verdict(plan));
        fit(&opening, &sections, self.room)
    }
}

fn quotas(quotas: &[Quota]) -> Section {
    let head = "#### Quotas\n\n| where | quota | need | free | limit | |\n| --- | --- | ---: | ---: | ---: | --- |\n";
    let items = quotas.iter().map(|quota| Item { counted: "quotas", brief: row(quota), full: None });
    Section { rank: Rank::Listed, head: head.to_owned(), items: items.collect() }
}

fn row(quota: &Quota) -> String {
    let [need, free, limit] = [quota.need, quota.free(), quota.limit].map(number);
    let fits = if quota.fits() { "fits" } else { "**too little**" };
    format!("| {} | {} | {need} | {free} | {limit} | {fits} |\n", code(&place(quota)), code(&quota.metric))
}

/// The commands that ask Google for more.
fn asks(quotas: &[Quota]) -> Section {
    let short = quotas.iter().filter(|quota| !quota.fits());
    let brief = |quota| block("sh", &[ask(quota).trim().to_owned()]);
    let items = short.map(|quota| Item { counted: "to ask for", brief: brief(quota), full: None });
    Section { rank: Rank::Noted, head: "#### To ask Google for more\n\n".to_owned(), items: items.collect() }
}
