//! Import: what a project holds, as the specs that somebody would have written for it.
//! Pure: what was read comes in, documents go out. What a resource looks like as a spec is its kind's business.

mod draft;
mod lift;
mod proof;
mod strip;
pub mod view;
mod withhold;
mod words;

use std::collections::BTreeSet;

use serde_json::Value;

pub use draft::asks;

use crate::inventory::Record;
use crate::kinds::import::Content;
use crate::kinds::{DecodeError, Files, Kind, KindRegistry, Reads, Scope, schema};
use crate::spec::{Address, Course};

/// What is to be imported.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Every kind: what is written is loaded with all of them.
    pub registry: &'a KindRegistry,
    /// The kinds to import.
    pub kinds: &'a [&'static dyn Kind],
    /// Only these resources; all of the kinds when there are none.
    pub only: &'a BTreeSet<Address>,
    /// The course that the specs are for: its name and its project.
    pub course: &'a Course,
    /// What that course owns already.
    pub record: &'a Record,
    /// Whether values that look like secrets are written.
    pub with_secrets: bool,
}

/// The specs of an import.
#[derive(Debug)]
pub struct Import {
    /// The course, with what its resources share.
    pub course: Course,
    /// The resources, kind by kind.
    pub documents: Vec<Document>,
    /// What there is no spec of.
    pub left: Vec<Left>,
    /// Values that were not written, by the variable that stands for each.
    pub withheld: Vec<Withheld>,
    /// Files that the specs name, to be fetched.
    pub contents: Vec<Content>,
}

/// A resource as a spec.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its address.
    pub address: Address,
    /// What is written of it, without the kind.
    pub spec: Value,
    /// Whether it is the course's already; else it has to be adopted.
    pub is_ours: bool,
    /// What its reader must know.
    pub remarks: Vec<String>,
}

/// A resource that was found and not imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// What it would be called.
    pub address: Address,
    /// Why.
    pub why: String,
    /// The other course that it belongs to, by its mark.
    pub owner: Option<String>,
}

impl Left {
    fn new(address: Address, why: String) -> Self {
        Self { address, why, owner: None }
    }
}

/// A value whose name says that it is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The variable that stands for it in the specs.
    pub variable: String,
    /// The value itself: for checks, never to be shown.
    value: String,
    /// Where it was.
    pub places: Vec<String>,
}

/// An import that went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A defect of a kind.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A defect of the import: what it wrote is no course.
    #[error("the specs of this import cannot be read again: {0}")]
    Unreadable(String),
}

/// What a project holds, as specs.
pub fn import(request: Request<'_>, reads: &Reads) -> Result<Import, ImportError> {
    let mut left = Vec::new();
    let (found, _) = draft::drafts(request, reads, &Scope::of(request.course, Files::default()))?;
    let course = lift::course(request.course, &found);
    let contents: Vec<Content> = found.into_iter().flat_map(|draft| draft.contents).collect();
    let files = Files(contents.iter().map(|one| (one.path.clone(), one.file.clone())).collect());
    let scope = Scope::of(&course, files);
    // Once more, now that it is known what need not be said.
    let (mut drafts, apart) = draft::drafts(request, reads, &scope)?;
    left.extend(apart);
    drafts.retain_mut(|draft| match strip::strip(draft, &scope) {
        Ok(()) => true,
        Err(why) => {
            left.push(Left::new(draft.address.clone(), why));
            false
        }
    });
    for kind in request.kinds {
        let schema = schema::strict(*kind);
        let of_kind = drafts.iter_mut().filter(|draft| draft.address.kind == kind.facts().kind);
        of_kind.for_each(|draft| words::words(&schema, &mut draft.spec));
    }
    let withheld = withhold::withhold(&mut drafts, request.with_secrets);
    left.extend(proof::prove(request.registry, &course, &scope.files, &withheld, &mut drafts)?);
    left.sort();
    let documents = drafts.into_iter().map(draft::Draft::into_document).collect();
    Ok(Import { course, documents, left, withheld, contents })
}
