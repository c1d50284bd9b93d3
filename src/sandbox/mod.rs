//! The sandbox: a Google Cloud in one process, for rehearsals, courses without a project, and tests.
//!
//! In reading order: `server` takes a request, `surface` matches it against Google's own API description and
//! checks it, `services` hands the resulting `call` to the service it belongs to, which works on the `store`'s
//! state with what `world` lends it, and `partial` cuts the answer to the fields asked for. `faults` may come in between.
//!
//! Nothing here uses another part of the crate: an emulator that shares the client's codec shares its mistakes.

mod artifactregistry;
mod call;
mod clock;
mod compute;
mod error;
mod faults;
mod iam;
mod limits;
mod new_project;
mod operation;
mod paging;
mod partial;
mod policy;
mod resourcemanager;
mod run;
mod secretmanager;
mod server;
mod services;
mod serviceusage;
mod shelf;
mod storage;
mod store;
mod surface;

pub use faults::{Faults, FaultsError};
pub use limits::{Capacity, Limits, LimitsError};
pub use server::{Options, Running, SandboxError, start};
pub use store::StoreError;
