//! Over how many zones machines are shared. Data only.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `true` for all zones, a number for the first ones, `false` for the first one that has room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Spread {
    /// All of them or none.
    All(bool),
    /// The first ones.
    Over(usize),
}

impl Spread {
    /// The number, of so many zones.
    pub fn over(self, zones: usize) -> usize {
        match self {
            Self::All(true) => zones,
            Self::All(false) => 1,
            Self::Over(first) => first.min(zones),
        }
    }
}

impl Default for Spread {
    fn default() -> Self {
        Self::All(false)
    }
}

impl JsonSchema for Spread {
    fn schema_name() -> Cow<'static, str> {
        "Spread".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 1, "examples": [2]}]})
    }
}
