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
    /// A resource that makes it right, if the course declares it.
    pub unless: Option<Address>,
}

impl Lint {
    /// A warning at a place.
    pub fn new(at: Pointer, problem: Problem) -> Self {
        Self { at, problem, unless: None }
    }

    /// The same, but only in courses that do not declare this resource.
    #[must_use]
    pub fn unless(mut self, address: Address) -> Self {
        self.unless = Some(address);
        self
    }
}
