//! `Course`: what every spec of a folder shares.
//! Data and its rules; nothing here knows a kind.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::formats::{CourseName, KeepPattern, LabelKey, LabelValue, ProjectId, Region, Zone};
use super::session::Session;
use super::{Policy, Spread};

/// The course that a folder describes: one per folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Course {
    /// Name of the course, written as owner on every resource: lower-case letters, digits, `-` and `_`.
    pub name: CourseName,
    /// Id of the Google Cloud project that holds the course: not its name, and not its number.
    pub project: ProjectId,
    /// Region for what has a region and does not say which: `europe-west1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Zones for machines that do not say theirs, in order of preference: `[europe-west1-b, europe-west1-c]`. Where one has no
    /// room, a machine is made in the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<Zone>,
    /// Over how many of these zones machines are shared: `true` for all, `2` for the first two. Default: `false`, the first one that
    /// has room. A machine that exists stays where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
    /// Labels for everything of the course that has labels: `{ course: be-cloud }`. They show in the bill.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "label-key" }))]
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Who is in the class: the CSV file of the course folder that holds it, whose first row names the columns, or the rows
    /// themselves. Specs name it as `roster`, above all in `forEach: { student: roster }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roster: Option<RosterSource>,
    /// YAML files, or folders of them, whose documents belong to the course as well: `[../common/rules.yaml]`. Named from the
    /// course folder on, and so are the files that their documents name (`file:`, `from:`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<IncludePath>,
    /// When the course begins and ends. With it, machines and people's access end by themselves unless they say `expires: never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// Values of your own, which specs name as `{{ vars.x }}`: texts, numbers, lists or mappings.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub vars: serde_json::Map<String, Value>,
    /// Where the inventory is kept: `gs://BUCKET/PATH.json` or a file. Default: `gs://PROJECT-provost/NAME/inventory.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub inventory: Option<String>,
    /// What `provost sweep` never touches: `Kind/name`, in which `*` stands for any text (`Vm/demo-*`, `Bucket/*-archive`), or a
    /// member whose access stays (`user:prof@example.edu`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<KeepPattern>,
    /// Guardrails: what no plan of the course may do without being told `--override RULE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// A file or folder that is included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct IncludePath(
    #[schemars(length(min = 1), extend("examples" = ["../common/rules.yaml"]))] pub String,
);

/// Where the roster is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RosterSource {
    /// A CSV file of the course folder: a sheet's export, with commas, semicolons or tabs.
    File(#[schemars(length(min = 1), extend("examples" = ["roster.csv"]))] String),
    /// The rows: `[{ login: ann, email: ann@example.edu, team: owl }]`.
    Rows(Vec<serde_json::Map<String, Value>>),
}

/// Where an inventory is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InventoryPlace {
    /// An object of a bucket.
    Object {
        /// The bucket.
        bucket: String,
        /// The object's name.
        object: String,
    },
    /// A file, relative to the course folder unless absolute.
    File(String),
}

impl Course {
    /// Where the inventory of the course is kept.
    pub fn inventory_place(&self) -> InventoryPlace {
        let default = || format!("gs://{}-provost/{}/inventory.json", self.project, self.name);
        let place = self.inventory.clone().unwrap_or_else(default);
        match place.strip_prefix("gs://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, object)) => {
                InventoryPlace::Object { bucket: bucket.to_owned(), object: object.to_owned() }
            }
            None => InventoryPlace::File(place),
        }
    }
}
