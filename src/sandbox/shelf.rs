//! A map that remembers how it was: a change that fails is undone, and one that changed nothing is told, at a cost that follows
//! from what was touched and not from all there is.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values by path. Reading is that of a map; every way to change it is here.
#[derive(Clone, Debug)]
pub(super) struct Shelf<V> {
    now: BTreeMap<String, V>,
    /// What was touched since the change began, as it was then: None where there was nothing.
    before: BTreeMap<String, Option<V>>,
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        Self { now: BTreeMap::new(), before: BTreeMap::new() }
    }
}

impl<V> Deref for Shelf<V> {
    type Target = BTreeMap<String, V>;

    fn deref(&self) -> &Self::Target {
        &self.now
    }
}

impl<V: PartialEq> PartialEq for Shelf<V> {
    fn eq(&self, other: &Self) -> bool {
        self.now == other.now
    }
}

impl<V: Serialize> Serialize for Shelf<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.now.serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Shelf<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { now: BTreeMap::deserialize(deserializer)?, before: BTreeMap::new() })
    }
}

impl<V: Clone + PartialEq> Shelf<V> {
    /// A change begins: what comes next can be undone, what came before no longer.
    pub(super) fn begin(&mut self) {
        self.before.clear();
    }

    /// Whether anything is not as it was when the change began.
    pub(super) fn changed(&self) -> bool {
        self.before.iter().any(|(path, before)| self.now.get(path) != before.as_ref())
    }

    /// Everything as it was when the change began.
    pub(super) fn undo(&mut self) {
        for (path, before) in std::mem::take(&mut self.before) {
            match before {
                Some(value) => self.now.insert(path, value),
                None => self.now.remove(&path),
            };
        }
    }

    fn touch(&mut self, path: &str) {
        if !self.before.contains_key(path) {
            self.before.insert(path.to_owned(), self.now.get(path).cloned());
        }
    }

    /// Puts a value. Gives the one that was there.
    pub(super) fn insert(&mut self, path: String, value: V) -> Option<V> {
        self.touch(&path);
        self.now.insert(path, value)
    }

    /// Takes a value away.
    pub(super) fn remove(&mut self, path: &str) -> Option<V> {
        self.touch(path);
        self.now.remove(path)
    }

    /// A value to change.
    pub(super) fn get_mut(&mut self, path: &str) -> Option<&mut V> {
        self.touch(path);
        self.now.get_mut(path)
    }

    /// Takes every value away that `keep` does not want.
    pub(super) fn retain(&mut self, keep: impl Fn(&String, &V) -> bool) {
        let gone = self.now.iter().filter(|(path, value)| !keep(path, value));
        let gone: Vec<String> = gone.map(|(path, _)| path.clone()).collect();
        for path in gone {
            self.remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf<u8> {
        let mut shelf = Shelf::default();
        for (path, value) in [("a", 1), ("b", 2), ("c", 3)] {
            shelf.insert(path.to_owned(), value);
        }
        shelf.begin();
        shelf
    }

    #[test]
    fn every_way_to_change_it_can_be_undone() {
        let changes: [fn(&mut Shelf<u8>); 5] = [
            |shelf| assert_eq!(shelf.insert("d".to_owned(), 4), None),
            |shelf| assert_eq!(shelf.insert("a".to_owned(), 4), Some(1)),
            |shelf| assert_eq!(shelf.remove("b"), Some(2)),
            |shelf| shelf.get_mut("c").into_iter().for_each(|value| *value = 9),
            |shelf| shelf.retain(|_, value| *value > 2),
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut mine = shelf();
            change(&mut mine);
            assert!(mine.changed() && mine != shelf(), "change {i}");
            mine.undo();
            assert!(!mine.changed() && mine == shelf(), "change {i}");
        }
    }

    #[test]
    fn what_comes_back_to_what_it_was_is_no_change() {
        let mut same = shelf();
        same.remove("a");
        same.insert("a".to_owned(), 1);
        same.insert("x".to_owned(), 1);
        same.remove("x");
        assert!(!same.changed());
    }

    #[test]
    fn what_was_there_when_the_next_change_begins_stays() {
        let mut shelf = shelf();
        shelf.insert("d".to_owned(), 4);
        shelf.begin();
        shelf.remove("d");
        shelf.undo();
        assert_eq!(shelf.get("d"), Some(&4));
    }
}
