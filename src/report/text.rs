//! Plans and outcomes as text for a person. Colours are always written; whoever prints decides whether they stay.
//! Pure: text in, text out. Secrets are hidden before anything comes here.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::document;
use crate::plan::{Action, Change, Finding, Plan, Weight};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// A text in a style.
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// How an action looks: sign, words, style.
pub(super) fn look(action: Action) -> (&'static str, &'static str, Style) {
    match action {
        Action::Create => ("+", "create", GREEN),
        Action::Update => ("~", "update in place", YELLOW),
        Action::UpdateWithStop => ("!", "update with stop", YELLOW),
        Action::Replace => ("±", "replace", RED),
        Action::Delete => ("-", "delete", RED),
        Action::Adopt => ("»", "adopt", CYAN),
        Action::Release => ("«", "release", CYAN),
        Action::None => (" ", "unchanged", DIM),
    }
}

/// A whole plan: every change with its reason and diff, the report, the summary.
pub fn plan(plan: &Plan) -> String {
    let mut text = format!("{} {} in {}\n", styled(BOLD, "Plan for"), plan.course, plan.project);
    for change in plan.changes.iter().filter(|c| c.action != Action::None) {
        text.push('\n');
        text.push_str(&self::change(change));
    }
    if !plan.report.is_empty() {
        text.push('\n');
        plan.report.iter().for_each(|f| text.push_str(&finding(f)));
    }
    text.push('\n');
    text.push_str(&summary(plan));
    text
}

fn change(change: &Change) -> String {
    let (sign, words, style) = look(change.action);
    let place = change.project.as_ref().map(|project| format!(" in {project}")).unwrap_or_default();
    let mut text = format!("{style}{sign} {words}{style:#}  {BOLD}{}{BOLD:#}{place}\n", change.address);
    let _ = writeln!(text, "    {DIM}{}{DIM:#}", change.reason);
    if let [first, others @ ..] = change.places.as_slice() {
        let _ = writeln!(text, "    {DIM}in {first}; where it has no room, in {}{DIM:#}", others.join(", "));
    }
    let shown = !matches!(change.action, Action::Delete | Action::Release);
    for line in document::diff(change).into_iter().filter(|_| shown) {
        let style = match line.sign {
            '+' => GREEN,
            '-' => RED,
            _ => DIM,
        };
        let _ = writeln!(text, "    {style}{} {}{style:#}", line.sign, line.text);
    }
    text
}

/// One line of the report, and what to do about it.
pub fn finding(finding: &Finding) -> String {
    let (word, style) = match finding.severity {
        Weight::Refusal => ("refused", RED),
        Weight::Warning => ("warning", YELLOW),
        Weight::Note => ("note", CYAN),
    };
    let about = finding.address.as_ref().map(|a| format!(" {a}:")).unwrap_or_default();
    let mut text = format!("{style}{word}[{}]{style:#}{about} {}\n", finding.code, finding.message);
    if let Some(help) = &finding.help {
        let _ = writeln!(text, "    help: {help}");
    }
    text
}

/// The last line: how many of what.
pub fn summary(plan: &Plan) -> String {
    let words = |action: Action| {
        let (_, words, style) = look(action);
        let count = plan.count(action);
        (count > 0).then(|| format!("{style}{count} to {words}{style:#}"))
    };
    let doing: Vec<String> =
        Action::ALL.into_iter().filter(|a| *a != Action::None).filter_map(words).collect();
    let unchanged = plan.count(Action::None);
    match doing.as_slice() {
        [] if plan.is_refused() => {
            format!("{BOLD}Plan:{BOLD:#} nothing can be done, {unchanged} unchanged.\n")
        }
        [] => format!(
            "{BOLD}Nothing to do:{BOLD:#} the project holds what the specs say ({unchanged} unchanged).\n"
        ),
        _ => format!("{BOLD}Plan:{BOLD:#} {}, {unchanged} unchanged.\n", doing.join(", ")),
    }
}
