//! The policies of a project as grants: one for each member with its roles, named after who it is; what the inventory knows keeps
//! its name. What is Google's own, or no spec may say, stays apart with its reason.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::contract::{Ask, Observed, Resource};
use super::grant_target::Target;
use super::iam_grant::{FACET, GrantCondition, IamGrant, key};
use super::import::GOOGLES_OWN;
use super::reads::Reads;
use super::{Bucket, Registry, Scope, ServiceAccount, Vm, wire};
use crate::gcp::Read;
use crate::gcp::policy::{self, Condition, Tuple};

/// Reads the policy of the project and of everything in it that has one. There is no list of policies.
pub(super) fn reads(asks: &[Ask<IamGrant>], reads: &Reads, scope: &Scope) -> Vec<Read> {
    let mut wanted = Bucket::import_reads(&[], reads, scope);
    wanted.extend(Registry::import_reads(&[], reads, scope));
    wanted.extend(ServiceAccount::import_reads(&[], reads, scope));
    wanted.extend(Vm::collections(scope));
    wanted.extend(asks.iter().flat_map(|ask| IamGrant::reads(ask, scope)));
    wanted.extend(targets(reads, scope).iter().flat_map(|target| target.reads(scope)));
    wanted
}

/// What a policy can be on, as far as it was read.
fn targets(reads: &Reads, scope: &Scope) -> Vec<Target> {
    fn paths<T: Resource>(reads: &Reads, scope: &Scope) -> Vec<String> {
        T::imports(&[], reads, scope).into_iter().map(|(_, live)| live.resource).collect()
    }
    let machines = Vm::observe(&[], reads, scope).others.into_iter().map(|(_, live)| live.resource);
    let mut all = paths::<Bucket>(reads, scope);
    all.extend(paths::<Registry>(reads, scope));
    all.extend(paths::<ServiceAccount>(reads, scope));
    all.extend(machines);
    let named = all.iter().filter_map(|path| Target::at(path, scope)).map(|target| target.near(scope));
    std::iter::once(Target::project()).chain(named).collect()
}

/// Grants with the same key are one grant of an import: why there is no spec of them, what they are on, when, and whose.
/// Those that can be imported come first, and get the best names.
type Group = (Option<String>, Target, Option<Condition>, String);

/// Every grant of the project.
pub(super) fn grants(
    asks: &[Ask<IamGrant>],
    reads: &Reads,
    scope: &Scope,
) -> Vec<(String, Observed<IamGrant>)> {
    let mut all = known(asks, reads, scope);
    let ours: BTreeSet<(String, String)> = asks
        .iter()
        .flat_map(|ask| {
            ask.owned.keys(FACET).map(|key| (ask.resource.clone().unwrap_or_default(), key.to_owned()))
        })
        .collect();
    let mut groups: BTreeMap<Group, BTreeSet<Tuple>> = BTreeMap::new();
    for target in targets(reads, scope) {
        let bindings = target.policy(reads, scope).map(policy::bindings).unwrap_or_default();
        for ((role, condition), members) in bindings {
            for member in members {
                let tuple =
                    Tuple { role: role.clone(), member: member.clone(), condition: condition.clone() };
                if !ours.contains(&(target.path(scope), key(&tuple))) {
                    let group = (why_not(&tuple, &target), target.clone(), condition.clone(), member);
                    groups.entry(group).or_default().insert(tuple);
                }
            }
        }
    }
    let mut names: BTreeSet<String> = all.iter().map(|(name, _)| name.clone()).collect();
    all.extend(groups.into_iter().filter_map(|((_, on, condition, member), tuples)| {
        let name = unused(&name(&on, condition.as_ref(), &member), &mut names);
        let spec = IamGrant::of(&name, on, &tuples, condition.clone().map(GrantCondition::from))?;
        Some((name, Observed::new(spec.resource(scope), spec, serde_json::Value::Null, None)))
    }));
    all
}

fn known(asks: &[Ask<IamGrant>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<IamGrant>)> {
    let found = IamGrant::observe(asks, reads, scope).found;
    let known = asks.iter().zip(found).filter_map(|(ask, live)| Some((ask.name.clone(), live?)));
    let near = |(name, mut live): (String, Observed<IamGrant>)| {
        live.spec.on = live.spec.on.clone().near(scope);
        (name, live)
    };
    known.map(near).collect()
}

/// Why no spec says a grant.
pub(super) fn why_not(tuple: &Tuple, on: &Target) -> Option<String> {
    let Tuple { role, member, .. } = tuple;
    let account = member.strip_prefix("serviceAccount:").unwrap_or_default();
    let default_account = account.ends_with("-compute@developer.gserviceaccount.com")
        || account.ends_with("@appspot.gserviceaccount.com");
    let by_project = ["projectOwner:", "projectEditor:", "projectViewer:"];
    if policy::is_service_agent(role, member)
        || (default_account && role == "roles/editor")
        || by_project.iter().any(|kind| member.starts_with(kind))
    {
        Some(GOOGLES_OWN.to_owned())
    } else if member.starts_with("deleted:") {
        Some("who had it is deleted".to_owned())
    } else if role == "roles/owner" && *on == Target::project() {
        Some("owners are invited in the console, and no course takes them away".to_owned())
    } else if role.starts_with("roles/storage.legacy") {
        Some("it mirrors an access list of the bucket".to_owned())
    } else {
        None
    }
}

/// A name that says who has it, and where if it is not the project.
fn name(on: &Target, condition: Option<&Condition>, member: &str) -> String {
    let member = plain(member_name(member));
    let place = on.resource_name().map(|name| format!("-on-{}", plain(name))).unwrap_or_default();
    let when = condition.map(|c| format!("-{}", plain(&c.title))).unwrap_or_default();
    format!("{member}{place}{when}").chars().take(120).collect()
}

fn member_name(member: &str) -> &str {
    match member {
        "allUsers" => "everybody",
        "allAuthenticatedUsers" => "everybody-with-an-account",
        _ if member.starts_with("principal") => wire::last(member),
        _ => {
            let address = member.split_once(':').map_or(member, |(_, address)| address);
            address.split('@').next().unwrap_or(address)
        }
    }
}

/// Only what a name of a grant may hold.
fn plain(text: &str) -> String {
    let kept = text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' });
    kept.collect::<String>().trim_matches('-').to_owned()
}

fn unused(wanted: &str, names: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|n| format!("{wanted}-{n}"));
    let free = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !names.contains(name));
    let free = free.unwrap_or_else(|| wanted.to_owned());
    names.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(role: &str, member: &str) -> Option<String> {
        why_not(&Tuple { role: role.into(), member: member.into(), condition: None }, &Target::project())
    }

    #[test]
    fn what_google_grants_itself_is_no_grant_of_a_course() {
        let google = Some(GOOGLES_OWN.to_owned());
        assert_eq!(why("roles/editor", "serviceAccount:1-compute@developer.gserviceaccount.com"), google);
        assert_eq!(
            why("roles/run.serviceAgent", "serviceAccount:service-1@x.iam.gserviceaccount.com"),
            google
        );
        assert_eq!(why("roles/run.admin", "serviceAccount:1-compute@developer.gserviceaccount.com"), None);
        assert!(why("roles/owner", "user:a@x.edu").is_some());
        assert_eq!(why("roles/editor", "user:a@x.edu"), None);
    }

    #[test]
    fn a_grant_is_named_after_who_has_it() {
        let of = |member: &str| name(&Target::project(), None, member);
        assert_eq!(of("user:alice.martin@student.example.edu"), "alice.martin");
        assert_eq!(of("allUsers"), "everybody");
        assert_eq!(of("domain:school.edu"), "school.edu");
        assert_eq!(
            of(
                "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/attribute.repository/my/app"
            ),
            "app"
        );
    }

    #[test]
    fn two_of_one_name_are_told_apart() {
        let mut names = BTreeSet::new();
        let all = ["ana", "ana", "ana"].map(|name| unused(name, &mut names));
        assert_eq!(all, ["ana", "ana-2", "ana-3"]);
    }
}
