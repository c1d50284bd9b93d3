//! The machine half that `Vm` and `ContainerVm` share: its spec, its fields, its reads, encoding and calls.
//! Pure. What a machine runs (startup script, containers) is the business of the two kinds.
//!
//! Oddities of the API: labels, tags and metadata have a fingerprint each and are written whole; `initializeParams` are never
//! returned, so type, size and image are read off the disk; scopes come back as URLs in any order; an absent service
//! account means none, while gcloud adds the default one itself; references come back on another host than they were sent to.

pub mod calls;
pub mod decode;
pub mod encode;
pub mod fields;
pub mod governs;
pub mod import;
pub mod observe;
pub mod ready;
pub mod rules;
pub mod spec;
pub mod yields;

pub use ready::{Http, Ready};
pub use spec::{
    Accelerator, BootDisk, ExternalIp, Image, Machine, MaintenancePolicy, NetworkTier, NicType, PowerState,
    ProvisioningModel, Shielded, TerminationAction,
};
