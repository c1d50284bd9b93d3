//! Imports of a world: its project is read and written down, and planned with what was written.

use std::collections::BTreeSet;

use provost::import::{self, Import, Request, view};
use provost::kinds::{Files, Kind, Scope};
use provost::live::survey::survey;
use provost::plan::Plan;
use serde_json::json;

use super::{World, shown};

impl World {
    /// What an import of the project gives for the course of these specs.
    pub(crate) async fn import(&self, specs: &str) -> Import {
        let loaded = self.load(specs);
        let course = json!({
            "name": loaded.course.name, "project": loaded.course.project, "inventory": loaded.course.inventory,
        });
        let course = serde_json::from_value(course).unwrap();
        let kinds: Vec<&'static dyn Kind> = loaded.registry.iter().collect();
        let record = self.store(&course).load(&loaded.scope.course).await.unwrap();
        let read =
            survey(&self.client, &kinds, &record, &Scope::of(&course, Files::default())).await.unwrap();
        assert!(read.unread.is_empty(), "{:?}", read.unread);
        let request = Request {
            registry: &loaded.registry,
            kinds: &kinds,
            only: &BTreeSet::new(),
            course: &course,
            record: &record,
            with_secrets: true,
        };
        let import = import::import(request, &read.reads).unwrap();
        for content in &import.contents {
            let bytes = self.client.download(&content.request).await.unwrap();
            self.file(&content.path, &String::from_utf8(bytes).unwrap());
        }
        import
    }

    /// Stops the test unless an import of the applied specs plans empty. Gives what was written.
    pub(crate) async fn imports_empty(&self, specs: &str) -> String {
        let import = self.import(specs).await;
        let text = view::stream(&import);
        let plan: Plan = self.plan(&text).await;
        assert!(plan.is_converged(), "of {specs}\n{text}\n{}\n{:#?}", shown(&plan), import.left);
        text
    }
}
