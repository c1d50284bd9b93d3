//! Diagnostics as text in the manner of rustc, and as JSON. Colours are always written; whoever prints decides.
//! Pure.

use std::collections::BTreeSet;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use serde_json::Value;

use super::json::{self, DiagnosticOutput};
use crate::spec::{Diagnostic, Severity, Sources, Span};

/// All of them, and a last line that counts.
pub fn render(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(renderer.render(&groups(sources, diagnostic)).trim_end());
        text.push_str("\n\n");
    }
    text.push_str(&count(sources, diagnostics));
    text
}

fn count(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let words = |n: usize, what: &str| {
        (n > 0).then(|| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") })
    };
    let parts = [words(of(Severity::Error), "error"), words(of(Severity::Warning), "warning")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let files: BTreeSet<&str> =
        diagnostics.iter().filter_map(|d| d.span).map(|span| sources.path(span.source)).collect();
    let place = if files.len() > 1 { format!(" in {} files", files.len()) } else { String::new() };
    if parts.is_empty() { String::new() } else { format!("{}{place}.\n", parts.join(", ")) }
}

fn groups<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code)
        .elements(Vec::<Snippet<'a, annotate_snippets::Annotation<'a>>>::new());
    if let Some(span) = diagnostic.span {
        let primary = AnnotationKind::Primary.span(range(sources, span)).label(label(&diagnostic.label));
        let related = diagnostic.related.iter().filter(|(other, _)| other.source == span.source);
        let related = related
            .map(|(other, label)| AnnotationKind::Context.span(range(sources, *other)).label(label.as_str()));
        group = group.element(snippet(sources, span).annotations(std::iter::once(primary).chain(related)));
        for (other, label) in diagnostic.related.iter().filter(|(other, _)| other.source != span.source) {
            let annotation = AnnotationKind::Context.span(range(sources, *other)).label(label.as_str());
            group = group.element(snippet(sources, *other).annotation(annotation));
        }
    }
    let mut groups = vec![group];
    match (&diagnostic.replacement, diagnostic.span) {
        (Some(text), Some(span)) => {
            let title = diagnostic.help.first().map_or("write", String::as_str);
            let patch = Patch::new(range(sources, span), text.as_str());
            groups.push(Level::HELP.secondary_title(title).element(snippet(sources, span).patch(patch)));
        }
        _ => {
            for help in &diagnostic.help {
                groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
            }
        }
    }
    groups
}

fn label(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn snippet<T: Clone>(sources: &Sources, span: Span) -> Snippet<'_, T> {
    Snippet::source(sources.text(span.source)).path(sources.path(span.source)).fold(true)
}

/// A range inside the text, on the boundaries of characters and never empty where there is anything.
pub(super) fn range(sources: &Sources, span: Span) -> std::ops::Range<usize> {
    let text = sources.text(span.source);
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// All of them for programs.
pub fn json(sources: &Sources, diagnostics: &[Diagnostic]) -> Value {
    json::value(&DiagnosticOutput::all(sources, diagnostics))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Problem;
    use insta::assert_snapshot;

    fn at(source: crate::spec::SourceId, start: usize, end: usize) -> Span {
        Span { source, start, end }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_finding_shows_its_place_its_reason_and_its_fix() {
        let mut sources = Sources::default();
        let id = sources.add("course.yaml", "kind: Vm\nmachineTyp: e2-small\n");
        let problem = Problem::new("unknown-field", "there is no field `machineTyp` here");
        let found = problem.help("did you mean `machineType`?").replace("machineType").at(at(id, 9, 19));
        assert_snapshot!(plain(&render(&sources, &[found])), @r"
        error[unknown-field]: there is no field `machineTyp` here
         --> course.yaml:2:1
          |
        2 | machineTyp: e2-small
          | ^^^^^^^^^^
          |
        help: did you mean `machineType`?
          |
        2 | machineType: e2-small
          |           +

        1 error.
        ");
    }

    #[test]
    fn the_last_line_counts_files_where_there_are_several() {
        let mut sources = Sources::default();
        let (one, two) = (sources.add("a.yaml", "a: 1\n"), sources.add("b.yaml", "b: 1\n"));
        let error = Problem::new("x", "wrong").at(at(one, 0, 1));
        let warning =
            Diagnostic { severity: Severity::Warning, ..Problem::new("y", "odd").at(at(two, 0, 1)) };
        let text = plain(&render(&sources, &[error.clone(), error, warning]));
        assert!(text.ends_with("\n2 errors, 1 warning in 2 files.\n"), "{text}");
    }

    #[test]
    fn places_outside_of_the_text_and_inside_characters_are_moved_to_their_edges() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "é");
        for (start, end) in [(0, 1), (1, 1), (1, 99), (50, 60), (2, 1)] {
            let found = Problem::new("x", "wrong").label("here").replace("e").at(at(id, start, end));
            assert!(render(&sources, std::slice::from_ref(&found)).contains("wrong"));
            assert_eq!(json(&sources, &[found]).pointer("/0/line"), Some(&Value::from(1)));
        }
    }
}
