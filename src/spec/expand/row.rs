//! A row of the roster as expressions see it: a mapping of its columns, which remembers what was looked for in vain.
//! Pure. An empty cell is undefined, which is an error only where it is used.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value as Jinja;
use minijinja::value::{Enumerator, Object, Serde};

use crate::spec::roster::{Content, Roster, Row};
use crate::spec::source::Span;

/// What an expression looked for in a row and did not find.
#[derive(Clone, Debug)]
pub(super) enum Miss {
    /// The cell of this column is empty.
    Empty(String, Span),
    /// There is no such column.
    NoColumn(String),
    /// The cell is wrong, which is reported.
    Reported,
}

/// The last miss of an evaluation, which is the one that ended it.
#[derive(Debug, Default)]
pub(super) struct Misses(Mutex<Option<Miss>>);

impl Misses {
    pub(super) fn take(&self) -> Option<Miss> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, miss: Miss) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(miss);
    }
}

/// A row for expressions.
#[derive(Debug)]
pub(super) struct RowValue {
    roster: Arc<Roster>,
    index: usize,
    misses: Arc<Misses>,
}

impl RowValue {
    /// All rows of a roster.
    pub(super) fn all(roster: &Arc<Roster>, misses: &Arc<Misses>) -> Jinja {
        let row = |index| Self { roster: roster.clone(), index, misses: misses.clone() };
        (0..roster.rows.len()).map(|index| Jinja::from_object(row(index))).collect()
    }

    /// Where the row stands.
    pub(super) fn span(&self) -> Option<Span> {
        self.roster.rows.get(self.index).map(|row| row.span)
    }

    /// The row itself.
    pub(super) fn row(&self) -> Option<Arc<Row>> {
        self.roster.rows.get(self.index).cloned()
    }

    /// The names of its columns.
    pub(super) fn columns(&self) -> &[String] {
        &self.roster.columns
    }

    fn cell(&self, column: &str) -> Result<Jinja, Miss> {
        let cell = self.roster.rows.get(self.index).and_then(|row| row.cells.get(column));
        let Some(cell) = cell else { return Err(Miss::NoColumn(column.to_owned())) };
        match &cell.content {
            Content::Value(value) => Ok(Jinja::from(Serde(value))),
            Content::Empty => Err(Miss::Empty(column.to_owned(), cell.span)),
            Content::Wrong => Err(Miss::Reported),
        }
    }
}

impl Object for RowValue {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.cell(key.as_str()?).map_err(|miss| self.misses.note(miss)).ok()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let filled = self.columns().iter().filter(|column| self.cell(column).is_ok());
        Enumerator::Values(filled.map(|column| Jinja::from(column.as_str())).collect())
    }
}
