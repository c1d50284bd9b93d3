//! Shares of a machine: CPUs and memory of what runs without a machine of its own. A person writes `0.5` or `512Mi`; the API wants
//! thousandths and binary units, and answers either form.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::refuse;
use crate::spec::Problem;

/// CPUs: `1`, `2`, `0.5`, `500m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpu(u64);

/// Memory: `512Mi`, `2Gi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Memory(u64);

/// What a container of Cloud Run can have (<https://cloud.google.com/run/docs/configuring/services/cpu>).
const WHOLE: [u64; 5] = [1, 2, 4, 6, 8];
const LEAST_MILLI: u64 = 80;
const MIB: u64 = 1 << 20;
const LEAST_MEMORY: u64 = 128 * MIB;
const MOST_MEMORY: u64 = 32 * 1024 * MIB;
/// Units of memory, as Kubernetes writes them, and as people do.
const UNITS: [(&str, u64); 9] = [
    ("Ki", 1 << 10),
    ("Mi", MIB),
    ("Gi", 1 << 30),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("MiB", MIB),
    ("GiB", 1 << 30),
    ("", 1),
];

impl Cpu {
    /// Thousandths of a CPU.
    pub fn milli(self) -> u64 {
        self.0
    }

    /// As the API writes it: `1000m`.
    pub fn wire(self) -> String {
        format!("{}m", self.0)
    }

    /// As the API wrote it.
    pub fn read(text: &str) -> Option<Self> {
        parse_cpu(text).map(Self)
    }
}

impl Memory {
    /// The size in bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// A size of so many GiB.
    pub fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// As the API wrote it.
    pub fn read(text: &str) -> Option<Self> {
        parse_memory(text).map(Self)
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 1000 == 0 { write!(f, "{}", self.0 / 1000) } else { write!(f, "{}m", self.0) }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |size: &u64| self.0 % size == 0;
        let unit = [("Gi", 1 << 30), ("Mi", MIB), ("Ki", 1 << 10)].into_iter().find(|(_, size)| whole(size));
        let (unit, size) = unit.unwrap_or(("", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl Serialize for Cpu {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Memory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cpu {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("a number of CPUs like `1` or `500m`"))
    }
}

impl<'de> Deserialize<'de> for Memory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("a size like `512Mi`"))
    }
}

impl JsonSchema for Cpu {
    fn schema_name() -> Cow<'static, str> {
        "Cpu".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "number", "minimum": 0.08, "maximum": 8},
            {"type": "string", "format": "cpu", "examples": ["500m"]}
        ]})
    }
}

impl JsonSchema for Memory {
    fn schema_name() -> Cow<'static, str> {
        "Memory".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "memory", "examples": ["512Mi"]})
    }
}

/// Thousandths of `1`, `0.5`, `.08`, `500m`.
fn parse_cpu(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some(milli) = text.strip_suffix('m') {
        return digits(milli);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let part = part.trim_end_matches('0');
    if part.len() > 3 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { digits(whole)? };
    let part = digits(&format!("{part:0<3}"))?;
    whole.checked_mul(1000)?.checked_add(part)
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Bytes of `512Mi`, `1G`, `536870912`.
fn parse_memory(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = digits(text.get(..end).filter(|number| !number.is_empty())?)?;
    let unit = text.get(end..)?.trim();
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*size)
}

pub(super) fn cpu(text: &str) -> Result<(), Problem> {
    let Some(milli) = parse_cpu(text) else {
        return Err(refuse("bad-cpu", text, "a number of CPUs", "write `1`, `2`, `0.5` or `500m`"));
    };
    let fits = (LEAST_MILLI..1000).contains(&milli) || WHOLE.map(|whole| whole * 1000).contains(&milli);
    if fits {
        return Ok(());
    }
    Err(refuse(
        "bad-cpu",
        text,
        "a number of CPUs that Cloud Run has",
        "it has 1, 2, 4, 6 or 8, or a part of one from 0.08",
    ))
}

pub(super) fn memory(text: &str) -> Result<(), Problem> {
    match parse_memory(text) {
        Some(LEAST_MEMORY..=MOST_MEMORY) => Ok(()),
        Some(bytes) => {
            let problem = refuse(
                "bad-memory",
                text,
                "a size of memory that Cloud Run has",
                format!("{} is outside of 128Mi to 32Gi", Memory(bytes)),
            );
            // A number without its unit is a number of MiB nearly always.
            let meant = digits(text).filter(|number| (128..=32_768).contains(number));
            Err(match meant {
                Some(number) => problem.help(format!("write `{number}Mi`")).replace(format!("{number}Mi")),
                None => problem,
            })
        }
        None => Err(refuse("bad-memory", text, "a size of memory", "write `512Mi` or `2Gi`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_are_the_same_in_every_form() {
        for text in ["1", "1.0", "1000m"] {
            assert_eq!(Cpu::read(text).map(|cpu| cpu.to_string()).as_deref(), Some("1"), "{text}");
        }
        for text in ["0.5", ".5", "0.500", "500m"] {
            assert_eq!(Cpu::read(text).map(Cpu::wire).as_deref(), Some("500m"), "{text}");
        }
        for wrong in ["", ".", "m", "1,5", "-1", "0.0001"] {
            assert_eq!(Cpu::read(wrong), None, "{wrong}");
        }
        assert!(cpu("3").is_err() && cpu("0.01").is_err() && cpu("8").is_ok() && cpu("0.08").is_ok());
        let one: Cpu = serde_json::from_str("1").unwrap();
        assert_eq!(one.milli(), 1000);
    }

    #[test]
    fn memory_is_the_same_in_every_form() {
        for text in ["1Gi", "1024Mi", "1048576Ki", "1073741824", "1 GiB"] {
            assert_eq!(Memory::read(text), Some(Memory::gib(1)), "{text}");
            assert_eq!(Memory::gib(1).to_string(), "1Gi");
        }
        assert_eq!(Memory::read("512M").map(|m| m.to_string()).as_deref(), Some("500000Ki"));
        for wrong in ["", "Mi", "1.5Gi", "512MB "] {
            assert_eq!(Memory::read(wrong), None, "{wrong}");
        }
        let meant = memory("512").err().and_then(|problem| problem.replacement);
        assert_eq!(meant.as_deref(), Some("512Mi"));
        assert!(memory("64Mi").is_err() && memory("64Gi").is_err() && memory("2Gi").is_ok());
    }
}
