//! What a kind may know of the course and of the project it is planned in. Data only.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::mark;
use crate::spec::session::{Session, Window};
use crate::spec::{Address, Course, Policy, Spread};

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
    /// Where resources that this plan makes are to be tried, the best place first; what their specs leave open is decided once.
    pub choices: BTreeMap<Address, Vec<String>>,
    /// Over how many zones machines are shared that do not say: 1 is the first that has room.
    pub spread: Spread,
    /// What plans of the course must not do.
    pub policy: Arc<Policy>,
    /// Files named by specs, by their path relative to the course folder.
    pub files: Files,
}

/// The course in each of its projects: its own, and those that resources of it name.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    own: Scope,
    others: BTreeMap<String, Scope>,
}

impl Scopes {
    /// The scopes of a course and of the projects besides its own.
    pub fn of<'a>(own: Scope, projects: impl IntoIterator<Item = &'a str>) -> Self {
        let mut others = BTreeMap::new();
        for project in projects.into_iter().filter(|project| *project != own.project) {
            others.entry(project.to_owned()).or_insert_with(|| own.in_project(project));
        }
        Self { own, others }
    }

    /// The scope of the course's own project.
    pub fn own(&self) -> &Scope {
        &self.own
    }

    /// The scope of a project, without one that of the course's own.
    pub fn of_project(&self, project: Option<&str>) -> &Scope {
        project.and_then(|project| self.others.get(project)).unwrap_or(&self.own)
    }

    /// Takes in where a resource was found. Whether that is news.
    pub fn found(&mut self, address: &Address, place: &str) -> bool {
        if self.own.places.get(address).is_some_and(|known| known == place) {
            return false;
        }
        for scope in std::iter::once(&mut self.own).chain(self.others.values_mut()) {
            scope.places.insert(address.clone(), place.to_owned());
        }
        true
    }

    /// All of them, the course's own first.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        std::iter::once(&self.own).chain(self.others.values())
    }
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
            choices: BTreeMap::new(),
            spread: course.spread.unwrap_or_default(),
            policy: Arc::new(course.policy.clone().unwrap_or_default()),
            files,
        }
    }

    /// The course as a resource in another project sees it.
    #[must_use]
    pub fn in_project(&self, project: &str) -> Self {
        Self { project: project.to_owned(), ..self.clone() }
    }

    /// Whether a resource of the course is in that project. One whose place is not known yet would be in this one.
    pub fn is_in(&self, address: &Address, project: &str) -> bool {
        let place = self.places.get(address).and_then(|place| place.strip_prefix("projects/"));
        match place.and_then(|place| place.split('/').next()) {
            Some(known) => known == project,
            None => self.project == project,
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
