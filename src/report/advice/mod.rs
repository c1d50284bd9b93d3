//! Advice: what an error of the API means to somebody who teaches, and what to type. An error that says enough itself has none.
//! Pure: it reads errors; what is to be looked up besides is given.

mod access;
mod room;

pub use access::role;
pub use room::nearest;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::Regex;

use crate::gcp::ApiError;
use crate::gcp::error::Refusal;

/// What happened, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
pub struct Advice {
    /// What is the matter, in a sentence without its full stop.
    pub what: String,
    /// What to do or to type, the first the best.
    pub help: Vec<String>,
}

impl Advice {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), help: Vec::new() }
    }

    fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }
}

/// What an advice may draw on besides the error.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The project of the course, for errors that name none.
    pub project: String,
    /// The image families that exist, by project.
    pub families: BTreeMap<String, Vec<String>>,
}

/// The advice on an error.
pub fn advice(error: &ApiError, known: &Known) -> Option<Advice> {
    if let Some(api) = error.disabled_api() {
        return Some(access::disabled(api, &project(error, known)));
    }
    if let Some(advice) = error.refusal().and_then(|r| access::uncharged(r, &project(error, known))) {
        return Some(advice);
    }
    let case = Case { said: Said::of(error)?, project: project(error, known) };
    let found: [fn(&Case<'_>) -> Option<Advice>; 9] = [
        access::billing,
        access::org_policy,
        access::expired,
        room::stock_out,
        room::quota,
        room::of_a_day,
        room::taken,
        access::account,
        access::denied,
    ];
    let image = room::image(&case, &known.families);
    image.or_else(|| found.into_iter().find_map(|look| look(&case)))
}

/// The image family or image that an error misses, with its project.
pub fn missing_image(error: &ApiError) -> Option<(String, String)> {
    room::missing_image(&Said::of(error)?)
}

/// The project that an error is about: the one of its path.
fn project(error: &ApiError, known: &Known) -> String {
    static PROJECT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"projects/([^/:?\s]+)").ok());
    let what = Said::of(error).map(|said| said.what).unwrap_or_default();
    let found = PROJECT.as_ref().and_then(|p| Some(p.captures(what)?.get(1)?.as_str().to_owned()));
    let none = if known.project.is_empty() { "PROJECT" } else { known.project.as_str() };
    found.unwrap_or_else(|| none.to_owned())
}

/// What an error says, whether it came as an answer or at the end of an operation.
#[derive(Clone, Copy)]
struct Said<'a> {
    what: &'a str,
    /// 0 for an operation.
    status: u16,
    /// Reasons or codes.
    reasons: &'a [String],
    reason: &'a str,
    message: &'a str,
    info: &'a BTreeMap<String, String>,
}

impl<'a> Said<'a> {
    fn of(error: &'a ApiError) -> Option<Self> {
        match error {
            ApiError::Refused(refusal) => Some(Self::refused(refusal)),
            ApiError::Operation { what, codes, message, info } => {
                Some(Self { what, status: 0, reasons: codes, reason: "", message, info })
            }
            _ => None,
        }
    }

    fn refused(refusal: &'a Refusal) -> Self {
        let Refusal { what, status, reason, message, info, .. } = refusal;
        Self { what, status: *status, reasons: &[], reason, message, info }
    }

    /// Whether it gives one of these reasons.
    fn is(&self, reasons: &[&str]) -> bool {
        reasons.contains(&self.reason) || self.reasons.iter().any(|r| reasons.contains(&r.as_str()))
    }

    fn says(&self, text: &str) -> bool {
        self.message.to_lowercase().contains(text)
    }

    fn info(&self, key: &str) -> Option<&'a str> {
        self.info.get(key).map(String::as_str).filter(|text| !text.is_empty())
    }
}

struct Case<'a> {
    said: Said<'a>,
    project: String,
}

/// The first group of a pattern in a text.
fn first(pattern: &str, text: &str) -> Option<String> {
    Some(Regex::new(pattern).ok()?.captures(text)?.get(1)?.as_str().to_owned())
}

#[cfg(test)]
mod tests;
