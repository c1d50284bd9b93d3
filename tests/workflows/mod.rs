//! A GitHub for tests: reads the workflow files, runs them, and knows what has run.

pub(crate) mod actions;
pub(crate) mod coverage;
pub(crate) mod expression;
pub(crate) mod file;
pub(crate) mod github;
pub(crate) mod rules;
pub(crate) mod runner;
pub(crate) mod world;
