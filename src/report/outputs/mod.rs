//! What is handed out: for every student and machine how to reach it, and what belongs to it. Made of the plan, which has seen
//! the project, and of what the specs say.
//! Pure.

mod machine;
pub mod ssh;
mod view;

use std::collections::BTreeMap;

use serde::Serialize;

pub use machine::Machine;

use crate::kinds::{Desired, Handout, Scope};
use crate::plan::{Change, Plan};
use crate::ready::Standings;
use crate::spec::reference;
use crate::spec::roster::{Person, Row as RosterRow};
use crate::spec::{Address, Span};

/// What outputs are made of.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The project as the plan saw it.
    pub plan: &'a Plan,
    /// What is declared.
    pub desired: &'a [Desired],
    /// The course.
    pub scope: &'a Scope,
    /// The machines that say when they are ready.
    pub standings: &'a Standings,
}

/// Everything that is handed out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outputs {
    /// The course.
    pub course: String,
    /// Its project.
    pub project: String,
    /// How many machines are in which state.
    pub machines: BTreeMap<String, usize>,
    /// What is everybody's: buckets, registries and services that are not made of anybody's row.
    pub shared: Things,
    /// A row for each student and machine, by team and name; what is nobody's own comes last.
    pub rows: Vec<Row>,
}

/// Who, with which machine and what else.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Who it is for; nobody alone, where it is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student: Option<Person>,
    /// The machine, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// What else is this student's.
    #[serde(flatten)]
    pub things: Things,
}

/// What is stored to and pushed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Things {
    /// Buckets, as `gs://NAME`.
    pub buckets: Vec<String>,
    /// Registries, as the path that images are pushed to.
    pub registries: Vec<String>,
    /// What workflows elsewhere name to log in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logins: Vec<String>,
    /// Services, as the address they answer at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// What somebody, or everybody, has.
#[derive(Default)]
struct Holding<'a> {
    student: Option<Person>,
    machines: Vec<(&'a Change, &'a Desired, Handout)>,
    things: Things,
}

impl Outputs {
    /// Reads off a plan and its specs what is handed out.
    pub fn of(seen: Seen<'_>) -> Self {
        let mut holdings = holdings(seen);
        let shared = holdings.remove(&None).unwrap_or_default();
        let things = shared.things.clone();
        let mut rows: Vec<Row> = holdings.into_values().flat_map(|holding| rows(holding, seen)).collect();
        rows.sort_by_key(Row::place);
        let nobodys = Holding { things: Things::default(), ..shared };
        rows.extend(rows_of_machines(&nobodys, seen));
        Self {
            machines: counted(&rows),
            course: seen.plan.course.clone(),
            project: seen.plan.project.clone(),
            shared: things,
            rows,
        }
    }
}

/// A machine of several students counts once.
fn counted(rows: &[Row]) -> BTreeMap<String, usize> {
    let machines = rows.iter().filter_map(|row| row.machine.as_ref());
    let states: BTreeMap<&str, &str> =
        machines.map(|machine| (machine.address.as_str(), machine.state.as_str())).collect();
    states.into_values().fold(BTreeMap::new(), |mut counts, state| {
        *counts.entry(state.to_owned()).or_default() += 1;
        counts
    })
}

impl Row {
    fn place(&self) -> (Option<String>, String, Option<String>) {
        let student = self.student.clone().unwrap_or_default();
        let machine = self.machine.as_ref().map(|machine| machine.name.clone());
        (student.team.clone(), student.called().to_lowercase(), machine)
    }
}

/// What each has, by the place of their row of the roster.
fn holdings(seen: Seen<'_>) -> BTreeMap<Option<Span>, Holding<'_>> {
    let changes: BTreeMap<&Address, &Change> = seen.plan.changes.iter().map(|c| (&c.address, c)).collect();
    let mut holdings: BTreeMap<Option<Span>, Holding<'_>> = BTreeMap::new();
    for desired in seen.desired {
        let Ok(handout) = desired.kind.handout(&desired.resolved.value, seen.scope) else { continue };
        let Some(change) = changes.get(&desired.address).filter(|_| handout != Handout::Nothing) else {
            continue;
        };
        let whose = desired.of_whom.iter().map(|row| Some(row.as_ref()));
        let nobodys = desired.of_whom.is_empty().then_some(None);
        for row in whose.chain(nobodys) {
            let holding = holdings.entry(row.map(|row| row.span)).or_default();
            holding.student = row.map(RosterRow::person);
            holding.take(change, desired, handout.clone());
        }
    }
    holdings
}

impl<'a> Holding<'a> {
    fn take(&mut self, change: &'a Change, desired: &'a Desired, handout: Handout) {
        match handout {
            Handout::Nothing => {}
            Handout::Machine(_) => self.machines.push((change, desired, handout)),
            Handout::Bucket(bucket) => self.things.buckets.push(bucket),
            Handout::Registry(registry) => self.things.registries.push(registry),
            Handout::Login(login) => self.things.logins.extend(known(login, change, desired)),
            Handout::Service => self.things.services.extend(change.address_of.clone()),
        }
    }
}

/// What only the project can tell is asked of the live side; nothing is handed out of what is not there.
fn known(login: String, change: &Change, desired: &Desired) -> Option<String> {
    if !reference::is_in(&login) {
        return Some(login);
    }
    match desired.kind.handout(&change.before, &Scope::default()) {
        Ok(Handout::Login(login)) => Some(login),
        _ => None,
    }
}

/// Somebody without a machine has a row all the same.
fn rows(holding: Holding<'_>, seen: Seen<'_>) -> Vec<Row> {
    if holding.machines.is_empty() {
        return vec![Row { student: holding.student, machine: None, things: holding.things }];
    }
    rows_of_machines(&holding, seen)
}

fn rows_of_machines(holding: &Holding<'_>, seen: Seen<'_>) -> Vec<Row> {
    let row = |(change, _, handout): &(&Change, &Desired, Handout)| {
        let Handout::Machine(reach) = handout else { return None };
        let machine = Machine::of(change, reach, holding.student.as_ref(), seen);
        Some(Row { student: holding.student.clone(), machine: Some(machine), things: holding.things.clone() })
    };
    holding.machines.iter().filter_map(row).collect()
}
