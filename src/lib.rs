//! Provost: a declarative reconciler for the cloud of one university course.

pub mod sandbox;
