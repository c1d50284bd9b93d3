//! Fields: the table that classifies every wire field of a kind, and changes of single fields.
//! Data and pure functions; what a change costs is read off the table, never decided elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

/// The name of the call that changes a field, resolved by its kind (`setLabels`, `patch`).
pub type Via = &'static str;

/// One wire field of a resource and what it means to us.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Dotted path in the API's schema; `[]` stands for the members of a list.
    pub wire: &'static str,
    /// What it is.
    pub class: Class,
}

impl Field {
    /// The call that changes it, if there is one.
    pub fn via(&self) -> Option<Via> {
        match self.class {
            Class::Managed { how, .. } => how.via(),
            _ => None,
        }
    }
}

/// What a wire field is to us.
#[derive(Clone, Copy, Debug)]
pub enum Class {
    /// Written from the spec and compared with it.
    Managed {
        /// Dotted path in the spec.
        spec: &'static str,
        /// What a change of it takes.
        how: How,
    },
    /// Part of the resource's identity: another value is another resource.
    Identity,
    /// Filled in by the server where the spec is silent; not compared.
    ServerDefault,
    /// Carries an opaque precondition (fingerprint, etag, metageneration).
    Guard,
    /// Never accepted from a client.
    OutputOnly,
    /// Left alone, because of this.
    Ignored(&'static str),
}

/// What it takes to change a field of a live resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A call on the live resource.
    InPlace(Via),
    /// A call on the live resource that takes effect when the machine restarts.
    Restart(Via),
    /// A call that the API accepts on a stopped machine only.
    WithStop(Via),
    /// A call, when the number grows; a smaller number needs another resource.
    Grow(Via, &'static str),
    /// The API has no call: delete and create, because of this.
    Replace(&'static str),
}

impl How {
    /// The call, if there is one.
    pub fn via(self) -> Option<Via> {
        match self {
            Self::InPlace(via) | Self::Restart(via) | Self::WithStop(via) | Self::Grow(via, _) => Some(via),
            Self::Replace(_) => None,
        }
    }
}

/// Shorthand for a row that is managed.
pub const fn managed(wire: &'static str, spec: &'static str, how: How) -> Field {
    Field { wire, class: Class::Managed { spec, how } }
}

/// Shorthand for a row of another class.
pub const fn field(wire: &'static str, class: Class) -> Field {
    Field { wire, class }
}

/// The path of a value in a spec: `bootDisk.sizeGb`, `lifecycle[0].age`, `files["be/app.py"]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FieldPath(pub Vec<String>);

impl FieldPath {
    /// The path one level down.
    #[must_use]
    pub fn child(&self, segment: impl Into<String>) -> Self {
        let mut path = self.0.clone();
        path.push(segment.into());
        Self(path)
    }

    /// The first segment: the field of the spec as its author knows it.
    pub fn root(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Whether this path is the dotted path or lies below it.
    pub fn is_under(&self, dotted: &str) -> bool {
        let mut parts = self.0.iter();
        dotted.split('.').all(|part| parts.next().is_some_and(|p| p == part))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            let plain = !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
            match (part.parse::<usize>().is_ok(), plain, i) {
                (true, _, 1..) => write!(f, "[{part}]")?,
                (_, true, 0) => f.write_str(part)?,
                (_, true, _) => write!(f, ".{part}")?,
                _ => write!(f, "[{part:?}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A field whose live value is not the desired one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where in the spec.
    pub path: FieldPath,
    /// What is live; null when absent.
    pub before: Value,
    /// What is desired; null when it goes away.
    pub after: Value,
}

/// Keys of maps and sets that we declared: what a later plan may take away again.
/// Facets are spec paths (`labels`, `metadata`, `files`); keys are names, never values.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owned(pub std::collections::BTreeMap<String, std::collections::BTreeSet<String>>);

impl Owned {
    /// Whether a key of a facet is ours.
    pub fn has(&self, facet: &str, key: &str) -> bool {
        self.0.get(facet).is_some_and(|keys| keys.contains(key))
    }

    /// The keys of a facet.
    pub fn keys(&self, facet: &str) -> impl Iterator<Item = &str> {
        self.0.get(facet).into_iter().flatten().map(String::as_str)
    }

    /// Adds a key to a facet.
    pub fn insert(&mut self, facet: &str, key: impl Into<String>) {
        self.0.entry(facet.to_owned()).or_default().insert(key.into());
    }
}

/// Keys to write and keys to remove in a map, from the changes below a field.
pub fn map_edit(fields: &[FieldChange], facet: &str) -> (Map<String, Value>, Vec<String>) {
    let mut set = Map::new();
    let mut unset = Vec::new();
    let below = fields.iter().filter(|f| f.path.is_under(facet));
    for change in below {
        let Some(key) = change.path.0.get(facet.split('.').count()) else {
            continue;
        };
        if change.after.is_null() {
            unset.push(key.clone());
        } else {
            set.insert(key.clone(), change.after.clone());
        }
    }
    (set, unset)
}

/// Members to add and to remove in a set, from the change of a field.
pub fn set_edit(fields: &[FieldChange], facet: &str) -> (Vec<String>, Vec<String>) {
    let Some(change) = fields.iter().find(|f| f.path.is_under(facet)) else {
        return Default::default();
    };
    let members = |v: &Value| -> Vec<String> {
        let list = v.as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (before, after) = (members(&change.before), members(&change.after));
    let minus = |a: &[String], b: &[String]| a.iter().filter(|m| !b.contains(m)).cloned().collect();
    (minus(&after, &before), minus(&before, &after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(parts: &[&str]) -> FieldPath {
        FieldPath(parts.iter().map(|p| (*p).to_owned()).collect())
    }

    #[test]
    fn paths_read_as_a_person_writes_them() {
        assert_eq!(path(&["bootDisk", "sizeGb"]).to_string(), "bootDisk.sizeGb");
        assert_eq!(path(&["lifecycle", "0", "age"]).to_string(), "lifecycle[0].age");
        assert_eq!(path(&["files", "be/app.py"]).to_string(), "files[\"be/app.py\"]");
    }

    #[test]
    fn a_path_is_under_its_parents_only() {
        assert!(path(&["bootDisk", "sizeGb"]).is_under("bootDisk"));
        assert!(path(&["bootDisk", "sizeGb"]).is_under("bootDisk.sizeGb"));
        assert!(!path(&["boot"]).is_under("bootDisk"));
        assert!(!path(&["bootDisk"]).is_under("bootDisk.sizeGb"));
    }

    #[test]
    fn a_map_edit_separates_what_is_written_from_what_goes() {
        let change =
            |key: &str, after: Value| FieldChange { path: path(&["labels", key]), before: json!("x"), after };
        let (set, unset) = map_edit(&[change("a", json!("1")), change("b", Value::Null)], "labels");
        assert_eq!((Value::Object(set), unset), (json!({"a": "1"}), vec!["b".to_owned()]));
    }
}
