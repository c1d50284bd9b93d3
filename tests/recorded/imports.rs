//! Live answers as an import takes them: what is written of each, and what of it a plan would change.

use std::collections::BTreeSet;

use provost::import::{self, Import, Request};
use provost::inventory::Record;
use provost::kinds::{Files, Kind, KindRegistry, Reads, Scope};
use serde_json::json;

use super::course::{COURSE, Live};
use crate::rest::PROJECT;

/// Rounds of reads after which nothing can be missing.
const ROUNDS: usize = 6;

/// An import of one kind over what Google answered.
pub(crate) fn import_of(kind: &str, live: &Live) -> Import {
    let registry = KindRegistry::standard();
    let kinds: Vec<&'static dyn Kind> = registry.find(kind).into_iter().collect();
    let course = serde_json::from_value(json!({ "name": COURSE, "project": PROJECT })).unwrap();
    let scope = Scope::of(&course, Files::default());
    let mut reads = Reads::default();
    for _ in 0..ROUNDS {
        for read in kinds[0].import_reads(&[], &reads, &scope).unwrap() {
            let held = live.answer(&read);
            reads.insert(read, held);
        }
    }
    let (only, record) = (BTreeSet::new(), Record::empty(COURSE, PROJECT));
    let request = Request {
        registry: &registry,
        kinds: &kinds,
        only: &only,
        course: &course,
        record: &record,
        with_secrets: true,
    };
    import::import(request, &reads).unwrap()
}

/// What a plan of an import would change, in words.
pub(crate) fn differences(import: &Import) -> Vec<String> {
    let remarks = import
        .documents
        .iter()
        .flat_map(|document| document.remarks.iter().map(|remark| format!("{}: {remark}", document.address)));
    remarks.filter(|remark| remark.contains("a plan is not empty")).collect()
}
