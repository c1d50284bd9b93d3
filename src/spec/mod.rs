//! Specs: the texts of a course folder, their documents, and the specs these expand to, every value with its place.
//! Pure but for `load`. Nothing here knows a kind: names and schemas are given.

pub mod address;
pub mod commit;
pub mod course;
pub mod diagnostic;
pub mod document;
mod engine;
pub mod expand;
mod expression;
mod filters;
pub mod folder;
pub mod formats;
mod include;
pub mod load;
mod merge;
pub mod node;
mod overlay;
pub mod pattern;
pub mod pointer;
pub mod policy;
pub mod reference;
pub mod roster;
pub mod session;
pub mod shape;
pub mod source;
pub mod spread;
pub mod suggest;
pub mod text;
pub mod told;
mod vars;
pub mod yaml;

pub use address::Address;
pub use course::{Course, InventoryPlace};
pub use diagnostic::{Diagnostic, Problem, Severity};
pub use document::{ExpandedSpec, SpanMap};
pub use folder::Folder;
pub use pointer::Pointer;
pub use policy::Policy;
pub use reference::Reference;
pub use session::Session;
pub use shape::{Shape, check_shape};
pub use source::{SourceId, Sources, Span};
pub use spread::Spread;
pub use text::{Role, Text};
