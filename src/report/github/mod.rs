//! What GitHub's runner reads in a log: annotations at the places of findings, and no command that somebody else put there.
//! Pure: values in, text out. Whether a run is one of GitHub's is the business of `cli`.

mod annotation;
mod guard;

pub use annotation::{Annotation, Level, commands};
pub use guard::harmless;
