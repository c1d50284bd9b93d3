//! The roster: who is in the class, as rows of named cells, each with its place.
//! Pure. What is wrong in a cell is reported there; specs that use the cell are not blamed a second time.

mod check;
mod person;
mod rows;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::source::Span;

pub use person::Person;
pub use rows::rows;
pub use table::{LARGEST, table};

/// A class.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The names of its columns, in order.
    pub columns: Vec<String>,
    /// Its rows, in order, which means nothing.
    pub rows: Vec<Arc<Row>>,
}

/// One row of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it stands.
    pub span: Span,
    /// Its cells by column; a column without one is empty in this row.
    pub cells: BTreeMap<String, Cell>,
}

/// One cell of a row.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Where it stands.
    pub span: Span,
    /// What is in it.
    pub content: Content,
}

/// What is in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A value.
    Value(Value),
    /// Nothing, which only matters to who uses it.
    Empty,
    /// Something wrong that is reported already.
    Wrong,
}

impl Row {
    /// The text of a cell.
    fn text(&self, column: &str) -> Option<&str> {
        match &self.cells.get(column)?.content {
            Content::Value(value) => value.as_str(),
            _ => None,
        }
    }
}
