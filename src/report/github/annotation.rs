//! Annotations: findings that GitHub shows at their lines in a pull request.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::plan::{Finding, Weight};
use crate::report::json::{DiagnosticOutput, PlaceOutput, SeverityOutput};

/// How many annotations of one level count in a step of a job; GitHub drops the rest without a word.
const COUNTED: usize = 10;

/// How grave an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something does not work.
    Error,
    /// Something would better be otherwise.
    Warning,
}

impl Level {
    /// The name of its command.
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A finding with its place in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// How grave it is.
    pub level: Level,
    /// A stable name.
    pub title: String,
    /// What is the matter and what to do.
    pub message: String,
    /// Where, if it is anywhere.
    pub place: Option<PlaceOutput>,
}

impl Annotation {
    /// Something that failed without any place.
    pub fn failure(message: impl Into<String>) -> Self {
        Self { level: Level::Error, title: "provost".to_owned(), message: message.into(), place: None }
    }

    /// A diagnostic.
    pub fn of_diagnostic(found: &DiagnosticOutput) -> Self {
        let level = match found.severity {
            SeverityOutput::Error => Level::Error,
            SeverityOutput::Warning => Level::Warning,
        };
        let label = if found.label.is_empty() { String::new() } else { format!(" ({})", found.label) };
        let message = with_help(&format!("{}{label}", found.message), &found.help);
        Self { level, title: found.code.to_owned(), message, place: found.place.clone() }
    }

    /// A line of a plan's report, with the place of the resource that it is about. Notes are none, and neither is a warning
    /// that has no place.
    pub fn of_finding(finding: &Finding, place: Option<PlaceOutput>) -> Option<Self> {
        let level = match finding.severity {
            Weight::Refusal => Level::Error,
            Weight::Warning if place.is_some() => Level::Warning,
            Weight::Warning | Weight::Note => return None,
        };
        let about = finding.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
        let help: Vec<String> = finding.help.iter().cloned().collect();
        let message = with_help(&format!("{about}{}", finding.message), &help);
        Some(Self { level, title: finding.code.to_owned(), message, place })
    }

    /// The command by which the runner learns of it. Columns may only be told within one line.
    fn command(&self) -> String {
        let mut command = format!("::{} ", self.level.word());
        if let Some(PlaceOutput { file, line, column, end_line, end_column }) = &self.place {
            let _ = write!(command, "file={},line={line},endLine={end_line},", property(file));
            if line == end_line {
                let _ = write!(command, "col={column},endColumn={end_column},");
            }
        }
        let _ = writeln!(command, "title={}::{}", property(&self.title), data(&self.message));
        command
    }
}

fn with_help(message: &str, help: &[String]) -> String {
    help.iter().fold(message.to_owned(), |text, line| format!("{text}\nhelp: {line}"))
}

/// All of them as commands, each once; what would not count is told by its number.
pub fn commands(annotations: &[Annotation]) -> String {
    let mut by_level: BTreeMap<Level, Vec<&Annotation>> = BTreeMap::new();
    for annotation in annotations {
        let alike = by_level.entry(annotation.level).or_default();
        if !alike.contains(&annotation) {
            alike.push(annotation);
        }
    }
    by_level.into_iter().map(|(level, alike)| of_level(level, &alike)).collect()
}

fn of_level(level: Level, alike: &[&Annotation]) -> String {
    let shown = if alike.len() > COUNTED { COUNTED - 1 } else { alike.len() };
    let mut text: String = alike.iter().take(shown).map(|one| one.command()).collect();
    if alike.len() > shown {
        let (word, more) = (level.word(), alike.len() - shown);
        let _ = writeln!(text, "::{word} title=provost::{more} more {word}s are in the log of this step");
    }
    text
}

/// A value as the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value as a property of a command, which ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Address;

    fn place(end_line: usize) -> PlaceOutput {
        PlaceOutput { file: "specs/a,b:c.yaml".to_owned(), line: 3, column: 5, end_line, end_column: 9 }
    }

    fn error(message: &str, place: Option<PlaceOutput>) -> Annotation {
        Annotation { place, ..Annotation::failure(message) }
    }

    #[test]
    fn a_command_holds_its_place_and_is_one_line_whatever_is_in_it() {
        let rows = [
            (
                error("100 %\r\n::error::x", Some(place(3))),
                "::error file=specs/a%2Cb%3Ac.yaml,line=3,endLine=3,col=5,endColumn=9,title=provost::100 %25%0D%0A::error::x\n",
            ),
            (
                error("x", Some(place(4))),
                "::error file=specs/a%2Cb%3Ac.yaml,line=3,endLine=4,title=provost::x\n",
            ),
            (error("x", None), "::error title=provost::x\n"),
        ];
        for (annotation, command) in rows {
            assert_eq!(commands(&[annotation]), command);
        }
    }

    #[test]
    fn what_would_not_count_is_told_in_one() {
        let many = |n: usize| (0..n).map(|i| error(&i.to_string(), None)).collect::<Vec<_>>();
        assert_eq!(commands(&many(10)).lines().count(), 10);
        let text = commands(&many(25));
        assert_eq!(text.lines().count(), 10);
        assert!(
            text.ends_with("::error title=provost::16 more errors are in the log of this step\n"),
            "{text}"
        );
        assert_eq!(commands(&[error("a", None), error("a", None)]).lines().count(), 1);
    }

    #[test]
    fn refusals_are_told_everywhere_warnings_at_their_places_and_notes_nowhere() {
        let finding = |severity| Finding {
            severity,
            code: "policy",
            address: Some(Address::new("Vm", "a")),
            message: "too large".to_owned(),
            help: Some("take a smaller one".to_owned()),
        };
        let told = |severity, place| Annotation::of_finding(&finding(severity), place).map(|one| one.message);
        let message = Some("Vm/a: too large\nhelp: take a smaller one".to_owned());
        assert_eq!(told(Weight::Refusal, None), message);
        assert_eq!(told(Weight::Warning, Some(place(3))), message);
        assert_eq!(told(Weight::Warning, None), None);
        assert_eq!(told(Weight::Note, Some(place(3))), None);
    }
}
