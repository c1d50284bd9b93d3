//! Saved plans: a plan as a document that a later run carries out, or refuses because something moved. In reading order: the
//! document (here), `make` writes it, `seen` says what the plan was made from, `pins` names images instead of their families,
//! `moved` holds a saved plan against the same one made anew.
//! Pure: reading and writing the file is the business of `cli`.

mod make;
mod moved;
pub mod pins;
mod schema;
mod seen;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use make::{Made, make};
pub use moved::moved;
pub use pins::Pins;
pub use schema::schema;

use crate::gcp::Call;
use crate::plan::Weight;
use crate::spec::Address;

/// What a saved plan calls itself.
pub const FORMAT: &str = "provost-plan";
/// The version of the document that this program writes and reads.
pub const VERSION: u32 = 1;

/// A plan as `provost plan --out FILE` writes it and `provost apply FILE` carries it out. It holds no secrets: digests stand in
/// their place. Members are added within a version, never renamed; another version is another number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    /// What this document is: always `provost-plan`.
    pub format: String,
    /// The version of the document's form.
    pub version: u32,
    /// The program that made the plan, with its version.
    pub tool: String,
    /// When the plan was made.
    #[schemars(with = "String")]
    pub made: Timestamp,
    /// Name of the course.
    pub course: String,
    /// Id of the course's project.
    pub project: String,
    /// The commit that the course folder was at, where it is in a git work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// How the course is loaded again.
    pub source: Source,
    /// What was asked for besides the specs.
    pub intent: Wish,
    /// Whether something in the report forbids applying it.
    pub refused: bool,
    /// How many resources each action concerns.
    pub summary: BTreeMap<String, usize>,
    /// Every resource with its action, its reason and its fields that differ, as `provost plan --format json` writes them.
    pub changes: Vec<Value>,
    /// What was worth knowing, and what was held back and why.
    pub report: Vec<Remark>,
    /// The image that each family of images stood for: machines are made from exactly this one.
    pub pins: Pins,
    /// What the plan was made from. Where any of it is not so any more, the plan is refused.
    pub basis: Basis,
    /// The work, in an order that respects every edge.
    pub steps: Vec<SavedStep>,
}

/// How a course was named on the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The course folder as it was typed, relative to where the program ran.
    pub folder: String,
    /// The environment that was laid over the course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Values of the command line for the course's `vars`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vars: Vec<String>,
    /// The file of the sandbox that the plan was made in, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
}

/// What a plan was to do besides following the specs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Wish {
    /// Everything that the course owns goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroy: bool,
    /// Unmarked resources that are taken over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub adopt: Vec<Address>,
    /// Whether everything that is declared and unmarked is taken over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopt_all: bool,
    /// Resources that are left in place and managed no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub release: Vec<Address>,
    /// Rules of the policy that are put aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
}

/// A line of the plan's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    /// How grave it is.
    pub severity: Weight,
    /// Its stable name.
    pub code: String,
    /// The resource that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub address: Option<Address>,
    /// What is the matter.
    pub message: String,
    /// What to do or to type about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// What a plan was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// What goes into the digests of secrets, so that those of two plans cannot be compared.
    pub salt: String,
    /// The SHA-256 of every file that the course was loaded from, by its path.
    pub spec: BTreeMap<String, String>,
    /// A digest of what the inventory said of each resource, by its address.
    #[schemars(with = "BTreeMap<String, String>")]
    pub inventory: BTreeMap<Address, String>,
    /// What was live of each resource of the plan.
    pub seen: Vec<Seen>,
}

/// What was live of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Its address, as `Kind/name`.
    #[schemars(with = "String")]
    pub address: Address,
    /// The project it is in, if that is not the course's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Whether it goes: then everything of it counts, and otherwise what its spec states.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes: bool,
    /// Its live values that count, in the shape of the spec. Null where it did not exist.
    pub live: Value,
}

/// A unit of work: calls that run in order, after other steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedStep {
    /// Its number in the plan.
    pub id: usize,
    /// What it does to which resources, as the progress line says it.
    pub title: String,
    /// The resources that it is for.
    #[schemars(with = "Vec<String>")]
    pub addresses: Vec<Address>,
    /// The numbers of the steps that must have succeeded before.
    pub after: Vec<usize>,
    /// The work: requests with how their end is known, guards over what the plan saw, and edits of what is read first.
    pub calls: Vec<Call>,
}

/// A file that holds no plan that this program can carry out.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is some other JSON, or none.
    #[error("it is no saved plan; `provost plan FOLDER --out FILE` writes one")]
    Foreign,
    /// Its form is of another version.
    #[error(
        "it is a saved plan of version {found}, and this program knows version {VERSION}; plan again with this one"
    )]
    Version {
        /// The version that it says.
        found: u64,
    },
    /// It calls itself a saved plan and is none.
    #[error("it is damaged; plan again")]
    Damaged(#[from] serde_json::Error),
    /// It was changed by hand, to have machines made from somebody's image.
    #[error("it pins the family {family} to {image}, which is no image of that project; plan again")]
    Pin {
        /// The family.
        family: String,
        /// What it is pinned to.
        image: String,
    },
}

impl SavedPlan {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let document: Value = serde_json::from_str(text).map_err(|_| Unreadable::Foreign)?;
        if document.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(Unreadable::Foreign);
        }
        let found = document.get("version").and_then(Value::as_u64).unwrap_or_default();
        if found != u64::from(VERSION) {
            return Err(Unreadable::Version { found });
        }
        let saved: Self = serde_json::from_value(document)?;
        match pins::forged(&saved.pins) {
            Some((family, image)) => {
                Err(Unreadable::Pin { family: family.to_owned(), image: image.to_owned() })
            }
            None => Ok(saved),
        }
    }

    /// The text of its file.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_saved_plan_says_why() {
        let told = |text: &str| SavedPlan::parse(text).unwrap_err().to_string();
        for text in ["", "{", "[]", "{}", r#"{"format": "other"}"#] {
            assert!(told(text).starts_with("it is no saved plan"), "{text}");
        }
        let newer = r#"{"format": "provost-plan", "version": 2}"#;
        assert!(told(newer).contains("of version 2, and this program knows version 1"));
        assert_eq!(told(r#"{"format": "provost-plan", "version": 1}"#), "it is damaged; plan again");
    }
}
