//! A course folder, checked: everything that is wrong with it in the order of its texts, or what it wants.
//! Pure. Texts and files are given.

use std::collections::BTreeMap;

use super::desired::{Desired, judge};
use super::registry::KindRegistry;
use super::scope::{Files, Scope};
use crate::spec::{Address, Course, Diagnostic, ExpandedSpec, Folder, Pointer, Sources, Span};

/// A folder as it was checked.
#[derive(Debug)]
pub struct Checked {
    /// The texts.
    pub sources: Sources,
    /// Everything wrong, and everything unwise; a folder is sound when nothing is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The course, if its document is sound.
    pub course: Option<Course>,
    /// What kinds may know of the course.
    pub scope: Scope,
    /// What the specs want; empty unless the folder is sound.
    pub desired: Vec<Desired>,
    /// Where the name of each resource stands.
    pub places: BTreeMap<Address, Span>,
}

impl Checked {
    /// Checks a folder that was read, with the files that its specs name.
    pub fn of(registry: &KindRegistry, folder: Folder, files: Files) -> Self {
        let Folder { sources, course, specs, mut diagnostics } = folder;
        let assumed = course.clone().or_else(Course::stand_in);
        let scope = assumed.map(|course| Scope::of(&course, files)).unwrap_or_default();
        let (desired, found) = judge(registry, &specs, &scope);
        diagnostics.extend(found);
        diagnostics.sort_by_key(|d| d.span);
        let wrong = diagnostics.iter().any(Diagnostic::is_error);
        let desired = if wrong { Vec::new() } else { desired };
        let places = specs.into_iter().map(place).collect();
        Self { sources, diagnostics, course, scope, desired, places }
    }

    /// Whether nothing is wrong. Warnings are no mistakes.
    pub fn is_sound(&self) -> bool {
        self.course.is_some() && !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// The address of a spec, and where it is declared.
fn place(spec: ExpandedSpec) -> (Address, Span) {
    let span = spec.spans.value(&Pointer::default().child("name")).unwrap_or(spec.kind_span);
    (Address::new(spec.kind, spec.name), span)
}
