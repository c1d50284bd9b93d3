//! A course folder, checked: everything that is wrong with it in the order of its texts, or what it wants.
//! Pure. Texts and files are given.

use super::desired::{Desired, judge};
use super::registry::KindRegistry;
use super::scope::{Files, Scope};
use crate::spec::{Course, Diagnostic, Folder, Sources};

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
        Self { sources, diagnostics, course, scope, desired }
    }

    /// Whether nothing is wrong. Warnings are no mistakes.
    pub fn is_sound(&self) -> bool {
        self.course.is_some() && !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
