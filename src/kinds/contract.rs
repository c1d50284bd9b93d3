//! The contract of a kind: what the engine must know of a resource type, as data and pure functions.
//! A kind is one file that implements [`Resource`] for its spec struct. Nothing here knows a single kind.

use std::ops::RangeInclusive;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ending::Ending;
use super::field::{Field, FieldChange, Owned};
use super::governed::Governs;
use super::handout::Handout;
use super::import::Written;
use super::lint::Lint;
use super::reads::Reads;
use super::scope::Scope;
use super::yields::Yield;
use crate::gcp::{Call, Read, Service};
use crate::spec::formats::Expires;
use crate::spec::{Address, Pointer, Problem};

/// What is fixed about a kind.
#[derive(Debug)]
pub struct Facts {
    /// The kind's name in specs and addresses.
    pub kind: &'static str,
    /// The service whose API must be enabled.
    pub service: Service,
    /// The resource in Google's API surface, `compute.Firewall`; the contract test holds the table against it.
    pub wire: &'static str,
    /// Where the owner is written on the resource.
    pub mark: MarkPlace,
    /// Every wire field.
    pub fields: &'static [Field],
    /// Spec paths of maps and sets whose members are managed one by one; members of others are never drift.
    pub keyed: &'static [&'static str],
    /// Spec paths of maps that are managed whole: what the spec leaves out of one that it states goes.
    pub whole: &'static [&'static str],
    /// Spec paths that exist for people and tools only and reach no API (`tunnels`).
    pub local: &'static [&'static str],
}

/// Where the owning course is written on a live resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkPlace {
    /// Labels `managed-by: provost` and `provost-course: NAME`.
    Labels,
    /// `[provost NAME]` at the end of the description.
    Description,
    /// Nowhere: known by the inventory alone.
    Inventory,
}

/// Something that must be there before a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Another resource of the course, if the course has it.
    Resource(Address),
    /// An API that is enabled in a project.
    Api {
        /// The project.
        project: String,
        /// The API.
        api: String,
    },
}

impl Need {
    /// The API of a service in a project.
    pub fn api(service: Service, project: &str) -> Self {
        Self::Api { project: project.to_owned(), api: service.api().to_owned() }
    }
}

/// What happens to a live resource when its spec goes away or the course is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDestroy {
    /// It is deleted; what holds content refuses.
    #[default]
    Delete,
    /// It is emptied and deleted.
    Empty,
    /// It stays and is no longer managed.
    Keep,
}

/// One resource the engine asks about: declared, or known by the inventory, or both.
#[derive(Clone, Debug)]
pub struct Ask<T> {
    /// Its name, the second half of its address.
    pub name: String,
    /// What the spec says, if it is declared.
    pub desired: Option<T>,
    /// Where the inventory says it is.
    pub resource: Option<String>,
    /// Which keys of it are ours by the inventory.
    pub owned: Arc<Owned>,
    /// Whether it is to go: declared no longer, or the course is being destroyed.
    pub leaving: bool,
}

/// A live resource in the shape of its spec.
#[derive(Clone, Debug)]
pub struct Observed<T> {
    /// Where it is: the REST path by which the inventory knows it.
    pub resource: String,
    /// Its state in the shape of the spec, complete and normalised.
    pub spec: T,
    /// The wire document it was read from: for guards and calls. Shared, as it is by far the largest part.
    pub wire: Arc<Value>,
    /// The course that its mark names.
    pub mark: Option<String>,
    /// Parts that the spec claims and that somebody else made. Not empty means conflict unless adopted.
    pub claimed: Vec<String>,
    /// What must be said before it is deleted: contents that go with it.
    pub contents: Option<Contents>,
    /// Why it must not be deleted as it is (deletion protection).
    pub protected: Option<&'static str>,
    /// The address by which the world reaches it, where it has one.
    pub external_address: Option<String>,
    /// The state that its API names (`RUNNING`), where it has one.
    pub status: Option<String>,
}

impl<T> Observed<T> {
    /// A resource as it was read, with nothing special about it.
    pub fn new(resource: String, spec: T, wire: impl Into<Arc<Value>>, mark: Option<String>) -> Self {
        Self {
            resource,
            spec,
            wire: wire.into(),
            mark,
            claimed: Vec::new(),
            contents: None,
            protected: None,
            external_address: None,
            status: None,
        }
    }
}

/// What a resource holds that is not ours to throw away without a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// How many things.
    pub count: usize,
    /// What they are, in the plural (`objects`).
    pub what: &'static str,
}

/// The answer to a batch of asks.
#[derive(Clone, Debug)]
pub struct Observation<T> {
    /// One per ask, in order.
    pub found: Vec<Option<Observed<T>>>,
    /// Live resources of the kind that nobody asked about, by name: foreign ones, and marked ones whose record is lost.
    pub others: Vec<(String, Observed<T>)>,
}

/// An update in the making: both sides and the fields that differ.
#[derive(Clone, Debug)]
pub struct Update<'a, T> {
    /// What is wanted.
    pub desired: &'a T,
    /// What is there.
    pub live: &'a Observed<T>,
    /// The difference.
    pub fields: &'a [FieldChange],
}

impl<T> Update<'_, T> {
    /// Whether a field at or below a dotted path changes.
    pub fn changes(&self, dotted: &str) -> bool {
        self.fields.iter().any(|f| f.path.is_under(dotted))
    }
}

/// Places that would do for a resource, the best first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Choices {
    /// The places: zones.
    pub places: Vec<String>,
    /// Over how many of the first ones resources are shared; the others are for when these have no room.
    pub spread: usize,
}

/// A problem at a place in a spec.
pub type Finding = (Pointer, Problem);

/// A resource type. Implemented by the spec struct of each kind, in that kind's file.
///
/// Spec structs have optional fields: omitted means unmanaged. `normalise` is applied to both sides, so that every
/// way of writing a value compares equal.
pub trait Resource:
    Sized + Clone + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// What is fixed about the kind.
    const FACTS: &'static Facts;

    /// Fields that follow from others: compared, but not shown where the others are.
    const DERIVED: &'static [&'static str] = &[];

    /// What other specs may name of it, as `ref("Kind/name").NAME`.
    const YIELDS: &'static [Yield] = &[];

    /// How long each of its runs may be limited to, in seconds, which is also how far ahead Google takes an end of it. None for
    /// what does not run.
    const RUNS: Option<RangeInclusive<u64>> = None;

    /// The second half of the address.
    fn name(&self) -> &str;

    /// Results that follow from the spec, by their names. A text may refer to a result of the same resource that is known later.
    fn declares(&self, _scope: &Scope) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Where it may be made, where its spec leaves that open.
    fn choices(&self, _scope: &Scope) -> Choices {
        Choices::default()
    }

    /// Rules over several fields that the shape of the spec cannot say.
    fn check(&self, _scope: &Scope) -> Vec<Finding> {
        Vec::new()
    }

    /// What is allowed and unwise in a spec without mistakes, as it was written: warnings.
    fn lint(&self, _scope: &Scope) -> Vec<Lint> {
        Vec::new()
    }

    /// What of it a policy may limit, of a spec as it was written as well as of one that is filled in.
    fn governed(&self, _scope: &Scope) -> Vec<Governs> {
        Vec::new()
    }

    /// Fills in what the course decides (marks, zone, defaults the kind documents).
    fn fill(&mut self, _scope: &Scope) {}

    /// Brings values into the one form in which they are compared. Idempotent; for desired and live alike.
    fn normalise(&mut self, _scope: &Scope) {}

    /// Takes from the live side what only it can know (a sticky zone, a description to which the mark is appended).
    fn complete(&mut self, _live: &Observed<Self>, _scope: &Scope) {}

    /// Takes back what `complete` took from the live side, when that is made anew: what its spec leaves open is open again.
    fn reopen(&mut self, _stated: &Self) {}

    /// Why a result that resources of its kind yield is none of this one's.
    fn lacks(&self, _result: &str) -> Option<&'static str> {
        None
    }

    /// What must be there first.
    fn needs(&self, _scope: &Scope) -> Vec<Need> {
        Vec::new()
    }

    /// The resource it lives in: when that one is made anew, this one is gone with it.
    fn inside(&self, _scope: &Scope) -> Option<Address> {
        None
    }

    /// Identities besides the address that no two specs may share, as text to show.
    fn claims(&self, _scope: &Scope) -> Vec<String> {
        Vec::new()
    }

    /// The APIs it enables: everything that needs one of them waits for it.
    fn provides(&self) -> Vec<String> {
        Vec::new()
    }

    /// What becomes of it in the end.
    fn on_destroy(&self) -> OnDestroy {
        OnDestroy::Delete
    }

    /// The field of the spec that says when it ends; None for a kind that cannot say so.
    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        None
    }

    /// Whether it ends with the session of its course where its spec does not say.
    fn is_of_the_session(&self) -> bool {
        false
    }

    /// Who ends it when its time has come.
    fn ending(&self, _scope: &Scope) -> Ending {
        Ending::Nobody
    }

    /// What people are given of it.
    fn handout(&self, _scope: &Scope) -> Handout {
        Handout::Nothing
    }

    /// Where it is or will be: the REST path the inventory keeps.
    fn resource(&self, scope: &Scope) -> String;

    /// Whether the spec itself says where it is. If not, the place the inventory knows is kept.
    fn is_placed(&self) -> bool {
        true
    }

    /// What to read for one ask. Equal reads are sent once.
    fn reads(ask: &Ask<Self>, scope: &Scope) -> Vec<Read>;

    /// What to read to find resources that bear our mark and nobody names, when the course is destroyed.
    fn collections(_scope: &Scope) -> Vec<Read> {
        Vec::new()
    }

    /// What to read once the first answers are in.
    fn more_reads(_asks: &[Ask<Self>], _reads: &Reads, _scope: &Scope) -> Vec<Read> {
        Vec::new()
    }

    /// Finds what was asked for in what was read.
    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self>;

    /// Which keys become ours when the desired state is reached.
    fn owns(&self, _before: Option<&Observed<Self>>, _owned: &Owned) -> Option<Owned> {
        None
    }

    /// The calls that create it.
    fn create(&self, scope: &Scope) -> Vec<Call>;

    /// The calls of one entry of the field table (`How::InPlace("setLabels")`), or of the fixed ones: `stop`, `start` and
    /// `restart`, which are empty for a machine that does not run, and `resume`, which ends a restart that was cut off.
    fn change(via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call>;

    /// The calls that delete it. `ask` says what of it is ours.
    fn delete(live: &Observed<Self>, ask: &Ask<Self>, scope: &Scope) -> Vec<Call>;

    /// The calls that take our mark off and leave it in place.
    fn release(_live: &Observed<Self>, _scope: &Scope) -> Vec<Call> {
        Vec::new()
    }

    /// What to read to find every resource of the kind in the project, whoever made it. Asked again with what was read, until
    /// nothing is missing. `asks` are those that the course's inventory knows.
    fn import_reads(asks: &[Ask<Self>], _reads: &Reads, scope: &Scope) -> Vec<Read> {
        let known = asks.iter().flat_map(|ask| Self::reads(ask, scope));
        Self::collections(scope).into_iter().chain(known).collect()
    }

    /// Every resource of the kind in the project, by name. What the inventory knows keeps the name it has there.
    fn imports(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<Self>)> {
        let Observation { found, others } = Self::observe(asks, reads, scope);
        let known = asks.iter().zip(found).filter_map(|(ask, live)| Some((ask.name.clone(), live?)));
        known.chain(others).collect()
    }

    /// A live resource as a person would write it down, or why there is no spec of it.
    fn written(live: &Observed<Self>, _reads: &Reads, _scope: &Scope) -> Result<Written<Self>, String> {
        Ok(Written::of(live.spec.clone()))
    }
}
