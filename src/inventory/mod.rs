//! The inventory: what a course owns. The record is pure.

pub mod record;

pub use record::{Entry, Record, RecordEdit};
