//! How every text begins: with the line by which a workflow finds its own comment, and what it is about.

use super::Paper;
use super::escape::code;
use crate::plan::{Action, Plan};
use crate::report::text::look;

impl Paper<'_> {
    /// The hidden first line, the same for every run on the same course and environment.
    pub(super) fn marker(&self, course: &str) -> String {
        let environment = self.environment.map(|name| format!("/{}", harmless(name))).unwrap_or_default();
        format!("<!-- provost: {}{environment} -->\n", harmless(course))
    }

    /// The course as a heading names it.
    pub(super) fn course(&self, course: &str) -> String {
        let environment = self.environment.map(|name| format!(" ({})", code(name))).unwrap_or_default();
        format!("{}{environment}", code(course))
    }
}

/// A name that cannot end the comment it stands in.
fn harmless(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let name: String = name.chars().take(200).map(|c| if fits(c) { c } else { '_' }).collect();
    name.replace("--", "__")
}

/// The line that counts: every action and its number.
pub(super) fn summary(plan: &Plan) -> String {
    let doing: Vec<String> = Action::ALL
        .into_iter()
        .filter(|action| *action != Action::None && plan.count(*action) > 0)
        .map(|action| format!("{} {}", plan.count(action), counted(action)))
        .collect();
    let unchanged = plan.count(Action::None);
    match doing.as_slice() {
        [] if plan.is_refused() => format!("**Nothing can be done**, {unchanged} unchanged.\n\n"),
        [] => format!("**Nothing to do:** the project holds what the specs say ({unchanged} unchanged).\n\n"),
        _ => format!("**Plan: {}**, {unchanged} unchanged.\n\n", doing.join(", ")),
    }
}

/// What an action is counted as, behind a number.
pub(super) fn counted(action: Action) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to update in place",
        Action::UpdateWithStop => "to update with stop",
        Action::Replace => "to replace",
        Action::Delete => "to delete",
        Action::Adopt => "to adopt",
        Action::Release => "to release",
        Action::None => "unchanged",
    }
}

/// The sign of an action and its words.
pub(super) fn words(action: Action) -> (&'static str, &'static str) {
    let (sign, words, _) = look(action);
    (sign, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_one_line_whatever_the_names_are() {
        let rows = [
            (None, "be-cloud", "<!-- provost: be-cloud -->\n"),
            (Some("dev"), "be-cloud", "<!-- provost: be-cloud/dev -->\n"),
            (Some("x --> <b>\n"), "a", "<!-- provost: a/x______b__ -->\n"),
        ];
        for (environment, course, line) in rows {
            let paper = Paper { environment, room: 0 };
            assert_eq!(paper.marker(course), line);
        }
    }
}
