//! The inventory: what a course owns, who changes it at the moment, and who changed it before. Record, lease and run are pure;
//! store and recorder, lock and history read and write them, each in its place.

mod bucket;
mod error;
mod file;
pub mod history;
pub mod lease;
pub mod lock;
pub mod place;
pub mod record;
pub mod recorder;
pub mod run;
pub mod store;
#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use history::History;
pub use lease::{Lease, Who};
pub use lock::{Attempt, Hold, Lock};
pub use record::{Entry, Record, RecordEdit};
pub use recorder::Recorder;
pub use run::{RunRecord, RunState, StepEnd};
pub use store::Store;
