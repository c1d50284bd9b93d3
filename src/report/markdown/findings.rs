//! The lines of a plan's report by their weight.

use super::escape::{code, text};
use super::fit::{Item, Rank, Section};
use crate::plan::{Finding, Plan, Weight};

/// The findings of one weight.
pub(super) fn section(plan: &Plan, weight: Weight) -> Section {
    let (rank, head, counted) = match weight {
        Weight::Refusal => (Rank::Grave, "Refused: nothing is applied while this stands", "refused"),
        Weight::Warning => (Rank::Warned, "Warnings", "warned of"),
        Weight::Note => (Rank::Noted, "Notes", "noted"),
    };
    let found = plan.report.iter().filter(|finding| finding.severity == weight);
    let items = found.map(|finding| Item { counted, brief: line(finding), full: None }).collect();
    Section { rank, head: format!("#### {head}\n\n"), items }
}

fn line(finding: &Finding) -> String {
    let about = finding.address.as_ref().map(|address| format!(" {}", code(&address.to_string())));
    let help = finding.help.iter().map(|help| help_line(help)).collect::<String>();
    format!("- **{}**{}: {}\n{help}", text(finding.code), about.unwrap_or_default(), text(&finding.message))
}

/// What to do, below what is the matter.
pub(super) fn help_line(help: &str) -> String {
    format!("  - help: {}\n", text(help))
}
