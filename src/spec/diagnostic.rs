//! Diagnostics: what the user can mend, with its place, its reason and its remedy.
//! Data only; rendering is the business of `report`.

use super::source::Span;

/// Whether it stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

/// A finding before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name, in kebab-case.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Why, in a few words: stands under the underlined text.
    pub label: String,
    /// How to mend it.
    pub help: Option<String>,
    /// The text that should stand there instead.
    pub replacement: Option<String>,
    /// Whether it is the key that is wrong, and not its value.
    pub about_key: bool,
}

impl Problem {
    /// A problem with neither reason nor remedy yet.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            label: String::new(),
            help: None,
            replacement: None,
            about_key: false,
        }
    }

    /// Adds the reason.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds the remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the text that should stand there instead.
    #[must_use]
    pub fn replace(mut self, text: impl Into<String>) -> Self {
        self.replacement = Some(text.into());
        self
    }

    /// Says that it is the key that is wrong.
    #[must_use]
    pub fn about_key(mut self) -> Self {
        self.about_key = true;
        self
    }

    /// The problem at a place.
    pub fn at(self, span: Span) -> Diagnostic {
        Diagnostic { span: Some(span), ..self.without_place() }
    }

    /// The problem of the folder as a whole.
    pub fn without_place(self) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: self.code,
            message: self.message,
            span: None,
            label: self.label,
            help: self.help.into_iter().collect(),
            replacement: self.replacement,
            related: Vec::new(),
        }
    }
}

/// A finding at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the run.
    pub severity: Severity,
    /// Stable name, in kebab-case.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// Why, in a few words.
    pub label: String,
    /// How to mend it.
    pub help: Vec<String>,
    /// The text that should stand at the place instead.
    pub replacement: Option<String>,
    /// Other places that have to do with it.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// Whether it stops the run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
