//! Quantities: durations, sizes, dates. A person writes `30d` or `50GB`; an API wants seconds or a number.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{refuse, text_format};
use crate::spec::Problem;

text_format!(
    /// A day: `2026-12-31`.
    Date, "date", date, "2026-12-31");

/// A length of time: `30d`, `12h`, `1h 30m`, `2592000s`, or a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// The length in seconds.
    pub fn seconds(&self) -> u64 {
        self.0
    }

    /// A length of this many seconds.
    pub fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The same length: there is only one form inside.
    #[must_use]
    pub fn canonical(&self) -> Self {
        *self
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

impl TryFrom<&str> for Duration {
    type Error = Problem;

    fn try_from(text: &str) -> Result<Self, Problem> {
        duration(text)?;
        Ok(Self(parse_duration(text).unwrap_or_default()))
    }
}

impl TryFrom<String> for Duration {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        Self::try_from(text.as_str())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let seconds = value.as_u64().or_else(|| parse_duration(value.as_str()?));
        seconds.map(Self).ok_or_else(|| serde::de::Error::custom("a duration like `30d`"))
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "string", "format": "duration", "examples": ["30d"]},
            {"type": "integer", "minimum": 0}
        ]})
    }
}

/// Seconds of `1d 12h`, `90m`, `3600s`, `3600`.
fn parse_duration(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?.trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match rest.get(..letters)? {
            "" if digits == text.len() => 1,
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            _ => return None,
        };
        rest = rest.get(letters..)?;
        total = total.checked_add(number.checked_mul(unit)?)?;
    }
    Some(total)
}

pub(super) fn duration(text: &str) -> Result<(), Problem> {
    match parse_duration(text) {
        Some(_) => Ok(()),
        None => Err(refuse(
            "bad-duration",
            text,
            "a duration",
            "write `30d`, `12h`, `90m`, `1h 30m` or `2592000s`",
        )),
    }
}

/// A size in GB: `50`, `50GB`, `50 GiB`, `1TB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SizeGb(u64);

impl SizeGb {
    /// The size in GB, as the API counts them.
    pub fn gb(&self) -> u64 {
        self.0
    }

    /// A size of this many GB.
    pub fn from_gb(gb: u64) -> Self {
        Self(gb)
    }

    /// The same size: there is only one form inside.
    #[must_use]
    pub fn canonical(&self) -> Self {
        *self
    }
}

impl fmt::Display for SizeGb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}GB", self.0)
    }
}

impl TryFrom<&str> for SizeGb {
    type Error = Problem;

    fn try_from(text: &str) -> Result<Self, Problem> {
        size_gb(text)?;
        Ok(Self(parse_gb(text).unwrap_or_default()))
    }
}

impl TryFrom<String> for SizeGb {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        Self::try_from(text.as_str())
    }
}

impl Serialize for SizeGb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for SizeGb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let gb = value.as_u64().or_else(|| parse_gb(value.as_str()?));
        gb.map(Self).ok_or_else(|| serde::de::Error::custom("a size like `50` or `50GB`"))
    }
}

impl JsonSchema for SizeGb {
    fn schema_name() -> Cow<'static, str> {
        "SizeGb".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "integer", "minimum": 10, "maximum": 65536},
            {"type": "string", "format": "size-gb", "examples": ["50GB"]}
        ]})
    }
}

fn parse_gb(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text.get(..digits)?.parse().ok()?;
    match text.get(digits..)?.trim().to_lowercase().as_str() {
        "" | "g" | "gb" | "gib" => Some(number),
        "t" | "tb" | "tib" => number.checked_mul(1024),
        _ => None,
    }
}

pub(super) fn size_gb(text: &str) -> Result<(), Problem> {
    match parse_gb(text) {
        Some(10..=65_536) => Ok(()),
        Some(gb) => {
            Err(refuse("bad-size", text, "a size of a disk", format!("{gb} GB is outside of 10 to 65536")))
        }
        None => {
            Err(refuse("bad-size", text, "a size of a disk", "write a number of GB: `50`, `50GB` or `1TB`"))
        }
    }
}

pub(super) fn date(text: &str) -> Result<(), Problem> {
    let right = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    if right { Ok(()) } else { Err(refuse("bad-date", text, "a day", "write it like `2026-12-31`")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_the_same_in_every_form() {
        for text in ["30d", "720h", "2592000s", "2592000", "29d 24h", "4 weeks 2 days"] {
            assert_eq!(parse_duration(text), Some(2_592_000), "{text}");
        }
        let parsed = Duration::try_from("1h 30m").unwrap();
        assert_eq!((parsed.seconds(), parsed.to_string().as_str()), (5_400, "5400s"));
        for text in ["", "d", "30x", "1.5h", "3 4", "99999999999999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_is_the_same_in_every_form() {
        for text in ["50", "50GB", "50 GiB", "50g"] {
            assert_eq!(parse_gb(text), Some(50), "{text}");
        }
        assert_eq!(parse_gb("1TB"), Some(1024));
        assert_eq!(SizeGb::try_from("50 GiB").unwrap().to_string(), "50GB");
        assert!(size_gb("5GB").is_err() && size_gb("50MB").is_err());
    }
}
