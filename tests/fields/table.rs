//! The form of the tables: a spec, a change of it, what the plan must say, and where the API must show it.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, StreamExt, stream};
use provost::kinds::{Class, KindRegistry, schema};
use provost::plan::Action;
use serde_json::{Map, Value};

use crate::world::{Cloud, World, change, shown};

/// Rows that share a cloud: a cloud with many projects is slow.
const CHUNK: usize = 12;

/// The tests of one kind.
pub(crate) struct Table {
    pub(crate) kind: &'static str,
    /// What every spec of the table has, as YAML.
    pub(crate) base: &'static str,
    /// Other resources that must be there, as YAML documents.
    pub(crate) others: &'static str,
    /// Where the resource is on the wire.
    pub(crate) wire: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// A change of one field.
#[derive(Clone)]
pub(crate) struct Row {
    pub(super) field: &'static str,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
    pub(super) action: Action,
    pub(super) why: &'static str,
    pub(super) paths: Vec<&'static str>,
    pub(super) wire: Vec<(&'static str, &'static str)>,
    pub(super) file: Option<(&'static str, &'static str)>,
    pub(super) lab: bool,
    pub(super) ours: bool,
}

/// A change that is made in place.
pub(crate) fn row(field: &'static str, before: &'static str, after: &'static str) -> Row {
    let (action, why) = (Action::Update, "the spec changed");
    Row {
        field,
        before,
        after,
        action,
        why,
        paths: vec![field],
        wire: Vec::new(),
        file: None,
        lab: false,
        ours: false,
    }
}

impl Row {
    /// It stops or restarts the machine.
    pub(crate) fn stops(self) -> Self {
        Self { action: Action::UpdateWithStop, why: "takes effect with a restart only", ..self }
    }

    /// It takes another resource, because of this.
    pub(crate) fn replaces(self, why: &'static str) -> Self {
        Self { action: Action::Replace, why, ..self }
    }

    /// It is no difference.
    pub(crate) fn nothing(self) -> Self {
        Self { action: Action::None, why: "", paths: Vec::new(), ..self }
    }

    /// The plan names exactly these fields.
    pub(crate) fn paths(self, paths: &[&'static str]) -> Self {
        Self { paths: paths.to_vec(), ..self }
    }

    /// Afterwards the API has this value (JSON) at this pointer of the resource; `null` means absent.
    pub(crate) fn wire(mut self, pointer: &'static str, value: &'static str) -> Self {
        self.wire.push((pointer, value));
        self
    }

    /// The project has the network `lab`.
    pub(crate) fn lab(self) -> Self {
        Self { lab: true, ..self }
    }

    /// It changes what the inventory knows and nothing that anybody else could.
    pub(crate) fn ours(self) -> Self {
        Self { ours: true, ..self }
    }

    /// The file has other content when the spec is planned again.
    pub(crate) fn file(self, path: &'static str, content: &'static str) -> Self {
        Self { file: Some((path, content)), ..self }
    }
}

impl Table {
    pub(super) fn spec(&self, over: &str) -> String {
        let yaml = |text: &str| -> Map<String, Value> { serde_yaml::from_str(text).expect(text) };
        let mut spec = yaml(self.base);
        if !over.is_empty() {
            spec.extend(yaml(over));
        }
        spec.retain(|_, value| !value.is_null());
        format!("{}\n---\n{}", self.others, Value::Object(spec))
    }

    /// Carries every row out, each in a project of its own.
    pub(crate) async fn run(&self) {
        self.each(|world, row| async move { self.carry_out(&world, row).await }).await;
    }

    /// Does the same with every row, each in a project of its own.
    pub(super) async fn each<'a, F>(&'a self, what: impl Fn(World, &'a Row) -> F)
    where
        F: Future<Output = ()>,
    {
        let some = self.rows.chunks(CHUNK).map(|rows| self.each_in(Cloud::new(), rows, &what));
        let failed: Vec<bool> = stream::iter(some).buffer_unordered(2).collect().await;
        assert!(!failed.contains(&true), "rows of {} failed, see above", self.kind);
    }

    /// Says whether any of the rows failed. Every row that does is told, not only the first one.
    async fn each_in<'a, F>(
        &self,
        cloud: impl Future<Output = Cloud>,
        rows: &'a [Row],
        what: &impl Fn(World, &'a Row) -> F,
    ) -> bool
    where
        F: Future<Output = ()>,
    {
        let cloud = cloud.await;
        let mut failed = false;
        for (i, row) in rows.iter().enumerate() {
            let project = format!("row-of-{:02}-{}", i, self.kind.to_lowercase());
            let world = if row.lab { World::with_lab(&project).await } else { cloud.project(&project).await };
            failed |= AssertUnwindSafe(what(world, row)).catch_unwind().await.is_err();
        }
        failed
    }

    /// Writes the files that rows name.
    pub(super) fn files(world: &World) {
        for (path, content) in [("a.txt", "one"), ("b.txt", "two"), ("site/index.html", "<p>")] {
            world.file(path, content);
        }
    }

    /// One row: the base is made, the change is planned and applied, and it is there.
    pub(crate) async fn carry_out(&self, world: &World, row: &Row) {
        Self::files(world);
        let made = world.converge(&self.spec(row.before)).await;
        if let Some((path, content)) = row.file {
            world.file(path, content);
        }
        let after = self.spec(row.after);
        let plan = world.converge(&after).await;
        self.check_plan(world, row, &plan);
        for plan in [&made, &plan] {
            // A call that is new needs a row in `src/preflight/permission.rs`.
            assert_eq!(provost::preflight::unknown(plan), [] as [String; 0]);
        }
        world.imports_empty(&after).await;
        let wire = world.get(self.wire).await;
        for (pointer, value) in &row.wire {
            let want: Value = serde_json::from_str(&value.replace("PROJECT", &world.project)).expect(value);
            let there = wire.pointer(pointer).cloned().unwrap_or_default();
            assert_eq!(
                there, want,
                "{} {pointer} after {} -> {}\n{wire:#}",
                self.kind, row.before, row.after
            );
        }
    }

    fn check_plan(&self, world: &World, row: &Row, plan: &provost::plan::Plan) {
        let name = self.base_name().replace("PROJECT", &world.project);
        let found = change(plan, &format!("{}/{name}", self.kind));
        let about = || format!("{} {} -> {}\n{}", self.kind, row.before, row.after, shown(plan));
        assert_eq!(found.action, row.action, "{}", about());
        assert!(found.reason.contains(row.why), "`{}` does not say `{}`: {}", found.reason, row.why, about());
        let paths: BTreeSet<String> = found.fields.iter().map(|f| f.path.to_string()).collect();
        assert_eq!(paths, row.paths.iter().map(|p| (*p).to_owned()).collect(), "{}", about());
        if matches!(row.action, Action::Replace | Action::UpdateWithStop) {
            assert!(paths.iter().any(|path| found.reason.starts_with(path.as_str())), "{}", about());
        }
    }

    pub(super) fn base_name(&self) -> String {
        let base: Map<String, Value> = serde_yaml::from_str(self.base).unwrap();
        base["name"].as_str().unwrap().to_owned()
    }

    /// Fails for a managed field of the kind that no row changes.
    pub(crate) fn covers_every_field(&self) {
        let kind = KindRegistry::standard().find(self.kind).unwrap();
        let schema = schema::strict(kind);
        let has = |spec: &str| {
            let root = spec.split('.').next().unwrap();
            // `objects` and `grants` are made from `files`, and from `roles` with `members`.
            ["objects", "grants"].contains(&root) || schema["properties"].get(root).is_some()
        };
        let managed = kind.facts().fields.iter().filter_map(|field| match field.class {
            Class::Managed { spec, .. } if has(spec) => Some(spec),
            _ => None,
        });
        let covered: BTreeSet<&str> = self.rows.iter().map(|row| row.field).collect();
        let missing: Vec<&str> = managed.filter(|spec| !covered.contains(spec)).collect();
        assert!(missing.is_empty(), "no row of {} changes {missing:?}", self.kind);
    }
}
