//! Reports: plans, outcomes and diagnostics as text, JSON and Markdown, and as what GitHub reads. Pure: values in, text out.

pub mod advice;
pub mod diagnostics;
pub mod document;
pub mod drift;
pub mod github;
pub mod history;
pub mod json;
pub mod markdown;
pub mod outcome;
pub mod outputs;
pub mod page;
pub mod preflight;
pub mod secrets;
pub mod sheet;
pub mod specs;
pub mod sweep;
pub mod text;

pub use advice::{Advice, Known};
pub use secrets::Secrets;
