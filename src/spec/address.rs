//! Addresses: `Kind/name`, by which people and the inventory know a resource.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The address of a resource within its course.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// A text that is no address.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address: write `Kind/name`, as in `Bucket/my-bucket`")]
pub struct NoAddress(String);

impl Address {
    /// An address from its parts.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(Self::new(kind, name)),
            _ => Err(NoAddress(text.to_owned())),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_text_it_is_written_as() {
        let address: Address = "Bucket/a.b/c".parse().unwrap();
        assert_eq!(address, Address::new("Bucket", "a.b/c"));
        assert_eq!(serde_json::to_string(&address).unwrap(), "\"Bucket/a.b/c\"");
        assert_eq!(serde_json::from_str::<Address>("\"Bucket/a.b/c\"").unwrap(), address);
    }

    #[test]
    fn half_an_address_is_none() {
        for text in ["", "Bucket", "Bucket/", "/x"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
