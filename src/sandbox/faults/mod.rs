//! Time and trouble, for whoever wants to see what a client does in bad weather.
//!
//! In reading order: `file` is what may be written, `read` checks it and makes it `rule`s, `subject` says what a call is
//! about, `injector` decides which faults strike it, `blow` is what comes of it, `failure` makes operations fail,
//! `foreign` writes as somebody else. Counters live in the process: the state knows nothing of faults.

mod blow;
mod chance;
mod failure;
mod file;
mod foreign;
mod glob;
mod injector;
mod read;
mod rule;
mod schema;
mod span;
mod subject;

use jiff::SignedDuration;
use serde_json::Value;

pub(super) use blow::{Blow, End, Wrong, garbled};
pub(super) use failure::fail;
pub(super) use file::{Failure, ForeignWrite, Garbage, Moment};
pub(super) use foreign::write as write_foreign;
pub(super) use injector::Injector;
pub use read::FaultsError;
pub(super) use rule::Served;
pub(super) use subject::Subject;

use super::limits::Limits;
use rule::Rule;

/// What goes wrong in a sandbox, and how long its operations take. By default nothing does, and they take no time.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    seed: u64,
    rules: Vec<Rule>,
    /// How long operations take by patterns of methods, the longest pattern first.
    times: Vec<(String, SignedDuration)>,
    /// How long machines take to boot.
    boot_time: SignedDuration,
    limits: Limits,
}

impl Faults {
    /// Reads a faults file; its fields are documented by [`Faults::schema`].
    pub fn parse(text: &str) -> Result<Self, FaultsError> {
        let file = read::file(text)?;
        let rules = file.faults.iter().map(read::rule).collect::<Result<_, _>>()?;
        let mut times: Vec<_> =
            file.operation_times.into_iter().map(|(method, time)| (method, time.0)).collect();
        times.sort_by_key(|(method, _)| std::cmp::Reverse(method.len()));
        Ok(Self { seed: file.seed, rules, times, boot_time: file.boot_time.0, limits: file.limits })
    }

    /// The limits that the same file gives, for [`Options::limits`](super::Options::limits).
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The JSON Schema of faults files, for editors.
    pub fn schema() -> Value {
        schema::published()
    }

    /// How long operations of that method take, if the file says so.
    pub(super) fn operation_time(&self, method: &str) -> Option<SignedDuration> {
        self.times.iter().find(|(pattern, _)| glob::fits(pattern, method)).map(|(_, time)| *time)
    }
}
