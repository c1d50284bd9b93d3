//! Patterns of a policy: names in which `*` stands for any text, after `!` what they forbid.
//! A pattern without `*` is a name, and is held to the rule of such names: a mistyped one would forbid everything.

use super::{Rule, access, compute, refuse, storage, text_format};
use crate::spec::{Problem, pattern};

text_format!(
    /// Types of machines: `e2-*`, `n1-standard-1`.
    MachineTypePattern, "machine-type-pattern", machine_type, "e2-*");
text_format!(
    /// Regions, zones and locations: `europe-*`, `eu`.
    PlacePattern, "place-pattern", place, "europe-*");
text_format!(
    /// Images: `debian-cloud/*`, `europe-docker.pkg.dev/my-project/*`.
    ImagePattern, "image-pattern", image, "debian-cloud/*");
text_format!(
    /// Roles: `roles/storage.*`, `!roles/owner`.
    RolePattern, "role-pattern", role, "!roles/owner");
text_format!(
    /// Domains of members, or members as they are written: `example.edu`, `allUsers`.
    MemberPattern, "member-pattern", member, "example.edu");

/// Whether a list of patterns allows a text: nothing forbids it, and something allows it. A list that only forbids allows the
/// rest; an empty one allows nothing.
pub fn allow<T: AsRef<str>>(patterns: &[T], is_meant: impl Fn(&str) -> bool) -> bool {
    let mut allows = patterns.iter().map(AsRef::as_ref).filter(|p| !p.starts_with('!')).peekable();
    let mut forbids = patterns.iter().filter_map(|p| p.as_ref().strip_prefix('!'));
    let only_forbids = allows.peek().is_none() && !patterns.is_empty();
    !forbids.any(&is_meant) && (only_forbids || allows.any(is_meant))
}

/// Whether a pattern matches a text, whatever the case of either.
pub fn matches(wanted: &str, text: &str) -> bool {
    pattern::matches(&wanted.to_lowercase(), &text.to_lowercase())
}

/// The rule of the names that a pattern without `*` is one of.
fn name(text: &str, rule: Rule) -> Result<(), Problem> {
    match text.strip_prefix('!').unwrap_or(text) {
        "" => Err(refuse("bad-pattern", text, "a pattern", "it stands for nothing")
            .help("write a name, in which `*` stands for any text")),
        pattern if pattern.contains('*') => Ok(()),
        name => rule(name),
    }
}

pub(super) fn machine_type(text: &str) -> Result<(), Problem> {
    name(text, compute::machine_type)
}

pub(super) fn place(text: &str) -> Result<(), Problem> {
    name(text, |name| compute::zone(name).or_else(|_| storage::location(name)))
}

pub(super) fn image(text: &str) -> Result<(), Problem> {
    name(text, |name| match name.split_once('/') {
        Some((owner, rest)) if !owner.is_empty() && !rest.is_empty() => Ok(()),
        _ => Err(refuse("bad-pattern", name, "an image", "it does not say whose it is").help(
            "write `debian-cloud/debian-12`, `debian-cloud/*` or `europe-docker.pkg.dev/my-project/*`",
        )),
    })
}

pub(super) fn role(text: &str) -> Result<(), Problem> {
    name(text, access::role)
}

pub(super) fn member(text: &str) -> Result<(), Problem> {
    name(text, |name| {
        if access::is_domain(name) || access::member(name).is_ok() {
            return Ok(());
        }
        let problem = refuse("bad-pattern", name, "a domain", "a domain looks like `example.edu`");
        let domain = name.rsplit('@').next().filter(|domain| *domain != name && access::is_domain(domain));
        Err(match domain {
            Some(domain) => problem.help(format!("write `{domain}`")).replace(domain),
            None => problem.help("write a domain, or a member as grants name it: `allUsers`"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forbidden_is_not_allowed_by_anything_else() {
        let allowed = |patterns: &[&str], text: &str| allow(patterns, |pattern| matches(pattern, text));
        assert!(allowed(&["e2-*"], "e2-small"));
        assert!(!allowed(&["e2-*"], "n2-standard-2"));
        assert!(!allowed(&["roles/*", "!roles/owner"], "roles/owner"));
        assert!(allowed(&["!roles/owner"], "roles/viewer"), "a list that only forbids");
        assert!(!allowed(&[], "anything"), "an empty list");
    }

    #[test]
    fn a_pattern_without_a_star_is_a_name() {
        assert!(machine_type("e2-*").is_ok() && machine_type("!n1-standard-1").is_ok());
        assert!(machine_type("e2 small").is_err() && role("owner").is_err() && image("debian-12").is_err());
        assert!(place("EU").is_ok() && place("europe-west1-b").is_ok() && place("Europe West").is_err());
        assert_eq!(member("user@x.edu").err().and_then(|p| p.replacement).as_deref(), Some("x.edu"));
        assert!(machine_type("!").is_err());
    }
}
