//! The plan of a sweep: a step for each thing that goes, after all that use it; one edit for each policy; the project's own policy
//! last, as whoever sweeps may work with what it grants.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Found, Removal, Rules, Survey, grants};
use crate::gcp::policy::Tuple;
use crate::kinds::grant_target::Target;
use crate::plan::order::Graph;
use crate::plan::{Action, Change, Finding, Plan, Step, Weight, pace};
use crate::spec::Address;

/// Who is said to do it.
const SWEEP: &str = "the sweep";

/// The plan by which everything goes that a survey says goes.
pub fn plan(survey: &Survey, rules: &Rules<'_>) -> Plan {
    let goes: Vec<&Found> = survey.goes().collect();
    let steps = steps(&goes, rules);
    let protected = goes.iter().filter_map(|found| protected(found, rules));
    let report = protected.chain(pace::stretched(&steps)).collect();
    Plan {
        course: SWEEP.to_owned(),
        project: rules.scope.project.clone(),
        changes: goes.iter().map(|found| change(found)).collect(),
        steps,
        records: Vec::new(),
        report,
        overrides: Vec::new(),
    }
}

fn change(found: &Found) -> Change {
    let said = [found.reason.as_str(), found.details.as_str()];
    Change {
        address: found.address.clone(),
        action: Action::Delete,
        reason: said.join("; "),
        fields: Vec::new(),
        places: Vec::new(),
        ends: None,
        status: None,
        project: None,
        before: Value::Null,
        after: Value::Null,
        hidden: &[],
        resource: found.place.clone(),
        address_of: None,
    }
}

/// Nothing is done as long as something protects itself: whoever protected it is to be asked.
fn protected(found: &Found, rules: &Rules<'_>) -> Option<Finding> {
    let command = found.protected.as_ref()?;
    Some(Finding {
        severity: Weight::Refusal,
        code: "protected",
        address: Some(found.address.clone()),
        message: "deletion protection is on: it is not deleted".to_owned(),
        help: Some(format!(
            "leave it with `--keep {}`, or take the protection off: `{command} --project {}`",
            found.address, rules.scope.project
        )),
    })
}

fn steps(goes: &[&Found], rules: &Rules<'_>) -> Vec<Step> {
    let mut steps = deletions(goes);
    let mut graph = edges(goes, &steps);
    policies(goes, rules, &mut steps, &mut graph);
    ordered(steps, &graph)
}

/// A step for each thing with calls of its own; it names what goes with it as well.
fn deletions(goes: &[&Found]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for found in goes {
        if let Removal::Calls(calls) = &found.removal {
            let mut addresses = vec![found.address.clone()];
            let with =
                |other: &&&Found| matches!(&other.removal, Removal::With(place) if *place == found.place);
            addresses.extend(goes.iter().filter(with).map(|other| other.address.clone()));
            steps.push(Step { calls: calls.clone(), ..step(steps.len(), "delete", addresses) });
        }
    }
    steps
}

/// What goes, goes after what uses it.
fn edges(goes: &[&Found], steps: &[Step]) -> Graph {
    let deleted = goes.iter().filter(|found| matches!(found.removal, Removal::Calls(_)));
    let at: BTreeMap<&str, usize> =
        deleted.zip(steps).map(|(found, step)| (found.place.as_str(), step.id)).collect();
    let mut graph = Graph::default();
    for found in goes {
        let Some(this) = at.get(found.place.as_str()) else { continue };
        graph.node(*this);
        for user in found.after.iter().filter_map(|user| at.get(user.as_str())) {
            graph.after(*this, *user);
        }
    }
    graph
}

fn step(id: usize, doing: &str, addresses: Vec<Address>) -> Step {
    Step {
        id,
        doing: doing.to_owned(),
        addresses,
        calls: Vec::new(),
        after: Vec::new(),
        records: Vec::new(),
        intent: false,
        learns: Vec::new(),
    }
}

/// One read and one write for each policy.
fn policies(goes: &[&Found], rules: &Rules<'_>, steps: &mut Vec<Step>, graph: &mut Graph) {
    let mut by_policy: BTreeMap<&str, (Vec<Tuple>, Vec<Address>)> = BTreeMap::new();
    for found in goes {
        if let Removal::Grant(place, tuple) = &found.removal {
            let (tuples, addresses) = by_policy.entry(place).or_default();
            tuples.push(tuple.clone());
            addresses.push(found.address.clone());
        }
    }
    let project = grants::project(rules.scope);
    for (place, (tuples, addresses)) in by_policy {
        let Some(target) = Target::at(place, rules.scope) else { continue };
        let id = steps.len();
        graph.node(id);
        let last = place == project;
        steps.iter().filter(|_| last).for_each(|step| graph.after(id, step.id));
        let calls = vec![target.edit(rules.scope, Vec::new(), tuples)];
        steps.push(Step { calls, ..step(id, "take away", addresses) });
    }
}

/// Numbered in an order that respects every edge. Users and what they use cannot go round in a circle.
fn ordered(mut steps: Vec<Step>, graph: &Graph) -> Vec<Step> {
    let order = graph.sorted().unwrap_or_default();
    let number: BTreeMap<usize, usize> = order.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    for step in &mut steps {
        step.after = graph.before(step.id).filter_map(|old| number.get(&old).copied()).collect();
        step.id = number.get(&step.id).copied().unwrap_or(step.id);
    }
    steps.sort_by_key(|step| step.id);
    steps
}
