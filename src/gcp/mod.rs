//! Google's APIs: requests and calls as values (pure), and the client that sends them (I/O).
//! The pure half is what kinds and plans are made of; it must not use the other half.

pub mod call;
pub mod chance;
pub mod client;
pub mod credentials;
mod download;
pub mod endpoint;
pub mod error;
mod exchange;
#[cfg(test)]
pub(crate) mod fake;
pub mod limit;
mod lost;
pub mod operation;
pub mod pace;
mod pages;
pub mod policy;
pub mod reach;
pub mod request;
pub mod retry;
pub mod room;
mod send;
pub mod splice;
#[cfg(test)]
mod tests;
pub mod upload;

pub use call::{Call, Choice, Edit, FirstOf, Guard, Send, Wait};
pub use client::{Client, Timeouts};
pub use credentials::{Caller, Credentials};
pub use endpoint::Endpoints;
pub use error::ApiError;
pub use pace::{Pace, RealPace};
pub use request::{Body, FileBody, Read, Request, Service, Shape, Verb, segment};
pub use room::NoRoom;
pub use splice::{Splice, splice};
