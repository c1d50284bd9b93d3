//! Every managed field of every kind behind a saved plan: what is changed of it by somebody else is a refusal that names it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use provost::diff::Intent;
use provost::kinds::KindRegistry;
use provost::plan::{Action, Finding};
use provost::report::Secrets;
use provost::saved::{self, Made, Pins, SavedPlan, Source};

use super::table::{Row, Table};
use super::{access, bucket, container_vm, firewall_rule, registry, run_service, vm, workload_identity};
use crate::world::World;

fn tables() -> Vec<Table> {
    let machines = [vm::table(), container_vm::table()];
    let access = [access::accounts(), access::apis(), access::grants()];
    let others = [bucket::table(), registry::table(), firewall_rule::table()];
    let more = [run_service::table(), workload_identity::whole()];
    machines.into_iter().chain(access).chain(others).chain(more).collect()
}

/// The document of a plan, of which only the live side can move.
async fn save(world: &World, specs: &str, destroy: bool) -> SavedPlan {
    let intent = Intent { destroy, ..Intent::default() };
    let planned = world.plan_for(specs, &intent).await;
    let source = Source { folder: ".".to_owned(), environment: None, vars: Vec::new(), sandbox: None };
    let made = Made {
        plan: &planned.plan,
        record: &planned.record,
        registry: &KindRegistry::standard(),
        secrets: &Secrets::default(),
        salt: "salt",
        pins: &Pins::new(),
        spec: &BTreeMap::new(),
        intent: &intent,
        source: &source,
        commit: None,
        now: Timestamp::default(),
    };
    let document = saved::make(made).unwrap();
    // What is compared is what is read from a file.
    SavedPlan::parse(&document.text().unwrap()).unwrap()
}

/// The plan that makes these specs true, and the one by which all of those goes.
async fn saves(world: &World, specs: &str, going: Option<&String>) -> (SavedPlan, Option<SavedPlan>) {
    let changes = save(world, specs, false).await;
    let goes = match going {
        Some(specs) => Some(save(world, specs, true).await),
        None => None,
    };
    (changes, goes)
}

/// The same plans before and after somebody else does what a row does: the one that does it, too, and, of the first row of a
/// field, the one by which all goes.
struct Sides {
    changes: [SavedPlan; 2],
    goes: Option<[SavedPlan; 2]>,
}

impl Table {
    async fn sides(&self, world: &World, row: &Row) -> Sides {
        Self::files(world);
        let (before, after) = (self.spec(row.before), self.spec(row.after));
        // That nothing is left to do afterwards is what the other tests of these rows are about.
        assert!(world.apply(&before).await.is_complete(), "{before}");
        if let Some((path, content)) = row.file {
            world.file(path, content);
        }
        let goes = self.is_first_of_its_field(row);
        let was = saves(world, &after, goes.then_some(&before)).await;
        // Whoever does it behind our back leaves our inventory alone.
        let inventory = fs_err::read_to_string(world.inventory_file()).unwrap();
        assert!(world.apply(&after).await.is_complete(), "{after}");
        fs_err::write(world.inventory_file(), inventory).unwrap();
        let is = saves(world, &after, goes.then_some(&before)).await;
        Sides { changes: [was.0, is.0], goes: was.1.zip(is.1).map(Into::into) }
    }

    fn is_first_of_its_field(&self, row: &Row) -> bool {
        self.rows.iter().find(|other| other.field == row.field).is_some_and(|first| std::ptr::eq(first, row))
    }

    /// One row: what it changes is told, by its name and with both values.
    async fn is_seen(&self, world: &World, row: &Row) {
        let address = format!("{}/{}", self.kind, self.base_name().replace("PROJECT", &world.project));
        let about = |found: &[Finding]| -> BTreeSet<String> {
            let of_it = found.iter().filter(|f| f.address.as_ref().is_some_and(|a| a.to_string() == address));
            of_it.map(|finding| format!("{}: {}", finding.code, finding.message)).collect()
        };
        let Sides { changes: [was, is], goes } = self.sides(world, row).await;
        let told = about(&saved::moved(&was, &is, "again"));
        let about_row = || format!("{} {} -> {}: {told:#?}", self.kind, row.before, row.after);
        if row.action == Action::None || row.ours {
            assert!(told.is_empty(), "{}", about_row());
            return;
        }
        let names = |told: &str, path: &str| told.starts_with(&format!("live-moved: {path}"));
        // What is another resource when it is changed is gone, as far as a plan for this one can see.
        let gone = row.action == Action::Replace && told.iter().any(|told| told.ends_with("is gone"));
        let all = row.paths.iter().all(|path| told.iter().any(|told| names(told, path)));
        let alone = told.iter().all(|told| row.paths.iter().any(|path| names(told, path)));
        assert!(gone || (all && alone), "{}", about_row());
        if let Some([was, is]) = goes {
            let going = about(&saved::moved(&was, &is, "again"));
            assert!(self.is_of_others(row) || !going.is_empty(), "going: {}", about_row());
        }
    }

    /// Whether what is changed may be what somebody else put in beside ours, which a deletion does not look at.
    fn is_of_others(&self, row: &Row) -> bool {
        let kind = KindRegistry::standard().find(self.kind).unwrap();
        kind.facts().keyed.contains(&row.field) || row.field == "grants"
    }
}

/// A kind without a table, or a field without a row, would be one that nobody has seen to be seen.
#[test]
fn every_kind_and_every_managed_field_of_it_is_tried() {
    let tables = tables();
    let tried: BTreeSet<&str> = tables.iter().map(|table| table.kind).collect();
    assert_eq!(tried, KindRegistry::standard().names().into_iter().collect());
    tables.iter().for_each(Table::covers_every_field);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_changed_behind_a_saved_plan_is_named() {
    for table in tables() {
        let table = &table;
        table.each(|world, row| async move { table.is_seen(&world, row).await }).await;
    }
}
