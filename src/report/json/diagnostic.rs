//! Diagnostics for programs; Markdown and annotations are made of the same.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::diagnostics::range;
use crate::spec::{Diagnostic, Severity, Sources, Span};

/// A finding of `provost validate --format json`, which writes a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticOutput {
    /// Whether it stops the run.
    pub severity: SeverityOutput,
    /// Its stable name, in kebab-case.
    pub code: &'static str,
    /// What is wrong, for a person.
    pub message: String,
    /// Why, in a few words; may be empty.
    pub label: String,
    /// How to mend it, the best way first.
    pub help: Vec<String>,
    /// The text that should stand at the place instead, where that is known.
    pub replacement: Option<String>,
    /// Where; left out where it is about the folder as a whole.
    #[serde(flatten)]
    pub place: Option<PlaceOutput>,
    /// Other places that have to do with it.
    pub related: Vec<RelatedOutput>,
}

/// Whether a finding stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SeverityOutput {
    /// It does.
    Error,
    /// It does not, but for `validate --strict`.
    Warning,
}

/// A place as editors count: lines and columns from 1, the end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOutput {
    /// The file, named as the course folder was.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
    /// The line in which it ends.
    pub end_line: usize,
    /// The column behind its last character.
    pub end_column: usize,
}

/// Another place that has to do with a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelatedOutput {
    /// Where.
    #[serde(flatten)]
    pub place: PlaceOutput,
    /// What it has to do with it.
    pub label: String,
}

impl DiagnosticOutput {
    /// All findings as programs see them.
    pub fn all(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<Self> {
        diagnostics.iter().map(|diagnostic| Self::of(sources, diagnostic)).collect()
    }

    fn of(sources: &Sources, diagnostic: &Diagnostic) -> Self {
        let related = diagnostic.related.iter();
        Self {
            severity: match diagnostic.severity {
                Severity::Error => SeverityOutput::Error,
                Severity::Warning => SeverityOutput::Warning,
            },
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            label: diagnostic.label.clone(),
            help: diagnostic.help.clone(),
            replacement: diagnostic.replacement.clone(),
            place: diagnostic.span.map(|span| PlaceOutput::of(sources, span)),
            related: related
                .map(|(span, label)| RelatedOutput {
                    place: PlaceOutput::of(sources, *span),
                    label: label.clone(),
                })
                .collect(),
        }
    }
}

impl PlaceOutput {
    /// A range of bytes as lines and columns.
    pub fn of(sources: &Sources, span: Span) -> Self {
        let range = range(sources, span);
        let (line, column) = sources.line_col(span.source, range.start);
        let (end_line, end_column) = sources.line_col(span.source, range.end);
        let file = sources.path(span.source).to_owned();
        Self { file, line, column, end_line, end_column }
    }
}
