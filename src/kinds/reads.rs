//! What was read: the answers to a plan's reads, by request.
//! Pure: filling it is the business of `live`.

use std::collections::HashMap;

use serde_json::Value;

use crate::gcp::Read;

/// The items of every read, all pages together.
#[derive(Clone, Debug, Default)]
pub struct Reads(HashMap<Read, Vec<Value>>);

impl Reads {
    /// Keeps the items of a read.
    pub fn insert(&mut self, read: Read, items: Vec<Value>) {
        self.0.insert(read, items);
    }

    /// Whether a read has been answered.
    pub fn has(&self, read: &Read) -> bool {
        self.0.contains_key(read)
    }

    /// Everything that was read, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Read, &[Value])> {
        self.0.iter().map(|(read, items)| (read, items.as_slice()))
    }

    /// The items of a list; nothing when it was not read or does not exist.
    pub fn items(&self, read: &Read) -> &[Value] {
        self.0.get(read).map_or(&[], Vec::as_slice)
    }

    /// The one document of a read.
    pub fn document(&self, read: &Read) -> Option<&Value> {
        self.items(read).first()
    }
}
