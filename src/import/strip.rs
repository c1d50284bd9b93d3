//! Stripping: a field is left out when the spec means the same without it. What a field means is asked of its kind; nothing
//! here knows one.

use serde_json::Value;

use super::draft::Draft;
use crate::diff::compare::compare;
use crate::kinds::{DecodeError, FieldChange, Finding, Scope, mark};

/// Leaves out of a draft whatever need not be said; an error is why no spec can say the rest.
pub(super) fn strip(draft: &mut Draft, scope: &Scope) -> Result<(), String> {
    let all = sayable(draft, scope)?;
    let stated = differences(draft, &all, scope).map_err(|error| error.to_string())?;
    for path in paths(draft) {
        if let Some(without) = without(draft, &path, &stated, scope) {
            draft.spec = without;
        }
    }
    Ok(())
}

/// What a draft wants, without the fields that stand in the way of the others and need not be said.
fn sayable(draft: &mut Draft, scope: &Scope) -> Result<Value, String> {
    for _ in 0..paths(draft).len() {
        let findings = match desired(draft, &draft.spec, scope) {
            Ok(all) => return Ok(all),
            Err(findings) => findings,
        };
        let mut fields =
            findings.iter().map(|(at, _)| at.to_string().trim_start_matches('/').replace('/', "."));
        let needless = |field: &String| {
            let value = draft.spec.get(field);
            value.is_some_and(|value| is_empty(value) || draft.unsaid.get(field) == Some(value))
        };
        let Some(field) = fields.find(needless) else { return Err(why(&findings)) };
        remove(&mut draft.spec, &[field]);
    }
    desired(draft, &draft.spec, scope).map_err(|findings| why(&findings))
}

/// What a plan would change by these values of a draft, besides its mark.
pub(super) fn differences(
    draft: &Draft,
    desired: &Value,
    scope: &Scope,
) -> Result<Vec<FieldChange>, DecodeError> {
    let completed = draft.kind.complete(desired, &draft.live, scope)?;
    let changes = compare(draft.kind.facts(), &completed, &draft.live.spec, &draft.owned);
    Ok(changes.into_iter().filter(|change| !is_mark(change, scope)).collect())
}

/// Whether a change only says whose the resource is.
fn is_mark(change: &FieldChange, scope: &Scope) -> bool {
    let text = |value: &Value| mark::untagged(value.as_str().unwrap_or_default()).0.to_owned();
    match change.path.0.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["labels", key] => scope.marked_labels().contains_key(*key),
        ["description"] => text(&change.before) == text(&change.after),
        _ => false,
    }
}

fn desired(draft: &Draft, spec: &Value, scope: &Scope) -> Result<Value, Vec<Finding>> {
    draft.kind.desire(spec, scope).map(|resolved| resolved.value)
}

fn why(findings: &[Finding]) -> String {
    let told = findings.iter().map(|(at, problem)| {
        let place = at.to_string().trim_start_matches('/').replace('/', ".");
        if place.is_empty() { problem.message.clone() } else { format!("{place}: {}", problem.message) }
    });
    format!("no spec can say it: {}", told.collect::<Vec<_>>().join("; "))
}

/// The spec without a field, if it means the same.
fn without(draft: &Draft, path: &[String], stated: &[FieldChange], scope: &Scope) -> Option<Value> {
    let pointer = pointer(path);
    let value = draft.spec.pointer(&pointer)?;
    let mut without = draft.spec.clone();
    remove(&mut without, path);
    let less = desired(draft, &without, scope).ok()?;
    let keyed =
        path.first().is_some_and(|root| path.len() > 1 && draft.kind.facts().keyed.contains(&root.as_str()));
    let needless = (is_empty(value) && !keyed)
        || draft.unsaid.get(path.join(".")) == Some(value)
        || is_filled_in(draft, &less, &pointer, scope);
    (needless && differences(draft, &less, scope).ok()? == stated).then_some(without)
}

/// Whether the kind fills the field in with the same value by itself.
fn is_filled_in(draft: &Draft, less: &Value, pointer: &str, scope: &Scope) -> bool {
    let filled = less.pointer(pointer);
    filled.is_some_and(|filled| {
        !filled.is_null()
            && desired(draft, &draft.spec, scope).is_ok_and(|all| all.pointer(pointer) == Some(filled))
    })
}

/// The paths of all fields, those that hold others before and behind these. What is managed whole is one field.
fn paths(draft: &Draft) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (field, value) in draft.spec.as_object().into_iter().flatten() {
        let whole = draft.kind.facts().whole.contains(&field.as_str());
        let inner = value.as_object().filter(|_| !whole).into_iter().flatten();
        paths.push(vec![field.clone()]);
        paths.extend(inner.map(|(key, _)| vec![field.clone(), key.clone()]));
        paths.push(vec![field.clone()]);
    }
    paths
}

fn pointer(path: &[String]) -> String {
    path.iter().flat_map(|part| ["/".to_owned(), part.replace('~', "~0").replace('/', "~1")]).collect()
}

fn remove(spec: &mut Value, path: &[String]) {
    match (path, spec.as_object_mut()) {
        ([key], Some(map)) => drop(map.shift_remove(key)),
        ([key, rest @ ..], Some(map)) => map.get_mut(key).into_iter().for_each(|inner| remove(inner, rest)),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
