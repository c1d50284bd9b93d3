//! The policy of a course: what its plans must not do, whatever its other documents say.
//! Data only; what a resource has that a rule may limit is the business of its kind.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::formats::{AllowRule, ImagePattern, MachineTypePattern, MemberPattern, PlacePattern, RolePattern};

/// What the plans of a course must not do. Each rule that is stated is held against what a plan makes or changes; a plan that breaks
/// one is refused, unless it is told `--override RULE`. In the lists of patterns `*` is any text, and an entry after `!` forbids
/// what the others allow: `["roles/*", "!roles/owner"]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Types that machines may have: `[e2-*, n1-standard-1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_types: Option<Vec<MachineTypePattern>>,
    /// Regions, zones and locations in which anything may be made: `[europe-*, eu]`. A region stands for its zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<PlacePattern>>,
    /// Images that machines may start from, as `PROJECT/FAMILY` or `PROJECT/NAME`, and images of containers:
    /// `[debian-cloud/*, europe-docker.pkg.dev/my-project/*]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<ImagePattern>>,
    /// Roles that may be granted: `["roles/*", "!roles/owner", "!roles/editor"]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<RolePattern>>,
    /// What firewall rules may let in from everywhere: `[tcp:22, tcp:8000-9000]`; `[]` is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_ports: Option<Vec<AllowRule>>,
    /// Domains of the people and groups that may be granted something (`example.edu`, `*.example.edu`), and other members as they are
    /// written (`allUsers`). Service accounts of the course's projects need not be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_domains: Option<Vec<MemberPattern>>,
    /// How many machines the course may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<u32>,
    /// How many GB the disks of its machines may have together. A disk whose size no spec states counts 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_gb: Option<u32>,
    /// How many resources one apply may delete or replace. `provost destroy` is asked for in as many words, and not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletions_per_apply: Option<u32>,
}

/// A rule of a policy, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// `machineTypes`.
    MachineTypes,
    /// `regions`.
    Regions,
    /// `images`.
    Images,
    /// `roles`.
    Roles,
    /// `openPorts`.
    OpenPorts,
    /// `memberDomains`.
    MemberDomains,
    /// `machines`.
    Machines,
    /// `diskGb`.
    DiskGb,
    /// `deletionsPerApply`.
    DeletionsPerApply,
}

impl Rule {
    /// All of them, in the order of the policy's fields.
    pub const ALL: [Self; 9] = [
        Self::MachineTypes,
        Self::Regions,
        Self::Images,
        Self::Roles,
        Self::OpenPorts,
        Self::MemberDomains,
        Self::Machines,
        Self::DiskGb,
        Self::DeletionsPerApply,
    ];

    /// Its name: the field, in kebab-case. What findings are called, and what `--override` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MachineTypes => "machine-types",
            Self::Regions => "regions",
            Self::Images => "images",
            Self::Roles => "roles",
            Self::OpenPorts => "open-ports",
            Self::MemberDomains => "member-domains",
            Self::Machines => "machines",
            Self::DiskGb => "disk-gb",
            Self::DeletionsPerApply => "deletions-per-apply",
        }
    }

    /// The rule of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Policy {
    /// Whether any rule is stated.
    pub fn is_stated(&self) -> bool {
        *self != Self::default()
    }
}
