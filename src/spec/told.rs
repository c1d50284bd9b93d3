//! What is found in every resource of one document is told once; what is found in some, with the rows and entries of these.
//! Pure.

use super::diagnostic::Diagnostic;
use super::source::Span;

/// Findings of the same sort at the same place that are told one by one before the rest is only counted.
const MOST: usize = 5;

/// A finding, and the places of the row and the entries that its resource is made of.
pub type Found = (Diagnostic, Vec<(Span, String)>);

/// The findings of one document that `all` resources are made from.
pub fn once(found: Vec<Found>, all: usize) -> Vec<Diagnostic> {
    if all < 2 {
        return found.into_iter().map(|(diagnostic, _)| diagnostic).collect();
    }
    let mut told: Vec<(Found, usize)> = Vec::new();
    for one in found {
        match told.iter_mut().find(|((same, _), _)| *same == one.0) {
            Some((_, times)) => *times += 1,
            None => told.push((one, 1)),
        }
    }
    let told =
        told.into_iter().map(
            |((diagnostic, places), times)| {
                if times >= all { diagnostic } else { with_places(diagnostic, places, times) }
            },
        );
    not_too_many(told.collect())
}

fn with_places(mut diagnostic: Diagnostic, mut places: Vec<(Span, String)>, times: usize) -> Diagnostic {
    if let Some((_, last)) = places.last_mut().filter(|_| times > 1) {
        *last = format!("{last}, and {} more", times - 1);
    }
    diagnostic.related.extend(places);
    diagnostic
}

fn not_too_many(told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<(Diagnostic, usize)> = Vec::new();
    for diagnostic in told {
        let like = |other: &Diagnostic| other.code == diagnostic.code && topic(other) == topic(&diagnostic);
        let same = kept.iter().filter(|(other, _)| like(other)).count();
        match kept.iter_mut().rev().find(|(other, _)| like(other)).filter(|_| same >= MOST) {
            Some((_, more)) => *more += 1,
            None => kept.push((diagnostic, 0)),
        }
    }
    let counted = kept.into_iter().map(|(mut diagnostic, more)| {
        if more > 0 {
            diagnostic.replacement = None;
            diagnostic.help.push(format!("{more} more like this are not shown"));
        }
        diagnostic
    });
    counted.collect()
}

/// What a finding is about: a place in a spec, also where the finding stands in a cell that the spec uses.
fn topic(diagnostic: &Diagnostic) -> Option<Span> {
    let used = diagnostic.related.first().filter(|_| diagnostic.code == "empty-cell");
    used.map(|(span, _)| *span).or(diagnostic.span)
}
