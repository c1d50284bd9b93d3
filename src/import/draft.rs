//! Drafts: live resources with the specs that their kinds make of them, and what is left out before anything is written.

use std::sync::Arc;

use serde_json::Value;

use super::{Document, Left, Request};
use crate::diff::ask;
use crate::inventory::Record;
use crate::kinds::import::Content;
use crate::kinds::{Ask, DecodeError, Imported, Kind, Observed, Owned, Reads, Scope, Written};
use crate::spec::Address;

/// A resource on its way to a document.
pub(super) struct Draft {
    pub(super) address: Address,
    pub(super) kind: &'static dyn Kind,
    pub(super) live: Observed<Value>,
    /// Which keys of it the inventory says are ours.
    pub(super) owned: Arc<Owned>,
    /// What is to be written: all of it at first, less and less then.
    pub(super) spec: Value,
    /// What the API decides where a spec is silent.
    pub(super) unsaid: Value,
    pub(super) is_ours: bool,
    pub(super) remarks: Vec<String>,
    pub(super) contents: Vec<Content>,
}

impl Draft {
    pub(super) fn into_document(self) -> Document {
        let Self { address, spec, is_ours, remarks, .. } = self;
        Document { address, spec, is_ours, remarks }
    }
}

/// What the inventory makes us ask about the resources of a kind.
pub fn asks<'a>(kind: &dyn Kind, record: &Record) -> Vec<Ask<&'a Value>> {
    let entries = record.entries.iter().filter(|(address, _)| address.kind == kind.facts().kind);
    entries.map(|(address, entry)| ask::ask(&address.name, None, Some(entry), false)).collect()
}

/// Every resource that was asked for, as a draft or with the reason why it is none.
pub(super) fn drafts(
    request: Request<'_>,
    reads: &Reads,
    scope: &Scope,
) -> Result<(Vec<Draft>, Vec<Left>), DecodeError> {
    let (mut drafts, mut left) = (Vec::new(), Vec::new());
    for kind in request.kinds {
        let asks = asks(*kind, request.record);
        for found in kind.imports(&asks, reads, scope)? {
            let address = Address::new(kind.facts().kind, found.name.as_str());
            if !request.only.is_empty() && !request.only.contains(&address) {
                continue;
            }
            match draft(*kind, address, found, request.record, scope) {
                Ok(draft) => drafts.push(draft),
                Err(apart) => left.push(apart),
            }
        }
    }
    Ok((drafts, left))
}

fn draft(
    kind: &'static dyn Kind,
    address: Address,
    found: Imported,
    record: &Record,
    scope: &Scope,
) -> Result<Draft, Left> {
    let Imported { live, written, .. } = found;
    if let Some(other) = live.mark.as_deref().filter(|mark| *mark != scope.course) {
        let why = format!("it belongs to the course {other}: import that one with `--name {other}`");
        return Err(Left { owner: Some(other.to_owned()), ..Left::new(address, why) });
    }
    let Written { spec, unsaid, remarks, contents } = match written {
        Ok(written) => written,
        Err(why) => return Err(Left::new(address, why)),
    };
    let entry = record.entries.get(&address).filter(|entry| entry.resource == live.resource);
    let is_ours = live.mark.is_some() || entry.is_some();
    let owned = entry.map(|entry| Arc::new(entry.owns.clone())).unwrap_or_default();
    Ok(Draft { address, kind, live, owned, spec: without_nulls(spec), unsaid, is_ours, remarks, contents })
}

/// What is absent is not written.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
