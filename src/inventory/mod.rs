//! The inventory: what a course owns. The record is pure; store and recorder read and write it.

pub mod record;
pub mod recorder;
pub mod store;
#[cfg(test)]
mod tests;

pub use record::{Entry, Record, RecordEdit};
pub use recorder::Recorder;
pub use store::{Store, StoreError};
