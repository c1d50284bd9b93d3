//! Kinds: the resource types that a spec can name. One file per kind, one line per kind in [`registry`].
//! Pure: kinds turn specs and wire documents into values and calls, and never send or read anything themselves.

mod ageing;
pub mod api_services;
pub mod artifact_registry;
pub mod bucket;
mod bucket_end;
pub mod bucket_files;
pub mod bucket_lifecycle;
mod bucket_objects;
mod bucket_patch;
mod bucket_wire;
pub mod checked;
pub mod cleanup;
pub mod container_vm;
pub mod containers;
pub mod contract;
pub mod dead;
pub mod desired;
pub mod ending;
pub mod erased;
pub mod field;
pub mod firewall_rule;
pub mod governed;
pub mod grant_target;
mod grant_window;
pub mod handout;
pub mod iam_grant;
pub mod import;
mod imported_apis;
mod imported_grants;
mod konlet;
pub mod lint;
pub mod machine;
pub mod mark;
pub mod reads;
mod references;
pub mod registry;
pub mod run_service;
pub mod schema;
pub mod scope;
pub mod secret_env;
pub mod service_account;
pub mod vm;
pub mod wire;
pub mod workload_identity;
pub mod workload_provider;
pub mod yields;

pub use api_services::ApiServices;
pub use artifact_registry::Registry;
pub use bucket::Bucket;
pub use checked::Checked;
pub use container_vm::ContainerVm;
pub use contract::{
    Ask, Choices, Contents, Facts, Finding, MarkPlace, Need, Observation, Observed, OnDestroy, Resource,
    Update,
};
pub use desired::{Desired, desire};
pub use ending::Ending;
pub use erased::{DecodeError, Erased, Kind, Resolved};
pub use field::{Class, Field, FieldChange, FieldPath, How, Owned, Via};
pub use firewall_rule::FirewallRule;
pub use handout::{Handout, Reachable};
pub use iam_grant::IamGrant;
pub use import::{Imported, Written};
pub use reads::Reads;
pub use registry::KindRegistry;
pub use run_service::RunService;
pub use scope::{Files, LocalFile, Scope, Scopes};
pub use service_account::ServiceAccount;
pub use vm::Vm;
pub use workload_identity::WorkloadIdentity;
pub use yields::{Known, Yield};
