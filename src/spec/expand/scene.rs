//! A scene: what the expressions of one resource may name, and which row and entries it is made of.
//! Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value as Jinja;
use minijinja::value::ValueKind;
use serde_json::{Map, Value};

use super::row::RowValue;
use crate::spec::roster::Row;
use crate::spec::source::Span;

/// Places that a resource is made of, each with what to say there.
pub(crate) type Places = Vec<(Span, String)>;

/// What is named, in the order in which messages list it.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    names: BTreeMap<String, Jinja>,
    /// The variables of `forEach`, in order.
    variables: Vec<String>,
    /// The row and the entries.
    pub(super) places: Places,
}

impl Scene {
    /// What every document of a course may name.
    pub(super) fn of(names: impl IntoIterator<Item = (&'static str, Jinja)>) -> Self {
        let names = names.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { names, ..Self::default() }
    }

    /// This scene with one variable more.
    pub(super) fn with(&self, name: &str, value: &Jinja, place: (Span, String)) -> Self {
        let mut scene = self.clone();
        scene.names.insert(name.to_owned(), value.clone());
        scene.variables.push(name.to_owned());
        scene.places.push(place);
        scene
    }

    /// Whether a name is that of a value that every document has.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// For the engine.
    pub(super) fn context(&self) -> Jinja {
        Jinja::from(self.names.clone())
    }

    /// The rows of the class that a resource is for: those it is made of; of one made of something else, such as a team, those
    /// whose cells say the same as the variables that are called like their columns.
    pub(super) fn of_whom(&self) -> Vec<Arc<Row>> {
        let made_of: Vec<Arc<Row>> = self.variables.iter().filter_map(|name| self.row(name)?.row()).collect();
        if !made_of.is_empty() || self.variables.is_empty() {
            return made_of;
        }
        let columns = self.columns();
        let said = self.variables.iter().filter(|name| columns.contains(name));
        let said: Vec<(&str, String)> = said.filter_map(|name| self.said(name)).collect();
        let fits = |row: &Arc<Row>| said.iter().all(|(name, text)| row.shown(name).as_deref() == Some(text));
        if said.is_empty() { Vec::new() } else { self.roster().into_iter().filter(fits).collect() }
    }

    /// A variable that is a single value, as text.
    fn said(&self, name: &str) -> Option<(&str, String)> {
        let (name, value) = self.names.get_key_value(name)?;
        let single = matches!(value.kind(), ValueKind::String | ValueKind::Number | ValueKind::Bool);
        single.then(|| (name.as_str(), value.to_string()))
    }

    fn roster(&self) -> Vec<Arc<Row>> {
        let rows = self.names.get("roster").and_then(|roster| roster.try_iter().ok()).into_iter().flatten();
        rows.filter_map(|row| row.downcast_object_ref::<RowValue>()?.row()).collect()
    }

    /// The row behind a variable.
    pub(super) fn row(&self, name: &str) -> Option<&RowValue> {
        self.names.get(name)?.downcast_object_ref()
    }

    /// The columns of the roster.
    pub(super) fn columns(&self) -> Vec<String> {
        let rows = self.names.get("roster").and_then(|roster| roster.try_iter().ok());
        let first = rows.into_iter().flatten().next();
        let row = first.as_ref().and_then(|row| row.downcast_object_ref::<RowValue>());
        row.map(|row| row.columns().to_vec()).unwrap_or_default()
    }

    /// The names that can be followed by their parts, for messages. Rows have all columns of the roster.
    pub(super) fn known(&self) -> Value {
        let fixed = ["vars", "course", "roster"].into_iter().map(str::to_owned);
        let mut known = Map::new();
        for name in self.variables.iter().cloned().chain(fixed) {
            let Some(value) = self.names.get(&name) else { continue };
            known.insert(name, parts(value));
        }
        Value::Object(known)
    }
}

fn parts(value: &Jinja) -> Value {
    if let Some(row) = value.downcast_object_ref::<RowValue>() {
        return row.columns().iter().map(|column| (column.clone(), Value::Bool(true))).collect();
    }
    match value.kind() {
        ValueKind::Map => serde_json::to_value(value).unwrap_or_default(),
        _ => Value::Bool(true),
    }
}
