//! Kinds: the resource types that a spec can name. One file per kind, one line per kind in [`registry`].
//! Pure: kinds turn specs and wire documents into values and calls, and never send or read anything themselves.

pub mod api_services;
pub mod artifact_registry;
pub mod bucket;
pub mod bucket_files;
pub mod bucket_lifecycle;
mod bucket_objects;
mod bucket_wire;
pub mod checked;
pub mod cleanup;
pub mod container_vm;
pub mod containers;
pub mod contract;
pub mod dead;
pub mod desired;
pub mod erased;
pub mod field;
pub mod firewall_rule;
pub mod grant_target;
pub mod iam_grant;
pub mod lint;
pub mod machine;
pub mod mark;
pub mod reads;
pub mod registry;
pub mod schema;
pub mod scope;
pub mod service_account;
pub mod vm;
pub mod wire;

pub use api_services::ApiServices;
pub use artifact_registry::Registry;
pub use bucket::Bucket;
pub use checked::Checked;
pub use container_vm::ContainerVm;
pub use contract::{
    Ask, Contents, Facts, Finding, MarkPlace, Need, Observation, Observed, OnDestroy, Resource, Update,
};
pub use desired::{Desired, desire};
pub use erased::{DecodeError, Erased, Kind, Resolved};
pub use field::{Class, Field, FieldChange, FieldPath, How, Owned, Via};
pub use firewall_rule::FirewallRule;
pub use iam_grant::IamGrant;
pub use reads::Reads;
pub use registry::KindRegistry;
pub use scope::{Files, LocalFile, Scope};
pub use service_account::ServiceAccount;
pub use vm::Vm;
