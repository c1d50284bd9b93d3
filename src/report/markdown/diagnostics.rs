//! Diagnostics as a list: each with its place, its reason and its remedy.

use std::fmt::Write as _;

use super::Paper;
use super::escape::{code, text};
use super::findings::help_line;
use super::fit::{Item, Rank, Section, fit};
use crate::report::json::{DiagnosticOutput, PlaceOutput, SeverityOutput};

impl Paper<'_> {
    /// Everything that was found in a course folder. `course` is its name, where that is known, and `resources` how many there
    /// are, where the course is sound.
    pub fn diagnostics(&self, course: &str, found: &[DiagnosticOutput], resources: Option<usize>) -> String {
        let marker = self.marker(course);
        let name = self.course(course);
        let verdict = match resources {
            Some(_) => format!("### {name} is valid\n\n"),
            None => format!("### {name} is not valid\n\n"),
        };
        let counts = counts(found, resources);
        let sections = [
            section(found, SeverityOutput::Error, Rank::Grave, "Errors"),
            section(found, SeverityOutput::Warning, Rank::Warned, "Warnings"),
        ];
        fit(&format!("{marker}{verdict}{counts}"), &sections, self.room)
    }
}

fn counts(found: &[DiagnosticOutput], resources: Option<usize>) -> String {
    let of = |severity| found.iter().filter(|one| one.severity == severity).count();
    let parts = [
        (resources.unwrap_or_default(), "resource"),
        (of(SeverityOutput::Error), "error"),
        (of(SeverityOutput::Warning), "warning"),
    ];
    let words = |(n, what): (usize, &str)| match n {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{n} {what}s")),
    };
    let words: Vec<String> = parts.into_iter().filter_map(words).collect();
    if words.is_empty() { String::new() } else { format!("**{}**\n\n", words.join(", ")) }
}

fn section(found: &[DiagnosticOutput], severity: SeverityOutput, rank: Rank, head: &str) -> Section {
    let counted = if severity == SeverityOutput::Error { "errors" } else { "warnings" };
    let found = found.iter().filter(|one| one.severity == severity);
    let items = found.map(|one| Item { counted, brief: line(one), full: None }).collect();
    Section { rank, head: format!("#### {head}\n\n"), items }
}

fn line(one: &DiagnosticOutput) -> String {
    let at = one.place.as_ref().map(|at| format!(" at {}", place(at))).unwrap_or_default();
    let label = if one.label.is_empty() { String::new() } else { format!(" ({})", text(&one.label)) };
    let mut lines = format!("- **{}**{at}: {}{label}\n", text(one.code), text(&one.message));
    for related in &one.related {
        let _ = writeln!(lines, "  - {}: {}", place(&related.place), text(&related.label));
    }
    lines.extend(one.help.iter().map(|help| help_line(help)));
    lines
}

fn place(at: &PlaceOutput) -> String {
    code(&format!("{}:{}:{}", at.file, at.line, at.column))
}
