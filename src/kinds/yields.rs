//! What a resource yields to others: the table of a kind, and where each result is found in a live resource.
//! Pure. Which specs name them is the business of `references`.

use serde_json::Value;

use super::wire;

/// One thing that resources of a kind yield.
#[derive(Clone, Copy, Debug)]
pub struct Yield {
    /// Its name in `ref("Kind/name").NAME`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// When it is known.
    pub known: Known,
    /// Spec paths whose change gives it another value.
    pub moved_by: &'static [&'static str],
}

/// When a result is known, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It follows from the spec.
    Declared,
    /// Once the resource exists: a JSON pointer into its wire document. Of a reference to another resource (`https://…/projects/…`) the
    /// last segment counts.
    Live(&'static str),
    /// The same, and another one after the machine was stopped.
    Running(&'static str),
}

/// The field by which a spec says whether a machine runs.
pub const POWER: &str = "desiredStatus";

/// Shorthand for a row of a kind's table.
pub const fn yields(name: &'static str, about: &'static str, known: Known) -> Yield {
    Yield { name, about, known, moved_by: &[] }
}

impl Known {
    /// Where it stands in the wire document.
    pub fn pointer(self) -> Option<&'static str> {
        match self {
            Self::Declared => None,
            Self::Live(at) | Self::Running(at) => Some(at),
        }
    }
}

/// The result at a place in a wire document: of an address of another resource, as Compute writes it, its last segment.
pub fn read(document: &Value, pointer: &str) -> Option<String> {
    let text = wire::text(document, pointer)?;
    // A reference to another resource counts by its name, an address of the world by all of it.
    let value = if text.contains("/projects/") { wire::last(&text) } else { text.as_str() };
    Some(value.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_reference_the_last_segment_counts_and_of_names_and_addresses_the_whole() {
        let zone = "https://www.googleapis.com/compute/v1/projects/p/zones/europe-west1-b";
        let name = "projects/1/locations/global/pools/x";
        let document = json!({"zone": zone, "name": name, "uri": "https://api-1.run.app", "none": ""});
        assert_eq!(read(&document, "/zone").as_deref(), Some("europe-west1-b"));
        assert_eq!(read(&document, "/name").as_deref(), Some(name));
        assert_eq!(read(&document, "/uri").as_deref(), Some("https://api-1.run.app"));
        assert_eq!(read(&document, "/none"), None);
    }
}
