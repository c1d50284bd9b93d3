//! One resource of a plan: a line, or a fold with its diff.

use super::about::{counted, words};
use super::escape::{block, code, html, html_code, text};
use super::fit::Item;
use crate::plan::{Action, Change};
use crate::report::document;

/// A resource that changes, folded around its diff where it has one.
pub(super) fn item(change: &Change) -> Item {
    Item { counted: counted(change.action), brief: line(change), full: folded(change) }
}

/// A resource in one line: what is done, to what, and why.
pub(super) fn line(change: &Change) -> String {
    let (_, words) = words(change.action);
    format!(
        "- **{words}** {}{}: {}\n",
        code(&change.address.to_string()),
        place(change, code),
        text(&change.reason)
    )
}

/// Where it is, if that is not the course's own project.
fn place(change: &Change, shown: impl Fn(&str) -> String) -> String {
    change.project.as_deref().map(|project| format!(" in {}", shown(project))).unwrap_or_default()
}

fn folded(change: &Change) -> Option<String> {
    if matches!(change.action, Action::Delete | Action::Release) {
        return None;
    }
    let lines: Vec<String> = document::diff(change)
        .into_iter()
        .map(|line| format!("{} {}", line.sign, line.text).trim_end().to_owned())
        .collect();
    let tried = tried(change);
    if lines.is_empty() && tried.is_empty() {
        return None;
    }
    let (sign, words) = words(change.action);
    let (address, reason) = (html_code(&change.address.to_string()), html(&change.reason));
    let place = place(change, html_code);
    let diff = if lines.is_empty() { String::new() } else { block("diff", &lines) };
    Some(format!(
        "<details><summary><code>{sign}</code> {words} {address}{place}: {reason}</summary>\n\n\
         {tried}{diff}\n</details>\n\n"
    ))
}

/// The places where it is tried.
fn tried(change: &Change) -> String {
    let [first, others @ ..] = change.places.as_slice() else { return String::new() };
    let others: Vec<String> = others.iter().map(|place| code(place)).collect();
    format!("In {}; where it has no room, in {}.\n\n", code(first), others.join(", "))
}
