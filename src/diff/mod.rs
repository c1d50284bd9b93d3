//! The difference: desired × live × inventory → one verdict per resource, with its reason.
//! Pure. Ordering, calls and checks are the business of `plan`.

pub mod ask;
pub mod compare;
pub mod references;
pub mod verdict;

pub use ask::{Intent, KindAsks, Power, asks};
pub use compare::compare;
pub use verdict::{Item, Verdict, diff};
