//! Drift as a comment: what was changed behind our back, by whom and when, each resource in a fold of its own.

use super::Paper;
use super::escape::{code, html, html_code, text};
use super::findings;
use super::fit::{Item, Rank, Section, fit};
use crate::drift::{Drift, Drifted};
use crate::plan::{Plan, Weight};
use crate::report::drift::{counts, details, who};

impl Paper<'_> {
    /// What was changed behind our back.
    pub fn drift(&self, plan: &Plan, drift: &Drift) -> String {
        let heading = self.heading("Drift of", plan);
        let opening = format!("{}{heading}{}", self.marker(&plan.course), summary(plan, drift));
        fit(&opening, &[findings::section(plan, Weight::Refusal), drifted(drift), untold(drift)], self.room)
    }
}

fn summary(plan: &Plan, drift: &Drift) -> String {
    let resources = plan.changes.len();
    if drift.is_empty() {
        return format!("**No drift:** nothing was changed outside Provost ({resources} resources).\n\n");
    }
    let unread = drift.unread.iter().map(|why| format!("Who did it cannot be told: {}\n\n", text(why)));
    let unread = unread.collect::<Vec<_>>().concat();
    format!("**Drift: {}**; `provost apply` makes it as the specs say.\n\n{unread}", counts(drift))
}

fn drifted(drift: &Drift) -> Section {
    let items = drift.resources.iter().map(item).collect();
    Section { rank: Rank::Listed, head: "#### Changed outside Provost\n\n".to_owned(), items }
}

fn item(one: &Drifted) -> Item {
    let (what, who) = (one.what.key(), who(one.trace.as_ref()));
    let brief = format!("- {what} {}: {}\n", code(&one.address.to_string()), text(&who));
    let lines: Vec<String> = details(one).iter().map(|line| format!("- {}\n", text(line))).collect();
    let lines = lines.concat();
    let head = format!("{what} {}: {}", html_code(&one.address.to_string()), html(&who));
    let full = format!("<details><summary>{head}</summary>\n\n{lines}\n</details>\n\n");
    Item { counted: what, brief, full: Some(full) }
}

/// What differs and may be the doing of a changed spec.
fn untold(drift: &Drift) -> Section {
    let item = |address: &crate::spec::Address| Item {
        counted: "untold",
        brief: format!("- {}\n", code(&address.to_string())),
        full: None,
    };
    let items = drift.untold.iter().map(item).collect();
    let head = "#### Different, with a changed spec: whose difference it is cannot be told\n\n".to_owned();
    Section { rank: Rank::Noted, head, items }
}
