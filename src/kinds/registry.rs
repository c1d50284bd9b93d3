//! The registry: every kind, one line each. Whoever needs a kind asks here by name.

use super::erased::{Erased, Kind};

/// One line per kind.
static STANDARD: [&dyn Kind; 10] = [
    &Erased::<super::ApiServices>::new(),
    &Erased::<super::ServiceAccount>::new(),
    &Erased::<super::WorkloadIdentity>::new(),
    &Erased::<super::IamGrant>::new(),
    &Erased::<super::Bucket>::new(),
    &Erased::<super::Registry>::new(),
    &Erased::<super::FirewallRule>::new(),
    &Erased::<super::Vm>::new(),
    &Erased::<super::ContainerVm>::new(),
    &Erased::<super::RunService>::new(),
];

/// The kinds a run knows, in the order of the reference.
#[derive(Clone)]
pub struct KindRegistry(Vec<&'static dyn Kind>);

impl std::fmt::Debug for KindRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl KindRegistry {
    /// Every kind of Provost.
    pub fn standard() -> Self {
        Self(STANDARD.to_vec())
    }

    /// This registry with one kind more.
    #[must_use]
    pub fn with(mut self, kind: &'static dyn Kind) -> Self {
        self.0.push(kind);
        self
    }

    /// The kind of a name.
    pub fn find(&self, name: &str) -> Option<&'static dyn Kind> {
        self.iter().find(|kind| kind.facts().kind == name)
    }

    /// All kinds.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Kind> {
        self.0.iter().copied()
    }

    /// The names of all kinds.
    pub fn names(&self) -> Vec<&'static str> {
        self.iter().map(|kind| kind.facts().kind).collect()
    }
}
