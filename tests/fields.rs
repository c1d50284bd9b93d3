//! Every managed field of every kind: what a change of it takes, and that it arrives.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod world;

mod fields {
    mod access;
    mod bucket;
    mod container_vm;
    mod firewall_rule;
    pub(crate) mod machine;
    mod registry;
    mod run_service;
    mod saved;
    pub(crate) mod table;
    mod vm;
    mod workload_identity;
}
