//! Imports: what a kind makes of live resources that no spec describes yet.
//! Data, and what several kinds share in writing it down. Which resources are wanted is decided in `import`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::contract::Observed;
use super::mark;
use super::scope::LocalFile;
use crate::gcp::Request;
use crate::spec::formats::{LabelKey, LabelValue, Location};

/// A live resource as a person would write it down.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// A spec that says all of it, in the words that people use, without marks.
    pub spec: T,
    /// What the API decides where a spec is silent, by dotted path: what is so need not be written.
    pub unsaid: Value,
    /// What its reader must know.
    pub remarks: Vec<String>,
    /// Files that the spec names.
    pub contents: Vec<Content>,
}

/// A file of the course folder whose content is in the project.
#[derive(Clone, Debug)]
pub struct Content {
    /// Its path, relative to the course folder.
    pub path: String,
    /// What is known of it.
    pub file: LocalFile,
    /// What fetches it.
    pub request: Request,
}

impl<T> Written<T> {
    /// A spec about which nothing else is known.
    pub fn of(spec: T) -> Self {
        Self { spec, unsaid: Value::Null, remarks: Vec::new(), contents: Vec::new() }
    }

    /// The same with another spec.
    pub fn map<U>(self, spec: impl FnOnce(T) -> U) -> Written<U> {
        let Self { spec: before, unsaid, remarks, contents } = self;
        Written { spec: spec(before), unsaid, remarks, contents }
    }

    /// Adds what the API decides where the spec is silent.
    #[must_use]
    pub fn unsaid(mut self, unsaid: Value) -> Self {
        self.unsaid = unsaid;
        self
    }
}

/// A live resource that an import found.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its name, the second half of its address.
    pub name: String,
    /// The live side.
    pub live: Observed<Value>,
    /// Its spec, or why there is none.
    pub written: Result<Written<Value>, String>,
}

/// Why what Google keeps in every project is left out.
pub const GOOGLES_OWN: &str = "it is Google's own";

/// Labels as somebody wrote them: without marks, and without what Google's own tools set.
pub(super) fn labels(
    live: Option<&BTreeMap<LabelKey, LabelValue>>,
) -> Option<BTreeMap<LabelKey, LabelValue>> {
    let own = |key: &str| !(key == mark::MANAGED_BY || key == mark::COURSE || key.starts_with("goog-"));
    let kept = live?.iter().filter(|(key, _)| own(key.as_str()));
    Some(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Whether the labels say that one of Google's services keeps the resource for itself.
pub(super) fn is_googles(live: Option<&BTreeMap<LabelKey, LabelValue>>) -> bool {
    live.is_some_and(|labels| labels.keys().any(|key| key.as_str() == "goog-managed-by"))
}

/// A description without the mark.
pub(super) fn description(live: Option<&str>) -> Option<String> {
    live.map(|text| mark::untagged(text).0.to_owned())
}

/// A place as people write it: regions in lower case, `EU` and the like as they are.
pub(super) fn place(live: Option<&Location>) -> Option<Location> {
    let written = |place: &str| if place.contains('-') { place.to_lowercase() } else { place.to_owned() };
    live.map(|place| Location::from_trusted(written(place.as_str())))
}
