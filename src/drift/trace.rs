//! Who changed a resource, and when: read off Compute's operations, or off the time that a resource bears.
//! Pure. An operation names a caller but no field, so what is told is the last operation that could have been it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::{Drift, Drifted};
use crate::gcp::{Read, Request, Service};

/// Who changed a resource last, as far as its API tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Who, where it is told.
    pub user: Option<String>,
    /// When.
    pub at: Timestamp,
    /// By which call, where it is told: `setMachineType`.
    pub operation: Option<String>,
}

/// Targets up to which a list is asked for theirs alone: a filter is a part of a URL.
const TARGETS: usize = 20;
const MASK: &str =
    "items/*/operations(operationType,targetLink,user,insertTime,error/errors/code),nextPageToken";

/// What is to be read to know who changed what: the operations of each project in which something of Compute drifted.
/// Google keeps them for about two weeks.
pub fn operations(drift: &Drift) -> BTreeMap<String, Read> {
    let mut targets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in drift.resources.iter().filter(|one| one.site.service == Service::Compute) {
        targets.entry(&one.site.project).or_default().insert(&one.site.resource);
    }
    let read = |(project, targets): (&str, BTreeSet<&str>)| {
        let path = format!("projects/{project}/aggregated/operations");
        let request = Request::get(Service::Compute, path).query("filter", filter(&targets));
        let request = request.query("returnPartialSuccess", "true").query("maxResults", "500");
        (project.to_owned(), Read::aggregated(request.fields(MASK), "operations"))
    };
    targets.into_iter().map(read).collect()
}

fn filter(targets: &BTreeSet<&str>) -> String {
    if targets.len() > TARGETS {
        return "operationType!=insert".to_owned();
    }
    let each: Vec<String> = targets.iter().map(|target| format!("(targetLink:\"{target}\")")).collect();
    each.join(" OR ")
}

/// Works in what the operations of a project tell, and for the rest the times that resources bear.
pub fn attribute(drift: &mut Drift, project: &str, operations: &[Value]) {
    let done: Vec<Operation<'_>> = operations.iter().filter_map(Operation::of).collect();
    for one in drift.resources.iter_mut().filter(|one| one.site.project == project) {
        one.trace = match one.site.service {
            Service::Compute => last(&done, one),
            _ => one.site.changed.map(|at| Trace { user: None, at, operation: None }),
        };
    }
}

/// An operation that was not refused.
struct Operation<'a> {
    target: &'a str,
    kind: &'a str,
    user: Option<&'a str>,
    at: Timestamp,
}

impl<'a> Operation<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        if value.get("error").is_some() {
            return None;
        }
        let (_, target) = text("targetLink")?.split_once("/v1/")?;
        let at = text("insertTime")?.parse().ok()?;
        Some(Self { target, kind: text("operationType")?, user: text("user"), at })
    }
}

/// The last operation by which such a change is made, or else the last one that did not make the resource.
fn last(operations: &[Operation<'_>], of: &Drifted) -> Option<Trace> {
    let on_it = || operations.iter().filter(|operation| operation.target == of.site.resource);
    let such = on_it().filter(|operation| of.site.calls.contains(operation.kind)).max_by_key(|o| o.at);
    let found =
        such.or_else(|| on_it().filter(|operation| operation.kind != "insert").max_by_key(|o| o.at))?;
    let user = found.user.map(str::to_owned);
    Some(Trace { user, at: found.at, operation: Some(found.kind.to_owned()) })
}
