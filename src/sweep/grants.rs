//! Access: who has which role on the project, and on the buckets, repositories and accounts that stay. What no course granted goes,
//! but for Google's own and for whatever could lock people out: owners, and all who may change the project's policy, stay.

use super::catalog::Listed;
use super::judge::{self, Ruling, Thing};
use super::owners::Owners;
use super::{Found, Removal, Rules, Verdict};
use crate::gcp::Read;
use crate::gcp::policy::{self, Tuple};
use crate::kinds::grant_target::Target;
use crate::kinds::{IamGrant, Reads, Resource, Scope};
use crate::spec::Address;

/// Members that stand for the owners, editors and viewers of the project: on every bucket.
const PROJECT_MEMBERS: [&str; 3] = ["projectOwner:", "projectEditor:", "projectViewer:"];
/// Roles on a project that let one change its policy. Others are Google's, which may do so.
const ADMIN: [&str; 3] = ["roles/owner", "roles/resourcemanager.projectIamAdmin", "roles/iam.securityAdmin"];
/// What Google grants to the default accounts that it makes.
const AUTOMATIC: [&str; 2] = ["roles/editor", "roles/cloudbuild.builds.builder"];

/// Where the project's policy is.
pub(super) fn project(scope: &Scope) -> String {
    format!("projects/{}", scope.project)
}

/// The read of a policy.
pub(super) fn read(place: &str, scope: &Scope) -> Vec<Read> {
    Target::at(place, scope).map(|target| target.reads(scope)).unwrap_or_default()
}

/// The reads of the policies of what stays.
pub(super) fn reads(things: &[Thing<'_>], scope: &Scope) -> Vec<Read> {
    holders(things).flat_map(|place| read(place, scope)).collect()
}

/// The places of what stays and has a policy that a sweep looks at.
fn holders<'a>(things: &'a [Thing<'_>]) -> impl Iterator<Item = &'a str> {
    let holds = |thing: &&Thing<'_>| {
        matches!(thing.row.listed, Listed::Buckets | Listed::Repositories | Listed::Accounts)
    };
    things.iter().filter(holds).filter(|thing| !thing.goes()).map(|thing| thing.found.place.as_str())
}

/// All grants, judged.
pub(super) fn found(rules: &Rules<'_>, things: &[Thing<'_>], reads: &Reads, owners: &Owners) -> Vec<Found> {
    let project = project(rules.scope);
    let places = std::iter::once(project.as_str()).chain(holders(things));
    let mut found = Vec::new();
    for place in places {
        let Some(target) = Target::at(place, rules.scope) else { continue };
        let on = if place == project { "the project".to_owned() } else { target.shown() };
        let bindings = target.policy(reads, rules.scope).map(policy::bindings).unwrap_or_default();
        for ((role, condition), members) in bindings {
            let tuple = |member| Tuple { role: role.clone(), member, condition: condition.clone() };
            found.extend(members.into_iter().map(|member| one(rules, place, &on, tuple(member), owners)));
        }
    }
    found
}

fn one(rules: &Rules<'_>, place: &str, on: &str, tuple: Tuple, owners: &Owners) -> Found {
    let condition = tuple.condition.as_ref().map(|c| format!(" if {}", c.title)).unwrap_or_default();
    let address = Address::new(IamGrant::FACTS.kind, format!("{} for {}", tuple.role, tuple.member));
    let ruling = googles(&tuple)
        .or_else(|| owners.of_grant(place, &tuple).map(judge::belongs))
        .or_else(|| kept(rules, &address, &tuple))
        .or_else(|| locks_out(rules, place, &tuple))
        .or_else(|| dead(&tuple))
        .or_else(|| judge::young(rules, None));
    let (verdict, reason) = ruling.unwrap_or((Verdict::Remove, "no spec grants it".to_owned()));
    Found {
        address,
        place: place.to_owned(),
        created: None,
        creator: None,
        details: format!("on {on}{condition}"),
        verdict,
        reason,
        protected: None,
        removal: Removal::Grant(place.to_owned(), tuple),
        after: Vec::new(),
    }
}

fn googles(tuple: &Tuple) -> Option<Ruling> {
    let member = tuple.member.as_str();
    let default = member.ends_with("-compute@developer.gserviceaccount.com")
        || member.ends_with("@appspot.gserviceaccount.com");
    match () {
        () if PROJECT_MEMBERS.iter().any(|kind| member.starts_with(kind)) => {
            Some(judge::left("Google's own: it stands for people of the project"))
        }
        () if policy::is_service_agent(&tuple.role, member) => {
            Some(judge::left("Google's own: a service agent"))
        }
        () if default && AUTOMATIC.contains(&tuple.role.as_str()) => {
            Some(judge::left("Google's own: granted with the default account"))
        }
        () => None,
    }
}

fn kept(rules: &Rules<'_>, address: &Address, tuple: &Tuple) -> Option<Ruling> {
    let member = rules.keep.iter().find(|pattern| pattern.keeps_member(&tuple.member));
    member.map(judge::by).or_else(|| judge::kept(rules, address))
}

/// A sweep never takes away what it would take to undo it, nor the access of whoever sweeps.
fn locks_out(rules: &Rules<'_>, place: &str, tuple: &Tuple) -> Option<Ruling> {
    if place == project(rules.scope) {
        if tuple.role == "roles/owner" {
            return Some(judge::left("an owner: a sweep never removes one"));
        }
        if ADMIN.contains(&tuple.role.as_str()) || !tuple.role.starts_with("roles/") {
            return Some(judge::left("it may change the project's policy: take it away by hand"));
        }
    }
    let (_, account) = tuple.member.split_once(':')?;
    rules.caller.is(account).then(|| judge::left("this run uses it"))
}

/// What is left of an account that is gone grants nothing to anybody, whatever its age.
fn dead(tuple: &Tuple) -> Option<Ruling> {
    tuple.member.starts_with("deleted:").then(|| (Verdict::Remove, "the account is gone".to_owned()))
}
