//! What the workflows promise, rule by rule. Each rule gives back what it has run.

pub(crate) mod applying;
pub(crate) mod drift;
pub(crate) mod installing;
pub(crate) mod planning;
pub(crate) mod releasing;
pub(crate) mod teardown;
