//! Provost: a declarative reconciler for the cloud of one university course.
#![recursion_limit = "256"]

pub mod apply;
pub mod cli;
pub mod diff;
pub mod drift;
pub mod gcp;
pub mod import;
pub mod inventory;
pub mod kinds;
pub mod live;
pub mod plan;
pub mod preflight;
pub mod ready;
pub mod reconcile;
pub mod report;
pub mod sandbox;
pub mod saved;
pub mod spec;
pub mod sweep;
pub mod translate;
