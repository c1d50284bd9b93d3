//! Formats: texts with rules, each a type of its own. The rules are the APIs' own; each says why and how to mend it.
//! Pure. One file per family; the list at the end of this one is how the shape check finds a rule by name.

mod access;
mod compute;
mod containers;
mod federation;
mod guess;
mod names;
mod network;
pub mod patterns;
mod quantities;
mod secrets;
mod shares;
mod storage;
mod times;

pub use access::{Email, KeepPattern, Member, Role, Scope, ServiceName, VmAccount};
pub use compute::{AcceleratorType, ApiRef, DiskType, Hostname, MachineType, MetadataKey, Region, Zone};
pub use containers::{ContainerImage, ContainerName, EnvName, PortMapping, VolumeMount};
pub use federation::{GithubRepository, PoolId};
pub use names::{
    AccountId, CourseName, LabelKey, LabelValue, NetworkTag, ProjectId, RegistryId, ResourceName, ServiceId,
    SpecName,
};
pub use network::{AllowRule, Cidr, IpAddress};
pub use patterns::{ImagePattern, MachineTypePattern, MemberPattern, PlacePattern, RolePattern};
pub use quantities::{Date, Duration, SizeGb};
pub use secrets::{LATEST, SecretName, SecretVersion};
pub use shares::{Cpu, Memory};
pub use storage::{BucketName, Location, StorageClass};
pub use times::{DateTime, End, Expires};

use super::diagnostic::Problem;
use super::reference::{self, Reference};

/// Makes a type of texts that keep a rule. `from_trusted` is for what an API wrote or we made ourselves.
macro_rules! text_format {
    ($(#[$meta:meta])* $name:ident, $format:literal, $check:path, $example:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A text that is not checked: written by an API, or made here.
            pub fn from_trusted(text: impl Into<String>) -> Self {
                Self(text.into())
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::spec::Problem;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                $check(&text).map(|()| Self(text))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::spec::Problem;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::try_from(text.to_owned())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            /// Live values pass through here as well: what an API wrote is taken as it is, and specs are checked by shape before.
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "format": $format, "examples": [$example]})
            }
        }
    };
}
use text_format;

/// A rule over a text.
type Rule = fn(&str) -> Result<(), Problem>;

/// Every rule by the name that schemas give it.
const RULES: &[(&str, Rule)] = &[
    ("resource-name", names::resource_name),
    ("spec-name", names::spec_name),
    ("course-name", names::course_name),
    ("registry-id", names::registry_id),
    ("account-id", names::account_id),
    ("service-id", names::service_id),
    ("project-id", names::project_id),
    ("label-key", names::label_key),
    ("label-value", names::label_value),
    ("network-tag", names::network_tag),
    ("bucket-name", storage::bucket_name),
    ("location", storage::location),
    ("storage-class", storage::storage_class),
    ("cidr", network::cidr),
    ("ip-address", network::ip_address),
    ("traffic", network::traffic),
    ("role", access::role),
    ("member", access::member),
    ("email", access::email),
    ("keep-pattern", access::keep_pattern),
    ("service-name", access::service_name),
    ("oauth-scope", access::oauth_scope),
    ("vm-account", access::vm_account),
    ("pool-id", federation::pool_id),
    ("github-repository", federation::github_repository),
    ("region", compute::region),
    ("zone", compute::zone),
    ("machine-type", compute::machine_type),
    ("disk-type", compute::disk_type),
    ("accelerator-type", compute::accelerator_type),
    ("api-ref", compute::api_ref),
    ("metadata-key", compute::metadata_key),
    ("hostname", compute::hostname),
    ("container-image", containers::image),
    ("container-name", containers::container_name),
    ("env-name", containers::env_name),
    ("port-mapping", containers::port_mapping),
    ("volume-mount", containers::volume_mount),
    ("secret-id", secrets::secret_id),
    ("secret-name", secrets::secret_name),
    ("secret-version", secrets::secret_version),
    ("duration", quantities::duration),
    ("size-gb", quantities::size_gb),
    ("cpu", shares::cpu),
    ("memory", shares::memory),
    ("date", quantities::date),
    ("date-time", times::date_time),
    ("expires", times::expires),
    ("machine-type-pattern", patterns::machine_type),
    ("place-pattern", patterns::place),
    ("image-pattern", patterns::image),
    ("role-pattern", patterns::role),
    ("member-pattern", patterns::member),
];

/// The names of all formats that have a rule.
pub fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// Checks a text by the name of its format; None for a format that has no rule here.
pub fn check(format: &str, text: &str) -> Option<Result<(), Problem>> {
    let (_, rule) = RULES.iter().find(|(name, _)| *name == format)?;
    if let Some(reference) = reference::all(text).into_iter().next() {
        return Some(later(format, text, &reference));
    }
    Some(rule(text).map_err(|problem| mend(format, text, problem, *rule)))
}

/// What is known after an apply only: where it may stand the API checks it, and anything else must be known before.
fn later(format: &str, text: &str, reference: &Reference) -> Result<(), Problem> {
    if LATER.iter().any(|(known, begins)| *known == format && text.starts_with(begins)) {
        return Ok(());
    }
    let message = format!("`{reference}` is known after apply, and this must be known before");
    let help = "such a value can stand in texts (environment, metadata, scripts, descriptions), in address ranges and in members from outside (`principalSet:…`)";
    Err(Problem::new("reference-too-early", message).help(help))
}

/// Formats that a value fits which is known later, and what the text begins with then: an address of a machine; a member from
/// outside, whose pool is named by the number of its project.
const LATER: [(&str, &str); 2] = [("cidr", ""), ("member", "principal")];

/// The problem with what was evidently meant. A fix that breaks the same rule again is none.
fn mend(format: &str, text: &str, problem: Problem, rule: Rule) -> Problem {
    let accepts = |text: &str| rule(text).is_ok();
    match (guess::fix(format, text, accepts), &problem.replacement) {
        (Some(meant), fix) if fix.as_ref() != Some(&meant) => {
            problem.help(format!("write `{meant}`")).replace(meant)
        }
        (None, Some(fix)) if !accepts(fix) => Problem { help: None, replacement: None, ..problem },
        _ => problem,
    }
}

/// A refusal with its reason.
fn refuse(code: &'static str, text: &str, what: &str, why: impl Into<String>) -> Problem {
    let shown = if text.is_empty() { "an empty text".to_owned() } else { format!("`{text}`") };
    Problem::new(code, format!("{shown} is not {what}")).label(why)
}
