//! Lint: what a spec may say and had better not. A finding is a warning: nothing is refused for it.
//! Rules are functions over the parts of specs that several kinds share; each kind lists in `Resource::lint` which it keeps.

pub mod access;
pub mod login;
pub mod machine;
pub mod traffic;

use crate::spec::{Address, Pointer, Problem};

/// A warning about a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Where.
    pub at: Pointer,
    /// What, why, and what to do about it.
    pub problem: Problem,
    /// What makes it right, if the course declares it.
    pub void: Vec<Void>,
}

/// What a course may declare that makes a warning void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Void {
    /// A resource.
    Declared(Address),
    /// Something that a spec describes, by its claim, whether under a condition or without.
    Claimed {
        /// The project in which it is described.
        project: String,
        /// The claim.
        what: String,
    },
}

impl Lint {
    /// A warning at a place.
    pub fn new(at: Pointer, problem: Problem) -> Self {
        Self { at, problem, void: Vec::new() }
    }

    /// The same, but only in courses that do not declare this resource.
    #[must_use]
    pub fn unless(mut self, address: Address) -> Self {
        self.void.push(Void::Declared(address));
        self
    }
}
