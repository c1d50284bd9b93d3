//! The proof of an import: what was written is loaded as a user's folder is, and compared with what is live.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::draft::Draft;
use super::strip::differences;
use super::{ImportError, Left, Withheld, view};
use crate::kinds::{Checked, Files, KindRegistry, schema};
use crate::report::specs;
use crate::spec::{Course, Severity, folder};

/// Takes out what does not load, and says of the rest what a plan would change. Gives what was taken out.
pub(super) fn prove(
    registry: &KindRegistry,
    course: &Course,
    files: &Files,
    withheld: &[Withheld],
    drafts: &mut Vec<Draft>,
) -> Result<Vec<Left>, ImportError> {
    let mut left = Vec::new();
    // Each round takes something out, or is the last.
    for _ in 0..=drafts.len() {
        let checked = load(registry, course, files, withheld, drafts);
        let wrong = wrong(&checked, drafts);
        if wrong.is_empty() {
            remark(&checked, drafts)?;
            return Ok(left);
        }
        for (place, why) in wrong.into_iter().rev() {
            let draft = drafts.remove(place);
            left.push(Left::new(draft.address, why));
        }
    }
    Ok(left)
}

/// The specs as a folder with a file each. Variables that stand for secrets have their values here, and here alone.
fn load(
    registry: &KindRegistry,
    course: &Course,
    files: &Files,
    withheld: &[Withheld],
    drafts: &[Draft],
) -> Checked {
    let mut course = course.clone();
    course.vars.extend(withheld.iter().map(|secret| (secret.variable.clone(), json!(secret.value))));
    let mut texts = vec![("course.yaml".to_owned(), view::course(&course))];
    texts.extend(
        drafts
            .iter()
            .enumerate()
            .map(|(place, draft)| (file(place), specs::document(&draft.address.kind, &draft.spec))),
    );
    Checked::of(registry, folder::read(texts, &registry.names(), &schema::strict_course()), files.clone())
}

fn file(place: usize) -> String {
    format!("{place}.yaml")
}

/// What is wrong, by the place of the draft.
fn wrong(checked: &Checked, drafts: &[Draft]) -> BTreeMap<usize, String> {
    let places: BTreeMap<String, usize> = (0..drafts.len()).map(|place| (file(place), place)).collect();
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let mut wrong: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for error in errors {
        let place = error.span.and_then(|span| places.get(checked.sources.path(span.source)));
        if let Some(place) = place {
            wrong.entry(*place).or_default().insert(error.message.clone());
        }
    }
    let told = |all: BTreeSet<String>| all.into_iter().collect::<Vec<_>>().join("; ");
    wrong.into_iter().map(|(place, all)| (place, format!("no spec can say it: {}", told(all)))).collect()
}

/// Says of each draft what a plan would change.
fn remark(checked: &Checked, drafts: &mut [Draft]) -> Result<(), ImportError> {
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    if let Some(error) = errors.into_iter().next() {
        return Err(ImportError::Unreadable(error.message.clone()));
    }
    let values: BTreeMap<_, &Value> =
        checked.desired.iter().map(|desired| (&desired.address, &desired.resolved.value)).collect();
    for draft in drafts {
        let Some(desired) = values.get(&draft.address) else {
            return Err(ImportError::Unreadable(format!("{} is lost", draft.address)));
        };
        let changes = differences(draft, desired, &checked.scope)?;
        if !changes.is_empty() {
            let paths: BTreeSet<&str> = changes.iter().map(|change| change.path.root()).collect();
            let paths = paths.into_iter().collect::<Vec<_>>().join(", ");
            draft.remarks.push(format!("a plan is not empty: it changes {paths}"));
        }
    }
    Ok(())
}
