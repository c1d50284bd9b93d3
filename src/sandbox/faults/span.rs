//! A length of time as people write it: `500ms`, `2s`, `1m30s`.

use std::fmt;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A length of time that is not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span(pub(super) SignedDuration);

struct Text;

impl Visitor<'_> for Text {
    type Value = Span;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a length of time such as 500ms, 2s or 1m30s")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
        let wrong = || E::custom(format!("`{text}` is no length of time; write it like 500ms, 2s or 1m30s"));
        let time: SignedDuration = text.parse().map_err(|_| wrong())?;
        if time.is_negative() { Err(wrong()) } else { Ok(Span(time)) }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h)\s*)+$", "examples": ["500ms", "2s", "1m30s"] })
    }
}
