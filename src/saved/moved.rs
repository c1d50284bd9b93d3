//! What has moved since a plan was saved: the saved document beside that of the same plan made anew.
//! Pure. Anything that differs is a refusal; what differs first is what is told, as the rest follows from it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{SavedPlan, SavedStep, Seen};
use crate::diff::compare::leaves;
use crate::kinds::{FieldChange, FieldPath};
use crate::plan::{Finding, Weight};
use crate::report::secrets::HIDDEN;
use crate::spec::Address;

/// The longest value that is told; the rest is cut off.
const LONGEST: usize = 120;

/// Everything that has moved, `again` being what to type for another plan. Nothing where the plan can be applied as it stands.
pub fn moved(saved: &SavedPlan, now: &SavedPlan, again: &str) -> Vec<Finding> {
    let spec = spec(saved, now);
    let mut found = live(saved, now, !spec.is_empty());
    found.splice(0..0, inventory(saved, now));
    found.splice(0..0, spec);
    if found.is_empty() {
        found = steps(saved, now);
    }
    if found.is_empty() {
        found.extend(altered(saved, now));
    }
    if saved.refused {
        found.insert(0, refused(saved));
    }
    for finding in &mut found {
        finding.help.get_or_insert_with(|| format!("plan again: `{again}`"));
    }
    found
}

fn finding(code: &'static str, address: Option<&Address>, message: String) -> Finding {
    Finding { severity: Weight::Refusal, code, address: address.cloned(), message, help: None }
}

fn refused(saved: &SavedPlan) -> Finding {
    let refusals = saved.report.iter().filter(|remark| remark.severity == Weight::Refusal);
    let why: BTreeSet<&str> = refusals.map(|remark| remark.code.as_str()).collect();
    let why = why.into_iter().collect::<Vec<_>>().join(", ");
    finding(
        "refused-plan",
        None,
        format!("the plan was refused when it was made ({why}), and is not applied"),
    )
}

/// How the values of two maps differ, key by key: whether each was there, and is.
fn differing<'a, K: Ord>(
    was: &'a BTreeMap<K, String>,
    is: &'a BTreeMap<K, String>,
) -> impl Iterator<Item = (&'a K, bool, bool)> {
    let keys: BTreeSet<&K> = was.keys().chain(is.keys()).collect();
    let differ = move |key: &&K| was.get(*key) != is.get(*key);
    keys.into_iter().filter(differ).map(|key| (key, was.contains_key(key), is.contains_key(key)))
}

fn spec(saved: &SavedPlan, now: &SavedPlan) -> Vec<Finding> {
    let told = |(path, was, is): (&String, bool, bool)| {
        let how = match (was, is) {
            (true, false) => "belongs to the course no longer: it did when the plan was made",
            (false, _) => "belongs to the course and did not when the plan was made",
            _ => "changed since the plan was made",
        };
        finding("spec-moved", None, format!("spec: {path} {how}"))
    };
    differing(&saved.basis.spec, &now.basis.spec).map(told).collect()
}

fn inventory(saved: &SavedPlan, now: &SavedPlan) -> Vec<Finding> {
    let told = |(address, was, is): (&Address, bool, bool)| {
        let how = match (was, is) {
            (true, false) => "another run gave it up since the plan was made",
            (false, _) => "another run took it in since the plan was made",
            _ => "another run changed what is known of it since the plan was made",
        };
        finding("inventory-moved", Some(address), format!("inventory: {how}"))
    };
    differing(&saved.basis.inventory, &now.basis.inventory).map(told).collect()
}

/// What is live, resource by resource. Where the spec moved as well, only what both plans looked at can be told apart.
fn live(saved: &SavedPlan, now: &SavedPlan, spec_moved: bool) -> Vec<Finding> {
    let (was, is) = (by_key(saved), by_key(now));
    let keys: BTreeSet<Key<'_>> = was.keys().chain(is.keys()).copied().collect();
    let mut found = Vec::new();
    for key in keys {
        let told = match (was.get(&key), is.get(&key)) {
            (Some(was), Some(is)) => resource(was, is, spec_moved),
            _ if spec_moved => Vec::new(),
            (Some(was), None) if !was.live.is_null() => vec![GONE.to_owned()],
            (None, Some(is)) if !is.live.is_null() => vec![COME.to_owned()],
            _ => Vec::new(),
        };
        found.extend(told.into_iter().map(|message| finding("live-moved", Some(key.0), message)));
    }
    found
}

/// A resource in its project.
type Key<'a> = (&'a Address, Option<&'a str>);

fn by_key(plan: &SavedPlan) -> BTreeMap<Key<'_>, &Seen> {
    plan.basis.seen.iter().map(|seen| ((&seen.address, seen.project.as_deref()), seen)).collect()
}

const COME: &str = "it did not exist when the plan was made, and exists";
const GONE: &str = "it existed when the plan was made, and is gone";

fn resource(was: &Seen, is: &Seen, spec_moved: bool) -> Vec<String> {
    match (&was.live, &is.live) {
        (Value::Null, Value::Null) => Vec::new(),
        (Value::Null, _) => vec![COME.to_owned()],
        (_, Value::Null) => vec![GONE.to_owned()],
        (before, after) => {
            let apart = Apart { was, is, spec_moved };
            leaves(before, after).iter().filter(|change| apart.was_looked_at(change)).map(field).collect()
        }
    }
}

/// Two looks at one resource.
struct Apart<'a> {
    was: &'a Seen,
    is: &'a Seen,
    spec_moved: bool,
}

impl Apart<'_> {
    /// Whether both looked at a field. What a plan makes anew or leaves where it is decides whether it looks at the place.
    fn was_looked_at(&self, change: &FieldChange) -> bool {
        let both = has(&self.was.live, &change.path) && has(&self.is.live, &change.path);
        let alike = self.was.goes == self.is.goes && !self.spec_moved;
        let whole = self.was.goes || change.path.0.len() > 1;
        both || (alike && whole)
    }
}

fn has(value: &Value, path: &FieldPath) -> bool {
    let mut at = Some(value);
    for part in &path.0 {
        at = at.and_then(|value| match value {
            Value::Array(list) => list.get(part.parse::<usize>().ok()?),
            value => value.get(part),
        });
    }
    at.is_some()
}

fn field(change: &FieldChange) -> String {
    let (path, was, is) = (&change.path, shown(&change.before), shown(&change.after));
    let secret = HIDDEN.trim_end_matches(')');
    if was.starts_with(secret) && is.starts_with(secret) {
        return format!("{path} is another secret than it was when the plan was made");
    }
    format!("{path} was {was} when the plan was made, and is {is}")
}

/// A value as a person writes it.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "unset".to_owned(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Where nothing that is named has moved, the work must be the same. If not, something that no spec states is another (an object in
/// a bucket that goes, a version that a guard holds), or time has passed an end, or the program is another one.
fn steps(saved: &SavedPlan, now: &SavedPlan) -> Vec<Finding> {
    let titles =
        |plan: &SavedPlan| -> BTreeSet<String> { plan.steps.iter().map(|s| s.title.clone()).collect() };
    let (was, is) = (titles(saved), titles(now));
    let mut found: Vec<Finding> = Vec::new();
    for step in saved.steps.iter().filter(|step| !is.contains(&step.title)) {
        found.push(of_step(
            step,
            format!("`{}` is in the plan, and would not be done{}", step.title, since(step, now)),
        ));
    }
    for step in now.steps.iter().filter(|step| !was.contains(&step.title)) {
        found.push(of_step(
            step,
            format!("`{}` is not in the plan, and would be done{}", step.title, since(step, now)),
        ));
    }
    let both = saved.steps.iter().zip(&now.steps).filter(|_| found.is_empty() && was == is);
    let mut other: Vec<Finding> = both.filter_map(|(was, is)| other_work(was, is)).collect();
    found.append(&mut other);
    if found.is_empty() && saved.steps != now.steps {
        found.push(finding(
            "plan-moved",
            None,
            "the steps come in another order than in the plan".to_owned(),
        ));
    }
    if saved.tool != now.tool {
        for finding in &mut found {
            finding.message =
                format!("{}; {} made the plan, and this is {}", finding.message, saved.tool, now.tool);
        }
    }
    found
}

/// What a reviewer reads must be what is done: a file whose shown half was altered says something else than its steps.
fn altered(saved: &SavedPlan, now: &SavedPlan) -> Option<Finding> {
    let shown = |plan: &SavedPlan| {
        let SavedPlan { course, project, summary, changes, .. } = plan;
        json!([course, project, summary, changes])
    };
    let message = "what the file shows (its course, project, summary or changes) is not what its steps do";
    (shown(saved) != shown(now)).then(|| finding("plan-altered", None, message.to_owned()))
}

fn of_step(step: &SavedStep, message: String) -> Finding {
    finding("plan-moved", step.addresses.first(), message)
}

/// Why a resource is planned for as it is.
fn since(step: &SavedStep, now: &SavedPlan) -> String {
    let named =
        |change: &&Value| step.addresses.iter().any(|address| change.get("address") == Some(&json!(address)));
    let reason = now.changes.iter().find(named).and_then(|change| change.get("reason")?.as_str());
    reason.filter(|reason| !reason.is_empty()).map(|reason| format!(": {reason}")).unwrap_or_default()
}

fn other_work(was: &SavedStep, is: &SavedStep) -> Option<Finding> {
    let first = leaves(&json!(was), &json!(is)).into_iter().next()?;
    let (then, now) = (shown(&first.before), shown(&first.after));
    let message = format!(
        "`{}` would do something else than the plan says: {} was {then}, and is {now}",
        was.title, first.path
    );
    Some(of_step(was, message))
}
