//! What a kind may know of the course it is planned in. Data only.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::mark;
use crate::spec::session::{Session, Window};
use crate::spec::{Address, Course};

/// The course as kinds see it.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The course's name: the owner written on every resource.
    pub course: String,
    /// The project id.
    pub project: String,
    /// The default region.
    pub region: Option<String>,
    /// Zones in order of preference.
    pub zones: Vec<String>,
    /// Labels for everything that has labels.
    pub labels: BTreeMap<String, String>,
    /// The time of the plan.
    pub now: Timestamp,
    /// From when to when the course is held.
    pub session: Option<Window>,
    /// Where the resources of the course are or will be: what a grant on one of them needs to find its policy.
    pub places: BTreeMap<Address, String>,
    /// Files named by specs, by their path relative to the course folder.
    pub files: Files,
}

/// Digests and texts of the files that specs name, read once when the course is loaded.
#[derive(Clone, Debug, Default)]
pub struct Files(pub BTreeMap<String, LocalFile>);

/// A file of the course folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Base64 MD5 of the content, as Cloud Storage writes it.
    pub md5: String,
    /// Size in bytes.
    pub size: u64,
    /// The content, for small text files that go into metadata.
    pub text: Option<String>,
}

impl Scope {
    /// The scope of a course.
    pub fn of(course: &Course, files: Files) -> Self {
        Self {
            course: course.name.to_string(),
            project: course.project.to_string(),
            region: course.region.as_ref().map(ToString::to_string),
            zones: course.zones.iter().map(ToString::to_string).collect(),
            labels: course.labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            session: course.session.as_ref().and_then(Session::window),
            now: Timestamp::default(),
            places: BTreeMap::new(),
            files,
        }
    }

    /// The labels every labelled resource of the course carries: the course's own and the mark.
    pub fn marked_labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.labels.clone();
        labels.insert(mark::MANAGED_BY.to_owned(), mark::PROVOST.to_owned());
        labels.insert(mark::COURSE.to_owned(), self.course.clone());
        labels
    }
}
