//! The first judgement: of each thing by itself. Whose it is, whether Google makes it, whether a pattern keeps it, who sweeps, and
//! how old it is.

use jiff::Timestamp;
use serde_json::Value;

use super::catalog::{CATALOG, Collection, Listed};
use super::creator::Creators;
use super::owners::Owners;
use super::wanted::Places;
use super::{Found, Removal, Rules, Verdict, age, google};
use crate::gcp::Call;
use crate::gcp::call::Guard;
use crate::kinds::{MarkPlace, Reads, mark, wire};
use crate::spec::Address;

/// A thing of a collection, with what was read of it.
#[derive(Debug)]
pub(super) struct Thing<'a> {
    pub(super) row: &'static Collection,
    pub(super) item: &'a Value,
    pub(super) found: Found,
}

impl Thing<'_> {
    /// Whether it goes, as far as is known.
    pub(super) fn goes(&self) -> bool {
        self.found.verdict == Verdict::Remove
    }
}

/// What is decided, and why.
pub(super) type Ruling = (Verdict, String);

/// Everything in the collections of the catalog, each judged by itself.
pub(super) fn things<'a>(rules: &Rules<'_>, reads: &'a Reads, owners: &Owners) -> Vec<Thing<'a>> {
    let creators = Creators::of(reads, rules.scope);
    let places = Places::of(reads, rules.scope);
    let mut all = Vec::new();
    for row in &CATALOG {
        let lists = row.reads(rules.scope, &places);
        for item in lists.iter().flat_map(|list| reads.items(list)) {
            all.extend(thing(row, item, &creators).map(|thing| judged(thing, rules, owners)));
        }
    }
    let networks: Vec<&Value> = all.iter().filter(|t| is_network(t.item)).map(|t| t.item).collect();
    all.retain(|thing| !google::goes_with_network(thing.item, &networks));
    all
}

fn is_network(item: &Value) -> bool {
    item.get("autoCreateSubnetworks").is_some()
}

fn thing<'a>(row: &'static Collection, item: &'a Value, creators: &Creators<'_>) -> Option<Thing<'a>> {
    let place = row.place(item)?;
    let calls =
        vec![Call::Guard(Guard::over(row.get(&place), item, row.guard)), Call::Send(row.delete(&place))];
    let found = Found {
        address: Address::new(row.kind, row.name(item)?),
        created: wire::text(item, row.created).and_then(|made| made.parse::<Timestamp>().ok()),
        creator: creators.of_item(item),
        details: (row.details)(item),
        verdict: Verdict::Leave,
        reason: String::new(),
        protected: protected(item),
        removal: Removal::Calls(calls),
        after: Vec::new(),
        place,
    };
    Some(Thing { row, item, found })
}

/// What to type before a machine that protects itself can be deleted.
fn protected(item: &Value) -> Option<String> {
    let (name, zone) = (wire::text(item, "/name")?, wire::text(item, "/zone")?);
    let command = format!(
        "gcloud compute instances update {name} --zone {} --no-deletion-protection",
        wire::last(&zone)
    );
    wire::flag(item, "/deletionProtection").then_some(command)
}

fn judged<'a>(mut thing: Thing<'a>, rules: &Rules<'_>, owners: &Owners) -> Thing<'a> {
    let ruling = owned(&thing, owners)
        .or_else(|| google::own(thing.row, thing.item, rules.scope).map(left))
        .or_else(|| kept(rules, &thing.found.address))
        .or_else(|| sweeps(&thing, rules))
        .or_else(|| young(rules, thing.found.created))
        .or_else(|| held(thing.item));
    let free = || (Verdict::Remove, thing.row.why.to_owned());
    (thing.found.verdict, thing.found.reason) = ruling.unwrap_or_else(free);
    thing
}

/// A thing that stays, and why.
pub(super) fn left(reason: impl Into<String>) -> Ruling {
    (Verdict::Leave, reason.into())
}

/// What a course owns stays with it.
pub(super) fn belongs(course: &str) -> Ruling {
    left(format!("it belongs to the course {course}"))
}

fn owned(thing: &Thing<'_>, owners: &Owners) -> Option<Ruling> {
    let marked = match thing.row.mark {
        MarkPlace::Labels => mark::in_labels(thing.item),
        MarkPlace::Description => {
            let description = wire::text_or_empty(thing.item, "/description");
            mark::untagged(&description).1.map(str::to_owned)
        }
        MarkPlace::Inventory => None,
    };
    let course = marked.or_else(|| owners.of_place(&thing.found.place).map(str::to_owned))?;
    Some(belongs(&course))
}

/// Whether a pattern protects what is known by an address.
pub(super) fn kept(rules: &Rules<'_>, address: &Address) -> Option<Ruling> {
    rules.keep.iter().find(|pattern| pattern.keeps(address)).map(by)
}

/// By which pattern it is kept.
pub(super) fn by(pattern: &super::Pattern) -> Ruling {
    (Verdict::Keep, format!("kept by `{}`", pattern.as_str()))
}

/// The account that the sweep runs as; where it cannot be told, any of them may be it.
fn sweeps(thing: &Thing<'_>, rules: &Rules<'_>) -> Option<Ruling> {
    let email = wire::text(thing.item, "/email").filter(|_| thing.row.listed == Listed::Accounts)?;
    rules.caller.may_be(&email).map(left)
}

/// What is younger than was asked for, or of an age that nobody can tell.
pub(super) fn young(rules: &Rules<'_>, created: Option<Timestamp>) -> Option<Ruling> {
    let limit = rules.older_than?.seconds();
    match created.map(|created| age::seconds(created, rules.now)) {
        Some(age) if age >= limit => None,
        Some(_) => Some(left(format!("younger than {}", age::limit(limit)))),
        None => Some(left("no API tells how old it is, so `--older-than` leaves it")),
    }
}

/// A bucket whose rules keep its objects cannot be emptied.
fn held(item: &Value) -> Option<Ruling> {
    wire::number(item, "/retentionPolicy/retentionPeriod")?;
    let name = wire::text_or_empty(item, "/name");
    let how = format!("gcloud storage buckets update gs://{name} --clear-retention-period");
    Some(left(format!("its retention period keeps its objects: `{how}`")))
}
