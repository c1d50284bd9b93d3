//! What of a resource the policy of its course may limit, and what the policy says to it.
//! Pure. Each kind lists what it has in `Resource::governed`; which plan breaks a rule is the business of `plan`.

use super::lint::Lint;
use crate::spec::formats::patterns::{allow, matches};
use crate::spec::formats::{AllowRule, Member};
use crate::spec::policy::{Policy, Rule};
use crate::spec::{Pointer, Problem};

/// Something that a policy may limit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Governed {
    /// A machine of this type.
    MachineType(String),
    /// Something in this zone, region or location.
    Place(String),
    /// A boot image as `PROJECT/NAME`, or an image of a container.
    Image(String),
    /// A role that is granted.
    Role(String),
    /// What the whole world is let in by.
    OpenPort(AllowRule),
    /// Somebody who is granted something.
    Member(Member),
    /// One machine.
    Machine,
    /// A disk of so many GB.
    DiskGb(u64),
}

/// Where in a spec it stands, and what it is.
pub type Governs = (Pointer, Governed);

/// Every entry of a list that stands in a field.
pub fn each<T>(field: &str, list: &[T], governed: impl Fn(&T) -> Governed) -> Vec<Governs> {
    let at = |i: usize| Pointer::from(field).child(i.to_string());
    list.iter().enumerate().map(|(i, one)| (at(i), governed(one))).collect()
}

/// A rule that does not allow something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// What it does not allow, in words.
    pub what: String,
    /// What it allows, as it is written.
    pub allowed: String,
}

/// What a policy says to one thing by itself; totals are counted over a plan. `project` is the one that the resource is in.
pub fn breach(policy: &Policy, governed: &Governed, project: &str) -> Option<Breach> {
    match governed {
        Governed::MachineType(name) => {
            let list = policy.machine_types.as_deref()?;
            refused(list, name, Rule::MachineTypes, format!("the machine type {name}"))
        }
        Governed::Place(place) => {
            let list = policy.regions.as_deref()?;
            let here = |pattern: &str| matches(pattern, place) || matches(pattern, region_of(place));
            (!allow(list, here)).then(|| said(Rule::Regions, format!("the place {place}"), list))
        }
        Governed::Image(image) => {
            refused(policy.images.as_deref()?, image, Rule::Images, format!("the image {image}"))
        }
        Governed::Role(role) => {
            refused(policy.roles.as_deref()?, role, Rule::Roles, format!("granting {role}"))
        }
        Governed::OpenPort(opened) => {
            let list = policy.open_ports.as_deref()?;
            let what = || format!("opening {opened} to the whole world");
            (!covered(opened, list)).then(|| said(Rule::OpenPorts, what(), list))
        }
        Governed::Member(member) => {
            let list = policy.member_domains.as_deref()?;
            let known = is_of(member.as_str(), project);
            let fits = |pattern: &str| is_meant(pattern, member.as_str());
            let what = || format!("granting something to {member}");
            (!known && !allow(list, fits)).then(|| said(Rule::MemberDomains, what(), list))
        }
        Governed::Machine | Governed::DiskGb(_) => None,
    }
}

/// The same of a spec as it is written, as warnings at their places: the plan refuses.
pub fn warnings(policy: &Policy, governs: &[Governs], project: &str) -> Vec<Lint> {
    let told = |(at, governed): &Governs| {
        let Breach { rule, what, allowed } = breach(policy, governed, project)?;
        let problem = Problem::new(rule.name(), format!("the policy of the course does not allow {what}"))
            .label(format!("allowed: {allowed}"))
            .help(format!("change it, or `policy:` of the Course; `--override {rule}` applies it this once"));
        Some(Lint::new(at.clone(), problem))
    };
    governs.iter().filter_map(told).collect()
}

fn refused<T: AsRef<str>>(list: &[T], text: &str, rule: Rule, what: String) -> Option<Breach> {
    (!allow(list, |pattern| matches(pattern, text))).then(|| said(rule, what, list))
}

fn said<T: AsRef<str>>(rule: Rule, what: String, list: &[T]) -> Breach {
    let allowed: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
    Breach { rule, what, allowed }
}

/// The region of a zone: `europe-west1` of `europe-west1-b`. Other places are themselves.
fn region_of(place: &str) -> &str {
    match place.rsplit_once('-') {
        Some((region, zone)) if zone.len() == 1 && region.contains('-') => region,
        _ => place,
    }
}

/// Whether a domain or member that a policy names means this one.
fn is_meant(pattern: &str, member: &str) -> bool {
    let rest = member.split_once(':').map_or(member, |(_, rest)| rest);
    let domain = rest.rsplit('@').next().unwrap_or(rest);
    matches(pattern, domain) || matches(pattern, member)
}

/// Accounts that only the project's own people can act as, and its convenience groups.
fn is_of(member: &str, project: &str) -> bool {
    let account = member.strip_prefix("serviceAccount:").unwrap_or_default();
    let domain = account.split_once('@').map_or("", |(_, domain)| domain);
    // Google's own agents and the default accounts, whose numbers are not the business of a spec.
    let google = matches!(domain, "developer.gserviceaccount.com" | "cloudservices.gserviceaccount.com")
        || domain.starts_with("gcp-sa-");
    let own = |text: &str| {
        ["projectOwner:", "projectEditor:", "projectViewer:"].iter().any(|p| text.starts_with(p))
    };
    google || domain == format!("{project}.iam.gserviceaccount.com") || own(member)
}

/// Whether all that a rule opens is within what one of the allowed opens.
fn covered(opened: &AllowRule, allowed: &[AllowRule]) -> bool {
    let (protocol, ports) = opened.parts();
    let within = |ports: &[String], wide: &AllowRule| {
        let (other, wide) = wide.parts();
        other == "all" || (other == protocol && (wide.is_empty() || covers(ports, &wide)))
    };
    match ports.as_slice() {
        [] => allowed.iter().any(|wide| within(&[], wide)),
        ports => ports.iter().all(|port| allowed.iter().any(|wide| within(std::slice::from_ref(port), wide))),
    }
}

/// Whether ranges of ports are within others. No ports are all of them.
fn covers(ports: &[String], wide: &[String]) -> bool {
    let range = |text: &String| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        from.parse::<u16>().ok().zip(to.parse::<u16>().ok())
    };
    let inside = |(from, to): (u16, u16)| {
        wide.iter().filter_map(range).any(|(first, last)| first <= from && to <= last)
    };
    !ports.is_empty() && ports.iter().all(|port| range(port).is_some_and(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        serde_json::from_str(text).unwrap()
    }

    fn ruled(policy: &Policy, governed: &Governed) -> Option<&'static str> {
        breach(policy, governed, "p").map(|breach| breach.rule.name())
    }

    #[test]
    fn a_region_stands_for_its_zones_and_a_multi_region_is_named() {
        let policy = policy(r#"{"regions": ["europe-west1", "eu"]}"#);
        let place = |place: &str| ruled(&policy, &Governed::Place(place.to_owned()));
        assert_eq!(place("europe-west1-b"), None);
        assert_eq!(place("EUROPE-WEST1"), None);
        assert_eq!(place("EU"), None);
        assert_eq!(place("europe-west9-a"), Some("regions"));
        assert_eq!(place("US"), Some("regions"));
    }

    #[test]
    fn what_is_opened_must_be_within_what_is_allowed() {
        let policy = policy(r#"{"openPorts": ["tcp:22", "tcp:8000-9000", "icmp"]}"#);
        let open = |text: &str| ruled(&policy, &Governed::OpenPort(AllowRule::from_trusted(text)));
        for fine in ["tcp:22", "tcp:8501", "tcp:8501,22", "tcp:8000-8100", "icmp"] {
            assert_eq!(open(fine), None, "{fine}");
        }
        for refused in ["tcp", "all", "udp:22", "tcp:7999-8001", "tcp:22,23", "tcp:0-65535"] {
            assert_eq!(open(refused), Some("open-ports"), "{refused}");
        }
    }

    #[test]
    fn members_are_known_by_domain_by_name_or_as_accounts_of_the_project() {
        let policy = policy(
            r#"{"memberDomains": ["example.edu", "allUsers", "robot@other.iam.gserviceaccount.com"]}"#,
        );
        let member = |text: &str| ruled(&policy, &Governed::Member(Member::from_trusted(text)));
        let fine = [
            "user:a@Example.edu",
            "domain:example.edu",
            "allUsers",
            "serviceAccount:robot@p.iam.gserviceaccount.com",
            "serviceAccount:12-compute@developer.gserviceaccount.com",
        ];
        for fine in fine {
            assert_eq!(member(fine), None, "{fine}");
        }
        let refused = [
            "user:a@gmail.com",
            "user:a@student.example.edu",
            "allAuthenticatedUsers",
            "serviceAccount:robot@q.iam.gserviceaccount.com",
            "principalSet://iam.googleapis.com/x/*",
        ];
        for refused in refused {
            assert_eq!(member(refused), Some("member-domains"), "{refused}");
        }
    }

    #[test]
    fn a_rule_that_is_not_stated_allows_everything() {
        assert_eq!(ruled(&Policy::default(), &Governed::Role("roles/owner".to_owned())), None);
    }
}
