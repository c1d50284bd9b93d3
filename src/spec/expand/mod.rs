//! Expansion: `{{ … }}` in a document becomes its value. One document becomes the specs it stands for.
//! Pure: the engine has fuel, sees only what is given, and reads nothing.

mod each;
mod evaluate;
mod place;
mod reference;
mod row;
mod scene;

use std::sync::Arc;

use minijinja::Value as Jinja;
use minijinja::value::Serde;
use serde_json::json;

use super::course::Course;
use super::diagnostic::{Diagnostic, Problem};
use super::document::{Document, ExpandedSpec, SpanMap};
use super::node::{Entry, Node, NodeValue, Origin};
use super::roster::Roster;
use super::source::Sources;
use super::told;
use each::{FOR_EACH, Scenes, WHEN};
use evaluate::{Evaluator, Wrong};
use row::RowValue;
use scene::Scene;

/// What expressions may name.
pub struct Expander {
    evaluator: Evaluator,
    /// What every document may name.
    scene: Scene,
}

impl Expander {
    /// The expander of a course in an environment (empty without one), and of its class if it has one.
    pub fn of(course: &Course, environment: &str, roster: Option<&Arc<Roster>>) -> Self {
        let mut about = json!({"name": course.name, "project": course.project, "environment": environment});
        if let (Some(map), Some(region)) = (about.as_object_mut(), &course.region) {
            map.insert("region".to_owned(), json!(region));
        }
        let evaluator = Evaluator::new();
        let rows = roster.map(|roster| ("roster", RowValue::all(roster, &evaluator.misses)));
        let names = [("vars", Jinja::from(Serde(&course.vars))), ("course", Jinja::from(Serde(about)))];
        let scene = Scene::of(names.into_iter().chain(rows));
        Self { evaluator, scene }
    }

    /// The specs that a document stands for, in the order of their names: the order of the rows they come from means nothing.
    /// An expression without a value is reported and leaves its place unknown, so that the rest of the document is checked
    /// all the same.
    pub fn expand(&self, document: &Document, sources: &Sources) -> (Vec<ExpandedSpec>, Vec<Diagnostic>) {
        let mut template = document.root.clone();
        let mut diagnostics = misspelt(&mut template);
        let (each, when) = (take(&mut template, FOR_EACH), take(&mut template, WHEN));
        let Scenes { mut scenes, mut found } = self.scenes(each.as_ref(), sources);
        let all = scenes.len();
        scenes.retain(|scene| self.holds(when.as_ref(), scene, sources, &mut found));
        diagnostics.extend(told::once(found, all));
        let mut found = Vec::new();
        let spec = |scene: &Scene| self.spec(document, &template, scene, sources, &mut found);
        let mut specs: Vec<ExpandedSpec> = scenes.iter().map(spec).collect();
        specs.sort_by(|one, other| one.name.cmp(&other.name));
        diagnostics.extend(told::once(found, scenes.len()));
        (specs, diagnostics)
    }

    fn spec(
        &self,
        document: &Document,
        template: &Node,
        scene: &Scene,
        sources: &Sources,
        found: &mut Vec<told::Found>,
    ) -> ExpandedSpec {
        let mut root = template.clone();
        self.node(&mut root, scene, sources, found);
        let spans = SpanMap::of(&root);
        let mut value = root.to_value();
        if let Some(map) = value.as_object_mut() {
            map.shift_remove("kind");
        }
        let name = root.entry("name").filter(|name| name.value.origin != Origin::Unknown);
        let name = name.map(|name| name.value.to_value()).filter(|name| !name.is_null());
        let name = name.map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned));
        ExpandedSpec {
            kind: document.kind.clone(),
            name: name.unwrap_or_default(),
            value,
            spans,
            kind_span: document.kind_span,
            made_of: scene.places.clone(),
            of_whom: scene.of_whom(),
        }
    }

    fn node(&self, node: &mut Node, scene: &Scene, sources: &Sources, found: &mut Vec<told::Found>) {
        match &mut node.value {
            NodeValue::List(list) => {
                for node in list {
                    self.node(node, scene, sources, found);
                }
            }
            NodeValue::Map(entries) => {
                for entry in entries {
                    self.node(&mut entry.value, scene, sources, found);
                }
            }
            NodeValue::Text(text) if text.contains("{{") || text.contains("{%") => {
                match self.evaluator.text(text, scene) {
                    Ok(value) => *node = place::computed(&value, node.span),
                    Err(wrong) => {
                        let of_cell = matches!(wrong, Wrong::EmptyCell(..));
                        let places = if of_cell { Vec::new() } else { scene.places.clone() };
                        let diagnostic = place::diagnostic(wrong, text, node.span, sources);
                        found.extend(diagnostic.map(|diagnostic| (diagnostic, places)));
                        *node = Node { span: node.span, value: NodeValue::Null, origin: Origin::Unknown };
                    }
                }
            }
            _ => {}
        }
    }
}

/// Takes an entry out of a document.
fn take(root: &mut Node, key: &str) -> Option<Entry> {
    let NodeValue::Map(entries) = &mut root.value else { return None };
    let index = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(index))
}

/// `foreach` and `for_each` are meant for `forEach`, and read as such.
fn misspelt(root: &mut Node) -> Vec<Diagnostic> {
    let NodeValue::Map(entries) = &mut root.value else { return Vec::new() };
    let plain = |key: &str| key.replace(['-', '_', ' '], "").to_lowercase();
    let meant = |entry: &&mut Entry| {
        [FOR_EACH, WHEN].into_iter().find(|key| *key != entry.key && plain(key) == plain(&entry.key))
    };
    let mut found = Vec::new();
    for entry in entries {
        let Some(key) = meant(&entry) else { continue };
        let problem = Problem::new("unknown-field", format!("there is no field `{}`", entry.key));
        found.push(problem.help(format!("did you mean `{key}`?")).replace(key).at(entry.key_span));
        key.clone_into(&mut entry.key);
    }
    found
}
